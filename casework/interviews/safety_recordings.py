"""Safety recordings: made by the room's browser itself, then imported as evidence or discarded.

While a part is recorded, the room page makes a second recording, seals every second under a key that
`safety_start` made, and stores the sealed records in its browser's private file system. After a network or
recorder failure it sends them here, in order; records are durable before they are acknowledged
(`safety_intake`). `finish` makes an evidence item of it, which belongs *beside* its part. The recorder seals
it without any key, like an interrupted part (`recovery`). If nothing failed, `discard` deletes it once its
part is sealed and in every copy.

    <spool>/safety/<evidence>/    while it waits: wraps, header, signed statement, and what has arrived
    <spool>/<evidence>/           from `finish` on: an item like any other

Trusts nothing that arrives. Whether a message can be decrypted is known only when it is viewed; the times are
those of the room's browser. Permission is that of the person who conducts the interview.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from casework.access.permissions import Act
from casework.cache import Cache
from casework.center import Center
from casework.clock import now
from casework.database.models import Evidence, EvidenceState, Interview, Person
from casework.errors import Forbidden, Missing, Refused, WrongState
from casework.interviews import interviews
from casework.recording import safety_cutoff
from casework.recording.safety_intake import Arriving
from casework.recording.ticket import RecordingTicket
from casework.sealing.staging import OutOfOrder, StagingArea, require_room, safety_area
from chain_of_custody.encoding import canonical_json
from vault.errors import ObjectMissing
from vault.spool.writers import spool_roots

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class SafetyRecordingStatus:
    """The status of a safety recording on this side."""

    records: int
    """Records that are durable here, including the header: the index of the next one."""
    state: str
    """`waiting`, `evidence` (imported; perhaps not sealed yet), or `gone`."""
    wanted: bool
    """Its part did not end properly: it must be imported, regardless of what the room observed."""
    settled: bool
    """Its part is sealed, complete, and whole in every copy: an unneeded recording may be discarded."""
    until: int | None = None
    """µs of its timeline: records that end later are from a break or after the end, and are not imported."""


def safety_recording_status(
    center: Center, person: Person, interview_id: str, evidence: str
) -> SafetyRecordingStatus:
    """Return the status. Raises `Forbidden`, `Missing` for no such interview, `RecordingFailed`."""
    interview = interviews.get(center, person, interview_id, Act.CONDUCT_INTERVIEW)
    row = _imported(interview, evidence)
    if row is not None:
        return SafetyRecordingStatus(row.records or 0, "evidence", wanted=False, settled=True)
    try:
        ticket = _ticket(center, interview, evidence)
        with _arriving(center, evidence) as arriving:
            records = arriving.records
    except Missing:
        return SafetyRecordingStatus(0, "gone", wanted=False, settled=True)
    main = next((part for part in interview.parts if part.id == ticket.beside), None)
    wanted = main is not None and main.state is EvidenceState.INTERRUPTED
    until = safety_cutoff.until(_area(center, evidence).spool, ticket)
    return SafetyRecordingStatus(records, "waiting", wanted, _settled(center, main), until)


def receive(center: Center, person: Person, interview_id: str, evidence: str, first: int, data: bytes) -> int:
    """Accept sealed records, the first of which is record `first`; return the index of the next one due.

    All of them are durable on return, or none is accepted. Records that arrived before are acknowledged
    again. Raises `Forbidden`, `Missing`, `OutOfOrder`, `Refused` for anything that is not the next records of
    this recording or ends later than `SafetyRecordingStatus.until`, `WrongState` once it was imported,
    `RecordingFailed` if the disk cannot take it.
    """
    interview = interviews.get(center, person, interview_id, Act.CONDUCT_INTERVIEW)
    if _imported(interview, evidence) is not None:
        raise WrongState("this safety recording was brought in already")
    ticket = _ticket(center, interview, evidence)
    require_room(center.spool, len(data), "a safety recording")
    with _arriving(center, evidence) as arriving:
        until = safety_cutoff.until(_area(center, evidence).spool, ticket)
        return arriving.take(first, data, until)


def finish(center: Center, person: Person, interview_id: str, evidence: str, records: int) -> None:
    """Make an evidence item of what has arrived, which must be `records` records; safe to repeat.

    `Rooms.recover` then has it sealed. Raises `Forbidden`, `Missing`, `OutOfOrder` where some are missing,
    `Refused` for one without picture or sound.
    """
    interview = interviews.get(center, person, interview_id, Act.CONDUCT_INTERVIEW)
    if _imported(interview, evidence) is not None:
        return
    ticket = _ticket(center, interview, evidence)
    area = _area(center, evidence)
    if not area.moved(evidence):  # otherwise a crash happened between the two steps
        with _arriving(center, evidence) as arriving:
            if arriving.records != records:
                raise OutOfOrder("record", arriving.records)
            if records < 2:
                raise Refused("there is nothing in it")
            safety_cutoff.forget(area.spool, evidence)
            area.move(evidence)
    with center.database.begin() as session:
        session.add(
            Evidence(
                id=evidence,
                case_id=interview.case_id,
                interview_id=interview.id,
                kind="recording",
                number=ticket.part,
                beside=ticket.beside,
                state=EvidenceState.OPENING,
                recorder=ticket.recorder,
                node=center.node,
                epoch=canonical_json.moment(ticket.epoch),
                opened_at=now(),
            )
        )


def discard(center: Center, person: Person, interview_id: str, evidence: str) -> None:
    """Discard an unneeded safety recording: its wrapped key is deleted, and nothing opens it any more.

    No statement is made, as none was made of it before. Safe to repeat. Raises `Forbidden`, `Missing`, and
    `WrongState` until its part is sealed complete and whole in every copy, or where any of it has arrived.
    """
    status = safety_recording_status(center, person, interview_id, evidence)
    if status.state == "gone":
        return
    if status.state == "evidence" or status.wanted or not status.settled or status.records > 1:
        raise WrongState(f"safety recording {evidence} is still needed")
    _area(center, evidence).discard(evidence)


def clear_removed(center: Center) -> None:
    """Complete removals that a crash interrupted; called at the start."""
    for root in spool_roots(center.spool):
        safety_area(root).clear_removed()


# --- inside -------------------------------------------------------------------------------------------------


def _imported(interview: Interview, evidence: str) -> Evidence | None:
    return next((row for row in interview.safeties if row.id == evidence), None)


def _area(center: Center, evidence: str) -> StagingArea:
    """The area in which a safety recording waits, or from which it was moved."""
    areas = [safety_area(root) for root in spool_roots(center.spool)]
    return next((area for area in areas if area.holds(evidence)), areas[0])


def _ticket(center: Center, interview: Interview, evidence: str) -> RecordingTicket:
    """Return the ticket of a safety recording that waits or was just moved. Raises `Missing`, `Forbidden`."""
    if not _ID.fullmatch(evidence):  # it comes from the page, and is used as the name of a folder
        raise Missing("no such safety recording")
    area = _area(center, evidence)
    for root in (area.root, area.spool):
        try:
            ticket = RecordingTicket.waiting(root, evidence)
        except (ObjectMissing, ValueError, Refused):
            continue
        if ticket.beside is None:
            break
        if ticket.interview != interview.id:
            raise Forbidden("this safety recording belongs to another interview")
        return ticket
    raise Missing(f"no safety recording {evidence[:32]}")


def _settled(center: Center, main: Evidence | None) -> bool:
    if main is None or main.state is not EvidenceState.COMPLETE:
        return False
    copies = center.copies.status(main.id)  # none: it was removed from the spool, so every copy has it
    return all(copy.complete for copy in copies.values())


@contextmanager
def _arriving(center: Center, evidence: str) -> Iterator[Arriving]:
    on_their_way: Cache[str, Arriving] = center.cache(Arriving, 64)
    arriving = on_their_way.get(evidence, lambda: Arriving(_area(center, evidence), evidence))
    with arriving.turn:
        yield arriving
