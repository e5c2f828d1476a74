"""The keyholder: private keys in use, independent of their protection at rest.

    <folder>/vault-key.json         the vault key's seed, which a person opens (`vault_key`)
    <folder>/signing-keys.json      ledger, center and catalogue keys, open from boot (`boot_keys`)
    <folder>/document-keys.json     the keys that sign documents for people, likewise
    <folder>/vault-key-<id>.json    vault keys that were exchanged, opened with it, while they are needed
    <folder>/escrow.json            all keys, sealed for the escrow key, after a ceremony
                                    (`vault.keyholders.escrow`)
    <folder>/wraps/                 wrapped keys on their way into the key store (`vault.wrapped_keys.store`)
    <folder>/trial-passphrase.txt   only with trial keys: the passphrase itself, so that none has to be typed

Only the service's user can read them (0600); a file that others may read is refused. By default
the vault key is under a passphrase and the others are in clear; `reprotection` changes that.

Private keys exist in the memory of this process only. Python cannot wipe memory: `lock` drops the key, but
copies may stay in freed memory until the process ends. Only the end of the process destroys a key.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from vault.disk import DISK, Disk, make_directory, replace
from vault.errors import (
    Altered,
    KeyFileExposed,
    Locked,
    ObjectExists,
    ObjectMissing,
    UnlockSlowed,
    VaultError,
    WrongPassphrase,
)
from vault.key_protection.access import NO_ACCESS, Access
from vault.key_protection.key_file import SealedFile
from vault.key_protection.passphrase import Argon2id, Cost, generate_passphrase
from vault.keyholders import escrow as escrows
from vault.keyholders import reprotection, vault_key
from vault.keyholders.boot_keys import DOCUMENT_KEYS, SIGNING_KEYS, BootKeys, read_private
from vault.keyholders.document_keys import DocumentKeys
from vault.keyholders.escrow import Escrow
from vault.keyholders.item_keys import ItemKeys
from vault.keyholders.protocol import KeyholderStatus, PublicKeys, SigningKey
from vault.keyholders.rewrapping import Rewrapping
from vault.keyholders.signing_keys import SigningKeys
from vault.keyholders.unlocking import UnlockKeys
from vault.keyholders.vault_key import TRIAL, VAULT_KEY
from vault.sealing.key_wrapping import WrappingKey, generate_seed, wrap
from vault.wrapped_keys.store import KeyStore

WAITING = "wraps"
"""Folder of the wraps that some copy of the key store does not hold yet."""

FREE_ATTEMPTS = 3
"""Wrong passphrases before a wait is imposed: people mistype."""
LONGEST_WAIT = 60.0
"""Seconds. Short, so that an attacker's guesses cannot lock the right person out for long."""

TRIAL_COST = Cost(memory_kib=1024, passes=1, lanes=1)
"""Low: a passphrase beside the keys need not be guessed, and every start would pay for a high cost."""

log = logging.getLogger(__name__)


class LocalKeyholder(ItemKeys):
    """See `vault.keyholders.protocol.Keyholder` for the contract of its methods."""

    def __init__(
        self,
        vault: SealedFile,
        boot: BootKeys,
        key_store: KeyStore,
        access: Access = NO_ACCESS,
        clock: Callable[[], float] = time.monotonic,
        exchanged: Sequence[SealedFile] = (),
        escrowed: Escrow | None = None,
        trouble: str = "",
        folder: Path | None = None,
    ) -> None:
        super().__init__(key_store, self._vaults_in_use)
        self._file, self._exchanged = vault, exchanged
        self._boot = boot
        self._escrow = escrowed
        self._access = access
        self._trouble = trouble
        self._folder = folder
        self._vaults: Sequence[WrappingKey] = ()
        self._clock = clock
        self._failures, self._next = 0, 0.0
        self._unlock_keys = UnlockKeys(vault_key.public_key(vault), clock)
        self._unlocking = threading.Lock()  # one Argon2id at a time: each takes its memory

    @classmethod
    def create(
        cls, folder: Path, passphrase: str | None = None, cost: Cost | None = None, disk: Disk = DISK
    ) -> str:
        """Make all keys in `folder` and return the passphrase; if none is given, they are trial keys.

        Raises `ObjectExists` if there are keys already (they are never replaced), `WriteFailed`.
        """
        if (folder / VAULT_KEY).exists():
            raise ObjectExists("this folder holds a vault key already")
        make_directory(disk, folder, "key folder")
        trial = passphrase is None
        passphrase = passphrase or generate_passphrase()
        cost = cost or (TRIAL_COST if trial else Cost())
        vault = vault_key.seal(generate_seed(), Argon2id.fresh(cost), NO_ACCESS.by(passphrase), trial=trial)
        # The vault key last: while it is missing, an interrupted first run starts again.
        replace(disk, folder / SIGNING_KEYS, SigningKeys.generate().serialise())
        replace(disk, folder / DOCUMENT_KEYS, DocumentKeys.generate().serialise())
        if trial:
            replace(disk, folder / TRIAL, passphrase.encode() + b"\n")
        replace(disk, folder / VAULT_KEY, vault.serialise())
        return passphrase

    @classmethod
    def open(
        cls,
        folder: Path,
        access: Access = NO_ACCESS,
        key_store: KeyStore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> LocalKeyholder:
        """Load the keys in `folder`: locked, or already unlocked if they are trial keys.

        Does not wait for a token or server: `keep_trying` opens signing keys that are sealed. Without a
        `key_store` wraps are stored in `<folder>/wraps` alone. Raises `ObjectMissing` if there are no keys,
        `KeyFileExposed`, `Altered`.
        """
        store = key_store or KeyStore({}, folder / WAITING)
        boot = BootKeys(folder, access)
        escrowed, trouble = _escrow(folder, boot)
        exchanged = vault_key.read_exchanged(folder)
        vault = vault_key.read(folder)
        keyholder = cls(vault, boot, store, access, clock, exchanged, escrowed, trouble, folder)
        if keyholder.status().trial:
            # Without its passphrase the vault stays locked, which must not prevent recording.
            with contextlib.suppress(ObjectMissing, WrongPassphrase):
                keyholder.unlock(read_private(folder / TRIAL).decode(errors="replace"))
        return keyholder

    def keep_trying(self, stop: threading.Event) -> None:
        """Open the signing keys as soon as their protection answers, and keep them usable. Until `stop`."""
        self._boot.keep_trying(stop)

    def open_signing_keys(self) -> None:
        """Open them now: for commands that cannot wait until their protection answers.

        Raises `ProtectionAway`, `ProtectionRefused`, `WrongPassphrase`, `Altered`.
        """
        self._boot.open()

    def status(self) -> KeyholderStatus:
        """See `Keyholder.status`."""
        return KeyholderStatus(
            unlocked=bool(self._vaults),
            trial=vault_key.is_trial(self._file),
            wait=self._wait(),
            protection=self._file.protection.name,
            signing=self._boot.protection,
            trouble=self._boot.trouble,
            escrowed=self._escrow is not None,
            vault_trouble=self._trouble,
        )

    def public_keys(self) -> PublicKeys:
        """See `Keyholder.public_keys`."""
        public = self._boot.public()
        return PublicKeys(
            vault=vault_key.public_key(self._file),
            ledger_ed25519=public["ledger-ed25519"],
            ledger_mldsa44=public["ledger-mldsa44"],
            center=public["center"],
            documents=public["certificate"],
            authority=public["authority"],
            escrow=None if self._escrow is None else self._escrow.public,
            exchanged=tuple(map(vault_key.public_key, self._exchanged)),
        )

    @property
    def escrow(self) -> Escrow | None:
        """The escrow that each copy of the key store must hold; None before a ceremony."""
        return self._escrow

    def rewrapping(self, deployment: bytes) -> Rewrapping:
        """Return the task that wraps everything again for the current keys. `deployment`: 16 bytes."""
        return Rewrapping(self._store, self._secret, deployment, self.public_keys().recipients)

    def drop_exchanged(self) -> list[str]:
        """Forget the exchanged vault keys and remove their files; return their recipient ids.

        The caller has checked that nothing is wrapped for one of them alone. Raises `WriteFailed`, `Altered`
        if another key was put into the folder since this keyholder started.
        """
        used = vault_key.public_key(self._file)
        dropped = [] if self._folder is None else reprotection.drop_exchanged(self._folder, used)
        self._vaults, self._exchanged = self._vaults[:1], ()
        return dropped

    def unlock(self, passphrase: str) -> None:
        """See `Keyholder.unlock`. One attempt at a time, with a delay after repeated wrong passphrases.

        An exchanged vault key that does not open is no error; `status` reports it.
        """
        with self._unlocking:
            if wait := self._wait():
                raise UnlockSlowed(wait)
            access = self._access.by(passphrase)
            try:
                seed = vault_key.open_seed(self._file, access)
            except WrongPassphrase:
                self._failures += 1
                if self._failures >= FREE_ATTEMPTS:
                    wait = min(2.0 ** (self._failures - FREE_ATTEMPTS), LONGEST_WAIT)
                    self._next = self._clock() + wait
                raise
            self._failures = 0
            self._vaults = (WrappingKey(seed), *self._open_exchanged(access))

    def unlock_key(self) -> bytes:
        """See `Keyholder.unlock_key`."""
        return self._unlock_keys.fresh()

    def unlock_sealed(self, public: bytes, sealed: bytes) -> None:
        """See `Keyholder.unlock_sealed`."""
        self.unlock(self._unlock_keys.open(public, sealed))

    def lock(self) -> None:
        """See `Keyholder.lock`. Also forgets the exchanged vault keys."""
        self._vaults = ()

    def _open_exchanged(self, access: Access) -> list[WrappingKey]:
        opened = []
        for file in self._exchanged:
            try:
                opened.append(WrappingKey(vault_key.open_seed(file, access)))
            except VaultError as error:
                # The key in use is open: new recordings must not wait for older ones.
                self._trouble = f"a vault key that was exchanged does not open: {error}"
                log.warning("%s", self._trouble)
        return opened

    def make_case_key(self, item: str, info: bytes) -> bytes:
        """See `Keyholder.make_case_key`."""
        seed, recipients = generate_seed(), self.public_keys().recipients
        self.keep_wraps(item, {name: wrap(seed, public, info) for name, public in recipients.items()})
        return WrappingKey(seed).public

    def seal_catalogue(self, contents: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """See `Keyholder.seal_catalogue`."""
        return self._boot.signing.catalogue.seal(contents)

    def open_catalogue(self, sealed: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """See `Keyholder.open_catalogue`."""
        return self._boot.signing.catalogue.open(sealed)

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """See `Keyholder.sign`."""
        if key == "ledger-ed25519":
            return self._boot.signing.ledger_ed25519.sign(message)
        if key == "ledger-mldsa44":
            return self._boot.signing.ledger_mldsa44.sign(message)
        if key == "center":
            return self._boot.signing.center.sign(message)
        if key == "documents":
            return self._boot.documents.sign(message)
        raise ValueError(f"no signing key of the name {key!r}")

    def _vaults_in_use(self) -> Sequence[WrappingKey]:
        vaults = self._vaults  # once: another thread may lock meanwhile
        if not vaults:
            raise Locked("the vault key is locked")
        return vaults

    def _wait(self) -> float:
        return max(0.0, self._next - self._clock())


def _escrow(folder: Path, boot: BootKeys) -> tuple[Escrow | None, str]:
    """Return the escrow and its trouble: a damaged escrow must not prevent recording."""
    try:
        escrow = escrows.read(folder)
    except (Altered, KeyFileExposed) as error:
        return None, f"nothing is escrowed: {error}"
    if escrow is not None and escrow.center != boot.public()["center"]:
        return None, "nothing is escrowed: escrow.json is of another center"
    return escrow, ""
