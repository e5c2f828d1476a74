"""Manifest, index, header and events, altered by somebody without keys who makes the bag's lists anew; and
fragments dropped with everything that names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from chain_of_custody.items.excerpt import Excerpt
from chain_of_custody.items.record import Record, leaf_of
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.recording_manifest import Index, Manifest, RecordTree
from chain_of_custody.package.record_layout import Layout, Opened, parse_opened
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import HOME, changed, lines, listed, substituted, swap_lines
from tests.support.packages.court_packages import EVIDENCE, INTERVIEW
from tests.vectors.packages import centers
from tests.vectors.packages.cases import Case, Expected, Make, refused
from tests.vectors.packages.media import at

EVENTS, INDEX, MANIFEST = f"{HOME}/events.jsonl", f"{HOME}/index.jsonl", f"{HOME}/manifest.json"
NOT_SEALED = refused(11, "Altered", "the manifest is not the one that was sealed", MANIFEST)
NOT_INDEXED = refused(11, "Altered", "the index is not the one that the manifest names")


class Piece(NamedTuple):
    """A record, its salt and its content."""

    record: Record
    salt: bytes
    content: bytes


def pieces(home: Path, records: Iterable[Record]) -> list[Piece]:
    """What lies in an item's folder."""
    found = []
    for record, place in zip(records, parse_opened((home / "opened.jsonl").read_bytes()), strict=True):
        content = (home / place.file).read_bytes()[place.offset : place.offset + place.length]
        found.append(Piece(record, place.salt, content))
    return found


def put(home: Path, given: Sequence[Piece]) -> None:
    """The contents of an item where they belong, and the places of each."""
    layout = Layout(Header.parse(given[0].content))
    files, opened = {"events.jsonl": b""}, []
    for record, salt, content in given:
        file, offset = layout.place(record, len(content))
        files[file] = files.get(file, b"") + content + (b"\n" if record.kind == "event" else b"")
        opened.append(Opened(record.index, file, offset, len(content), salt).canonical() + b"\n")
    for name, content in {**files, "opened.jsonl": b"".join(opened)}.items():
        (home / name).write_bytes(content)


def without(*dropped: int) -> Make:
    """These records were never there: all others are numbered anew, and everything is computed anew that
    needs no key."""

    def alter(folder: Path) -> None:
        home = folder / HOME
        index = Index.parse((home / "index.jsonl").read_bytes())
        kept = [one for one in pieces(home, index.records) if one.record.index not in dropped]
        renamed = {one.record.index: number for number, one in enumerate(kept)}
        numbers: dict[tuple[str, int], int] = {}
        anew = []
        for record, salt, content in kept:
            about = (record.kind if record.kind in ("header", "event") else "media", record.track)
            numbers[about] = numbers.get(about, -1) + 1
            moved = replace(
                record,
                index=renamed[record.index],
                number=record.number if record.kind in ("header", "event") else numbers[about],
                init=None if record.init is None else renamed[record.init],
            )
            leaf = leaf_of(moved, salt, sha256(content).hexdigest())
            anew.append(Piece(replace(moved, leaf=leaf), salt, content))
        put(home, anew)
        remake(home, [one.record for one in anew])

    return alter


def remake(home: Path, records: Sequence[Record]) -> None:
    """Index and manifest of these records."""
    data = Index.serialise(records)
    manifest = Manifest.parse((home / "manifest.json").read_bytes())
    root, digest = RecordTree(records).root().hex(), sha256(data).hexdigest()
    anew = replace(manifest, records=len(records), root=root, index=digest)
    (home / "index.jsonl").write_bytes(data)
    (home / "manifest.json").write_bytes(anew.canonical())


def dropped_from_the_excerpt(folder: Path) -> None:
    """A fragment in the middle, with its record, its path and its place."""
    home = folder / f"data/excerpts/{EVIDENCE}"
    excerpt = Excerpt.parse((home / "records.jsonl").read_bytes())
    number = next(
        n for n, one in enumerate(excerpt.records) if one.kind == "media" and one.start == 3 * made.SECOND
    )
    given = pieces(home, excerpt.records)
    put(home, given[:number] + given[number + 1 :])
    kept = [n for n in range(len(given)) if n != number]
    lines_ = Excerpt.serialise([excerpt.records[n] for n in kept], [excerpt.paths[n] for n in kept])
    (home / "records.jsonl").write_bytes(lines_)


def file(name: str, altered: str, alter: Make, expected: Expected) -> Case:
    return Case(name, altered, expected, alter=listed(alter))


CASES = (
    file(
        "manifest-of-another-interview",
        "Another interview in the manifest.",
        changed(MANIFEST, INTERVIEW.encode(), b"11" * 16),
        NOT_SEALED,
    ),
    file(
        "manifest-interrupted",
        "The manifest says that it was interrupted.",
        changed(MANIFEST, b"complete", b"interrupted"),
        NOT_SEALED,
    ),
    file(
        "index-other-time",
        "Another time of a record in the index.",
        changed(INDEX, b'"start":4000000', b'"start":4000001'),
        NOT_INDEXED,
    ),
    file(
        "index-other-leaf",
        "Another leaf of a record in the index.",
        substituted(INDEX, r'("leaf":")....', r"\g<1>0000"),
        NOT_INDEXED,
    ),
    file(
        "index-record-missing",
        "The last record is not in the index.",
        lines(INDEX, lambda each: each[:-1]),
        refused(11, "Incomplete", "the index has 24 of 25 records"),
    ),
    file(
        "index-records-exchanged",
        "Two records of the index exchanged.",
        lines(INDEX, swap_lines(8, 9)),
        refused(11, "Malformed", "index line 9: record 8 is expected, this is record 9"),
    ),
    file(
        "record-dropped-with-all-that-names-it",
        "A fragment is dropped, with all that names it; what follows is numbered anew.",
        without(16),
        NOT_SEALED,
    ),
    file(
        "tail-dropped-with-all-that-names-it",
        "The last second is dropped, with all that names it.",
        without(22, 23, 24),
        NOT_SEALED,
    ),
    file(
        "event-dropped-with-all-that-names-it",
        "An event is dropped, with all that names it.",
        without(18),
        NOT_SEALED,
    ),
    file(
        "header-other-epoch",
        "Another hour at which the recording began.",
        changed(f"{HOME}/header.json", b"T19:15", b"T20:15"),
        refused(12, "Altered", "the header is not what was recorded", f"{HOME}/header.json"),
    ),
    file(
        "header-longer",
        "A longer name of a codec in the header.",
        changed(f"{HOME}/header.json", b"opus", b"opus.ogg"),
        refused(12, "NotProved", "the header does not lie where it must", f"{HOME}/header.json"),
    ),
    file(
        "event-other-word",
        "Another word in a mark.",
        changed(EVENTS, b"names him", b"names you"),
        refused(12, "Altered", "the event is not what was recorded", at("events.jsonl", 18, 3)),
    ),
    file(
        "event-dropped",
        "An event is dropped.",
        lines(EVENTS, lambda each: each[:1]),
        refused(12, "Incomplete", "the event is missing: the file ends before it", at("events.jsonl", 18, 3)),
    ),
    file(
        "event-added",
        "An event is added.",
        lines(EVENTS, lambda each: [*each, each[0]]),
        refused(12, "Altered", "events.jsonl has more in it than the events recorded", EVENTS),
    ),
    file(
        "events-exchanged",
        "Two events exchanged.",
        lines(EVENTS, swap_lines(0, 1)),
        refused(12, "Altered", "the event is not what was recorded", at("events.jsonl", 10, 2)),
    ),
    Case(
        "excerpt-fragment-dropped-with-all-that-names-it",
        "A fragment of the excerpt is dropped, with its record, path and place.",
        refused(12, "Malformed", "record 11, 00:00:02: lies before the excerpt, and nothing in it needs it"),
        centers.excerpt,
        listed(dropped_from_the_excerpt),
    ),
)
