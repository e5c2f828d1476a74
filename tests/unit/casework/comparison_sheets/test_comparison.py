"""The list of a comparison sheet, and where everything stands on the sheet."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from math import hypot
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.comparison_sheets import layout
from casework.comparison_sheets.comparison import COARSEST, FINEST, ComparedPhotograph, Comparison, Crop, Mark
from casework.comparison_sheets.layout import LONGEST_SIDE, MOST_POINTS, Plan, fitted, plan_of
from casework.errors import MarkRefused, Refused, SheetTooLarge
from chain_of_custody.encoding import canonical_json

ALL = Crop(0, 0, 1000, 800)
POINT = st.integers(0, 9000)
MARKS = st.builds(
    Mark, st.tuples(POINT, POINT), st.tuples(POINT, POINT), st.integers(1000, 1_000_000)
).filter(lambda mark: mark.squared >= 400 and COARSEST <= mark.per_cm <= FINEST)


def compared(number: int, mark: Mark | None, crop: Crop = ALL, **other: Any) -> ComparedPhotograph:
    fields = {
        "evidence": f"{number:032x}",
        "number": number,
        "added": "2026-11-27",
        "taken": None,
        "label": "",
    }
    return ComparedPhotograph(**{**fields, **other}, crop=crop, mark=mark)


def listed(*pictures: ComparedPhotograph) -> dict[str, Any]:
    return Comparison.of(pictures).to_json()


LIST = listed(
    compared(1, Mark((10, 20), (510, 20), 50_000), taken="2026-11-18", label="day 1"),
    compared(2, Mark((30, 40), (330, 440), 50_000), label="اليوم التاسع"),
    compared(3, None),
)


@given(MARKS, st.integers(COARSEST, FINEST), st.integers(1, 65_535))
def test_a_length_is_scaled_to_the_nearest_point(mark: Mark, per_cm: int, points: int) -> None:
    distance = hypot(mark.end[0] - mark.begin[0], mark.end[1] - mark.begin[1])
    wanted = points * per_cm * mark.length / (10_000 * distance)
    assert abs(mark.scaled(points, per_cm) - wanted) <= 0.5 + wanted * 1e-9
    assert mark.scaled(points, mark.per_cm) <= points


def test_a_list_has_one_spelling() -> None:
    assert Comparison.parse(LIST).to_json() == LIST
    assert json.loads(json.dumps(LIST)) == LIST
    assert LIST["per_cm"] == 100


def test_a_label_may_keep_letters_of_a_word_apart_as_persian_does() -> None:
    for label in ("می\u200cخواهم", "آن\u200cها می\u200cروند", "a\u200cb\u200cc"):
        [first, *_] = Comparison.parse(changed("pictures.0.label", label)).pictures
        assert first.label == label


def changed(path: str, value: object) -> dict[str, Any]:
    """The list with one member changed: `pictures.0.crop.x`."""
    told: dict[str, Any] = json.loads(json.dumps(LIST))
    at: Any = told
    *way, last = (int(name) if name.isdigit() else name for name in path.split("."))
    for name in way:
        at = at[name]
    at[last] = value
    return told


MARK = "pictures.0.mark"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("per_cm", COARSEST - 1),
        ("per_cm", FINEST + 1),
        ("per_cm", 100.0),
        ("per_cm", True),
        ("pictures", []),
        ("pictures", "x"),
        ("pictures.1.evidence", f"{1:032x}"),
        ("pictures.1.evidence", "x" * 32),
        ("pictures.0.number", 0),
        ("pictures.0.added", "2026-02-30"),
        ("pictures.0.added", None),
        ("pictures.0.taken", "20261127"),
        ("pictures.0.label", "x" * 61),
        ("pictures.0.label", "two\nlines"),
        ("pictures.0.label", "turned \u202eround"),
        ("pictures.0.label", " blank"),
        ("pictures.0.label", "\u200cbefore"),
        ("pictures.0.label", "behind\u200c"),
        ("pictures.0.label", "apart\u200c alone"),
        ("pictures.0.label", "twice\u200c\u200capart"),
        ("pictures.0.label", "1\u200c2"),
        ("pictures.0.label", "joined\u200dby"),
        ("pictures.0.label", "right\u200f"),
        ("pictures.0.label", "hard\u00a0blank"),
        ("pictures.0.label", None),
        ("pictures.0.crop", None),
        ("pictures.0.crop.width", 15),
        ("pictures.0.crop.x", -1),
        ("pictures.0.crop.x", 65_536),
        (f"{MARK}.from.x", 1.5),
        (f"{MARK}.length", 50_000.0),
        (f"{MARK}.from", [10, 20]),
    ],
)
def test_what_is_not_of_its_form_is_refused(path: str, value: object) -> None:
    with pytest.raises(Refused):
        Comparison.parse(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{MARK}.length", 999),
        (f"{MARK}.length", 1_000_001),
        (f"{MARK}.from", {"x": 491, "y": 20}),  # 19 points from the other end
        (f"{MARK}.length", 600_000),  # 8 points to the centimetre
        (f"{MARK}.to", {"x": 9000, "y": 20}),
    ],
)
def test_a_mark_that_gives_no_sensible_scale_is_refused_as_that(path: str, value: object) -> None:
    told = changed(path, value)
    if path == f"{MARK}.to":
        told["pictures"][0]["mark"]["length"] = 10_000
    with pytest.raises(MarkRefused):
        Comparison.parse(told)


def test_without_any_mark_with_one_photograph_or_with_thirteen_there_is_no_sheet() -> None:
    mark = Mark((0, 0), (500, 0), 50_000)
    with pytest.raises(MarkRefused):
        Comparison.of([compared(1, None), compared(2, None)])
    for count in (0, 1, 13):
        with pytest.raises(Refused):
            Comparison.of([compared(number, mark) for number in range(1, count + 1)])


def boxes(plan: Plan) -> list[tuple[int, int, int, int]]:
    shown = [box for cell in plan.cells for box in (cell.shown, cell.bar, cell.caption) if box is not None]
    return [plan.head, *shown]


@given(st.lists(st.one_of(MARKS, st.none()), min_size=2, max_size=12).filter(any), st.randoms())
def test_nothing_covers_anything_else_and_all_of_it_is_on_the_sheet(
    marks: list[Mark | None], random: Any
) -> None:
    crops = [Crop(0, 0, random.randint(16, 6000), random.randint(16, 6000)) for _ in marks]
    comparison = Comparison.of(
        [compared(at, mark, crop) for at, (mark, crop) in enumerate(zip(marks, crops, strict=True), 1)]
    )
    try:
        plan = plan_of(fitted(comparison))
    except SheetTooLarge:
        return
    wide, high = plan.size
    assert wide * high <= MOST_POINTS
    assert max(plan.size) <= LONGEST_SIDE
    placed = boxes(plan)
    assert all(x >= 0 and y >= 0 and x + w <= wide and y + h <= high for x, y, w, h in placed)
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(placed, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


def test_no_photograph_is_made_larger_and_the_finest_scale_is_taken() -> None:
    fine, coarse = Mark((0, 0), (1000, 0), 50_000), Mark((0, 0), (500, 0), 50_000)
    comparison = fitted(Comparison.of([compared(1, fine), compared(2, coarse)]))
    assert comparison.per_cm == 100
    plan = plan_of(comparison)
    assert [cell.shown[2:] for cell in plan.cells] == [(500, 400), (1000, 800)]
    assert {cell.bar[2] for cell in plan.cells if cell.bar is not None} == {200}
    assert plan.bar == 20_000


def test_a_sheet_that_would_be_too_large_is_made_coarser_and_refused_where_that_is_no_help() -> None:
    mark, crop = Mark((0, 0), (1000, 0), 50_000), Crop(0, 0, 6000, 4000)
    comparison = Comparison.of([compared(number, mark, crop) for number in range(1, 13)])
    with pytest.raises(SheetTooLarge):
        plan_of(comparison)
    smaller = fitted(comparison)
    assert smaller.per_cm < comparison.per_cm
    plan_of(smaller)
    with pytest.raises(SheetTooLarge):
        plan_of(replace(smaller, per_cm=smaller.per_cm + 1))
    wide = Mark((0, 0), (1000, 0), 900_000)
    with pytest.raises(SheetTooLarge):
        fitted(Comparison.of([compared(n, wide, Crop(0, 0, 65_000, 65_000)) for n in range(1, 13)]))


def test_one_without_a_scale_is_no_larger_than_the_largest_with_one_and_says_so() -> None:
    mark = Mark((0, 0), (500, 0), 50_000)
    plan = plan_of(Comparison.of([compared(1, mark), compared(2, None, Crop(0, 0, 6000, 6000))]))
    assert [cell.shown[2:] for cell in plan.cells] == [(1000, 800), (800, 800)]
    assert plan.cells[1].bar is None
    assert plan.cells[1].card.values["bar"] == ""


@pytest.mark.parametrize(
    ("begin", "end", "cut_off"),
    [
        ((100, 300), (899, 300), False),
        ((899, 300), (100, 300), False),
        ((100, 300), (899, 799), False),
        ((99, 300), (899, 300), True),
        ((899, 300), (99, 300), True),
        ((100, 299), (899, 300), True),
        ((100, 300), (900, 300), True),
        ((100, 300), (899, 800), True),
        ((0, 0), (0, 500), True),
    ],
)
def test_where_an_end_of_a_mark_is_not_in_what_is_shown_the_caption_says_so(
    begin: tuple[int, int], end: tuple[int, int], cut_off: bool
) -> None:
    whole = compared(1, Mark((0, 0), (999, 799), 50_000))
    part = compared(2, Mark(begin, end, 50_000), Crop(100, 300, 800, 500))
    plan = plan_of(Comparison.of([whole, part, compared(3, None, Crop(100, 300, 800, 500))]))
    said = [cell.card.values["ruler"] for cell in plan.cells]
    assert said == ["", "cut-off" if cut_off else "", ""]
    assert (plan.cells[1].bar is None, plan.cells[1].card.values["bar"]) == (False, str(plan.bar // 1000))


def test_every_number_of_photographs_has_its_rows() -> None:
    mark = Mark((0, 0), (500, 0), 50_000)
    for count in range(2, 13):
        plan = plan_of(fitted(Comparison.of([compared(n, mark) for n in range(1, count + 1)])))
        assert [cell.picture.number for cell in plan.cells] == list(range(1, count + 1))
        assert len({cell.shown[1] for cell in plan.cells}) <= 3
        assert len({card.name for card in plan.cards}) == count + 1
    assert layout.BARS[0] == 1000


def test_the_specification_s_example_is_a_list_and_its_plan_is_what_the_program_is_told() -> None:
    text = (Path(__file__).parents[4] / "docs" / "spec" / "comparison.md").read_text("utf-8")
    blocks = dict(re.findall(r"^```json (comparison[a-z-]*)\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE))
    read = Comparison.parse(json.loads(blocks["comparison"]))
    assert canonical_json.serialise(read.to_json()).decode() == blocks["comparison"]
    plan = plan_of(fitted(read))
    told = [plan.photograph_argument(at, "jpeg") for at in range(len(plan.cells))]
    assert [*told, plan.sheet_argument()] == blocks["comparison-arguments"].splitlines()
    assert [cell.card.values["ruler"] for cell in plan.cells] == ["", "cut-off"]
