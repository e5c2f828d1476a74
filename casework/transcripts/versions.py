"""Published transcripts: each version is a derivative, sealed like any other, and never changed again.

    draft → published version → the next draft, based on it → the next version, which names the one before

In this order; after a crash at any line `complete_left` completes or rolls back:

1. **Permission**: the person may make derivatives, has the recording open, and nothing in it is excluded.
2. **Statement**: that they saw the recording is stated already, by the viewing under which they wrote.
3. The draft is marked as being published, and the derivative gets its row; the words no longer change.
4. The words are sealed in the spool with their recipe (`derivative_staging`), and the draft is marked so:
   from here on no other machine frees it (`draft_handover`).
5. It becomes evidence as any derivative does (`sealing`), and the draft is deleted.

A reader opens a version as any derivative, which is stated. That a person who neither wrote nor published it
has checked it against the recording is stated as for a redacted film (`reviews`).

Trusts: the draft for its words. That they form a transcript is checked here.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from casework.access import release
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import Derivative, DerivativeState, Evidence, Person, TranscriptDraft
from casework.errors import CaseworkError, DraftMovedOn, TranscriptRefused
from casework.evidence import gateway, viewing_sessions
from casework.evidence.derivation import DERIVATION
from casework.evidence.sealed_recordings import recording_of
from casework.files import derivative_staging
from casework.grants import grants
from casework.sealing.staging import uploads_area
from casework.transcripts import draft_handover, drafts, webvtt
from casework.transcripts.drafts import TRANSCRIPT, DraftContent
from casework.working_copies import orders, sealing
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import FileDescription
from chain_of_custody.items.recipe import Read, Recipe, Source
from vault.errors import VaultError

log = logging.getLogger(__name__)

FORMAT = "vtt"

_keeping = threading.Lock()
"""Held while a draft is being published, so that work in progress does not count as interrupted."""


@dataclass(frozen=True)
class Version:
    """A published transcript. `newest`: no other version replaces it."""

    row: Derivative
    evidence: str
    newest: bool

    @property
    def language(self) -> str | None:
        """Its language; None if a rebuild found it: its recipe is sealed."""
        return None if self.row.edits is None else str(self.row.edits["language"])

    @property
    def translates(self) -> str | None:
        """The transcript that it translates."""
        return None if self.row.edits is None else self.row.edits["translates"]


def keep(center: Center, person: Person, viewing_id: str, draft_id: str, version: int) -> Derivative:
    """Publish a draft as it is at `version`.

    Raises `Forbidden`, `Missing`, `Disposed`, `ExcludedWithin`, `VaultLocked`, `NothingReadable`,
    `RecordingFailed`, `DraftMovedOn` if another version is the newest or it is being published already, and
    `TranscriptRefused` with the number of the invalid cue.
    """
    held = drafts.words(center, person, viewing_id, draft_id)  # 1, 2
    viewing = gateway.viewing(center, person, viewing_id)
    if held.version != version:
        raise DraftMovedOn(f"draft {draft_id} is at {held.version}, not at {version}")
    source = {"evidence": viewing.evidence, "excerpt": None, "manifest": None}
    orders.require_sources(center, person, [source])
    viewing_sessions.require_unlocked(center)
    content = webvtt.write(held.cues)
    _require_within(center, viewing.evidence, held)
    with _keeping:
        row = _begun(center, person, draft_id, version, viewing.purpose)  # 3
        try:
            _seal(center, row, content, held)  # 4
            _complete(center, row)  # 4 and 5
        except BaseException:
            if not uploads_area(center.spool).whole(row.id):
                _take_back(center, row)
            raise
    return row


def complete_left(center: Center) -> None:
    """Recover interrupted publishing: what this machine has sealed becomes evidence; all other drafts become
    editable again, also those whose machine is gone (`draft_handover.settle`)."""
    with _keeping:
        _complete_left(center)


def _complete_left(center: Center) -> None:
    rows = center.database.scalars(
        select(Derivative).where(
            Derivative.kind == TRANSCRIPT,
            Derivative.node == center.node,
            Derivative.state.in_((DerivativeState.MAKING, DerivativeState.WAITING)),
        )
    )
    for row in rows:
        try:
            if uploads_area(center.spool).whole(row.id):
                _complete(center, row)
            else:
                _take_back(center, row)
        except (CaseworkError, CustodyError, VaultError) as error:
            log.warning("transcript %s is not complete yet: %s", row.id, type(error).__name__)
    draft_handover.settle(center)


def of_interview(center: Center, person: Person, interview_id: str) -> list[Version]:
    """Return every published version that this person may see, newest first; for holders of a grant only
    versions accepted now. Raises `Forbidden`, `Missing`."""
    rows = [
        row
        for row in orders.of_interview(center, person, interview_id)
        if row.kind == TRANSCRIPT and row.state is DerivativeState.MADE
    ]
    if grants.receives(person):
        rows = [row for row in rows if release.may_leave(row)]
    replaced = {row.edits["replaces"] for row in rows if row.edits is not None}
    return [Version(row, row.sources[0]["evidence"], row.id not in replaced) for row in rows]


def to_read(versions: Sequence[Version]) -> list[Version]:
    """Return the version to read of each recording and language: the newest that a second person has
    accepted, else the newest."""
    newest_of: dict[tuple[str, str | None], Version] = {}
    for one in versions:
        place = (one.evidence, one.language)
        if place not in newest_of or (one.row.accepted and not newest_of[place].row.accepted):
            newest_of[place] = one
    return list(newest_of.values())


# --- inside -------------------------------------------------------------------------------------------------


def _require_within(center: Center, evidence_id: str, held: DraftContent) -> None:
    length = center.database.get_one(Evidence, evidence_id).duration or 0
    for number, cue in enumerate(held.cues, 1):
        if cue.begin * 1000 >= length:
            raise TranscriptRefused("after-end", number)


def _begun(center: Center, person: Person, draft_id: str, version: int, purpose: str) -> Derivative:
    with center.database.begin() as session:
        draft = session.get_one(TranscriptDraft, draft_id)
        item = session.get_one(Evidence, draft.evidence_id)
        row = Derivative(
            id=new_id(),
            case_id=draft.case_id,
            interview_id=item.interview_id,
            kind=TRANSCRIPT,
            purpose=purpose,
            sources=[{"evidence": item.id, "excerpt": None, "manifest": None}],
            edits={"language": draft.language, "replaces": draft.replaces, "translates": draft.translates},
            state=DerivativeState.MAKING,
            node=center.node,
            ordered_by=person.id,
            ordered_at=now(),
            authors=list(draft.authors),
        )
        taken = session.execute(
            update(TranscriptDraft)
            .where(
                TranscriptDraft.id == draft_id,
                TranscriptDraft.version == version,
                TranscriptDraft.kept_as.is_(None),
            )
            .values(kept_as=row.id)
            .returning(TranscriptDraft.id)
        ).scalar()
        if taken is None:
            raise DraftMovedOn(f"draft {draft_id} is not at {version} any more")
        session.add(row)
    return row


def _seal(center: Center, row: Derivative, content: bytes, held: DraftContent) -> None:
    source = str(row.sources[0]["evidence"])
    manifest = recording_of(center, source).manifest.digest
    name = f"transcript-{row.id[:8]}.{FORMAT}"

    def describe(made: Read) -> tuple[FileDescription, Recipe]:
        recipe = Recipe(
            kind=TRANSCRIPT,
            sources=[Source(source, manifest)],
            edits=row.edits or {},
            program=None,
            arguments=[],
            inputs=[] if held.brought is None else [held.brought],
            output=made,
        )
        return FileDescription(name, made.size, made.sha256, FORMAT, {"cues": len(held.cues)}), recipe

    ticket = sealing.ticket(center, row)
    derivative_staging.seal_content(center.spool, ticket, DERIVATION, name, io.BytesIO(content), describe)


def _complete(center: Center, row: Derivative) -> None:
    if not uploads_area(center.spool).moved(row.id):
        try:
            draft_handover.mark_whole(center, row.id)
        except DraftMovedOn:
            uploads_area(center.spool).discard(row.id)
            raise
    sealing.complete(center, row, sealing.require_permitted)
    _forget(center, row.id)


def _forget(center: Center, derivative_id: str) -> None:
    with center.database.begin() as session:
        for draft in session.scalars(select(TranscriptDraft).where(TranscriptDraft.kept_as == derivative_id)):
            session.delete(draft)


def _take_back(center: Center, row: Derivative) -> None:
    """Roll back: nothing was sealed, and the draft becomes editable again."""
    uploads_area(center.spool).discard(row.id)
    with center.database.begin() as session:
        draft_handover.free(session, row.id)
