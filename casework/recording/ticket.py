"""Input of a recorder child to record one part: public keys, ids, and nothing secret.

A ticket comes from `gateway.open_recording`, crosses the child's socket as JSON and is stored beside the part
in the spool as `part.json`, so that a part can be sealed after its child has died.

Trusts: the socket and the spool folder, both only for the service's own user. A forged ticket would still
yield no signature by another key and no place in another part's chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

from casework.errors import Refused
from casework.sealing.ticket import Check, Ticket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.recording_manifest import Manifest, State
from chain_of_custody.statements.statement import Actor


@dataclass(frozen=True)
class NotBefore:
    """The newest checkpoint when the ticket was issued: proof that the recording was not made earlier."""

    size: int
    root: str
    """Hex, 32 bytes."""


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
