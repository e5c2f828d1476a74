"""Passkeys on the pages: the invitation after a link, signing in with one, and where none can be used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from amana.app import create_app
from amana.http.relying_party import RelyingParty, relying_party
from amana.http.session_middleware import SESSION_COOKIE
from amana.pages.passkeys import CHALLENGE_COOKIE
from amana.settings import Settings
from casework.center import Center
from casework.clock import now
from casework.database.models import Challenge, Person
from casework.people import credentials, people
from chain_of_custody.statements.statement import SignedStatement
from tests.support.people.passkey_device import Device

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
NAMED = "http://localhost:8420"


@pytest.fixture
async def named(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the address that passkeys belong to."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=NAMED, headers={"origin": NAMED}) as client:
        client.cookies.set("language", "en")
        yield client


async def makes(browser: httpx.AsyncClient, device: Device) -> httpx.Response:
    asked = await browser.post("/passkey/challenge", json={})
    assert asked.status_code == 200, asked.text
    return await browser.post(
        "/passkey", json={"answer": device.make(asked.json(), NAMED)}, headers={"accept": "application/json"}
    )


async def signs_in(browser: httpx.AsyncClient, device: Device, **changed: Any) -> httpx.Response:
    asked = (await browser.post("/sign-in/passkey/challenge", json={})).json()
    return await browser.post("/sign-in/passkey", json={"answer": device.answer(asked, NAMED, **changed)})


async def test_a_link_leads_first_to_a_passkey_and_from_then_on_the_passkey_opens(
    named: httpx.AsyncClient, center: Center, prosecutor: Person
) -> None:
    link = people.new_link(center, None, prosecutor.id)
    assert (await named.post("/sign-in", json={"token": link})).json() == {"to": "/passkey"}
    assert "Set up sign-in on this device" in (await named.get("/passkey")).text
    assert "This device is not set up for sign-in yet" in (await named.get("/")).text
    device, before = Device(), named.cookies[SESSION_COOKIE]
    assert (await makes(named, device)).json() == {"to": "/"}
    assert named.cookies[SESSION_COOKIE] != before
    assert "This device is not set up for sign-in yet" not in (await named.get("/")).text
    await named.post("/sign-out")
    assert (await signs_in(named, device)).json() == {"to": "/"}
    assert (await named.get("/cases")).status_code == 200
    again = people.new_link(center, None, prosecutor.id)
    assert (await named.post("/sign-in", json={"token": again})).json() == {"to": "/"}


async def test_a_passkey_is_vouched_for_by_its_person_and_names_nobody(
    named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(named, prosecutor)
    await makes(named, Device())
    leaf = center.ledger.entry(center.ledger.size - 1)
    said = SignedStatement.parse(leaf).statement
    assert (said.type, said.actor.id) == ("credential.enrolled", prosecutor.id)
    assert (said.body["person"], said.body["rp"]) == (prosecutor.id, "localhost")
    assert str(prosecutor.name).encode() not in leaf


async def test_the_challenges_cookie_is_out_of_reach_and_binds_the_answer_to_its_browser(
    named: httpx.AsyncClient, app: FastAPI, prosecutor: Person, sign_in: SignIn
) -> None:
    device = Device()
    await sign_in(named, prosecutor)
    await makes(named, device)
    await named.post("/sign-out")
    asked = await named.post("/sign-in/passkey/challenge", json={})
    cookie = asked.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/sign-in"))
    answer = {"answer": device.answer(asked.json(), NAMED)}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=NAMED, headers={"origin": NAMED}) as other:
        stolen = await other.post("/sign-in/passkey", json=answer)
        assert (stolen.status_code, stolen.json()["error"]["code"]) == (409, "challenge-over")
    assert (await named.post("/sign-in/passkey", json=answer)).status_code == 200
    assert CHALLENGE_COOKIE not in named.cookies
    named.cookies.set(CHALLENGE_COOKIE, asked.cookies[CHALLENGE_COOKIE], path="/sign-in")
    assert (await named.post("/sign-in/passkey", json=answer)).status_code == 409


async def test_a_wrong_answer_uses_the_challenge_up_and_says_what_to_do(
    named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    device = Device()
    await sign_in(named, prosecutor)
    await makes(named, device)
    await named.post("/sign-out")
    refused = await signs_in(named, device, signature=b"no")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "passkey-not-taken")
    assert set(refused.json()["error"]) == {"code", "what", "meaning", "todo"}
    again = await named.post("/sign-in/passkey", json={"answer": {}})
    assert again.json()["error"]["code"] == "challenge-over"
    assert (await named.get("/cases")).status_code == 401


async def test_guesses_and_failures_of_others_never_keep_a_passkey_out(
    named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    device = Device()
    await sign_in(named, prosecutor)
    await makes(named, device)
    await named.post("/sign-out")
    for _ in range(12):
        await named.post("/sign-in", json={"token": "guess"})
        await signs_in(named, device, signature=b"no")
    assert (await named.post("/sign-in", json={"token": "guess"})).status_code == 429
    assert (await signs_in(named, device)).status_code == 200


async def test_a_copied_passkey_is_told_so(
    named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    device = Device()
    await sign_in(named, prosecutor)
    await makes(named, device)
    assert (await signs_in(named, device)).status_code == 200
    copy = Device(held=device.held)
    refused = await signs_in(named, copy)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "passkey-behind")


async def test_who_has_a_passkey_makes_no_other_with_a_link(
    named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(named, prosecutor)
    device = Device()
    await makes(named, device)
    await sign_in(named, prosecutor)
    assert "You are signed in with a one-time link" in (await named.get("/passkey")).text
    refused = await named.post("/passkey/challenge", json={})
    assert (refused.status_code, "You have a passkey already" in refused.text) == (403, True)
    assert (await signs_in(named, device)).status_code == 200
    before, second = named.cookies[SESSION_COOKIE], Device()
    asked = (await makes(named, second)).json()
    assert asked["says"]["what"] == "You add a further passkey to your account."
    assert len(credentials.of_person(center, prosecutor.id)) == 1
    signed = device.signature(asked["publicKey"], NAMED)
    done = await named.post(f"/signings/{asked['signing']}", json=signed)
    assert done.json() == {"to": "/account"}
    assert len(credentials.of_person(center, prosecutor.id)) == 2
    assert named.cookies[SESSION_COOKIE] == before
    assert (await signs_in(named, second)).status_code == 200


async def test_a_passkey_made_too_late_or_on_another_page_is_not_taken(
    named: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(named, prosecutor)
    asked = (await named.post("/passkey/challenge", json={})).json()
    elsewhere = Device().make(asked, "http://localhost:9999")
    refused = await named.post("/passkey", json={"answer": elsewhere})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "passkey-not-made")
    asked = (await named.post("/passkey/challenge", json={})).json()
    with center.database.begin() as session:
        session.query(Challenge).update({"expires_at": now() - timedelta(seconds=1)})
    late = await named.post("/passkey", json={"answer": Device().make(asked, NAMED)})
    assert "Press the button again" in late.text
    assert credentials.of_person(center, prosecutor.id) == []


async def test_at_another_name_of_this_machine_the_page_says_where_passkeys_are(
    browser: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    page = (await browser.get("/sign-in")).text
    assert f'href="{NAMED}/sign-in"' in page
    assert "Sign in with a passkey" not in page
    assert (await browser.post("/sign-in/passkey/challenge", json={})).status_code == 409
    await sign_in(browser, prosecutor)
    assert f'href="{NAMED}/passkey"' in (await browser.get("/passkey")).text
    assert (await browser.post("/passkey/challenge", json={})).status_code == 409


async def test_where_the_address_is_no_name_the_page_says_what_to_do(
    center: Center, settings: Settings
) -> None:
    numbers = "http://192.0.2.7:8420"
    app = create_app(center, replace(settings, host="192.0.2.7"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=numbers, headers={"origin": numbers}) as there:
        there.cookies.set("language", "en")
        page = (await there.get("/sign-in")).text
        assert "There are no passkeys at this address" in page
        assert "AMANA_ADDRESS" in page
        assert "one-time link" in page


@pytest.mark.parametrize(
    ("address", "host", "party"),
    [
        ("https://amana.example", "192.0.2.7", RelyingParty("amana.example", "https://amana.example")),
        ("https://amana.example:443", "", RelyingParty("amana.example", "https://amana.example")),
        ("https://amana.example:8443", "", RelyingParty("amana.example", "https://amana.example:8443")),
        ("", "127.0.0.1", RelyingParty("localhost", "http://localhost:8420")),
        ("", "::1", RelyingParty("localhost", "http://localhost:8420")),
        ("http://localhost", "", RelyingParty("localhost", "http://localhost")),
        ("http://amana.example", "", None),
        ("https://192.0.2.7", "", None),
        ("https://[2001:db8::7]", "", None),
        ("", "192.0.2.7", None),
        ("", "0.0.0.0", None),
    ],
)
def test_passkeys_belong_to_a_name_and_a_secure_page(
    address: str, host: str, party: RelyingParty | None
) -> None:
    assert relying_party(Settings(address=address, host=host or "127.0.0.1")) == party
