"""The ticket beside a file in the spool, with which another process can finish the file.

`file.json`, as `part.json` for a recording. It holds public keys and ids, and nothing secret.

Trusts: the spool folder, which only the service's own user can access.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from casework.errors import Refused
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import KINDS, FileKind
from vault.sealing.key_wrapping import recipient_id
from vault.spool.reader import SpoolReader

FILE_TICKET = "file.json"

_KEYS = frozenset(("case", "deployment", "evidence", "kind", "vault_public"))


@dataclass(frozen=True)
class FileTicket:
    """Everything needed to seal one photograph or document. Ids are 32 hex digits."""

    deployment: str
    case: str
    evidence: str
    kind: FileKind
    vault_public: bytes
    """1,216 bytes: the file's data key is wrapped for its holder."""
    escrow_public: bytes | None
    """The same for the escrow key, if there is one."""

    @property
    def recipients(self) -> dict[str, bytes]:
        """Recipients of the wrapped data key, the vault first: recipient id → public key."""
        publics = (self.vault_public, *([] if self.escrow_public is None else [self.escrow_public]))
        return {recipient_id(public): public for public in publics}

    def canonical(self) -> bytes:
        """Return the canonical JSON, as stored in the spool."""
        escrow = {} if self.escrow_public is None else {"escrow_public": _text(self.escrow_public)}
        return canonical_json.serialise(
            {
                **escrow,
                "case": self.case,
                "deployment": self.deployment,
                "evidence": self.evidence,
                "kind": self.kind,
                "vault_public": _text(self.vault_public),
            }
        )

    @classmethod
    def waiting(cls, root: Path, evidence: str) -> FileTicket:
        """Read the ticket beside a file in the spool. Raises `ObjectMissing`, `Refused` if it is invalid."""
        data = SpoolReader(root, evidence).file(FILE_TICKET)
        try:
            return cls._parse(canonical_json.parse_object(data, "ticket"))
        except Malformed as malformed:
            raise Refused(f"the ticket of {evidence} cannot be read") from malformed

    @classmethod
    def _parse(cls, value: Mapping[str, Any]) -> FileTicket:
        escrow = frozenset({"escrow_public"} & set(value))
        fields = canonical_json.exact_keys(dict(value), _KEYS | escrow, "ticket")
        if fields["kind"] not in KINDS:
            raise Malformed("ticket kind: neither photograph nor document")
        return cls(
            deployment=canonical_json.identifier(fields["deployment"], "deployment"),
            case=canonical_json.identifier(fields["case"], "case"),
            evidence=canonical_json.identifier(fields["evidence"], "evidence"),
            kind=cast(FileKind, fields["kind"]),
            vault_public=canonical_json.base64_bytes(fields["vault_public"], 1216, "vault_public"),
            escrow_public=canonical_json.base64_bytes(fields["escrow_public"], 1216, "escrow_public")
            if escrow
            else None,
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
