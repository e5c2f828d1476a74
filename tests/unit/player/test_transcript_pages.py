"""Transcripts on their pages: begun, written, kept, read beside the recording, taken along in a package."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.access.grants_in_force import ItemExtent as Named
from casework.cases import cases
from casework.database.models import Derivative, Evidence, EvidenceState, Person, Role, TranscriptDraft
from casework.errors import NotAccepted
from casework.evidence import court_exclusions, gateway
from casework.evidence.gateway import ItemExtent
from casework.people import people
from casework.transcripts import webvtt
from casework.transcripts.webvtt import Cue
from casework.working_copies import reviews
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.recipe import Read, Recipe
from chain_of_custody.verify import verify
from tests.faults.plaintext import walk
from tests.support.centers.court_room import CourtRoom
from tests.support.people.granting import granted

HTML = {"accept": "text/html"}
CUES: list[dict[str, Any]] = [
    {"begin": 0, "end": 900, "speaker": "Person A", "text": "what was <said>"},
    {"begin": 900, "end": 1900, "speaker": "", "text": "وما قيل بعده"},
]


@pytest.fixture
async def desk(empty_room: CourtRoom) -> CourtRoom:
    await empty_room.record()
    return empty_room


def page_of(room: CourtRoom) -> str:
    return f"/interviews/{room.interview.id}/transcripts"


async def english(client: httpx.AsyncClient, address: str) -> str:
    cookies = ["language=en", *(f"{one.name}={one.value}" for one in client.cookies.jar)]
    answer = await client.get(address, headers={**HTML, "cookie": "; ".join(cookies)})
    assert answer.status_code == 200, answer.text
    return answer.text


async def begun(room: CourtRoom, client: httpx.AsyncClient, **fields: str) -> str:
    answer = await client.post(page_of(room), data={"part": room.item, "language": "en", **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


async def opened(room: CourtRoom, client: httpx.AsyncClient, draft: str) -> str:
    """Where the draft is written, with the recording open."""
    answer = await client.post(f"/evidence/{room.item}/viewings", json={"purpose": "hearing"})
    return f"/viewings/{answer.json()['viewing']}/transcript-drafts/{draft}"


async def kept(room: CourtRoom, client: httpx.AsyncClient, **fields: str) -> str:
    draft = await begun(room, client, **fields)
    address = await opened(room, client, draft)
    version = (await client.get(address)).json()["version"]
    saved = await client.post(address, json={"version": version, "cues": CUES})
    assert saved.json() == {"version": version + 1}
    answer = await client.post(f"{address}/keep", json={"version": version + 1})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["derivative"])


async def colleague(room: CourtRoom) -> Person:
    def add() -> Person:
        person = people.add(room.center, room.administrator, "Person S", Role.INTERVIEWER, namesake=True)
        cases.give(room.center, room.prosecutor, room.case.id, person.id)
        return person

    return await asyncio.to_thread(add)


def accept(room: CourtRoom, person: Person, item: str, *, accepted: bool = True) -> None:
    gateway.view(room.center, person, item, "review")
    reviews.check(room.center, person, item, accepted=accepted)


async def test_a_transcript_is_begun_written_kept_and_read(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    case = await client.get(f"/cases/{desk.case.id}/interviews", headers=HTML)
    assert page_of(desk) in case.text
    assert "No transcript of this recording has been published yet." in await english(client, page_of(desk))
    draft = await begun(desk, client)
    listed = await english(client, page_of(desk))
    assert f"/transcript-drafts/{draft}" in listed
    assert "Saved last by <bdi>Person P</bdi>" in listed
    editor = await english(client, f"/transcript-drafts/{draft}")
    assert f'data-evidence="{desk.item}"' in editor
    item = await kept(desk, client)
    listed = await english(client, page_of(desk))
    assert f"/derivatives/{item}" in listed
    assert "not checked by a second person yet" in listed
    assert draft not in listed
    page = await english(client, f"/derivatives/{item}")
    assert "Transcript: English" in page
    assert "<video" not in page
    recording = await english(client, f"/evidence/{desk.item}")
    assert f'data-transcript="{item}"' in recording
    assert "not checked by a second person" in recording
    films = await english(client, f"/interviews/{desk.interview.id}/derivatives")
    assert item not in films


async def test_a_draft_that_is_being_kept_is_listed_and_is_not_removed_or_begun_anew(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    draft = await begun(desk, client)
    with desk.center.database.begin() as session:
        session.get_one(TranscriptDraft, draft).kept_as = "00" * 16
    listed = await english(client, page_of(desk))
    assert "a version is being published" in listed
    assert f"/transcript-drafts/{draft}" not in listed
    for answer in (
        await client.post(f"/transcript-drafts/{draft}/discard"),
        await client.post(page_of(desk), data={"part": desk.item, "language": "en"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "draft-being-kept")


async def test_nothing_is_given_of_a_draft_without_the_recording_being_opened(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    draft = await begun(desk, client)
    address = await opened(desk, client, draft)
    await client.post(address, json={"version": 0, "cues": CUES})
    page = (await client.get(f"/transcript-drafts/{draft}", headers=HTML)).text
    assert "&lt;said" not in page
    nobody = await client.get(f"/viewings/{'00' * 16}/transcript-drafts/{draft}")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "missing")
    held = (await client.get(address)).json()
    assert held == {"version": 1, "cues": CUES}


async def test_who_saves_over_another_version_is_told_and_nothing_is_written(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    address = await opened(desk, client, await begun(desk, client))
    assert (await client.post(address, json={"version": 0, "cues": CUES})).status_code == 200
    late = await client.post(address, json={"version": 0, "cues": []})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "draft-moved-on")
    early = await client.post(f"{address}/keep", json={"version": 0})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "draft-moved-on")
    assert (await client.get(address)).json()["cues"] == CUES


@pytest.mark.parametrize(
    "cue",
    [
        {"begin": -1},
        {"end": webvtt.MAX_TIME + 1},
        {"begin": 0.5},
        {"text": "a" * (webvtt.MAX_TEXT + 1)},
        {"speaker": "a" * (webvtt.MAX_SPEAKER + 1)},
        {"more": 1},
    ],
)
async def test_what_is_no_cue_is_not_saved(desk: CourtRoom, cue: dict[str, object]) -> None:
    client = await desk.browser(desk.prosecutor)
    address = await opened(desk, client, await begun(desk, client))
    answer = await client.post(address, json={"version": 0, "cues": [{**CUES[0], **cue}]})
    assert answer.status_code == 422
    lone = b'{"version":0,"cues":[{"begin":0,"end":1,"speaker":"","text":"\\ud800"}]}'
    answer = await client.post(address, content=lone, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert (await client.get(address)).json() == {"version": 0, "cues": []}


async def test_a_file_is_brought_or_its_line_is_named(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    fields = {"part": desk.item, "language": "ar", "origin": "file"}

    async def bring(content: bytes) -> httpx.Response:
        return await client.post(
            page_of(desk), data=fields, files={"file": ("said.txt", content)}, headers=HTML
        )

    refused = await bring(b"[00:00:01] a\n[00:00:00] b")
    assert refused.status_code == 422
    assert "السطر 2:" in refused.text
    for content in (b"", b"\xff", b"a" * 900_001):
        assert (await bring(content)).status_code == 422
    missing = await client.post(page_of(desk), data=fields, headers=HTML)
    assert missing.status_code == 422
    taken = await bring("الشخص أ: نعم".encode())
    assert taken.status_code == 303
    address = await opened(desk, client, taken.headers["location"].rsplit("/", 1)[1])
    [cue] = (await client.get(address)).json()["cues"]
    assert (cue["speaker"], cue["text"]) == ("الشخص أ", "نعم")
    again = await bring(b"a")
    assert (again.status_code, "said.txt" in again.text) == (409, False)


async def test_a_translation_and_a_newer_version_stand_beside_what_they_come_from(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    first = await kept(desk, client)
    draft = await begun(desk, client, language="ar", translates=first)
    editor = (await client.get(f"/transcript-drafts/{draft}", headers=HTML)).text
    assert f'data-translates="{first}" data-translates-language="en"' in editor
    newer = await kept(desk, client, replaces=first)
    listed = await english(client, page_of(desk))
    assert "an older version" in listed
    recording = await english(client, f"/evidence/{desk.item}")
    assert f'data-transcript="{newer}"' in recording
    assert first not in recording
    page = await english(client, f"/derivatives/{newer}")
    assert f'href="/derivatives/{first}"' in page


async def test_an_accepted_version_is_read_before_a_newer_one_that_nobody_has_checked(
    desk: CourtRoom,
) -> None:
    client = await desk.browser(desk.prosecutor)
    first = await kept(desk, client)
    await asyncio.to_thread(accept, desk, await colleague(desk), first)
    newer = await kept(desk, client, replaces=first)
    recording = await english(client, f"/evidence/{desk.item}")
    assert f'data-transcript="{first}"' in recording
    assert newer not in recording
    listed = await english(client, page_of(desk))
    assert "checked by <bdi>Person S</bdi>" in listed


async def test_a_second_person_says_on_its_page_whether_it_is_as_it_should_be(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    item = await kept(desk, client)
    check = f'action="/derivatives/{item}/check"'
    assert check not in await english(client, f"/derivatives/{item}")  # whoever kept it is no second person
    theirs = await desk.browser(await colleague(desk))
    assert check in await english(theirs, f"/derivatives/{item}")
    await theirs.post(f"/evidence/{item}/viewings", json={"purpose": "review"})
    answer = await theirs.post(f"/derivatives/{item}/check", data={"accepted": "yes"})
    assert answer.status_code == 200
    page = await english(client, f"/derivatives/{item}")
    assert "accepted by a second person" in page
    assert "Make a package with it" in page


async def test_one_that_a_rebuild_found_is_shown_without_its_language(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    item = await kept(desk, client)
    with desk.center.database.begin() as session:
        session.get_one(Derivative, item).edits = None
    for page in (
        page_of(desk),
        f"/derivatives/{item}",
        f"/evidence/{desk.item}",
        f"/cases/{desk.case.id}/transcripts",
    ):
        assert "Transcript: language not known" in await english(client, page)
    theirs = await desk.browser(await colleague(desk))
    assert "Begin a transcript" not in await english(theirs, page_of(desk))


async def test_the_case_is_searched_in_the_browser_alone(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    address = f"/cases/{desk.case.id}/transcripts"
    assert "There is no transcript in this case" in await english(client, address)
    item = await kept(desk, client)
    page = await english(client, address)
    assert f'data-transcript="{item}"' in page
    assert f'data-evidence="{desk.item}"' in page
    assert "&lt;said" not in page


async def test_whoever_was_granted_the_recording_reads_only_what_was_granted_and_accepted(
    desk: CourtRoom,
) -> None:
    client = await desk.browser(desk.prosecutor)
    item = await kept(desk, client)
    second = await colleague(desk)
    judge = await asyncio.to_thread(
        people.add, desk.center, desk.administrator, "Person K", Role.COURT, "court"
    )

    def give() -> None:
        both = [Named(desk.item), Named(item)]
        granted(desk.center, desk.prosecutor, desk.case.id, judge, items=both)

    with pytest.raises(NotAccepted):
        await asyncio.to_thread(give)
    await asyncio.to_thread(accept, desk, second, item)
    await asyncio.to_thread(give)
    theirs = await desk.browser(judge)
    address = f"/evidence/{item}/viewings"
    for page in (f"/evidence/{desk.item}", f"/cases/{desk.case.id}/transcripts"):
        assert item in await english(theirs, page)
    assert (await theirs.post(address, json={"purpose": "hearing"})).status_code == 200
    court = await desk.browser(desk.court)  # all recordings were granted to them, and no transcript
    assert item not in await english(court, f"/evidence/{desk.item}")
    for answer in (
        await court.get(f"/derivatives/{item}"),
        await court.post(address, json={"purpose": "hearing"}),
    ):
        assert answer.json()["error"]["code"] == "not-granted"
    await asyncio.to_thread(accept, desk, second, item, accepted=False)
    assert item not in await english(theirs, f"/evidence/{desk.item}")
    refused = await theirs.post(address, json={"purpose": "hearing"})
    assert refused.json()["error"]["code"] == NotAccepted.code


async def test_a_version_that_was_not_granted_is_named_on_the_newer_one_and_not_linked(
    desk: CourtRoom,
) -> None:
    client = await desk.browser(desk.prosecutor)
    first = await kept(desk, client)
    newer = await kept(desk, client, replaces=first)
    second = await colleague(desk)
    for item in (first, newer):
        await asyncio.to_thread(accept, desk, second, item)

    def give(*items: str) -> Person:
        judge = people.add(desk.center, desk.administrator, "Person K", Role.COURT, "court", namesake=True)
        named = [Named(desk.item), *map(Named, items)]
        granted(desk.center, desk.prosecutor, desk.case.id, judge, items=named)
        return judge

    for items, linked in (((newer,), False), ((first, newer), True)):
        judge = await desk.browser(await asyncio.to_thread(give, *items))
        page = await english(judge, f"/derivatives/{newer}")
        assert "the version before" in page
        assert (first in page) is linked


async def test_a_transcript_is_read_after_the_version_before_it_was_destroyed(desk: CourtRoom) -> None:
    client = await desk.browser(desk.prosecutor)
    first = await kept(desk, client)
    newer = await kept(desk, client, replaces=first)

    def destroy() -> None:
        with desk.center.database.begin() as session:
            session.get_one(Evidence, first).state = EvidenceState.DISPOSED

    await asyncio.to_thread(destroy)
    page = await english(client, f"/derivatives/{newer}")
    assert "the version before" in page
    assert first not in page


async def test_who_was_granted_it_reads_no_name_of_who_wrote_or_looked_and_nothing_refused_later(
    desk: CourtRoom,
) -> None:
    client = await desk.browser(desk.prosecutor)
    item, second = await kept(desk, client), await colleague(desk)
    await asyncio.to_thread(accept, desk, second, item)
    counsel = await asyncio.to_thread(
        people.add, desk.center, desk.administrator, "Person D", Role.DEFENCE, "defence"
    )

    def give(person: Person) -> None:
        both = [Named(desk.item), Named(item)]
        granted(desk.center, desk.prosecutor, desk.case.id, person, items=both)

    receivers = [counsel, desk.court]
    for person in receivers:
        await asyncio.to_thread(give, person)
    house = await english(client, page_of(desk))
    assert "Published by <bdi>Person P</bdi>" in house
    assert "checked by <bdi>Person S</bdi>" in house
    pages = [await desk.browser(person) for person in receivers]
    for theirs in pages:
        listed = await english(theirs, page_of(desk))
        assert f'href="/derivatives/{item}"' in listed
        assert "accepted by a second person" in listed
        assert "Published on " in listed
        for name in ("Person P", "Person S"):
            assert name not in listed
    await asyncio.to_thread(accept, desk, second, item, accepted=False)
    for theirs in pages:
        assert item not in await english(theirs, page_of(desk))
    assert item in await english(client, page_of(desk))


async def test_what_a_court_excludes_takes_the_transcript_from_those_who_may_not_see_it(
    desk: CourtRoom,
) -> None:
    client = await desk.browser(desk.prosecutor)
    item = await kept(desk, client)
    person = await colleague(desk)
    theirs = await desk.browser(person)
    address = f"/evidence/{item}/viewings"
    assert (await theirs.post(address, json={"purpose": "review"})).status_code == 200
    await asyncio.to_thread(
        court_exclusions.exclude,
        desk.center,
        desk.prosecutor,
        desk.item,
        (0, 1_000_000),
        reason="question",
        reference="Order 1/2076",
    )
    refused = await theirs.post(address, json={"purpose": "review"})
    assert refused.json()["error"]["code"] == "passage-excluded"
    again = await client.post(page_of(desk), data={"part": desk.item, "language": "ar"})
    assert again.json()["error"]["code"] == "excluded-within"


async def test_an_accepted_transcript_leaves_in_a_package_that_verifies(
    desk: CourtRoom, tmp_path: Path
) -> None:
    client = await desk.browser(desk.prosecutor)
    item = await kept(desk, client)
    wanted = [ItemExtent(desk.item), ItemExtent(item)]
    with pytest.raises(NotAccepted):
        await asyncio.to_thread(
            gateway.export_package, desk.center, desk.prosecutor, wanted, "hearing", tmp_path / "no"
        )
    await asyncio.to_thread(accept, desk, await colleague(desk), item)
    folder = await asyncio.to_thread(
        gateway.export_package, desk.center, desk.prosecutor, wanted, "hearing", tmp_path / "package"
    )
    found = list(folder.rglob("*.vtt"))
    assert [webvtt.parse(one.read_bytes()) for one in found] == [tuple(Cue(**cue) for cue in CUES)]
    report = verify(FolderSource(folder), gateway.policy(desk.center))
    assert report.outcome == "intact"


async def test_the_name_that_a_brought_file_had_stays_in_no_place_and_leaves_in_no_package(
    desk: CourtRoom, tmp_path: Path
) -> None:
    client, name = await desk.browser(desk.prosecutor), "marker-of-who-speaks.srt"
    content = "1\n00:00:00,000 --> 00:00:01,000\nPerson A: نعم\n".encode()
    taken = await client.post(
        page_of(desk),
        data={"part": desk.item, "language": "ar", "origin": "file"},
        files={"file": (name, content)},
    )
    address = await opened(desk, client, taken.headers["location"].rsplit("/", 1)[1])
    item = (await client.post(f"{address}/keep", json={"version": 0})).json()["derivative"]
    await asyncio.to_thread(accept, desk, await colleague(desk), item)
    folder = await asyncio.to_thread(
        gateway.export_package,
        desk.center,
        desk.prosecutor,
        [ItemExtent(desk.item), ItemExtent(item)],
        "hearing",
        tmp_path / "package",
    )
    recipes = [Recipe.parse(one.read_bytes()) for one in folder.rglob("recipe.json")]
    told = Read("brought.srt", len(content), sha256(content).hexdigest())
    assert [one.inputs for one in recipes] == [(told,)]
    assert not list(walk({"center": desk.center.spool.parent, "package": folder}, ["marker-of-who-speaks"]))
