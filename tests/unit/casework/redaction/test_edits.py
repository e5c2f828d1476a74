"""Edit lists: what is one, where a region is at a time, and what a mask, a gate and a tone cover."""

from __future__ import annotations

import array
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import Refused
from casework.redaction.edits import (
    LONGEST,
    MOST_CUTS,
    MOST_KEYS_OF_ONE,
    SHORTEST,
    WHOLE,
    Key,
    Redaction,
    Region,
    Span,
)
from casework.redaction.masks import HELD, MARGIN, OLDEST, SOUND_MARGIN, Canvas, gate, in_samples, masks, tone
from casework.working_copies.film_plan import Edits
from chain_of_custody.encoding import canonical_json

PART, OTHER = "e1" * 16, "e2" * 16
SECOND = 1_000_000
FILM = Edits("side-by-side", ("wide", "close"), ("microphone",), 0)
PATH = (Key(SECOND, 0, 0, 1000, 1000), Key(3 * SECOND, 5000, 2500, 1000, 2001))
FACE = Region(PART, "wide", "ellipse", "blur", PATH)
LIST = replace(
    Redaction.of_film(FILM),
    voice="lower",
    cuts=(Span(PART, 5 * SECOND, 6 * SECOND),),
    bleeps=(Span(PART, 1, 2),),
    regions=(FACE,),
)
CANVAS = Canvas((320, 180), 4, {"wide": (0, 0, 160, 90), "close": (160, 0, 160, 90)})


def respelt(**changed: Any) -> dict[str, Any]:
    return LIST.to_json() | changed


def region(**changed: Any) -> dict[str, Any]:
    return respelt(regions=[FACE.to_json() | changed])


def key(**changed: Any) -> dict[str, Any]:
    return region(path=[PATH[0].to_json(), PATH[1].to_json() | changed])


def cut(**changed: Any) -> dict[str, Any]:
    return respelt(cuts=[LIST.cuts[0].to_json() | changed])


def test_a_list_is_read_back() -> None:
    assert Redaction.parse(LIST.to_json()) == LIST
    assert Redaction.parse(Redaction.of_film(FILM).to_json()) == Redaction.of_film(FILM)


def test_the_specification_s_example_is_a_list() -> None:
    text = (Path(__file__).parents[4] / "docs" / "spec" / "redaction.md").read_text("utf-8")
    [example] = re.findall(r"^```json redaction\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE)
    read = Redaction.parse(json.loads(example))
    assert canonical_json.serialise(read.to_json()).decode() == example


@pytest.mark.parametrize(
    "edits",
    [
        None,
        [],
        "",
        {},
        respelt(more=1),
        {name: value for name, value in LIST.to_json().items() if name != "cuts"},
        respelt(blur=1),
        respelt(voice="robot"),
        respelt(voice=["lower"]),
        respelt(layout="round"),
        respelt(pictures=[]),
        respelt(cuts={}),
        respelt(cuts=[LIST.cuts[0].to_json()] * (MOST_CUTS + 1)),
        cut(to=5 * SECOND),
        cut(to=LONGEST + 1),
        cut(**{"from": -1}),
        cut(**{"from": True}),
        cut(**{"from": 1.5}),
        cut(**{"from": "0"}),
        cut(evidence="e1"),
        cut(evidence=1),
        cut(more=1),
        region(shape="star"),
        region(cover="red"),
        region(cover=None),
        region(picture=""),
        region(picture="attic"),
        region(path=[]),
        region(path=[PATH[0].to_json()]),
        region(path=[PATH[1].to_json(), PATH[0].to_json()]),
        region(path=[PATH[0].to_json(), PATH[0].to_json()]),
        region(path=[Key(at, 0, 0, 1, 1).to_json() for at in range(MOST_KEYS_OF_ONE + 1)]),
        key(x=9001),
        key(width=0),
        key(height=WHOLE),
        key(y=-1),
        key(at=float("nan")),
        key(more=0),
        respelt(regions=[FACE.to_json()] * 101),
        respelt(
            regions=[
                replace(FACE, path=tuple(Key(at, 0, 0, 1, 1) for at in range(MOST_KEYS_OF_ONE))).to_json()
            ]
            * 11
        ),
    ],
)
def test_what_is_no_list_is_refused(edits: Any) -> None:
    with pytest.raises(Refused):
        Redaction.parse(edits)


def test_what_is_no_part_of_the_interview_cannot_be_left_out() -> None:
    LIST.require_within([PART, OTHER])
    with pytest.raises(Refused):
        LIST.require_within([OTHER])


def test_a_region_goes_in_straight_lines_between_its_keys_and_is_nowhere_else() -> None:
    assert FACE.at(SECOND - 1) is FACE.at(3 * SECOND + 1) is None
    assert FACE.at(SECOND) == PATH[0]
    assert FACE.at(3 * SECOND) == PATH[1]
    assert FACE.at(2 * SECOND) == Key(2 * SECOND, 2500, 1250, 1000, 1501)  # a half is rounded up
    back = replace(FACE, path=(PATH[0], PATH[1], Key(5 * SECOND, 0, 0, 1000, 1000)))
    assert back.at(4 * SECOND) == Key(4 * SECOND, 2500, 1250, 1000, 1501)


@pytest.mark.parametrize(
    ("cuts", "left"),
    [
        ([], [(0, 10)]),
        ([(2, 3)], [(0, 2), (3, 10)]),
        ([(0, 3), (2, 5)], [(5, 10)]),
        ([(5, 6), (1, 2)], [(0, 1), (2, 5), (6, 10)]),
        ([(1, 9), (2, 3)], [(0, 1), (9, 10)]),
        ([(9, 12), (20, 30)], [(0, 9)]),
        ([(0, 10)], []),
    ],
)
def test_what_cuts_leave(cuts: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    one = replace(LIST, cuts=tuple(Span(PART, a * SECOND, b * SECOND) for a, b in cuts))
    assert one.kept(PART, 0, 10 * SECOND) == [(a * SECOND, b * SECOND) for a, b in left]
    assert one.kept(OTHER, 0, SECOND) == [(0, SECOND)]


def test_what_is_too_short_to_be_seen_goes_with_the_cuts() -> None:
    one = replace(LIST, cuts=(Span(PART, 0, SECOND), Span(PART, SECOND + SHORTEST - 1, 2 * SECOND)))
    assert one.kept(PART, 0, 3 * SECOND) == [(2 * SECOND, 3 * SECOND)]


# --- masks --------------------------------------------------------------------------------------------------


def drawn(regions: list[Region], begin: int = 0, pictures: int = 1) -> list[bytes]:
    made = list(masks(regions, CANVAS, begin, pictures, 25))
    assert {len(one) for one in made} == {80 * 45}
    return made


def covered(mask: bytes, x: int, y: int) -> bool:
    """Whether a point of the picture lies in a covered cell."""
    return mask[y // 4 * 80 + x // 4] == 255


def still(
    shape: str = "rectangle", picture: str = "wide", box: tuple[int, int, int, int] = (2500, 2500, 5000, 5000)
) -> Region:
    return Region(PART, picture, shape, "black", (Key(0, *box), Key(SECOND, *box)))


def test_a_mask_covers_every_point_of_a_rectangle_and_whole_cells_alone() -> None:
    [mask] = drawn([still()])
    for x in range(160):
        for y in range(90):
            within = 40 <= x < 120 and 22 <= y < 68
            assert covered(mask, x, y) >= within
            assert covered(mask, x, y) == (40 <= x < 120 and 20 <= y < 68)
    assert set(mask) == {0, 255}


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 5000), st.integers(1, 5000), st.booleans())
def test_a_mask_covers_every_point_of_an_ellipse(
    x: int, y: int, width: int, height: int, close: bool
) -> None:
    shape = still("ellipse", "close" if close else "wide", (x, y, width, height))
    [mask] = drawn([shape])
    left = (160 if close else 0) + x * 160 / WHOLE
    top, across, down = y * 90 / WHOLE, width * 160 / WHOLE, height * 90 / WHOLE
    for step in range(64):
        column, row = divmod(step, 8)
        px, py = left + across * (column + 0.5) / 8, top + down * (row + 0.5) / 8
        if ((px - left) / across - 0.5) ** 2 + ((py - top) / down - 0.5) ** 2 <= 0.25:
            assert covered(mask, int(px), int(py))


def test_a_region_is_covered_a_little_before_and_after_as_well() -> None:
    made = drawn([still()], begin=SECOND, pictures=12 * HELD)
    last = (OLDEST * 25 // SECOND // HELD + 1) * HELD
    assert [any(one) for one in made] == [number < last for number in range(12 * HELD)]
    assert last * SECOND // 25 >= OLDEST
    assert any(drawn([replace(still(), path=PATH)], begin=SECOND - MARGIN)[0])
    assert not any(drawn([replace(still(), path=PATH)], begin=SECOND - MARGIN - 1)[0])


@given(st.integers(0, 99), st.integers(-OLDEST, MARGIN))
def test_whatever_is_shown_is_covered_where_the_region_was_when_it_was_taken(picture: int, age: int) -> None:
    path = (
        Key(0, 0, 0, 2000, 3000),
        Key(2 * SECOND, 8000, 7000, 2000, 3000),
        Key(4 * SECOND, 0, 0, 2000, 3000),
    )
    mask = drawn([Region(PART, "wide", "ellipse", "black", path)], pictures=100)[picture]
    place = Region(PART, "wide", "ellipse", "black", path).at(picture * SECOND // 25 + age)
    if place is not None:
        for across, down in ((0.5, 0.02), (0.5, 0.98), (0.02, 0.5), (0.98, 0.5), (0.2, 0.2), (0.8, 0.8)):
            x, y = place.x + place.width * across, place.y + place.height * down
            assert covered(mask, int(x * 160 / WHOLE), int(y * 90 / WHOLE))


def test_a_moving_region_is_covered_where_it_was_and_where_it_will_be() -> None:
    moving = replace(still(), path=(Key(0, 0, 0, 1000, 1000), Key(SECOND, 9000, 0, 1000, 1000)))
    [mask] = drawn([moving], begin=SECOND // 2)
    for when in range(SECOND // 2 - MARGIN, SECOND // 2 + MARGIN, 20_000):
        place = moving.at(when)
        assert place is not None
        assert covered(mask, place.x * 160 // WHOLE + 1, 2)


# --- sound --------------------------------------------------------------------------------------------------


def floats(pieces: Any) -> list[float]:
    values = array.array("f")
    values.frombytes(b"".join(pieces))
    return list(values)


def test_a_gate_is_shut_exactly_where_it_says_and_a_tone_is_heard_there() -> None:
    factor = floats(gate([(10, 20), (90, 130)], 250, 100))
    assert factor == [0.0 if 10 <= at < 20 or 90 <= at < 130 else 1.0 for at in range(250)]
    heard = floats(tone([(4_800, 9_600)], 96_000, 48_000))
    assert len(heard) == 96_000
    assert not any(heard[:4_800])
    assert not any(heard[9_600:])
    assert max(heard) == pytest.approx(0.125, abs=0.001)


def test_spans_become_samples_wider_than_they_were_and_in_order() -> None:
    spans = [(3 * SECOND, 4 * SECOND), (SECOND, 2 * SECOND), (2 * SECOND, 2 * SECOND + 1)]
    margin = SOUND_MARGIN * 1000 // SECOND
    assert in_samples(spans, SECOND, 10_000, 1000) == [
        (0, 1000 + margin + 1),
        (2000 - margin, 3000 + margin),
    ]
    assert in_samples([(0, SECOND)], 5 * SECOND, 1000, 1000) == []
    assert in_samples([(0, LONGEST)], 0, 1000, 1000) == [(0, 1000)]
