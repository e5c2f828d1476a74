"""One RTP source (SSRC): its order, its clock, its reception counts, its retransmissions."""

from __future__ import annotations

from collections.abc import Callable

from recorder.clock import StreamClock, Timeline
from recorder.rtp.nack import Retransmission
from recorder.rtp.reorder_buffer import ReorderBuffer
from recorder.rtp.rtcp import Reception, SenderReport


class Stream:
    """Takes packets of one source as they arrive; passes them in order to `ReorderBuffer`'s callbacks."""

    __slots__ = ("buffer", "clock", "reception", "requests", "ssrc")

    def __init__(
        self,
        ssrc: int,
        rate: int,
        timeline: Timeline,
        wait: int,
        grace: int,
        deliver: Callable[[int, int, bytes], None],
        lost: Callable[[int], None],
        late: Callable[[], None],
        renumbered: Callable[[], None],
    ) -> None:
        """`rate`: ticks a second; `wait` and `grace` in µs as in `ReorderBuffer` and `Retransmission`."""
        self.ssrc = ssrc
        self.buffer = ReorderBuffer(wait, deliver, lost, late, renumbered)
        self.clock = StreamClock(timeline, rate)
        self.requests = Retransmission(grace)
        self.reception = Reception(ssrc, rate)

    def packet(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        """Take a packet of the source itself."""
        self.reception.received += 1
        self._add(number, timestamp, marker, payload, now)

    def retransmitted(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        """Take a packet that was sent again on the retransmission source (RFC 4588), unwrapped."""
        if self.buffer.first is not None:
            self._add(number, timestamp, marker, payload, now)

    def _add(self, number: int, timestamp: int, marker: int, payload: bytes, now: int) -> None:
        buffer = self.buffer
        if buffer.missing:
            place = buffer.extend(number)
            if place in buffer.missing:
                self.requests.arrived(place, now)
        buffer.add(number, timestamp, marker, payload, now)

    def report(self, report: SenderReport, now: int) -> int:
        """Take a sender report of this source; return the step of the sender's clock, if certain (µs)."""
        self.reception.reported(report, now)
        return self.clock.report(report.ntp_us, report.rtp, now)

    def block(self, now: int) -> bytes | None:
        """Return the report block for a receiver report, None before the first packet."""
        buffer = self.buffer
        if buffer.first is None:
            return None
        return self.reception.block(buffer.first, buffer.highest, now)
