"""Commitments, by a salted digest, to details of an act that stay outside the ledger.

Names, reasons and notes are sealed beside a statement, never in it. Destroying the key that seals them erases
them. The commitment alone reveals nothing, and every proof stays valid.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Altered, Malformed

MAX_DETAILS = 262_144
"""Maximum bytes of a details file."""

_KEYS = frozenset(("details", "salt"))


def commit_details(details: Mapping[str, Any], salt: bytes | None = None) -> tuple[str, bytes]:
    """Commit to details that stay outside the ledger: (commitment in hexadecimal, 16-byte salt).

    SHA-256(salt ‖ canonical JSON). The salt prevents a search for short or guessable details. It must
    accompany the details and must not be reused. Pass `salt` only to recompute a commitment.
    """
    if salt is None:
        salt = secrets.token_bytes(16)
    if len(salt) != 16:
        raise Malformed("details: the salt is 16 bytes")
    return hashlib.sha256(salt + canonical_json.serialise(dict(details))).hexdigest(), salt


def check_details(commitment: str | None, details: Mapping[str, Any], salt: bytes) -> None:
    """Raise `Altered` unless these are the details that a statement's `commitment` commits to."""
    if commit_details(details, salt)[0] != commitment:
        raise Altered("details", "these are not the details that the statement commits to")


def details_bytes(details: Mapping[str, Any], salt: bytes) -> bytes:
    """Return the file that holds details in a package, with their salt."""
    return canonical_json.serialise({"details": dict(details), "salt": encode_base64(salt)})


def parse_details(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return (details, salt) of such a file. Raises `Malformed` unless `data` is its canonical encoding."""
    if len(data) > MAX_DETAILS:
        raise Malformed(f"details: longer than {MAX_DETAILS} bytes")
    fields = canonical_json.exact_keys(canonical_json.parse_object(data, "details"), _KEYS, "details")
    if not isinstance(fields["details"], dict):
        raise Malformed("details: not a JSON object")
    return fields["details"], canonical_json.base64_bytes(fields["salt"], 16, "details salt")
