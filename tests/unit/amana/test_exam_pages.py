"""The page of a guided set: what it is told of injuries whose pictures are intimate."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256

import httpx
import pytest

from casework.cases import cases
from casework.center import Center
from casework.database.models import Exam, Person, Role
from casework.ledger import chains
from casework.people import people
from casework.photographs import exam_sets, photographs
from casework.photographs.exam_sets import Injury, Notes
from chain_of_custody.statements.statement import SignedStatement
from tests.support.media.made_pictures import picture
from tests.support.people.passphrase import PASSPHRASE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
def nurse(center: Center, administrator: Person) -> Person:
    return people.add(center, administrator, "Person N", Role.EXAMINER, "clinic")


@pytest.fixture
async def exam(
    browser: httpx.AsyncClient, center: Center, nurse: Person, prosecutor: Person, sign_in: SignIn
) -> Exam:
    """A set with one injury, of somebody who is signed in; the vault is locked."""
    await sign_in(browser, nurse)
    browser.headers["accept"] = "application/json"
    case = cases.open_case(center, prosecutor)
    cases.give(center, prosecutor, case.id, nurse.id)
    opened = exam_sets.open_set(center, nurse, case.id, "woman")
    exam_sets.note(center, nurse, opened.id, Notes([Injury("front", "right-chest", 500, 500, "bruise")]))
    return opened


async def upload(browser: httpx.AsyncClient, exam: Exam, seed: int, **said: object) -> httpx.Response:
    """The last answer to a picture of the set's first injury."""
    data = picture(seed=seed)
    place = {"exam": exam.id, "view": "close-up", "injury": 1}
    file = {"kind": "photograph", "name": "a.jpg", "size": len(data), "digest": sha256(data).hexdigest()}
    begun = await browser.post(f"/cases/{exam.case_id}/uploads", json={**file, **place, **said})
    if begun.status_code != 200:
        return begun
    address = f"/uploads/{begun.json()['id']}"
    await browser.post(f"{address}/pieces?offset=0", content=data)
    return await browser.post(f"{address}/finish")


async def told(browser: httpx.AsyncClient, exam: Exam) -> object:
    """The injuries that have an intimate picture, as the page's script gets them."""
    page = (await browser.get(f"/exams/{exam.id}", headers={"accept": "text/html"})).text
    [found] = re.findall(r'<script type="application/json" id="intimate">(.*?)</script>', page)
    return json.loads(found)


@pytest.mark.starts
async def test_after_a_reload_the_page_knows_which_injuries_are_intimate(
    browser: httpx.AsyncClient, exam: Exam
) -> None:
    assert (await upload(browser, exam, 1)).json()["state"] == "sealed"
    assert await told(browser, exam) == []
    assert (await upload(browser, exam, 2, intimate=True, agreed=True)).json()["state"] == "sealed"
    assert await told(browser, exam) == [1]
    refused = await upload(browser, exam, 3)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "intimate-injury")
    assert all(refused.json()["error"][part] for part in ("what", "meaning", "todo"))


async def test_the_page_says_from_which_notes_it_goes_on(
    browser: httpx.AsyncClient, exam: Exam, center: Center, nurse: Person
) -> None:
    page = (await browser.get(f"/exams/{exam.id}", headers={"accept": "text/html"})).text
    base = exam_sets.get(center, nurse, exam.id).newest
    assert f'data-newest="{base}"' in page
    noted = [Injury("front", "right-chest", 500, 500, "burn").to_json()]
    address = f"/exams/{exam.id}/notes"
    kept = await browser.post(address, json={"injuries": noted, "base": base})
    assert (kept.status_code, kept.json()["base"] > base) == (200, True)
    late = await browser.post(address, json={"injuries": noted, "base": base})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "notes-moved-on")
    on = await browser.post(address, json={"injuries": noted, "base": kept.json()["base"]})
    assert on.status_code == 200


@pytest.mark.starts
async def test_what_waits_in_a_page_is_added_in_nobody_elses_name(
    browser: httpx.AsyncClient,
    center: Center,
    exam: Exam,
    nurse: Person,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
) -> None:
    page = (await browser.get(f"/exams/{exam.id}", headers={"accept": "text/html"})).text
    assert f'data-person="{nurse.id}"' in page
    browser.headers["amana-person"] = nurse.id
    assert (await upload(browser, exam, 4)).json()["state"] == "sealed"
    colleague = people.add(center, administrator, "Person M", Role.EXAMINER, "clinic")
    cases.give(center, prosecutor, exam.case_id, colleague.id)
    await sign_in(browser, colleague)  # in another tab
    refused = await upload(browser, exam, 5)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "other-person")
    await sign_in(browser, nurse)
    assert (await upload(browser, exam, 5)).json()["state"] == "sealed"
    assert len(photographs.listed(center, nurse, exam.case_id)) == 2


async def test_the_report_is_given_as_a_file_and_what_is_given_is_in_the_ledger(
    browser: httpx.AsyncClient, exam: Exam, center: Center
) -> None:
    locked = await browser.post(f"/exams/{exam.id}/report")
    assert locked.json()["error"]["code"] == "vault-locked"
    center.keyholder.unlock(PASSPHRASE)
    await browser.post(f"/exams/{exam.id}/close")
    given = await browser.post(f"/exams/{exam.id}/report")
    assert given.headers["content-type"] == "application/pdf"
    assert re.search(r'filename="examination-[0-9-]+-1\.pdf"', given.headers["content-disposition"])
    *_, last = chains.chain(center, exam.id).values()
    statement = SignedStatement.parse(last).statement
    assert (statement.type, statement.body["paper"]) == ("exam.reported", sha256(given.content).hexdigest())
