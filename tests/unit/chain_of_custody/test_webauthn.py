"""A person's own signature: taken only if everything about it is as it must be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import CustodyError, Malformed, SignatureInvalid
from chain_of_custody.statements.webauthn import Assertion, challenge_of, load_key, verify_assertion
from tests.support.ledger import authenticators
from tests.support.ledger.authenticators import (
    RP,
    Authenticator,
    authenticator_data,
    client_data,
    eddsa,
    es256,
    rs256,
    rsa_public,
)
from tests.support.ledger.mutations import mutated

MESSAGE = b"amana/statement/v1\x00{}"
P384 = ec.derive_private_key(7, ec.SECP384R1()).public_key()


def verify(by: Authenticator, assertion: Assertion, message: bytes = MESSAGE) -> None:
    verify_assertion(assertion, algorithm=by.algorithm, key=by.key, rp=by.rp, challenge=challenge_of(message))


@pytest.mark.parametrize("make", [es256, eddsa, rs256])
def test_an_assertion_of_each_algorithm_is_taken_and_is_by_one_key_only(
    make: Callable[..., Authenticator],
) -> None:
    by = make()
    verify(by, by.answer(MESSAGE))
    with pytest.raises(SignatureInvalid, match="signature does not hold"):
        verify(make(seed=2), by.answer(MESSAGE))


def test_an_assertion_is_over_one_message_only() -> None:
    with pytest.raises(SignatureInvalid, match="another statement"):
        verify(es256(), es256().answer(MESSAGE), MESSAGE + b"!")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (authenticator_data()[:36], "too short"),
        (b"", "too short"),
        (authenticator_data("evil.example"), "another host"),
        (authenticator_data(flags=0x01), "did not verify its user"),
        (authenticator_data(flags=0x04), "did not verify its user"),
        (authenticator_data(flags=0xF8), "did not verify its user"),
    ],
)
def test_what_the_authenticator_says_counts(data: bytes, reason: str) -> None:
    with pytest.raises(SignatureInvalid, match=reason):
        verify(es256(), es256().sign(data, client_data(MESSAGE)))


@pytest.mark.parametrize(
    "data",
    [
        authenticator_data(counter=0),
        authenticator_data(counter=2**32 - 1),
        authenticator_data(flags=0x1D),
        authenticator_data(flags=0x85) + b"\xa1\x61a\x01",
    ],
)
def test_counters_backups_and_extensions_do_not_matter(data: bytes) -> None:
    verify(es256(), es256().sign(data, client_data(MESSAGE)))


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        (client_data(MESSAGE, type="webauthn.create"), "not asked for a signature"),
        (client_data(MESSAGE, type=None), "not asked for a signature"),
        (client_data(b"other"), "another statement"),
        (client_data(MESSAGE, challenge=None), "another statement"),
        (client_data(MESSAGE, challenge=challenge_of(MESSAGE).hex()), "another statement"),
        (client_data(MESSAGE, origin="https://evil.example"), "another host"),
        (client_data(MESSAGE, origin=f"http://{RP}"), "another host"),
        (client_data(MESSAGE, origin=f"https://{RP}/"), "another host"),
        (client_data(MESSAGE, origin=f"https://{RP}:0"), "another host"),
        (client_data(MESSAGE, origin=f"https://{RP}\n"), "another host"),
        (client_data(MESSAGE, origin=f"https://{RP}:١"), "another host"),
        (client_data(MESSAGE, origin=f"https://evil{RP}"), "another host"),
        (client_data(MESSAGE, origin=f"https://{RP}.evil.example"), "another host"),
        (client_data(MESSAGE, origin="http://localhost"), "another host"),
        (client_data(MESSAGE, origin=[f"https://{RP}"]), "another host"),
        (client_data(MESSAGE, origin=None), "another host"),
        (client_data(MESSAGE, crossOrigin=True), "inside another one"),
        (client_data(MESSAGE, crossOrigin=0), "inside another one"),
        (client_data(MESSAGE)[:-6] + b"null}", "inside another one"),
        (client_data(MESSAGE, more="x" * 4096), "too long or too deep"),
        (client_data(MESSAGE, more=[[]] * 64), "too long or too deep"),
        (b"[" * 4000, "too long or too deep"),
        (b"", "not JSON"),
        (b"\xef\xbb\xbf" + client_data(MESSAGE), "not JSON"),
        (client_data(MESSAGE).decode().encode("utf-16"), "not JSON"),
        (client_data(MESSAGE, more=float("nan")), "not JSON"),
        (client_data(MESSAGE) + b"}", "not JSON"),
        (client_data(MESSAGE).replace(b"false", b"\xff"), "not JSON"),
        (b"null", "not a JSON object"),
        (b'["webauthn.get"]', "not a JSON object"),
    ],
)
def test_what_the_browser_was_asked_counts(client: bytes, reason: str) -> None:
    with pytest.raises(SignatureInvalid, match=reason):
        verify(es256(), es256().sign(authenticator_data(), client))


@pytest.mark.parametrize(
    "client",
    [
        client_data(MESSAGE, crossOrigin=None),
        client_data(MESSAGE, origin=f"https://{RP}:8443"),
        client_data(MESSAGE, origin=f"https://court.{RP}"),
        client_data(MESSAGE, more={"things": ["that", "browsers", "add", 1.5]}),
        client_data(MESSAGE).replace(b",", b" ,\n "),
        client_data(MESSAGE, more="x" * 3500),
    ],
)
def test_ports_hosts_below_and_what_browsers_add_do_not_matter(client: bytes) -> None:
    verify(es256(), es256().sign(authenticator_data(), client))


def test_a_page_on_the_machine_itself_may_sign_for_localhost() -> None:
    here = es256(rp="localhost")
    verify(here, here.answer(MESSAGE, origin="http://localhost:8420"))
    with pytest.raises(SignatureInvalid, match="another host"):
        verify(here, here.answer(MESSAGE, origin="http://a.localhost"))


def test_changing_what_was_signed_is_found() -> None:
    good = es256().answer(MESSAGE)
    counter = good.authenticator[:-1] + b"\x02"
    spaced = good.client.replace(b",", b", ")
    for changed in (replace(good, authenticator=counter), replace(good, client=spaced)):
        with pytest.raises(SignatureInvalid, match="signature does not hold"):
            verify(es256(), changed)


def der(r: bytes, s: bytes) -> bytes:
    inner = b"\x02" + bytes([len(r)]) + r + b"\x02" + bytes([len(s)]) + s
    return b"\x30" + bytes([len(inner)]) + inner


def other_encodings() -> list[bytes]:
    """The right r and s, spelled otherwise than DER spells them."""
    good = es256().answer(MESSAGE).signature
    r, s = (n.to_bytes(33, "big") for n in decode_dss_signature(good))
    one, two = (n.lstrip(b"\0") if n.lstrip(b"\0")[0] < 0x80 else b"\0" + n.lstrip(b"\0") for n in (r, s))
    assert der(one, two) == good
    return [
        r[1:] + s[1:],
        der(b"\0" + one, two),
        good + b"\0",
        good[:-1],
        b"\x30\x81" + good[1:],
        b"\x31" + good[1:],
        good.replace(b"\x02", b"\x03", 1),
        der(b"\0", two),
        der(b"", two),
        der(one, b"\x01" + bytes(32)),
        b"",
        b"\x30\x00",
    ]


@pytest.mark.parametrize("signature", other_encodings())
def test_a_signature_has_one_encoding(signature: bytes) -> None:
    with pytest.raises(SignatureInvalid, match="signature does not hold"):
        verify(es256(), replace(es256().answer(MESSAGE), signature=signature))


def spki(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | x25519.X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


COMPRESSED = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + (
    es256().private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)  # type: ignore[arg-type, union-attr]
)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("es256", eddsa().key),
        ("eddsa", es256().key),
        ("rs256", es256().key),
        ("es256", spki(P384)),
        ("es256", es256().key + b"\0"),
        ("es256", es256().key[:-1]),
        ("es256", es256().key[:-1] + b"\0"),
        ("es256", COMPRESSED),
        ("eddsa", spki(x25519.X25519PrivateKey.from_private_bytes(b"\x01" * 32).public_key())),
        ("eddsa", eddsa().key[12:]),
        ("rs256", rsa_public(1024)),
        ("rs256", rsa_public(2046)),
        ("rs256", rsa_public(2048, 3)),
        ("rs256", rs256().key + b"\0"),
        ("rs256", rs256().key[:-1] + b"\x03"),
        ("es256", b""),
        ("es256", b"\x30\x00"),
        ("es384", spki(P384)),
    ],
)
def test_a_key_that_is_not_of_its_algorithms_one_form_is_refused(algorithm: str, key: bytes) -> None:
    with pytest.raises(Malformed, match="credential"):
        load_key(algorithm, key)


def test_the_challenge_is_the_digest_of_what_is_signed() -> None:
    assert challenge_of(MESSAGE) == hashlib.sha256(MESSAGE).digest()


@given(st.data())
def test_nothing_but_our_own_errors_comes_out_of_an_altered_assertion(data: st.DataObject) -> None:
    by = data.draw(st.sampled_from([es256(), eddsa(), rs256()]))
    good = by.answer(MESSAGE)
    field = data.draw(st.sampled_from(("authenticator", "client", "signature")))
    altered = replace(good, **{field: data.draw(mutated(getattr(good, field)))})
    try:
        verify(by, altered)
    except CustodyError:
        return
    assert altered == good


@settings(max_examples=300)
@given(st.sampled_from(["es256", "eddsa", "rs256"]), st.data())
def test_nothing_but_our_own_errors_comes_out_of_an_altered_key(algorithm: str, data: st.DataObject) -> None:
    good = getattr(authenticators, algorithm)().key
    key = data.draw(st.binary(max_size=120) | mutated(good))
    try:
        load_key(algorithm, key)
    except Malformed:
        return
    assert len(key) == len(good)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_bytes_that_are_no_assertion_are_refused(
    authenticator: bytes, client: bytes, signature: bytes
) -> None:
    with pytest.raises(SignatureInvalid):
        verify(es256(), Assertion(authenticator, client, signature))
