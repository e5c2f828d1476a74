"""Models and migrations say the same, on each database, and migrating is safe to repeat.

Until the first release the migration is made from the models, so that they agree shows nothing
(docs/decisions/0041).
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from casework.database import migrations
from casework.database.engine import close, connect, writing
from casework.database.models import Base
from tests.support.servers.databases import MadeDatabase, Server, SqliteFile


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.starts)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> list[MadeDatabase]:
    """Two databases without tables."""
    if request.param == "sqlite":
        return [SqliteFile(tmp_path / "1.sqlite"), SqliteFile(tmp_path / "2.sqlite")]
    server: Server = request.getfixturevalue("database_server")
    return [server.made(), server.made()]


def test_migrations_make_exactly_what_the_models_describe(empty: list[MadeDatabase]) -> None:
    engine = connect(empty[0].url)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrated_tables_have_the_columns_and_names_of_the_models(empty: list[MadeDatabase]) -> None:
    migrated, modelled = (connect(database.url) for database in empty)
    migrations.upgrade(migrated)
    Base.metadata.create_all(writing(modelled))
    for table in Base.metadata.tables:
        for ask in ("get_unique_constraints", "get_foreign_keys", "get_pk_constraint", "get_indexes"):
            names = [_names(getattr(inspect(engine), ask)(table)) for engine in (migrated, modelled)]
            assert names[0] == names[1], (table, ask)
        # Alembic's comparison lets some differences pass, such as a text's length on SQLite.
        columns = [
            {
                one["name"]: (str(one["type"].compile(engine.dialect)), one["nullable"], one["default"])
                for one in inspect(engine).get_columns(table)
            }
            for engine in (migrated, modelled)
        ]
        assert columns[0] == columns[1], table
    migrated.dispose()
    modelled.dispose()


def test_the_newest_revision_is_the_last_of_the_migrations() -> None:
    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_current_head() == migrations.NEWEST


def test_migrating_again_changes_nothing(empty: list[MadeDatabase]) -> None:
    engine = connect(empty[0].url)
    migrations.upgrade(engine)
    migrations.upgrade(engine)
    assert migrations.current(engine) == migrations.NEWEST
    engine.dispose()


def test_two_that_start_at_once_on_an_empty_database_both_find_it_migrated(empty: list[MadeDatabase]) -> None:
    ready, errors = threading.Barrier(2), []

    def start() -> None:
        engine = connect(empty[0].url)
        ready.wait()
        try:
            migrations.upgrade(engine)
            assert migrations.current(engine) == migrations.NEWEST
        except Exception as error:  # noqa: BLE001  # whatever it is, the test must show it
            errors.append(error)
        engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_new_database_that_another_process_is_writing_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses the switch to the write-ahead log at once there."""
    path = tmp_path / "database.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        released = threading.Timer(0.2, lambda: other.execute("COMMIT"))
        released.start()
        engine = connect(f"sqlite:///{path}")
        migrations.upgrade(engine)
        assert migrations.current(engine) == migrations.NEWEST
        released.join()
        engine.dispose()


def _names(found: object) -> list[str]:
    listed = found if isinstance(found, list) else [found]
    return sorted(str(one["name"]) for one in listed)


def test_a_database_that_was_closed_is_whole_by_itself(tmp_path: Path) -> None:
    """Else somebody puts a backup in its place, and the log of the other one beside it spoils that."""
    path = tmp_path / "database.sqlite"
    engine, reader = (connect(f"sqlite:///{path}") for _ in range(2))
    migrations.upgrade(engine)
    log = path.with_name("database.sqlite-wal")
    with reader.connect() as connection:  # another process, which keeps the log from being removed
        connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        assert log.stat().st_size > 0
        close(engine)
        assert log.stat().st_size == 0
    reader.dispose()
    alone = tmp_path / "alone.sqlite"
    alone.write_bytes(path.read_bytes())
    with connect(f"sqlite:///{alone}").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 0
