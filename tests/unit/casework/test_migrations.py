"""Models and migrations say the same, and migrating is safe to repeat."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from casework import migrations
from casework.database import close, connect
from casework.models import Base


def test_migrations_make_exactly_what_the_models_describe(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/database.sqlite")
    migrations.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrated_constraints_have_the_names_of_the_models(tmp_path: Path) -> None:
    migrated = connect(f"sqlite:///{tmp_path}/migrated.sqlite")
    migrations.upgrade(migrated)
    modelled = connect(f"sqlite:///{tmp_path}/modelled.sqlite")
    Base.metadata.create_all(modelled)
    for table in Base.metadata.tables:
        for ask in ("get_unique_constraints", "get_foreign_keys", "get_pk_constraint", "get_indexes"):
            names = [_names(getattr(inspect(engine), ask)(table)) for engine in (migrated, modelled)]
            assert names[0] == names[1], (table, ask)


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/database.sqlite")
    migrations.upgrade(engine)
    migrations.upgrade(engine)
    assert migrations.current(engine) == migrations.newest()


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
