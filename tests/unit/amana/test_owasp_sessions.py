"""OWASP: session fixation. What was known of a browser before somebody signed in is worth nothing after.

All five ways in are walked: a link, a passkey, a password with its code, a recovery code, and the link of a
room's machine. Held elsewhere: signing out, leaving and revoking end sessions at once (`test_sign_in`,
`test_sign_in_methods`), a session goes on under a new token once a passkey was made (`test_passkeys`), and
the challenge of a passkey is bound to its browser (`test_passkey_pages`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from amana.demo.device_key import DeviceKey
from amana.http.session_middleware import DEVICE_COOKIE, SESSION_COOKIE
from casework.center import Center
from casework.database.models import Person
from casework.interviews import room_devices
from casework.people import people
from tests.unit.amana.test_account_pages import at_the_name, codes_in, new_codes, with_passkey
from tests.unit.amana.test_password_pages import PASSWORD, code_of, given

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
NAMED = "http://localhost:8420"
CHOSEN = "A" * 43
"""As long as a real one, and chosen by whoever put it there."""


async def enters(
    way: str, app: FastAPI, browser: httpx.AsyncClient, center: Center, person: Person, sign_in: SignIn
) -> None:
    """The person gets in, in this browser, by one of the ways."""
    if way == "link":
        answer = await browser.post("/sign-in", json={"token": people.new_link(center, None, person.id)})
        assert answer.status_code == 200
        return
    async with at_the_name(app) as other:  # where the person made what they come with now
        if way == "password":
            number, page = await given(other, person, sign_in)
            fields = {"number": number, "password": PASSWORD, "code": code_of(page)}
            assert (await browser.post("/sign-in/password", data=fields)).status_code == 303
            return
        device = await with_passkey(other, person, sign_in)
        if way == "recovery":
            code = codes_in((await new_codes(other, device)).text)[0]
            assert (await browser.post("/sign-in/recovery", data={"code": code})).status_code == 303
            return
        asked = (await browser.post("/sign-in/passkey/challenge", json={})).json()
        answer = await browser.post("/sign-in/passkey", json={"answer": device.answer(asked, NAMED)})
        assert answer.status_code == 200


async def reaches(app: FastAPI, token: str) -> bool:
    """Whether a session's number opens anything."""
    async with at_the_name(app) as other:
        other.cookies.set(SESSION_COOKIE, token)
        return (await other.get("/passkey")).status_code == 200


@pytest.mark.parametrize("way", ["link", "passkey", "password", "recovery"])
@pytest.mark.parametrize("before", ["chosen", "of-somebody-else"])
async def test_a_number_known_before_signing_in_is_none_after(
    app: FastAPI,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    way: str,
    before: str,
) -> None:
    async with at_the_name(app) as browser:
        if before == "chosen":
            browser.cookies.set(SESSION_COOKIE, CHOSEN, domain="localhost.local")
            known = CHOSEN
        else:  # somebody signs in there and goes away, to come back by their own number
            await sign_in(browser, administrator)
            known = browser.cookies[SESSION_COOKIE]
            assert await reaches(app, known)
        await enters(way, app, browser, center, prosecutor, sign_in)
        [after] = {one.value for one in browser.cookies.jar if one.name == SESSION_COOKIE} - {known}
        assert after is not None and len(after) >= 43
        assert await reaches(app, after)
        assert not await reaches(app, known)
        assert people.signed_in(center, after).person.id == prosecutor.id


async def test_a_session_is_known_by_its_cookie_and_by_nothing_else(
    app: FastAPI, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    async with at_the_name(app) as browser, at_the_name(app) as other:
        await sign_in(browser, administrator)
        token = browser.cookies[SESSION_COOKIE]
        other.cookies.clear()
        said = {
            SESSION_COOKIE: token,
            "authorization": f"Bearer {token}",
            "x-session": token,
            "x-amana-session": token,
        }
        for answer in (
            await other.get("/staff", params={SESSION_COOKIE: token, "session": token}),
            await other.get(f"/staff;{SESSION_COOKIE}={token}"),
            await other.get("/staff", headers=said),
            await other.post("/staff", data={**said, "name": "Person A", "role": "court"}),
            await other.post("/sign-in", json={"token": token}),
        ):
            assert answer.status_code in (401, 403)
        for cookie in (DEVICE_COOKIE, "amana-challenge", "amana-browser"):
            other.cookies.clear()
            other.cookies.set(cookie, token)
            assert (await other.get("/staff")).status_code == 401


async def test_a_rooms_machine_is_known_by_a_number_that_nobody_had_before(
    app: FastAPI, center: Center, administrator: Person
) -> None:
    async with at_the_name(app) as browser:
        browser.cookies.set(DEVICE_COOKIE, CHOSEN, domain="localhost.local")
        invitation = room_devices.invite(center, administrator, "room-1")
        assert (
            await browser.post("/room", json={"token": invitation, "key": DeviceKey().encoded})
        ).status_code == 200
        numbers = {one.value for one in browser.cookies.jar if one.name == DEVICE_COOKIE}
        [after] = numbers - {CHOSEN}
        assert after != invitation
        for token, answers in ((after, 200), (CHOSEN, 401), (invitation, 401)):
            async with at_the_name(app) as other:
                other.cookies.set(DEVICE_COOKIE, token or "")
                assert (await other.get("/room/next")).status_code == answers
