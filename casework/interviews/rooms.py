"""The interview rooms: a short list that the administrator keeps, and how each of them stands now.

A room has a code, which working data name, and a name, which people read. One that is not used any more is
retired, never deleted: old interviews keep the code they had. While the list is empty, any code is taken, as
before there was one.

How rooms stand is told by what may be known: whoever works with cases sees the interviews of their own;
the administrator sees which room is in which state and what is wrong, and nothing of any case.

Trusts: what recorders say of themselves (`RecorderChild.status`). One that says nothing is not well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, Reach, reach, require
from casework.clock import now
from casework.database.models import CaseAccess, Interview, InterviewRoom, InterviewState, Person
from casework.errors import Missing, Refused
from chain_of_custody.encoding.canonical_json import code as check_code
from chain_of_custody.errors import Malformed

if TYPE_CHECKING:
    from casework.center import Center

MAX_NAME = 200
"""Characters."""
MOST = 100
"""Rooms in the list."""
QUIET = 2.0
"""Seconds without a word after which a recorder is not said to be well; it speaks four times a second."""
LATELY = timedelta(hours=12)
"""An interview that was opened longer ago, and never begun, does not occupy its room any more."""

LIVE = (InterviewState.RECORDING, InterviewState.BREAK)
NOT_OVER = (InterviewState.OPENED, InterviewState.CHECKED, *LIVE)


@dataclass(frozen=True)
class RoomStatus:
    """How a room stands at this moment."""

    room: str
    name: str
    state: str
    """`free`, or the state of its interview as its recorder says it (`recorder.interview.status`)."""
    safe: int | None = None
    """µs of the running part that are safe on the recording machine."""
    losses: tuple[str, ...] = ()
    """Codes of what is lost: red."""
    cautions: tuple[str, ...] = ()
    """Codes of what to look at: amber."""
    interview: str | None = None
    case: str | None = None
    code: str | None = None
    """Interview, case and the case's code, for those who may see the case."""
    elapsed: int | None = None
    practice: bool = False


def listed(center: Center, *, retired: bool = False) -> Sequence[InterviewRoom]:
    """The rooms by name; `retired`: those too that are not used any more."""
    query = select(InterviewRoom).order_by(InterviewRoom.name, InterviewRoom.code)
    if not retired:
        query = query.where(InterviewRoom.retired_at.is_(None))
    with center.database() as session:
        return session.scalars(query).all()


def add(center: Center, by: Person, code: str, name: str) -> InterviewRoom:
    """List a room, or give it another name; one that was retired is used again.

    Raises `Forbidden`, `Refused`.
    """
    require(by, Act.KEEP_ROOMS)
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    try:
        check_code(code, "room")
    except Malformed as malformed:
        raise Refused(str(malformed)) from malformed
    if not name or len(name) > MAX_NAME:
        raise Refused(f"a room's name has 1 to {MAX_NAME} characters")
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
    """A room is not used any more; what goes on in it goes on. Raises `Forbidden`, `Missing`."""
    require(by, Act.KEEP_ROOMS)
    with center.database.begin() as session:
        room = session.get(InterviewRoom, code)
        if room is None:
            raise Missing("no such room")
        room.retired_at = room.retired_at or now()


def require_listed(session: Session, code: str) -> None:
    """Raises `Refused` for a room that is not in the list, where there is one."""
    codes = session.scalars(select(InterviewRoom.code).where(InterviewRoom.retired_at.is_(None))).all()
    if codes and code not in codes:
        raise Refused("there is no such interview room in the administrator's list")


def overview(center: Center, person: Person) -> list[RoomStatus]:
    """How the rooms stand, by name, as far as `person` may know. Raises `Forbidden`."""
    require(person, Act.SEE_ROOMS)
    rooms = {room.code: room.name for room in listed(center)}
    with center.database() as session:
        running = [one for one in session.scalars(_running(person)) if _occupies(center, one)]
    found = []
    for interview in running:
        standing = _standing(center, interview, rooms.get(interview.room, interview.room))
        known = reach(person, Act.SEE_ROOMS) is Reach.OWN_CASES
        found.append(standing if known else _without_case(standing))
    used = {one.room for one in running}
    free = [RoomStatus(code, name, "free") for code, name in rooms.items() if code not in used]
    return sorted([*found, *free], key=lambda one: (one.name, one.room))


def _running(person: Person) -> Any:
    query = select(Interview).where(Interview.state.in_(NOT_OVER)).order_by(Interview.opened_at)
    if reach(person, Act.SEE_ROOMS) is Reach.OWN_CASES:
        given = select(CaseAccess.case_id).where(
            CaseAccess.person_id == person.id, CaseAccess.withdrawn_at.is_(None)
        )
        query = query.where(Interview.case.has(opened_by=person.id) | Interview.case_id.in_(given))
    return query


def _occupies(center: Center, interview: Interview) -> bool:
    if interview.state in LIVE or center.rooms.reach(interview.id) is not None:
        return True
    return now() - interview.opened_at < LATELY


def _standing(center: Center, interview: Interview, name: str) -> RoomStatus:
    told = _told(center, interview)
    return RoomStatus(
        room=interview.room,
        name=name,
        state=str(told["state"]),
        safe=told.get("safe") if told.get("evidence") else None,
        losses=_codes(told.get("losses")),
        cautions=_codes(told.get("cautions")),
        interview=interview.id,
        case=interview.case_id,
        code=interview.case.code,
        elapsed=told.get("elapsed") if told.get("evidence") else None,
        practice=interview.practice,
    )


def _told(center: Center, interview: Interview) -> Mapping[str, Any]:
    """What its recorder said last; what its silence means, where it says nothing."""
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


def _without_case(standing: RoomStatus) -> RoomStatus:
    return RoomStatus(
        standing.room, standing.name, standing.state, standing.safe, standing.losses, standing.cautions
    )
