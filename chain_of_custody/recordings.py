"""One recording of a court folder, from its seal down to the last byte of its media.

Steps 7 to 9 of `verify`. The signed seal names a manifest, the manifest an index and the root over its
records, each record's leaf commits to a salt, a place, a time and a content; the contents are recomputed
from the media files themselves. So the files are proved without any key and without the sealed originals.

Trusts: the recording's chain of statements, which steps 3 to 6 have proved. Nothing in the folder.

Specification: docs/spec/court-folder.md, docs/spec/manifest.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from chain_of_custody.bags import Bag
from chain_of_custody.chains import Filed
from chain_of_custody.contents import Event, Header
from chain_of_custody.digests import FileDigests, MediaDigests
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved
from chain_of_custody.manifests import Index, Manifest
from chain_of_custody.packages import Layout, Opened, parse_opened, recording_path
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.reading import wall_clock
from chain_of_custody.records import Record, leaf_of, timecode

_MANIFEST, _RECORDS, _MEDIA = "manifest", "records", "media"


@dataclass(frozen=True)
class Sealed:
    """A recording whose manifest and index are proved (step 7)."""

    chain: tuple[Filed, ...]
    manifest: Manifest
    index: Index

    @property
    def started(self) -> Filed:
        return self.chain[0]


@dataclass(frozen=True)
class Opening:
    """A recording whose header and events are proved, and whose media are being read (step 8)."""

    sealed: Sealed
    header: Header
    events: tuple[Event, ...]
    opened: tuple[Opened, ...]
    ends: Mapping[str, int]
    media: Mapping[str, tuple[Record, ...]]
    digests: Mapping[str, Callable[[], FileDigests]]


def check_manifest(
    evidence: str, files: Mapping[str, bytes], chain: tuple[Filed, ...], policy: TrustPolicy
) -> Sealed:
    """Step 7: the manifest is the one that `recording.sealed` names, and the index is the manifest's.

    Also: ids agree, an interruption states the same records, and every `recording.progress` had, at its
    time, the same records as the first of those sealed.
    """
    home = recording_path(evidence, "manifest.json")
    manifest = Manifest.parse(files["manifest.json"])
    started = chain[0].statement
    sealed = next(one for one in chain if one.statement.type == "recording.sealed")
    body = sealed.statement.body
    if sha256(files["manifest.json"]).hexdigest() != body["manifest"]:
        raise Altered(_MANIFEST, "the manifest is not the one that was sealed", home)
    named = (manifest.deployment, manifest.evidence, manifest.interview, manifest.part)
    if named != (policy.deployment, evidence, started.body["interview"], started.body["part"]):
        raise NotProved(_MANIFEST, "the manifest is of another recording than its statements", home)
    if (manifest.records, manifest.root, manifest.state) != (body["records"], body["root"], body["state"]):
        raise NotProved(_MANIFEST, "manifest and seal name different records", home)
    index = manifest.open_index(files["index.jsonl"])
    committed = [
        one for one in chain if one.statement.type in ("recording.progress", "recording.interrupted")
    ]
    roots = index.roots(one.statement.body["records"] for one in committed)
    before = 0
    for one in committed:
        size = one.statement.body["records"]
        if size < before or size > manifest.records:
            raise Incomplete(_MANIFEST, f"the recording once had {size} records", one.where)
        if roots[size].hex() != one.statement.body["root"]:
            raise Altered(_MANIFEST, f"the first {size} records are not those it had then", one.where)
        if one.statement.type == "recording.interrupted" and size != manifest.records:
            raise NotProved(_MANIFEST, "seal and interruption name different records", one.where)
        before = size
    return Sealed(chain, manifest, index)


def open_recording(
    sealed: Sealed, files: Mapping[str, bytes], bag: Bag, media_digests: MediaDigests
) -> Opening:
    """Step 8, first half: header and events; where each content lies; reading of the media begins."""
    evidence = sealed.manifest.evidence
    records = sealed.index.records
    opened = parse_opened(files["opened.jsonl"])
    if len(opened) != len(records):
        raise Incomplete(
            _RECORDS, f"the contents of {len(opened)} of {len(records)} records are given", evidence
        )
    header = _header(sealed, opened[0], files["header.json"])
    layout = Layout(header)
    media: dict[str, list[Record]] = {}
    events: list[Event] = []
    for record, content in zip(records, opened, strict=True):
        if content.index != record.index:
            raise NotProved(_RECORDS, f"record {record.index} is expected in opened.jsonl", record.where)
        file, offset = layout.place(record, content.length)
        where = partial(_where, header, evidence, file, record)
        if (content.file, content.offset) != (file, offset):
            raise NotProved(_RECORDS, "its content does not lie where it must", where())
        if record.kind == "event":
            events.append(_event(record, content, files["events.jsonl"], where()))
        elif record.kind != "header":
            media.setdefault(file, []).append(record)
            if layout.ends[file] > bag.sizes.get(recording_path(evidence, file), 0):
                raise Incomplete(_RECORDS, "its content is missing: the file ends before it", where())
    if layout.ends["events.jsonl"] != len(files["events.jsonl"]):
        raise Altered(_RECORDS, "events.jsonl has more in it than the events recorded", evidence)
    digests = {
        file: media_digests.start(
            partial(bag.open_file, recording_path(evidence, file)),
            [opened[record.index].length for record in inside],
        )
        for file, inside in media.items()
    }
    contents = {file: tuple(inside) for file, inside in media.items()}
    return Opening(sealed, header, tuple(events), opened, layout.ends, contents, digests)


def check_fragments(opening: Opening) -> None:
    """Step 8, second half: every fragment's leaf, from its bytes in the media file.

    Names the first altered fragment by its time, and how many there are.
    """
    altered: list[tuple[Record, str]] = []
    for file, records in opening.media.items():
        for record, plain in zip(records, opening.digests[file]().pieces, strict=True):
            if leaf_of(record, opening.opened[record.index].salt, plain) != record.leaf:
                altered.append((record, file))
    if altered:
        record, file = min(altered, key=lambda item: (item[0].start, item[0].index))
        more = f", nor are {len(altered) - 1} others" if len(altered) > 1 else ""
        where = _where(opening.header, opening.sealed.manifest.evidence, file, record)
        raise Altered(_RECORDS, f"the fragment is not what was recorded{more}", where)


def check_files(opening: Opening, bag: Bag, on_disk: Sequence[str]) -> None:
    """Step 9: the media files consist of exactly the proved fragments, and have the digests listed."""
    evidence = opening.sealed.manifest.evidence
    for file in on_disk:
        if file not in opening.media:
            raise Altered(
                _MEDIA, "no record of the recording lies in this file", recording_path(evidence, file)
            )
    for file, wait in opening.digests.items():
        path = recording_path(evidence, file)
        if bag.sizes[path] != opening.ends[file]:
            raise Altered(_MEDIA, "there is something behind the last fragment", path)
        if wait().whole != bag.payload[path]:
            raise Altered(
                _MEDIA, "all fragments are right, but the bag lists another digest of the file", path
            )


def _header(sealed: Sealed, opened: Opened, content: bytes) -> Header:
    where = recording_path(sealed.manifest.evidence, "header.json")
    record = sealed.index.records[0]
    started = sealed.started.statement.body
    if record.leaf != started["header"]:
        raise Altered(_RECORDS, "the header is not the one the recording was started with", where)
    if (opened.file, opened.offset, opened.length) != ("header.json", 0, len(content)):
        raise NotProved(_RECORDS, "the header does not lie where it must", where)
    if leaf_of(record, opened.salt, sha256(content).hexdigest()) != record.leaf:
        raise Altered(_RECORDS, "the header is not what was recorded", where)
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
    return header


def _event(record: Record, opened: Opened, file: bytes, where: str) -> Event:
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
    except Malformed as error:
        raise Malformed(f"{where}: {error}") from error
    if event.at != record.start:
        raise NotProved(_RECORDS, "the event gives another time than its record", where)
    return event


def _where(header: Header, evidence: str, file: str, record: Record) -> str:
    """For people: file, record, and the time in the recording and of the day."""
    when = f"at {timecode(record.start)} of part {header.part} ({wall_clock(header, record.start)})"
    return f"{recording_path(evidence, file)}, record {record.index}, {when}"
