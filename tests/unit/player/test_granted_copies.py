"""A blurred, bleeped, cut copy for the defence: accepted, granted by name, opened, taken."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
import pytest

from casework.access.grants_in_force import COPY
from casework.database.models import Person, Role
from casework.errors import Forbidden, NotAccepted, NotGranted, Refused
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.grants import granted_working_copies, grants
from casework.people import people
from chain_of_custody.report import render
from player.package.delivery import deliver
from tests.support.centers.court_room import CourtRoom
from tests.support.media.made_films import Studio, accept, content_of, proved
from tests.support.people.granting import granted

pytestmark = pytest.mark.starts


def counsel_of(room: CourtRoom) -> Person:
    return people.add(room.center, room.administrator, "Person D", Role.DEFENCE, "defence", namesake=True)


async def test_it_is_granted_by_name_once_it_is_accepted_and_its_master_stays_closed(
    studio: Studio, tmp_path: Path
) -> None:
    part, row = studio.part, await studio.redacted(studio.for_the_defence)
    room = studio.room.copied(tmp_path)
    center = room.center
    counsel = await asyncio.to_thread(counsel_of, room)
    give = {"items": [ItemExtent(row.id)], "purpose": "disclosure", "kind": COPY}

    def grantable() -> set[str]:
        return {one.id for one in granted_working_copies.grantable(center, room.prosecutor, room.case.id)}

    others = grantable()
    assert row.id not in others
    with pytest.raises(NotAccepted):
        granted(center, room.prosecutor, room.case.id, counsel, **give)
    await asyncio.to_thread(accept, room, row)
    assert grantable() - others == {row.id}
    with pytest.raises(Refused):
        granted(
            center, room.prosecutor, room.case.id, counsel, **give | {"items": [ItemExtent(row.id, (0, 1))]}
        )
    grant = granted(center, room.prosecutor, room.case.id, counsel, **give)
    assert [one.id for one in granted_working_copies.named(center, grant)] == [row.id]
    client = await room.browser(counsel)
    case = (await client.get(f"/cases/{room.case.id}", headers={"accept": "text/html"})).text
    assert f"/derivatives/{row.id}" in case
    assert part not in case
    page = await client.get(f"/derivatives/{row.id}", headers={"accept": "text/html"})
    assert page.status_code == 200
    gateway.view(center, counsel, row.id, "disclosure")
    for item in (part, row.id):
        with pytest.raises((NotGranted, Forbidden)):
            gateway.view(center, counsel, item, "hearing" if item == row.id else "disclosure")
    with pytest.raises(Forbidden):  # a copy, which nobody has authorised yet
        gateway.exportable(center, counsel, [ItemExtent(row.id)], "disclosure")
    grants.authorise_copy(center, room.prosecutor, grant.id, reference="order 8")
    packing = (await client.get(f"/cases/{room.case.id}/package", headers={"accept": "text/html"})).text
    assert f'name="copy" value="{row.id}"' in packing

    def take() -> Path:
        items = [ItemExtent(row.id)]
        made = deliver(
            center, counsel, items, "disclosure", tmp_path / "stick", tmp_path / "scratch", plain=True
        )
        return made.folder / "testimony"

    report = proved(room, await asyncio.to_thread(take))
    assert [one.evidence for one in report.files] == [row.id]
    assert report.parts == ()
    assert f"It was derived from evidence {part[:8]}, from 00:00:00 to 00:00:02" in render.text(report)
    with pytest.raises((NotGranted, Forbidden)):
        gateway.exportable(center, counsel, [ItemExtent(part)], "disclosure")


async def test_what_is_not_accepted_any_more_is_opened_under_no_grant(studio: Studio, tmp_path: Path) -> None:
    row = await studio.redacted(studio.for_the_defence)
    room = studio.room.copied(tmp_path)
    center = room.center
    await asyncio.to_thread(accept, room, row)
    counsel = await asyncio.to_thread(counsel_of, room)
    granted(center, room.prosecutor, room.case.id, counsel, items=[ItemExtent(row.id)], purpose="disclosure")
    viewing = gateway.view(center, counsel, row.id, "disclosure")
    await asyncio.to_thread(accept, room, row, False)
    for again in (
        lambda: gateway.view(center, counsel, row.id, "disclosure"),
        lambda: gateway.viewing(center, counsel, viewing.id),
    ):
        with pytest.raises(NotAccepted):
            again()
    assert granted_working_copies.reached(center, counsel, room.case.id) == []


async def test_it_plays_from_its_beginning_to_its_end(studio: Studio) -> None:
    row = await studio.redacted(studio.for_the_defence)
    content, seen = await content_of(studio.room, row.id), await studio.seen(row)
    assert abs(seen.seconds - (2 + 2 + 0.5)) < 0.15
    assert abs(len(seen.pictures) - 112) <= 1
    with av.open(io.BytesIO(content)) as opened:
        assert [stream.codec_context.name for stream in opened.streams] == ["h264", "aac"]
        assert opened.metadata.keys() <= {"major_brand", "minor_version", "compatible_brands"}
        for stream in opened.streams:
            assert stream.metadata.keys() <= {"language", "handler_name", "vendor_id", "encoder"}
