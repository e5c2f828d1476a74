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
from threading import local
from typing import TYPE_CHECKING, TypeAlias

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


class ShortRead(OSError):
    """The film ended before the bytes it had a moment ago."""


class MediaDigests:
    """Threads that hash films. Use as a context manager; `workers` defaults to the processors. `hashed` is
    called in the thread that waits for digests."""

    def __init__(self, workers: int | None = None, hashed: Hashed | None = None) -> None:
        self._executor = ThreadPoolExecutor(workers or os.cpu_count() or 1)
        self._hashed = hashed
        self._own = local()

    def __enter__(self) -> MediaDigests:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def start(
        self, opener: Opener, lengths: Sequence[int], algorithm: Algorithm = sha256
    ) -> Callable[[], tuple[str, ...]]:
        """Begin with a film that consists of pieces of these `lengths`, one after the other.

        Returns a function that waits for the digest of each piece, in hexadecimal, in order; it raises
        `OSError` if the film could not be read, and what its source raises. What lies behind the last piece
        is not read.
        """
        blocks = list(_blocks(lengths))
        futures = [
            self._executor.submit(self._block, opener, offset, pieces, algorithm) for offset, pieces in blocks
        ]
        sizes = [sum(pieces) for _, pieces in blocks]
        return lambda: self._collect(futures, sizes)

    def _collect(self, futures: Sequence[Future[list[str]]], sizes: Sequence[int]) -> tuple[str, ...]:
        digests: list[str] = []
        for future, size in zip(futures, sizes, strict=True):
            digests += future.result()
            if self._hashed is not None:
                self._hashed(size)
        return tuple(digests)

    def _block(self, opener: Opener, offset: int, lengths: Sequence[int], algorithm: Algorithm) -> list[str]:
        """Digests of consecutive pieces: many small ones in one window, or one in many windows."""
        window = self._window()
        with closing(opener()) as file:
            file.seek(offset)
            if sum(lengths) <= WINDOW:
                filled = window[: sum(lengths)]
                _read(file, filled)
                return list(_digests(filled, lengths, algorithm))
            (length,) = lengths
            piece = algorithm()
            for size in _parts(length):
                _read(file, window[:size])
                piece.update(window[:size])
            return [piece.hexdigest()]

    def _window(self) -> memoryview:
        if not hasattr(self._own, "window"):
            self._own.window = memoryview(bytearray(WINDOW))
        window: memoryview = self._own.window
        return window


def _digests(filled: memoryview, lengths: Sequence[int], algorithm: Algorithm) -> Iterator[str]:
    start = 0
    for length in lengths:
        yield algorithm(filled[start : start + length]).hexdigest()
        start += length


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
