"""Keys that sign statements: ids, holders, validity, and verification with Ed25519.

`webauthn` verifies with people's keys.

Trusts nothing. A key record is only as trustworthy as its source: a policy, or a statement that enrolled it.
The code that builds the record (`registry`) decides that.

Specification: docs/spec/statement.md; docs/spec/signatures.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.errors import Malformed, SignatureInvalid

Holder: TypeAlias = Literal["center", "recorder", "person"]
Basis: TypeAlias = Literal["first", "again", "recovery"]
"""Basis on which a person's credential was enrolled, strongest first: their first one, enrolled with a
one-time link; one enrolled with a link after all earlier ones were revoked; one enrolled with a recovery
code. A credential confirmed by an earlier one has the same basis as that one."""
BASES: Sequence[Basis] = get_args(Basis)


def key_id(public: bytes) -> str:
    """Return the id of a public key: 8 bytes of its SHA-256, as 16 hexadecimal digits.

    The public key is 32 bytes of Ed25519 or a credential's SubjectPublicKeyInfo.
    """
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that may sign statements, and its period of validity.

    `public`: 32 bytes of Ed25519; for a person the SubjectPublicKeyInfo in DER. `holder`: "recorder" signs
    what a recorder does (`recording.*`), "center" everything else, "person" what that person does, in
    addition to the center. `name`: the recorder's machine, a code. `enrolled`, `revoked`: ledger positions of
    the statements that enrolled and revoked it; enrolled None: the policy itself names it; revoked None: it
    is still valid.
    `person`, `algorithm`, `rp`, `basis`: only for a person's credential. Raises `Malformed` for a key of
    Ed25519 that is refused; credentials are checked by `webauthn.load_key`.
    """

    public: bytes
    holder: Holder
    name: str = ""
    enrolled: int | None = None
    revoked: int | None = None
    person: str | None = None
    algorithm: str = "ed25519"
    rp: str = ""
    basis: Basis = "first"

    def __post_init__(self) -> None:
        if self.holder != "person":
            Ed25519Key(self.public)

    @property
    def id(self) -> str:
        """Return the key id: 16 hexadecimal digits."""
        return key_id(self.public)

    def check_valid(self, index: int | None) -> None:
        """Raise `SignatureInvalid` unless this key is valid for a statement at ledger position `index`.

        None means a statement that is about to enter the ledger.
        """
        if index is not None and self.enrolled is not None and self.enrolled >= index:
            raise SignatureInvalid("signature", f"key {self.id} was enrolled only after this statement")
        if self.revoked is not None and (index is None or index >= self.revoked):
            raise SignatureInvalid("signature", f"key {self.id} was revoked before this statement")


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    """Prove that the 32-byte key `public` signed `message`. Raises `SignatureInvalid`."""
    try:
        Ed25519Key(public).verify(signature, message)
    except (Malformed, SignatureInvalid) as error:
        raise SignatureInvalid("signature", f"the signature of key {key_id(public)} does not hold") from error
