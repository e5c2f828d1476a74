"""How large a tree each witness has seen: asked before a ledger goes on that was read back from the stores.

C2SP tlog-witness has nothing to read, but a witness says the size it stands at when it is offered a
checkpoint with another old size (409). So the checkpoint that the stores prove is offered once more: it was
signed long ago, nothing new is signed for this. A witness that knows more shows by its own page what it has
cosigned (docs/spec/witnessing.md).

Trusts: nothing a witness says makes the ledger larger; a witness that lies can stop a rebuild, and a person
decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from casework.witnesses.witness_client import Ask, AskedWitness, Unreached
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys
from chain_of_custody.trust.witness import AddCheckpoint, KnownLog, parse_size

ATTEMPTS = 3


@dataclass(frozen=True)
class Seen:
    """What one witness said."""

    witness: str
    size: int | None
    """The largest tree it has cosigned, 0 for none; None: it could not be asked."""
    trouble: str | None = None
    """A code: why it could not be asked, or `forked`: it knows another tree of the same size."""
    note: bytes | None = None
    """The larger checkpoint as it shows it, signed by this ledger; None where it shows none."""


def ask_size(
    ask: Ask,
    witness: AskedWitness,
    note: bytes,
    checkpoint: Checkpoint,
    keys: LogKeys,
    consistency: Callable[[int, int], list[bytes]],
) -> Seen:
    """Offer `checkpoint` (its note as the ledger signed it) to one witness.

    `consistency`: as `Ledger.consistency`, within that tree.
    """
    old = 0
    for _ in range(ATTEMPTS):
        proof = consistency(old, checkpoint.size) if old else []
        try:
            reply = ask(f"{witness.url}/add-checkpoint", AddCheckpoint(old, tuple(proof), note).serialise())
            if reply.status == 200:
                return Seen(witness.name, checkpoint.size)
            if reply.status == 404:
                return Seen(witness.name, 0)  # it does not know this ledger: it never saw anything
            if reply.status == 422 and old:
                return Seen(witness.name, old, "forked")
            if reply.status != 409:
                return Seen(witness.name, None, f"failed-{reply.status}")
            size = parse_size(reply.body)
        except Unreached as away:
            return Seen(witness.name, None, away.code)
        except Malformed:
            return Seen(witness.name, None, "unreadable")
        if size > checkpoint.size:
            return Seen(witness.name, size, note=_shown(ask, witness, keys, checkpoint.size))
        if size == old:
            return Seen(witness.name, size, "forked")
        old = size
    return Seen(witness.name, None, "unsteady")


def _shown(ask: Ask, witness: AskedWitness, keys: LogKeys, larger_than: int) -> bytes | None:
    """The checkpoint that it cosigned last, if it shows one that this ledger signed."""
    try:
        reply = ask(f"{witness.url}/{sha256(keys.origin.encode()).hexdigest()}/checkpoint", None)
        if reply.status != 200:
            return None
        note = Note.parse(reply.body)
        checkpoint = Checkpoint.parse(note.text)
        lines = {(line.name, line.key_id) for line in note.signatures}
        own = tuple(key for key in (keys.ed25519_key, keys.mldsa44_key) if (key.name, key.key_id) in lines)
        KnownLog(own).verify(note, checkpoint)
    except (Unreached, CustodyError):
        return None
    return reply.body if checkpoint.size > larger_than and checkpoint.origin == keys.origin else None
