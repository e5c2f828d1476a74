"""OWASP: brute force. Everything that opens something is slowed, or too long to be guessed.

Which of the two, is said here for each address that anybody may send something to; a new one fails until it
is said. Held elsewhere: how passwords are slowed, for account, network and known browser, and that nobody is
locked out by others (`test_passwords`, `test_password_pages`); the waits of the vault's passphrase
(`test_passphrase_keyholder`); readers of the ledger (`test_ledger_readers`).
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from amana.demo.device_key import DeviceKey
from amana.http.link_throttle import ANONYMOUS_PER_MINUTE, FAILURES_PER_MINUTE, Throttle
from amana.http.session_middleware import OPEN_PATHS, SESSION_COOKIE
from casework.center import Center
from casework.database.models import Person
from casework.interviews import room_devices
from casework.people import people, recovery_codes
from tests.support.centers.every_route import routes
from tests.support.people.passphrase import PASSPHRASE
from tests.support.people.unlocking import sealed
from tests.unit.amana.test_account_pages import codes_in, named, new_codes, with_passkey

__all__ = ["named"]

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

OPEN = {
    "POST /language": "opens nothing",
    "POST /sign-in": "a token, and slowed",
    "POST /sign-in/passkey/challenge": "opens nothing",
    "POST /sign-in/passkey": "a signature",
    "POST /sign-in/password": "slowed",
    "POST /sign-in/recovery": "a code of 80 bits",
    "POST /room": "a token",
}
"""What anybody may send something to, and what keeps guesses from getting in."""
TOKEN_BITS = 256
HERE = "http://127.0.0.1:8420"
UNRESERVED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_of_each_open_address_it_is_said_what_keeps_guesses_out(app: FastAPI) -> None:
    found = {name for name, method, path in routes(app) if method == "POST" and path in OPEN_PATHS}
    assert found == set(OPEN)


async def test_tokens_are_256_random_bits_and_never_the_same(
    browser: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    seen = set()
    for _ in range(2):
        link = people.new_link(center, None, administrator.id)
        await sign_in(browser, administrator)
        invitation = room_devices.invite(center, administrator, "room-1")
        for token in (
            link,
            browser.cookies[SESSION_COOKIE],
            invitation,
            room_devices.redeem(center, invitation, DeviceKey().encoded),
        ):
            assert len(token) * 6 >= TOKEN_BITS and set(token) <= UNRESERVED
            seen.add(token)
    assert len(seen) == 8


async def test_a_recovery_code_has_eighty_bits_and_a_wrong_one_uses_none_up(
    named: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    assert recovery_codes.LENGTH * math.log2(32) == 80
    device = await with_passkey(named, prosecutor, sign_in)
    codes = codes_in((await new_codes(named, device)).text)
    assert len(set(codes)) == 10
    named.cookies.clear()
    for at in range(FAILURES_PER_MINUTE + 2):
        wrong = f"{codes[0][:-1]}{'0' if codes[0][-1] != '0' else '1'}"[: 19 - at % 3]
        refused = await named.post("/sign-in/recovery", data={"code": wrong})
        assert refused.status_code == 403
        assert SESSION_COOKIE not in named.cookies
    assert (await named.post("/sign-in/recovery", data={"code": codes[0]})).status_code == 303


async def test_guessing_at_invitations_is_slowed_whatever_address_a_header_claims(
    browser: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    """The address is the connection's own; which proxies may speak for others is the server's matter."""
    token = people.new_link(center, None, administrator.id)
    statuses = []
    for at in range(FAILURES_PER_MINUTE + 2):
        claimed = {
            "x-forwarded-for": f"192.0.2.{at}",
            "forwarded": f"for=192.0.2.{at}",
            "x-real-ip": "192.0.2.1",
        }
        guess = token[:-1] + ("A" if token[-1] != "A" else "B")
        statuses.append((await browser.post("/sign-in", json={"token": guess}, headers=claimed)).status_code)
    assert statuses == [403] * FAILURES_PER_MINUTE + [429, 429]
    assert (await browser.post("/sign-in", json={"token": token})).status_code == 200


async def test_guessing_at_a_room_never_opens_it(
    browser: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    token = room_devices.invite(center, administrator, "room-1")
    for guess in (token[:-1], token + "A", token.swapcase(), "x", " " + token):
        assert (
            await browser.post("/room", json={"token": guess, "key": DeviceKey().encoded})
        ).status_code == 403
    assert (await browser.post("/room", json={"token": token, "key": DeviceKey().encoded})).status_code == 200


async def test_guessing_at_the_vaults_passphrase_is_slowed_and_says_so(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(browser, prosecutor)
    forms = [await sealed(browser, center, one) for one in ("a", "b", "c", "d", PASSPHRASE)]
    answers = [await browser.post("/vault/unlock", data=one) for one in forms[:4]]
    assert [one.status_code for one in answers] == [403, 403, 403, 429]
    assert answers[-1].json()["error"]["code"] == "slowed"
    right = await browser.post("/vault/unlock", data=forms[4])
    assert right.status_code == 429  # also for the right one: else a guess could tell which it is
    assert not center.keyholder.status().unlocked


@pytest.mark.parametrize("code", ["", "0" * 300, "١" * 16, "\x00" * 16, "ilo" * 5 + "i"])
async def test_whatever_is_no_code_is_refused_in_the_same_way(browser: httpx.AsyncClient, code: str) -> None:
    answer = await browser.post("/sign-in/recovery", data={"code": code}, headers={"accept": "text/html"})
    assert answer.status_code in (403, 422)
    assert SESSION_COOKIE not in answer.cookies


def at(app: FastAPI, address: str) -> httpx.AsyncClient:
    """A browser at this address."""
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url=HERE, headers={"origin": HERE})


async def test_what_strangers_of_one_network_send_is_bounded_and_nobody_else_waits(
    app: FastAPI, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    ask = "/sign-in/passkey/challenge"
    app.state.anonymous = Throttle(ANONYMOUS_PER_MINUTE, window=math.inf)  # however slow the machine is
    async with (
        at(app, "2001:db8:1:2::1") as one,
        at(app, "2001:db8:1:2:f::9") as same,
        at(app, "::1") as other,
    ):
        for _ in range(ANONYMOUS_PER_MINUTE):
            assert (await one.post(ask)).status_code < 429
        for path in sorted(OPEN_PATHS & {name.split()[1] for name in OPEN} - {"/sign-in"}):
            refused = await same.post(path, json={})
            assert refused.status_code == 429, path
            assert refused.json()["error"]["code"] == "too-many-requests"
            assert refused.headers["retry-after"] == "60"
        assert (await other.post(ask)).status_code < 429
        await sign_in(same, administrator)  # a link opens, and who is signed in sends what they like
        assert (await same.post("/language", data={"language": "en"})).status_code == 303


async def test_whoever_changes_their_address_within_a_network_guesses_no_more_links(app: FastAPI) -> None:
    for number in range(FAILURES_PER_MINUTE + 1):
        async with at(app, f"2001:db8:1:2::{number:x}") as browser:
            answer = await browser.post("/sign-in", json={"token": f"guess {number}"})
    assert answer.status_code == 429
