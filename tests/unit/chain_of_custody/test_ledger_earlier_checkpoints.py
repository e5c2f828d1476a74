"""Proofs under a checkpoint that has been cosigned meanwhile, while the ledger went on."""

from __future__ import annotations

import pytest

from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import ConsistencyInvalid, Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.ledger import Ledger
from chain_of_custody.tlog.merkle import leaf_hash, root_of
from chain_of_custody.trust.cosignatures import verify_cosignature
from tests.support.ledger.cosigners import COURT
from tests.support.ledger.ledger_in_memory import MemoryStorage, signer

OURS = signer()
ENTRIES = [b"entry %d" % n for n in range(9)]


def grown(first: int = 5) -> tuple[Ledger, bytes]:
    """A ledger of nine entries, and its note when it had `first`."""
    ledger = Ledger(MemoryStorage(), OURS, OURS.keys)
    ledger.append(ENTRIES[:first])
    note = ledger.checkpoint()
    ledger.append(ENTRIES[first:])
    return ledger, note


def test_entries_are_proved_under_the_cosigned_note_to_the_byte() -> None:
    ledger, note = grown()
    earlier = open_checkpoint(note, OURS.keys)
    cosigned = Note.parse(note).with_signatures(COURT.cosign(earlier, 1)).serialise()
    proofs = ledger.inclusion_under([4, 0, 2], cosigned)
    assert [proof.index for proof in proofs] == [4, 0, 2]
    for proof in proofs:
        assert proof.checkpoint_note == cosigned
        opened = proof.verify(ENTRIES[proof.index], OURS.keys)
        assert opened == earlier
        assert verify_cosignature(Note.parse(proof.checkpoint_note), COURT.keys[0], opened) == 1


def test_the_newest_checkpoint_serves_as_well() -> None:
    ledger, _ = grown()
    for proof in ledger.inclusion_under(range(9), ledger.checkpoint()):
        assert proof == ledger.inclusion(proof.index)


def test_no_entries_need_no_proofs() -> None:
    ledger, note = grown()
    assert ledger.inclusion_under([], note) == []


@pytest.mark.parametrize("index", [5, 8, 9, -1])
def test_an_entry_that_came_after_the_checkpoint_is_not_proved_under_it(index: int) -> None:
    ledger, note = grown()
    with pytest.raises(IndexError):
        ledger.inclusion_under([0, index], note)


def test_a_checkpoint_of_another_history_is_refused_even_if_rightly_signed() -> None:
    ledger, _ = grown()
    other = OURS.sign_checkpoint(Checkpoint(OURS.keys.origin, 3, root_of([leaf_hash(b"other")] * 3)))
    with pytest.raises(ConsistencyInvalid):
        ledger.inclusion_under([0], other)


def test_a_checkpoint_larger_than_the_ledger_is_refused() -> None:
    ledger, _ = grown()
    larger = OURS.sign_checkpoint(Checkpoint(OURS.keys.origin, 10, bytes(32)))
    with pytest.raises(IndexError, match="9 entries, not 10"):
        ledger.inclusion_under([0], larger)


def test_a_note_that_the_ledger_did_not_sign_is_refused() -> None:
    ledger, note = grown()
    with pytest.raises(SignatureInvalid):
        ledger.inclusion_under([0], signer(2).sign_checkpoint(Checkpoint(OURS.keys.origin, 5, bytes(32))))
    with pytest.raises(Malformed):
        ledger.inclusion_under([0], note[:-1])
