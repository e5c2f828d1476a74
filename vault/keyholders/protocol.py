"""The keyholder interface: sign for the ledger at any time, open evidence only while unlocked.

The keyholder owns the wrapped keys (`vault.wrapped_keys.store`): it receives each once, and later requests
name the item. A keyholder never gives out a private key, a data key or a wrap. It gives out signatures, the
keys of single messages, and the plaintext of case details. Keys of an item need an opening, which begins with
a proof that the ledger states it (`vault.keyholders.openings`); case details and the catalogue do not. It
does not know who sends a request: the caller checks the permission first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from vault.sealing.key_wrapping import recipient_id
from vault.wrapped_keys.end_records import Proof
from vault.wrapped_keys.holds_and_destruction import RemainingWraps
from vault.wrapped_keys.scrub import WrapCheck

SigningKey = Literal["ledger-ed25519", "ledger-mldsa44", "center", "documents"]


@dataclass(frozen=True)
class PublicKeys:
    """The public halves; safe to publish, and sufficient to record and to verify."""

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
    """X.509 certificate in DER of the center's own authority, which certifies `documents` alone."""
    escrow: bytes | None = None
    """MLKEM768-X25519, 1216 bytes: every secret is wrapped for it too; None before a ceremony."""
    exchanged: Sequence[bytes] = ()
    """Earlier vault keys, 1216 bytes each, for which alone something may still be wrapped."""

    @property
    def recipients(self) -> dict[str, bytes]:
        """The recipients of each new secret: recipient id → public key."""
        keys = [self.vault] if self.escrow is None else [self.vault, self.escrow]
        return {recipient_id(public): public for public in keys}


@dataclass(frozen=True)
class KeyholderStatus:
    """State of a keyholder, for an operator."""

    unlocked: bool
    """Whether evidence can be opened. Recording and the ledger work either way."""
    trial: bool
    """Whether the passphrase is stored beside the keys: for trials, not for real testimony."""
    wait: float
    """Seconds until another unlock attempt is checked; 0 when at once."""
    protection: str = "argon2id"
    """The protection of the vault key: `argon2id` (a passphrase), `pkcs11` or `openbao`."""
    signing: str = "file"
    """The protection of the signing keys: `file` (nothing but its mode), `pkcs11` or `openbao`."""
    trouble: str = ""
    """Why the signing keys are not open, or will not open at the next start; empty without trouble."""
    escrowed: bool = False
    """Whether every new secret is wrapped for an escrow key as well."""
    vault_trouble: str = ""
    """The trouble of the escrow, or of an exchanged vault key; empty without trouble."""


class CatalogueSealer(Protocol):
    """The part of a keyholder that seals database contents and catalogues."""

    def seal_catalogue(self, contents: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Seal contents, from pairs of place and content, each for its place (`vault.sealing.catalogue_key`).

        Works while the vault key is locked. Raises `ValueError` for a content over 256 KiB, and
        `ProtectionAway` as `sign` does.
        """

    def open_catalogue(self, sealed: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Open contents, from pairs of place and sealed bytes; also while the vault key is locked.

        Raises `Altered` for bytes that were not sealed for that place under this key, and `ProtectionAway` as
        `sign` does.
        """


class Keyholder(CatalogueSealer, Protocol):
    """Private keys in use. Every method is thread-safe."""

    def status(self) -> KeyholderStatus:
        """Return the current state; never waits."""

    def public_keys(self) -> PublicKeys:
        """Return the public keys, available whether locked or not."""

    def unlock(self, passphrase: str) -> None:
        """Make the vault key usable. `passphrase`: or PIN, or OpenBao token, as `status().protection` says.

        Raises `WrongPassphrase`, `UnlockSlowed`, `ProtectionAway`, `ProtectionRefused`, `Altered`.
        """

    def unlock_key(self) -> bytes:
        """Return the public half (32 bytes) of a short-lived key to which one passphrase can be sealed:
        `vault.keyholders.unlocking`."""

    def unlock_sealed(self, public: bytes, sealed: bytes) -> None:
        """As `unlock`, with what was sealed to that key. Raises also `UnlockUnread`."""

    def lock(self) -> None:
        """Forget the vault key. Locking a locked keyholder is no error."""

    def keep_wraps(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        """Store the wraps of an item (32 hex digits), by recipient; durable on return, and never returned.

        Returns whether both copies of the key store hold them; call again until they do. Raises
        `ObjectExists` if other wraps are stored already, `ValueError` for an invalid wrap, `WriteFailed`.
        """

    def wraps(self, item: str) -> Mapping[str, str]:
        """Return SHA-256 of each stored wrap of an item, by recipient. Raises `StoreUnavailable`."""

    def check_wraps(self, copy: str, item: str, digests: Mapping[str, str], repair: bool) -> WrapCheck:
        """Read the wraps of an item in one copy of the key store again: see
        `vault.wrapped_keys.scrub.check_wraps`.

        Works while the vault key is locked. Raises `StoreUnavailable`, `ValueError` for no copy or item.
        """

    def items_in(self, copy: str, beginning: str) -> Sequence[str]:
        """Return the items that have a wrap in one copy of the key store and whose ids begin with these 2 to
        32 hex digits. Raises as `check_wraps`.
        """

    def noticed_wraps(self) -> Sequence[tuple[str, str]]:
        """Return (copy, item) of damaged wraps found while opening items, since the last call."""

    def hold_wraps(self, item: str, hold: str) -> Mapping[str, str]:
        """Put the wraps of an item under a legal hold (32 hex digits): recorded at once, and set on each
        object of each copy that supports holds. Copy → `held`, `no-locks`, `away` or `failed`; repeat for the
        last two.

        Raises `ValueError`, `WriteFailed`.
        """

    def lift_wraps(self, item: str, hold: str, proof: Proof) -> Mapping[str, str]:
        """End such a hold, with the proof of its `hold.lifted`. Copy → `held` while another hold is on the
        item, else `free`; or as above. Raises `Unproven`, `ValueError`.
        """

    def wraps_left(self, item: str) -> RemainingWraps:
        """Return every version of every wrap of an item, in all places."""

    def destroy_wraps(self, item: str, proof: Proof) -> RemainingWraps:
        """End an item, with the proof that two people authorised it: it can no longer be opened. Destroys
        every version of every wrap that no lock protects. Returns the remaining ones; repeat until there are
        none.

        Raises `Unproven`, `StillKept` while a hold is on the item, `ValueError`, `WriteFailed`.
        """

    def refuse_disposal(self, item: str, disposal: str, proof: Proof) -> None:
        """Revoke a disposal, with the proof of its `disposal.refused`: an item that it has ended opens
        again, as far as wraps of it are left. Raises `Unproven`, `ValueError`, `WriteFailed`.
        """

    def open_item(self, item: str, proof: Proof) -> str:
        """Open an item, with the proof that the ledger states it; return the id of the opening.

        It lasts until `vault.keyholders.openings.OPEN_FOR` after the time of the statement. Works while the
        vault key is locked. Raises `Unproven`, `NotContinued`, `OpeningOver`, `OSError`.
        """

    def message_keys(self, opening: str, info: bytes, requests: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Return the 76-byte message keys for `requests`, pairs of 24-byte salt and sealing context.

        `opening`: from `open_item`, of the item whose messages these are; `info` is that of the wrap of its
        data key. Raises `NotOpen`, `OpeningOver`, `Locked`, `KeysMissing`, `ItemEnded`, `Altered`,
        `StoreUnavailable`.
        """

    def open_sealed(self, item: str, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """Return the plaintexts of `blobs`, each wrapped (`vault.sealing.key_wrapping.wrap`) for a case's own
        key under `info`.

        `item` is the case; its key's seed was wrapped under the same `info`. Raises `Locked`, `KeysMissing`,
        `ItemEnded`, `Altered`, `StoreUnavailable`.
        """

    def make_case_key(self, item: str, info: bytes) -> bytes:
        """Make a key pair for a case; return its public half (1216 bytes). The seed is wrapped for every
        recipient under `info`, and stored only as the wraps of `item`. Works while the vault key is locked.
        """

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Return a signature: 64 bytes for Ed25519 keys, 2420 for ML-DSA-44 (empty context string), DER for
        `documents` (ECDSA over P-256 with SHA-256).

        Works while the vault key is locked. Raises `ValueError` for an unknown key name, `ProtectionAway`
        while the protection of the signing keys is away.
        """
