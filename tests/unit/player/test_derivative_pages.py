"""Working copies on their pages: ordered, told how far they are, opened on the record, refused in words."""

from __future__ import annotations

import asyncio
import base64
import errno
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.cases import cases
from casework.database.models import Person, Role
from casework.derivatives.queue import DerivativeQueue
from casework.evidence import court_exclusions, gateway
from casework.people import people
from casework.redaction import edit_lists
from casework.working_copies import orders
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.items.record import SALT_SIZE, Record
from chain_of_custody.package.opening import open_package
from chain_of_custody.verify import verify
from player.pages import film_choices
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import film, pretended_film
from tests.support.media.made_films import stated
from tests.support.patience import until
from tests.unit.player.test_package_orders import made as package_made
from tests.unit.player.test_package_orders import ordered as package_ordered
from vault.sealing import sealing

HTML = {"accept": "text/html"}
ORDER = {"picture": "picture-in-picture:wide,close", "sound": "microphone", "purpose": "hearing"}


@pytest.fixture
async def desk(empty_room: CourtRoom, tmp_path: Path) -> AsyncIterator[CourtRoom]:
    """A room with a scratch folder; nothing is made there before somebody starts the queue."""
    (tmp_path / "scratch").mkdir()
    yield empty_room
    await asyncio.to_thread(queue_of(empty_room).close)


def queue_of(room: CourtRoom) -> DerivativeQueue:
    queue: DerivativeQueue = room.app.state.derivatives
    return queue


async def order(room: CourtRoom, client: httpx.AsyncClient, **fields: str) -> str:
    """Order a film as the form does; its id."""
    answer = await client.post(f"/interviews/{room.interview.id}/derivatives", data={**ORDER, **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


async def english(client: httpx.AsyncClient, address: str) -> str:
    """The page there, for somebody who reads English."""
    cookies = ["language=en", *(f"{one.name}={one.value}" for one in client.cookies.jar)]
    answer = await client.get(address, headers={**HTML, "cookie": "; ".join(cookies)})
    assert answer.status_code == 200
    return answer.text


async def ended(client: httpx.AsyncClient, derivative: str) -> str:
    async def standing() -> str | None:
        told = (await client.get(f"/derivatives/{derivative}/progress")).json()
        return None if told["state"] in ("waiting", "making") else str(told["state"])

    return await until(standing)


async def interviewer_of(room: CourtRoom) -> Person:
    def add() -> Person:
        person = people.add(room.center, room.administrator, "Person I", Role.INTERVIEWER, namesake=True)
        cases.give(room.center, room.prosecutor, room.case.id, person.id)
        return person

    return await asyncio.to_thread(add)


@pytest.mark.starts
async def test_a_film_is_ordered_made_opened_on_the_record_and_leaves_in_a_package(
    desk: CourtRoom, tmp_path: Path
) -> None:
    part = await film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    case = await client.get(f"/cases/{desk.case.id}/interviews", headers=HTML)
    address = f"/interviews/{desk.interview.id}/derivatives"
    assert address in case.text
    form = (await client.get(address, headers=HTML)).text
    offered = re.findall(r'name="picture" value="([^"]*)"', form)
    assert offered == [
        "one:wide",
        "one:close",
        "side-by-side:wide,close",
        "picture-in-picture:wide,close",
        "picture-in-picture:close,wide",
    ]
    assert re.search(r'name="purpose"', form)
    assert not re.search(r'name="purpose"[^>]*checked', form), "nobody chose one"
    one = await order(desk, client, offset="120")
    waiting = await client.get(f"/derivatives/{one}", headers=HTML)
    assert f"/derivatives/{one}/cancel" in waiting.text
    told = (await client.get(f"/derivatives/{one}/progress")).json()
    assert told == {"state": "waiting", "here": True, "done": None, "total": None}
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, one) == "made"
    page = (await client.get(f"/derivatives/{one}", headers=HTML)).text
    assert f"/evidence/{part}" in page
    assert f"/interviews/{desk.interview.id}/package" in page
    assert "cancel" not in page
    opened = await client.post(f"/evidence/{one}/viewings", json={"purpose": "charging"})
    assert stated(desk, one)[-1] == ("evidence.viewed", "charging")
    assert (await content(client, opened.json()))[4:8] == b"ftyp"
    packing = (await client.get(f"/interviews/{desk.interview.id}/package", headers=HTML)).text
    assert f'name="copy" value="{one}">' in packing
    await proved_in_a_package(desk, client, one, tmp_path)
    history = await english(client, f"/cases/{desk.case.id}/history")
    assert "had the system open the recording to make a copy from it; nobody saw it." in history
    assert "had a film composed from sealed evidence. It is not the master." in history
    assert "Working copy of" in history
    disclosed = await english(client, f"/cases/{desk.case.id}/disclosures")
    assert len(re.findall(r"viewed a working copy of", disclosed)) == 1
    assert "viewed the recording" not in disclosed, "nobody saw it when the film was made"


async def content(client: httpx.AsyncClient, opened: dict[str, Any]) -> bytes:
    """The film, as the page's script puts it together."""
    records = [Record(**one) for one in opened["records"] if one["track"] == ORIGINAL]
    base = f"/viewings/{opened['viewing']}"
    indices = [record.index for record in records]
    keys = (await client.post(f"{base}/keys", json={"indices": indices})).json()["keys"]
    found = b""
    for index, key in zip(indices, keys, strict=True):
        message = (await client.get(f"{base}/messages/{index}")).content
        found += sealing.open_with_message_key(base64.b64decode(key), message)[SALT_SIZE:]
    return found


async def proved_in_a_package(room: CourtRoom, client: httpx.AsyncClient, one: str, folder: Path) -> None:
    package = await package_ordered(client, interview=room.interview.id, photographs=[one])
    assert (await package_made(client, package))["state"] == "ready"
    words = " ".join((await client.post(f"/packages/{package}/words", json={})).json()["words"]["ar"])
    file = folder / "testimony.amana"
    file.write_bytes((await client.get(f"/packages/{package}/testimony.amana")).content)
    report = verify(open_package(file, lambda: words), gateway.policy(room.center))
    assert report.outcome == "intact"
    assert [found.evidence for found in report.files] == [one]


@pytest.mark.starts
async def test_one_that_waits_is_cancelled_and_never_made(desk: CourtRoom) -> None:
    part = await film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await order(desk, client)
    assert (await client.post(f"/derivatives/{one}/cancel")).headers["location"] == f"/derivatives/{one}"
    page = (await client.get(f"/derivatives/{one}", headers=HTML)).text
    assert 'name="picture" value="picture-in-picture:wide,close"' in page, "it can be ordered anew"
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, await order(desk, client)) == "made"
    assert (await client.get(f"/derivatives/{one}/progress")).json()["state"] == "cancelled"
    assert [purpose for _, purpose in stated(desk, part)].count("derivation") == 1
    again = await client.post(f"/derivatives/{one}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong-state")
    listed = await client.get(f"/interviews/{desk.interview.id}/derivatives", headers=HTML)
    assert one not in listed.text


async def test_minutes_of_one_part_are_ordered_as_its_timeline_shows_them(desk: CourtRoom) -> None:
    first, second = await pretended_film(desk, 3), await pretended_film(desk, 2)
    client = await desk.browser(desk.prosecutor)
    cut = {"extent": "part", "part": first, "begin": "0:01", "end": "00:00:03"}
    one = await order(desk, client, **cut)
    row = orders.get(desk.center, desk.prosecutor, one)
    assert [(source["evidence"], orders.span_of(source)) for source in row.sources] == [
        (first, (1_000_000, 3_000_000))
    ]
    all_of_it = await order(desk, client, extent="part", part=second)
    row = orders.get(desk.center, desk.prosecutor, all_of_it)
    assert [(source["evidence"], source["excerpt"]) for source in row.sources] == [(second, None)]


async def test_an_order_that_cannot_be_is_refused_and_nothing_is_kept(desk: CourtRoom) -> None:
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    address = f"/interviews/{desk.interview.id}/derivatives"
    for fields in (
        {"purpose": "curiosity"},
        {"picture": "mosaic:wide"},
        {"picture": "one:wide,close"},
        {"picture": "one:"},
        {"offset": "841"},
        {"extent": "all"},
        {"extent": "part", "part": "00" * 16},
        {"extent": "part", "begin": "0:01"},
        {"extent": "part", "begin": "0:02", "end": "0:01"},
        {"extent": "part", "begin": "0:00", "end": "1:99"},
        {"extent": "part", "begin": "-1:00", "end": "0:01"},
        {"extent": "part", "begin": "0:00", "end": "999999:00:00"},
        {"extent": "part", "begin": "1:00", "end": "2:00"},
        {"kind": "transcript"},  # this form does not make it
        {"kind": "still"},
        {"kind": "still", "begin": "1:00"},
        {"kind": "redacted-film"},
    ):
        answer = await client.post(address, data={**ORDER, "part": part, **fields})
        assert answer.status_code == 422, fields
        assert orders.of_interview(desk.center, desk.prosecutor, desk.interview.id) == [], fields


async def test_without_the_program_nothing_is_offered_and_the_page_says_what_to_do(desk: CourtRoom) -> None:
    await pretended_film(desk, 1)
    desk.app.state.derivatives = DerivativeQueue(desk.center, Path("nowhere"), draw, program=lambda: None)
    client = await desk.browser(desk.prosecutor)
    page = await english(client, f"/interviews/{desk.interview.id}/derivatives")
    assert "FFmpeg is not installed" in page
    assert "apt install ffmpeg" in page
    assert "<form id=" not in page
    answer = await client.post(f"/interviews/{desk.interview.id}/derivatives", data=ORDER)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no-film-program")


async def test_the_form_opens_nothing_and_is_offered_while_the_vault_is_locked(desk: CourtRoom) -> None:
    part = await pretended_film(desk, 1)
    desk.keyholder.lock()
    client = await desk.browser(desk.prosecutor)
    page = await client.get(f"/interviews/{desk.interview.id}/derivatives", headers=HTML)
    assert page.status_code == 200
    assert 'value="picture-in-picture:wide,close"' in page.text
    assert 'name="sound" value="microphone"' in page.text
    assert "evidence.viewed" not in [type_ for type_, _ in stated(desk, part)]


async def test_what_failed_says_why_and_can_be_ordered_anew(desk: CourtRoom) -> None:
    part = await pretended_film(desk, 3)
    client = await desk.browser(desk.prosecutor)
    one = await order(desk, client)
    await asyncio.to_thread(
        court_exclusions.exclude,
        desk.center,
        desk.prosecutor,
        part,
        (1_000_000, 2_000_000),
        reason="question",
        reference="order 1",
    )
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, one) == "failed"
    page = await english(client, f"/derivatives/{one}")
    assert "The film would have shown a passage that a court has decided is not to be used." in page
    assert f'action="/interviews/{desk.interview.id}/derivatives"' in page
    assert ("evidence.viewed", "derivation") not in stated(desk, part)


@pytest.mark.starts
async def test_that_there_is_no_room_for_a_film_is_said_and_not_that_the_program_failed(
    desk: CourtRoom, tmp_path: Path
) -> None:
    await pretended_film(desk, 1)

    def full(_: object) -> Mapping[str, bytes]:
        raise OSError(errno.ENOSPC, "no space left on device")

    desk.app.state.derivatives = DerivativeQueue(desk.center, tmp_path / "scratch", full)
    client = await desk.browser(desk.prosecutor)
    one = await order(desk, client)
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, one) == "failed"
    page = await english(client, f"/derivatives/{one}")
    assert "There was no room left on this machine for the film." in page


@pytest.mark.starts
async def test_who_may_view_and_not_order_finds_what_is_made_and_no_form(desk: CourtRoom) -> None:
    await film(desk, 1)
    interviewer = await interviewer_of(desk)
    client, theirs = await desk.browser(desk.prosecutor), await desk.browser(interviewer)
    address = f"/interviews/{desk.interview.id}/derivatives"
    assert address not in (await theirs.get(f"/cases/{desk.case.id}/interviews", headers=HTML)).text
    one = await order(desk, client)
    assert one not in (await theirs.get(address, headers=HTML)).text, "before it is made"
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, one) == "made"
    assert address in (await theirs.get(f"/cases/{desk.case.id}/interviews", headers=HTML)).text
    page = (await theirs.get(address, headers=HTML)).text
    assert f"/derivatives/{one}" in page
    assert "<form id=" not in page
    shown = (await theirs.get(f"/derivatives/{one}", headers=HTML)).text
    assert "/package" not in shown
    assert (await theirs.post(f"/evidence/{one}/viewings", json={"purpose": "review"})).status_code == 200
    for refused in (
        await theirs.post(address, data=ORDER),
        await theirs.post(f"/derivatives/{one}/cancel"),
    ):
        assert refused.status_code == 403


@pytest.mark.starts
async def test_a_still_and_a_contact_sheet_are_ordered_with_the_same_form(desk: CourtRoom) -> None:
    part = await film(desk, 3)
    client = await desk.browser(desk.prosecutor)
    still = await order(desk, client, kind="still", picture="one:close", part=part, begin="0:02")
    sheet = await order(desk, client, kind="contact-sheet", picture="one:wide")
    await asyncio.to_thread(queue_of(desk).start)
    for one, kind in ((still, "Still"), (sheet, "Contact sheet")):
        assert await ended(client, one) == "made"
        page = await english(client, f"/derivatives/{one}")
        assert f"<p>{kind}: " in page
        assert '<img id="picture"' in page
        assert "/check" not in page
        opened = await client.post(f"/evidence/{one}/viewings", json={"purpose": "hearing"})
        assert (await content(client, opened.json())).startswith(b"\xff\xd8")
    row = orders.get(desk.center, desk.prosecutor, still)
    assert [orders.span_of(source) for source in row.sources] == [(2_000_000, 2_040_000)]
    nobody = await client.post(f"/derivatives/{still}/check", data={"accepted": "yes"})
    assert nobody.status_code == 422, "nobody needs to check a still"


@pytest.mark.starts
async def test_who_did_not_have_it_made_says_on_its_page_whether_it_is_as_it_should_be(
    desk: CourtRoom,
) -> None:
    await film(desk, 1)
    client, second = await desk.browser(desk.prosecutor), await desk.browser(await interviewer_of(desk))

    def redacted() -> str:
        film_edits = film_choices.edits("one:wide", ["microphone"], 0)
        begun = edit_lists.begin(desk.center, desk.prosecutor, desk.interview.id, film_edits)
        return edit_lists.order(desk.center, desk.prosecutor, begun.id, 1, "disclosure").id

    one = await asyncio.to_thread(redacted)
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, one) == "made"
    check = f"/derivatives/{one}/check"
    mine, theirs = await english(client, f"/derivatives/{one}"), await english(second, f"/derivatives/{one}")
    assert "not checked by a second person yet" in mine
    assert check not in mine
    assert check in theirs
    packing = f"/interviews/{desk.interview.id}/package"
    assert one not in (await client.get(packing, headers=HTML)).text
    refused = await client.post(
        "/packages", json={"photographs": [one], "purpose": "hearing", "receiver": "Court N"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not-accepted")
    unseen = await second.post(check, data={"accepted": "yes"})
    assert (unseen.status_code, unseen.json()["error"]["code"]) == (409, "not-opened")
    await second.post(f"/evidence/{one}/viewings", json={"purpose": "review"})
    assert (await second.post(check, data={"accepted": "perhaps"})).status_code == 422
    said = await second.post(check, data={"accepted": "no"})
    assert said.json() == {"to": f"/derivatives/{one}"}
    assert "not accepted by the second person" in await english(client, f"/derivatives/{one}")
    said = await second.post(check, data={"accepted": "yes"})
    assert said.json() == {"to": f"/derivatives/{one}"}
    assert "accepted by a second person" in await english(client, f"/derivatives/{one}")
    assert one in (await client.get(packing, headers=HTML)).text
    assert stated(desk, one)[-2:] == [("derivative.checked", "disclosure")] * 2
    history = await english(client, f"/cases/{desk.case.id}/history")
    assert "viewed it as a second person, and did not accept it." in history
    assert "viewed it as a second person, and accepted it." in history


@pytest.mark.starts
async def test_nobody_else_opens_with_a_viewing_that_is_not_theirs(desk: CourtRoom) -> None:
    await film(desk, 1)
    client, judge = await desk.browser(desk.prosecutor), await desk.browser(desk.court)
    one = await order(desk, client)
    for address in (f"/derivatives/{one}", f"/derivatives/{one}/progress"):
        assert (await judge.get(address)).status_code == 404, "to the court nothing waits"
    await asyncio.to_thread(queue_of(desk).start)
    assert await ended(client, one) == "made"
    opened = (await client.post(f"/evidence/{one}/viewings", json={"purpose": "hearing"})).json()
    interviewer = await desk.browser(await interviewer_of(desk))
    for other in (judge, interviewer):
        base = f"/viewings/{opened['viewing']}"
        assert (await other.post(f"{base}/keys", json={"indices": [0]})).status_code == 404
        assert (await other.get(f"{base}/messages/0")).status_code == 404
    refused = await judge.post(f"/evidence/{one}/viewings", json={"purpose": "hearing"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not-granted")
    for address in (f"/derivatives/{one}", f"/derivatives/{one}/progress"):
        assert (await judge.get(address)).status_code == 403


async def test_a_recording_without_a_second_camera_offers_no_picture_of_two(room: CourtRoom) -> None:
    asked = (room.center, room.prosecutor, room.interview.id)
    choices = await asyncio.to_thread(film_choices.of_interview, *asked)
    assert [one.value for one in choices.pictures] == ["one:wide"]
    assert choices.sounds == ["microphone"]
