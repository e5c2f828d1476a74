from __future__ import annotations

import base64
from dataclasses import replace
from struct import pack

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import ED25519_COSIGNATURE, Note, Signature, VerifierKey
from chain_of_custody.errors import Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import MAX_TIMESTAMP, Checkpoint, open_checkpoint
from chain_of_custody.tlog.merkle import leaf_hash
from chain_of_custody.trust.cosignatures import Cosigner, ed25519_message, verify_cosignature, witnessed
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.ledger.cosigners import BAR, COURT, MINISTRY, TWO_OF_THREE
from tests.support.packages.court_packages import Center

AT = 1_795_550_123
CENTER = Center()
CHECKPOINT = Checkpoint(CENTER.signer.keys.origin, 1, leaf_hash(b"entry 0"))
NOTE = Note.parse(CENTER.signer.sign_checkpoint(CHECKPOINT))
POLICY = TrustPolicy.make(
    CENTER.policy.log_keys, CENTER.policy.center, trial=True, third_parties=TWO_OF_THREE
)


def cosigned(*witnesses: Cosigner, note: Note = NOTE) -> Note:
    lines = [line for witness in witnesses for line in witness.cosign(CHECKPOINT, AT)]
    return Note.parse(note.with_signatures(lines).serialise())


def test_each_line_states_its_witness_and_time() -> None:
    seen = witnessed(cosigned(COURT), CHECKPOINT, POLICY)
    assert seen.cosigned == {"court-ed25519": AT, "court-mldsa44": AT}
    assert not seen.quorum_met


def test_a_witness_is_heard_once_and_counts_only_with_both_its_keys() -> None:
    note = cosigned(COURT).with_signatures(BAR.cosign(CHECKPOINT, AT + 5)[:1])
    seen = witnessed(note, CHECKPOINT, POLICY)
    assert [(one.name, one.at, one.lacking) for one in seen.witnesses] == [
        ("bar", AT + 5, ("bar-mldsa44",)),
        ("court", AT, ()),
    ]
    assert [one.name for one in seen.whole] == ["court"]


def test_a_witness_has_seen_it_by_the_later_of_its_times() -> None:
    lines = [COURT.cosign(CHECKPOINT, AT)[0], COURT.cosign(CHECKPOINT, AT + 7)[1]]
    [court] = witnessed(NOTE.with_signatures(lines), CHECKPOINT, POLICY).whole
    assert court.at == AT + 7


def test_two_of_three_witnesses_meet_the_quorum() -> None:
    assert witnessed(cosigned(COURT, MINISTRY), CHECKPOINT, POLICY).quorum_met
    assert witnessed(cosigned(COURT, BAR, MINISTRY), CHECKPOINT, POLICY).quorum_met


def test_one_algorithm_of_the_second_witness_is_not_enough() -> None:
    note = cosigned(COURT).with_signatures(BAR.cosign(CHECKPOINT, AT)[:1])
    assert not witnessed(note, CHECKPOINT, POLICY).quorum_met


def test_the_log_s_own_lines_stay_valid_beside_them() -> None:
    opened = open_checkpoint(cosigned(COURT, BAR).serialise(), CENTER.signer.keys)
    assert opened == CHECKPOINT


def test_nobody_has_cosigned_a_checkpoint_without_such_lines() -> None:
    assert witnessed(NOTE, CHECKPOINT, POLICY).cosigned == {}
    assert witnessed(NOTE, CHECKPOINT, CENTER.policy).quorum_met


def test_lines_by_keys_that_the_policy_does_not_name_are_ignored() -> None:
    only_court = replace(
        TWO_OF_THREE,
        witnesses={"court": COURT.keys[0]},
        groups={},
        quorum="court",
    )
    wrong = Signature(BAR.name, BAR.keys[0].key_id, b"anything at all")
    assert witnessed(cosigned(COURT).with_signatures([wrong]), CHECKPOINT, only_court).cosigned == {
        "court": AT
    }


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("at", [4, 7, 8, -1])
def test_a_flipped_bit_in_time_or_signature_is_found(which: int, at: int) -> None:
    line = COURT.cosign(CHECKPOINT, AT)[which]
    altered = bytearray(line.signature)
    altered[at] ^= 1
    note = NOTE.with_signatures([replace(line, signature=bytes(altered))])
    with pytest.raises(SignatureInvalid, match=r"wrong (Ed25519|ML-DSA-44) (co)?signature by court"):
        witnessed(note, CHECKPOINT, POLICY)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("stated", [MAX_TIMESTAMP + 1, 2**62, 2**63])
def test_a_time_after_the_year_9999_is_refused(which: int, stated: int) -> None:
    line = COURT.cosign(CHECKPOINT, AT)[which]
    note = NOTE.with_signatures([replace(line, signature=pack(">Q", stated) + line.signature[8:])])
    with pytest.raises(SignatureInvalid, match="out of range"):
        witnessed(note, CHECKPOINT, POLICY)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("length", [1, 8, 9, 71, 73])
def test_a_line_of_a_wrong_length_is_refused(which: int, length: int) -> None:
    key = COURT.keys[which]
    note = NOTE.with_signatures([Signature(key.name, key.key_id, bytes(length))])
    with pytest.raises(SignatureInvalid):
        witnessed(note, CHECKPOINT, POLICY)


@pytest.mark.parametrize("which", [0, 1])
def test_two_lines_by_one_key_are_refused_even_if_both_are_right(which: int) -> None:
    twice = [COURT.cosign(CHECKPOINT, at)[which] for at in (AT, AT + 1)]
    with pytest.raises(SignatureInvalid, match="repeated"):
        witnessed(NOTE.with_signatures(twice), CHECKPOINT, POLICY)


def test_the_line_of_another_checkpoint_is_not_taken() -> None:
    other = Checkpoint(CHECKPOINT.origin, 2, CHECKPOINT.root)
    note = NOTE.with_signatures(COURT.cosign(other, AT))
    with pytest.raises(SignatureInvalid):
        witnessed(note, CHECKPOINT, POLICY)


def test_the_line_of_one_witness_is_not_another_s() -> None:
    for line, key in zip(COURT.cosign(CHECKPOINT, AT), BAR.keys, strict=True):
        moved = Signature(key.name, key.key_id, line.signature)
        with pytest.raises(SignatureInvalid):
            verify_cosignature(NOTE.with_signatures([moved]), key, CHECKPOINT)


def test_a_key_that_is_no_point_is_refused_like_a_wrong_signature() -> None:
    no_point = (2).to_bytes(32, "little")
    key = VerifierKey("court.example", ED25519_COSIGNATURE, no_point)
    note = NOTE.with_signatures([Signature(key.name, key.key_id, bytes(8) + no_point + bytes(32))])
    with pytest.raises(SignatureInvalid):
        witnessed(note, CHECKPOINT, ThirdParties(witnesses={"court": key}))


def test_the_example_of_the_specification_is_signed_over_these_bytes() -> None:
    """C2SP tlog-cosignature prints the message; its text is ours to the byte."""
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    checkpoint = Checkpoint("example.com/behind-the-sofa", 20852163, root)
    assert ed25519_message(1679315147, checkpoint) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


@given(st.integers(1, MAX_TIMESTAMP))
def test_any_time_is_covered_by_the_signature(at: int) -> None:
    line, _ = COURT.cosign(CHECKPOINT, at)
    assert line.signature[:8] == at.to_bytes(8, "big")
    Ed25519PublicKey.from_public_bytes(COURT.keys[0].public_key).verify(
        line.signature[8:], ed25519_message(at, CHECKPOINT)
    )


@pytest.mark.parametrize("at", [0, -1, MAX_TIMESTAMP + 1, 2**63])
def test_a_witness_states_a_time(at: int) -> None:
    with pytest.raises(ValueError, match="states the time"):
        COURT.cosign(CHECKPOINT, at)


def test_a_witness_s_name_has_at_most_255_bytes() -> None:
    with pytest.raises(Malformed, match="255"):
        Cosigner("ع" * 128, COURT.ed25519, COURT.mldsa44)
    with pytest.raises(Malformed, match="key name"):
        Cosigner("a court", COURT.ed25519, COURT.mldsa44)
