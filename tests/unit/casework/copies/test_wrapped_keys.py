"""Wraps go from the spool to the keyholder; one that cannot be read keeps no other one waiting."""

from __future__ import annotations

import pytest

from amana.workers.wrapped_keys import WrappedKeyWorker
from casework.copies import wrapped_keys
from tests.support.centers.casework_world import World, feed
from tests.support.centers.copied_world import Copied


@pytest.fixture
def kind() -> str:
    return "sqlite"


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
    assert not WrappedKeyWorker(world.center).look()
    assert not world.key_store.waiting_of(bad)
    assert world.key_store.waiting_of(good)


@pytest.mark.parametrize("ticket", [b"", b"{}", b"[1]"])
def test_nothing_is_brought_in_by_a_ticket_that_cannot_be_read(copied: Copied, ticket: bytes) -> None:
    left = copied.center.spool / copied.item
    left.mkdir(parents=True, exist_ok=True)
    (left / "part.json").write_bytes(ticket)
    (left / "wrap").write_bytes(b"a wrapped key")
    assert not wrapped_keys.bring_in(copied.center, copied.item)
