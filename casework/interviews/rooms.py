"""The interview rooms: a short list that the administrator maintains, and the status of each room.

A room has a code, used in working data, and a name, read by people. A room that is no longer used is retired,
never deleted: old interviews retain their code. While the list is empty, any code is accepted, as before the
list existed.

Permissions limit what the status shows. People who work with cases see the interviews of their own cases; the
administrator sees the state and the problems of each room, and no data of any case.

Trusts: the status that recorders report (`RecorderChild.status`). A silent one does not count as working.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, Reach, reach, require
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Interview, InterviewRoom, InterviewState, Person
from casework.errors import Missing, Refused
from casework.short_text import identifying

MAX_NAME = 200
"""Characters."""
MOST = 100
"""Maximum number of rooms in the list."""
QUIET = 2.0
"""Seconds of silence after which a recorder no longer counts as working; it reports four times a second."""
LATELY = timedelta(hours=12)
"""An interview that was opened longer ago, and never begun, no longer occupies its room."""

LIVE = (InterviewState.RECORDING, InterviewState.BREAK)
NOT_OVER = (InterviewState.OPENED, InterviewState.CHECKED, *LIVE)


@dataclass(frozen=True)
class RoomStatus:
    """The current status of a room."""

    room: str
    name: str
    state: str
    """`free`, or the state of its interview as reported by its recorder (`recorder.interview.status`)."""
    safe: int | None = None
    """µs of the running part that are durable on the recording machine."""
    losses: tuple[str, ...] = ()
    """Codes of losses: red."""
    cautions: tuple[str, ...] = ()
    """Codes of warnings: amber."""
    interview: str | None = None
    case: str | None = None
    code: str | None = None
    """Interview, case and the case's code, for those who may see the case."""
    elapsed: int | None = None
    practice: bool = False


def listed(center: Center, *, retired: bool = False) -> Sequence[InterviewRoom]:
    """Return the rooms by name; `retired`: include rooms that are no longer used."""
    query = select(InterviewRoom).order_by(InterviewRoom.name, InterviewRoom.code)
    if not retired:
        query = query.where(InterviewRoom.retired_at.is_(None))
    return center.database.scalars(query)


def add(center: Center, by: Person, code: str, name: str) -> InterviewRoom:
    """Add a room, or rename it; a retired room is used again.

    Raises `Forbidden`, `Refused`, `TextUnseen`.
    """
    require(by, Act.KEEP_ROOMS)
    name = identifying(name, MAX_NAME, "a room's name")
    codes.require_code(code, "room")
    if not name:
        raise Refused("a room's name has at least one character")
    with center.database.begin() as session:
        room = session.get(InterviewRoom, code)
        if room is None:
            if len(session.scalars(select(InterviewRoom.code)).all()) >= MOST:
                raise Refused(f"there are {MOST} rooms already")
            room = InterviewRoom(code=code, added_at=now())
            session.add(room)
        room.name, room.retired_at = name, None
    return room


def retire(center: Center, by: Person, code: str) -> None:
    """Retire a room; a running interview in it continues. Raises `Forbidden`, `Missing`."""
    require(by, Act.KEEP_ROOMS)
    with center.database.begin() as session:
        room = session.get(InterviewRoom, code)
        if room is None:
            raise Missing("no such room")
        room.retired_at = room.retired_at or now()


def require_listed(session: Session, code: str) -> None:
    """Raises `Refused` for a room that is not in the list, unless the list is empty."""
    known = session.scalars(select(InterviewRoom.code).where(InterviewRoom.retired_at.is_(None))).all()
    if known and code not in known:
        raise Refused("there is no such interview room in the administrator's list")


def overview(center: Center, person: Person) -> list[RoomStatus]:
    """Return the rooms' status, by name, as far as `person` may know. Raises `Forbidden`."""
    require(person, Act.SEE_ROOMS)
    rooms = {room.code: room.name for room in listed(center)}
    running = _under_way(center, person, Act.SEE_ROOMS)
    statuses = []
    for interview in running:
        status = _status_of(center, interview, rooms.get(interview.room, interview.room))
        known = reach(person, Act.SEE_ROOMS) is Reach.OWN_CASES
        statuses.append(status if known else _without_case(status))
    used = {one.room for one in running}
    free = [RoomStatus(code, name, "free") for code, name in rooms.items() if code not in used]
    return sorted([*statuses, *free], key=lambda one: (one.name, one.room))


def under_way(center: Center, person: Person) -> Sequence[Interview]:
    """Return the interviews that are opened and not over, of those that this person may watch.

    Raises `Forbidden`.
    """
    require(person, Act.OBSERVE_INTERVIEW)
    return _under_way(center, person, Act.OBSERVE_INTERVIEW)


def _under_way(center: Center, person: Person, act: Act) -> list[Interview]:
    query = select(Interview).where(Interview.state.in_(NOT_OVER)).order_by(Interview.opened_at)
    if reach(person, act) is Reach.OWN_CASES:
        query = query.where(Interview.case_id.in_(cases.own(person)))
    return [one for one in center.database.scalars(query) if _occupies(center, one)]


def _occupies(center: Center, interview: Interview) -> bool:
    if interview.state in LIVE or center.rooms.reach(interview.id) is not None:
        return True
    return now() - interview.opened_at < LATELY


def _status_of(center: Center, interview: Interview, name: str) -> RoomStatus:
    status = _recorder_status(center, interview)
    return RoomStatus(
        room=interview.room,
        name=name,
        state=str(status["state"]),
        safe=status.get("safe") if status.get("evidence") else None,
        losses=_codes(status.get("losses")),
        cautions=_codes(status.get("cautions")),
        interview=interview.id,
        case=interview.case_id,
        code=interview.case.code,
        elapsed=status.get("elapsed") if status.get("evidence") else None,
        practice=interview.practice,
    )


def _recorder_status(center: Center, interview: Interview) -> Mapping[str, Any]:
    """Return its recorder's last status; if the recorder is silent, the status that this implies."""
    child = center.rooms.reach(interview.id)
    status = None if child is None else child.status()
    if status is not None and time.monotonic() - float(status.get("received", 0)) <= QUIET:
        return status
    if interview.state not in LIVE:
        return {"state": interview.state.value}
    if interview.node not in (None, center.node):
        return {"state": interview.state.value, "cautions": [{"code": "elsewhere"}]}
    return {"state": interview.state.value, "losses": [{"code": "recorder"}]}


def _codes(troubles: Any) -> tuple[str, ...]:
    return tuple(str(one["code"]) for one in troubles or ())


def _without_case(status: RoomStatus) -> RoomStatus:
    return RoomStatus(status.room, status.name, status.state, status.safe, status.losses, status.cautions)
