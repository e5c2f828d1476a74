"""Hash films piece by piece, in several threads.

A recording commits to each second of its films, so a film is proved by the digests of its pieces, one after
the other. An hour is more than a gigabyte and may be on a slow USB stick. Hashing takes the time, and hashlib
lets other threads run meanwhile. A few threads take blocks of pieces, one after the other. Each thread opens
the film itself.

The number of pieces comes from a package that is not verified yet. So only the 32 bytes of each digest stay
in memory, and a block is created only when its turn comes.

This module does not interpret records; its caller interprets the digests. Offsets and lengths are in bytes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from threading import Condition, Event, local
from typing import TYPE_CHECKING, TypeAlias

from chain_of_custody.encoding.file_source import OpenFile, fill
from chain_of_custody.errors import NotProved

if TYPE_CHECKING:
    from hashlib import _Hash

WINDOW = 4 * 1024 * 1024
"""Bytes that one thread reads at a time: large enough to make switching cheap, small compared to any
memory."""

Opener: TypeAlias = Callable[[], OpenFile]
"""Opens the film again; several threads read at different places."""

Algorithm: TypeAlias = "Callable[..., _Hash]"
"""A constructor of `hashlib`."""

Hashed: TypeAlias = Callable[[int], None]
"""Receives the number of bytes hashed since the last call."""


_Outcome: TypeAlias = "tuple[int, Exception | None]"
"""How many pieces of a block have a digest, and why the next one has none."""


class ShortRead(OSError):
    """The film is shorter than it was a moment ago."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Pieces `first` up to, not including, `end`, which begin at byte `offset`. `number`: 0, 1, 2 …"""

    number: int
    offset: int
    first: int
    end: int


class _Film:
    """A film being hashed. `digests`: 32 bytes for each piece, present once its block is `finished`."""

    def __init__(self, opener: Opener, lengths: Sequence[int]) -> None:
        self.opener, self.lengths = opener, lengths
        self.digests = bytearray(32 * len(lengths))
        self.waiting = _blocks(lengths)
        self.finished: dict[int, _Outcome] = {}

    def note(self, piece: int, digest: bytes) -> None:
        self.digests[32 * piece : 32 * piece + 32] = digest


class MediaDigests:
    """Threads that hash films. Use as a context manager.

    `workers` defaults to the number of processors. `hashed` is called in the thread that waits for digests.
    """

    def __init__(self, workers: int | None = None, hashed: Hashed | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._executor = ThreadPoolExecutor(self._workers)
        self._hashed = hashed
        self._own = local()
        self._left = Event()
        self._turn = Condition()
        self._films: deque[_Film] = deque()  # those with blocks left; with `_busy`, only under `_turn`
        self._busy = 0

    def __enter__(self) -> MediaDigests:
        return self

    def __exit__(self, *_: object) -> None:
        # A hostile package may claim a piece of terabytes: the verdict does not wait for it.
        self._left.set()
        self._executor.shutdown(cancel_futures=True)

    def start(self, opener: Opener, lengths: Sequence[int]) -> Callable[[], Iterator[str]]:
        """Start hashing a film that consists of pieces of these `lengths`, one after the other.

        Returns a function that yields the SHA-256 of each piece, in hexadecimal, in order, as soon as it is
        available. If a piece cannot be read, the iterator raises in its place: `OSError`, or what the film's
        source raises. Bytes after the last piece are not read.
        """
        film = _Film(opener, lengths)
        with self._turn:
            self._films.append(film)
            for _ in range(self._workers - self._busy):
                self._busy += 1
                self._executor.submit(self._work)
        return lambda: self._collect(film)

    def _collect(self, film: _Film) -> Iterator[str]:
        for block in _blocks(film.lengths):
            with self._turn:
                while block.number not in film.finished:
                    self._turn.wait()
            good, failure = film.finished[block.number]
            # Report first: a caller that has the last digest requests no more.
            if self._hashed is not None and failure is None:
                self._hashed(sum(film.lengths[block.first : block.end]))
            for piece in range(block.first, block.first + good):
                yield film.digests[32 * piece : 32 * piece + 32].hex()
            if failure is not None:
                raise failure

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            film, block = taken
            # Catch every error of this thread: no caller may wait for it for ever.
            outcome: _Outcome = 0, RuntimeError("a thread that hashes has died")
            try:
                outcome = self._block(film, block)
            finally:
                with self._turn:
                    film.finished[block.number] = outcome
                    self._turn.notify_all()

    def _next(self) -> tuple[_Film, _Block] | None:
        with self._turn:
            while self._films and not self._left.is_set():
                if (block := next(self._films[0].waiting, None)) is not None:
                    return self._films[0], block
                self._films.popleft()
            self._busy -= 1
            return None

    def _block(self, film: _Film, block: _Block) -> _Outcome:
        """Hash consecutive pieces: many small ones in one window, or one in many windows."""
        try:
            with closing(film.opener()) as file:
                file.seek(block.offset)
                if sum(film.lengths[block.first : block.end]) > WINDOW:
                    film.note(block.first, self._long(file, film.lengths[block.first]))
                    return 1, None
                try:
                    self._together(film, file, block.first, block.end)
                except (OSError, NotProved):
                    # Retry piece by piece to find the failing one: its time is reported to people.
                    return self._one_by_one(film, file, block)
                return block.end - block.first, None
        except (OSError, NotProved) as failure:
            return 0, failure

    def _together(self, film: _Film, file: OpenFile, first: int, end: int) -> None:
        filled = self._window()[: sum(film.lengths[first:end])]
        _read(file, filled)
        start = 0
        for piece in range(first, end):
            length = film.lengths[piece]
            film.note(piece, sha256(filled[start : start + length]).digest())
            start += length

    def _one_by_one(self, film: _Film, file: OpenFile, block: _Block) -> _Outcome:
        file.seek(block.offset)
        for piece in range(block.first, block.end):
            try:
                self._together(film, file, piece, piece + 1)
            except (OSError, NotProved) as failure:
                return piece - block.first, failure
        return block.end - block.first, None

    def _long(self, file: OpenFile, length: int) -> bytes:
        window, piece = self._window(), sha256()
        for size in _parts(length):
            if self._left.is_set():
                raise ShortRead("nobody waits for its digest any more")
            _read(file, window[:size])
            piece.update(window[:size])
        return piece.digest()

    def _window(self) -> memoryview:
        if not hasattr(self._own, "window"):
            self._own.window = memoryview(bytearray(WINDOW))
        window: memoryview = self._own.window
        return window


def _blocks(lengths: Sequence[int]) -> Iterator[_Block]:
    """Yield runs of pieces that fit a window together; a longer piece is a block of its own."""
    number = start = first = offset = 0
    for piece, length in enumerate(lengths):
        if piece > first and offset + length - start > WINDOW:
            yield _Block(number, start, first, piece)
            number, start, first = number + 1, offset, piece
        offset += length
    yield _Block(number, start, first, len(lengths))


def _parts(length: int) -> Iterator[int]:
    while length > 0:
        yield min(length, WINDOW)
        length -= WINDOW


def _read(file: OpenFile, window: memoryview) -> None:
    if fill(file, window) != len(window):
        raise ShortRead("the film ended early")
