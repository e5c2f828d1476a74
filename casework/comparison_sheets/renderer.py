"""The program that draws comparison sheets, run in sandboxes (`renderer_child`).

Photographs are passed to it in memory files, read piece by piece: no input is on a disk in clear. This
process decodes no photograph.

Trusts nothing in a child's output beyond its form: pixels have the requested length, and are passed on to be
drawn; the sheet is a complete JPEG, for a browser that decodes it like any picture. No picture is taken from
a child that did not exit by itself and with 0; only its `unreadable` code is read.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from casework.errors import CaseworkError, PhotographOutside, PhotographUnread
from casework.sandbox import child_process, previews
from casework.sandbox.child_process import Limits, Work, in_memory
from chain_of_custody.items.recipe import Program, Read, our_program

log = logging.getLogger(__name__)

NAME = "amana-sheet"
VERSION = "2"
"""Version of the child's output. Increase it when a change of `renderer_child` changes a sheet's bytes."""
WORK = Work(
    # A decoded picture of 120 million pixels and a copy of it; the pixels of a whole sheet, and a margin.
    Limits(memory=1536 * 1024**2, seconds=20, written=192 * 1024**2, processes=32),
    module="casework.comparison_sheets.renderer_child",
)
WITHIN = 600.0
"""Wall-clock seconds until a child is killed: it gets only idle processor time."""
MAX_HEADER = 200
"""Maximum bytes of the first line of a child's output."""
_BLOCK = 1024 * 1024


class SheetFailed(CaseworkError):
    """The program produced no sheet, and the cause is not a photograph."""

    code = "sheet-failed"


@functools.cache
def described() -> Program:
    """The recipe's `Program`: this program, and the libraries that decode, scale and encode."""
    return our_program(NAME, f"{VERSION} ({previews.decoders()})")


@contextmanager
def draw_photograph(
    argument: str, name: str, content: Iterable[bytes], points: int, stopped: threading.Event
) -> Iterator[tuple[BinaryIO, Read]]:
    """Draw the crop of one photograph: RGB of `points` pixels in a file in memory, positioned at the pixels,
    and what was read. Raises `PhotographUnread`, `PhotographOutside`, `SheetFailed` if the child did not end
    within `WITHIN`, `Cancelled`, and what `content` raises."""
    with in_memory() as answered:
        digest, size = sha256(), 0
        with in_memory() as given:  # freed before the next photograph is opened: an original may be large
            for piece in content:
                digest.update(piece)
                size += len(piece)
                given.write(piece)
            ended = _run("picture", argument, given, answered, stopped)
        _check(answered, points * 3, ended)
        yield answered, Read(name, size, digest.hexdigest())


def draw_sheet(
    argument: str, pictures: Sequence[BinaryIO], cards: Sequence[bytes], stopped: threading.Event, file: Path
) -> None:
    """Draw the sheet into `file`. Raises `SheetFailed`, `Cancelled`."""
    with in_memory() as given, in_memory() as answered:
        for picture in pictures:
            while block := picture.read(_BLOCK):
                given.write(block)
        for card in cards:
            given.write(b"%d\n" % len(card) + card)
        ended = _run("sheet", argument, given, answered, stopped)
        if _header(answered) or ended != 0 or not _is_whole(answered):
            raise SheetFailed("the sheet was not drawn, or not to its end")
        with file.open("wb") as out:
            while block := answered.read(_BLOCK):
                out.write(block)


# --- inside -------------------------------------------------------------------------------------------------


def _run(task: str, argument: str, given: BinaryIO, answered: BinaryIO, stopped: threading.Event) -> int:
    """Run the child and return its exit code: 0 only if it wrote the whole picture."""
    try:
        return child_process.run(
            WORK,
            *(task, argument),
            given=given,
            answered=answered,
            seconds=WITHIN,
            stopped=stopped,
        )
    except TimeoutError as late:
        raise SheetFailed("the machine had no time for it") from late


def _is_whole(answered: BinaryIO) -> bool:
    """Whether the rest of the file begins and ends as a JPEG does."""
    begin = answered.tell()
    first = answered.read(2)
    length = answered.seek(0, os.SEEK_END) - begin
    if length < 4:
        return False
    answered.seek(-2, os.SEEK_END)
    last = answered.read()
    answered.seek(begin)
    return (first, last) == (b"\xff\xd8", b"\xff\xd9")


def _check(answered: BinaryIO, size: int, ended: int) -> None:
    header = _header(answered)
    if header.get("unreadable") == "outside":
        raise PhotographOutside("what is shown of a photograph, or a mark, does not lie in it")
    begin, length = answered.tell(), answered.seek(0, os.SEEK_END)
    answered.seek(begin)
    if header or ended != 0 or length - begin != size:
        log.warning(
            "a photograph for a sheet cannot be read: %s", str(header.get("unreadable", "ended"))[:20]
        )
        raise PhotographUnread("a photograph cannot be decoded within the limits for that")


def _header(answered: BinaryIO) -> Mapping[str, object]:
    """Read the first line. A child that was killed has not written it."""
    try:
        header = json.loads(answered.readline(MAX_HEADER))
    except ValueError:
        return {"unreadable": "ended"}
    return header if isinstance(header, dict) else {"unreadable": "ended"}
