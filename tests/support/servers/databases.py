"""Both databases for tests: SQLite in a file, and a real PostgreSQL that the test run starts for itself.

The server lies in a temporary folder of its own, listens on a Unix socket and nowhere else, and keeps every
promise that one in production keeps (fsync included). PostgreSQL refuses to run as root, so a test run of
root gives it to another user. Its texts are sorted as in German, not byte by byte: nothing may depend on it.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from casework.database import migrations
from casework.database.engine import connect
from tests.support.patience import PATIENCE, wait_until

SETTINGS = ("max_connections=200", "max_wal_size=256MB")
MEMORY = "/dev/shm"
USERS = ("postgres", "nobody")
CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
INSTALL = "apt-get install --no-install-recommends postgresql"


class MadeDatabase(Protocol):
    """A database of one test."""

    url: str

    def like(self, folder: Path) -> MadeDatabase:
        """A copy as it is now, in which nobody may be meanwhile; `folder` is where a file may lie."""

    def stored(self) -> bytes:
        """Everything that is kept, as it is kept; texts are in it as they are."""

    def drop(self) -> None:
        """Nothing is left of it, and whoever is connected is cut off."""


@functools.cache
def migrated_file() -> bytes:
    """A file at the present schema with nothing in it, to be copied: its migrations take half a second."""
    with tempfile.TemporaryDirectory() as folder:
        made = SqliteFile(Path(folder) / "database.sqlite")
        engine = connect(made.url)
        migrations.upgrade(engine)
        engine.dispose()
        return made.stored()


@dataclass
class SqliteFile:
    path: Path

    @classmethod
    def migrated(cls, path: Path) -> SqliteFile:
        path.write_bytes(migrated_file())
        return cls(path)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def like(self, folder: Path) -> SqliteFile:
        (folder / self.path.name).write_bytes(self.stored())
        return SqliteFile(folder / self.path.name)

    def stored(self) -> bytes:
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.read_bytes()

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass
class ServerDatabase:
    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def like(self, folder: Path) -> ServerDatabase:
        return self.server.made(self.name)

    def stored(self) -> bytes:
        program = self.server.binaries / "pg_dump"
        return subprocess.run([program, self.url], check=True, capture_output=True, timeout=PATIENCE).stdout

    def drop(self) -> None:
        with self.server.asked() as connection:
            connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")  # type: ignore[arg-type]  # ours


@dataclass
class Server:
    """A PostgreSQL server for this test run."""

    folder: Path
    prefix: Sequence[str]
    """What a command needs in front to run as the server's user."""
    binaries: Path
    settings: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self.prefix, str(self.binaries / program), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Returns when it answers. After a kill it is refused until the last child of before is gone."""

        def answers() -> bool:
            if self.process is None or self.process.poll() is not None:
                self._spawn()
            return self.answers()

        self._spawn()
        try:
            wait_until(answers)
        except AssertionError as never:
            raise AssertionError((self.folder / "log").read_text()) from never

    def _spawn(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(*self.prefix, str(self.binaries / "postgres"), "-D", str(self.folder / "data")),
                    *("-k", str(self.folder), "-c", "listen_addresses="),
                    *(word for one in self.settings for word in ("-c", one)),
                ],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self) -> bool:
        try:
            with self.asked():
                return True
        except psycopg.OperationalError:
            return False

    def kill(self) -> None:
        """`kill -9` of the postmaster; its children see that and end, as after a power cut."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    @contextlib.contextmanager
    def standby(self) -> Iterator[Server]:
        """A running standby of this server, named `standby`, which confirms nothing until this is asked of
        it (`confirm`); nothing of it is left."""
        with _folder(self.folder.parent) as (folder, prefix):
            made = Server(folder, prefix, self.binaries, self.settings, numbers=self.numbers)
            source = f"host={self.folder} user=keeper application_name=standby"
            made.run(
                *("pg_basebackup", "-D", str(folder / "data"), "-d", source, "--write-recovery-conf"),
                *("--checkpoint=fast", "--no-sync"),
            )
            made.start()
            try:
                yield made
            finally:
                made.end()

    def confirm(self, standby: str) -> None:
        """Have each commit wait for this standby; none if it is empty."""
        with self.asked() as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")  # type: ignore[arg-type]  # ours
            connection.execute("SELECT pg_reload_conf()")

        def applies() -> bool:
            with self.asked() as connection:
                return connection.execute("SHOW synchronous_standby_names").fetchone() == (standby,)

        wait_until(applies)

    def promote(self) -> None:
        """It was a standby, and takes writes when this returns."""
        self.run("pg_ctl", "promote", "-D", str(self.folder / "data"))

    def end(self) -> None:
        """At once, without bringing everything to its place on the disk: nobody will need it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(PATIENCE)

    def url(self, name: str) -> str:
        return f"postgresql://amana@/{name}?host={self.folder}"

    @contextlib.contextmanager
    def asked(self, name: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """As the administrator of the server."""
        with psycopg.connect(
            f"postgresql://keeper@/{name}?host={self.folder}", autocommit=True
        ) as connection:
            yield connection

    def made(self, template: str = "template0", *options: str) -> ServerDatabase:
        """A new database like `template`, in which nobody may be."""
        name = f"amana_{next(self.numbers)}"
        with self.asked() as connection:
            connection.execute(CUT, (template,))
            # Copying files takes a third of the processor time of copying page by page through the log.
            made = f"CREATE DATABASE {name} TEMPLATE {template} OWNER amana STRATEGY FILE_COPY"
            connection.execute(" ".join((made, *options)))  # type: ignore[arg-type]  # our own words
        return ServerDatabase(self, name)

    @cached_property
    def migrated(self) -> str:
        """The name of a database at the present schema, to be copied."""
        database = self.made()
        engine = connect(database.url)
        migrations.upgrade(engine)
        engine.dispose()
        return database.name


@contextlib.contextmanager
def server(*settings: str, lasting: bool = True) -> Iterator[Server]:
    """A running server; nothing of it is left. `lasting`: on a disk; else in memory, where there is room."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        pytest.fail(f"PostgreSQL is not there. Install it: {INSTALL}")
    # Sockets need a short path. A database is three hundred files: a disk takes its time over them.
    place = "/tmp" if lasting or not _room(MEMORY) else MEMORY
    with _folder(Path(place)) as (folder, prefix):
        made = Server(folder, prefix, found[-1].parent, (*SETTINGS, *settings))
        made.run(
            "initdb",
            *("-D", str(folder / "data"), "-U", "keeper", "--auth=trust", "--no-sync", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=icu", "--icu-locale=de"),
        )
        made.start()
        try:
            with made.asked() as connection:
                connection.execute("CREATE ROLE amana LOGIN")
            yield made
        finally:
            made.end()


@contextlib.contextmanager
def _folder(place: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """A folder of the server's user, and what a command needs in front to run as that user."""
    folder = Path(tempfile.mkdtemp(prefix="amana-pg-", dir=place))
    try:
        prefix = ("setpriv", "--pdeathsig=QUIT")  # it ends with the test run, however that ends
        if os.getuid() == 0:
            user = next(one for one in USERS if _is_user(one))
            shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
            prefix += (f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups")
        yield folder, prefix
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _room(folder: str) -> bool:
    return Path(folder).is_dir() and shutil.disk_usage(folder).free > 1024**3


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
