"""Cases: codes, keys, and whom they are given to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from casework.cases import cases, history
from casework.clock import new_id, now
from casework.database.models import Case, Role
from casework.errors import Forbidden, Missing, Refused
from casework.people import people
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted


def test_codes_count_within_the_year_also_when_cases_are_opened_at_once(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: cases.open_case(world.center, world.prosecutor), range(20)))
    expected = [f"{now().year}-{number:04d}" for number in range(2, 22)]
    assert sorted(case.code for case in opened) == expected


def test_codes_go_on_after_9999(world: World) -> None:
    with world.center.database.begin() as session:
        for number in (9999, 10000):
            session.add(
                Case(
                    id=f"{number:032x}",
                    code=f"{now().year}-{number}",
                    opened_at=now(),
                    opened_by=world.prosecutor.id,
                    public_key=b"",
                )
            )
    assert cases.open_case(world.center, world.prosecutor).code == f"{now().year}-10001"


def test_cases_are_listed_by_number_or_by_when_they_were_opened(world: World) -> None:
    with world.center.database.begin() as session:
        for code, days in (("2025-9999", 1), ("2025-10000", 3), ("2024-0001", 2)):
            session.add(
                Case(
                    id=new_id(),
                    code=code,
                    opened_at=now() - timedelta(days=days),
                    opened_by=world.prosecutor.id,
                    public_key=b"",
                )
            )
    by_number = ["2024-0001", "2025-9999", "2025-10000", world.case.code]
    by_time = ["2025-10000", "2024-0001", "2025-9999", world.case.code]
    for sort, expected in (("number", by_number), ("opened", by_time), ("no column", by_time[::-1])):
        listed = cases.visible(world.center, world.prosecutor, sort=sort)
        assert [case.code for case in listed] == expected, sort
        if sort in cases.COLUMNS:
            turned = cases.visible(world.center, world.prosecutor, sort=f"-{sort}")
            assert [case.code for case in turned] == expected[::-1], sort


def test_a_person_sees_the_cases_opened_by_or_given_to_them(world: World) -> None:
    other = people.add(world.center, world.administrator, "Person Q", Role.PROSECUTOR)
    theirs = cases.open_case(world.center, other)
    assert [case.id for case in cases.visible(world.center, world.prosecutor)] == [world.case.id]
    assert cases.visible(world.center, world.court) == []
    advocate = people.add(world.center, world.administrator, "Person L", Role.ADVOCATE)
    cases.give(world.center, other, theirs.id, advocate.id)
    granted(world.center, other, theirs.id, world.court)
    assert [case.id for case in cases.visible(world.center, world.court)] == [theirs.id]
    assert [case.id for case in cases.visible(world.center, advocate)] == [theirs.id]
    assert [person.id for person in cases.given_to(world.center, other, theirs.id)] == [advocate.id]


def test_a_case_taken_back_is_gone_at_once_and_both_are_stated(world: World) -> None:
    other = people.add(world.center, world.administrator, "Person Q", Role.OBSERVER)
    cases.give(world.center, world.prosecutor, world.case.id, other.id)
    assert cases.get(world.center, other, world.case.id).id == world.case.id
    cases.withdraw(world.center, world.prosecutor, world.case.id, other.id)
    with pytest.raises(Forbidden):
        cases.get(world.center, other, world.case.id)
    cases.withdraw(world.center, world.prosecutor, world.case.id, other.id)  # it is gone already
    cases.give(world.center, world.prosecutor, world.case.id, other.id)
    assert cases.get(world.center, other, world.case.id).id == world.case.id
    told = history.of_item(world.center, world.prosecutor, world.case.id)
    assert [one.type for one in told] == ["case.given", "case.withdrawn", "case.given"]
    assert {one.body["person"] for one in told} == {other.id}
    assert {one.details["receiver"] for one in told if one.details} == {"Person Q"}


def test_cases_are_given_by_whoever_works_on_them_to_whoever_can_see_cases(world: World) -> None:
    with pytest.raises(Forbidden):
        cases.give(world.center, world.court, world.case.id, world.court.id)
    for outside in (world.administrator, world.court, world.prosecutor):  # who opened it works with it
        with pytest.raises(Refused):
            cases.give(world.center, world.prosecutor, world.case.id, outside.id)
    with pytest.raises(Missing):
        cases.give(world.center, world.prosecutor, world.case.id, "00" * 16)
    with pytest.raises(Missing):
        cases.withdraw(world.center, world.prosecutor, world.case.id, world.court.id)


def test_whoever_opened_a_case_hands_it_to_a_prosecutor_who_decides_about_the_others(world: World) -> None:
    center = world.center
    nurse = people.add(center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    observer = people.add(center, world.administrator, "Person O", Role.OBSERVER, "welfare")
    case = cases.open_case(center, nurse)
    with pytest.raises(Forbidden):
        cases.get(center, world.prosecutor, case.id)
    with pytest.raises(Forbidden):
        cases.give(center, nurse, case.id, observer.id)
    with pytest.raises(Forbidden):
        cases.give(center, nurse, world.case.id, world.prosecutor.id)
    assert [one.id for one in people.to_give_to(center, nurse)] == [world.prosecutor.id]
    cases.give(center, nurse, case.id, world.prosecutor.id)
    cases.give(center, world.prosecutor, case.id, observer.id)
    assert {one.id for one in cases.given_to(center, nurse, case.id)} == {world.prosecutor.id, observer.id}
    with pytest.raises(Forbidden):
        cases.withdraw(center, nurse, case.id, observer.id)


def test_a_case_is_opened_while_the_vault_is_locked(world: World) -> None:
    world.keyholder.lock()
    assert world.keyholder.wraps(cases.open_case(world.center, world.prosecutor).id)
