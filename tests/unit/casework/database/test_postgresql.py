"""PostgreSQL: its address, what is asked of the server, and transactions as SQLite has them."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from casework.database import postgresql, service_file
from casework.database.engine import Sessions, connect
from casework.database.migrations import upgrade
from casework.errors import DatabaseAway, DatabaseUnfit, Refused
from tests.support.patience import PATIENCE
from tests.support.servers.databases import Server, ServerDatabase, server
from tests.unit.casework.ledger.test_sql_storage import leaf, open_ledger

SECRET = "p4ss%2Fw0rd"


@pytest.fixture
def made(database_server: Server) -> Iterator[ServerDatabase]:
    made = database_server.made(database_server.migrated)
    yield made
    made.drop()


@pytest.fixture
def sessions(made: ServerDatabase) -> Iterator[Sessions]:
    engine = connect(made.url)
    yield Sessions(engine)
    engine.dispose()


# --- the address ------------------------------------------------------------------------------------------


def test_what_libpq_takes_is_taken_and_what_it_leaves_open_has_defaults() -> None:
    given = postgresql.parameters(
        "postgres://amana:a%40b@db1:5433,db2/center?sslmode=verify-full&passfile=/etc/amana/pgpass"
    )
    assert (given["host"], given["port"], given["dbname"]) == ("db1,db2", "5433,", "center")
    assert (given["password"], given["sslmode"], given["passfile"]) == (
        "a@b",
        "verify-full",
        "/etc/amana/pgpass",
    )
    assert given["target_session_attrs"] == "read-write"
    assert postgresql.parameters("postgresql:///amana?connect_timeout=2")["connect_timeout"] == "2"


def test_a_password_goes_into_a_service_file_and_not_into_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://amana:{SECRET}@db/center?application_name=a%20b"
    address, content = service_file.split(url)
    assert "p4ss" not in address
    (tmp_path / "service").write_text(content)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "service"))
    monkeypatch.setenv("PGSERVICE", service_file.SERVICE)
    read = {one.keyword.decode(): one.val for one in psycopg.pq.Conninfo.get_defaults()}
    given = postgresql.options_in(url)
    assert given["password"] == "p4ss/w0rd"
    assert {name: value.encode() for name, value in given.items()}.items() <= read.items()
    plain = "postgresql:///amana?host=/run/postgresql"
    assert service_file.split(plain) == (plain, "")
    with pytest.raises(ValueError, match="service file, too"):
        service_file.split(f"postgresql://amana:{SECRET}@/?service=center")


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://amana:{SECRET}@db/amana",
        f"postgresql+psycopg://amana:{SECRET}@db/amana",
        f"host=db password={SECRET}",
        f"postgresql://amana:{SECRET}@db/amana?unheard-of=1",
        f"postgresql://amana:{SECRET}@x@db/amana",
        f"postgresql://amana:a/{SECRET}@db/amana",
        f"postgresql://amana@db:{SECRET}/amana",
    ],
)
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://amana@db") as refused:
        connect(url)
    assert "p4ss" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_password_stands_in_no_error_and_no_engine(database_server: Server) -> None:
    url = f"postgresql://amana:{SECRET}@/nowhere?host={database_server.folder}"
    engine = connect(url)
    assert "p4ss" not in repr(engine) + str(engine.url) + postgresql.place(url)
    with pytest.raises(DatabaseAway) as away, engine.connect():
        pass
    assert "p4ss" not in str(away.value)


def test_people_are_told_database_and_server() -> None:
    assert postgresql.place(f"postgresql://amana:{SECRET}@db.example:5433/center") == (
        "center at db.example port 5433"
    )
    assert postgresql.place("postgresql:///amana?host=/run/postgresql") == "amana at /run/postgresql"


# --- what is asked of the server --------------------------------------------------------------------------


def test_a_server_that_confirms_before_it_has_written_is_refused(made: ServerDatabase) -> None:
    with made.server.asked() as connection:
        connection.execute(f"ALTER DATABASE {made.name} SET synchronous_commit = off")
    with pytest.raises(DatabaseUnfit, match="synchronous_commit"), connect(made.url).connect():
        pass


@pytest.mark.starts
def test_a_server_that_does_not_wait_for_its_disk_is_refused() -> None:
    with server("fsync=off") as careless:
        made = careless.made()
        with pytest.raises(DatabaseUnfit, match="fsync"), connect(made.url).connect():
            pass


def test_a_database_that_cannot_hold_every_name_is_refused(database_server: Server) -> None:
    made = database_server.made("template0", "ENCODING 'SQL_ASCII'", "LOCALE_PROVIDER libc", "LOCALE 'C'")
    with pytest.raises(DatabaseUnfit, match="SQL_ASCII"), connect(made.url).connect():
        pass


def test_nothing_waits_for_ever(sessions: Sessions) -> None:
    with sessions() as session:
        for name, ms in (
            ("statement_timeout", postgresql.STATEMENT_MS),
            ("lock_timeout", postgresql.LOCK_MS),
            ("idle_in_transaction_session_timeout", postgresql.IDLE_MS),
        ):
            set_to = session.scalar(
                text("SELECT setting FROM pg_settings WHERE name = :name"), {"name": name}
            )
            assert int(str(set_to)) == ms


# --- transactions -----------------------------------------------------------------------------------------


def test_a_reader_sees_one_snapshot_and_cannot_write(sessions: Sessions) -> None:
    count = text("SELECT count(*) FROM alarms")
    add = text("INSERT INTO alarms (id, kind, source, at) VALUES ('a', 'k', 's', now())")
    with sessions() as reading:
        assert reading.scalar(count) == 0
        with sessions.begin() as writing:  # does not wait for the reader
            writing.execute(add)
        assert reading.scalar(count) == 0
        with pytest.raises(InternalError, match="read-only"):
            reading.execute(add)
    with sessions() as reading:
        assert reading.scalar(count) == 1


def test_a_writer_waits_for_the_one_before_it_and_then_sees_what_it_wrote(made: ServerDatabase) -> None:
    counted: list[int] = []
    begun, may_end = threading.Event(), threading.Event()
    add = text("INSERT INTO alarms (id, kind, source, at) VALUES ('a', 'k', 's', now())")

    def first() -> None:
        with Sessions(connect(made.url)).begin() as session:
            session.execute(add)
            begun.set()
            assert may_end.wait(PATIENCE)

    def second() -> None:
        with Sessions(connect(made.url)).begin() as session:
            counted.append(int(session.scalar(text("SELECT count(*) FROM alarms")) or 0))

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert begun.wait(PATIENCE)
    threads[1].start()
    time.sleep(0.3)
    assert counted == [], "it did not wait"
    may_end.set()
    for thread in threads:
        thread.join()
    assert counted == [1]


def test_what_cannot_be_kept_in_a_text_is_refused_and_not_a_failure(sessions: Sessions) -> None:
    with pytest.raises(Refused), sessions() as session:
        session.scalar(text("SELECT 1 FROM people WHERE id = :id"), {"id": "a\0b"})


# --- a server that goes away ------------------------------------------------------------------------------


@pytest.mark.starts
def test_a_server_that_was_restarted_is_found_again_and_nobody_sees_an_error() -> None:
    with server() as harmed:
        engine = connect(harmed.made().url)
        upgrade(engine)
        sessions = Sessions(engine)
        with sessions() as session:
            assert session.scalar(text("SELECT 1")) == 1
        harmed.kill()
        with pytest.raises(DatabaseAway), sessions() as session:
            session.scalar(text("SELECT 1"))
        harmed.start()
        with sessions.begin() as session:
            assert session.scalar(text("SELECT 1")) == 1
        # In the middle of a transaction nothing can be gone on from.
        with pytest.raises(DatabaseAway), sessions.begin() as session:
            session.scalar(text("SELECT 1"))
            harmed.kill()
            harmed.start()
            session.scalar(text("SELECT 1"))
        with sessions.begin() as session:
            assert session.scalar(text("SELECT 1")) == 1
        engine.dispose()


@pytest.mark.starts
def test_too_many_for_a_server_is_the_server_being_away() -> None:
    with server("max_connections=5", "superuser_reserved_connections=1") as small:
        made = small.made()
        held = [psycopg.connect(made.url) for _ in range(4)]
        with pytest.raises(DatabaseAway), connect(made.url).connect():
            pass
        for connection in held:
            connection.close()


# --- backups ----------------------------------------------------------------------------------------------


def test_a_dump_restored_into_an_empty_database_is_the_same_ledger(
    database_server: Server, tmp_path: Path
) -> None:
    before, after = database_server.made(database_server.migrated), database_server.made()
    ledger, _ = open_ledger(before.url)
    ledger.append([leaf(None, f"{number:032x}") for number in range(20)])
    dump = str(tmp_path / "amana.dump")
    for words in (
        ("pg_dump", "--format=custom", f"--file={dump}", before.url),
        ("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={after.url}", dump),
    ):
        subprocess.run([database_server.binaries / words[0], *words[1:]], check=True, timeout=PATIENCE)
    restored, _ = open_ledger(after.url)
    assert restored.checkpoint() == ledger.checkpoint()
    for position in range(20):
        assert restored.entry(position) == ledger.entry(position)
    for made in (before, after):
        made.drop()
