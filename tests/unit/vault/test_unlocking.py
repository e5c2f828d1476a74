"""What a person types to unlock the vault is read by the keyholder alone, and once."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import UnlockUnread
from vault.keyholders import unlocking
from vault.keyholders.unlocking import PLAIN_SIZE, SEALED_SIZE, VALID, UnlockKeys, seal
from vault.sealing.key_wrapping import PUBLIC_KEY_SIZE

VAULT, ANOTHER = bytes(PUBLIC_KEY_SIZE), bytes([1]) * PUBLIC_KEY_SIZE
VECTOR = json.loads((Path(__file__).parent / "vectors" / "unlocking.json").read_text())
SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> UnlockKeys:
    return UnlockKeys(VAULT, clock)


@given(st.text(max_size=1000))
def test_what_is_sealed_is_read_whatever_was_typed_and_has_one_length(typed: str) -> None:
    keys = UnlockKeys(VAULT)
    public = keys.fresh()
    sealed = seal(typed, public, VAULT)
    assert len(sealed) == SEALED_SIZE
    assert keys.open(public, sealed) == typed


def test_what_is_too_long_is_not_sealed() -> None:
    public = UnlockKeys(VAULT).fresh()
    seal("ي" * 2047, public, VAULT)
    with pytest.raises(ValueError, match="too long"):
        seal("ي" * 2048, public, VAULT)


def test_a_key_opens_once(keys: UnlockKeys) -> None:
    public = keys.fresh()
    sealed = seal("correct horse", public, VAULT)
    assert keys.open(public, sealed) == "correct horse"
    with pytest.raises(UnlockUnread, match="no such key"):
        keys.open(public, sealed)


def test_a_key_is_used_up_by_what_does_not_open_with_it(keys: UnlockKeys) -> None:
    public = keys.fresh()
    sealed = seal("correct horse", public, VAULT)
    with pytest.raises(UnlockUnread, match="not sealed for"):
        keys.open(public, bytes(SEALED_SIZE))
    with pytest.raises(UnlockUnread, match="no such key"):
        keys.open(public, sealed)


def test_a_key_waits_minutes_and_no_longer(keys: UnlockKeys, clock: Clock) -> None:
    early, late = keys.fresh(), keys.fresh()
    clock.now = VALID - 1
    assert keys.open(early, seal("a", early, VAULT)) == "a"
    clock.now = VALID
    with pytest.raises(UnlockUnread, match="no such key"):
        keys.open(late, seal("a", late, VAULT))


def test_of_too_many_keys_the_oldest_is_forgotten(keys: UnlockKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlocking, "MOST", 2)
    first, second, third = (keys.fresh() for _ in range(3))
    with pytest.raises(UnlockUnread):
        keys.open(first, seal("a", first, VAULT))
    for kept in (second, third):
        assert keys.open(kept, seal("a", kept, VAULT)) == "a"


def test_what_was_sealed_for_another_vault_another_key_or_purpose_is_not_read(keys: UnlockKeys) -> None:
    other = X25519PrivateKey.generate().public_key().public_bytes_raw()
    plain = (1).to_bytes(2, "big") + b"a" + bytes(PLAIN_SIZE - 3)
    for make in (
        lambda public: seal("a", public, ANOTHER),
        lambda public: seal("a", other, VAULT),
        lambda public: SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), b"amana/room/v1\0"),
    ):
        public = keys.fresh()
        with pytest.raises(UnlockUnread, match="not sealed for"):
            keys.open(public, make(public))


@pytest.mark.parametrize("at", [0, 31, 32, 2000, SEALED_SIZE - 1])
def test_a_flipped_bit_is_refused(keys: UnlockKeys, at: int) -> None:
    public = keys.fresh()
    sealed = bytearray(seal("correct horse", public, VAULT))
    sealed[at] ^= 1
    with pytest.raises(UnlockUnread, match="not sealed for"):
        keys.open(public, bytes(sealed))


def test_another_length_is_refused(keys: UnlockKeys) -> None:
    for change in (lambda sealed: b"", lambda sealed: sealed[:-1], lambda sealed: sealed + b"\0"):
        public = keys.fresh()
        with pytest.raises(UnlockUnread, match="bytes"):
            keys.open(public, change(seal("a", public, VAULT)))


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(b"\x00\x01ab", id="more than it says"),
        pytest.param(b"\x0f\xff", id="longer than it can be"),
        pytest.param(b"\xff\xff", id="longer than the message"),
        pytest.param(b"\x00\x02\xff\xff", id="no UTF-8"),
    ],
)
def test_another_form_is_refused(keys: UnlockKeys, plain: bytes) -> None:
    public = keys.fresh()
    info = b"amana/unlock/v1\0" + bytes.fromhex(unlocking.recipient_id(VAULT))
    sealed = SUITE.encrypt(plain.ljust(PLAIN_SIZE, b"\0"), X25519PublicKey.from_public_bytes(public), info)
    with pytest.raises(UnlockUnread, match=r"not in the form|not UTF-8"):
        keys.open(public, sealed)


def test_what_the_page_seals_is_read_here() -> None:
    """`tests/scripts/health/unlock.test.js` makes the same bytes with the page's script."""
    keys = UnlockKeys(base64.b64decode(VECTOR["vault"]))
    private = X25519PrivateKey.from_private_bytes(base64.b64decode(VECTOR["private"]))
    public = private.public_key().public_bytes_raw()
    assert base64.b64encode(public).decode() == VECTOR["key"]
    keys._waiting[public] = private, VALID + keys._clock()
    assert keys.open(public, base64.b64decode(VECTOR["sealed"])) == VECTOR["typed"]
