"""What was opened in error is voided on its page, and every page of it then says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from casework.cases import cases
from casework.center import Center
from casework.database.models import Person

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
REASON = {"reason": "duplicate", "note": "the same person as in the one before"}
SHOWN = "voided: opened in error"


async def test_an_interview_and_then_its_case_are_voided(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    case = f"/cases/{cases.open_case(center, prosecutor).id}"
    await sign_in(browser, prosecutor)
    opened = await browser.post(f"{case}/interviews", data={"purpose": "testimony", "room": "room-1"})
    interview = opened.headers["location"].split("/")[2]
    assert "Void case" not in (await browser.get(case)).text, "an interview of it is not over"
    page = (await browser.get(f"{case}/interviews")).text
    form = page.split("Opened in error?")[1].split("</form>")[0]
    assert " checked" not in form  # nothing is chosen beforehand
    voided = await browser.post(f"{case}/interviews/{interview}/void", data=REASON)
    assert voided.headers["location"] == f"{case}/interviews"
    page = (await browser.get(f"{case}/interviews")).text
    assert SHOWN in page and "Open console" not in page and "Void interview" not in page
    assert SHOWN in (await browser.get(case)).text  # in the timeline
    voided = await browser.post(f"{case}/void", data=REASON)
    assert voided.headers["location"] == case
    page = (await browser.get(case)).text
    assert "This case was voided" in page and "It was opened twice" in page
    for action in ("Void case", "New interview", "Edit name and notes", "Share case", "Give grant"):
        assert action not in page.split("<main")[1]
    assert SHOWN in (await browser.get("/cases")).text
    again = await browser.post(f"{case}/interviews", data={"purpose": "testimony", "room": "room-1"})
    assert again.status_code == 409 and "Nothing can be added to it." in again.text
    log = (await browser.get(f"{case}/history")).text
    assert "voided the case: it had been opened in error (it was opened twice)" in log


async def test_what_holds_something_is_not_voided_and_the_page_says_why(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    case = f"/cases/{cases.open_case(center, prosecutor).id}"
    await sign_in(browser, prosecutor)
    await browser.post(f"{case}/interviews", data={"purpose": "testimony", "room": "room-1"})
    refused = await browser.post(f"{case}/void", data=REASON)
    assert refused.status_code == 409 and "no interview that is not over" in refused.text
