"""The page about a case's end: how long it is kept, and legal holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person, Role
from casework.people import people
from casework.retention import legal_holds, schedules
from casework.specimens import handovers
from casework.specimens.acts import Condition
from tests.support.centers.taken_specimens import take_specimen
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added
from tests.support.people.granting import granted
from tests.support.people.passphrase import PASSPHRASE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def english(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> httpx.AsyncClient:
    """A prosecutor, with the vault unlocked."""
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    center.keyholder.unlock(PASSPHRASE)
    await sign_in(browser, prosecutor)
    return browser


async def test_a_hold_is_placed_seen_on_the_case_and_lifted(
    english: httpx.AsyncClient, center: Center, prosecutor: Person
) -> None:
    case = cases.open_case(center, prosecutor)
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "No hold was ever placed" in page
    placed = await english.post(
        f"/cases/{case.id}/holds", data={"reason": "appeal", "reference": "Appeal <7>", "text": "Ask R."}
    )
    assert placed.headers["location"] == f"/cases/{case.id}/keeping"
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "This case is under legal hold." in page
    assert "Appeal &lt;7&gt;" in page
    assert "This case is under legal hold." in (await english.get(f"/cases/{case.id}")).text
    [one] = legal_holds.listed(center, prosecutor, case.id)
    wrong = {"reason": "appeal", "reference": "9"}
    assert (await english.post(f"/cases/{case.id}/holds/{one.hold.id}/lift", data=wrong)).status_code == 422
    right = {"reason": "ended", "reference": "9"}
    assert (await english.post(f"/cases/{case.id}/holds/{one.hold.id}/lift", data=right)).status_code == 303
    assert "This case is under legal hold." not in (await english.get(f"/cases/{case.id}")).text


async def test_until_when_and_why_is_told_and_can_be_said(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, settings: Settings
) -> None:
    case = cases.open_case(center, prosecutor)
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "the type of the case is not stated yet" in page
    said = {"kind": "child", "until": "2150-12-31", "reference": "12/26"}
    assert (await english.post(f"/cases/{case.id}/retention", data=said)).status_code == 303
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "2150-12-31" in page
    assert "a court has stated this date" in page
    for wrong in ({"until": "soon"}, {"kind": "unheard-of"}, {"reference": " "}):
        assert (await english.post(f"/cases/{case.id}/retention", data=said | wrong)).status_code == 422
    settings.retention.write_text("any ten years\n")
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "The rules of this center cannot be read." in page


@pytest.mark.starts
async def test_photographs_stand_there_for_those_who_decide_about_their_end(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    settings: Settings,
    sign_in: SignIn,
) -> None:
    case = cases.open_case(center, prosecutor)
    nurse = people.add(center, administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(center, prosecutor, case.id, nurse.id)
    added(center, nurse, case.id, picture(seed=1))
    added(center, nurse, case.id, picture(seed=2), intimate=True, agreed=True)
    _, intimate = schedules.added(center, prosecutor, case.id)
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "2 photographs, documents and received files" in page
    assert "Photograph 2" in page, "an intimate one has an end as well, and is called as the others are"
    assert "Request destruction" not in page
    settings.retention.write_text("any 0 days\n")
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert f'<option value="{intimate.id}">Photograph 2 · ' in page
    asked = {"item": intimate.id, "reason": "retention-ended", "reference": "List 4"}
    assert (await english.post(f"/cases/{case.id}/disposals", data=asked)).status_code == 303
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "<h3>Photograph 2 · " in page
    interviewer = people.add(center, administrator, "Person I", Role.INTERVIEWER)
    cases.give(center, prosecutor, case.id, interviewer.id)
    await sign_in(english, interviewer)
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "Photographs, documents and received files are kept by the same rules" in page
    assert "Photograph 1" not in page
    assert "Photograph 2" not in page


async def test_who_asks_for_a_destruction_and_who_agrees_are_told_which_specimens_still_exist(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    settings: Settings,
    sign_in: SignIn,
) -> None:
    settings.retention.write_text("any 0 days\n")
    case = cases.open_case(center, prosecutor)
    nurse = people.add(center, administrator, "Person N", Role.EXAMINER, "clinic")
    second = people.add(center, administrator, "Person S", Role.PROSECUTOR)
    for person in (nurse, second):
        cases.give(center, prosecutor, case.id, person.id)
    kit = take_specimen(center, nurse, case.id, kind="kit", seal="K-1001", what="a kit")
    blood = take_specimen(center, nurse, case.id, kind="blood", seal="B-7", what="of her arm")
    intact, exists = Condition(intact=True), "1 specimen of this case still exists:"
    handovers.destroy(center, nurse, blood.id, "used-up", intact)
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert page.count(exists) == 1, "in the form for the request"
    assert f'<a href="/specimens/{kit.id}">Specimen 1 · kit</a>' in page
    assert blood.id not in page
    asked = {"item": case.id, "reason": "retention-ended", "reference": "List 4"}
    assert (await english.post(f"/cases/{case.id}/disposals", data=asked)).status_code == 303
    await sign_in(english, second)
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert page.count(exists) == 1, "where the second person agrees"
    assert page.index(exists) > page.index("Agree to destruction")
    assert "nobody can read what was taken and from where" in page
    handovers.destroy(center, nurse, kit.id, "court-order", intact)
    assert exists not in (await english.get(f"/cases/{case.id}/keeping")).text


async def test_a_court_sees_it_and_changes_nothing(
    english: httpx.AsyncClient, center: Center, administrator: Person, prosecutor: Person, sign_in: SignIn
) -> None:
    case = cases.open_case(center, prosecutor)
    judge = people.add(center, administrator, "Judge", Role.COURT, "court-of-ramallah")
    await sign_in(english, judge)
    assert (await english.get(f"/cases/{case.id}/keeping")).status_code == 403
    granted(center, prosecutor, case.id, judge, accepted=False)
    legal_holds.place(center, prosecutor, case.id, reason="appeal", reference="Appeal 7", text="Ask R.")
    page = (await english.get(f"/cases/{case.id}/keeping")).text
    assert "Retention period" in page
    assert "This case is under legal hold." in page
    assert "Ask R." not in page
    assert '<form method="post" action="/cases/' not in page
    for path, data in (
        ("holds", {"reason": "appeal", "reference": "7"}),
        ("retention", {"kind": "child", "reference": "7"}),
    ):
        assert (await english.post(f"/cases/{case.id}/{path}", data=data)).status_code == 403
