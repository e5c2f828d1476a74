"""Openings of items in a keyholder: keys of an item are released only through an *opening*, which expires.

An opening begins with a proof that the ledger states it (`Proofs.of_opening`), and belongs to one item. It
expires `OPEN_FOR` after the time in the statement, by this keyholder's own clock; setting the clock back does
not prolong it. Until then its id replaces the proof: a film of thousands of messages needs one proof, not one
for each message. A later opening needs a later statement, so the statement of an old viewing opens nothing.

Openings are only in memory. After a restart, or once more than `MOST` are open, the same proof opens the item
again. Without `Proofs` nothing opens: the vault itself has no notion of a ledger.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from vault.errors import NotOpen, OpeningOver, Unproven
from vault.wrapped_keys.end_records import Proof

OPEN_FOR = timedelta(hours=12)
"""Counted from the time of the statement. A viewing lasts as long (`casework.evidence.viewing_sessions`)."""
AHEAD = timedelta(minutes=5)
"""How far the time of a statement may be in the future: the clocks of a center's machines may differ. Without
a limit one statement, dated years ahead, would open an item for years."""
MOST = 4096
"""Openings at once; for a further one the oldest is forgotten."""


class Proofs(Protocol):
    """Checks whether the ledger states an opening."""

    def of_opening(self, item: str, proof: Proof) -> float:
        """Check that the opening of this item is stated; return when, in seconds since 1970-01-01 UTC.

        Raises `Unproven`, and `NotContinued` where it is proved under another keyholder's checkpoint."""


class NoProofs:
    """No proofs: nothing is opened here."""

    def of_opening(self, item: str, proof: Proof) -> float:
        """See `Proofs.of_opening`. Always raises `Unproven`."""
        raise Unproven(f"nothing here can prove that the opening of {item} was stated")


@dataclass(frozen=True)
class _Opening:
    item: str
    until: float
    """Seconds since 1970-01-01 UTC."""
    ends: float
    """The same moment, in seconds of a clock that is never set."""


def _since_boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Openings:
    """The openings of one keyholder. Thread-safe.

    `clock` returns seconds since 1970-01-01 UTC; `elapsed` returns seconds that passed, also while the
    machine was suspended.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, elapsed: Callable[[], float] = _since_boot
    ) -> None:
        self.proofs: Proofs = NoProofs()
        self._clock, self._elapsed = clock, elapsed
        self._turn = threading.Lock()
        self._open: OrderedDict[str, _Opening] = OrderedDict()

    def begin(self, item: str, proof: Proof) -> str:
        """Open an item; return the id of the opening, 32 random hex digits.

        Raises `Unproven` for a proof that does not state it, or gives a future time; `OpeningOver`,
        `NotContinued`.
        """
        at, now = self.proofs.of_opening(item, proof), self._clock()
        if at > now + AHEAD.total_seconds():
            raise Unproven(f"the opening of {item} is stated for a time in the future")
        left = at + OPEN_FOR.total_seconds() - now
        if left <= 0:
            raise OpeningOver(f"the opening of {item} is stated for a time that is over")
        opening = _Opening(item, now + left, self._elapsed() + left)
        id_ = secrets.token_hex(16)
        with self._turn:
            self._open[id_] = opening
            while len(self._open) > MOST:
                self._open.popitem(last=False)
        return id_

    def item(self, id_: str) -> str:
        """Return the item that this opening opens. Raises `NotOpen`, `OpeningOver`."""
        with self._turn:
            opening = self._open.get(id_)
            if opening is None:
                raise NotOpen("no such opening")
            if opening.until <= self._clock() or opening.ends <= self._elapsed():
                del self._open[id_]
                raise OpeningOver(f"the opening of {opening.item} is over")
        return opening.item
