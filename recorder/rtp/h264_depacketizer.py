"""H.264 depacketisation from RTP: from packets to whole pictures, NAL unit for NAL unit (RFC 6184).

Single NAL unit packets, STAP-A and FU-A are accepted; the interleaved forms are refused, as WebRTC does
not use them (RFC 7742 §6.2). Nothing is decoded: a NAL unit is output byte for byte as the
room's encoder made it, after a four-byte length (ISO/IEC 14496-15) in place of a start code.

A picture that is not provably whole is never output: `Assembler` reports it as broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recorder.errors import Malformed

SLICE, PARTITION_A, IDR, SEI, SPS, PPS, DELIMITER = 1, 2, 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28

# NAL units that may only come before the first slice of a picture (ISO/IEC 14496-10 §7.4.1.2.3).
_OPENING = frozenset({SEI, SPS, PPS, DELIMITER, 14, 15, 16, 17, 18})


@dataclass(slots=True)
class Picture:
    """One access unit, complete."""

    timestamp: int  # RTP, 32 bits, 90 kHz
    content: bytes  # NAL units in order, each after its length in 4 bytes
    key: bool  # decoding can start here: an IDR picture
    sps: tuple[bytes, ...]  # parameter sets found in it, without their lengths
    pps: tuple[bytes, ...]


def opens_picture(payload: bytes) -> bool:
    """Whether an RTP payload starts with what can only be the beginning of a picture.

    That is a NAL unit that precedes slices, or a slice with `first_mb_in_slice` 0 (a one bit,
    ISO/IEC 14496-10 §7.3.3). Used after a loss, to detect a picture whose beginning was lost.
    """
    if len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    at = 1  # of the byte after the NAL unit's own header
    if kind == FU_A:
        if not payload[1] & 0x80:
            return False
        kind = payload[1] & 0x1F
        at = 2
    elif kind == STAP_A:
        if len(payload) < 4:
            return False
        kind = payload[3] & 0x1F
        at = 4
    if kind in (SLICE, PARTITION_A, IDR):
        return at < len(payload) and payload[at] & 0x80 != 0
    return kind in _OPENING


class Assembler:
    """Assembles pictures from the RTP payloads of one stream, in order.

    `complete` gets each whole picture; `broken` gets the timestamp of each picture that arrived only
    partly, or whose packets break the specification.
    """

    __slots__ = (
        "_after_gap", "_broken", "_complete", "_doubtful", "_fragment", "_fragment_size", "_key", "_limit",
        "_on_broken", "_parts", "_pps", "_size", "_sps", "_timestamp", "refused",
    )  # fmt: skip

    def __init__(
        self, limit: int, complete: Callable[[Picture], None], broken: Callable[[int], None]
    ) -> None:
        """`limit`: bytes of one picture; a larger one is refused."""
        self._limit = limit
        self._complete = complete
        self._on_broken = broken
        self.refused = 0
        "Packets dropped because RFC 6184 does not allow them."
        self._after_gap = False
        self._reset(None)

    def _reset(self, timestamp: int | None) -> None:
        self._timestamp = timestamp
        self._parts: list[bytes] = []
        self._size = 0
        self._fragment = -1  # index in _parts of the NAL unit being assembled from FU-A packets
        self._fragment_size = 0
        self._broken = False
        self._doubtful = False  # directly follows a loss
        self._key = False
        self._sps: tuple[bytes, ...] = ()
        self._pps: tuple[bytes, ...] = ()

    def push(self, timestamp: int, marker: int, payload: bytes) -> None:
        """Take the next packet; `marker` ends a picture (RFC 6184 §5.1), a new timestamp begins one."""
        if timestamp != self._timestamp:
            if self._timestamp is not None:
                self._end()
            self._reset(timestamp)
            if self._after_gap:
                self._after_gap = False
                self._doubtful = True
                self._broken = not opens_picture(payload)
        if not self._broken:
            try:
                self._take(payload)
            except Malformed:
                self.refused += 1
                self._broken = True
        if marker:
            self._end()
            self._reset(None)

    def gap(self) -> None:
        """Note that packets are missing for good between the last one pushed and the next."""
        if self._timestamp is not None:
            self._broken = True
        self._after_gap = True

    def abandon(self) -> None:
        """Drop the unfinished picture: the stream ends or starts anew."""
        if self._timestamp is not None:
            self._on_broken(self._timestamp)
        self._after_gap = False
        self._reset(None)

    def _take(self, payload: bytes) -> None:
        if not payload:
            return  # only padding: fills a sequence number, has no content
        kind = payload[0] & 0x1F
        self._size += len(payload)
        if self._size > self._limit:
            raise Malformed("picture is larger than allowed")
        if kind == FU_A:
            self._take_fragment(payload)
        elif self._fragment >= 0:
            raise Malformed("FU-A was not finished")
        elif 0 < kind < STAP_A:
            self._unit(payload)
        elif kind == STAP_A:
            at = 1
            while at < len(payload):
                end = at + 2 + int.from_bytes(payload[at : at + 2])
                if at + 2 >= end or end > len(payload):
                    raise Malformed("STAP-A unit is empty or cut off")
                self._unit(payload[at + 2 : end])
                at = end
        else:
            raise Malformed(f"RTP payload structure {kind} is not taken")

    def _unit(self, unit: bytes) -> None:
        kind = unit[0] & 0x1F
        if not 0 < kind < STAP_A:
            raise Malformed(f"NAL unit type {kind} inside an aggregate")
        self._note(kind, unit)
        self._parts.append(len(unit).to_bytes(4))
        self._parts.append(unit)

    def _take_fragment(self, payload: bytes) -> None:
        if len(payload) < 3:
            raise Malformed("FU-A is empty")
        head = payload[1]
        parts = self._parts
        if head & 0x80:
            kind = head & 0x1F
            if self._fragment >= 0 or head & 0x40 or not 0 < kind < STAP_A:
                raise Malformed("FU-A starts where it cannot")
            self._fragment = len(parts)
            self._fragment_size = 1
            parts.append(b"")
            parts.append(bytes((payload[0] & 0xE0 | kind,)))
        elif self._fragment < 0:
            raise Malformed("FU-A has no beginning")
        parts.append(payload[2:])
        self._fragment_size += len(payload) - 2
        if head & 0x40:
            start = self._fragment
            parts[start] = self._fragment_size.to_bytes(4)
            kind = parts[start + 1][0] & 0x1F
            if kind in (SPS, PPS, IDR):
                self._note(kind, b"".join(parts[start + 1 :]))
            self._fragment = -1

    def _note(self, kind: int, unit: bytes) -> None:
        if kind == IDR:
            self._key = True
        elif kind == SPS:
            self._sps += (unit,)
        elif kind == PPS:
            self._pps += (unit,)

    def _end(self) -> None:
        timestamp = self._timestamp
        assert timestamp is not None
        if self._fragment >= 0:
            self._broken = True
        # A keyframe includes its parameter sets; directly after a loss, one without them may have lost them.
        if self._doubtful and self._key and not self._sps:
            self._broken = True
        if self._broken:
            self._on_broken(timestamp)
        elif self._parts:
            self._complete(Picture(timestamp, b"".join(self._parts), self._key, self._sps, self._pps))
