"""The whole body from the side, facing the viewer's left: her left side. Her right side is its mirror image.

Points are in heads; x = 0 is the plumb line through ear, shoulder, hip and ankle.
"""

from __future__ import annotations

from casework.body_maps.builds import Build
from casework.body_maps.curves import Point, along, ellipse
from casework.body_maps.standing import MARGIN, Frame
from casework.body_maps.standing import frame_of as front_frame


def frame_of(b: Build, *, mirror: bool) -> Frame:
    """Return the frame that fills the drawing's height. `mirror`: facing the viewer's right."""
    unit = front_frame(b).unit
    reach = max(-x for x, *_ in body(b))
    return Frame(reach * unit + MARGIN, unit, -1.0 if mirror else 1.0)


def face_profile(b: Build) -> list[tuple[float, ...]]:
    """Return the line from the crown over the face to the throat."""
    r = b.roundness
    d, low = 0.055 * r, 1 - 0.35 * r
    nose = 0.095 * low
    return [
        (0.02, 0),
        (-0.2 - 0.02 * r, 0.045),
        (-0.36 - 0.03 * r, 0.19),
        (-0.4 - 0.035 * r, 0.36 + d),
        (-0.385 - 0.01 * r, 0.465 + d),
        (-0.4 - nose * 0.5, 0.55 + d),
        (-0.405 - nose * 0.95, 0.62 + d),
        (-0.4 - nose * 0.9, 0.655 + d),
        (-0.4 - nose * 0.35, 0.675 + d),
        (-0.405, 0.7 + d),
        (-0.428, 0.738 + d),
        (-0.402, 0.766 + d, 1),
        (-0.42, 0.796 + d * 0.8),
        (-0.378, 0.845 + d * 0.7),
        (-0.39 + 0.03 * r, 0.92 + d * 0.4),
        (-0.33 + 0.04 * r, 0.985),
        (-0.2, 1.0 + 0.01 * r),
    ]


def body(b: Build) -> list[tuple[float, ...]]:
    """Return the closed outline without the arm."""
    r = b.roundness
    long, low, foot = b.knee - b.crotch, b.ankle - b.knee, b.heads - b.ankle
    t, k, c, e = b.thigh, b.knee_half * 1.06, b.calf * 1.12, b.ankle_half * 1.15
    back_neck = 0.2 if b.adult else 0.17
    deep, waist = b.chest_deep, b.waist_deep
    nape = [(-0.14, b.neck - 0.06), (-0.135, b.neck + 0.04), (-0.17 - 0.02 * b.adult, b.shoulder - 0.06)]
    if r == 1:
        nape = [(-0.17, 1.04), (-0.2, b.shoulder - 0.04)]
    bust = b.breast if b.female else 0.0
    chest = [
        (-deep * 0.82, b.shoulder + 0.45 * (b.nipple - b.shoulder)),
        (-deep - bust * 0.95, b.nipple + 0.03 * (bust > 0)),
        *([(-deep - bust, b.nipple + 0.12), (-deep - bust * 0.6, b.nipple + 0.27)] if bust else []),
        *([(-deep * 0.94, b.nipple + 0.34)] if bust else []),
        (-waist * 0.96 - 0.02 * r, b.waist - 0.12),
        (-waist * (0.96 + 0.12 * r), b.navel + 0.04),
        (-waist * (0.92 + 0.06 * r), b.navel + 0.55 * (b.hip - b.navel)),
        (-t * 0.83, b.crotch - 0.14),
    ]
    leg_front = [
        (-t * 0.92, b.crotch + 0.2 * long),
        (-t * 0.8 - 0.02, b.crotch + 0.55 * long),
        (-k * 1.2, b.knee - 0.12 * long),
        (-k * 1.18, b.knee + 0.02),
        (-k * 0.88, b.knee + 0.14 * low),
        (-c * 0.7, b.knee + 0.36 * low),
        (-e * 0.72, b.ankle - 0.16 * low),
        (-e * 0.95, b.ankle - 0.02),
    ]
    toe = -0.24 - 1.15 * foot
    foot_line = [
        (toe * 0.38, b.ankle + 0.33 * foot),
        (toe * 0.7, b.heads - 0.34 * foot),
        (toe * 0.93, b.heads - 0.24 * foot),
        (toe, b.heads - 0.11 * foot),
        (toe * 0.95, b.heads - 0.005),
        (toe * 0.45, b.heads - 0.012),
        (0, b.heads - 0.035 * (1 - r)),
        (e * 1.3, b.heads),
        (e * 1.9, b.heads - 0.12 * foot),
        (e * 1.7, b.heads - 0.45 * foot),
    ]
    leg_back = [
        (e * 1.0, b.ankle - 0.02),
        (e * 0.92, b.ankle - 0.16 * low),
        (c * 0.98, b.knee + 0.5 * low),
        (c * 1.24, b.knee + 0.27 * low),
        (k * 0.78, b.knee + 0.03 * low),
        (k * 0.8, b.knee - 0.1 * long),
        (t * 0.7, b.knee - 0.5 * long),
        (t * 0.82, b.crotch + 0.18 * long),
    ]
    rear = [
        (b.buttock * (0.86 - 0.06 * r), b.crotch + 0.02),
        (b.buttock * (1 - 0.04 * r), b.hip - 0.1 + 0.06 * r),
        (b.buttock * 0.86, b.hip - 0.42 * (b.hip - b.waist)),
        (waist * 0.62, b.waist + 0.12 * (b.hip - b.waist)),
        (waist * (0.66 + 0.1 * r), b.waist - 0.15),
        (deep * 0.9, b.armpit + 0.1),
        (deep * 0.86, b.shoulder + 0.22),
        *([(back_neck + 0.1, b.shoulder - 0.12), (back_neck + 0.01, b.neck - 0.02)] if b.adult else []),
        *(
            []
            if b.adult
            else [(back_neck + 0.06 + 0.03 * r, b.neck + 0.06), (back_neck + 0.03 * r, b.neck - 0.06)]
        ),
    ]
    skull = [
        (0.24 + 0.07 * r, 0.86),
        (0.39 + 0.03 * r, 0.7),
        (0.46 + 0.05 * r, 0.45),
        (0.4 + 0.04 * r, 0.19),
        (0.22, 0.04),
    ]
    return [*face_profile(b), *nape, *chest, *leg_front, *foot_line, *leg_back, *rear, *skull]


def arm_axis(b: Build) -> tuple[Point, Point, Point, Point]:
    """Return shoulder, elbow, wrist and fingertip."""
    return (0.03, b.shoulder + 0.08), (0.07, b.elbow), (-0.06, b.wrist), (-0.14, b.fingertip)


def arm(b: Build) -> list[tuple[float, ...]]:
    """Return the open outline of the hanging arm, from the front of the shoulder to its back."""
    shoulder, elbow, wrist, tip = arm_axis(b)
    a, f, w = b.upper_arm * 1.12, b.forearm * 1.05, b.wrist_half * 0.92
    front = [
        *along(shoulder, elbow, [(-a * 0.9, -0.02), (-a * 1.12, 0.18), (-a * 0.95, 0.5), (-f * 0.85, 0.86)]),
        *along(elbow, wrist, [(-f * 1.0, 0.14), (-f * 0.92, 0.4), (-w * 1.0, 0.85)]),
    ]
    h = b.wrist_half * (1.15 + 0.2 * b.roundness)
    hand = along(
        wrist,
        tip,
        [
            *(
                (-h * off, part)
                for off, part in ((0.95, 0.05), (1.35, 0.2), (1.5, 0.42), (1.35, 0.56), (1.05, 0.6))
            ),
            *(
                (-h * off, part)
                for off, part in ((0.95, 0.78), (0.7, 0.95), (0.3, 1.0), (-0.15, 0.98), (-0.55, 0.86))
            ),
            *((-h * off, part) for off, part in ((-0.85, 0.55), (-0.95, 0.3), (-0.85, 0.05))),
        ],
    )
    rear = [
        *along(elbow, wrist, [(w * 1.0, 0.85), (f * 0.88, 0.4), (f * 1.0, 0.14)]),
        *along(shoulder, elbow, [(f * 1.02, 0.96), (a * 0.95, 0.55), (a * 1.1, 0.18), (a * 0.95, -0.02)]),
    ]
    return [*front, *hand, *rear]


def lines(b: Build, frame: Frame) -> list[str]:
    """Return the landmarks: ear, eye, jaw, breast, hip, knee, ankle, toes, hand."""
    r = b.roundness
    d = 0.055 * r
    shoulder, elbow, wrist, tip = arm_axis(b)
    h, w = b.wrist_half * (1.15 + 0.2 * r), b.wrist_half
    foot, low = b.heads - b.ankle, b.ankle - b.knee
    toe = -0.24 - 1.15 * foot
    found = [
        *ear(frame, 0.035, 0.47 + 0.6 * d, 1.0),
        frame.line((-0.355, 0.5 + d), (-0.29, 0.47 + d), (-0.225, 0.5 + d)),
        frame.line((-0.35, 0.505 + d), (-0.3, 0.53 + d), (-0.24, 0.515 + d)),
        frame.line((-0.375, 0.42 + d), (-0.3, 0.395 + d), (-0.2, 0.425 + d)),
        frame.line((-0.4, 0.665 + d), (-0.365, 0.655 + d), (-0.36, 0.68 + d)),
        frame.line((-0.4, 0.766 + d), (-0.35, 0.768 + d), (-0.3, 0.785 + d)),
        frame.line((0.015, 0.72 + d), (-0.03, 0.85 + 0.5 * d), (-0.16, 0.96)),
        frame.line(
            (b.buttock * 0.86, b.crotch + 0.02),
            (b.buttock * 0.55, b.crotch + 0.03),
            (b.buttock * 0.3, b.crotch),
        ),
        frame.line(
            (-b.knee_half * 0.9, b.knee - 0.11),
            (-b.knee_half * 0.45, b.knee),
            (-b.knee_half * 0.8, b.knee + 0.12 * low / 1.7),
        ),
        ellipse(*frame.point(b.ankle_half * 0.2, b.ankle + 0.02), 0.05 * frame.unit, 0.055 * frame.unit),
        frame.line(
            (toe * 0.9, b.heads - 0.08 * foot),
            (toe * 0.8, b.heads - 0.1 * foot),
            (toe * 0.72, b.heads - 0.06 * foot),
        ),
        frame.line(*along(wrist, tip, [(-h * 1.05, 0.6), (-h * 0.75, 0.42), (-h * 0.5, 0.2)])),
        frame.line(*along(wrist, tip, [(h * 0.1, 0.97), (h * 0.25, 0.55)])),
        frame.line(*along(elbow, wrist, [(-w * 0.6, 1.0), (w * 0.5, 1.01)])),
        frame.line(
            *along(
                shoulder, elbow, [(b.forearm * 0.75, 0.93), (b.forearm * 0.45, 1.0), (b.forearm * 0.7, 1.05)]
            )
        ),
    ]
    if b.adult and b.female:
        low_breast = b.nipple + 0.31
        found.append(
            frame.line(
                (-b.chest_deep * 0.94, b.nipple + 0.34),
                (-b.chest_deep * 0.7, low_breast),
                (-b.chest_deep * 0.45, b.nipple + 0.06),
            )
        )
    return found


def ear(frame: Frame, x: float, y: float, size: float) -> list[str]:
    """Return the lines of an ear whose front edge is at (x, y), in heads; facing left."""
    outer = [
        (0.02, 0.2),
        (-0.01, 0.08),
        (0.03, 0),
        (0.1, -0.02),
        (0.145, 0.05),
        (0.12, 0.15),
        (0.07, 0.235),
        (0.025, 0.225),
    ]
    inner = [(0.035, 0.06), (0.08, 0.035), (0.108, 0.075), (0.085, 0.14), (0.055, 0.18)]
    tragus = [(0.01, 0.105), (0.035, 0.125), (0.025, 0.15)]
    return [
        frame.line(*((x + px * size, y + py * size) for px, py in line)) for line in (outer, inner, tragus)
    ]
