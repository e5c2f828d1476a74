"""The schedule of the interview rooms: appointments, and the interviews that are held.

An appointment sets a room and a time aside for an interview of a case. It names no person, is no evidence and
makes no statement (docs/decisions/0059): what is stated is the interview, once it is opened. A changed
appointment is a cancelled one that names the one in its place, so that what people were told before is known.

People see the number of a case only if they work with it; of all other interviews they see that the room is
occupied. The administrator sees nothing else.

Times are moments. What a day is, and what a clock in the room shows, is the center's time zone, that of the
machine's settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, Reach, reach, require, require_case
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import Appointment, Interview, InterviewState, Person
from casework.errors import AppointmentOver, Refused, RoomTaken
from casework.interviews import rooms
from casework.interviews.interviews import PURPOSES

REASONS = ("person", "staff", "room", "court", "mistaken")
"""Why an appointment is changed or cancelled: the person asked for it, staff or room are not free, a court
or prosecutor decided it, or it was entered by mistake."""
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=8)
AHEAD = timedelta(days=366)
"""How far ahead an appointment may be."""
USUAL = timedelta(minutes=90)
"""How long an interview without an appointment is expected to need its room."""
SOON = timedelta(days=7)
"""How far ahead people see their next appointments."""
COMING = timedelta(hours=24)
"""How far ahead the room's machine shows its next one."""


@dataclass(frozen=True)
class Entry:
    """One interview or appointment in a room, as far as its reader may know it."""

    room: str
    begins: datetime
    ends: datetime
    """Expected, until the interview has ended."""
    state: str
    """`occupied` for those who do not work with the case; else `planned`, `missed` (nobody opened the
    interview), `moved`, `cancelled`, or the interview's state."""
    overlaps: bool = False
    """Whether another entry needs the room at the same time."""
    appointment: Appointment | None = None
    interview: Interview | None = None

    @property
    def occupies(self) -> bool:
        """Whether the room is needed for it."""
        return self.state not in ("moved", "cancelled", "missed")


def local_moment(day: str, clock: str) -> datetime:
    """Return the moment of a date and a time in the center's zone (`2026-12-01`, `09:30`). Raises `Refused`.

    A time that the clocks pass over when summer time begins is refused.
    """
    try:
        there = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
        moment = there.astimezone()
    except (ValueError, OverflowError):
        raise Refused("that is no date and time") from None
    if there.tzinfo is not None or moment.replace(tzinfo=None) != there:
        raise Refused("there is no such time on that day")
    return moment


def plan(
    center: Center,
    person: Person,
    case_id: str,
    *,
    purpose: str,
    room: str,
    begins: datetime,
    minutes: int,
    anyway: bool = False,
) -> Appointment:
    """Set a room and a time aside for an interview of a case.

    `anyway`: also where the room is needed for another one. Raises `Forbidden`, `Missing`, `Refused`, and
    `RoomTaken` without `anyway`.
    """
    codes.require_one_of(purpose, PURPOSES, "purpose")
    with center.database.begin() as session:
        require_case(session, person, Act.OPEN_INTERVIEW, case_id)
        row = _appointment(session, person, case_id, purpose, room, begins, minutes)
        _require_free(session, row, anyway, besides=None)
        session.add(row)
    return row


def move(
    center: Center,
    person: Person,
    appointment_id: str,
    *,
    room: str,
    begins: datetime,
    minutes: int,
    reason: str,
    anyway: bool = False,
) -> Appointment:
    """Put another appointment in the place of this one, and return it.

    Raises as `plan`, and `AppointmentOver`.
    """
    with center.database.begin() as session:
        old = _permitted(session, person, appointment_id)
        row = _appointment(session, person, old.case_id, old.purpose, room, begins, minutes)
        _require_free(session, row, anyway, besides=old.id)
        _end(person, old, reason, moved_to=row.id)
        session.add(row)
    return row


def cancel(center: Center, person: Person, appointment_id: str, reason: str) -> Appointment:
    """Cancel an appointment. Raises `Forbidden`, `Missing`, `Refused`, `AppointmentOver`."""
    with center.database.begin() as session:
        old = _permitted(session, person, appointment_id)
        _end(person, old, reason, moved_to=None)
    return old


def get(center: Center, person: Person, appointment_id: str) -> Appointment:
    """Return an appointment that this person may change. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return _permitted(session, person, appointment_id)


def entries(center: Center, person: Person, begins: datetime, ends: datetime) -> list[Entry]:
    """Return what is held or planned between two moments, by its time. Raises `Forbidden`."""
    require(person, Act.SEE_ROOMS)
    with center.database() as session:
        found = _marked(_entries(session, begins, ends))
        own = set[str]()
        if reach(person, Act.SEE_ROOMS) is Reach.OWN_CASES:
            own = set(session.scalars(cases.own(person)))
    known = (one if _case_of(one) in own else _hidden(one) for one in found)
    return [one for one in known if one is not None]


def of_case(center: Center, person: Person, case_id: str) -> Sequence[Appointment]:
    """Return the appointments of a case that are not over, by their time. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.OBSERVE_INTERVIEW, case_id)
        query = _in_force().where(Appointment.case_id == case_id, Appointment.ends_at > now() - rooms.LATELY)
        return session.scalars(query).all()


def upcoming(center: Center, person: Person) -> Sequence[Appointment]:
    """Return the next appointments in this person's cases, by their time. Raises `Forbidden`."""
    require(person, Act.OBSERVE_INTERVIEW)
    return center.database.scalars(
        _in_force().where(
            Appointment.case_id.in_(cases.own(person)),
            Appointment.ends_at > now(),
            Appointment.begins_at < now() + SOON,
        )
    )


def next_in_room(center: Center, room: str) -> datetime | None:
    """Return when the room is needed next, within a day; for its machine, which learns nothing else."""
    found = center.database.scalars(
        _in_force().where(
            Appointment.room == room,
            Appointment.ends_at > now(),
            Appointment.begins_at < now() + COMING,
        )
    )
    return found[0].begins_at if found else None


def _in_force() -> Select[Appointment]:
    return (
        select(Appointment)
        .where(Appointment.cancelled_at.is_(None), Appointment.interview_id.is_(None))
        .order_by(Appointment.begins_at, Appointment.id)
    )


def _permitted(session: Session, person: Person, appointment_id: str) -> Appointment:
    require(person, Act.OPEN_INTERVIEW)
    row = require_row(session, Appointment, appointment_id, "appointment")
    require_case(session, person, Act.OPEN_INTERVIEW, row.case_id)
    return row


def _appointment(
    session: Session,
    person: Person,
    case_id: str,
    purpose: str,
    room: str,
    begins: datetime,
    minutes: int,
) -> Appointment:
    codes.require_code(room, "room")
    rooms.require_listed(session, room)
    length = timedelta(minutes=minutes)
    if not SHORTEST <= length <= LONGEST:
        raise Refused("an interview is planned for 15 minutes to 8 hours")
    if not now() - SHORTEST < begins < now() + AHEAD:
        raise Refused("an interview is planned for a time that is still to come, within a year")
    return Appointment(
        id=new_id(),
        case_id=case_id,
        purpose=purpose,
        room=room,
        begins_at=begins,
        ends_at=begins + length,
        planned_by=person.id,
        planned_at=now(),
    )


def _require_free(session: Session, row: Appointment, anyway: bool, besides: str | None) -> None:
    if anyway:
        return
    for one in _entries(session, row.begins_at, row.ends_at):
        itself = one.appointment is not None and one.appointment.id == besides
        if one.room == row.room and one.occupies and not itself:
            raise RoomTaken(f"room {row.room} is needed at that time")


def _end(person: Person, row: Appointment, reason: str, moved_to: str | None) -> None:
    codes.require_one_of(reason, REASONS, "reason")
    if row.cancelled_at is not None or row.interview_id is not None:
        raise AppointmentOver(f"appointment {row.id} is not in force any more")
    row.cancelled_at, row.cancelled_by, row.reason, row.moved_to = now(), person.id, reason, moved_to


def _entries(session: Session, begins: datetime, ends: datetime) -> list[Entry]:
    """Everything between two moments, whose ever it is, by its time."""
    planned = session.scalars(
        select(Appointment).where(
            Appointment.interview_id.is_(None), Appointment.begins_at < ends, Appointment.ends_at > begins
        )
    )
    beginning = func.coalesce(Interview.started_at, Appointment.begins_at, Interview.opened_at)
    held = session.execute(
        select(Interview, Appointment)
        .outerjoin(Appointment, Appointment.interview_id == Interview.id)
        .where(
            beginning < ends,
            or_(Interview.ended_at > begins, Interview.state.in_(rooms.NOT_OVER)),
        )
    )
    found = [*map(_planned, planned), *(_held(*row) for row in held if _took_place(row[0]))]
    return sorted((one for one in found if one.ends > begins), key=lambda one: (one.begins, one.room))


def _planned(row: Appointment) -> Entry:
    if row.cancelled_at is not None:
        state = "cancelled" if row.moved_to is None else "moved"
    else:
        state = "missed" if row.ends_at < now() else "planned"
    return Entry(row.room, row.begins_at, row.ends_at, state, appointment=row)


def _held(interview: Interview, planned: Appointment | None) -> Entry:
    begins = interview.started_at or (planned.begins_at if planned else interview.opened_at)
    expected = planned.ends_at if planned else begins + USUAL
    ends = interview.ended_at or max(expected, now())
    return Entry(interview.room, begins, max(begins, ends), interview.state.value, False, planned, interview)


def _took_place(interview: Interview) -> bool:
    if interview.started_at is not None:
        return True
    waits = interview.state in (InterviewState.OPENED, InterviewState.CHECKED)
    return waits and now() - interview.opened_at < rooms.LATELY


def _marked(found: Sequence[Entry]) -> list[Entry]:
    """Mark the entries that need their room at the same time as another one."""
    needed = [one for one in found if one.occupies]

    def overlaps(one: Entry) -> bool:
        return one.occupies and any(
            other is not one
            and other.room == one.room
            and other.begins < one.ends
            and other.ends > one.begins
            for other in needed
        )

    return [replace(one, overlaps=overlaps(one)) for one in found]


def _case_of(one: Entry) -> str:
    row = one.interview or one.appointment
    assert row is not None
    return row.case_id


def _hidden(one: Entry) -> Entry | None:
    """What those see who do not work with the case: that the room is occupied, if it is."""
    return Entry(one.room, one.begins, one.ends, "occupied", one.overlaps) if one.occupies else None
