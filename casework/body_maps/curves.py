"""Points and smooth curves through them, as SVG path data. x grows to the right, y downwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Point: TypeAlias = "tuple[float, float]"
Points: TypeAlias = "Sequence[tuple[float, ...]]"
"""Points of a curve: `(x, y)`, or `(x, y, 1)` for a corner, at which the curve is not smooth."""


def curve(points: Points, *, closed: bool = False) -> str:
    """Return the path data of a smooth curve of cubic Béziers through these points, at least two.

    The tangent at a point has the direction from the one before to the one after it; handles are a third of
    the distance to the neighbour, so that uneven distances make no loops.
    """
    ends = len(points)
    parts = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for at in range(ends if closed else ends - 1):
        here, following = points[at], points[(at + 1) % ends]
        reach = math.dist(here[:2], following[:2]) / 3
        first = _handle(points, at, reach, closed=closed)
        second = _handle(points, (at + 1) % ends, -reach, closed=closed)
        parts.append("C" + " ".join(_number(value) for value in (*first, *second, *following[:2])))
    return "".join(parts) + ("Z" if closed else "")


def polygon(points: Points) -> str:
    """Return the path data of a polygon."""
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y, *_ in points) + "Z"


def ellipse(x: float, y: float, rx: float, ry: float) -> str:
    """Return the path data of an ellipse about (x, y)."""
    a, b, c, d = (_number(value) for value in (x - rx, y, rx, ry))
    return f"M{a} {b}a{c} {d} 0 1 0 {_number(2 * rx)} 0a{c} {d} 0 1 0 {_number(-2 * rx)} 0Z"


def mirrored(points: Points) -> list[tuple[float, ...]]:
    """Return the points on the other side of the axis x = 0, in the opposite order."""
    return [(-x, *rest) for x, *rest in reversed(points)]


def placed(
    points: Points, x: float, y: float, scale: float = 1, across: float = 1
) -> list[tuple[float, ...]]:
    """Return the points scaled about the origin and moved to (x, y). `across`: a further factor of widths."""
    return [(x + px * scale * across, y + py * scale, *rest) for px, py, *rest in points]


def along(start: Point, end: Point, points: Points) -> list[tuple[float, ...]]:
    """Return points given beside an axis: (distance to its left, fraction of its length)."""
    (ax, ay), (bx, by) = start, end
    length = math.dist(start, end)
    dx, dy = (bx - ax) / length, (by - ay) / length
    return [
        (ax + dx * length * part + dy * off, ay + dy * length * part - dx * off, *rest)
        for off, part, *rest in points
    ]


def middle(points: Iterable[tuple[float, ...]]) -> Point:
    """Return the mean of some points."""
    listed = list(points)
    return sum(one[0] for one in listed) / len(listed), sum(one[1] for one in listed) / len(listed)


def _handle(points: Points, at: int, reach: float, *, closed: bool) -> Point:
    """Return the control point beside a point; `reach` is negative for the one before it."""
    x, y, *corner = points[at]
    last = len(points) - 1
    if corner:
        return x, y
    before = points[at - 1] if closed or at > 0 else points[at]
    after = points[(at + 1) % (last + 1)] if closed or at < last else points[at]
    dx, dy = after[0] - before[0], after[1] - before[1]
    length = math.hypot(dx, dy) or 1
    return x + dx / length * reach, y + dy / length * reach


def _number(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
