"""Time that passes only while an event loop waits.

Sender and recorder of a pretended room share a loop. On a busy machine it stands still for seconds, and what
was sent before would be given up before it is read. By this clock neither work nor a standstill takes time:
which packets come too late depends on the test alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recorder.clock import Timeline
from recorder.webrtc import udp_socket

TURN = 1e-6
"""Seconds that a turn of the loop takes: who waits for a moment that is there by rounding gets on."""


class _Clock:
    """Seconds that a loop has waited; its own clock from now on."""

    def __init__(self, loop: Any) -> None:
        self._now = loop.time()
        self._select = loop._selector.select
        loop.time, loop._selector.select = self, self._wait

    def __call__(self) -> float:
        return self._now

    def us(self) -> int:
        return round(self._now * 1_000_000)

    def _wait(self, timeout: float | None = None) -> Any:
        began = time.monotonic()
        events = self._select(timeout)
        waited = time.monotonic() - began
        self._now += max(TURN, waited if timeout is None else min(waited, timeout))
        return events


@contextmanager
def waiting_time() -> Iterator[Timeline]:
    """A timeline by the running loop's clock, which is such a one from now on; so is that of the sockets."""
    clock = _Clock(asyncio.get_running_loop())
    before, udp_socket.monotonic_us = udp_socket.monotonic_us, clock.us
    try:
        yield Timeline(clock.us, clock.us)
    finally:
        udp_socket.monotonic_us = before
