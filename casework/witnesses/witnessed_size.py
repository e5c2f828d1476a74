"""The largest tree that each witness has cosigned, read before a ledger rebuilt from the stores is used.

C2SP tlog-witness has no read request, but a witness returns its size when it is sent a checkpoint with a
different old size (409). So the checkpoint that the stores prove is submitted once more: it was signed long
ago, nothing new is signed for this. A witness that knows a larger one shows on its own page what it has
cosigned (docs/spec/witnessing.md).

Trusts: no answer of a witness makes the ledger larger. A false answer can stop a rebuild; a person then
decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from casework.witnesses.witness_client import Ask, WitnessEndpoint, WitnessUnreachable, shown_by
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys
from chain_of_custody.trust.witness import AddCheckpoint, parse_size

ATTEMPTS = 3


@dataclass(frozen=True)
class WitnessedSize:
    """The answer of one witness."""

    witness: str
    size: int | None
    """Size of the largest tree it has cosigned, 0 for none; None: no usable answer."""
    trouble: str | None = None
    """A code: why there is no usable answer, or `forked`: it knows another tree of the same size."""
    note: bytes | None = None
    """The larger checkpoint as the witness shows it, signed by this ledger; None if it shows none."""


def ask_size(
    ask: Ask,
    witness: WitnessEndpoint,
    note: bytes,
    checkpoint: Checkpoint,
    keys: LogKeys,
    consistency: Callable[[int, int], list[bytes]],
) -> WitnessedSize:
    """Submit `checkpoint` (its note as the ledger signed it) to one witness.

    `consistency`: as `Ledger.consistency`, within that tree.
    """
    old = 0
    for _ in range(ATTEMPTS):
        proof = consistency(old, checkpoint.size) if old else []
        try:
            reply = ask(f"{witness.url}/add-checkpoint", AddCheckpoint(old, tuple(proof), note).serialise())
            if reply.status == 200:
                return WitnessedSize(witness.name, checkpoint.size)
            if reply.status == 404:
                return WitnessedSize(
                    witness.name, 0
                )  # it does not know this ledger, so it has cosigned nothing
            if reply.status == 422 and old:
                return WitnessedSize(witness.name, old, "forked")
            if reply.status != 409:
                return WitnessedSize(witness.name, None, f"failed-{reply.status}")
            size = parse_size(reply.body)
        except WitnessUnreachable as away:
            return WitnessedSize(witness.name, None, away.code)
        except Malformed:
            return WitnessedSize(witness.name, None, "unreadable")
        if size > checkpoint.size:
            return WitnessedSize(witness.name, size, note=_shown(ask, witness, keys, checkpoint.size))
        if size == old:
            return WitnessedSize(witness.name, size, "forked")
        old = size
    return WitnessedSize(witness.name, None, "unsteady")


def _shown(ask: Ask, witness: WitnessEndpoint, keys: LogKeys, larger_than: int) -> bytes | None:
    """Return the checkpoint that the witness cosigned last, if it shows one that this ledger signed."""
    try:
        checkpoint_shown = shown_by(ask, witness, keys)
    except (WitnessUnreachable, CustodyError):
        return None
    if (
        checkpoint_shown is None
        or checkpoint_shown[2].size <= larger_than
        or checkpoint_shown[2].origin != keys.origin
    ):
        return None
    return checkpoint_shown[0]
