"""What a center's ledgers are called: `amana/<deployment>`, and `amana/<deployment>/2` for its second one.
succeeds it.
Two ledgers of one center have different names: what was signed over one is never taken for the other.
Two ledgers of one center have different names, so nothing that was signed over one is ever taken for the
other. Specification: docs/spec/statement.md (`ledger.succeeded`).
"""

from __future__ import annotations

import re

from chain_of_custody.errors import Malformed

_ORIGIN = re.compile(r"amana/([0-9a-f]{32})(?:/([2-9]|[1-9][0-9]{1,3}))?")


def origin_of(deployment: str, number: int = 1) -> str:
    """The name of a center's ledger; `number`: 1 for its first, one more for each that succeeded."""
    return f"amana/{deployment}" + (f"/{number}" if number > 1 else "")


def parse_origin(origin: object, what: str = "origin") -> tuple[str, int]:
    """Deployment and number. Raises `Malformed` for what is no name of a center's ledger."""
    found = _ORIGIN.fullmatch(origin) if isinstance(origin, str) else None
    if found is None:
        raise Malformed(f"{what}: not a center's ledger, amana/ and a deployment's id")
    return found[1], int(found[2] or 1)
