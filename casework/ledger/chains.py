"""The chain of an item, read back through the ledger, and the proofs of its statements.

The working database only gives positions. Every leaf is read through the ledger, which checks it against its
signed tree. Checks no permission: callers that show any of it to a person have done so (`history`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.database.models import StatementIndex
from chain_of_custody.statements.signatures import Signature, check_sheet
from chain_of_custody.statements.statement import Head, SignedStatement, check_follows
from vault.wrapped_keys.end_records import Proof

if TYPE_CHECKING:
    from casework.center import Center


def chain(center: Center, about: str) -> dict[int, bytes]:
    """Return position → leaf of every statement about an item, from its first, checked to have no gap.

    The working database only gives positions: every leaf is read through the ledger, which checks it against
    its signed tree. Raises `Incomplete` or `Altered` (`chain_of_custody.errors`) for a chain with a gap, or
    with a sheet that its person signed and that is not whole.
    """
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.chain == about)
            .order_by(StatementIndex.number)
        ).all()
    leaves: dict[int, bytes] = {}
    before: Head | None = None
    signatures: Sequence[Signature] = ()
    for position, leaf in zip(positions, center.ledger.entries(positions), strict=True):
        signed = SignedStatement.parse(leaf)
        check_follows(before, signed.statement)
        check_sheet(signatures, signed.signatures)
        before, signatures = signed.head, signed.signatures
        leaves[position] = signed.leaf
    check_sheet(signatures, ())
    return leaves


def prove(center: Center, positions: Iterable[int], note: bytes | None = None) -> dict[int, bytes]:
    """Return position → `.tlog-proof` of these statements, all under the same checkpoint.

    `note`: the checkpoint, as the ledger signed it, with its cosignatures; None: the newest. Raises
    `IndexError` if a statement came only after it.
    """
    indices = list(positions)
    under = center.ledger.checkpoint() if note is None else note
    return {proof.index: proof.serialise() for proof in center.ledger.inclusion_under(indices, under)}


def prove_witnessed(center: Center, positions: Iterable[int], within: float) -> dict[int, bytes]:
    """Prove as `prove`, under a checkpoint with the witnesses' cosignatures.

    Waits for the policy's quorum, at most `within` seconds; then uses the cosignatures available.
    """
    indices = list(positions)
    if center.witnesses is None:
        return prove(center, indices)
    return prove(center, indices, center.witnesses.cosigned(max(indices, default=-1) + 1, within))


def ledger_proof(center: Center, positions: Sequence[int]) -> Proof:
    """Return these statements with their proofs, as the keyholder requires them to destroy or free a key."""
    proofs = prove(center, positions)
    leaves = center.ledger.entries(positions)
    return [(leaf, proofs[at]) for at, leaf in zip(positions, leaves, strict=True)]
