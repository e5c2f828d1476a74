"""Vectors for the rules of responses, TSTInfo and SignerInfo (R, T, S), and those of E and A within them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import new, sha1, sha512

from tests.support.ledger.made_tokens import algorithm, integer, oid, set_of, tlv
from tests.support.ledger.raw_timestamps import (
    CRITICAL,
    DATA,
    NULL,
    TST_INFO,
    attributed,
    ess_id,
    extension,
    generalized,
    hash_id,
    named,
    tst_info,
)
from tests.support.ledger.timestamp_rules import (
    ALWAYS,
    BAD,
    FALSE,
    OK,
    PSS,
    RSA_ROOT,
    RSA_SIGNER,
    SIGNER,
    STAMPING,
    STRANGER,
    TIME,
    WRONG,
    Cases,
    Vector,
    below,
    by,
    flat,
    root,
    stranger,
    two_signers,
    vectors,
)

SIGNERS = below(root(), "signer", SIGNER, extensions=(STAMPING,)).der
CERTIFICATE = ess_id(SIGNERS)


def tokens() -> Iterator[Vector]:
    return vectors(
        {
            "E2": _lengths(),
            "E3": _ends(),
            "E6": _defaults(),
            "E7": _sets(),
            "E9": _strings(),
            "E11": _times(),
            "E12": _calendar(),
            "A1": _hashes(),
            "A2": _signature_algorithms(),
            "A3": _rsa_encryption(),
            "R1": _wholes(),
            "R2": _statuses(),
            "R3": _content_types(),
            "R4": _signed_data(),
            "R5": _announced(),
            "R6": _encapsulated(),
            "R7": _certificates(),
            "R8": _signers(),
            "T1": _versions(),
            "T2": _policies(),
            "T3": _imprints(),
            "T4": _serials(),
            "T5": _moments(),
            "T6": _accuracies(),
            "T7": _orderings(),
            "T8": _nonces(),
            "T9": _names(),
            "T10": _extensions(),
            "S1": _signer_versions(),
            "S2": _identities(),
            "S3": _digests(),
            "S4": _attributes(),
            "S5": _kinds(),
            "S6": _message_digests(),
            "S7": _named_certificates(),
            "S8": _named_issuers(),
            "S9": _signings(),
            "S10": _signatures(),
            "S11": _unsigned(),
        }
    )


def _lengths() -> Cases:
    good, anchor = by()
    yield "a response that is cut short", BAD, (good[:-1], anchor)
    yield "no response", BAD, (b"", anchor)
    yield "a response of an indefinite length", BAD, (b"\x30\x80" + good[4:] + b"\x00\x00", anchor)


def _ends() -> Cases:
    good, anchor = by()
    yield "a byte behind the response", BAD, (good + b"\x00", anchor)
    yield "an element more in the response", BAD, by(behind=NULL)
    yield "an element more in TSTInfo", BAD, by(info=tst_info(more=NULL))
    yield "bytes behind TSTInfo", BAD, by(info=tst_info() + NULL)
    yield (
        "an element more in messageImprint",
        BAD,
        by(info=tst_info(imprint=tlv(0x30, hash_id("sha512"), tlv(0x04, sha512(DATA).digest()), NULL))),
    )
    yield "an element more in accuracy", BAD, by(info=tst_info(accuracy=tlv(0x30, integer(1), NULL)))
    yield "an element more in SignerInfo", BAD, by(more=NULL)
    yield "an element more in sid", BAD, by(sid=tlv(0x30, named("root"), integer(17), NULL))
    yield (
        "an element more in an attribute",
        BAD,
        by(attributes={"other": tlv(0x30, oid("1.2.3"), set_of(NULL), NULL)}),
    )
    issuer = tlv(0x30, tlv(0x30, tlv(0xA4, named("root"))), integer(17))
    yield "an element more in an ESSCertID", BAD, by(ess={"v2": [ess_id(SIGNERS, behind=issuer + NULL)]})


def _defaults() -> Cases:
    yield "ordering, written as FALSE", BAD, by(info=tst_info(ordering=FALSE))
    yield "ordering, true but not FF", BAD, by(info=tst_info(ordering=tlv(0x01, b"\x01")))
    yield (
        "ESSCertIDv2 with its default written",
        BAD,
        by(ess={"v2": [ess_id(SIGNERS, before=hash_id("sha256", b""))]}),
    )
    yield "ESSCertIDv2 with SHA-256 and NULL", OK, by(ess={"v2": [ess_id(SIGNERS, before=hash_id())]})
    yield (
        "critical, written as FALSE in TSTInfo",
        BAD,
        by(info=tst_info(extensions=tlv(0xA1, extension("1.2.3", NULL, FALSE)))),
    )


def _sets() -> Cases:
    hashes = sorted((hash_id("sha256"), hash_id("sha512")))
    yield "hashes that are not in order", BAD, by(digests=flat(*reversed(hashes)))
    yield "a hash twice", BAD, by(digests=flat(hashes[0], hashes[0]))
    yield "attributes that are not in order", BAD, by(signed=flat(*reversed(_members()), tag=0xA0))


def _members() -> list[bytes]:
    message_digest = tlv(0x04, bytes(32))
    return sorted(
        (
            attributed("1.2.840.113549.1.9.3", oid(TST_INFO)),
            attributed("1.2.840.113549.1.9.4", message_digest),
            attributed("1.2.840.113549.1.9.16.2.47", tlv(0x30, tlv(0x30, CERTIFICATE))),
        )
    )


def _strings() -> Cases:
    def said(content: bytes, tag: int = 0x0C) -> bytes:
        return tlv(0x30, integer(0), tlv(0x30, tlv(tag, content)))

    yield "a status in Arabic", OK, by(status=said("قُبِل".encode()))
    yield "an empty status text", OK, by(status=said(b""))
    yield "a status text that is not UTF-8", BAD, by(status=said(b"\xff"))


def _times() -> Cases:
    for what, time in (("1970", "19700101000000Z"), ("2149", "21491231235959.999999Z")):
        yield f"a time in {what}", OK, by(ALWAYS, top=ALWAYS, info=tst_info(time=generalized(time)))
    for what, time in (
        ("whole seconds", "20261124120000Z"),
        ("one digit", "20261124120000.1Z"),
        ("six digits", "20261124120000.000001Z"),
    ):
        yield f"a time of {what}", OK, by(info=tst_info(time=generalized(time)))
    for what, time in (
        ("seven digits", "20261124120000.0000001Z"),
        ("a zero at the end", "20261124120000.10Z"),
        ("only a zero", "20261124120000.0Z"),
        ("a point and nothing behind it", "20261124120000.Z"),
        ("a comma", "20261124120000,5Z"),
        ("no seconds", "202611241200Z"),
        ("no Z", "20261124120000"),
        ("an offset", "20261124120000+0000"),
        ("a small z", "20261124120000z"),
        ("a space", "2026112412000 Z"),
        ("a sign", "20261124+20000Z"),
        ("a line feed behind it", "20261124120000Z\n"),
    ):
        yield f"a time with {what}", BAD, by(info=tst_info(time=generalized(time)))
    for time in (
        "00000101000000Z",
        "00010101000000Z",
        "19691231235959Z",
        "21500101000000Z",
        "99991231235959Z",
    ):
        yield f"a time in {time[:4]}", BAD, by(ALWAYS, top=ALWAYS, info=tst_info(time=generalized(time)))


def _calendar() -> Cases:
    for time in (
        "20261131120000Z",
        "20260229120000Z",
        "20261124240000Z",
        "20261124126000Z",
        "20261124235960Z",
    ):
        yield f"a token of {time}", BAD, by(info=tst_info(time=generalized(time)))
    leap = tst_info(time=generalized("20280229120000Z"))
    yield "a token of the 29th of February 2028", OK, by(info=leap)


def _hashes() -> Cases:
    for hash_ in ("sha256", "sha384", "sha512"):
        for what, parameters in (("NULL", NULL), ("no parameters", b"")):
            info = tst_info(hash_=hash_, imprint=_imprint(hash_, hash_id(hash_, parameters)))
            digest = hash_id(hash_, parameters)
            yield f"{hash_} with {what}", OK, by(info=info, hash_=hash_, digest=digest)
    for what, identifier in (
        ("SHA-1", algorithm("1.3.14.3.2.26", NULL)),
        ("SHA-224", algorithm("2.16.840.1.101.3.4.2.4", NULL)),
        ("SHA3-512", algorithm("2.16.840.1.101.3.4.2.10")),
        ("SHA-512 with an empty SEQUENCE", algorithm("2.16.840.1.101.3.4.2.3", tlv(0x30))),
        ("SHA-512 with a NULL that is not empty", algorithm("2.16.840.1.101.3.4.2.3", b"\x05\x01\x00")),
        ("SHA-512 with two NULLs", algorithm("2.16.840.1.101.3.4.2.3", NULL, NULL)),
        ("SHA-512 with a length too long", b"\x30\x81" + hash_id("sha512")[1:]),
    ):
        yield f"a digest by {what}", BAD, by(info=tst_info(imprint=_imprint("sha512", identifier)))
        yield f"{what} announced beside it", BAD, by(digests=set_of(hash_id(), identifier))


def _imprint(hash_: str, identifier: bytes) -> bytes:
    return tlv(0x30, identifier, tlv(0x04, new(hash_, DATA).digest()))


def _signature_algorithms() -> Cases:
    keys = {"signer": {"key": RSA_SIGNER}, "top": {"key": RSA_ROOT}}
    yield "a token by ECDSA with NULL", BAD, by(signing=algorithm("1.2.840.10045.4.3.2", NULL))
    yield "a token by ECDSA with SHA-1", BAD, by(signing=algorithm("1.2.840.10045.4.1"))
    yield "a token by RSA without NULL", BAD, by(**keys, signing=algorithm("1.2.840.113549.1.1.11"))
    yield "a token by RSA-PSS", BAD, by(**keys, signing=PSS)
    yield "a token by id-ecPublicKey", BAD, by(signing=algorithm("1.2.840.10045.2.1"))


def _rsa_encryption() -> Cases:
    keys = {"signer": {"key": RSA_SIGNER}, "top": {"key": RSA_ROOT}}
    rsa = algorithm("1.2.840.113549.1.1.1", NULL)
    for hash_ in ("sha256", "sha384", "sha512"):
        yield f"a token by rsaEncryption with {hash_}", OK, by(**keys, hash_=hash_, signing=rsa)
    yield "a token by rsaEncryption without NULL", BAD, by(**keys, signing=algorithm("1.2.840.113549.1.1.1"))
    yield "a token by rsaEncryption and a curve's key", WRONG, by(signing=rsa)


# --- the response -------------------------------------------------------------------------------------------


def _wholes() -> Cases:
    _, anchor = by()
    large = attributed("1.2.3", tlv(0x04, bytes(65_536)))
    yield "a response that is too long", BAD, by(unsigned=tlv(0xA1, large))
    fill = 65_536 - len(by(unsigned=tlv(0xA1, attributed("1.2.3", tlv(0x04, bytes(60_000)))))[0]) + 60_000
    yield (
        "a response of 65,536 bytes",
        OK,
        by(unsigned=tlv(0xA1, attributed("1.2.3", tlv(0x04, bytes(fill))))),
    )
    yield "a response without a token", BAD, (tlv(0x30, tlv(0x30, integer(0))), anchor)


def _statuses() -> Cases:
    yield "granted with changes", BAD, by(status=tlv(0x30, integer(1)))
    yield "rejected", BAD, by(status=tlv(0x30, integer(2)))
    yield (
        "granted, with a reason for a failure",
        BAD,
        by(status=tlv(0x30, integer(0), tlv(0x03, b"\x05\x20"))),
    )
    yield (
        "a status text that is a PrintableString",
        BAD,
        by(status=tlv(0x30, integer(0), tlv(0x30, tlv(0x13, b"a")))),
    )
    yield "a list of no status texts", OK, by(status=tlv(0x30, integer(0), tlv(0x30)))


def _content_types() -> Cases:
    yield "a token that is data", BAD, by(content_type=oid("1.2.840.113549.1.7.1"))


def _signed_data() -> Cases:
    yield "signed data of version 1", BAD, by(version=integer(1))
    yield "signed data of version 5", BAD, by(version=integer(5))
    yield "a revocation list", BAD, by(lists=tlv(0xA1, tlv(0x30)))
    yield "an empty set of revocation lists", BAD, by(lists=tlv(0xA1))


def _announced() -> Cases:
    yield "two hashes announced", OK, by(digests=set_of(hash_id(), hash_id("sha512")))
    yield (
        "the same hash announced with and without NULL",
        OK,
        by(digests=set_of(hash_id(), hash_id("sha256", b""))),
    )
    yield "another hash announced", BAD, by(digests=set_of(hash_id("sha512")))
    yield "no hash announced", BAD, by(digests=tlv(0x31))


def _encapsulated() -> Cases:
    inner = tlv(0xA0, tlv(0x04, tst_info()))
    yield "a content that is called data", BAD, by(encapsulated=tlv(0x30, oid("1.2.840.113549.1.7.1"), inner))
    yield "no content", BAD, by(encapsulated=tlv(0x30, oid(TST_INFO)))
    yield (
        "a content without an OCTET STRING",
        BAD,
        by(encapsulated=tlv(0x30, oid(TST_INFO), tlv(0xA0, tst_info()))),
    )


def _certificates() -> Cases:
    some = [stranger(serial=integer(100 + number)).der for number in range(8)]
    yield "eight certificates", OK, by(others=some[:7])
    yield "nine certificates", BAD, by(others=some)
    yield "no certificates", TIME, by(sent=b"")
    yield "an empty set of certificates", TIME, by(sent=tlv(0xA0))
    yield "only a stranger's certificate", TIME, by(sent=tlv(0xA0, some[0]))
    yield "an attribute certificate", BAD, by(sent=set_of(SIGNERS, tlv(0xA1, tlv(0x30)), tag=0xA0))
    twin = below(root(), "twin", STRANGER, extensions=(STAMPING,)).der
    yield "two with the signer's issuer and serial number", TIME, by(others=[twin])


def _signers() -> Cases:
    yield "two signers", BAD, by(signers=two_signers)
    yield "no signer", BAD, by(signers=lambda _: tlv(0x31))
    yield "a signer that is a SET", BAD, by(signers=lambda one: tlv(0x31, b"\x31" + one[1:]))


# --- TSTInfo ------------------------------------------------------------------------------------------------


def _versions() -> Cases:
    yield "a TSTInfo of version 2", BAD, by(info=tst_info(version=integer(2)))
    yield "a TSTInfo without a version", BAD, by(info=tst_info(version=b""))


def _policies() -> Cases:
    yield "a TSTInfo without a policy", BAD, by(info=tst_info(policy=b""))


def _imprints() -> Cases:
    yield (
        "over something else",
        "altered",
        by(info=tst_info(imprint=tlv(0x30, hash_id("sha512"), tlv(0x04, sha512(DATA + b"\n").digest())))),
    )
    yield (
        "a digest that is too short",
        "altered",
        by(info=tst_info(imprint=tlv(0x30, hash_id("sha512"), tlv(0x04, sha512(DATA).digest()[:-1])))),
    )
    yield "a TSTInfo without a digest", BAD, by(info=tst_info(imprint=tlv(0x30, hash_id("sha512"))))


def _serials() -> Cases:
    yield "the serial number 0 of a token", OK, by(info=tst_info(serial=integer(0)))
    yield "a TSTInfo without a serial number", BAD, by(info=tst_info(serial=b"", nonce=b"", accuracy=b""))


def _moments() -> Cases:
    yield "a UTCTime in TSTInfo", BAD, by(info=tst_info(time=tlv(0x17, b"261124120000Z")))
    yield "a TSTInfo without a time", BAD, by(info=tst_info(time=b""))


def _accuracies() -> Cases:
    def said(*parts: bytes) -> bytes:
        return tst_info(accuracy=tlv(0x30, *parts))

    for what, parts in (
        ("seconds, milliseconds and microseconds", (integer(2), integer(999, 0x80), integer(1, 0x81))),
        ("microseconds", (integer(999, 0x81),)),
        ("nothing", ()),
        ("0 seconds", (integer(0),)),
        ("2147483647 seconds", (integer(2**31 - 1), integer(999, 0x80), integer(999, 0x81))),
    ):
        yield f"an accuracy of {what}", OK, by(info=said(*parts))
    yield "no accuracy", OK, by(info=tst_info(accuracy=b""))
    for what, parts in (
        ("-1 seconds", (integer(-1),)),
        ("2147483648 seconds", (integer(2**31),)),
        ("0 milliseconds", (integer(0, 0x80),)),
        ("1000 milliseconds", (integer(1000, 0x80),)),
        ("0 microseconds", (integer(0, 0x81),)),
        ("1000 microseconds", (integer(1000, 0x81),)),
        ("-1 microseconds", (integer(-1, 0x81),)),
        ("microseconds before milliseconds", (integer(1, 0x81), integer(1, 0x80))),
    ):
        yield f"an accuracy of {what}", BAD, by(info=said(*parts))


def _orderings() -> Cases:
    yield "an authority that orders its tokens", OK, by(info=tst_info(ordering=CRITICAL))
    yield "ordering behind the nonce", BAD, by(info=tst_info(nonce=integer(7) + CRITICAL))


def _nonces() -> Cases:
    yield "no nonce", OK, by(info=tst_info(nonce=b""))
    yield "a negative nonce", OK, by(info=tst_info(nonce=integer(-7)))
    yield "a nonce that is a string", BAD, by(info=tst_info(nonce=tlv(0x04, b"7")))


def _names() -> Cases:
    yield (
        "an authority that states its name",
        OK,
        by(info=tst_info(tsa=tlv(0xA0, tlv(0xA4, named("signer"))))),
    )
    yield "a name of no known form", OK, by(info=tst_info(tsa=tlv(0xA0, b"\xff")))
    yield "a name in a primitive [0]", BAD, by(info=tst_info(tsa=tlv(0x80, b"a")))


def _extensions() -> Cases:
    one = extension("1.2.3", b"any")
    yield "an extension of TSTInfo", OK, by(info=tst_info(extensions=tlv(0xA1, one)))
    yield (
        "a critical extension of TSTInfo",
        BAD,
        by(info=tst_info(extensions=tlv(0xA1, extension("1.2.3", b"any", CRITICAL)))),
    )
    yield "an extension of TSTInfo twice", BAD, by(info=tst_info(extensions=tlv(0xA1, one, one)))
    yield "an empty list of extensions of TSTInfo", BAD, by(info=tst_info(extensions=tlv(0xA1)))


# --- SignerInfo ---------------------------------------------------------------------------------------------


def _signer_versions() -> Cases:
    yield "a signer of version 3", BAD, by(signer_version=integer(3))


def _identities() -> Cases:
    yield "a signer named by its key's identifier", BAD, by(sid=tlv(0x80, bytes(20)))
    yield "a signer with another serial number", TIME, by(sid=tlv(0x30, named("root"), integer(18)))
    yield "a signer with another issuer", TIME, by(sid=tlv(0x30, named("other"), integer(17)))
    yield "a signer with the serial number 0", BAD, by(sid=tlv(0x30, named("root"), integer(0)))
    yield "a signer with an empty issuer", BAD, by(sid=tlv(0x30, tlv(0x30), integer(17)))


def _digests() -> Cases:
    yield (
        "a signer's digest by SHA-1",
        BAD,
        by(digest=algorithm("1.3.14.3.2.26", NULL), digests=set_of(hash_id())),
    )


def _attributes() -> Cases:
    yield "an attribute more", OK, by(attributes={"other": attributed("1.2.3", tlv(0x04, b"any"))})
    yield "no signed attributes", BAD, by(signed=b"")
    yield "an empty set of signed attributes", BAD, by(signed=tlv(0xA0))
    yield (
        "an attribute twice",
        BAD,
        by(attributes={"a": attributed("1.2.3", integer(1)), "b": attributed("1.2.3", integer(2))}),
    )
    yield "an attribute of two values", BAD, by(attributes={"a": attributed("1.2.3", integer(1), integer(2))})
    yield "an attribute of no values", BAD, by(attributes={"a": attributed("1.2.3")})


def _kinds() -> Cases:
    yield "no content type", BAD, by(attributes={"content-type": b""})
    yield (
        "another content type",
        BAD,
        by(attributes={"content-type": attributed("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.7.1"))}),
    )


def _message_digests() -> Cases:
    yield "no message digest", BAD, by(attributes={"message-digest": b""})
    yield (
        "another message digest",
        WRONG,
        by(attributes={"message-digest": attributed("1.2.840.113549.1.9.4", tlv(0x04, bytes(32)))}),
    )
    yield (
        "a message digest that is a number",
        BAD,
        by(attributes={"message-digest": attributed("1.2.840.113549.1.9.4", integer(1))}),
    )


def _named_certificates() -> Cases:
    old, strangers = ess_id(SIGNERS, "sha1"), stranger().der
    yield "the signer's certificate by SHA-1", OK, by(ess={"v1": [old]})
    yield "the signer's certificate by SHA-1 and SHA-256", OK, by(ess={"v1": [old], "v2": [CERTIFICATE]})
    for hash_ in ("sha384", "sha512"):
        one = ess_id(SIGNERS, hash_, before=hash_id(hash_, b""))
        yield f"the signer's certificate by {hash_}", OK, by(ess={"v2": [one]})
    yield "a second certificate of any form", OK, by(ess={"v2": [CERTIFICATE, tlv(0x30, b"\xff")]})
    policies = tlv(0x30, tlv(0x30, CERTIFICATE), tlv(0x30, tlv(0x30, oid("1.2.3"))))
    yield (
        "policies beside the certificate",
        OK,
        by(ess={}, attributes={"ess": attributed("1.2.840.113549.1.9.16.2.47", policies)}),
    )
    yield "no certificate named", BAD, by(ess={})
    yield "an empty list of certificates named", BAD, by(ess={"v2": []})
    yield "another certificate named", WRONG, by(ess={"v2": [ess_id(strangers)]})
    yield (
        "another certificate named by SHA-1",
        WRONG,
        by(ess={"v1": [ess_id(strangers, "sha1")], "v2": [CERTIFICATE]}),
    )
    yield "a hash in version 1", BAD, by(ess={"v1": [ess_id(SIGNERS, "sha256", before=hash_id())]})
    yield (
        "the certificate named by SHA-1 in version 2",
        BAD,
        by(ess={"v2": [tlv(0x30, algorithm("1.3.14.3.2.26", NULL), tlv(0x04, sha1(SIGNERS).digest()))]}),
    )
    yield "a second certificate that is a string", BAD, by(ess={"v2": [CERTIFICATE, tlv(0x04, b"a")]})


def _named_issuers() -> Cases:
    def said(issuer: bytes, serial: int) -> bytes:
        return ess_id(SIGNERS, behind=tlv(0x30, tlv(0x30, issuer), integer(serial)))

    right = tlv(0xA4, named("root"))
    yield "issuer and serial number named", OK, by(ess={"v2": [said(right, 17)]})
    yield "another serial number named", BAD, by(ess={"v2": [said(right, 18)]})
    yield "another issuer named", BAD, by(ess={"v2": [said(tlv(0xA4, named("other")), 17)]})
    yield "an issuer named twice", BAD, by(ess={"v2": [said(right + right, 17)]})
    yield "an issuer named by its address", BAD, by(ess={"v2": [said(tlv(0x86, b"http://a"), 17)]})


def _signings() -> Cases:
    yield "a signature of another hash", BAD, by(signing=SIGNER.algorithm("sha384"))
    yield "a signature of another kind than the key", WRONG, by(signing=RSA_SIGNER.algorithm("sha256"))
    yield "a signature by another key", WRONG, by(key=STRANGER)


def _signatures() -> Cases:
    yield "a signature over something else", WRONG, by(signature=lambda _: SIGNER.sign("sha256", b"another"))
    yield "a signature with a bit changed", WRONG, by(signature=lambda one: one[:-1] + bytes((one[-1] ^ 1,)))


def _unsigned() -> Cases:
    one, other = attributed("1.2.3", tlv(0x04, b"any")), attributed("1.2.3", tlv(0x04, b"other"))
    yield "unsigned attributes", OK, by(unsigned=flat(one, other, tag=0xA1))
    yield "unsigned attributes that are not in order", BAD, by(unsigned=flat(other, one, tag=0xA1))
    yield (
        "an unsigned attribute of two values",
        BAD,
        by(unsigned=tlv(0xA1, attributed("1.2.3", integer(1), integer(2)))),
    )
