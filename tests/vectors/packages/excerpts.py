"""Excerpts: altered by people without keys, and misstated by centers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from chain_of_custody.items.excerpt import Excerpt, choose
from chain_of_custody.package.contents import package_digest
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import changed, flipped, lines, listed, removed, swap_lines
from tests.support.packages.court_packages import EVIDENCE, Cut
from tests.vectors.packages import centers, records
from tests.vectors.packages.cases import SMALL, Case, Expected, Make, base, refused
from tests.vectors.packages.centers import CUT, Deployment, export_otherwise, sealed
from tests.vectors.packages.media import at

HOME, WHOLE = f"data/excerpts/{EVIDENCE}", f"data/recordings/{EVIDENCE}"
RECORDS = f"{HOME}/records.jsonl"


def cut(name: str, altered: str, alter: Make, expected: Expected) -> Case:
    """Somebody without keys alters the excerpt, and makes the lists anew."""
    return Case(name, altered, expected, centers.excerpt, listed(alter))


def other_leaf(each: list[bytes]) -> list[bytes]:
    value = json.loads(each[0])
    value["record"]["leaf"] = "00" * 32
    return [json.dumps(value, separators=(",", ":")).encode() + b"\n", *each[1:]]


def other_path(each: list[bytes]) -> list[bytes]:
    """The next record's path."""
    first, second = json.loads(each[5]), json.loads(each[6])
    first["path"] = second["path"]
    return [*each[:5], json.dumps(first, separators=(",", ":")).encode() + b"\n", *each[6:]]


def short_path(each: list[bytes]) -> list[bytes]:
    first = json.loads(each[5])
    first["path"].pop()
    return [*each[:5], json.dumps(first, separators=(",", ":")).encode() + b"\n", *each[6:]]


def where_whole_ones_lie(folder: Path) -> None:
    (folder / "data/recordings").mkdir()
    (folder / HOME).rename(folder / WHOLE)


def where_excerpts_lie(folder: Path) -> None:
    (folder / "data/excerpts").mkdir()
    (folder / WHOLE).rename(folder / HOME)


def with_the_whole_beside(folder: Path) -> None:
    shutil.copytree(base(centers.whole) / WHOLE, folder / WHOLE)


def whole_in_its_place(folder: Path) -> None:
    """The whole recording, where the excerpt was exported; its viewing copies with it."""
    shutil.rmtree(folder / "data/excerpts")
    shutil.rmtree(folder / "data/viewing")
    for part in ("recordings", "viewing"):
        shutil.copytree(base(centers.whole) / "data" / part, folder / "data" / part)


def misstated(extent: tuple[int, int] | None) -> Make:
    """The export says another extent than what is here."""

    def make(folder: Path) -> None:
        center, recording = sealed(Deployment.small())
        center.export(folder, [Cut(recording, *CUT)])
        stated = None if extent is None else {"from": extent[0], "to": extent[1]}
        export_otherwise(center, folder, excerpt=stated)

    return make


def early_init(folder: Path) -> None:
    """A center gives one record more, with its path, contents and place, and exports that."""
    center, recording = sealed(Deployment.small())
    assert recording.header is not None
    right = choose(recording.records, recording.header, *CUT)
    early = recording.records[1]
    assert early.kind == "init" and early not in right
    given = list(recording.excerpt_of((right[0], early, *right[1:])).opened)
    center.export(folder, [Cut(recording, *CUT)])
    records.put(folder / HOME, [records.Piece(*one[:3]) for one in given])
    lines_ = Excerpt.serialise([one[0] for one in given], [one[3] for one in given])
    (folder / RECORDS).write_bytes(lines_)
    made.list_again(folder)
    payload = [line.split("  ") for line in (folder / "manifest-sha256.txt").read_text().splitlines()]
    digest = package_digest({path: digest for digest, path in payload}, [len(center.leaves) - 1])
    export_otherwise(center, folder, package=digest)


CASES = (
    cut(
        "excerpt-film-bit",
        "A bit of the excerpt's film.",
        flipped(f"{HOME}/close.mp4", -1),
        refused(
            12,
            "Altered",
            "the fragment is not what was recorded",
            at("close.mp4", 16, 3, HOME),
        ),
    ),
    cut(
        "excerpt-hole",
        "A record in the middle is left out.",
        lines(RECORDS, lambda each: [*each[:6], *each[7:]]),
        refused(12, "Malformed", "record 12, 00:00:02: lies before the excerpt, and nothing in it needs it"),
    ),
    cut(
        "excerpt-last-record-missing",
        "The last record is left out.",
        lines(RECORDS, lambda each: each[:-1]),
        refused(12, "Incomplete", "the contents of 11 of 10 records are given", f"evidence {EVIDENCE}"),
    ),
    cut(
        "excerpt-header-missing",
        "The header is left out.",
        lines(RECORDS, lambda each: each[1:]),
        refused(12, "Malformed", "records.jsonl: the header, record 0, does not come first"),
    ),
    cut(
        "excerpt-init-missing",
        "An init segment that a film needs is left out.",
        lines(RECORDS, lambda each: [each[0], *each[2:]]),
        refused(
            12, "Malformed", "record 13, 00:00:02: the init segment that it needs is not the newest given"
        ),
    ),
    cut(
        "excerpt-record-twice",
        "The last record is there twice.",
        lines(RECORDS, lambda each: [*each, each[-1]]),
        refused(12, "Malformed", "record 18, 00:00:03: it does not come after record 18"),
    ),
    cut(
        "excerpt-records-exchanged",
        "Two records exchanged.",
        lines(RECORDS, swap_lines(5, 6)),
        refused(12, "Malformed", "record 13, 00:00:02: it does not come after record 14"),
    ),
    cut(
        "excerpt-leaf",
        "A record has another leaf.",
        lines(RECORDS, other_leaf),
        refused(
            12,
            "Altered",
            "the record is not shown to be in the recording: the proof does not lead to the signed root",
            "record 0, 00:00:00",
        ),
    ),
    cut(
        "excerpt-path-of-another-record",
        "A record has the next one's path.",
        lines(RECORDS, other_path),
        refused(
            12,
            "Altered",
            "the record is not shown to be in the recording: the proof does not lead to the signed root",
            "record 13, 00:00:02",
        ),
    ),
    cut(
        "excerpt-path-a-hash-less",
        "A hash of a record's path is missing.",
        lines(RECORDS, short_path),
        refused(
            12,
            "Altered",
            "the record is not shown to be in the recording: hashes are missing from the proof",
            "record 13, 00:00:02",
        ),
    ),
    cut(
        "excerpt-time",
        "A record has another time.",
        changed(RECORDS, b'"start":3000000', b'"start":3000001'),
        refused(
            12,
            "Altered",
            "the fragment is not what was recorded",
            at("wide.mp4", 15, 3, HOME),
        ),
    ),
    cut(
        "excerpt-of-fewer-records",
        "The manifest says that the recording has no more records than are here.",
        changed(f"{HOME}/manifest.json", b'"records":25', b'"records":11'),
        refused(11, "Altered", "the manifest is not the one that was sealed", f"{HOME}/manifest.json"),
    ),
    cut(
        "excerpt-without-records",
        "The records are left out.",
        removed(RECORDS),
        refused(2, "Incomplete", "a file of the item is missing", RECORDS),
    ),
    cut(
        "excerpt-as-whole",
        "The excerpt lies where whole recordings lie.",
        where_whole_ones_lie,
        refused(2, "Incomplete", "a file of the item is missing", f"{WHOLE}/index.jsonl"),
    ),
    cut(
        "excerpt-with-the-whole-beside",
        "The whole recording lies beside its excerpt.",
        with_the_whole_beside,
        refused(2, "Altered", "it is here as two kinds of item", f"evidence {EVIDENCE}"),
    ),
    cut(
        "excerpt-replaced-by-the-whole",
        "The whole recording in the excerpt's place.",
        whole_in_its_place,
        refused(14, "Altered", "the package is not the one that was exported", "statement 8"),
    ),
    Case(
        "whole-as-excerpt",
        "The whole recording lies where excerpts lie.",
        refused(2, "Incomplete", "a file of the item is missing", RECORDS),
        alter=listed(where_excerpts_lie),
    ),
    Case(
        "excerpt-exported-whole",
        "The export says that the recording is whole.",
        refused(14, "NotProved", "it was exported whole, and here is an excerpt", "statement 5"),
        misstated(None),
        policy=SMALL,
    ),
    Case(
        "excerpt-of-earlier",
        "The export says that it begins earlier.",
        refused(14, "NotProved", "the excerpt begins later than what was exported", "statement 5"),
        misstated((1_500_000, CUT[1])),
        policy=SMALL,
    ),
    Case(
        "excerpt-of-longer",
        "The export says that it ends later.",
        refused(14, "NotProved", "the excerpt ends earlier than what was exported", "statement 5"),
        misstated((CUT[0], 5_500_000)),
        policy=SMALL,
    ),
    Case(
        "excerpt-with-an-early-init",
        "A center gives an init segment that nothing in it needs.",
        refused(12, "Malformed", "record 1, 00:00:00: lies before the excerpt, and nothing in it needs it"),
        early_init,
        policy=SMALL,
    ),
)
