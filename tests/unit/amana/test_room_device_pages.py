"""A room's machine on the pages: it opens its room's page and nothing else, and names nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from amana.demo.device_key import DeviceKey
from amana.http.session_middleware import DEVICE_COOKIE
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Person
from casework.interviews import appointments, interviews, rooms
from chain_of_custody.encoding.canonical_json import instant_text

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
HERE = "http://127.0.0.1:8420"


@pytest.fixture
async def machine(
    app: FastAPI, browser: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of a machine in room-1, enrolled by the administrator."""
    browser.cookies.set("language", "en")
    await sign_in(browser, administrator)
    page = (await browser.post("/room-machines", data={"room": "room-1"})).text
    token = page.split("/room#")[1].split('"')[0]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers={"origin": HERE}) as client:
        client.cookies.set("language", "en")
        enrolled = await client.post("/room", json={"token": token, "key": DeviceKey().encoded})
        assert enrolled.json() == {"to": "/room"}
        cookie = enrolled.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        yield client


def opened(center: Center, prosecutor: Person, room: str) -> str:
    case = cases.open_case(center, prosecutor)
    return interviews.open_interview(
        center, prosecutor, case.id, purpose="testimony", room=room, place="", present=[], wish=""
    ).id


async def test_a_rooms_machine_waits_and_then_opens_the_rooms_page_without_a_name(
    machine: httpx.AsyncClient, center: Center, prosecutor: Person
) -> None:
    assert "Interview room" in (await machine.get("/room")).text
    assert (await machine.get("/room/next")).json() == {"room": "room-1", "to": None, "next": None}
    begins = now() + timedelta(hours=1)
    planned = cases.open_case(center, prosecutor).id
    fields = {"purpose": "testimony", "room": "room-1", "begins": begins, "minutes": 60}
    appointments.plan(center, prosecutor, planned, **fields)  # type: ignore[arg-type]
    told = (await machine.get("/room/next")).json()
    assert told == {"room": "room-1", "to": None, "next": instant_text(begins)}  # the time, and nothing else
    interview = opened(center, prosecutor, "room-1")
    to = (await machine.get("/room/next")).json()["to"]
    assert to == f"/interviews/{interview}/room"
    page = await machine.get(to)
    assert page.status_code == 200
    assert str(prosecutor.name) not in page.text
    assert "/sign-out" not in page.text


async def test_it_opens_nothing_else(machine: httpx.AsyncClient, center: Center, prosecutor: Person) -> None:
    here, there = (opened(center, prosecutor, room) for room in ("room-1", "room-2"))
    for path in (
        f"/interviews/{here}/console",
        f"/interviews/{here}/status",
        f"/interviews/{here}/live/records?evidence={here}",
        f"/interviews/{here}/package",
        f"/interviews/{there}/room",
        f"/interviews/{here}/room/",
        "/",
        "/cases",
        "/account",
        "/room-machines",
        "/staff",
    ):
        assert (await machine.get(path)).status_code == 401, path
    for command in ("begin", "stop", "mark", "check", "live/keys"):
        assert (await machine.post(f"/interviews/{here}/{command}", json={})).status_code == 401, command
    assert (await machine.post(f"/interviews/{there}/cameras/wide", json={})).status_code == 401


async def test_a_copied_token_sends_no_camera_without_the_machines_key(
    machine: httpx.AsyncClient, center: Center, prosecutor: Person
) -> None:
    interview = opened(center, prosecutor, "room-1")
    for proof in ({"key": DeviceKey().encoded}, {"key": 7}, {}, None):
        offer = {"sdp": "v=0", "proof": proof}
        refused = await machine.post(f"/interviews/{interview}/cameras/wide", json=offer)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "sender.key")


async def test_its_link_works_once_and_it_ends_when_it_is_revoked(
    machine: httpx.AsyncClient, browser: httpx.AsyncClient, center: Center, prosecutor: Person
) -> None:
    interview = opened(center, prosecutor, "room-1")
    device = (await browser.get("/room-machines")).text.split('name="device" value="')[1].split('"')[0]
    refused = await machine.post("/room", json={"token": "used", "key": DeviceKey().encoded})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "room-link-not-valid")
    await browser.post("/room-machines/revoke", data={"device": device})
    assert (await machine.get(f"/interviews/{interview}/room")).status_code == 401
    ended = await machine.get("/room/next")
    assert (ended.status_code, ended.json()["error"]["code"]) == (401, "no-room-device")


async def test_its_room_is_chosen_from_the_list_and_called_by_its_name(
    browser: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    browser.cookies.set("language", "en")
    await sign_in(browser, administrator)
    typed = '<input id="room"'
    assert typed in (await browser.get("/room-machines")).text
    rooms.add(center, administrator, "room-1", "Blue room")
    page = (await browser.post("/room-machines", data={"room": "room-1"})).text
    assert typed not in page
    assert '<option value="room-1">Blue room</option>' in page
    assert "Link for a machine in the room Blue room" in page
    assert "<bdi>Blue room</bdi>" in page


async def test_whoever_is_signed_in_there_is_themselves(
    machine: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    interview = opened(center, prosecutor, "room-1")
    await sign_in(machine, prosecutor)
    assert DEVICE_COOKIE in machine.cookies
    assert (await machine.get(f"/interviews/{interview}/console")).status_code == 200
    await machine.post("/sign-out")
    assert (await machine.get(f"/interviews/{interview}/console")).status_code == 401
    assert (await machine.get(f"/interviews/{interview}/room")).status_code == 200
