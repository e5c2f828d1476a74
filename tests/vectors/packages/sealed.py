"""Sealed files: their two lines, the passphrase, and what was altered before it was sealed."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from chain_of_custody.encoding.chunked_encryption import SALT_SIZE, ChunkWriter
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.encoding.ustar import END, header, in_order, padding
from chain_of_custody.package.sealed_file import SealHeader
from tests.support.packages.alterations import HOME
from tests.vectors.packages import centers
from tests.vectors.packages.cases import CONSISTENT, INTACT, SMALL, Case, Expected, Make, base, refused
from tests.vectors.packages.media import at

WORDS = "legal winner thank year wave sausage worth useful lemon"
HEAD = SealHeader(bytes(range(16)), iterations=100_000)
MESSAGE_SALT = bytes(range(24))
START = len(HEAD.canonical())

Entries = dict[str, bytes]
"""Path → header and content and what pads it."""


def sealed(archive: bytes, head: SealHeader = HEAD, passphrase: str = WORDS) -> bytes:
    """An archive as a sealed file, whatever is in it."""
    out = io.BytesIO()
    out.write(head.canonical())
    message = ChunkWriter(out, _message_key(head, passphrase), MESSAGE_SALT)
    message.write(archive)
    message.finish()
    return out.getvalue()


@cache
def _message_key(head: SealHeader, passphrase: str) -> bytes:
    return head.message_key(passphrase, MESSAGE_SALT)


def entries(folder: Path) -> Entries:
    source = FolderSource(folder)
    found = {}
    for path in in_order(source.sizes):
        content = (folder / path).read_bytes()
        found[path] = header(path, len(content)) + content + padding(len(content))
    return found


def of(make: Make) -> Make:
    """The package that `make` makes, sealed."""
    return lambda path: path.write_bytes(sealed(b"".join(entries(base(make)).values()) + END))


WHOLE, CUT, SMALL_ONE = of(centers.whole), of(centers.excerpt), of(centers.small)


def joined(files: Mapping[str, bytes], end: bytes = END) -> bytes:
    return b"".join(files.values()) + end


def file(change: Callable[[bytes], bytes]) -> Make:
    """Other bytes in the sealed file itself, by somebody without its passphrase."""

    def alter(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return alter


def flipped(at: int) -> Make:
    return file(lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def replaced(old: bytes, new: bytes) -> Make:
    return file(lambda data: data.replace(old, new, 1))


def of_another_context(path: Path) -> None:
    """The message of a file with another second line, behind this one's."""
    files = joined(entries(base(centers.small)))
    other = sealed(files, SealHeader(bytes(16), iterations=100_000))
    path.write_bytes(HEAD.canonical() + other[START:])


def inside(folder_alteration: Make) -> Make:
    """An alteration of the package, which is then sealed."""

    def make(path: Path) -> None:
        folder = path.with_name(f"{path.name}-inside")
        centers.shutil.copytree(base(centers.whole), folder)
        folder_alteration(folder)
        path.write_bytes(sealed(joined(entries(folder))))
        centers.remove(folder)

    return make


def lock(name: str, altered: str, alter: Make, expected: Expected, passphrase: str = WORDS) -> Case:
    return Case(name, altered, expected, WHOLE, alter, passphrase=passphrase)


def archive(name: str, altered: str, make: Make, reason: str) -> Case:
    return Case(name, altered, refused(1, "Malformed", reason), make, policy=SMALL, passphrase=WORDS)


NO_FORM = "the second line of the sealed package is not in its form"
WRONG = (
    "this is not the passphrase of this package. Look at each of its words, and whether the paper "
    "they are on belongs to this file"
)


def wrong(name: str) -> Expected:
    return refused(1, "WrongPassphrase", WRONG, f"{name}.amana")


def cut_off(name: str) -> Expected:
    return refused(1, "Incomplete", "the sealed file is not whole: its end is missing", f"{name}.amana")


CASES = (
    Case("sealed-intact", "Nothing: the whole package, sealed.", INTACT, WHOLE, passphrase=WORDS),
    Case("sealed-excerpt", "Nothing: the excerpt, sealed.", INTACT, CUT, passphrase=WORDS),
    Case(
        "sealed-small",
        "Nothing: the small center's package, sealed.",
        INTACT,
        SMALL_ONE,
        policy=SMALL,
        passphrase=WORDS,
    ),
    Case(
        "sealed-consistent",
        "Nothing, but no policy was registered.",
        CONSISTENT,
        WHOLE,
        policy=None,
        passphrase=WORDS,
    ),
    Case(
        "sealed-typed-otherwise",
        "Nothing: the passphrase is typed in capitals, with hyphens.",
        INTACT,
        WHOLE,
        passphrase=" LEGAL-winner, thank YEAR\nwave sausage worth useful lemon. ",
    ),
    Case(
        "sealed-typed-in-arabic",
        "Nothing: the passphrase is typed as its Arabic words, without hamzas.",
        INTACT,
        WHOLE,
        passphrase="طحينة يخت ممارسة يمين وضوح مزارع يسار نعناع طقس",
    ),
    Case(
        "sealed-typed-as-digits",
        "Nothing: the passphrase is typed as its numbers, in Arabic digits.",
        INTACT,
        WHOLE,
        passphrase="٠٥٣٣ ١٠١٧ ٠٩٠٣ ١٠٢٢ ١٠١٠ ٠٧٩٥ ١٠٢٠ ٠٩٧١ ٠٥٣٦",
    ),
    lock(
        "sealed-wrong-word",
        "Another word in the passphrase.",
        lambda _: None,
        wrong("sealed-wrong-word"),
        WORDS.replace("legal", "mango"),
    ),
    lock(
        "sealed-word-missing",
        "A word of the passphrase is missing.",
        lambda _: None,
        wrong("sealed-word-missing"),
        WORDS.removesuffix(" lemon"),
    ),
    lock(
        "sealed-words-in-another-order",
        "The passphrase's words in another order.",
        lambda _: None,
        wrong("sealed-words-in-another-order"),
        " ".join(reversed(WORDS.split())),
    ),
    lock(
        "sealed-other-salt",
        "A bit of the salt in the second line.",
        replaced(b'"salt":"AAEC', b'"salt":"AQEC'),
        wrong("sealed-other-salt"),
    ),
    lock(
        "sealed-other-iterations",
        "Another count of iterations in the second line.",
        replaced(b"100000", b"100001"),
        wrong("sealed-other-iterations"),
    ),
    lock(
        "sealed-few-iterations",
        "Too few iterations.",
        replaced(b"100000", b"000001"),
        refused(1, "Malformed", NO_FORM),
    ),
    lock(
        "sealed-endless-iterations",
        "More iterations than anybody can wait for.",
        replaced(b"100000", b"99999999"),
        refused(1, "Malformed", "iterations are not from 100000 to 10000000"),
    ),
    lock(
        "sealed-spaced-line",
        "A space in the second line.",
        replaced(b'":100000', b'": 100000'),
        refused(1, "Malformed", NO_FORM),
    ),
    lock(
        "sealed-later-version",
        "A sealed package of version 2.",
        replaced(b"package/v1", b"package/v2"),
        refused(
            1, "Malformed", "this is no sealed package: it does not begin with the line that every one has"
        ),
    ),
    lock(
        "sealed-crlf",
        "The first line ends as on Windows.",
        replaced(b"v1\n", b"v1\r\n"),
        refused(
            1, "Malformed", "this is no sealed package: it does not begin with the line that every one has"
        ),
    ),
    lock(
        "sealed-message-salt",
        "A bit of the message's salt.",
        flipped(START + 3),
        wrong("sealed-message-salt"),
    ),
    lock(
        "sealed-commitment",
        "A bit of the message's commitment.",
        flipped(START + SALT_SIZE + 3),
        wrong("sealed-commitment"),
    ),
    lock(
        "sealed-of-another-context",
        "The message was sealed under another second line.",
        of_another_context,
        wrong("sealed-of-another-context"),
    ),
    lock(
        "sealed-empty",
        "A file without a byte in it.",
        file(lambda _: b""),
        cut_off("sealed-empty"),
    ),
    lock(
        "sealed-cut-in-its-lines",
        "The file ends within its second line.",
        file(lambda data: data[: START - 30]),
        cut_off("sealed-cut-in-its-lines"),
    ),
    lock(
        "sealed-only-its-lines",
        "The file ends behind its two lines.",
        file(lambda data: data[:START]),
        cut_off("sealed-only-its-lines"),
    ),
    Case(
        "sealed-altered-inside",
        "A bit of a film, before it was sealed.",
        refused(
            12,
            "Altered",
            "the fragment is not what was recorded",
            at("close.mp4", 23, 5),
        ),
        inside(lambda folder: centers.court_packages.flip(folder / HOME / "close.mp4", -20)),
        passphrase=WORDS,
    ),
)
