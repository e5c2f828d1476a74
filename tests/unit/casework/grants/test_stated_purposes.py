"""The purpose of an opening, stated once a sitting for all that a grant covers."""

from __future__ import annotations

import asyncio

import pytest

from casework.clock import now
from casework.database.models import Person, SignedIn
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.grants import grants, stated_purposes
from casework.ledger import chains
from casework.people import people
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted


def signed_in(world: World, person: Person) -> SignedIn:
    _, token = people.redeem(world.center, people.new_link(world.center, None, person.id))
    return people.signed_in(world.center, token)


def opened(world: World, session: SignedIn, item: str, purpose: str = "hearing") -> None:
    viewing = gateway.view(world.center, session.person, item, purpose)
    stated_purposes.note(world.center, session, viewing.id)


def offered(world: World, session: SignedIn, item: str) -> str | None:
    found = stated_purposes.stated(world.center, session, item)
    return None if found is None else found.purpose


def give(world: World, *items: str, purpose: str = "hearing") -> str:
    wanted = [ItemExtent(item) for item in items]
    return granted(
        world.center, world.prosecutor, world.case.id, world.court, items=wanted, purpose=purpose
    ).id


@pytest.fixture
async def items(world: World) -> list[str]:
    return [await world.recorded(await asyncio.to_thread(world.interview), seconds=1) for _ in range(3)]


def test_it_is_offered_for_the_same_grant_in_the_same_session_and_each_opening_is_stated(
    world: World, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, other = items
    grant = give(world, first, second)
    give(world, other)
    session = signed_in(world, world.court)
    assert offered(world, session, first) is None, "nothing is preselected before a person has stated it"
    opened(world, session, first)
    assert [offered(world, session, item) for item in items] == ["hearing", "hearing", None]
    assert offered(world, signed_in(world, world.court), second) is None, "another session"
    opened(world, session, second)
    for item in (first, second):
        leaf = list(chains.chain(world.center, item).values())[-1]
        statement = SignedStatement.parse(leaf).statement
        assert (statement.type, statement.purpose) == ("evidence.viewed", "hearing")
    later = now() + stated_purposes.SITTING
    monkeypatch.setattr(stated_purposes, "now", lambda: later)
    assert offered(world, session, second) is None, "the second opening has not prolonged the sitting"
    monkeypatch.undo()
    grants.withdraw(world.center, world.prosecutor, grant, reason="ended")
    assert offered(world, session, second) is None


def test_another_purpose_takes_its_place(world: World, items: list[str]) -> None:
    give(world, items[0], items[1])
    give(world, items[0], items[1], purpose="deliberation")
    session = signed_in(world, world.court)
    opened(world, session, items[0])
    opened(world, session, items[0], "deliberation")
    assert offered(world, session, items[1]) == "deliberation"


def test_one_press_is_enough_where_one_purpose_is_possible_or_stated(world: World, items: list[str]) -> None:
    both, single, waiting = items
    give(world, both, single)
    give(world, both, purpose="deliberation")
    wanted = [ItemExtent(waiting)]
    granted(world.center, world.prosecutor, world.case.id, world.court, items=wanted, accepted=False)
    session = signed_in(world, world.court)
    assert stated_purposes.ready(world.center, session, world.case.id) == {single: "hearing"}
    opened(world, session, both, "deliberation")
    assert stated_purposes.ready(world.center, session, world.case.id) == {
        both: "deliberation",
        single: "hearing",
    }


def test_where_no_grant_is_needed_nothing_is_noted(world: World, items: list[str]) -> None:
    session = signed_in(world, world.prosecutor)
    opened(world, session, items[0], "review")
    assert offered(world, session, items[0]) is None
