"""Opening the working database.

SQLite out of the box (write-ahead log, `synchronous=FULL`: a commit that returned is on the disk),
PostgreSQL where a center grows (`casework.database.postgresql`). The database is *not* trusted with the
truth: it can lose or garble working data, but not forge a statement, a proof or a signature.

Two ways to use it, and the difference matters on both:

    with center.database() as session: …          reading; sees one snapshot, blocks nobody
    with center.database.begin() as session: …    writing; commits at the end of the block

There is one writer at a time, in all processes together: what a writer has read stays true until it commits.
`begin` takes the write lock at once: on SQLite its own (`BEGIN IMMEDIATE`), on PostgreSQL an advisory one. A
SQLite transaction that began by reading and then writes can fail with SQLITE_BUSY *without* waiting, because
its snapshot is stale; so writers never begin so. On PostgreSQL readers cannot write at all.

A database that does not answer, or does not in time, is `DatabaseAway`, whatever the driver called it. Values
stand in no message: they may be names.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, QueuePool, create_engine, event
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import PoolProxiedConnection

from casework.database import postgresql
from casework.errors import DatabaseAway, Refused

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another process's commit before SQLite gives up."""
_LOG_RETRY_SECONDS = 0.01
"""Between two tries to switch a new database to the write-ahead log."""
CONNECTIONS, MORE_CONNECTIONS = 5, 25
"""To PostgreSQL from one process: kept open, and more while many wait at once."""
POOL_SECONDS = 15
"""How long a thread waits for one of them."""

CLOSING_TIMEOUT_MS = 500
"""How long closing waits for readers, to take the write-ahead log into the database's file."""


class Sessions(sessionmaker[Session]):
    """A sessionmaker whose `begin()` is a writing transaction; plain calls are for reading."""

    def __init__(self, engine: Engine) -> None:
        # Loaded objects stay readable after commit: rooms above get plain values, never lazy queries.
        super().__init__(engine, expire_on_commit=False)
        self.engine = engine
        """For reading without objects (`engine.connect()`)."""
        self.writing = writing(engine)
        """The same for writing (`writing.begin()`)."""

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Begin a writing transaction, which commits at the end of the block unless it raises."""
        with self(bind=self.writing) as session, session.begin():
            yield session


def connect(url: str) -> Engine:
    """An engine for `url` (`sqlite:////path/database.sqlite` or what libpq takes: `postgresql://…`).

    Nothing is reached yet. Raises `ValueError` for a URL that is neither; the message does not quote it.
    """
    if url.startswith("sqlite:"):
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        # The address goes to the driver by parameters, so that no engine, log or traceback shows it.
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args=postgresql.parameters(url),
            poolclass=_Pool,
            pool_size=CONNECTIONS,
            max_overflow=MORE_CONNECTIONS,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,  # a server that was restarted is found again, and nobody sees an error for it
            hide_parameters=True,
        )
        event.listen(engine, "connect", postgresql.prepare)
        event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "handle_error", _told_apart)
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, with transactions that write."""
    return engine.execution_options(amana_write=True)


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


# SQLAlchemy names a pool's log after its class, and says there when connections come and go.
logging.getLogger(f"{__name__}._Pool").setLevel(logging.WARNING)


class _Pool(QueuePool):
    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeout as busy:
            raise DatabaseAway("the working database: too many are waiting for it") from busy


def _told_apart(context: ExceptionContext) -> Exception | None:
    """What the driver's error is to the house; None: it stays what it is."""
    error = context.sqlalchemy_exception
    if error is None or context.is_pre_ping:
        return None
    if context.is_disconnect or isinstance(error, OperationalError | InterfaceError):
        # The first line says what happened; those after it may have values in them.
        said = str(context.original_exception).strip().split("\n", 1)[0]
        return DatabaseAway(f"the working database: {said}")
    if isinstance(error, DataError):  # a text with NUL, a number too large: PostgreSQL has bounds
        return Refused("a value that the database cannot hold")
    return None


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("amana_write", False))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions behind our back: `_begin_sqlite` alone decides how they start.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _switch_to_write_ahead_log(connection: sqlite3.Connection) -> None:
    """While another connection writes the first pages of a new database, SQLite refuses the switch at once,
    whatever its busy timeout: it would wait for a lock while it holds one. So the waiting is done here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_LOG_RETRY_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    postgresql.begin(connection, writing=_writes(connection))
