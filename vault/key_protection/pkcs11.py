"""Protection of a key file by a PKCS#11 token (an HSM, a smart card).

An AES-256 key that was made in the token, and is not extractable, seals the secret with AES-GCM
(PKCS#11 v2.40, CKM_AES_GCM; 12-byte nonce, 16-byte tag); everything else in the file is the associated data.
The token has no ML-KEM, so it does not hold the vault key itself: it decrypts the seed, which is then in the
keyholder's memory as with a passphrase.

A wrong PIN is never retried automatically, and the last attempt is never used up: tokens lock themselves
permanently.

1. A token that reports one attempt left, or none, is not tried at all.
2. When the PIN from the file is refused, a note beside the keys records that, and the file is not used again
   until it has been changed. The note identifies the file, and contains nothing of its contents.
3. What a person types is tried once each time it is typed.

The library is third-party code in the keyholder's process: it is trusted like the keyholder itself. It is
initialised for each opening and finalised after it, so that a token plugged in later is found, and no session
stays open.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as p11

from vault.disk import DISK
from vault.disk import replace as replace_file
from vault.errors import Altered, ProtectionAway, ProtectionRefused, WrongPassphrase
from vault.key_protection.access import Access, Pkcs11, read_credentials
from vault.key_protection.canonical_file import to_bytes, to_text

PIN_SETTING = "AMANA_PKCS11_PIN_FILE"
NONCE_SIZE, TAG_BITS = 12, 128

_TURN = threading.Lock()
"""Libraries are initialised and shut down for the whole process: one opening at a time."""

_REQUIRED: Mapping[Attribute, tuple[bool, str]] = {
    Attribute.SENSITIVE: (True, "may be read in clear"),
    Attribute.EXTRACTABLE: (False, "may be taken out of the token"),
    Attribute.NEVER_EXTRACTABLE: (True, "was outside of the token once"),
    Attribute.ENCRYPT: (True, "may not encrypt"),
    Attribute.DECRYPT: (True, "may not decrypt"),
}


@dataclass(frozen=True)
class TokenKey:
    """The names of a key and of its token, as written in a file."""

    token: str
    """The token's label, or its serial number."""
    key: str
    """The key's label (CKA_LABEL)."""
    id: str
    """The key's CKA_ID in hex, which distinguishes keys of the same label; may be empty."""
    nonce: bytes
    """12 bytes, for AES-256-GCM."""
    name: ClassVar[str] = "pkcs11"

    @classmethod
    def find(cls, token: str, key: str, access: Access) -> TokenKey:
        """Return the key of this label, after checking that the token does not let it be extracted.

        Raises `WrongPassphrase`, `ProtectionAway`, `ProtectionRefused`, `KeyFileExposed`.
        """
        sought = cls(token, key, "", secrets.token_bytes(NONCE_SIZE))
        with sought._unlocked(access, any_id=True) as keys:
            for attribute, (required, otherwise) in _REQUIRED.items():
                if _attribute(keys, attribute) is not required:
                    raise ProtectionRefused(
                        f"key {key!r} in token {token!r} {otherwise}: make one that does not"
                    )
            if _attribute(keys, Attribute.VALUE_LEN) != 32:
                raise ProtectionRefused(f"key {key!r} in token {token!r} is no AES key of 256 bits")
            return replace(sought, id=bytes(_attribute(keys, Attribute.ID) or b"").hex())

    def again(self) -> TokenKey:
        """See `Protection.again`. Draws a new nonce for the same key."""
        return replace(self, nonce=secrets.token_bytes(NONCE_SIZE))

    def fields(self) -> Mapping[str, Any]:
        """See `Protection.fields`. Gives `pkcs11`: token, label and id of the key, nonce in base64."""
        named = {"id": self.id, "key": self.key, "nonce": to_text(self.nonce), "token": self.token}
        return {"pkcs11": named}

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> TokenKey:
        """Parse the members of a file. Raises `ValueError`, `KeyError`, `TypeError`."""
        named = fields["pkcs11"]
        nonce = to_bytes(named["nonce"], NONCE_SIZE)
        parsed = cls(str(named["token"]), str(named["key"]), bytes.fromhex(named["id"]).hex(), nonce)
        if parsed.fields()["pkcs11"] != named:
            raise ValueError("no key in a token")
        return parsed

    def seal(self, secret: bytes, clear: bytes, access: Access) -> str:
        """See `Protection.seal`. The token encrypts with AES-GCM; returns base64."""
        with self._unlocked(access) as key:
            sealed = key.encrypt(secret, mechanism=Mechanism.AES_GCM, mechanism_param=self._parameters(clear))
        return to_text(sealed)

    def open(self, sealed: str, clear: bytes, access: Access) -> bytes:
        """See `Protection.open`. The token decrypts; raises `Altered` if authentication fails."""
        try:
            data = to_bytes(sealed)
        except ValueError:
            raise Altered("what is sealed here is not base64") from None
        with self._unlocked(access) as key:
            try:
                return bytes(
                    key.decrypt(data, mechanism=Mechanism.AES_GCM, mechanism_param=self._parameters(clear))
                )
            except (
                p11.EncryptedDataInvalid,
                p11.EncryptedDataLenRange,
                p11.GeneralError,
                p11.FunctionFailed,
            ):
                # Which of these errors follows a failed authentication depends on the vendor.
                raise Altered(
                    f"this file does not open under the key {self.key!r} that is in token {self.token!r}: "
                    "it is another key of that name, or the file was altered"
                ) from None

    def _parameters(self, clear: bytes) -> GCMParams:
        return GCMParams(self.nonce, clear, TAG_BITS)

    @contextlib.contextmanager
    def _unlocked(self, access: Access, *, any_id: bool = False) -> Iterator[Any]:
        """Yield the key, in a session that ends with the block."""
        if access.pkcs11 is None:
            raise ProtectionRefused(
                "these keys are protected by a PKCS#11 token, and AMANA_PKCS11_MODULE is not set"
            )
        pin = _Pin(access)
        with _TURN, _library(access.pkcs11.module) as library:
            token = _token(library, self.token)
            with _session(token, pin) as session:
                sought: dict[Attribute, Any] = {
                    Attribute.CLASS: ObjectClass.SECRET_KEY,
                    Attribute.KEY_TYPE: KeyType.AES,
                    Attribute.LABEL: self.key,
                }
                if self.id and not any_id:
                    sought[Attribute.ID] = bytes.fromhex(self.id)
                keys = list(session.get_objects(sought))
                if len(keys) != 1:
                    many = "no AES key" if not keys else f"{len(keys)} AES keys"
                    raise ProtectionRefused(f"token {self.token!r} has {many} of the label {self.key!r}")
                yield keys[0]


class _Pin:
    """The PIN to try, and the record of one that was refused."""

    def __init__(self, access: Access) -> None:
        assert access.pkcs11 is not None
        self._settings: Pkcs11 = access.pkcs11
        self.typed = access.typed is not None
        self.value = access.typed if access.typed is not None else self._from_file()

    def _from_file(self) -> str:
        pin = read_credentials(self._settings.pin, PIN_SETTING)
        if _text(self._settings.refused) == self._identity():
            raise ProtectionRefused(
                f"the token refused the PIN in {PIN_SETTING}; it is not tried again until that file changes"
            )
        return pin

    def was_refused(self) -> None:
        if not self.typed and self._settings.refused is not None:
            replace_file(DISK, self._settings.refused, self._identity().encode())

    def _identity(self) -> str:
        assert self._settings.pin is not None
        status = self._settings.pin.stat()
        return f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}\n"


def _text(path: Path | None) -> str:
    try:
        return "" if path is None else path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""


@contextlib.contextmanager
def _library(module: Path) -> Iterator[Any]:
    try:
        library = pkcs11.lib(str(module))
    except p11.PKCS11Error as error:
        raise ProtectionAway(f"the PKCS#11 library {module} cannot be used: {_message(error)}") from None
    try:
        yield library
    except p11.PKCS11Error as error:
        # A device removed during the operation, a session that ended, a function that is not supported.
        kind = ProtectionRefused if isinstance(error, _FOR_GOOD) else ProtectionAway
        raise kind(f"the PKCS#11 token failed: {_message(error)}") from None
    finally:
        with contextlib.suppress(p11.PKCS11Error):
            library.finalize()


_FOR_GOOD = (
    p11.FunctionNotSupported,
    p11.MechanismInvalid,
    p11.MechanismParamInvalid,
    p11.AttributeTypeInvalid,
    p11.UserPinNotInitialized,
)


def _message(error: Exception) -> str:
    return str(error) or type(error).__name__


def _token(library: Any, named: str) -> Any:
    """Return the only token of this label or serial number, if it may be tried."""
    tokens = []
    for slot in library.get_slots(token_present=True):
        with contextlib.suppress(p11.TokenNotPresent, p11.TokenNotRecognised, p11.DeviceRemoved):
            token = slot.get_token()
            if named in (token.label, bytes(token.serial).decode("ascii", "replace").strip()):
                tokens.append(token)
    if not tokens:
        raise ProtectionAway(f"no token {named!r} is here")
    if len(tokens) > 1:
        raise ProtectionRefused(f"{len(tokens)} tokens are called {named!r}: use the serial number")
    may_be_tried(named, tokens[0].flags)
    return tokens[0]


def may_be_tried(token: str, flags: TokenFlag) -> None:
    """Raise `ProtectionRefused` if a wrong PIN would use the last attempt."""
    if TokenFlag.USER_PIN_LOCKED in flags:
        raise ProtectionRefused(
            f"token {token!r} has locked its PIN: its security officer has to set it anew"
        )
    if TokenFlag.USER_PIN_FINAL_TRY in flags:
        raise ProtectionRefused(
            f"token {token!r} would lock itself after one more wrong PIN, so it is not tried. Sign in once "
            "with the vendor's own program"
        )


@contextlib.contextmanager
def _session(token: Any, pin: _Pin) -> Iterator[Any]:
    try:
        session = token.open(user_pin=pin.value)
    except (p11.PinIncorrect, p11.PinInvalid, p11.PinLenRange):
        pin.was_refused()
        raise WrongPassphrase(f"token {token.label!r} refuses this PIN") from None
    except p11.PinLocked:
        raise ProtectionRefused(f"token {token.label!r} has locked its PIN") from None
    with session:
        yield session


def _attribute(key: Any, attribute: Attribute) -> Any:
    try:
        return key[attribute]
    except (p11.AttributeTypeInvalid, p11.AttributeSensitive):
        return None
