"""Proofs that the keyholder requires before it ends a hold or an item: statements of the signed ledger.

A compromised web process can request anything. So a request alone ends nothing:

1. Each statement is in the tree of a checkpoint that both ledger keys signed, which this keyholder holds.
2. The center's key signed it; it has the right type, and concerns exactly what is to end.
3. A hold ends by the `hold.lifted` with its id. An item ends by two `disposal.authorised` of the same
   disposal, by two different people, in the item's own chain; the `disposal.refused` of it reverses this.

So an attacker who ends something must state it in the ledger: for a hold in the name of a person, for an item
in the names of two. Witnesses and monitors see that, and so do these people. As long as people do not sign
with keys of their own, this check cannot detect that they did not make the statements (docs/limitations.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.statements.keys import key_id, verify_ed25519
from chain_of_custody.statements.signatures import Ed25519Signature
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.tlog.inclusion_proof import TlogProof
from vault.errors import Unproven
from vault.keyholders.protocol import PublicKeys
from vault.wrapped_keys.end_records import Proof


class ProvenEndings:
    """Implements `vault.wrapped_keys.end_records.Proofs` over the ledger `origin`."""

    def __init__(self, public: Callable[[], PublicKeys], origin: str) -> None:
        self._public, self._origin = public, origin

    def of_lift(self, hold: str, proof: Proof) -> None:
        """Verify that a person lifted this hold; see `Proofs.of_lift`. Raises `Unproven`."""
        for statement in self._proven(proof):
            if statement.type == "hold.lifted" and statement.body["hold"] == hold and _of_a_person(statement):
                return
        raise Unproven(f"nothing shown lifts hold {hold}")

    def of_end(self, item: str, proof: Proof) -> str:
        """Verify that two different people authorised one disposal of the item, and return the disposal's id.

        See `Proofs.of_end`. Raises `Unproven`.
        """
        people: dict[str, set[str]] = {}
        for statement in self._proven(proof):
            if (statement.type, statement.evidence) == ("disposal.authorised", item) and _of_a_person(
                statement
            ):
                people.setdefault(statement.body["disposal"], set()).add(statement.actor.id)
        for disposal, found in people.items():
            if len(found) >= 2:
                return disposal
        raise Unproven(f"nothing shown says that two people authorised the end of {item}")

    def of_refusal(self, item: str, disposal: str, proof: Proof) -> None:
        """Verify that this disposal of the item was refused; see `Proofs.of_refusal`. Raises `Unproven`."""
        for statement in self._proven(proof):
            about = (statement.type, statement.evidence, statement.body.get("disposal"))
            if about == ("disposal.refused", item, disposal):
                return
        raise Unproven(f"nothing shown refuses disposal {disposal} of {item}")

    def _proven(self, proof: Proof) -> Iterator[Statement]:
        public = self._public()
        keys = LogKeys(self._origin, public.ledger_ed25519, public.ledger_mldsa44)
        for leaf, inclusion in proof:
            try:
                TlogProof.parse(inclusion).verify(leaf, keys)  # 1
                signed = SignedStatement.parse(leaf)
                _verify_center(signed, public.center)  # 2
            except CustodyError as error:
                raise Unproven(f"a statement is not proved: {error}") from error
            yield signed.statement


def _of_a_person(statement: Statement) -> bool:
    return statement.actor.role not in ("system", "recorder")


def _verify_center(signed: SignedStatement, public: bytes) -> None:
    for signature in signed.signatures:
        if isinstance(signature, Ed25519Signature) and signature.key == key_id(public):
            verify_ed25519(public, signature.signature, signed.statement.signed_message())
            return
    raise Malformed("the center's own signature is missing")
