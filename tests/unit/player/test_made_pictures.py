"""Stills and contact sheets: pictures of a film that is never the master."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy
import pytest
from PIL import Image

from casework.errors import Refused
from casework.working_copies import orders
from casework.working_copies.film_plan import Edits
from chain_of_custody.report import render
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import pretended_film
from tests.support.media.made_films import Studio, content_of, left, made_of, proved

pytestmark = pytest.mark.starts
ALONE = Edits("one", ("wide",), (), 120)


def picture_of(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


async def test_a_still_is_the_picture_of_one_moment_and_carries_nothing_else(
    studio: Studio,
) -> None:
    span = {studio.part: (1_500_000, 1_500_001)}
    rows = [await made_of(studio.room, studio.folder, ALONE, spans=span, kind="still") for _ in range(2)]
    contents = [await content_of(studio.room, row.id) for row in rows]
    assert contents[0] == contents[1]
    still = picture_of(contents[0])
    assert (still.format, still.size) == ("JPEG", (1280, 760))
    assert not still.getexif()
    assert set(still.info) <= {"jfif", "jfif_density", "jfif_unit", "jfif_version"}
    seen = await studio.seen(await studio.composed(ALONE))
    shown = numpy.asarray(still.convert("L"))[:720].astype(int)
    near = [abs(shown - seen.pictures[at][:720]).mean() for at in range(75)]
    assert abs(int(numpy.argmin(near)) - 37) <= 1
    assert min(near) < 6
    assert [orders.span_of(one) for one in rows[0].sources] == [(1_500_000, 1_540_000)]


async def test_a_still_of_several_parts_or_of_no_moment_is_refused(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await pretended_film(empty_room, 2)
    for spans in (None, {part: None}, {}):
        with pytest.raises(Refused):
            await made_of(empty_room, tmp_path / "scratch", ALONE, spans=spans, kind="still")
    with pytest.raises(Refused):
        await made_of(empty_room, tmp_path / "scratch", ALONE, kind="transcript")


async def test_a_contact_sheet_has_twenty_pictures_each_with_its_time_and_leaves_as_what_it_is(
    studio: Studio, tmp_path: Path
) -> None:
    row = await studio.composed(ALONE, kind="contact-sheet")
    room = studio.room.copied(tmp_path)
    sheet = picture_of(await content_of(room, row.id))
    assert sheet.size == (4 * 480, 5 * 284)
    grey = numpy.asarray(sheet.convert("L")).astype(int)
    tiles = [grey[y : y + 284, x : x + 480] for y in range(0, 1420, 284) for x in range(0, 1920, 480)]
    assert all(tile[:260].std() > 30 for tile in tiles)
    assert all(tile[270:284, :120].max() > 150 for tile in tiles)  # the clock
    assert all(abs(a - b).mean() > 0.5 for a, b in pairwise(tiles))
    report = proved(room, await left(room, tmp_path, [row.id]))
    [told] = report.files
    assert (told.path.rpartition("/")[2], told.description.format) == ("original.jpeg", "jpeg")
    assert "It is a contact sheet that the center made, not the master." in render.text(report)
