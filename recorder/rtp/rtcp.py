"""RTCP: the sender's reports about its clocks, and our reports to it.

Reads sender reports and goodbyes; writes receiver reports (RFC 3550 §6), generic NACK and picture loss
indication (RFC 4585), receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb). Packet types that are
not needed are skipped, as RFC 3550 §6.1 requires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, pack, unpack_from

from recorder.errors import Malformed

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206

_SENDER_INFO = Struct("!IQI")


@dataclass(slots=True)
class SenderReport:
    """One moment on two clocks of the sender: RTP timestamp and NTP time."""

    ssrc: int
    ntp: int  # 64-bit NTP timestamp: seconds since 1900 in 32.32 fixed point
    rtp: int  # 32-bit RTP timestamp of the same moment

    @property
    def ntp_us(self) -> int:
        """The sender's wall clock in µs since 1900."""
        return (self.ntp * 1_000_000) >> 32


@dataclass(slots=True)
class Goodbye:
    """A source announces its end."""

    ssrcs: tuple[int, ...]


def read(data: bytes) -> list[SenderReport | Goodbye]:
    """Return all sender reports and goodbyes of a compound packet. Raises `Malformed`."""
    messages: list[SenderReport | Goodbye] = []
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise Malformed("RTCP packet shorter than its header")
        flags, kind, words = unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        if flags >> 6 != 2:
            raise Malformed("RTCP version is not 2")
        if end > len(data):
            raise Malformed("RTCP packet is cut off")
        if kind == SENDER_REPORT:
            if words < 6:
                raise Malformed("RTCP sender report is too short")
            messages.append(SenderReport(*_SENDER_INFO.unpack_from(data, at + 4)))
        elif kind == GOODBYE:
            count = flags & 0x1F
            if words < count:
                raise Malformed("RTCP goodbye is too short")
            messages.append(Goodbye(unpack_from(f"!{count}I", data, at + 4)))
        at = end
    return messages


def packet(count: int, kind: int, body: bytes) -> bytes:
    """Return an RTCP packet; `count`: the five bits that depend on its kind; `body`: whole words."""
    return pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(own_ssrc: int, blocks: Sequence[bytes], name: str) -> bytes:
    """Build a receiver report with these report blocks, and the source description of RFC 3550 §6.1.

    `name` is the canonical name (CNAME): random, it must identify no one (RFC 7022).
    """
    item = name.encode()
    chunk = pack("!IBB", own_ssrc, 1, len(item)) + item + b"\x00"
    chunk += b"\x00" * (-len(chunk) % 4)
    return packet(len(blocks), RECEIVER_REPORT, pack("!I", own_ssrc) + b"".join(blocks)) + packet(
        1, SOURCE_DESCRIPTION, chunk
    )


def nack(own_ssrc: int, ssrc: int, numbers: Sequence[int]) -> bytes:
    """Request the packets of `ssrc` with these 16-bit sequence numbers, in stream order, again."""
    body = pack("!II", own_ssrc, ssrc)
    at = 0
    while at < len(numbers):
        first = numbers[at]
        at += 1
        following = 0
        while at < len(numbers) and 0 < (numbers[at] - first) & 0xFFFF <= 16:
            following |= 1 << (((numbers[at] - first) & 0xFFFF) - 1)
            at += 1
        body += pack("!HH", first, following)
    return packet(1, TRANSPORT_FEEDBACK, body)


def picture_loss(own_ssrc: int, ssrc: int) -> bytes:
    """Request a keyframe from the encoder of `ssrc`."""
    return packet(1, PAYLOAD_FEEDBACK, pack("!II", own_ssrc, ssrc))


def maximum_bitrate(own_ssrc: int, ssrcs: Sequence[int], bits_per_second: int) -> bytes:
    """Limit the sender's total rate on these streams (REMB)."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    mantissa = bits_per_second >> exponent
    body = pack("!II4sI", own_ssrc, 0, b"REMB", len(ssrcs) << 24 | exponent << 18 | mantissa)
    return packet(15, PAYLOAD_FEEDBACK, body + pack(f"!{len(ssrcs)}I", *ssrcs))


class Reception:
    """Reception counts of one source for receiver reports (RFC 3550 §6.4.1, appendices A.3 and A.8)."""

    __slots__ = (
        "_expected_before", "_jitter", "_last_report_at", "_last_report_ntp", "_rate", "_received_before",
        "_transit", "received", "ssrc",
    )  # fmt: skip

    def __init__(self, ssrc: int, rate: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self._rate = rate
        self._transit: int | None = None
        self._jitter = 0.0
        self._expected_before = 0
        self._received_before = 0
        self._last_report_ntp = 0
        self._last_report_at = 0

    def timed(self, timestamp: int, now: int) -> None:
        """Note the first packet of a picture or sound, for the jitter; `now` in µs."""
        transit = now * self._rate // 1_000_000 - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit) & 0xFFFFFFFF
            if change < 0x7FFFFFFF:
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def reported(self, report: SenderReport, now: int) -> None:
        """Note the last sender report, for the LSR and DLSR fields of the next report block; `now` in µs."""
        self._last_report_ntp = report.ntp >> 16 & 0xFFFFFFFF
        self._last_report_at = now

    def block(self, first: int, highest: int, now: int) -> bytes:
        """Return the 24-byte report block, and start the next interval.

        `first`, `highest`: sequence numbers, extended: 16 bits and the wraps counted above them.
        """
        expected = highest - first + 1
        lost = max(-0x800000, min(expected - self.received, 0x7FFFFF))
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.received - self._received_before)
        fraction = min(255, (lost_now << 8) // expected_now) if expected_now > 0 and lost_now > 0 else 0
        self._expected_before = expected
        self._received_before = self.received
        since = (now - self._last_report_at) * 65536 // 1_000_000 if self._last_report_ntp else 0
        return pack(
            "!IIIIII",
            self.ssrc,
            fraction << 24 | lost & 0xFFFFFF,
            highest & 0xFFFFFFFF,
            min(int(self._jitter), 0xFFFFFFFF),
            self._last_report_ntp,
            min(since, 0xFFFFFFFF),
        )
