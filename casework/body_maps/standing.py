"""The whole body from the front and from behind, standing upright: palms to the front, thumbs outwards.

Points are in heads, the middle of the body at x = 0; her right side is on the viewer's left from the front.
"""

from __future__ import annotations

from dataclasses import dataclass

from casework.body_maps.builds import Build
from casework.body_maps.curves import Point, Points, along, curve, mirrored, placed

HEIGHT = 480.0
MARGIN = 8.0


@dataclass(frozen=True)
class Frame:
    """Where heads become units of the drawing."""

    middle: float
    unit: float
    """Units of one head."""
    across: float = 1.0
    """-1: mirrored."""

    def at(self, points: Points) -> list[tuple[float, ...]]:
        """Return points of the drawing."""
        return placed(points, self.middle, MARGIN, self.unit, self.across)

    def point(self, x: float, y: float) -> Point:
        """Return one point of the drawing."""
        return self.middle + x * self.unit * self.across, MARGIN + y * self.unit

    def line(self, *points: tuple[float, ...]) -> str:
        """Return a smooth line through these points."""
        return curve(self.at(points))

    def both(self, *points: tuple[float, ...]) -> list[str]:
        """Return a line and the same on the other side."""
        return [self.line(*points), self.line(*mirrored(points))]


@dataclass(frozen=True)
class Arm:
    """The axes of an arm on the positive side."""

    shoulder: Point
    elbow: Point
    wrist: Point
    tip: Point


def arm_of(b: Build) -> Arm:
    """Return the axes of the arm, held a little away from the body."""
    x = b.shoulder_half - b.upper_arm * 0.72
    length = b.elbow - b.shoulder
    spread = 0.16 + 0.5 * max(0.0, b.roundness - 0.5)  # an infant's arms are further from the body
    elbow = (x + spread * length, b.elbow)
    wrist = (elbow[0] + 0.24 * (b.wrist - b.elbow), b.wrist)
    hand = b.fingertip - b.wrist
    return Arm((x, b.shoulder + 0.12), elbow, wrist, (wrist[0] + 0.2 * hand, b.fingertip))


def hand_outline(b: Build, arm: Arm) -> list[tuple[float, ...]]:
    """Return the hand from the outer side of the wrist to the inner one; the thumb is outside."""
    w = b.wrist_half * 1.22
    fat = 1 + 0.25 * b.roundness
    thumb = [
        (1.0, 0.0),
        (1.3, 0.12),
        (1.85, 0.26),
        (2.25, 0.42),
        (2.42, 0.52),
        (2.2, 0.585),
        (1.9, 0.53),
        (1.5, 0.44),
    ]
    index = [(1.52, 0.5), (1.5, 0.66), (1.42, 0.82), (1.26, 0.905), (1.02, 0.84)]
    middle_finger = [(0.86, 0.955), (0.52, 1.0), (0.3, 0.95)]
    ring = [(0.06, 0.965), (-0.22, 0.94), (-0.4, 0.86)]
    little = [(-0.66, 0.845), (-0.98, 0.79), (-1.12, 0.66), (-1.3, 0.48), (-1.3, 0.25), (-1.0, 0.0)]
    points = [*thumb, *index, *middle_finger, *ring, *little]
    return along(arm.wrist, arm.tip, [(off * w * fat, part) for off, part in points])


def finger_lines(b: Build, arm: Arm) -> list[Points]:
    """Return the gaps between the fingers."""
    w = b.wrist_half * 1.22 * (1 + 0.25 * b.roundness)
    gaps = [((1.02, 0.84), (0.8, 0.5)), ((0.3, 0.95), (0.12, 0.52)), ((-0.4, 0.86), (-0.56, 0.53))]
    return [along(arm.wrist, arm.tip, [(x * w, y) for x, y in gap]) for gap in gaps]


def half_outline(b: Build, *, back: bool) -> list[tuple[float, ...]]:
    """Return the outline of the positive side, from the crown to the crotch."""
    arm = arm_of(b)
    h, r = b.head, b.roundness
    head: list[tuple[float, ...]] = [
        (0, 0),
        (h * 0.5, 0.035),
        (h * 0.88, 0.17),
        (h, 0.38),
        (h * 0.985, 0.5),
    ]
    ear = [(h * 1.13, 0.47 + 0.03 * r), (h * 1.14, 0.56 + 0.03 * r), (h * 1.0, 0.67 + 0.03 * r)]
    jaw = [(h * (0.86 + 0.06 * r), 0.79 + 0.02 * r)]
    if back:
        jaw = [(h * 0.92, 0.77), *(() if b.adult else ((h * (0.68 + 0.12 * r), 0.92),))]
    neck = [
        (b.neck_half * (1.02 if b.adult else 1.08), (0.93 if b.adult else 0.96)),
        (b.neck_half, (b.neck + 0.93) / 2),
        (b.neck_half * 1.12, b.neck + 0.02),
    ]
    shoulder = [
        (b.shoulder_half * 0.52, b.shoulder - 0.12),
        (b.shoulder_half * 0.86, b.shoulder - 0.02),
        (b.shoulder_half * 1.0, b.shoulder + 0.16),
    ]
    a, f, w = b.upper_arm, b.forearm, b.wrist_half
    outer = [
        *along(arm.shoulder, arm.elbow, [(a * 1.08, 0.3), (a * 0.98, 0.6), (f * 0.93, 0.9)]),
        *along(arm.elbow, arm.wrist, [(f * 1.02, 0.16), (f * 0.98, 0.38), (w * 1.2, 0.78)]),
    ]
    inner = [
        *along(arm.elbow, arm.wrist, [(-w * 1.1, 0.8), (-f * 0.92, 0.4), (-f * 0.98, 0.18)]),
        *along(arm.shoulder, arm.elbow, [(-f * 0.86, 0.96), (-a * 0.92, 0.66)]),
        (b.chest + 0.045, b.armpit + 0.02, 1),
    ]
    breast = b.breast if not back and b.female else 0
    torso = [
        (b.chest + 0.1 * breast, b.armpit + 0.14),
        ((b.chest * 0.62 + b.waist_half * 0.38), b.armpit + 0.5 * (b.waist - b.armpit)),
        (b.waist_half, b.waist),
        ((b.waist_half * 0.35 + b.hip_half * 0.65), b.waist + 0.5 * (b.hip - b.waist)),
        (b.hip_half, b.hip),
    ]
    return [
        *head,
        *ear,
        *jaw,
        *neck,
        *shoulder,
        *outer,
        *hand_outline(b, arm),
        *inner,
        *torso,
        *leg(b, back=back),
    ]


def leg(b: Build, *, back: bool) -> list[tuple[float, ...]]:
    """Return the leg's outline on the positive side, from below the hip to the crotch."""
    long, low = b.knee - b.crotch, b.ankle - b.knee
    k, c, e = b.knee_half, b.calf, b.ankle_half
    out = b.knee_at + k
    foot = b.heads - b.ankle
    at = b.ankle_at
    outer = [
        (b.hip_half * 0.985, b.crotch + 0.14 * long),
        (out + (b.hip_half - out) * 0.5, b.crotch + 0.58 * long),
        (out + 0.01, b.knee - 0.1 * long),
        (out - 0.012, b.knee + 0.04 * low),
        (b.knee_at + c * 1.03, b.knee + 0.3 * low),
        (b.knee_at * 0.5 + at * 0.5 + c * 0.82, b.knee + 0.58 * low),
        (at + e * 1.02, b.ankle - 0.12 * low),
        (at + e * 1.1, b.ankle),
    ]
    if back:
        ground = [
            (at + e * 1.05, b.ankle + 0.35 * foot),
            (at + e * 1.75, b.heads - 0.12 * foot),
            (at + e * 1.55, b.heads),
            (at + e * 0.4, b.heads - 0.01),
            (at - e * 0.85, b.heads - 0.02),
            (at - e * 1.05, b.ankle + 0.5 * foot),
        ]
    else:
        ground = [
            (at + e * 1.35, b.ankle + 0.45 * foot),
            (at + e * 2.05, b.heads - 0.22 * foot),
            (at + e * 1.95, b.heads - 0.02),
            (at + e * 0.7, b.heads),
            (at - e * 0.75, b.heads - 0.01),
            (at - e * 1.0, b.heads - 0.3 * foot),
            (at - e * 0.9, b.ankle + 0.35 * foot),
        ]
    inner = [
        (at - e * 1.08, b.ankle),
        (at - e * 0.95, b.ankle - 0.14 * low),
        (b.knee_at * 0.4 + at * 0.6 - c * 0.75, b.knee + 0.58 * low),
        (b.knee_at - c * 1.02, b.knee + 0.28 * low),
        (b.knee_at - k * 0.92, b.knee + 0.05 * low),
        (b.knee_at - k * 1.02, b.knee - 0.09 * long),
        ((b.knee_at - k) * 0.62 + 0.0, b.knee - 0.42 * long),
        (0.022, b.crotch + 0.14 * long),
        (0.0, b.crotch, 1),
    ]
    return [*outer, *ground, *inner]


def outline(b: Build, *, back: bool) -> list[tuple[float, ...]]:
    """Return the closed outline."""
    half = half_outline(b, back=back)
    return [*half, *mirrored(half[1:-1])]


def frame_of(b: Build) -> Frame:
    """Return the frame that fills the drawing's height."""
    unit = (HEIGHT - 2 * MARGIN) / b.heads
    return Frame((arm_of(b).tip[0] + 2.6 * b.wrist_half) * unit + MARGIN, unit)
