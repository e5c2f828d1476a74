"""Landmarks of the whole body: face, clavicles, breasts, navel, knees; behind, scapulae, spine, gluteal fold.

Outlines: `standing`.
"""

from __future__ import annotations

from casework.body_maps.builds import Build
from casework.body_maps.curves import along, curve, ellipse, mirrored
from casework.body_maps.standing import Arm, Frame, arm_of, finger_lines


def front_lines(b: Build, frame: Frame) -> list[str]:
    """Return the landmarks seen from the front."""
    arm = arm_of(b)
    return [
        *_face(b, frame),
        *_trunk(b, frame),
        *_limb_creases(b, frame, arm),
        *_knees(b, frame),
        *_toes(b, frame),
        *_fingers(b, frame, arm),
    ]


def back_lines(b: Build, frame: Frame) -> list[str]:
    """Return the landmarks seen from behind."""
    arm = arm_of(b)
    s, hip = b.shoulder, b.hip_half
    low = b.ankle - b.knee
    blade = [(0.22, s + 0.2), (0.2, s + 0.42), (0.26, s + 0.68), (0.36, s + 0.72), (0.5, s + 0.42)]
    scale = b.shoulder_half / 0.95
    fold = b.crotch + 0.02
    return [
        *frame.both((b.head * 0.72, 0.74), (b.head * 0.5, 0.86), (b.neck_half * 0.75, 0.97)),
        frame.line((0, b.neck + 0.02), (0, b.waist), (0, b.hip - 0.36)),
        *frame.both(*((x * scale, s + (y - s) * (0.9 if b.adult else 0.68)) for x, y in blade)),
        *frame.both((b.chest + 0.03, b.armpit + 0.03), (b.chest - 0.03, b.armpit - 0.12)),
        *frame.both((hip * 0.24, b.hip - 0.42), (hip * 0.2, b.hip - 0.37)),
        frame.line((0, b.hip - 0.33), (0.008, b.hip - 0.1), (0, fold)),
        *frame.both(
            (0.012, fold), (hip * 0.3, fold + 0.05), (hip * 0.62, fold - 0.01), (hip * 0.76, fold - 0.07)
        ),
        *frame.both(
            (b.knee_at - b.knee_half * 0.62, b.knee - 0.02),
            (b.knee_at, b.knee + 0.02),
            (b.knee_at + b.knee_half * 0.62, b.knee - 0.02),
        ),
        *frame.both(
            (b.knee_at - b.calf * 0.1, b.knee + 0.26 * low),
            (b.knee_at + b.calf * 0.02, b.knee + 0.42 * low),
            (b.knee_at - b.calf * 0.06, b.knee + 0.54 * low),
        ),
        *frame.both(
            (b.ankle_at - b.ankle_half * 0.45, b.ankle - 0.1 * low),
            (b.ankle_at - b.ankle_half * 0.3, b.ankle),
        ),
        *frame.both(
            (b.ankle_at + b.ankle_half * 0.45, b.ankle - 0.1 * low),
            (b.ankle_at + b.ankle_half * 0.3, b.ankle),
        ),
        *_elbow_behind(b, frame, arm),
        *_fingers(b, frame, arm),
    ]


def _face(b: Build, frame: Frame) -> list[str]:
    h, r = b.head, b.roundness
    eye, nose, mouth = 0.5 + 0.07 * r, 0.68 + 0.06 * r, 0.79 + 0.05 * r
    apart, wide = h * (0.43 + 0.02 * r), h * (0.19 + 0.02 * r)
    chin = [
        (h * (0.87 + 0.05 * r), 0.78 + 0.02 * r),
        (h * (0.68 + 0.04 * r), 0.89 + 0.01 * r),
        (h * 0.32, 0.985),
        (0, 1.0),
    ]
    return [
        frame.line(*chin, *mirrored(chin[:-1])),
        *frame.both((apart - wide, eye), (apart, eye - 0.035), (apart + wide, eye)),
        *frame.both((apart - wide, eye), (apart, eye + 0.022), (apart + wide, eye)),
        *(
            ellipse(*frame.point(side * apart, eye - 0.006), 0.024 * frame.unit, 0.026 * frame.unit)
            for side in (-1, 1)
        ),
        *frame.both(
            (apart - wide * 1.15, eye - 0.085),
            (apart + wide * 0.1, eye - 0.115),
            (apart + wide * 1.25, eye - 0.075),
        ),
        frame.line(
            (-h * 0.14, nose - 0.015),
            (-h * 0.06, nose + 0.012),
            (0, nose + 0.02),
            (h * 0.06, nose + 0.012),
            (h * 0.14, nose - 0.015),
        ),
        frame.line(
            (-h * 0.3, mouth),
            (-h * 0.08, mouth - 0.006),
            (0, mouth + 0.004),
            (h * 0.08, mouth - 0.006),
            (h * 0.3, mouth),
        ),
        frame.line((-h * 0.16, mouth + 0.05), (0, mouth + 0.062), (h * 0.16, mouth + 0.05)),
    ]


def _trunk(b: Build, frame: Frame) -> list[str]:
    s, hip = b.shoulder, b.hip_half
    lines = [
        *frame.both((0.06, s - 0.01), (b.shoulder_half * 0.4, s - 0.055), (b.shoulder_half * 0.8, s - 0.04)),
        *frame.both((b.chest + 0.03, b.armpit + 0.03), (b.chest - 0.01, b.armpit - 0.14)),
        *frame.both((hip * 0.78, b.hip - 0.22), (hip * 0.45, b.hip + 0.0), (0.06, b.crotch - 0.06)),
    ]
    x, y = frame.point(0, b.navel)
    lines.append(ellipse(x, y, 0.022 * frame.unit, 0.034 * frame.unit))
    at, nipple = b.chest * 0.56, b.nipple + 0.09 * (b.adult and bool(b.female))
    for side in (-1, 1):
        x, y = frame.point(side * at, nipple)
        if b.adult:
            lines.append(
                ellipse(
                    x,
                    y,
                    (0.055 if b.female else 0.038) * frame.unit,
                    (0.05 if b.female else 0.032) * frame.unit,
                )
            )
        lines.append(ellipse(x, y, 0.016 * frame.unit, 0.016 * frame.unit))
    if b.adult and b.female:
        low = nipple + 0.19
        lines += frame.both(
            (0.09, nipple + 0.04),
            (0.13, low - 0.06),
            (at * 0.95, low + 0.015),
            (b.chest * 0.92, low - 0.12),
            (b.chest * 0.99, nipple - 0.08),
        )
        lines.append(
            frame.line((-0.2 * hip, b.crotch - 0.34), (0, b.crotch - 0.37), (0.2 * hip, b.crotch - 0.34))
        )
    elif b.adult:
        lines += frame.both(
            (0.07, nipple + 0.12),
            (at * 0.7, nipple + 0.17),
            (b.chest * 0.9, nipple + 0.06),
            (b.chest * 1.0, b.armpit),
        )
        lines += frame.both((0.05, b.waist - 0.42), (0.3, b.waist - 0.22), (0.5, b.waist + 0.05))
        lines.append(frame.line((0, nipple + 0.2), (0, b.navel - 0.1)))
    if b.female:
        lines.append(frame.line((0, b.crotch - 0.11), (0, b.crotch)))
    return lines


def male_outlines(b: Build, frame: Frame) -> list[str]:
    """Return scrotum and penis as closed outlines, before the thighs."""
    size, c = 1.0 if b.adult else 0.55, b.crotch
    sac = [(0.07, -0.1), (0.15, 0.03), (0.13, 0.15), (0.04, 0.19)]
    shaft = [(0.062, -0.2), (0.066, -0.02), (0.062, 0.06), (0.035, 0.125), (0, 0.135)]
    halves = ([(x * size, c + y * size) for x, y in half] for half in (sac, shaft))
    return [curve(frame.at([*half, *mirrored(half)]), closed=True) for half in halves]


def _limb_creases(b: Build, frame: Frame, arm: Arm) -> list[str]:
    f, w = b.forearm, b.wrist_half
    elbow = along(arm.shoulder, arm.elbow, [(f * 0.6, 0.99), (0, 1.02), (-f * 0.62, 0.97)])
    wrist = along(arm.elbow, arm.wrist, [(w * 0.85, 1.0), (0, 1.012), (-w * 0.85, 1.0)])
    palm = along(arm.wrist, arm.tip, [(w * 0.35, 0.06), (w * 0.55, 0.28), (w * 1.35, 0.42)])
    lines = [*frame.both(*elbow), *frame.both(*wrist), *frame.both(*palm)]
    if b.roundness == 1:
        fold = along(arm.elbow, arm.wrist, [(f * 0.95, 0.62), (0, 0.68), (-f * 0.9, 0.62)])
        thigh = (b.crotch + b.knee) / 2
        lines += [
            *frame.both(*fold),
            *frame.both((0.12, thigh), (0.3, thigh + 0.05), (b.hip_half * 0.88, thigh - 0.01)),
        ]
    return lines


def _knees(b: Build, frame: Frame) -> list[str]:
    x, k = b.knee_at, b.knee_half
    return [
        *frame.both(
            (x - k * 0.55, b.knee - 0.13 * k / 0.2),
            (x - k * 0.62, b.knee),
            (x - k * 0.3, b.knee + 0.11 * k / 0.2),
        ),
        *frame.both(
            (x + k * 0.5, b.knee - 0.13 * k / 0.2),
            (x + k * 0.58, b.knee),
            (x + k * 0.25, b.knee + 0.11 * k / 0.2),
        ),
        *frame.both(
            (b.ankle_at - b.ankle_half * 0.6, b.ankle + 0.03),
            (b.ankle_at - b.ankle_half * 0.85, b.ankle - 0.04),
        ),
        *frame.both(
            (b.ankle_at + b.ankle_half * 0.6, b.ankle + 0.06), (b.ankle_at + b.ankle_half * 0.9, b.ankle)
        ),
    ]


def _toes(b: Build, frame: Frame) -> list[str]:
    at, e, foot = b.ankle_at, b.ankle_half, b.heads - b.ankle
    gaps = (-0.05, 0.5, 0.95, 1.4)
    return [
        line
        for gap in gaps
        for line in frame.both((at + e * gap, b.heads - 0.02), (at + e * (gap * 0.93), b.heads - 0.24 * foot))
    ]


def _fingers(b: Build, frame: Frame, arm: Arm) -> list[str]:
    return [line for gap in finger_lines(b, arm) for line in frame.both(*gap)]


def _elbow_behind(b: Build, frame: Frame, arm: Arm) -> list[str]:
    f, w = b.forearm, b.wrist_half
    point = along(arm.shoulder, arm.elbow, [(f * 0.4, 0.92), (f * 0.05, 1.0), (-f * 0.35, 0.93)])
    wrist = along(arm.elbow, arm.wrist, [(w * 0.75, 0.97), (w * 0.6, 1.0)])
    return [*frame.both(*point), *frame.both(*wrist)]
