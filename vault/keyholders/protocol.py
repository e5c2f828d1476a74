"""What every keyholder can do: sign for the ledger at any time, open evidence only while unlocked.

Wrapped keys are the keyholder's own (`vault.wrapped_keys.store`): it is handed each once, and asked by item
afterwards. A keyholder never gives out a private key, a data key or a wrap. What leaves it are signatures,
the keys of single messages, and the plaintext of case details. It does not know who asks or why: the custody
statement and the permission come before, in the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from vault.sealing.key_wrapping import recipient_id
from vault.wrapped_keys.end_records import Proof
from vault.wrapped_keys.holds_and_destruction import WrapsLeft
from vault.wrapped_keys.scrub import WrapsRead

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
    escrow: bytes | None = None
    """MLKEM768-X25519, 1216 bytes: every secret is wrapped for it too; None while there was no ceremony."""
    exchanged: Sequence[bytes] = ()
    """Vault keys before this one, 1216 bytes each, that something may still be wrapped for alone."""

    @property
    def recipients(self) -> dict[str, bytes]:
        """Whom each new secret is wrapped for: recipient id → public key."""
        keys = [self.vault] if self.escrow is None else [self.vault, self.escrow]
        return {recipient_id(public): public for public in keys}


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
    escrowed: bool = False
    """Whether every new secret is wrapped for an escrow key as well."""
    vault_trouble: str = ""
    """What is wrong with the escrow, or with a vault key that was exchanged; empty if all is well."""


class CatalogueSealer(Protocol):
    """The part of a keyholder that seals what stands in the database, and catalogues."""

    def seal_catalogue(self, contents: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Pairs of place and content, each content sealed for its place (`vault.sealing.catalogue_key`).

        Works while the vault key is locked. Raises `ValueError` for a content over 256 KiB, and
        `ProtectionAway` as `sign` does.
        """

    def open_catalogue(self, sealed: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """The contents again, from pairs of place and sealed bytes; while the vault key is locked too.

        Raises `Altered` for what was not sealed for that place under this key, and `ProtectionAway` as
        `sign` does.
        """


class Keyholder(CatalogueSealer, Protocol):
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

    def keep_wraps(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        """Keep the wraps of an item (32 hex digits), by recipient; durable on return, never to be had back.

        Whether both copies of the key store hold them by now; ask again until they do. Raises `ObjectExists`
        for other wraps than were kept before, `ValueError` for what cannot be one, `WriteFailed`.
        """

    def wraps(self, item: str) -> Mapping[str, str]:
        """SHA-256 of each wrap that is kept of an item, by recipient. Raises `StoreUnavailable`."""

    def check_wraps(self, copy: str, item: str, digests: Mapping[str, str], repair: bool) -> WrapsRead:
        """Read the wraps of an item in one copy of the key store again: see
        `vault.wrapped_keys.scrub.check_wraps`.

        Works while the vault key is locked. Raises `StoreUnavailable`, `ValueError` for no copy or item.
        """

    def wraps_in(self, copy: str, item: str) -> Sequence[str]:
        """For whom one copy of the key store has a wrap of an item. Raises as `check_wraps`."""

    def noticed_wraps(self) -> Sequence[tuple[str, str]]:
        """(copy, item) of wraps that were met damaged while items were opened, since this was last asked."""

    def hold_wraps(self, item: str, hold: str) -> Mapping[str, str]:
        """Put the wraps of an item under a legal hold (32 hex digits), remembered at once, and on each object
        of each copy that can hold. Copy → `held`, `no-locks`, `away` or `failed`; ask again for the last two.

        Raises `ValueError`, `WriteFailed`.
        """

    def lift_wraps(self, item: str, hold: str, proof: Proof) -> Mapping[str, str]:
        """End such a hold, with the proof of its `hold.lifted`. Copy → `held` while another hold is over the
        item, else `free`; or as above. Raises `Unproven`, `ValueError`.
        """

    def wraps_left(self, item: str) -> WrapsLeft:
        """Every version of every wrap of an item, wherever it is."""

    def destroy_wraps(self, item: str, proof: Proof) -> WrapsLeft:
        """End an item, with the proof that two people have authorised it: nothing opens it from then on, and
        every version of every wrap goes that no lock keeps. What is left; ask again until nothing is.

        Raises `Unproven`, `StillKept` while a hold is over the item, `ValueError`, `WriteFailed`.
        """

    def refuse_disposal(self, item: str, disposal: str, proof: Proof) -> None:
        """Take a disposal back, with the proof of its `disposal.refused`: an item that it has ended opens
        again, as far as wraps of it are left. Raises `Unproven`, `ValueError`, `WriteFailed`.
        """

    def message_keys(self, item: str, info: bytes, requests: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """The 76-byte message keys for `requests`, pairs of 24-byte salt and sealing context.

        `info` is what the item's data key was wrapped under. Raises `Locked`, `KeysMissing`, `Altered`,
        `StoreUnavailable`.
        """

    def open_sealed(self, item: str, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """The plaintexts of `blobs`, each wrapped (`vault.sealing.key_wrapping.wrap`) for a case's own key
        under `info`.

        `item` is the case, whose key's seed was wrapped under the same `info`. Raises as `message_keys`.
        """

    def make_case_key(self, item: str, info: bytes) -> bytes:
        """A new key pair for a case: its public half (1216 bytes). The seed is wrapped for every recipient
        under `info`, kept as the wraps of `item`, and nowhere else. Works while the vault key is locked.
        """

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """A signature: 64 bytes for Ed25519 keys, 2420 for ML-DSA-44 (empty context string), DER for
        `documents` (ECDSA over P-256 with SHA-256).

        Works while the vault key is locked. Raises `ValueError` for a key of another name, `ProtectionAway`
        while what protects the signing keys is away.
        """
