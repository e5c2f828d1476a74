"""Films, viewing copies, and the files that say where each byte of them belongs. Nobody who does this has a
key; the bag's lists are made anew each time, as anybody can."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from chain_of_custody.items.record import leaf_of
from chain_of_custody.items.recording_manifest import Index, Manifest, RecordTree
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import (
    HOME,
    flipped,
    listed,
    media,
    removed,
    renamed,
    swap_lines,
    swapped_tracks,
    write,
)
from tests.vectors.packages.cases import Case, Expected, refused
from tests.vectors.packages.clips import clip

ALTERED = "the fragment is not what was recorded"
MISSING = "its content is missing: the file ends before it"
DAY = "2026-11-24 19:15"


def at(file: str, record: int, second: int, home: str = HOME) -> str:
    """Where a fragment is, in the verifier's words."""
    return f"{home}/{file}, record {record}, at 00:00:0{second} of part 1 ({DAY}:0{second + 3} UTC)"


def altered(file: str, record: int, second: int, others: int = 0) -> Expected:
    more = f", nor are {others} others" if others else ""
    return refused(12, "Altered", ALTERED + more, at(file, record, second))


def remade(folder: Path) -> None:
    """Somebody puts another picture in the last fragment, and computes everything anew that needs no key."""
    home = folder / HOME
    film, opened = home / "wide-2.mp4", (home / "opened.jsonl").read_bytes().splitlines()
    made.flip(film, -100)
    index = Index.parse((home / "index.jsonl").read_bytes())
    records = list(index.records)
    number = max(record.index for record in records if record.kind == "media" and record.track == 1)
    place = json.loads(opened[number])
    content = film.read_bytes()[place["offset"] :][: place["length"]]
    salt = made.statements.canonical_json.base64_bytes(place["salt"], 16, "salt")
    leaf = leaf_of(records[number], salt, sha256(content).hexdigest())
    records[number] = made.replace(records[number], leaf=leaf)
    data = Index.serialise(records)
    manifest = Manifest.parse((home / "manifest.json").read_bytes())
    root = RecordTree(records).root().hex()
    (home / "index.jsonl").write_bytes(data)
    (home / "manifest.json").write_bytes(
        made.replace(manifest, root=root, index=sha256(data).hexdigest()).canonical()
    )


def between(pieces: list[bytes]) -> list[bytes]:
    """A box that players skip, before the last fragment."""
    return [*pieces[:-1], made.box(b"free", bytes(24)), pieces[-1]]


def stale(pieces: list[bytes]) -> list[bytes]:
    """The second of 00:00:02 in place of the one of 00:00:04, cut to its length."""
    pieces[3] = (pieces[1] + bytes(len(pieces[3])))[: len(pieces[3])]
    return pieces


INIT_WIDE, INIT_CLOSE = len(clip("wide").init), len(clip("close").init)

CASES = (
    Case(
        "film-bit-in-init",
        "A bit of the wide camera's init segment.",
        altered("wide.mp4", 1, 0),
        alter=listed(flipped(f"{HOME}/wide.mp4", 40)),
    ),
    Case(
        "film-bit-in-second-init",
        "A bit of the init segment after the picture's size changed.",
        altered("wide-2.mp4", 11, 2),
        alter=listed(flipped(f"{HOME}/wide-2.mp4", 300)),
    ),
    Case(
        "film-bit-in-first-fragment",
        "A bit of the wide camera's first fragment.",
        altered("wide.mp4", 4, 0),
        alter=listed(flipped(f"{HOME}/wide.mp4", INIT_WIDE + 500)),
    ),
    Case(
        "film-bit-in-last-fragment",
        "The last bit of the wide camera.",
        altered("wide-2.mp4", 22, 5),
        alter=listed(flipped(f"{HOME}/wide-2.mp4", -1)),
    ),
    Case(
        "film-bit-in-other-camera",
        "A bit of the close camera's first fragment.",
        altered("close.mp4", 5, 0),
        alter=listed(flipped(f"{HOME}/close.mp4", INIT_CLOSE + 1)),
    ),
    Case(
        "film-bit-in-sound",
        "A bit of the sound's last fragment.",
        altered("microphone.mp4", 24, 5),
        alter=listed(flipped(f"{HOME}/microphone.mp4", -9)),
    ),
    Case(
        "film-bit-lists-as-they-were",
        "A bit of the close camera; the bag's lists were left as they were.",
        altered("close.mp4", 23, 5),
        alter=flipped(f"{HOME}/close.mp4", -20),
    ),
    Case(
        "film-two-bits",
        "A bit of either camera: the earlier one is named.",
        altered("close.mp4", 5, 0, 1),
        alter=listed(
            lambda folder: [
                flipped(f"{HOME}/wide-2.mp4", -1)(folder),
                flipped(f"{HOME}/close.mp4", INIT_CLOSE + 1)(folder),
            ]
        ),
    ),
    Case(
        "film-remade-with-index",
        "Another picture; leaf, index, manifest and lists computed anew.",
        refused(11, "Altered", "the manifest is not the one that was sealed", f"{HOME}/manifest.json"),
        alter=listed(remade),
    ),
    Case(
        "film-fragments-exchanged",
        "Two fragments of the close camera exchanged.",
        altered("close.mp4", 5, 0, 1),
        alter=media("close.mp4", swap_lines(1, 2)),
    ),
    Case(
        "film-fragment-dropped",
        "A fragment of the close camera dropped.",
        refused(12, "Incomplete", MISSING, at("close.mp4", 20, 4)),
        alter=media("close.mp4", lambda each: each[:3] + each[4:]),
    ),
    Case(
        "film-fragment-twice",
        "The last fragment of the wide camera is there twice.",
        refused(13, "Altered", "there is something behind the last fragment", f"{HOME}/wide-2.mp4"),
        alter=media("wide-2.mp4", lambda each: [*each, each[-1]]),
    ),
    Case(
        "film-fragment-of-another-second",
        "The second of 00:00:01 in place of the one of 00:00:03.",
        altered("close.mp4", 16, 3),
        alter=media("close.mp4", lambda each: [*each[:4], each[2], *each[5:]]),
    ),
    Case(
        "film-fragment-stale",
        "The sound of 00:00:00 in place of the one of 00:00:02.",
        altered("microphone.mp4", 14, 2),
        alter=media("microphone.mp4", stale),
    ),
    Case(
        "film-tail-missing",
        "The last fragment of the wide camera is missing.",
        refused(12, "Incomplete", MISSING, at("wide-2.mp4", 22, 5)),
        alter=media("wide-2.mp4", lambda each: each[:-1]),
    ),
    Case(
        "film-last-byte-missing",
        "The last byte of the sound is missing.",
        refused(12, "Incomplete", MISSING, at("microphone.mp4", 24, 5)),
        alter=media("microphone.mp4", lambda each: [*each[:-1], each[-1][:-1]]),
    ),
    Case(
        "film-something-behind",
        "Ten bytes behind the wide camera's last fragment.",
        refused(13, "Altered", "there is something behind the last fragment", f"{HOME}/wide.mp4"),
        alter=media("wide.mp4", lambda each: [*each, b"free space"]),
    ),
    Case(
        "film-something-between",
        "A box that players skip, before the last fragment.",
        altered("close.mp4", 23, 5),
        alter=media("close.mp4", between),
    ),
    Case(
        "film-cameras-exchanged",
        "The two cameras' films exchanged.",
        refused(12, "Incomplete", MISSING, at("wide.mp4", 7, 1)),
        alter=listed(swapped_tracks),
    ),
    Case(
        "film-sound-missing",
        "The sound's film is missing, and not listed.",
        refused(12, "Incomplete", MISSING, at("microphone.mp4", 3, 0)),
        alter=listed(removed(f"{HOME}/microphone.mp4")),
    ),
    Case(
        "film-one-more",
        "A further film, listed.",
        refused(13, "Altered", "no record of the recording lies in this file", f"{HOME}/wide-3.mp4"),
        alter=listed(renamed(f"{HOME}/wide.mp4", f"{HOME}/wide-3.mp4", copy=True)),
    ),
    Case(
        "film-empty",
        "A film without a byte in it.",
        refused(12, "Incomplete", MISSING, at("close.mp4", 2, 0)),
        alter=listed(write(f"{HOME}/close.mp4", b"")),
    ),
)
