"""Write one item into a court package: its records, its contents, its viewing copies.

Contents come one after the other and are written where `record_layout` places them. One content is in memory
at a time. Each is checked against its record's leaf before it is written, and the records against the
manifest before `write_item` returns.

Trusts: its caller to pass content that may be exported.

Specification: docs/spec/court-package.md, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TypeAlias

from chain_of_custody.encoding.atomic_folder import GrowingFiles, WrittenFolder
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved
from chain_of_custody.items.excerpt import Excerpt, check_order
from chain_of_custody.items.file_manifest import ORIGINAL, FileDescription, FileManifest, parse_manifest
from chain_of_custody.items.record import Record, check_record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.items.viewing_copy import joined_init, segments
from chain_of_custody.package import contents as packages
from chain_of_custody.package.record_layout import FileLayout, Layout, Opened

_STEP = "package"


@dataclass(frozen=True)
class RecordingPieces:
    """A whole recording to write.

    It has the bytes of its manifest and index, and for each record of the index, in order, (record, 16-byte
    salt, content). The iterable is read once, one content in memory at a time.
    """

    manifest: bytes
    index: bytes
    opened: Iterable[tuple[Record, bytes, bytes]]


@dataclass(frozen=True)
class ExcerptPieces:
    """An excerpt to write.

    It has the bytes of the recording's manifest, and for each record that `excerpt.choose` returns, in order,
    (record, 16-byte salt, content, inclusion path as `excerpt.paths` returns it).
    """

    manifest: bytes
    opened: Iterable[tuple[Record, bytes, bytes, Sequence[bytes]]]


@dataclass(frozen=True)
class FilePieces:
    """A file to write.

    It has the bytes of its manifest and index, the format that its seal names, and for each record of the
    index, in order, (record, 16-byte salt, content), read once.
    """

    manifest: bytes
    index: bytes
    format: str
    opened: Iterable[tuple[Record, bytes, bytes]]


Pieces: TypeAlias = "RecordingPieces | ExcerptPieces | FilePieces"


@dataclass(frozen=True)
class WrittenItem:
    """An item written into the package. `excerpt`: None for a whole item."""

    manifest: Manifest | FileManifest
    excerpt: Excerpt | None

    def check_extent(self, stated: Mapping[str, int] | None, where: str) -> None:
        """Raise `NotProved` unless the `excerpt` of `evidence.exported` matches this item."""
        if (stated is None) != (self.excerpt is None):
            raise NotProved(_STEP, "the statement does not tell an excerpt from a whole recording", where)
        if self.excerpt is not None and stated is not None and isinstance(self.manifest, Manifest):
            self.excerpt.check_covers(stated["from"], stated["to"], self.manifest)


def write_item(
    written: WrittenFolder, pieces: Pieces, viewing_copies: bool, others: frozenset[str]
) -> WrittenItem:
    """Write an item's files. `others`: evidence ids already in the package.

    Raises `Altered`, `Incomplete`, `Malformed`, `OSError`.
    """
    manifest = parse_manifest(pieces.manifest)
    if manifest.evidence in others:
        raise Malformed(f"evidence {manifest.evidence} is given twice")
    if isinstance(pieces, FilePieces) and isinstance(manifest, FileManifest):
        return _write_file(written, manifest, pieces)
    if isinstance(pieces, FilePieces) or isinstance(manifest, FileManifest):
        raise Malformed(f"evidence {manifest.evidence} is given as something else than it is")
    return _write_recording(written, manifest, pieces, viewing_copies)


def _write_recording(
    written: WrittenFolder, manifest: Manifest, pieces: RecordingPieces | ExcerptPieces, viewing_copies: bool
) -> WrittenItem:
    whole = isinstance(pieces, RecordingPieces)
    kind: packages.ItemKind = "recordings" if whole else "excerpts"
    home = packages.item_path(kind, manifest.evidence, "")
    with written.growing(home) as files:
        files.begin("events.jsonl")
        if isinstance(pieces, RecordingPieces):
            records = manifest.open_index(pieces.index).records
            contents = _expected(records, pieces.opened)
            lines, excerpt = pieces.index, None
            opened = _write_contents(files, contents)
        else:
            noted: list[tuple[Record, Sequence[bytes]]] = []
            opened = _write_contents(files, _noted(pieces.opened, noted))
            records = tuple(record for record, _ in noted)
            paths = tuple(tuple(path) for _, path in noted)
            excerpt = Excerpt(records, paths, check_order(records))
            excerpt.check_records(manifest)
            lines = Excerpt.serialise(records, paths)
        if viewing_copies:
            _write_viewing_copies(written, manifest.evidence, files, records, opened)
    written.write(home + "manifest.json", pieces.manifest)
    written.write(home + ("index.jsonl" if whole else "records.jsonl"), lines)
    written.write(home + "opened.jsonl", b"".join(one.canonical() + b"\n" for one in opened))
    return WrittenItem(manifest, excerpt)


def _write_file(written: WrittenFolder, manifest: FileManifest, pieces: FilePieces) -> WrittenItem:
    home = packages.item_path(packages.FOLDERS[manifest.kind], manifest.evidence, "")
    records = manifest.open_index(pieces.index).records
    layout = FileLayout(manifest.kind, pieces.format)
    opened, original = [], sha256()
    description: FileDescription | None = None
    with written.growing(home) as files:
        for record, salt, content in _expected(records, pieces.opened):
            check_record(record, salt + content)
            file, offset = layout.place(record, len(content))
            files.append(file, content + b"\n" if record.kind == "event" else content)
            opened.append(Opened(record.index, file, offset, len(content), salt))
            if record.track == ORIGINAL:
                original.update(content)
            if record.kind == "event":
                description = FileDescription.parse(content)
    if description is None or (description.format, description.sha256) != (
        pieces.format,
        original.hexdigest(),
    ):
        raise Altered(_STEP, "the file is not the one that was sealed", f"evidence {manifest.evidence}")
    written.write(home + "manifest.json", pieces.manifest)
    written.write(home + "index.jsonl", pieces.index)
    written.write(home + "opened.jsonl", b"".join(one.canonical() + b"\n" for one in opened))
    return WrittenItem(manifest, None)


def _expected(
    records: Sequence[Record], opened: Iterable[tuple[Record, bytes, bytes]]
) -> Iterator[tuple[Record, bytes, bytes]]:
    """Yield the contents given, which must be those of exactly these records."""
    remaining = iter(opened)
    for record in records:
        one = next(remaining, None)
        if one is None or one[0] != record:
            raise Incomplete(_STEP, "its content was not given", record.where)
        yield one
    if next(remaining, None) is not None:
        raise Malformed("more contents were given than the index has records")


def _noted(
    opened: Iterable[tuple[Record, bytes, bytes, Sequence[bytes]]],
    noted: list[tuple[Record, Sequence[bytes]]],
) -> Iterator[tuple[Record, bytes, bytes]]:
    """Yield the contents given, and append their records and paths to `noted`."""
    for record, salt, content, path in opened:
        noted.append((record, path))
        yield record, salt, content


def _write_contents(files: GrowingFiles, contents: Iterable[tuple[Record, bytes, bytes]]) -> list[Opened]:
    opened: list[Opened] = []
    layout: Layout | None = None
    for record, salt, content in contents:
        check_record(record, salt + content)
        if layout is None:
            if record.kind != "header":
                raise Malformed("the header, record 0, does not come first")
            layout = Layout(Header.parse(content))
        file, offset = layout.place(record, len(content))
        files.append(file, content + b"\n" if record.kind == "event" else content)
        opened.append(Opened(record.index, file, offset, len(content), salt))
    return opened


def _write_viewing_copies(
    written: WrittenFolder,
    evidence: str,
    films: GrowingFiles,
    records: Sequence[Record],
    opened: Sequence[Opened],
) -> None:
    """Assemble viewing copies from what was just written and checked; nothing is decrypted again."""
    places = {one.index: one for one in opened}

    def content(index: int) -> bytes:
        place = places[index]
        return films.read_back(place.file, place.offset, place.length)

    for number, segment in enumerate(segments(records), start=1):
        path = PurePosixPath(packages.viewing_path(evidence, number))
        with written.growing(f"{path.parent}/") as files:
            files.append(
                path.name, joined_init({track: content(init) for track, init in segment.inits.items()})
            )
            for index in segment.media:
                files.append(path.name, content(index))
