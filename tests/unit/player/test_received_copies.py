"""Copies of received files in court packages: proved with their files, and made again to the byte."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from casework.evidence.gateway import ItemExtent
from casework.photographs.received_files import Origin
from casework.received_copies import copies, picture_child, program, text_child
from casework.received_copies.kinds import FILM, PICTURE, SOUND, TEXT
from casework.sandbox import previews_child
from chain_of_custody.items.recipe import Recipe
from chain_of_custody.report import render
from tests.support.centers.court_room import CourtRoom
from tests.support.media.brought_media import brought
from tests.support.media.made_films import left, made, proved
from tests.support.media.made_pictures import picture
from tests.support.people.granting import granted
from tests.unit.player.test_exhibit_packages import added
from tests.unit.player.test_remade import again, otherwise

ORIGIN = Origin("person", "Person B, her neighbour")


async def copied(room: CourtRoom, folder: Path, data: bytes, kind: str) -> list[str]:
    """Ids of a received file and its copy."""

    def receive() -> str:
        return added(room, room.prosecutor, data, kind="received", origin=ORIGIN)

    file = await asyncio.to_thread(receive)
    row = await made(room, folder, lambda: copies.order(room.center, room.prosecutor, file, kind, "hearing"))
    return [file, row.id]


@pytest.mark.starts
async def test_they_leave_with_their_files_are_proved_and_made_again_to_the_byte(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, bench = empty_room, tmp_path / "scratch"
    ids = [
        *await copied(room, bench, brought("mov"), FILM),
        *await copied(room, bench, brought("ogg"), SOUND),
        *await copied(room, bench, picture("HEIF"), PICTURE),
        *await copied(room, bench, "رسالة من شخص\n".encode(), TEXT),
    ]
    package = await left(room, tmp_path, ids)
    report = proved(room, package)
    assert "It is a film copy that the center made, not the master." in render.text(report)
    assert not (package / "data/credentials").exists()
    found = await asyncio.to_thread(again, package, report, tmp_path / "again")
    assert {(one.kind, one.outcome, one.program) for one in found} == {
        (kind, "same", True) for kind in (FILM, SOUND, PICTURE, TEXT)
    }
    assert list((tmp_path / "again").iterdir()) == []

    def outcome(change: Callable[[Recipe], Recipe]) -> str:
        [one] = again(package, otherwise(only_text, change), tmp_path / "again")
        return one.outcome

    [text] = [one for one in report.files if one.recipe is not None and one.recipe.kind == TEXT]
    rest = [one for one in report.files if one.recipe is None]
    only_text = replace(report, files=(text, *rest))
    assert outcome(lambda recipe: replace(recipe, arguments=["html"])) == "asked-otherwise"
    other = replace(text.recipe.output, sha256="00" * 32) if text.recipe else None
    assert outcome(lambda recipe: replace(recipe, output=other or recipe.output)) == "other"
    alone = replace(report, files=(text,))
    [one] = again(package, alone, tmp_path / "again")
    assert one.outcome == "not-here"


@pytest.mark.starts
async def test_one_is_granted_by_name_and_its_file_stays_closed(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    file, copy = await copied(room, tmp_path / "scratch", b"words", TEXT)
    await asyncio.to_thread(
        granted, room.center, room.prosecutor, room.case.id, room.court, items=[ItemExtent(copy)]
    )
    client = await room.browser(room.court)
    html = {"accept": "text/html"}
    page = await client.get(f"/derivatives/{copy}", headers=html)
    assert page.status_code == 200
    assert f"/cases/{room.case.id}/received" not in page.text
    assert file not in page.text
    assert f"/derivatives/{copy}" in (await client.get(f"/cases/{room.case.id}", headers=html)).text
    assert (await client.post(f"/evidence/{copy}/viewings", json={"purpose": "hearing"})).status_code == 200
    refused = await client.post(f"/evidence/{file}/viewings", json={"purpose": "hearing"})
    assert refused.status_code == 403
    ordered = {"kind": TEXT, "purpose": "hearing"}
    assert (await client.post(f"/received/{file}/copies", data=ordered)).status_code == 403


def test_what_copies_has_a_new_version_when_it_is_changed() -> None:
    reading = (previews_child.opened, previews_child.reduced, picture_child, text_child)
    digest = sha256("".join(map(inspect.getsource, reading)).encode()).hexdigest()
    assert (program.VERSION, digest[:16]) == ("1", "a60f35ccf9fcb6d0"), "other bytes of a copy? a new VERSION"
