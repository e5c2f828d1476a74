"""The head: face, both sides, and the open mouth."""

from __future__ import annotations

from casework.body_maps.builds import Build
from casework.body_maps.curves import mirrored
from casework.body_maps.profile import face_profile
from casework.body_maps.shapes import Drawing
from casework.body_maps.sheets import View, sheet

HEAD = 200.0
"""Units of a head's height."""


def head(b: Build) -> Drawing:
    """Return the face, the mouth, and below them both sides; the right side of the face is on the left."""
    face = _face(b, View(105, 8, HEAD))
    mouth = _mouth(View(300, 110, 0.95))
    size = 0.94 - 0.07 * b.roundness  # an infant's head is longer from front to back
    right = _side(b, View(95, 232, HEAD * size, flip=True), "right")
    left = _side(b, View(305, 232, HEAD * size), "left")
    return sheet(400, 460, [face, mouth, right, left])


def _face(b: Build, v: View) -> View:
    h, r = b.head, b.roundness
    half: list[tuple[float, ...]] = [
        (0, 0),
        (h * 0.4, 0.022),
        (h * 0.77, 0.115),
        (h * 0.97, 0.29),
        (h * 0.99, 0.48),
        (h * (0.915 + 0.055 * r), 0.66),
        (h * (0.75 + 0.12 * r), 0.82),
        (h * (0.46 + 0.1 * r), 0.945),
        (h * (0.2 + 0.04 * r), 0.993),
        (0, 1.0),
    ]
    eye, nose, mouth = 0.5 + 0.07 * r, 0.69 + 0.05 * r, 0.8 + 0.035 * r
    apart, wide = h * (0.44 + 0.02 * r), h * (0.2 + 0.02 * r)
    for side in (-1, 1):
        ear = [(0.97, 0.47), (1.06, 0.44), (1.14, 0.49), (1.12, 0.58), (1.05, 0.67), (0.97, 0.66)]
        v.outline([(side * h * x, y + 0.03 * r) for x, y in ear])
    v.outline([*half, *mirrored(half[1:-1])])
    neck = [
        (b.neck_half * 1.02, 0.93 - 0.9 * (b.neck_half - 0.19) + 0.09 * max(0.0, r - 0.5)),
        (b.neck_half, 1.03),
        (b.neck_half * 1.08, 1.09),
    ]
    for side in (-1, 1):
        s = float(side)

        def line(*points: tuple[float, float], s: float = s, closed: bool = False) -> None:
            v.line(*((s * x, y) for x, y in points), closed=closed)

        line(*neck)
        line((h * 1.09, 0.5 + 0.03 * r), (h * 1.06, 0.56 + 0.03 * r), (h * 1.02, 0.61 + 0.03 * r))
        line(
            (apart - wide, eye + 0.008),
            (apart - wide * 0.3, eye - 0.032),
            (apart + wide * 0.45, eye - 0.028),
            (apart + wide, eye),
        )
        line((apart - wide, eye + 0.008), (apart, eye + 0.027), (apart + wide, eye))
        line((apart - wide * 0.9, eye - 0.035), (apart, eye - 0.062), (apart + wide, eye - 0.03))
        v.oval(s * apart, eye - 0.004, 0.026, 0.027)
        v.oval(s * apart, eye - 0.004, 0.011, 0.011)
        line(
            (apart - wide * 1.2, eye - 0.078),
            (apart - wide * 0.2, eye - 0.115),
            (apart + wide * 0.7, eye - 0.112),
            (apart + wide * 1.3, eye - 0.078),
        )
        line(
            (h * 0.1, eye + 0.02),
            (h * 0.11, nose - 0.09),
            (h * 0.17, nose - 0.035),
            (h * 0.2, nose - 0.005),
            (h * 0.13, nose + 0.012),
        )
        line((h * 0.05, nose + 0.014), (h * 0.09, nose), (h * 0.13, nose + 0.008))
        line((h * 0.03, nose + 0.03), (h * 0.035, mouth - 0.032))
    v.line((-h * 0.07, nose + 0.016), (0, nose + 0.026), (h * 0.07, nose + 0.016))
    upper = [
        (-h * 0.33, mouth),
        (-h * 0.13, mouth - 0.026),
        (-h * 0.05, mouth - 0.03),
        (0, mouth - 0.022),
        (h * 0.05, mouth - 0.03),
        (h * 0.13, mouth - 0.026),
        (h * 0.33, mouth),
    ]
    v.line(*upper)
    v.line(
        (-h * 0.33, mouth),
        (-h * 0.1, mouth - 0.002),
        (0, mouth + 0.004),
        (h * 0.1, mouth - 0.002),
        (h * 0.33, mouth),
    )
    v.line(
        (-h * 0.33, mouth),
        (-h * 0.15, mouth + 0.036),
        (0, mouth + 0.042),
        (h * 0.15, mouth + 0.036),
        (h * 0.33, mouth),
    )
    v.line((-h * 0.14, mouth + 0.072), (0, mouth + 0.064), (h * 0.14, mouth + 0.072))
    brow = eye - 0.14
    v.area("scalp", (-0.6, -0.1, 0.6, brow - 0.16), (0, 0.09))
    v.area("forehead", (-0.6, brow - 0.16, 0.6, brow + 0.02))
    v.area("chin", (-h * 0.5, mouth + 0.055, h * 0.5, 1.2), (0, 0.94))
    for name, s in (("right", -1.0), ("left", 1.0)):
        v.region(
            f"{name}-cheek",
            [
                (s * h * 0.12, eye + 0.03, 1),
                (s * h * 0.3, eye + 0.045, 1),
                (s * h * 0.97, eye + 0.0, 1),
                (s * h * 0.97, 0.75, 1),
                (s * h * 0.45, 1.0, 1),
                (s * h * 0.3, mouth, 1),
                (s * h * 0.16, nose, 1),
            ],
        )
        v.region(
            f"{name}-temple",
            [
                (s * (apart + wide * 1.1), brow, 1),
                (s * h * 1.03, brow, 1),
                (s * h * 1.0, eye + 0.05, 1),
                (s * (apart + wide * 1.1), eye + 0.05, 1),
            ],
        )
        v.spot(f"{name}-eye", s * apart, eye - 0.015, wide * 1.15, 0.075)
        v.spot(f"{name}-ear", s * h * 1.07, 0.56 + 0.03 * r, h * 0.11, 0.135)
    v.region(
        "nose",
        [
            (-h * 0.13, eye - 0.05, 1),
            (h * 0.13, eye - 0.05, 1),
            (h * 0.26, nose + 0.03, 1),
            (-h * 0.26, nose + 0.03, 1),
        ],
    )
    v.spot("upper-lip", 0, mouth - 0.028, h * 0.36, 0.03)
    v.spot("lower-lip", 0, mouth + 0.028, h * 0.33, 0.026)
    return v


def _mouth(v: View) -> View:
    """Draw the open mouth; lengths in the drawing's units."""
    lips = [
        (-70, 0),
        (-48, -40),
        (-16, -62),
        (0, -57),
        (16, -62),
        (48, -40),
        (70, 0),
        (48, 46),
        (0, 66),
        (-48, 46),
    ]
    inner = [(-60, 0), (-40, -32), (0, -44), (40, -32), (60, 0), (40, 36), (0, 50), (-40, 36)]
    v.outline(lips)
    v.outline(inner)
    arch = [(-46, 2), (-42, -16), (-28, -31), (0, -37), (28, -31), (42, -16), (46, 2)]
    v.line(*arch)
    low = [(-44, 10), (-38, 26), (-22, 38), (0, 42), (22, 38), (38, 26), (44, 10)]
    v.line(*low)
    for x, top, bottom in (
        (0, -44, -37),
        (-10, -43, -36),
        (10, -43, -36),
        (-20, -41, -34),
        (20, -41, -34),
        (-30, -37, -30),
        (30, -37, -30),
        (-38, -30, -22),
        (38, -30, -22),
    ):
        v.line((x, top), (x * 0.97, bottom))
    for x, top, bottom in (
        (0, 42, 50),
        (-9, 41, 49),
        (9, 41, 49),
        (-18, 39, 47),
        (18, 39, 47),
        (-27, 35, 43),
        (27, 35, 43),
        (-35, 29, 37),
        (35, 29, 37),
    ):
        v.line((x, top), (x * 1.04, bottom))
    v.line(
        (-34, 6),
        (-30, -8),
        (-14, -16),
        (-5, -12),
        (-3, 0),
        (0, 4),
        (3, 0),
        (5, -12),
        (14, -16),
        (30, -8),
        (34, 6),
    )
    tongue = [(-34, 16), (-26, 4), (0, 9), (26, 4), (34, 16), (22, 33), (0, 38), (-22, 33)]
    v.line(*tongue, closed=True)
    v.line((0, 12), (0, 32))
    v.line((0, -34), (0, -18))
    v.region("upper-lip-inside", [(-80, 0, 1), (-80, -75, 1), (80, -75, 1), (80, 0, 1)], (0, -52))
    v.region("lower-lip-inside", [(-80, 0, 1), (-80, 80, 1), (80, 80, 1), (80, 0, 1)], (0, 58))
    v.region("upper-teeth", [*inner[:5], *reversed(arch)], (0, -40))
    v.region("lower-teeth", [(-60, 0), (-40, 36), (0, 50), (40, 36), (60, 0), *reversed(low)], (0, 46))
    v.region("palate", [*arch, (30, -8, 1), (14, -16, 1), (-14, -16, 1), (-30, -8, 1)], (0, -26))
    v.region("throat", [(-30, -6, 1), (-14, -15), (14, -15), (30, -6, 1), (28, 4, 1), (-28, 4, 1)], (14, -5))
    for name, s in (("right", -1), ("left", 1)):
        v.region(
            f"inside-{name}-cheek",
            [(s * 62, 0, 1), (s * 44, -26, 1), (s * 34, -4, 1), (s * 34, 14, 1), (s * 42, 28, 1)],
        )
    v.region("tongue", tongue, (0, 22))
    return v


def _side(b: Build, v: View, name: str) -> View:
    r = b.roundness
    d = 0.055 * r
    face = face_profile(b)
    neck = [(-0.13, 1.08, 1), (0.2 if b.adult else 0.19, 1.08, 1)]
    nape = [
        (0.185, 0.98),
        (0.24 + 0.07 * r, 0.86),
        (0.39 + 0.03 * r, 0.7),
        (0.46 + 0.05 * r, 0.45),
        (0.4 + 0.04 * r, 0.19),
        (0.22, 0.04),
    ]
    v.outline([*face, (-0.14, 1.03), *neck, *nape])
    x, y, s = 0.035, 0.47 + 0.6 * d, 1.0
    for ear in (
        (
            (0.02, 0.2),
            (-0.012, 0.08),
            (0.03, 0),
            (0.1, -0.02),
            (0.148, 0.05),
            (0.122, 0.15),
            (0.07, 0.235),
            (0.025, 0.225),
            (0.02, 0.2),
        ),
        ((0.005, 0.07), (0.04, 0.025), (0.095, 0.012), (0.122, 0.06), (0.1, 0.13), (0.07, 0.17)),
        ((0.045, 0.075), (0.085, 0.06), (0.09, 0.11), (0.06, 0.155), (0.04, 0.175)),
        ((0.012, 0.105), (0.04, 0.125), (0.026, 0.155)),
    ):
        v.line(*((x + px * s, y + py * s) for px, py in ear))
    v.line((-0.37, 0.5 + d), (-0.3, 0.465 + d), (-0.23, 0.505 + d))
    v.line((-0.365, 0.505 + d), (-0.31, 0.53 + d), (-0.24, 0.515 + d))
    v.line((-0.345, 0.478 + d), (-0.328, 0.505 + d), (-0.343, 0.525 + d))
    v.line((-0.375, 0.42 + d), (-0.3, 0.39 + d), (-0.2, 0.42 + d))
    v.line((-0.345, 0.66 + d), (-0.36, 0.635 + d), (-0.395, 0.645 + d))
    v.line((-0.345, 0.66 + d), (-0.36, 0.682 + d), (-0.39, 0.678 + d))
    v.line((-0.402, 0.766 + d), (-0.35, 0.768 + d), (-0.295, 0.785 + d))
    v.line((0.02, 0.72 + d), (-0.03, 0.86 + 0.4 * d), (-0.17, 0.965))
    v.line((0.1, 0.78 + d), (0.03, 0.93), (-0.04, 1.07))
    brow = 0.4 + d
    v.area(f"{name}-scalp", (-0.6, -0.1, 0.7, brow - 0.12), (0.08, 0.14))
    v.area("forehead", (-0.6, brow - 0.12, -0.2, brow + 0.04), (-0.32, brow - 0.06))
    v.area(f"{name}-temple", (-0.2, brow - 0.12, 0.02, 0.56 + d))
    v.area(f"{name}-back-of-head", (0.02, brow - 0.12, 0.7, 0.86 + 0.03 * r))
    v.area(f"{name}-cheek", (-0.38, 0.54 + d, 0.03, 0.82 + 0.5 * d))
    v.region(
        f"{name}-jaw",
        [(0.03, 0.76 + d, 1), (0.02, 0.88, 1), (-0.16, 1.03, 1), (-0.3, 1.03, 1), (-0.3, 0.82 + 0.5 * d, 1)],
    )
    v.region(
        "chin",
        [(-0.6, 0.83 + 0.6 * d, 1), (-0.3, 0.83 + 0.6 * d, 1), (-0.28, 1.03, 1), (-0.6, 1.03, 1)],
        (-0.36, 0.92),
    )
    v.region(
        f"{name}-side-of-neck",
        [(-0.2, 1.005, 1), (0.0, 0.9, 1), (0.06, 0.82, 1), (0.3, 0.84, 1), (0.4, 1.2, 1), (-0.3, 1.2, 1)],
        (0.04, 1.0),
    )
    v.area("nose", (-0.62, 0.47 + d, -0.36, 0.69 + d), (-0.4, 0.6 + d))
    v.area("upper-lip", (-0.62, 0.69 + d, -0.33, 0.766 + d), (-0.37, 0.735 + d))
    v.area("lower-lip", (-0.62, 0.766 + d, -0.33, 0.83 + 0.6 * d), (-0.37, 0.8 + 0.8 * d))
    v.spot(f"{name}-eye", -0.295, 0.485 + d, 0.085, 0.07)
    v.spot(f"{name}-ear", 0.1, 0.57 + 0.6 * d, 0.085, 0.135)
    return v
