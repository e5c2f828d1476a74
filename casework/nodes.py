"""The machines of a center, where several run the service on one database and the same stores.

Each has a name, a spool, recorders and a keyholder of its own. This module decides:

- **which machines run.** Each machine's *heartbeat* counter grows in the database while it works. Others
  compare it with its earlier value by their own monotonic clocks (`Watch`); wall clocks are not compared.
- **which machine records what.** An interview belongs to the machine that records it, a part to the machine
  whose spool holds it. A silent machine loses its interviews to the machine on which they are continued
  (`adopt`). It never loses its parts: only its spool can seal them.
- **which machine does the center-wide work.** One machine holds each *lease*. The lease's term grows with
  each holder, and a write under an old term is refused (`FencedDatabase`): a machine that was
  suspended and resumes cannot write under a lease that it has lost.

No proof depends on this. The ledger's storage and the keyholders ensure that the ledger has one history
(decision 0025); two machines that both believed they held a lease would only do work twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.database.engine import Sessions
from casework.database.models import Derivative, Evidence, EvidenceState, Interview, Node, WorkLease
from casework.errors import CaseworkError, Missing, Refused, WrongState
from vault.spool.reader import evidence_in

EVERY = 2.0
"""Seconds between two heartbeats."""
SILENT = 12.0
"""Seconds of observation without a new heartbeat after which a machine counts as silent."""
GAP = 3 * EVERY
"""A longer interval between two checks, in seconds, proves nothing: the observer may have been suspended."""

CENTER_WIDE = "center-wide"
"""Work of the machine that has the lease: publishing, locks, scrubs, timestamps, witnesses, the policy."""

_TAKEN = "another machine of this center is named {} too: give each a name of its own (AMANA_NODE)"
_COPIED = "machine {} works with this recorder's key: keys/recorder.key must not be copied; remove it here"
_UNFINISHED = Evidence.state.in_((EvidenceState.OPENING, EvidenceState.RECORDING))


class LeaseLost(CaseworkError):
    """Another machine does this work now; nothing was written."""

    code = "lease-lost"


@dataclass(frozen=True)
class Machine:
    """A machine as the others observe it."""

    name: str
    address: str
    beat: int
    silent: bool
    """Whether it sent no heartbeat for `SILENT`. Never true of the observer itself."""


def register(center: Center, address: str) -> int:
    """Register this machine, or its new name or address; return its heartbeat count.

    The first machine takes over what has no owner yet. If the same recorder key is registered under another
    name, this machine takes over what belonged to that name.
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


def require_free_name(center: Center, last: int | None, silent: float = SILENT) -> None:
    """Require that no other machine works under this machine's name, or with its recorder's key.

    Two such machines would void each other's parts. `last`: the last heartbeat that this machine knows to be
    its own. Returns at once where name and key were registered together and the next heartbeat is this
    machine's; else watches for `silent` seconds: a machine that was replaced has come back, or a new one has
    its name and key. Raises `Refused`.
    """
    beats = {row.name: row.beat for row in _resembling(center, last)}
    until = time.monotonic() + silent
    while beats and time.monotonic() < until:
        time.sleep(min(1.0, silent))
        for row in _resembling(center, last):
            if row.beat != beats.get(row.name):
                reason = _TAKEN if row.name == center.node else _COPIED
                raise Refused(reason.format(row.name))


def _resembling(center: Center, last: int | None) -> Sequence[Node]:
    """Machines with the name or the recorder's key of this one, other than itself as it is registered."""
    return [
        row
        for row in listed(center)
        if (row.name == center.node) != (row.recorder == center.recorder)
        or (row.name == center.node and (last is None or row.beat > last + 1))
    ]


def _claim_all(session: Session, center: Center) -> None:
    here = list(evidence_in(center.spool))
    session.execute(update(Interview).where(Interview.node.is_(None)).values(node=center.node))
    session.execute(
        update(Evidence)
        .where(Evidence.node.is_(None), or_(_UNFINISHED, Evidence.id.in_(here)))
        .values(node=center.node)
    )


def beat(center: Center, last: int, *, unclear: bool = False) -> Sequence[Node]:
    """Count this machine's heartbeat; return all machines, as they are then.

    `last`: its previous count; `unclear`: whether the next one may be counted already, since the database
    ended without an answer. A lower count is not another machine's: the database has lost confirmed writes.
    Raises `Missing` if this machine was retired, `Refused` if another one works under its name.
    """
    with center.database.begin() as session:
        mine = session.get(Node, center.node)
        if mine is None:
            raise Missing(f"machine {center.node} was retired")
        if mine.recorder != center.recorder or mine.beat > last + unclear:
            raise Refused(_TAKEN.format(center.node))
        mine.beat, mine.seen_at = mine.beat + 1, now()
        return session.scalars(select(Node).order_by(Node.name)).all()


def listed(center: Center) -> Sequence[Node]:
    """Return every machine, by name."""
    return center.database.scalars(select(Node).order_by(Node.name))


def names(session: Session, center: Center) -> set[str]:
    """Return every machine's name, including this one's, whether it is registered yet or not."""
    return {center.node, *session.scalars(select(Node.name))}


def retire(center: Center, name: str) -> list[str]:
    """Remove a machine that will not come back, so that none waits for it; return its unsealed parts.

    What it sealed but had not yet copied is missing in the copies from now on, and is reported as missing.
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
    """Return machine → ids of parts that only it can seal; this machine's parts are excluded."""
    unfinished: dict[str, list[str]] = {}
    with center.database() as session:
        rows = session.execute(
            select(Evidence.node, Evidence.id)
            .where(_UNFINISHED, Evidence.node.is_not(None), Evidence.node != center.node)
            .order_by(Evidence.opened_at)
        )
        for node, evidence in rows:
            unfinished.setdefault(str(node), []).append(str(evidence))
    return unfinished


# --- interviews -------------------------------------------------------------------------------------------


def of_interview(center: Center, interview: str) -> str | None:
    """Return the machine that an interview belongs to; None if the interview does not exist or has none."""
    return center.database.scalar(select(Interview.node).where(Interview.id == interview))


def adopt(center: Center, interview: str, was: str | None) -> bool:
    """Take over an interview here, if it still belongs to `was`; return whether it is this machine's now."""
    with center.database.begin() as session:
        row = session.get(Interview, interview)
        if row is None or row.node not in (was, center.node):
            return False
        row.node = center.node
    return True


def require_here(center: Center, row: Interview) -> None:
    """Require that the interview belongs to this machine, or assign it; within a writing transaction.

    Raises `WrongState`.
    """
    if row.node is None:
        row.node = center.node
    if row.node != center.node:
        raise WrongState(f"interview {row.id} is recorded on machine {row.node}")


# --- watching, and leases ---------------------------------------------------------------------------------


class Watch:
    """One machine's observation of the others, by its own monotonic clock. Not thread-safe."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._observed: dict[str, tuple[int, float]] = {}
        """Name → the heartbeat observed, and when it was first observed."""
        self._looked = float("-inf")

    def look(self, rows: Sequence[Node], at: float | None = None) -> list[Machine]:
        """Compare the heartbeats with those observed before. `at`: monotonic seconds."""
        at = time.monotonic() if at is None else at
        if at - self._looked > GAP:
            self._observed.clear()
        self._looked = at
        observed = {}
        for row in rows:
            before = self._observed.get(row.name)
            observed[row.name] = before if before is not None and before[0] == row.beat else (row.beat, at)
        self._observed = observed
        return [
            Machine(
                row.name,
                row.address,
                row.beat,
                row.name != self._own and at - observed[row.name][1] >= SILENT,
            )
            for row in rows
        ]


def take_lease(center: Center, work: str, silent: Sequence[str]) -> int | None:
    """Return the term under which this machine does this work, taking a free lease; None: another holds it.

    `silent`: names of silent machines. A lease of a machine that is no longer registered is free.
    """
    with center.database.begin() as session:
        row = session.get(WorkLease, work)
        if row is None:
            row = WorkLease(work=work, node=center.node, term=1)
            session.add(row)
        elif row.node != center.node:
            if row.node not in silent and session.get(Node, row.node) is not None:
                return None
            row.node, row.term = center.node, row.term + 1
        return row.term


def holder(center: Center, work: str) -> str | None:
    """Return the machine that last did this work, as far as is known; None if no machine ever did."""
    row = center.database.get(WorkLease, work)
    return None if row is None else row.node


def has_lease(center: Center, work: str) -> bool:
    """Whether this machine does this work, as far as is known; also true where one machine runs alone."""
    return holder(center, work) in (None, center.node)


class FencedDatabase(Sessions):
    """The database for work under a lease: refuses writes once another machine has it.

    Checked under the write lock, so every write happened while this machine held the lease.
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
