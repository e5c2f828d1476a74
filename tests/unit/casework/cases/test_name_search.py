"""Cases are found by part of a name: among one's own, however it is written, and nothing keeps it."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select, update

from casework.cases import cases, description, name_search
from casework.cases.name_search import Found
from casework.database.models import Case, Role, SealedDetails
from casework.errors import Forbidden, Missing, VaultLocked
from casework.people import people
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted

SURVIVOR = "إسراء بنت أحمد"


def describe(world: World, case: Case, called: str) -> None:
    description.describe(world.center, world.prosecutor, case.id, called=called, notes="Sister of Person Z")


def opened(world: World, *names: str) -> list[Case]:
    """Cases with these names, the first one opened first."""
    made = [cases.open_case(world.center, world.prosecutor) for _ in names]
    for case, name in zip(made, names, strict=True):
        describe(world, case, name)
    return made


def search(world: World, typed: str, after: str = "", *, most: int = 50, within: float = 1e9) -> Found:
    return name_search.search(world.center, world.prosecutor, typed, after, most=most, within=within)


def codes(found: Found) -> list[str]:
    return [one.case.code for one in found.cases]


def test_a_case_is_found_by_part_of_its_newest_name_however_that_is_typed(world: World) -> None:
    arabic, latin = opened(world, SURVIVOR, "Person Survivor")
    describe(world, latin, "Léa Survivor")
    for typed in ("اسراء", "إسراءُ", "أســـراء", "احمد اسراء", "  بنت  "):
        found = search(world, typed)
        assert [(one.case.id, one.called) for one in found.cases] == [(arabic.id, SURVIVOR)], typed
        assert (found.stopped_at, found.unreadable) == (None, 0)
    assert codes(search(world, "LEA surv")) == [latin.code]
    for typed in ("Person", "Sister", "Lea Z", "ليلى", "", " ", "%"):  # an earlier name; notes; others
        assert codes(search(world, typed)) == [], typed


def test_a_number_is_no_name() -> None:
    assert not any(name_search.is_name(typed) for typed in ("2026-0001", "٢٠٢٦", "ـَ", ""))
    assert all(name_search.is_name(typed) for typed in ("ا", "b7"))


def test_each_finds_only_cases_that_they_may_read(world: World) -> None:
    center = world.center
    [case] = opened(world, SURVIVOR)
    nurse = people.add(center, world.administrator, "Person N", Role.EXAMINER)
    assert name_search.search(center, nurse, "اسراء", most=50).cases == []
    cases.give(center, world.prosecutor, case.id, nurse.id)
    assert codes(name_search.search(center, nurse, "اسراء", most=50)) == [case.code]
    cases.withdraw(center, world.prosecutor, case.id, nurse.id)
    assert name_search.search(center, nurse, "اسراء", most=50).cases == []
    with pytest.raises(Forbidden):  # nor does it go on from a case of others
        name_search.search(center, nurse, "اسراء", case.id, most=50)
    granted(center, world.prosecutor, case.id, world.court)
    assert name_search.search(center, world.court, "اسراء", most=50).cases == []
    custodian = people.add(center, world.administrator, "Person C", Role.CUSTODIAN)
    for other in (custodian, world.administrator):
        with pytest.raises(Forbidden):
            name_search.search(center, other, "اسراء", most=50)
    assert not any(description.readable(one) for one in (world.court, custodian, world.administrator))


def test_a_search_stops_after_its_time_or_a_page_full_and_goes_on_there(world: World) -> None:
    made = opened(world, "Person A", "Other", "Person B", "Person C")
    first = search(world, "person", within=0)
    assert (codes(first), first.stopped_at and first.stopped_at.id) == ([made[3].code], made[3].id)
    full = search(world, "person", most=2)
    assert codes(full) == [made[3].code, made[2].code]
    assert full.stopped_at is not None
    rest = search(world, "person", full.stopped_at.id, most=2)
    assert (codes(rest), rest.stopped_at) == ([made[0].code], None)
    with pytest.raises(Missing):
        search(world, "person", "00" * 16)


def test_names_are_searched_while_the_vault_is_unlocked_and_not_after(world: World) -> None:
    opened(world, SURVIVOR)
    assert len(search(world, "اسراء").cases) == 1
    world.keyholder.lock()
    with pytest.raises(VaultLocked):
        search(world, "اسراء")


def test_a_name_that_does_not_open_hides_no_other_and_an_erased_one_is_gone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    sound, altered, erased = opened(world, "Person A", "Person B", "Person C")
    with world.center.database.begin() as session:
        [sealed] = session.scalars(select(SealedDetails.sealed).where(SealedDetails.case_id == altered.id))
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        session.execute(
            update(SealedDetails).where(SealedDetails.case_id == altered.id).values(sealed=changed)
        )
    world.destroy_wraps(erased.id)
    with caplog.at_level(logging.DEBUG):
        found = search(world, "person")
        names = name_search.names_of(world.center, world.prosecutor, [sound, altered, erased])
    assert (codes(found), found.unreadable) == ([sound.code], 1)
    assert names == {sound.id: "Person A"}
    assert "person" not in caplog.text.casefold()


def test_a_list_names_those_cases_alone_whose_page_shows_the_reader_a_name(world: World) -> None:
    center = world.center
    named, other = opened(world, SURVIVOR, "Person B")
    bare = cases.open_case(center, world.prosecutor)
    assert name_search.names_of(center, world.prosecutor, [named, bare]) == {named.id: SURVIVOR}
    nurse = people.add(center, world.administrator, "Nurse N", Role.EXAMINER)
    cases.give(center, world.prosecutor, other.id, nurse.id)
    assert name_search.names_of(center, nurse, [named, other]) == {other.id: "Person B"}
    granted(center, world.prosecutor, named.id, world.court)
    assert name_search.names_of(center, world.court, [named]) == {}
    world.keyholder.lock()
    assert name_search.names_of(center, world.prosecutor, [named]) == {}
