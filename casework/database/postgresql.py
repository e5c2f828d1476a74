"""The working database on a PostgreSQL server: its address, its connections, how transactions start.

What SQLite gives by its nature is asked for here, so that the rest of the house need not know which it is:

- **one writer at a time.** A writing transaction takes one advisory lock, the same in every process of every
  machine, before its first look at the database. The lock ends with the transaction, also when its process
  dies. Much of casework reads, and then writes what follows from it: the next number of a case or a part, a
  link that is redeemed once, the head that the next statement follows. Under the lock all of this is right as
  it is on SQLite, and there is no place to forget (docs/decisions/0016-one-sql-writer.md).
  READ COMMITTED, so that every look under the lock sees what the writer before has committed.
- **one snapshot for readers.** REPEATABLE READ, READ ONLY: what is read in one transaction fits together, and
  readers neither wait nor hold anybody up.
- **a commit that returned is on the disk.** A server that would not keep this promise is refused.

Nothing waits for ever: the times below bound connecting, waiting for the lock, one statement, and a writer
that was stopped in the middle, so that another can go on.

Trusts: the server with what the database is trusted with, and no more. The address comes from whoever runs
the center.

Specification: PostgreSQL 15 or later; libpq's connection URIs (PostgreSQL manual, 34.1.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from casework.errors import DatabaseUnfit

SCHEMES = ("postgresql://", "postgres://")

CONNECT_SECONDS = 5
"""To reach each address of the server."""
LOCK_MS = 15_000
"""How long a writer waits for the one before it; longer than `IDLE_MS`, so that it outlasts a stopped one."""
STATEMENT_MS = 30_000
"""One statement, but for migrations."""
IDLE_MS = 10_000
"""A transaction in which nothing is asked for so long is ended by the server: its process was stopped, or is
unreachable. Should it wake, its commit fails; it cannot go on from where it was."""

LEAST_VERSION = 150_000
"""As the server says it: 15.0. The oldest that is tried."""

_WRITER = 0x616D616E61  # "amana"; the number means nothing, but must be the same everywhere
_TURN = 0x7475726E  # "turn"

_DEFAULTS: Mapping[str, str] = {
    "connect_timeout": str(CONNECT_SECONDS),
    "client_encoding": "utf8",
    "application_name": "amana",
    # Of several addresses, the one that takes writes: after a failover that is another than before.
    "target_session_attrs": "read-write",
    # A machine that vanished is noticed within a minute, and not after the system's two hours.
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
           set_config('TimeZone', 'UTC', false)
"""


def parameters(url: str) -> dict[str, Any]:
    """libpq's parameters from a connection URI, with the defaults above where it says nothing.

    Raises `ValueError` with a sentence that quotes nothing of the URI: in one that is written wrongly, a
    password may stand anywhere.
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
        given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except (psycopg.Error, UnicodeError):
        raise wrong from None
    # What stands behind a password that was not encoded would be taken for host, port or database, and named
    # in errors.
    places = (given.get("host", ""), given.get("hostaddr", ""), given.get("dbname", ""))
    ports = given.get("port", "").split(",")
    if any("@" in place for place in places) or not all(re.fullmatch(r"[0-9]{0,5}", port) for port in ports):
        raise wrong
    return {**_DEFAULTS, **given}


def place(url: str) -> str:
    """Which database this is, for people: its name and server, never who signs in there, or with what."""
    known = parameters(url)
    name = known.get("dbname") or known.get("user") or "named by libpq"
    host = known.get("host") or known.get("hostaddr") or known.get("service") or "this machine"
    port = f" port {known['port']}" if known.get("port") else ""
    return f"{name} at {host}{port}"


def prepare(connection: Any, _record: object) -> None:
    """Set a fresh connection's times, and see that the server keeps what is promised here.

    Raises `DatabaseUnfit`.
    """
    connection.autocommit = True  # what is set in a transaction would end with it
    version, synchronous, fsync, encoding = connection.execute(_PREPARE).fetchone()[:4]
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
        connection.close()
        raise DatabaseUnfit(unfit)


def begin(connection: Any, *, writing: bool) -> None:
    """Start a transaction as the docstring above says; `connection` is SQLAlchemy's."""
    import psycopg

    driver = connection.connection.driver_connection
    # Sent by the driver with the first statement: it costs no way to the server and back.
    driver.read_only = not writing
    level = psycopg.IsolationLevel
    driver.isolation_level = level.READ_COMMITTED if writing else level.REPEATABLE_READ
    if writing:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def turn(connection: Any) -> None:
    """Wait, in a transaction of its own, until everybody who asked before has committed to the ledger.

    Reading the ledger's head, having it signed and committing takes three steps, and the writer's lock is
    held in the last one alone; without turns, a slow machine could be overtaken between them every time. A
    machine that stops with the turn in hand is passed over after `IDLE_MS`, as one that stops while writing.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")


def allow_long(connection: Any) -> None:
    """In this transaction statements take as long as they take: for migrations of large tables."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
