"""The bag: bits of every small file, its lists, and tricks with paths."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages.alterations import (
    HOME,
    changed,
    flipped,
    listed,
    removed,
    renamed,
    tags_listed,
    write,
)
from tests.vectors.packages.cases import INTACT, Case, Expected, Make, refused

NOT_LISTED = "the file is not the one that was listed"
NOBODY = "there is a file that nobody listed"
NAMELESS = "there is a file that nobody listed, with a name that cannot be"
FOREIGN = "a file that does not belong in a court package"
LINKED = "A browser is not told that a file is a link: it misses a file there, or meets one twice."


def bit(name: str, path: str, what: str, at: int = 20) -> Case:
    """A bit of a small file, by somebody who forgot the lists."""
    return Case(
        f"bit-of-{name}",
        f"A bit of {what}; the bag's lists were left as they were.",
        refused(2, "Altered", NOT_LISTED, path),
        alter=flipped(path, at),
    )


def path(name: str, altered: str, old: str, new: str, number: int, reason: str) -> Case:
    """Another path in the list of the payload."""
    expected = refused(2, "Malformed", f"manifest-sha256.txt line {number}: {reason}")
    return Case(
        name,
        altered,
        expected,
        alter=tags_listed(changed("manifest-sha256.txt", f"  {old}\n".encode(), f"  {new}\n".encode())),
    )


def empty_folder(folder: Path) -> None:
    (folder / "data" / "details" / "deep" / "er").mkdir(parents=True)


def link(folder: Path) -> None:
    (folder / HOME / "close.mp4").unlink()
    (folder / HOME / "close.mp4").symlink_to("wide.mp4")


def folder_link(folder: Path) -> None:
    (folder / "data/more").symlink_to("statements", target_is_directory=True)


def bag(name: str, altered: str, alter: Make, expected: Expected, **more: str) -> Case:
    return Case(name, altered, expected, alter=alter, **more)  # type: ignore[arg-type]


CASES = (
    bit("manifest", f"{HOME}/manifest.json", "the manifest"),
    bit("index", f"{HOME}/index.jsonl", "the index", 2000),
    bit("opened", f"{HOME}/opened.jsonl", "the places of contents"),
    bit("header", f"{HOME}/header.json", "the header"),
    bit("events", f"{HOME}/events.jsonl", "an event"),
    bit("statement", "data/statements/6.json", "the seal", 300),
    bit("proof", "data/statements/6.tlog-proof", "a proof", 40),
    bit("details", "data/details/7.json", "details"),
    bit("consistency", "data/checkpoints/7.consistency", "a consistency file", 30),
    bit("timestamp", "data/timestamps/7.first.tsr", "a timestamp", 300),
    bit("policy", "data/policy.txt", "the policy", 200),
    bag(
        "bit-of-readme",
        "A bit of the sheet on top.",
        flipped("README.txt", 9),
        refused(2, "Altered", "the file is not the one that tagmanifest-sha256.txt lists", "README.txt"),
    ),
    bag(
        "bit-of-list",
        "A bit of the payload list.",
        flipped("manifest-sha256.txt", 9),
        refused(
            2, "Altered", "the file is not the one that tagmanifest-sha256.txt lists", "manifest-sha256.txt"
        ),
    ),
    bag(
        "bit-of-tag-list",
        "A bit of the list of lists.",
        flipped("tagmanifest-sha256.txt", 9),
        refused(2, "Altered", "the file is not the one that tagmanifest-sha256.txt lists", "README.txt"),
    ),
    bag(
        "file-not-listed",
        "A program lies in it that nobody listed.",
        write("verify.exe"),
        refused(2, "Altered", NOBODY, "verify.exe"),
    ),
    bag(
        "file-hidden",
        "A file that a desktop left behind.",
        write("data/.DS_Store"),
        refused(2, "Altered", NAMELESS, "data/.DS_Store"),
    ),
    bag(
        "file-with-newline",
        "A name with a line end in it.",
        write(f"{HOME}/wide.mp4\n"),
        refused(2, "Altered", NAMELESS, f"{HOME}/wide.mp4\\n"),
    ),
    bag(
        "file-with-turned-name",
        "A name that turns the direction of writing.",
        write("data/\u202e4pm.exe"),
        refused(2, "Altered", NAMELESS, "data/\\u202e4pm.exe"),
    ),
    bag(
        "file-in-a-folder-on-top",
        "A folder beside data.",
        write("more/policy.txt"),
        refused(2, "Malformed", "more: not a file, or a folder that does not belong here"),
    ),
    bag(
        "file-too-deep",
        "A file deeper than any has to be.",
        write("data/a/b/c/d/e/f.json"),
        refused(2, "Malformed", "data/a/b/c/d/e: not a file, or a folder that does not belong here"),
    ),
    bag(
        "file-missing",
        "A statement is missing, and listed.",
        removed("data/statements/6.json"),
        refused(2, "Incomplete", "a file that is listed is missing", "data/statements/6.json"),
    ),
    bag(
        "film-missing",
        "A film is missing, and listed.",
        removed(f"{HOME}/close.mp4"),
        refused(2, "Incomplete", "a file that is listed is missing", f"{HOME}/close.mp4"),
    ),
    bag(
        "list-missing",
        "The payload list is missing.",
        removed("manifest-sha256.txt"),
        refused(2, "Incomplete", "the file is missing", "manifest-sha256.txt"),
    ),
    bag(
        "policy-missing",
        "There is no policy.",
        listed(removed("data/policy.txt")),
        refused(2, "Incomplete", "there is no policy", "data/policy.txt"),
    ),
    bag(
        "file-of-another-case",
        "The policy again, under a name that some disks take for the same.",
        listed(renamed("data/policy.txt", "data/Policy.txt", copy=True)),
        refused(2, "Altered", FOREIGN, "data/Policy.txt"),
    ),
    bag(
        "program-listed",
        "A program, listed.",
        listed(write("data/verify.exe")),
        refused(2, "Altered", FOREIGN, "data/verify.exe"),
    ),
    bag(
        "page-listed",
        "A page that calls itself the verifier, listed.",
        listed(write("data/verify.html", b"<!doctype html><h1>INTACT</h1>")),
        refused(2, "Altered", FOREIGN, "data/verify.html"),
    ),
    bag(
        "statement-without-proof",
        "A statement's proof is missing, and not listed.",
        listed(removed("data/statements/7.tlog-proof")),
        refused(2, "Incomplete", "a statement without proof, or a proof without statement", "statement 7"),
    ),
    bag(
        "item-without-index",
        "The index is missing, and not listed.",
        listed(removed(f"{HOME}/index.jsonl")),
        refused(2, "Incomplete", "a file of the item is missing", f"{HOME}/index.jsonl"),
    ),
    bag("folder-empty", "Nothing, but that a folder without a file lies in it.", empty_folder, INTACT),
    bag(
        "film-is-a-link",
        "A camera's film is a link to another's.",
        link,
        refused(2, "Malformed", f"{HOME}/close.mp4: a link, not a file"),
        unseen=LINKED,
    ),
    bag(
        "folder-is-a-link",
        "A link to a folder of the package itself.",
        folder_link,
        refused(2, "Malformed", "data/more: a link, not a file"),
        unseen=LINKED,
    ),
    bag(
        "statement-too-long",
        "A statement longer than any may be.",
        listed(write("data/statements/7.json", b" " * 70_000)),
        refused(2, "Malformed", "data/statements/7.json: longer than 65535 bytes"),
    ),
)
