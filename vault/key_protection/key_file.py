"""A key file: a secret, what protects it, and what is said of it in clear.

    {"kind":"vault-key","public":"…","trial":false, …the protection…, "sealed":"…","v":1}

One line of canonical JSON (RFC 8785). The protection is named by one member: `argon2id` (a passphrase),
`pkcs11` (a key in a token), `openbao` (a key in a server). Everything but `sealed` is its associated data, so
that nothing in a file can be exchanged. `docs/spec/key-files.md` has worked examples.

That is all in which keyholders differ. What is done with the secret, once opened, does not depend on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785

from vault.errors import Altered
from vault.key_protection.access import Access
from vault.key_protection.passphrase import Argon2id

Fields = Mapping[str, Any]


class Protection(Protocol):
    """What protects a secret at rest, with the parameters of one file. Both operations may wait for seconds:
    a device, a server, or Argon2id."""

    @property
    def name(self) -> str:
        """For people, and the member of the file: `argon2id`, `pkcs11`, `openbao`."""

    def again(self) -> Protection:
        """The same protection, for sealing something else: with another nonce, and another salt."""

    def fields(self) -> Fields:
        """Its members of the file."""

    def seal(self, secret: bytes, clear: bytes, access: Access) -> str:
        """`secret`, sealed with `clear` as associated data. Raises as `open` does."""

    def open(self, sealed: str, clear: bytes, access: Access) -> bytes:
        """The secret. Raises `WrongPassphrase` (also for a PIN), `ProtectionAway`, `ProtectionRefused`,
        `KeyFileExposed`, `Altered`."""


def _transit_key(fields: Fields) -> Protection:
    from vault.key_protection.openbao import TransitKey  # an HTTP client: imported only where it is used

    return TransitKey.parse(fields)


def _token_key(fields: Fields) -> Protection:
    from vault.key_protection.pkcs11 import TokenKey  # as above

    return TokenKey.parse(fields)


_PROTECTIONS: Mapping[str, Callable[[Fields], Protection]] = {
    "argon2id": Argon2id.parse,
    "openbao": _transit_key,
    "pkcs11": _token_key,
}


@dataclass(frozen=True)
class SealedFile:
    """A parsed key file. Made by `seal` or `parse`."""

    kind: str
    said: Fields
    """What is said of the secret in clear."""
    protection: Protection
    sealed: str

    @classmethod
    def seal(
        cls, kind: str, said: Fields, secret: bytes, protection: Protection, access: Access
    ) -> SealedFile:
        """A file for `secret`. Raises as `Protection.seal`."""
        clear = _clear(kind, said, protection)
        return cls(kind, said, protection, protection.seal(secret, clear, access))

    def open(self, access: Access) -> bytes:
        """The secret. Raises as `Protection.open`."""
        return self.protection.open(self.sealed, _clear(self.kind, self.said, self.protection), access)

    def serialise(self) -> bytes:
        """Return the file's bytes: canonical JSON (RFC 8785), in one line without a newline."""
        return rfc8785.dumps({**_fields(self.kind, self.said, self.protection), "sealed": self.sealed})

    @classmethod
    def parse(cls, data: bytes, kind: str, said: Callable[[Fields], Fields]) -> SealedFile:
        """`said` gives, from all fields, those that this kind says in clear; it may raise `ValueError`,
        `KeyError` or `TypeError`. Raises `Altered` for anything that `serialise` would not have written."""
        try:
            fields: dict[str, Any] = json.loads(data)
            (named,) = fields.keys() & _PROTECTIONS.keys()
            parsed = cls(kind, said(fields), _PROTECTIONS[named](fields), str(fields["sealed"]))
            same = parsed.serialise() == data
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Altered(f"key file ({kind}): {type(error).__name__}") from None
        if not same:
            raise Altered(f"key file ({kind}) is not in its canonical form")
        return parsed


def is_sealed(data: bytes) -> bool:
    """Whether these bytes are a key file, rather than the secret itself."""
    try:
        return "sealed" in json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return False


def _fields(kind: str, said: Fields, protection: Protection) -> dict[str, Any]:
    return {**said, **protection.fields(), "kind": kind, "v": 1}


def _clear(kind: str, said: Fields, protection: Protection) -> bytes:
    return rfc8785.dumps(_fields(kind, said, protection))
