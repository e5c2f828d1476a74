"""A court room for each test here, with a recording or without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.centers.court_room import CourtRoom


@pytest.fixture
def empty_room(tmp_path: Path) -> CourtRoom:
    return CourtRoom.make(tmp_path)


@pytest.fixture
async def room(empty_room: CourtRoom) -> CourtRoom:
    await empty_room.record()
    return empty_room
