"""Statements: who did what to which evidence, when, signed and chained.

A statement is canonical JSON. It names one evidence chain and its place in it (`number`, and the leaf hash of
the previous statement), and commits to details by a salted digest. It never contains a name, a reason or free
text. A *leaf* is what the ledger stores: the statement with its signatures. Parsing a leaf shows that its
bytes have one meaning. To check who signed it, use `verify` and the keys of a registry.

Trusts: nothing that is parsed. `sign` trusts its key; the signature of a signer function is verified.

Specifications: docs/spec/statement.md; RFC 8785 (canonical JSON); RFC 8032 (Ed25519).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.statements.actor import Actor
from chain_of_custody.statements.court_receipt import verify_receipt
from chain_of_custody.statements.details_commitment import check_details, commit_details
from chain_of_custody.statements.keys import KeyRecord, key_id, verify_ed25519
from chain_of_custody.statements.signatures import (
    Ed25519Signature,
    Signature,
    WebAuthnSignature,
    list_signatures,
    parse_signatures,
    verify_signatures,
)
from chain_of_custody.statements.types import TYPES, check_body
from chain_of_custody.tlog import merkle

__all__ = [
    "Actor",
    "Head",
    "KeyRecord",
    "SignedStatement",
    "Statement",
    "check_details",
    "check_follows",
    "commit_details",
    "follow",
    "key_id",
    "parse",
    "sign",
]

SIGNING_PREFIX = b"amana/statement/v1\x00"
"""Domain separation: the signature of a statement is valid for nothing else that the same key signs."""

MAX_LEAF = 65_535
"""Maximum bytes of a leaf: entry bundles of C2SP tlog-tiles prefix each with a 16-bit length."""

_CHAIN = "chain"
_LEAF_KEYS = frozenset(("signatures", "statement"))


@dataclass(frozen=True, slots=True)
class Statement:
    """One act concerning one evidence chain.

    Fields as in docs/spec/statement.md; `previous`: lower-case hexadecimal leaf hash of statement `number -
    1` of the same chain, None for number 0.
    """

    type: str
    evidence: str
    case: str | None
    actor: Actor
    at: str
    purpose: str
    number: int
    previous: str | None
    body: Mapping[str, Any]
    details: str | None = None

    def canonical(self) -> bytes:
        """Return the statement's canonical bytes. Raises `Malformed` if a field is invalid."""
        self.check()
        return canonical_json.serialise(self._json())

    def signed_message(self, index: int = 0) -> bytes:
        """Return the message that a signature covers. Raises `Malformed` if a field is invalid.

        `index`: the act's number on the sheet that its person signs at once (`sheets`). All but the first are
        signed without `previous`, which is known only once the sheet is signed.
        """
        if index == 0:
            return SIGNING_PREFIX + self.canonical()
        self.check()
        return SIGNING_PREFIX + canonical_json.serialise(self._json() | {"previous": None})

    def check(self) -> None:
        """Raise `Malformed` naming the first invalid field."""
        if not isinstance(self.type, str) or self.type not in TYPES:
            raise Malformed(f"statement: type {str(self.type)[:40]!r} is not known")
        canonical_json.identifier(self.evidence, "statement evidence")
        if self.case is not None:
            canonical_json.identifier(self.case, "statement case")
        self.actor.check()
        canonical_json.instant(self.at, "statement at")
        canonical_json.code(self.purpose, "statement purpose")
        canonical_json.integer(self.number, "statement number")
        if (self.number == 0) != (self.previous is None):
            raise Malformed("statement: number 0 and only number 0 has no previous statement")
        if self.previous is not None:
            canonical_json.digest(self.previous, "statement previous")
        if self.details is not None:
            canonical_json.digest(self.details, "statement details")
        check_body(self.type, self.body)

    def _json(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in _FIELDS}
        return plain | {"actor": self.actor.to_json(), "body": dict(self.body), "v": 1}


_FIELDS = frozenset(field.name for field in fields(Statement))


def parse(data: bytes) -> Statement:
    """Read a statement without signatures. Raises `Malformed` unless `data` is its canonical encoding."""
    return _from_json(canonical_json.parse_object(data, "statement"))


def by_a_person(statement: Statement) -> bool:
    """Return whether a person did it, regardless of who signed for them."""
    return statement.actor.role != "system" and not statement.type.startswith("recording.")


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an evidence chain: the last statement's number and its 32-byte leaf hash."""

    number: int
    leaf_hash: bytes


def follow(
    head: Head | None,
    *,
    type: str,  # noqa: A002  the field's own name
    evidence: str,
    case: str | None,
    actor: Actor,
    at: str,
    purpose: str,
    body: Mapping[str, Any],
    details: str | None = None,
) -> Statement:
    """Return the statement that follows `head` in its chain; number 0 if `head` is None."""
    statement = Statement(
        type=type,
        evidence=evidence,
        case=case,
        actor=actor,
        at=at,
        purpose=purpose,
        number=0 if head is None else head.number + 1,
        previous=None if head is None else head.leaf_hash.hex(),
        body=body,
        details=details,
    )
    statement.check()
    return statement


def check_follows(head: Head | None, statement: Statement) -> None:
    """Prove that `statement` directly follows `head` in its chain (first, if `head` is None).

    Raises `Incomplete` if its number leaves a gap or repeats one, `Altered` if it names another statement as
    its predecessor.
    """
    expected = 0 if head is None else head.number + 1
    if statement.number != expected:
        raise Incomplete(_CHAIN, f"statement {expected} of the chain is expected, this is {statement.number}")
    if statement.previous != (None if head is None else head.leaf_hash.hex()):
        raise Altered(_CHAIN, f"statement {expected} of the chain does not name the one before it")


def sign(
    statement: Statement,
    key: Ed25519PrivateKey | Callable[[bytes], bytes],
    public: bytes | None = None,
    beside: Sequence[WebAuthnSignature] = (),
) -> bytes:
    """Return the leaf of `statement`, signed by `key` and ready for the ledger.

    `key`: a private key, or a function (a keyholder's) that takes the message and returns the 64-byte
    signature. A function needs its 32-byte `public` key, and its signature is verified, so that no statement
    enters the ledger that cannot be proved later. `beside`: the person's own signatures, verified before by
    the caller. Raises `Malformed` or `SignatureInvalid`.
    """
    message = statement.signed_message()
    if isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes_raw()
        signature = key.sign(message)
    else:
        if public is None:
            raise TypeError("a signing function needs its public key")
        signature = key(message)
        verify_ed25519(public, signature, message)
    signatures = list_signatures([Ed25519Signature(key_id(public), signature), *beside])
    leaf = canonical_json.serialise({"signatures": signatures, "statement": statement._json()})
    if len(leaf) > MAX_LEAF:
        raise Malformed(f"leaf: {len(leaf)} bytes, the ledger takes at most {MAX_LEAF}")
    return leaf


@dataclass(frozen=True)
class SignedStatement:
    """A parsed leaf. Parsed is not verified: call `verify`."""

    leaf: bytes
    statement: Statement
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, leaf: bytes) -> SignedStatement:
        """Read a leaf. Raises `Malformed` unless statement and signatures are canonically encoded."""
        if len(leaf) > MAX_LEAF:
            raise Malformed(f"leaf: longer than {MAX_LEAF} bytes")
        value = canonical_json.exact_keys(canonical_json.parse_object(leaf, "leaf"), _LEAF_KEYS, "leaf")
        signatures = parse_signatures(value["signatures"])
        return cls(leaf, _from_json(value["statement"]), signatures)

    @cached_property
    def leaf_hash(self) -> bytes:
        """Return the 32-byte RFC 6962 hash under which the ledger holds this leaf."""
        return merkle.leaf_hash(self.leaf)

    @property
    def head(self) -> Head:
        """Return the end of the chain once this statement is appended."""
        return Head(self.statement.number, self.leaf_hash)

    def verify(self, keys: Mapping[str, KeyRecord], index: int | None = None) -> tuple[KeyRecord, ...]:
        """Check every signature, including a court's on its receipt; return the keys that signed the leaf.

        `keys`: key id → key record (`registry.Registry.keys`). `index`: the leaf's position in the ledger,
        None for a leaf that is about to enter it. A key is valid from its enrolment until its revocation.
        Raises `SignatureInvalid`.
        """
        signers = verify_signatures(
            self.signatures,
            type_=self.statement.type,
            actor=self.statement.actor.id,
            message=self.statement.signed_message,
            keys=keys,
            index=index,
        )
        if self.statement.type == "custody.transferred":
            verify_receipt(self.statement.body)
        return signers


def _from_json(value: object) -> Statement:
    members = canonical_json.exact_keys(value, _FIELDS | {"v"}, "statement")
    if canonical_json.integer(members["v"], "statement v") != 1:
        raise Malformed("statement: version not known")
    fields = {name: members[name] for name in _FIELDS} | {"actor": Actor.from_json(members["actor"])}
    statement = Statement(**fields)
    statement.check()
    return statement
