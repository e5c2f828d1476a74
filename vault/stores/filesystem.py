"""A store in a folder: one file per object, written once.

    <root>/store.json          made by `create`; without it the folder is not a store (or not mounted)
    <root>/objects/<key>       0400, never changed
    <root>/incoming/           being written
    <root>/damaged/<key>/…     damaged objects that a repair replaced; nothing reads or removes them

An object appears under its key whole or not at all: it is written and synced under another name, then linked
to its own. A hard link, unlike a rename, never replaces an existing file. On return from `put` the file and
all folders above it are synced.

Nothing here protects against the owner of the folder; the digests in the ledger do, and the second copy on
another machine. An unmounted disk looks like an empty folder: hence `store.json`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import rfc8785

from vault.disk import DISK, Disk, replace, write_new
from vault.errors import (
    Altered,
    ObjectExists,
    ObjectMissing,
    StoreUnavailable,
    VaultError,
    write_failure,
    write_failures,
)
from vault.stores.base import ObjectVersion, check_key
from vault.stores.version_deletion import KeptVersion

_GONE = frozenset(
    {errno.ENOENT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENODEV, errno.ENXIO}
    | {errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT}
)
"""System errors that concern the store as a whole, not this write."""

_OBJECT, _ASIDE = "object", "damaged-"
"""Versions: the current object under a key, and one that a repair replaced."""
_ABANDONED = 3600.0
"""Seconds after which a file in `incoming` belongs to a process that has ended."""


class FilesystemStore:
    """See `vault.stores.base.Store` for the contract of its methods. Construction touches nothing.

    A key has one version, the SHA-256 of its bytes.
    """

    def __init__(self, root: Path, disk: Disk = DISK) -> None:
        self._root, self._disk = root, disk
        self._objects, self._incoming, self._damaged = root / "objects", root / "incoming", root / "damaged"
        self._swept = False

    @classmethod
    def create(cls, root: Path, disk: Disk = DISK) -> FilesystemStore:
        """Make a store in `root`, once, when the center is set up; an existing store is left unchanged.

        Raises `WriteFailed` if the file system lacks what a store needs (hard links, folder syncs).
        """
        store = cls(root, disk)
        if (root / "store.json").exists():
            return store
        trial, linked = store._incoming / "trial", store._incoming / "linked"
        with write_failures(f"{root.name} cannot be a store"):
            for folder in (root, store._objects, store._incoming):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(disk, trial, b"trial", 0o400)
            disk.unlink(linked)
            disk.link(trial, linked)
            disk.unlink(linked)
            disk.unlink(trial)
            disk.sync_directory(root.parent)
        marker: dict[str, str | int] = {"kind": "amana-store", "store": secrets.token_hex(16), "v": 1}
        replace(disk, root / "store.json", rfc8785.dumps({**marker}))
        return store

    def put(self, key: str, data: bytes) -> ObjectVersion:
        """See `Store.put`. Reads the object back and compares its digest, also if it existed already."""
        path = self._path(key)
        digest = hashlib.sha256(data).hexdigest()
        put = ObjectVersion(key, digest, len(data), digest)
        try:
            self._sweep()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = not path.exists() and self._write(path, data)
            # Also for an existing object: it may be from a put that was killed before this line.
            self._sync_folders(path.parent)
        except (FileExistsError, NotADirectoryError):
            raise ObjectExists(f"a part of {key} is an object itself") from None
        except OSError as error:
            raise self._failure(error, key) from error
        if not written and path.is_dir():
            raise ObjectExists(f"a part of {key} is a folder of others")
        if (seen := self.head(key)) != put:
            if written:
                raise Altered(f"{key} is not in the store as it was put there")
            raise ObjectExists(f"{key} holds other bytes")
        return seen

    def replace_damaged(self, key: str, data: bytes) -> ObjectVersion:
        """See `Store.replace_damaged`. A crash between any two of the numbered lines loses nothing.

        1. The good bytes are whole and synced, under a name that is not read. After a crash it is removed.
        2. The damaged object has a second name in `damaged`, synced. After a crash, the next repair finds it.
        3. In one step the key names the good bytes, and the damaged ones have only their second name.
        4. That step is synced. Without it a power cut may undo the step, and the next reading detects that.
        """
        path = self._path(key)
        digest = hashlib.sha256(data).hexdigest()
        good = ObjectVersion(key, digest, len(data), digest)
        fresh = self._incoming / secrets.token_hex(8)
        try:
            self._sweep()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._holds(good):
                write_new(self._disk, fresh, data, 0o400)  # 1
                try:
                    self._keep_aside(key, path)  # 2
                    self._disk.rename(fresh, path)  # 3
                finally:
                    self._disk.unlink(fresh)
            self._sync_folders(path.parent)  # 4
        except (FileExistsError, NotADirectoryError):
            raise ObjectExists(f"a part of {key} is an object itself") from None
        except OSError as error:
            raise self._failure(error, key) from error
        return good

    def get(self, key: str, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """See `Store.get`. The version is checked, against the bytes, when the whole object is read."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError("a range begins at 0 or later and is not negative")
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                data = file.read() if length is None else file.read(length)
        except OSError as error:
            raise self._unreadable(error, key) from error
        whole = start == 0 and length is None
        if whole and version is not None and hashlib.sha256(data).hexdigest() != version:
            raise Altered(f"{key} is not the version asked for")
        return data

    def head(self, key: str) -> ObjectVersion:
        """See `Store.head`. Reads and hashes the whole object: there is no other source for its digest."""
        try:
            with self._path(key).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return ObjectVersion(key, digest, file.tell(), digest)
        except OSError as error:
            raise self._unreadable(error, key) from error

    def list(self, prefix: str) -> Iterator[str]:
        """See `Store.list`. Also raises `StoreUnavailable` if `store.json` is missing."""
        self._check_mounted()
        folder = prefix.rpartition("/")[0]
        if folder:
            check_key(folder)
        try:
            yield from self._walk(folder, prefix)
        except OSError as error:
            raise StoreUnavailable(f"{self._root.name}: {error.strerror}") from error

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See `Store.sizes`. Raises `ObjectMissing` for an object that is removed meanwhile."""
        for key in self.list(prefix):
            try:
                yield key, self._path(key).stat().st_size
            except OSError as error:
                raise self._unreadable(error, key) from error

    def kept(self, prefix: str) -> Iterator[KeptVersion]:
        """See `DestroyingStore.kept`. A folder has no locks or holds."""
        for key in self.list(prefix):
            yield KeptVersion(key, _OBJECT)
        try:
            aside = sorted(path for path in (self._damaged / prefix).rglob("*") if not path.is_dir())
        except OSError as error:
            raise StoreUnavailable(f"{self._root.name}: {error.strerror}") from error
        for path in aside:
            yield KeptVersion(str(path.parent.relative_to(self._damaged)), f"{_ASIDE}{path.name}")

    def destroy(self, key: str, version: str) -> None:
        """See `DestroyingStore.destroy`. The name is removed durably; what a disk retains of freed blocks is
        beyond our control."""
        path, root = self._path(key), self._objects
        if version.startswith(_ASIDE):
            root = self._damaged
            path = root / key / check_key(version.removeprefix(_ASIDE))
        elif version != _OBJECT:
            return
        try:
            self._disk.unlink(path)
            folder = path.parent
            while folder != root and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()  # an empty folder still names the item
                folder = folder.parent
            self._disk.sync_directory(folder if folder.is_dir() else root)
        except NotADirectoryError:
            return
        except OSError as error:
            raise self._failure(error, key) from error

    def _walk(self, folder: str, prefix: str) -> Iterator[str]:
        path = self._objects / folder
        if not path.is_dir():
            return
        with os.scandir(path) as entries:
            # A folder sorts as its keys do: "a-b" comes before "a/b".
            names = sorted(entry.name + "/" * entry.is_dir() for entry in entries)
        for name in names:
            key = f"{folder}/{name}" if folder else name
            if not key.startswith(prefix[: len(key)]):
                continue
            if name.endswith("/"):
                yield from self._walk(key[:-1], prefix)
            elif key.startswith(prefix):
                yield key

    def _write(self, path: Path, data: bytes) -> bool:
        fresh = self._incoming / secrets.token_hex(8)
        write_new(self._disk, fresh, data, 0o400)
        try:
            self._disk.link(fresh, path)
        except FileExistsError:
            return False  # another process was faster
        else:
            return True
        finally:
            self._disk.unlink(fresh)

    def _keep_aside(self, key: str, path: Path) -> None:
        """Add a second name for the object under `key`: its inode's number, so that an interrupted repair is
        found again. (A number is not given to another file while the first has a name.)"""
        if not os.path.lexists(path):
            return
        folder = self._damaged / key
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder / str(path.lstat().st_ino)
        if kept.exists() and not kept.samefile(path):  # the store was moved to another disk since
            kept = folder / f"{kept.name}-{secrets.token_hex(4)}"
        if path.is_dir():
            self._disk.rename(path, kept)
        elif not kept.exists():
            self._disk.link(path, kept)
        self._sync_folders(folder)
        self._disk.sync_directory(self._root)  # `damaged` itself may be new

    def _holds(self, expected: ObjectVersion) -> bool:
        try:
            return self.head(expected.key) == expected
        except VaultError:
            return False

    def _sync_folders(self, folder: Path) -> None:
        # Every time and up to the root: an earlier put may have made a folder and died before syncing it.
        while folder != self._root:
            self._disk.sync_directory(folder)
            folder = folder.parent

    def _sweep(self) -> None:
        if self._swept:
            return
        self._swept = True
        for path in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process has just finished it
                if path.stat().st_mtime < time.time() - _ABANDONED:
                    self._disk.unlink(path)

    def _path(self, key: str) -> Path:
        path = self._objects / check_key(key)
        self._check_mounted()
        return path

    def _check_mounted(self) -> None:
        if not (self._root / "store.json").exists():
            raise StoreUnavailable(f"{self._root.name} holds no store: not mounted, or never made")

    def _failure(self, error: OSError, key: str) -> VaultError:
        if error.errno in _GONE:
            return StoreUnavailable(f"{self._root.name}: {error.strerror}")
        return write_failure(error, key)

    def _unreadable(self, error: OSError, key: str) -> VaultError:
        if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
            return ObjectMissing(key)
        return StoreUnavailable(f"{key}: {error.strerror}")
