"""The position of each record's content in a package: exactly one place for each, in order.

An item's films play in any player, and each of their bytes belongs to one record: by rule, contents follow
one another. `opened.jsonl` gives for every record the length of its content and the salt of its leaf hash.
Its file and offset follow from the rule and are compared with it.

Trusts nothing. Specification: docs/spec/court-package.md, section 2.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import RECIPE, FileKind
from chain_of_custody.items.recipe import RECIPE_FILE
from chain_of_custody.items.record import SALT_SIZE, Record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.package.contents import FORMATS, MADE

_BESIDE = {**MADE, RECIPE: RECIPE_FILE}
_NUMBER = r"(0|[1-9][0-9]{0,15})"
_OPENED = re.compile(
    rf'\{{"file":"([a-z][a-z0-9.-]{{0,63}})","index":{_NUMBER},"length":{_NUMBER},"offset":{_NUMBER},'
    r'"salt":"([A-Za-z0-9+/]{22}==)"\}'
)
_PIECE = re.compile(
    rb'^\{"file":"([a-z][a-z0-9.-]{0,63})","index":[0-9]{1,16},"length":([0-9]{1,16}),', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Opened:
    """One line of `opened.jsonl`.

    The content of record `index` is `length` bytes at `offset` of `file`; `salt` is 16 bytes.
    """

    index: int
    file: str
    offset: int
    length: int
    salt: bytes

    def canonical(self) -> bytes:
        """Return the line's canonical bytes, without a newline."""
        return (
            f'{{"file":"{self.file}","index":{self.index},"length":{self.length},"offset":{self.offset},'
            f'"salt":"{encode_base64(self.salt)}"}}'
        ).encode("ascii")

    @classmethod
    def parse(cls, line: bytes) -> Opened:
        """Read one line. Raises `Malformed` unless it is exactly its canonical bytes."""
        match = _OPENED.fullmatch(line.decode("latin-1"))
        if match is None:
            raise Malformed("not in its canonical form")
        file, index, length, offset, salt = match.groups()
        decoded = decode_base64(salt, "salt")
        if (
            len(decoded) != SALT_SIZE
            or max(int(index), int(offset) + int(length)) > canonical_json.MAX_INTEGER
        ):
            raise Malformed("a salt that is not 16 bytes, or a number out of range")
        return cls(int(index), file, int(offset), int(length), decoded)


def parse_opened(data: bytes) -> tuple[Opened, ...]:
    """Read `opened.jsonl`. Raises `Malformed`."""
    return tuple(canonical_json.parse_lines(data, "opened.jsonl", Opened.parse))


def film_pieces(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield (file, length) of each line of `opened.jsonl` that has this form.

    For callers that cannot wait for `parse_opened`: nothing is trusted, and nothing is held in memory. Every
    line in canonical form is among them.
    """
    for match in _PIECE.finditer(data):
        yield match[1].decode("ascii"), int(match[2])


class _Placing(ABC):
    """Places contents in their files, one after the other. There are no bytes between them.

    The header is `header.json`, and events are lines of `events.jsonl`.
    """

    def __init__(self) -> None:
        self.ends: dict[str, int] = {"events.jsonl": 0}
        """File → bytes placed in it so far."""

    def place(self, record: Record, length: int) -> tuple[str, int]:
        """Return (file, offset) of the next record's content. Raises `Malformed` if no file is for it."""
        if record.kind == "header":
            file, ending = "header.json", 0
        elif record.kind == "event":
            file, ending = "events.jsonl", 1  # the newline after each
        else:
            file, ending = self._media_file(record), 0
        offset = self.ends.get(file, 0)
        self.ends[file] = offset + length + ending
        return file, offset

    @abstractmethod
    def _media_file(self, record: Record) -> str:
        """Return the file of a record that is neither header nor event. Raises `Malformed` if it has none."""


class FileLayout(_Placing):
    """Like `Layout`, for a file.

    Its original is `original.` and the format that its seal names, the pictures made from it are `small.jpeg`
    and `large.jpeg`, and the recipe of a derivative is `recipe.json`.
    """

    def __init__(self, kind: FileKind, format_: str) -> None:
        """Raise `Malformed` for a format that no original of this kind has."""
        super().__init__()
        if format_ not in FORMATS[kind]:
            raise Malformed(f"a format that has no place in a court package: {format_}")
        self.original = f"original.{format_}"

    def _media_file(self, record: Record) -> str:
        return _BESIDE.get(record.track, self.original)


class Layout(_Placing):
    """The place of each record's content. Call `place` for all records of an item, in their order.

    The header is `header.json`. Events are lines of `events.jsonl`. Media of track "wide" are in `wide.mp4`
    after their init segment. Each further init segment of the track starts a new file, `wide-2.mp4`,
    `wide-3.mp4`: each is a file that plays. There are no bytes between contents, and none are left out.
    """

    def __init__(self, header: Header) -> None:
        super().__init__()
        self._names = {track.track: track.name for track in header.tracks}
        self._inits = dict.fromkeys(self._names, 0)

    def _media_file(self, record: Record) -> str:
        name = self._names.get(record.track)
        if name is None:
            raise Malformed(f"{record.where}: on track {record.track}, which the header does not have")
        if record.kind == "init":
            self._inits[record.track] += 1
        count = self._inits[record.track]
        return f"{name}.mp4" if count == 1 else f"{name}-{count}.mp4"
