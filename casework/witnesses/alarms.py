"""Alarms: a witness contradicts our ledger.

An alarm stores the proof: both checkpoints, as they were signed. It stays until a person confirms having seen
it, and its proof stays after that. The proof is also stored as files: an alarm is about the database that
holds it, and replacing that database must not remove the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select

from casework.access.permissions import Act, require
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import Sessions, require_row
from casework.database.models import Alarm, Person
from casework.errors import UnseenAlarm
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint
from vault.disk import DISK, replace


def ring(
    database: Sessions,
    kind: str,
    source: str,
    ours: bytes,
    theirs: bytes | None,
    *,
    cosigned: int = 0,
    folder: Path | None = None,
) -> bool:
    """Store an alarm unless `source` has raised it already; return whether it is new.

    `kind`: a code. `ours`, `theirs`: the two checkpoints' notes; `theirs` may be missing. `cosigned`: entries
    in the largest tree of ours that `source` has cosigned. If it showed no checkpoint, its alarms about trees
    of at most that size are over, and a further one is new. `folder`: for the proof as files, made if it does
    not exist. Raises `vault.errors.WriteFailed`.
    """
    with database.begin() as session:
        before = session.scalars(select(Alarm).where(Alarm.kind == kind, Alarm.source == source)).all()
        for one in before:
            over = theirs is None and _size(one.ours) <= cosigned
            if _text(one.theirs) == _text(theirs) and not over:
                return False
        alarm = Alarm(id=new_id(), kind=kind, source=source, at=now(), ours=ours, theirs=theirs)
        if folder is not None:
            write(alarm, folder)  # first: a proof without an alarm is better than an alarm without its proof
        session.add(alarm)
    return True


def write(alarm: Alarm, folder: Path) -> None:
    """Write both checkpoints as files, durably: `<id>-ours.txt`, `<id>-theirs.txt`. Raises
    `vault.errors.WriteFailed`, `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, note in (("ours", alarm.ours), ("theirs", alarm.theirs)):
        if note is not None:
            replace(DISK, folder / f"{alarm.id}-{name}.txt", note)


def kept(center: Center) -> Sequence[Alarm]:
    """Return every alarm, newest first."""
    return center.database.scalars(select(Alarm).order_by(Alarm.at.desc(), Alarm.id))


def unseen(center: Center) -> int:
    """Return the number of alarms that no person has acknowledged."""
    with center.database() as session:
        query = select(func.count()).select_from(Alarm).where(Alarm.seen_at.is_(None))
        return session.scalar(query) or 0


def take_note(center: Center, person: Person, alarm_id: str) -> None:
    """Record that this person acknowledges an alarm. Raises `Forbidden`, `Missing`."""
    require(person, Act.SEE_HEALTH)
    with center.database.begin() as session:
        alarm = require_row(session, Alarm, alarm_id, "alarm")
        if alarm.seen_at is None:
            alarm.seen_at, alarm.seen_by = now(), person.id


def require_seen(center: Center) -> None:
    """Block exports while the ledger is contradicted. Raises `UnseenAlarm` while an alarm is unseen."""
    count = unseen(center)
    if count:
        raise UnseenAlarm(
            f"{count} alarm{'' if count == 1 else 's'} about the ledger nobody has said to have seen. "
            "Export nothing before it is known what happened: amana alarms"
        )


def _text(note: bytes | None) -> str | None:
    """Return a note's text without its signatures, which differ each time."""
    if note is None:
        return None
    try:
        return Note.parse(note).text
    except CustodyError:
        return note.hex()


def _size(note: bytes | None) -> int:
    """Return the number of entries in the tree of one of our own notes."""
    return 0 if note is None else Checkpoint.parse(Note.parse(note).text).size
