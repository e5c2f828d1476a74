"""Segments: runs of frames, the same bytes in the spool and in the stores.

A frame is one record (clear) with its sealed message:

    u32 length of record ‖ u32 length of message ‖ u32 CRC-32 of (record ‖ message) ‖ record ‖ message

Integers are big-endian. A record has at least one byte, so zeros (what a file system may show where data
did not arrive) are never a frame. The CRC finds torn writes and bad disks; against people there are the
digests in the ledger.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from vault.errors import Altered

_HEADER = struct.Struct(">III")
_EVIDENCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Frame:
    """A record and its sealed message, as bytes."""

    record: bytes
    message: bytes


@dataclass(frozen=True, order=True)
class Position:
    """Where a frame lies; `offset` and `length` in bytes, so a ranged read of a stored segment finds it."""

    segment: int
    """From 1."""
    offset: int
    length: int
    """The whole frame, header included."""

    @property
    def end(self) -> int:
        """Return the offset of the first byte after the frame, within its segment."""
        return self.offset + self.length


def encode_frame(record: bytes, message: bytes) -> bytes:
    """Raises `ValueError` for an empty record."""
    if not record:
        raise ValueError("a record has at least one byte")
    check = zlib.crc32(message, zlib.crc32(record))
    return b"".join((_HEADER.pack(len(record), len(message), check), record, message))


def decode_frame(data: bytes) -> Frame:
    """The one frame that `data` is, whole and exactly; else `Altered`."""
    if len(data) < _HEADER.size:
        raise Altered("frame is truncated")
    record_size, message_size, check = _HEADER.unpack_from(data)
    if record_size == 0 or len(data) != _HEADER.size + record_size + message_size:
        raise Altered("frame has another length than it says")
    if zlib.crc32(memoryview(data)[_HEADER.size :]) != check:
        raise Altered("frame does not match its checksum")
    middle = _HEADER.size + record_size
    return Frame(data[_HEADER.size : middle], data[middle:])


def frame_length(record: bytes, message_size: int) -> int:
    """Bytes of the frame of a record and a message of so many bytes."""
    return _HEADER.size + len(record) + message_size


def message_of(frame: memoryview, record: bytes) -> memoryview:
    """The message in a frame that must be this record's, whole and exactly; else `Altered`. Copies nothing.

    Whether it is the right message is for its digest to say.
    """
    start = _HEADER.size + len(record)
    if len(frame) < start:
        raise Altered("frame is truncated")
    check = zlib.crc32(frame[_HEADER.size :])
    if frame[: _HEADER.size] != _HEADER.pack(len(record), len(frame) - start, check):
        raise Altered("frame is not what its header says")
    if frame[_HEADER.size : start] != record:
        raise Altered("frame of another record")
    return frame[start:]


def read_frames(file: BinaryIO, segment: int, offset: int = 0) -> Iterator[tuple[Position, Frame]]:
    """Frames of an open segment file from `offset` on.

    Ends before the first frame that is not complete and right. Whether bytes are left there, and what that
    means, is for the caller: the end of a segment being written, a torn tail, or damage.
    """
    while True:
        file.seek(offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        length = _HEADER.size + sum(_HEADER.unpack(header)[:2])
        if offset + length > file.seek(0, os.SEEK_END):
            return  # so a length that is garbage never makes us read it
        file.seek(offset)
        try:
            frame = decode_frame(file.read(length))
        except Altered:
            return
        yield Position(segment, offset, length), frame
        offset += length


def check_evidence(evidence: str) -> str:
    """`evidence` if it is an evidence id (32 lower-case hex digits), else `ValueError`."""
    if not _EVIDENCE.fullmatch(evidence):
        raise ValueError("an evidence id is 32 lower-case hex digits")
    return evidence


def open_name(segment: int) -> str:
    """File name of the segment being written."""
    return f"{segment:06d}.open"


def closed_name(segment: int) -> str:
    """File name of a segment that will not change any more."""
    return f"{segment:06d}.segment"


def segment_key(evidence: str, segment: int) -> str:
    """Object key of a segment in the stores."""
    return f"recordings/{evidence}/segments/{segment:06d}"


def file_key(evidence: str, name: str) -> str:
    """Object key of `wrap`, `index` or `manifest` in the stores."""
    return f"recordings/{evidence}/{name}"
