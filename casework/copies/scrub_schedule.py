"""Passes over the copies: the next item to read, the progress, and the findings.

A pass of a copy reads every item that was sealed when it began, each once. It resumes after a restart, since
each item's row records when it was last read. The reason why a copy cannot be read is noted, and is not a
finding. The next pass begins a set time after the last one *began*. Between passes the copy is listed, and
items that it has lost are read and repaired at once (docs/decisions/0070).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.copies.scrub import carried
from casework.database.models import CopyFinding, CopyPass, CopyReading, Evidence, EvidenceState
from vault.spool.segments import file_key, segment_key

FRESH = timedelta(days=7)
"""How long a finding is reported even though it was repaired: a disk that damaged one object will damage
others."""
RETRY = timedelta(hours=6)
"""Retry interval for an item that could not be repaired, or not be read whole."""
NOT_AGAIN_WITHIN = timedelta(minutes=10)
"""Minimum interval before an item is read again because a viewer met damage in it."""
PLANNED = 1000
"""Items that one query chooses. It reads all rows of the pass: a query for each item would cost n² in all."""

BEGINNING = 2
"""Hex digits. The items whose ids begin with the same ones are looked for with one listing: 256 listings are
enough, few items need fewer, and no more than a 256th of a copy's keys is in memory."""

_SEALED = Evidence.state.in_((EvidenceState.COMPLETE, EvidenceState.INTERRUPTED))


@dataclass(frozen=True)
class ScrubStatus:
    """The status of one copy."""

    copy: str
    items: int
    """Number of sealed items in the pass."""
    done: int
    """Of these, how many were processed."""
    not_whole: int
    """Of these, how many could not be read whole."""
    size: int
    """Bytes in the items read whole."""
    began_at: datetime | None
    """None before the first pass."""
    ended_at: datetime | None
    """None while a pass is under way."""
    full_at: datetime | None
    """When a pass last ended with every item read whole."""
    trouble: str | None
    """A code of why the copy cannot be read."""
    found: int
    """Objects ever found not as recorded."""
    repaired: int
    """Of these, how many were repaired."""
    lately: bool
    """Whether something was found within `FRESH`."""
    left: Sequence[CopyFinding]
    """The newest findings that are not repaired, newest first; at most 20."""

    @property
    def well(self) -> bool:
        """Whether nothing needs attention."""
        return not (self.left or self.lately or self.trouble or self.not_whole)


@dataclass
class _Plan:
    """The next items of a copy; another process may have read some of them meanwhile."""

    items: deque[str] = field(default_factory=deque)


def begin_due(center: Center, copy: str, every: timedelta) -> None:
    """Begin a pass of this copy if there was none, or the last one has ended and began `every` ago."""
    row = center.database.get(CopyPass, copy)
    if row is None or (row.ended_at is not None and row.began_at + every <= now()):
        begin(center, copy)


def begin(center: Center, copy: str) -> None:
    """Begin a pass of this copy now; one under way starts again."""
    try:
        with center.database.begin() as session:
            row = session.get(CopyPass, copy)
            if row is None:
                session.add(CopyPass(copy=copy, began_at=now()))
                return
            row.full_at = _standing(session, copy).full_at
            row.began_at, row.ended_at = now(), None
    except IntegrityError:
        pass  # another process has just begun it


def next_item(center: Center, copy: str) -> str | None:
    """The next item of the pass under way; None if there is none now. Ends the pass if no item is left.

    An item claimed by another process is left to it, and the pass waits for it.
    """
    with center.database() as session:
        under_way = session.get(CopyPass, copy)
        if under_way is None or under_way.ended_at is not None:
            return None
        to_do = _items(under_way, copy).where(_to_do(under_way))
        free = to_do.where(or_(CopyReading.claimed_until.is_(None), CopyReading.claimed_until < now()))
        items = center.cache(_Plan, len(center.scrubbed)).get(copy, _Plan).items
        while items:
            if session.scalar(free.where(Evidence.id == items[0])) is not None:
                return items[0]
            items.popleft()
        items.extend(session.scalars(free.order_by(Evidence.sealed_at, Evidence.id).limit(PLANNED)))
        if items:
            return items[0]
        if session.scalar(to_do.limit(1)) is not None:
            return None
    _end(center, copy)
    return None


def ended(center: Center, copy: str) -> bool:
    """Whether no pass of this copy is under way."""
    row = center.database.get(CopyPass, copy)
    return row is None or row.ended_at is not None


def wanting(center: Center, copy: str) -> Iterator[str]:
    """Yield the items that cannot wait for the next pass: their notes are not stated yet; they were not read
    whole or not repaired, and a retry is due; or the copy has lost objects of them (a new store replaced a
    lost one).

    Raises `StoreUnavailable`.
    """
    again = now() - RETRY
    mine = and_(CopyFinding.copy == copy, CopyFinding.evidence_id == Evidence.id)
    unstated = select(CopyFinding.id).where(mine, CopyFinding.position.is_(None)).exists()
    damaged = (
        select(CopyFinding.id)
        .where(mine, CopyFinding.repaired_at.is_(None), CopyFinding.wrong != "surplus")
        .exists()
    )
    not_whole = and_(
        CopyReading.looked_at.is_not(None),
        or_(CopyReading.read_at.is_(None), CopyReading.read_at < CopyReading.looked_at),
    )
    old = or_(CopyReading.looked_at.is_(None), CopyReading.looked_at < again)
    waiting = _readings(copy).where(or_(unstated, and_(old, or_(damaged, not_whole))))
    others = _readings(copy).where(~or_(unstated, damaged, not_whole))
    beginning = func.substr(Evidence.id, 1, BEGINNING)
    database = center.database
    for evidence in database.scalars(waiting.order_by(Evidence.sealed_at, Evidence.id)):
        if carried(center, copy, evidence):
            yield evidence
    for digits in database.scalars(select(beginning).where(_SEALED).distinct()):
        # As a range, which the primary key's index answers.
        these = others.where(Evidence.id >= digits, Evidence.id < f"{digits}g").order_by(Evidence.id)
        with database() as session:
            items = session.execute(these.add_columns(Evidence.segment_sizes)).all()
        yield from _lost(center, copy, digits, [(item, len(sizes or ())) for item, sizes in items])


def _lost(center: Center, copy: str, beginning: str, items: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Yield those of the `items` that lack something in the copy; each with the number of its segments.

    Of a copy of the key store: those without any wrap. `beginning`: of the ids of all items.
    """
    if copy in center.key_copies:
        present = set(center.keyholder.items_in(copy, beginning))
        yield from (item for item, _ in items if item not in present)
        return
    present = set(center.stores[copy].list(f"recordings/{beginning}"))
    for item, segments in items:
        keys = [segment_key(item, number) for number in range(1, segments + 1)]
        keys += [file_key(item, name) for name in ("index", "manifest")]
        if not present.issuperset(keys) and carried(center, copy, item):
            yield item


def skip(center: Center, copy: str, evidence: str) -> None:
    """Skip an item that could not be read for a reason of its own; it counts as not read whole."""
    with center.database.begin() as session:
        row = session.get(CopyReading, (copy, evidence))
        if row is not None:
            row.looked_at = now()


def looked_lately(center: Center, copy: str, evidence: str) -> bool:
    """Whether this item was read recently: every viewer meets the same lasting damage again."""
    row = center.database.get(CopyReading, (copy, evidence))
    return row is not None and row.looked_at is not None and row.looked_at > now() - NOT_AGAIN_WITHIN


def is_sealed(center: Center, item: str) -> bool:
    """Whether this is a sealed recording."""
    return center.database.scalar(select(Evidence.id).where(Evidence.id == item, _SEALED)) is not None


def note_trouble(center: Center, copy: str, trouble: str | None) -> None:
    """Record the code of why a copy cannot be read; None if it can be read again."""
    row = center.database.get(CopyPass, copy)
    if row is None or row.trouble == trouble:
        return
    with center.database.begin() as session:
        session.get_one(CopyPass, copy).trouble = trouble


def scrub_statuses(center: Center) -> list[ScrubStatus]:
    """The status of each copy."""
    with center.database() as session:
        return [_standing(session, copy) for copy in center.scrubbed]


def _standing(session: Session, copy: str) -> ScrubStatus:
    row = session.get(CopyPass, copy)
    mine = CopyFinding.copy == copy
    found, repaired, newest = session.execute(
        select(func.count(), func.count(CopyFinding.repaired_at), func.max(CopyFinding.found_at)).where(mine)
    ).one()
    left = session.scalars(
        select(CopyFinding)
        .where(mine, CopyFinding.repaired_at.is_(None))
        .order_by(CopyFinding.found_at.desc(), CopyFinding.key)
        .limit(20)
    ).all()
    items = done = not_whole = size = 0
    if row is not None:
        of_pass = _items(row, copy).subquery()
        items = session.scalar(select(func.count()).select_from(of_pass)) or 0
        looked = _items(row, copy).where(~_to_do(row))
        done = session.scalar(select(func.count()).select_from(looked.subquery())) or 0
        whole = looked.where(CopyReading.read_at >= row.began_at)
        not_whole = done - (session.scalar(select(func.count()).select_from(whole.subquery())) or 0)
        size = session.scalar(whole.with_only_columns(func.sum(CopyReading.size))) or 0
    return ScrubStatus(
        copy=copy,
        items=items,
        done=done,
        not_whole=not_whole,
        size=int(size),
        began_at=None if row is None else row.began_at,
        ended_at=None if row is None else row.ended_at,
        full_at=None if row is None else (row.full_at if row.ended_at is None or not_whole else row.ended_at),
        trouble=None if row is None else row.trouble,
        found=found,
        repaired=repaired,
        lately=newest is not None and newest > now() - FRESH,
        left=left,
    )


def _readings(copy: str) -> Select[str]:
    """Select every sealed item, joined with the last reading of this copy of it."""
    reading = and_(CopyReading.evidence_id == Evidence.id, CopyReading.copy == copy)
    return select(Evidence.id).outerjoin(CopyReading, reading).where(_SEALED)


def _items(under_way: CopyPass, copy: str) -> Select[str]:
    """Select the items of the pass."""
    return _readings(copy).where(Evidence.sealed_at < under_way.began_at)


def _to_do(under_way: CopyPass) -> ColumnElement[bool]:
    return or_(CopyReading.looked_at.is_(None), CopyReading.looked_at < under_way.began_at)


def _end(center: Center, copy: str) -> None:
    with center.database.begin() as session:
        row = session.get_one(CopyPass, copy)
        row.ended_at = row.ended_at or now()
