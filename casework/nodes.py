"""The machines of a center, where several run the service on one database and the same stores.

Each has a name, a spool, recorders and a keyholder of its own. What is told here:

- **who is there.** Each machine's *beat* grows in the database while it works. Others hold it against what
  they saw before, by their own steady clocks (`Watch`); no machine's wall clock is compared with another's.
- **who records what.** An interview belongs to the machine that records it, a part to the machine in whose
  spool it is. A machine that is silent loses its interviews to the one at which somebody goes on with them
  (`adopt`), and never its parts: only what is in its spool can seal them.
- **who does the work of all.** One machine holds each *lease*. A lease has a term that grows with each
  holder, and what its holder writes is refused once the term is another (`Fenced`): a machine that slept and
  woke writes nothing under a lease that it has lost, whatever it believes.

Nothing that must be proved rests on this. That the ledger has one history, its storage and the keyholders see
to (decision 0025); two machines that both believed to hold a lease would do work twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from casework.clock import now
from casework.database.engine import Sessions
from casework.database.models import Derivative, Evidence, EvidenceState, Interview, Node, WorkLease
from casework.errors import CaseworkError, Missing, Refused, WrongState
from vault.spool.reader import evidence_in

if TYPE_CHECKING:
    from casework.center import Center

EVERY = 2.0
"""Seconds between two beats."""
SILENT = 12.0
"""Seconds for which somebody looked on without hearing a beat, until a machine counts as silent."""
GAP = 3 * EVERY
"""Seconds between two looks after which nothing is concluded: the one who looks may have slept itself."""

CENTER_WIDE = "center-wide"
"""The work of all: publishing, renewing locks, passes over the copies, timestamps, witnesses, the policy."""

_TAKEN = "another machine of this center is named {} too: give each a name of its own (AMANA_NODE)"
_COPIED = "machine {} works with this recorder's key: keys/recorder.key must not be copied; remove it here"
_UNFINISHED = Evidence.state.in_((EvidenceState.OPENING, EvidenceState.RECORDING))


class LeaseLost(CaseworkError):
    """Another machine does this work now; nothing was written."""

    code = "lease-lost"


@dataclass(frozen=True)
class Machine:
    """A machine as the others see it."""

    name: str
    address: str
    beat: int
    silent: bool
    """Whether it was not heard of for `SILENT`. Never true of oneself."""


def register(center: Center, address: str) -> int:
    """Enter this machine, or its new name or address; its beat. What nobody owns yet belongs to the first
    machine there is.

    By its recorder's key it is known under another name: what was that machine's is this one's then.
    """
    with center.database.begin() as session:
        rows = {row.name: row for row in session.scalars(select(Node))}
        mine = rows.get(center.node)
        if not rows:
            _claim_all(session, center)
        for row in rows.values():
            if row.recorder == center.recorder and row.name != center.node:
                for table in (Interview, Evidence, Derivative):
                    session.execute(update(table).where(table.node == row.name).values(node=center.node))
                session.delete(row)
        if mine is None:
            mine = Node(name=center.node, address="", recorder="", beat=0, seen_at=now())
            session.add(mine)
        mine.address, mine.recorder = address, center.recorder or ""
        mine.beat, mine.seen_at = mine.beat + 1, now()
        return mine.beat


def require_free_name(center: Center, silent: float = SILENT) -> None:
    """Raises `Refused` if another machine works under this machine's name, or with its recorder's key: two
    that took each other for themselves would void each other's parts.

    Returns at once where name and key were together before; else it is listened for `silent` seconds.
    """
    heard = {row.name: row.beat for row in _resembling(center)}
    until = time.monotonic() + silent
    while heard and time.monotonic() < until:
        time.sleep(min(1.0, silent))
        for row in _resembling(center):
            if row.beat != heard.get(row.name):
                told = _TAKEN if row.name == center.node else _COPIED
                raise Refused(told.format(row.name))


def _resembling(center: Center) -> Sequence[Node]:
    """Machines that are this one by their name or their recorder's key, and not by both."""
    rows = listed(center)
    return [row for row in rows if (row.name == center.node) != (row.recorder == center.recorder)]


def _claim_all(session: Session, center: Center) -> None:
    here = list(evidence_in(center.spool))
    session.execute(update(Interview).where(Interview.node.is_(None)).values(node=center.node))
    session.execute(
        update(Evidence)
        .where(Evidence.node.is_(None), or_(_UNFINISHED, Evidence.id.in_(here)))
        .values(node=center.node)
    )


def beat(center: Center, last: int) -> Sequence[Node]:
    """Say that this machine works; all machines, as they are then. `last`: its own beat before.

    Raises `Missing` if it was retired, `Refused` if another one works under its name.
    """
    with center.database.begin() as session:
        mine = session.get(Node, center.node)
        if mine is None:
            raise Missing(f"machine {center.node} was retired")
        if mine.beat != last:
            raise Refused(_TAKEN.format(center.node))
        mine.beat, mine.seen_at = mine.beat + 1, now()
        return session.scalars(select(Node).order_by(Node.name)).all()


def listed(center: Center) -> Sequence[Node]:
    """Every machine, by name."""
    with center.database() as session:
        return session.scalars(select(Node).order_by(Node.name)).all()


def names(session: Session, center: Center) -> set[str]:
    """Every machine's name, with this one's, whether it has registered yet or not."""
    return {center.node, *session.scalars(select(Node.name))}


def retire(center: Center, name: str) -> list[str]:
    """A machine that will not come back: nobody waits for it any more. The parts that stay unsealed.

    What was sealed there and not carried yet is missing in the copies from now on, and is found to be.
    Raises `Missing`, `Refused` for this machine itself.
    """
    if name == center.node:
        raise Refused("this is the machine itself: retire it from another one")
    with center.database.begin() as session:
        if session.get(Node, name) is None:
            raise Missing(f"no machine {name[:32]}")
        left = session.scalars(select(Evidence.id).where(Evidence.node == name, _UNFINISHED)).all()
        session.execute(
            update(Evidence).where(Evidence.node == name, Evidence.id.not_in(left)).values(node=None)
        )
        session.execute(delete(Node).where(Node.name == name))
    return list(left)


def unfinished_elsewhere(center: Center) -> Mapping[str, Sequence[str]]:
    """Machine → ids of parts that it alone can seal; not those of this machine."""
    found: dict[str, list[str]] = {}
    with center.database() as session:
        rows = session.execute(
            select(Evidence.node, Evidence.id)
            .where(_UNFINISHED, Evidence.node.is_not(None), Evidence.node != center.node)
            .order_by(Evidence.opened_at)
        )
        for node, evidence in rows:
            found.setdefault(str(node), []).append(str(evidence))
    return found


# --- interviews -------------------------------------------------------------------------------------------


def of_interview(center: Center, interview: str) -> str | None:
    """The machine that an interview belongs to; None if there is no such interview, or nobody's."""
    with center.database() as session:
        return session.scalar(select(Interview.node).where(Interview.id == interview))


def adopt(center: Center, interview: str, was: str | None) -> bool:
    """Go on with an interview here, if it still belongs to `was`; whether it belongs to us now."""
    with center.database.begin() as session:
        row = session.get(Interview, interview)
        if row is None or row.node not in (was, center.node):
            return False
        row.node = center.node
    return True


def require_here(center: Center, row: Interview) -> None:
    """In a writing transaction: what is begun now is begun on the machine that the interview belongs to.

    Raises `WrongState`.
    """
    if row.node is None:
        row.node = center.node
    if row.node != center.node:
        raise WrongState(f"interview {row.id} is recorded on machine {row.node}")


# --- watching, and leases ---------------------------------------------------------------------------------


class Watch:
    """What one machine hears of the others, by its own steady clock. Not for several threads at once."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._heard: dict[str, tuple[int, float]] = {}
        """Name → the beat that was seen, and when it was seen first."""
        self._looked = float("-inf")

    def look(self, rows: Sequence[Node], at: float | None = None) -> list[Machine]:
        """Hold the beats against those seen before. `at`: monotonic seconds."""
        at = time.monotonic() if at is None else at
        if at - self._looked > GAP:
            self._heard.clear()
        self._looked = at
        heard = {}
        for row in rows:
            before = self._heard.get(row.name)
            heard[row.name] = before if before is not None and before[0] == row.beat else (row.beat, at)
        self._heard = heard
        return [
            Machine(
                row.name,
                row.address,
                row.beat,
                row.name != self._own and at - heard[row.name][1] >= SILENT,
            )
            for row in rows
        ]


def take_lease(center: Center, work: str, gone: Sequence[str]) -> int | None:
    """The term under which this machine does this work, taken if it is free; None while another has it.

    `gone`: machines that are silent. Of one that is not known any more nobody waits.
    """
    with center.database.begin() as session:
        row = session.get(WorkLease, work)
        if row is None:
            row = WorkLease(work=work, node=center.node, term=1)
            session.add(row)
        elif row.node != center.node:
            if row.node not in gone and session.get(Node, row.node) is not None:
                return None
            row.node, row.term = center.node, row.term + 1
        return row.term


def holder(center: Center, work: str) -> str | None:
    """Which machine did this work last, as far as is known; None where nobody ever took it."""
    with center.database() as session:
        row = session.get(WorkLease, work)
    return None if row is None else row.node


def has_lease(center: Center, work: str) -> bool:
    """Whether this machine does this work, as far as is known: also where there is one machine alone."""
    return holder(center, work) in (None, center.node)


class Fenced(Sessions):
    """The database for work under a lease: writing is refused once somebody else has it.

    Checked under the writer's lock, so what is written was written while the lease was ours.
    """

    def __init__(self, database: Sessions, work: str, term: int) -> None:
        super().__init__(database.engine)
        self._work, self._term = work, term

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Begin a writing transaction. Raises `LeaseLost` if the lease has another term by now."""
        with super().begin() as session:
            if session.scalar(select(WorkLease.term).where(WorkLease.work == self._work)) != self._term:
                raise LeaseLost(f"{self._work} is another machine's work now")
            yield session
