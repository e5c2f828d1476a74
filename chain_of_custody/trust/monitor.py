"""Monitoring: every leaf of a ledger, read again from the first one by somebody who is not the ledger.

A proof shows that a statement is in the ledger, and a cosignature that the ledger only grew. Neither says
what else is in it. A monitor reads everything, and finds what no single proof can show: a second statement
at one place of a chain, statements by keys that nobody vouched for or that were revoked, leaves that are no
statements.

`Replay` is the whole logic, on bytes alone. What it must remember is handed in (`MonitorStorage`), one head
for each chain, so that memory does not grow with the ledger. It goes on after a finding, so that one does
not hide the next. Nothing it reads is trusted; the center's key is the policy's, and other keys are those
that the registry enrolled before.

Specification: docs/spec/ledger.md section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from chain_of_custody.errors import Altered, ConsistencyInvalid, CustodyError, Malformed, NotProved
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.statement import Head, SignedStatement
from chain_of_custody.statements.types import REGISTRY_TYPES
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import Tree, consistency_proof, leaf_hash, verify_consistency
from chain_of_custody.tlog.tiles import VerifiedTiles
from chain_of_custody.trust.policy import TrustPolicy

Kind = Literal[
    "malformed",  # the leaf is no statement
    "branch",  # a second statement at one place of a chain, or one that follows another than the one before
    "hole",  # a place of the chain was left out
    "unknown-key",  # signed by a key that nobody has vouched for
    "revoked-key",  # signed by a key that was revoked before
    "signature",  # a signature that does not hold, is missing, or is of somebody who may not sign this
    "registry",  # what it says about keys and roles does not fit what was said before
    "misplaced",  # about the deployment, and not of the registry's types; or the other way round
    "root",  # the entries do not give the root that was signed
    "rolled-back",  # a signed head with fewer entries than one that was signed before
    "forked",  # two signed heads with as many entries and different roots
    "not-continued",  # the signed tree does not begin with the one that was signed before
    "tiles",  # what was served is not what was signed
    "checkpoint",  # the checkpoint is not signed as the policy says
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `position`: of the leaf in the ledger, if it is about one; `chain`: the
    evidence, interview or deployment id that it speaks of; `reason`: one sentence, without names."""

    kind: Kind
    reason: str
    position: int | None = None
    chain: str | None = None

    @property
    def lasting(self) -> bool:
        """Whether the ledger's own signatures stand behind it. The rest may have been done by a proxy on the
        way or a failing disk, and is over when it is."""
        return self.kind not in ("tiles", "checkpoint")


class MonitorStorage(Protocol):
    """What a replay must remember. Trusted: it is the monitor's own memory."""

    def head(self, chain: str) -> Head | None:
        """The end of this chain as far as it was read."""
        ...

    def advance(self, chain: str, head: Head) -> None:
        """This chain ends here now."""
        ...

    def register(self, position: int, leaf: bytes) -> None:
        """Remember a statement of the registry that was found right."""
        ...

    def registered(self) -> Iterable[tuple[int, bytes]]:
        """All of them, in the ledger's order."""
        ...


class Replay:
    """Reads the leaves of the ledger that `policy` names, one after the other, from where `tree` ends.

    `tree`: over the leaves read before, with whose findings `storage` was left.
    """

    def __init__(self, policy: TrustPolicy, storage: MonitorStorage, tree: Tree | None = None) -> None:
        self.tree = Tree() if tree is None else tree
        self._storage = storage
        self._deployment = policy.deployment
        self._registry = Registry(policy.deployment, policy.center_key)
        for position, leaf in storage.registered():
            self._registry.add(position, SignedStatement.parse(leaf))

    def take(self, leaf: bytes) -> tuple[Finding, ...]:
        """Read the next leaf; what is wrong with it.

        1. It is a statement in its one spelling.
        2. It takes the next place in its chain, and names the statement before it.
        3. Everybody who signed it was entitled to at this place, and the signatures hold. Of the registry
           also: it makes sense after what was said before, and counts from here on.
        """
        position = self.tree.size
        self.tree.append(leaf_hash(leaf))
        try:  # 1
            signed = SignedStatement.parse(leaf)
        except Malformed as error:
            return (Finding("malformed", str(error), position),)
        return (*self._follow(position, signed), *self._entitled(position, signed))  # 2, 3

    def finish(self, checkpoint: Checkpoint) -> tuple[Finding, ...]:
        """Hold what was read against the root that was signed for so many leaves."""
        if (self.tree.size, self.tree.root()) == (checkpoint.size, checkpoint.root):
            return ()
        return (Finding("root", f"the {self.tree.size} entries read do not give the signed root"),)

    def _follow(self, position: int, signed: SignedStatement) -> Iterator[Finding]:
        statement = signed.statement
        chain, number = statement.evidence, statement.number
        head = self._storage.head(chain)
        expected = 0 if head is None else head.number + 1
        if number < expected:
            yield Finding("branch", f"a second statement {number} of its chain", position, chain)
            return  # the chain goes on where it was: what follows the branch is found too
        if number > expected:
            yield Finding("hole", f"statement {number} of its chain follows {expected - 1}", position, chain)
        elif statement.previous != (None if head is None else head.leaf_hash.hex()):
            yield Finding(
                "branch", f"statement {number} of its chain does not name the one before it", position, chain
            )
        self._storage.advance(chain, signed.head)

    def _entitled(self, position: int, signed: SignedStatement) -> Iterator[Finding]:
        statement = signed.statement
        belongs = statement.type in REGISTRY_TYPES
        if belongs != (statement.evidence == self._deployment):
            yield Finding(
                "misplaced",
                f"{statement.type} in a chain that it does not belong into",
                position,
                statement.evidence,
            )
        elif belongs:
            try:
                self._registry.add(position, signed)
            except CustodyError as error:
                yield self._judge(position, signed, error, "registry")
            else:
                self._storage.register(position, signed.leaf)
            return
        try:
            signed.verify(self._registry.keys, position)
        except CustodyError as error:
            yield self._judge(position, signed, error, "signature")

    def _judge(self, position: int, signed: SignedStatement, error: CustodyError, kind: Kind) -> Finding:
        """What a refusal means: by whom it is signed says more than that it does not hold."""
        signers = [self._registry.keys.get(signature.key) for signature in signed.signatures]
        if None in signers:
            kind = "unknown-key"
        elif any(signer is not None and signer.revoked is not None for signer in signers):
            kind = "revoked-key"
        reason = error.reason if isinstance(error, NotProved) else str(error)
        return Finding(kind, reason, position, signed.statement.evidence)


def check_continues(
    seen: Checkpoint, fresh: Checkpoint, tiles: Callable[[], VerifiedTiles]
) -> Finding | None:
    """Whether the tree of `fresh`, read through its tiles, begins with the one of `seen`; None if it does.

    Both must have been opened with the ledger's keys: then the two notes prove a lasting finding to anybody.
    `tiles` is called only if the tree has grown; what else it raises passes through.
    """
    if fresh.size < seen.size:
        return Finding("rolled-back", f"{fresh.size} entries are shown, and {seen.size} were signed before")
    if fresh.size == seen.size:
        return None if fresh.root == seen.root else Finding("forked", f"two different trees of {seen.size}")
    if not seen.size:
        return None
    try:
        proof = consistency_proof(tiles().node, seen.size, fresh.size)
        verify_consistency(seen.size, seen.root, fresh.size, fresh.root, proof)
    except ConsistencyInvalid:
        return Finding(
            "not-continued", f"the tree of {fresh.size} entries does not begin with that of {seen.size}"
        )
    except (Altered, Malformed) as error:
        return Finding("tiles", f"nothing shows that {fresh.size} entries continue {seen.size}: {error}")
    return None
