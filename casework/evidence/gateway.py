"""The gateway to evidence: the only place where sealed items are opened, exported and processed.

Every operation takes the same three steps, in this order, and the code below numbers them:

1. **Permission**: the person's role, and the case given to them, or the grant in force that covers the item
   (`permissions`, `grants_in_force`). Under a grant nothing is opened before its receiver has accepted it.
2. **Statement**: the coming act is durable in the ledger (`custody_log`). If that fails, nothing else
   happens. In the reverse order, a person could see evidence without a record of it.
3. **Keys or bytes**: never a data key. A recorder gets public halves, a viewer the keys of single messages
   (`viewing`). The keyholder gives them only for the proof of that statement (`openings`).

Other modules of this package take the same steps for other ways of opening: `small_pictures` for those of a
case together, `derivation` for derivatives, `export` for packages. No module outside of this package may
import `decryption`, which releases keys.

Callers must have signed the person in. Pages and rooms above may import no part of the vault: this is their
only access to it. Destruction takes the same steps (`disposal_requests`, `destruction`), as do orders for
packages (`export_orders`). Tickets for recordings are given here; uploads (`photographs.uploads`) and
derivatives (`working_copies.sealing`) are added by their own modules, which have public keys only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha512
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import codes, nodes
from casework.access import grants_in_force, release
from casework.access.grants_in_force import ItemExtent
from casework.access.permissions import Act, act_with, require_case, require_item
from casework.clock import new_id, now
from casework.codes import OPENING, PURPOSES
from casework.database import models
from casework.database.models import (
    Case,
    Evidence,
    EvidenceState,
    Grant,
    Interview,
    InterviewState,
    Person,
    Photograph,
)
from casework.errors import (
    Forbidden,
    IntimateStays,
    Missing,
    NotGranted,
    Refused,
    WrongState,
)
from casework.evidence import court_exclusions, viewing_sessions
from casework.evidence.decryption import decrypted
from casework.evidence.export import Documents, Export, Leaving
from casework.evidence.sealed_items import ADDED, DERIVATIVE, RECORDING, sealed
from casework.evidence.sealed_recordings import recording_of
from casework.evidence.viewing import Observation, Proof, Viewing, policy
from casework.interviews import recorder_statements
from casework.ledger import custody_log
from casework.people import recorder_keys
from casework.recording.ticket import NotBefore, RecordingTicket
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.items import rehashing
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.statements.statement import Actor
from chain_of_custody.tlog.checkpoint import open_checkpoint

if TYPE_CHECKING:
    from casework.center import Center

__all__ = [
    "PURPOSES",
    "Export",
    "ItemExtent",
    "Observation",
    "Proof",
    "Viewing",
    "export",
    "export_package",
    "exportable",
    "never_started",
    "observe",
    "observing",
    "open_safety",
    "policy",
    "rehash",
    "ticket_for_part",
    "view",
    "viewing",
]

OBSERVATION, EXPORT, RENEWAL = "observation", "export", "renewal"
"""Purposes of the gateway's own: watching live, opening to export, opening to rehash."""


# --- adding: an interview's next part ---------------------------------------------------------------------


def ticket_for_part(
    center: Center, person: Person, interview_id: str, recorder: str | None = None
) -> RecordingTicket:
    """Return a ticket to record the next part of an interview, for an enrolled recorder (default: this
    machine's).

    Raises `Forbidden`, `Missing`, `WrongState` for an interview that has ended.
    """
    with center.database() as session:  # 1. Permission
        interview = _interview(session, person, Act.CONDUCT_INTERVIEW, interview_id)
    _require_open(interview)
    recorder = _in_force(center, recorder)
    # 2. Statement: `recording.started` is the recorder's own. It is in the ledger before the first picture
    #    is taken (`RecordingWriter.open`); `recorder_statements` accepts it only for this ticket.
    return _ticket(center, interview, _next_part(center, interview, recorder))  # 3. Public halves only


def open_safety(center: Center, person: Person, interview_id: str) -> RecordingTicket:
    """Return a ticket for a safety recording beside the part being recorded (`safety_recordings`).

    Raises `Forbidden`, `Missing`, `WrongState` where no part is being recorded, or it is practice.
    """
    with center.database() as session:  # 1. Permission
        interview = _interview(session, person, Act.CONDUCT_INTERVIEW, interview_id)
    running = [part for part in interview.parts if part.state is EvidenceState.RECORDING]
    if interview.practice or not running:
        raise WrongState(f"nothing of interview {interview_id} is being recorded that will be evidence")
    # 2. Statement: signed now; it enters the ledger only if the recording is imported.
    moment, main = now(), running[-1]
    beside = Evidence(id=new_id(), number=main.number, recorder=main.recorder, epoch=moment, beside=main.id)
    return _ticket(center, interview, beside)  # 3. Public halves only


def never_started(center: Center, evidence_id: str) -> None:
    """Note that a ticket was never used: nothing was recorded (`recovery` raised `NeverStarted`).

    Deletes what its recorder prepared in the spool. Raises `WrongState` for a part that was started.
    """
    if custody_log.head(center, evidence_id) is not None:
        raise WrongState(f"part {evidence_id} was started: it must be recovered")
    with center.database.begin() as session:
        part = session.get(Evidence, evidence_id)
        if part is not None and part.state is EvidenceState.OPENING:
            part.state = EvidenceState.VOID
    recorder_statements.clear_void(center)


# --- opening: sealed evidence -----------------------------------------------------------------------------


def view(center: Center, person: Person, evidence_id: str, purpose: str) -> Viewing:
    """Open a sealed item of any kind, except what a court has excluded of it (`court_exclusions`).

    Raises `Forbidden`, `NeedsSecond` and `ConsentGone` for an intimate picture, `NotAccepted`, `Missing`,
    `Refused`, `Disposed`, `WrongState`, `PassageExcluded`, `VaultLocked`.
    """
    codes.require_one_of(purpose, OPENING, "purpose")
    reach = _openable(center, person, evidence_id, purpose)  # 1. Permission
    viewing_sessions.require_unlocked(center)
    position = viewing_sessions.state(  # 2. Statement
        center, person, evidence_id, purpose, reach.case, reach.grant
    )
    row = viewing_sessions.keep(center, person, purpose, position, evidence_id=evidence_id, grant=reach.grant)
    return reach.viewing(center, row)  # 3. Keys of single messages, from here on


def viewing(center: Center, person: Person, viewing_id: str) -> Viewing:
    """Return a viewing stated before, if it is this person's, not expired, and still permitted.

    Raises as `view`.
    """
    with center.database() as session:
        row = viewing_sessions.mine(session, person, viewing_id)
    if row.evidence_id is None:
        raise Missing(f"no viewing {viewing_id[:32]}")
    return _openable(center, person, row.evidence_id, row.purpose, under=row).viewing(center, row)


# --- opening: a running interview -------------------------------------------------------------------------


def observe(center: Center, person: Person, interview_id: str) -> Observation:
    """Watch a running interview; stated once for each person, not for each time the page is loaded.

    Raises `Forbidden`, `Missing`, `WrongState` for an interview that is sealed.
    """
    with center.database() as session:  # 1. Permission
        interview = _interview(session, person, Act.OBSERVE_INTERVIEW, interview_id)
        stated = _stated_observation(session, person, interview_id)
    if interview.state is InterviewState.SEALED:
        raise WrongState(f"interview {interview_id} is sealed; open its parts as evidence")
    if not stated:
        position = None
        if not interview.practice:  # 2. Statement
            position = viewing_sessions.state(center, person, interview_id, OBSERVATION, interview.case)
        viewing_sessions.keep(center, person, OBSERVATION, position, interview_id=interview_id)
    return Observation(center, interview)  # 3. Ciphertext; the recorder child releases the keys


def observing(center: Center, person: Person, interview_id: str) -> Observation:
    """Return the observation this person stated before. Raises `Forbidden` if there is none, `Missing`."""
    with center.database() as session:
        interview = _interview(session, person, Act.OBSERVE_INTERVIEW, interview_id)  # 1, again
        if not _stated_observation(session, person, interview_id):
            raise Forbidden("watching has not been stated yet")
    return Observation(center, interview)


# --- exporting --------------------------------------------------------------------------------------------


def exportable(
    center: Center, person: Person, extents: Sequence[ItemExtent], purpose: str, *, excluded: bool = False
) -> list[Leaving]:
    """Return the items, if this person may export them all in one package.

    `excluded`: the person explicitly includes what a court has excluded. Raises `Forbidden`, `Missing`,
    `Refused`, `WrongState`, `NothingReadable`.
    """
    ids = [one.evidence for one in extents]
    if not ids or len(set(ids)) != len(ids):
        raise Refused("nothing to export, or an item twice")
    if any(one.excerpt is not None and not 0 <= one.excerpt[0] < one.excerpt[1] for one in extents):
        raise Refused("an excerpt that ends before it begins")
    codes.require_one_of(purpose, PURPOSES, "purpose")
    with center.database() as session:  # 1. Permission, for all items before an error about any of them
        items = [Leaving(*_leaving(session, person, one.evidence, purpose), one.excerpt) for one in extents]
    for one in items:
        if one.is_file and one.excerpt is not None:
            raise Refused("a photograph, document or derivative leaves whole")
        _check_excerpt(one.grant, one.part.id, one.excerpt)
        if one.part.kind == "derivative":
            court_exclusions.require_none_shown(center, person, one.part.id, knowingly=excluded)
        else:
            court_exclusions.require_none_in(center, person, one.part.id, one.excerpt, knowingly=excluded)
    if len({one.case.id for one in items}) != 1:
        raise Refused("items of different cases do not leave in one package")
    return items


def export(
    center: Center,
    person: Person,
    extents: Sequence[ItemExtent],
    purpose: str,
    order: str | None = None,
    *,
    excluded: bool = False,
) -> Export:
    """Open items for a court package. `order`: id of the `export.ordered` it is made for.

    Raises as `exportable`, and `VaultLocked`.
    """
    items = exportable(center, person, extents, purpose, excluded=excluded)

    def recheck() -> None:
        with center.database() as session:
            current = session.get_one(Person, person.id)  # who may have left
        exportable(center, current, extents, purpose, excluded=excluded)
        with center.database() as session:  # exactly these grants: the statements name no others
            for grant in (one.grant for one in items if one.grant is not None):
                grants_in_force.still(session, current, grant.id)

    viewing_sessions.require_unlocked(center)
    stated = {  # 2. Statement: opened for an export, whether or not a package results
        one.part.id: (viewing_sessions.state(center, person, one.part.id, EXPORT, one.case, one.grant),)
        for one in items
    }
    # 3. Keys and bytes, as its recordings are read; permission again before their export is stated
    return Export(center, person, purpose, items, stated, order, recheck=recheck)


def export_package(
    center: Center,
    person: Person,
    extents: Sequence[ItemExtent],
    purpose: str,
    folder: Path,
    documents: Documents | None = None,
    *,
    viewing_copies: bool = True,
    order: str | None = None,
    excluded: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """`export` into the folder of a court package, which must not exist yet. Nothing remains if this fails.

    Raises as `export` and `Export.write`.
    """
    exported = export(center, person, extents, purpose, order, excluded=excluded)
    return exported.write(folder, documents, viewing_copies=viewing_copies, progress=progress)


# --- renewing proofs --------------------------------------------------------------------------------------


def rehash(center: Center, person: Person, evidence_id: str) -> int:
    """Commit to a sealed item under SHA-512 too, before SHA-256 weakens; return the statement's position.

    People who may export an item may do this; they see nothing of it. Raises `Forbidden`, `Missing`,
    `WrongState`, `VaultLocked`, `NothingReadable`, and `chain_of_custody.errors.Altered` for a content that
    is not what was sealed.
    """
    with center.database() as session:  # 1. Permission
        part, case, grant = sealed(session, person, Act.EXPORT_EVIDENCE, evidence_id, kinds=(RECORDING,))
    if grant is not None:
        raise Forbidden("what is granted is to be seen or copied, and no more")
    viewing_sessions.require_unlocked(center)
    stated = (viewing_sessions.state(center, person, part.id, RENEWAL, case),)  # 2. Statement: it is opened
    recording = recording_of(center, part.id)  # 3. Keys and bytes; none of them are stored
    pieces = (
        (record, salt, sha512(content).digest())
        for record, salt, content in decrypted(center, recording, stated, recording.records)
    )
    return custody_log.append(
        center,
        custody_log.Draft(
            type="evidence.rehashed",
            evidence=part.id,
            person=person,
            purpose=RENEWAL,
            body=rehashing.rehash(recording.manifest_bytes, pieces),
            case=case,
        ),
    ).index


# --- the steps --------------------------------------------------------------------------------------------


def _interview(session: Session, person: Person, act: Act, interview_id: str) -> Interview:
    interview = session.get(Interview, interview_id)
    if interview is None:
        raise Missing(f"no interview {interview_id[:32]}")
    require_case(session, person, act, interview.case_id)
    return interview


@dataclass(frozen=True)
class _Reach:
    """How much of a sealed item a person may open."""

    item: Evidence
    case: Case
    grant: Grant | None
    left_out: Sequence[tuple[int, int]] = ()
    """From and to (µs) of what a court has excluded of a recording."""
    without: int | None = None
    """A track that is not opened: people who may view and not copy get the picture made from a photograph. A
    file without a picture can only be saved."""

    def viewing(self, center: Center, row: models.Viewing) -> Viewing:
        excerpt = _excerpt(self.grant, self.item.id)
        return Viewing(center, row, self.item, excerpt, self.left_out, without=self.without)


def _openable(
    center: Center, person: Person, evidence_id: str, purpose: str, under: models.Viewing | None = None
) -> _Reach:
    """Return how much of it this person may open. `under`: the viewing that opened it before."""
    with center.database() as session:
        item, case, grant = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, purpose)
        if grant is not None:
            if under is not None:  # exactly this grant: another one does not extend the viewing
                grant = grants_in_force.still(session, person, under.grant_id)
            grants_in_force.require_accepted(grant)
            release.require_accepted(session, item)
        reach = _Reach(item, case, grant)
        if item.kind == RECORDING:
            reach = replace(reach, left_out=court_exclusions.left_out(session, person, item.id))
        elif item.kind in ADDED and grants_in_force.looks_only(grant):
            shown = session.get_one(Photograph, item.id).shown
            reach = replace(reach, without=ORIGINAL if shown else None)
    if item.kind == DERIVATIVE:
        court_exclusions.require_shown(center, person, item.id)
    return reach


def _leaving(
    session: Session, person: Person, evidence_id: str, purpose: str
) -> tuple[Evidence, Case, Grant | None]:
    """Return what is to be exported: a recording, a derivative, or a photograph or document that is not
    intimate."""
    row = session.get(Evidence, evidence_id)
    if row is not None and row.kind != RECORDING:
        require_item(session, person, Act.EXPORT_EVIDENCE, row, purpose)
        require_item(session, person, act_with(session, Act.VIEW_EVIDENCE, row), row, purpose)
        if session.get_one(Photograph, row.id).intimate:  # no package contains them, for any person
            raise IntimateStays(f"photograph {row.id} is intimate")
        release.require_accepted(session, row)
    row, case, grant = sealed(session, person, Act.EXPORT_EVIDENCE, evidence_id, purpose)
    if grant is not None:
        grants_in_force.require_accepted(grant)
    return row, case, grant


def _excerpt(grant: Grant | None, evidence_id: str) -> tuple[int, int] | None:
    return None if grant is None else grants_in_force.excerpt_of(grant, evidence_id)


def _check_excerpt(grant: Grant | None, evidence_id: str, excerpt: tuple[int, int] | None) -> None:
    """Raises `NotGranted` where the requested part of the item exceeds the grant."""
    reaches = _excerpt(grant, evidence_id)
    if reaches is not None and (excerpt is None or excerpt[0] < reaches[0] or excerpt[1] > reaches[1]):
        raise NotGranted(f"only an excerpt of evidence {evidence_id} was granted")


def _in_force(center: Center, recorder: str | None) -> str:
    known = recorder_keys.in_force(center)
    recorder = recorder or center.recorder
    if not known or (recorder is not None and recorder not in known):
        raise Refused("no such recorder is enrolled and in force")
    return recorder or known[-1]


def _require_open(interview: Interview) -> None:
    if interview.state in (InterviewState.STOPPED, InterviewState.SEALED):
        raise WrongState(f"interview {interview.id} is {interview.state}")


def _next_part(center: Center, interview: Interview, recorder: str) -> Evidence:
    moment = now()
    part = Evidence(
        id=new_id(),
        case_id=interview.case_id,
        interview_id=interview.id,
        kind="recording",
        number=1,
        state=EvidenceState.OPENING,
        recorder=recorder,
        node=center.node,
        epoch=moment,
        opened_at=moment,
    )
    if interview.practice:
        return part  # never a row: it will not be evidence
    with center.database.begin() as session:
        row = session.get_one(Interview, interview.id)
        nodes.require_here(center, row)
        _require_open(row)  # again: it may have been voided meanwhile
        last = session.scalar(
            select(func.max(Evidence.number)).where(
                Evidence.interview_id == interview.id, Evidence.beside.is_(None)
            )
        )
        part.number = (last or 0) + 1
        session.add(part)
    return part


def _ticket(center: Center, interview: Interview, part: Evidence) -> RecordingTicket:
    checkpoint = open_checkpoint(center.ledger.checkpoint(), center.log_keys)
    public = center.keyholder.public_keys()
    return RecordingTicket(
        deployment=center.deployment,
        case=interview.case_id,
        interview=interview.id,
        evidence=part.id,
        part=part.number,
        vault_public=public.vault,
        escrow_public=public.escrow,
        recorder=part.recorder,
        actor=Actor(part.recorder, "recorder", center.organisation),
        purpose=interview.purpose,
        epoch=instant_text(part.epoch),
        practice=interview.practice,
        not_before=NotBefore(checkpoint.size, checkpoint.root.hex()),
        beside=part.beside,
    )


def _stated_observation(session: Session, person: Person, interview_id: str) -> bool:
    found = session.scalar(
        select(models.Viewing.id).where(
            models.Viewing.interview_id == interview_id,
            models.Viewing.person_id == person.id,
            models.Viewing.expires_at > now(),
        )
    )
    return found is not None
