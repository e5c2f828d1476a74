"""The page of the rooms, and of those next door: who sees what, and what forms offer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest

from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Interview, InterviewState, Person, Role
from casework.evidence import gateway
from casework.interviews import interviews
from casework.interviews.interviews import Present
from casework.people import people

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


@pytest.fixture
def interview(center: Center, prosecutor: Person) -> Interview:
    case = cases.open_case(center, prosecutor)
    return interviews.open_interview(
        center,
        prosecutor,
        case.id,
        purpose="testimony",
        room="room-1",
        place="",
        present=[Present("Person <A>", "interviewer")],
        wish="no <b>observers</b>",
    )


async def test_a_listed_room_is_offered_and_another_is_refused(
    english: httpx.AsyncClient, administrator: Person, prosecutor: Person, center: Center, sign_in: SignIn
) -> None:
    await sign_in(english, administrator)
    assert "First step" in (await english.get("/rooms")).text
    page = await english.post("/rooms", data={"code": "room-2", "name": "Blue <room>"}, follow_redirects=True)
    assert "Blue &lt;room&gt;" in page.text
    assert (await english.post("/rooms", data={"code": "Room 2", "name": "x"})).status_code in (400, 422)

    await sign_in(english, prosecutor)
    case = cases.open_case(center, prosecutor)
    offered = (await english.get(f"/cases/{case.id}/interviews/new")).text
    assert '<option value="room-2">Blue &lt;room&gt;</option>' in offered
    answer = await english.post(
        f"/cases/{case.id}/interviews", data={"purpose": "testimony", "room": "room-9"}
    )
    assert answer.status_code in (400, 422)
    assert interviews.of_case(center, prosecutor, case.id) == []


async def test_the_administrator_is_told_nothing_of_a_case_by_the_rooms(
    english: httpx.AsyncClient,
    administrator: Person,
    prosecutor: Person,
    interview: Interview,
    sign_in: SignIn,
) -> None:
    await sign_in(english, administrator)
    told = (await english.get("/rooms/state")).text
    assert "room-1" in told
    for secret in (interview.id, interview.case_id, interview.case.code):
        assert secret not in told
    await sign_in(english, prosecutor)
    assert interview.id in (await english.get("/rooms/state")).text


async def test_an_observer_watches_and_asks_and_does_not_conduct(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    interview: Interview,
    sign_in: SignIn,
) -> None:
    observer = people.add(center, administrator, "Person B", Role.OBSERVER)
    cases.give(center, prosecutor, interview.case_id, observer.id)
    await sign_in(english, observer)
    page = (await english.get(f"/interviews/{interview.id}/observe")).text
    assert 'id="ask-form"' in page
    assert "<b>observers" not in page
    for path in ("console", "room", "interviewer"):
        assert (await english.get(f"/interviews/{interview.id}/{path}")).status_code == 403
    for path in ("questions/1/asked", "checklist", "phase", "stop", "begin"):
        assert (await english.post(f"/interviews/{interview.id}/{path}", json={})).status_code == 403
    case = (await english.get(f"/cases/{interview.case_id}")).text
    assert f"/interviews/{interview.id}/observe" in case
    assert f"/interviews/{interview.id}/console" not in case


async def test_once_an_interview_is_over_its_live_keys_are_none_which_is_no_error(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, interview: Interview, sign_in: SignIn
) -> None:
    gateway.observe(center, prosecutor, interview.id)
    interviews.move(center, interview.id, InterviewState.STOPPED)
    await sign_in(english, prosecutor)
    asked = {"evidence": "ee" * 16, "indices": [0]}
    answer = await english.post(f"/interviews/{interview.id}/live/keys", json=asked)
    assert (answer.status_code, answer.json()) == (200, {"keys": []})


async def test_without_a_recorder_it_is_not_said_that_nothing_was_sent(
    english: httpx.AsyncClient, prosecutor: Person, interview: Interview, sign_in: SignIn
) -> None:
    await sign_in(english, prosecutor)
    assert (await english.get(f"/interviews/{interview.id}/next-door")).json()["known"] is False


async def test_the_console_carries_the_centers_own_protocol_and_lives_without_one(
    english: httpx.AsyncClient,
    settings: Settings,
    prosecutor: Person,
    interview: Interview,
    sign_in: SignIn,
) -> None:
    await sign_in(english, prosecutor)
    console = f"/interviews/{interview.id}/console"
    assert "Child testimony" in (await english.get(console)).text
    settings.protocols.write_text(
        '[own] Our "own" | لنا\nphase  p  A phase | مرحلة\nbefore  a  An <item>. | بند.\n'
    )
    page = (await english.get(console)).text
    [carried] = re.findall(r'data-protocols="([^"]*)"', page)
    assert "An \\u003citem\\u003e." in carried and "Child testimony" not in page
    # What is ticked is what was read: a page that shows an older list is told so, and nothing is entered.
    stale = {"protocol": "own", "version": "0" * 16, "item": "a", "done": True, "request": "ab" * 16}
    refused = await english.post(f"/interviews/{interview.id}/checklist", json=stale)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "item.unknown")
    stale = {"protocol": "own", "version": "0" * 16, "phase": "p", "request": "ab" * 16}
    refused = await english.post(f"/interviews/{interview.id}/phase", json=stale)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "item.unknown")
    settings.protocols.write_text("this is no protocol")
    page = await english.get(console)
    assert page.status_code == 200 and "data-protocols" not in page.text
