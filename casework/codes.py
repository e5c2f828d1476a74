"""Codes of reasons in statements: why evidence is opened, granted or exported, why holds are placed and
lifted, and why things are destroyed or retained.

Separate from their users, so that the command line can name them without loading a database.
"""

from __future__ import annotations

PURPOSES = ("review", "charging", "hearing", "deliberation", "expert-opinion", "disclosure")
"""Why sealed evidence is opened, granted or exported."""
HOLDING = ("appeal", "court-order", "investigation", "other")
"""Why a hold is placed."""
LIFTING = ("ended", "court-order", "mistaken")
"""Why a hold is lifted."""
DESTROYING = ("retention-ended", "court-order", "consent-withdrawn", "other")
"""Why something is destroyed."""
REFUSING = ("still-needed", "not-entitled", "mistaken", "legal-hold")
"""Why a disposal request is refused, or a disposal cancelled."""
