"""Wraps go from the spool to the keyholder; one that cannot be read keeps no other one waiting."""

from __future__ import annotations

from hashlib import sha256

import pytest

from amana.workers.wrapped_keys import HandingOver
from casework.copies import wrapped_keys
from tests.support.centers.casework_world import World, feed
from tests.support.centers.copied_world import FIRST, Copied
from vault.spool.segments import file_key


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
    assert not HandingOver(world.center).look()
    assert not world.key_store.waiting_of(bad)
    assert world.key_store.waiting_of(good)


@pytest.mark.parametrize("ticket", [b"", b"{}", b"[1]"])
def test_a_ticket_that_cannot_be_read_leaves_the_wraps_of_earlier_versions_to_be_found(
    copied: Copied, ticket: bytes
) -> None:
    center, item = copied.center, copied.item
    [digest] = copied.world.keyholder.wraps(item).values()
    files = [path for path in copied.world.folder.rglob("*") if path.is_file()]
    kept = [path for path in files if sha256(path.read_bytes()).hexdigest() == digest]
    wrap = kept[0].read_bytes()
    for path in kept:
        path.unlink()
    center.stores[FIRST].put(file_key(item, "wrap"), wrap)
    left = center.spool / item
    left.mkdir(parents=True, exist_ok=True)
    (left / "part.json").write_bytes(ticket)
    assert wrapped_keys.bring_in(center, item, digest)
    assert list(copied.world.keyholder.wraps(item).values()) == [digest]
