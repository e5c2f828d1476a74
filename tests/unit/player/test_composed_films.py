"""One film of an interview: what it shows, what it hides from nobody, and that it names its masters."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import av
import numpy
import pytest

from casework import (
    cases,
    composing,
    derivatives,
    disposals,
    evidence,
    film_program,
    history,
    passages,
    people,
    photographs,
)
from casework.errors import ExcludedWithin, Forbidden, Missing, NotGranted, PassageExcluded, StillKept
from casework.evidence import Wanted
from casework.film_graph import STRIP, Card
from casework.film_plan import Edits
from casework.models import Derivative, DerivativeState, Role
from chain_of_custody.derivatives import Recipe
from chain_of_custody.files import ORIGINAL
from chain_of_custody.records import SALT_SIZE
from chain_of_custody.report import Report
from chain_of_custody.sources import FolderSource
from chain_of_custody.statements import SignedStatement
from chain_of_custody.verify import verify
from player.cards import draw
from player.court_package import deliver, wanted
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import EDITS, film
from vault import sealing

RATE = 48_000


async def made_of(room: CourtRoom, folder: Path, edits: Edits = EDITS, **options: object) -> Derivative:
    def order() -> Derivative:
        return derivatives.order(
            room.center,
            room.prosecutor,
            room.interview.id,
            edits,
            "hearing",
            **options,  # type: ignore[arg-type]
        )

    return await made(room, folder, order)


async def made(room: CourtRoom, folder: Path, order: Callable[[], Derivative]) -> Derivative:
    program = film_program.found()
    assert program is not None

    def work() -> Derivative:
        folder.mkdir(exist_ok=True)
        row = order()
        composing.compose(
            room.center, row, program, folder, draw, lambda done, total: None, threading.Event()
        )
        return derivatives.get(room.center, room.prosecutor, row.id)

    return await asyncio.to_thread(work)


async def content_of(room: CourtRoom, item: str) -> bytes:
    """The film, as its page opens it."""

    def work() -> bytes:
        viewing = derivatives.open_one(room.center, room.prosecutor, item, "hearing")
        indices = [record.index for record in viewing.recording.records if record.track == ORIGINAL]
        keys = viewing.message_keys(indices)
        opened = [
            sealing.open_with_message_key(key, viewing.message(index))[SALT_SIZE:]
            for key, index in zip(keys, indices, strict=True)
        ]
        return b"".join(opened)

    return await asyncio.to_thread(work)


@dataclass
class Seen:
    """A film as a player shows it."""

    pictures: list[numpy.ndarray]
    seconds: float
    sound: numpy.ndarray

    @classmethod
    def of(cls, content: bytes) -> Seen:
        with av.open(io.BytesIO(content)) as opened:
            pictures = [frame.to_ndarray(format="gray") for frame in opened.decode(video=0)]
            seconds = float((opened.duration or 0) / av.time_base)
        with av.open(io.BytesIO(content)) as opened:
            sound = numpy.concatenate([frame.to_ndarray().ravel() for frame in opened.decode(audio=0)])
        return cls(pictures, seconds, sound)

    def at(self, second: float) -> numpy.ndarray:
        return self.pictures[int(second * 25)]


async def test_two_parts_become_one_film_that_shows_what_is_missing(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    first = await film(room, 6, without=frozenset((2, 3)))
    second = await film(room, 3)
    row = await made_of(room, tmp_path / "workshop")
    assert row.state is DerivativeState.MADE
    assert [one["evidence"] for one in row.sources] == [first, second]
    seen = Seen.of(await content_of(room, row.id))
    assert abs(seen.seconds - 13) < 0.1  # six, four of the break, three
    assert {picture.shape for picture in seen.pictures} == {(760, 1280)}
    moving, card, pause = seen.at(1), seen.at(3), seen.at(8)
    assert moving[:150].std() > 40  # the first camera
    assert card[:150].std() < 3  # a card, instead of a picture that stands still
    assert card[300:500, 300:980].max() > 200  # with words on it
    assert pause[:200].std() < 3
    assert seen.at(11)[:150].std() > 40
    for picture in (moving, card):  # the small camera, and the clock
        assert picture[530:700, 950:1260].std() > 30
        assert picture[725:755, :300].max() > 200
    heard = [abs(seen.sound[at * RATE : (at + 1) * RATE]).max() for at in (1, 3, 7, 11)]
    assert [loud > 0.01 for loud in heard] == [True, True, False, True]


async def test_the_clock_goes_on_second_by_second(empty_room: CourtRoom, tmp_path: Path) -> None:
    await film(empty_room, 3)
    row = await made_of(empty_room, tmp_path / "workshop")
    seen = Seen.of(await content_of(empty_room, row.id))
    clocks = [picture[725:755, :300].astype(int) for picture in seen.pictures]
    ticks = [at for at in range(1, len(clocks)) if (abs(clocks[at] - clocks[at - 1]) > 100).sum() > 20]
    assert len(ticks) in (2, 3)  # the film does not begin with a second of the day
    assert {later - earlier for earlier, later in pairwise(ticks)} == {25}


async def test_the_same_edits_give_the_same_bytes_and_whoever_has_the_package_makes_them_again(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    await film(room, 3)
    rows = [await made_of(room, tmp_path / "workshop") for _ in range(2)]
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


async def test_an_excerpt_shows_no_picture_of_before_or_after(empty_room: CourtRoom, tmp_path: Path) -> None:
    room = empty_room
    part = await film(room, 6)
    span = (2_500_000, 4_000_000)
    row = await made_of(room, tmp_path / "workshop", spans={part: span})
    whole = await made_of(room, tmp_path / "workshop")
    cut, all_of_it = [Seen.of(await content_of(room, one.id)) for one in (row, whole)]
    assert abs(cut.seconds - 1.5) < 0.1
    for at in (0.1, 0.7, 1.4):  # the same picture at the same time, to a picture
        shown, beside = cut.at(at)[:500].astype(int), (at + 2.46, at + 2.5, at + 2.54)
        near = [abs(shown - all_of_it.at(second)[:500]).mean() for second in beside]
        assert min(near) < 8
    assert [derivatives.span_of(one) for one in row.sources] == [span]


async def test_nobody_but_who_may_view_the_testimony_opens_it_and_each_opening_is_stated(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await film(room, 2)
    row = await made_of(room, tmp_path / "workshop")
    await content_of(room, row.id)
    assert stated(room, part)[-1] == ("evidence.viewed", "derivation")
    assert stated(room, row.id) == [("derivative.made", "hearing"), ("evidence.viewed", "hearing")]
    nurse = people.add(room.center, room.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(room.center, room.prosecutor, room.case.id, nurse.id)
    with pytest.raises(Forbidden):
        derivatives.open_one(room.center, nurse, row.id, "hearing")
    with pytest.raises(Forbidden):
        derivatives.order(room.center, nurse, room.interview.id, EDITS, "hearing")
    with pytest.raises(NotGranted):  # all recordings were granted to the court, and by that no copy of them
        derivatives.open_one(room.center, room.court, row.id, "hearing")
    with pytest.raises(Missing):
        photographs.open_one(room.center, nurse, row.id, "review")
    assert photographs.listed(room.center, nurse, room.case.id) == []


async def test_what_a_court_excludes_afterwards_is_shown_by_no_copy_either(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    part = await film(room, 4)
    row, early = [
        await made_of(room, tmp_path / "workshop", spans={part: span}) for span in (None, (0, 1_000_000))
    ]
    interviewer = people.add(room.center, room.administrator, "Person I", Role.INTERVIEWER)
    cases.give(room.center, room.prosecutor, room.case.id, interviewer.id)
    derivatives.open_one(room.center, interviewer, row.id, "hearing")
    passages.exclude(
        room.center, room.prosecutor, part, (2_000_000, 4_000_000), reason="question", reference="order 1"
    )
    with pytest.raises(PassageExcluded):
        derivatives.open_one(room.center, interviewer, row.id, "hearing")
    derivatives.open_one(room.center, interviewer, early.id, "hearing")
    derivatives.open_one(room.center, room.prosecutor, row.id, "hearing")
    for item in (row.id, part):
        with pytest.raises(ExcludedWithin):
            evidence.exportable(room.center, room.prosecutor, [Wanted(item)], "hearing")
    evidence.exportable(room.center, room.prosecutor, [Wanted(row.id)], "hearing", excluded=True)
    with pytest.raises(ExcludedWithin):
        derivatives.order(room.center, room.prosecutor, room.interview.id, EDITS, "hearing")


async def test_no_recording_is_destroyed_while_a_copy_of_it_is_left(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    part = await film(empty_room, 2)
    row = await made_of(empty_room, tmp_path / "workshop")
    with pytest.raises(StillKept, match=row.id):
        disposals.request(empty_room.center, empty_room.prosecutor, part, reason="court-order", reference="7")


def stated(room: CourtRoom, about: str) -> list[tuple[str, str]]:
    leaves = history.chain(room.center, about).values()
    statements = [SignedStatement.parse(leaf).statement for leaf in leaves]
    return [(one.type, one.purpose) for one in statements]


async def left(room: CourtRoom, folder: Path, ids: list[str]) -> Path:
    """The folder of a package of these."""

    def work() -> Path:
        workshop = folder / "workshop"
        items = wanted(room.center, room.prosecutor, ids)
        made = deliver(room.center, room.prosecutor, items, "hearing", folder / "stick", workshop, plain=True)
        return made.folder / "testimony"

    return await asyncio.to_thread(work)


def proved(room: CourtRoom, package: Path) -> Report:
    return verify(FolderSource(package), evidence.policy(room.center))


def graph_cards(recipe: Recipe) -> list[Card]:
    """The cards of a film of one whole part of three seconds with no hole, by its recipe."""
    label = {"evidence": recipe.sources[0].evidence[:8], "offset": "UTC+02:00", "part": "1"}
    return [Card("card-1.png", "label", (1280, STRIP), label)]
