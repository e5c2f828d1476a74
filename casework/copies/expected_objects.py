"""The expected objects of a copy of a sealed recording, and the check of a copy against them. Needs no key.

The ledger names the manifest (`recording.sealed`); the manifest names the index, the index every sealed
message. Segments are runs of frames, and a frame follows entirely from its record and message. So each byte
of each object is checked against the ledger, and a damaged object can be reassembled from any places that
still have its pieces.

Trusts: no place and no row. Segment sizes noted in the database are used if the records fit them; what is
read there is verified by digest. Manifest and index may come from any place that has the right bytes.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeVar

from casework.copies.sealed_item import Sealed, Source, positions_of
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.file_manifest import parse_manifest
from chain_of_custody.items.record import Record, timecode
from vault.errors import Altered, ObjectMissing, StoreUnavailable, VaultError
from vault.spool.segments import Position, encode_frame, file_key, message_of, segment_key
from vault.stores.base import Store

log = logging.getLogger(__name__)

Wrong = Literal["missing", "unreadable", "altered", "shorter", "longer", "surplus"]
"""What can be wrong with an object. `unreadable`: the store returns other objects but not this one;
`surplus`: it does not belong to the item."""

Pace = Callable[[int], None]
"""Called with the number of bytes about to be read; may wait, and may raise to end the reading."""

AWAY = 3
"""Consecutive unreadable objects after which a store counts as unavailable: one bad block is not enough."""

Value = TypeVar("Value")
Given = TypeVar("Given")


@dataclass(frozen=True)
class Finding:
    """One object that is not as recorded."""

    key: str
    wrong: Wrong
    at: int | None = None
    """Approximate offset of the first wrong byte; for a segment the start of a frame."""
    span: tuple[int, int] | None = None
    """Begin and end in the part, µs, of the pieces that this copy lacks intact; None: no time affected."""
    records: int = 0
    """Number of those pieces."""

    def __str__(self) -> str:
        at = "" if self.at is None else f" from byte {self.at}"
        concerns = ""
        if self.span is not None:
            begin, end = (timecode(moment) for moment in self.span)
            concerns = f": {self.records} pieces, {begin} to {end}"
        return f"{self.key} {self.wrong}{at}{concerns}"


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

    def wrong(self, data: bytes) -> Finding | None:
        """Compare `data` with this segment; None if each byte is as recorded."""
        bad = [(record, place) for record, place in self.frames if frame_of(record, place, data) is None]
        if not bad:
            return None if len(data) == self.size else Finding(self.key, "longer", self.size)
        _, first = bad[0]
        if first.end > len(data):
            found = Finding(self.key, "shorter", len(data))
        else:
            found = Finding(self.key, "altered", first.offset)
        return _about(found, [record for record, _ in bad])

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
        found: dict[int, bytes] = {}
        for source in self.sources:
            wanted = [(record, place) for record, place in segment.frames if record.index not in found]
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
                    found[record.index] = encode_frame(record.canonical(), bytes(message))
        return [found.get(record.index) for record, _ in segment.frames]


@dataclass(frozen=True)
class Reading:
    """The result of reading a copy of one recording."""

    read: frozenset[str]
    """Keys of the objects that were checked against the ledger; nothing is known of others."""
    findings: Sequence[Finding]
    size: int
    """Bytes read."""
    whole: bool
    """Whether that was everything the copy must hold."""


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


def read_copy(
    holding: ExpectedContents,
    store: Store,
    *,
    carried: bool = True,
    pace: Pace = lambda size: None,
    workers: int = 1,
) -> Reading:
    """Read every object of a recording in one store, and check it against the ledger.

    `carried`: whether all of it was copied there; if not, missing objects are not findings. `workers`:
    threads that read and hash. Raises `StoreUnavailable` if the store does not answer: there is no result.
    """
    prefix = f"recordings/{holding.evidence}/"
    there = set(store.list(prefix))
    wanted = [key for key in holding.keys if key in there]
    size = 0
    found: dict[str, Finding | None] = {}

    def sizes(key: str) -> int:
        segment = holding.segments.get(key)
        return segment.size if segment else len(holding.files.get(key.rpartition("/")[2], b""))

    def look(key: str) -> tuple[Finding | None, int]:
        return _look(holding, store, key)

    unreadable: list[str] = []
    in_a_row = 0
    with ThreadPoolExecutor(workers, "scrub") as pool:
        for key, data in _in_order(pool, workers, look, wanted, lambda key: pace(sizes(key))):
            if isinstance(data, StoreUnavailable):
                unreadable.append(key)
                in_a_row += 1
                if in_a_row == AWAY:
                    raise data
                continue
            in_a_row = 0
            found[key], length = data
            size += length
    for key in unreadable:
        # Retry, now that others were read: an unavailable store is "not read", never "damaged".
        try:
            found[key], length = look(key)
            size += length
        except StoreUnavailable:
            next(iter(store.list(prefix)), None)
            if not found:
                raise
            found[key] = _concerning(holding, key, Finding(key, "unreadable"))
    missing = [key for key in holding.keys if key not in there]
    if carried:
        found |= {key: _concerning(holding, key, Finding(key, "missing")) for key in missing}
    findings = [one for one in found.values() if one is not None]
    if holding.known:
        findings += [Finding(key, "surplus") for key in sorted(there - set(holding.keys))]
    return Reading(frozenset(found), findings, size, holding.known and (carried or not missing))


def _look(holding: ExpectedContents, store: Store, key: str) -> tuple[Finding | None, int]:
    """Read one object; return (its finding or None, bytes read). Raises `StoreUnavailable`."""
    try:
        data = store.get(key)
    except ObjectMissing:
        return _concerning(holding, key, Finding(key, "missing")), 0
    except StoreUnavailable:
        raise
    except VaultError:  # the store itself detects that the bytes have changed
        return _concerning(holding, key, Finding(key, "altered")), 0
    segment = holding.segments.get(key)
    if segment is not None:
        return segment.wrong(data), len(data)
    name = key.rpartition("/")[2]
    if sha256(data).hexdigest() == holding.digests[name]:
        return None, len(data)
    return _differing(key, data, holding.files.get(name)), len(data)


def _differing(key: str, data: bytes, right: bytes | None) -> Finding:
    if right is None:
        return Finding(key, "altered")
    pairs = zip(data, right, strict=False)
    at = next((at for at, (one, other) in enumerate(pairs) if one != other), None)
    if at is not None:
        return Finding(key, "altered", at)
    shorter = len(data) < len(right)
    return Finding(key, "shorter" if shorter else "longer", min(len(data), len(right)))


def _concerning(holding: ExpectedContents, key: str, finding: Finding) -> Finding:
    """Add the time span of the whole object. A copy without its index is useless alone, but no time span can
    be stated for that."""
    segment = holding.segments.get(key)
    return finding if segment is None else _about(finding, [record for record, _ in segment.frames])


def _about(finding: Finding, records: Sequence[Record]) -> Finding:
    span = (min(record.start for record in records), max(record.end for record in records))
    return Finding(finding.key, finding.wrong, finding.at, span, len(records))


def _in_order(
    pool: ThreadPoolExecutor,
    workers: int,
    work: Callable[[Given], Value],
    given: Sequence[Given],
    before: Callable[[Given], None],
) -> Iterator[tuple[Given, Value | StoreUnavailable]]:
    """Yield the result of `work` for each, a few at a time, which bounds the objects in memory."""
    under_way: deque[tuple[Given, Future[Value]]] = deque()

    def finished() -> tuple[Given, Value | StoreUnavailable]:
        one, future = under_way.popleft()
        try:
            return one, future.result()
        except StoreUnavailable as away:
            return one, away

    for one in given:
        before(one)
        under_way.append((one, pool.submit(work, one)))
        if len(under_way) > workers:
            yield finished()
    while under_way:
        yield finished()


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
