"""Input of a recorder child to record one part: public keys, ids, and nothing secret. A ticket comes from
`gateway.ticket_for_part`, is sent over the child's socket as JSON, and is stored beside the part in the spool
as `part.json`, so that a part can be sealed after its child has ended.

Trusts: the socket and the spool folder, both only for the service's own user. A forged ticket would still
yield no signature by another key and no place in another part's chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, ClassVar

from casework.errors import Refused
from casework.sealing.ticket import Ticket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import (
    Boolean,
    Code,
    Count,
    Digest,
    Identifier,
    Instant,
    JsonObject,
    KeyId,
    whole,
)
from chain_of_custody.errors import Malformed
from chain_of_custody.items.recording_manifest import Manifest, State
from chain_of_custody.statements.statement import Actor


@dataclass(frozen=True)
class NotBefore(JsonObject):
    """The newest checkpoint when the ticket was issued: proof that the recording was not made earlier."""

    what: ClassVar[str] = "not_before"

    size: Count
    root: Digest


def _recorder(value: object, what: str) -> Actor:
    actor = Actor.from_json(value)
    canonical_json.hexadecimal(actor.id, 8, f"{what} id")
    return actor


@dataclass(frozen=True)
class RecordingTicket(Ticket[Manifest]):
    """All parameters for recording one part."""

    FILE = "part.json"

    interview: Identifier
    part: Annotated[int, whole(low=1)]
    """1, 2, … within the interview."""
    recorder: KeyId
    """Key id of the recorder that the ticket is for."""
    actor: Annotated[Actor, _recorder]
    """The actor of the recorder's statements: the recorder itself."""
    purpose: Code
    epoch: Instant
    """Wall-clock time of timeline 0, RFC 3339 with milliseconds."""
    practice: Boolean
    """Recorded like any other, but nothing is stated and everything is deleted at the end."""
    not_before: NotBefore
    beside: Identifier | None = None
    """For a safety recording: the part it accompanies, and whose number it shares."""

    @classmethod
    def received(cls, value: Mapping[str, Any]) -> RecordingTicket:
        """Read a ticket from the socket. Raises `Refused` for anything that is not one."""
        try:
            return cls.from_json(value)
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
