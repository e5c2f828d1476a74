"""OWASP: cross-site request forgery. Every route that can change something, asked from another site's page.

The rule (`amana.http.security_middleware.KnownOrigin`): `Origin` must be there and be ours. What a browser
says in `Sec-Fetch-Site` is therefore asked nowhere; saying `same-origin` there helps nobody. That GET changes
nothing is the other half, and is held here for every route as well. Held elsewhere: the session's cookie is
`SameSite=Strict` (`test_owasp_headers`), and which names are ours (`test_guards`).
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from amana.http.link_throttle import Throttle
from casework.center import Center
from casework.database.models import Base, Person
from tests.support.centers.every_route import ROWS, Place, asker, routes

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

NOT_OURS = (None, "", "null", "https://elsewhere.example", "http://127.0.0.1:8421", "https://127.0.0.1:8420")
"""The last two: another port and another scheme of this machine."""
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
"""What a form of another site can send without asking first."""


def rows(center: Center) -> dict[str, int]:
    """How many rows each table has, and the ledger entries."""
    with center.database() as session:
        found = {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }
    return {**found, "ledger": center.ledger.size}


def test_there_are_no_methods_but_these(app: FastAPI) -> None:
    assert {method for _, method, _ in routes(app)} == {"GET", "POST"}


@pytest.mark.starts
@pytest.mark.parametrize(
    ("who", "origins"),
    [
        pytest.param("stranger", 1, id="stranger"),
        pytest.param("prosecutor", 2, id="prosecutor"),
        *(
            pytest.param(who, len(NOT_OURS), id=f"{who}-each", marks=pytest.mark.repeats)
            for who in ("stranger", "prosecutor", "administrator")
        ),
    ],
)
async def test_no_route_takes_anything_from_another_sites_page(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    who: str,
    origins: int,
) -> None:
    """Each route with some of the origins, by turns: they are refused before a route is looked for."""
    if who != "stranger":
        await sign_in(browser, administrator if who == "administrator" else prosecutor)
    del browser.headers["origin"]
    before, asked = rows(center), 0
    turns = itertools.cycle(enumerate(NOT_OURS))
    for name, method, path in routes(app):
        if method == "GET":
            continue
        for at, origin in itertools.islice(turns, origins):
            headers = {"sec-fetch-site": "same-origin", "content-type": SIMPLE[at % len(SIMPLE)]}
            if origin is not None:
                headers["origin"] = origin
            answer = await browser.post(place.path(path), headers=headers, content=b"a=b")
            assert (answer.status_code, name) == (403, name)
            assert answer.json()["error"]["code"] == "foreign-origin"
            assert "set-cookie" not in answer.headers
            asked += 1
    assert asked > 70 * origins
    assert rows(center) == before


@pytest.mark.starts
@pytest.mark.parametrize("by", ["whoever-may", pytest.param("both", marks=pytest.mark.repeats)])
async def test_no_address_that_is_only_opened_changes_anything(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    by: str,
) -> None:
    """A picture or a link on another site can make a browser open it; also with a method that pretends."""
    pretending = {"x-http-method-override": "POST", "x-method-override": "POST", "x-http-method": "POST"}
    for person in administrator, prosecutor:
        await sign_in(browser, person)
        await browser.get("/")  # when the session was last seen is noted to the minute
        before = rows(center)
        for name, method, path in routes(app):
            row = ROWS[name]
            if by == "whoever-may" and person is not asker(row, administrator, prosecutor):
                continue
            if method == "GET" and not row.endless:
                answer = await browser.get(
                    place.path(path), params={"_method": "POST", **row.query}, headers=pretending
                )
                assert answer.status_code < 500, name
                assert by == "whoever-may" or rows(center) == before, name
        assert rows(center) == before


@pytest.mark.starts
async def test_no_answer_lets_another_sites_script_read_it(
    app: FastAPI, browser: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn, place: Place
) -> None:
    await sign_in(browser, prosecutor)
    app.state.link_failures = Throttle(len(ROWS))  # each route is reached, also after many invalid links
    asking = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    for name, method, path in routes(app):
        address = place.path(path)
        answers = [await browser.options(address, headers=asking)]
        if method == "GET" and not ROWS[name].endless:
            answers.append(await browser.get(address, headers=asking))
        for answer in answers:
            assert not [key for key in answer.headers if key.startswith("access-control-")], name
        assert answers[0].status_code in (401, 404, 405), name
