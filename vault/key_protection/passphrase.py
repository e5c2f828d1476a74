"""Protection of a key file by a passphrase (`vault.key_protection.key_file`).

Argon2id (RFC 9106) derives an AES-256-GCM key from it, which seals the secret; everything else in the file
is the associated data. `docs/spec/key-files.md` has a worked example.

A person who steals this file can only guess. `Cost` sets what one guess costs. The strength of the passphrase
depends on the person who chooses it, so generated ones have 140 bits.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import Altered, WrongPassphrase
from vault.key_protection.access import Access
from vault.key_protection.canonical_file import to_bytes, to_text

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no two characters look alike


@dataclass(frozen=True)
class Cost:
    """Cost of one guess at a passphrase: Argon2id's parameters.

    The default is four times the memory of RFC 9106's second recommended option.
    """

    memory_kib: int = 256 * 1024
    """KiB, at least 8 per lane."""
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (
            8 * self.lanes <= self.memory_kib <= 1 << 22 and 0 < self.passes < 1000 and 0 < self.lanes < 256
        ):
            raise ValueError("Argon2id cost out of range")


@dataclass(frozen=True)
class Argon2id:
    """The parameters in a file under a passphrase."""

    cost: Cost
    salt: bytes
    """16 bytes, for Argon2id."""
    nonce: bytes
    """12 bytes, for AES-256-GCM."""
    name: ClassVar[str] = "argon2id"

    @classmethod
    def fresh(cls, cost: Cost) -> Argon2id:
        """Draw parameters for one file. One salt, one key, one secret: this seals no second secret."""
        return cls(cost, secrets.token_bytes(16), secrets.token_bytes(12))

    def again(self) -> Argon2id:
        """See `Protection.again`. Draws a new salt and nonce at the same cost."""
        return self.fresh(self.cost)

    def fields(self) -> Mapping[str, Any]:
        """See `Protection.fields`. Gives `argon2id` (cost and salt) and `nonce`; bytes in base64."""
        argon2id = {
            "lanes": self.cost.lanes,
            "memory_kib": self.cost.memory_kib,
            "passes": self.cost.passes,
            "salt": to_text(self.salt),
        }
        return {"argon2id": argon2id, "nonce": to_text(self.nonce)}

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Argon2id:
        """Parse the members of a file. Raises `ValueError`, `KeyError`, `TypeError`."""
        named = fields["argon2id"]
        return cls(
            Cost(int(named["memory_kib"]), int(named["passes"]), int(named["lanes"])),
            to_bytes(named["salt"], 16),
            to_bytes(fields["nonce"], 12),
        )

    def seal(self, secret: bytes, clear: bytes, access: Access) -> str:
        """See `Protection.seal`. Returns base64. Raises `WrongPassphrase` if no passphrase was typed."""
        return to_text(self._cipher(access).encrypt(self.nonce, secret, clear))

    def open(self, sealed: str, clear: bytes, access: Access) -> bytes:
        """Open the secret. Raises `WrongPassphrase`, also for an altered file: the two look the same."""
        try:
            data = to_bytes(sealed)
        except ValueError:
            raise Altered("what is sealed in the key file is not base64") from None
        try:
            return self._cipher(access).decrypt(self.nonce, data, clear)
        except (InvalidTag, ValueError):
            raise WrongPassphrase("the key file does not open with this passphrase") from None

    def _cipher(self, access: Access) -> AESGCM:
        if access.typed is None:
            raise WrongPassphrase("a passphrase has to be typed by a person")
        key = hash_secret_raw(
            normalise(access.typed).encode(),
            self.salt,
            time_cost=self.cost.passes,
            memory_cost=self.cost.memory_kib,
            parallelism=self.cost.lanes,
            hash_len=32,
            type=Type.ID,
        )
        return AESGCM(key)


def normalise(passphrase: str) -> str:
    """Normalise a passphrase, so that keyboards agree: Unicode NFC, without surrounding white space."""
    return unicodedata.normalize("NFC", passphrase).strip()


def generate_passphrase() -> str:
    """Return 140 random bits as seven groups of four letters and digits, short enough to copy by hand."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(7))
