"""Opening the working database.

SQLite out of the box (write-ahead log, `synchronous=FULL`: a commit that returned is on the disk),
PostgreSQL where a center grows. The database is *not* trusted with the truth: it can lose or garble
working data, but not forge a statement, a proof or a signature.

Two ways to use it, and the difference matters on SQLite:

    with center.database() as session: …          reading; sees one snapshot, blocks nobody
    with center.database.begin() as session: …    writing; commits at the end of the block

`begin` takes SQLite's write lock at once (`BEGIN IMMEDIATE`). A transaction that began by reading and then
writes can fail with SQLITE_BUSY *without* waiting, because its snapshot is stale; so writers never begin so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another process's commit before SQLite gives up."""

CLOSING_TIMEOUT_MS = 500
"""How long closing waits for readers, to take the write-ahead log into the database's file."""


class Sessions(sessionmaker[Session]):
    """A sessionmaker whose `begin()` is a writing transaction; plain calls are for reading."""

    def __init__(self, engine: Engine) -> None:
        # Loaded objects stay readable after commit: rooms above get plain values, never lazy queries.
        super().__init__(engine, expire_on_commit=False)
        self.engine = engine
        """For reading without objects (`engine.connect()`)."""
        self.writing = engine.execution_options(amana_write=True)
        """The same for writing (`writing.begin()`)."""

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self(bind=self.writing) as session, session.begin():
            yield session


def connect(url: str) -> Engine:
    """An engine for `url` (`sqlite:////path/database.sqlite` or `postgresql+psycopg://…`)."""
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000} if _is_sqlite(url) else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def close(engine: Engine) -> None:
    """Let go of the database. SQLite's write-ahead log is taken into its file, as far as nobody else is using
    it: a log left beside an older database that is put back would spoil that one."""
    try:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.rollback()  # a checkpoint is no part of a transaction
                cursor = connection.connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={CLOSING_TIMEOUT_MS}")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


def migrate(engine: Engine) -> None:
    """Bring the database to the present schema; see `casework.migrations`."""
    from casework.migrations import upgrade

    upgrade(engine)


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions behind our back: `_begin_sqlite` alone decides how they start.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("amana_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
