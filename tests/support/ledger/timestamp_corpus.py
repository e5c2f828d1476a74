"""Responses that must be taken and responses that must not, for both verifiers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.ledger.made_tokens import (
    END,
    NOON,
    Authority,
    algorithm,
    der_of,
    integer,
    key_of,
    oid,
    tlv,
    tst_info,
)

DATA = b"amana/00112233445566778899aabbccddeeff\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
EC = Authority.make()
RSA = Authority.make("second", "rsa", intermediate=True)


class Case(NamedTuple):
    """What `verify_token` is asked."""

    response: bytes
    data: bytes
    anchor: bytes


def _usage(**of: bool) -> tuple[x509.ExtensionType, bool]:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: of.get(name, False) for name in names}), True


_UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)
_NOT_CRITICAL = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), False)
_ONLY_UNDER = (x509.NameConstraints([x509.DNSName("example.org")], None), False)
_STAMPING, _SIGNING = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING

_AUTHORITIES: Mapping[str, tuple[dict[str, Any], str]] = {
    "no purpose": ({"purposes": []}, "not for timestamps"),
    "purpose not critical": ({"critical": False}, "not for timestamps"),
    "another purpose": ({"purposes": [_SIGNING]}, "not for timestamps"),
    "another purpose beside it": ({"purposes": [_STAMPING, _SIGNING]}, "not for timestamps alone"),
    "the purpose twice": ({"purposes": [_STAMPING, _STAMPING]}, "not for timestamps alone"),
    "issuer may not issue": ({"intermediate_is": {"ca": False}}, "may not issue any"),
    "issuer for other things": ({"intermediate_is": {"more": [_usage(digital_signature=True)]}}, "not for"),
    "issuer for other purposes": ({"intermediate_is": {"purposes": [_SIGNING]}}, "one that is not for"),
    "too far down": ({"root_is": {"path_length": 0}}, "further down"),
    "signer for encryption": ({"more": [_usage(key_encipherment=True)]}, "not for"),
    "unknown condition": ({"more": [_UNKNOWN]}, "condition"),
    "unknown condition above": ({"intermediate_is": {"more": [_UNKNOWN]}}, "condition"),
    "unknown condition at the top": ({"root_is": {"more": [_UNKNOWN]}}, "condition"),
    "constraints on names": ({"intermediate_is": {"more": [_ONLY_UNDER]}}, "condition"),
    "signer ended": ({"end": NOON.replace(microsecond=0)}, "not valid at the time"),
    "issuer ended": ({"intermediate_is": {"end": NOON.replace(microsecond=0)}}, "not valid at the time"),
    "root ended": ({"root_is": {"end": NOON.replace(microsecond=0)}}, "not valid at the time"),
    "signer not begun": ({"begin": NOON.replace(second=1)}, "not valid at the time"),
}

_GOOD_AUTHORITIES: Mapping[str, dict[str, Any]] = {
    "signer for signatures": {"more": [_usage(digital_signature=True)]},
    "signer for commitments": {"more": [_usage(content_commitment=True)]},
    "issuer for certificates": {"intermediate_is": {"more": [_usage(key_cert_sign=True, crl_sign=True)]}},
    "issuer for timestamps": {"intermediate_is": {"purposes": [_STAMPING, _SIGNING]}},
    "just far enough down": {"root_is": {"path_length": 1}, "intermediate_is": {"path_length": 0}},
    "unknown and not critical": {"more": [_NOT_CRITICAL]},
    "ends after 2049": {"end": END.replace(year=2060), "root_is": {"end": END.replace(year=2060)}},
}


@cache
def taken() -> dict[str, Case]:
    """Of the time `NOON`."""
    cases = {"ec": Case(EC.respond(DATA), DATA, EC.anchor), "rsa": Case(RSA.respond(DATA), DATA, RSA.anchor)}
    for kind in ("p256", "p384", "rsa"):
        for intermediate in (False, True):
            authority = Authority.make("any", kind, intermediate=intermediate)
            for hash_ in ("sha256", "sha384", "sha512"):
                response = authority.respond(DATA, hash_=hash_, digest_hash=hash_)
                cases[f"{kind} {hash_} {intermediate}"] = Case(response, DATA, authority.anchor)
    for name, told in _GOOD_AUTHORITIES.items():
        authority = Authority.make(intermediate=True, **told)
        cases[name] = Case(authority.respond(DATA), DATA, authority.anchor)
    status = tlv(0x30, integer(0), tlv(0x30, tlv(0x0C, "قُبِل".encode())))
    extension = tlv(0xA1, tlv(0x30, oid("1.2.3"), tlv(0x04, b"any")))
    responses = {
        "status in words": EC.respond(DATA, status=status),
        "no accuracy, no nonce": EC.respond(DATA, accuracy=None, nonce=None),
        "an extension": EC.respond(DATA, info=tst_info(DATA, NOON, more=extension)),
        "certificate named in the old way": EC.respond(DATA, ess="v1"),
        "unsigned attributes": EC.respond(
            DATA, unsigned=tlv(0xA1, tlv(0x30, oid("1.2.3"), tlv(0x31, tlv(0x04, b"any"))))
        ),
    }
    cases.update({name: Case(one, DATA, EC.anchor) for name, one in responses.items()})
    return cases


@cache
def refused() -> dict[str, tuple[Case, str]]:
    """Each with a part of what must be said of it."""
    cases: dict[str, tuple[Case, str]] = {}
    for name, (told, says) in _AUTHORITIES.items():
        authority = Authority.make(intermediate=True, **told)
        says = "authority: " if name == "unknown condition at the top" else says
        cases[name] = Case(authority.respond(DATA), DATA, authority.anchor), says
    impostor = Authority.make("first", "p384")
    signer, path = der_of(RSA.signer), [der_of(one) for one in RSA.path]
    for name, case, says in (
        ("other data", Case(EC.respond(DATA), DATA + b"\n", EC.anchor), "over something else"),
        ("other authority", Case(EC.respond(DATA), DATA, RSA.anchor), "not from this authority"),
        ("impostor", Case(impostor.respond(DATA), DATA, EC.anchor), "not from this authority"),
        ("other key", Case(EC.respond(DATA, key=key_of("thief")), DATA, EC.anchor), "not signed by"),
        ("other kind of key", Case(EC.respond(DATA, key=RSA.key), DATA, EC.anchor), "another kind"),
        ("no issuer", Case(RSA.respond(DATA, path=[signer]), DATA, RSA.anchor), "not from this authority"),
        ("no signer", Case(RSA.respond(DATA, path=path), DATA, RSA.anchor), "did not come with"),
        ("no certificates", Case(RSA.respond(DATA, path=[]), DATA, RSA.anchor), "did not come with"),
        ("anchor no root", Case(RSA.respond(DATA), DATA, path[0]), "signs itself"),
        ("no anchor", Case(RSA.respond(DATA), DATA, b""), "ends too early"),
    ):
        cases[name] = case, says
    for name, (response, says) in _forms().items():
        cases[name] = Case(response, DATA, EC.anchor), says
    return cases


def _forms() -> dict[str, tuple[bytes, str]]:
    info = tst_info(DATA, NOON)
    critical = tlv(0xA1, tlv(0x30, oid("1.2.3"), tlv(0x01, b"\xff"), tlv(0x04, b"")))
    sha512, unknown = (algorithm(f"2.16.840.1.101.3.4.2.{n}", tlv(0x05)) for n in (3, 9))
    good = EC.respond(DATA)
    return {
        "granted with changes": (EC.respond(DATA, status=tlv(0x30, integer(1))), "did not grant"),
        "rejected": (tlv(0x30, tlv(0x30, integer(2), tlv(0x03, b"\x05\x20"))), "did not grant"),
        "nothing": (b"", "ends too early"),
        "something behind": (good + b"\x00", "lies behind"),
        "too long": (good + bytes(70_000), "longer than"),
        "status not text": (
            EC.respond(DATA, status=tlv(0x30, integer(0), tlv(0x30, tlv(0x0C, b"\xff")))),
            "bytes that its type does not have",
        ),
        "no content type": (EC.respond(DATA, without="content-type"), "attribute is missing"),
        "no digest": (EC.respond(DATA, without="message-digest"), "attribute is missing"),
        "no certificate named": (EC.respond(DATA, without="certificate"), "do not name"),
        "no such day": (EC.respond(DATA, info=info.replace(b"20261124", b"20261131")), "no such time"),
        "no such hour": (EC.respond(DATA, info=info.replace(b"24120000", b"24240000")), "no such time"),
        "a leap second": (EC.respond(DATA, info=info.replace(b"24120000", b"24235960")), "no such time"),
        "year nought": (EC.respond(DATA, info=info.replace(b"20261124", b"00001124")), "no such time"),
        "a zero behind": (EC.respond(DATA, info=info.replace(b".25Z", b".20Z")), "not a time like"),
        "a condition": (EC.respond(DATA, info=tst_info(DATA, NOON, more=critical)), "critical and not known"),
        "another hash": (EC.respond(DATA, info=info.replace(sha512, unknown)), "not taken"),
        "a default written out": (
            EC.respond(DATA, info=tst_info(DATA, NOON, more=tlv(0x01, b"\x00"))),
            "written out",
        ),
    }
