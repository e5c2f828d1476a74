"""The ticket of a photograph, document or derivative.

Trusts: as `casework.sealing.ticket`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from typing import Annotated

from casework.sealing.ticket import Ticket
from chain_of_custody.encoding.json_object import one_of
from chain_of_custody.items.file_manifest import KINDS, FileHeader, FileKind, FileManifest
from chain_of_custody.items.recording_manifest import State


@dataclass(frozen=True)
class FileTicket(Ticket[FileManifest]):
    """Everything needed to seal one file."""

    FILE = "file.json"

    kind: Annotated[FileKind, one_of(KINDS)]

    def header(self, purpose: str) -> bytes:
        """Return the content of record 0: the identity and purpose of the file."""
        header = FileHeader(
            deployment=self.deployment,
            case=self.case,
            evidence=self.evidence,
            kind=self.kind,
            purpose=purpose,
            software={"amana": metadata.version("amana")},
        )
        return header.canonical()

    def manifest(self, index: bytes, records: int, root: str, state: State = "complete") -> FileManifest:
        """See `Ticket.manifest`. A file is sealed only when it is whole, and has no state."""
        manifest = FileManifest(
            deployment=self.deployment,
            case=self.case,
            evidence=self.evidence,
            kind=self.kind,
            records=records,
            root=root,
            index=sha256(index).hexdigest(),
        )
        manifest.open_index(index)  # never seal what a reader would reject
        return manifest
