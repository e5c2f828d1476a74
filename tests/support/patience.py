"""How long a test waits for what must happen."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds after which something that must happen counts as missing. Long, since a busy machine is slow, and a
wait costs time only where it fails."""
PATIENCE_MS = 1000 * PATIENCE
"""The same, as Playwright wants it."""


def wait_until(condition: Callable[[], T], every: float = 0.05) -> T:
    """Return the first answer that is true, asked for every so many seconds."""
    give_up = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < give_up, f"it did not happen within {PATIENCE:g} s"
        time.sleep(every)
    return answer


async def until(condition: Callable[[], T | Awaitable[T]], every: float = 0.05) -> T:
    """The same in an event loop, which goes on meanwhile."""
    give_up = time.monotonic() + PATIENCE
    while True:
        asked = condition()
        if answer := await asked if inspect.isawaitable(asked) else asked:
            return answer
        assert time.monotonic() < give_up, f"it did not happen within {PATIENCE:g} s"
        await asyncio.sleep(every)
