"""The schedule of the interview rooms, and the appointments in it.

    GET  /schedule                        day, view: one day or its week, room by room
    POST /schedule                        day, view: the same
    POST /cases/{case}/appointments       purpose and the four fields: plan an interview
    GET  /appointments/{id}               the form that changes or cancels it
    POST /appointments/{id}/move          the four fields, reason
    POST /appointments/{id}/cancel        reason

The four fields are room, day, clock and minutes. If the room is needed for another interview at that time,
the form is shown again with a message; `anyway` plans it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from casework.access.permissions import Act, require
from casework.cases import cases
from casework.center import Center
from casework.database.models import Appointment, Case
from casework.errors import Refused, RoomTaken
from casework.interviews import appointments, rooms, schedule
from casework.interviews.interviews import PURPOSES
from casework.web.request import Caller, CaseId, Code, OurCenter, page, see_other

Minutes = Annotated[int, Form(ge=1, le=1440)]
Anyway = Annotated[bool, Form()]
WEEK = 7

router = APIRouter()


@dataclass(frozen=True)
class Day:
    """One day of the schedule, with what each room is needed for."""

    day: date
    begins: datetime
    entries: dict[str, list[schedule.Entry]]
    """By the room's code, in the order of the rooms' names."""


@router.get("/schedule")
def show(
    request: Request,
    center: OurCenter,
    person: Caller,
    day: Annotated[str, Query(max_length=10)] = "",
    view: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """Show one day of the schedule, or the week that it is in. Raises `Forbidden`, `Refused`."""
    require(person, Act.SEE_ROOMS)
    today = datetime.now().astimezone().date()
    first, count = _day(day) if day else today, 1
    if view == "week":
        first, count = first - timedelta(days=first.weekday()), WEEK
    names = {room.code: room.name for room in rooms.listed(center, retired=True)}
    found = schedule.entries(center, person, _midnight(first), _midnight(first + timedelta(days=count)))
    listed = [room.code for room in rooms.listed(center)]
    listed += sorted({one.room for one in found} - set(listed))
    return page(
        request,
        "schedule.html",
        view="week" if count == WEEK else "day",
        first=first,
        earlier=first - timedelta(days=count),
        later=first + timedelta(days=count),
        today=today,
        days=[_day_of(first + timedelta(days=n), listed, found) for n in range(count)],
        room_names=names,
    )


@router.post("/schedule")
def show_day(person: Caller, day: Code, view: Code = "") -> Response:
    """Redirect to the day or the week in a form. Raises `Forbidden`, `Refused`."""
    require(person, Act.SEE_ROOMS)
    return see_other(f"/schedule?day={_day(day)}{'&view=week' if view == 'week' else ''}")


@router.post("/cases/{case_id}/appointments")
def plan(
    request: Request,
    center: OurCenter,
    person: Caller,
    case_id: CaseId,
    purpose: Code,
    room: Code,
    day: Code,
    clock: Code,
    minutes: Minutes,
    anyway: Anyway = False,
) -> Response:
    """Plan an interview of a case, then show its day. Raises `Forbidden`, `Missing`, `Refused`."""
    begins = appointments.local_moment(day, clock)
    try:
        row = appointments.plan(
            center, person, case_id, purpose=purpose, room=room, begins=begins, minutes=minutes, anyway=anyway
        )
    except RoomTaken:
        entered = {"purpose": purpose, "room": room, "day": day, "clock": clock, "minutes": minutes}
        case = cases.get(center, person, case_id, Act.OPEN_INTERVIEW)
        return _form(request, center, case, None, entered, taken=True)
    return see_other(_day_page(row))


@router.get("/appointments/{appointment_id}")
def show_one(request: Request, center: OurCenter, person: Caller, appointment_id: str) -> Response:
    """Show the form that changes or cancels an appointment. Raises `Forbidden`, `Missing`."""
    row = appointments.get(center, person, appointment_id)
    begins = row.begins_at.astimezone()
    entered = {
        "room": row.room,
        "day": f"{begins:%Y-%m-%d}",
        "clock": f"{begins:%H:%M}",
        "minutes": (row.ends_at - row.begins_at) // timedelta(minutes=1),
    }
    return _form(request, center, row.case, row, entered)


@router.post("/appointments/{appointment_id}/move")
def move(
    request: Request,
    center: OurCenter,
    person: Caller,
    appointment_id: str,
    room: Code,
    day: Code,
    clock: Code,
    minutes: Minutes,
    reason: Code,
    anyway: Anyway = False,
) -> Response:
    """Change room or time of an appointment, then show its day. Raises `Forbidden`, `Missing`, `Refused`."""
    begins = appointments.local_moment(day, clock)
    try:
        row = appointments.move(
            center,
            person,
            appointment_id,
            room=room,
            begins=begins,
            minutes=minutes,
            reason=reason,
            anyway=anyway,
        )
    except RoomTaken:
        entered = {"room": room, "day": day, "clock": clock, "minutes": minutes, "reason": reason}
        old = appointments.get(center, person, appointment_id)
        return _form(request, center, old.case, old, entered, taken=True)
    return see_other(_day_page(row))


@router.post("/appointments/{appointment_id}/cancel")
def cancel(center: OurCenter, person: Caller, appointment_id: str, reason: Code) -> Response:
    """Cancel an appointment, then show its day. Raises `Forbidden`, `Missing`, `Refused`."""
    return see_other(_day_page(appointments.cancel(center, person, appointment_id, reason)))


def _form(
    request: Request,
    center: Center,
    case: Case,
    row: Appointment | None,
    entered: dict[str, object],
    *,
    taken: bool = False,
) -> Response:
    return page(
        request,
        "appointment.html",
        409 if taken else 200,
        case=case,
        appointment=row,
        entered=entered,
        taken=taken,
        purposes=PURPOSES,
        reasons=appointments.REASONS,
        rooms=rooms.listed(center),
        room_names={room.code: room.name for room in rooms.listed(center, retired=True)},
    )


def _day_of(day: date, listed: list[str], found: list[schedule.Entry]) -> Day:
    begins, ends = _midnight(day), _midnight(day + timedelta(days=1))
    within = [one for one in found if one.begins < ends and one.ends > begins]
    return Day(day, begins, {room: [one for one in within if one.room == room] for room in listed})


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        _midnight(day - timedelta(days=WEEK)), _midnight(day + timedelta(days=2 * WEEK))
    except (ValueError, OverflowError):
        raise Refused("that is no date") from None
    return day


def _midnight(day: date) -> datetime:
    """Return the beginning of a day in the center's time zone; if the clocks skip it, the first moment
    after."""
    return datetime.combine(day, time()).astimezone()


def _day_page(row: Appointment) -> str:
    return f"/schedule?day={row.begins_at.astimezone():%Y-%m-%d}"
