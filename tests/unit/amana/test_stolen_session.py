"""What a stolen session cookie is good for: nothing that lasts, and nothing that lets others in.

A script with the cookie alone, against the running application. The same deeds succeed with the person's
authenticator, so that no refusal here comes from a wrong request.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from amana.http import session_middleware
from amana.http.session_middleware import SESSION_COOKIE
from casework.access.permissions import Act
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Interview, InterviewState, Person, SignedIn
from casework.interviews import interviews
from casework.people import confirmations, credentials, people, recovery_codes
from casework.tokens import token_digest
from chain_of_custody.statements.statement import SignedStatement
from recorder.pages.console import _still_allowed
from tests.support.people.passkey_device import Device
from tests.unit.amana.test_account_pages import NAMED, PAGE, SCRIPT, at_the_name, codes_in, with_passkey

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def named(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with at_the_name(app) as client:
        yield client


@pytest.fixture
async def hers(named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn) -> Device:
    """The prosecutor's authenticator; `named` is her browser."""
    return await with_passkey(named, prosecutor, sign_in)


@pytest.fixture
async def thief(app: FastAPI, named: httpx.AsyncClient, hers: Device) -> AsyncIterator[httpx.AsyncClient]:
    """Another browser, which has her cookie and a device of its own."""
    async with at_the_name(app) as client:
        client.cookies.set(SESSION_COOKIE, named.cookies[SESSION_COOKIE])
        assert (await client.get("/cases")).status_code == 200
        yield client


async def added(browser: httpx.AsyncClient, device: Device) -> httpx.Response:
    """A passkey that this device makes, sent to the center."""
    asked = (await browser.post("/passkey/challenge", json={})).json()
    return await browser.post("/passkey", json={"answer": device.make(asked, NAMED)}, headers=SCRIPT)


async def signed(browser: httpx.AsyncClient, asked: dict[str, Any], device: Device) -> httpx.Response:
    signature = device.signature(asked["publicKey"], NAMED)
    return await browser.post(f"/signings/{asked['signing']}", json=signature, headers=SCRIPT)


def code(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


def last(center: Center) -> SignedStatement:
    return SignedStatement.parse(center.ledger.entry(center.ledger.size - 1))


async def test_a_cookie_adds_no_passkey(
    thief: httpx.AsyncClient, hers: Device, center: Center, prosecutor: Person
) -> None:
    own, size = Device(), center.ledger.size
    asked = (await added(thief, own)).json()
    assert asked["says"]["what"] == "You add a further passkey to your account."
    [hers_id] = [one["id"] for one in asked["publicKey"]["allowCredentials"]]
    # His device signs the very statement, and claims to be hers, or to be itself.
    signature = own.answer(asked["publicKey"], NAMED)
    response = signature["response"]
    forged = {
        "authenticator": response["authenticatorData"],
        "client": response["clientDataJSON"],
        "signature": response["signature"],
    }
    refused = await thief.post(f"/signings/{asked['signing']}", json=forged | {"credential": hers_id})
    assert code(refused) == "signature-refused"
    asked = (await added(thief, own)).json()
    refused = await thief.post(f"/signings/{asked['signing']}", json=forged | {"credential": signature["id"]})
    assert code(refused) == "signature-refused"
    assert len(credentials.of_person(center, prosecutor.id)) == 1
    assert center.ledger.size == size
    # With hers, the same is done.
    asked = (await added(thief, own)).json()
    assert (await signed(thief, asked, hers)).json() == {"to": "/account"}
    assert last(center).statement.body["proof"] == "key"
    assert len(last(center).signatures) == 2


async def test_an_answer_for_one_statement_adds_no_other_passkey(
    thief: httpx.AsyncClient, hers: Device, center: Center, prosecutor: Person
) -> None:
    first, second = [(await added(thief, Device())).json() for _ in range(2)]
    signature = hers.signature(first["publicKey"], NAMED)
    refused = await thief.post(f"/signings/{second['signing']}", json=signature)
    assert code(refused) == "signature-refused"
    assert len(credentials.of_person(center, prosecutor.id)) == 1


async def test_a_cookie_revokes_no_passkey(
    thief: httpx.AsyncClient, hers: Device, center: Center, prosecutor: Person
) -> None:
    await signed(thief, (await added(thief, second := Device())).json(), hers)
    one, other = credentials.of_person(center, prosecutor.id)
    size = center.ledger.size
    asked = await thief.post("/account/passkeys/revoke", data={"key": one.key}, headers=SCRIPT)
    assert asked.json()["says"]["what"] == "You revoke one of your passkeys."
    refused = await thief.post("/account/passkeys/revoke", data={"key": one.key}, headers=PAGE)
    assert refused.status_code == 409  # without the script: it has to be signed
    allowed = [entry["id"] for entry in asked.json()["publicKey"]["allowCredentials"]]
    signature = hers.answer(asked.json()["publicKey"], NAMED)["response"]
    own = {
        "credential": allowed[0],
        "authenticator": signature["authenticatorData"],
        "client": signature["clientDataJSON"],
        "signature": signature["signature"],
    }
    refused = await thief.post(f"/signings/{asked.json()['signing']}", json=own)
    assert code(refused) == "signature-refused"  # no key signs its own revocation
    assert center.ledger.size == size
    assert [held.key for held in credentials.of_person(center, prosecutor.id)] == [one.key, other.key]
    asked = await thief.post("/account/passkeys/revoke", data={"key": one.key}, headers=SCRIPT)
    assert (await signed(thief, asked.json(), second)).json() == {"to": "/account"}
    assert [held.key for held in credentials.of_person(center, prosecutor.id)] == [other.key]


async def test_a_cookie_makes_no_recovery_codes(
    thief: httpx.AsyncClient, hers: Device, center: Center, prosecutor: Person
) -> None:
    for answer in ("", "{}", "[", json.dumps({"id": "AA", "response": {}})):
        refused = await thief.post("/account/recovery-codes", data={"answer": answer})
        assert code(refused) in ("not-confirmed", "challenge-over")
    # An answer for another purpose, of hers, and one by another device.
    asked = (await thief.post("/confirm/challenge", json={"purpose": "confirm"})).json()
    answer = json.dumps(hers.answer(asked, NAMED))
    assert code(await thief.post("/account/recovery-codes", data={"answer": answer})) == "challenge-over"
    asked = (await thief.post("/confirm/challenge", json={"purpose": "recovery-codes"})).json()
    his = Device(held={"localhost": (Device().make_key("localhost"), *hers.held["localhost"][1:])})
    answer = json.dumps(his.answer(asked, NAMED))
    assert code(await thief.post("/account/recovery-codes", data={"answer": answer})) == "not-confirmed"
    assert recovery_codes.codes_left(center, prosecutor.id) == 0
    asked = (await thief.post("/confirm/challenge", json={"purpose": "recovery-codes"})).json()
    made = await thief.post("/account/recovery-codes", data={"answer": json.dumps(hers.answer(asked, NAMED))})
    assert len(codes_in(made.text)) == 10


async def test_a_cookie_sets_no_password(
    app: FastAPI,
    thief: httpx.AsyncClient,
    named: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    sign_in: SignIn,
) -> None:
    fields = {"password": "any words of some length", "code": "123456", "sealed": "AAAA"}
    assert code(await thief.post("/password", data=fields)) == "passkey-needed"
    await sign_in(named, administrator)
    with center.database.begin() as session:
        opened = {"began_at": now() - people.LINK_PROVES_FOR, "seen_at": now()}
        session.execute(update(SignedIn).where(SignedIn.person_id == administrator.id).values(opened))
    async with at_the_name(app) as stolen:
        stolen.cookies.set(SESSION_COOKIE, named.cookies[SESSION_COOKIE])
        assert code(await stolen.post("/password", data=fields)) == "link-over"
        assert code(await stolen.post("/passkey/challenge", json={})) == "link-over"


async def test_a_cookie_lets_nobody_in_once_some_minutes_are_over(
    app: FastAPI, named: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    device = await with_passkey(named, administrator, sign_in)
    person = {"name": "Person A", "role": "court"}
    assert (await named.post("/staff", data=person)).status_code == 200
    with center.database.begin() as session:
        session.execute(update(SignedIn).values(confirmed_at=now() - confirmations.CONFIRMED_FOR))
    someone = f"/staff/{administrator.id}"
    for path, fields in (
        ("/staff", person),
        (f"{someone}/link", {}),
        (f"{someone}/revoke", {}),
        (f"{someone}/retire", {}),
        ("/room-machines", {"room": "room-1"}),
        ("/room-machines/revoke", {"device": "00" * 16}),
    ):
        assert code(await named.post(path, data=fields)) == "confirm-anew"
    aside = await named.post("/staff", data=person, headers=PAGE | {"referer": f"{NAMED}/staff"})
    assert (aside.status_code, aside.headers["location"]) == (303, "/confirm?back=/staff")
    assert 'data-confirm="confirm"' in (await named.get(aside.headers["location"], headers=PAGE)).text
    asked = (await named.post("/confirm/challenge", json={"purpose": "confirm"})).json()
    answer = json.dumps(device.answer(asked, NAMED))
    done = await named.post("/confirm", data={"answer": answer, "back": "/staff"})
    assert (done.status_code, done.headers["location"]) == (303, "/staff")
    another = person | {"name": "Person B"}
    assert (await named.post("/staff", data=another)).status_code == 200


async def test_what_a_page_asks_for_by_itself_keeps_no_session(
    named: httpx.AsyncClient, hers: Device, center: Center
) -> None:
    def idle(minutes: int) -> None:
        with center.database.begin() as session:
            session.execute(update(SignedIn).values(seen_at=now() - timedelta(minutes=minutes)))

    idle(20)
    assert (await named.get("/rooms/state")).status_code == 200
    token = named.cookies[SESSION_COOKIE]
    assert (people.signed_in(center, token).seen_at or now()) < now() - timedelta(minutes=19)
    assert (await named.get("/cases", headers=PAGE)).status_code == 200
    assert (people.signed_in(center, token).seen_at or now()) > now() - timedelta(minutes=1)
    idle(30)
    assert (await named.get("/cases", headers=PAGE)).headers["location"] == "/sign-in"


async def test_the_status_of_an_interview_keeps_a_session_until_it_is_sealed(
    app: FastAPI, named: httpx.AsyncClient, hers: Device, center: Center, prosecutor: Person
) -> None:
    interview = interviews.open_interview(
        center,
        prosecutor,
        cases.open_case(center, prosecutor).id,
        purpose="testimony",
        room="room-1",
        place="Room",
        present=[],
        wish="agrees",
    ).id
    token, allowed = named.cookies[SESSION_COOKIE], []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        allowed.append(await _still_allowed(Request(scope), interview, Act.CONDUCT_INTERVIEW))

    async def used_after(idle: int) -> bool:
        """Whether the session is used by what a console asks for, so long after its last use."""
        with center.database.begin() as session:
            session.execute(update(SignedIn).values(seen_at=now() - timedelta(minutes=idle)))
        headers = [(b"cookie", f"{SESSION_COOKIE}={token}".encode())]
        path = f"/interviews/{interview}/events"
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "app": app, "state": {}}
        await session_middleware.SignedIn(stream)(scope, nothing, ignored)
        row = center.database.get(SignedIn, token_digest(token))
        return row is not None and (row.seen_at or row.began_at) > now() - timedelta(minutes=1)

    assert await used_after(29)
    with center.database.begin() as session:
        session.get_one(Interview, interview).state = InterviewState.SEALED
    assert not await used_after(29)
    assert allowed == [True, True]
    assert not await used_after(31)
    assert len(allowed) == 2


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def ignored(message: Message) -> None:
    pass


async def test_a_new_sign_in_tells_where_else_one_is_signed_in_and_ends_it(
    app: FastAPI, named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(named, prosecutor)
    assert "also signed in" not in (await named.get("/")).text
    async with at_the_name(app) as other:
        await sign_in(other, prosecutor)
        page = (await other.get("/")).text
        assert "You are also signed in at 1 other place." in page
        assert "Firefox, Windows" in page
        await other.post("/account/sessions/end-others")
        assert "also signed in" not in (await other.get("/")).text
    assert (await named.get("/cases")).status_code == 401
