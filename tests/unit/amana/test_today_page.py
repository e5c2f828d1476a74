"""*Today*: what waits is shown with the button that leads there, and counted on every page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from amana.http.templates import make_templates
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Case, Person, Role
from casework.interviews import interviews
from casework.people import people
from casework.work_queue.work_item import Kind, WorkItem
from tests.support.people.granting import granted
from tests.support.people.passphrase import PASSPHRASE
from tests.support.people.unlocking import unlock

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


def counted(page: str) -> int:
    """The number beside *Today* in the bar."""
    bar = page.split('<nav class="bar-nav"')[1].split("</nav>")[0]
    found = re.search(r"</span> (\d+)</span>", bar)
    return int(found[1]) if found else 0


async def test_what_waits_is_listed_with_its_button_and_counted_on_every_page(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, administrator: Person, sign_in: SignIn
) -> None:
    case = cases.open_case(center, prosecutor)
    judge = people.add(center, administrator, "Judge N", Role.COURT, "court-of-first-instance")
    await sign_in(english, judge)
    for path in ("/", "/account"):
        assert counted((await english.get(path)).text) == 0
    assert "Nothing. What waits for you later appears here" in (await english.get("/")).text
    grant = granted(center, prosecutor, case.id, judge, accepted=False)
    page = (await english.get("/")).text
    assert "Read and accept the conditions of what was granted to you" in page
    assert f'<a class="button" href="/grants/{grant.id}">Read and accept conditions</a>' in page
    assert f"<bdi>{prosecutor.name}</bdi>" in page  # who gave it
    for path in ("/", "/account"):
        assert counted((await english.get(path)).text) == 1
    await sign_in(english, prosecutor)
    assert counted((await english.get("/")).text) == 0
    await unlock(english, center, PASSPHRASE)
    await sign_in(english, judge)
    await english.post(f"/grants/{grant.id}/accept")
    assert counted((await english.get("/")).text) == 0


async def test_an_interview_under_way_is_one_click_away_for_who_may_watch_it(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, administrator: Person, sign_in: SignIn
) -> None:
    case = cases.open_case(center, prosecutor)
    observer = people.add(center, administrator, "Person O", Role.OBSERVER)
    interview = interviews.open_interview(
        center,
        prosecutor,
        case.id,
        purpose="testimony",
        room="room-1",
        place="",
        present=[],
        wish="",
    )
    watch, console = f"/interviews/{interview.id}/observe", f"/interviews/{interview.id}/console"
    await sign_in(english, observer)
    assert watch not in (await english.get("/")).text
    cases.give(center, prosecutor, case.id, observer.id)
    page = (await english.get("/")).text
    assert watch in page and console not in page
    await sign_in(english, prosecutor)
    page = (await english.get("/")).text
    assert watch in page and console in page
    await sign_in(english, administrator)
    assert interview.id not in (await english.get("/")).text


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("by", [None, "0b" * 16])
@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_of_work_has_words_and_leads_to_a_page_that_is_there(
    app: FastAPI, kind: Kind, by: str | None, language: str
) -> None:
    case = Case(id="0c" * 16, code="2076-0001")
    item = WorkItem(kind, "0a" * 16, now(), case, by=by, code="transcript", number=2, within="0d" * 16)
    macros: Any = make_templates().env.get_template("work_words.html").make_module({"language": language})
    assert len(str(macros.work_words(item)).strip()) > 5
    action = str(macros.work_action(item))
    method, path = (
        ("GET", action.split('href="')[1].split('"')[0])
        if "href=" in action
        else ("POST", action.split('action="')[1].split('"')[0])
    )
    assert any(
        method in (context.route.methods or ()) and re.fullmatch(context.route.path_regex, path.split("#")[0])
        for context in iter_route_contexts(app.routes)
        if isinstance(context.route, APIRoute)
    ), path
    assert re.search(r">\s*\S.*<", action)
