"""Fixtures of the tests that need a database, and which of them run on which.

Each of them runs on SQLite. `make test` runs on PostgreSQL, too:

- the modules in `ON_POSTGRESQL`: their subject is the database (transactions, locks, conflicts, migrations),
  except for the rows of a test in `ROWS_ABOVE_SQL` after its first;
- the tests in `on_postgresql.txt`: with them, each statement that `casework` executes is executed there.

The rest repeats on PostgreSQL what these show: it runs there in `make test-all`. A test that brings a new
statement is added to the file. A module that overrides `kind` runs on SQLite alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type

from casework.people import passwords
from tests.support.centers.casework_world import Furnished, world
from tests.support.centers.copied_world import copied
from tests.support.centers.disposing_world import disposing
from tests.support.centers.rebuilt_world import another, machine, published
from tests.support.servers.databases import MadeDatabase, Server, SqliteFile
from tests.support.time_zone import machine_in

__all__ = [
    "another",
    "copied",
    "database",
    "disposing",
    "furnished",
    "machine",
    "machine_in",
    "published",
    "world",
]

ON_POSTGRESQL = {
    "test_custody_log",
    "test_database_replication",
    "test_disposed_items",
    "test_migrations",
    "test_nodes",
    "test_one_writer",
    "test_postgresql",
    "test_sealed_names",
    "test_sql_storage",
    "test_statistics",
    "test_work_queue",
}

ROWS_ABOVE_SQL = {
    "test_nothing_is_taken_that_every_verifier_would_refuse": "then",
    "test_what_no_verifier_would_take_from_the_registry_is_not_appended": "type_",
}
"""Tests whose rows differ in what is refused, not in what is asked of the database; and a parameter
that differs from row to row."""

NAMED_FOR_POSTGRESQL = {
    line
    for line in Path(__file__).with_name("on_postgresql.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
}

_made: dict[tuple[str, bool], Furnished] = {}
"""By the kind of the database, and whether there is a recording."""


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first_rows: dict[str, object] = {}
    for item in items:
        call = getattr(item, "callspec", None)
        if call is None or call.params.get("kind") != "postgresql":
            continue
        name = getattr(item, "originalname", "")
        if item.path.stem in ON_POSTGRESQL:
            row = call.params.get(ROWS_ABOVE_SQL.get(name, ""))
            shown = first_rows.setdefault(name, row) is row
        else:
            shown = f"{item.path.name}::{name}" in NAMED_FOR_POSTGRESQL
        if not shown:
            item.add_marker("repeats")


@pytest.fixture(params=("sqlite", pytest.param("postgresql", marks=pytest.mark.starts)))
def kind(request: pytest.FixtureRequest) -> str:
    """Of the database."""
    return str(request.param)


@pytest.fixture
def furnished(
    request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """The center that each test gets a copy of; for `copied`, with a recording in it."""
    if (kind, False) not in _made:
        folder = tmp_path_factory.mktemp(f"furnished-{kind}")
        database = _migrated(request, kind, folder / "database.sqlite")
        _made[kind, False] = Furnished.make(folder, database)
    if "copied" not in request.fixturenames:
        return _made[kind, False]
    if (kind, True) not in _made:
        folder = tmp_path_factory.mktemp(f"recorded-{kind}")
        _made[kind, True] = asyncio.run(_made[kind, False].recorded(folder))
    return _made[kind, True]


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[MadeDatabase]:
    """A database of this test alone: with its tables, and what is in it of the center that the test wants."""
    if "world" in request.fixturenames:
        made = request.getfixturevalue("furnished").database.like(tmp_path)
    else:
        made = _migrated(request, kind, tmp_path / "database.sqlite")
    yield made
    made.drop()


def _migrated(request: pytest.FixtureRequest, kind: str, path: Path) -> MadeDatabase:
    if kind == "sqlite":
        return SqliteFile.migrated(path)
    server: Server = request.getfixturevalue("database_server")
    return server.made(server.migrated)


@pytest.fixture
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash passwords with 32 KiB instead of 64 MiB, unless the test wants `production_hashes`."""
    if "production_hashes" not in request.fixturenames:
        quick = PasswordHasher(time_cost=1, memory_cost=32, parallelism=4, type=Type.ID)
        monkeypatch.setattr(passwords, "_hasher", quick)
    passwords._placeholder.cache_clear()
    yield
    passwords._placeholder.cache_clear()
