"""One's own page, recovery codes on the pages, and the administrator's way when everything is lost."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from amana.http.session_middleware import SESSION_COOKIE
from amana.http.user_agent import described
from casework.center import Center
from casework.database.models import Person, SignInMethod
from casework.people import credentials, people
from tests.support.people.passkey_device import Device

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
NAMED = "http://localhost:8420"
PAGE = {"accept": "text/html"}
SCRIPT = {"accept": "application/json"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0"


@pytest.fixture
async def named(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the address that passkeys belong to."""
    async with at_the_name(app) as client:
        yield client


def at_the_name(app: FastAPI) -> httpx.AsyncClient:
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url=NAMED,
        headers={"origin": NAMED, "user-agent": FIREFOX},
    )
    client.cookies.set("language", "en")
    return client


async def with_passkey(browser: httpx.AsyncClient, person: Person, sign_in: SignIn) -> Device:
    """Signs in by link, makes a passkey, and so goes on in a session of that."""
    await sign_in(browser, person)
    asked, device = (await browser.post("/passkey/challenge", json={})).json(), Device()
    made = await browser.post("/passkey", json={"answer": device.make(asked, NAMED)})
    assert made.status_code == 200
    return device


async def new_codes(browser: httpx.AsyncClient, device: Device) -> httpx.Response:
    """Has codes made, as their person confirms it with this device."""
    asked = (await browser.post("/confirm/challenge", json={"purpose": "recovery-codes"})).json()
    answer = json.dumps(device.answer(asked, NAMED))
    return await browser.post("/account/recovery-codes", data={"answer": answer})


def codes_in(page: str) -> list[str]:
    return re.findall(r"<code>([0-9a-z-]{19})</code>", page)


async def test_ones_own_page_says_by_what_one_gets_in_and_where_one_is(
    named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await with_passkey(named, prosecutor, sign_in)
    page = (await named.get("/account")).text
    assert "no name yet" in page
    assert "Firefox, Windows" in page
    assert "127.0.0.1" in page
    [held] = credentials.of_person(center, prosecutor.id)
    await named.post("/account/passkeys/name", data={"key": held.key, "label": "My <phone>"})
    assert "My &lt;phone&gt;" in (await named.get("/account")).text
    refused = await named.post("/account/passkeys/revoke", data={"key": held.key}, headers=SCRIPT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "last-passkey")


async def test_another_session_is_ended_from_here(
    app: FastAPI, named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(named, prosecutor)
    async with at_the_name(app) as other, at_the_name(app) as third:
        for one in (other, third):
            await sign_in(one, prosecutor)
        which = people.signed_in(center, other.cookies[SESSION_COOKIE]).token_digest
        await named.post("/account/sessions/end", data={"session": which})
        assert [(await one.get("/cases")).status_code for one in (named, other, third)] == [200, 401, 200]
        await named.post("/account/sessions/end-others")
        assert [(await one.get("/cases")).status_code for one in (named, third)] == [200, 401]


async def test_a_code_leads_to_a_new_passkey_and_to_nothing_else(
    app: FastAPI, named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    device = await with_passkey(named, prosecutor, sign_in)
    codes = codes_in((await new_codes(named, device)).text)
    assert len(codes) == 10
    assert codes_in((await named.get("/account")).text) == []
    async with at_the_name(app) as new:
        entered = await new.post("/sign-in/recovery", data={"code": codes[0]})
        assert (entered.status_code, entered.headers["location"]) == (303, "/passkey")
        for path in ("/", "/cases", "/account", "/staff", "/health"):
            aside = await new.get(path, headers=PAGE)
            assert (aside.status_code, aside.headers["location"]) == (303, "/passkey")
            assert (await new.get(path)).json()["error"]["code"] == "recovery-only"
        assert (await new.post("/account/recovery-codes")).status_code == 403
        assert "Create another passkey" in (await new.get("/passkey")).text
        asked = (await new.post("/passkey/challenge", json={})).json()
        await new.post("/passkey", json={"answer": Device().make(asked, NAMED)})
        assert (await new.get("/cases")).status_code == 200
        assert people.signed_in(center, new.cookies[SESSION_COOKIE]).method is SignInMethod.PASSKEY
        assert "9 codes are unused." in (await new.get("/account")).text
    again = await named.post("/sign-in/recovery", data={"code": codes[0]}, headers=PAGE)
    assert (again.status_code, "This recovery code is not valid" in again.text) == (403, True)
    [opened] = again.text.split('<details class="card" open>')[1:]
    assert "recovery" in opened  # where the next code is typed
    assert "/sign-in/password" not in opened


async def test_with_a_link_no_codes_are_made_and_no_passkey_revoked(
    named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await with_passkey(named, prosecutor, sign_in)
    await sign_in(named, prosecutor)
    page = (await named.get("/account")).text
    assert "/account/recovery-codes" not in page
    assert "/account/passkeys/revoke" not in page
    [held] = credentials.of_person(center, prosecutor.id)
    for path, fields in (("recovery-codes", {}), ("passkeys/revoke", {"key": held.key})):
        assert (await named.post(f"/account/{path}", data=fields)).status_code == 403
    assert len(credentials.of_person(center, prosecutor.id)) == 1


async def test_an_administrator_revokes_everything_and_invites_anew(
    app: FastAPI,
    named: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
) -> None:
    async with at_the_name(app) as lost:
        await with_passkey(lost, prosecutor, sign_in)
        await sign_in(named, administrator)
        page = (await named.post(f"/staff/{prosecutor.id}/revoke")).text
        assert "within 72 hours" in page
        assert (await lost.get("/cases")).status_code == 401
        assert credentials.of_person(center, prosecutor.id) == []
        token = page.split("/sign-in#")[1].split('"')[0]
        assert (await lost.post("/sign-in", json={"token": token})).json() == {"to": "/passkey"}


@pytest.mark.parametrize(
    ("user_agent", "says"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", "?"),
        ("", "?"),
    ],
)
def test_a_browser_is_told_in_two_words(user_agent: str, says: str) -> None:
    assert described(user_agent) == says


async def test_the_language_is_kept_with_the_account_and_used_at_the_next_sign_in(
    app: FastAPI, named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(named, prosecutor)
    assert named.cookies["language"] == "en", "what the browser has stays until a person has chosen"
    chosen = await named.post("/language", data={"language": "ar", "back": "/account"})
    assert chosen.headers["location"] == "/account"
    async with at_the_name(app) as elsewhere:
        assert '<html lang="en"' in (await elsewhere.get("/sign-in")).text
        await sign_in(elsewhere, prosecutor)
        page = (await elsewhere.get("/account")).text
        assert '<html lang="ar"' in page
        assert re.search(r'<option value="ar"[^>]* selected>', page)
