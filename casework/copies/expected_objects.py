"""The objects that each copy of a sealed recording must hold, and their right bytes. Needs no key.

The ledger names the manifest (`recording.sealed`); the manifest names the index, the index every sealed
message. Segments are runs of frames, and a frame follows entirely from its record and message. So each byte
of each object is checked against the ledger, and a damaged object can be reassembled from any places that
still have its pieces. `copy_reading` reads a copy and compares.

Trusts: no place and no row. Segment sizes noted in the database are used if the records fit them; what is
read there is verified by digest. Manifest and index may come from any place that has the right bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from casework.copies.sealed_item import Sealed, Source, positions_of
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import parse_manifest
from chain_of_custody.items.record import Record
from vault.errors import Altered, VaultError
from vault.spool.segments import Position, encode_frame, file_key, message_of, segment_key

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Segment:
    """The frames of one segment, in order."""

    key: str
    """Key of the object in the stores."""
    number: int
    """From 1."""
    frames: Sequence[tuple[Record, Position]]

    @property
    def size(self) -> int:
        """Size in bytes."""
        return self.frames[-1][1].end

    @property
    def whole(self) -> Position:
        """The whole segment, as one range."""
        return Position(self.number, 0, self.size)


@dataclass(frozen=True)
class ExpectedContents:
    """What each copy of one recording must hold, as far as any place can prove it."""

    evidence: str
    digests: Mapping[str, str]
    """SHA-256 of `manifest`, and of `index` if the manifest is known."""
    files: Mapping[str, bytes]
    """Bytes of those that at least one place has unaltered."""
    segments: Mapping[str, Segment]
    """By object key; empty if the index or the segmentation is not known."""
    sources: Sequence[Source] = field(default=())
    """All places, in the order in which they are tried for good bytes."""

    @property
    def known(self) -> bool:
        """Whether every object is known."""
        return bool(self.segments)

    @property
    def keys(self) -> list[str]:
        """Keys of all known objects, in order."""
        return [*(file_key(self.evidence, name) for name in self.digests), *self.segments]

    def right(self, key: str) -> bytes | None:
        """The bytes of an object, assembled from all places and checked against the ledger.

        None if no place that is reachable now has a good copy of some piece.
        """
        if key not in self.segments:
            return self.files.get(key.rpartition("/")[2])
        frames = self._frames(self.segments[key])
        return b"".join(frames) if None not in frames else None  # type: ignore[arg-type]

    def best(self, key: str, present: bytes) -> bytes | None:
        """The best version of a segment that cannot be restored: each frame in its place, good if any place
        has it, otherwise the present bytes or zeros (which are never a frame). None for an object that is
        not a segment, or if nothing is gained over `present`."""
        segment = self.segments.get(key)
        if segment is None:
            return None
        pieces = []
        gained = False
        for (record, place), frame in zip(segment.frames, self._frames(segment), strict=True):
            if frame is None:
                pieces.append(present[place.offset : place.end].ljust(place.length, b"\0"))
            else:
                gained = gained or frame_of(record, place, present) is None
                pieces.append(frame)
        return b"".join(pieces) if gained else None

    def _frames(self, segment: Segment) -> list[bytes | None]:
        frames: dict[int, bytes] = {}
        for source in self.sources:
            wanted = [(record, place) for record, place in segment.frames if record.index not in frames]
            if not wanted:
                break
            try:
                data = source.read(segment.whole)
            except (VaultError, OSError) as error:
                log.info("%s: segment %d: %s", source.name, segment.number, type(error).__name__)
                continue
            for record, place in wanted:
                message = frame_of(record, place, data)
                if message is not None:
                    frames[record.index] = encode_frame(record.canonical(), bytes(message))
        return [frames.get(record.index) for record, _ in segment.frames]


def frame_of(record: Record, place: Position, segment: bytes) -> memoryview | None:
    """The message of this record's frame in its segment; None if any byte of the frame is not as recorded."""
    try:
        message = message_of(memoryview(segment)[place.offset : place.end], record.canonical())
    except Altered:
        return None
    return message if sha256(message).hexdigest() == record.cipher else None


def expected_contents(
    sealed: Sealed, sources: Sequence[Source], noted_sizes: Sequence[int] | None = None
) -> ExpectedContents:
    """Determine what each copy must hold. `sources`: all places, in the order to try them."""
    files: dict[str, bytes] = {}
    digests = {"manifest": sealed.manifest}
    records: Sequence[Record] = ()
    for name in ("manifest", "index"):
        if name == "index":
            if "manifest" not in files:
                break
            digests["index"] = parse_manifest(files["manifest"]).index
        data = _first(sources, name, digests[name])
        if data is not None:
            files[name] = data
    if "index" in files:
        try:
            records = parse_manifest(files["manifest"]).open_index(files["index"]).records
        except CustodyError as error:  # signed by the recorder as it is: no copy can repair it
            log.error("the index of %s is not one: %s", sealed.evidence, error)
    segments = _cut(sealed.evidence, records, sources, noted_sizes or ()) if records else {}
    return ExpectedContents(sealed.evidence, digests, files, segments, sources)


def _first(sources: Sequence[Source], name: str, digest: str) -> bytes | None:
    for source in sources:
        try:
            data = source.file(name)
        except (VaultError, OSError):
            continue
        if sha256(data).hexdigest() == digest:
            return data
    return None


def _cut(
    evidence: str, records: Sequence[Record], sources: Sequence[Source], noted: Sequence[int]
) -> dict[str, Segment]:
    """The records by segment. The segmentation is not signed: the noted sizes are tried first, then those of
    each place; the first that fits all records counts."""
    positions: list[Position] | None = None
    for sizes in (lambda: noted, *(source.segment_sizes for source in sources)):
        try:
            positions = positions_of(records, sizes())
            break
        except (VaultError, OSError):
            continue
    if positions is None:
        log.error("nothing tells how the records of %s were cut into segments", evidence)
        return {}
    frames: dict[int, list[tuple[Record, Position]]] = {}
    for record, place in zip(records, positions, strict=True):
        frames.setdefault(place.segment, []).append((record, place))
    segments = [Segment(segment_key(evidence, number), number, pieces) for number, pieces in frames.items()]
    return {segment.key: segment for segment in segments}
