"""All tests here that need a database run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.centers.casework_world import Furnished, world
from tests.support.centers.copied_world import copied
from tests.support.centers.disposing_world import disposing
from tests.support.centers.rebuilt_world import another, machine, published
from tests.support.servers.databases import MadeDatabase, Server, SqliteFile

__all__ = ["another", "copied", "database", "disposing", "furnished", "machine", "published", "world"]

_made: dict[str, Furnished] = {}


@pytest.fixture(params=("sqlite", pytest.param("postgresql", marks=pytest.mark.starts)))
def kind(request: pytest.FixtureRequest) -> str:
    """Of the database."""
    return str(request.param)


@pytest.fixture
def furnished(
    request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """The center that each test gets a copy of."""
    if kind not in _made:
        folder = tmp_path_factory.mktemp(f"furnished-{kind}")
        _made[kind] = Furnished.make(folder, _migrated(request, kind, folder))
    return _made[kind]


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[MadeDatabase]:
    """A database of this test alone: with its tables, and what is in it of the center that the test wants."""
    if "world" in request.fixturenames:
        like = request.getfixturevalue("furnished").database
        made = like.like(tmp_path)
    else:
        made = _migrated(request, kind, tmp_path)
    yield made
    made.drop()


def _migrated(request: pytest.FixtureRequest, kind: str, folder: Path) -> MadeDatabase:
    if kind == "sqlite":
        return SqliteFile.migrated(folder / "database.sqlite")
    server: Server = request.getfixturevalue("database_server")
    return server.made(server.migrated)
