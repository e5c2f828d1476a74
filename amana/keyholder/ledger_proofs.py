"""Statements of the ledger that the keyholder requires before it opens an item, or ends a hold or an item.

A compromised web process can send any request. So a request alone opens and ends nothing:

1. Each statement is in the tree of a checkpoint that both ledger keys signed, which this keyholder holds.
2. The center's key signed it; it has the right type, and concerns exactly what is to be opened or to end.
3. That tree is one that every later checkpoint signed here continues: the guard commits to it
   (`amana.keyholder.signing_guard.GuardedSigner.settle`). Otherwise a statement could be in a side branch
   that is signed once, shown here, and then abandoned without a trace.

What is required of the statements is in `ProvenOpenings` and `ProvenEndings`. An attacker who opens or ends
something must state it in the ledger, in the name of a person. Witnesses, monitors and these people can see
it. As long as people do not sign with keys of their own, this check cannot detect that they did not make the
statements (docs/limitations.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amana.keyholder.signing_guard import TreeHead
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.statements.keys import key_id, verify_ed25519
from chain_of_custody.statements.signatures import Ed25519Signature
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.tlog.inclusion_proof import TlogProof
from vault.errors import Unproven
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.protocol import PublicKeys
from vault.wrapped_keys.end_records import Proof

SHOWN_SMALL = ("photograph.sealed", "document.sealed")
"""Types that begin the chain of what `photographs.viewed` opens."""


@dataclass(frozen=True)
class _Proven:
    index: int
    """Position in the ledger."""
    statement: Statement


class ProvenStatements:
    """Verifies that statements are and remain in the ledger `origin`: steps 1 to 3.

    `settle`: raises `vault.errors.NotContinued` for a tree that is not, or not certainly, continued.
    """

    def __init__(
        self, public: Callable[[], PublicKeys], origin: str, settle: Callable[[TreeHead], None]
    ) -> None:
        self._public, self._origin, self._settle = public, origin, settle

    def read(self, proof: Proof) -> Sequence[_Proven]:
        """Return the statements of a proof. Raises `Unproven`, and `OSError` as `GuardedSigner.settle`."""
        public = self._public()
        keys = LogKeys(self._origin, public.ledger_ed25519, public.ledger_mldsa44)
        found, heads = [], []
        for leaf, inclusion in proof:
            try:
                included = TlogProof.parse(inclusion)
                checkpoint = included.verify(leaf, keys)  # 1
                signed = SignedStatement.parse(leaf)
                _verify_center(signed, public.center)  # 2
            except CustodyError as error:
                raise Unproven(f"a statement is not proved: {error}") from error
            found.append(_Proven(included.index, signed.statement))
            heads.append(TreeHead(checkpoint.size, checkpoint.root))
        for head in dict.fromkeys(heads):
            self._settle(head)  # 3
        return found


class ProvenOpenings:
    """Implements `vault.keyholders.openings.Proofs`. An item opens by one of these, in the name of a person:

    - `evidence.viewed` in the item's own chain, for whatever purpose;
    - `photographs.viewed` in the chain of a case, with the statement that began the item's chain: of that
      case, earlier in the ledger, and not of an intimate picture.
    """

    def __init__(self, ledger: ProvenStatements) -> None:
        self._ledger = ledger

    def of_opening(self, item: str, proof: Proof) -> float:
        """Return when the item was opened; see `Proofs.of_opening`. Raises `Unproven`."""
        found = self._ledger.read(proof)
        for one in found:
            statement = one.statement
            viewed = (statement.type, statement.evidence) == ("evidence.viewed", item)
            if (viewed or _shows_small(one, item, found)) and _of_a_person(statement):
                return moment(statement.at).timestamp()
        raise Unproven(f"nothing shown says that a person opened {item}")


class ProvenEndings:
    """Implements `vault.wrapped_keys.end_records.Proofs`.

    A hold ends by the `hold.lifted` with its id. An item ends by two `disposal.authorised` of the same
    disposal, by two different people, in the item's own chain; the `disposal.refused` of it reverses this.
    """

    def __init__(self, ledger: ProvenStatements) -> None:
        self._ledger = ledger

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

    def _proven(self, proof: Proof) -> Sequence[Statement]:
        return [one.statement for one in self._ledger.read(proof)]


def require_proofs(keyholder: LocalKeyholder, origin: str, settle: Callable[[TreeHead], None]) -> None:
    """Have `keyholder` require proofs from the ledger `origin`; `settle`: see `ProvenStatements`."""
    ledger = ProvenStatements(keyholder.public_keys, origin, settle)
    keyholder.require(ProvenOpenings(ledger), ProvenEndings(ledger))


def _shows_small(viewed: _Proven, item: str, found: Sequence[_Proven]) -> bool:
    if viewed.statement.type != "photographs.viewed":
        return False
    return any(
        one.statement.type in SHOWN_SMALL
        and one.statement.evidence == item
        and one.statement.case == viewed.statement.evidence
        and one.index < viewed.index
        and not one.statement.body.get("intimate", False)
        for one in found
    )


def _of_a_person(statement: Statement) -> bool:
    return statement.actor.role not in ("system", "recorder")


def _verify_center(signed: SignedStatement, public: bytes) -> None:
    for signature in signed.signatures:
        if isinstance(signature, Ed25519Signature) and signature.key == key_id(public):
            verify_ed25519(public, signature.signature, signed.statement.signed_message())
            return
    raise Malformed("the center's own signature is missing")
