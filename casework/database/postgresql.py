"""The working database on a PostgreSQL server: its address, its connections, how transactions start.

This module requests what SQLite guarantees by design, so that other code works the same on both:

- **one writer at a time.** A writing transaction takes one advisory lock, the same in every process of every
  machine, before its first query. The lock ends with the transaction, also when its process dies. Much of
  casework reads, and then writes what follows from it: the next number of a case or a part, a link that is
  redeemed once, the head that the next statement follows. Under the lock all of this is as correct as on
  SQLite, and no call site can omit it (docs/decisions/0016-one-sql-writer.md).
  READ COMMITTED, so that every query under the lock sees what the previous writer has committed.
- **one snapshot for readers.** REPEATABLE READ, READ ONLY: reads in one transaction are consistent, and
  readers neither wait nor block others.
- **a commit that returned is on the disk.** A server that does not guarantee this is refused.

Every wait is bounded: the times below limit connecting, waiting for the lock, one statement, and a writer
that was suspended midway, so that another can continue.

Trusts: the server as far as the database is trusted. The address comes from the operator of the center.

Specification: PostgreSQL 15 or later; libpq's connection URIs (PostgreSQL manual, 34.1.1.2).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from casework.database.failover import Newest, Primary, Standbys, one_by_one
from casework.errors import DatabaseAway, DatabaseUnfit

SCHEMES = ("postgresql://", "postgres://")

CONNECT_SECONDS = 5
"""Connection timeout for each address of the server."""
LOCK_MS = 15_000
"""How long a writer waits for the previous one; longer than `IDLE_MS`, so that it outlasts a stopped one."""
STATEMENT_MS = 30_000
"""Timeout of one statement, except in migrations."""
IDLE_MS = 10_000
"""The server ends a transaction that is idle this long: its process was stopped, or is unreachable. If the
process resumes, its commit fails; it cannot continue the transaction."""

LEAST_VERSION = 150_000
"""Oldest tested version, in the server's notation: 15.0."""

_WRITER = 0x616D616E61  # "amana"; an arbitrary number, but the same everywhere
_TURN = 0x7475726E  # "turn"

_DEFAULTS: Mapping[str, str] = {
    "connect_timeout": str(CONNECT_SECONDS),
    "client_encoding": "utf8",
    "application_name": "amana",
    # Detect an unreachable machine within a minute, not after the system's two hours.
    "keepalives_idle": "20",  # seconds
    "keepalives_interval": "10",  # seconds
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # ms
}

_PREPARE = f"""
    SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'),
           current_setting('fsync'), current_setting('server_encoding'),
           set_config('statement_timeout', '{STATEMENT_MS}', false),
           set_config('lock_timeout', '{LOCK_MS}', false),
           set_config('idle_in_transaction_session_timeout', '{IDLE_MS}', false),
           set_config('TimeZone', 'UTC', false),
           system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
    FROM pg_control_system()
"""  # noqa: S608  # numbers of this module


_STANDBYS = """
    SELECT (SELECT count(*) FROM pg_stat_replication),
           current_setting('synchronous_standby_names') <> ''
               AND current_setting('synchronous_commit') <> 'local'
"""


def parameters(url: str) -> dict[str, Any]:
    """Return libpq's parameters from a connection URI, with the defaults above for those it omits.

    Raises `ValueError` as `options_in`.
    """
    # Of several servers, the one that accepts writes: it changes with a failover (`failover`).
    return {**_DEFAULTS, **options_in(url), "target_session_attrs": "read-write"}


def options_in(url: str) -> dict[str, str]:
    """Return libpq's parameters from a connection URI.

    Raises `ValueError` with a message that quotes nothing of the URI: in a malformed one, a password may be
    anywhere.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    if not url.startswith(SCHEMES):
        raise ValueError("not an address such as postgresql://amana@db.example/amana")
    wrong = ValueError(
        "not understood. Characters like @ : / ? % in a password are written %40 %3A %2F %3F %25; better, "
        "keep it in a file of its own: postgresql://amana@db.example/amana?passfile=/etc/amana/pgpass"
    )
    try:
        options = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except (psycopg.Error, UnicodeError):
        raise wrong from None
    # The text after an unencoded password would be parsed as host, port or database, and named in errors.
    places = (options.get("host", ""), options.get("hostaddr", ""), options.get("dbname", ""))
    ports = options.get("port", "").split(",")
    if any("@" in place for place in places) or not all(re.fullmatch(r"[0-9]{0,5}", port) for port in ports):
        raise wrong
    return options


def by_path(url: str) -> bool:
    """Whether the server is reached at a Unix socket's path; then `host` is a folder, or not given."""
    found = _effective(url)
    hosts = found.get("hostaddr") or found.get("host") or ""
    return any(not host or host.startswith("/") for host in hosts.split(","))


def files(url: str) -> list[str]:
    """Return the paths of the files that libpq reads for this address; some may be missing."""
    found = _effective(url)
    named = ("passfile", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "servicefile")
    paths = [found.get(name, "") for name in named]
    return [*(path for path in paths if path.startswith("/")), os.path.expanduser("~/.postgresql")]  # noqa: PTH111


def _effective(url: str) -> dict[str, str]:
    """The parameters with libpq's own defaults, those of its variables among them."""
    from psycopg import pq

    known = {one.keyword.decode(): one.val.decode() for one in pq.Conninfo.get_defaults() if one.val}
    return {**known, **options_in(url)}


def place(url: str) -> str:
    """Describe the database for display: its name and server, never the user or the password."""
    known = parameters(url)
    name = known.get("dbname") or known.get("user") or "named by libpq"
    host = known.get("host") or known.get("hostaddr") or known.get("service") or "this machine"
    port = f" port {known['port']}" if known.get("port") else ""
    return f"{name} at {host}{port}"


def connect(dialect: Any, record: Any, options: Mapping[str, Any], newest: Newest) -> Any:
    """Connect to the newest of the servers that take writes; `dialect` and `record` are SQLAlchemy's.

    Raises `DatabaseUnfit` as `_prepare`, `DatabaseAway` if all that answer were replaced, and the driver's
    errors.
    """
    import psycopg

    failures: list[Exception] = []
    for one in one_by_one(options):
        with ExitStack() as opened:
            try:
                connection = dialect.connect(**one)
                opened.callback(connection.close)
                primary = _prepare(connection)
                newest.admit(primary)
            except (psycopg.OperationalError, DatabaseAway) as error:
                failures.append(error)
                continue
            opened.pop_all()
            record.info["timeline"] = primary.timeline
            return connection
    raise next((one for one in failures if isinstance(one, DatabaseAway)), failures[-1])


def _prepare(connection: Any) -> Primary:
    """Set the timeouts of a new connection, and check that the server meets the guarantees above.

    Raises `DatabaseUnfit`.
    """
    connection.autocommit = True  # settings made in a transaction would end with it
    version, synchronous, fsync, encoding, *_, cluster, timeline = connection.execute(_PREPARE).fetchone()
    connection.autocommit = False
    unfit = None
    if version < LEAST_VERSION:
        unfit = f"PostgreSQL {version // 10_000} is too old: 15 or later is needed"
    elif synchronous == "off":
        unfit = "synchronous_commit is off: a receipt would be given for what a power cut takes away"
    elif fsync == "off":
        unfit = "fsync is off: a power cut would take away what was confirmed"
    elif encoding != "UTF8":
        unfit = f"its encoding is {encoding}: it cannot hold every name. Create it with ENCODING 'UTF8'"
    if unfit is not None:
        raise DatabaseUnfit(unfit)
    return Primary(cluster, timeline)


def begin(connection: Any, *, writing: bool) -> None:
    """Start a transaction as the module docstring describes; `connection` is SQLAlchemy's."""
    import psycopg

    driver = connection.connection.driver_connection
    # The driver sends this with the first statement, without an extra round trip.
    driver.read_only = not writing
    level = psycopg.IsolationLevel
    driver.isolation_level = level.READ_COMMITTED if writing else level.REPEATABLE_READ
    if writing:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def standbys(connection: Any, url: str) -> Standbys | None:
    """Return the state of the server's standbys; `connection` is SQLAlchemy's.

    None where none is expected: the address names one server, and its commits wait for no standby."""
    connected, confirming = connection.exec_driver_sql(_STANDBYS).one()
    several = len(list(one_by_one(options_in(url)))) > 1
    return Standbys(connected, confirming) if several or confirming else None


def turn(connection: Any) -> None:
    """Wait, in a separate transaction, until all earlier waiters have committed to the ledger.

    Reading the ledger's head, having it signed and committing are three steps, and only the last one holds
    the writer's lock. Without turns, a slow machine could be overtaken between the steps every time. A
    machine that stops while it holds the turn loses it after `IDLE_MS`, like one that stops while writing.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")


def allow_long(connection: Any) -> None:
    """Remove the statement timeout in this transaction, for migrations of large tables."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
