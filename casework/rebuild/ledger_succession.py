"""A successor ledger, for one whose statements are partly lost.

It has the remaining entries at their positions, so every proof over them stays valid. Its first own
statement, `ledger.succeeded`, follows them and names the predecessor and its observed size. It has another
origin (`amana/<deployment>/2`), so no checkpoint of one is ever mistaken for one of the other. For verifiers,
witnesses and courts it is a different ledger, and they must be informed of it.

Specification: docs/spec/statement.md; docs/spec/stores.md, section 6.
"""

from __future__ import annotations

from typing import BinaryIO

from casework.clock import now
from casework.rebuild.rebuild import FirstCheckpoint, Survey, staged
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, follow, sign
from chain_of_custody.tlog.checkpoint import Checkpoint, CheckpointSigner, LogKeys
from chain_of_custody.tlog.merkle import Tree, leaf_hash
from chain_of_custody.tlog.origin import origin_of
from vault.keyholders.protocol import Keyholder


def begin(
    survey: Survey, staging: BinaryIO, keyholder: Keyholder, organisation: str, number: int, seen: int | None
) -> FirstCheckpoint:
    """The new ledger's first checkpoint, over the remaining entries and the statement about them.

    `number`: which of the center's ledgers it is. `seen`: the largest observed size of the old one, if known.
    """
    tree, head = Tree(), None
    for bundle in staged(staging, survey.staged):
        for leaf in bundle:
            tree.append(leaf_hash(leaf))
            signed = SignedStatement.parse(leaf)
            if signed.statement.evidence == survey.deployment:
                head = Head(signed.statement.number, signed.leaf_hash)
    public = keyholder.public_keys()
    statement = follow(
        head,
        type="ledger.succeeded",
        evidence=survey.deployment,
        case=None,
        actor=Actor(survey.deployment, "system", organisation),
        at=canonical_json.instant_text(now()),
        purpose="administration",
        body={
            "origin": survey.keys.origin,
            "root": survey.checkpoint.root.hex(),
            "seen": seen,
            "size": survey.checkpoint.size,
        },
    )
    leaf = sign(statement, lambda message: keyholder.sign("center", message), public.center)
    tree.append(leaf_hash(leaf))
    keys = LogKeys(origin_of(survey.deployment, number), public.ledger_ed25519, public.ledger_mldsa44)
    signer = CheckpointSigner(
        keys,
        lambda message: keyholder.sign("ledger-ed25519", message),
        lambda message: keyholder.sign("ledger-mldsa44", message),
    )
    note = signer.sign_checkpoint(Checkpoint(keys.origin, tree.size, tree.root()))
    return FirstCheckpoint(keys.origin, tree.size, tree.root(), note, [leaf])
