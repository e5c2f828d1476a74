"""The drawings of the five figures: one for each side, with its regions; made once, from `builds`.

Sides are hers: "left" is the side of her left hand. No drawing is mirrored, whatever the direction of a page.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from casework.body_maps import profile, standing, standing_landmarks, standing_regions
from casework.body_maps.builds import BUILDS, Build
from casework.body_maps.curves import curve
from casework.body_maps.genital import genital
from casework.body_maps.hands_feet import feet, hands
from casework.body_maps.head import head
from casework.body_maps.names import names
from casework.body_maps.shapes import Drawing

FIGURES = tuple(BUILDS)
"""Figures: woman, man, girl, boy, infant."""
SIDES = ("front", "back", "left", "right", "head", "hands", "feet", "genital")
"""Drawings of each figure: the parts of an examination."""


def _front(b: Build) -> Drawing:
    frame = standing.frame_of(b)
    outlines = [curve(frame.at(standing.outline(b, back=False)), closed=True)]
    if b.female is False:
        outlines += standing_landmarks.male_outlines(b, frame)
    return Drawing(
        2 * frame.middle,
        standing.HEIGHT,
        outlines,
        standing_landmarks.front_lines(b, frame),
        standing_regions.front(b, frame),
    )


def _back(b: Build) -> Drawing:
    frame = standing.frame_of(b)
    return Drawing(
        2 * frame.middle,
        standing.HEIGHT,
        [curve(frame.at(standing.outline(b, back=True)), closed=True)],
        standing_landmarks.back_lines(b, frame),
        standing_regions.back(b, frame),
    )


def _side(b: Build, name: str) -> Drawing:
    frame = profile.frame_of(b, mirror=name == "right")
    return Drawing(
        2 * frame.middle,
        standing.HEIGHT,
        [curve(frame.at(profile.body(b)), closed=True), curve(frame.at(profile.arm(b)))],
        profile.lines(b, frame),
        standing_regions.side(b, frame, name),
    )


_DRAWN: Mapping[str, Callable[[Build], Drawing]] = {
    "front": _front,
    "back": _back,
    "left": lambda b: _side(b, "left"),
    "right": lambda b: _side(b, "right"),
    "head": head,
    "hands": hands,
    "feet": feet,
    "genital": genital,
}


@functools.cache
def drawing(figure: str, side: str) -> Drawing:
    """Return the drawing of a figure's side; of `FIGURES` and `SIDES`."""
    return _DRAWN[side](BUILDS[figure])


@functools.cache
def regions(figure: str, side: str) -> frozenset[str]:
    """Return the codes of the regions of a drawing."""
    return frozenset(one.code for one in drawing(figure, side).regions)


@functools.cache
def printed_svg(figure: str, side: str, style: str) -> str:
    """Return the drawing as an SVG element without regions, for a paper. `style`: its style sheet."""
    return _element(drawing(figure, side), f"<style>{style}</style>", "")


def plain_svg(figure: str, side: str) -> str:
    """Return the drawing as an SVG element without regions and without a style, for a page."""
    return _element(drawing(figure, side), "", "")


@functools.cache
def chosen_svg(figure: str, side: str, language: str) -> str:
    """Return the drawing as an SVG element whose regions are buttons with names in this language."""
    drawn, called = drawing(figure, side), names(language)
    clip = "".join(f'<path d="{path}"/>' for path in drawn.outlines)
    buttons = "".join(
        f'<path class="place" role="button" tabindex="0" data-region="{one.code}"'
        f' data-x="{round(1000 * one.center[0] / drawn.width)}"'
        f' data-y="{round(1000 * one.center[1] / drawn.height)}"'
        f' aria-label="{called[one.code]}" d="{one.path}"><title>{called[one.code]}</title></path>'
        for one in drawn.regions
    )
    return _element(
        drawn,
        f'<clipPath id="outline-{side}">{clip}</clipPath>',
        f'<g clip-path="url(#outline-{side})">{buttons}</g>',
    )


def _element(drawn: Drawing, before: str, between: str) -> str:
    width, height = f"{drawn.width:.0f}", f"{drawn.height:.0f}"
    outlines = "".join(f'<path class="skin" d="{path}"/>' for path in drawn.outlines)
    return (
        f'<svg class="drawing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{3 * drawn.width:.0f}" height="{3 * drawn.height:.0f}">{before}{outlines}{between}'
        f'<path class="line" d="{"".join(drawn.lines)}"/></svg>'
    )
