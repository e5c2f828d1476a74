"""Appointments: rooms and times that are set aside for interviews.

An appointment sets a room and a time aside for an interview of a case. It names no person, is no evidence and
makes no statement (docs/decisions/0059): what is stated is the interview, once it is opened. A changed
appointment is a cancelled one that names its replacement, so that the earlier arrangement stays on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, require, require_case
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import Appointment, Person
from casework.errors import AppointmentOver, Refused, RoomTaken
from casework.interviews import rooms, schedule
from casework.interviews.interviews import PURPOSES

REASONS = ("person", "staff", "room", "court", "mistaken")
"""Reasons of a change or cancellation: requested by the person, staff or room not free, decided by a court or
prosecutor, entered by mistake."""
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=8)
AHEAD = timedelta(days=366)
"""How far ahead an appointment may be."""
SOON = timedelta(days=7)
"""How far ahead people see their next appointments."""
COMING = timedelta(hours=24)
"""How far ahead the room's machine shows its next one."""


def local_moment(day: str, clock: str) -> datetime:
    """Return the moment of a date and a time in the center's zone (`2026-12-01`, `09:30`). Raises `Refused`.

    A time that the clocks skip when summer time begins is refused.
    """
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
        moment = local.astimezone()
    except (ValueError, OverflowError):
        raise Refused("that is no date and time") from None
    if local.tzinfo is not None or moment.replace(tzinfo=None) != local:
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
        cases.require_in_use(require_case(session, person, Act.OPEN_INTERVIEW, case_id))
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
    """Replace this appointment by another one, and return that.

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
    """Return when the room is needed next, within a day; for its machine, which gets no other data."""
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
    for one in schedule.in_period(session, row.begins_at, row.ends_at):
        itself = one.appointment is not None and one.appointment.id == besides
        if one.room == row.room and one.occupies and not itself:
            raise RoomTaken(f"room {row.room} is needed at that time")


def _end(person: Person, row: Appointment, reason: str, moved_to: str | None) -> None:
    codes.require_one_of(reason, REASONS, "reason")
    if row.cancelled_at is not None or row.interview_id is not None:
        raise AppointmentOver(f"appointment {row.id} is not in force any more")
    row.cancelled_at, row.cancelled_by, row.reason, row.moved_to = now(), person.id, reason, moved_to
