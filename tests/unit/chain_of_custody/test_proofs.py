"""Offline proofs: one text form, and no entry proved that is not in the signed tree."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import CustodyError, InclusionInvalid, Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.merkle import inclusion_proof, leaf_hash, root_of
from tests.support.ledger.ledger_in_memory import ORIGIN, signer
from tests.support.ledger.mutations import mutated

ENTRIES = [f"entry {n}".encode() for n in range(11)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
OURS = signer()
KEYS = OURS.keys
TREE = Checkpoint(ORIGIN, len(ENTRIES), root_of(HASHES))
NOTE = OURS.sign_checkpoint(TREE)


def proof_of(index: int, extra: bytes | None = None) -> TlogProof:
    return TlogProof(index, tuple(inclusion_proof(HASHES, index, len(HASHES))), NOTE, extra)


PROOF = proof_of(5)
TEXT = PROOF.serialise()


def test_every_entry_is_proved_from_its_file_alone() -> None:
    for index, entry in enumerate(ENTRIES):
        proof = TlogProof.parse(proof_of(index).serialise())
        assert proof.verify(entry, KEYS) == TREE


def test_the_text_is_laid_out_as_the_specification_says() -> None:
    lines = TEXT.split(b"\n")
    assert lines[:2] == [b"c2sp.org/tlog-proof@v1", b"index 5"]
    assert [base64.b64decode(line) for line in lines[2:6]] == list(PROOF.path)
    assert lines[6] == b""
    assert TEXT.endswith(b"\n\n" + NOTE)
    assert proof_of(5, b"\x01\x02").serialise() == TEXT.replace(b"\nindex", b"\nextra AQI=\nindex")


def test_the_only_entry_of_a_ledger_has_a_proof_without_hashes() -> None:
    note = OURS.sign_checkpoint(Checkpoint(ORIGIN, 1, HASHES[0]))
    text = b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + note
    proof = TlogProof.parse(text)
    assert proof == TlogProof(0, (), note)
    proof.verify(ENTRIES[0], KEYS)
    assert proof.serialise() == text


def test_another_entry_is_not_proved() -> None:
    for other in (ENTRIES[4], b"", HASHES[5], ENTRIES[5] + b"\n"):
        with pytest.raises(InclusionInvalid, match="does not lead to the signed root"):
            PROOF.verify(other, KEYS)


def test_another_place_is_not_proved() -> None:
    for index in (0, 4, 6, 10, 11, 2**62, -1):
        with pytest.raises(InclusionInvalid):
            TlogProof(index, PROOF.path, NOTE).verify(ENTRIES[5], KEYS)


def test_surplus_and_missing_hashes_are_told_apart() -> None:
    with pytest.raises(InclusionInvalid, match="surplus"):
        TlogProof(5, (*PROOF.path, HASHES[0]), NOTE).verify(ENTRIES[5], KEYS)
    with pytest.raises(InclusionInvalid, match="missing"):
        TlogProof(5, PROOF.path[:-1], NOTE).verify(ENTRIES[5], KEYS)


def test_nothing_is_proved_under_a_checkpoint_of_others() -> None:
    with pytest.raises(SignatureInvalid):
        PROOF.verify(ENTRIES[5], signer(seed=2).keys)


def test_nothing_is_proved_under_a_checkpoint_that_is_none() -> None:
    for note in (b"\n", b"no note at all", TREE.text().encode()):
        with pytest.raises(Malformed):
            TlogProof(5, PROOF.path, note).verify(ENTRIES[5], KEYS)


def test_many_proofs_can_share_one_opened_checkpoint() -> None:
    checkpoint = open_checkpoint(NOTE, KEYS)
    for index, entry in enumerate(ENTRIES):
        proof_of(index).verify_under(entry, checkpoint)
    with pytest.raises(InclusionInvalid):
        proof_of(3).verify_under(ENTRIES[4], checkpoint)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no empty line"),
        (b"c2sp.org/tlog-proof@v1\nindex 5\n", "no empty line"),
        (b"c2sp.org/tlog-proof@v1\nindex 5\n\n", "no empty line"),
        (TEXT.replace(b"@v1", b"@v2"), "does not begin with"),
        (b"\n" + TEXT, "does not begin with"),
        (TEXT.replace(b"\nindex 5", b""), "no index line"),
        (TEXT.replace(b"index 5", b"index  5"), "decimal"),
        (TEXT.replace(b"index 5", b"index 05"), "leading zeroes"),
        (TEXT.replace(b"index 5", b"index -5"), "decimal"),
        (TEXT.replace(b"index 5", b"index 9007199254740992"), "larger than"),
        (TEXT.replace(b"index 5", b"Index 5"), "no index line"),
        (TEXT.replace(b"\nindex", b"\nextra AQI=\nextra AQI=\nindex"), "no index line"),
        (TEXT.replace(b"\nindex 5", b"\nindex 5\nextra AQI="), "base64"),
        (TEXT.replace(b"\nindex", b"\nextra \nindex"), "without data"),
        (TEXT.replace(b"\nindex", b"\nextra AQJ=\nindex"), "standard base64"),
        (TEXT.replace(b"\nindex 5", b"\nindex 5\nAAAA"), "32 bytes"),
        (TEXT.replace(b"\nindex 5", b"\nindex 5" + b"\n" + b"A" * 43 + b"="), None),
        (TEXT.replace(b"\nindex 5", b"\nindex 5" + (b"\n" + b"A" * 43 + b"=") * 60), "more than 63"),
        (TEXT.replace(b"\nindex", b"\r\nindex"), "does not begin with"),
        (TEXT.replace(b"index", "índex".encode()), "ASCII"),
        (b"x" * 1_100_001, "larger than"),
    ],
)
def test_what_is_not_a_proof_is_refused_and_the_reason_said(data: bytes, reason: str | None) -> None:
    if reason is None:  # well-formed, only longer than it may be for its tree: for verification to find
        assert TlogProof.parse(data).serialise() == data
        return
    with pytest.raises(Malformed, match=reason):
        TlogProof.parse(data)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=300), mutated(TEXT), mutated(proof_of(5, b"extra").serialise())))
def test_any_bytes_are_either_a_proof_that_comes_back_the_same_or_refused(data: bytes) -> None:
    try:
        proof = TlogProof.parse(data)
    except Malformed:
        return
    assert proof.serialise() == data


@settings(max_examples=200)
@given(mutated(TEXT))
def test_a_damaged_proof_proves_the_same_or_nothing(data: bytes) -> None:
    try:
        proof = TlogProof.parse(data)
        assert proof.verify(ENTRIES[5], KEYS) == TREE
    except CustodyError:
        return
    assert (proof.index, proof.path) == (PROOF.index, PROOF.path)
