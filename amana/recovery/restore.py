"""Restore of a backup (`amana.recovery.backup`) into a data folder that lacks its content.

Nothing is replaced. Files get their place only once the whole backup was read, compared with its sums, and is
on the disk. Keys, rules and certificates come first: the keys must have signed the ledger in a database.

Trusts: a backup of keys, like the person who stored it. A database is not trusted: it has to contain a
checkpoint that the keys signed, and the keyholder continues none that is older than its record.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from amana.centers import stored_head
from amana.errors import Unusable
from amana.install import installation
from amana.keyholder.signing_guard import TreeHead
from amana.recovery.backup import DUMP, SQLITE, SUMS, belongs, check_whole, run_program
from amana.settings import Settings
from casework.database.engine import address_in_use
from chain_of_custody.errors import CustodyError
from vault.disk import DISK
from vault.errors import VaultError

MAX_MEMBERS = 10_000
_COPIED = 1 << 20


@dataclass(frozen=True)
class Restored:
    """What was restored. `head`: of the ledger in the database; None without a database."""

    keys: bool
    head: TreeHead | None


def restore(settings: Settings, files: Sequence[Path]) -> Restored:
    """Restore a backup of the keys, one of the database, or both. The service must be stopped.

    Raises `Unusable`, which says what is wrong with which file, and `OSError`.
    """
    keys: Path | None = None
    head: TreeHead | None = None
    databases: list[tuple[Path, Path]] = []
    with ExitStack() as staging:
        for file in files:
            folder = Path(
                staging.enter_context(tempfile.TemporaryDirectory(prefix="restore-", dir=settings.data))
            )
            _unpack(file, folder)
            if database := next((folder / one for one in (SQLITE, DUMP) if (folder / one).exists()), None):
                databases.append((file, database))
            elif keys is None:
                keys = folder
            else:
                raise Unusable(f"{file} is a second backup of keys")
        if len(databases) > 1:
            raise Unusable(f"{databases[1][0]} is a second backup of a database")
        if keys is not None:
            _place_keys(settings, keys)
        for file, database in databases:
            place = _place_sqlite if database.name == SQLITE else _place_dump
            head = place(settings, file, database)
    return Restored(keys is not None, head)


def _unpack(file: Path, staged: Path) -> None:
    """Write the members below a folder, and compare them with the sums. Raises `Unusable`, `OSError`."""
    found: dict[str, str] = {}
    sums: bytes | None = None
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                if not member.isreg() or len(found) == MAX_MEMBERS:
                    raise Unusable(f"{file}: {member.name!r} does not belong into a backup")
                content = tar.extractfile(member)
                assert content is not None
                if member.name == SUMS:
                    sums = content.read()
                    break
                if not belongs(member.name) or member.name in found:
                    raise Unusable(f"{file}: {member.name!r} does not belong into a backup")
                path = staged / member.name
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                found[member.name] = _write(content, path)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Unusable(f"{file} is no backup of Amana, or damaged: {error}") from None
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror or error}") from None
    if sums is None:
        raise Unusable(f"{file} is not whole: its end is missing")
    if sums != "".join(f"{digest}  {name}\n" for name, digest in found.items()).encode():
        raise Unusable(f"{file} is damaged: its files are not those of {SUMS}")
    for folder in {path.parent for path in staged.rglob("*")}:
        DISK.sync_directory(folder)


def _write(content: IO[bytes], path: Path) -> str:
    """Write a file and sync it; return its SHA-256."""
    digest = hashlib.sha256()
    with open(DISK.create(path), "wb") as written:  # noqa: PTH123  # of a descriptor
        while piece := content.read(_COPIED):
            digest.update(piece)
            written.write(piece)
        written.flush()
        DISK.sync(written.fileno())
    return digest.hexdigest()


def _place_keys(settings: Settings, staged: Path) -> None:
    folders = (settings.keys, settings.rules, settings.certificates)
    for folder in folders:
        if folder.exists() and any(folder.iterdir()):
            raise Unusable(f"{folder.absolute()} is not empty; move it aside first")
    # The keys come last: they make the folder a center's.
    for folder in reversed(folders):
        read = staged / folder.name
        if read.exists():
            DISK.rename(read, folder)  # over an empty folder, or none
            DISK.sync_directory(settings.data)


def _place_sqlite(settings: Settings, file: Path, staged: Path) -> TreeHead:
    if settings.server:
        raise Unusable(f"{file} is of a SQLite database, and AMANA_DATABASE names a server")
    if any(settings.working.glob("database.sqlite*")):
        raise Unusable(f"{settings.database.absolute()} is there already; move database.sqlite* aside first")
    try:
        with closing(sqlite3.connect(staged)) as copied:
            check_whole(copied)
    except sqlite3.DatabaseError as error:
        raise Unusable(f"{file} is damaged: {error}") from None
    head = _head(settings, file, f"sqlite:///{staged.absolute()}")
    with staged.open("rb") as whole:
        DISK.sync(whole.fileno())
    settings.working.mkdir(mode=0o700, parents=True, exist_ok=True)
    DISK.rename(staged, settings.database)
    DISK.sync_directory(settings.working)
    return head


def _place_dump(settings: Settings, file: Path, staged: Path) -> TreeHead:
    if not settings.server:
        raise Unusable(f"{file} is of a PostgreSQL server: set AMANA_DATABASE to an empty database there")
    # In one transaction: into a database that has tables already, nothing is restored.
    arguments = ("--no-owner", "--exit-on-error", "--single-transaction", str(staged))
    server = address_in_use(settings.server, settings.primary)
    run_program(server, "pg_restore", *arguments, option="--dbname=")
    return _head(settings, file, server)


def _head(settings: Settings, file: Path, url: str) -> TreeHead:
    """Return the head of the ledger in a database, which the keys here must have signed."""
    try:
        return stored_head(settings, installation.read(settings), url)
    except installation.NotInstalled as missing:
        raise Unusable(f"{file}: restore the backup of the keys first, or with it ({missing})") from None
    except (CustodyError, VaultError) as error:
        raise Unusable(f"{file} has no ledger that the keys here have signed: {error}") from None
