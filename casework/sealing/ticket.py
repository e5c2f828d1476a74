"""Tickets: what a process needs to seal one item, public keys and ids, and nothing secret.

A ticket is stored beside its item in the spool, so that another process can complete the item. Each kind of
item has its own: `casework.recording.ticket`, `casework.files.ticket`.

Trusts: the spool folder, which only the service's own user can access.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

from casework.errors import Refused
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.items.recording_manifest import Manifest, State
from vault.sealing.key_wrapping import PUBLIC_KEY_SIZE, recipient_id
from vault.spool.reader import SpoolReader

Check: TypeAlias = Callable[[Any, str], Any]
"""Convert a field from its JSON form; takes the field's name for errors, and raises `Malformed`."""
AnyManifest = TypeVar("AnyManifest", bound=Manifest | FileManifest)

_OPTIONAL = frozenset(("beside", "escrow_public"))


def _public_key(value: object, what: str) -> bytes:
    return canonical_json.base64_bytes(value, PUBLIC_KEY_SIZE, what)


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
        return {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in asdict(self).items()
            if value is not None
        }

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
