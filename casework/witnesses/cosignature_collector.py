"""Cosignature collection: submit each new checkpoint to the witnesses, and store their cosignatures.

A witness may be slow, unreachable, or refuse; none of that stops the ledger or the others. But a witness that
*contradicts* us, because it has cosigned a tree that ours does not extend, raises an alarm, with both
checkpoints as proof:

- `forked`: it knows another tree of the same size;
- `rewritten`: the tree that it cosigned is not a prefix of our ledger;
- `rolled-back`: it has cosigned a larger tree than we have.

`witness_client` holds the protocol; this module decides when to submit, and handles the results.

Specification: docs/spec/witnessing.md.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from casework.clock import now
from casework.database.engine import Sessions
from casework.database.models import WitnessState
from casework.errors import DatabaseAway
from casework.witnesses import trust_file as trust
from casework.witnesses.cosignatures import Cosignatures, CosignedNote
from casework.witnesses.witness_client import (
    Ask,
    WitnessClient,
    WitnessEndpoint,
    WitnessUnreachable,
    asked_witnesses,
)
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint
from chain_of_custody.tlog.ledger import Ledger
from chain_of_custody.trust.named_parties import NO_QUORUM

ATTEMPTS = 3
"""Rounds that a caller waiting for a quorum starts while the ledger grows."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
"""Seconds before a background retry with a witness that did not sign; doubled each time."""
AGAIN = 3.0
"""Seconds between two rounds in the background."""
FRESH = 3600.0
"""Seconds after which a cosigned tree is submitted to its witness again, to see whether it knows a larger
one. This detects a database that was rolled back even if nothing is appended to it."""

log = logging.getLogger(__name__)


@dataclass
class _Pause:
    """When to retry a witness in the background."""

    until: float = 0.0
    length: float = FIRST_PAUSE


@dataclass
class _Round:
    """Concurrent requests to several witnesses about one checkpoint."""

    waiting: set[str] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def end(self, name: str) -> None:
        with self.changed:
            self.waiting.discard(name)
            self.changed.notify_all()

    def wait(self, deadline: float, enough: Callable[[], bool]) -> None:
        """Wait until all have answered, `enough` holds, or the deadline passes."""
        with self.changed:
            while self.waiting and (left := deadline - time.monotonic()) > 0 and not enough():
                self.changed.wait(left)


class CosignatureCollector:
    """Implements `casework.center.Witnesses`. For all threads of a process; others may gather as well.

    `trust_file`: read again each time, so that a new witness is used at once. `proofs`: the folder in which
    alarms are stored beside the database.
    """

    def __init__(
        self,
        database: Sessions,
        ledger: Ledger,
        keys: LogKeys,
        trust_file: Path | None,
        ask: Ask,
        proofs: Path | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._keys = keys
        self._trust_file = trust_file
        self._cosignatures = Cosignatures(database, keys)
        self._conversations = WitnessClient(database, ledger, keys, self._cosignatures, ask, proofs)
        self._pauses: dict[str, _Pause] = {}
        self._answered_at: dict[str, float] = {}
        """When each witness last answered, in this process: each start asks all of them once."""
        self._busy: dict[str, threading.Lock] = {}
        self._next_round = 0.0

    def cosigned(self, at_least: int, within: float) -> bytes:
        """As `Witnesses.cosigned`. Raises `Malformed` for an invalid trust file."""
        deadline = time.monotonic() + within
        parties = trust.read(self._trust_file)
        witnesses = asked_witnesses(parties)

        def good() -> CosignedNote | None:
            return next((one for one in self._cosignatures.newest(parties, at_least) if one.quorum_met), None)

        needed = parties.quorum != NO_QUORUM
        if needed and (found := good()):
            return found.note
        if witnesses:
            for _ in range(ATTEMPTS):
                note = self._ledger.checkpoint()
                self._round(note, witnesses, deadline, enough=lambda: needed and good() is not None)
                if needed and (found := good()):
                    return found.note
                # If the ledger has grown meanwhile, another process may have submitted the newer tree.
                if not needed or self._ledger.checkpoint() == note or time.monotonic() >= deadline:
                    break
        # Without a quorum no cosignature is needed, but use those available; also if a quorum is not met.
        latest = self._cosignatures.with_lines(self._ledger.checkpoint(), parties)
        others = self._cosignatures.newest(parties, at_least)
        return max([latest, *others], key=lambda one: (len(one.cosigned), one.checkpoint.size)).note

    def tend(self) -> None:
        """Submit to the witnesses that are due, in the background; called every second or so.

        Raises `Malformed` for an invalid trust file.
        """
        if time.monotonic() < self._next_round:
            return
        witnesses = asked_witnesses(trust.read(self._trust_file))
        if not witnesses:
            self._next_round = time.monotonic() + AGAIN
            return
        note = self._ledger.checkpoint()
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        due = [
            one
            for one in witnesses
            if time.monotonic() >= self._pauses.setdefault(one.name, _Pause()).until
            and self._is_due(one, checkpoint)
        ]
        if due:
            self._next_round = time.monotonic() + AGAIN
            # A slow witness continues in its own thread, and does not delay the others.
            self._round(note, due, time.monotonic() + 1.0, only_idle=True)

    def _is_due(self, witness: WitnessEndpoint, checkpoint: Checkpoint) -> bool:
        """Return whether this witness must be queried."""
        answered_at = self._answered_at.get(witness.name)
        return (
            answered_at is None
            or time.monotonic() - answered_at > FRESH
            or self._cosignatures.missing(checkpoint, witness.keys.values())
        )

    # One round.

    def _round(
        self,
        note: bytes,
        witnesses: Sequence[WitnessEndpoint],
        deadline: float,
        *,
        enough: Callable[[], bool] = lambda: False,
        only_idle: bool = False,
    ) -> None:
        """Submit one checkpoint to all of these concurrently: a quorum needs them on the same checkpoint."""
        together = _Round({witness.name for witness in witnesses})
        checkpoint = open_checkpoint(note, self._keys)
        for witness in witnesses:
            threading.Thread(
                target=self._ask_in_turn,
                args=(witness, note, checkpoint, together, not only_idle),
                name=f"witness {witness.name}",
                daemon=True,
            ).start()
        together.wait(deadline, enough)

    def _ask_in_turn(
        self, witness: WitnessEndpoint, note: bytes, checkpoint: Checkpoint, together: _Round, wait: bool
    ) -> None:
        """Query a witness in a separate thread; never send two requests to one witness at once."""
        lock = self._busy.setdefault(witness.name, threading.Lock())
        try:
            if lock.acquire(blocking=wait):
                try:
                    if self._is_due(witness, checkpoint):
                        self._ask_one(witness, note, checkpoint)
                finally:
                    lock.release()
        except (CustodyError, DatabaseAway, SQLAlchemyError) as error:  # our own ledger or database
            log.warning("witness %s could not be asked: %s", witness.name, type(error).__name__)
        finally:
            together.end(witness.name)

    def _ask_one(self, witness: WitnessEndpoint, note: bytes, checkpoint: Checkpoint) -> None:
        known = self._state(witness.name)
        try:
            size, trouble = self._conversations.about(witness, note, checkpoint, min(known, checkpoint.size))
        except WitnessUnreachable as away:
            size, trouble = known, away.code
        except Malformed:
            size, trouble = known, "unreadable"
        pause = self._pauses.setdefault(witness.name, _Pause())
        if trouble is None:
            self._pauses[witness.name] = _Pause()
            self._answered_at[witness.name] = time.monotonic()
        else:
            pause.until = time.monotonic() + pause.length
            pause.length = min(pause.length * 2, LONGEST_PAUSE)
        with self._database.begin() as session:
            session.merge(WitnessState(name=witness.name, size=size, asked_at=now(), trouble=trouble))

    def _state(self, name: str) -> int:
        row = self._database.get(WitnessState, name)
        return 0 if row is None else row.size
