"""The pieces of a file: its bytes in order, each piece one record of the file's sealed log.

Specification: docs/spec/manifest.md, sections 6 and 7.
"""

from __future__ import annotations

from casework.sealing.sealed_log import Content
from chain_of_custody.items.record import SALT_SIZE, Record
from vault.sealing.sealing import CHUNK_SIZE, HEADER_SIZE, TAG_SIZE

MAX_PIECE = 4 * 1024 * 1024
"""Bytes of a file in one record: each is one sealed message."""
MAX_SENT = 4 * MAX_PIECE
"""Bytes of a file in one request. Its records are made durable together."""


def pieces(track: int, data: bytes) -> list[Content]:
    """Return `data` as the next pieces of this track; nothing is copied."""
    view = memoryview(data)
    return [Content("piece", track, view[at : at + MAX_PIECE]) for at in range(0, len(data), MAX_PIECE)]


def plain_size(record: Record) -> int:
    """Bytes of a record's content, derived from the size of its sealed message."""
    sealed = record.size - HEADER_SIZE
    chunks = sealed // (CHUNK_SIZE + TAG_SIZE) + 1
    return sealed - chunks * TAG_SIZE - SALT_SIZE
