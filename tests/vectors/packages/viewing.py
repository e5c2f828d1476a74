"""Viewing copies, and the file that says where each content lies."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages.alterations import (
    HOME,
    changed,
    flipped,
    lines,
    listed,
    removed,
    renamed,
    substituted,
)
from tests.support.packages.court_packages import EVIDENCE
from tests.vectors.packages.cases import Case, refused
from tests.vectors.packages.media import MISSING, altered, at

VIEWING = f"data/viewing/{EVIDENCE}"
PLACE = "its content does not lie where it must"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


CASES = (
    Case(
        "viewing-bit-in-its-header",
        "A bit of the viewing copy's own header.",
        refused(
            13, "Altered", "the viewing copy differs from what was recorded", f"{VIEWING}.mp4, its header"
        ),
        alter=listed(flipped(f"{VIEWING}.mp4", 60)),
    ),
    Case(
        "viewing-bit-in-picture",
        "The last bit of the second viewing copy.",
        refused(
            13, "Altered", "the viewing copy differs from what was recorded", f"{VIEWING}-2.mp4, record 24"
        ),
        alter=listed(flipped(f"{VIEWING}-2.mp4", -1)),
    ),
    Case(
        "viewing-cut-short",
        "The viewing copy ends a byte early.",
        refused(13, "Altered", "the viewing copy is not as long as what was recorded", f"{VIEWING}.mp4"),
        alter=listed(lambda folder: cut(folder / f"{VIEWING}.mp4")),
    ),
    Case(
        "viewing-one-missing",
        "The second viewing copy is missing.",
        refused(13, "Incomplete", "a viewing copy is missing", f"{VIEWING}-2.mp4"),
        alter=listed(removed(f"{VIEWING}-2.mp4")),
    ),
    Case(
        "viewing-one-more",
        "A third viewing copy.",
        refused(
            13,
            "Altered",
            "there is no part of the recording that this viewing copy could be of",
            f"{VIEWING}-3.mp4",
        ),
        alter=listed(renamed(f"{VIEWING}.mp4", f"{VIEWING}-3.mp4", copy=True)),
    ),
    Case(
        "viewing-of-another",
        "A viewing copy of a recording that is not here.",
        refused(2, "Altered", "a viewing copy of what is not here", f"data/viewing/{'e1' * 16}.mp4"),
        alter=listed(renamed(f"{VIEWING}.mp4", f"data/viewing/{'e1' * 16}.mp4", copy=True)),
    ),
    Case(
        "opened-salt",
        "A bit of a salt.",
        altered("close.mp4", 2, 0),
        alter=listed(substituted(f"{HOME}/opened.jsonl", r'("index":2,.*"salt":")(.)', r"\g<1>0")),
    ),
    Case(
        "opened-offset",
        "A content said to lie elsewhere.",
        refused(12, "NotProved", PLACE, at("close.mp4", 5, 0)),
        alter=listed(substituted(f"{HOME}/opened.jsonl", r'("index":5,.*"offset":)(\d)', r"\g<1>1\g<2>")),
    ),
    Case(
        "opened-length-huge",
        "A content said to be as long as any number can be.",
        refused(
            12, "Malformed", "opened.jsonl line 25: a salt that is not 16 bytes, or a number out of range"
        ),
        alter=listed(
            substituted(f"{HOME}/opened.jsonl", r'("index":24,"length":)\d+', r"\g<1>9007199254740991")
        ),
    ),
    Case(
        "opened-length-beyond-the-file",
        "A content said to be of four petabytes.",
        refused(12, "Incomplete", MISSING, at("microphone.mp4", 24, 5)),
        alter=listed(
            substituted(f"{HOME}/opened.jsonl", r'("index":24,"length":)\d+', r"\g<1>4503599627370496")
        ),
    ),
    Case(
        "opened-line-missing",
        "The place of the last content is not given.",
        refused(12, "Incomplete", "the contents of 24 of 25 records are given", f"evidence {EVIDENCE}"),
        alter=listed(lines(f"{HOME}/opened.jsonl", lambda each: each[:-1])),
    ),
    Case(
        "opened-outside",
        "A content said to lie outside the folder.",
        refused(12, "Malformed", "opened.jsonl line 3: not in its canonical form"),
        alter=listed(changed(f"{HOME}/opened.jsonl", b'"close.mp4"', b'"../close.mp4"')),
    ),
)
