"""A legal hold is stated, the keyholder remembers it, and only the ledger's own word ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amana.keyholder.client import KeyholderClient
from amana.supervisor.supervisor_client import CommandChannel
from casework.cases import cases, history
from casework.database.models import HoldStanding
from casework.errors import Forbidden, Refused, WrongState
from casework.ledger import chains
from casework.retention import hold_enforcement, legal_holds
from tests.support.centers.casework_world import World
from vault.errors import Unproven


def placed(world: World) -> legal_holds.Hold:
    return legal_holds.place(
        world.center,
        world.prosecutor,
        world.case.id,
        reason="appeal",
        reference="Appeal 7/2026",
        text="Ask R.",
    )


def lifted(world: World, hold: legal_holds.Hold) -> None:
    legal_holds.lift(world.center, world.prosecutor, hold.id, reason="ended", reference="Judgment 9/2027")


def test_a_hold_is_stated_first_and_its_reference_is_for_those_of_the_case_alone(
    world: World,
) -> None:
    hold = placed(world)
    with world.center.database() as session, pytest.raises(WrongState, match=hold.id):
        legal_holds.require_none(session, world.case.id)
    [entry] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert (entry.type, entry.body) == ("hold.placed", {"hold": hold.id, "reason": "appeal"})
    [one] = legal_holds.listed(world.center, world.prosecutor, world.case.id)
    assert (one.reference, one.text, one.name) == ("Appeal 7/2026", "Ask R.", "Person P")
    assert b"Appeal" not in world.center.ledger.entry(hold.position)
    with pytest.raises(Forbidden):
        legal_holds.listed(world.center, world.court, world.case.id)
    world.keyholder.lock()
    [one] = legal_holds.listed(world.center, world.prosecutor, world.case.id)
    assert (one.hold.id, one.reference, one.name) == (hold.id, None, None)


def test_each_hold_ends_by_itself_and_once(world: World) -> None:
    first, second = placed(world), placed(world)
    lifted(world, first)
    assert legal_holds.over(world.center, world.case.id)
    with pytest.raises(WrongState):
        lifted(world, first)
    lifted(world, second)
    assert not legal_holds.over(world.center, world.case.id)
    assert len(legal_holds.listed(world.center, world.prosecutor, world.case.id)) == 2


def test_who_may_not_and_what_makes_no_sense_is_refused(world: World) -> None:
    ask = {"reason": "appeal", "reference": "7/2026"}
    for person in (world.court, world.administrator):
        with pytest.raises(Forbidden):
            legal_holds.place(world.center, person, world.case.id, **ask)
    for wrong in ({"reason": "because"}, {"reference": ""}):
        with pytest.raises(Refused):
            legal_holds.place(world.center, world.prosecutor, world.case.id, **(ask | wrong))
    with pytest.raises(Refused):
        legal_holds.lift(
            world.center, world.prosecutor, placed(world).id, reason="appeal", reference="7/2026"
        )


async def test_the_keyholder_holds_every_wrap_until_the_ledger_says_otherwise(
    world: World,
) -> None:
    evidence = await world.recorded(world.interview())
    hold, endings = placed(world), world.key_store.endings
    assert hold_enforcement.due(world.center) == [world.case.id]
    assert hold_enforcement.carry_out(world.center, world.case.id)
    assert endings.held(evidence)
    assert endings.held(world.case.id)
    assert {one.place: one.trouble for one in legal_holds.standings(world.center, world.case.id)} == {
        "first-keys": "no-locks",
        "keyholder-1": None,
        "second-keys": "no-locks",
    }
    assert hold_enforcement.due(world.center) == []

    position = hold.position
    proof = [(world.center.ledger.entry(position), chains.prove(world.center, [position])[position])]
    for wrong in ([], proof):
        with pytest.raises(Unproven):
            world.keyholder.lift_wraps(evidence, hold.id, wrong)
    lifted(world, hold)
    assert hold_enforcement.due(world.center) == [world.case.id]
    assert hold_enforcement.carry_out(world.center, world.case.id)
    assert not endings.held(evidence)
    assert not endings.held(world.case.id)
    assert hold_enforcement.due(world.center) == []


async def test_the_end_of_one_hold_proves_nothing_about_another(world: World) -> None:
    evidence = await world.recorded(world.interview())
    first, second = placed(world), placed(world)
    hold_enforcement.carry_out(world.center, world.case.id)
    lifted(world, first)
    with world.center.database() as session:
        at = session.get_one(legal_holds.Hold, first.id).lifted_position
    assert at is not None
    leaf, inclusion = world.center.ledger.entry(at), chains.prove(world.center, [at])[at]
    other = chains.prove(world.center, [0])[0]
    for wrong in ([(leaf, inclusion)], [(leaf, other)], [(leaf[:-1], inclusion)], [(leaf, b"")]):
        with pytest.raises(Unproven):
            world.keyholder.lift_wraps(evidence, second.id, wrong)
    assert world.keyholder.lift_wraps(evidence, first.id, [(leaf, inclusion)])
    assert world.key_store.endings.held(evidence)


async def test_what_is_recorded_under_a_hold_is_held_at_the_next_walk(world: World) -> None:
    placed(world)
    hold_enforcement.carry_out(world.center, world.case.id)
    evidence = await world.recorded(world.interview())
    assert not world.key_store.endings.held(evidence)
    with world.center.database.begin() as session:
        for row in session.query(HoldStanding):
            row.at -= hold_enforcement.AGAIN
    assert hold_enforcement.due(world.center) == [world.case.id]
    hold_enforcement.carry_out(world.center, world.case.id)
    assert world.key_store.endings.held(evidence)


async def test_a_keyholder_that_is_away_is_told_and_asked_again(world: World) -> None:
    evidence = await world.recorded(world.interview())
    placed(world)
    away = replace(
        world.center, keyholder=KeyholderClient(CommandChannel(world.folder / "nobody-listens").keyholder)
    )
    assert not hold_enforcement.carry_out(away, world.case.id)
    assert [(one.place, one.trouble) for one in legal_holds.standings(away, world.case.id)] == [
        ("keyholder-1", "away")
    ]
    assert hold_enforcement.due(world.center) == [world.case.id]
    assert hold_enforcement.carry_out(world.center, world.case.id)
    assert {one.trouble for one in legal_holds.standings(away, world.case.id)} == {None, "no-locks"}
    assert world.key_store.endings.held(evidence)


def test_other_cases_are_not_concerned(world: World) -> None:
    placed(world)
    other = cases.open_case(world.center, world.prosecutor)
    assert not legal_holds.over(world.center, other.id)
    assert hold_enforcement.due(world.center) == [world.case.id]
