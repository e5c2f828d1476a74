"""Looks for words in bytes, in whatever spelling a program may have written them.

A word that is typed in a test holds a *stem*: letters that stand nowhere else. Each stem is looked for

- in UTF-8 and UTF-16 of both byte orders, in its own, small and capital letters;
- as base64 of each of these, at the three places where it may begin in a group of three bytes, also in the
  alphabet for addresses; as hexadecimal digits;
- percent-encoded, quoted-printable, as `\\u` escapes of JSON, as HTML's numbered characters;
- in all of this again inside of what zlib, gzip and zip compressed.

What is encrypted is not opened: there a word must not be found, which is the point.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

AROUND = 60
"""Bytes shown before and behind what was found."""
MOST_OPENED = 16 * 1024 * 1024
"""Bytes that are looked at of one compressed stream."""
NESTED = 3
"""How many times something compressed may lie in something compressed."""
SPELLINGS = ("utf-8", "utf-16-le", "utf-16-be")

_COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """A word that stands somewhere."""

    where: str
    how: str
    """The encoding."""
    around: bytes

    def __str__(self) -> str:
        return f"{self.where}: {self.how}: {self.around!r}"


class Search:
    """For stems, and for SHA-256 digests of whole words (`digests`: name → 32 bytes): a bare digest of a name
    is as good as the name for whoever has a list of names."""

    def __init__(self, stems: Iterable[str], digests: Mapping[str, bytes]) -> None:
        self._exact: dict[bytes, str] = {}
        """As they stand."""
        self._folded: dict[bytes, str] = {}
        """In small letters, for data in small letters."""
        for stem in stems:
            self._add(stem)
        for name, digest in digests.items():
            self._exact[digest] = f"SHA-256 of {name}"
            self._folded[digest.hex().encode()] = f"SHA-256 of {name}, in hexadecimal"

    def _add(self, stem: str) -> None:
        for variant in {stem, stem.lower(), stem.upper()}:
            for spelling in SPELLINGS:
                raw = variant.encode(spelling)
                self._exact[raw] = spelling
                self._folded[raw.hex().encode()] = f"{spelling}, in hexadecimal"
                for coded in _base64(raw):
                    self._exact[coded] = f"{spelling}, in base64"
        if not stem.isascii():
            points = [ord(letter) for letter in stem]
            self._folded[quote(stem, safe="").lower().encode()] = "percent-encoded"
            self._folded[quote(stem, safe="").replace("%", "=").lower().encode()] = "quoted-printable"
            self._folded["".join(f"\\u{point:04x}" for point in points).encode()] = "\\u escapes"
            self._folded["".join(f"&#{point};" for point in points).encode()] = "HTML, decimal"
            self._folded["".join(f"&#x{point:x};" for point in points).encode()] = "HTML, hexadecimal"
        else:
            self._folded[stem.lower().encode()] = "utf-8, in other letters"

    def look(self, where: str, data: bytes, depth: int = 0) -> Iterator[Found]:
        """Everything found in it."""
        for content, needles in ((data, self._exact), (data.lower(), self._folded)):
            for needle, how in needles.items():
                if (at := content.find(needle)) >= 0:
                    around = data[max(0, at - AROUND) : at + len(needle) + AROUND]
                    yield Found(where, how, around)
        if depth < NESTED:
            for at, opened in _opened(data):
                yield from self.look(f"{where} (compressed, at byte {at})", opened, depth + 1)

    def look_in_folder(self, folder: Path) -> Iterator[Found]:
        """In every file below, and in their names. Files that go meanwhile are no matter."""
        for path in sorted(folder.rglob("*")):
            yield from self.look(f"the name {path}", str(path.relative_to(folder)).encode())
            if path.is_symlink() or not path.is_file():
                continue
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            yield from self.look(str(path.relative_to(folder)), content)


def _base64(raw: bytes) -> Iterator[bytes]:
    """What surely stands in base64 of anything that holds `raw`, at each of the three places to begin."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw)
        sure = coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield sure
        yield sure.translate(bytes.maketrans(b"+/", b"-_"))


def _opened(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each stream in it that opens, with its place."""
    for match in _COMPRESSED.finditer(data):
        at = match.start()
        if data[at : at + 2] == b"PK":
            header = data[at : at + 30]
            if len(header) < 30 or int.from_bytes(header[8:10], "little") != 8:
                continue  # stored as it is: it has been looked at
            lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            opener, begin = zlib.decompressobj(-zlib.MAX_WBITS), at + 30 + lengths
        else:
            opener, begin = zlib.decompressobj(zlib.MAX_WBITS | 32), at
        opened = b""
        try:
            while begin < len(data) and not opener.eof and len(opened) < MOST_OPENED:
                opened += opener.decompress(data[begin : begin + 65536])
                begin += 65536
        except zlib.error:
            pass  # what came before the damage is looked at
        if opened:
            yield at, opened
