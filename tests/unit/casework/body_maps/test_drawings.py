"""The drawings of a body: each region has a name and lies on the body; left and right are mirror images."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from casework.body_maps.builds import BUILDS
from casework.body_maps.drawings import FIGURES, SIDES, chosen_svg, drawing, printed_svg, regions
from casework.body_maps.names import LANGUAGES, NAMES

SVG = "{http://www.w3.org/2000/svg}"
Corners = list[tuple[float, float]]


def corners(path: str) -> list[Corners]:
    """The ends of a path's curves, for each of its parts; an ellipse as a square around it."""
    found: list[Corners] = []
    for kind, text in re.findall(r"([MLCaZ])([^MLCaZ]*)", path):
        values = [float(one) for one in re.findall(r"-?[\d.]+", text)]
        if kind == "M":
            found.append([(values[0], values[1])])
        elif kind in "LC":
            found[-1].append((values[-2], values[-1]))
        elif kind == "a" and values[5] > 0:
            (x, y), (width, height) = found[-1][0], (2 * values[0], values[1])
            found[-1] += [(x, y - height), (x + width, y - height), (x + width, y + height), (x, y + height)]
    return found


def is_inside(x: float, y: float, polygon: Corners) -> bool:
    crossed = False
    for (ax, ay), (bx, by) in pairwise([*polygon, polygon[0]]):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            crossed = not crossed
    return crossed


@pytest.mark.parametrize("figure", FIGURES)
def test_the_pin_of_each_region_lies_on_the_body(figure: str) -> None:
    outside = [
        (side, region.code)
        for side in SIDES
        for region in drawing(figure, side).regions
        if not any(
            is_inside(*region.center, part)
            for outline in drawing(figure, side).outlines
            for part in corners(outline)
        )
    ]
    assert outside == []


@pytest.mark.parametrize("figure", FIGURES)
def test_no_drawing_is_cut_off(figure: str) -> None:
    for side in SIDES:
        drawn = drawing(figure, side)
        ends = [end for outline in drawn.outlines for part in corners(outline) for end in part]
        assert all(1 <= x <= drawn.width - 1 and 1 <= y <= drawn.height - 1 for x, y in ends), side


def test_every_region_has_a_name_of_its_own_in_each_language_and_no_name_is_left_over() -> None:
    drawn = {code for figure in FIGURES for side in SIDES for code in regions(figure, side)}
    assert drawn == NAMES.keys()
    for at, _ in enumerate(LANGUAGES):
        assert len({both[at] for both in NAMES.values()}) == len(NAMES)
    assert all(len(code) <= 32 for code in drawn)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_has_the_height_in_heads_that_its_age_has(figure: str) -> None:
    [body, *_] = drawing(figure, "front").outlines
    heights = [y for _, y in corners(body)[0]]
    face = next(one for one in drawing(figure, "front").regions if one.code == "face")
    chin = max(y for _, y in corners(face.path)[0])
    heads = (max(heights) - min(heights)) / (chin - min(heights))
    assert heads == pytest.approx(BUILDS[figure].heads, abs=0.05)
    assert BUILDS[figure].heads == {"woman": 7.5, "man": 7.5, "infant": 4.0}.get(figure, 5.75)


@pytest.mark.parametrize("figure", FIGURES)
def test_what_is_on_the_left_is_on_the_right_too(figure: str) -> None:
    for side in SIDES:
        other = {"left": "right", "right": "left"}.get(side, side)
        swapped = {
            re.sub(r"\b(left|right)\b", lambda found: "left" if found[0] == "right" else "right", code)
            for code in regions(figure, side)
        }
        assert swapped == regions(figure, other)


def test_on_a_page_each_region_is_a_button_with_a_name_and_on_paper_there_is_none() -> None:
    svg = ElementTree.fromstring(chosen_svg("girl", "hands", "ar"))
    buttons = svg.findall(f".//{SVG}path[@role='button']")
    assert {one.get("data-region") for one in buttons} == regions("girl", "hands")
    assert all(one.get("tabindex") == "0" and one.get("aria-label") for one in buttons)
    printed = ElementTree.fromstring(printed_svg("girl", "hands", ".skin { fill: none }"))
    assert printed.findall(f".//{SVG}path[@role='button']") == []
    assert len(printed.findall(f".//{SVG}path[@class='skin']")) == 4
