"""Monitoring: an independent party reads every leaf of a ledger from the first one.

A proof shows that a statement is in the ledger, and a cosignature that the ledger only grew. Neither shows
what else is in it. A monitor reads everything, and finds what no single proof can show: a second statement at
one place of a chain, statements by unknown or revoked keys, leaves that are not statements.

`Replay` is the whole logic, on bytes alone. The caller provides its state (`MonitorStorage`), one head for
each chain, so that memory does not grow with the ledger. It continues after a finding, so that one does not
hide the next. Nothing it reads is trusted. The center's key comes from the policy, and other keys are those
that the registry enrolled before.

Specification: docs/spec/ledger.md section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chain_of_custody.errors import (
    Altered,
    ConsistencyInvalid,
    CustodyError,
    Incomplete,
    Malformed,
    NotProved,
)
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.signatures import Signature, check_sheet
from chain_of_custody.statements.statement import Head, SignedStatement
from chain_of_custody.statements.types import REGISTRY_TYPES
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import Tree, consistency_proof, leaf_hash, verify_consistency
from chain_of_custody.tlog.tiles import VerifiedTiles
from chain_of_custody.trust.policy import TrustPolicy

Kind = Literal[
    "malformed",  # the leaf is not a statement
    "branch",  # a second statement at one place of a chain, or one that names another predecessor
    "hole",  # a place of the chain was left out
    "unknown-key",  # signed by a key that neither the policy nor an earlier statement names
    "revoked-key",  # signed by a key that was revoked before
    "signature",  # a signature that is invalid, missing, or by a holder who may not sign this
    "sheet",  # acts that a person signed together do not directly follow each other
    "registry",  # its content on keys and roles contradicts earlier statements
    "misplaced",  # about the deployment, but not of a registry type; or the reverse
    "root",  # the entries do not give the root that was signed
    "rolled-back",  # a signed head with fewer entries than an earlier signed head
    "forked",  # two signed heads with the same number of entries and different roots
    "not-continued",  # the signed tree does not begin with an earlier signed tree
    "tiles",  # the tiles served are not those signed
    "checkpoint",  # the checkpoint is not signed as the policy requires
]


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation.

    `position`: position of the leaf in the ledger, if it is about one; `chain`: the evidence, interview or
    deployment id that it is about; `reason`: one sentence, without names.
    """

    kind: Kind
    reason: str
    position: int | None = None
    chain: str | None = None

    @property
    def lasting(self) -> bool:
        """Return whether the ledger's own signatures prove it.

        Other findings may come from a proxy in between or a failing disk, and end when that ends.
        """
        return self.kind not in ("tiles", "checkpoint")


class MonitorStorage(Protocol):
    """The state of a replay. Trusted: it is the monitor's own memory."""

    def head(self, chain: str) -> Head | None:
        """Return the end of this chain as far as it was read."""
        ...

    def advance(self, chain: str, head: Head) -> None:
        """Set the end of this chain."""
        ...

    def register(self, position: int, leaf: bytes) -> None:
        """Store a valid statement of the registry."""
        ...

    def registered(self) -> Iterable[tuple[int, bytes]]:
        """Return all stored statements of the registry, in the ledger's order."""
        ...


class Replay:
    """Reads the leaves of the ledger that `policy` names, one after the other, from where `tree` ends.

    `tree`: over the leaves read before; `storage` is in the state after them.
    """

    def __init__(self, policy: TrustPolicy, storage: MonitorStorage, tree: Tree | None = None) -> None:
        self.tree = Tree() if tree is None else tree
        self._storage = storage
        self._deployment = policy.deployment
        self._registry = Registry(policy.deployment, policy.center_key)
        self._before: SignedStatement | None = None
        """The leaf before, if it was read here: the first after an interruption has none."""
        for position, leaf in storage.registered():
            self._registry.add(position, SignedStatement.parse(leaf))

    def take(self, leaf: bytes) -> tuple[Finding, ...]:
        """Read the next leaf; return what is wrong with it.

        1. It is a statement in its canonical encoding.
        2. It takes the next place in its chain, and names its predecessor. A sheet that its person signed is
           entered at once, so its acts follow each other in the ledger too.
        3. Every signer was entitled to sign it at this place, and the signatures are valid. A registry
           statement must also be consistent with earlier ones, and takes effect from here on.
        """
        position = self.tree.size
        self.tree.append(leaf_hash(leaf))
        before, self._before = self._before, None
        try:  # 1
            signed = SignedStatement.parse(leaf)
        except Malformed as error:
            return (Finding("malformed", str(error), position), *_sheet(position - 1, before, None))
        self._before = signed
        sheet = _sheet(position, before, signed) if before is not None or position == 0 else ()
        return (*self._follow(position, signed), *sheet, *self._entitled(position, signed))  # 2, 3

    def finish(self, checkpoint: Checkpoint) -> tuple[Finding, ...]:
        """Compare the leaves read with the signed root for this number of leaves, where no sheet is cut."""
        sheet = tuple(_sheet(self.tree.size - 1, self._before, None))
        if (self.tree.size, self.tree.root()) == (checkpoint.size, checkpoint.root):
            return sheet
        return (Finding("root", f"the {self.tree.size} entries read do not give the signed root"), *sheet)

    def _follow(self, position: int, signed: SignedStatement) -> Iterator[Finding]:
        statement = signed.statement
        chain, number = statement.evidence, statement.number
        head = self._storage.head(chain)
        expected = 0 if head is None else head.number + 1
        if number < expected:
            yield Finding("branch", f"a second statement {number} of its chain", position, chain)
            return  # the chain's end stays unchanged: what follows the branch is found too
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
        """Return the finding for a refusal: its signers say more than the failed check."""
        signers = [self._registry.keys.get(signature.key) for signature in signed.signatures]
        if None in signers:
            kind = "unknown-key"
        elif any(signer is not None and signer.revoked is not None for signer in signers):
            kind = "revoked-key"
        reason = error.reason if isinstance(error, NotProved) else str(error)
        return Finding(kind, reason, position, signed.statement.evidence)


def _sheet(position: int, before: SignedStatement | None, after: SignedStatement | None) -> Iterator[Finding]:
    """Yield what is wrong with a sheet that reaches, or should reach, from one leaf to the next."""
    ended: Sequence[Signature] = () if before is None else before.signatures
    begun: Sequence[Signature] = () if after is None else after.signatures
    if before is not None and after is not None and before.statement.evidence != after.statement.evidence:
        yield from _sheet(position - 1, before, None)
        ended = ()
    try:
        check_sheet(ended, begun)
    except Incomplete as error:
        about = after or before
        yield Finding("sheet", error.reason, position, None if about is None else about.statement.evidence)


def check_continues(
    earlier: Checkpoint, fresh: Checkpoint, tiles: Callable[[], VerifiedTiles]
) -> Finding | None:
    """Check that the tree of `fresh`, read through its tiles, begins with that of `earlier`; None if it does.

    Both must have been opened with the ledger's keys: then the two notes prove a lasting finding to any third
    party. `tiles` is called only if the tree has grown; other errors that it raises pass through.
    """
    if fresh.size < earlier.size:
        return Finding(
            "rolled-back", f"{fresh.size} entries are shown, and {earlier.size} were signed before"
        )
    if fresh.size == earlier.size:
        return (
            None
            if fresh.root == earlier.root
            else Finding("forked", f"two different trees of {earlier.size}")
        )
    if not earlier.size:
        return None
    try:
        proof = consistency_proof(tiles().node, earlier.size, fresh.size)
        verify_consistency(earlier.size, earlier.root, fresh.size, fresh.root, proof)
    except ConsistencyInvalid:
        return Finding(
            "not-continued", f"the tree of {fresh.size} entries does not begin with that of {earlier.size}"
        )
    except (Altered, Malformed) as error:
        return Finding("tiles", f"nothing shows that {fresh.size} entries continue {earlier.size}: {error}")
    return None
