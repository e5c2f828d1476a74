"""Engine and sessions of the working database.

SQLite by default (write-ahead log, `synchronous=FULL`: a commit that returned is on the disk), PostgreSQL
for larger centers (`casework.database.postgresql`). The database is *not* trusted for integrity: it can lose
or corrupt working data, but not forge a statement, a proof or a signature.

There are two ways to use it, and the difference matters on both:

    with center.database() as session: …          reading; sees one snapshot, blocks no other session
    with center.database.begin() as session: …    writing; commits at the end of the block

A single query is read without a block (`center.database.scalars`, `get` and the like).

There is one writer at a time, across all processes: what a writer has read stays true until it commits.
`begin` takes the write lock at once: on SQLite its own (`BEGIN IMMEDIATE`), on PostgreSQL an advisory lock. A
SQLite transaction that begins with a read and then writes can fail with SQLITE_BUSY *without* waiting,
because its snapshot is stale; so writers never begin that way. On PostgreSQL readers cannot write at all.

A database that does not answer, or not in time, raises `DatabaseAway`, whatever the driver's error. No
message contains values: they may be names.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    ExceptionContext,
    QueuePool,
    Select,
    Update,
    create_engine,
    event,
)
from sqlalchemy.exc import DataError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from casework.database import postgresql
from casework.database.failover import Newest, one_by_one
from casework.errors import DatabaseAway, DatabaseUnfit, Missing, Refused

Row = TypeVar("Row")
Value = TypeVar("Value")

BUSY_TIMEOUT_MS = 15_000
"""Milliseconds that a writer waits for another process's commit before SQLite gives up."""
_LOG_RETRY_SECONDS = 0.01
"""Delay between attempts to switch a new database to the write-ahead log."""
CONNECTIONS, MORE_CONNECTIONS = 5, 25
"""PostgreSQL connections of one process: pool size, and overflow under load."""
POOL_SECONDS = 15
"""How long a thread waits for a connection."""

CLOSING_TIMEOUT_MS = 500
"""How long closing waits for readers, to checkpoint the write-ahead log into the database file."""


class Sessions(sessionmaker[Session]):
    """A sessionmaker whose `begin()` is a writing transaction; plain calls are for reading."""

    def __init__(self, engine: Engine) -> None:
        # Loaded objects stay readable after commit: callers get plain values, never lazy queries.
        super().__init__(engine, expire_on_commit=False)
        self.engine = engine
        """Engine for reading without ORM objects (`engine.connect()`)."""
        self.writing = writing(engine)
        """Engine for writing without ORM objects (`writing.begin()`)."""

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Begin a writing transaction, which commits at the end of the block unless it raises."""
        with self(bind=self.writing) as session, session.begin():
            yield session

    def scalars(self, query: Select[Value]) -> list[Value]:
        """Return the values or objects that a query of one column finds."""
        with self() as session:
            return list(session.scalars(query))

    def scalar(self, query: Select[Value]) -> Value | None:
        """Return the first value or object that a query finds; None if there is none."""
        with self() as session:
            return session.scalar(query)

    def get(self, kind: type[Row], key: object) -> Row | None:
        """Return the row with this primary key; None if there is none."""
        with self() as session:
            return session.get(kind, key)

    def get_one(self, kind: type[Row], key: object) -> Row:
        """Return the row with this primary key, which exists."""
        with self() as session:
            return session.get_one(kind, key)

    def require(self, kind: type[Row], key: str, name: str) -> Row:
        """Return the row with this key, as `require_row`. Raises `Missing`."""
        with self() as session:
            return require_row(session, kind, key, name)


def require_row(session: Session, kind: type[Row], key: str, name: str) -> Row:
    """Return the row with this key. Raises `Missing`, which calls it by `name`: "no hold 0a1b…"."""
    row = session.get(kind, key)
    if row is None:
        raise Missing(f"no {name} {key[:32]}")
    return row


def updated(session: Session, change: Update) -> int:
    """Execute an UPDATE; return the number of rows that it changed."""
    return cast("CursorResult[Any]", session.execute(change)).rowcount


def connect(url: str, primary: Path | None = None) -> Engine:
    """Create an engine for `url` (`sqlite:////path/database.sqlite`, or a libpq URI: `postgresql://…`).

    `primary`: the file in which the newest PostgreSQL server is remembered (`failover`). Does not connect
    yet. Raises `ValueError` for a URL that is neither; the message does not quote it.
    """
    if url.startswith("sqlite:"):
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        # The address is passed to the driver as parameters, so that no engine, log or traceback shows it.
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args=postgresql.parameters(url),
            poolclass=_Pool,
            pool_size=CONNECTIONS,
            max_overflow=MORE_CONNECTIONS,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,  # reconnects after a server restart, without an error
            hide_parameters=True,
        )
        _use_the_newest_server(engine, Newest(primary))
        event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "handle_error", _translated)
    return engine


def _use_the_newest_server(engine: Engine, newest: Newest) -> None:
    def connect(dialect: Any, record: Any, _: object, options: Mapping[str, Any]) -> Any:
        return postgresql.connect(dialect, record, options, newest)

    def checkout(_connection: object, record: ConnectionPoolEntry, _: object) -> None:
        if newest.replaced(record.info["timeline"]):
            raise DisconnectionError("its server was replaced")  # the pool connects anew

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", checkout)


def address_in_use(url: str, primary: Path) -> str:
    """Return the address of the server in use, of those that a libpq URI names; a single one is not queried.
    PostgreSQL's programs would use the first that answers. Raises `DatabaseAway`, `DatabaseUnfit`."""
    options = postgresql.options_in(url)
    if len(list(one_by_one(options))) == 1:
        return url
    engine = connect(url, primary)
    try:
        with engine.connect() as connection:
            info: Any = connection.connection.driver_connection.info  # type: ignore[union-attr]  # connected
            own = {"host": info.host, "port": info.port}
            if "hostaddr" in options:
                own["hostaddr"] = info.hostaddr
    finally:
        engine.dispose()
    return f"{url}{'&' if '?' in url else '?'}{urlencode(own)}"  # the last value counts


def writing(engine: Engine) -> Engine:
    """Return the engine with writing transactions."""
    return engine.execution_options(amana_write=True)


def close(engine: Engine) -> None:
    """Close the database. Checkpoints SQLite's write-ahead log into its file, as far as no other process uses
    it: a log left beside an older database restored from a backup would corrupt that one."""
    try:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.rollback()  # a checkpoint must be outside a transaction
                cursor = connection.connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={CLOSING_TIMEOUT_MS}")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


# SQLAlchemy names a pool's logger after its class, and logs connection events there.
logging.getLogger(f"{__name__}._Pool").setLevel(logging.WARNING)


class _Pool(QueuePool):
    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeout as busy:
            raise DatabaseAway("the working database: too many are waiting for it") from busy


def _translated(context: ExceptionContext) -> Exception | None:
    """Translate the driver's error into one of casework's; None: leave it unchanged."""
    error = context.sqlalchemy_exception
    if error is None or context.is_pre_ping:
        return None
    if context.is_disconnect or isinstance(error, OperationalError | InterfaceError):
        # The first line describes the error; the following lines may contain values.
        message = str(context.original_exception).strip().split("\n", 1)[0]
        return DatabaseAway(f"the working database: {message}")
    if isinstance(error, DataError):  # text with NUL, a number too large: limits of PostgreSQL
        return Refused("a value that the database cannot hold")
    return None


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("amana_write", False))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions implicitly: only `_begin_sqlite` decides how they start.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # Sorting, and undoing a long statement, take a temporary file by default: in /var/tmp or /tmp, where a
    # confined process may write nothing (`casework.sandbox.processes`).
    connection.execute("PRAGMA temp_store=MEMORY")


def _switch_to_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, with retries. While another connection writes the first pages of a new
    database, SQLite refuses at once despite its busy timeout: it would wait for a lock while holding one.

    Raises `DatabaseUnfit` for a file that is no database.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        except sqlite3.DatabaseError as damaged:
            raise DatabaseUnfit(f"the file is damaged, or no database: {damaged}") from damaged
        time.sleep(_LOG_RETRY_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    postgresql.begin(connection, writing=_writes(connection))
