"""The archive inside a sealed file, which whoever knows the passphrase can make anew."""

from __future__ import annotations

from collections.abc import Callable

from chain_of_custody.encoding.ustar import END, header
from tests.vectors.packages import centers
from tests.vectors.packages.cases import SMALL, Case, Make, base, refused
from tests.vectors.packages.sealed import WORDS, Entries, archive, entries, joined, sealed

README = "README.txt"


def archived(change: Callable[[Entries], bytes]) -> Make:
    """Another archive, sealed by somebody who knows the passphrase."""
    return lambda path: path.write_bytes(sealed(change(entries(base(centers.small)))))


def repaired(block: bytes) -> bytes:
    """A header with the checksum that its other bytes want."""
    total = sum(block[:148]) + 8 * 0x20 + sum(block[156:512])
    return block[:148] + b"%06o\0 " % total + block[156:]


def put(at: int, what: bytes, path: str = README) -> Make:
    """Other bytes in the header of a file."""

    def change(files: Entries) -> bytes:
        entry = files[path]
        files[path] = repaired(entry[:at] + what + entry[at + len(what) :])
        return joined(files)

    return archived(change)


def renamed(name: str) -> Make:
    return put(0, name.encode("latin-1").ljust(100, b"\0"))


def added(entry: bytes, before: str = "bag-info.txt") -> Make:
    """An entry more."""

    def change(files: Entries) -> bytes:
        files[before] = entry + files[before]
        return joined(files)

    return archived(change)


def kind(letter: bytes, name: bytes, link: bytes = b"") -> bytes:
    """The header of something that is no file."""
    block = header("x", 0)
    block = name.ljust(100, b"\0") + block[100:156] + letter + link.ljust(100, b"\0") + block[257:]
    return repaired(block)


CASES = (
    archive(
        "archive-size-beyond-the-end",
        "A file said to be longer than the archive.",
        put(124, b"00777777777\0"),
        "README.txt: longer than the archive",
    ),
    archive(
        "archive-size-of-petabytes",
        "A file said to be of nine petabytes.",
        put(124, b"\x80" + (2**53 - 1).to_bytes(11, "big")),
        "README.txt: longer than the archive",
    ),
    archive(
        "archive-size-too-large",
        "A size that no file has: 2^53.",
        put(124, b"\x80" + (2**53).to_bytes(11, "big")),
        "the entry at byte 0 of the archive cannot be: a size that no file has",
    ),
    archive(
        "archive-size-negative",
        "A size below zero.",
        put(124, b"\xff" * 12),
        "the entry at byte 0 of the archive cannot be: a size that is no number",
    ),
    archive(
        "archive-size-no-number",
        "A size that is no number.",
        put(124, b"0000000 311\0"),
        "the entry at byte 0 of the archive cannot be: a size that is no number",
    ),
    archive(
        "archive-size-of-zero",
        "A file said to be empty.",
        put(124, b"00000000000\0"),
        "the entry at byte 512 of the archive cannot be: a size that is no number",
    ),
    archive(
        "archive-not-sorted",
        "Two files in another order.",
        archived(lambda files: joined(dict(sorted(files.items(), reverse=True)))),
        "manifest-sha256.txt: there twice in the archive, or the files are not sorted",
    ),
    archive(
        "archive-file-twice",
        "A file is there twice.",
        archived(lambda files: joined({**files, README: files[README] * 2})),
        "README.txt: there twice in the archive, or the files are not sorted",
    ),
    archive(
        "archive-trailing-data",
        "Something behind the archive's end.",
        archived(lambda files: joined(files, END + b"x" * 512)),
        "the archive does not end with two empty blocks",
    ),
    archive(
        "archive-more-zeros",
        "Ten thousand zeros behind the archive's end, as tar writes them.",
        archived(lambda files: joined(files, END + bytes(10_240))),
        "the archive does not end with two empty blocks",
    ),
    archive(
        "archive-one-empty-block",
        "One empty block at the end.",
        archived(lambda files: joined(files, END[:512])),
        "the archive does not end with two empty blocks",
    ),
    archive(
        "archive-without-end",
        "No empty block at the end.",
        archived(lambda files: joined(files, b"")),
        "the archive ends early",
    ),
    Case(
        "archive-empty",
        "An archive without a file in it.",
        refused(2, "Incomplete", "the file is missing", "README.txt"),
        archived(lambda _: END),
        policy=SMALL,
        passphrase=WORDS,
    ),
    archive(
        "archive-nothing",
        "Not even the end of an archive.",
        archived(lambda _: b""),
        "the archive ends early",
    ),
    archive(
        "archive-padding",
        "Something between two files.",
        archived(lambda files: joined({**files, README: files[README][:-1] + b"!"})),
        "there is something behind a file, at byte 3662 of the archive",
    ),
    archive(
        "archive-link",
        "A symbolic link.",
        added(kind(b"2", b"a-link", b"/etc/passwd")),
        "the entry at byte 4096 of the archive is not in its only form",
    ),
    archive(
        "archive-hard-link",
        "A hard link.",
        added(kind(b"1", b"a-link", README.encode())),
        "the entry at byte 4096 of the archive is not in its only form",
    ),
    archive(
        "archive-folder",
        "A folder.",
        added(kind(b"5", b"a-folder/")),
        "the entry at byte 4096 of the archive cannot be: a-folder/: not the path of a file in a package",
    ),
    archive(
        "archive-device",
        "A device.",
        added(kind(b"3", b"a-device")),
        "the entry at byte 4096 of the archive is not in its only form",
    ),
    archive(
        "archive-extension",
        "A header as newer tars write them.",
        added(kind(b"x", b"a-header")),
        "the entry at byte 4096 of the archive is not in its only form",
    ),
    archive(
        "archive-long-name",
        "A long name as GNU tar writes it.",
        added(kind(b"L", b"././@LongLink")),
        "the entry at byte 4096 of the archive cannot be: ././@LongLink: not the path of a file in a package",
    ),
    archive(
        "archive-path-up",
        "A path that leads out.",
        renamed("../README.txt"),
        "the entry at byte 0 of the archive cannot be: ../README.txt: not the path of a file in a package",
    ),
    archive(
        "archive-path-absolute",
        "An absolute path.",
        renamed("/README.txt"),
        "the entry at byte 0 of the archive cannot be: /README.txt: not the path of a file in a package",
    ),
    archive(
        "archive-path-dot",
        "A path with a needless dot.",
        renamed("./README.txt"),
        "the entry at byte 0 of the archive cannot be: ./README.txt: not the path of a file in a package",
    ),
    archive(
        "archive-path-newline",
        "A path with a line end.",
        renamed("README\n.txt"),
        "the entry at byte 0 of the archive cannot be: README\\n.txt: not the path of a file in a package",
    ),
    archive(
        "archive-path-not-ascii",
        "A path that is not ASCII.",
        renamed("README\xe9.txt"),
        "the entry at byte 0 of the archive cannot be: README\\xe9.txt: not the path of a file in a package",
    ),
    archive(
        "archive-executable",
        "A file that may be run.",
        put(100, b"0000755\0"),
        "the entry at byte 0 of the archive is not in its only form",
    ),
    archive(
        "archive-owner",
        "A file with an owner.",
        put(265, b"root"),
        "the entry at byte 0 of the archive is not in its only form",
    ),
    archive(
        "archive-time",
        "A file with a time.",
        put(136, b"14747070260\0"),
        "the entry at byte 0 of the archive is not in its only form",
    ),
    archive(
        "archive-checksum",
        "A header with a wrong checksum.",
        archived(
            lambda files: joined({**files, README: files[README][:148] + b"000000\0 " + files[README][156:]})
        ),
        "the entry at byte 0 of the archive is not in its only form",
    ),
    archive(
        "archive-in-a-file",
        "A path below a file.",
        renamed("README.txt/a"),
        "the entry at byte 0 of the archive cannot be: README.txt/a: not the path of a file in a package",
    ),
)
