"""The source of a package's files: a folder, or one sealed file.

Every check of a package reads files from a `Source`, never from a disk, so that it treats a folder and a
sealed file alike. Names are strict: a file that cannot belong to a package is refused before it is opened.
There are no links, no devices, no paths out of the folder, and no names that two systems would read
differently.

A source is not trusted. It lists the files and returns their bytes; `verify` proves that they are the right
ones.

Specification: docs/spec/court-package.md, docs/spec/sealed-package.md.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Protocol

from chain_of_custody.errors import Altered, Incomplete, Malformed

MAX_FILES = 100_000
"""Maximum files and folders of a package."""
MAX_DEPTH = 5
"""Maximum folders above a file, including `data`."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""Name of a file or folder."""
PATH = re.compile(rf"(?:(?=data/){NAME.pattern}(?:/{NAME.pattern}){{0,{MAX_DEPTH}}}|{NAME.pattern})")
"""Path of a file: names joined by "/". Only `data` has folders."""

_STEP = "bag"


class OpenFile(Protocol):
    """A file of a source, open at its beginning. For one thread; each thread opens its own."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill some of `buffer` from the current position; return the number of bytes, 0 only at the end.

        Raises `OSError` on disk errors, `Altered` if the bytes read are not those sealed.
        """
        ...

    def seek(self, offset: int, /) -> int:
        """Move to byte `offset`, counted from the beginning."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class Source(Protocol):
    """A package's files, from any place. Not trusted. Several threads may use it."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Return path → bytes, of every file, each path a `PATH`.

        Raises `Malformed` and `Altered` for files that cannot belong to a package.
        """
        ...

    def read(self, path: str, limit: int) -> bytes:
        """Read a whole file.

        Raises `Incomplete` if it does not exist, `Malformed` if it is longer than `limit` bytes, `Altered` if
        it changed meanwhile, `OSError` on disk errors.
        """
        ...

    def open(self, path: str) -> OpenFile:
        """Open a file for reading at its beginning. Raises as `read`."""
        ...


class FolderSource:
    """The files below a folder. The folder is not read before `sizes` is requested."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Return path → bytes on disk, as of the first call. Links are not followed but refused."""
        sizes: dict[str, int] = {}
        for count, (path, size) in enumerate(_walk(self.root)):
            if count >= MAX_FILES:
                raise Malformed(f"more than {MAX_FILES} files and folders")
            if size is not None:
                sizes[path] = size
        return sizes

    def read(self, path: str, limit: int) -> bytes:
        """As `Source.read`."""
        size = self._size(path)
        if size > limit:
            raise Malformed(f"{path}: longer than {limit} bytes")
        content = bytearray(size)
        with self.open(path) as file:
            if fill(file, memoryview(content)) != size:
                raise _changing(path)
        return bytes(content)

    def open(self, path: str) -> FileIO:
        """As `Source.open`."""
        size = self._size(path)
        # Between the walk and now the name may have become a link: do not follow it.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        file = FileIO(os.open(self.root / path, flags | getattr(os, "O_NONBLOCK", 0)))
        if os.fstat(file.fileno()).st_size != size:
            file.close()
            raise _changing(path)
        return file

    def _size(self, path: str) -> int:
        try:
            return self.sizes[path]
        except KeyError:
            raise Incomplete(_STEP, "the file is missing", path) from None


def fill(file: OpenFile, buffer: memoryview) -> int:
    """Read until `buffer` is full or the file ends; return the number of bytes read."""
    filled = 0
    while filled < len(buffer):
        count = file.readinto(buffer[filled:])
        if not count:
            break
        filled += count
    return filled


def shown(path: str) -> str:
    """Return a name found on disk or in an archive, made safe to print."""
    return ascii(path)[1:-1][:200]


def _walk(root: Path, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, int | None]]:
    """Yield every file below `root` with its size, and every folder with None.

    Links are not followed but refused: their target is not in the folder, and may differ for the next reader.
    """
    with os.scandir(root / prefix) as entries:
        for entry in entries:
            path = prefix + entry.name
            if not NAME.fullmatch(entry.name):
                raise Altered(
                    _STEP, "there is a file that nobody listed, with a name that cannot be", shown(path)
                )
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and depth < MAX_DEPTH and (prefix or entry.name == "data"):
                yield path, None
                yield from _walk(root, f"{path}/", depth + 1)
            elif stat.S_ISREG(status.st_mode):
                yield path, status.st_size
            elif stat.S_ISLNK(status.st_mode):
                raise Malformed(f"{path}: a link, not a file")
            else:
                raise Malformed(f"{path}: not a file, or a folder that does not belong here")


def _changing(path: str) -> Altered:
    return Altered(_STEP, "the file is changing while it is read", path)
