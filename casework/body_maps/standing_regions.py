"""Regions of the whole body: polygons along the axes of trunk, arms and legs, which the outline clips."""

from __future__ import annotations

from casework.body_maps import profile
from casework.body_maps.builds import Build
from casework.body_maps.curves import Points, along, ellipse, middle, polygon
from casework.body_maps.shapes import Region
from casework.body_maps.standing import Frame, arm_of

Shape = tuple[str, Points, float | None]
"""Code, corners in heads, and where across its pin is put; None: in the middle of the corners."""


def front(b: Build, frame: Frame) -> list[Region]:
    """Return the regions seen from the front; her right side is at negative x."""
    s, belly = b.shoulder, b.nipple + 0.36 * (b.waist - b.nipple) + 0.12
    shapes: list[Shape] = [
        ("face", _box(-0.6, -0.2, 0.6, 1.0), 0),
        ("neck", _box(-0.6, 1.0, 0.6, s - 0.06), 0),
    ]
    for name, side in (("right", -1), ("left", 1)):
        shapes += [
            (f"{name}-chest", _box(0, s - 0.06, side * (b.chest + 0.12), belly), None),
            (f"{name}-upper-abdomen", _box(0, belly, side * 1.2, b.navel), side * b.waist_half * 0.5),
            (
                f"{name}-lower-abdomen",
                _box(0, b.navel, side * 1.2, b.crotch - 0.02),
                side * b.waist_half * 0.6,
            ),
            *_leg(b, name, side, ("thigh", "knee", "shin", "ankle", "foot"), top=b.crotch - 0.32),
            *_arm(b, name, side),
        ]
    hip = b.hip_half
    shapes.append(
        (
            "pubic-area",
            [
                (-hip * 0.36, b.crotch - 0.36),
                (hip * 0.36, b.crotch - 0.36),
                (0.1, b.crotch + 0.02),
                (-0.1, b.crotch + 0.02),
            ],
            0,
        )
    )
    return [_region(frame, *shape) for shape in shapes]


def back(b: Build, frame: Frame) -> list[Region]:
    """Return the regions seen from behind; her left side is at negative x."""
    s, loin = b.shoulder, b.armpit + 0.45 * (b.waist - b.armpit)
    hip = b.waist + 0.5 * (b.hip - b.waist)
    shapes: list[Shape] = [
        ("back-of-head", _box(-0.6, -0.2, 0.6, 0.86), 0),
        ("nape", _box(-0.6, 0.86, 0.6, s - 0.06), 0),
    ]
    for name, side in (("left", -1), ("right", 1)):
        shapes += [
            (f"{name}-upper-back", _box(0, s - 0.06, side * (b.chest + 0.12), loin), None),
            (f"{name}-lower-back", _box(0, loin, side * 1.2, hip), side * b.waist_half * 0.5),
            (f"{name}-buttock", _box(0, hip, side * 1.2, b.crotch + 0.06), side * b.hip_half * 0.5),
            *_leg(b, name, side, ("thigh", "hollow-of-knee", "calf", "ankle", "heel"), top=b.crotch + 0.06),
            *_arm(b, name, side),
        ]
    shapes.append(("sacrum", [(-0.16, hip - 0.05), (0.16, hip - 0.05), (0, b.hip + 0.05)], 0))
    return [_region(frame, *shape) for shape in shapes]


def side(b: Build, frame: Frame, name: str) -> list[Region]:
    """Return the regions seen from one side, as drawn facing left."""
    s, long, low = b.shoulder, b.knee - b.crotch, b.ankle - b.knee
    belly = b.nipple + 0.36 * (b.waist - b.nipple) + 0.12
    hip = b.waist + 0.4 * (b.hip - b.waist)
    shoulder, elbow, wrist, tip = profile.arm_axis(b)
    a = b.upper_arm * 1.3
    shapes: list[Shape] = [
        (f"{name}-side-of-head", _box(-0.1, -0.2, 0.9, 0.9), 0.25),
        ("face", _box(-0.9, -0.2, -0.1, 1.0), -0.26),
        (
            f"{name}-side-of-neck",
            [(-0.9, 1.0), (-0.1, 1.0), (-0.1, 0.9), (0.9, 0.9), (0.9, s - 0.08), (-0.9, s - 0.08)],
            0.02,
        ),
        (f"{name}-side-of-chest", _box(-1.2, s - 0.08, 1.2, belly), -b.chest_deep * 0.65),
        (f"{name}-flank", _box(-1.2, belly, 1.2, hip), -b.waist_deep * 0.65),
        (f"{name}-hip", _box(-1.2, hip, 0.1, b.crotch), -b.thigh * 0.55),
        (f"{name}-buttock", _box(0.1, hip, 1.2, b.crotch + 0.05), b.buttock * 0.6),
        (f"{name}-thigh", _box(-1.2, b.crotch, 1.2, b.knee - 0.16 * long), 0),
        (f"{name}-knee", _box(-1.2, b.knee - 0.16 * long, 1.2, b.knee + 0.12 * low), 0),
        (f"{name}-lower-leg", _box(-1.2, b.knee + 0.12 * low, 1.2, b.ankle - 0.12 * low), 0),
        (f"{name}-ankle", _box(-0.5, b.ankle - 0.12 * low, 1.2, b.ankle + 0.1), 0),
        (f"{name}-foot", _box(-2, b.ankle + 0.1, 1.2, b.heads), -0.15),
        (f"{name}-shoulder", along(shoulder, elbow, [(-a, -0.12), (a, -0.12), (a, 0.22), (-a, 0.22)]), None),
        (f"{name}-upper-arm", along(shoulder, elbow, [(-a, 0.22), (a, 0.22), (a, 0.86), (-a, 0.86)]), None),
        (f"{name}-elbow", along(shoulder, elbow, [(-a, 0.86), (a, 0.86), (a, 1.1), (-a, 1.1)]), None),
        (f"{name}-forearm", along(elbow, wrist, [(-a, 0.13), (a, 0.13), (a, 0.92), (-a, 0.92)]), None),
        (
            f"{name}-hand",
            along(wrist, tip, [(-a * 1.4, -0.08), (a * 1.2, -0.08), (a * 1.2, 1.1), (-a * 1.4, 1.1)]),
            None,
        ),
    ]
    return [_region(frame, *shape) for shape in shapes] + [
        Region(
            f"{name}-ear",
            ellipse(*frame.point(0.11, 0.58), 0.09 * frame.unit, 0.14 * frame.unit),
            frame.point(0.11, 0.58),
        )
    ]


def _leg(b: Build, name: str, side: int, parts: tuple[str, ...], *, top: float) -> list[Shape]:
    long, low = b.knee - b.crotch, b.ankle - b.knee
    inner = b.crotch - 0.02 if top < b.crotch else top
    levels = (b.knee - 0.16 * long, b.knee + 0.13 * low, b.ankle - 0.14 * low, b.ankle + 0.06, b.heads)
    thigh = [(0, inner), (side * b.hip_half * 1.1, top), (side * b.hip_half * 1.1, levels[0]), (0, levels[0])]
    bands = zip(parts[1:], levels, levels[1:], strict=False)
    return [(f"{name}-{parts[0]}", thigh, side * b.hip_half * 0.5)] + [
        (f"{name}-{part}", _box(0, above, side * 1.2, below), side * b.knee_at)
        for part, above, below in bands
    ]


def _arm(b: Build, name: str, side: int) -> list[Shape]:
    arm = arm_of(b)
    a, h = b.upper_arm * 1.3, b.wrist_half * 3.6
    edge = -(arm.shoulder[0] - b.chest - 0.06)
    found: list[Shape] = [
        (
            f"{name}-shoulder",
            [
                (b.shoulder_half * 0.55, b.shoulder - 0.3),
                (b.shoulder_half * 1.3, b.shoulder - 0.3),
                (b.shoulder_half * 1.3, b.shoulder + 0.28),
                (b.chest + 0.05, b.shoulder + 0.28),
            ],
            b.shoulder_half * 0.86,
        ),
        (
            f"{name}-upper-arm",
            along(arm.shoulder, arm.elbow, [(a, 0.14), (a, 0.87), (-a, 0.87), (edge, 0.14)]),
            None,
        ),
        (
            f"{name}-elbow",
            along(arm.shoulder, arm.elbow, [(a, 0.87), (a, 1.12), (-a, 1.12), (-a, 0.87)]),
            None,
        ),
        (f"{name}-forearm", along(arm.elbow, arm.wrist, [(a, 0.14), (a, 0.9), (-a, 0.9), (-a, 0.14)]), None),
        (f"{name}-wrist", along(arm.elbow, arm.wrist, [(a, 0.9), (a, 1.08), (-a, 1.08), (-a, 0.9)]), None),
        (
            f"{name}-hand",
            along(arm.wrist, arm.tip, [(h, 0.1), (h, 1.15), (-h * 0.6, 1.15), (-h * 0.6, 0.1)]),
            None,
        ),
    ]
    return [
        (code, [(side * x, y, *rest) for x, y, *rest in points], None if at is None else side * at)
        for code, points, at in found
    ]


def _box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, ...]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _region(frame: Frame, code: str, points: Points, across: float | None) -> Region:
    x, y = middle(points)
    return Region(code, polygon(frame.at(points)), frame.point(x if across is None else across, y))
