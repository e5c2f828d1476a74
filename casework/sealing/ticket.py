"""Tickets: the input of a process to seal one item, public keys and ids, and nothing secret.

A ticket is stored beside its item in the spool, so that another process can complete the item. Each kind of
item has its own: `casework.recording.ticket`, `casework.files.ticket`.

Trusts: the spool folder, which only the service's own user can access.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Generic, Self, TypeVar

from casework.errors import Refused
from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import Identifier, JsonObject, base64_bytes
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.items.recording_manifest import Manifest, State
from vault.sealing.key_wrapping import PUBLIC_KEY_SIZE, recipient_id
from vault.spool.reader import SpoolReader

AnyManifest = TypeVar("AnyManifest", bound=Manifest | FileManifest)
PublicKey = Annotated[bytes, base64_bytes(PUBLIC_KEY_SIZE)]


@dataclass(frozen=True)
class Ticket(JsonObject, ABC, Generic[AnyManifest]):
    """All parameters for sealing one item. Ids are 32 hex digits."""

    what: ClassVar[str] = "ticket"
    FILE: ClassVar[str]
    """Name of the ticket in the item's spool folder."""

    deployment: Identifier
    case: Identifier
    evidence: Identifier
    vault_public: PublicKey
    """The item's data key is wrapped for its holder and then forgotten."""
    escrow_public: PublicKey | None
    """The same for the escrow key, if there is one."""

    @property
    def recipients(self) -> dict[str, bytes]:
        """Recipients of the data key, the vault first: recipient id → public key."""
        publics = (self.vault_public, self.escrow_public)
        return {recipient_id(public): public for public in publics if public is not None}

    @abstractmethod
    def manifest(self, index: bytes, records: int, root: str, state: State) -> AnyManifest:
        """Return the manifest of the item with this index.

        Raises `Malformed` for records that are not those of one whole file, if it is a file's.
        """

    @classmethod
    def waiting(cls, root: Path, evidence: str) -> Self:
        """The ticket of an item in the spool. Raises `ObjectMissing`, `Refused` if it is no ticket."""
        data = SpoolReader(root, evidence).file(cls.FILE)
        try:
            return cls.from_json(canonical_json.parse_object(data, cls.what))
        except Malformed as malformed:
            raise Refused(f"the ticket of {evidence} cannot be read") from malformed
