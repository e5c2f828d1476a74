"""The bag's lists: another spelling, and paths that lead elsewhere."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages import court_packages as made
from tests.support.packages.alterations import changed, lines, tags_listed, write
from tests.support.packages.court_packages import EVIDENCE
from tests.vectors.packages.bag import bag, path
from tests.vectors.packages.cases import refused

LINE = "not a SHA-256, two spaces and a plain path"


def prefixed(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())


def unended(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def another_digest(folder: Path) -> None:
    lines(
        "manifest-sha256.txt",
        lambda each: [b"0" * 64 + line[64:] if line.endswith(b"wide-2.mp4\n") else line for line in each],
    )(folder)
    made.list_tags_again(folder)


NOT_SORTED = " is there twice, or the paths are not sorted"

CASES = (
    path(
        "path-leads-out",
        "A path that leads out of the folder.",
        "data/policy.txt",
        "data/../../policy.txt",
        4,
        LINE,
    ),
    path("path-absolute", "An absolute path.", "data/policy.txt", "/etc/passwd", 4, LINE),
    path("path-with-dot", "A path with a needless dot.", "data/policy.txt", "data/./policy.txt", 4, LINE),
    path(
        "path-with-backslash", "A path as Windows writes it.", "data/policy.txt", r"data\policy.txt", 4, LINE
    ),
    path(
        "path-encoded",
        "A line end in a path, as BagIt would write it.",
        "data/policy.txt",
        "data/policy%0A.txt",
        4,
        LINE,
    ),
    bag(
        "path-outside-data",
        "A tag file among the payload.",
        tags_listed(lines("manifest-sha256.txt", lambda each: [*each, each[0][:64] + b"  e.txt\n"])),
        refused(2, "Malformed", "manifest-sha256.txt: e.txt is not in data/"),
    ),
    bag(
        "list-with-a-path-twice",
        "A path is listed twice.",
        tags_listed(lines("manifest-sha256.txt", lambda each: [each[0], *each])),
        refused(
            2,
            "Malformed",
            "manifest-sha256.txt line 2: data/checkpoints/4.consistency" + NOT_SORTED,
        ),
    ),
    bag(
        "list-not-sorted",
        "The list is sorted the other way round.",
        tags_listed(lines("manifest-sha256.txt", lambda each: each[::-1])),
        refused(
            2,
            "Malformed",
            f"manifest-sha256.txt line 2: data/viewing/{EVIDENCE}-2.mp4{NOT_SORTED}",
        ),
    ),
    bag(
        "list-with-crlf",
        "Lines end as on Windows.",
        tags_listed(
            lines("manifest-sha256.txt", lambda each: [line.replace(b"\n", b"\r\n") for line in each])
        ),
        refused(2, "Malformed", f"manifest-sha256.txt line 1: {LINE}"),
    ),
    bag(
        "list-with-bom",
        "A byte order mark before the list.",
        tags_listed(lambda folder: prefixed(folder / "manifest-sha256.txt")),
        refused(2, "Malformed", "manifest-sha256.txt: not ASCII"),
    ),
    bag(
        "list-upper-case",
        "A digest in capital letters.",
        tags_listed(
            lines("manifest-sha256.txt", lambda each: [each[0][:64].upper() + each[0][64:], *each[1:]])
        ),
        refused(2, "Malformed", f"manifest-sha256.txt line 1: {LINE}"),
    ),
    bag(
        "list-empty",
        "Nothing is listed.",
        tags_listed(write("manifest-sha256.txt", b"")),
        refused(2, "Malformed", "manifest-sha256.txt: does not end with a complete line"),
    ),
    bag(
        "list-without-last-newline",
        "The list's last line is not ended.",
        tags_listed(lambda folder: unended(folder / "manifest-sha256.txt")),
        refused(2, "Malformed", "manifest-sha256.txt: does not end with a complete line"),
    ),
    bag(
        "bagit-of-another-version",
        "A bag of an older version.",
        tags_listed(changed("bagit.txt", b"1.0", b"0.97")),
        refused(2, "Malformed", "bagit.txt: not that of BagIt 1.0 in UTF-8"),
    ),
    bag(
        "payload-size-wrong",
        "The size in bag-info.txt is another.",
        tags_listed(changed("bag-info.txt", b"Oxum: ", b"Oxum: 1")),
        refused(13, "Altered", "the payload is not as large as bag-info.txt says", "bag-info.txt"),
    ),
    bag(
        "digest-of-film-wrong",
        "The list names another digest of a film than the one exported.",
        lambda folder: another_digest(folder),
        refused(14, "Altered", "the package is not the one that was exported", "statement 8"),
    ),
)
