"""Excerpts: some minutes of a recording, proved to be an unaltered part of it, and nothing of the rest.

An excerpt has few records: the header, the init segments that the films need, and one run of records without
a gap. Each comes with its inclusion path under the root that the seal names, so the index is not needed. The
path reveals nothing of other records: it contains only hashes, and each leaf is salted.

Trusts nothing: `Excerpt.parse` checks only form and order, `Excerpt.check_records` proves each record's
place. It does not prove that this is the requested run; `choose` selects the run for the writer.

Specification: docs/spec/court-package.md, section 2; RFC 9162 section 2.1.3 (inclusion).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chain_of_custody.encoding.canonical_json import parse_lines
from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.errors import Altered, InclusionInvalid, Malformed, NotProved
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.recording_manifest import MAX_INDEX, Manifest
from chain_of_custody.tlog.merkle import HASH_SIZE, Tree, inclusion_proof, verify_inclusion

MAX_PATH = 53
"""Maximum hashes of a path: a recording has fewer than 2**53 records."""

_HASH = r'"[A-Za-z0-9+/=]{44}"'
_LINE = re.compile(rf'\{{"path":\[((?:{_HASH}(?:,{_HASH})*)?)\],"record":(\{{.*\}})\}}'.encode("ascii"))
_RECORDS = "records"


@dataclass(frozen=True, slots=True)
class ExcerptRecord:
    """A record, and its inclusion path: the hashes (32 bytes each) that lead to the recording's root."""

    record: Record
    path: tuple[bytes, ...]

    def canonical(self) -> bytes:
        """Return the line's canonical bytes, without a newline."""
        path = ",".join(f'"{encode_base64(value)}"' for value in self.path).encode("ascii")
        return b'{"path":[' + path + b'],"record":' + self.record.canonical() + b"}"

    @classmethod
    def parse(cls, line: bytes) -> ExcerptRecord:
        """Read one line. Raises `Malformed` unless it is exactly its canonical bytes."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise Malformed("not a path and a record in their canonical form")
        listed = match[1].decode("ascii")
        encoded = listed.split(",") if listed else []
        path = tuple(decode_base64(value[1:-1], "a hash of the path") for value in encoded)
        if len(path) > MAX_PATH or any(len(value) != HASH_SIZE for value in path):
            raise Malformed(f"its path is not 0 to {MAX_PATH} hashes of 32 bytes")
        return cls(Record.parse(match[2]), path)


@dataclass(frozen=True)
class Excerpt:
    """The records of an excerpt, ascending.

    They are record 0, the init segments needed from before the run, then the run, which begins at index
    `first`.
    """

    records: tuple[Record, ...]
    paths: tuple[tuple[bytes, ...], ...]
    first: int

    @classmethod
    def parse(cls, data: bytes) -> Excerpt:
        """Read `records.jsonl`: one canonical line for each record, each ended by a newline.

        Raises `Malformed` for anything else, and for records that are not those of an excerpt.
        """
        parsed = parse_lines(data, "records.jsonl", ExcerptRecord.parse, MAX_INDEX)
        records = tuple(one.record for one in parsed)
        return cls(records, tuple(one.path for one in parsed), check_order(records))

    @staticmethod
    def serialise(records: Sequence[Record], paths: Sequence[Sequence[bytes]]) -> bytes:
        """Return the bytes of `records.jsonl`."""
        lines = (
            ExcerptRecord(record, tuple(path)).canonical() + b"\n"
            for record, path in zip(records, paths, strict=True)
        )
        return b"".join(lines)

    def check_records(self, manifest: Manifest) -> None:
        """Prove that each record is in the recording that `manifest` names, at its index.

        Raises `Altered` naming the first that is not.
        """
        root = bytes.fromhex(manifest.root)
        for record, path in zip(self.records, self.paths, strict=True):
            try:
                leaf = bytes.fromhex(record.leaf)
                verify_inclusion(leaf, record.index, manifest.records, path, root)
            except InclusionInvalid as error:
                reason = f"the record is not shown to be in the recording: {error.reason}"
                raise Altered(_RECORDS, reason, record.where) from error

    def check_covers(self, begin: int, end: int, manifest: Manifest) -> None:
        """Prove that the run covers the recording's time from `begin` to `end` (µs).

        A media record in it starts at or before `begin`, or nothing recorded precedes the run. One ends at or
        after `end`, or the run ends with the recording. Raises `NotProved`.
        """
        media = [record for record in self.records if record.kind == "media"]
        if not 0 <= begin < end:
            raise NotProved("package", "the excerpt that was exported ends before it begins")
        if not media:
            raise NotProved("package", "the excerpt has no picture and no sound")
        if self.first > 1 and min(record.start for record in media) > begin:
            raise NotProved("package", "the excerpt begins later than what was exported")
        last = self.records[-1].index == manifest.records - 1
        if not last and max(record.end for record in media) < end:
            raise NotProved("package", "the excerpt ends earlier than what was exported")


def check_order(records: Sequence[Record]) -> int:
    """Return the index at which the run begins: the last sequence of records without a gap.

    Raises `Malformed` unless record 0 comes first, indices ascend, the records before the run are init
    segments that media in it need, no media's init segment is missing or passed over, and each track's
    numbers continue without a gap within the run.
    """
    if not records or records[0].kind != "header":
        raise Malformed("records.jsonl: the header, record 0, does not come first")
    at = len(records) - 1
    while at and records[at - 1].index == records[at].index - 1:
        at -= 1
    for before, record in pairwise(records):
        if record.index <= before.index:
            raise Malformed(f"{record.where}: it does not come after record {before.index}")
    needed = {record.init for record in records[at:] if record.kind == "media"}
    inits: dict[int, int] = {}
    for record in records[1:at]:
        if record.kind != "init" or record.index not in needed:
            raise Malformed(f"{record.where}: lies before the excerpt, and nothing in it needs it")
        inits[record.track] = record.index
    numbers: dict[int, int] = {}
    for record in records[at:]:
        if record.kind == "header":
            continue
        if record.number != numbers.get(record.track, record.number):
            raise Malformed(f"{record.where}: is number {record.number}, {numbers[record.track]} is expected")
        numbers[record.track] = record.number + 1
        if record.kind == "init":
            inits[record.track] = record.index
        elif record.kind == "media" and inits.get(record.track) != record.init:
            raise Malformed(f"{record.where}: the init segment that it needs is not the newest given")
    return records[at].index


def choose(records: Sequence[Record], header: Header, begin: int, end: int) -> tuple[Record, ...]:
    """Select the records of an excerpt from `begin` to `end` (µs of the timeline) from a recording's records.

    Each track with media in that time is cut at its last keyframe before it, so that it plays from there. The
    excerpt is a little longer than requested, to show that the cut leaves nothing out. Raises `Malformed` if
    nothing was recorded in that time.
    """
    return _choose(records, [track.track for track in header.tracks], begin, end)


def cut(records: Sequence[Record], begin: int, end: int) -> tuple[Record, ...]:
    """Like `choose`, using only a recording's open records: a track without media is not cut."""
    tracks = {record.track for record in records if record.kind == "media"}
    return _choose(records, sorted(tracks), begin, end)


def within(records: Iterable[Record], passages: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Return the indices of the media and events wholly within one of these passages (from and to, µs)."""
    return frozenset(
        record.index
        for record in records
        if record.kind in ("media", "event")
        and any(begin <= record.start and record.end <= end for begin, end in passages)
    )


def paths(leaves: Iterable[bytes], records: Sequence[Record]) -> list[list[bytes]]:
    """Return each record's inclusion path in the tree over all `leaves` (the recording's hashes)."""
    tree = Tree()
    nodes: dict[tuple[int, int], bytes] = {}
    for leaf in leaves:
        nodes |= {(level, index): value for level, index, value in tree.append(leaf)}
    return [
        inclusion_proof(lambda level, index: nodes[level, index], record.index, tree.size)
        for record in records
    ]


def _choose(records: Sequence[Record], tracks: Sequence[int], begin: int, end: int) -> tuple[Record, ...]:
    if not 0 <= begin < end:
        raise Malformed("an excerpt that ends before it begins")
    media = [record for record in records if record.kind == "media"]
    touched = [record for record in media if record.start < end and record.end > begin]
    if not touched:
        raise Malformed("nothing was recorded in that time")
    cuts = [_cut(media, track, touched) for track in tracks]
    first = min(cut for cut in cuts if cut is not None)
    last = max(record.index for record in touched)
    # If every track has a gap at a cut, only a record beyond the gap shows that nothing was left out.
    if min(record.start for record in media if record.index >= first) > begin:
        earlier = [record.index for record in media if record.start <= begin and record.index < first]
        first = max(earlier) if earlier else 1
    if max(record.end for record in media if record.index <= last) < end:
        later = [record.index for record in media if record.end >= end and record.index > last]
        last = min(later) if later else len(records) - 1
    while last + 1 < len(records) and records[last + 1].kind == "event" and records[last + 1].start < end:
        last += 1
    run = records[first : last + 1]
    needed = {record.init for record in run if record.kind == "media"}
    before = [record for record in records[1:first] if record.index in needed]
    return (records[0], *before, *run)


def _cut(media: Sequence[Record], track: int, within: Sequence[Record]) -> int | None:
    """Return the index at which a track must begin to play its records `within`; None if it has none."""
    first = next((record.index for record in within if record.track == track), None)
    if first is None:
        return None
    keys = [
        record.index for record in media if record.track == track and record.key and record.index <= first
    ]
    return max(keys, default=first)
