"""Codes of reasons in statements: why evidence is opened, granted or exported, why holds are placed and
lifted, and why things are destroyed or retained.

Separate from their users, so that the command line can name them without loading a database.
"""

from __future__ import annotations

from collections.abc import Collection

from casework.errors import Refused
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed

PURPOSES = ("review", "charging", "hearing", "deliberation", "expert-opinion", "disclosure")
"""Why sealed evidence is opened, granted or exported."""
OPENING = (*PURPOSES, "documentation")
"""Why people who work with a case open sealed evidence: also to check, transcribe or redact it."""
HOLDING = ("appeal", "court-order", "investigation", "other")
"""Why a hold is placed."""
LIFTING = ("ended", "court-order", "mistaken")
"""Why a hold is lifted."""
DESTROYING = ("retention-ended", "court-order", "consent-withdrawn", "other")
"""Why something is destroyed."""
REFUSING = ("still-needed", "not-entitled", "mistaken", "legal-hold")
"""Why a disposal request is refused, or a disposal cancelled."""


def require_one_of(value: str, known: Collection[str], name: str) -> None:
    """Raise `Refused` unless `value` is one of these codes. `name`: what it is, such as "the reason"."""
    if value not in known:
        raise Refused(f"{name} is none of {', '.join(known)}")


def require_code(value: str, name: str) -> None:
    """Raise `Refused` unless `value` has the form of a code: free text about people enters no statement."""
    try:
        canonical_json.code(value, name)
    except Malformed as malformed:
        raise Refused(str(malformed)) from malformed
