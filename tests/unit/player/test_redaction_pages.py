"""Redacted copies on their pages: a list is begun, changed by two people, ordered, and refused in words."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.cases import cases
from casework.database.models import Role
from casework.derivatives.queue import DerivativeQueue
from casework.people import people
from casework.working_copies import orders
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import pretended_film
from tests.support.media.made_films import stated
from tests.unit.player.test_derivative_pages import HTML, english, interviewer_of, queue_of

FILM = {"picture": "one:wide", "sound": "microphone", "offset": "120"}


@pytest.fixture
async def desk(empty_room: CourtRoom, tmp_path: Path) -> AsyncIterator[CourtRoom]:
    """A room with a scratch folder; nothing is made there, since nobody starts the queue."""
    (tmp_path / "scratch").mkdir()
    yield empty_room
    await asyncio.to_thread(queue_of(empty_room).close)


async def begun(room: CourtRoom, client: httpx.AsyncClient, **fields: str) -> str:
    """Begin a list as the form does; its id."""
    answer = await client.post(f"/interviews/{room.interview.id}/redactions", data={**FILM, **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


def covering(edits: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The same with something covered, silenced and cut."""
    box = {"x": 4000, "y": 3000, "width": 2000, "height": 3555}
    path = [{"at": 0, **box}, {"at": 2_000_000, **box, "x": 5000}]
    region = {"evidence": part, "picture": "wide", "shape": "ellipse", "cover": "black", "path": path}
    bleep = {"evidence": part, "from": 100_000, "to": 300_000}
    cut = {"evidence": part, "from": 1_500_000, "to": 2_000_000}
    return {**edits, "regions": [region], "bleeps": [bleep], "cuts": [cut]}


async def test_a_list_is_begun_changed_found_again_and_ordered(desk: CourtRoom) -> None:
    part = await pretended_film(desk, 2)
    client = await desk.browser(desk.prosecutor)
    address = f"/interviews/{desk.interview.id}/redactions"
    copies = await client.get(f"/interviews/{desk.interview.id}/derivatives", headers=HTML)
    assert f'href="{address}"' in copies.text
    form = (await client.get(address, headers=HTML)).text
    assert 'name="picture" value="side-by-side:wide,close"' in form
    one = await begun(desk, client)
    told = (await client.get(f"/redactions/{one}/edits")).json()
    assert (told["version"], told["by"]) == (1, desk.prosecutor.name)
    assert told["edits"]["pictures"] == ["wide"]
    assert told["edits"]["offset"] == 120
    kept = await client.post(
        f"/redactions/{one}/edits", json={"version": 1, "edits": covering(told["edits"], part)}
    )
    assert kept.json() == {"version": 2}
    page = (await client.get(f"/redactions/{one}", headers=HTML)).text
    [given] = re.findall(r'<script type="application/json" id="list">(.*?)</script>', page)
    given = json.loads(html.unescape(given))
    assert given["version"] == 2
    assert given["parts"] == [{"evidence": part, "number": 1}]
    assert given["edits"] == covering(told["edits"], part)
    assert not re.search(r'name="purpose"[^>]*checked', page), "nobody chose one"
    listed = await english(client, address)
    assert f"/redactions/{one}" in listed
    assert "1 place covered in the picture, 1 passage bleeped, 1 passage cut" in listed
    assert "evidence.viewed" not in [type_ for type_, _ in stated(desk, part)], "nothing was opened"

    ordered = await client.post(f"/redactions/{one}/order", data={"purpose": "disclosure", "version": "2"})
    row = orders.get(desk.center, desk.prosecutor, ordered.headers["location"].rsplit("/", 1)[1])
    assert (row.kind, row.purpose, row.state) == ("redacted-film", "disclosure", "waiting")
    assert row.edits == covering(told["edits"], part)


async def test_who_was_not_first_is_told_and_nothing_is_written_over(desk: CourtRoom) -> None:
    part = await pretended_film(desk, 1)

    def colleague() -> Any:
        person = people.add(desk.center, desk.administrator, "Person B", Role.PROSECUTOR)
        cases.give(desk.center, desk.prosecutor, desk.case.id, person.id)
        return person

    client = await desk.browser(desk.prosecutor)
    theirs = await desk.browser(await asyncio.to_thread(colleague))
    one = await begun(desk, client)
    edits = (await client.get(f"/redactions/{one}/edits")).json()["edits"]
    blurred = {**edits, "blur": True}
    assert (await theirs.post(f"/redactions/{one}/edits", json={"version": 1, "edits": blurred})).is_success
    late = await client.post(f"/redactions/{one}/edits", json={"version": 1, "edits": covering(edits, part)})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "list-moved-on")
    newest = (await client.get(f"/redactions/{one}/edits")).json()
    assert (newest["version"], newest["by"], newest["edits"]) == (2, "Person B", blurred)
    stale = await client.post(f"/redactions/{one}/order", data={"purpose": "hearing", "version": "1"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "list-moved-on")
    assert orders.of_interview(desk.center, desk.prosecutor, desk.interview.id) == []
    assert "Person B" in await english(client, f"/interviews/{desk.interview.id}/redactions")


async def test_what_is_no_list_is_refused_and_the_one_there_stays(desk: CourtRoom) -> None:
    await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    bodies: list[dict[str, Any]] = [
        {"version": 1},
        {"version": 0, "edits": {}},
        {"version": 1, "edits": {}},
        {"version": 1, "edits": []},
        {"version": 1, "edits": {"blur": True}},
        {"version": 2**40, "edits": {}},
    ]
    for body in bodies:
        assert (await client.post(f"/redactions/{one}/edits", json=body)).status_code == 422, body
        assert (await client.get(f"/redactions/{one}/edits")).json()["version"] == 1, body


async def test_a_list_of_no_film_is_not_begun(desk: CourtRoom) -> None:
    await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    address = f"/interviews/{desk.interview.id}/redactions"
    for fields in ({"picture": "mosaic:wide"}, {"picture": "one:"}, {"offset": "841"}):
        assert (await client.post(address, data={**FILM, **fields})).status_code == 422, fields
        assert "There is no list for this interview yet." in await english(client, address), fields


async def test_who_may_not_have_copies_made_sees_no_list(desk: CourtRoom) -> None:
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    edits = (await client.get(f"/redactions/{one}/edits")).json()["edits"]
    interviews = f"/interviews/{desk.interview.id}"
    for person in (await interviewer_of(desk), desk.court):
        other = await desk.browser(person)
        for refused in (
            await other.get(f"{interviews}/redactions"),
            await other.post(f"{interviews}/redactions", data=FILM),
            await other.get(f"/redactions/{one}"),
            await other.get(f"/redactions/{one}/edits"),
            await other.post(f"/redactions/{one}/edits", json={"version": 1, "edits": covering(edits, part)}),
            await other.post(f"/redactions/{one}/order", data={"purpose": "hearing", "version": "1"}),
        ):
            assert refused.status_code == 403, refused.url
    interviewer = await desk.browser(await interviewer_of(desk))
    shown = await interviewer.get(f"{interviews}/derivatives", headers=HTML)
    assert "/redactions" not in shown.text


async def test_without_the_program_a_list_is_worked_on_and_not_ordered(desk: CourtRoom) -> None:
    await pretended_film(desk, 1)
    desk.app.state.derivatives = DerivativeQueue(desk.center, Path("nowhere"), draw, program=lambda: None)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    answer = await client.post(f"/redactions/{one}/order", data={"purpose": "hearing", "version": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no-film-program")
