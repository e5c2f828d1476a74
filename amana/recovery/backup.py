"""Backups of the working database, and of this machine's keys, rules and certificates.

    20261201T113000Z.database   database.sqlite, or database.dump of a PostgreSQL server (by pg_dump)
    20261201T113000Z.keys       keys/, rules/ and tls/

Each is a tar whose last member is SHA256SUMS, as sha256sum writes it. They are made while the service runs,
are readable only by their owner, and get their name only once they are complete and on the disk. They do not
contain recordings, which the copies have; wraps in `keys/wraps/`, since no destruction reaches a backup; and
files that the service makes again. `amana.recovery.restore` reads them.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from amana.errors import Unusable
from amana.settings import Settings
from casework.database import service_file
from casework.database.engine import address_in_use
from vault.disk import DISK

DATABASE, KEYS = ".database", ".keys"
"""How the two kinds of files end."""
SQLITE, DUMP = "database.sqlite", "database.dump"
"""The member with the database."""
SUMS = "SHA256SUMS"
"""The last member: without it, the file is not whole."""
LEFT_OUT = frozenset({"keys/wraps", "keys/endings", "keys/renewal.json", "rules/installation.json"})
"""Paths below the data folder that are not in it."""
MAX_DEPTH = 5
"""Names in a member's path."""
UNFINISHED = "unfinished-"
"""How the name of a folder begins in which a database is copied."""
STALE = 24 * 3600.0
"""Seconds after which an unfinished backup counts as left behind."""

_NAME = re.compile(r"\d{8}T\d{6}Z\.(database|keys)", re.ASCII)


def of_database(settings: Settings, folder: Path) -> Path:
    """Back up the database into the folder; return the file.

    Raises `Unusable`, `DatabaseAway` and `DatabaseUnfit` where several servers are named, `OSError`."""
    if not settings.server and not settings.database.exists():
        raise Unusable(f"there is no database in {settings.data.absolute()}: --data or AMANA_DATA names it")
    with _named_once_whole(folder, DATABASE) as part, _folder_in(folder) as beside:
        copy = beside / (DUMP if settings.server else SQLITE)
        if settings.server:
            server = address_in_use(settings.server, settings.primary)
            run_program(server, "pg_dump", "--format=custom", f"--file={copy}")
        else:
            _copy(settings.database, copy)
        _pack(part, {copy.name: copy})
    return part.with_suffix("")


def of_keys(settings: Settings, folder: Path) -> Path:
    """Back up keys, rules and certificates into the folder; return the file. Raises `Unusable`, `OSError`."""
    if not (settings.keys / "deployment").exists():
        raise Unusable(f"there are no keys in {settings.data.absolute()}: --data or AMANA_DATA names them")
    with _named_once_whole(folder, KEYS) as part:
        _pack(part, {path.relative_to(settings.data).as_posix(): path for path in _files(settings)})
    return part.with_suffix("")


def prune(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` backups of each kind, and old unfinished ones."""
    for suffix in (DATABASE, KEYS):
        made = sorted(path for path in folder.glob(f"*{suffix}") if _NAME.fullmatch(path.name))
        for old in made[:-keep]:
            old.unlink(missing_ok=True)
    before = time.time() - STALE
    for part in folder.glob("*.part"):
        if _NAME.fullmatch(part.stem) and part.stat().st_mtime < before:
            part.unlink(missing_ok=True)
    for left in folder.glob(f"{UNFINISHED}*"):
        if left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)


def belongs(name: str) -> bool:
    """Return whether a backup may have a member of this name: a database, or a file in one of the folders."""
    if name in (SQLITE, DUMP):
        return True
    parts = name.split("/")
    known = parts[0] in ("keys", "rules", "tls") and 2 <= len(parts) <= MAX_DEPTH
    return known and name.isprintable() and not {"", ".", ".."} & set(parts)


@contextmanager
def _folder_in(folder: Path) -> Iterator[Path]:
    """Yield a new folder in one that is made if it is missing; it is removed at the end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as name:
        yield Path(name)


@contextmanager
def _named_once_whole(folder: Path, suffix: str) -> Iterator[Path]:
    """Yield the path of an empty new file; when it was filled, sync it and give it its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}{suffix}"
    part = path.with_name(f"{path.name}.part")
    os.close(DISK.create(part))
    try:
        yield part
        with part.open("rb") as filled:
            DISK.sync(filled.fileno())
        DISK.rename(part, path)
        DISK.sync_directory(folder)
    finally:
        part.unlink(missing_ok=True)


def _copy(database: Path, part: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{database.absolute()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
            check_whole(target)
    except sqlite3.Error as error:
        raise Unusable(f"{database}: {error}") from None


def check_whole(database: sqlite3.Connection) -> None:
    """Check the structure of a database. Raises `sqlite3.DatabaseError`."""
    [(message,), *_] = database.execute("PRAGMA integrity_check(1)").fetchall()
    if message != "ok":
        raise sqlite3.DatabaseError(message)


def run_program(address: str, program: str, *arguments: str, option: str = "") -> None:
    """Run a program of PostgreSQL, with the address as its last argument, after `option`.

    Raises `Unusable` if it is missing, or with its message if it failed.
    """
    if shutil.which(program) is None:
        raise Unusable(f"{program} is not installed (Debian: postgresql-client)")
    try:
        with service_file.address_to_show(address) as (shown, environ):
            done = subprocess.run(
                [program, *arguments, f"{option}{shown}"],
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
    except ValueError as error:
        raise Unusable(f"AMANA_DATABASE: {error}") from None
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip().split("\n", 1)[0]
        raise Unusable(message or f"{program} ended with {done.returncode}")


def _files(settings: Settings) -> Iterator[Path]:
    """Yield the files to back up."""
    for folder in (settings.keys, settings.rules, settings.certificates):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(settings.data)
            if path.is_file() and LEFT_OUT.isdisjoint(one.as_posix() for one in (parts, *parts.parents)):
                if not belongs(parts.as_posix()):
                    raise Unusable(f"{path} does not belong there; move it elsewhere")
                yield path


def _pack(part: Path, files: Mapping[str, Path]) -> None:
    """Write a tar of these files, by their names in it, and of their sums."""
    sums = b""
    with part.open("wb") as written, tarfile.open(fileobj=written, mode="w") as tar:
        for name, path in files.items():
            sums += f"{_add(tar, name, path)}  {name}\n".encode()
        tar.addfile(_member(SUMS, len(sums)), io.BytesIO(sums))


def _add(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Add a file as it is now; return its SHA-256. A file that is written meanwhile may only grow."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest, left = hashlib.sha256(), size
        while left:
            piece = file.read(min(left, 1 << 20))
            if not piece:
                raise OSError(None, f"{path} became shorter while it was read")
            digest.update(piece)
            left -= len(piece)
        file.seek(0)
        tar.addfile(_member(name, size), file)
    return digest.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member
