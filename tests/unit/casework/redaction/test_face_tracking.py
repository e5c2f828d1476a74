"""Faces of single pictures become regions that cover more than was seen, never less."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.redaction import face_tracking
from casework.redaction.edits import MOST_KEYS_OF_ONE, WHOLE, Key, Region
from casework.redaction.face_detection import Box, Face, ScannedPicture
from casework.redaction.face_tracking import (
    AFTER,
    BEFORE,
    GOING,
    HELD,
    MOST,
    MOST_KEYS,
    OFTEN,
    SURE,
    grown,
    regions,
)

PART = "e1" * 16
HALF = 500_000
END = 60_000_000


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, WHOLE - 1)), draw(st.integers(0, WHOLE - 1))
    right = draw(st.integers(left + 1, min(left + 3000, WHOLE)))
    return Box(left, top, right, draw(st.integers(top + 1, min(top + 3000, WHOLE))))


faces = st.builds(Face, boxes(), st.integers(25, 100))


@st.composite
def films(draw: st.DrawFn) -> list[ScannedPicture]:
    gaps = draw(st.lists(st.integers(1, 12), max_size=30))
    at, looked = 0, []
    for gap in gaps:
        looked.append(ScannedPicture(at, tuple(draw(st.lists(faces, max_size=4)))))
        at += gap * HALF
    return looked


def edges(key: Key) -> Box:
    return Box(key.x, key.y, key.x + key.width, key.y + key.height)


def holds(outer: Box, inner: Box, by: int = 0) -> bool:
    """`by`: what rounding between two keys may take."""
    return (
        outer.left <= inner.left + by
        and outer.top <= inner.top + by
        and outer.right >= inner.right - by
        and outer.bottom >= inner.bottom - by
    )


def covers(all_: list[Region], at: int, box: Box, by: int = 0) -> bool:
    return any((key := one.at(at)) is not None and holds(edges(key), box, by) for one in all_)


def walk(places: list[Box | None], sure: int = 90) -> list[ScannedPicture]:
    """A picture every half second, with a face there or none."""
    return [
        ScannedPicture(number * HALF, () if box is None else (Face(box, sure),))
        for number, box in enumerate(places)
    ]


STILL = Box(4000, 3000, 4500, 4000)


@given(films())
def test_every_sure_face_is_covered_with_its_margins_in_its_picture(looked: list[ScannedPicture]) -> None:
    found = regions(PART, "wide", looked, END * 10)
    for picture in looked:
        for face in picture.faces:
            if face.sure >= SURE:
                assert covers(found, picture.at, grown(face.box))


@given(films())
def test_every_region_is_one_that_an_edit_list_takes(looked: list[ScannedPicture]) -> None:
    end = max((one.at for one in looked), default=0) + 1
    found = regions(PART, "wide", looked, end)
    assert len(found) <= MOST
    for one in found:
        assert Region.parse(one.to_json()) == one
        assert len(one.path) <= MOST_KEYS <= MOST_KEYS_OF_ONE
        assert one.path[0].at >= 0
        assert one.path[-1].at <= end


@given(st.lists(boxes(), min_size=2, max_size=60), st.integers(1, 15))
def test_between_two_pictures_both_places_are_covered(places: list[Box], steps: int) -> None:
    """Of one face alone: wherever it goes on, nothing between two of its pictures is bare."""
    near = [places[0]]
    for box in places[1:]:  # so near that it is the same face
        last = near[-1]
        dx = max(min(box.left - last.left, (last.right - last.left) // 2), (last.left - last.right) // 2)
        dy = max(min(box.top - last.top, (last.bottom - last.top) // 2), (last.top - last.bottom) // 2)
        moved = Box(last.left + dx, last.top + dy, last.right + dx, last.bottom + dy)
        inside = moved.left >= 0 and moved.top >= 0 and moved.right <= WHOLE and moved.bottom <= WHOLE
        near.append(moved if inside else last)
    looked = [ScannedPicture(number * HALF * steps, (Face(box, 90),)) for number, box in enumerate(near)]
    (one,) = regions(PART, "wide", looked, END * 100)
    for before, after in pairwise(looked):
        for part in range(8):
            at = before.at + (after.at - before.at) * part // 8
            for picture in (before, after):
                assert covers([one], at, picture.faces[0].box, by=1)


def test_a_region_begins_before_its_face_and_ends_after_it_inside_the_part() -> None:
    none: list[Box | None] = [None] * 8
    (one,) = regions(PART, "wide", walk([*none, STILL, STILL, *none]), END)
    assert (one.path[0].at, one.path[-1].at) == (8 * HALF - BEFORE, 9 * HALF + AFTER)
    (one,) = regions(PART, "wide", walk([STILL, STILL]), HALF + 1)
    assert (one.path[0].at, one.path[-1].at) == (0, HALF + 1)


def test_a_face_that_stays_is_one_box_that_stands_still() -> None:
    trembling = [Box(4000 + 7 * (n % 3), 3000, 4500 + 7 * (n % 3), 4000) for n in range(100)]
    (one,) = regions(PART, "wide", walk(list(trembling)), END)
    assert len(one.path) == 2
    assert one.shape == "rectangle"
    assert all(holds(edges(one.path[0]), grown(box)) for box in trembling)


def test_who_looks_down_for_a_while_stays_covered_and_who_comes_later_is_another() -> None:
    short: list[Box | None] = [None] * (HELD // HALF - 1)
    (one,) = regions(PART, "wide", walk([STILL, STILL, *short, STILL]), END)
    assert covers([one], 4 * HALF, STILL)
    assert len(regions(PART, "wide", walk([STILL, STILL, *short, None, STILL]), END)) == 2


def test_two_faces_that_pass_are_two_regions() -> None:
    looked = [
        ScannedPicture(n * HALF, (Face(Box(1000 + 100 * n, 2000, 1500 + 100 * n, 3000), 90), Face(STILL, 90)))
        for n in range(10)
    ]
    assert len(regions(PART, "wide", looked, END)) == 2


def test_a_long_way_has_few_keys() -> None:
    there = [Box(9000 * n // 400, 3000, 9000 * n // 400 + 300, 3600) for n in range(400)]
    back = [*there, *there[::-1]]
    found = regions(PART, "wide", walk(list(back * 3)), 10_000 * END)
    assert all(len(one.path) <= MOST_KEYS for one in found)
    for number, box in enumerate(back * 3):
        assert covers(found, number * HALF, grown(box))


def test_what_is_seen_once_and_unsurely_is_no_face() -> None:
    assert regions(PART, "wide", walk([STILL] * (OFTEN - 1), sure=SURE - 1), END) == []
    assert len(regions(PART, "wide", walk([STILL] * OFTEN, sure=SURE - 1), END)) == 1
    assert len(regions(PART, "wide", walk([STILL], sure=SURE), END)) == 1


def test_of_too_many_those_are_left_that_are_there_longest() -> None:
    spots = [
        Box(400 * (n % 20), 600 * (n // 20), 400 * (n % 20) + 40, 600 * (n // 20) + 60) for n in range(320)
    ]
    looked = [
        ScannedPicture(0, tuple(Face(one, 90) for one in spots)),
        ScannedPicture(HALF, (Face(spots[-1], 90),)),
    ]
    found = regions(PART, "wide", looked, END)
    assert len(found) == MOST == face_tracking.MOST
    assert covers(found, HALF, spots[-1])


def crowd(of: int, count: int = 64) -> tuple[Face, ...]:
    """Faces that are all at once in one picture, and meet none of another number from 0 to 15."""
    edges = [(150 * n, 600 * of) for n in range(count)]
    return tuple(Face(Box(x + 45, y + 250, x + 90, y + 400), 90) for x, y in edges)


def test_a_film_that_is_made_to_cost_much_costs_little() -> None:
    """Disjoint crowds, in turn, or one that overlaps all of itself: a minute of film, of processor time."""
    turns = [ScannedPicture(n * HALF, crowd(n % 16)) for n in range(120)]
    heap = tuple(Face(Box(1000 + 9 * n, 1000, 8000 + 9 * n, 8000), 90) for n in range(64))
    for looked in (turns, [ScannedPicture(n * HALF, heap) for n in range(120)]):
        began = time.process_time()
        assert regions(PART, "wide", looked, END)
        assert time.process_time() - began < 6


def test_what_was_seen_of_a_face_is_proposed_also_where_it_is_not_followed_any_more() -> None:
    looked = [ScannedPicture(n * HALF, (Face(STILL, 70),)) for n in range(10)]
    others = [
        ScannedPicture((10 + n) * HALF, tuple(face for face in crowd(n) if not meets(face.box, STILL)))
        for n in range(GOING // 32)
    ]
    assert sum(len(one.faces) for one in others) > GOING
    back = ScannedPicture((10 + len(others)) * HALF, (Face(STILL, 70),))
    found = regions(PART, "wide", [*looked, *others, back], END)
    mine = [one for one in found if holds(edges(one.path[0]), grown(STILL))]
    assert [(one.path[0].at, one.path[-1].at) for one in mine] == [
        (0, 9 * HALF + AFTER),
        (back.at - BEFORE, back.at + AFTER),
    ]


def test_patterns_that_are_no_proposal_make_room_first() -> None:
    """A face stays followed while unsure places come and go around it."""
    flicker = [
        ScannedPicture(
            n * HALF, tuple(Face(f.box, SURE - 1) for f in crowd(n % 4) if not meets(f.box, STILL))
        )
        for n in range(1, HELD // HALF)
    ]
    first, last = ScannedPicture(0, (Face(STILL, SURE),)), ScannedPicture(HELD, (Face(STILL, SURE),))
    found = regions(PART, "wide", [first, *flicker, last], END)
    assert any(one.path[0].at == 0 and covers([one], HELD, STILL) for one in found)


def meets(one: Box, other: Box) -> bool:
    a, b = grown(one), grown(other)
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


def test_who_does_not_want_to_know_any_more_is_heeded_at_each_picture_and_each_path() -> None:
    class Enough(Exception):
        pass

    looked = [ScannedPicture(n * HALF, crowd(n % 2, 3)) for n in range(10)]
    for most in range(16):
        heeded = 0

        def heed(most: int = most) -> None:
            nonlocal heeded
            heeded += 1
            if heeded > most:
                raise Enough

        with pytest.raises(Enough):
            regions(PART, "wide", looked, END, heed)
        assert heeded == most + 1
    assert len(regions(PART, "wide", looked, END)) == 6
