"""A recording's records in order, the tree over them, and the manifest that names them all.

There are three views of the records. `RecordTree` grows with a recording and gives the root that a
`recording.progress` statement commits to. `Index` is the public part read back: one record a line. A
`Manifest` names index, count and root; `recording.sealed` signs its digest. Writer and reader share one set
of ordering rules, so that nothing can be written that will not be read.

Trusts nothing. A parsed `Index` is consistent in itself. `Manifest.open_index` proves that it is the one a
manifest names, and only a signed statement makes a manifest trustworthy.

Specification: docs/spec/manifest.md; RFC 6962 section 2.1 (tree).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import (
    CanonicalObject,
    Digest,
    Identifier,
    failing_with,
    one_of,
    whole,
)
from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.items.record import (
    KIND_CODES,
    SALT_SIZE,
    Kind,
    Record,
    check_record,
    entry,
    leaf_of,
    seal_leaf,
    timecode,
)
from chain_of_custody.statements.types import STATES
from chain_of_custody.tlog.merkle import Tree, node_hash, root_at

__all__ = [
    "KIND_CODES",
    "SALT_SIZE",
    "Index",
    "Kind",
    "Manifest",
    "Record",
    "RecordTree",
    "check_record",
    "entry",
    "leaf_of",
    "seal_leaf",
    "timecode",
]

MAX_INDEX = 256 * 1024 * 1024
"""Maximum bytes of an index: about a million records, days of recording."""

MAX_OVERLAP = 1_000_000
"""Microseconds by which a fragment may begin before the previous one ends. Clock corrections cause a few
milliseconds; more than a fragment's usual length would be two pictures claiming the same moment."""

State = Literal["complete", "interrupted"]


@dataclass(slots=True)
class _Track:
    """State of a track: its next number, its current init record, and the times of its newest media."""

    next: int = 0
    init: int | None = None
    start: int = -1
    end: int = 0


class _Order:
    """The ordering rules of records."""

    __slots__ = ("_events", "_size", "_tracks")

    def __init__(self) -> None:
        self._size = 0
        self._events = 0
        self._tracks: dict[int, _Track] = {}

    def accept(self, record: Record) -> None:
        """Accept `record` as the next one. Raises `Malformed` if it may not come next."""
        if record.index != self._size:
            raise Malformed(f"record {self._size} is expected, this is record {record.index}")
        if (record.kind == "header") != (self._size == 0):
            raise Malformed(f"record {record.index}: the header comes first, and once")
        if record.kind == "event":
            self._numbered(record, self._events)
            self._events += 1
        elif record.kind != "header":
            self._on_track(record, self._tracks.setdefault(record.track, _Track()))
        self._size += 1

    def place(self, kind: Kind, track: int) -> tuple[int, int | None]:
        """Return the number that the next record of this kind and track must have, and its init record."""
        if kind == "event":
            return self._events, None
        known = self._tracks.get(track, _Track())
        return known.next, known.init if kind == "media" else None

    def _on_track(self, record: Record, track: _Track) -> None:
        self._numbered(record, track.next)
        if record.kind == "init":
            track.init = record.index
        elif record.kind == "media":
            if record.init != track.init:
                raise Malformed(f"{record.where}: does not need the newest init segment of its track")
            if record.start <= track.start or record.start < track.end - MAX_OVERLAP:
                raise Malformed(f"{record.where}: begins before the fragment ahead of it on its track")
            track.start, track.end = record.start, record.end
        track.next += 1

    @staticmethod
    def _numbered(record: Record, expected: int) -> None:
        if record.number != expected:
            raise Malformed(f"{record.where}: is number {record.number}, {expected} is expected")


class RecordTree:
    """The RFC 6962 tree over a recording's records, growing with it."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._order = _Order()
        self._tree = Tree()
        for record in records:
            self.append(record)

    def append(self, record: Record) -> None:
        """Add the next record.

        Raises `Malformed`, and leaves the tree unchanged, if the record is invalid or may not come next.
        """
        record.check()
        leaf = bytes.fromhex(canonical_json.digest(record.leaf, "record leaf"))
        canonical_json.digest(record.cipher, "record cipher")
        self._order.accept(record)
        self._tree.append(leaf)

    def place(self, kind: Kind, track: int) -> tuple[int, int | None]:
        """Return the number of the next record of this kind and track, and the index of the init record that
        it needs: that of media, if their track has one."""
        return self._order.place(kind, track)

    @property
    def size(self) -> int:
        """Return the number of records."""
        return self._tree.size

    def root(self) -> bytes:
        """Return the 32-byte root over the records so far."""
        return self._tree.root()


@dataclass(frozen=True)
class Index:
    """The records of a recording part, in order, and the SHA-256 (hexadecimal) of their index's bytes."""

    records: tuple[Record, ...]
    digest: str

    @classmethod
    def parse(cls, data: bytes) -> Index:
        """Read an index: one canonical record a line, each line ended by a newline.

        Raises `Malformed` for anything else, and for records that may not follow each other: a gap in the
        index or in a track's numbers, a fragment whose init segment is not its track's newest, or media
        that go back in time.
        """
        order = _Order()

        def read(line: bytes) -> Record:
            record = Record.parse(line)
            order.accept(record)
            return record

        records = canonical_json.parse_lines(data, "index", read, MAX_INDEX)
        return cls(tuple(records), sha256(data).hexdigest())

    @staticmethod
    def serialise(records: Iterable[Record]) -> bytes:
        """Return the bytes of an index."""
        return b"".join(record.canonical() + b"\n" for record in records)

    def roots(self, sizes: Iterable[int]) -> dict[int, bytes]:
        """Return the root over the first n records for each n of `sizes`.

        Sizes that are not 1 to the number of records are left out.
        """
        levels = self._levels
        return {
            size: root_at(size, lambda level, index: levels[level][index])
            for size in frozenset(sizes)
            if 1 <= size <= len(self.records)
        }

    def root(self) -> bytes:
        """Return the root over all records."""
        return self.roots((len(self.records),))[len(self.records)]

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        """Hashes of all complete subtrees, by level: takes a third of the time of a growing tree."""
        levels = [[bytes.fromhex(record.leaf) for record in self.records]]
        while len(levels[-1]) > 1:
            below = levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)  # a last one without a sibling waits
            levels.append([node_hash(left, right) for left, right in pairs])
        return levels


@dataclass(frozen=True)
class Manifest(CanonicalObject):
    """A sealed recording part.

    `index`: SHA-256 of the index; `records`: their number; `root`: their tree's root; digests in lower-case
    hexadecimal. `state`: how the recording ended.
    """

    kind: ClassVar[str] = "recording"
    what: ClassVar[str] = "manifest"
    fixed: ClassVar[Mapping[str, object]] = {"kind": kind, "v": 1}
    unknown: ClassVar[str] = "kind or version not known"

    deployment: Identifier
    interview: Identifier
    evidence: Identifier
    part: Annotated[int, whole(low=1)]
    records: Annotated[int, whole(low=1)]
    root: Digest
    index: Digest
    state: Annotated[
        State, failing_with("manifest: state is neither complete nor interrupted", one_of(STATES))
    ]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in hexadecimal, which `recording.sealed` names."""
        return sha256(self.canonical()).hexdigest()

    def open_index(self, data: bytes) -> Index:
        """Return the index in `data`, proved to be the one this manifest names: same bytes, count and root.

        Raises `Malformed`, `Altered` or `Incomplete`.
        """
        index = proved_index(data, self.records, self.index, self.root)
        if any(record.kind == "piece" for record in index.records):
            raise Malformed("index: a recording has no pieces of files")
        return index


def proved_index(data: bytes, records: int, digest: str, root: str) -> Index:
    """Return the index in `data`, if it has this count, SHA-256 and root.

    Raises `Malformed`, `Altered` or `Incomplete`.
    """
    index = Index.parse(data)
    if len(index.records) != records:
        raise Incomplete("manifest", f"the index has {len(index.records)} of {records} records")
    if index.digest != digest:
        raise Altered("manifest", "the index is not the one that the manifest names")
    if index.root().hex() != root:
        raise Altered("manifest", "the records do not give the root that the manifest names")
    return index
