"""Media files read once, hashed twice: the digest of each file, and of each piece in it.

A court gets its media as whole files, whose digests its own tools can check, and the recording commits to
each second of them. An hour is more than a gigabyte and may lie on a slow stick, so it is read once; hashing
is what then takes the time, and hashlib lets other threads run meanwhile. Blocks of pieces go to a few
threads; each hashes its pieces at once and then waits for its turn to feed the file's own digest, in order.

Knows nothing of records; what the digests mean is for the caller. Offsets and lengths in bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from io import BufferedReader
from threading import Condition, local
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from hashlib import _Hash

WINDOW = 4 * 1024 * 1024
"""Bytes read at a time by one thread: large enough to make handing over cheap, small beside any memory."""

Opener: TypeAlias = Callable[[], BufferedReader]
"""Opens the file anew; several threads read at different places."""


class ShortRead(OSError):
    """The file ended before the bytes it had a moment ago."""


@dataclass(frozen=True, slots=True)
class FileDigests:
    """SHA-256, in hexadecimal: of the whole file, and of each of its pieces in order."""

    whole: str
    pieces: tuple[str, ...]


@dataclass
class _Whole:
    """The running digest of a file, fed block after block by whichever thread has the next one."""

    hash: _Hash = field(default_factory=sha256)
    turn: int = 0
    failed: bool = False
    changed: Condition = field(default_factory=Condition)


class MediaDigests:
    """Threads that hash media files. Use as a context manager; `workers` defaults to the processors."""

    def __init__(self, workers: int | None = None) -> None:
        self._executor = ThreadPoolExecutor(workers or os.cpu_count() or 1)
        self._own = local()

    def __enter__(self) -> MediaDigests:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def start(self, opener: Opener, lengths: Sequence[int]) -> Callable[[], FileDigests]:
        """Begin with a file that consists of pieces of these `lengths`, one after the other.

        Returns a function that waits for the digests; it raises `OSError` if the file could not be read.
        What lies behind the last piece is not read.
        """
        whole = _Whole()
        blocks = list(_blocks(lengths))
        # Blocks are begun in this order, so the one whose turn it is has always been begun: no deadlock.
        futures = [
            self._executor.submit(self._block, opener, whole, turn, offset, pieces)
            for turn, (offset, pieces) in enumerate(blocks)
        ]
        return lambda: _collect(whole, futures)

    def _block(
        self, opener: Opener, whole: _Whole, turn: int, offset: int, lengths: Sequence[int]
    ) -> list[str]:
        try:
            with opener() as file:
                file.seek(offset)
                digests = self._hash(file, whole, turn, lengths)
        except BaseException:
            with whole.changed:
                whole.failed = True
                whole.changed.notify_all()
            raise
        with whole.changed:
            whole.turn = turn + 1
            whole.changed.notify_all()
        return digests

    def _hash(self, file: BufferedReader, whole: _Whole, turn: int, lengths: Sequence[int]) -> list[str]:
        """Digests of consecutive pieces: many small ones in one window, or one in many windows."""
        window = self._window()
        digests = []
        if sum(lengths) <= WINDOW:
            filled = window[: sum(lengths)]
            _read(file, filled)
            start = 0
            for length in lengths:
                digests.append(sha256(filled[start : start + length]).hexdigest())
                start += length
            _feed(whole, turn, filled)
            return digests
        for length in lengths:
            piece = sha256()
            for size in _parts(length):
                _read(file, window[:size])
                piece.update(window[:size])
                _feed(whole, turn, window[:size])
            digests.append(piece.hexdigest())
        return digests

    def _window(self) -> memoryview:
        if not hasattr(self._own, "window"):
            self._own.window = memoryview(bytearray(WINDOW))
        window: memoryview = self._own.window
        return window


def _blocks(lengths: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """(offset, lengths) of runs of pieces that fit a window together; a longer piece goes alone."""
    start = first = offset = 0
    for number, length in enumerate(lengths):
        if number > first and offset + length - start > WINDOW:
            yield start, lengths[first:number]
            start, first = offset, number
        offset += length
    yield start, lengths[first:]


def _parts(length: int) -> Iterator[int]:
    while length > 0:
        yield min(length, WINDOW)
        length -= WINDOW


def _read(file: BufferedReader, window: memoryview) -> None:
    filled = 0
    while filled < len(window):
        count = file.readinto(window[filled:])
        if not count:
            raise ShortRead("the file ended early")
        filled += count


def _feed(whole: _Whole, turn: int, data: memoryview) -> None:
    with whole.changed:
        while whole.turn != turn and not whole.failed:
            whole.changed.wait()
        if whole.failed:
            raise ShortRead("an earlier part of the file could not be read")
    whole.hash.update(data)


def _collect(whole: _Whole, futures: Sequence[Future[list[str]]]) -> FileDigests:
    pieces = tuple(digest for future in futures for digest in future.result())
    return FileDigests(whole.hash.hexdigest(), pieces)
