"""A redacted film: what its edit list leaves out is in none of its pictures, sounds, seconds and bytes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy
import pytest

from casework import cases, custody_log, derivative_checks, derivatives, edit_lists, evidence, people
from casework.errors import Forbidden, ListMovedOn, NotAccepted, OwnRequest, Refused, WrongState
from casework.evidence import Wanted
from casework.film_plan import Edits
from casework.models import Derivative, Person, Role
from casework.opened import decrypted, recording_of
from casework.redacting import BLOCK
from casework.redaction import Key, Redaction, Region, Span
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import film
from tests.unit.player.test_composed_films import RATE, Seen, content_of, left, made, made_of, proved

ALONE = Edits("one", ("wide",), ("microphone",), 120)
NOTHING = Redaction.of_film(ALONE)
SECOND = 1_000_000
WIDTH, HEIGHT = 1280, 720
PATH = (
    Key(0, 1000, 1000, 2000, 3000),
    Key(4 * SECOND, 6000, 5000, 3000, 3000),
    Key(6 * SECOND, 0, 0, 2000, 3000),
)
"""Over the picture from the upper left to the lower right, and back to its corner."""


async def redacted(room: CourtRoom, folder: Path, redaction: Redaction) -> Derivative:
    def order() -> Derivative:
        center, person = room.center, room.prosecutor
        begun = edit_lists.begin(center, person, room.interview.id, redaction.film)
        kept = edit_lists.change(center, person, begun.id, begun.version, redaction.to_json())
        return edit_lists.order(center, person, kept.id, kept.version, "disclosure")

    return await made(room, folder, order)


async def seen(room: CourtRoom, row: Derivative) -> Seen:
    return Seen.of(await content_of(room, row.id))


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


async def test_black_hides_every_point_of_a_moving_region_in_every_picture(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await film(empty_room, 6)
    box = Region(part, "wide", "rectangle", "black", PATH)
    row = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, regions=(box,)))
    plain = await made_of(empty_room, tmp_path / "workshop", ALONE)
    hidden, shown = await seen(empty_room, row), await seen(empty_room, plain)
    assert len(hidden.pictures) == len(shown.pictures) == 150
    for number, picture in enumerate(hidden.pictures):
        rows, columns = inside(box, number, 0)
        assert picture[rows, columns].max() < 40, f"picture {number}"
        assert shown.pictures[number][rows, columns].std() > 20
        far = numpy.ones((HEIGHT, WIDTH), bool)  # and nothing else than where it was and soon will be
        for beside in range(max(number - 50, 0), min(number + 15, 150)):
            down, across = inside(box, beside, -40)
            far[max(down.start, 0) : down.stop, max(across.start, 0) : across.stop] = False
        apart = abs(picture[:HEIGHT].astype(int) - shown.pictures[number][:HEIGHT].astype(int))
        assert apart[far].mean() < 6


@pytest.mark.parametrize("cover", ["pixelate", "blur"])
async def test_what_is_blurred_or_pixelated_has_one_value_for_each_block_and_no_more(
    empty_room: CourtRoom, tmp_path: Path, cover: str
) -> None:
    part = await film(empty_room, 3)
    still = (Key(0, 2000, 2000, 5000, 6000), Key(3 * SECOND, 2000, 2000, 5000, 6000))
    face = Region(part, "wide", "ellipse", cover, still)
    row = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, regions=(face,)))
    plain = await made_of(empty_room, tmp_path / "workshop", ALONE)
    hidden, shown = await seen(empty_room, row), await seen(empty_room, plain)
    rows, columns = inside(face, 0, 0)
    within = ellipse(rows, columns)
    for number in range(5, 70):
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


async def test_the_whole_picture_made_coarse(empty_room: CourtRoom, tmp_path: Path) -> None:
    await film(empty_room, 2)
    row = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, blur=True))
    for picture in (await seen(empty_room, row)).pictures:
        assert abs(numpy.diff(picture[:HEIGHT].astype(int), axis=1)).max() < 40
        assert picture[HEIGHT + 5 : HEIGHT + 35, :300].max() > 200  # the clock is not hidden


async def test_a_bleep_leaves_nothing_but_its_tone(empty_room: CourtRoom, tmp_path: Path) -> None:
    part = await film(empty_room, 4)
    bleep = Span(part, 1_200_000, 2_100_000)
    row = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, bleeps=(bleep,)))
    heard, was = (
        (await seen(empty_room, row)).sound,
        (await seen(empty_room, await made_of(empty_room, tmp_path / "workshop", ALONE))).sound,
    )
    tone = {at: loudness(heard, 1000, at) for at in (0.5, 1.25, 1.6, 2.0, 3.0)}
    voice = {at: loudness(heard, 220, at) for at in tone}
    spoken = loudness(was, 220, 1.6)
    assert spoken > 0.004
    for at in (1.25, 1.6, 2.0):
        assert voice[at] < spoken / 300
        assert tone[at] > 0.05
    for at in (0.5, 3.0):
        assert voice[at] > spoken / 1.5
        assert tone[at] < spoken / 100


async def test_a_changed_voice_is_another_and_stays_in_its_place(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await film(empty_room, 4)
    silent = Span(part, 1_500_000, 2_500_000)
    was = (await seen(empty_room, await made_of(empty_room, tmp_path / "workshop", ALONE))).sound
    spoken = loudness(was, 220, 0.7)
    for voice, pitch in (("lower", 48_000 / 512), ("higher", 48_000 / 256)):
        edits = replace(NOTHING, voice=voice, bleeps=(silent,))
        row = await redacted(empty_room, tmp_path / "workshop", edits)
        heard = (await seen(empty_room, row)).sound
        assert abs(len(heard) / RATE - 4) < 0.1
        assert loudness(heard, 220, 0.7, 0.5) < spoken / 50
        assert max(loudness(heard, pitch * times, 0.7, 0.5) for times in (1, 2, 3)) > spoken / 10
        assert loudness(heard, 1000, 1.3) < spoken / 50  # the bleep is where it was asked for
        assert loudness(heard, 1000, 2.0) > 0.05


async def test_a_cut_leaves_no_picture_and_no_sound_of_its_seconds(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await film(empty_room, 6)
    cut = Span(part, 1_950_000, 4_030_000)
    row = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, cuts=(cut,)))
    plain = await made_of(empty_room, tmp_path / "workshop", ALONE)
    left_of_it, whole = await seen(empty_room, row), await seen(empty_room, plain)
    assert [derivatives.span_of(one) for one in row.sources] == [(0, cut.begin), (cut.end, 6 * SECOND)]
    assert abs(left_of_it.seconds - (6 - 2.08 + 2)) < 0.15
    gone = [picture[:HEIGHT:3, ::3].astype(int) for picture in whole.pictures[49:101]]
    card = left_of_it.pictures[70]
    assert card[:200].std() < 3
    still = [picture for picture in left_of_it.pictures if picture[:200].std() > 3]
    shown = [picture[:HEIGHT:3, ::3].astype(int) for picture in still]
    assert len(shown) >= 95
    for picture in shown:
        assert min(abs(picture - other).mean() for other in gone) > 2


async def test_nothing_of_the_original_lies_in_the_file(empty_room: CourtRoom, tmp_path: Path) -> None:
    part = await film(empty_room, 3)
    row = await redacted(empty_room, tmp_path / "workshop", NOTHING)
    content = await content_of(empty_room, row.id)

    def pieces() -> list[bytes]:
        recording = recording_of(empty_room.center, part)
        media = [record for record in recording.records if record.kind == "media"]
        return [opened for _, _, opened in decrypted(empty_room.center, recording, media)]

    # Behind what the encoder says of itself, which both films say.
    windows = {
        piece[at : at + 24] for piece in await asyncio.to_thread(pieces) for at in range(2000, len(piece), 97)
    }
    assert len(windows) > 500
    assert not [window for window in windows if window in content]


async def test_the_same_list_gives_the_same_bytes(empty_room: CourtRoom, tmp_path: Path) -> None:
    part = await film(empty_room, 3)
    edits = replace(
        NOTHING,
        voice="lower",
        regions=(Region(part, "wide", "ellipse", "blur", PATH),),
        bleeps=(Span(part, SECOND, 2 * SECOND),),
        cuts=(Span(part, 2_200_000, 2_600_000),),
    )
    rows = [await redacted(empty_room, tmp_path / "workshop", edits) for _ in range(2)]
    first, second = [await content_of(empty_room, row.id) for row in rows]
    assert first == second


async def test_it_leaves_the_house_only_once_a_second_person_has_accepted_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, center = empty_room, empty_room.center
    await film(room, 2)
    row = await redacted(room, tmp_path / "workshop", replace(NOTHING, blur=True))
    second = await asyncio.to_thread(colleague, room)

    def check(person: Person, accepted: bool) -> Derivative:
        return derivative_checks.check(center, person, row.id, accepted=accepted)

    with pytest.raises(NotAccepted):
        evidence.exportable(center, room.prosecutor, [Wanted(row.id)], "disclosure")
    with pytest.raises(OwnRequest):
        check(room.prosecutor, True)
    with pytest.raises(WrongState):  # who has not looked at it
        check(second, True)
    with pytest.raises(Forbidden):
        check(room.court, True)
    derivatives.open_one(center, second, row.id, "review")
    check(second, False)
    with pytest.raises(NotAccepted):
        evidence.exportable(center, room.prosecutor, [Wanted(row.id)], "disclosure")
    kept = check(second, True)
    assert (kept.accepted, kept.checked_by) == (True, second.id)
    package = await left(room, tmp_path, [row.id])
    report = proved(room, package)
    [told] = report.files
    assert told.recipe is not None
    assert told.recipe.kind == "redacted-film"
    assert "derivatives.unchecked" not in {one.code for one in report.not_proved}
    assert "It is a redacted film that the center made, not the master." in report.text()
    assert "it was looked at and accepted, by a second person" in report.text()


async def test_who_worked_on_the_list_does_not_accept_the_film_whoever_ordered_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, center = empty_room, empty_room.center
    await film(room, 2)
    second = await asyncio.to_thread(colleague, room)

    def order() -> Derivative:
        begun = edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
        edits = replace(NOTHING, blur=True).to_json()
        edit_lists.change(center, room.prosecutor, begun.id, 1, edits)
        return edit_lists.order(center, second, begun.id, 2, "disclosure")

    row = await made(room, tmp_path / "workshop", order)
    for author in (room.prosecutor, second):
        derivatives.open_one(center, author, row.id, "review")
        with pytest.raises(OwnRequest):
            derivative_checks.check(center, author, row.id, accepted=True)


async def test_a_part_that_was_sealed_after_the_list_was_begun_is_in_no_film_of_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, center = empty_room, empty_room.center
    with pytest.raises(WrongState):
        edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
    part = await film(room, 2)
    begun = edit_lists.begin(center, room.prosecutor, room.interview.id, ALONE)
    later = await film(room, 2)
    with pytest.raises(Refused):
        edits = replace(NOTHING, bleeps=(Span(later, 0, SECOND),)).to_json()
        edit_lists.change(center, room.prosecutor, begun.id, 1, edits)
    row = edit_lists.order(center, room.prosecutor, begun.id, 1, "disclosure")
    assert [one["evidence"] for one in row.sources] == [part]


async def test_the_order_in_the_ledger_and_no_clock_says_which_word_is_the_newest(
    empty_room: CourtRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, center = empty_room, empty_room.center
    await film(room, 2)
    row = await redacted(room, tmp_path / "workshop", replace(NOTHING, blur=True))
    second = await asyncio.to_thread(colleague, room)
    derivatives.open_one(center, second, row.id, "review")
    derivative_checks.check(center, second, row.id, accepted=True)
    earlier = custody_log.now() - timedelta(hours=1)
    monkeypatch.setattr(custody_log, "now", lambda: earlier)  # the clock was set back
    refused = derivative_checks.check(center, second, row.id, accepted=False)
    assert refused.accepted is False
    with pytest.raises(NotAccepted):
        evidence.exportable(center, room.prosecutor, [Wanted(row.id)], "disclosure")


async def test_nothing_of_what_is_black_lies_in_the_blocks_beside_it(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await film(empty_room, 2)
    places = (Key(0, 2500, 2500, 2500, 2500), Key(2 * SECOND, 2500, 2500, 2500, 2500))
    hidden = Region(part, "wide", "rectangle", "black", places)
    row = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, blur=True, regions=(hidden,)))
    plain = await redacted(empty_room, tmp_path / "workshop", replace(NOTHING, blur=True))
    picture, other = [(await seen(empty_room, one)).pictures[20] for one in (row, plain)]
    rows, columns = inside(hidden, 0, 0)
    assert picture[rows, columns].max() < 40
    edge = slice(columns.start - 12, columns.start - 2)  # darker: half was black
    assert picture[rows, edge].mean() < other[rows, edge].mean() - 20


async def test_a_list_is_changed_by_one_after_the_other(empty_room: CourtRoom) -> None:
    room, center = empty_room, empty_room.center
    part = await film(room, 2)
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


def colleague(room: CourtRoom) -> Person:
    person = people.add(room.center, room.administrator, "Person B", Role.PROSECUTOR)
    cases.give(room.center, room.prosecutor, room.case.id, person.id)
    return person


def loudness(sound: numpy.ndarray, pitch: float, at: float, seconds: float = 0.08) -> float:
    """How loud one pitch is in a film's sound at a time: the amplitude of that sine."""
    first = int(at * RATE)
    piece = sound[first : first + int(seconds * RATE)]
    turn = numpy.exp(-2j * numpy.pi * pitch * numpy.arange(len(piece)) / RATE)
    return float(2 * abs((piece * turn * numpy.hanning(len(piece))).sum()) / (len(piece) / 2))
