"""The Ed25519 keys that sign statements: their ids, who holds them, and checking with them.

Trusts nothing. Where a key record comes from (a policy, or a statement that enrolled it) is what makes it
worth anything; that is decided by whoever builds it.

Specification: docs/spec/statement.md; RFC 8032.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chain_of_custody.errors import SignatureInvalid


def key_id(public: bytes) -> str:
    """The id of a 32-byte Ed25519 public key: 8 bytes of its SHA-256, as 16 hexadecimal digits."""
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that may sign statements, and since when.

    `public`: 32 bytes, Ed25519. `holder`: "recorder" signs what a recorder does (`recording.*`), "center"
    everything else. `enrolled`: ledger position of the statement that enrolled it, None if the policy
    itself names it.
    """

    public: bytes
    holder: Literal["center", "recorder"]
    name: str = ""
    enrolled: int | None = None

    @property
    def id(self) -> str:
        return key_id(self.public)


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    """Prove that the 32-byte key `public` signed `message`. Raises `SignatureInvalid`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid("signature", f"the signature of key {key_id(public)} does not hold") from error
