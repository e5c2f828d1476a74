"""A judge's way to a photograph under a grant: the case's page, the agreement, the photograph itself."""

from __future__ import annotations

import asyncio

import pytest

from casework.body_maps.names import NAMES
from casework.evidence.gateway import ItemExtent
from casework.photographs import exam_sets
from casework.photographs.exam_sets import Injury, Notes
from tests.support.centers.court_room import CourtRoom
from tests.support.people.granting import granted
from tests.unit.player.test_exhibit_packages import HTML, added, nurse_of, picture


@pytest.mark.starts  # a photograph is read by a program of its own
async def test_a_judge_finds_what_was_granted_undertakes_it_and_opens_it(empty_room: CourtRoom) -> None:
    room = empty_room
    nurse = nurse_of(room)
    photograph = await asyncio.to_thread(added, room, nurse, picture(21))
    other = await asyncio.to_thread(added, room, nurse, picture(22))
    items = [ItemExtent(photograph)]
    grant = await asyncio.to_thread(
        lambda: granted(room.center, room.prosecutor, room.case.id, room.court, items=items, accepted=False)
    )
    client = await room.browser(room.court)
    case = await client.get(f"/cases/{room.case.id}", headers=HTML)
    assert f"/photographs/{photograph}" in case.text
    assert other not in case.text
    asked = await client.get(f"/photographs/{photograph}", headers=HTML)
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        f"/grants/{grant.id}?evidence={photograph}",
    )
    agreement = await client.get(asked.headers["location"], headers=HTML)
    assert agreement.status_code == 200
    accepted = await client.post(f"/grants/{grant.id}/accept", data={"evidence": photograph}, headers=HTML)
    assert (accepted.status_code, accepted.headers["location"]) == (303, f"/photographs/{photograph}")
    shown = await client.get(f"/photographs/{photograph}", headers=HTML)
    assert shown.status_code == 200
    assert 'data-saves=""' in shown.text, "the original is not offered"
    assert "purpose-known" not in shown.text, "no purpose is stated before the person has done it"
    opened = await client.post(f"/evidence/{photograph}/viewings", json={"purpose": "hearing"})
    assert opened.status_code == 200
    shown = await client.get(f"/photographs/{photograph}", headers=HTML)
    assert "purpose-known" in shown.text, "it is taken over in this session"
    assert (await client.get(f"/photographs/{other}", headers=HTML)).status_code == 403
    assert (await client.get(f"/cases/{room.case.id}/photographs", headers=HTML)).status_code == 403


@pytest.mark.starts
async def test_a_granted_photograph_is_labelled_with_its_injury_and_not_with_the_region_of_the_body(
    empty_room: CourtRoom,
) -> None:
    room = empty_room
    nurse = nurse_of(room)
    exam = await asyncio.to_thread(exam_sets.open_set, room.center, nurse, room.case.id, "woman")
    notes = Notes([Injury("front", "right-chest", 400, 300, "bruise", "oval")])
    await asyncio.to_thread(exam_sets.note, room.center, nurse, exam.id, notes)
    place = {"exam": exam.id, "view": "close-up", "injury": 1}
    photograph = await asyncio.to_thread(lambda: added(room, nurse, picture(23), **place))
    items = [ItemExtent(photograph)]
    await asyncio.to_thread(
        lambda: granted(room.center, room.prosecutor, room.case.id, room.court, items=items)
    )
    client = await room.browser(room.court)
    pages = [
        (await client.get(address, headers=HTML)).text
        for address in (f"/cases/{room.case.id}", f"/photographs/{photograph}")
    ]
    assert "الإصابة 1" in pages[0]
    assert not [name for name in NAMES["right-chest"] for page in pages if name in page]
