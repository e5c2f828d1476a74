"""OWASP: open redirects. No answer leads out of the center, whatever an address, a form or a `Host` says.

Held elsewhere: foreign hosts and the choice of language (`test_guards`), the way back on an error page
(`test_pages`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from amana.app import create_app
from amana.settings import Settings
from casework.center import Center
from casework.database.models import Grant, Person
from casework.people import people
from tests.support.centers.every_route import ROWS, Place, routes
from tests.unit.amana.test_owasp_headers import Page

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example",
    "///elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "/\t/elsewhere.example",
    "/\r\n/elsewhere.example",
    "/%09/elsewhere.example",
    "/.//elsewhere.example",
    "/..//elsewhere.example",
    "https:elsewhere.example",
    "javascript:alert(1)",
    "data:text/html,elsewhere.example",
    "@elsewhere.example",
    "/\x00/elsewhere.example",
)
NAMES = (
    "next",
    "back",
    "to",
    "return",
    "redirect",
    "redirect_uri",
    "url",
    "evidence",
    "continue",
    "target",
    "goto",
)
"""Under which addresses and forms say where to go, here or anywhere."""


def leads_away(answer: httpx.Response) -> bool:
    """Whether a browser that follows it would leave: read as browsers do, which drop tabs and line ends and
    take a backslash for a slash."""
    where = answer.headers.get("location")
    if where is None:
        return False
    read = "".join(one for one in where if one not in "\t\r\n").replace("\\", "/")
    # "/.//elsewhere" is one, too, once its dots are resolved by something that joins paths carelessly
    return not read.startswith("/") or read.startswith("//") or "//" in read


@pytest.mark.starts
@pytest.mark.parametrize("by", ["whoever-may", pytest.param("both", marks=pytest.mark.repeats)])
async def test_no_parameter_and_no_field_leads_out_of_the_center(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    by: str,
) -> None:
    """The whole list at the three routes that take a place to go to; at all others one by turns, or two."""
    told = {"POST /language", "GET /grants/{grant_id}", "POST /grants/{grant_id}/accept"}
    with center.database() as session:
        judge = people.get(center, session.get_one(Grant, place.ids["grant_id"]).person_id)
    for person in judge, prosecutor:
        await sign_in(browser, person)
        for number, (name, method, path) in enumerate(routes(app)):
            if ROWS[name].endless or name.startswith("POST /sign-"):  # those lead to fixed places
                continue
            if by == "whoever-may" and person is judge and name not in told:
                continue
            turn = number % len(ELSEWHERE)
            some = ELSEWHERE[turn : turn + 1] if by == "whoever-may" else ELSEWHERE[:2]
            for where in ELSEWHERE if name in told else some:
                said = dict.fromkeys(NAMES, where)
                address = place.path(path)
                answer = (
                    await browser.get(address, params=said, headers={"accept": "text/html"})
                    if method == "GET"
                    else await browser.post(address, params=said, data={**said, "language": "en"})
                )
                assert not leads_away(answer), (name, where, answer.headers["location"])
                if answer.headers.get("content-type", "").startswith("text/html"):
                    assert not Page(answer.text).wrong, (name, where)


@pytest.fixture
async def anywhere(center: Center, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a center that listens at every address and knows no name of its own: any `Host` passes."""
    app = create_app(center, replace(settings, host="0.0.0.0"))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    host = "http://elsewhere.example"
    async with httpx.AsyncClient(transport=transport, base_url=host, headers={"origin": host}) as client:
        yield client


@pytest.mark.starts
async def test_no_answer_repeats_a_host_that_somebody_sent(
    anywhere: httpx.AsyncClient, center: Center, administrator: Person, place: Place, app: FastAPI
) -> None:
    """Else a cache, or a link with a token in it, could be made to lead there."""
    signed_in = await anywhere.post(
        "/sign-in", json={"token": people.new_link(center, None, administrator.id)}
    )
    assert signed_in.status_code == 200
    pretending = {"x-forwarded-host": "elsewhere.example", "forwarded": "host=elsewhere.example"}
    for number, (name, method, path) in enumerate(routes(app)):
        if method == "GET":
            # With a slash behind it an address is of no route, whichever it is.
            for address in (place.path(path), f"{place.path(path)}/")[: 1 if number % 8 else 2]:
                answer = await anywhere.get(address, headers={"accept": "text/html", **pretending})
                assert not leads_away(answer), name
                assert "elsewhere.example" not in answer.text, name
    invited = await anywhere.post("/staff", data={"name": "Person A", "role": "court"}, headers=pretending)
    assert "/sign-in#" in invited.text
    assert "elsewhere.example" not in invited.text
