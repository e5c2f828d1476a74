"""Queue of derivative orders, made one after the other in the background (`compose`).

An order is a row, so it outlives the process: an order interrupted by a shutdown or a crash is made again
from its beginning after the restart, and one already sealed is completed. Each machine makes its own orders,
one at a time, at idle priority.

Written derivatives (`versions`) do not wait in the queue; it only completes those that were interrupted.

An order that cannot be made now, because the vault is locked or the database is unavailable, waits. One that
cannot be made at all has a code for the reason, and may be ordered again.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from casework.center import Center
from casework.database.models import Derivative, DerivativeState
from casework.derivatives import compose
from casework.errors import (
    Cancelled,
    CaseworkError,
    DatabaseAway,
    PhotographOutside,
    PhotographUnread,
    VaultLocked,
)
from casework.received_copies.rendering import BY_FFMPEG
from casework.sandbox import ffmpeg
from casework.sandbox.ffmpeg import FilmFailed
from casework.sealing.staging import uploads_area
from casework.transcripts import versions
from casework.working_copies.cards import Cards
from chain_of_custody.errors import CustodyError, NotProved
from chain_of_custody.statements.types import OF_PHOTOGRAPHS, OF_RECEIVED, WRITTEN
from vault.errors import Altered, DiskFull, VaultError

log = logging.getLogger(__name__)

AGAIN = 15.0
"""Seconds between retries of waiting orders, and between checks for orders placed elsewhere."""


@dataclass(frozen=True)
class Progress:
    """Progress of the order being made: µs of film; for a sheet, photographs."""

    id: str
    done: int
    total: int


class DerivativeQueue:
    """Makes the orders of this machine. `program`: finds FFmpeg; None if it is not installed."""

    def __init__(
        self,
        center: Center,
        scratch: Path,
        cards: Cards,
        program: Callable[[], Path | None] = ffmpeg.found,
    ) -> None:
        self._center, self._scratch, self._cards, self._program = center, scratch, cards, program
        self._wake, self._over = threading.Event(), threading.Event()
        self._stopped = threading.Event()
        """Set to stop making the current derivative: it was cancelled, or the queue is being closed."""
        self._progress: Progress | None = None
        self._thread = threading.Thread(target=self._run, name="derivatives", daemon=True)

    @property
    def available(self) -> bool:
        """Whether films can be made on this machine."""
        return self._program() is not None

    def progress_of(self, derivative_id: str) -> Progress | None:
        """Progress of an order, while it is being made here."""
        progress = self._progress
        return progress if progress is not None and progress.id == derivative_id else None

    def start(self) -> None:
        """Requeue interrupted orders, then start making those that wait."""
        self._clear()
        with self._center.database.begin() as session:
            session.execute(
                update(Derivative)
                .where(
                    Derivative.node == self._center.node,
                    Derivative.state == DerivativeState.MAKING,
                    Derivative.kind.not_in(WRITTEN),
                )
                .values(state=DerivativeState.WAITING)
            )
        self._thread.start()

    def _clear(self) -> None:
        """Remove sealed data of failed or cancelled orders."""
        area = uploads_area(self._center.spool)
        area.clear_removed()
        over = (DerivativeState.FAILED, DerivativeState.CANCELLED)
        with self._center.database() as session:
            for folder in area.root.glob("*"):
                row = session.get(Derivative, folder.name)
                if row is not None and row.state in over:
                    area.discard(row.id)

    def wake(self) -> None:
        """Check for orders now: one was placed."""
        self._wake.set()

    def stop_making(self, derivative_id: str) -> None:
        """Stop making an order that was cancelled."""
        if self.progress_of(derivative_id) is not None:
            self._stopped.set()

    def close(self) -> None:
        """Begin nothing more; the order being made stops, and waits for the next start."""
        self._over.set()
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                versions.complete_left(self._center)
                more = self._make_next()
            except DatabaseAway:
                more = False
            except Exception:
                log.exception("making derivatives")
                more = False
            if not more:
                self._wake.wait(AGAIN)
                self._wake.clear()

    def _make_next(self) -> bool:
        """Make the oldest waiting order; return whether to look for another one at once."""
        program = self._program()
        waiting = select(Derivative).where(
            Derivative.node == self._center.node, Derivative.state == DerivativeState.WAITING
        )
        if program is None:  # films wait for it; what else is made needs none
            waiting = waiting.where(Derivative.kind.in_({*OF_PHOTOGRAPHS, *OF_RECEIVED} - BY_FFMPEG))
        with self._center.database.begin() as session:
            row = session.scalar(waiting.order_by(Derivative.ordered_at).limit(1))
            if row is None:
                return False
            row.state = DerivativeState.MAKING
        self._stopped.clear()
        if self._over.is_set():  # set since the check; `clear` has just removed the stop signal
            self._put_back(row.id)
            return False
        self._progress = Progress(row.id, 0, 0)
        try:
            return self._made(row, program)
        finally:
            self._progress = None

    def _made(self, row: Derivative, program: Path | None) -> bool:
        def report_progress(done: int, total: int) -> None:
            self._progress = Progress(row.id, done, total)
            with contextlib.suppress(DatabaseAway):  # then a cancellation cannot be read
                if self._cancelled(row.id):
                    self._stopped.set()

        try:
            compose.compose(
                self._center, row, program, self._scratch, self._cards, report_progress, self._stopped
            )
        except (VaultLocked, DatabaseAway) as later:
            log.info("derivative %s waits: %s", row.id, type(later).__name__)
            self._put_back(row.id)
            return False
        except Cancelled:
            if self._over.is_set() and not self._cancelled(row.id):
                self._put_back(row.id)  # shutdown, not a cancellation
            return True
        except (CaseworkError, CustodyError, VaultError, OSError) as error:
            log.warning("derivative %s cannot be made: %s: %s", row.id, type(error).__name__, error)
            return self._ended(row.id, _code_of(error))
        except Exception:
            log.exception("derivative %s cannot be made", row.id)
            return self._ended(row.id, FilmFailed.code)
        return True

    def _ended(self, derivative_id: str, code: str) -> bool:
        """Handle a failure: requeue what is sealed, to be completed later; discard anything else."""
        area = uploads_area(self._center.spool)
        if area.whole(derivative_id):
            self._put_back(derivative_id)
            return False
        area.discard(derivative_id)
        self._move(derivative_id, DerivativeState.FAILED, code)
        return True

    def _cancelled(self, derivative_id: str) -> bool:
        row = self._center.database.get(Derivative, derivative_id)
        return row is None or row.state is DerivativeState.CANCELLED

    def _put_back(self, derivative_id: str) -> None:
        self._move(derivative_id, DerivativeState.WAITING, None)

    def _move(self, derivative_id: str, state: DerivativeState, failure: str | None) -> None:
        with self._center.database.begin() as session:
            session.execute(
                update(Derivative)
                .where(Derivative.id == derivative_id, Derivative.state == DerivativeState.MAKING)
                .values(state=state, failure=failure)
            )


def _code_of(error: Exception) -> str:
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return "disk-full"
    if isinstance(error, Altered | NotProved):
        return "altered"
    if isinstance(error, PhotographOutside | PhotographUnread) and error.evidence is not None:
        return f"{error.code}:{error.evidence}"
    return getattr(error, "code", FilmFailed.code)
