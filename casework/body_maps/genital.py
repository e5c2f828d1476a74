"""Genital and anal views, as on printed forms: female lying on the back, male from the front, the anus."""

from __future__ import annotations

from casework.body_maps.builds import Build
from casework.body_maps.curves import mirrored
from casework.body_maps.shapes import Drawing
from casework.body_maps.sheets import View, sheet

_TICKS = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Twelve, three, six and nine o'clock."""


def genital(b: Build) -> Drawing:
    """Return the genital view of the figure's sex, of both for an infant, and the anal view."""
    views = []
    if b.female is not False:
        views.append(_female(b, View(110, 20)))
    if b.female is not True:
        views.append(_male(b, View(110 if b.female is False else 330, 20)))
    x = 330 if len(views) == 1 else 550
    views.append(_anal(View(x, 160)))
    return sheet(x + 110, 320, views)


def _female(b: Build, v: View) -> View:
    child = not b.adult
    half = [
        (0, -6),
        (-58, 0),
        (-96, 40),
        (-100, 105),
        (-92, 170),
        (-100, 225),
        (-78, 276),
        (-32, 290),
        (0, 268),
    ]
    v.outline([*half, *mirrored(half[1:-1])])
    for s in (-1, 1):
        v.line((s * 66, 10), (s * 50, 60), (s * 44, 120), (s * 46, 175), (s * 60, 214))
    majora = [(-4, 34), (-20, 44), (-33, 82), (-34, 126), (-25, 170), (-7, 192)]
    minora = [(-3, 72), (-12, 84), (-19, 108), (-17, 138), (-8, 158), (0, 163)]
    if child:
        minora = [(-3, 72), (-10, 80), (-14, 94), (-13, 108), (-10, 116)]
    for half in (majora, minora):
        v.line(*half)
        v.line(*mirrored(half))
    v.line((0, 24), (0, 58))
    hood = [(-3, 72), (-7, 62), (0, 56), (7, 62), (3, 72)]
    v.line(*hood)
    v.oval(0, 72, 3.2, 4)
    v.oval(0, 97, 2.2, 2.8)
    ring = [(0, 112), (9, 120), (11, 134), (6, 147), (0, 150), (-6, 147), (-11, 134), (-9, 120)]
    v.line(*ring, closed=True)
    opening = [(0, 119), (5, 125), (6, 134), (3, 142), (0, 144), (-3, 142), (-6, 134), (-5, 125)]
    v.line(*opening, closed=True)
    for x, y in _TICKS:
        v.line((x * 12, 131 + y * 20), (x * 15, 131 + y * 24))
    v.line((-9, 163), (0, 168), (9, 163))
    v.line((0, 176), (0, 208))
    _anus(v, 0, 226, 9)
    v.line((0, 240), (0, 268))
    v.area("mons-pubis", (-46, -10, 46, 42))
    v.area("perineum", (-30, 166, 30, 208))
    for name, s in (("right", -1), ("left", 1)):
        v.region(
            f"{name}-inner-thigh",
            [(s * 34, 20, 1), (s * 110, 0, 1), (s * 110, 200, 1), (s * 30, 200, 1)],
            (s * 44, 110),
        )
        v.region(
            f"{name}-buttock",
            [(s * 14, 200, 1), (s * 110, 200, 1), (s * 110, 280, 1), (s * 2, 280, 1), (s * 2, 240, 1)],
            (s * 40, 230),
        )
        v.region(
            f"{name}-labium-majus",
            [(s * x, y, 1) for x, y in ((2, 42), (20, 42), (32, 80), (34, 125), (25, 168), (4, 168))],
            (s * 25, 110),
        )
        v.region(
            f"{name}-labium-minus",
            [
                (s * x, y)
                for x, y in ((3, 72), (12, 84), (19, 108), (17, 138), (8, 158), (4, 140), (10, 118), (4, 92))
            ],
            (s * 14, 110),
        )
    v.spot("clitoris", 0, 67, 8, 12)
    v.spot("urethral-opening", 0, 97, 7, 8)
    v.spot("vestibule-and-hymen", 0, 131, 11, 21)
    v.spot("posterior-fourchette", 0, 160, 10, 8)
    v.spot("anus", 0, 226, 14, 14)
    return v


def _male(b: Build, v: View) -> View:
    size = 1.0 if b.adult else 0.72
    half = [(-92, -6, 1), (-102, 60), (-104, 140), (-96, 286, 1), (-10, 286, 1), (-7, 220), (0, 196, 1)]
    v.outline([*half, *mirrored(half[:-1])])

    def s(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * size, 62 + (y - 62) * size) for x, y in points]

    sac = s([(-14, 84), (-34, 104), (-44, 146), (-36, 182), (-12, 196), (0, 192)])
    v.outline([*sac, *mirrored(sac[:-1])])
    v.line((0, 190 * size + 62 * (1 - size)), (0, 170 * size + 62 * (1 - size)))
    shaft = s([(-17, 60), (-17, 96), (-16, 128), (-18, 140), (-14, 156), (0, 164)])
    v.outline(
        [(shaft[0][0], shaft[0][1], 1), *shaft[1:], *mirrored(shaft[1:-1]), (-shaft[0][0], shaft[0][1], 1)],
        closed=False,
    )
    glans = s([(-17, 138), (-8, 131), (0, 129), (8, 131), (17, 138)])
    v.line(*glans)
    v.line(*s([(0, 156), (0, 162)]))
    for side in (-1, 1):
        v.line((side * 24, 70), (side * 52, 44), (side * 88, 14))
    v.area("pubic-area", (-56, -10, 56, 60))
    for name, side in (("right", -1), ("left", 1)):
        v.region(
            f"{name}-groin",
            [(side * 30, -10, 1), (side * 110, -10, 1), (side * 110, 24, 1), (0, 104, 1)],
            (side * 72, 20),
        )
        v.region(
            f"{name}-thigh",
            [(0, 100, 1), (side * 110, 0, 1), (side * 110, 290, 1), (0, 290, 1)],
            (side * 55, 225),
        )
        v.region(
            f"{name}-scrotum",
            [(0, 80, 1), *((side * abs(x) * 1.05, y, 1) for x, y in sac), (0, sac[-1][1] + 4, 1)],
            (side * 30 * size, sac[2][1]),
        )
    v.region(
        "penis-shaft",
        [
            (-19 * size, 58, 1),
            (19 * size, 58, 1),
            (19 * size, 62 + 72 * size, 1),
            (-19 * size, 62 + 72 * size, 1),
        ],
    )
    v.region("glans-and-foreskin", s([(-20, 136), (0, 128), (20, 136), (18, 158), (0, 168), (-18, 158)]))
    return v


def _anal(v: View) -> View:
    half = [
        (0, -130),
        (-42, -132),
        (-84, -96),
        (-104, -30),
        (-102, 40),
        (-92, 90),
        (-88, 146, 1),
        (-10, 146, 1),
        (-6, 110),
        (0, 92, 1),
    ]
    v.outline([*half, *mirrored(half[1:-1])])
    v.line((0, -130), (0, -60))
    v.line((0, 92), (0, 46))
    for s in (-1, 1):
        v.line((s * 4, 96), (s * 40, 104), (s * 76, 88))
    for s in (-1, 1):
        v.line((0, -60), (s * 20, -40), (s * 27, 0), (s * 20, 34), (0, 46))
    _anus(v, 0, 0, 12)
    for x, y in _TICKS:
        v.line((x * 31, y * 31), (x * 36, y * 36))
    for name, s in (("left", -1), ("right", 1)):
        v.region(
            f"{name}-buttock", [(0, -140, 1), (s * 115, -140, 1), (s * 115, 100, 1), (0, 100, 1)], (s * 62, 0)
        )
        v.area(f"{name}-thigh", (min(0, s * 110), 100, max(0, s * 110), 150))
        v.region(
            f"{name}-anal-verge",
            [(0, -24, 1), (s * 18, -18), (s * 25, 0), (s * 18, 18), (0, 24, 1)],
            (s * 18, 0),
        )
    v.area("gluteal-cleft", (-12, -136, 12, -52))
    v.area("perineum", (-14, 44, 14, 100))
    v.spot("anus", 0, 0, 13, 13)
    return v


def _anus(v: View, x: float, y: float, size: float) -> None:
    v.oval(x, y, size * 0.22, size * 0.3)
    for dx, dy in ((0, -1), (0.7, -0.7), (1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7)):
        v.line((x + dx * size * 0.4, y + dy * size * 0.45), (x + dx * size, y + dy * size))
