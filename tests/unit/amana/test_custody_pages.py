"""Pages of specimens: that of a link, opened without an account and showing nothing of the case; the others'
tab, and what they say of her consent."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from casework.cases import cases, consent
from casework.center import Center
from casework.database.models import Person, Role, Specimen
from casework.people import people
from casework.specimens import listing
from casework.tokens import new_token
from tests.support.centers.taken_specimens import take_specimen

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
STATE = {"intact": True, "stored": True}
NEXT = "ab" * 32


@pytest.fixture
def nurse(center: Center, administrator: Person) -> Person:
    return people.add(center, administrator, "Person N", Role.EXAMINER, "clinic")


@pytest.fixture
async def swab(browser: httpx.AsyncClient, center: Center, nurse: Person, sign_in: SignIn) -> Specimen:
    """A swab that the nurse, who is signed in, handed over to the police."""
    await sign_in(browser, nurse)
    case = cases.open_case(center, nurse)
    answers = [consent.Answer("police-specimens", "given")]
    asked = {"language": "ar", "explained_by": "Person N", "decided_by": "self", "form": "oral"}
    consent.record(center, nurse, case.id, answers, **asked)
    taken = take_specimen(center, nurse, case.id, kind="swab", seal="s-1", what="dry", storage="frozen")
    form = {"organisation": "police", "role": "officer", "hours": "24", "intact": "yes", "stored": "yes"}
    given = await browser.post(f"/specimens/{taken.id}/hand-over", data=form)
    assert given.status_code == 303, given.text
    return taken


def outside(app: FastAPI, browser: httpx.AsyncClient, token: str) -> httpx.AsyncClient:
    """The browser of somebody with a link."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=str(browser.base_url),
        headers={"authorization": f"Bearer {token}", "origin": str(browser.base_url).rstrip("/")},
    )


async def token_of(browser: httpx.AsyncClient, swab: Specimen, which: str = "receipt-link") -> str:
    page = (await browser.post(f"/specimens/{swab.id}/{which}")).text
    [token] = set(re.findall(r"/custody#([\w-]{43})", page))
    return token


async def test_a_receipt_is_confirmed_by_a_link_that_shows_the_label_and_nothing_of_the_case(
    app: FastAPI, browser: httpx.AsyncClient, center: Center, nurse: Person, swab: Specimen
) -> None:
    officer = outside(app, browser, await token_of(browser, swab))
    page = (await officer.get("/custody")).text
    case = cases.get(center, nurse, swab.case_id)
    assert case.code not in page and case.id not in page and swab.id not in page
    told = (await officer.get("/custody/specimen")).json()
    assert told.pop("until") is not None
    assert told == {"state": "receive", "number": 1, "kind": "swab", "seal": "s-1", "storage": "frozen"}
    receipt = {**STATE, "name": "Officer O", "role": "officer", "holding": NEXT}
    answer = await officer.post("/custody/receipt", json=receipt)
    assert (answer.status_code, answer.json()) == (200, {})
    again = await officer.post("/custody/receipt", json=receipt)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "custody-link-not-valid")
    for other in ("/cases", f"/specimens/{swab.id}", f"/cases/{case.id}/specimens"):
        assert (await officer.get(other)).status_code == 401, other

    holder = outside(app, browser, NEXT)
    assert (await holder.get("/custody/specimen")).json()["state"] == "hold"
    to = {"organisation": "forensic-laboratory", "role": "analyst", "hours": 4}
    offered = (await holder.post("/custody/handover", json={**STATE, **to})).json()
    assert offered["picture"].startswith("data:image/svg+xml")
    assert (await holder.get("/custody/specimen")).json()["state"] == "waits"
    renewed = (await holder.post("/custody/link")).json()["link"]
    assert renewed != offered["link"]
    analyst = outside(app, browser, renewed.partition("#")[2])
    assert (await analyst.get("/custody/specimen")).json()["state"] == "receive"
    assert (await holder.post("/custody/recall")).json() == {}
    assert (await analyst.get("/custody/specimen")).status_code == 401
    used_up = {**STATE, "intact": False, "reason": "used-up"}
    assert (await holder.post("/custody/destruction", json=used_up)).json() == {}
    assert (await holder.get("/custody/specimen")).status_code == 401
    [listed] = listing.of_case(center, nurse, swab.case_id)
    assert listed.row.ended_at is not None


async def test_a_colleague_makes_a_new_link_for_who_has_it_and_for_nobody_else(
    app: FastAPI, browser: httpx.AsyncClient, swab: Specimen
) -> None:
    refused = await browser.post(f"/specimens/{swab.id}/holder-link", headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "specimen-elsewhere")
    officer = outside(app, browser, await token_of(browser, swab))
    receipt = {**STATE, "name": "Officer O", "role": "officer", "holding": NEXT}
    await officer.post("/custody/receipt", json=receipt)
    renewed = outside(app, browser, await token_of(browser, swab, "holder-link"))
    assert (await renewed.get("/custody/specimen")).json()["state"] == "hold"
    assert (await outside(app, browser, NEXT).get("/custody/specimen")).status_code == 401


async def test_guesses_of_a_link_are_slowed_down(browser: httpx.AsyncClient) -> None:
    answers = [
        await browser.get("/custody/specimen", headers={"authorization": f"Bearer {new_token()}"})
        for _ in range(12)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2


async def test_what_a_form_leaves_out_or_makes_up_is_refused(
    app: FastAPI, browser: httpx.AsyncClient, swab: Specimen
) -> None:
    officer = outside(app, browser, await token_of(browser, swab))
    receipt = {**STATE, "name": "Officer O", "role": "officer", "holding": NEXT}
    for wrong in (
        {"name": ""},
        {"role": "judge"},
        {"holding": "short"},
        {"stored": None},
        {"name": "n" * 201},
    ):
        answer = await officer.post("/custody/receipt", json=receipt | wrong)
        assert answer.status_code == 422, wrong
    for field in ({"intact": "perhaps"}, {"stored": "maybe"}, {"hours": "0"}, {"hours": "721"}):
        form = {"organisation": "police", "role": "officer", "hours": "24", "stored": "yes", **field}
        answer = await browser.post(f"/specimens/{swab.id}/hand-over", data=form)
        assert answer.status_code == 422, field


async def test_the_tab_of_specimens_is_marked_on_each_of_their_pages(
    browser: httpx.AsyncClient, swab: Specimen
) -> None:
    browser.headers["accept"] = "text/html"
    tab = f"/cases/{swab.case_id}/specimens"
    for address, mark in ((tab, "page"), (f"{tab}/new", "true"), (f"/specimens/{swab.id}", "true")):
        answer = (await browser.get(address)).text
        tabs = answer.partition('<nav class="tabs')[2].partition("</nav>")[0]
        assert re.findall(r'href="([^"]*)" aria-current="(\w+)"', tabs) == [(tab, mark)], address


async def test_the_pages_say_what_she_does_not_agree_to_before_it_is_tried(
    browser: httpx.AsyncClient, center: Center, nurse: Person, swab: Specimen
) -> None:
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    asked = {"language": "ar", "explained_by": "Person N", "decided_by": "self", "form": "oral"}
    hers = take_specimen(center, nurse, swab.case_id, kind="hair", seal="h-2", what="combed")
    form, kept = f"/cases/{swab.case_id}/specimens/new", f"/specimens/{hers.id}"
    for subject, address, sentence in (
        ("police-specimens", kept, "She has not agreed that specimens are given"),
        ("specimens", form, "She has refused that specimens are taken"),
    ):
        assert sentence not in (await browser.get(address)).text
        consent.record(center, nurse, swab.case_id, [consent.Answer(subject, "refused")], **asked)
        assert sentence in (await browser.get(address)).text
