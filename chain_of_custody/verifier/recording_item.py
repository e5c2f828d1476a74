"""Prove one item of a court package, from its seal down to the last byte of its films.

Steps 11 and 12 of `verify`. The signed seal names a manifest, and the manifest names a root over the
recording's records. Each record's leaf commits to a salt, a place, a time and a content. The contents are
recomputed from the films themselves, so the films are proved without any key and without the sealed
originals. For a whole recording the index gives all records. In an excerpt each record comes with its path to
the root.

Trusts: the item's chain of statements, which steps 4 to 7 have proved, and nothing else in the package.

Specification: docs/spec/court-package.md, docs/spec/manifest.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import ClassVar, TypeAlias

from chain_of_custody.encoding.bagit import Bag
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved, located
from chain_of_custody.items.excerpt import Excerpt
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.items.record import Record, leaf_of, timecode
from chain_of_custody.items.recording_contents import Event, Header
from chain_of_custody.items.recording_manifest import Index, Manifest
from chain_of_custody.items.sender import CAMERA, SAFETY, SenderEvent
from chain_of_custody.items.timeline import wall_clock
from chain_of_custody.package.contents import Item
from chain_of_custody.package.record_layout import FileLayout, Layout, Opened, film_pieces, parse_opened
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verifier.chains import LedgerStatement
from chain_of_custody.verifier.media_digests import MediaDigests

_MANIFEST, _RECORDS = "manifest", "records"


@dataclass(frozen=True)
class Sealed:
    """An item whose manifest is proved (step 11).

    `index`: the index of a whole recording, proved too; None for an excerpt, whose records step 12 proves.
    """

    item: Item
    chain: tuple[LedgerStatement, ...]
    manifest: Manifest
    index: Index | None

    @property
    def started(self) -> LedgerStatement:
        """Return the first statement of the chain, `recording.started`."""
        return self.chain[0]

    @property
    def seal(self) -> LedgerStatement:
        """Return the statement that names the manifest, `recording.sealed`."""
        return next(one for one in self.chain if one.statement.type == "recording.sealed")


Where: TypeAlias = Callable[[str, Record], str]
"""Returns, for people, the place of a record in this file."""

Reads: TypeAlias = Mapping[str, Callable[[], Iterator[str]]]
"""Films being read: film → waits for the digests of its pieces."""


@dataclass(frozen=True)
class Contents:
    """Where the contents of an item's records are (step 12).

    `opened`: record's index → where its content is; `ends`: file → bytes its contents have; `media`: film →
    the records in it; `digests`: film → waits for their plain digests. For a file, its original and
    the pictures made from it replace films.
    """

    opened: Mapping[int, Opened]
    ends: Mapping[str, int]
    media: Mapping[str, tuple[Record, ...]]
    digests: Reads


@dataclass(frozen=True)
class OpenedItem:
    """An item of any kind whose records are proved and whose films are being read (step 12).

    `chain`: its statements; `seal`: the one that names its `manifest`; `excerpt`: None if the item is whole;
    `records`: those given, ascending; `where`: names the place of one.
    """

    item: Item
    chain: tuple[LedgerStatement, ...]
    seal: LedgerStatement
    manifest: Manifest | FileManifest
    excerpt: Excerpt | None
    records: tuple[Record, ...]
    contents: Contents
    where: Where

    ALTERED: ClassVar[str]
    """The error reason for a piece of media that differs from the sealed one."""


@dataclass(frozen=True)
class Opening(OpenedItem):
    """A recording, or an excerpt of one, whose header and events are proved too (step 12)."""

    manifest: Manifest
    header: Header
    events: tuple[Event, ...]

    ALTERED: ClassVar[str] = "the fragment is not what was recorded"


def check_manifest(
    item: Item, files: Mapping[str, bytes], chain: tuple[LedgerStatement, ...], policy: TrustPolicy
) -> Sealed:
    """Step 11: check that `recording.sealed` names this manifest and the manifest this index.

    Also check that ids agree, that an interruption states the same records, and that the records of every
    `recording.progress` are the first of those sealed (for an excerpt only that they were not more).
    """
    home = item.path("manifest.json")
    manifest = Manifest.parse(files["manifest.json"])
    started = chain[0].statement
    sealed = next(one for one in chain if one.statement.type == "recording.sealed")
    body = sealed.statement.body
    if sha256(files["manifest.json"]).hexdigest() != body["manifest"]:
        raise Altered(_MANIFEST, "the manifest is not the one that was sealed", home)
    named = (manifest.deployment, manifest.evidence, manifest.interview, manifest.part)
    if named != (policy.deployment, item.evidence, started.body["interview"], started.body["part"]):
        raise NotProved(_MANIFEST, "the manifest is of another recording than its statements", home)
    if (manifest.records, manifest.root, manifest.state) != (body["records"], body["root"], body["state"]):
        raise NotProved(_MANIFEST, "manifest and seal name different records", home)
    index = manifest.open_index(files["index.jsonl"]) if item.kind == "recordings" else None
    _check_progress(chain, manifest, index)
    return Sealed(item, chain, manifest, index)


def _check_progress(chain: tuple[LedgerStatement, ...], manifest: Manifest, index: Index | None) -> None:
    committed = [
        filed for filed in chain if filed.statement.type in ("recording.progress", "recording.interrupted")
    ]
    roots = {manifest.records: bytes.fromhex(manifest.root)}
    if index is not None:
        roots |= index.roots(filed.statement.body["records"] for filed in committed)
    before = 0
    for filed in committed:
        size = filed.statement.body["records"]
        if size < before or size > manifest.records:
            raise Incomplete(_MANIFEST, f"the recording once had {size} records", filed.where)
        if size in roots and roots[size].hex() != filed.statement.body["root"]:
            raise Altered(_MANIFEST, f"the first {size} records are not those it had then", filed.where)
        if filed.statement.type == "recording.interrupted" and size != manifest.records:
            raise NotProved(_MANIFEST, "seal and interruption name different records", filed.where)
        before = size


def begin_reading(item: Item, files: Mapping[str, bytes], bag: Bag, media_digests: MediaDigests) -> Reads:
    """Start hashing the films while everything else is checked, since hashing takes longest.

    The result has the films that are as long as the pieces that opened.jsonl lists. The positions of the
    pieces come from opened.jsonl and are not trusted: `open_item` checks them, and only then requests the
    digests. No signature has been checked yet. So a line costs no more memory than its own length, and a film
    that is shorter than stated is not started.
    """
    left = {file: bag.sizes[item.path(file)] for file in item.films}
    lengths = {file: array("Q") for file in item.films}
    for file, length in film_pieces(files["opened.jsonl"]):
        if file in lengths:
            left[file] -= length
            if left[file] >= 0:
                lengths[file].append(length)
    return {
        file: media_digests.start(partial(bag.source.open, item.path(file)), found)
        for file, found in lengths.items()
        if left[file] >= 0
    }


def open_item(sealed: Sealed, files: Mapping[str, bytes], bag: Bag, reads: Reads) -> Opening:
    """Step 12, first half: check an excerpt's records, header and events, and where each content is."""
    item = sealed.item
    excerpt, records = _records(sealed, files)
    opened = opened_of(item, records, files)
    header = _header(sealed, records[0], opened[0], files["header.json"])
    where = partial(_where, header, item)
    events: list[Event] = []

    def take_event(record: Record, content: Opened) -> bool:
        if record.kind == "event":
            place = where("events.jsonl", record)
            events.append(_event(header, record, content, files["events.jsonl"], place))
        return record.kind == "event"

    contents = place_contents(item, records, opened, Layout(header), bag, reads, where, take_event)
    if contents.ends["events.jsonl"] != len(files["events.jsonl"]):
        raise Altered(
            _RECORDS, "events.jsonl has more in it than the events recorded", item.path("events.jsonl")
        )
    return Opening(
        item=item,
        chain=sealed.chain,
        seal=sealed.seal,
        manifest=sealed.manifest,
        excerpt=excerpt,
        records=records,
        contents=contents,
        where=where,
        header=header,
        events=tuple(events),
    )


def opened_of(item: Item, records: Sequence[Record], files: Mapping[str, bytes]) -> Sequence[Opened]:
    """Return the lines of `opened.jsonl`, one for each record. Raises `Malformed`, `Incomplete`."""
    opened = parse_opened(files["opened.jsonl"])
    if len(opened) != len(records):
        raise Incomplete(
            _RECORDS,
            f"the contents of {len(opened)} of {len(records)} records are given",
            f"evidence {item.evidence}",
        )
    return opened


def place_contents(
    item: Item,
    records: Sequence[Record],
    opened: Sequence[Opened],
    layout: Layout | FileLayout,
    bag: Bag,
    reads: Reads,
    where: Where,
    take: Callable[[Record, Opened], bool],
) -> Contents:
    """Check, of an item of any kind, that each content is at its required position, and that films are long
    enough.

    `take` processes the content of a record that is in no film, and returns whether it did.
    """
    media: dict[str, list[Record]] = {}
    for record, content in zip(records, opened, strict=True):
        if content.index != record.index:
            raise NotProved(_RECORDS, f"record {record.index} is expected in opened.jsonl", record.where)
        file, offset = layout.place(record, content.length)
        if (content.file, content.offset) != (file, offset):
            raise NotProved(_RECORDS, "its content does not lie where it must", where(file, record))
        if record.kind == "header" or take(record, content):
            continue
        media.setdefault(file, []).append(record)
        if layout.ends[file] > bag.sizes.get(item.path(file), -1):
            raise Incomplete(_RECORDS, "its content is missing: the file ends before it", where(file, record))
    # Every line of opened.jsonl is where its record must be, and the films are long enough, so the reads that
    # were started are the ones needed.
    return Contents(
        opened={one.index: one for one in opened},
        ends=layout.ends,
        media={file: tuple(inside) for file, inside in media.items()},
        digests={file: reads[file] for file in media},
    )


def check_header(item: Item, record: Record, opened: Opened, content: bytes, done: str) -> None:
    """Check that `header.json` is the first content of an item of any kind, as it was `done`."""
    where = item.path("header.json")
    if (opened.index, opened.file, opened.offset, opened.length) != (0, "header.json", 0, len(content)):
        raise NotProved(_RECORDS, "the header does not lie where it must", where)
    if leaf_of(record, opened.salt, sha256(content).hexdigest()) != record.leaf:
        raise Altered(_RECORDS, f"the header is not what was {done}", where)


def check_fragments(opening: OpenedItem) -> dict[int, str]:
    """Step 12, second half: check every fragment's leaf against its bytes in the film.

    For a file, check every piece's leaf. Returns the proved digest (hexadecimal
    SHA-256) of every content in a film, by its record's index. The error names the first altered fragment by
    its time, and the number of altered fragments.
    """
    proved: dict[int, str] = {}
    altered: list[tuple[Record, str]] = []
    contents = opening.contents
    for file, records in contents.media.items():
        digests = contents.digests[file]()
        for record in records:
            proved[record.index] = plain = _next_digest(opening, file, record, digests)
            if leaf_of(record, contents.opened[record.index].salt, plain) != record.leaf:
                altered.append((record, file))
    if altered:
        record, file = min(altered, key=lambda item: (item[0].start, item[0].index))
        more = f", nor are {len(altered) - 1} others" if len(altered) > 1 else ""
        raise Altered(_RECORDS, opening.ALTERED + more, opening.where(file, record))
    return proved


def _next_digest(opening: OpenedItem, file: str, record: Record, digests: Iterator[str]) -> str:
    try:
        return next(digests)
    except Altered as error:  # in a sealed file, whose chunks show it themselves
        raise Altered(error.step, error.reason, opening.where(file, record)) from error


def _records(sealed: Sealed, files: Mapping[str, bytes]) -> tuple[Excerpt | None, tuple[Record, ...]]:
    if sealed.index is not None:
        return None, sealed.index.records
    excerpt = Excerpt.parse(files["records.jsonl"])
    excerpt.check_records(sealed.manifest)
    return excerpt, excerpt.records


def _header(sealed: Sealed, record: Record, opened: Opened, content: bytes) -> Header:
    where = sealed.item.path("header.json")
    started = sealed.started.statement.body
    if record.leaf != started["header"]:
        raise Altered(_RECORDS, "the header is not the one the recording was started with", where)
    check_header(sealed.item, record, opened, content, "recorded")
    header = Header.parse(content)
    manifest = sealed.manifest
    if (header.deployment, header.interview, header.evidence, header.part, header.recorder) != (
        manifest.deployment,
        manifest.interview,
        manifest.evidence,
        manifest.part,
        started["recorder"],
    ):
        raise NotProved(_RECORDS, "the header is of another recording", where)
    if header.practice:
        raise NotProved(_RECORDS, "the recording was made for practice and is not evidence", where)
    beside = started.get("beside")
    with located(where, _RECORDS):
        for sender in header.senders:
            sender.verify(header.interview, CAMERA if beside is None else SAFETY)
            if beside is not None and sender.proof is not None and sender.proof.evidence != beside:
                raise NotProved(_RECORDS, "the room's device signed for a recording beside another part")
    return header


def _event(header: Header, record: Record, opened: Opened, file: bytes, where: str) -> Event:
    end = opened.offset + opened.length
    content = file[opened.offset : end]
    if len(file) <= end:
        raise Incomplete(_RECORDS, "the event is missing: the file ends before it", where)
    if (
        leaf_of(record, opened.salt, sha256(content).hexdigest()) != record.leaf
        or file[end : end + 1] != b"\n"
    ):
        raise Altered(_RECORDS, "the event is not what was recorded", where)
    try:
        event = Event.parse(content)
        sender_event = SenderEvent.of(event.fields) if event.type == SenderEvent.TYPE else None
    except Malformed as error:
        raise Malformed(f"{where}: {error}") from error
    if event.at != record.start:
        raise NotProved(_RECORDS, "the event gives another time than its record", where)
    if sender_event is not None:
        with located(where, _RECORDS):
            sender_event.verify(header.interview)
    return event


def _where(header: Header, item: Item, file: str, record: Record) -> str:
    when = f"at {timecode(record.start)} of part {header.part} ({wall_clock(header, record.start)})"
    return f"{item.path(file)}, record {record.index}, {when}"
