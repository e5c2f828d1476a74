"""What every keyholder can do: sign for the ledger at any time, open evidence only while unlocked.

A keyholder never gives out a private key or a data key. What leaves it are signatures, the keys of single
messages, and the plaintext of case details. It does not know who asks or why: the custody statement and the
permission come before, in the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

SigningKey = Literal["ledger-ed25519", "ledger-mldsa44", "center", "documents"]


@dataclass(frozen=True)
class PublicKeys:
    """The public halves; safe to publish, and enough to record with and to verify."""

    vault: bytes
    """MLKEM768-X25519, 1216 bytes: data keys are wrapped for it."""
    ledger_ed25519: bytes
    """32 bytes: checkpoints."""
    ledger_mldsa44: bytes
    """1312 bytes: checkpoints, the second signature."""
    center: bytes
    """Ed25519, 32 bytes: statements made by the center's system."""
    documents: bytes
    """X.509 certificate in DER: documents made for people, such as a package's certificate."""
    authority: bytes
    """X.509 certificate in DER of the center's own authority, which vouches for `documents` alone."""


@dataclass(frozen=True)
class KeyholderStatus:
    """What an operator may see of a keyholder."""

    unlocked: bool
    """Whether evidence can be opened. Recording and the ledger work either way."""
    trial: bool
    """Whether the passphrase lies beside the keys: good for trying out, not for real testimony."""
    wait: float
    """Seconds until another unlock attempt is looked at; 0 when at once."""
    protection: str = "argon2id"
    """What protects the vault key: `argon2id` (a passphrase), `pkcs11` or `openbao`."""
    signing: str = "file"
    """What protects the signing keys: `file` (nothing but its mode), `pkcs11` or `openbao`."""
    trouble: str = ""
    """Why the signing keys are not open, or will not open at the next start; empty if all is well."""


class Keyholder(Protocol):
    """Private keys in use. Every method may be called from several threads at once."""

    def status(self) -> KeyholderStatus:
        """How things stand; never waits."""

    def public_keys(self) -> PublicKeys:
        """Known whether locked or not."""

    def unlock(self, passphrase: str) -> None:
        """Make the vault key usable. `passphrase`: or PIN, or OpenBao token, as `status().protection` says.

        Raises `WrongPassphrase`, `UnlockSlowed`, `ProtectionAway`, `ProtectionRefused`, `Altered`.
        """

    def lock(self) -> None:
        """Forget the vault key. Locking a locked keyholder is no error."""

    def message_keys(
        self, wrapped: bytes, info: bytes, requests: Sequence[tuple[bytes, bytes]]
    ) -> list[bytes]:
        """The 76-byte message keys for `requests`, pairs of 24-byte salt and sealing context.

        `wrapped` is the item's wrapped data key, `info` what it was wrapped under. Raises `Locked`,
        `Altered`.
        """

    def open_sealed(self, wrapped_seed: bytes, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """The plaintexts of `blobs`, each wrapped (`vault.keys.wrap`) for a case's own key under `info`.

        `wrapped_seed` is the case key's seed, wrapped for the vault key under the same `info`. Raises
        `Locked`, `Altered`.
        """

    def make_case_key(self, info: bytes) -> tuple[bytes, bytes]:
        """A new key pair for a case: its public half (1216 bytes), and its seed wrapped for the vault key
        under `info`. The seed is nowhere else. Works while the vault key is locked.
        """

    def seal_catalogue(self, contents: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Pairs of place and content, each content sealed for its place (`vault.catalogue`).

        Works while the vault key is locked. Raises `ValueError` for a content over 256 KiB, and
        `ProtectionAway` as `sign` does.
        """

    def open_catalogue(self, sealed: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """The contents again, from pairs of place and sealed bytes; while the vault key is locked too.

        Raises `Altered` for what was not sealed for that place under this key, and `ProtectionAway` as
        `sign` does.
        """

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """A signature: 64 bytes for Ed25519 keys, 2420 for ML-DSA-44 (empty context string), DER for
        `documents` (ECDSA over P-256 with SHA-256).

        Works while the vault key is locked. Raises `ValueError` for a key of another name, `ProtectionAway`
        while what protects the signing keys is away.
        """
