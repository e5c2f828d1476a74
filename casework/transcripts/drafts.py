"""Transcript drafts: saved while a person types, and never stored in clear.

A draft belongs to one recording part and one language. At most one exists for each pair, which several people
may edit, and no second one while a version is being published (`draft_handover`). It is working data: it is
not stated, and it is no evidence. But its words are testimony, so

- they are sealed to the case's key, like the details of statements: the database holds no word in clear;
- only people who have the recording open (a viewing, which is stated) and may make derivatives get them;
- they are deleted when a version is published (`versions`), when a person discards them, and when the
  recording or the details of the case are destroyed.

If two people write at once: each save names the version that it was based on. It never overwrites another
one (`DraftMovedOn`), and the page keeps what was typed. A draft may be unfinished in any way that
`DraftContent` can hold; whether it is a valid transcript is checked on publishing.

Every person who saved a draft is recorded (`authors`). None of them can be the second person who checks the
version against the recording, even if another person publishes it. A draft based on a version has authors of
its own.

Saving needs no key, so it never waits for the vault.

Trusts: the keyholder. Sealed form, as `sealed_details` are sealed: JSON {cues: [[begin, end, speaker, text],
…], draft, v, version}, in which `draft` and `version` keep rows from being exchanged; and separately, once,
{draft, name, sha256, size, v} of the imported file, with the name from `importing.imported_file`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, require, require_item
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import (
    Case,
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Person,
    TranscriptDraft,
)
from casework.errors import (
    Disposed,
    DraftBeingKept,
    DraftMovedOn,
    DraftThere,
    Forbidden,
    Missing,
    NothingReadable,
    Refused,
    TranscriptRefused,
    WrongState,
)
from casework.evidence import gateway
from casework.evidence.sealed_items import DERIVATIVE, sealed
from casework.ledger import sealed_details
from casework.transcripts import importing, webvtt
from casework.transcripts.webvtt import Cue
from casework.working_copies import orders
from chain_of_custody.items.recipe import Read

TRANSCRIPT = "transcript"
"""The kind of derivative."""
LANGUAGES = ("ar", "en", "he", "fr", "es", "de", "ru", "tr", "fa", "ur", "am", "ti")
"""ISO 639-1, in the order in which they are offered."""
MAX_SEALED = 700_000
"""Bytes of sealed content: the keyholder opens it in one answer."""


@dataclass(frozen=True)
class DraftContent:
    """The content of a draft. `brought`: the imported file that it began with."""

    version: int
    cues: Sequence[Cue]
    brought: Read | None = None


def begin(
    center: Center,
    person: Person,
    evidence_id: str,
    language: str,
    *,
    translates: str | None = None,
    replaces: str | None = None,
    brought: bytes | None = None,
) -> TranscriptDraft:
    """Begin the draft of one recording in one language, or return the existing one if no file is given.

    `translates`, `replaces`: published transcripts of this recording; `brought`: content of a file to begin
    with. Raises `Forbidden`, `Missing`, `Refused`, `TranscriptRefused` for the file, `WrongState`,
    `Disposed`, `ExcludedWithin`, `DraftThere` if a file is given and a draft exists, `DraftBeingKept` while
    a version of it is being published.
    """
    codes.require_one_of(language, LANGUAGES, "language")
    with center.database() as session:
        part, case = _recording(session, person, evidence_id)
        for version in (translates, replaces):
            if version is not None:
                _require_published(session, person, version, evidence_id)
        if replaces is not None and _language(session, replaces) != language:
            raise Refused("a version that replaces another one is in its language")
        if translates is not None and _language(session, translates) == language:
            raise Refused("a translation is in another language")
    orders.require_sources(center, person, [{"evidence": evidence_id, "excerpt": None}])
    draft = _existing(center, evidence_id, language)
    if draft is None:
        row = _new(center, person, case, part, language, brought)
        row.translates, row.replaces = translates, replaces
        try:
            with center.database.begin() as session:
                session.add(row)
        except IntegrityError:  # another person has begun it meanwhile
            draft = _existing(center, evidence_id, language)
            if draft is None:
                raise
        else:
            return row
    if draft.kept_as is not None:
        raise DraftBeingKept(f"draft {draft.id} is being kept")
    if brought is not None:
        raise DraftThere(f"draft {draft.id} is in {language} already")
    return draft


def get(center: Center, person: Person, draft_id: str) -> TranscriptDraft:
    """Return one draft, without its words. Raises `Forbidden`, `Missing`, `Disposed`."""
    with center.database() as session:
        return _known(session, person, draft_id)


def of_recordings(center: Center, person: Person, items: Sequence[str]) -> Sequence[TranscriptDraft]:
    """Return the drafts of these recordings that this person may edit, newest first; also those being
    published."""
    with center.database() as session:
        rows = session.scalars(
            select(TranscriptDraft)
            .where(TranscriptDraft.evidence_id.in_(items))
            .order_by(TranscriptDraft.saved_at.desc())
        ).all()
        return [row for row in rows if _reached(session, person, row)]


def words(center: Center, person: Person, viewing_id: str, draft_id: str) -> DraftContent:
    """Return a draft's words, for a person who has the recording open.

    Raises `Forbidden`, `Missing`, `Disposed`, `PassageExcluded`, `VaultLocked`, `NothingReadable`.
    """
    row = _open(center, person, viewing_id, draft_id)
    case = center.database.get_one(Case, row.case_id)
    return _unsealed(center, case, row)


def save(
    center: Center, person: Person, viewing_id: str, draft_id: str, version: int, cues: Sequence[Cue]
) -> int:
    """Save these cues over `version`, and return the new version number.

    Raises as `words`, `DraftMovedOn` if another version is the newest, `TranscriptRefused` for more than a
    draft holds.
    """
    row = _open(center, person, viewing_id, draft_id)
    case = center.database.get_one(Case, row.case_id)
    if row.version != version:
        raise DraftMovedOn(f"draft {draft_id} is at {row.version}, not at {version}")
    sealed = _sealed(center, case, row.id, version + 1, cues)
    with center.database.begin() as session:
        held = session.get(TranscriptDraft, draft_id)
        if held is None or held.version != version or held.kept_as is not None:
            raise DraftMovedOn(f"draft {draft_id} is not at {version} any more")
        held.version, held.sealed = version + 1, sealed
        held.saved_by, held.saved_at = person.id, now()
        held.authors = list(dict.fromkeys((*held.authors, person.id)))
    return version + 1


def discard(center: Center, person: Person, draft_id: str) -> TranscriptDraft:
    """Delete a draft. Raises `Forbidden`, `Missing`, `Disposed`, `DraftBeingKept`."""
    with center.database.begin() as session:
        row = _known(session, person, draft_id)
        if row.kept_as is not None:
            raise DraftBeingKept(f"draft {draft_id} is being kept")
        session.delete(row)
    return row


def forget(session: Session, item: str) -> None:
    """Delete the drafts of a recording or a case."""
    session.execute(
        delete(TranscriptDraft).where(
            or_(TranscriptDraft.evidence_id == item, TranscriptDraft.case_id == item)
        )
    )


# --- inside -------------------------------------------------------------------------------------------------


def _new(
    center: Center, person: Person, case: Case, part: Evidence, language: str, brought: bytes | None
) -> TranscriptDraft:
    cues = [] if brought is None else importing.read(brought, -(-(part.duration or 0) // 1000))
    moment = now()
    row = TranscriptDraft(
        id=new_id(),
        case_id=case.id,
        evidence_id=part.id,
        language=language,
        version=0,
        begun_by=person.id,
        begun_at=moment,
        saved_by=person.id,
        saved_at=moment,
        authors=[] if brought is None else [person.id],
        kept_whole=False,
    )
    row.sealed = _sealed(center, case, row.id, 0, cues)
    if brought is not None:
        fields = {"draft": row.id, "v": 1, **importing.imported_file(brought).to_json()}
        row.brought = sealed_details.sealed_to(center, case, _json(fields))
    return row


def _existing(center: Center, evidence_id: str, language: str) -> TranscriptDraft | None:
    return center.database.scalar(
        select(TranscriptDraft).where(
            TranscriptDraft.evidence_id == evidence_id,
            TranscriptDraft.language == language,
        )
    )


def _known(session: Session, person: Person, draft_id: str) -> TranscriptDraft:
    require(person, Act.MAKE_DERIVATIVE)  # people without the role must not learn of ids
    row = require_row(session, TranscriptDraft, draft_id, "draft")
    _recording(session, person, row.evidence_id)
    return row


def _open(center: Center, person: Person, viewing_id: str, draft_id: str) -> TranscriptDraft:
    """Return a draft whose recording this person has open."""
    row = get(center, person, draft_id)
    if gateway.viewing(center, person, viewing_id).evidence != row.evidence_id:
        raise Missing(f"viewing {viewing_id[:32]} is of another recording")
    return row


def _recording(session: Session, person: Person, evidence_id: str) -> tuple[Evidence, Case]:
    """Return a sealed recording that this person may view and make a derivative of."""
    require(person, Act.MAKE_DERIVATIVE)
    part = session.get(Evidence, evidence_id)
    if part is None or part.interview_id is None:
        raise Missing(f"no recording {evidence_id[:32]}")
    case, _ = require_item(session, person, Act.MAKE_DERIVATIVE, part)
    require_item(session, person, Act.VIEW_EVIDENCE, part)
    if part.state is EvidenceState.DISPOSED:
        raise Disposed(f"the destruction of {part.id} was authorised; nothing opens it any more")
    if not part.state.sealed:
        raise WrongState(f"part {part.id} is {part.state}, not sealed")
    return part, case


def _reached(session: Session, person: Person, row: TranscriptDraft) -> bool:
    try:
        _recording(session, person, row.evidence_id)
    except (Forbidden, Missing, WrongState):
        return False
    return True


def _require_published(session: Session, person: Person, version: str, evidence_id: str) -> None:
    sealed(session, person, Act.VIEW_EVIDENCE, version, kinds=(DERIVATIVE,))
    row = session.get_one(Derivative, version)
    of_it = [one["evidence"] for one in row.sources] == [evidence_id]
    if row.kind != TRANSCRIPT or row.state is not DerivativeState.MADE or not of_it:
        raise Refused(f"{version} is no transcript of recording {evidence_id}")


def _language(session: Session, version: str) -> str | None:
    """Return its language; None if a rebuild found it: its recipe is sealed."""
    edits = session.get_one(Derivative, version).edits
    return None if edits is None else edits["language"]


def _sealed(center: Center, case: Case, draft_id: str, version: int, cues: Sequence[Cue]) -> bytes:
    if len(cues) > webvtt.MAX_CUES:
        raise TranscriptRefused("too-many", 0)
    held = [[cue.begin, cue.end, cue.speaker, cue.text] for cue in cues]
    plain = _json({"cues": held, "draft": draft_id, "v": 1, "version": version})
    if len(plain) > MAX_SEALED:
        raise TranscriptRefused("too-large", 0)
    return sealed_details.sealed_to(center, case, plain)


def _unsealed(center: Center, case: Case, row: TranscriptDraft) -> DraftContent:
    blobs = [row.sealed, *([] if row.brought is None else [row.brought])]
    opened = sealed_details.unsealed(center, case, blobs)
    if opened is None:
        raise Disposed(f"the details of case {case.id} were erased, and its drafts with them")
    held, *imported = (json.loads(plain) for plain in opened)
    if (held["draft"], held["version"]) != (row.id, row.version) or any(
        one["draft"] != row.id for one in imported
    ):
        raise NothingReadable(f"draft {row.id} is not what was saved")
    brought = Read(imported[0]["name"], imported[0]["size"], imported[0]["sha256"]) if imported else None
    return DraftContent(row.version, [Cue(*cue) for cue in held["cues"]], brought)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
