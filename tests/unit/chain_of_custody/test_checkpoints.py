"""Checkpoints: both of the log's signatures, over one text, and nothing else will do."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import (
    ED25519,
    MLDSA44_COSIGNATURE,
    Note,
    Signature,
    VerifierKey,
    verify_ed25519,
)
from chain_of_custody.errors import CustodyError, Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import (
    MAX_TIMESTAMP,
    Checkpoint,
    CheckpointSigner,
    LogKeys,
    cosigned_message,
    open_checkpoint,
    parse_decimal,
    verify_mldsa44,
)
from chain_of_custody.tlog.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.support.ledger.ledger_in_memory import ORIGIN, signer
from tests.support.ledger.mutations import mutated
from tests.support.ledger.public_vectors import VECTORS

# The example of C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint), and of tlog-cosignature, which
# adds a witness's line. The keys are not published.
C2SP_TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
C2SP_LOG_LINE = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
C2SP_WITNESS_LINE = (
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

OURS = signer()
KEYS = OURS.keys
TREE = Checkpoint(ORIGIN, 3, root_of(leaf_hash(bytes([n])) for n in range(3)))
NOTE = OURS.sign_checkpoint(TREE)
ED25519_LINE, MLDSA44_LINE = Note.parse(NOTE).signatures


def signed_by(*signatures: Signature, text: str = TREE.text()) -> bytes:
    return Note(text, signatures).serialise()


def test_the_specifications_example_parses_and_comes_back_byte_for_byte() -> None:
    note = Note.parse(f"{C2SP_TEXT}\n{C2SP_LOG_LINE}{C2SP_WITNESS_LINE}".encode())
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == C2SP_TEXT
    assert note.serialise() == f"{C2SP_TEXT}\n{C2SP_LOG_LINE}{C2SP_WITNESS_LINE}".encode()


def test_a_checkpoint_signed_here_opens_with_the_logs_two_keys() -> None:
    opened = open_checkpoint(NOTE, KEYS)
    assert opened == TREE
    assert opened.signed_at == 1_795_550_000
    assert NOTE.startswith(f"{ORIGIN}\n3\n".encode())


def test_an_ml_dsa_44_signature_made_by_go_is_verified_and_a_changed_one_is_not() -> None:
    folder = Path(__file__).resolve().parents[2] / "vectors" / "notes"
    key = VerifierKey.parse((folder / "torchwood-mldsa44.vkey").read_text().strip())
    note = Note.parse((folder / "torchwood-mldsa44.checkpoint").read_bytes())
    checkpoint = Checkpoint.parse(note.text)
    assert key.kind == MLDSA44_COSIGNATURE
    assert verify_mldsa44(note, key, checkpoint) == 0
    for other in (
        Checkpoint(checkpoint.origin, 2, checkpoint.root),
        Checkpoint(checkpoint.origin, 1, bytes(32)),
        Checkpoint("example.com/another", 1, checkpoint.root),
    ):
        with pytest.raises(SignatureInvalid, match="wrong ML-DSA-44"):
            verify_mldsa44(note, key, other)


def test_the_cosigned_message_is_laid_out_as_the_specification_says() -> None:
    message = cosigned_message(
        "witness.example/w1", 1679315147, Checkpoint("example.com/log", 20852163, b"\x07" * 32)
    )
    assert message == (
        b"subtree/v1\n\x00"
        b"\x12witness.example/w1"
        b"\x00\x00\x00\x00\x64\x18\x50\xcb"
        b"\x0fexample.com/log"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x01\x3e\x2d\xc3" + b"\x07" * 32
    )


def test_either_signature_missing_is_named() -> None:
    with pytest.raises(SignatureInvalid, match="no ML-DSA-44 signature"):
        open_checkpoint(signed_by(ED25519_LINE), KEYS)
    with pytest.raises(SignatureInvalid, match="no Ed25519 signature"):
        open_checkpoint(signed_by(MLDSA44_LINE), KEYS)


def test_either_signature_wrong_is_named() -> None:
    def broken(line: Signature) -> Signature:
        return Signature(line.name, line.key_id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))

    with pytest.raises(SignatureInvalid, match="wrong Ed25519"):
        open_checkpoint(signed_by(broken(ED25519_LINE), MLDSA44_LINE), KEYS)
    with pytest.raises(SignatureInvalid, match="wrong ML-DSA-44"):
        open_checkpoint(signed_by(ED25519_LINE, broken(MLDSA44_LINE)), KEYS)


def test_a_signature_cut_short_or_drawn_out_is_wrong() -> None:
    for change in (lambda s: s[:-1], lambda s: s + b"\x00", lambda s: s[:1]):
        for place, name in ((0, "Ed25519"), (1, "ML-DSA-44")):
            lines = [ED25519_LINE, MLDSA44_LINE]
            line = lines[place]
            lines[place] = Signature(line.name, line.key_id, change(line.signature))
            with pytest.raises(SignatureInvalid, match=f"wrong {name}"):
                open_checkpoint(signed_by(*lines), KEYS)


def test_a_repeated_signature_is_refused_even_if_right() -> None:
    for line in (ED25519_LINE, MLDSA44_LINE):
        with pytest.raises(SignatureInvalid, match="repeated"):
            open_checkpoint(signed_by(ED25519_LINE, MLDSA44_LINE, line), KEYS)


def test_the_order_of_lines_and_signatures_of_others_do_not_matter() -> None:
    witness = Signature.parse(C2SP_WITNESS_LINE.rstrip("\n"))
    assert open_checkpoint(signed_by(witness, MLDSA44_LINE, witness, ED25519_LINE), KEYS) == TREE


def test_the_stated_time_is_covered_by_the_signature() -> None:
    for stated in (0, 1_795_550_001, MAX_TIMESTAMP):
        line = Signature(ORIGIN, MLDSA44_LINE.key_id, struct.pack(">Q", stated) + MLDSA44_LINE.signature[8:])
        with pytest.raises(SignatureInvalid, match="wrong ML-DSA-44"):
            open_checkpoint(signed_by(ED25519_LINE, line), KEYS)


def test_the_last_second_of_the_year_9999_may_be_stated() -> None:
    last = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    assert open_checkpoint(signer(now=lambda: last).sign_checkpoint(TREE), KEYS).signed_at == last


@pytest.mark.parametrize("stated", [MAX_TIMESTAMP + 1, 2**62, 2**63, 2**64 - 1])
def test_a_time_after_the_year_9999_is_refused_though_rightly_signed(stated: int) -> None:
    keys = signer(now=lambda: stated)
    with pytest.raises(SignatureInvalid, match="out of range"):
        open_checkpoint(keys.sign_checkpoint(TREE), KEYS)


def test_what_is_cosigned_has_no_room_for_a_longer_name() -> None:
    assert cosigned_message("w" * 255, 0, TREE)
    with pytest.raises(Malformed, match="longer than 255 bytes"):
        cosigned_message("w" * 256, 0, TREE)


def test_another_logs_checkpoint_is_refused_though_rightly_signed() -> None:
    other = signer(seed=2, origin="amana/ffffffffffffffffffffffffffffffff")
    tree = Checkpoint(other.keys.origin, 3, TREE.root)
    with pytest.raises(SignatureInvalid, match="another log"):
        open_checkpoint(other.sign_checkpoint(tree), KEYS)


def test_our_origin_signed_with_other_keys_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="no Ed25519 signature"):
        open_checkpoint(signer(seed=2).sign_checkpoint(TREE), KEYS)


def test_one_of_our_two_keys_beside_a_strangers_is_not_enough() -> None:
    theirs = Note.parse(signer(seed=2).sign_checkpoint(TREE)).signatures
    with pytest.raises(SignatureInvalid, match="no ML-DSA-44"):
        open_checkpoint(signed_by(ED25519_LINE, theirs[1]), KEYS)
    with pytest.raises(SignatureInvalid, match="no Ed25519"):
        open_checkpoint(signed_by(theirs[0], MLDSA44_LINE), KEYS)


def test_signatures_over_another_tree_are_refused() -> None:
    text = Checkpoint(ORIGIN, 4, TREE.root).text()
    with pytest.raises(SignatureInvalid, match="wrong Ed25519"):
        open_checkpoint(signed_by(ED25519_LINE, MLDSA44_LINE, text=text), KEYS)


ROOT = C2SP_TEXT.split("\n")[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "three lines"),
        ("log.example\n", "three lines"),
        (f"log.example\n3\n{ROOT}", "three lines"),
        (f"log.example\n3\n{ROOT}\nextension\n", "three lines"),
        (f"log.example\n3\n{ROOT}\n\n", "three lines"),
        (f"\n3\n{ROOT}\n", "key name"),
        (f"log example\n3\n{ROOT}\n", "key name"),
        (f"log+example\n3\n{ROOT}\n", "key name"),
        (f"{'l' * 256}\n3\n{ROOT}\n", "255 bytes"),
        (f"log.example\n03\n{ROOT}\n", "leading zeroes"),
        (f"log.example\n00\n{ROOT}\n", "leading zeroes"),
        (f"log.example\n+3\n{ROOT}\n", "decimal"),
        (f"log.example\n-3\n{ROOT}\n", "decimal"),
        (f"log.example\n3 \n{ROOT}\n", "decimal"),
        (f"log.example\n\n{ROOT}\n", "decimal"),
        (f"log.example\n٣\n{ROOT}\n", "decimal"),
        (f"log.example\n1_0\n{ROOT}\n", "decimal"),
        (f"log.example\n9007199254740992\n{ROOT}\n", "larger than"),
        (f"log.example\n{'9' * 5000}\n{ROOT}\n", "decimal"),
        (f"log.example\n3\n{ROOT[:-1]}\n", "base64"),
        ("log.example\n3\nAAAA\n", "32 bytes"),
        ("log.example\n3\n\n", "32 bytes"),
    ],
)
def test_what_is_not_a_checkpoint_is_refused_and_the_reason_said(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        Checkpoint.parse(text)


@given(st.text(max_size=60), st.integers(-1, 2**65), st.binary(max_size=40))
def test_every_checkpoint_that_can_be_made_comes_back_the_same(origin: str, size: int, root: bytes) -> None:
    try:
        checkpoint = Checkpoint(origin, size, root)
    except Malformed:
        return
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


@given(
    st.one_of(st.text(max_size=100), mutated(TREE.text().encode()).map(lambda b: b.decode(errors="replace")))
)
def test_any_text_is_either_a_checkpoint_that_comes_back_the_same_or_refused(text: str) -> None:
    try:
        checkpoint = Checkpoint.parse(text)
    except Malformed:
        return
    assert checkpoint.text() == text


@settings(max_examples=200)
@given(mutated(NOTE))
def test_a_damaged_signed_checkpoint_is_refused_or_says_exactly_the_same(data: bytes) -> None:
    try:
        assert open_checkpoint(data, KEYS) == TREE
    except CustodyError:
        return
    # What still opens differs at most in lines that are not the log's.
    assert {ED25519_LINE, MLDSA44_LINE} <= set(Note.parse(data).signatures)


@pytest.mark.parametrize("text", ["0", "7", "9007199254740991"])
def test_decimals_have_one_form(text: str) -> None:
    assert str(parse_decimal(text, "number")) == text


def test_keys_survive_their_text_form_and_are_never_swapped() -> None:
    ed25519, mldsa44 = KEYS.vkeys()
    assert LogKeys.from_vkeys(ed25519, mldsa44) == KEYS
    another = VerifierKey("amana/another", MLDSA44_COSIGNATURE, KEYS.mldsa44).vkey()
    for pair in ((mldsa44, ed25519), (ed25519, ed25519), (mldsa44, mldsa44), (ed25519, another)):
        with pytest.raises(Malformed, match="same name"):
            LogKeys.from_vkeys(*pair)


def test_impossible_keys_are_refused_before_anything_is_verified_with_them() -> None:
    for arguments in (
        (ORIGIN, KEYS.ed25519[:-1], KEYS.mldsa44),
        (ORIGIN, KEYS.ed25519, KEYS.mldsa44 + b"\x00"),
        ("amana 1", KEYS.ed25519, KEYS.mldsa44),
        ("a" * 256, KEYS.ed25519, KEYS.mldsa44),
    ):
        with pytest.raises(Malformed):
            LogKeys(*arguments)


def test_a_signer_gives_each_key_exactly_the_message_its_algorithm_signs() -> None:
    asked: list[bytes] = []

    def remember(message: bytes) -> bytes:
        asked.append(message)
        return b"\x00"

    CheckpointSigner(KEYS, remember, remember, lambda: 1_795_550_000.9).sign_checkpoint(TREE)
    assert asked == [TREE.text().encode(), cosigned_message(ORIGIN, 1_795_550_000, TREE)]


def test_a_signer_refuses_to_sign_for_another_log() -> None:
    with pytest.raises(ValueError, match="do not sign for"):
        OURS.sign_checkpoint(Checkpoint("amana/another", 3, TREE.root))


def test_tesseras_log_is_one_history_under_its_checkpoints() -> None:
    """Checkpoints, hash tiles and entry bundles of another implementation, sizes 1 to 15."""
    log = VECTORS / "tessera-log"
    key = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    assert key.kind == ED25519
    roots: dict[int, bytes] = {}
    for size in range(1, 16):
        note = Note.parse((log / f"checkpoint.{size}").read_bytes())
        verify_ed25519(note, key)
        checkpoint = Checkpoint.parse(note.text)
        assert checkpoint.size == size
        hashes = [leaf_hash(entry) for entry in _bundle((log / f"tile/entries/000.p/{size}").read_bytes())]
        assert b"".join(hashes) == (log / f"tile/0/000.p/{size}").read_bytes()
        for index, leaf in enumerate(hashes):
            verify_inclusion(leaf, index, size, inclusion_proof(hashes, index, size), checkpoint.root)
        roots[size] = checkpoint.root
        for earlier, root in roots.items():
            verify_consistency(earlier, root, size, checkpoint.root, consistency_proof(hashes, earlier, size))


def _bundle(data: bytes) -> list[bytes]:
    """C2SP tlog-tiles: entries, each after its length in two bytes."""
    entries = []
    while data:
        length = int.from_bytes(data[:2], "big")
        entries.append(data[2 : 2 + length])
        data = data[2 + length :]
    return entries
