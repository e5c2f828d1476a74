"""The keys that are available from boot, without a person: ledger, center, catalogue, document signing.

    <folder>/signing-keys.json      ledger, center and catalogue (`signing_keys`)
    <folder>/document-keys.json     the keys that sign documents for people (`document_keys`)

Each file holds its keys in clear, for the service's user alone; or sealed by a token or a server that this
machine can open by itself (`key_file`). A sealed file has the public halves in clear, so that a keyholder
can start while its token is away: checks and recording work, statements wait, and the keyholder keeps
retrying (`keep_trying`). An attempt that a token counts is not repeated (`pkcs11`).
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from vault.disk import DISK, Disk, replace
from vault.errors import (
    Altered,
    KeyFileExposed,
    ObjectMissing,
    ProtectionAway,
    ProtectionRefused,
    VaultError,
    WrongPassphrase,
)
from vault.key_protection.access import Access
from vault.key_protection.canonical_file import to_bytes, to_text
from vault.key_protection.key_file import Fields, Protection, SealedFile, is_sealed
from vault.keyholders.document_keys import DocumentKeys
from vault.keyholders.signing_keys import SigningKeys

SIGNING_KEYS, DOCUMENT_KEYS = "signing-keys.json", "document-keys.json"
NOT_YET = "not opened yet"
"""The trouble of signing keys before the first attempt to open them."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0  # seconds between attempts while the protection is away
RENEW_AGAIN = 60.0  # seconds after a renewal that failed

log = logging.getLogger(__name__)


class _Keys(Protocol):
    def public_fields(self) -> dict[str, Any]: ...

    def serialise(self) -> bytes: ...


K = TypeVar("K", bound=_Keys)


class BootFile(Generic[K]):
    """One of the two files: its cleartext fields at once, its keys once it is open."""

    def __init__(self, data: bytes, kind: str, parse: Callable[[bytes], K]) -> None:
        """Parse `data`. Raises `Altered`."""
        self._parse = parse
        self.sealed = SealedFile.parse(data, kind, _PUBLIC_FIELDS[kind]) if is_sealed(data) else None
        self.keys: K | None = parse(data) if self.sealed is None else None
        self.public_fields: Fields = (
            self.sealed.public_fields if self.sealed is not None else _opened(self.keys).public_fields()
        )

    @property
    def protection(self) -> Protection | None:
        """None for keys in clear."""
        return None if self.sealed is None else self.sealed.protection

    def open(self, access: Access) -> K:
        """Open the keys. Raises as `SealedFile.open`."""
        if self.keys is None:
            assert self.sealed is not None
            keys = self._parse(self.sealed.open(access))
            if keys.public_fields() != self.public_fields:
                raise Altered("what is sealed here are not the keys that the file names")
            self.keys = keys
        return self.keys


def reopen(name: str, data: bytes, access: Access) -> SigningKeys | DocumentKeys:
    """Open the keys in `data`, made for the file `name`. Raises as `BootFile.open`."""
    if name == SIGNING_KEYS:
        return BootFile(data, "signing-keys", SigningKeys.parse).open(access)
    return BootFile(data, "document-keys", DocumentKeys.parse).open(access)


def signing_file(folder: Path) -> BootFile[SigningKeys]:
    """Read the file of the signing keys. Raises `ObjectMissing`, `KeyFileExposed`, `Altered`."""
    return BootFile(read_private(folder / SIGNING_KEYS), "signing-keys", SigningKeys.parse)


def document_file(folder: Path) -> BootFile[DocumentKeys]:
    """Read the file of the document keys. Raises `ObjectMissing`, `KeyFileExposed`, `Altered`."""
    return BootFile(read_private(folder / DOCUMENT_KEYS), "document-keys", DocumentKeys.parse)


def complete(folder: Path, disk: Disk = DISK) -> None:
    """Add a catalogue key to a cleartext file that has none yet: once, and atomically.

    Raises `ObjectMissing`, `KeyFileExposed`, `Altered`, `WriteFailed`.
    """
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Two processes that open it at once must not each make a key: data sealed with one would never open
        # again.
        fcntl.flock(place, fcntl.LOCK_EX)
        keys = signing_file(folder).keys
        if keys is not None and not keys.complete:
            replace(disk, folder / SIGNING_KEYS, keys.completed().serialise())
    finally:
        os.close(place)


def serialise(keys: SigningKeys | DocumentKeys, protection: Protection | None, access: Access) -> bytes:
    """Return the file's bytes for `keys`: under `protection`, or in clear. Raises as `Protection.seal`."""
    if protection is None:
        return keys.serialise()
    kind = "signing-keys" if isinstance(keys, SigningKeys) else "document-keys"
    return SealedFile.seal(kind, keys.public_fields(), keys.serialise(), protection, access).serialise()


def write(folder: Path, keys: SigningKeys, access: Access, disk: Disk = DISK) -> None:
    """Replace the signing keys in `folder` by `keys`, under the protection of the present ones.

    Raises `WriteFailed`, and as `signing_file` and `Protection.seal`.
    """
    protection = signing_file(folder).protection
    protection = None if protection is None else protection.again()
    replace(disk, folder / SIGNING_KEYS, serialise(keys, protection, access))


class BootKeys:
    """Both files, as the keyholder process holds them. Thread-safe."""

    def __init__(self, folder: Path, access: Access) -> None:
        """Raises `ObjectMissing`, `KeyFileExposed`, `Altered`. Does not wait for sealed keys."""
        self._access = access
        complete(folder)
        self._signing = signing_file(folder)
        if not (folder / DOCUMENT_KEYS).exists():
            # No evidence depends on these, so a folder without them gets new ones.
            protection = self._signing.protection
            again = None if protection is None else protection.again()
            replace(DISK, folder / DOCUMENT_KEYS, serialise(DocumentKeys.generate(), again, access))
        self._documents = document_file(folder)
        self._trouble = ""
        if not self._open:
            self._trouble = NOT_YET

    @property
    def protection(self) -> str:
        """`file`, `pkcs11` or `openbao`: the protection of the signing keys."""
        protection = self._signing.protection
        return "file" if protection is None else protection.name

    @property
    def trouble(self) -> str:
        """Why they are not open, or will not open at the next start; empty without trouble."""
        return self._trouble

    def public(self) -> Mapping[str, bytes]:
        """Public halves by name, and the two certificates; available whether open or not."""
        documents = {name: to_bytes(text) for name, text in self._documents.public_fields.items()}
        signing = {name: to_bytes(text) for name, text in self._signing.public_fields["public"].items()}
        return {**documents, **signing}

    @property
    def signing(self) -> SigningKeys:
        """Return the signing keys. Raises `ProtectionAway` while they are not open."""
        return self._ready(self._signing)

    @property
    def documents(self) -> DocumentKeys:
        """Return the document keys. Raises `ProtectionAway` while they are not open."""
        return self._ready(self._documents)

    def open(self) -> None:
        """Open the files that are not open yet. Raises as `SealedFile.open`."""
        try:
            self._signing.open(self._access)
            self._documents.open(self._access)
        except VaultError as error:
            self._trouble = str(error)
            raise
        self._trouble = ""

    def keep_trying(self, stop: threading.Event) -> None:
        """Retry opening them for as long as their protection is away; then keep this machine's sign-in valid.
        Runs until `stop`."""
        pause = FIRST_PAUSE
        while not self._open:
            try:
                self.open()
            except (ProtectionAway, WrongPassphrase, KeyFileExposed) as error:
                log.warning("the signing keys are not open: %s", error)
                pause = LONGEST_PAUSE if isinstance(error, ProtectionRefused) else pause
                if stop.wait(pause):
                    return
                pause = min(pause * 2, LONGEST_PAUSE)
            except VaultError as error:
                log.error("the signing keys do not open: %s", error)
                return  # altered, or a full disk: a retry would not help, and might use up a PIN
        if self.protection != "file":
            log.info("the signing keys are open")
        if self.protection == "openbao":
            self._keep_renewing(stop)

    def _keep_renewing(self, stop: threading.Event) -> None:
        from vault.key_protection import openbao  # an HTTP client: imported only where it is used

        while not stop.is_set():
            try:
                pause = openbao.renew(self._access)
                self._trouble = ""
            except VaultError as error:
                log.warning("this machine's OpenBao token could not be renewed: %s", error)
                self._trouble, pause = f"open, but not at the next start: {error}", RENEW_AGAIN
            if pause is None:
                return
            stop.wait(pause)

    @property
    def _open(self) -> bool:
        return self._signing.keys is not None and self._documents.keys is not None

    def _ready(self, file: BootFile[K]) -> K:
        if file.keys is None:
            raise ProtectionAway(f"the signing keys are not open: {self._trouble}")
        return file.keys


def read_private(path: Path) -> bytes:
    """Return a key file's bytes. Raises `KeyFileExposed` if others may read it, `ObjectMissing`."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileExposed(f"{path.name} may be read by others: chmod 600 it")
            return file.read()
    except OSError as error:
        raise ObjectMissing(f"{path.name}: {error.strerror}") from None


def _opened(keys: K | None) -> K:
    assert keys is not None
    return keys


def _texts(fields: Fields, sizes: Mapping[str, int | None]) -> dict[str, str]:
    """Return these base64 members, of these sizes in bytes. Raises `ValueError`, `KeyError`, `TypeError`."""
    texts = {name: str(fields[name]) for name in sizes}
    for name, size in sizes.items():
        if to_text(to_bytes(texts[name], size)) != texts[name]:
            raise ValueError(f"{name} is not what it must be")
    return texts


_PUBLIC = {"center": 32, "ledger-ed25519": 32, "ledger-mldsa44": 1312}
_PUBLIC_FIELDS: Mapping[str, Callable[[Fields], Fields]] = {
    "signing-keys": lambda fields: {"public": _texts(fields["public"], _PUBLIC)},
    "document-keys": lambda fields: _texts(fields, {"authority": None, "certificate": None}),
}
