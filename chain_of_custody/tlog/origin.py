"""The names of a center's ledgers: `amana/<deployment>`, then `amana/<deployment>/2` and so on.

Each ledger has its own name, so that a signature over one is not mistaken for a signature over another.
Specification: docs/spec/statement.md (`ledger.succeeded`).
"""

from __future__ import annotations

import re

from chain_of_custody.errors import Malformed

_ORIGIN = re.compile(r"amana/([0-9a-f]{32})(?:/([2-9]|[1-9][0-9]{1,3}))?")


def origin_of(deployment: str, number: int = 1) -> str:
    """Return the name of a center's ledger; `number`: 1 for its first, one more for each successor."""
    return f"amana/{deployment}" + (f"/{number}" if number > 1 else "")


def parse_origin(origin: object, what: str = "origin") -> tuple[str, int]:
    """Return deployment and number. Raises `Malformed` for an invalid name of a center's ledger."""
    match = _ORIGIN.fullmatch(origin) if isinstance(origin, str) else None
    if match is None:
        raise Malformed(f"{what}: not a center's ledger, amana/ and a deployment's id")
    return match[1], int(match[2] or 1)
