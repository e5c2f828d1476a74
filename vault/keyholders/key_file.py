"""The key file: the vault key's seed under a passphrase.

Canonical JSON (RFC 8785). The passphrase goes through Argon2id (RFC 9106) to an AES-256-GCM key, which seals
the 32-byte seed; everything else in the file is the associated data, so that nothing in it can be exchanged
without the passphrase. `docs/spec/sealed-object.md` has a worked example.

A thief of this file can only guess. What a guess costs him is `Cost`; what a passphrase is worth is up to
whoever chooses it, so generated ones are 140 bits.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import rfc8785
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import Altered, WrongPassphrase
from vault.keys import PUBLIC_KEY_SIZE, SEED_SIZE, WrappingKey

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing looks like anything else


@dataclass(frozen=True)
class Cost:
    """What one guess at a passphrase costs: Argon2id's parameters.

    The default is four times the memory of RFC 9106's second recommended option.
    """

    memory_kib: int = 256 * 1024
    """KiB, 8 per lane at least."""
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (
            8 * self.lanes <= self.memory_kib <= 1 << 22 and 0 < self.passes < 1000 and 0 < self.lanes < 256
        ):
            raise ValueError("Argon2id cost out of range")


@dataclass(frozen=True)
class KeyFile:
    """A parsed key file. Made by `seal` or `parse`."""

    public: bytes
    """MLKEM768-X25519 public key, 1216 bytes."""
    trial: bool
    """Whether the passphrase was kept beside the file when it was made."""
    cost: Cost
    salt: bytes
    """16 bytes, for Argon2id."""
    nonce: bytes
    """12 bytes, for AES-256-GCM."""
    sealed: bytes
    """The seed and the tag, 48 bytes."""

    @classmethod
    def seal(cls, seed: bytes, passphrase: str, cost: Cost, *, trial: bool = False) -> KeyFile:
        """A key file for `seed` (32 bytes) under `passphrase`."""
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        empty = cls(WrappingKey(seed).public, trial, cost, salt, nonce, b"")
        return replace(empty, sealed=empty._cipher(passphrase).encrypt(nonce, seed, empty._clear()))

    def open(self, passphrase: str) -> bytes:
        """The seed. Raises `WrongPassphrase`, which is also what an altered file looks like."""
        try:
            return self._cipher(passphrase).decrypt(self.nonce, self.sealed, self._clear())
        except InvalidTag:
            raise WrongPassphrase("the key file does not open with this passphrase") from None

    def serialise(self) -> bytes:
        return rfc8785.dumps({**self._fields(), "sealed": _text(self.sealed)})

    @classmethod
    def parse(cls, data: bytes) -> KeyFile:
        """Raises `Altered` for anything that `serialise` would not have written."""
        try:
            fields: dict[str, Any] = json.loads(data)
            argon2id = fields["argon2id"]
            parsed = cls(
                public=_bytes(fields["public"], PUBLIC_KEY_SIZE),
                trial=bool(fields["trial"]),
                cost=Cost(int(argon2id["memory_kib"]), int(argon2id["passes"]), int(argon2id["lanes"])),
                salt=_bytes(argon2id["salt"], 16),
                nonce=_bytes(fields["nonce"], 12),
                sealed=_bytes(fields["sealed"], SEED_SIZE + 16),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Altered(f"key file: {type(error).__name__}") from None
        if parsed.serialise() != data:
            raise Altered("key file is not in its canonical form")
        return parsed

    def _fields(self) -> dict[str, Any]:
        argon2id = {
            "lanes": self.cost.lanes,
            "memory_kib": self.cost.memory_kib,
            "passes": self.cost.passes,
            "salt": _text(self.salt),
        }
        return {
            "argon2id": argon2id,
            "kind": "vault-key",
            "nonce": _text(self.nonce),
            "public": _text(self.public),
            "trial": self.trial,
            "v": 1,
        }

    def _clear(self) -> bytes:
        return rfc8785.dumps(self._fields())

    def _cipher(self, passphrase: str) -> AESGCM:
        # One salt, one key, one seed: this key never seals a second thing, so any nonce would do.
        key = hash_secret_raw(
            normalise(passphrase).encode(),
            self.salt,
            time_cost=self.cost.passes,
            memory_cost=self.cost.memory_kib,
            parallelism=self.cost.lanes,
            hash_len=32,
            type=Type.ID,
        )
        return AESGCM(key)


def normalise(passphrase: str) -> str:
    """The same passphrase typed on two keyboards: Unicode NFC, without white space around it."""
    return unicodedata.normalize("NFC", passphrase).strip()


def generate_passphrase() -> str:
    """140 random bits as seven groups of four letters and digits, fit to be copied by hand."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(7))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str, size: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(data) != size:
        raise ValueError(f"not {size} bytes")
    return data
