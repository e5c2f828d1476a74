"""Timing of the requests for a missing packet (generic NACK, RFC 4585).

A request may be lost like any packet, so it is repeated each round trip until the packet arrives or
the reorder buffer gives it up. The round trip is measured on the answers themselves.
"""

from __future__ import annotations

_SHORTEST = 15_000  # µs between two requests: a room's network answers within a few
_LONGEST = 150_000
_AT_ONCE = 256  # packets in one request; a longer outage cannot be repaired by requests


class Retransmission:
    """The requests of one stream."""

    __slots__ = ("_grace", "_requests", "answered", "round_trip")

    def __init__(self, grace: int) -> None:
        """`grace`: µs a gap may last before it is requested, as reordering resolves itself."""
        self._grace = grace
        self._requests: dict[int, tuple[int, int]] = {}  # extended number: last requested at, times
        self.round_trip: float | None = None
        "Smoothed, in µs; None before the first answer."
        self.answered = 0
        "Packets that arrived after they had been requested."

    def due(self, missing: dict[int, int], now: int) -> list[int]:
        """Return the 16-bit numbers to request now, in stream order; `missing` as in `ReorderBuffer`."""
        requests = self._requests
        if requests:
            for arrived in [number for number in requests if number not in missing]:
                del requests[arrived]
        pause = _LONGEST / 3 if self.round_trip is None else self.round_trip * 1.5
        pause = min(max(pause, _SHORTEST), _LONGEST)
        numbers = []
        for number in sorted(missing):
            at, times = requests.get(number, (0, 0))
            if now - missing[number] < self._grace or (times and now - at < pause):
                continue
            requests[number] = (now, times + 1)
            numbers.append(number & 0xFFFF)
            if len(numbers) == _AT_ONCE:
                break
        return numbers

    def arrived(self, number: int, now: int) -> None:
        """Note that a missing packet has arrived, by its extended number."""
        at, times = self._requests.pop(number, (0, 0))
        if not times:
            return
        self.answered += 1
        if times == 1:  # after several requests it is unknown which one was answered
            took = now - at
            self.round_trip = took if self.round_trip is None else 0.8 * self.round_trip + 0.2 * took
