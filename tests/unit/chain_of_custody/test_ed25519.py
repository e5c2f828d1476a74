"""Keys of Ed25519: which are read, which signatures hold, and that no reader takes one that is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.encoding.signed_note import ED25519, ED25519_COSIGNATURE, VerifierKey, encode_base64
from chain_of_custody.errors import CustodyError, Malformed, SignatureInvalid
from chain_of_custody.statements.court_receipt import verify_receipt
from chain_of_custody.statements.keys import KeyRecord, verify_ed25519
from chain_of_custody.statements.types import check_body
from chain_of_custody.statements.webauthn import ED25519_PREFIX, load_key
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.trust.witness import KnownLog
from tests.support.packages.court_packages import Center

FOLDER = Path(__file__).parents[2] / "vectors" / "ed25519"
KEYS = {bytes.fromhex(one["key"]): one["taken"] for one in json.loads((FOLDER / "keys.json").read_bytes())}
REFUSED = [key for key, taken in KEYS.items() if not taken]
ONE = bytes([1]) + bytes(31)
"""The neutral point: R = 1, S = 0 is a signature under it of every message, by anybody."""
FORGED = ONE + bytes(32)
GOOD = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32).public_key().public_bytes_raw()


@pytest.mark.parametrize("file", ["speccheck.json", "cctv.json", "wycheproof.json"])
def test_each_signature_holds_or_does_not_as_its_vector_says(file: str) -> None:
    cases = json.loads((FOLDER / file).read_bytes())
    wrong = [one["name"] for one in cases if _holds(one) is not one["holds"]]
    assert wrong == []
    assert {one["holds"] for one in cases} == {True, False}


def _holds(case: dict[str, str]) -> bool:
    key, message, signature = (bytes.fromhex(case[name]) for name in ("key", "message", "signature"))
    try:
        Ed25519Key(key).verify(signature, message)
    except CustodyError:
        return False
    return True


def test_the_library_alone_takes_a_key_that_everybody_can_sign_under() -> None:
    """Why we look ourselves. Where this fails one day, the library has begun to."""
    Ed25519PublicKey.from_public_bytes(ONE).verify(FORGED, b"any message")


def test_the_list_has_both_signs_of_five_y_and_of_every_y_that_is_not_below_the_prime() -> None:
    encoded = [int.from_bytes(key, "little") for key in REFUSED]
    spelled = {y % 2**255 for y in encoded}
    assert len(encoded) == 2 * len(spelled) == 2 * (5 + 19)
    assert {y for y in spelled if y >= 2**255 - 19} == set(range(2**255 - 19, 2**255))


def test_a_key_beside_those_is_read() -> None:
    taken = [key for key, said in KEYS.items() if said]
    assert [Ed25519Key(key).raw for key in taken] == taken != []


POLICY = Center(1).policy
TEXT = POLICY.data.decode()


def _policy(key: bytes) -> object:
    ours = f"center {encode_base64(POLICY.center)}"
    assert ours in TEXT
    return TrustPolicy.parse(TEXT.replace(ours, f"center {encode_base64(key)}").encode())


def _vkey(key: bytes, kind: int = ED25519) -> str:
    digest = sha256(b"log.example\n" + bytes([kind]) + key).hexdigest()[:8]
    return f"log.example+{digest}+{encode_base64(bytes([kind]) + key)}"


READERS: dict[str, Callable[[bytes], object]] = {
    "a key": Ed25519Key,
    "the center's key in a policy": _policy,
    "a log's vkey": lambda key: VerifierKey.parse(_vkey(key)),
    "a witness's vkey": lambda key: VerifierKey.parse(_vkey(key, ED25519_COSIGNATURE)),
    "the ledger's key": lambda key: LogKeys(POLICY.log_keys.origin, key, POLICY.log_keys.mldsa44),
    "the keys of a log that we witness": lambda key: KnownLog.parse([_vkey(key)]),
    "the center's key, from the keyholder": lambda key: KeyRecord(key, "center", "center"),
    "a recorder's key": lambda key: KeyRecord(key, "recorder", "room-1", 1),
    "an enrolled recorder's key": lambda key: check_body(
        "recorder.enrolled", {"key": encode_base64(key), "name": "room-1"}
    ),
    "a credential": lambda key: load_key("eddsa", ED25519_PREFIX + key),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_takes_a_key_that_is_refused(reader: str) -> None:
    READERS[reader](GOOD)
    for key in REFUSED:
        with pytest.raises(Malformed):
            READERS[reader](key)


def test_no_court_has_signed_a_receipt_without_a_key() -> None:
    receipt = {"at": "2026-11-25T09:00:00.000Z", "organisation": "court", "outcome": "intact"}
    receipt |= {"package": "5a" * 32, "key": encode_base64(ONE), "signature": encode_base64(FORGED)}
    with pytest.raises(Malformed):
        verify_receipt({"receipt": receipt})


def test_a_signature_under_a_refused_key_is_none() -> None:
    with pytest.raises(SignatureInvalid):
        verify_ed25519(ONE, FORGED, b"any message")
