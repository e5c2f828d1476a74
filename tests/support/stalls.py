"""When this process got no processor: what it sends is late then, through no fault of Amana."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from chain_of_custody.items.timeline import Gap

STEP = 0.05  # seconds
AROUND = 1.0
"""Seconds before and after: a track counts as frozen from its last picture on, and until its next."""


class Stalls:
    """How late the running event loop was, and when; in seconds of wall time."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []

    async def _watch(self) -> None:
        while True:
            before = time.time()
            await asyncio.sleep(STEP)
            self._late.append((before, time.time() - before - STEP))

    def explain(self, gap: Gap, epoch: float) -> bool:
        """Return whether the sender of this loop was late for at least half of a gap.

        `epoch`: wall time of the timeline zero of the gap's part, in seconds.
        """
        begin, end = epoch + gap.start / 1e6 - AROUND, epoch + gap.end / 1e6 + AROUND
        late = sum(late for at, late in self._late if begin - late <= at < end)
        return late >= (gap.end - gap.start) / 2e6


@contextlib.asynccontextmanager
async def stalls() -> AsyncIterator[Stalls]:
    """Watch the running loop."""
    found = Stalls()
    watching = asyncio.create_task(found._watch())
    try:
        yield found
    finally:
        watching.cancel()
