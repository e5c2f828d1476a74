"""Comparison sheets: one scale to the point, the same bytes each time, and of the originals points alone."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from amana.cli import main
from casework.comparison_sheets import layout, renderer, renderer_child, rendering, sheets
from casework.comparison_sheets.comparison import Comparison
from casework.database.models import Derivative
from casework.errors import Cancelled, PhotographOutside, PhotographUnread
from casework.evidence import gateway
from casework.evidence.derivation import DERIVATION
from casework.ledger import chains
from casework.sandbox import ffmpeg, previews_child
from chain_of_custody.items.recipe import Recipe
from chain_of_custody.report import render
from chain_of_custody.statements.statement import SignedStatement
from player.papers.cards import draw
from player.papers.typeset import FOLDER as PAPERS
from tests.support.centers.court_room import CourtRoom
from tests.support.compared import asked, photographed, sheet, with_a_ruler
from tests.support.media.made_films import content_of, left, proved
from tests.support.media.made_pictures import bomb, endless_tiff
from tests.unit.player.test_exhibit_packages import nurse_of
from tests.unit.player.test_remade import again, otherwise


def pixels(content: bytes) -> numpy.ndarray:
    image = Image.open(io.BytesIO(content))
    return numpy.asarray(image.convert("L")).astype(int)


def planned(room: CourtRoom, row: Derivative) -> layout.Plan:
    return layout.plan_of(sheets.list_of(room.center, row))


def dark_across(grey: numpy.ndarray, box: tuple[int, int, int, int]) -> int:
    """Points across of the ruler in there: those that are nearer to its grey than to the ground's."""
    x, y, wide, high = box
    dark = grey[y : y + high, x : x + wide] < 90
    return int(numpy.median(dark.sum(axis=1)[dark.sum(axis=1) > 100]))


@pytest.mark.starts
async def test_a_bar_of_known_length_has_the_points_that_the_scale_says_in_every_photograph(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, nurse = empty_room, await asyncio.to_thread(nurse_of, empty_room)
    ids = await photographed(
        room,
        nurse,
        with_a_ruler(),  # 500 points are 50 mm
        with_a_ruler((2400, 1800), (300, 900), 777, form="PNG"),  # 777 are 50 mm
        with_a_ruler((1600, 1200), (300, 900), 643, 2, orientation=6),  # 643 are 30 mm
        with_a_ruler((1200, 900), (100, 700), 400, 3),
    )
    row = await sheet(
        room,
        tmp_path / "scratch",
        nurse,
        asked(ids[0]),
        asked(ids[1], (300, 920, 1077, 920, 50_000), (100, 500, 1400, 800)),
        asked(ids[2], (300, 920, 943, 920, 30_000)),
        asked(ids[3], None, (0, 0, 1200, 900), label="the object beside it"),
    )
    plan = planned(room, row)
    per_mm = sheets.list_of(room.center, row).per_cm / 10
    assert per_mm == 10.0
    grey = pixels(await content_of(room, row.id))
    assert grey.shape == (plan.size[1], plan.size[0])
    for cell, millimetres in zip(plan.cells, (50, 50, 30), strict=False):
        assert abs(dark_across(grey, cell.shown) - millimetres * per_mm) <= 1
        assert cell.bar is not None
        x, y, wide, _ = cell.bar
        assert abs(wide - plan.bar / 1000 * per_mm) <= 0.5
        assert (grey[y, x : x + wide] < 60).all()
        assert (grey[y, [x - 2, x + wide + 1]] > 200).all()
    assert plan.cells[3].bar is None
    for cell in plan.cells:  # each has a caption of its own
        x, y, wide, high = cell.caption
        assert (grey[y : y + high, x : x + wide] < 100).sum() > 200


@pytest.mark.starts
async def test_the_same_list_gives_the_same_bytes_and_nothing_of_the_files_but_points(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, nurse = empty_room, await asyncio.to_thread(nurse_of, empty_room)
    first = with_a_ruler(seed=1)
    with Image.open(io.BytesIO(first)) as image:
        exif, thumbnail = image.getexif(), io.BytesIO()
        exif[0x9286] = "a comment that is nobody's business"
        image.resize((160, 120)).save(thumbnail, "JPEG")
        out = io.BytesIO()
        image.save(out, "JPEG", quality=95, exif=exif, comment=b"another comment", xmp=b"<x>third</x>")
    ids = await photographed(room, nurse, out.getvalue(), with_a_ruler(seed=2))
    wanted = [asked(one, label="label of ours", taken="2026-11-18") for one in ids]
    rows = [await sheet(room, tmp_path / "scratch", nurse, *wanted) for _ in range(2)]
    one, other = [await content_of(room, row.id) for row in rows]
    assert one == other
    picture = Image.open(io.BytesIO(one))
    assert set(picture.info) <= {"jfif", "jfif_density", "jfif_unit", "jfif_version"}
    for lost in (b"Exif", b"comment", b"http", b"third", b"Camera", b"label"):
        assert lost not in one
    with room.center.database() as session:
        kept = session.get_one(Derivative, rows[0].id).edits
    assert set(kept or {}) == {"sealed"}
    assert "label of ours" not in json.dumps(kept)


@pytest.mark.starts
async def test_its_statement_names_the_photographs_and_each_was_opened_on_the_record(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, nurse = empty_room, await asyncio.to_thread(nurse_of, empty_room)
    ids = await photographed(room, nurse, with_a_ruler(seed=1), with_a_ruler(seed=2))
    row = await sheet(room, tmp_path / "scratch", nurse, *map(asked, ids))
    [made] = [SignedStatement.parse(leaf).statement for leaf in chains.chain(room.center, row.id).values()]
    assert (made.type, made.actor.id) == ("derivative.made", nurse.id)
    assert (made.body["kind"], made.body["format"], made.body["intimate"]) == (
        "comparison-sheet",
        "jpeg",
        False,
    )
    assert [source["evidence"] for source in made.body["sources"]] == ids
    for one in ids:
        chain = chains.chain(room.center, one).values()
        last = [SignedStatement.parse(leaf).statement for leaf in chain][-1]
        assert (last.type, last.purpose, last.actor.id) == ("evidence.viewed", DERIVATION, nurse.id)


@pytest.mark.starts
async def test_it_leaves_with_its_photographs_is_proved_and_made_once_more_to_the_byte(
    empty_room: CourtRoom,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room, nurse = empty_room, await asyncio.to_thread(nurse_of, empty_room)
    ids = await photographed(
        room, nurse, with_a_ruler(seed=1), with_a_ruler((2400, 1800), long=800, form="PNG")
    )
    row = await sheet(
        room,
        tmp_path / "scratch",
        nurse,
        asked(ids[0], label="day 1", taken="2026-11-18"),
        asked(ids[1], (300, 920, 1100, 920, 50_000), label="اليوم التاسع"),
    )
    package = await left(room, tmp_path, [*ids, row.id])
    report = proved(room, package)
    assert "It is a comparison sheet that the center made, not the master." in render.text(report)
    assert "derivatives.scale" in {one.code for one in render.not_proved(report)}
    [found] = await asyncio.to_thread(again, package, report, tmp_path / "again")
    assert (found.outcome, found.program) == ("same", True)
    assert list((tmp_path / "again").iterdir()) == []
    policy = tmp_path / "policy.txt"
    policy.write_bytes(gateway.policy(room.center).data)
    monkeypatch.setenv("PATH", str(tmp_path))  # no FFmpeg there: it needs none
    assert await asyncio.to_thread(main, ["remake", str(package), "--policy", str(policy)]) == 0
    assert "comparison-sheet: made once more, to the byte" in capsys.readouterr().out

    [told] = [one for one in report.files if one.recipe is not None]
    ordered = replace(report, files=(told, *(one for one in report.files if one is not told)))

    def outcome(change: Callable[[Recipe], Recipe]) -> str:
        [one] = again(package, otherwise(ordered, change), tmp_path / "again")
        return one.outcome

    def coarser(recipe: Recipe) -> Recipe:
        return replace(recipe, edits={**recipe.edits, "per_cm": recipe.edits["per_cm"] - 1})

    lies: list[tuple[str, Callable[[Recipe], Recipe]]] = [
        ("other", lambda recipe: replace(recipe, output=replace(recipe.output, sha256="00" * 32))),
        ("other", lambda recipe: replace(recipe, inputs=recipe.inputs[1:])),
        ("asked-otherwise", coarser),
        ("asked-otherwise", lambda recipe: replace(recipe, edits={})),
        ("asked-otherwise", lambda recipe: replace(recipe, sources=recipe.sources[:1])),
    ]
    for expected, change in lies:
        assert await asyncio.to_thread(outcome, change) == expected
    (tmp_path / "alone" / "scratch").mkdir(parents=True)
    alone = await left(room, tmp_path / "alone", [ids[0], row.id])
    [apart] = await asyncio.to_thread(again, alone, proved(room, alone), tmp_path / "again")
    assert apart.outcome == "not-here"


@pytest.mark.starts
async def test_what_does_not_lie_in_a_photograph_is_refused_and_nothing_is_kept(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room, nurse = empty_room, await asyncio.to_thread(nurse_of, empty_room)
    ids = await photographed(room, nurse, with_a_ruler(seed=1), with_a_ruler(seed=2))
    outside: list[dict[str, Any]] = [
        {"crop": (0, 0, 1601, 1200)},
        {"crop": (1500, 1100, 100, 101)},
        {"mark": (300, 920, 1600, 920, 50_000)},
        {"mark": (300, 920, 800, 1200, 50_000)},
    ]
    for options in outside:
        with pytest.raises(PhotographOutside):
            await sheet(room, tmp_path / "scratch", nurse, asked(ids[0], **options), asked(ids[1]))
        assert not list((tmp_path / "scratch").iterdir()), options


def truncated() -> bytes:
    return with_a_ruler(seed=9)[:6000]


def tall_lie() -> bytes:
    """A JPEG that says it is 60,000 points high."""
    data = bytearray(with_a_ruler(seed=8))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 7] = (60_000).to_bytes(2, "big")
    data[frame + 7 : frame + 9] = (60_000).to_bytes(2, "big")
    return bytes(data)


@pytest.mark.starts
@pytest.mark.parametrize("hostile", [bomb, endless_tiff, truncated, tall_lie])
async def test_hostile_photographs_end_in_a_clear_refusal_within_limits(
    empty_room: CourtRoom, tmp_path: Path, hostile: Callable[[], bytes]
) -> None:
    room, nurse = empty_room, await asyncio.to_thread(nurse_of, empty_room)
    ids = await photographed(room, nurse, hostile(), with_a_ruler(seed=2))
    with pytest.raises((PhotographUnread, PhotographOutside)):  # the endless one has eight points by eight
        await sheet(room, tmp_path / "scratch", nurse, asked(ids[0], None, (0, 0, 64, 64)), asked(ids[1]))
    assert not list((tmp_path / "scratch").iterdir())


LABELS = (
    "",
    "day 1",
    "W" * 60,
    "w " * 29 + "w",
    "اليوم التاسع",
    "م" * 60,
    "#text[*x*] $y$",
    "日本",
    "می\u200cخواهم",
    "{bar} {number}",
)


@pytest.mark.parametrize("label", LABELS)
def test_whatever_people_write_a_caption_is_one_picture_of_its_size(label: str) -> None:
    listed = [{**asked(f"{n:032x}", label=label), "number": 999_999, "added": "2026-11-27"} for n in (1, 2)]
    for per_cm in (10, 100):
        plan = layout.plan_of(Comparison.parse({"per_cm": per_cm, "pictures": listed}))
        drawn = draw(plan.cards)
        for card in plan.cards:
            with Image.open(io.BytesIO(drawn[card.name])) as picture:
                assert picture.size == card.size
                assert numpy.asarray(picture.convert("L")).min() < 120


def test_a_caption_says_in_both_languages_that_the_ruler_is_not_in_what_is_shown() -> None:
    crops = ((0, 0, 1600, 1200), (0, 0, 1600, 920), (0, 0, 1600, 921))  # the mark lies 920 points down
    listed = [
        {**asked(f"{n:032x}", crop=crop), "number": 1, "added": "2026-11-27"} for n, crop in enumerate(crops)
    ]
    cards = layout.plan_of(Comparison.parse({"per_cm": 100, "pictures": listed})).cards[1:]
    plain, off, within = (
        replace(card, name=f"{at}.png", values={**card.values, "letter": "A"})
        for at, card in enumerate(cards)
    )
    drawn = draw([plain, off, within])
    assert drawn["0.png"] == drawn["2.png"]
    grey, line = pixels(drawn["1.png"]), off.size[1] // 8
    bare = pixels(drawn["0.png"])
    both = grey.shape[1] // 2
    added = [grey[2 * line :, half] != bare[2 * line :, half] for half in (slice(0, both), slice(both, None))]
    assert all(half.sum() > 200 for half in added)  # English at the left, Arabic at the right
    words = json.loads((PAPERS / "sheet-words.json").read_text("utf-8"))["no-ruler"]
    assert words["en"] == "The ruler is not in what is shown"
    assert words["ar"]


class Given:
    """A photograph that lies in memory."""

    manifest = "00" * 32

    def __init__(self, data: bytes, format_: str = "jpeg") -> None:
        self.data, self.format = data, format_

    def contents(self) -> Any:
        yield self.data


@pytest.mark.starts
def test_what_is_stopped_ends_and_what_is_no_picture_is_never_begun(tmp_path: Path) -> None:
    import threading

    listed = [{**asked(f"{n:032x}"), "number": n, "added": "2026-11-27"} for n in (1, 2)]
    comparison = Comparison.parse({"per_cm": 100, "pictures": listed})
    photographs = {f"{n:032x}": Given(with_a_ruler(seed=n)) for n in (1, 2)}
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Cancelled):
        rendering.SheetOrder(comparison, photographs).render(tmp_path, draw, stopped=stopped)
    photographs[f"{2:032x}"] = Given(b"%PDF-", "pdf")
    with pytest.raises(PhotographUnread) as unread:
        rendering.SheetOrder(comparison, photographs).render(tmp_path, draw)
    assert unread.value.evidence == f"{2:032x}"
    assert not list(tmp_path.iterdir())


def test_the_program_is_described_by_itself_and_is_no_film_program() -> None:
    by = renderer.described()
    assert by.name != ffmpeg.NAME
    assert "Pillow" in by.version
    assert by.sha256 == sha256(f"{by.name} {by.version}".encode()).hexdigest()


def test_what_draws_a_sheet_has_a_new_version_when_it_is_changed() -> None:
    drawing = (previews_child.opened, renderer_child._picture, renderer_child._sheet, renderer_child._bar)
    source = "".join(inspect.getsource(one) for one in drawing)
    digest = sha256(f"{source}{renderer_child.QUALITY}{renderer_child._SEGMENTS}".encode()).hexdigest()
    assert (renderer.VERSION, digest[:16]) == ("2", "142860272abb9ade"), (
        "other bytes of a sheet? a new VERSION"
    )
