"""A folder being written: durable file by file, in place only when it is whole.

It grows under another name beside the one it will have, and is renamed last, so that whoever finds the folder
finds all of it. What is in it is digested while it is written, and nothing is read again for that.

Knows nothing of what the files mean. Raises `OSError` if the disk does.
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
    """`folder`: where it will be; `partial`: where it grows. `payload`: path → SHA-256 (hexadecimal) and
    `sizes`: path → bytes, of every file written but tag files."""

    folder: Path
    partial: Path
    payload: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, folder: Path) -> WrittenFolder:
        """Begin to write what will be `folder`. Raises `FileExistsError`, also if somebody else has begun."""
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
        """One whole file."""
        self.write_tag(path, content)
        self.payload[path] = sha256(content).hexdigest()
        self.sizes[path] = len(content)

    def write_tag(self, path: str, content: bytes) -> None:
        """One whole file, which is listed nowhere."""
        target = self.partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def growing(self, home: str) -> Iterator[GrowingFiles]:
        """Files of one folder, `home/`, that grow side by side."""
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
        """Put the folder in place, durably."""
        for parent, _, _ in os.walk(self.partial, topdown=False):
            sync_folder(Path(parent))
        self.partial.rename(self.folder)
        sync_folder(self.folder.parent)
        return self.folder

    def discard(self) -> None:
        """Leave nothing of a folder that was not finished."""
        shutil.rmtree(self.partial, ignore_errors=True)


@dataclass
class _Growing:
    file: BinaryIO
    hash: _Hash = field(default_factory=sha256)
    size: int = 0


class GrowingFiles:
    """The files of one folder, growing side by side; digested as they grow, durable at the end."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._files: dict[str, _Growing] = {}

    def begin(self, name: str) -> None:
        """An empty file, which may stay so."""
        # Exclusive: two contents never claim the same file.
        self._files[name] = _Growing((self._home / name).open("x+b"))

    def append(self, name: str, content: bytes) -> None:
        """Add to a file, which begins with its first content."""
        if name not in self._files:
            self.begin(name)
        grown = self._files[name]
        grown.file.write(content)
        grown.hash.update(content)
        grown.size += len(content)

    def read_back(self, name: str, offset: int, length: int) -> bytes:
        """What was written before."""
        file = self._files[name].file
        file.flush()
        content = os.pread(file.fileno(), length, offset)
        if len(content) != length:
            raise OSError(f"{name} is shorter than what was written to it")
        return content

    def close(self, *, durably: bool) -> None:
        """No more is coming."""
        for grown in self._files.values():
            with grown.file:
                if durably:
                    grown.file.flush()
                    os.fsync(grown.file.fileno())

    def digests(self) -> Mapping[str, tuple[str, int]]:
        """File → (SHA-256, bytes)."""
        return {name: (grown.hash.hexdigest(), grown.size) for name, grown in self._files.items()}


def sync_folder(path: Path) -> None:
    """Make names in a folder durable. Where a system cannot (Windows), it has its own way of doing so."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
