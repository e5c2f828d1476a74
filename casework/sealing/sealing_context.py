"""The sealing context of a record: the one rule by which writer, gateway and viewer derive it.

A context binds a message to deployment, evidence, kind, track and number, and media to the init segment they
need, by the digest of that init's *sealed* message: the `cipher` of its record. So contexts follow from the
open index alone; a gateway without access to a recording's content can still hand out the right keys.
"""

from __future__ import annotations

from collections.abc import Sequence

from chain_of_custody.items.record import KIND_CODES, Kind, Record
from vault.sealing.sealing import Context

_NO_INIT = bytes(32)


def context_of(deployment: str, evidence: str, record: Record, records: Sequence[Record]) -> bytes:
    """The context of `record`; its init record (if it needs one) is in `records` at its index."""
    init = _NO_INIT if record.init is None else bytes.fromhex(records[record.init].cipher)
    return place(deployment, evidence, record.kind, record.track, record.number, init)


def place(
    deployment: str, evidence: str, kind: Kind, track: int, number: int, init_cipher: bytes = _NO_INIT
) -> bytes:
    """The context of a message that has no record yet; `init_cipher` (32 bytes) for media only."""
    return Context(
        bytes.fromhex(deployment),
        bytes.fromhex(evidence),
        KIND_CODES[kind],
        track,
        number,
        init_cipher,
    ).encode()
