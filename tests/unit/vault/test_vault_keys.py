"""Wrapped keys: the hybrid KEM against its published vector, HPKE against RFC 9180 written out anew."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import Altered
from vault.sealing.key_wrapping import (
    PUBLIC_KEY_SIZE,
    WRAP_OVERHEAD,
    WrappingKey,
    generate_data_key,
    generate_seed,
    unwrap,
    wrap,
    wrap_info,
)

VECTOR = json.loads((Path(__file__).parent / "vectors" / "xwing.json").read_text())
SEED = bytes.fromhex(VECTOR["seed"])
INFO = wrap_info(b"d" * 16, b"e" * 16)


def hpke_seal(shared_secret: bytes, secret: bytes, info: bytes) -> bytes:
    """RFC 9180, section 5.1, base mode: KEM 0x647A, KDF 0x0001, AEAD 0x0002; sequence number 0."""

    def extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(prk: bytes, label: bytes, context: bytes, length: int) -> bytes:
        labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return hmac.digest(prk, labeled + b"\x01", "sha256")[:length]

    suite = b"HPKE" + bytes.fromhex("647a00010002")
    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    prk = extract(shared_secret, b"secret", b"")
    key, nonce = expand(prk, b"key", context, 32), expand(prk, b"base_nonce", context, 12)
    return AESGCM(key).encrypt(nonce, secret, b"")


def test_a_seed_grows_into_the_public_key_of_the_xwing_vector():
    public = WrappingKey(SEED).public
    assert len(public) == PUBLIC_KEY_SIZE
    assert public[:32].hex() == VECTOR["public_begins"]
    assert public[-32:].hex() == VECTOR["public_ends"]


def test_a_key_wrapped_by_rfc_9180_over_the_xwing_vector_unwraps():
    ciphertext = bytes.fromhex("".join(VECTOR["ciphertext"]))
    secret = bytes(range(32))
    wrapped = ciphertext + hpke_seal(bytes.fromhex(VECTOR["shared_secret"]), secret, INFO)
    assert len(wrapped) == 1168
    assert unwrap(wrapped, SEED, INFO) == secret


def test_the_pinned_wrapped_key_still_unwraps():
    # The whole of the vector above, as bytes: any change of a library or of ours would show.
    ciphertext = bytes.fromhex("".join(VECTOR["ciphertext"]))
    sealed = bytes.fromhex(VECTOR["sealed"])
    assert hashlib.sha256(ciphertext + sealed).hexdigest() == VECTOR["wrapped_sha256"]
    assert unwrap(ciphertext + sealed, SEED, INFO) == bytes(range(32))


@given(secret=st.binary(max_size=300))
def test_what_is_wrapped_for_a_public_key_unwraps_with_its_seed(secret: bytes):
    wrapped = wrap(secret, WrappingKey(SEED).public, INFO)
    assert len(wrapped) == len(secret) + WRAP_OVERHEAD
    assert unwrap(wrapped, SEED, INFO) == secret


def test_another_item_or_deployment_is_refused():
    wrapped = wrap(generate_data_key(), WrappingKey(SEED).public, INFO)
    for other in (wrap_info(b"d" * 16, b"f" * 16), wrap_info(b"c" * 16, b"e" * 16), b""):
        with pytest.raises(Altered, match="does not open under this key and info"):
            unwrap(wrapped, SEED, other)


def test_another_private_key_is_refused():
    wrapped = wrap(generate_data_key(), WrappingKey(SEED).public, INFO)
    with pytest.raises(Altered):
        unwrap(wrapped, generate_seed(), INFO)


@pytest.mark.parametrize("place", [0, 1000, 1087, 1088, 1119, 1120, 1167])
def test_a_flipped_bit_in_any_part_of_a_wrapped_key_is_refused(place: int):
    wrapped = bytearray(wrap(generate_data_key(), WrappingKey(SEED).public, INFO))
    wrapped[place] ^= 0x10
    with pytest.raises(Altered):
        unwrap(bytes(wrapped), SEED, INFO)


@pytest.mark.parametrize("size", [0, 1119, 1120, 1135, 1167])
def test_a_truncated_wrapped_key_is_refused(size: int):
    wrapped = wrap(generate_data_key(), WrappingKey(SEED).public, INFO)
    with pytest.raises(Altered):
        unwrap(wrapped[:size], SEED, INFO)


@given(wrapped=st.binary(max_size=1300) | st.binary(min_size=1168, max_size=1168))
def test_bytes_that_nobody_wrapped_are_refused(wrapped: bytes):
    with pytest.raises(Altered):
        unwrap(wrapped, SEED, INFO)


def test_an_x25519_point_of_low_order_is_refused_like_any_other_alteration():
    wrapped = wrap(generate_data_key(), WrappingKey(SEED).public, INFO)
    with pytest.raises(Altered):
        unwrap(wrapped[:1088] + bytes(32) + wrapped[1120:], SEED, INFO)


def test_sizes_that_are_no_keys_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="a seed is 32 bytes"):
        WrappingKey(b"short")
    with pytest.raises(ValueError, match="public key is 1216 bytes"):
        wrap(b"secret", bytes(1215), INFO)
    with pytest.raises(ValueError, match="16 bytes"):
        wrap_info(b"d" * 16, b"e" * 15)
