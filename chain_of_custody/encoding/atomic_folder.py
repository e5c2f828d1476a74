"""Write a folder atomically: each file is durable, and the folder gets its name when it is complete.

The folder grows under another name beside the final one and is renamed last, so that a folder with the final
name is always complete. Its files are digested while they are written, so none is read again. The meaning of
the files is not interpreted. Raises `OSError` on disk errors.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from hashlib import _Hash


@dataclass
class WrittenFolder:
    """A folder being written.

    `folder`: its final path; `partial`: its path until then; `payload`: path → SHA-256 (hexadecimal) and
    `sizes`: path → bytes, of every file written except tag files.
    """

    folder: Path
    partial: Path
    payload: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, folder: Path) -> WrittenFolder:
        """Begin to write `folder`. Raises `FileExistsError`, also if another writer has begun it."""
        if folder.exists():
            raise FileExistsError(f"{folder} exists")
        partial = folder.with_name(f".{folder.name}.partial")
        try:
            partial.mkdir(parents=True)
        except FileExistsError:
            raise FileExistsError(
                f"{partial} exists: another export is writing it now, or one has crashed; then remove that "
                "folder"
            ) from None
        return cls(folder, partial)

    def write(self, path: str, content: bytes) -> None:
        """Write one whole file."""
        self.write_tag(path, content)
        self.payload[path] = sha256(content).hexdigest()
        self.sizes[path] = len(content)

    def write_tag(self, path: str, content: bytes) -> None:
        """Write one whole file that is not listed in `payload`."""
        target = self.partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def growing(self, home: str) -> Iterator[GrowingFiles]:
        """Yield the files of one folder, `home/`, which are appended to concurrently."""
        (self.partial / home).mkdir(parents=True, exist_ok=True)
        files = GrowingFiles(self.partial / home)
        try:
            yield files
        except BaseException:
            files.close(durably=False)
            raise
        files.close(durably=True)
        for name, (digest, size) in files.digests().items():
            self.payload[home + name] = digest
            self.sizes[home + name] = size

    def finish(self) -> Path:
        """Rename the folder to its final name, durably."""
        for parent, _, _ in os.walk(self.partial, topdown=False):
            sync_folder(Path(parent))
        self.partial.rename(self.folder)
        sync_folder(self.folder.parent)
        return self.folder

    def discard(self) -> None:
        """Remove a folder that was not finished."""
        shutil.rmtree(self.partial, ignore_errors=True)


@dataclass
class _Growing:
    file: BinaryIO
    hash: _Hash = field(default_factory=sha256)
    size: int = 0


class GrowingFiles:
    """The files of one folder, appended to concurrently; digested as they are written, durable at the end."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._files: dict[str, _Growing] = {}

    def begin(self, name: str) -> None:
        """Create an empty file, which may stay empty."""
        # Exclusive: two contents never use the same file.
        self._files[name] = _Growing((self._home / name).open("x+b"))

    def append(self, name: str, content: bytes) -> None:
        """Append to a file, which is created first if `begin` has not created it."""
        if name not in self._files:
            self.begin(name)
        grown = self._files[name]
        grown.file.write(content)
        grown.hash.update(content)
        grown.size += len(content)

    def read_back(self, name: str, offset: int, length: int) -> bytes:
        """Return bytes that were written before."""
        file = self._files[name].file
        file.flush()
        content = os.pread(file.fileno(), length, offset)
        if len(content) != length:
            raise OSError(f"{name} is shorter than what was written to it")
        return content

    def close(self, *, durably: bool) -> None:
        """Close the files."""
        for grown in self._files.values():
            with grown.file:
                if durably:
                    grown.file.flush()
                    os.fsync(grown.file.fileno())

    def digests(self) -> Mapping[str, tuple[str, int]]:
        """Return file → (SHA-256, bytes)."""
        return {name: (grown.hash.hexdigest(), grown.size) for name, grown in self._files.items()}


def sync_folder(path: Path) -> None:
    """Make names in a folder durable. A system that cannot do this (Windows) has its own mechanism."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
