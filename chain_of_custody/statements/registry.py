"""The registry: who may sign what and who has which role, with periods of validity.

The registry is the chain of statements about the deployment itself. It enrols and revokes recorders' keys and
people's credentials, gives and withdraws roles, and records policy changes. A policy vouches for the center's
key, and the center's key for everything here. The order in the ledger decides what was earlier, never clocks.

A reader adds the chain's statements one by one, from number 0: a verifier those of a package, a monitor each
one as it arrives. Memory grows with the keys and roles, not with the ledger.

People's keys protect their keys: each enrolment and revocation of a credential states how the person was
identified (`proof`). Where that is an earlier key of theirs, it signed the very statement.

Because a verifier must never choose between two readings, these are refused: a key enrolled twice, a
revocation of a key that is not in force, a `proof` that the statement or the registry contradicts, an
exchange of the center's or the ledger's own keys, which has no form yet. A revoked key cannot be enrolled
again. Roles are stated, not proved. A new role replaces the person's previous one, and withdrawing a role
from a person without one changes nothing.

Trusts: the deployment's id and the center's key, both from a policy. Raises `NotProved` and then leaves the
registry unchanged.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import decode_base64
from chain_of_custody.errors import Incomplete, Malformed, NotProved, SignatureInvalid, located
from chain_of_custody.statements.keys import BASES, Basis, KeyRecord
from chain_of_custody.statements.signatures import Signature, check_sheet
from chain_of_custody.statements.statement import Head, SignedStatement, Statement, check_follows
from chain_of_custody.statements.types import REGISTRY_TYPES
from chain_of_custody.statements.webauthn import load_key
from chain_of_custody.tlog.origin import parse_origin

_STEP = "signature"


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role that a person had from ledger position `given` until position `ended` (None: until now)."""

    person: str
    role: str
    organisation: str
    given: int
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class WrappedFor:
    """The key for which every secret is wrapped, as stated by the newest `key.rotated` of its kind."""

    key: str
    """Recipient id: the first 8 bytes of the public key's SHA-256, in hexadecimal."""
    replaces: str | None
    complete: bool
    """Whether everything recorded earlier is wrapped for it too."""


class Registry:
    """The state of one deployment's registry chain after the statements added so far."""

    def __init__(self, deployment: str, center: KeyRecord) -> None:
        self._deployment = deployment
        self._keys = {center.id: center}
        self._roles: dict[str, tuple[RoleHeld, ...]] = {}
        self._wrapped: dict[str, WrappedFor] = {}
        self._exchanged: frozenset[tuple[str, str]] = frozenset()
        self._signatures: Sequence[Signature] = ()
        self.head: Head | None = None
        """The newest statement's number and leaf hash."""
        self.position: int | None = None
        """The newest statement's position in the ledger."""

    @property
    def keys(self) -> Mapping[str, KeyRecord]:
        """Return key id → key record, including revoked keys, for `SignedStatement.verify`."""
        return MappingProxyType(self._keys)

    def role(self, person: str, index: int) -> RoleHeld | None:
        """Return the role this person (an id) had when position `index` of the ledger was written."""
        for held in reversed(self._roles.get(person, ())):
            if held.given < index:
                return held if held.ended is None or index <= held.ended else None
        return None

    def history(self, person: str) -> tuple[RoleHeld, ...]:
        """Return all roles this person ever had, oldest first."""
        return self._roles.get(person, ())

    def wrapped_for(self, kind: str) -> WrappedFor | None:
        """Return the current `vault` or `escrow` key.

        None while the first vault key is in use, or if nothing is escrowed.
        """
        return self._wrapped.get(kind)

    def was_exchanged(self, kind: str, key: str) -> bool:
        """Return whether this `vault` or `escrow` key (a recipient id) was replaced by another."""
        return (kind, key) in self._exchanged

    def copy(self) -> Registry:
        """Return a copy of the registry, to try a statement on."""
        other = copy.copy(self)
        other._keys, other._roles, other._wrapped = dict(self._keys), dict(self._roles), dict(self._wrapped)
        return other

    def add(self, position: int, signed: SignedStatement) -> None:
        """Add the next statement of the chain, which is at `position` in the ledger.

        1. It is about this deployment and of a type that belongs here.
        2. It directly follows its predecessor in the chain, and comes after it in the ledger.
        3. The center signed it, and every signature is valid with the keys in force until now. A sheet that a
           person signed is in order.
        4. Its content is consistent with the earlier statements.
        """
        where = f"statement {position}"
        with located(where, _STEP):
            try:
                self._check_place(position, signed.statement)  # 1, 2
                signed.verify(self._keys, position)  # 3
                check_sheet(self._signatures, signed.signatures)
                self._take(position, signed)  # 4
            except Malformed as error:
                raise NotProved(_STEP, str(error)) from error
        self.head, self.position, self._signatures = signed.head, position, signed.signatures

    def require(self, number: int) -> None:
        """Raise `Incomplete` unless every statement up to this number of the chain was added."""
        if self.head is None or self.head.number < number:
            have = 0 if self.head is None else self.head.number + 1
            raise Incomplete(_STEP, f"the registry ends after {have} statements, number {number} is needed")

    def _check_place(self, position: int, statement: Statement) -> None:
        if statement.evidence != self._deployment or statement.case is not None:
            raise NotProved(_STEP, "the statement is not about the deployment")
        if statement.type not in REGISTRY_TYPES:
            raise NotProved(_STEP, f"{statement.type} does not belong into the registry")
        check_follows(self.head, statement)
        if self.position is not None and position <= self.position:
            raise NotProved(_STEP, "the registry is not in the ledger's order")

    def _take(self, position: int, signed: SignedStatement) -> None:
        body = signed.statement.body
        match signed.statement.type:
            case "recorder.enrolled":
                public = canonical_json.base64_bytes(body["key"], 32, "recorder key")
                self._enrol(KeyRecord(public, "recorder", body["name"], position))
            case "credential.enrolled":
                self._enrol(self._credential(signed, position))
            case "recorder.revoked":
                self._revoke(body["key"], "recorder", position)
            case "credential.revoked":
                # A key that is revoked here is not valid here: it cannot sign its own revocation.
                if any(signature.key == body["key"] for signature in signed.signatures):
                    raise SignatureInvalid(_STEP, f"key {body['key']} was revoked before this statement")
                record = self._keys.get(body["key"])
                if body["proof"] == "key" and record is not None and not self._own(signed, record.person):
                    raise SignatureInvalid(
                        _STEP, f"no other key of its person signed the revocation of key {body['key']}"
                    )
                self._revoke(body["key"], "person", position)
            case "role.given":
                self._end_role(body["person"], position)
                held = RoleHeld(body["person"], body["role"], body["organisation"], position)
                self._roles[held.person] = (*self.history(held.person), held)
            case "role.withdrawn":
                self._end_role(body["person"], position)
            case "key.rotated" if body["kind"] != "ledger":
                # It changes who can open evidence, not which signatures are valid.
                self._rotate(
                    body["kind"], WrappedFor(body["key"], body["replaces"], body["state"] == "complete")
                )
            case "ledger.succeeded":
                # The entries before it are those of the ledger that it names, at the same positions.
                if parse_origin(body["origin"])[0] != self._deployment or body["size"] != position:
                    raise NotProved(_STEP, "it succeeds another ledger than the one whose entries it follows")
            case "key.rotated" as unknown:
                raise NotProved(_STEP, f"{unknown} changes whose word counts, in a way not known here")

    def _rotate(self, kind: str, after: WrappedFor) -> None:
        now = self._wrapped.get(kind)
        if after.complete:
            if now is None or replace(now, complete=True) != after or now.complete:
                raise NotProved(_STEP, f"it completes an exchange of the {kind} key that was not begun")
        elif after.key == after.replaces or (now is not None and after.replaces != now.key):
            raise NotProved(_STEP, f"it exchanges another {kind} key than the one in use")
        elif self.was_exchanged(kind, after.key):
            raise NotProved(_STEP, f"it takes up again the {kind} key that was exchanged before")
        if after.replaces is not None:
            self._exchanged |= {(kind, after.replaces)}
        self._wrapped[kind] = after

    def _credential(self, signed: SignedStatement, position: int) -> KeyRecord:
        """Return the record of a credential that a verified statement enrols."""
        body = signed.statement.body
        key, person = decode_base64(body["key"], "credential key"), body["person"]
        load_key(body["algorithm"], key)
        basis: Basis = "recovery"
        if body["proof"] == "key":
            if not (own := self._own(signed, person)):
                raise SignatureInvalid(
                    _STEP, f"no earlier key of person {person[:8]} signed the enrolment of a further one"
                )
            basis = min((one.basis for one in own), key=BASES.index)
        elif body["proof"] == "link":
            earlier = [one for one in self._keys.values() if one.person == person]
            if any(one.revoked is None for one in earlier):
                raise NotProved(_STEP, f"a link enrols a key for person {person[:8]}, who has one in force")
            basis = "again" if earlier else "first"
        return KeyRecord(
            key,
            "person",
            enrolled=position,
            person=person,
            algorithm=body["algorithm"],
            rp=body["rp"],
            basis=basis,
        )

    def _own(self, signed: SignedStatement, person: str | None) -> Sequence[KeyRecord]:
        """Return the keys of this person that signed a verified statement; none signs its own revocation."""
        signers = [self._keys[signature.key] for signature in signed.signatures]
        return [one for one in signers if one.holder == "person" and one.person == person]

    def _enrol(self, record: KeyRecord) -> None:
        if record.id in self._keys:
            raise SignatureInvalid(_STEP, f"key {record.id} is enrolled a second time")
        self._keys[record.id] = record

    def _revoke(self, key: str, holder: str, position: int) -> None:
        record = self._keys.get(key)
        if record is None or record.holder != holder or record.revoked is not None:
            raise SignatureInvalid(_STEP, f"it revokes key {key}, which is no {holder}'s key in force")
        self._keys[key] = replace(record, revoked=position)

    def _end_role(self, person: str, position: int) -> None:
        roles = self.history(person)
        if roles and roles[-1].ended is None:
            self._roles[person] = (*roles[:-1], replace(roles[-1], ended=position))
