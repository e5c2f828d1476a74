"""Signed notes: the envelope, its keys, and everything that is not one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import (
    ED25519,
    ED25519_COSIGNATURE,
    MLDSA44_COSIGNATURE,
    Note,
    Signature,
    VerifierKey,
    verify_ed25519,
)
from chain_of_custody.errors import Malformed, SignatureInvalid
from tests.support.ledger.mutations import mutated
from tests.support.ledger.public_vectors import VECTORS

# The example of C2SP signed-note (https://c2sp.org/signed-note, section "Note"). Its key is not published.
C2SP_EXAMPLE = (
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed è subito sera.\n"
    "\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
).encode()

# Go's implementation, golang.org/x/mod/sumdb/note, note_test.go: key pair and note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"
GO_LINE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = f"{GO_TEXT}\n{GO_LINE}".encode()
GO_SECOND_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
GO_SECOND_LINE = (
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)


def test_the_specifications_example_parses_and_comes_back_byte_for_byte() -> None:
    note = Note.parse(C2SP_EXAMPLE)
    assert note.text.endswith("\n\ned è subito sera.\n")
    (signature,) = note.signatures
    assert (signature.name, signature.key_id.hex()) == ("quasimodo.example/salvatore", "367ba04b")
    assert len(signature.signature) == 64
    assert note.serialise() == C2SP_EXAMPLE


def test_gos_note_is_verified_with_gos_key() -> None:
    key = VerifierKey.parse(GO_VKEY)
    assert (key.name, key.kind, key.key_id.hex(), key.vkey()) == (
        "PeterNeumann",
        ED25519,
        "c74f20a3",
        GO_VKEY,
    )
    verify_ed25519(Note.parse(GO_NOTE), key)


def test_tesseras_checkpoints_are_verified_with_its_key() -> None:
    key = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    notes = sorted((VECTORS / "tessera-log").glob("checkpoint*"))
    assert len(notes) == 16
    for path in notes:
        verify_ed25519(Note.parse(path.read_bytes()), key)


def test_signatures_of_others_are_kept_and_ignored() -> None:
    data = GO_NOTE + GO_SECOND_LINE.encode() + GO_SECOND_LINE.encode()
    note = Note.parse(data)
    assert [s.name for s in note.signatures] == ["PeterNeumann", "EnochRoot", "EnochRoot"]
    verify_ed25519(note, VerifierKey.parse(GO_VKEY))
    assert note.serialise() == data


def test_a_note_without_the_keys_signature_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="no Ed25519 signature by EnochRoot"):
        verify_ed25519(Note.parse(GO_NOTE), VerifierKey.parse(GO_SECOND_VKEY))


def test_a_line_with_the_name_or_the_id_of_a_key_but_not_both_is_not_its_signature() -> None:
    key = VerifierKey.parse(GO_VKEY)
    (line,) = Note.parse(GO_NOTE).signatures
    for stranger in (
        Signature("PeterNeumanm", line.key_id, line.signature),
        Signature(line.name, b"\xc7\x4f\x20\xa4", line.signature),
    ):
        with pytest.raises(SignatureInvalid, match="no Ed25519"):
            verify_ed25519(Note(GO_TEXT, (stranger,)), key)
        verify_ed25519(Note(GO_TEXT, (stranger, line)), key)


def test_a_wrong_signature_by_a_known_key_refuses_the_note() -> None:
    key = VerifierKey.parse(GO_VKEY)
    with pytest.raises(SignatureInvalid, match="wrong Ed25519 signature by PeterNeumann"):
        verify_ed25519(Note.parse(GO_NOTE.replace(b"answer", b"Answer")), key)


def test_two_lines_by_the_key_asked_for_are_refused_even_if_both_are_right() -> None:
    with pytest.raises(SignatureInvalid, match="repeated"):
        verify_ed25519(Note.parse(GO_NOTE + GO_LINE.encode()), VerifierKey.parse(GO_VKEY))


def test_signatures_are_added_after_the_others_and_never_twice() -> None:
    note = Note.parse(GO_NOTE)
    second = Signature.parse(GO_SECOND_LINE.rstrip("\n"))
    once = note.with_signatures([second, *note.signatures, second])
    assert once.serialise() == GO_NOTE + GO_SECOND_LINE.encode()
    assert once.with_signatures([second]) == once


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (GO_TEXT.encode(), "no empty line"),
        (GO_TEXT.encode() + b"\n", "signature lines"),
        (GO_NOTE[:-1], "each ending in a newline"),
        (GO_NOTE + b"\n", "signature lines"),
        (GO_NOTE + b"Unexpected line.\n", "em dash"),
        (GO_NOTE.replace("— ".encode(), b"- "), "em dash"),
        (GO_NOTE.replace("— ".encode(), "—\u00a0".encode()), "em dash"),
        (b"\x01" + GO_NOTE, "control character"),
        (GO_NOTE.replace(b"\n", b"\r\n"), "control character"),
        (GO_NOTE.replace(b"think", b"th\tnk"), "control character"),
        (b"\xff" + GO_NOTE, "UTF-8"),
        (b"\xed\xa0\x80" + GO_NOTE, "UTF-8"),
        (GO_NOTE.replace(b"PeterNeumann ", b""), "no signature"),
        (GO_NOTE.replace(b"PeterNeumann", b""), "key name"),
        (GO_NOTE.replace(b"PeterNeumann", b"Peter+Neumann"), "key name"),
        (GO_NOTE.replace(b"PeterNeumann", "Peter\u2003Neumann".encode()), "key name"),
        (GO_NOTE.replace(b"PeterNeumann ", b"PeterNeumann  "), "base64"),
        (GO_NOTE.replace(b"AM=\n", b"AM\n"), "base64"),
        (GO_NOTE.replace(b"AM=\n", b"AN=\n"), "standard base64"),
        (GO_NOTE.replace(b"x08go/", b"x08go_"), "base64"),
        (GO_NOTE.replace(b"AM=\n", b"AM= \n"), "base64"),
        (f"{GO_TEXT}\n— PeterNeumann x08gow==\n".encode(), "shorter than"),
        (f"{GO_TEXT}\n{GO_LINE * 101}".encode(), "more than 100"),
        (b"x" * 1_000_001, "larger than"),
        (b"", "no empty line"),
    ],
)
def test_what_is_not_a_note_is_refused_and_the_reason_said(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        Note.parse(data)


def test_a_hundred_signatures_are_accepted() -> None:
    assert len(Note.parse(f"{GO_TEXT}\n{GO_LINE * 100}".encode()).signatures) == 100


def test_the_last_empty_line_ends_the_text() -> None:
    quoting = f"a note in a note:\n\n{GO_NOTE.decode()}\n{GO_SECOND_LINE}".encode()
    note = Note.parse(quoting)
    assert note.text == f"a note in a note:\n\n{GO_NOTE.decode()}"
    assert [s.name for s in note.signatures] == ["EnochRoot"]
    assert Note.parse(f"text\n\n\n{GO_LINE}".encode()).text == "text\n\n"


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(str.encode).map(lambda text: text + b"\n\n" + GO_LINE.encode()),
        mutated(GO_NOTE),
        mutated(C2SP_EXAMPLE),
    )
)
def test_any_bytes_are_either_a_note_that_comes_back_the_same_or_refused(data: bytes) -> None:
    try:
        note = Note.parse(data)
    except Malformed:
        return
    assert note.serialise() == data


def test_a_vkey_has_one_form_and_nothing_less_or_more_of_it_is_one() -> None:
    for start in range(len(GO_VKEY)):
        for end in range(start, len(GO_VKEY) + 1):
            if (start, end) != (0, len(GO_VKEY)):
                with pytest.raises(Malformed):
                    VerifierKey.parse(GO_VKEY[start:end])
    for position, character in enumerate(GO_VKEY):
        with pytest.raises(Malformed):
            VerifierKey.parse(GO_VKEY[:position] + chr(ord(character) + 1) + GO_VKEY[position + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        # Go's own refusals: a key too long, and a type nobody knows, each with the right id.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("+c74f20a3+", "+0c74f20a3+"),
        GO_VKEY + "\n",
        "PeterNeumann+c74f20a3+",
        "\ud800+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_vkeys_in_any_other_form_are_refused(vkey: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(vkey)


@given(st.text(max_size=120))
def test_any_text_is_either_a_vkey_that_comes_back_the_same_or_refused(text: str) -> None:
    for candidate in (text, f"{text}+c74f20a3+ARpc2Q", f"PeterNeumann+{text}", GO_VKEY + text):
        try:
            key = VerifierKey.parse(candidate)
        except Malformed:
            continue
        assert key.vkey() == candidate


def test_the_same_key_has_another_id_for_another_name_or_signature_type() -> None:
    public = VerifierKey.parse(GO_VKEY).public_key
    ids = {
        VerifierKey(name, kind, public).key_id
        for name in ("a.example", "b.example")
        for kind in (ED25519, ED25519_COSIGNATURE)
    }
    assert len(ids) == 4


def test_keys_of_a_wrong_length_are_refused() -> None:
    for kind, size in ((ED25519, 31), (ED25519, 33), (MLDSA44_COSIGNATURE, 32), (MLDSA44_COSIGNATURE, 1311)):
        with pytest.raises(Malformed, match="wrong length"):
            VerifierKey("a.example", kind, bytes(size))


def test_a_note_signed_here_equals_gos_byte_for_byte() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(GO_SEED))
    key = VerifierKey("PeterNeumann", ED25519, private.public_key().public_bytes_raw())
    assert key.vkey() == GO_VKEY
    signature = Signature(key.name, key.key_id, private.sign(GO_TEXT.encode()))
    assert Note(GO_TEXT, (signature,)).serialise() == GO_NOTE
