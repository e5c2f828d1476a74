"""Alarms: somebody independent contradicts our ledger, or it contradicts itself.

What is kept is the proof: both checkpoints, as they were signed. An alarm stays until a person has said to
have seen it, and its proof stays after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.center import new_id, now
from casework.errors import Missing, UnseenAlarm
from casework.models import Alarm, Person
from casework.permissions import Act, require
from chain_of_custody.errors import CustodyError
from chain_of_custody.notes import Note

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database import Sessions


def ring(database: Sessions, kind: str, source: str, ours: bytes | None, theirs: bytes | None) -> bool:
    """Keep an alarm, unless `source` has said this already; whether it is new.

    `kind`: a code. `ours`, `theirs`: the two checkpoints' notes; `theirs` may be missing.
    """
    with database.begin() as session:
        before = session.scalars(select(Alarm).where(Alarm.kind == kind, Alarm.source == source)).all()
        if any(_text(one.theirs) == _text(theirs) for one in before):
            return False
        session.add(Alarm(id=new_id(), kind=kind, source=source, at=now(), ours=ours, theirs=theirs))
    return True


def kept(center: Center) -> Sequence[Alarm]:
    """Every alarm, newest first."""
    with center.database() as session:
        return session.scalars(select(Alarm).order_by(Alarm.at.desc(), Alarm.id)).all()


def take_note(center: Center, person: Person, alarm_id: str) -> None:
    """This person has seen it and does what has to be done. Raises `Forbidden`, `Missing`."""
    require(person, Act.SEE_HEALTH)
    with center.database.begin() as session:
        alarm = session.get(Alarm, alarm_id)
        if alarm is None:
            raise Missing(f"no alarm {alarm_id[:32]}")
        if alarm.seen_at is None:
            alarm.seen_at, alarm.seen_by = now(), person.id


def require_seen(center: Center) -> None:
    """Nothing leaves the house on a ledger that is contradicted. Raises `UnseenAlarm` while an alarm is
    unseen."""
    unseen = sum(one.seen_at is None for one in kept(center))
    if unseen:
        raise UnseenAlarm(
            f"{unseen} alarm{'' if unseen == 1 else 's'} about the ledger nobody has said to have seen. "
            "Export nothing before it is known what happened: amana alarms"
        )


def _text(note: bytes | None) -> str | None:
    """What a note says; signatures over it differ each time."""
    if note is None:
        return None
    try:
        return Note.parse(note).text
    except CustodyError:
        return note.hex()
