"""Makes the vectors in tests/vectors/webauthn again, to the byte:

    .venv/bin/python -m tests.support.ledger.webauthn_vectors

`es256.json`, `eddsa.json`, `rs256.json` and `keys.json` are made with software keys. `chromium-*.json` are
not: they were written down from Chromium's virtual authenticator, whose keys are gone. To write others:

    WRITE_VECTORS=1 .venv/bin/pytest tests/browser/player/test_browser_signs_with_credentials.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.errors import CustodyError, NotProved
from chain_of_custody.statements.webauthn import Assertion, challenge_of, load_key, verify_assertion
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

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "webauthn"
MESSAGE = b'amana/statement/v1\x00{"any":"statement"}'

_NO_SIGNATURE = "the person's signature does not hold"
_OTHER_STATEMENT = "the person's signature is over another statement"
_OTHER_PAGE = "the person signed on a page of another host"
_OTHER_HOST = "the authenticator signed for another host"
_NO_USER = "the authenticator did not verify its user"
_INSIDE = "the person signed in a page inside another one"
_LONG = "the browser's data is too long or too deep"
_NO_JSON = "the browser's data is not JSON"


def _cases(by: Authenticator) -> Iterator[tuple[str, Assertion, str | None]]:
    good = by.answer(MESSAGE)

    def client(data: bytes) -> Assertion:
        return by.sign(authenticator_data(), data)

    def asked(**changes: Any) -> Assertion:
        return client(client_data(MESSAGE, **changes))

    def data(of: bytes) -> Assertion:
        return by.sign(of, client_data(MESSAGE))

    yield "good", good, None
    yield "good: counter zero", data(authenticator_data(counter=0)), None
    yield "good: backed up, with extensions", data(authenticator_data(flags=0x9D) + b"\xa1\x61a\x01"), None
    yield "good: crossOrigin not said", asked(crossOrigin=None), None
    yield "good: a port", asked(origin=f"https://{RP}:8443"), None
    yield "good: a host below", asked(origin=f"https://court.{RP}"), None
    yield "good: what browsers add", asked(more={"a": [1.5, None, 1e300]}), None
    yield "good: spaces", client(client_data(MESSAGE).replace(b",", b" ,\r\n\t")), None
    yield "good: escapes", client(client_data(MESSAGE).replace(b"webauthn.get", b"webauthn\\u002eget")), None
    yield "good: said twice, the last counts", client(b'{"type":"x",' + client_data(MESSAGE)[1:]), None
    yield "data too short", data(authenticator_data()[:36]), "the authenticator's data is too short"
    yield "no data", data(b""), "the authenticator's data is too short"
    yield "data of another host", data(authenticator_data("evil.example")), _OTHER_HOST
    yield "user not verified", data(authenticator_data(flags=0x01)), _NO_USER
    yield "user not present", data(authenticator_data(flags=0x04)), _NO_USER
    yield "another challenge", by.answer(MESSAGE + b"!"), _OTHER_STATEMENT
    yield "no challenge", asked(challenge=None), _OTHER_STATEMENT
    yield (
        "padded challenge",
        client(client_data(MESSAGE).replace(b'","origin', b'=","origin')),
        _OTHER_STATEMENT,
    )
    yield "a registration", asked(type="webauthn.create"), "the browser was not asked for a signature"
    yield "no type", asked(type=None), "the browser was not asked for a signature"
    yield "page of another host", asked(origin="https://evil.example"), _OTHER_PAGE
    yield "host that only ends so", asked(origin=f"https://not-{RP}"), _OTHER_PAGE
    yield "host that only begins so", asked(origin=f"https://{RP}.evil.example"), _OTHER_PAGE
    yield "not https", asked(origin=f"http://{RP}"), _OTHER_PAGE
    yield "localhost", asked(origin="http://localhost:8420"), _OTHER_PAGE
    yield "origin with a path", asked(origin=f"https://{RP}/"), _OTHER_PAGE
    yield "origin with a line end", asked(origin=f"https://{RP}\n"), _OTHER_PAGE
    yield "origin in capitals", asked(origin=f"https://{RP.upper()}"), _OTHER_PAGE
    yield "origin with Arabic digits", asked(origin=f"https://{RP}:٨٤٤٣"), _OTHER_PAGE
    yield "no origin", asked(origin=None), _OTHER_PAGE
    yield "origin in a list", asked(origin=[f"https://{RP}"]), _OTHER_PAGE
    yield "inside another page", asked(crossOrigin=True), _INSIDE
    yield "crossOrigin null", client(client_data(MESSAGE).replace(b"false", b"null")), _INSIDE
    yield "crossOrigin a number", asked(crossOrigin=0), _INSIDE
    yield "long", asked(more="x" * 4096), _LONG
    yield "deep", client(b"[" * 4000), _LONG
    yield "many lists", asked(more=[[]] * 64), _LONG
    yield "empty", client(b""), _NO_JSON
    yield "NaN", client(client_data(MESSAGE).replace(b"false", b"NaN")), _NO_JSON
    yield "Infinity", client(client_data(MESSAGE).replace(b"false", b"-Infinity")), _NO_JSON
    yield "byte order mark", client(b"\xef\xbb\xbf" + client_data(MESSAGE)), _NO_JSON
    yield "not UTF-8", client(client_data(MESSAGE, more="x").replace(b'"x"', b'"\xff"')), _NO_JSON
    yield (
        "half a pair in UTF-8",
        client(client_data(MESSAGE, more="x").replace(b"x", b"\xed\xa0\x80")),
        _NO_JSON,
    )
    yield "raw control character", client(client_data(MESSAGE, more="x").replace(b'"x"', b'"\x01"')), _NO_JSON
    yield "comma too many", client(client_data(MESSAGE)[:-1] + b",}"), _NO_JSON
    yield "more behind", client(client_data(MESSAGE) + b"{}"), _NO_JSON
    yield "null", client(b"null"), "the browser's data is not a JSON object"
    yield "a list", client(b"[{}]"), "the browser's data is not a JSON object"
    yield "a text", client(b'"webauthn.get"'), "the browser's data is not a JSON object"
    yield (
        "prototype",
        client(b'{"__proto__":' + client_data(MESSAGE) + b"}"),
        ("the browser was not asked for a signature"),
    )
    counter = good.authenticator[:-1] + b"\x02"
    yield "altered: counter", replace(good, authenticator=counter), _NO_SIGNATURE
    yield "altered: client", replace(good, client=good.client.replace(b",", b", ")), _NO_SIGNATURE
    flipped = good.signature[:-1] + bytes([good.signature[-1] ^ 1])
    yield "altered: signature", replace(good, signature=flipped), _NO_SIGNATURE
    yield "signature cut", replace(good, signature=good.signature[:-1]), _NO_SIGNATURE
    yield "signature with more behind", replace(good, signature=good.signature + b"\0"), _NO_SIGNATURE
    yield "no signature", replace(good, signature=b""), _NO_SIGNATURE
    other = replace(
        by, private={"es256": es256, "eddsa": eddsa, "rs256": rs256}[by.algorithm](seed=2).private
    )
    yield "signature of another key", other.answer(MESSAGE), _NO_SIGNATURE
    if by.algorithm == "es256":
        for name, signature in _ecdsa_encodings(good.signature):
            yield f"signature spelled otherwise: {name}", replace(good, signature=signature), _NO_SIGNATURE


def _ecdsa_encodings(good: bytes) -> Iterator[tuple[str, bytes]]:
    r_size = good[3]
    r, s = good[4 : 4 + r_size], good[6 + r_size :]

    def der(r: bytes, s: bytes) -> bytes:
        inner = b"\x02" + bytes([len(r)]) + r + b"\x02" + bytes([len(s)]) + s
        return b"\x30" + bytes([len(inner)]) + inner

    yield "raw", r.rjust(32, b"\0")[-32:] + s.rjust(32, b"\0")[-32:]
    yield "a zero too many", der(b"\0" + r, s)
    yield "a long length", b"\x30\x81" + good[1:]
    yield "a set", b"\x31" + good[1:]
    yield "r is zero", der(b"\0", s)
    yield "r is empty", der(b"", s)
    yield "r is negative", der(bytes([r[-32] | 0x80]) + r[-31:], s)
    yield "s is too large", der(r, b"\x01" + bytes(32))
    yield "three numbers", b"\x30" + bytes([good[1] + 3]) + good[2:] + b"\x02\x01\x01"


_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_Y_OF_0 = pow(_B, (_P256 + 1) // 4, _P256).to_bytes(32, "big")


def _compressed(key: bytes) -> bytes:
    algorithm, x, odd = key[2:23], key[27:59], key[-1] & 1
    return b"\x30\x39" + algorithm + b"\x03\x22\0" + bytes([2 | odd]) + x


def _keys() -> Iterator[tuple[str, str, bytes]]:
    yield "es256", "es256", es256().key
    yield "eddsa", "eddsa", eddsa().key
    yield "rs256, 2048 bits", "rs256", rs256().key
    yield "rs256, 2056 bits", "rs256", rsa_public(2056)
    yield "rs256, 2050 bits", "rs256", rsa_public(2050)
    yield "rs256, 2046 bits", "rs256", rsa_public(2046)
    yield "rs256, 1024 bits", "rs256", rsa_public(1024)
    yield "rs256, exponent 3", "rs256", rsa_public(2048, 3)
    yield "rs256, exponent 17, same length", "rs256", rs256().key[:-3] + b"\x00\x00\x11"
    yield "rs256, more behind", "rs256", rs256().key + b"\0"
    yield "rs256, cut", "rs256", rs256().key[:-1]
    yield "rs256, even modulus", "rs256", rs256().key[:-6] + b"\x00" + rs256().key[-5:]
    yield (
        "rs256, parameters not null",
        "rs256",
        rs256().key.replace(b"\x01\x01\x01\x05\x00", b"\x01\x01\x01\x05\x01"),
    )
    yield "rs256, PSS only", "rs256", rs256().key.replace(b"\x01\x01\x01\x05\x00", b"\x01\x01\x0a\x05\x00")
    yield "es256 as eddsa", "eddsa", es256().key
    yield "eddsa as es256", "es256", eddsa().key
    yield "es256 as rs256", "rs256", es256().key
    p384 = ec.derive_private_key(7, ec.SECP384R1()).public_key()
    yield "P-384", "es256", p384.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield "not on the curve", "es256", es256().key[:-1] + b"\0"
    yield "es256, more behind", "es256", es256().key + b"\0"
    yield "es256, cut", "es256", es256().key[:-1]
    yield "es256, raw", "es256", es256().key[26:]
    yield "es256, compressed", "es256", _compressed(es256().key)
    # x = 0 is on the curve; p says the same in a second form.
    yield "es256, x = 0", "es256", es256().key[:27] + bytes(32) + _Y_OF_0
    yield "es256, x = p", "es256", es256().key[:27] + _P256.to_bytes(32, "big") + _Y_OF_0
    yield "es256, the point at infinity", "es256", bytes.fromhex("3019") + es256().key[2:23] + b"\x03\x02\0\0"
    yield "eddsa, of small order", "eddsa", eddsa().key[:12] + b"\1" + bytes(31)
    yield "eddsa, of small order, with a sign", "eddsa", eddsa().key[:12] + bytes(31) + b"\x80"
    yield "eddsa, y = p + 3", "eddsa", eddsa().key[:12] + (2**255 - 16).to_bytes(32, "little")
    yield "eddsa, raw", "eddsa", eddsa().key[12:]
    yield "eddsa, cut", "eddsa", eddsa().key[:-1]
    yield "X25519", "eddsa", eddsa().key.replace(b"\x2b\x65\x70", b"\x2b\x65\x6e")
    yield "empty", "es256", b""
    yield "nothing", "rs256", b"\x30\x00"
    yield "unknown algorithm", "es384", es256().key


def made() -> dict[str, bytes]:
    """File name → content. What each case must give is written down here and checked by the test."""
    files = {}
    for by in (es256(), eddsa(), rs256()):
        cases = [case(name, assertion, refused) for name, assertion, refused in _cases(by)]
        files[f"{by.algorithm}.json"] = spelled(
            {
                "made": "by software keys",
                "credential": {name: by.enrolment[name] for name in ("algorithm", "key", "person", "rp")},
                "message": encode_base64(MESSAGE),
                "cases": cases,
            }
        )
    keys = [
        {"name": name, "algorithm": algorithm, "key": encode_base64(key), "taken": taken(algorithm, key)}
        for name, algorithm, key in _keys()
    ]
    files["keys.json"] = spelled({"keys": keys})
    return files


def from_chromium(credential: dict[str, str], good: Assertion) -> bytes:
    """A file with a good answer of Chromium's authenticator, and what can be made of it without its key."""
    data, client = good.authenticator, good.client
    flipped = good.signature[:-1] + bytes([good.signature[-1] ^ 1])
    cases = [
        case("good", good, None),
        case("altered: host", replace(good, authenticator=bytes(32) + data[32:]), _OTHER_HOST),
        case(
            "altered: user not verified",
            replace(good, authenticator=data[:32] + b"\x01" + data[33:]),
            _NO_USER,
        ),
        case("altered: counter", replace(good, authenticator=data[:33] + b"\xff" + data[34:]), _NO_SIGNATURE),
        case(
            "altered: challenge",
            replace(good, client=client.replace(b'"challenge":"', b'"challenge":"A')),
            _OTHER_STATEMENT,
        ),
        case("altered: page", replace(good, client=client.replace(b"localhost", b"localhosT")), _OTHER_PAGE),
        case("altered: inside", replace(good, client=client.replace(b"false", b"true")), _INSIDE),
        case("altered: spaces", replace(good, client=client + b" "), _NO_SIGNATURE),
        case("altered: client cut", replace(good, client=client[:-1]), _NO_JSON),
        case("altered: signature", replace(good, signature=flipped), _NO_SIGNATURE),
    ]
    return spelled(
        {
            "made": "by Chromium's virtual authenticator",
            "credential": credential,
            "message": encode_base64(MESSAGE),
            "cases": cases,
        }
    )


def case(name: str, assertion: Assertion, refused: str | None) -> dict[str, str | None]:
    return {
        "name": name,
        "authenticator": encode_base64(assertion.authenticator),
        "client": encode_base64(assertion.client),
        "signature": encode_base64(assertion.signature),
        "refused": refused,
    }


def spelled(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def taken(algorithm: str, key: bytes) -> bool:
    try:
        load_key(algorithm, key)
    except CustodyError:
        return False
    return True


def answer(vectors: dict[str, Any], case: dict[str, Any]) -> str | None:
    """Why Python refuses this case; None if it does not."""
    credential = vectors["credential"]
    fields = (decode_base64(case[name], name) for name in ("authenticator", "client", "signature"))
    try:
        verify_assertion(
            Assertion(*fields),
            algorithm=credential["algorithm"],
            key=decode_base64(credential["key"], "key"),
            rp=credential["rp"],
            challenge=challenge_of(decode_base64(vectors["message"], "message")),
        )
    except NotProved as refused:
        return refused.reason
    return None


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in made().items():
        (FOLDER / name).write_bytes(content)
