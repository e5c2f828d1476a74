"""Proportions of the five figures, in heights of the head: from the crown, and half widths.

Adults have seven and a half heads, children of six years five and three quarters, infants of half a year
four, as in anatomical drawing; widths of shoulders, hips and limbs are those of anthropometric tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Build:
    """One figure."""

    female: bool | None
    """None: the drawing is of either sex."""
    adult: bool
    heads: float
    """Its height in heads."""
    # Heights, from the crown.
    neck: float
    shoulder: float
    armpit: float
    nipple: float
    waist: float
    navel: float
    hip: float
    crotch: float
    knee: float
    ankle: float
    elbow: float
    wrist: float
    fingertip: float
    # Half widths, seen from the front.
    head: float
    neck_half: float
    shoulder_half: float
    chest: float
    waist_half: float
    hip_half: float
    knee_at: float
    """Distance of the knee's middle from the middle of the body."""
    ankle_at: float
    knee_half: float
    calf: float
    ankle_half: float
    upper_arm: float
    forearm: float
    wrist_half: float
    # Depths, seen from the side: half of each.
    chest_deep: float
    waist_deep: float
    buttock: float
    thigh: float
    breast: float = 0.0
    """How far the breasts stand out."""
    roundness: float = 0.0
    """0: an adult's face and belly; 1: an infant's."""


_WOMAN = Build(
    female=True,
    adult=True,
    heads=7.5,
    neck=1.16,
    shoulder=1.46,
    armpit=1.98,
    nipple=2.08,
    waist=2.72,
    navel=2.98,
    hip=3.72,
    crotch=3.92,
    knee=5.4,
    ankle=7.08,
    elbow=2.82,
    wrist=3.72,
    fingertip=4.5,
    head=0.335,
    neck_half=0.215,
    shoulder_half=0.86,
    chest=0.62,
    waist_half=0.53,
    hip_half=0.79,
    knee_at=0.36,
    ankle_at=0.33,
    knee_half=0.215,
    calf=0.235,
    ankle_half=0.125,
    upper_arm=0.165,
    forearm=0.15,
    wrist_half=0.095,
    chest_deep=0.42,
    waist_deep=0.36,
    buttock=0.5,
    thigh=0.4,
    breast=0.2,
)
_MAN = replace(
    _WOMAN,
    female=False,
    neck=1.14,
    shoulder=1.44,
    armpit=2.02,
    nipple=2.1,
    waist=2.85,
    navel=3.02,
    hip=3.7,
    crotch=3.95,
    elbow=2.85,
    wrist=3.8,
    fingertip=4.62,
    head=0.345,
    neck_half=0.27,
    shoulder_half=1.02,
    chest=0.74,
    waist_half=0.64,
    hip_half=0.71,
    knee_at=0.38,
    ankle_at=0.36,
    knee_half=0.225,
    calf=0.25,
    ankle_half=0.135,
    upper_arm=0.2,
    forearm=0.185,
    wrist_half=0.11,
    chest_deep=0.48,
    waist_deep=0.42,
    buttock=0.47,
    thigh=0.4,
    breast=0.06,
)
_GIRL = Build(
    female=True,
    adult=False,
    heads=5.75,
    neck=1.1,
    shoulder=1.32,
    armpit=1.68,
    nipple=1.74,
    waist=2.28,
    navel=2.42,
    hip=2.9,
    crotch=3.1,
    knee=4.22,
    ankle=5.42,
    elbow=2.3,
    wrist=2.98,
    fingertip=3.55,
    head=0.375,
    neck_half=0.18,
    shoulder_half=0.64,
    chest=0.49,
    waist_half=0.455,
    hip_half=0.535,
    knee_at=0.27,
    ankle_at=0.26,
    knee_half=0.165,
    calf=0.165,
    ankle_half=0.1,
    upper_arm=0.115,
    forearm=0.11,
    wrist_half=0.075,
    chest_deep=0.34,
    waist_deep=0.34,
    buttock=0.36,
    thigh=0.29,
    roundness=0.5,
)
_BOY = replace(
    _GIRL,
    female=False,
    neck_half=0.19,
    shoulder_half=0.66,
    chest=0.51,
    waist_half=0.475,
    hip_half=0.52,
    upper_arm=0.12,
)
_INFANT = Build(
    female=None,
    adult=False,
    heads=4.0,
    neck=1.03,
    shoulder=1.17,
    armpit=1.45,
    nipple=1.47,
    waist=1.95,
    navel=2.02,
    hip=2.4,
    crotch=2.6,
    knee=3.18,
    ankle=3.78,
    elbow=1.86,
    wrist=2.3,
    fingertip=2.66,
    head=0.415,
    neck_half=0.2,
    shoulder_half=0.62,
    chest=0.46,
    waist_half=0.5,
    hip_half=0.54,
    knee_at=0.3,
    ankle_at=0.27,
    knee_half=0.185,
    calf=0.175,
    ankle_half=0.115,
    upper_arm=0.135,
    forearm=0.125,
    wrist_half=0.085,
    chest_deep=0.36,
    waist_deep=0.4,
    buttock=0.38,
    thigh=0.28,
    roundness=1.0,
)
BUILDS: Mapping[str, Build] = {
    "woman": _WOMAN,
    "man": _MAN,
    "girl": _GIRL,
    "boy": _BOY,
    "infant": _INFANT,
}
"""Figure → its proportions."""
