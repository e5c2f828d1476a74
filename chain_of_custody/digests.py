"""Films hashed piece by piece, by several threads.

A recording commits to each second of its films, so a film is proved by the digests of its pieces, one after
the other. An hour is more than a gigabyte and may lie on a slow stick; hashing is what takes the time, and
hashlib lets other threads run meanwhile. Blocks of pieces go to a few threads; each opens the film for
itself.

Knows nothing of records; what the digests mean is for the caller. Offsets and lengths in bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from threading import Event, local
from typing import TYPE_CHECKING, TypeAlias

from chain_of_custody.errors import NotProved
from chain_of_custody.sources import OpenFile, fill

if TYPE_CHECKING:
    from hashlib import _Hash

WINDOW = 4 * 1024 * 1024
"""Bytes read at a time by one thread: large enough to make handing over cheap, small beside any memory."""

Opener: TypeAlias = Callable[[], OpenFile]
"""Opens the film anew; several threads read at different places."""

Algorithm: TypeAlias = "Callable[..., _Hash]"
"""Of `hashlib`."""

Hashed: TypeAlias = Callable[[int], None]
"""Is told how many bytes were hashed since it was told last."""


_Block: TypeAlias = "tuple[list[str], Exception | None]"
"""Digests of the pieces before the one that could not be read, if there is one; and why."""


class ShortRead(OSError):
    """The film ended before the bytes it had a moment ago."""


class MediaDigests:
    """Threads that hash films. Use as a context manager; `workers` defaults to the processors. `hashed` is
    called in the thread that waits for digests."""

    def __init__(self, workers: int | None = None, hashed: Hashed | None = None) -> None:
        self._executor = ThreadPoolExecutor(workers or os.cpu_count() or 1)
        self._hashed = hashed
        self._own = local()
        self._left = Event()

    def __enter__(self) -> MediaDigests:
        return self

    def __exit__(self, *_: object) -> None:
        # A verdict does not wait for a piece that may have terabytes, by the word of a hostile package.
        self._left.set()
        self._executor.shutdown(cancel_futures=True)

    def start(self, opener: Opener, lengths: Sequence[int]) -> Callable[[], Iterator[str]]:
        """Begin with a film that consists of pieces of these `lengths`, one after the other.

        Returns a function that gives the SHA-256 of each piece, in hexadecimal, in order, as soon as it is
        there. Where a piece cannot be read, the iterator raises in its place: `OSError`, or what the film's
        source raises. What lies behind the last piece is not read.
        """
        blocks = list(_blocks(lengths))
        futures = [self._executor.submit(self._block, opener, offset, pieces) for offset, pieces in blocks]
        sizes = [sum(pieces) for _, pieces in blocks]
        return lambda: self._collect(futures, sizes)

    def _collect(self, futures: Sequence[Future[_Block]], sizes: Sequence[int]) -> Iterator[str]:
        for future, size in zip(futures, sizes, strict=True):
            digests, failure = future.result()
            # Told first: who takes the last digest asks for no more.
            if self._hashed is not None and failure is None:
                self._hashed(size)
            yield from digests
            if failure is not None:
                raise failure

    def _block(self, opener: Opener, offset: int, lengths: Sequence[int]) -> _Block:
        """Digests of consecutive pieces: many small ones in one window, or one in many windows."""
        try:
            with closing(opener()) as file:
                file.seek(offset)
                if sum(lengths) > WINDOW:
                    return [self._long(file, lengths[0])], None
                try:
                    return list(self._together(file, lengths)), None
                except (OSError, NotProved):
                    # Once more, piece by piece, to know which one it is: people are told its time.
                    return self._one_by_one(file, offset, lengths)
        except (OSError, NotProved) as failure:
            return [], failure

    def _together(self, file: OpenFile, lengths: Sequence[int]) -> Iterator[str]:
        filled = self._window()[: sum(lengths)]
        _read(file, filled)
        start = 0
        for length in lengths:
            yield sha256(filled[start : start + length]).hexdigest()
            start += length

    def _one_by_one(self, file: OpenFile, offset: int, lengths: Sequence[int]) -> _Block:
        digests: list[str] = []
        file.seek(offset)
        for length in lengths:
            try:
                digests += self._together(file, [length])
            except (OSError, NotProved) as failure:
                return digests, failure
        return digests, None

    def _long(self, file: OpenFile, length: int) -> str:
        window, piece = self._window(), sha256()
        for size in _parts(length):
            if self._left.is_set():
                raise ShortRead("nobody waits for its digest any more")
            _read(file, window[:size])
            piece.update(window[:size])
        return piece.hexdigest()

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


def _read(file: OpenFile, window: memoryview) -> None:
    if fill(file, window) != len(window):
        raise ShortRead("the film ended early")
