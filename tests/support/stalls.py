"""When this process got no processor: what it sends is late then, through no fault of Amana."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from chain_of_custody.items.timeline import Gap

STEP = 0.05  # seconds
LATE = 0.2
"""Seconds. A camera of ten pictures a second is a picture late, twice."""
AROUND = 1.0
"""Seconds before and after: a track counts as frozen from its last picture on, and until its next."""


class Stalls:
    """Spans of wall time, in seconds, in which the running event loop was late."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []

    async def _watch(self) -> None:
        while True:
            before = time.time()
            await asyncio.sleep(STEP)
            if time.time() - before - STEP > LATE:
                self._late.append((before, time.time()))

    def explain(self, gap: Gap, epoch: float) -> bool:
        """Return whether the sender of this loop may have caused a gap of a part with this time zero."""
        begin, end = epoch + gap.start / 1e6 - AROUND, epoch + gap.end / 1e6 + AROUND
        return any(late < end and begin < over for late, over in self._late)


@contextlib.asynccontextmanager
async def stalls() -> AsyncIterator[Stalls]:
    """Watch the running loop."""
    found = Stalls()
    watching = asyncio.create_task(found._watch())
    try:
        yield found
    finally:
        watching.cancel()
