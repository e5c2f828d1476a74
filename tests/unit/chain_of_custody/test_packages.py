"""The court folder: written in two steps, and refused where a bag is not what it must be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alterations import (
    HOME,
    assert_refused,
    changed,
    flipped,
    lines,
    listed,
    removed,
    tags_listed,
    write,
)


def linked(folder: Path) -> None:
    outside = folder.parent / "outside.mp4"
    shutil.move(folder / HOME / "close.mp4", outside)
    (folder / HOME / "close.mp4").symlink_to(outside)


def linked_folder(folder: Path) -> None:
    shutil.move(folder / "data", folder.parent / "elsewhere")
    (folder / "data").symlink_to(folder.parent / "elsewhere", target_is_directory=True)


BAG = [
    ("a bit of the sheet on top", flipped("README.txt"), "not the one that tagmanifest", "README.txt"),
    (
        "a bit of the manifest",
        flipped(f"{HOME}/manifest.json", 9),
        "not the one that was listed",
        "manifest.json",
    ),
    ("a bit of the index", flipped(f"{HOME}/index.jsonl", 900), "not the one that was listed", "index.jsonl"),
    ("a bit of opened.jsonl", flipped(f"{HOME}/opened.jsonl"), "not the one that was listed", "opened.jsonl"),
    ("a bit of an event", flipped(f"{HOME}/events.jsonl"), "not the one that was listed", "events.jsonl"),
    ("a bit of a statement", flipped("data/statements/4.json", 300), "was listed", "data/statements/4.json"),
    ("a bit of a proof", flipped("data/statements/4.tlog-proof", 60), "was listed", "4.tlog-proof"),
    ("a bit of the policy", flipped("data/policy.txt", 90), "was listed", "data/policy.txt"),
    (
        "a bit of the payload list",
        flipped("manifest-sha256.txt"),
        "not the one that tagmanifest",
        "manifest-sha256",
    ),
    ("a surplus file beside the media", write(f"{HOME}/other.mp4"), "nobody listed", "other.mp4"),
    ("a surplus file on top", write("verify.exe"), "nobody listed", "verify.exe"),
    ("a surplus folder on top", write("more/file"), "does not belong here", None),
    ("a hidden file left by a desktop", write("data/.DS_Store"), "nobody listed", ".DS_Store"),
    ("a name that turns the direction", write("data/\u202e4pm.mp4"), "nobody listed", "u202e4pm.mp4"),
    ("a missing media file", removed(f"{HOME}/close.mp4"), "listed is missing", "close.mp4"),
    ("a missing statement, still listed", removed("data/statements/5.json"), "listed is missing", "5.json"),
    ("a missing payload list", removed("manifest-sha256.txt"), "is missing", "manifest-sha256.txt"),
    ("a missing tag list", removed("tagmanifest-sha256.txt"), "is missing", "tagmanifest-sha256.txt"),
    ("a media file that is a link", linked, "a link, not a file", None),
    ("a payload that is a link", linked_folder, "a link, not a file", None),
    ("a named pipe", lambda folder: os.mkfifo(folder / "data" / "pipe"), "not a file", None),
    (
        "a path that leads out",
        tags_listed(changed("manifest-sha256.txt", b"  data/policy.txt", b"  data/../../policy.txt")),
        "not a SHA-256, two spaces and a plain path",
        None,
    ),
    (
        "an absolute path",
        tags_listed(changed("manifest-sha256.txt", b"  data/policy.txt", b"  /etc/passwd")),
        "not a SHA-256, two spaces and a plain path",
        None,
    ),
    (
        "a path outside data",
        tags_listed(changed("manifest-sha256.txt", b"  data/policy.txt", b"  README.txt")),
        "not in data/|not sorted",
        None,
    ),
    (
        "a file listed twice",
        tags_listed(lines("manifest-sha256.txt", lambda each: [each[0], *each])),
        "twice",
        None,
    ),
    (
        "an unsorted list",
        tags_listed(lines("manifest-sha256.txt", lambda each: each[::-1])),
        "not sorted",
        None,
    ),
    (
        "lists in another spelling",
        tags_listed(
            lines("manifest-sha256.txt", lambda each: [line.replace(b"\n", b"\r\n") for line in each])
        ),
        "not a SHA-256, two spaces and a plain path",
        None,
    ),
    ("an empty list", tags_listed(lines("manifest-sha256.txt", lambda _: [])), "complete line", None),
    ("another version of BagIt", tags_listed(changed("bagit.txt", b"1.0", b"0.97")), "BagIt 1.0", None),
    (
        "a bag-info without size",
        tags_listed(changed("bag-info.txt", b"Payload", b"Pay")),
        "Payload-Oxum",
        None,
    ),
    ("a program, listed", listed(write("data/verify.exe")), "does not belong", "data/verify.exe"),
    ("a web page among the media, listed", listed(write(f"{HOME}/a.json")), "does not belong", "a.json"),
    (
        "a statement without proof",
        listed(removed("data/statements/5.tlog-proof")),
        "without proof",
        "statement 5",
    ),
    ("no policy", listed(removed("data/policy.txt")), "no policy", None),
    ("no salts", listed(removed(f"{HOME}/opened.jsonl")), "of the recording is missing", "opened.jsonl"),
    ("no recording", listed(lambda folder: shutil.rmtree(folder / "data/recordings")), "no recording", None),
    ("a huge statement", listed(write("data/statements/5.json", b" " * 70_000)), "longer than", None),
]


@pytest.mark.parametrize(("alter", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in BAG])
def test_a_bag_is_refused_for(
    folder: Path, alter: Callable[[Path], None], reason: str, where: str | None
) -> None:
    alter(folder)
    assert_refused(folder, 1, reason, where)
