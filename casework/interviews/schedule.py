"""The schedule of the interview rooms: appointments, and the interviews that are held.

People see the number of a case only if they work with it; of all other interviews they see that the room is
occupied. The administrator sees nothing else.

Times are moments. Days and clock times are in the center's time zone, that of the machine's settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, Reach, reach, require
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Appointment, Interview, InterviewState, Person
from casework.interviews import rooms

USUAL = timedelta(minutes=90)
"""How long an interview without an appointment is expected to need its room."""


@dataclass(frozen=True)
class Entry:
    """One interview or appointment in a room, as far as its reader may know it."""

    room: str
    begins: datetime
    ends: datetime
    """Expected, until the interview has ended."""
    state: str
    """`occupied` for those who do not work with the case; else `planned`, `missed` (no one opened the
    interview), `moved`, `cancelled`, or the interview's state."""
    overlaps: bool = False
    """Whether another entry needs the room at the same time."""
    appointment: Appointment | None = None
    interview: Interview | None = None

    @property
    def occupies(self) -> bool:
        """Whether the room is needed for it."""
        return self.state not in ("moved", "cancelled", "missed")


def entries(center: Center, person: Person, begins: datetime, ends: datetime) -> list[Entry]:
    """Return what is held or planned between two moments, by its time. Raises `Forbidden`."""
    require(person, Act.SEE_ROOMS)
    with center.database() as session:
        found = _marked(in_period(session, begins, ends))
        own = set[str]()
        if reach(person, Act.SEE_ROOMS) is Reach.OWN_CASES:
            own = set(session.scalars(cases.own(person)))
    known = (one if _case_of(one) in own else _hidden(one) for one in found)
    return [one for one in known if one is not None]


def in_period(session: Session, begins: datetime, ends: datetime) -> list[Entry]:
    """Return everything between two moments by its time, without a check of permissions."""
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
    """Return the entry for people who do not work with the case: that the room is occupied, if it is."""
    return Entry(one.room, one.begins, one.ends, "occupied", one.overlaps) if one.occupies else None
