"""The table of roles and acts, and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.access.permissions import TABLE, Act, Reach, may, require, require_case
from casework.cases import cases
from casework.database.models import Role
from casework.errors import Forbidden, Missing
from casework.people import people
from tests.support.centers.casework_world import World


def test_the_table_answers_for_every_act_and_every_role() -> None:
    assert TABLE.keys() == set(Act)
    for act, row in TABLE.items():
        assert row.keys() == set(Role), act


def test_an_administrator_reaches_no_testimony() -> None:
    of_the_house = {Act.MANAGE_PEOPLE, Act.SEE_HEALTH, Act.UNLOCK_VAULT, Act.KEEP_ROOMS, Act.SEE_ROOMS}
    of_the_house |= {Act.CHECK_PACKAGE}
    for act in set(Act) - of_the_house:
        assert TABLE[act][Role.ADMINISTRATOR] is Reach.NOWHERE, act


def test_a_court_only_looks_and_only_at_what_was_granted_to_it() -> None:
    reached = {act: reach for act in Act if (reach := TABLE[act][Role.COURT]) is not Reach.NOWHERE}
    looks = (
        Act.SEE_CASE,
        Act.READ_DETAILS,
        Act.VIEW_EVIDENCE,
        Act.OPEN_PHOTOGRAPH,
        Act.EXPORT_EVIDENCE,
        Act.SEE_HISTORY,
    )
    assert reached == dict.fromkeys(looks, Reach.GRANTED) | {Act.CHECK_PACKAGE: Reach.CENTER}


def test_whoever_has_left_may_nothing(world: World) -> None:
    people.retire(world.center, world.administrator, world.prosecutor.id)
    gone = people.get(world.center, world.prosecutor.id)
    assert not any(may(gone, act) for act in Act)
    with pytest.raises(Forbidden):
        require(gone, Act.OPEN_CASE)


def test_somebody_elses_case_is_forbidden_until_it_is_given(world: World) -> None:
    colleague = people.add(world.center, world.administrator, "Person Q", Role.PROSECUTOR)
    with world.center.database() as session, pytest.raises(Forbidden, match="not given"):
        require_case(session, colleague, Act.CONDUCT_INTERVIEW, world.case.id)
    cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
    with world.center.database() as session:
        assert require_case(session, colleague, Act.CONDUCT_INTERVIEW, world.case.id).id == world.case.id


def test_a_role_without_the_act_does_not_learn_which_cases_exist(world: World) -> None:
    with world.center.database() as session:
        for case_id in (world.case.id, "00" * 16):
            with pytest.raises(Forbidden):
                require_case(session, world.administrator, Act.SEE_CASE, case_id)
        with pytest.raises(Missing):
            require_case(session, world.prosecutor, Act.SEE_CASE, "00" * 16)


def test_the_documented_table_is_this_one() -> None:
    written = {Reach.NOWHERE: " ", Reach.OWN_CASES: "own", Reach.GRANTED: "granted", Reach.CENTER: "all"}
    table = [
        f"| {act.value} | " + " | ".join(written[row[role]] for role in Role) + " |"
        for act, row in TABLE.items()
    ]
    assert "\n".join(table) in (Path(__file__).parents[4] / "docs" / "permissions.md").read_text()
