"""Read a sealed item, recording or file, from the spool or any copy, trusting none of them.

What is read is checked against the ledger: `recording.sealed` (for a file `photograph.sealed` or
`document.sealed`) names the manifest, the manifest names the index, the index names every sealed message. If
a copy is unavailable, damaged or wrong, the next one is tried; there is an error only if no copy has the
right bytes. Damage is reported for repair (`scrub`), and readers never wait for that. Nothing here needs a
key.

The place of a message follows from the index: segments hold the frames in order, so their sizes are enough.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

from casework.errors import Missing, NothingReadable
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import parse_manifest
from chain_of_custody.items.record import Record
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.statements.types import FILES_SEALED
from vault.errors import Altered, ObjectMissing, VaultError
from vault.spool.reader import SpoolReader
from vault.spool.segments import Position, decode_frame, file_key, frame_length, segment_key
from vault.stores.base import Store

log = logging.getLogger(__name__)

BEGINNINGS = FILES_SEALED | {"recording.started"}
"""Statements that name the wrapped data key of an item."""
ENDINGS = FILES_SEALED | {"recording.sealed"}
"""Statements that name the manifest of an item."""

_SALT = 24

Value = TypeVar("Value")


class Source(Protocol):
    """One place that holds, or should hold, the recording. Every method may raise `VaultError`."""

    name: str

    def file(self, name: str) -> bytes:
        """Return the file `index` or `manifest`."""

    def segment_sizes(self) -> list[int]:
        """Return the bytes in each segment, in order."""

    def read(self, position: Position, *, whole: bool = False) -> bytes:
        """Return one frame's bytes. With `whole`, read its whole segment, so that a store can detect that it
        holds the segment twice, damaged and repaired."""


class SpoolSource:
    """The part's folder on this machine."""

    name = "spool"

    def __init__(self, root: Path, evidence: str) -> None:
        self._reader = SpoolReader(root, evidence)

    def file(self, name: str) -> bytes:
        """See `Source.file`. Raises `ObjectMissing` for a file that is not in the spool."""
        return self._reader.file(name)

    def segment_sizes(self) -> list[int]:
        """See `Source.segment_sizes`. Counts closed segments only."""
        return self._reader.segment_sizes()

    def read(self, position: Position, *, whole: bool = False) -> bytes:
        """See `Source.read`. `whole` makes no difference: the spool holds each segment once."""
        with self._reader.segment_path(position.segment).open("rb") as file:
            file.seek(position.offset)
            return file.read(position.length)


class StoreSource:
    """One of the copies."""

    def __init__(self, name: str, store: Store, evidence: str) -> None:
        self.name = name
        self._store = store
        self._evidence = evidence

    def file(self, name: str) -> bytes:
        """See `Source.file`. Raises as `Store.get`."""
        return self._store.get(file_key(self._evidence, name))

    def segment_sizes(self) -> list[int]:
        """See `Source.segment_sizes`. Raises as `Store.sizes`."""
        return [size for _, size in self._store.sizes(f"recordings/{self._evidence}/segments/")]

    def read(self, position: Position, *, whole: bool = False) -> bytes:
        """See `Source.read`. Makes a ranged read of the segment, or with `whole` reads all of it."""
        key = segment_key(self._evidence, position.segment)
        if whole:
            return self._store.get(key)[position.offset :][: position.length]
        return self._store.get(key, start=position.offset, length=position.length)


@dataclass(frozen=True)
class Sealed:
    """What the ledger says about a sealed recording."""

    evidence: str
    manifest: str
    """SHA-256, from `recording.sealed`."""
    wrap: str
    """SHA-256 of the wrapped data key, from `recording.started`, or from the only statement of a file."""

    @classmethod
    def from_chain(cls, evidence: str, chain: Mapping[int, bytes]) -> Sealed:
        """Build it from the leaves of the item's chain. Raises `Missing` unless it was started and sealed."""
        named: dict[str, str] = {}
        for leaf in chain.values():
            statement = SignedStatement.parse(leaf).statement
            for types, field in ((BEGINNINGS, "wrap"), (ENDINGS, "manifest")):
                if statement.type in types:
                    named[field] = str(statement.body[field])
        if named.keys() != {"wrap", "manifest"}:
            raise Missing(f"recording {evidence} is not sealed")
        return cls(evidence, **named)


class SealedRecording:
    """A sealed recording, read and verified as far as possible without keys. Thread-safe."""

    def __init__(
        self,
        sealed: Sealed,
        sources: Sequence[Source],
        segment_sizes: Sequence[int] | None = None,
        noticed: Callable[[str], None] = lambda source: None,
    ) -> None:
        """Read manifest and index. Raises `NothingReadable` if no source has them.

        `segment_sizes`: bytes of each segment, if already known. `noticed` receives the name of a source
        whose bytes differ from the ledger or are missing; it must not wait or raise.
        """
        self._sources, self._noticed = sources, noticed
        self._sizes = segment_sizes
        self.manifest_bytes = self._first(
            "manifest", lambda source: _digested(source.file("manifest"), sealed.manifest)
        )
        self.manifest = parse_manifest(self.manifest_bytes)
        self.index_bytes = self._first(
            "index", lambda source: _digested(source.file("index"), self.manifest.index)
        )
        self.records: Sequence[Record] = self.manifest.open_index(self.index_bytes).records
        self.wrap = sealed.wrap
        self._positions: Sequence[Position] | None = None
        self._salts: dict[int, bytes] = {}

    @property
    def duration(self) -> int:
        """µs to the end of the last record."""
        return max(record.end for record in self.records)

    def message(self, index: int) -> bytes:
        """The sealed message of a record, with exactly the digest that the index names.

        Raises `Missing` if there is no such record, `NothingReadable` if no source has it.
        """
        record = self.record(index)
        position = self._layout()[index]

        def read(source: Source, *, whole: bool) -> bytes:
            return _digested(decode_frame(source.read(position, whole=whole)).message, record.cipher)

        try:
            message = self._first(f"record {index}", functools.partial(read, whole=False))
        except NothingReadable:  # by a range; a repaired store may still have it
            message = self._first(f"record {index}", functools.partial(read, whole=True))
        self._salts[index] = message[:_SALT]
        return message

    def place(self, index: int) -> tuple[int, int, int]:
        """The place of a record's sealed message in every copy: segment, offset of its first byte, bytes.

        Raises `Missing`, `NothingReadable` if no source knows the segmentation of the records.
        """
        record = self.record(index)
        position = self._layout()[index]
        return position.segment, position.offset + position.length - record.size, record.size

    def salt(self, index: int) -> bytes:
        """The first 24 bytes of a message that was checked. Raises as `message`."""
        salt = self._salts.get(index)
        return self.message(index)[:_SALT] if salt is None else salt

    def record(self, index: int) -> Record:
        """Return a record. Raises `Missing`."""
        if not 0 <= index < len(self.records):
            raise Missing(f"no record {index}")
        return self.records[index]

    def _layout(self) -> Sequence[Position]:
        if self._positions is None:
            try:
                self._positions = positions_of(self.records, self._sizes or ())
            except Altered:
                self._positions = self._first(
                    "segments", lambda source: positions_of(self.records, source.segment_sizes())
                )
        return self._positions

    def _first(self, what: str, read: Callable[[Source], Value]) -> Value:
        """Return the result of the first source that has the right bytes."""
        for source in self._sources:
            try:
                return read(source)
            except (VaultError, CustodyError, OSError) as error:
                log.warning("%s: %s cannot be read: %s", source.name, what, type(error).__name__)
                if isinstance(error, Altered | ObjectMissing):
                    self._noticed(source.name)
        raise NothingReadable(f"no copy has the right bytes of {what}")


def _digested(data: bytes, digest: str) -> bytes:
    if sha256(data).hexdigest() != digest:
        raise Altered("other bytes than the ledger's digest names")
    return data


def positions_of(records: Sequence[Record], sizes: Sequence[int]) -> list[Position]:
    """The position of each record's frame. Raises `Altered` if the records do not fit these segment sizes."""
    positions: list[Position] = []
    segment, offset = 0, 0
    for record in records:
        length = frame_length(record.canonical(), record.size)
        if segment < len(sizes) and offset == sizes[segment]:
            segment, offset = segment + 1, 0
        if segment >= len(sizes) or offset + length > sizes[segment]:
            raise Altered(f"the segments end inside record {record.index}, or miss a part")
        positions.append(Position(segment + 1, offset, length))
        offset += length
    return positions
