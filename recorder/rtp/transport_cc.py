"""Feedback on packet arrivals, so that the sender's encoder can use the capacity of the network.

Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): the arrival time of every
packet of a connection, ten times a second; the browser estimates the bandwidth itself. For senders that
know only REMB, `rtcp.maximum_bitrate` states our limit, and receiver reports give them the losses.
"""

from __future__ import annotations

from struct import pack

from recorder.rtp.rtcp import TRANSPORT_FEEDBACK, packet

_UNIT = 250  # µs of a delta
_REFERENCE = 64_000  # µs of a reference time
_MOST = 2_000  # packets in one message; older ones are left out

_MISSING, _SMALL, _LARGE = 0, 1, 2


class Arrivals:
    """The packets of one connection since the last feedback."""

    __slots__ = ("_arrived", "_count", "_highest", "_next")

    def __init__(self) -> None:
        self._arrived: dict[int, int] = {}  # extended transport sequence number: local µs
        self._highest = 0
        self._next: int | None = None  # the first not yet reported
        self._count = 0

    def note(self, number: int, now: int) -> None:
        """Note a packet with 16-bit transport sequence `number`, arrived at local `now`."""
        if self._next is None:
            self._next = self._highest = 0x10000 + number
        place = self._highest + ((number - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if place > self._highest:
            self._highest = place
        self._arrived[place] = now

    def feedback(self, own_ssrc: int, ssrc: int) -> bytes | None:
        """Return the message about packets since the last one; None if there are none."""
        if not self._arrived or self._next is None:
            return None
        arrived, self._arrived = self._arrived, {}
        base = max(self._next, self._highest - _MOST)
        known = [number for number in arrived if number >= base]
        if not known:
            return None
        self._next = self._highest + 1
        reference = arrived[min(known)] // _REFERENCE
        before = reference * _REFERENCE // _UNIT
        symbols = []
        deltas = []
        for number in range(base, self._highest + 1):
            at = arrived.get(number)
            if at is None:
                symbols.append(_MISSING)
                continue
            delta = max(-0x8000, min(at // _UNIT - before, 0x7FFF))
            before += delta
            if 0 <= delta <= 0xFF:
                symbols.append(_SMALL)
                deltas.append(delta.to_bytes(1))
            else:
                symbols.append(_LARGE)
                deltas.append(delta.to_bytes(2, signed=True))
        body = pack(
            "!IIHHI", own_ssrc, ssrc, base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count
        )
        self._count = (self._count + 1) & 0xFF
        body += _chunks(symbols) + b"".join(deltas)
        body += b"\x00" * (-len(body) % 4)
        return packet(15, TRANSPORT_FEEDBACK, body)


def _chunks(symbols: list[int]) -> bytes:
    """Packet status chunks: runs of one symbol, or seven symbols of two bits (§3.1.3, §3.1.4)."""
    chunks = b""
    at = 0
    while at < len(symbols):
        symbol = symbols[at]
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbol:
            run += 1
        if run >= 7 or at + run == len(symbols):
            chunks += (symbol << 13 | run).to_bytes(2)
            at += run
            continue
        vector = 0b11
        for index in range(at, at + 7):
            vector = vector << 2 | (symbols[index] if index < len(symbols) else _MISSING)
        chunks += vector.to_bytes(2)
        at += 7
    return chunks
