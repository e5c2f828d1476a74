"""RTP packet parsing (RFC 3550 §5, header extensions RFC 8285).

Reads one packet in place, in the buffer it was received and decrypted into; trusts no input.
Written by hand because it runs for every packet of every camera.
"""

from __future__ import annotations

from struct import Struct

from recorder.errors import Malformed

# V/P/X/CC, M/PT, sequence number, timestamp, SSRC.
_HEADER = Struct("!BBHII")
_EXTENSION = Struct("!HH")

Header = tuple[int, int, int, int, int, int, int, int]
"""payload type, marker (0 or 1), sequence number, timestamp, SSRC, position of the extension (0:
none), start and end of the payload."""


def read_header(packet: bytearray, length: int) -> Header:
    """Parse the first `length` bytes of `packet`. Raises `Malformed`."""
    if length < 12:
        raise Malformed("RTP packet shorter than its header")
    flags, kind, number, timestamp, ssrc = _HEADER.unpack_from(packet)
    # The vast majority: version 2, no padding, no contributing sources, no extension.
    if flags == 0x80:
        return kind & 0x7F, kind >> 7, number, timestamp, ssrc, 0, 12, length
    if flags >> 6 != 2:
        raise Malformed("RTP version is not 2")
    start = 12 + 4 * (flags & 0x0F)
    extension = 0
    if flags & 0x10:
        if start + 4 > length:
            raise Malformed("RTP header extension is cut off")
        extension = start
        start += 4 + 4 * _EXTENSION.unpack_from(packet, start)[1]
    end = length
    if start > end:
        raise Malformed("RTP header is longer than the packet")
    if flags & 0x20:
        padding = packet[length - 1]
        if not 0 < padding <= end - start:
            raise Malformed("RTP padding is longer than the payload")
        end -= padding
    return kind & 0x7F, kind >> 7, number, timestamp, ssrc, extension, start, end


def read_extensions(packet: bytearray, at: int) -> dict[int, bytes]:
    """Return the extension elements at position `at` (from `read_header`), by id.

    One-byte and two-byte forms; an unknown profile gives none. Raises `Malformed`. `read_header`
    has already checked that the extension is within the packet.
    """
    profile, words = _EXTENSION.unpack_from(packet, at)
    at += 4
    end = at + 4 * words
    elements: dict[int, bytes] = {}
    if profile == 0xBEDE:
        while at < end:
            head = packet[at]
            at += 1
            if head == 0:
                continue
            if head >> 4 == 15:
                break
            size = (head & 0x0F) + 1
            if at + size > end:
                raise Malformed("RTP header extension element is cut off")
            elements[head >> 4] = bytes(packet[at : at + size])
            at += size
    elif profile >> 4 == 0x100:
        while at < end:
            name = packet[at]
            at += 1
            if name == 0:
                continue
            if at >= end or at + 1 + packet[at] > end:
                raise Malformed("RTP header extension element is cut off")
            size = packet[at]
            elements[name] = bytes(packet[at + 1 : at + 1 + size])
            at += 1 + size
    return elements
