"""One film of an interview: what it shows, what it hides from nobody, and that it names its masters."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from casework.cases import cases
from casework.database.models import DerivativeState, Role
from casework.errors import ExcludedWithin, Forbidden, NotGranted, PassageExcluded, StillKept
from casework.evidence import court_exclusions, gateway
from casework.evidence.gateway import ItemExtent
from casework.films.filter_graph import STRIP
from casework.people import people
from casework.photographs import photographs
from casework.retention import disposal_requests
from casework.working_copies import orders
from casework.working_copies.cards import Card
from chain_of_custody.items.recipe import Recipe
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import EDITS, film
from tests.support.media.made_films import (
    RATE,
    SECOND,
    Seen,
    Studio,
    content_of,
    left,
    made_of,
    proved,
    stated,
)

pytestmark = pytest.mark.starts


async def test_two_parts_become_one_film_that_shows_what_is_missing(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    first = await film(room, 3, without=frozenset((1,)))
    second = await film(room, 1)
    row = await made_of(room, tmp_path / "scratch")
    assert row.state is DerivativeState.MADE
    assert [one["evidence"] for one in row.sources] == [first, second]
    seen = Seen.of(await content_of(room, row.id))
    assert abs(seen.seconds - 8) < 0.1  # three, four of the break, one
    assert {picture.shape for picture in seen.pictures} == {(760, 1280)}
    moving, card, pause = seen.at(0.5), seen.at(1.5), seen.at(5)
    assert moving[:150].std() > 40  # the first camera
    assert card[:150].std() < 3  # a card, instead of a picture that stands still
    assert card[300:500, 300:980].max() > 200  # with words on it
    assert pause[:200].std() < 3
    assert seen.at(7.5)[:150].std() > 40
    for picture in (moving, card):  # the small camera, and the clock
        assert picture[530:700, 950:1260].std() > 30
        assert picture[725:755, :300].max() > 200
    heard = [abs(seen.sound[at * RATE : (at + 1) * RATE]).max() for at in (0, 1, 4, 7)]
    assert [loud > 0.01 for loud in heard] == [True, True, False, True]


async def test_the_clock_goes_on_second_by_second(studio: Studio) -> None:
    seen = await studio.seen(await studio.composed())
    clocks = [picture[725:755, :300].astype(int) for picture in seen.pictures]
    ticks = [at for at in range(1, len(clocks)) if (abs(clocks[at] - clocks[at - 1]) > 100).sum() > 20]
    assert len(ticks) in (2, 3)  # the film does not begin with a second of the day
    assert {later - earlier for earlier, later in pairwise(ticks)} == {25}


async def test_the_same_edits_give_the_same_bytes_and_whoever_has_the_package_makes_them_again(
    studio: Studio, tmp_path: Path
) -> None:
    first = await studio.composed()
    room = studio.room.copied(tmp_path)
    rows = [first, await made_of(room, tmp_path / "scratch")]
    contents = [await content_of(room, row.id) for row in rows]
    assert contents[0] == contents[1]
    package = await left(room, tmp_path, [room.interview.id, rows[0].id])
    report = proved(room, package)
    [told] = report.files
    assert told.header.kind == "derivative"
    assert told.recipe is not None
    assert told.masters == {one["evidence"] for one in rows[0].sources}
    again = tmp_path / "again"
    again.mkdir()
    for name, content in draw(graph_cards(told.recipe)).items():
        (again / name).write_bytes(content)
    for read in told.recipe.inputs:
        if "/" in read.name:
            evidence_id, film_name = read.name.split("/")
            (again / evidence_id).mkdir(exist_ok=True)
            shutil.copy(package / "data" / "recordings" / evidence_id / film_name, again / read.name)
        assert sha256((again / read.name).read_bytes()).hexdigest() == read.sha256
    command = [told.recipe.program.name, *told.recipe.arguments]
    await asyncio.to_thread(subprocess.run, command, cwd=again, check=True, capture_output=True)
    assert (again / told.recipe.output.name).read_bytes() == contents[0]


async def test_an_excerpt_shows_no_picture_of_before_or_after(studio: Studio) -> None:
    span = (1_250_000, 2_750_000)
    row = await studio.composed(spans={studio.part: span})
    cut, whole = await studio.seen(row), await studio.seen(await studio.composed())
    assert abs(cut.seconds - 1.5) < 0.1
    for at in (0.1, 0.7, 1.4):  # the same picture at the same time, to a picture
        shown, beside = cut.at(at)[:500].astype(int), (at + 1.21, at + 1.25, at + 1.29)
        near = [abs(shown - whole.at(second)[:500]).mean() for second in beside]
        assert min(near) < 8
    assert [orders.span_of(one) for one in row.sources] == [span]


async def test_nobody_but_who_may_view_the_testimony_opens_it_and_each_opening_is_stated(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await film(room, 1)
    row = await made_of(room, tmp_path / "scratch")
    await content_of(room, row.id)
    assert stated(room, part)[-1] == ("evidence.viewed", "derivation")
    assert stated(room, row.id) == [("derivative.made", "hearing"), ("evidence.viewed", "hearing")]
    nurse = people.add(room.center, room.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(room.center, room.prosecutor, room.case.id, nurse.id)
    with pytest.raises(Forbidden):
        gateway.view(room.center, nurse, row.id, "hearing")
    with pytest.raises(Forbidden):
        orders.order(room.center, nurse, room.interview.id, EDITS, "hearing")
    with pytest.raises(NotGranted):  # all recordings were granted to the court, and by that no copy of them
        gateway.view(room.center, room.court, row.id, "hearing")
    assert photographs.listed(room.center, nurse, room.case.id) == []


async def test_what_a_court_excludes_afterwards_is_shown_by_no_copy_either(
    studio: Studio, tmp_path: Path
) -> None:
    row, early = await studio.composed(), await studio.composed(spans={studio.part: (0, SECOND)})
    room, part = studio.room.copied(tmp_path), studio.part
    interviewer = people.add(room.center, room.administrator, "Person I", Role.INTERVIEWER)
    cases.give(room.center, room.prosecutor, room.case.id, interviewer.id)
    gateway.view(room.center, interviewer, row.id, "hearing")
    court_exclusions.exclude(
        room.center, room.prosecutor, part, (SECOND, 3 * SECOND), reason="question", reference="order 1"
    )
    with pytest.raises(PassageExcluded):
        gateway.view(room.center, interviewer, row.id, "hearing")
    gateway.view(room.center, interviewer, early.id, "hearing")
    gateway.view(room.center, room.prosecutor, row.id, "hearing")
    for item in (row.id, part):
        with pytest.raises(ExcludedWithin):
            gateway.exportable(room.center, room.prosecutor, [ItemExtent(item)], "hearing")
    gateway.exportable(room.center, room.prosecutor, [ItemExtent(row.id)], "hearing", excluded=True)
    with pytest.raises(ExcludedWithin):
        orders.order(room.center, room.prosecutor, room.interview.id, EDITS, "hearing")


async def test_no_recording_is_destroyed_while_a_copy_of_it_is_left(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await film(empty_room, 1)
    row = await made_of(empty_room, tmp_path / "scratch")
    with pytest.raises(StillKept, match=row.id):
        disposal_requests.request(
            empty_room.center, empty_room.prosecutor, part, reason="court-order", reference="7"
        )


def graph_cards(recipe: Recipe) -> list[Card]:
    """The cards of a film of one whole part of three seconds with no hole, by its recipe."""
    label = {"evidence": recipe.sources[0].evidence[:8], "offset": "UTC+02:00", "part": "1"}
    return [Card("card-1.png", "label", (1280, STRIP), label)]
