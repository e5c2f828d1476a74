"""Faces are proposed to whoever has the part open in the editor, and to nobody else; taking is theirs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.cases import cases
from casework.database.models import Person, Role
from casework.errors import Cancelled, PassageExcluded
from casework.evidence import court_exclusions, gateway
from casework.evidence.viewing import Viewing
from casework.people import people
from casework.redaction import face_detection, face_proposals
from casework.redaction.face_detection import Box, Face, ScannedPicture
from casework.redaction.face_proposals import UNASKED, FaceProposals
from chain_of_custody.items.record import Record
from tests.support.centers.court_room import CourtRoom
from tests.support.media.drawn_faces import Drawn, filmed
from tests.support.media.filmed import pretended_film
from tests.support.media.made_films import stated
from tests.support.patience import PATIENCE, until
from tests.unit.player.test_derivative_pages import english, interviewer_of, queue_of
from tests.unit.player.test_redaction_pages import begun

pytestmark = pytest.mark.alone
"""What is waited for gets only the processor time that nobody else wants."""

SECONDS = 6
WALKING = Drawn(60, ((100, 180), (500, 180)), (1, 5))
SITTING = Drawn(40, ((560, 60), (560, 60)), (0, 8))


@pytest.fixture
async def desk(empty_room: CourtRoom, tmp_path: Path) -> AsyncIterator[CourtRoom]:
    """A room with a scratch folder; nothing is made there, since nobody starts the queue."""
    (tmp_path / "scratch").mkdir()
    yield empty_room
    await asyncio.to_thread(proposals_of(empty_room).close)
    await asyncio.to_thread(queue_of(empty_room).close)


def proposals_of(room: CourtRoom) -> FaceProposals:
    proposals: FaceProposals = room.app.state.faces
    return proposals


async def opened(client: httpx.AsyncClient, part: str) -> str:
    answer = await client.post(f"/evidence/{part}/viewings", json={"purpose": "disclosure"})
    assert answer.is_success, answer.text
    return str(answer.json()["viewing"])


async def asked(client: httpx.AsyncClient, one: str, viewing: str, picture: str = "wide") -> httpx.Response:
    return await client.post(f"/redactions/{one}/faces", json={"viewing": viewing, "picture": picture})


async def ended(client: httpx.AsyncClient, one: str) -> dict[str, Any]:
    async def standing() -> dict[str, Any] | None:
        told: dict[str, Any] = (await client.get(f"/redactions/{one}/faces")).json()
        return None if told["state"] in ("waiting", "looking") else told

    return await until(standing)


def colleague_of(room: CourtRoom) -> Person:
    person = people.add(room.center, room.administrator, "Person B", Role.PROSECUTOR)
    cases.give(room.center, room.prosecutor, room.case.id, person.id)
    return person


def box_at(region: Mapping[str, Any], at: int) -> Mapping[str, int]:
    """The key that stands next before."""
    return max((key for key in region["path"] if key["at"] <= at), key=lambda key: key["at"])  # type: ignore[no-any-return]


@pytest.mark.skipif(not face_detection.available(), reason="no face detector is published for this machine")
@pytest.mark.starts
async def test_faces_are_proposed_taken_by_hand_and_kept_like_any_cover(desk: CourtRoom) -> None:
    part = await pretended_film(desk, SECONDS, wide=filmed(SECONDS, (WALKING, SITTING)))
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    assert (await client.get(f"/redactions/{one}/faces")).json() == {"state": "none"}
    viewing = await opened(client, part)
    before = stated(desk, part)
    answer = await asked(client, one, viewing)
    assert answer.status_code == 202
    told = await ended(client, one)
    assert (told["state"], told["failure"], told["unseen"]) == ("done", None, 0)
    assert (told["evidence"], told["picture"]) == (part, "wide")
    assert told["done"] == told["total"] == SECONDS * 1_000_000
    sitting, walking = sorted(told["regions"], key=lambda region: -region["path"][0]["x"])
    assert len(told["regions"]) == 2
    for second in (0, 2, 4):
        x, y = 560 * 10_000 // 640, 60 * 10_000 // 360
        box = box_at(sitting, second * 1_000_000)
        assert box["x"] < x < box["x"] + box["width"]
        assert box["y"] < y < box["y"] + box["height"]
    assert walking["path"][0]["at"] == 0
    assert stated(desk, part) == before, "the viewing had stated it"
    listed = (await client.get(f"/redactions/{one}/edits")).json()
    assert (listed["version"], listed["edits"]["regions"]) == (1, []), "nothing is taken by itself"
    taken = {**listed["edits"], "regions": told["regions"]}
    kept = await client.post(f"/redactions/{one}/edits", json={"version": 1, "edits": taken})
    assert kept.json() == {"version": 2}


async def test_only_who_has_the_part_open_and_may_change_the_list_is_proposed_anything(
    desk: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    Slow(monkeypatch).on.set()
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    viewing = await opened(client, part)
    theirs = await desk.browser(await asyncio.to_thread(colleague_of, desk))
    assert (await asked(theirs, one, viewing)).status_code == 404, "it is somebody else's viewing"
    assert (await asked(client, one, "00" * 16)).status_code == 404
    assert (await asked(client, one, viewing, "close")).status_code == 422, "not in the list's film"
    later = await pretended_film(desk, 1)
    assert (await asked(client, one, await opened(client, later))).status_code == 422, "not one of its parts"
    for person in (await interviewer_of(desk), desk.court):
        other = await desk.browser(person)
        for refused in (
            await other.get(f"/redactions/{one}/faces"),
            await asked(other, one, viewing),
            await other.post(f"/redactions/{one}/faces/cancel"),
        ):
            assert refused.status_code == 403, refused.url
    await asked(client, one, viewing)
    assert (await theirs.get(f"/redactions/{one}/faces")).json() == {"state": "none"}
    desk.keyholder.lock()
    locked = await asked(client, one, viewing)
    assert (locked.status_code, locked.json()["error"]["code"]) == (423, "vault-locked")


class Slow:
    """Looks at one picture, and then waits until it is let go on or stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.on = threading.Event(), threading.Event()
        self.read: list[bytes] = []
        self.looked = 0
        monkeypatch.setattr(face_detection, "available", lambda: True)
        monkeypatch.setattr(face_detection, "look", self.look)

    def look(self, contents: Any, duration: int, stopped: Callable[[], bool]) -> Iterator[ScannedPicture]:
        self.looked += 1
        yield ScannedPicture(0, (Face(Box(4000, 4000, 5000, 6000), 90),))
        self.begun.set()
        while not self.on.wait(0.05):
            if stopped():
                raise Cancelled("nobody wants to know any more")
        self.read += contents()
        yield ScannedPicture(duration - 1, ())


async def test_what_is_not_wanted_any_more_is_stopped_and_nothing_of_it_is_told(
    desk: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    viewing = await opened(client, part)
    slow = Slow(monkeypatch)
    await asked(client, one, viewing)
    assert await asyncio.to_thread(slow.begun.wait, PATIENCE)
    told = (await client.get(f"/redactions/{one}/faces")).json()
    assert (told["state"], told["regions"]) == ("looking", [])
    assert (await client.post(f"/redactions/{one}/faces/cancel")).status_code == 204
    assert (await ended(client, one))["state"] == "cancelled"
    slow.on.set()
    await asked(client, one, viewing)  # and it can be asked for anew
    told = await ended(client, one)
    assert (told["state"], len(told["regions"])) == ("done", 1)
    assert (await ended(client, one)) == told, "they are told for a while"
    monkeypatch.setattr(face_proposals, "RETAINED", timedelta(0))
    assert (await client.get(f"/redactions/{one}/faces")).json() == {"state": "none"}


async def test_what_nobody_asks_about_any_more_ends_whether_it_waits_or_is_looked_for(
    desk: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody signed out, or the machine on which the editor lay open went down."""
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one, other = await begun(desk, client), await begun(desk, client)
    viewing = await opened(client, part)
    slow = Slow(monkeypatch)
    moment = face_proposals.now()
    monkeypatch.setattr(face_proposals, "now", lambda: moment)
    await asked(client, one, viewing)
    await asked(client, other, viewing)
    assert await asyncio.to_thread(slow.begun.wait, PATIENCE)
    going, waiting = (proposals_of(desk)._searches[desk.prosecutor.id, id_] for id_ in (one, other))
    for _ in range(3):
        moment += UNASKED - timedelta(seconds=1)
        assert (await client.get(f"/redactions/{one}/faces")).json()["state"] == "looking"
    assert waiting.state == "cancelled"
    moment += timedelta(seconds=1)
    await asyncio.sleep(0.5)
    assert going.state == "looking", "it was asked about a second ago"
    moment += UNASKED
    assert await asyncio.to_thread(going.stopped.wait, PATIENCE)
    await asyncio.to_thread(proposals_of(desk)._worker.shutdown)  # which ends by itself
    assert (going.state, going.regions, going.ended_at) == ("cancelled", (), moment)
    assert (slow.looked, slow.read) == (1, [])
    assert (await client.get(f"/redactions/{one}/faces")).json()["state"] == "cancelled", "and it is told so"


async def test_what_is_not_wanted_any_more_is_not_linked_either(
    desk: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film of half an hour with as much in each picture as there can be, and nobody who waits for it."""
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    viewing = await opened(client, part)
    crowd = tuple(Face(Box(9 * n, 1000, 8000 + 9 * n, 9000), 90) for n in range(64))

    def look(contents: Any, duration: int, stopped: Callable[[], bool]) -> Iterator[ScannedPicture]:
        yield from (ScannedPicture(n, crowd) for n in range(3600))
        proposals_of(desk).cancel(desk.prosecutor, one)

    monkeypatch.setattr(face_detection, "available", lambda: True)
    monkeypatch.setattr(face_detection, "look", look)
    before = time.process_time()
    await asked(client, one, viewing)
    await asyncio.to_thread(proposals_of(desk)._worker.shutdown)
    assert time.process_time() - before < 5


async def test_who_may_not_any_more_while_it_is_looked_at_is_opened_nothing_further(
    desk: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = await pretended_film(desk, 1)
    person = await asyncio.to_thread(colleague_of, desk)
    client = await desk.browser(person)
    one = await begun(desk, client)
    viewing = await opened(client, part)
    slow = Slow(monkeypatch)
    await asked(client, one, viewing)
    assert await asyncio.to_thread(slow.begun.wait, PATIENCE)
    search = proposals_of(desk)._searches[person.id, one]
    await asyncio.to_thread(people.retire, desk.center, desk.administrator, person.id)
    slow.on.set()
    await asyncio.to_thread(proposals_of(desk)._worker.shutdown)
    assert (search.state, search.failure, search.regions) == ("failed", "has-left", ())
    assert slow.read == []


async def test_a_viewing_opens_for_those_who_look_what_it_opens_for_its_person_and_no_more(
    desk: CourtRoom,
) -> None:
    part = await pretended_film(desk, 4)
    exclude = partial(court_exclusions.exclude, desk.center, desk.prosecutor, part, (2_000_000, 3_000_000))
    await asyncio.to_thread(exclude, reason="question", reference="4/2076")

    def look(person: Person) -> tuple[Viewing, list[Record], list[Record]]:
        viewing = gateway.view(desk.center, person, part, "hearing")
        records = list(viewing.recording.records)
        return viewing, records, [one for one in records if not viewing.reaches(one.index)]

    viewing, records, beyond = await asyncio.to_thread(look, desk.court)
    assert {(one.start, one.end) for one in beyond} == {(2_000_000, 3_000_000)}
    with pytest.raises(PassageExcluded):
        list(viewing.contents(records))
    within = [one for one in records if viewing.reaches(one.index)]
    assert len(list(viewing.contents(within))) == len(within)
    assert (await asyncio.to_thread(look, desk.prosecutor))[2] == [], "who may see it"


@pytest.mark.skipif(not face_detection.available(), reason="no face detector is published for this machine")
@pytest.mark.starts
async def test_a_camera_that_sent_what_is_no_film_is_refused_in_words(desk: CourtRoom) -> None:
    sound = filmed(1, ())
    broken = type(sound)(
        sound.codec,
        sound.init,
        tuple(
            type(one)(one.content[:200] + bytes(len(one.content) - 200), one.start, one.duration, one.key)
            for one in sound.fragments
        ),
    )
    part = await pretended_film(desk, 1, wide=broken)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    await asked(client, one, await opened(client, part))
    told = await ended(client, one)
    assert (told["state"], told["failure"], told["regions"]) == ("failed", "faces-unreadable", [])


async def test_where_there_is_no_program_the_page_says_so(
    desk: CourtRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_detection, "available", lambda: False)
    part = await pretended_film(desk, 1)
    client = await desk.browser(desk.prosecutor)
    one = await begun(desk, client)
    page = await english(client, f"/redactions/{one}")
    assert "is not installed on this machine" in page
    assert "faces-look" not in page
    answer = await asked(client, one, await opened(client, part))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no-face-detector")
