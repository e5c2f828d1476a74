"""Signing in: a link works once and for a while, a session ends when it should, guessing is slowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from amana.http.link_throttle import FAILURES_PER_MINUTE, Throttle
from amana.http.session_middleware import SESSION_COOKIE
from casework.center import Center
from casework.clock import now
from casework.database.models import Person, SignInLink
from casework.people import people

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


def link_for(center: Center, person: Person) -> str:
    return people.new_link(center, None, person.id)


async def test_a_link_signs_in_once_and_its_replay_is_told_so(
    browser: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    token = link_for(center, administrator)
    assert (await browser.post("/sign-in", json={"token": token})).json() == {"to": "/"}
    assert (await browser.get("/staff")).status_code == 200
    browser.cookies.clear()
    again = await browser.post("/sign-in", json={"token": token})
    assert again.status_code == 403
    assert again.json()["error"]["code"] == "link-not-valid"
    assert "set-cookie" not in again.headers


async def test_an_old_link_is_refused(
    browser: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    token = link_for(center, administrator)
    with center.database.begin() as session:
        link = session.query(SignInLink).one()
        link.expires_at = now() - timedelta(seconds=1)
    assert (await browser.post("/sign-in", json={"token": token})).status_code == 403


@pytest.mark.parametrize("body", [{"token": "guess"}, {"token": ""}, {"token": "x" * 1000}, {}, [], "x"])
async def test_whatever_is_no_link_signs_nobody_in(browser: httpx.AsyncClient, body: object) -> None:
    answer = await browser.post("/sign-in", json=body)
    assert answer.status_code in (403, 422)
    assert set(answer.json()["error"]) == {"code", "what", "meaning", "todo"}
    assert (await browser.get("/cases", headers={"accept": "*/*"})).status_code == 401


async def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(
    browser: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    answer = await browser.post("/sign-in", json={"token": link_for(center, administrator)})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_signing_in_anew_ends_the_session_before(
    browser: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    await sign_in(browser, administrator)
    before = browser.cookies[SESSION_COOKIE]
    await sign_in(browser, administrator)
    browser.cookies.clear()
    browser.cookies.set(SESSION_COOKIE, before)
    assert (await browser.get("/staff")).status_code == 401


async def test_signing_out_ends_the_session_itself_not_only_the_cookie(
    browser: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    await sign_in(browser, administrator)
    session = browser.cookies[SESSION_COOKIE]
    assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"
    browser.cookies.clear()
    browser.cookies.set(SESSION_COOKIE, session)
    assert (await browser.get("/staff")).status_code == 401


async def test_somebody_who_has_left_is_out_at_once(
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
) -> None:
    await sign_in(browser, prosecutor)
    assert (await browser.get("/cases")).status_code == 200
    people.retire(center, administrator, prosecutor.id)
    assert (await browser.get("/cases")).status_code == 401


async def test_strangers_get_the_sign_in_page_as_people_and_an_error_as_programs(
    browser: httpx.AsyncClient,
) -> None:
    person = await browser.get("/cases", headers={"accept": "text/html"})
    assert (person.status_code, person.headers["location"]) == (303, "/sign-in")
    program = await browser.get("/cases/none", headers={"accept": "application/json"})
    assert program.status_code == 401
    assert program.json()["error"]["code"] == "not-signed-in"


async def test_who_guesses_is_told_to_wait_and_keeps_no_link_from_opening(
    browser: httpx.AsyncClient, center: Center, administrator: Person
) -> None:
    for _ in range(FAILURES_PER_MINUTE):
        assert (await browser.post("/sign-in", json={"token": "guess"})).status_code == 403
    slowed = await browser.post("/sign-in", json={"token": "guess"})
    assert slowed.status_code == 429
    assert slowed.headers["retry-after"] == "60"
    right = await browser.post("/sign-in", json={"token": link_for(center, administrator)})
    assert right.status_code == 200


def test_attempts_are_forgotten_after_their_window_and_others_are_not_held_up() -> None:
    failures = Throttle(limit=2, window=0.0)
    failures.count("a")
    failures.count("a")
    assert not failures.exhausted("a")
    failures = Throttle(limit=2)
    failures.count("a")
    assert not failures.exhausted("a")
    failures.count("a")
    assert failures.exhausted("a")
    assert not failures.exhausted("b")
