"""Input of a recorder child to record one part: public keys, ids, and nothing secret.

A ticket comes from `gateway.open_recording`, crosses the child's socket as JSON and is stored beside the part
in the spool as `part.json`, so that a part can be sealed after its child has died.

Trusts: the socket and the spool folder, both only for the service's own user. A forged ticket would still
yield no signature by another key and no place in another part's chain.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casework.errors import Refused
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.statement import Actor
from vault.sealing.key_wrapping import recipient_id
from vault.spool.reader import SpoolReader

_KEYS = frozenset(
    (
        *("actor", "case", "deployment", "epoch", "evidence", "interview", "not_before"),
        *("part", "practice", "purpose", "recorder", "vault_public"),
    )
)


@dataclass(frozen=True)
class NotBefore:
    """The newest checkpoint when the ticket was issued: proof that the recording was not made earlier."""

    size: int
    root: str
    """Hex, 32 bytes."""


@dataclass(frozen=True)
class RecordingTicket:
    """All parameters for recording one part. Ids are 32 hex digits."""

    deployment: str
    case: str
    interview: str
    evidence: str
    part: int
    """1, 2, … within the interview."""
    vault_public: bytes
    """1,216 bytes: the part's data key is wrapped for its holder and then forgotten."""
    escrow_public: bytes | None
    """The same for the escrow key, if there is one."""
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

    @property
    def recipients(self) -> dict[str, bytes]:
        """Recipients of the data key, the vault first: recipient id → public key."""
        publics = (
            [self.vault_public] if self.escrow_public is None else [self.vault_public, self.escrow_public]
        )
        return {recipient_id(public): public for public in publics}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the ticket, as in `part.json`; public keys in base64."""
        escrow = {} if self.escrow_public is None else {"escrow_public": _text(self.escrow_public)}
        beside = {} if self.beside is None else {"beside": self.beside}
        return {
            **escrow,
            **beside,
            "actor": {
                "id": self.actor.id,
                "organisation": self.actor.organisation,
                "role": self.actor.role,
            },
            "case": self.case,
            "deployment": self.deployment,
            "epoch": self.epoch,
            "evidence": self.evidence,
            "interview": self.interview,
            "not_before": {"root": self.not_before.root, "size": self.not_before.size},
            "part": self.part,
            "practice": self.practice,
            "purpose": self.purpose,
            "recorder": self.recorder,
            "vault_public": _text(self.vault_public),
        }

    @classmethod
    def waiting(cls, root: Path, evidence: str) -> RecordingTicket:
        """The ticket of a part in the spool. Raises `ObjectMissing`, `Refused` if it is no ticket."""
        data = SpoolReader(root, evidence).file("part.json")
        try:
            return cls.from_json(canonical_json.parse_object(data, "ticket"))
        except Malformed as malformed:
            raise Refused(f"the ticket of {evidence} cannot be read") from malformed

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RecordingTicket:
        """Raises `Refused` for anything that is not a ticket."""
        try:
            return cls._from_json(value)
        except Malformed as malformed:
            raise Refused(f"not a recording ticket: {malformed}") from malformed

    @classmethod
    def _from_json(cls, value: Mapping[str, Any]) -> RecordingTicket:
        escrow = frozenset({"escrow_public"} & set(value))
        beside = frozenset({"beside"} & set(value))
        fields = canonical_json.exact_keys(dict(value), _KEYS | escrow | beside, "ticket")
        actor = canonical_json.exact_keys(
            fields["actor"], frozenset(("id", "organisation", "role")), "ticket actor"
        )
        not_before = canonical_json.exact_keys(
            fields["not_before"], frozenset(("root", "size")), "not_before"
        )
        return cls(
            deployment=canonical_json.identifier(fields["deployment"], "deployment"),
            case=canonical_json.identifier(fields["case"], "case"),
            interview=canonical_json.identifier(fields["interview"], "interview"),
            evidence=canonical_json.identifier(fields["evidence"], "evidence"),
            part=canonical_json.integer(fields["part"], "part", low=1),
            vault_public=canonical_json.base64_bytes(fields["vault_public"], 1216, "vault_public"),
            escrow_public=canonical_json.base64_bytes(fields["escrow_public"], 1216, "escrow_public")
            if escrow
            else None,
            recorder=canonical_json.hexadecimal(fields["recorder"], 8, "recorder"),
            actor=Actor(
                canonical_json.hexadecimal(actor["id"], 8, "actor id"),
                canonical_json.code(actor["role"], "actor role"),
                canonical_json.code(actor["organisation"], "actor organisation"),
            ),
            purpose=canonical_json.code(fields["purpose"], "purpose"),
            epoch=canonical_json.instant(fields["epoch"], "epoch"),
            practice=canonical_json.boolean(fields["practice"], "practice"),
            not_before=NotBefore(
                canonical_json.integer(not_before["size"], "not_before size"),
                canonical_json.digest(not_before["root"], "not_before root"),
            ),
            beside=canonical_json.identifier(fields["beside"], "beside") if beside else None,
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
