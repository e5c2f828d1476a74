"""Scrubbing of every copy in the background of the web process, without disturbing its users.

`casework.copies.scrub_schedule` decides what is read next; `casework.copies.scrub` reads and repairs an item.
This module decides only when: first damage that was found during other work (a viewer was served from another
copy), then items that cannot wait for a pass, then the pass. It reads one item at a time, at a bounded rate,
in a thread of the lowest priority. While an interview is recorded on this machine it does not read: an item
that was begun is abandoned, and read again from its beginning afterwards.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from datetime import timedelta

from amana.background_loop import BackgroundLoop
from amana.keyholder.client import KeyholderUnreachable
from amana.workers import EXPECTED
from casework.center import Center
from casework.copies import scrub_schedule, wrapped_key_scrub
from casework.copies.scrub import Scrubbed, scrub
from casework.copies.scrub_claim import ItemClaimed
from casework.errors import CaseworkError
from casework.interviews import interviews
from chain_of_custody.errors import CustodyError
from vault.errors import StoreUnavailable, VaultError

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between checks when there is nothing to read."""
PAUSE = 60.0
"""Seconds until a copy that does not answer is retried."""
WANTING_EVERY = 3600.0
"""Seconds between checks for items that cannot wait for a pass."""

_AWAY = (StoreUnavailable, KeyholderUnreachable)
"""Errors that prevent the reading of a copy, and are no finding."""


class ReadingAborted(Exception):  # named after the condition
    """The reading of an item was aborted: the process stops, or an interview has begun."""


class ByteRate:
    """A limit of bytes a second, on average; unused capacity is not saved up."""

    def __init__(self, rate: int) -> None:
        self._rate, self._free_at = rate, 0.0

    def wait(self, size: int, stop: threading.Event) -> None:
        """Return when `size` bytes may be read, or at once when `stop` is set."""
        moment = time.monotonic()
        begins = max(self._free_at, moment)
        self._free_at = begins + size / self._rate
        stop.wait(begins - moment)


class ScrubWorker:
    """`start` it once; it works until `stop`.

    `days`: between the starts of two passes, 0 for no passes; `rate`: bytes a second; `every`,
    `wanting_every`: seconds between checks. `only_noticed`: read only items whose damage was found in
    passing here, since another machine does the rest."""

    def __init__(
        self,
        center: Center,
        days: int,
        rate: int,
        every: float = EVERY,
        wanting_every: float = WANTING_EVERY,
        only_noticed: bool = False,
    ) -> None:
        self._only_noticed = only_noticed
        self._center, self._days, self._rate = center, days, ByteRate(rate)
        self._wanting_every = wanting_every
        self._wanting_at = dict.fromkeys(center.scrubbed, float("-inf"))
        self._away_until = dict.fromkeys(center.scrubbed, float("-inf"))
        self._stop = threading.Event()
        self._loop = BackgroundLoop(
            "scrubbing", self._work, every, PAUSE, expected=EXPECTED, wake=self._stop, nice=True
        )

    def start(self) -> None:
        """Start the thread; it ends with the process, or at `stop`."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop the thread; the current object is finished, within `timeout` seconds."""
        self._loop.stop(timeout)

    def look(self) -> bool:
        """Read what comes next; return whether anything was read."""
        if self._recording():
            return False
        read = False
        self._take_noticed_wraps()
        while (noticed := self._center.noticed.take()) is not None:
            copy, evidence = noticed
            if copy in self._center.scrubbed and not scrub_schedule.looked_lately(
                self._center, copy, evidence
            ):
                self._scrub(copy, evidence)
                read = True
        for copy in () if self._only_noticed else self._center.scrubbed:
            if time.monotonic() < self._away_until[copy]:
                continue
            try:
                self._notice_wanting(copy)
            except _AWAY:
                self._away(copy)
                continue
            if self._days:
                scrub_schedule.begin_due(self._center, copy, timedelta(days=self._days))
            evidence_next = scrub_schedule.next_item(self._center, copy)
            if evidence_next is not None:
                read = self._scrub(copy, evidence_next) is not None or read
        return read

    def _take_noticed_wraps(self) -> None:
        """Take over the damage that the keyholder found while it opened items."""
        if not self._center.key_copies:
            return
        try:
            noticed = self._center.keyholder.noticed_wraps()
        except VaultError:
            return  # it is unavailable; it will find the damage again
        for copy, item in noticed:
            if scrub_schedule.is_sealed(self._center, item):
                self._center.noticed.note(copy, item)
            else:
                with contextlib.suppress(VaultError):
                    wrapped_key_scrub.repair_case(self._center, copy, item)

    def _notice_wanting(self, copy: str) -> None:
        if time.monotonic() >= self._wanting_at[copy] + self._wanting_every:
            for evidence in scrub_schedule.wanting(self._center, copy):
                self._scrub(copy, evidence)
                if time.monotonic() < self._away_until[copy]:
                    return
            self._wanting_at[copy] = time.monotonic()

    def _scrub(self, copy: str, evidence: str) -> Scrubbed | None:
        try:
            scrubbed = scrub(self._center, copy, evidence, pace=self._pace)
        except ItemClaimed:
            return None
        except _AWAY as away:
            log.warning("copy %s was not read: %s", copy, away)
            self._away(copy)
            return None
        except (CaseworkError, CustodyError, VaultError) as error:
            log.error("copy %s of %s: %s: %s", copy, evidence, type(error).__name__, error)
            scrub_schedule.skip(self._center, copy, evidence)
            return None
        scrub_schedule.note_trouble(self._center, copy, None)
        return scrubbed

    def _away(self, copy: str) -> None:
        self._away_until[copy] = time.monotonic() + PAUSE
        scrub_schedule.note_trouble(self._center, copy, "away")

    def _pace(self, size: int) -> None:
        self._rate.wait(size, self._stop)
        if self._loop.stopped or self._recording():
            raise ReadingAborted

    def _recording(self) -> bool:
        unfinished = interviews.unfinished(self._center)
        return any(self._center.rooms.reach(interview) is not None for interview, _ in unfinished)

    def _work(self) -> float | None:
        try:
            return 0.0 if self.look() else None
        except ReadingAborted:
            return None
