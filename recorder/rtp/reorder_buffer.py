"""Restores the order in which packets were sent, and accounts exactly for those that never arrived.

One buffer per RTP stream. Sequence numbers are extended to count past 65535 (RFC 3550 appendix
A.1). A missing packet is awaited, then given up permanently: later packets are output at once,
and if it still arrives, it is counted as late and not recorded. Nothing is ever
output twice or out of order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

NEAR = 128
"Packets: a jump further than this needs a second packet as confirmation."

MAX_JUMP = 3000
"Packets: a jump further than this is an outage or a new numbering (RFC 3550: MAX_DROPOUT)."

MAX_HELD = 8192
"Packets held after a gap before it is given up early; far above any rate times any wait."

_PER_SECOND = 5000  # packets a stream may send: a jump faster than that is not an outage but a new numbering
_REMEMBERED = 4096  # given-up packets that are still distinguished from duplicates on arrival


class ReorderBuffer:
    """Takes packets as they arrive; calls `deliver`, `lost`, `late`, `restarted` in stream order."""

    __slots__ = (
        "_deliver",
        "_doubted",
        "_given_up",
        "_held",
        "_last_accepted",
        "_late",
        "_lost",
        "_restarted",
        "_wait",
        "duplicates",
        "expected",
        "first",
        "highest",
        "missing",
    )  # fmt: skip

    def __init__(
        self,
        wait: int,
        deliver: Callable[[int, int, bytes], None],
        lost: Callable[[int], None],
        late: Callable[[], None],
        restarted: Callable[[], None],
    ) -> None:
        """`wait`: µs a packet may be missing.

        `deliver(timestamp, marker, payload)`; `lost(packets)`: so many are missing for good here;
        `late()`: one of those arrived after all; `restarted()`: the numbering began anew.
        """
        self._wait = wait
        self._deliver = deliver
        self._lost = lost
        self._late = late
        self._restarted = restarted
        self.missing: dict[int, int] = {}
        "Extended number of each awaited packet, and when it was first missed (µs); oldest first."
        self.first: int | None = None
        self.expected = 0
        self.highest = 0
        self.duplicates = 0
        self._held: dict[int, tuple[int, int, bytes]] = {}
        self._given_up: dict[int, None] = {}
        self._last_accepted = 0  # local µs of the last accepted packet
        self._doubted: tuple[int, int, int, bytes, int] | None = None

    def extend(self, number: int) -> int:
        """Return the extended number of a 16-bit `number` at this moment."""
        return self.highest + ((number - self.highest + 0x8000) & 0xFFFF) - 0x8000

    def add(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        """Take a packet with 16-bit sequence `number` that arrived at `now` (µs)."""
        expected = self.expected
        if number == expected & 0xFFFF and expected == self.highest + 1:
            # The next in order, nothing missing: nearly every packet of a working network.
            self.highest = expected
            self.expected = expected + 1
            self._last_accepted = now
            self._deliver(timestamp, marker, payload)
            return
        if self.first is None:
            self._start(number)
        self._place(number, timestamp, marker, payload, now)

    def expire(self, now: int) -> None:
        """Give up packets missing for too long, and output the packets held after them."""
        self._give_up_since(now - self._wait)

    def drain(self) -> None:
        """Give up everything missing now: the recording pauses or ends."""
        self._give_up_since(inf)

    def _give_up_since(self, limit: float) -> None:
        """Give up packets missing since `limit` (µs) or longer, and any while too many are held."""
        crowded = len(self._held) > MAX_HELD
        missing = self.missing
        while missing:
            count = 0
            while (since := missing.get(self.expected)) is not None and (since <= limit or crowded):
                self._give_up(self.expected)
                count += 1
            if not count:
                return
            self._lost(count)
            self._release()
            crowded = len(self._held) > MAX_HELD

    def _start(self, number: int) -> None:
        # One wrap above zero, so that an extended number never goes below it.
        self.first = self.expected = 0x10000 + number
        self.highest = self.expected - 1

    def _place(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        place = self.extend(number)
        distance = place - self.highest
        if -MAX_JUMP <= distance <= NEAR:
            self._doubted = None
        elif not self._believe(number, timestamp, marker, payload, now):
            return
        else:
            place = self.extend(number)
        self._last_accepted = now
        if place < self.expected:
            if place in self._given_up:
                del self._given_up[place]
                self._late()
            else:
                self.duplicates += 1
            return
        if place in self._held:
            self.duplicates += 1
            return
        if place > self.highest:
            self._miss(place, now)
            self.highest = place
        else:
            self.missing.pop(place, None)
        if place == self.expected:
            self.expected = place + 1
            self._deliver(timestamp, marker, payload)
            if self._held:
                self._release()
        else:
            self._held[place] = (timestamp, marker, payload)
            if len(self._held) > MAX_HELD:
                self.expire(now)

    def _believe(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> bool:
        """Accept a jump when a second packet continues it; the first is held until then."""
        doubted = self._doubted
        if doubted is None or number != (doubted[0] + 1) & 0xFFFF:
            self._doubted = (number, timestamp, marker, payload, now)
            return False
        self._doubted = None
        at = self.extend(doubted[0])
        if not 0 < at - self.highest <= MAX_JUMP:
            self.drain()
            ahead = at - self.expected
            if 0 < ahead <= (doubted[4] - self._last_accepted) * _PER_SECOND // 1_000_000:
                self.expected += ahead  # a long network outage: everything in it is lost
                self._lost(ahead)
                self.highest = at - 1
            else:
                self._given_up.clear()
                self._start(doubted[0])
                self._restarted()
        else:
            self._miss(at, doubted[4])
            self.highest = at - 1
        self._place(*doubted)
        return True

    def _miss(self, place: int, now: int) -> None:
        """Mark everything between the highest so far and `place` as missing since `now`."""
        for absent in range(self.highest + 1, place):
            self.missing[absent] = now

    def _give_up(self, place: int) -> None:
        del self.missing[place]
        self._given_up[place] = None
        if len(self._given_up) > _REMEMBERED:
            del self._given_up[next(iter(self._given_up))]
        self.expected = place + 1

    def _release(self) -> None:
        held = self._held
        while (packet := held.pop(self.expected, None)) is not None:
            self.expected += 1
            self._deliver(*packet)
