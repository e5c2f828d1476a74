"""All tests here that need a database run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from casework_world import world
from copied_world import copied
from databases import MadeDatabase, Server, SqliteFile
from disposing_world import disposing
from rebuilt_world import another, machine, published

__all__ = ["another", "copied", "database", "disposing", "machine", "published", "world"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MadeDatabase]:
    """A database of this test alone; on PostgreSQL it has its tables already."""
    if request.param == "sqlite":
        yield SqliteFile.migrated(tmp_path / "database.sqlite")
        return
    server: Server = request.getfixturevalue("database_server")
    made = server.made(server.migrated)
    yield made
    made.drop()
