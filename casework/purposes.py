"""Why sealed evidence is opened, granted or exported: codes that stand in statements."""

from __future__ import annotations

PURPOSES = ("review", "charging", "hearing", "deliberation", "expert-opinion", "disclosure")
