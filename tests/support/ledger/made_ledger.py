"""A ledger made by hand: real keys and signatures, real leaves, and whatever a dishonest center would append.

Serves tiles like a real one. It can be forked and rolled back, which a real one refuses.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import Actor, SignedStatement, Statement, sign
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.merkle import Tree, leaf_hash
from chain_of_custody.tlog.tiles import Tile, entry_bundle, hash_tile
from chain_of_custody.trust.policy import TrustPolicy

DEPLOYMENT = "d0" * 16
ORIGIN = f"amana/{DEPLOYMENT}"
AT = "2026-11-24T20:15:03.120Z"
CENTER = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
RECORDER = Ed25519PrivateKey.from_private_bytes(b"r" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
SIGNER = LocalSigner(
    Ed25519PrivateKey.from_private_bytes(b"e" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"m" * 32),
    ORIGIN,
    lambda: 1_795_550_000,
)


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


POLICY = TrustPolicy.make(SIGNER.keys, public(CENTER), trial=False)


class MadeLedger:
    """Leaves, their tree, and the ends of chains as an honest center would see them."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.tree = Tree()
        self.ends: dict[str, tuple[int, str]] = {}

    def add(self, leaf: bytes) -> int:
        """Append any bytes; their position."""
        for level, index, digest in self.tree.append(leaf_hash(leaf)):
            self.nodes[level, index] = digest
        self.leaves.append(leaf)
        return self.tree.size - 1

    def state(
        self,
        type_: str,
        evidence: str,
        body: Mapping[str, Any],
        *,
        key: Ed25519PrivateKey = CENTER,
        number: int | None = None,
        previous: str | None = None,
    ) -> int:
        """Append a statement at the end of its chain, or at the place given; its position."""
        end = self.ends.get(evidence)
        if number is None:
            number, previous = (0, None) if end is None else (end[0] + 1, end[1])
        statement = Statement(
            type=type_,
            evidence=evidence,
            case=None,
            actor=Actor(DEPLOYMENT, "system", "center"),
            at=AT,
            purpose="review",
            number=number,
            previous=previous,
            body=body,
        )
        leaf = sign(statement, key)
        if end is None or number > end[0]:
            self.ends[evidence] = (number, SignedStatement.parse(leaf).leaf_hash.hex())
        return self.add(leaf)

    def enrol(self, key: Ed25519PrivateKey = RECORDER, by: Ed25519PrivateKey = CENTER) -> int:
        encoded = base64.b64encode(public(key)).decode()
        return self.state("recorder.enrolled", DEPLOYMENT, {"key": encoded, "name": "recorder-1"}, key=by)

    def revoke(self, key: Ed25519PrivateKey = RECORDER) -> int:
        return self.state("recorder.revoked", DEPLOYMENT, {"key": key_id(public(key)), "reason": "lost"})

    def view(self, evidence: str, **how: Any) -> int:
        return self.state("evidence.viewed", evidence, {}, **how)

    def progress(self, evidence: str, *, key: Ed25519PrivateKey = RECORDER, **how: Any) -> int:
        body = {"records": 1, "root": "00" * 32}
        return self.state("recording.progress", evidence, body, key=key, **how)

    def hash_of(self, position: int) -> str:
        return leaf_hash(self.leaves[position]).hex()

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        tree = self.tree if size is None else Tree.resume(size, self.node)
        return Checkpoint(ORIGIN, tree.size, tree.root())

    def note(self, size: int | None = None) -> bytes:
        """Its newest checkpoint, or an earlier one, signed."""
        return SIGNER.sign_checkpoint(self.checkpoint(size))

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def fetch(self, tile: Tile) -> bytes:
        if tile.level is None:
            return entry_bundle(self.leaves[tile.start : tile.start + tile.width])
        return hash_tile(tile, self.node)


def evidence(number: int) -> str:
    """An evidence id."""
    return f"{number:032x}"


def honest(items: int, statements: int) -> MadeLedger:
    """A recorder's enrolment, then chains of so many statements, by recorder and center in turns."""
    made = MadeLedger()
    made.enrol()
    for round_ in range(statements):
        for item in range(1, items + 1):
            (made.view if round_ % 2 else made.progress)(evidence(item))
    return made
