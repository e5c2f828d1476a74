"""The keyholder out of the box: keys in files, the vault key under a passphrase.

    <folder>/vault-key.json         the seed under the passphrase (`key_file`)
    <folder>/signing-keys.json      ledger and center keys, unlocked at boot (`signing_keys`)
    <folder>/document-keys.json     what signs documents for people (`document_keys`)
    <folder>/wraps/                 wrapped keys on their way into the key store (`vault.key_store`)
    <folder>/trial-passphrase.txt   only with trial keys: the passphrase itself, so that nothing need be typed

All are readable by the service's user alone (0600), and a file that others may read is refused.

Private keys exist in the memory of this process only. Python cannot wipe memory: `lock` drops the key, but
copies may stay in freed memory until the process ends, so the end of the process is what ends a key.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vault.disk import DISK, Disk, replace
from vault.errors import (
    KeyFileExposed,
    Locked,
    ObjectExists,
    ObjectMissing,
    UnlockSlowed,
    WrongPassphrase,
    write_failure,
)
from vault.key_store import KeyStore
from vault.keyholders.base import KeyholderStatus, PublicKeys, SigningKey
from vault.keyholders.document_keys import DocumentKeys
from vault.keyholders.item_keys import ItemKeys
from vault.keyholders.key_file import Cost, KeyFile, generate_passphrase
from vault.keyholders.signing_keys import SigningKeys
from vault.keys import WrappingKey, generate_seed

_VAULT_KEY, _SIGNING_KEYS, _TRIAL = "vault-key.json", "signing-keys.json", "trial-passphrase.txt"
_DOCUMENT_KEYS = "document-keys.json"
WAITING = "wraps"
"""Folder of the wraps that not every copy of the key store has yet."""

FREE_ATTEMPTS = 3
"""Wrong passphrases before waiting begins: people mistype."""
LONGEST_WAIT = 60.0
"""Seconds. It stays short, so that a stranger's guesses cannot keep the right person out for long."""

DEFAULT_COST = Cost()


class PassphraseKeyholder:
    """See `vault.keyholders.base.Keyholder` for what its methods promise."""

    def __init__(
        self,
        vault: KeyFile,
        signing: SigningKeys,
        documents: DocumentKeys,
        key_store: KeyStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = vault
        self._documents = documents
        self._center, self._ed25519 = signing.center, signing.ledger_ed25519
        self._mldsa44 = signing.ledger_mldsa44
        self._vault: WrappingKey | None = None
        self._items = ItemKeys(key_store, lambda: [self._unlocked()])
        self._clock = clock
        self._failures, self._next = 0, 0.0
        self._unlocking = threading.Lock()  # one Argon2id at a time: each takes its memory

    @classmethod
    def create(
        cls, folder: Path, passphrase: str | None = None, cost: Cost = DEFAULT_COST, disk: Disk = DISK
    ) -> str:
        """Make all keys in `folder` and return the passphrase; without one given they are trial keys.

        Raises `ObjectExists` if there are keys already (they are never replaced), `WriteFailed`.
        """
        if (folder / _VAULT_KEY).exists():
            raise ObjectExists("this folder holds a vault key already")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            disk.sync_directory(folder.parent)
        except OSError as error:
            raise write_failure(error, "key folder") from error
        trial = passphrase is None
        passphrase = passphrase or generate_passphrase()
        vault = KeyFile.seal(generate_seed(), passphrase, cost, trial=trial)
        # The vault key last: while it is missing, a first run that was cut short begins again.
        replace(disk, folder / _SIGNING_KEYS, SigningKeys.generate().serialise())
        replace(disk, folder / _DOCUMENT_KEYS, DocumentKeys.generate().serialise())
        if trial:
            replace(disk, folder / _TRIAL, passphrase.encode() + b"\n")
        replace(disk, folder / _VAULT_KEY, vault.serialise())
        return passphrase

    @classmethod
    def open(
        cls,
        folder: Path,
        key_store: KeyStore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> PassphraseKeyholder:
        """The keyholder of the keys in `folder`: locked, or unlocked already if they are trial keys.

        Without a `key_store` it keeps wraps in `<folder>/wraps` alone, and no copy of them.
        Raises `ObjectMissing` if there are none, `KeyFileExposed`, `Altered`.
        """
        vault = KeyFile.parse(_read(folder / _VAULT_KEY))
        if not (folder / _DOCUMENT_KEYS).exists():
            # Losing these loses no evidence, so a folder without them gets new ones.
            replace(DISK, folder / _DOCUMENT_KEYS, DocumentKeys.generate().serialise())
        signing = SigningKeys.parse(_read(folder / _SIGNING_KEYS))
        documents = DocumentKeys.parse(_read(folder / _DOCUMENT_KEYS))
        keyholder = cls(vault, signing, documents, key_store or KeyStore({}, folder / WAITING), clock)
        if vault.trial:
            # Without its passphrase the vault stays locked, which must not keep anyone from recording.
            with contextlib.suppress(ObjectMissing, WrongPassphrase):
                keyholder.unlock(_read(folder / _TRIAL).decode(errors="replace"))
        return keyholder

    def status(self) -> KeyholderStatus:
        return KeyholderStatus(self._vault is not None, self._file.trial, self._wait())

    def public_keys(self) -> PublicKeys:
        return PublicKeys(
            vault=self._file.public,
            ledger_ed25519=self._ed25519.public_key().public_bytes_raw(),
            ledger_mldsa44=self._mldsa44.public_key().public_bytes_raw(),
            center=self._center.public_key().public_bytes_raw(),
            documents=self._documents.certificate,
            authority=self._documents.authority,
        )

    def unlock(self, passphrase: str) -> None:
        with self._unlocking:
            if wait := self._wait():
                raise UnlockSlowed(wait)
            try:
                seed = self._file.open(passphrase)
            except WrongPassphrase:
                self._failures += 1
                if self._failures >= FREE_ATTEMPTS:
                    wait = min(2.0 ** (self._failures - FREE_ATTEMPTS), LONGEST_WAIT)
                    self._next = self._clock() + wait
                raise
            self._failures = 0
            self._vault = WrappingKey(seed)

    def lock(self) -> None:
        self._vault = None

    def keep_wraps(self, item: str, wraps: Mapping[str, bytes]) -> bool:
        return self._items.keep(item, wraps)

    def wraps(self, item: str) -> Mapping[str, str]:
        return self._items.store.digests(item)

    def message_keys(self, item: str, info: bytes, requests: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        return self._items.message_keys(item, info, requests)

    def open_sealed(self, item: str, info: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        return self._items.open_sealed(item, info, blobs)

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        if key == "ledger-ed25519":
            return self._ed25519.sign(message)
        if key == "ledger-mldsa44":
            return self._mldsa44.sign(message)
        if key == "center":
            return self._center.sign(message)
        if key == "documents":
            return self._documents.sign(message)
        raise ValueError(f"no signing key of the name {key!r}")

    def _unlocked(self) -> WrappingKey:
        vault = self._vault  # once: another thread may lock meanwhile
        if vault is None:
            raise Locked("the vault key is locked")
        return vault

    def _wait(self) -> float:
        return max(0.0, self._next - self._clock())


def protect(folder: Path, passphrase: str, new: str, cost: Cost = DEFAULT_COST, disk: Disk = DISK) -> None:
    """Put the vault key under the passphrase `new`; trial keys end being trial keys.

    The key itself stays the same. Whoever copied the old key file *and* knew the old passphrase can open
    evidence ever after: protect the keys before the first real testimony. Raises `WrongPassphrase`,
    `ObjectMissing`, `KeyFileExposed`, `Altered`, `WriteFailed`.
    """
    seed = KeyFile.parse(_read(folder / _VAULT_KEY)).open(passphrase)
    replace(disk, folder / _VAULT_KEY, KeyFile.seal(seed, new, cost).serialise())
    try:
        # Only now: until the new file is durable, the trial passphrase is the one that opens the vault.
        disk.unlink(folder / _TRIAL)
        disk.sync_directory(folder)
    except OSError as error:
        raise write_failure(error, _TRIAL) from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileExposed(f"{path.name} may be read by others: chmod 600 it")
            return file.read()
    except OSError as error:
        raise ObjectMissing(f"{path.name}: {error.strerror}") from None
