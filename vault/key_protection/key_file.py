"""A key file: a sealed secret, its protection, and cleartext fields about it.

    {"kind":"vault-key","public":"…","trial":false, …the protection…, "sealed":"…","v":1}

One line of canonical JSON (RFC 8785). One member names the protection: `argon2id` (a passphrase),
`pkcs11` (a key in a token), `openbao` (a key in a server). Everything but `sealed` is its associated data, so
that nothing in a file can be exchanged. `docs/spec/key-files.md` has worked examples.

Keyholders differ only in the protection. The use of the secret, once opened, does not depend on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785

from vault.key_protection.access import Access
from vault.key_protection.canonical_file import parse_canonical
from vault.key_protection.passphrase import Argon2id

Fields = Mapping[str, Any]


class Protection(Protocol):
    """What protects a secret at rest, with the parameters of one file. Both operations may take seconds:
    a device, a server, or Argon2id."""

    @property
    def name(self) -> str:
        """The name shown to people, and the member of the file: `argon2id`, `pkcs11`, `openbao`."""

    def again(self) -> Protection:
        """Return the same protection for sealing another secret: with a new nonce and a new salt."""

    def fields(self) -> Fields:
        """Return its members of the file."""

    def seal(self, secret: bytes, clear: bytes, access: Access) -> str:
        """Seal `secret` with `clear` as associated data. Raises as `open` does."""

    def open(self, sealed: str, clear: bytes, access: Access) -> bytes:
        """Open the secret. Raises `WrongPassphrase` (also for a PIN), `ProtectionAway`, `ProtectionRefused`,
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
    public_fields: Fields
    """The cleartext fields about the secret."""
    protection: Protection
    sealed: str

    @classmethod
    def seal(
        cls, kind: str, public_fields: Fields, secret: bytes, protection: Protection, access: Access
    ) -> SealedFile:
        """Make a file for `secret`. Raises as `Protection.seal`."""
        clear = _clear(kind, public_fields, protection)
        return cls(kind, public_fields, protection, protection.seal(secret, clear, access))

    def open(self, access: Access) -> bytes:
        """Open the secret. Raises as `Protection.open`."""
        return self.protection.open(
            self.sealed, _clear(self.kind, self.public_fields, self.protection), access
        )

    def serialise(self) -> bytes:
        """Return the file's bytes: canonical JSON (RFC 8785), in one line without a newline."""
        return rfc8785.dumps(
            {**_fields(self.kind, self.public_fields, self.protection), "sealed": self.sealed}
        )

    @classmethod
    def parse(cls, data: bytes, kind: str, public_fields: Callable[[Fields], Fields]) -> SealedFile:
        """Parse a file. `public_fields` selects the cleartext fields of this kind from all fields; it may
        raise `ValueError`, `KeyError`, `TypeError`. Raises `Altered` for a file `serialise` would not write.
        """

        def build(fields: Fields) -> SealedFile:
            (named,) = fields.keys() & _PROTECTIONS.keys()
            return cls(kind, public_fields(fields), _PROTECTIONS[named](fields), str(fields["sealed"]))

        return parse_canonical(data, f"key file ({kind})", build)


def is_sealed(data: bytes) -> bool:
    """Whether these bytes are a key file, rather than the secret itself."""
    try:
        return "sealed" in json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return False


def _fields(kind: str, public_fields: Fields, protection: Protection) -> dict[str, Any]:
    return {**public_fields, **protection.fields(), "kind": kind, "v": 1}


def _clear(kind: str, public_fields: Fields, protection: Protection) -> bytes:
    return rfc8785.dumps(_fields(kind, public_fields, protection))
