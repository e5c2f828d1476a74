"""Hands, palm and back, and feet, top and sole: her right on the viewer's left, as the examiner sees them."""

from __future__ import annotations

from casework.body_maps.builds import Build
from casework.body_maps.curves import Points
from casework.body_maps.shapes import Drawing
from casework.body_maps.sheets import View, sheet

# A hand with its fingers up and the thumb on the viewer's left; the middle of the wrist at (0, 0).
_HAND: Points = [
    (-26, 14, 1),
    (-26, -6),
    (-33, -26),
    (-50, -48),
    (-66, -68),
    (-78, -90),
    (-82, -106),
    (-76, -114),
    (-67, -109),
    (-57, -93),
    (-45, -80),
    (-37, -80),
    (-37, -98),
    (-41, -122),
    (-42, -148),
    (-40, -164),
    (-33, -170),
    (-26, -164),
    (-24, -148),
    (-20, -122),
    (-17.5, -107, 1),
    (-18, -128),
    (-17, -162),
    (-15, -179),
    (-8, -186),
    (-1, -179),
    (1, -162),
    (1.5, -128),
    (2, -107, 1),
    (4, -128),
    (7, -156),
    (10, -170),
    (17, -175),
    (23, -168),
    (23, -152),
    (21, -126),
    (19.5, -102, 1),
    (24, -116),
    (31, -136),
    (36, -146),
    (42, -148),
    (47, -142),
    (46, -130),
    (41, -108),
    (37, -86),
    (36, -62),
    (31, -34),
    (26, -8),
    (26, 14, 1),
]
_FINGERS = (
    ("index-finger", (-32, -88), (-34, -167)),
    ("middle-finger", (-8, -100), (-8, -183)),
    ("ring-finger", (11, -98), (16, -172)),
    ("little-finger", (29, -88), (42, -146)),
)
"""Name, base and tip of each finger's axis."""

# A sole with its toes up and the big toe on the viewer's right; the heel at the bottom, (0, 0).
_SOLE: Points = [
    (0, 2),
    (17, -3),
    (27, -20),
    (26, -46),
    (19, -76),
    (22, -104),
    (34, -130),
    (40, -150),
    (36, -164),
    (22, -168),
    (4, -166),
    (-14, -160),
    (-30, -149),
    (-40, -134),
    (-42, -112),
    (-36, -78),
    (-30, -44),
    (-28, -20),
    (-18, -3),
]
_TOES = (
    ("big-toe", 26, -180, 13, 17),
    ("second-toe", 5, -181, 8, 14),
    ("third-toe", -10, -175, 7, 12),
    ("fourth-toe", -23.5, -165, 6.5, 10.5),
    ("little-toe", -35.5, -152, 6.5, 9.5),
)


def hands(b: Build) -> Drawing:
    """Return palms above, backs below; her right hand on the viewer's left."""
    views = []
    for hand, x in (("right", 100.0), ("left", 300.0)):
        for side, y in (("palm", 205.0), ("back", 435.0)):
            flip = (hand == "right") == (side == "palm")
            views.append(_hand(b, View(x, y, 1 - 0.06 * b.roundness, flip=flip), f"{hand}-{side}"))
    return sheet(400, 460, views)


def feet(b: Build) -> Drawing:
    """Return the tops above, toes down, and the soles below, toes up; her right foot on the viewer's left."""
    views = []
    for foot, x in (("right", 110.0), ("left", 290.0)):
        flip = foot == "left"
        views.append(_foot(b, View(x, 14, flip=flip, turn=True), f"{foot}-top", top=True))
        views.append(_foot(b, View(x, 450, flip=flip), f"{foot}-sole", top=False))
    return sheet(400, 460, views)


def _hand(b: Build, view: View, name: str) -> View:
    stout = 1 + 0.22 * b.roundness
    hand = [(x * stout, y * (1 - 0.1 * b.roundness), *rest) for x, y, *rest in _HAND]
    short = 1 - 0.1 * b.roundness

    def line(*points: tuple[float, float]) -> None:
        view.line(*((x * stout, y * short) for x, y in points))

    view.outline(hand, closed=False)
    palm = name.endswith("palm")
    for _, (x, y), (tx, ty) in _FINGERS:
        for part in (0.36, 0.68) if palm else (0.4, 0.7):
            cx, cy = x + (tx - x) * part, y + (ty - y) * part
            line((cx - 6.5, cy + 1), (cx, cy - 1 if palm else cy - 3), (cx + 6.5, cy + 1))
        if not palm:
            nx, ny = tx + (x - tx) * 0.1, ty + (y - ty) * 0.1
            view.oval(nx * stout, ny * short, 5 * stout, 7.5 * short)
            line((x - 6, y + 2), (x, y - 3), (x + 6, y + 2))
    if palm:
        line((-38, -76), (-20, -68), (-9, -44), (-13, -12))
        line((-37, -82), (-12, -74), (20, -54))
        line((34, -80), (10, -84), (-14, -100))
        line((-22, 2), (0, 5), (22, 2))
        line((-24, -4), (0, -1), (24, -4))
        line((-66, -88), (-60, -84), (-56, -80))
    else:
        view.oval(-75 * stout, -103 * short, 4.5 * stout, 7 * short)
        line((-70, -88), (-63, -86), (-59, -90))
        for x, top in ((-20, -70), (-6, -76), (9, -74), (21, -66)):
            line((x, top), (x * 0.6, -20))
        line((20, -4), (23, -12), (27, -8))
    view.area(f"{name}-wrist", (-60, -14, 60, 30), (0, 2))
    surface = "palm" if palm else "back-of-hand"
    view.region(
        f"{name}-{surface}",
        [
            (-48 * stout, -14, 1),
            (48 * stout, -14, 1),
            (50 * stout, -98 * short, 1),
            (-42 * stout, -98 * short, 1),
        ],
    )
    for finger, (x, y), (tx, ty) in _FINGERS:
        _finger(view, f"{name}-{finger}", (x * stout, y * short), (tx * stout, ty * short))
    view.region(
        f"{name}-thumb",
        [
            (x * stout, y * short, 1)
            for x, y in ((-28, -30), (-39, -82), (-60, -86), (-64, -122), (-96, -122), (-90, -60))
        ],
        (-62 * stout, -82 * short),
    )
    return view


def _finger(view: View, code: str, base: tuple[float, float], tip: tuple[float, float]) -> None:
    (x, y), (tx, ty) = base, tip
    view.region(
        code, [(x - 9.5, y - 6, 1), (tx - 11.5, ty - 10, 1), (tx + 11.5, ty - 10, 1), (x + 9.5, y - 6, 1)]
    )


def _foot(b: Build, view: View, name: str, *, top: bool) -> View:
    stout = 1 + 0.14 * b.roundness
    for _, x, y, rx, ry in _TOES:
        view.oval(x * stout, y, rx * stout, ry, outline=True)
    if top:
        ankle = [(-25, 6, 1), (-27, -24), (-31, -52)]
        outer = [(x * stout, y, *rest) for x, y, *rest in [*_SOLE[1:14]]]
        start = [(25 * stout, 6, 1), (27 * stout, -24)]
        view.outline(
            [
                *start,
                *outer[3:],
                (-41 * stout, -112),
                (-37 * stout, -82),
                *((x * stout, y, *r) for x, y, *r in reversed(ankle)),
            ],
            closed=False,
        )
        for _, x, y, rx, ry in _TOES:
            view.oval(x * stout, y - ry * 0.35, rx * 0.62 * stout, ry * 0.42)
        for x, end in ((20, -140), (4, -142), (-10, -138), (-22, -130)):
            view.line((x * stout * 0.5, -76), (x * stout, end))
        view.line((-27 * stout, -22), (-17 * stout, -30), (-24 * stout, -40))
        view.line((27 * stout, -16), (18 * stout, -24), (24 * stout, -34))
    else:
        view.outline([(x * stout, y, *rest) for x, y, *rest in _SOLE])
        view.line((-34 * stout, -122), (-8, -128), (14 * stout, -124), (22 * stout, -112))
        view.line((-22 * stout, -38), (0, -46), (20 * stout, -40))
        view.line((19 * stout, -76), (4, -80), (-6, -92), (-4, -106))
    parts = (
        (("ankle", 10, -46), ("instep", -46, -112), ("forefoot", -112, -172))
        if top
        else (("heel", 10, -46), ("arch", -46, -112), ("ball", -112, -172))
    )
    for part, bottom, up in parts:
        view.area(f"{name}-{part}", (-64, up, 64, bottom))
    for toe, x, y, rx, ry in _TOES:
        view.spot(f"{name}-{toe}", x * stout, y, rx * stout + 1, ry + 1)
    return view
