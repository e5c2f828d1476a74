"""Photographs and documents: files beside a recording or alone, altered, exchanged, and misstated."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_of_custody.items.file_manifest import LARGE, RECIPE, SMALL
from chain_of_custody.items.recording_manifest import Index
from chain_of_custody.package.contents import FOLDERS
from chain_of_custody.package.record_layout import FileLayout, Opened
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import flipped, listed, removed, renamed, write
from tests.support.packages.court_packages import EVIDENCE, INTERVIEW, OTHER_CASE, SYSTEM, File
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, Case, Make, refused, unwitnessed
from tests.vectors.packages.cases import SMALL as SMALL_CENTER
from tests.vectors.packages.centers import STAMPED, Deployment, export_otherwise, honest, plant

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAaklEQVR42hWMQREAQQzCqqRKUBIl"
    "VYISlKDo9niSTGaGHTQw3OAhQ4eZZRctLLd4ydJ9QKyQQJywiKge+NV3/jswBPrCc+yh++87fOTo"
    "PWDWyL98xiamfiBsUP7EBYeE5oGyRf3DV1xSWj4Df0sBGwJqRQAAAABJRU5ErkJggg=="
)
"""A small picture."""
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) + b"\xff\xd9"
"""What begins and ends as one, and is looked at by nobody."""
PHOTOGRAPH, OTHER, DOCUMENT = "f0" * 16, "f1" * 16, "f2" * 16
HOME, OTHER_HOME = f"data/photographs/{PHOTOGRAPH}", f"data/photographs/{OTHER}"
PAPERS = f"data/documents/{DOCUMENT}"
FOREIGN = "a file that does not belong in a court package"
PIECE = "the piece is not what was sealed"


def photograph(evidence: str = PHOTOGRAPH, body: bytes = JPEG, **other: Any) -> File:
    options: dict[str, Any] = {"made": {SMALL: JPEG[:70], LARGE: JPEG[:130]}, **other}
    return File(evidence, body=body, **options)


def document(**other: Any) -> File:
    options: dict[str, Any] = {"file_kind": "document", "format": "pdf", "name": "form.pdf", **other}
    return File(DOCUMENT, body=b"%PDF-1.7 a form, filled in", **options)


def taken(center: Deployment, *files: File, **wrong: Any) -> None:
    """They are sealed, and the first is opened by somebody."""
    for file in files:
        if not file.records:
            file.write()
        center.seal_file(file, **wrong)
    center.say("evidence.viewed", files[0].evidence, {})


def with_a_recording(folder: Path) -> None:
    """A recording, two photographs and a document; all stamped."""
    center, recording = honest()
    files = photograph(), photograph(OTHER, PNG, format="png", made={}, name="scale.png"), document()
    taken(center, *files)
    center.stamp(at=STAMPED + timedelta(minutes=30))
    center.export(folder, [recording, *files])


def alone(folder: Path, *files: File, **wrong: Any) -> None:
    """Photographs without a recording, of a small center."""
    center = Deployment.small()
    centers.enrol(center)
    files = files or (photograph(),)
    taken(center, *files, **wrong)
    center.export(folder, files)


def of_one_number(folder: Path) -> None:
    alone(folder, photograph(), photograph(OTHER, PNG, format="png", made={}), number=1)


def intimate(folder: Path) -> None:
    alone(folder, photograph(made={}), intimate=True, agreed=True)


def not_stamped(folder: Path) -> None:
    """The seal of a photograph came after the timestamp."""
    center, recording = honest()
    file = photograph()
    taken(center, file)
    center.export(folder, [recording, file])


def lying(change: Callable[[Deployment, File], object], make: Callable[[], File] = photograph) -> Make:
    """A center that says something else of a photograph than it should, and signs it. The package's writer,
    which would refuse some of it, is given what `change` does not touch."""

    def alter(folder: Path) -> None:
        center = Deployment.small()
        centers.enrol(center)
        file = make()
        change(center, file)
        center.export(folder, [file])

    return alter


def sealed_otherwise(make: Callable[[], File] = photograph, **wrong: Any) -> Make:
    def change(center: Deployment, file: File) -> None:
        file.write()
        center.seal_file(file, **wrong)

    return lying(change, make)


def honestly(center: Deployment, file: File) -> None:
    file.write()
    center.seal_file(file)


def exchanged(
    liar: File,
    more: Callable[[File], object] = lambda file: None,
    honest_one: Callable[[], File] = photograph,
) -> Make:
    """A file that the package's writer would refuse, and that was sealed, in an honest one's place."""

    def alter(folder: Path) -> None:
        center, before = Deployment.small(), honest_one()
        centers.enrol(center)
        before.write()
        file = replace(liar, records=[], opened=[], _next={}, _inits={})
        file.write()
        more(file)
        center.seal_file(file)
        center.export(folder, [before])
        kind = before.manifest.kind
        home, layout = folder / "data" / FOLDERS[kind] / before.evidence, FileLayout(kind, file.format)
        lines = []
        for record, salt, content in file.opened:
            name, offset = layout.place(record, len(content))
            lines.append(Opened(record.index, name, offset, len(content), salt).canonical() + b"\n")
        events = [content + b"\n" for record, _, content in file.opened if record.kind == "event"]
        (home / "events.jsonl").write_bytes(b"".join(events))
        (home / "opened.jsonl").write_bytes(b"".join(lines))
        (home / "index.jsonl").write_bytes(file.index)
        (home / "manifest.json").write_bytes(file.manifest.canonical())
        made.list_again(folder)

    return alter


def header_of_another(make: Callable[[], File] = photograph, **header: Any) -> Make:
    def change(center: Deployment, file: File) -> None:
        file.write(**header)
        center.seal_file(file)

    return lying(change, make)


def followed_by(say: Callable[[Deployment, File], object], make: Callable[[], File] = photograph) -> Make:
    """A file whose chain has a further statement."""

    def alter(folder: Path) -> None:
        center = Deployment.small()
        centers.enrol(center)
        file = make()
        taken(center, file)
        say(center, file)
        center.export(folder, [file])

    return alter


def sealed_again(center: Deployment, file: File) -> None:
    center.seal_file(file)


def recorded(center: Deployment, file: File) -> None:
    center.say("recording.progress", file.evidence, {"records": len(file.records), "root": file.root()})


def sealed_within(about: str) -> Make:
    """A photograph's seal in a chain that has another beginning."""

    def alter(folder: Path) -> None:
        center, recording = honest(Deployment.small())
        file = photograph()
        file.write()
        center.say("photograph.sealed", about, {**file.sealed(), "intimate": False}, actor=SYSTEM)
        center.export(folder, [recording])

    return alter


def viewed_first(folder: Path) -> None:
    """A photograph was opened before it was sealed."""
    center = Deployment.small()
    centers.enrol(center)
    file = photograph()
    file.write()
    center.say("evidence.viewed", file.evidence, {})
    center.seal_file(file)
    center.export(folder, [file])


def as_an_excerpt(folder: Path) -> None:
    center, recording = honest(Deployment.small())
    file = photograph()
    taken(center, file)
    center.export(folder, [recording, file])
    export_otherwise(center, folder, file.evidence, excerpt={"from": 0, "to": 1})


def as_a_document(folder: Path) -> None:
    shutil.move(folder / HOME, folder / f"data/documents/{PHOTOGRAPH}")


def twice(folder: Path) -> None:
    shutil.copytree(folder / HOME, folder / f"data/documents/{PHOTOGRAPH}")


def swapped(name: str) -> Make:
    """A file of one photograph in the place of the other's, and the other way round."""

    def alter(folder: Path) -> None:
        one, other = folder / HOME / name, folder / OTHER_HOME / name
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(content)

    return alter


def pictures_swapped(folder: Path) -> None:
    """The contents of both originals, each under the other's name, with whatever anybody can compute anew."""
    one, other = folder / HOME / "original.jpeg", folder / OTHER_HOME / "original.png"
    content = one.read_bytes()
    one.write_bytes(other.read_bytes().ljust(len(content), b"\0")[: len(content)])
    other.write_bytes(content[: other.stat().st_size].ljust(other.stat().st_size, b"\0"))


def cut(path: str, count: int) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        content = (folder / path).read_bytes()
        (folder / path).write_bytes(content[:count] if count < 0 else content + bytes(count))

    return alter


def dropped(folder: Path) -> None:
    """The last piece of the large picture, with its line, from everything that needs no key."""
    home = folder / HOME
    records = Index.parse((home / "index.jsonl").read_bytes()).records
    (home / "index.jsonl").write_bytes(Index.serialise(records[:-1]))
    lines = (home / "opened.jsonl").read_bytes().splitlines(keepends=True)
    (home / "opened.jsonl").write_bytes(b"".join(lines[:-1]))


def without(path: str) -> Callable[[Path], None]:
    return lambda folder: shutil.rmtree(folder / path)


def planted(folder: Path) -> None:
    """Its newest opening is in the chain, and signed, and comes after the package was made."""
    center = Deployment.small()
    centers.enrol(center)
    file = photograph()
    taken(center, file)
    plant(center, file, folder)


def rehashed(**wrong: Any) -> Make:
    def alter(folder: Path) -> None:
        center = Deployment.small()
        centers.enrol(center)
        file = photograph()
        taken(center, file)
        centers.rehash(center, file, **wrong)
        center.export(folder, [file])

    return alter


def case(
    name: str, altered: str, alter: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    return Case(name, altered, refused(step, kind, reason, where), with_a_recording, listed(alter))


def lie(
    name: str, altered: str, make: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    return Case(name, altered, refused(step, kind, reason, where), make, policy=SMALL_CENTER)


CASES = (
    Case(
        "photograph-intact", "Nothing: a recording, two photographs and a document.", INTACT, with_a_recording
    ),
    Case(
        "photograph-intact-alone",
        "Nothing: a photograph without a recording.",
        INTACT,
        alone,
        policy=SMALL_CENTER,
    ),
    Case(
        "photograph-intact-intimate",
        "Nothing: an intimate photograph, in one record each, with no smaller pictures.",
        INTACT,
        intimate,
        policy=SMALL_CENTER,
    ),
    Case(
        "photograph-intact-rehashed",
        "Nothing: a photograph that was committed to anew with SHA-512.",
        INTACT,
        rehashed(),
        policy=SMALL_CENTER,
    ),
    Case(
        "photograph-not-stamped",
        "A photograph was sealed after the only timestamp, where the policy asks for one.",
        unwitnessed("0 authorities have timestamped its seal, the policy asks for 1", "statement 8"),
        not_stamped,
    ),
    case(
        "photograph-bit-in-original",
        "A bit of a photograph.",
        flipped(f"{HOME}/original.jpeg", 100),
        12,
        "Altered",
        PIECE,
        f"{HOME}/original.jpeg, record 2",
    ),
    case(
        "photograph-bit-in-small-picture",
        "A bit of the small picture made from a photograph.",
        flipped(f"{HOME}/small.jpeg", 10),
        12,
        "Altered",
        PIECE,
        f"{HOME}/small.jpeg, record 6",
    ),
    case(
        "photograph-bits-in-both-pictures",
        "A bit of each picture made from a photograph.",
        lambda folder: (
            made.flip(folder / HOME / "small.jpeg", 10),
            made.flip(folder / HOME / "large.jpeg", 128),
        ),
        12,
        "Altered",
        f"{PIECE}, nor are 1 others",
        f"{HOME}/small.jpeg, record 6",
    ),
    case(
        "photograph-bit-in-document",
        "A bit of a document.",
        flipped(f"{PAPERS}/original.pdf", -1),
        12,
        "Altered",
        PIECE,
        f"{PAPERS}/original.pdf, record 1",
    ),
    case(
        "photograph-bit-in-name",
        "The file's own name.",
        lambda folder: made.substitute(folder / HOME / "events.jsonl", b"exam.jpg", b"exan.jpg"),
        12,
        "Altered",
        "the event is not what was sealed",
        f"{HOME}/events.jsonl, record 5",
    ),
    case(
        "photograph-header-of-another-purpose",
        "The purpose that a photograph was taken for.",
        lambda folder: made.substitute(folder / HOME / "header.json", b"examination", b"examinatiom"),
        12,
        "Altered",
        "the header is not what was sealed",
        f"{HOME}/header.json",
    ),
    case(
        "photograph-salt",
        "A salt.",
        lambda folder: _first_salt(folder / HOME / "opened.jsonl"),
        12,
        "Altered",
        PIECE,
        f"{HOME}/original.jpeg, record 1",
    ),
    case(
        "photograph-events-longer",
        "A line more behind the event.",
        cut(f"{HOME}/events.jsonl", 1),
        12,
        "Altered",
        "events.jsonl has more in it than the event sealed",
        f"{HOME}/events.jsonl, record 5",
    ),
    case(
        "photograph-events-cut",
        "The event's newline is missing.",
        cut(f"{HOME}/events.jsonl", -1),
        12,
        "Incomplete",
        "the event is missing: the file ends before it",
        f"{HOME}/events.jsonl, record 5",
    ),
    case(
        "photograph-cut",
        "The last bytes of a photograph are missing.",
        cut(f"{HOME}/original.jpeg", -3),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{HOME}/original.jpeg, record 4",
    ),
    case(
        "photograph-longer",
        "Something stands behind a photograph.",
        cut(f"{HOME}/original.jpeg", 3),
        13,
        "Altered",
        "there is something behind the last piece",
        f"{HOME}/original.jpeg",
    ),
    case(
        "photograph-original-missing",
        "A photograph is missing, and not listed.",
        removed(f"{HOME}/original.jpeg"),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{HOME}/original.jpeg, record 1",
    ),
    case(
        "photograph-small-picture-missing",
        "A picture made from a photograph is missing, and not listed.",
        removed(f"{HOME}/small.jpeg"),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{HOME}/small.jpeg, record 6",
    ),
    case(
        "photograph-index-missing",
        "A photograph's index is missing, and not listed.",
        removed(f"{HOME}/index.jsonl"),
        2,
        "Incomplete",
        "a file of the item is missing",
        f"{HOME}/index.jsonl",
    ),
    case(
        "photograph-second-original",
        "A second original, of another format.",
        write(f"{HOME}/original.png", PNG),
        13,
        "Altered",
        "no record of the photograph lies in this file",
        f"{HOME}/original.png",
    ),
    case(
        "photograph-picture-more",
        "A small picture, where none was made.",
        write(f"{OTHER_HOME}/small.jpeg", JPEG),
        13,
        "Altered",
        "no record of the photograph lies in this file",
        f"{OTHER_HOME}/small.jpeg",
    ),
    case(
        "photograph-under-another-format",
        "A photograph under another format's name.",
        renamed(f"{HOME}/original.jpeg", f"{HOME}/original.png"),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{HOME}/original.jpeg, record 1",
    ),
    case(
        "photograph-of-no-format",
        "A program beside a photograph.",
        write(f"{HOME}/original.exe"),
        2,
        "Altered",
        FOREIGN,
        f"{HOME}/original.exe",
    ),
    case(
        "photograph-film-beside",
        "A film beside a photograph.",
        write(f"{HOME}/wide.mp4"),
        2,
        "Altered",
        FOREIGN,
        f"{HOME}/wide.mp4",
    ),
    case(
        "photograph-picture-in-a-recording",
        "A photograph in a recording's folder.",
        write(f"data/recordings/{EVIDENCE}/original.jpeg", JPEG),
        2,
        "Altered",
        FOREIGN,
        f"data/recordings/{EVIDENCE}/original.jpeg",
    ),
    case(
        "photograph-viewing-copy",
        "A viewing copy of a photograph.",
        write(f"data/viewing/{PHOTOGRAPH}.mp4"),
        2,
        "Altered",
        "a viewing copy of what is not here",
        f"data/viewing/{PHOTOGRAPH}.mp4",
    ),
    case(
        "photograph-as-a-document",
        "A photograph in a document's folder.",
        as_a_document,
        7,
        "NotProved",
        "the chain does not begin with the seal of a document",
        "statement 8",
    ),
    case(
        "photograph-twice",
        "A photograph, and the same as a document.",
        twice,
        2,
        "Altered",
        "it is here as two kinds of item",
        f"evidence {PHOTOGRAPH}",
    ),
    case(
        "photograph-left-out",
        "A photograph is left out; its statements are here.",
        without(HOME),
        7,
        "NotProved",
        "the statement belongs to none of the items here",
        "statement 8",
    ),
    case(
        "photograph-manifest-of-another",
        "The manifests of two photographs, exchanged.",
        swapped("manifest.json"),
        11,
        "Altered",
        "the manifest is not the one that was sealed",
        f"{HOME}/manifest.json",
    ),
    case(
        "photograph-index-of-another",
        "The indices of two photographs, exchanged.",
        swapped("index.jsonl"),
        11,
        "Incomplete",
        "the index has 5 of 11 records",
    ),
    case(
        "photograph-originals-swapped",
        "Two photographs, each under the other's name.",
        pictures_swapped,
        12,
        "Altered",
        f"{PIECE}, nor are 3 others",
        f"{HOME}/original.jpeg, record 1",
    ),
    case(
        "photograph-piece-dropped",
        "The last piece of a picture, from index and contents.",
        dropped,
        11,
        "Incomplete",
        "the index has 10 of 11 records",
    ),
    lie(
        "photograph-sealed-twice",
        "A photograph is sealed once more.",
        followed_by(sealed_again),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "photographs-of-one-number",
        "Two photographs are number 1 of their case.",
        of_one_number,
        7,
        "NotProved",
        "another photograph is also number 1 of its case",
        "statement 2",
    ),
    lie(
        "photograph-recorded",
        "Something was recorded in a photograph's chain.",
        followed_by(recorded),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "photograph-sealed-in-a-recording",
        "A photograph's seal stands in a recording's chain.",
        sealed_within(EVIDENCE),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "photograph-sealed-in-an-interview",
        "A photograph's seal stands in an interview's chain.",
        sealed_within(INTERVIEW),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "photograph-opened-before-its-seal",
        "A photograph was opened before it was sealed.",
        viewed_first,
        7,
        "NotProved",
        "the chain does not begin with the seal of a photograph",
        "statement 1",
    ),
    lie(
        "photograph-sealed-as-a-document",
        "A photograph's chain begins as a document's.",
        lying(
            lambda center, file: (file.write(), center.say("document.sealed", file.evidence, file.sealed()))
        ),
        7,
        "NotProved",
        "the chain does not begin with the seal of a photograph",
        "statement 1",
    ),
    lie(
        "photograph-of-another-case",
        "The seal names another case than the manifest.",
        lying(honestly, lambda: photograph(case=OTHER_CASE)),
        11,
        "NotProved",
        "the manifest is of another file than its statements",
        f"{HOME}/manifest.json",
    ),
    lie(
        "photograph-seal-of-fewer-records",
        "The seal names fewer records than the manifest.",
        sealed_otherwise(records=10),
        11,
        "NotProved",
        "manifest and seal name different records",
        f"{HOME}/manifest.json",
    ),
    lie(
        "photograph-seal-of-another-root",
        "The seal names another root than the manifest.",
        sealed_otherwise(root="00" * 32),
        11,
        "NotProved",
        "manifest and seal name different records",
        f"{HOME}/manifest.json",
    ),
    lie(
        "photograph-header-of-another-case",
        "A photograph's header names another case.",
        header_of_another(case=OTHER_CASE),
        12,
        "NotProved",
        "the header is of another file",
        f"{HOME}/header.json",
    ),
    lie(
        "photograph-header-of-a-document",
        "A photograph's header is that of a document.",
        header_of_another(kind="document"),
        12,
        "NotProved",
        "the header is of another file",
        f"{HOME}/header.json",
    ),
    Case(
        "photograph-intact-long-name",
        "Nothing: a file's name of 255 characters, each outside of the basic plane.",
        INTACT,
        lying(honestly, lambda: photograph(name="\U0001f4f7" * 255)),
        policy=SMALL_CENTER,
    ),
    lie(
        "photograph-with-too-long-a-name",
        "A file's name of 256 characters.",
        exchanged(photograph(name="x" * 256)),
        12,
        "Malformed",
        "file: a name that is too long, or nothing read",
    ),
    lie(
        "photograph-told-with-more",
        "The event says more than a file is told by.",
        exchanged(photograph(told={"taken": "2026"})),
        12,
        "Malformed",
        "file: keys differ (missing: none; not known: taken)",
    ),
    lie(
        "photograph-told-as-empty",
        "The event gives the size 0.",
        exchanged(photograph(told={"size": 0})),
        12,
        "Malformed",
        "file size: not a whole number from 1 to 9007199254740991",
    ),
    lie(
        "photograph-told-as-another-format",
        "The event names another format than the seal.",
        exchanged(photograph(told={"format": "png"})),
        12,
        "NotProved",
        "the event names another format than the seal",
        f"{HOME}/events.jsonl, record 5",
    ),
    lie(
        "photograph-told-as-another",
        "The event gives another SHA-256 than the photograph has.",
        exchanged(photograph(told={"sha256": "00" * 32})),
        13,
        "NotProved",
        "it has another SHA-256 than was sealed with it",
        f"{HOME}/original.jpeg",
    ),
    lie(
        "photograph-told-twice",
        "A photograph has two events.",
        exchanged(photograph(), lambda file: file.event("note", 0, text="more")),
        11,
        "Malformed",
        "index: not the records of one file",
    ),
    lie(
        "photograph-of-a-fourth-track",
        "A photograph has a piece on the track of recipes, which derivatives alone have.",
        exchanged(photograph(), lambda file: file.add("piece", b"more", RECIPE)),
        11,
        "Malformed",
        "index: not the records of one file",
    ),
    lie(
        "photograph-of-a-fifth-track",
        "A photograph has pieces on a track that there is not.",
        exchanged(photograph(), lambda file: file.add("piece", b"more", 5)),
        11,
        "Malformed",
        "index: not the records of one file",
    ),
    lie(
        "photograph-of-unknown-format",
        "The seal names a format that no photograph here may have.",
        sealed_otherwise(format="gif"),
        12,
        "Malformed",
        "a format that has no place in a court package: gif",
    ),
    lie(
        "photograph-sealed-as-another-format",
        "The seal names another format than the file's name.",
        sealed_otherwise(format="png"),
        12,
        "NotProved",
        "its content does not lie where it must",
        f"{HOME}/original.png, record 1",
    ),
    lie(
        "photograph-told-as-another-size",
        "A photograph's event gives another size.",
        lying(honestly, lambda: photograph(told={"size": len(JPEG) + 1})),
        13,
        "NotProved",
        "it has another size than was sealed with it",
        f"{HOME}/original.jpeg",
    ),
    lie(
        "photograph-exported-as-an-excerpt",
        "A photograph is exported as an excerpt.",
        as_an_excerpt,
        14,
        "NotProved",
        "it was exported as an excerpt, and is here whole",
        "statement 9",
    ),
    lie(
        "photograph-opened-after-the-export",
        "A photograph was opened after the package had been made, and its export says otherwise.",
        planted,
        14,
        "Altered",
        "the package is not the one that was exported",
        "statement 3",
    ),
    lie(
        "photograph-rehashed-as-another",
        "A photograph was committed to anew as another one.",
        rehashed(root="00" * 64),
        12,
        "Altered",
        "the recording is not the one that was rehashed",
        "statement 3",
    ),
)


def _first_salt(path: Path) -> None:
    """Another salt for the first piece."""
    lines = path.read_bytes().splitlines(keepends=True)
    salt = base64.b64encode(sha256(b"another").digest()[:16])
    start = lines[1].index(b'"salt":"') + len(b'"salt":"')
    lines[1] = lines[1][:start] + salt + lines[1][start + 24 :]
    path.write_bytes(b"".join(lines))
