"""The pages of guided sets: what a closed one says, and where one leads that stands beside no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from amana.keyholder.client import KeyholderClient
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person, Role
from casework.people import people
from casework.photographs import exam_sets

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def nurse(
    browser: httpx.AsyncClient,
    center: Center,
    keyholder: KeyholderClient,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
) -> tuple[Person, str]:
    """Signed in, and the case that was given to her."""
    examiner = people.add(center, administrator, "Person N", Role.EXAMINER, "clinic")
    case = cases.open_case(center, prosecutor)
    cases.give(center, prosecutor, case.id, examiner.id)
    await sign_in(browser, examiner)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    return examiner, case.id


async def test_a_closed_set_says_what_it_was_closed_without_and_that_nothing_is_still_missing(
    browser: httpx.AsyncClient, center: Center, nurse: tuple[Person, str]
) -> None:
    examiner, case_id = nurse
    exam = exam_sets.open_set(center, examiner, case_id, "woman")
    taking = (await browser.get(f"/exams/{exam.id}")).text
    assert "Still missing: {what}." in taking
    assert " data-closed" not in taking
    exam_sets.close(center, examiner, exam.id)
    closed = (await browser.get(f"/exams/{exam.id}")).text
    assert "Closed without: {what}." in closed
    assert " data-closed" in closed
    assert "Still missing" not in closed
    assert "not taken yet" not in closed


async def test_a_set_that_follows_none_is_not_shown_beside_itself(
    browser: httpx.AsyncClient, center: Center, nurse: tuple[Person, str]
) -> None:
    examiner, case_id = nurse
    first = exam_sets.open_set(center, examiner, case_id, "woman")
    alone = await browser.get(f"/exams/{first.id}/beside", follow_redirects=False)
    assert (alone.status_code, alone.headers["location"]) == (303, f"/exams/{first.id}")
    second = exam_sets.open_set(center, examiner, case_id, "woman", first.id)
    assert "Neither set has a picture" in (await browser.get(f"/exams/{second.id}/beside")).text
