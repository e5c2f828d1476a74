"""Reading the duration of an Opus packet (RFC 6716 §3.1, RFC 7587)."""

from __future__ import annotations

from recorder.errors import Malformed

# Samples per frame for each of the 32 configurations of the table of contents (RFC 6716 table 2).
_FRAME = (
    (480, 960, 1920, 2880) * 3  # SILK: 10, 20, 40, 60 ms in three bandwidths
    + (480, 960) * 2  # hybrid: 10, 20 ms in two
    + (120, 240, 480, 960) * 4  # CELT: 2.5, 5, 10, 20 ms in four
)


def duration(packet: bytes) -> int:
    """Return the samples at 48 kHz in `packet`: Opus counts so whatever its input (RFC 7587 §4.1).

    Raises `Malformed`.
    """
    if not packet:
        raise Malformed("Opus packet is empty")
    head = packet[0]
    code = head & 3
    if code == 3:
        if len(packet) < 2:
            raise Malformed("Opus packet ends before its frame count")
        frames = packet[1] & 0x3F
    else:
        frames = 1 if code == 0 else 2
    samples = _FRAME[head >> 3] * frames
    if not 0 < samples <= 5760:
        raise Malformed("Opus packet is empty or longer than 120 ms")
    return samples
