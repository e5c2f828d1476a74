"""Wraps go from the spool to the keyholder; one that cannot be read keeps no other one waiting."""

from __future__ import annotations

from pathlib import Path

import pytest
from casework_world import World, feed
from databases import MadeDatabase, SqliteFile

from amana.handing_over import HandingOver


@pytest.fixture
def database(tmp_path: Path) -> MadeDatabase:
    return SqliteFile(tmp_path / "database.sqlite")


async def test_a_wrap_that_the_disk_does_not_give_keeps_no_other_one_waiting(world: World) -> None:
    tickets = [world.ticket(world.interview()) for _ in range(2)]
    for ticket in tickets:
        await feed(await world.writer(ticket), 1)
    bad, good = sorted(ticket.evidence for ticket in tickets)
    for evidence in (bad, good):
        world.key_store._held.clear()
        for path in (world.folder / "keys").rglob(f"{evidence}.*"):
            path.unlink()
    unreadable = world.center.spool / bad / "wrap"
    unreadable.unlink()
    unreadable.mkdir()
    assert not HandingOver(world.center).look()
    assert not world.key_store.waiting_of(bad)
    assert world.key_store.waiting_of(good)
