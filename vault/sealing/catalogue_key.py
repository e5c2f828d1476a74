"""The catalogue key: it seals data that must stay secret if the working database or the stores are stolen.

A symmetric key, usable from boot like the ledger's. It seals people's names, and the copies of the working
tables in the stores (docs/spec/stores.md). So it protects against the theft of the database and the stores,
not against an attacker who controls the running center. It opens no evidence and no details of a case.

    sealed = Cobblestone-256 (vault.sealing.sealing) under the key, with the context "amana/catalogue/v1" 00 ‖
    place

`place` names what is sealed: sealed data moved to another place does not open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vault.sealing import sealing

MAX_CONTENT = 256 * 1024
"""Bytes of one content. Larger data is split into pieces, each with its own place."""
MAX_PLACE = 200
_LABEL = b"amana/catalogue/v1\x00"


@dataclass(frozen=True)
class CatalogueKey:
    """`key`: 32 random bytes. Raises `ValueError` for another length."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != sealing.DATA_KEY_SIZE:
            raise ValueError("a catalogue key is 32 bytes")

    def seal(self, contents: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Seal each content, from pairs of place and content, for its place.

        Raises `ValueError` for a content over 256 KiB or a place over 200 bytes.
        """
        return [sealing.seal(self.key, _context(place), _bounded(content)) for place, content in contents]

    def open(self, sealed: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Open the contents, from pairs of place and sealed bytes. Raises `Altered`, and as `seal`."""
        largest = sealing.sealed_size(MAX_CONTENT)
        return [
            sealing.open_message(self.key, _context(place), _bounded(one, largest)) for place, one in sealed
        ]


def _context(place: bytes) -> bytes:
    if len(place) > MAX_PLACE:
        raise ValueError(f"a place is at most {MAX_PLACE} bytes")
    return _LABEL + place


def _bounded(content: bytes, limit: int = MAX_CONTENT) -> bytes:
    if len(content) > limit:
        raise ValueError(f"what is sealed at once is at most {MAX_CONTENT} bytes")
    return content
