"""Orders for court packages, and seals confirmed by whoever stopped the recording."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from casework.cases import history
from casework.database.models import Role
from casework.errors import Forbidden, Missing, PasskeyMissing, Refused, WrongState
from casework.evidence import export_orders, gateway
from casework.evidence.gateway import ItemExtent
from casework.interviews import seal_confirmation
from casework.people import people
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.people.passkeys import asked, completed, passkey, state


def test_what_is_made_follows_from_the_order_that_was_signed(copied: Copied, tmp_path: Path) -> None:
    world, center = copied.world, copied.center
    key = passkey(world, world.prosecutor)
    wanted = [ItemExtent(copied.item, (0, 2_000_000))]
    place = partial(export_orders.place, center, world.prosecutor, wanted, "hearing", False, order="0d" * 16)
    waiting = asked(place)
    with pytest.raises(Missing):
        export_orders.get(center, world.prosecutor, "0d" * 16)
    completed(center, world.prosecutor, waiting, key)
    placed = export_orders.get(center, world.prosecutor, "0d" * 16)
    assert placed == export_orders.PlacedOrder("0d" * 16, wanted, "hearing", False)
    with pytest.raises(Missing):  # nobody makes somebody else's
        export_orders.get(center, world.administrator, placed.id)
    gateway.export_package(
        center,
        world.prosecutor,
        placed.items,
        placed.purpose,
        tmp_path / "package",
        viewing_copies=False,
        order=placed.id,
    )
    exported = history.of_item(center, world.prosecutor, copied.item)[-1]
    assert (exported.type, exported.body["order"]) == ("evidence.exported", placed.id)
    with pytest.raises(Missing):  # one order, one package
        export_orders.get(center, world.prosecutor, placed.id)


def test_an_order_is_refused_like_the_export_itself_and_is_over_after_a_day(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, center = copied.world, copied.center
    wanted = [ItemExtent(copied.item)]
    size = center.ledger.size
    with pytest.raises(Forbidden):
        export_orders.place(center, world.court, wanted, "hearing", False)
    with pytest.raises(Refused):
        export_orders.place(center, world.prosecutor, wanted, "curiosity", False)
    with pytest.raises(Refused):
        export_orders.place(center, world.prosecutor, [], "hearing", False)
    assert center.ledger.size == size
    order = export_orders.place(center, world.prosecutor, wanted, "hearing", True)
    assert export_orders.get(center, world.prosecutor, order).viewing
    monkeypatch.setattr(export_orders, "GOOD_FOR", timedelta(0))
    with pytest.raises(WrongState):
        export_orders.get(center, world.prosecutor, order)


def test_who_may_not_export_any_more_does_not_by_an_earlier_signature(copied: Copied) -> None:
    world, center = copied.world, copied.center
    other = people.add(center, world.administrator, "Person Q", Role.PROSECUTOR)
    from casework.cases import cases

    cases.give(center, world.prosecutor, world.case.id, other.id)
    key = passkey(world, other)
    waiting = asked(partial(export_orders.place, center, other, [ItemExtent(copied.item)], "hearing", False))
    cases.withdraw(center, world.prosecutor, world.case.id, other.id)
    size = center.ledger.size
    with pytest.raises(Forbidden):
        completed(center, other, waiting, key)
    assert center.ledger.size == size


async def test_a_seal_is_confirmed_after_it_was_made_by_the_persons_own_signature_alone(world: World) -> None:
    item = await world.recorded(world.interview())
    confirm = partial(seal_confirmation.confirm, world.center, world.prosecutor, item)
    with pytest.raises(PasskeyMissing):  # the center's word for it would say nothing new
        await asyncio.to_thread(confirm, state=state())
    assert seal_confirmation.confirmed(world.center, [item]) == set()
    key = passkey(world, world.prosecutor)
    done = completed(world.center, world.prosecutor, asked(confirm), key)
    entry = history.of_item(world.center, world.prosecutor, item)[-1]
    assert (entry.position, entry.type, entry.signed_by) == (done.position, "seal.confirmed", "person")
    sealed = next(
        one for one in history.of_item(world.center, world.prosecutor, item) if one.type == "recording.sealed"
    )
    assert entry.body["manifest"] == sealed.body["manifest"]
    assert seal_confirmation.confirmed(world.center, [item]) == {item}
    with pytest.raises(WrongState):  # once
        confirm(state=state())


async def test_what_nobody_stopped_or_is_not_over_is_not_confirmed(world: World) -> None:
    passkey(world, world.prosecutor)
    ticket = world.ticket(world.interview())
    with pytest.raises(WrongState):
        seal_confirmation.confirm(world.center, world.prosecutor, ticket.evidence, state=state())
    with pytest.raises(Missing):
        seal_confirmation.confirm(world.center, world.prosecutor, "00" * 16, state=state())
    with pytest.raises(Forbidden):
        seal_confirmation.confirm(world.center, world.court, ticket.evidence, state=state())
