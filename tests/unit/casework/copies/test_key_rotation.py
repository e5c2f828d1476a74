"""What is stated of exchanges of keys, and when an exchanged vault key may go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from casework.center import Center
from casework.clock import new_id, now
from casework.copies import key_rotation
from casework.database.models import Node
from casework.errors import Refused
from casework.files.ticket import FileTicket
from casework.files.upload_staging import make_room
from casework.ledger import custody_log
from casework.sealing.staging import uploads_area
from chain_of_custody.statements.registry import WrappedFor
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World, feed
from vault.keyholders.protocol import PublicKeys
from vault.keyholders.rewrapping import Rewrapped
from vault.sealing.key_wrapping import WrappingKey, recipient_id

KEYS = {name: WrappingKey(name.encode() * 32).public for name in "abcd"}
BEGUN, HALF, DONE = Rewrapped(3, 3, 0, True), Rewrapped(3, 1, 0, True), Rewrapped(3, 0, 0, True)
NO_TIME = timedelta(0)


class Holder:
    """The center's keyholder, said to have other wrapping keys than it has."""

    def __init__(self, holder: Any, public: PublicKeys) -> None:
        self._holder, self._public = holder, public

    def public_keys(self) -> PublicKeys:
        return self._public

    def __getattr__(self, name: str) -> Any:
        return getattr(self._holder, name)


def with_keys(world: World, **keys: Any) -> Center:
    public = replace(world.center.keyholder.public_keys(), **keys)
    return replace(world.center, keyholder=Holder(world.center.keyholder, public))


def said(center: Center) -> list[tuple[str, int]]:
    statements = [
        SignedStatement.parse(center.ledger.entry(position)).statement
        for position in range(center.ledger.size)
    ]
    return [
        (f"{one.body['kind']} {one.body['state']}", one.body["items"])
        for one in statements
        if one.type == "key.rotated"
    ]


def test_while_nothing_was_exchanged_nothing_is_said(world: World) -> None:
    assert key_rotation.state(world.center, DONE) == []
    assert said(world.center) == []
    assert not key_rotation.may_drop(world.center, NO_TIME)


def test_an_escrow_begins_and_is_complete_once_whoever_looks_how_often(world: World) -> None:
    center = with_keys(world, escrow=KEYS["a"])
    for progress in (None, BEGUN, BEGUN, None, HALF, replace(DONE, carried=False), DONE, DONE):
        key_rotation.state(center, progress)
    assert said(center) == [("escrow begun", 3), ("escrow complete", 3)]
    assert custody_log.registry(center).wrapped_for("escrow") == WrappedFor(
        recipient_id(KEYS["a"]), None, True
    )


def test_another_ceremony_before_the_first_was_complete_replaces_its_key(world: World) -> None:
    key_rotation.state(with_keys(world, escrow=KEYS["a"]), BEGUN)
    center = with_keys(world, escrow=KEYS["b"])
    key_rotation.state(center, BEGUN)
    key_rotation.state(center, DONE)
    known = custody_log.registry(center).wrapped_for("escrow")
    assert known == WrappedFor(recipient_id(KEYS["b"]), recipient_id(KEYS["a"]), True)


def test_an_item_that_nothing_opens_does_not_keep_an_exchange_from_its_end(world: World) -> None:
    center = with_keys(world, escrow=KEYS["a"])
    for _ in range(2):
        key_rotation.state(center, Rewrapped(3, 1, 1, True))
    assert said(center)[-1] == ("escrow complete", 2)


def test_a_machine_with_the_keys_of_before_says_nothing(world: World) -> None:
    old = world.center.keyholder.public_keys().vault
    new = with_keys(world, vault=KEYS["a"], exchanged=(old,))
    key_rotation.state(new, DONE)
    key_rotation.state(new, DONE)
    with pytest.raises(Refused, match="bring it those of now"):
        key_rotation.state(with_keys(world, vault=old, exchanged=(KEYS["b"],)), DONE)
    assert said(world.center) == [("vault begun", 0), ("vault complete", 3)]


async def test_an_exchanged_vault_key_goes_when_nothing_can_need_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = world.center.keyholder.public_keys().vault
    ticket = world.ticket(world.interview())  # for the old key, before the exchange
    writer = await world.writer(ticket)
    await feed(writer, 1)
    center = with_keys(world, vault=KEYS["a"], exchanged=(old,))
    assert not key_rotation.may_drop(center, NO_TIME)
    key_rotation.state(center, DONE)
    assert not key_rotation.may_drop(center, NO_TIME), "it is not complete"
    key_rotation.state(center, DONE)
    assert not key_rotation.may_drop(center, NO_TIME), f"{ticket.evidence} is in the spool, for the old key"
    (center.spool / ticket.evidence).rename(center.spool.parent / "carried")
    assert key_rotation.may_drop(center, NO_TIME)
    assert not key_rotation.may_drop(center), "a ticket may have been given this very hour"
    monkeypatch.setattr(key_rotation, "SETTLED", NO_TIME)
    assert key_rotation.may_drop(center)
    with center.database.begin() as session:
        session.add(Node(name="2", address="", recorder="", beat=1, seen_at=now()))
    assert not key_rotation.may_drop(center), "the other machine may record for the old key still"
    monkeypatch.setattr(key_rotation, "SETTLED_TOGETHER", NO_TIME)
    assert key_rotation.may_drop(center)


def test_an_upload_of_which_more_may_come_keeps_the_key_that_it_was_begun_for(world: World) -> None:
    old = world.center.keyholder.public_keys().vault
    center = with_keys(world, vault=KEYS["a"], exchanged=(old,))
    for _ in range(2):
        key_rotation.state(center, DONE)
    assert key_rotation.may_drop(center, NO_TIME)
    ticket = FileTicket(center.deployment, new_id(), new_id(), old, None, "photograph")
    make_room(center.spool, ticket, "session", "1.jpg")
    assert not key_rotation.may_drop(center, NO_TIME), "it is among the uploads"
    uploads_area(center.spool).move(ticket.evidence)
    assert not key_rotation.may_drop(center, NO_TIME), "it is in the spool"
    (center.spool / ticket.evidence).rename(center.spool.parent / "carried")
    assert key_rotation.may_drop(center, NO_TIME)
