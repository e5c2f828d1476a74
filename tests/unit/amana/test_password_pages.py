"""Password and codes on the pages: set with a link, used without a script, marked, and slowed."""

from __future__ import annotations

import re
from base64 import b32decode
from collections.abc import Awaitable, Callable
from html import unescape

import httpx
import pytest

from amana.http.session_middleware import SESSION_COOKIE
from amana.pages.passwords import BROWSER_COOKIE
from casework.center import Center
from casework.clock import now
from casework.database.models import Person, SignInMethod
from casework.people import passwords, people, sign_in_throttle, totp
from casework.people.sign_in_throttle import FREE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
PASSWORD = "seven words that nobody else would put together"


@pytest.fixture(autouse=True)
def half_a_minute_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a code is sometimes over before it is looked at."""
    moment = now()
    monkeypatch.setattr(passwords, "now", lambda: moment)


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


def code_of(page: str, away: int = 0) -> str:
    """What the app shows that read this page's letters."""
    letters = re.findall(r'<p class="digest" dir="ltr">(.*?)</p>', page, re.DOTALL)[0]
    secret = b32decode(re.sub(r"<.*?>|\s", "", letters))
    return totp.code_at(secret, int(passwords.now().timestamp() // totp.STEP) + away)


def sealed_in(page: str) -> str:
    return unescape(re.findall(r'name="sealed" value="([^"]+)"', page)[0])


async def given(browser: httpx.AsyncClient, person: Person, sign_in: SignIn) -> tuple[str, str]:
    """The number of a person who has set a password, and the page that showed the app's letters."""
    await sign_in(browser, person)
    page = (await browser.get("/password")).text
    fields = {"password": PASSWORD, "code": code_of(page, -1), "sealed": sealed_in(page)}
    done = await browser.post("/password", data=fields)
    number = re.findall(r'dir="ltr">(\d{6})<', done.text)[0]
    await browser.post("/sign-out")
    return number, page


async def test_a_link_leads_to_a_password_and_that_to_a_marked_session(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    number, page = await given(english, prosecutor, sign_in)
    fields = {"number": number, "password": PASSWORD, "code": code_of(page)}
    entered = await english.post("/sign-in/password", data=fields)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    began = people.signed_in(center, english.cookies[SESSION_COOKIE])
    assert (began.person.id, began.method) == (prosecutor.id, SignInMethod.PASSWORD)
    assert number in (await english.get("/password")).text
    assert "ask the administrator for a one-time link" in (await english.get("/passkey")).text
    refused = await english.post("/password", data={**fields, "sealed": sealed_in(page)})
    assert (refused.status_code, "makes no passkey" in refused.text) == (403, True)
    replayed = await english.post("/sign-in/password", data=fields)
    assert (replayed.status_code, "do not match" in replayed.text) == (403, True)


async def test_what_cannot_be_taken_asks_again_with_the_same_app(
    english: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(english, prosecutor)
    page = (await english.get("/password")).text
    sealed = sealed_in(page)
    for password, code, says in (
        ("too short", code_of(page), "too short"),
        (PASSWORD, "000000", "not the one that the app shows"),
    ):
        asked = await english.post("/password", data={"password": password, "code": code, "sealed": sealed})
        assert (asked.status_code, says in asked.text) == (422, True)
        assert sealed_in(asked.text) == sealed
        assert PASSWORD not in asked.text
    for wrong in ("%%%", "none", sealed[:-8] + "AAAAAAA="):
        for password in (PASSWORD, "too short"):
            asked = await english.post(
                "/password", data={"password": password, "code": code_of(page), "sealed": wrong}
            )
            assert asked.status_code == 422


async def test_guessing_has_to_wait_and_the_known_browser_has_not(
    english: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(sign_in_throttle, "now", lambda: moment)
    number, page = await given(english, prosecutor, sign_in)
    right = {"number": number, "password": PASSWORD}
    await english.post("/sign-in/password", data={**right, "code": code_of(page)})
    cookie = english.cookies[BROWSER_COOKIE]
    english.cookies.clear()
    english.cookies.set("language", "en")
    wrong = {"number": number, "password": "another password", "code": "000000"}
    for _ in range(FREE + 1):
        assert (await english.post("/sign-in/password", data=wrong)).status_code == 403
    slowed = await english.post("/sign-in/password", data={**right, "code": code_of(page, 1)})
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "3")
    assert "several failed attempts" in slowed.text
    english.cookies.set(BROWSER_COOKIE, cookie, path="/sign-in")
    assert (
        await english.post("/sign-in/password", data={**right, "code": code_of(page, 1)})
    ).status_code == 303
    assert f"{FREE + 2} failed attempts" in (await english.get("/")).text


async def test_signing_in_with_a_password_ends_the_session_before_and_sets_cookies_out_of_reach(
    english: httpx.AsyncClient, prosecutor: Person, administrator: Person, sign_in: SignIn
) -> None:
    number, page = await given(english, prosecutor, sign_in)
    await sign_in(english, administrator)
    before = english.cookies[SESSION_COOKIE]
    fields = {"number": number, "password": PASSWORD, "code": code_of(page)}
    entered = await english.post("/sign-in/password", data=fields)
    for cookie in entered.headers.get_list("set-cookie"):
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
    english.cookies.clear()
    english.cookies.set(SESSION_COOKIE, before)
    assert (await english.get("/staff")).headers["location"] == "/sign-in"


async def test_another_site_sends_no_password(english: httpx.AsyncClient) -> None:
    fields = {"number": "1", "password": "x", "code": "1"}
    elsewhere = {"origin": "https://elsewhere.example"}
    assert (await english.post("/sign-in/password", data=fields, headers=elsewhere)).status_code == 403
