"""A redacted film: what its edit list leaves out is in none of its pictures, sounds, seconds and bytes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy
import pytest

from casework.database.models import Derivative, Person
from casework.errors import Forbidden, ListMovedOn, NotAccepted, OwnRequest, Refused, WrongState
from casework.evidence import gateway
from casework.evidence.decryption import decrypted
from casework.evidence.gateway import ItemExtent
from casework.ledger import custody_log
from casework.redaction import edit_lists
from casework.redaction.edits import Key, Redaction, Region, Span
from casework.redaction.redaction_filters import BLOCK
from casework.working_copies import orders, reviews
from chain_of_custody.report import render
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import film, pretended_film
from tests.support.media.made_films import (
    ALONE,
    NOTHING,
    PATH,
    RATE,
    SECONDS,
    Studio,
    colleague,
    content_of,
    left,
    loudness,
    made,
    proved,
    redacted,
)

pytestmark = pytest.mark.starts
SECOND = 1_000_000
WIDTH, HEIGHT = 1280, 720
PICTURES = SECONDS * 25
COARSE = replace(NOTHING, blur=True)
"""The whole picture of one value for each block."""


def still(part: str, x: int, y: int, width: int, height: int, shape: str, cover: str) -> Region:
    """The same place from the beginning to the end."""
    keys = Key(0, x, y, width, height), Key(SECONDS * SECOND, x, y, width, height)
    return Region(part, "wide", shape, cover, keys)


def black_and_bleep(part: str) -> Redaction:
    moving = Region(part, "wide", "rectangle", "black", PATH)
    return replace(NOTHING, regions=(moving,), bleeps=(Span(part, 1_200_000, 2_100_000),))


def disguised(part: str, voice: str, edits: Redaction) -> Redaction:
    """With another voice, and a bleep."""
    return replace(edits, voice=voice, bleeps=(Span(part, 1_500_000, 2_500_000),))


def pixelated_beside_blurred(part: str) -> Redaction:
    """Two ellipses, side by side; a lower voice."""
    left = still(part, 2000, 2000, 3300, 6000, "ellipse", "pixelate")
    right = still(part, 5500, 2000, 4300, 6000, "ellipse", "blur")
    return disguised(part, "lower", replace(NOTHING, regions=(left, right)))


def inside(region: Region, picture: int, by: int) -> tuple[slice, slice]:
    """The rows and columns of a region in the film's picture `picture`, `by` points within its edges."""
    key = region.at(picture * SECOND // 25)
    assert key is not None
    left, top = key.x * WIDTH // 10_000, key.y * HEIGHT // 10_000
    right, bottom = (key.x + key.width) * WIDTH // 10_000, (key.y + key.height) * HEIGHT // 10_000
    return slice(top + by, bottom - by), slice(left + by, right - by)


def ellipse(rows: slice, columns: slice) -> numpy.ndarray:
    """Which points of a box lie in the ellipse that fills it."""
    down = numpy.linspace(-1, 1, rows.stop - rows.start)[:, None]
    across = numpy.linspace(-1, 1, columns.stop - columns.start)[None, :]
    return down**2 + across**2 <= 1


async def test_black_hides_every_point_of_a_moving_region_in_every_picture(studio: Studio) -> None:
    edits = black_and_bleep(studio.part)
    [box] = edits.regions
    hidden = await studio.seen(await studio.redacted(edits))
    shown = await studio.seen(await studio.composed(ALONE))
    assert len(hidden.pictures) == len(shown.pictures) == PICTURES
    for number, picture in enumerate(hidden.pictures):
        rows, columns = inside(box, number, 0)
        assert picture[rows, columns].max() < 40, f"picture {number}"
        assert shown.pictures[number][rows, columns].std() > 20
        far = numpy.ones((HEIGHT, WIDTH), bool)  # and nothing else than where it was and soon will be
        for beside in range(max(number - 50, 0), min(number + 15, PICTURES)):
            down, across = inside(box, beside, -40)
            far[max(down.start, 0) : down.stop, max(across.start, 0) : across.stop] = False
        apart = abs(picture[:HEIGHT].astype(int) - shown.pictures[number][:HEIGHT].astype(int))
        assert apart[far].mean() < 6


@pytest.mark.parametrize("cover", ["pixelate", "blur"])
async def test_what_is_blurred_or_pixelated_has_one_value_for_each_block_and_no_more(
    studio: Studio, cover: str
) -> None:
    edits = pixelated_beside_blurred(studio.part)
    [face] = [region for region in edits.regions if region.cover == cover]
    hidden = await studio.seen(await studio.redacted(edits))
    shown = await studio.seen(await studio.composed(ALONE))
    rows, columns = inside(face, 0, 0)
    within = ellipse(rows, columns)
    for number in range(5, PICTURES - 5):
        picture, was = (one.pictures[number][rows, columns].astype(float) for one in (hidden, shown))
        fine = abs(numpy.diff(picture, axis=1))[:, :][within[:, 1:] & within[:, :-1]]
        before = abs(numpy.diff(was, axis=1))[within[:, 1:] & within[:, :-1]]
        assert before.max() > 80
        if cover == "pixelate":  # steps lie between blocks alone
            edges = numpy.arange(columns.start + 1, columns.stop) % BLOCK == 0
            steps = abs(numpy.diff(picture, axis=1))[:, ~edges][(within[:, 1:] & within[:, :-1])[:, ~edges]]
            assert numpy.percentile(steps, 99) < 12
        else:
            assert fine.max() < 40
            assert numpy.percentile(fine, 99) < 12


async def test_the_whole_picture_made_coarse(studio: Studio) -> None:
    coarse = await studio.redacted(disguised(studio.part, "higher", COARSE))
    for picture in (await studio.seen(coarse)).pictures:
        assert abs(numpy.diff(picture[:HEIGHT].astype(int), axis=1)).max() < 40
        assert picture[HEIGHT + 5 : HEIGHT + 35, :300].max() > 200  # the clock is not hidden


async def test_nothing_of_what_is_black_lies_in_the_blocks_beside_it(studio: Studio) -> None:
    hidden = still(studio.part, 2500, 2500, 2500, 2500, "rectangle", "black")
    row = await studio.redacted(replace(COARSE, regions=(hidden,)))
    plain = await studio.redacted(disguised(studio.part, "higher", COARSE))
    picture, other = [(await studio.seen(one)).pictures[20] for one in (row, plain)]
    rows, columns = inside(hidden, 0, 0)
    assert picture[rows, columns].max() < 40
    edge = slice(columns.start - 12, columns.start - 2)  # darker: half was black
    assert picture[rows, edge].mean() < other[rows, edge].mean() - 20


async def test_a_bleep_leaves_nothing_but_its_tone(studio: Studio) -> None:
    heard = (await studio.seen(await studio.redacted(black_and_bleep(studio.part)))).sound
    was = (await studio.seen(await studio.composed(ALONE))).sound
    tone = {at: loudness(heard, 1000, at) for at in (0.5, 1.25, 1.6, 2.0, 2.7)}
    voice = {at: loudness(heard, 220, at) for at in tone}
    spoken = loudness(was, 220, 1.6)
    assert spoken > 0.004
    for at in (1.25, 1.6, 2.0):
        assert voice[at] < spoken / 300
        assert tone[at] > 0.05
    for at in (0.5, 2.7):
        assert voice[at] > spoken / 1.5
        assert tone[at] < spoken / 100


async def test_a_changed_voice_is_another_and_stays_in_its_place(studio: Studio) -> None:
    spoken = loudness((await studio.seen(await studio.composed(ALONE))).sound, 220, 0.7)
    for edits, pitch in (
        (pixelated_beside_blurred(studio.part), 48_000 / 512),
        (disguised(studio.part, "higher", COARSE), 48_000 / 256),
    ):
        heard = (await studio.seen(await studio.redacted(edits))).sound
        assert abs(len(heard) / RATE - SECONDS) < 0.1
        assert loudness(heard, 220, 0.7, 0.5) < spoken / 50
        assert max(loudness(heard, pitch * times, 0.7, 0.5) for times in (1, 2, 3)) > spoken / 10
        assert loudness(heard, 1000, 1.3) < spoken / 50  # the bleep is where it was asked for
        assert loudness(heard, 1000, 2.0) > 0.05


async def test_a_cut_leaves_no_picture_and_no_sound_of_its_seconds(studio: Studio) -> None:
    cut = Span(studio.part, 1_150_000, 1_950_000)
    row = await studio.redacted(replace(NOTHING, cuts=(cut,)))
    left_of_it = await studio.seen(row)
    whole = await studio.seen(await studio.composed(ALONE))
    assert [orders.span_of(one) for one in row.sources] == [
        (0, cut.begin),
        (cut.end, SECONDS * SECOND),
    ]
    assert abs(left_of_it.seconds - (SECONDS - 0.8 + 2)) < 0.15
    gone = [picture[:HEIGHT:3, ::3].astype(int) for picture in whole.pictures[29:49]]
    card = left_of_it.pictures[50]
    assert card[:200].std() < 3
    remaining = [picture for picture in left_of_it.pictures if picture[:200].std() > 3]
    shown = [picture[:HEIGHT:3, ::3].astype(int) for picture in remaining]
    assert len(shown) >= 53
    for picture in shown:
        assert min(abs(picture - other).mean() for other in gone) > 2


async def test_nothing_of_the_original_lies_in_the_file(studio: Studio) -> None:
    content = await content_of(studio.room, (await studio.redacted(NOTHING)).id)

    def pieces() -> list[bytes]:
        viewing = gateway.view(studio.room.center, studio.room.prosecutor, studio.part, "review")
        recording = viewing.recording
        media = [record for record in recording.records if record.kind == "media"]
        return [opened for _, _, opened in decrypted(studio.room.center, recording, viewing._stated, media)]

    # Behind what the encoder says of itself, which both films say.
    windows = {
        piece[at : at + 24] for piece in await asyncio.to_thread(pieces) for at in range(2000, len(piece), 97)
    }
    assert len(windows) > 500
    assert windows.isdisjoint(content[at : at + 24] for at in range(len(content) - 23))


async def test_the_same_list_gives_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    first = await studio.redacted(studio.for_the_defence)
    second = await redacted(studio.room, studio.folder, studio.for_the_defence)
    assert first.id != second.id
    assert await content_of(studio.room, first.id) == await content_of(studio.room, second.id)


async def test_it_leaves_the_house_only_once_a_second_person_has_accepted_it(
    studio: Studio, tmp_path: Path
) -> None:
    row = await studio.redacted(disguised(studio.part, "higher", COARSE))
    room = studio.room.copied(tmp_path)
    center = room.center
    second = await asyncio.to_thread(colleague, room)

    def check(person: Person, accepted: bool) -> Derivative:
        return reviews.check(center, person, row.id, accepted=accepted)

    with pytest.raises(NotAccepted):
        gateway.exportable(center, room.prosecutor, [ItemExtent(row.id)], "disclosure")
    with pytest.raises(OwnRequest):
        check(room.prosecutor, True)
    with pytest.raises(WrongState):  # who has not looked at it
        check(second, True)
    with pytest.raises(Forbidden):
        check(room.court, True)
    gateway.view(center, second, row.id, "review")
    check(second, False)
    with pytest.raises(NotAccepted):
        gateway.exportable(center, room.prosecutor, [ItemExtent(row.id)], "disclosure")
    kept = check(second, True)
    assert (kept.accepted, kept.checked_by) == (True, second.id)
    package = await left(room, tmp_path, [row.id])
    report = proved(room, package)
    [told] = report.files
    assert told.recipe is not None
    assert told.recipe.kind == "redacted-film"
    assert "derivatives.unchecked" not in {one.code for one in render.not_proved(report)}
    assert "It is a redacted film that the center made, not the master." in render.text(report)
    assert "it was looked at and accepted, by a second person" in render.text(report)


async def test_who_worked_on_the_list_does_not_accept_the_film_whoever_ordered_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, center = empty_room, empty_room.center
    await film(room, 1)
    second = await asyncio.to_thread(colleague, room)

    def order() -> Derivative:
        begun = edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
        edits = COARSE.to_json()
        edit_lists.change(center, room.prosecutor, begun.id, 1, edits)
        return edit_lists.order(center, second, begun.id, 2, "disclosure")

    row = await made(room, tmp_path / "scratch", order)
    for author in (room.prosecutor, second):
        gateway.view(center, author, row.id, "review")
        with pytest.raises(OwnRequest):
            reviews.check(center, author, row.id, accepted=True)


async def test_a_part_that_was_sealed_after_the_list_was_begun_is_in_no_film_of_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, center = empty_room, empty_room.center
    with pytest.raises(WrongState):
        edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
    part = await pretended_film(room, 2)
    begun = edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
    later = await pretended_film(room, 2)
    with pytest.raises(Refused):
        edits = replace(NOTHING, bleeps=(Span(later, 0, SECOND),)).to_json()
        edit_lists.change(center, room.prosecutor, begun.id, 1, edits)
    row = edit_lists.order(center, room.prosecutor, begun.id, 1, "disclosure")
    assert [one["evidence"] for one in row.sources] == [part]


async def test_the_order_in_the_ledger_and_no_clock_says_which_word_is_the_newest(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await studio.redacted(disguised(studio.part, "higher", COARSE))
    room = studio.room.copied(tmp_path)
    center = room.center
    second = await asyncio.to_thread(colleague, room)
    gateway.view(center, second, row.id, "review")
    reviews.check(center, second, row.id, accepted=True)
    earlier = custody_log.now() - timedelta(hours=1)
    monkeypatch.setattr(custody_log, "now", lambda: earlier)  # the clock was set back
    refused = reviews.check(center, second, row.id, accepted=False)
    assert refused.accepted is False
    with pytest.raises(NotAccepted):
        gateway.exportable(center, room.prosecutor, [ItemExtent(row.id)], "disclosure")


async def test_a_list_is_changed_by_one_after_the_other(empty_room: CourtRoom) -> None:
    room, center = empty_room, empty_room.center
    part = await pretended_film(room, 2)
    second = await asyncio.to_thread(colleague, room)
    begun = edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
    edits = replace(NOTHING, bleeps=(Span(part, 0, SECOND),))
    kept = edit_lists.change(center, second, begun.id, 1, edits.to_json())
    assert (kept.version, kept.changed_by, Redaction.parse(kept.edits)) == (2, second.id, edits)
    with pytest.raises(ListMovedOn):
        edit_lists.change(center, room.prosecutor, begun.id, 1, NOTHING.to_json())
    with pytest.raises(ListMovedOn):
        edit_lists.order(center, room.prosecutor, begun.id, 1, "hearing")
    elsewhere = replace(NOTHING, cuts=(Span("e9" * 16, 0, SECOND),))
    with pytest.raises(Refused):
        edit_lists.change(center, second, begun.id, 2, elsewhere.to_json())
    everything = replace(NOTHING, cuts=(Span(part, 0, 3 * SECOND),))
    edit_lists.change(center, second, begun.id, 2, everything.to_json())
    with pytest.raises(Refused, match="leave nothing"):
        edit_lists.order(center, second, begun.id, 3, "hearing")
    with pytest.raises(Forbidden):
        edit_lists.get(center, room.court, begun.id)
    assert kept.authors == [room.prosecutor.id, second.id]
    assert [one.id for one in edit_lists.of_interview(center, second, room.interview.id)] == [begun.id]
