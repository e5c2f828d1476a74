"""Several views on one drawing, each in its own place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.body_maps.curves import Points, curve, ellipse, middle, placed
from casework.body_maps.shapes import Drawing, Region


@dataclass
class View:
    """One view: points about (0, 0), y downwards, moved to (x, y) and scaled.

    `flip`: mirrored, left for right; `turn`: upside down.
    """

    x: float
    y: float
    scale: float = 1.0
    flip: bool = False
    turn: bool = False
    outlines: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)

    def at(self, points: Points) -> list[tuple[float, ...]]:
        """Return points of the drawing."""
        across, down = (-1 if self.flip else 1), (-1 if self.turn else 1)
        turned = [(px * across, py * down, *rest) for px, py, *rest in points]
        return placed(turned, self.x, self.y, self.scale)

    def outline(self, points: Points, *, closed: bool = True) -> None:
        """Draw an outline; an open one is filled, too."""
        self.outlines.append(curve(self.at(points), closed=closed))

    def line(self, *points: tuple[float, ...], closed: bool = False) -> None:
        """Draw a landmark."""
        self.lines.append(curve(self.at(points), closed=closed))

    def oval(self, x: float, y: float, rx: float, ry: float, *, outline: bool = False) -> None:
        """Draw an ellipse, as a landmark or as an outline."""
        [(cx, cy)] = self.at([(x, y)])
        path = ellipse(cx, cy, rx * self.scale, ry * self.scale)
        (self.outlines if outline else self.lines).append(path)

    def region(self, code: str, points: Points, center: tuple[float, float] | None = None) -> None:
        """Add a region with a smooth edge; `center`: where its pin is put, else the middle of its points."""
        found = self.at(points)
        [pin] = self.at([center]) if center else [middle(found)]
        self.regions.append(Region(code, curve(found, closed=True), (pin[0], pin[1])))

    def area(
        self, code: str, box: tuple[float, float, float, float], center: tuple[float, float] | None = None
    ) -> None:
        """Add a region that is a rectangle: left, top, right, bottom."""
        left, top, right, bottom = box
        self.region(code, [(left, top, 1), (right, top, 1), (right, bottom, 1), (left, bottom, 1)], center)

    def spot(self, code: str, x: float, y: float, rx: float, ry: float) -> None:
        """Add a region that is an ellipse."""
        [(cx, cy)] = self.at([(x, y)])
        self.regions.append(Region(code, ellipse(cx, cy, rx * self.scale, ry * self.scale), (cx, cy)))


def sheet(width: float, height: float, views: Sequence[View]) -> Drawing:
    """Return the drawing of these views."""
    return Drawing(
        width,
        height,
        [one for view in views for one in view.outlines],
        [one for view in views for one in view.lines],
        [one for view in views for one in view.regions],
    )
