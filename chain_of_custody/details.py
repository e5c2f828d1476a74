"""Details of an act that stay outside the ledger: committed to by a salted digest.

Names, reasons and notes travel sealed beside a statement, never in it. Destroying the key that seals them
erases them; the commitment alone tells nothing, and every proof stays valid.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from chain_of_custody import canonical
from chain_of_custody.errors import Altered, Malformed


def commit_details(details: Mapping[str, Any], salt: bytes | None = None) -> tuple[str, bytes]:
    """Commit to details that stay outside the ledger: (commitment in hexadecimal, 16-byte salt).

    SHA-256(salt ‖ canonical JSON). The salt keeps short or guessable details from being found by trying;
    it must travel with the details and must not be reused. Pass `salt` only to recompute a commitment.
    """
    if salt is None:
        salt = secrets.token_bytes(16)
    if len(salt) != 16:
        raise Malformed("details: the salt is 16 bytes")
    return hashlib.sha256(salt + canonical.serialise(dict(details))).hexdigest(), salt


def check_details(commitment: str | None, details: Mapping[str, Any], salt: bytes) -> None:
    """Raises `Altered` unless these are the details that a statement's `commitment` stands for."""
    if commit_details(details, salt)[0] != commitment:
        raise Altered("details", "these are not the details that the statement commits to")
