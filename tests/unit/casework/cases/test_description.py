"""The person of a case: sealed to the case, for those who work with it, and in no column."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework.cases import cases, description, history
from casework.cases.description import Description
from casework.database.models import Base, Role
from casework.errors import Forbidden, Refused, VaultLocked
from casework.people import people
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted

NAME, NOTES = "Person Survivor", "Comes with her sister"


def describe(world: World, called: str = NAME, notes: str = NOTES) -> None:
    description.describe(world.center, world.prosecutor, world.case.id, called=called, notes=notes)


def test_the_newest_description_is_read_by_those_who_work_with_the_case(world: World) -> None:
    assert description.read(world.center, world.prosecutor, world.case.id) is None
    describe(world, "Person  Wrong")
    describe(world, f"  {NAME} ")
    assert description.read(world.center, world.prosecutor, world.case.id) == Description(NAME, NOTES)
    nurse = people.add(world.center, world.administrator, "Person N", Role.EXAMINER)
    with pytest.raises(Forbidden):
        description.read(world.center, nurse, world.case.id)
    cases.give(world.center, world.prosecutor, world.case.id, nurse.id)
    assert description.read(world.center, nurse, world.case.id) == Description(NAME, NOTES)
    told = history.of_item(world.center, world.prosecutor, world.case.id)
    assert [entry.body for entry in told if entry.type == "case.described"] == [{}, {}]
    world.keyholder.lock()
    with pytest.raises(VaultLocked):
        description.read(world.center, world.prosecutor, world.case.id)


def test_courts_do_not_read_it_and_write_nothing(world: World) -> None:
    describe(world)
    granted(world.center, world.prosecutor, world.case.id, world.court)
    assert description.read(world.center, world.court, world.case.id) is None
    with pytest.raises(Forbidden):
        description.describe(world.center, world.court, world.case.id, called="", notes="")
    size = world.center.ledger.size
    with pytest.raises(Refused):
        describe(world, "x" * 201)
    with pytest.raises(Refused):
        describe(world, notes="x" * 2001)
    assert world.center.ledger.size == size


def test_no_column_of_the_database_and_no_leaf_has_it_in_clear(world: World) -> None:
    describe(world)
    found = b""
    with world.center.database() as session:
        for table in Base.metadata.sorted_tables:
            found += repr(session.execute(select(table)).all()).encode()
    for position in range(world.center.ledger.size):
        found += world.center.ledger.entry(position)
    assert world.case.id.encode() in found
    for word in (NAME, NOTES):
        assert word.encode() not in found
