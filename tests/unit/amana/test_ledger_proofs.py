"""The keyholder opens an item against the proof of the statement that opens it, and against nothing else."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from amana.keyholder.client import KeyholderClient
from amana.keyholder.signing_guard import TreeHead
from casework.center import Center
from casework.clock import now
from casework.database.models import Person
from casework.ledger import chains, custody_log
from casework.ledger.custody_log import Draft
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.errors import LedgerDiverged
from chain_of_custody.statements.statement import Statement, sign
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner, open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.merkle import consistency_proof, inclusion_proof, leaf_hash, root_of
from tests.support.centers.prepared import Prepared, running_keyholder
from tests.support.people.passphrase import PASSPHRASE
from vault.errors import NotContinued, NotOpen, OpeningOver, Unproven
from vault.keyholders.openings import AHEAD, OPEN_FOR
from vault.sealing import key_wrapping
from vault.sealing.sealing import message_key
from vault.wrapped_keys.end_records import Proof

ITEM, OTHER, CASE = "e0" * 16, "e1" * 16, "ca" * 16
REQUESTS = [(bytes([n]) * 24, b"context") for n in range(3)]


@dataclass
class Opening:
    """A center whose keyholder is unlocked and holds the wrap of an item's data key."""

    center: Center
    keyholder: KeyholderClient
    person: Person
    data_key: bytes

    def statement(
        self,
        type_: str = "evidence.viewed",
        about: str = ITEM,
        body: Mapping[str, object] = {},
        **changed: object,
    ) -> Statement:
        draft = Draft(type=type_, evidence=about, person=self.person, purpose="review", body=body)
        stated = custody_log.statement_of(self.center, draft, None, custody_log.head(self.center, about))
        return replace(stated, **changed)  # type: ignore[arg-type]

    def state(self, statement: Statement) -> int:
        leaf = custody_log.sign_for_center(self.center, statement)
        return custody_log.append_signed(self.center, [leaf])[0].index

    def proof(self, *statements: Statement) -> Proof:
        return chains.ledger_proof(self.center, [self.state(one) for one in statements])

    def center_head(self) -> TreeHead:
        stored = open_checkpoint(self.center.ledger.checkpoint(), self.center.log_keys)
        return TreeHead(stored.size, stored.root)

    def keys(self, opening: str) -> list[bytes]:
        deployment = bytes.fromhex(self.center.deployment)
        info = key_wrapping.wrap_info(deployment, bytes.fromhex(ITEM))
        return self.keyholder.message_keys(opening, info, REQUESTS)

    def refused(self, proof: Proof, why: str, kind: type[Exception] = Unproven) -> None:
        with pytest.raises(kind, match=why):
            self.keyholder.open_item(ITEM, proof)


@pytest.fixture
def opening(center: Center, keyholder: KeyholderClient, prosecutor: Person) -> Opening:
    keyholder.unlock(PASSPHRASE)
    data_key, public = key_wrapping.generate_data_key(), keyholder.public_keys().vault
    info = key_wrapping.wrap_info(bytes.fromhex(center.deployment), bytes.fromhex(ITEM))
    keyholder.keep_wraps(ITEM, {key_wrapping.recipient_id(public): key_wrapping.wrap(data_key, public, info)})
    return Opening(center, keyholder, prosecutor, data_key)


def test_an_item_opens_with_the_proof_of_its_viewing_and_gives_the_keys_of_its_messages(
    opening: Opening,
) -> None:
    id_ = opening.keyholder.open_item(ITEM, opening.proof(opening.statement()))
    expected = [message_key(opening.data_key, context, salt) for salt, context in REQUESTS]
    assert opening.keys(id_) == expected
    assert opening.keys(id_) == expected, "one proof is enough for all messages"


def test_without_a_proof_and_without_an_opening_nothing_is_given(opening: Opening) -> None:
    opening.proof(opening.statement())
    opening.refused([], "nothing shown says that a person opened")
    for id_ in (ITEM, "", "00" * 16):
        with pytest.raises(NotOpen):
            opening.keys(id_)


def test_the_viewing_of_another_item_opens_nothing(opening: Opening) -> None:
    proof = opening.proof(opening.statement(about=OTHER))
    opening.refused(proof, "nothing shown")
    other = opening.keyholder.open_item(OTHER, proof)  # of which the keyholder has no wraps
    with pytest.raises(Exception, match=OTHER):
        opening.keys(other)


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("evidence.verified", {"copy": "one", "sound": 1, "repaired": 0, "damaged": 0, "surplus": 0}),
        ("photographs.viewed", {"count": 1}),
        ("passage.restored", {"exclusion": "01" * 16, "reason": "appeal"}),
    ],
)
def test_a_statement_of_another_type_opens_nothing(
    opening: Opening, type_: str, body: Mapping[str, object]
) -> None:
    opening.refused(opening.proof(opening.statement(type_, body=body)), "nothing shown")


def test_a_statement_in_no_persons_name_opens_nothing(opening: Opening) -> None:
    system = custody_log.system(opening.center)
    opening.refused(opening.proof(opening.statement(actor=system)), "nothing shown")


def test_a_ledger_that_others_signed_opens_nothing(opening: Opening) -> None:
    """A ledger of the same name, with the statement in it, under keys of the attacker's own."""
    leaf = custody_log.sign_for_center(opening.center, opening.statement())
    origin = opening.center.origin
    own = LocalSigner(Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate(), origin)
    note = own.sign_checkpoint(Checkpoint(origin, 1, leaf_hash(leaf)))
    opening.refused([(leaf, TlogProof(0, (), note).serialise())], "is not proved")


def test_a_statement_that_the_center_did_not_sign_opens_nothing(opening: Opening) -> None:
    """It is in the ledger, as whatever a compromised web process appends; but the center's key signs."""
    own = Ed25519PrivateKey.generate()
    leaf = sign(opening.statement(), own.sign, own.public_key().public_bytes_raw())
    index = opening.center.ledger.append([leaf])[0].index
    opening.refused(chains.ledger_proof(opening.center, [index]), "center's own signature is missing")


def test_another_leaf_or_a_cut_or_altered_proof_opens_nothing(opening: Opening) -> None:
    [(leaf, proof)] = opening.proof(opening.statement())
    [(other, _)] = opening.proof(opening.statement())
    lines = proof.split(b"\n")
    altered = b"\n".join([lines[0], lines[1], base64.b64encode(bytes(32)), *lines[3:]])
    for given in (
        (other, proof),
        (leaf[:-1], proof),
        (b"", proof),
        (leaf, b""),
        (leaf, proof[: len(proof) // 2]),
        (leaf, proof[:-1]),
        (leaf, proof.partition(b"\n\n")[0]),
        (leaf, altered),
        (proof, leaf),
    ):
        opening.refused([given], "is not proved")
    assert opening.keys(opening.keyholder.open_item(ITEM, [(leaf, proof)]))


def test_an_old_viewing_opens_nothing_and_one_dated_ahead_neither(opening: Opening) -> None:
    def at(moment: timedelta) -> Proof:
        return opening.proof(opening.statement(at=instant_text(now() + moment)))

    opening.refused(at(-OPEN_FOR), "is over", OpeningOver)
    opening.refused(at(AHEAD + timedelta(minutes=1)), "in the future")
    opening.keyholder.open_item(ITEM, at(timedelta(minutes=1) - OPEN_FOR))


def sealed(opening: Opening, *, intimate: bool = False, case: str = CASE) -> Statement:
    digests = dict.fromkeys(("manifest", "root", "wrap"), "00" * 32)
    body = {"format": "jpeg", "intimate": intimate, "number": 1, "records": 3, **digests}
    return opening.statement("photograph.sealed", body=body, case=case)


def viewed(opening: Opening, **changed: object) -> Statement:
    return opening.statement("photographs.viewed", CASE, body={"count": 1}, case=CASE, **changed)


def test_photographs_of_a_case_open_together_with_what_says_that_they_are_of_it(opening: Opening) -> None:
    proof = opening.proof(sealed(opening), viewed(opening))
    assert opening.keys(opening.keyholder.open_item(ITEM, proof))
    opening.refused(proof[1:], "nothing shown")


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(lambda one: one.proof(viewed(one), sealed(one)), id="sealed afterwards"),
        pytest.param(lambda one: one.proof(sealed(one, intimate=True), viewed(one)), id="intimate"),
        pytest.param(lambda one: one.proof(sealed(one, case="cb" * 16), viewed(one)), id="another case"),
        pytest.param(
            lambda one: one.proof(sealed(one), viewed(one, actor=custody_log.system(one.center))),
            id="no person",
        ),
    ],
)
def test_a_photograph_that_the_viewing_of_the_case_does_not_cover_stays_closed(
    opening: Opening, order: Callable[[Opening], Proof]
) -> None:
    opening.refused(order(opening), "nothing shown")


def branch(opening: Opening, leaf: bytes) -> tuple[Proof, TreeHead, TreeHead]:
    """Have a tree signed that has `leaf` on top of the stored ledger, and is not stored.

    Returns the proof of the leaf in it, its head, and the head below it."""
    ledger, origin = opening.center.ledger, opening.center.origin
    hashes = [leaf_hash(one) for one in ledger.entries(range(ledger.size))]
    below, grown = TreeHead(len(hashes), root_of(hashes)), [*hashes, leaf_hash(leaf)]
    head = TreeHead(len(grown), root_of(grown))
    note = opening.keyholder.sign_checkpoint(
        Checkpoint(origin, head.size, head.root), below, consistency_proof(grown, below.size, head.size)
    )
    path = tuple(inclusion_proof(grown, below.size, head.size))
    return [(leaf, TlogProof(below.size, path, note).serialise())], head, below


def test_a_statement_in_a_side_branch_that_was_left_opens_nothing(opening: Opening) -> None:
    """Else the statement could be shown and never be in the ledger that goes on."""
    opening.proof(opening.statement(about=OTHER))
    proof, _, _ = branch(opening, custody_log.sign_for_center(opening.center, opening.statement()))
    for _ in range(2):  # the ledger goes on without it
        opening.proof(opening.statement(about=OTHER))
    opening.refused(proof, "none that this keyholder continues", NotContinued)


def test_a_side_branch_that_opened_something_is_the_only_one_that_can_go_on(opening: Opening) -> None:
    opening.proof(opening.statement(about=OTHER))
    leaf = custody_log.sign_for_center(opening.center, opening.statement())
    proof, head, _ = branch(opening, leaf)
    assert opening.keys(opening.keyholder.open_item(ITEM, proof))
    assert opening.keyholder.memory()[0] == head
    with pytest.raises(LedgerDiverged):
        opening.proof(opening.statement(about=OTHER))


def test_a_proof_under_an_earlier_checkpoint_of_the_same_history_still_opens(opening: Opening) -> None:
    proof = opening.proof(opening.statement())
    for _ in range(5):
        opening.proof(opening.statement(about=OTHER))
    assert opening.keys(opening.keyholder.open_item(ITEM, proof))


def test_a_machine_opens_what_another_ones_keyholder_signed_once_it_continues_that(
    opening: Opening, prepared: Prepared, tmp_path: Path
) -> None:
    proof = opening.proof(opening.statement())
    settings = prepared.copy(tmp_path / "other")
    with running_keyholder(settings) as other:
        with pytest.raises(NotContinued):
            other.open_item(ITEM, proof)
        other.continues = opening.center.ledger._storage
        assert len(other.open_item(ITEM, proof)) == 32
        assert other.memory()[0] == opening.center_head()
