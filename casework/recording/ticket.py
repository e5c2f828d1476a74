"""Tickets: what a process needs to seal one item, public keys and ids, and nothing secret.

A ticket is stored beside its item in the spool, so that another process can complete the item. That of a
recording comes from `gateway.open_recording` and crosses the recorder child's socket as JSON. For that of a
photograph, document or derivative, see `casework.files.ticket`.

Trusts: the socket and the spool folder, both only for the service's own user. A forged ticket would still
yield no signature by another key and no place in another part's chain.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

from casework.errors import Refused
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.items.recording_manifest import Manifest, State
from chain_of_custody.statements.statement import Actor
from vault.sealing.key_wrapping import PUBLIC_KEY_SIZE, recipient_id
from vault.spool.reader import SpoolReader

Check: TypeAlias = Callable[[Any, str], Any]
"""Convert a field from its JSON form; takes the field's name for errors, and raises `Malformed`."""
AnyManifest = TypeVar("AnyManifest", bound=Manifest | FileManifest)

_OPTIONAL = frozenset(("beside", "escrow_public"))


@dataclass(frozen=True)
class NotBefore:
    """The newest checkpoint when the ticket was issued: proof that the recording was not made earlier."""

    size: int
    root: str
    """Hex, 32 bytes."""

    def to_json(self) -> dict[str, Any]:
        """Return its JSON object, in a ticket and in `recording.started`."""
        return {"root": self.root, "size": self.size}


def _public_key(value: object, what: str) -> bytes:
    return canonical_json.base64_bytes(value, PUBLIC_KEY_SIZE, what)


def _actor(value: object, what: str) -> Actor:
    actor = Actor.from_json(value)
    canonical_json.hexadecimal(actor.id, 8, f"{what} id")
    return actor


def _not_before(value: object, what: str) -> NotBefore:
    fields = canonical_json.exact_keys(value, frozenset(("root", "size")), what)
    return NotBefore(
        canonical_json.integer(fields["size"], f"{what} size"),
        canonical_json.digest(fields["root"], f"{what} root"),
    )


@dataclass(frozen=True)
class Ticket(Generic[AnyManifest]):
    """All parameters for sealing one item. Ids are 32 hex digits."""

    FILE: ClassVar[str]
    """Name of the ticket in the item's spool folder."""
    CHECKS: ClassVar[Mapping[str, Check]] = {
        "deployment": canonical_json.identifier,
        "case": canonical_json.identifier,
        "evidence": canonical_json.identifier,
        "vault_public": _public_key,
        "escrow_public": _public_key,
    }
    """Every field, with the check of its JSON form."""

    deployment: str
    case: str
    evidence: str
    vault_public: bytes
    """1,216 bytes: the item's data key is wrapped for its holder and then forgotten."""
    escrow_public: bytes | None
    """The same for the escrow key, if there is one."""

    @property
    def recipients(self) -> dict[str, bytes]:
        """Recipients of the data key, the vault first: recipient id → public key."""
        publics = (self.vault_public, self.escrow_public)
        return {recipient_id(public): public for public in publics if public is not None}

    def manifest(self, index: bytes, records: int, root: str, state: State) -> AnyManifest:
        """Return the manifest of the complete item. Raises `Malformed` if a reader would reject it."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the ticket, as in its file; public keys in base64."""
        values = {name: getattr(self, name) for name in self.CHECKS}
        return {name: _json(value) for name, value in values.items() if value is not None}

    @classmethod
    def waiting(cls, root: Path, evidence: str) -> Self:
        """The ticket of an item in the spool. Raises `ObjectMissing`, `Refused` if it is no ticket."""
        data = SpoolReader(root, evidence).file(cls.FILE)
        try:
            return cls._parse(canonical_json.parse_object(data, "ticket"))
        except Malformed as malformed:
            raise Refused(f"the ticket of {evidence} cannot be read") from malformed

    @classmethod
    def _parse(cls, value: Mapping[str, Any]) -> Self:
        keys = cls.CHECKS.keys() - (_OPTIONAL - value.keys())
        given = canonical_json.exact_keys(dict(value), frozenset(keys), "ticket")
        fields: dict[str, Any] = dict.fromkeys(cls.CHECKS)
        fields |= {name: cls.CHECKS[name](each, name) for name, each in given.items()}
        return cls(**fields)


@dataclass(frozen=True)
class RecordingTicket(Ticket[Manifest]):
    """All parameters for recording one part."""

    FILE = "part.json"
    CHECKS: ClassVar[Mapping[str, Check]] = {
        **Ticket.CHECKS,
        "interview": canonical_json.identifier,
        "part": lambda value, what: canonical_json.integer(value, what, low=1),
        "recorder": lambda value, what: canonical_json.hexadecimal(value, 8, what),
        "actor": _actor,
        "purpose": canonical_json.code,
        "epoch": canonical_json.instant,
        "practice": canonical_json.boolean,
        "not_before": _not_before,
        "beside": canonical_json.identifier,
    }

    interview: str
    part: int
    """1, 2, … within the interview."""
    recorder: str
    """Key id of the recorder that the ticket is for."""
    actor: Actor
    """The actor of the recorder's statements: the recorder itself."""
    purpose: str
    epoch: str
    """Wall-clock time of timeline 0, RFC 3339 with milliseconds."""
    practice: bool
    """Recorded like any other, but nothing is stated and everything is deleted at the end."""
    not_before: NotBefore
    beside: str | None = None
    """For a safety recording: the part it accompanies, and whose number it shares."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RecordingTicket:
        """Raises `Refused` for anything that is not a ticket."""
        try:
            return cls._parse(value)
        except Malformed as malformed:
            raise Refused(f"not a recording ticket: {malformed}") from malformed

    def manifest(self, index: bytes, records: int, root: str, state: State) -> Manifest:
        """See `Ticket.manifest`."""
        return Manifest(
            deployment=self.deployment,
            interview=self.interview,
            evidence=self.evidence,
            part=self.part,
            records=records,
            root=root,
            index=sha256(index).hexdigest(),
            state=state,
        )


def _json(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.to_json() if isinstance(value, Actor | NotBefore) else value
