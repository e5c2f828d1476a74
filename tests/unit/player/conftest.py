"""A court room for each test here: a copy of one that is made once, with a recording or without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.centers.court_room import CourtRoom
from tests.support.media.made_films import Studio
from tests.support.packages.node_engine import NodeEngine


@pytest.fixture(scope="session")
def recorded_room(tmp_path_factory: pytest.TempPathFactory) -> CourtRoom:
    """To be copied."""
    room = CourtRoom.make(tmp_path_factory.mktemp("recorded"))
    asyncio.run(room.record())
    return room


@pytest.fixture
def empty_room(tmp_path: Path) -> CourtRoom:
    return CourtRoom.make(tmp_path)


@pytest.fixture
def room(recorded_room: CourtRoom, tmp_path: Path) -> CourtRoom:
    return recorded_room.copied(tmp_path)


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """Its films are only read. A test that changes anything takes a copy."""
    return asyncio.run(Studio.open(tmp_path_factory.mktemp("studio")))


@pytest.fixture(scope="session")
def engine() -> Iterator[NodeEngine]:
    """The pages' modules in one Node process. What a test leaves in its globals stays there."""
    with NodeEngine() as engine:
        yield engine
