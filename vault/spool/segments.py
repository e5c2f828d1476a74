"""Segments: sequences of frames, with the same bytes in the spool and in the stores.

A frame is one record (clear) with its sealed message:

    u32 length of record ‖ u32 length of message ‖ u32 CRC-32 of (record ‖ message) ‖ record ‖ message

Integers are big-endian. A record has at least one byte, so zeros (which a file system may show for data that
was not written) are never a frame. The CRC detects torn writes and bad disks; the digests in the ledger
detect manipulation.
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
    """Position of a frame; `offset` and `length` in bytes, for a ranged read of a stored segment."""

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
    """Encode a frame. Raises `ValueError` for an empty record."""
    return b"".join(frame_parts(record, message))


def frame_parts(record: bytes, message: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what a frame consists of, in order: header, record, message. Raises as `encode_frame`."""
    if not record:
        raise ValueError("a record has at least one byte")
    check = zlib.crc32(message, zlib.crc32(record))
    return _HEADER.pack(len(record), len(message), check), record, message


def decode_frame(data: bytes) -> Frame:
    """Decode `data`, which must be exactly one whole frame; else raise `Altered`."""
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
    """Return the size in bytes of the frame of a record and a message of this size."""
    return _HEADER.size + len(record) + message_size


def message_of(frame: memoryview, record: bytes) -> memoryview:
    """Return the message in a frame that must be exactly this record's; else raise `Altered`. Copies nothing.

    Its digest shows whether it is the right message.
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
    """Yield the frames of an open segment file from `offset` on.

    Ends before the first frame that is incomplete or invalid. The caller decides what any remaining bytes
    mean: the end of a segment being written, a torn tail, or damage.
    """
    while True:
        file.seek(offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        length = _HEADER.size + sum(_HEADER.unpack(header)[:2])
        if offset + length > file.seek(0, os.SEEK_END):
            return  # so an invalid length is never read
        file.seek(offset)
        try:
            frame = decode_frame(file.read(length))
        except Altered:
            return
        yield Position(segment, offset, length), frame
        offset += length


def check_evidence(evidence: str) -> str:
    """Return `evidence` if it is an evidence id (32 lower-case hex digits), else raise `ValueError`."""
    if not _EVIDENCE.fullmatch(evidence):
        raise ValueError("an evidence id is 32 lower-case hex digits")
    return evidence


def open_name(segment: int) -> str:
    """Return the file name of the segment being written."""
    return f"{segment:06d}.open"


def closed_name(segment: int) -> str:
    """Return the file name of a segment that will not change any more."""
    return f"{segment:06d}.segment"


def segment_key(evidence: str, segment: int) -> str:
    """Return the object key of a segment in the stores."""
    return f"recordings/{evidence}/segments/{segment:06d}"


def file_key(evidence: str, name: str) -> str:
    """Return the object key of `wrap`, `index` or `manifest` in the stores."""
    return f"recordings/{evidence}/{name}"
