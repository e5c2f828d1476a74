"""An item's history, as it was then."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete

from casework.cases import cases, history
from casework.database.models import LedgerEntry, Person, Role, SealedDetails, StatementIndex
from casework.errors import Forbidden, Missing
from casework.evidence import gateway
from casework.ledger import chains
from casework.people import people
from chain_of_custody.errors import Altered, Incomplete
from tests.support.centers.casework_world import World


@pytest.fixture
async def item(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    return await world.recorded(interview)


def test_history_shows_names_and_roles_as_they_were_then(world: World, item: str) -> None:
    gateway.view(world.center, world.prosecutor, item, "review")
    with world.center.database.begin() as session:
        session.get_one(Person, world.prosecutor.id).name = "Person P, married Q"
    other = people.add(world.center, world.administrator, "Person R", Role.PROSECUTOR)
    cases.give(world.center, world.prosecutor, world.case.id, other.id)
    gateway.view(world.center, other, item, "charging")
    told = [
        (entry.type, entry.name, entry.actor.role, entry.purpose, entry.signed_by)
        for entry in history.of_item(world.center, other, item)
    ]
    assert told == [
        ("recording.started", None, "recorder", "testimony", "recorder"),
        ("recording.sealed", None, "recorder", "testimony", "recorder"),
        ("evidence.viewed", "Person P", "prosecutor", "review", "center"),
        ("evidence.viewed", "Person R", "prosecutor", "charging", "center"),
    ]


def test_while_the_vault_is_locked_history_has_no_names(world: World, item: str) -> None:
    gateway.view(world.center, world.prosecutor, item, "review")
    world.keyholder.lock()
    last = history.of_item(world.center, world.prosecutor, item)[-1]
    assert (last.actor.id, last.name, last.details) == (world.prosecutor.id, None, None)


def test_history_is_for_those_of_the_case(world: World, item: str) -> None:
    with pytest.raises(Forbidden):
        history.of_item(world.center, world.court, item)
    with pytest.raises(Missing):
        history.of_item(world.center, world.prosecutor, "00" * 16)


def test_a_statement_missing_from_the_index_or_altered_is_not_overlooked(world: World, item: str) -> None:
    chain = chains.chain(world.center, item)
    first = min(chain)
    with world.center.database.begin() as session:
        session.execute(delete(StatementIndex).where(StatementIndex.position == first))
    with pytest.raises(Incomplete):
        chains.chain(world.center, item)
    with world.center.database.begin() as session:
        entry = session.get_one(LedgerEntry, max(chain))
        entry.leaf = entry.leaf.replace(b'"state":"complete"', b'"state":"COMPLETE"')
    with pytest.raises((Altered, Incomplete)):
        chains.chain(world.center, item)


def test_details_that_are_not_the_committed_ones_are_refused(world: World, item: str) -> None:
    gateway.view(world.center, world.prosecutor, item, "review")
    gateway.view(world.center, world.prosecutor, item, "charging")
    with world.center.database.begin() as session:
        one, other = (row for row in session.query(SealedDetails).order_by(SealedDetails.commitment).limit(2))
        one.sealed, other.sealed = other.sealed, one.sealed
    interview = gateway.view(world.center, world.prosecutor, item, "review")._part.interview_id
    with pytest.raises(Altered):
        for about in (item, interview):
            history.of_item(world.center, world.prosecutor, about)
