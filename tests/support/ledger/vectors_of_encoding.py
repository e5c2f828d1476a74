"""Vectors for the rules of encoding and algorithms (E, A), in certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.support.ledger.made_tokens import algorithm, integer, oid, tlv
from tests.support.ledger.raw_timestamps import (
    CA,
    CRITICAL,
    NULL,
    P256,
    P384,
    RSA,
    TIME_STAMPING,
    EcKey,
    RsaKey,
    attribute,
    constraints,
    ec_spki,
    extension,
    generalized,
    name,
    rsa_spki,
    tst_info,
    utc,
)
from tests.support.ledger.timestamp_rules import (
    ALWAYS,
    BAD,
    FALSE,
    OK,
    PSS,
    ROOT,
    RSA_ROOT,
    RSA_SIGNER,
    SIGNER,
    STAMPING,
    TIME,
    WRONG,
    Cases,
    Vector,
    below,
    beside,
    beside_bytes,
    by,
    flat,
    root,
    stranger,
    text,
    through,
    vectors,
)

SHA1_RSA = algorithm("1.2.840.113549.1.1.5", NULL)
ED25519 = algorithm("1.3.101.112")


def encoding() -> Iterator[Vector]:
    return vectors(
        {
            "E1": _tags(),
            "E2": _lengths(),
            "E3": _ends(),
            "E4": _numbers(),
            "E5": _identifiers(),
            "E6": _defaults(),
            "E7": _sets(),
            "E8": _bits(),
            "E9": _strings(),
            "E10": _times(),
            "E12": _calendar(),
            "A2": _signature_algorithms(),
            "A4": _rsa_keys(),
            "A5": _points(),
            "A6": _rsa_signatures(),
            "A7": _ecdsa_signatures(),
        }
    )


# --- encoding -----------------------------------------------------------------------------------------------


def _tags() -> Cases:
    yield "a version in a primitive [0]", BAD, beside(version=tlv(0x80, integer(2)))
    yield "a serial number with a tag of two bytes", BAD, beside(serial=b"\x1f\x02\x01\x11")
    yield "a serial number that is an ENUMERATED", BAD, beside(serial=tlv(0x0A, b"\x11"))
    yield (
        "a validity that is a SET",
        BAD,
        beside(validity=tlv(0x31, utc("260101000000Z"), utc("310101000000Z"))),
    )
    yield (
        "an extension's value in a constructed string",
        BAD,
        beside(extensions=[tlv(0x30, oid("1.2.3"), tlv(0x24, tlv(0x04, b"x")))]),
    )


def _lengths() -> Cases:
    good = stranger().der
    yield "an indefinite length", BAD, beside_bytes(b"\x30\x80" + good[4:] + b"\x00\x00")
    yield "a length of one byte too many", BAD, beside(serial=b"\x02\x81\x01\x11")
    yield "a length with a zero in front", BAD, beside(serial=b"\x02\x82\x00\x01\x11")
    yield "a length of five bytes", BAD, beside(serial=b"\x02\x85\x00\x00\x00\x00\x01\x11")
    yield "the reserved length", BAD, beside(serial=b"\x02\xff\x11")
    yield (
        "a value longer than what holds it",
        BAD,
        beside(extensions=[tlv(0x30, oid("1.2.3"), b"\x04\x03ab")]),
    )


def _ends() -> Cases:
    yield "an element more in a certificate", BAD, beside(behind=NULL)
    yield "an element more in tbsCertificate", BAD, beside(more=NULL)
    yield "an element more behind the version", BAD, beside(version=tlv(0xA0, integer(2), NULL))
    yield "an element more in [3]", BAD, beside(extended=tlv(0xA3, tlv(0x30, CA), NULL))
    yield (
        "an element more in an extension",
        BAD,
        beside(extensions=[CA[:1] + bytes((CA[1] + 2,)) + CA[2:] + NULL]),
    )
    yield (
        "an element more in basicConstraints",
        BAD,
        beside(extensions=[constraints(CRITICAL, integer(0), NULL)]),
    )
    yield (
        "bytes behind basicConstraints",
        BAD,
        beside(extensions=[extension("2.5.29.19", tlv(0x30, CRITICAL) + NULL)]),
    )
    yield (
        "bytes behind keyUsage",
        BAD,
        beside(extensions=[extension("2.5.29.15", tlv(0x03, b"\x07\x80") + NULL)]),
    )
    yield (
        "bytes behind extKeyUsage",
        BAD,
        beside(extensions=[extension("2.5.29.37", tlv(0x30, oid(TIME_STAMPING)) + NULL)]),
    )
    yield (
        "an element more in an attribute of a name",
        BAD,
        beside(subject=name(tlv(0x30, oid("2.5.4.3"), tlv(0x0C, b"a"), NULL))),
    )
    yield "no validity", BAD, beside(validity=b"")
    yield "no subject", BAD, beside(subject=b"")


def _numbers() -> Cases:
    yield "a number without digits", BAD, beside(serial=b"\x02\x00")
    yield "a number with a zero too many", BAD, beside(serial=b"\x02\x02\x00\x11")
    yield (
        "a negative number with a byte too many",
        BAD,
        beside(extensions=[constraints(CRITICAL, b"\x02\x02\xff\x80")]),
    )
    yield "a path length of 33 bytes", BAD, beside(extensions=[constraints(CRITICAL, integer(1 << 260))])
    yield "a path length of 32 bytes", OK, by(top={"extensions": [constraints(CRITICAL, integer(1 << 250))]})
    yield "a serial number of a token of 33 bytes", BAD, by(info=tst_info(serial=integer(1 << 256)))
    yield "a serial number of a token of 32 bytes", OK, by(info=tst_info(serial=integer(1 << 254)))


def _identifiers() -> Cases:
    longest = tlv(0x06, b"\x2a" + b"\x81" * 62 + b"\x01")
    yield "an identifier of 64 bytes", OK, by(info=tst_info(policy=longest))
    yield "an identifier of 65 bytes", BAD, by(info=tst_info(policy=tlv(0x06, b"\x2a" + longest[2:])))
    yield "an empty identifier", BAD, beside(extensions=[tlv(0x30, tlv(0x06), tlv(0x04))])
    yield (
        "an identifier that does not end",
        BAD,
        beside(extensions=[tlv(0x30, tlv(0x06, b"\x2a\x81"), tlv(0x04))]),
    )
    yield (
        "an arc with a byte too many",
        BAD,
        beside(extensions=[tlv(0x30, tlv(0x06, b"\x2a\x80\x03"), tlv(0x04))]),
    )


def _defaults() -> Cases:
    yield "critical, written as FALSE", BAD, beside(extensions=[extension("1.2.3", NULL, FALSE)])
    yield "critical, true but not FF", BAD, beside(extensions=[extension("1.2.3", NULL, tlv(0x01, b"\x01"))])
    yield "critical, of two bytes", BAD, beside(extensions=[extension("1.2.3", NULL, tlv(0x01, b"\xff\xff"))])
    yield "cA, written as FALSE", BAD, by({"extensions": [STAMPING, constraints(FALSE)]})
    yield "cA, true but not FF", BAD, through({"extensions": [constraints(tlv(0x01, b"\x01"))]})


def _sets() -> Cases:
    one, other = attribute(tlv(0x0C, b"a")), attribute(tlv(0x0C, b"b"))
    yield "a name of two attributes at one level", OK, by({"subject": tlv(0x30, flat(one, other))})
    yield "a name whose attributes are not in order", BAD, beside(subject=tlv(0x30, flat(other, one)))
    yield "a name with one attribute twice", BAD, beside(subject=tlv(0x30, flat(one, one)))
    pair = sorted((stranger().der, stranger(serial=integer(18)).der))
    signer = below(root(), "signer", SIGNER, extensions=(STAMPING,)).der
    yield (
        "certificates that are not in order",
        BAD,
        by(sent=flat(*sorted((*pair, signer), reverse=True), tag=0xA0)),
    )
    yield "a certificate twice", BAD, by(sent=flat(*sorted((*pair, signer, signer)), tag=0xA0))


def _bits() -> Cases:
    yield "a signature with an unused bit", BAD, beside(bits=b"\x01")
    yield "a signature of no bytes", BAD, beside(bits=b"", signature=lambda _: b"")
    odd = tlv(0x30, algorithm("1.2.840.10045.2.1", oid(P256)), tlv(0x03, b"\x01", SIGNER.point))
    yield "the signer's key with an unused bit", TIME, by({"spki": odd})
    yield "a key with an unused bit that no chain needs", OK, beside(spki=odd)


def _strings() -> Cases:
    printable = b"ABCXYZabcxyz019 '()+,-./:=?"
    for what, tag, content in (
        ("UTF-8 of four lengths", 0x0C, "aé\u0645\U0001f54a".encode()),
        ("UTF-8 with a byte order mark", 0x0C, b"\xef\xbb\xbfa"),
        ("UTF-8 with a null", 0x0C, b"a\x00b"),
        ("a PrintableString of its whole alphabet", 0x13, printable),
        ("an IA5String", 0x16, b"time@example.org\x7f"),
    ):
        both = {"subject": text(tag, content), "issuer": text(tag, content)}
        yield what, OK, by({"subject": text(tag, content)}, top=both)
    for what, tag, content in (
        ("Latin-1 as UTF-8", 0x0C, b"caf\xe9"),
        ("an overlong null as UTF-8", 0x0C, b"a\xc0\x80"),
        ("an overlong slash as UTF-8", 0x0C, b"\xe0\x80\xaf"),
        ("a surrogate as UTF-8", 0x0C, b"\xed\xa0\x80"),
        ("beyond the last code point as UTF-8", 0x0C, b"\xf4\x90\x80\x80"),
        ("UTF-8 that ends early", 0x0C, b"a\xe2\x82"),
        ("an at sign as PrintableString", 0x13, b"a@b"),
        ("an asterisk as PrintableString", 0x13, b"*.example"),
        ("an underscore as PrintableString", 0x13, b"a_b"),
        ("a line feed behind a PrintableString", 0x13, b"ab\n"),
        ("UTF-8 as PrintableString", 0x13, "é".encode()),
        ("UTF-8 as IA5String", 0x16, "é".encode()),
        ("a TeletexString", 0x14, b"plain"),
        ("a TeletexString beyond ASCII", 0x14, b"caf\xe9"),
        ("a BMPString", 0x1E, b"\x00a\x00b"),
        ("a UniversalString", 0x1C, b"\x00\x00\x00a"),
        ("a NumericString", 0x12, b"12"),
        ("a VisibleString", 0x1A, b"plain"),
        ("a UTF8String in pieces", 0x2C, tlv(0x0C, b"a")),
        ("a number in a name", 0x02, b"\x01"),
        ("bits in a name", 0x03, b"\x00a"),
    ):
        yield what, BAD, beside(subject=text(tag, content))


def _times() -> Cases:
    yield "from 1950 to 9999", OK, by(ALWAYS, top=ALWAYS)
    yield "until the first second of 2050", OK, by({"end": generalized("20500101000000Z")})
    yield "until the last second of 2049", OK, by({"end": utc("491231235959Z")})
    whole = {"begin": generalized("19500101000000Z"), "end": generalized("20491231235959Z")}
    yield "a GeneralizedTime before 2050", OK, by(whole, top=whole)
    for what, time in (
        ("a UTCTime without seconds", utc("3101010000Z")),
        ("a UTCTime with an offset", utc("310101000000+0000")),
        ("a UTCTime without Z", utc("310101000000")),
        ("a UTCTime with a small z", utc("310101000000z")),
        ("a UTCTime of four digits of a year", utc("20310101000000Z")),
        ("a UTCTime with a fraction", utc("310101000000.5Z")),
        ("a UTCTime with other digits", tlv(0x17, "٣10101000000Z".encode())),
        ("a UTCTime and a line feed", utc("310101000000Z\n")),
        ("a GeneralizedTime before 1950", generalized("19491231235959Z")),
        ("a GeneralizedTime of the year 0", generalized("00000101000000Z")),
        ("a GeneralizedTime with a fraction", generalized("20600101000000.5Z")),
        ("a GeneralizedTime without seconds", generalized("206001010000Z")),
        ("a GeneralizedTime with an offset", generalized("20600101000000+0000")),
        ("a time that is a string", tlv(0x16, b"310101000000Z")),
    ):
        yield what, BAD, beside(end=time)


def _calendar() -> Cases:
    yield "from the 29th of February 2024", OK, by({"begin": utc("240229000000Z")})
    for what, time in (
        ("the 29th of February 2031", utc("310229000000Z")),
        ("the 29th of February 2100", generalized("21000229000000Z")),
        ("the 31st of April", utc("310431000000Z")),
        ("a 13th month", utc("311301000000Z")),
        ("a month 0", utc("310001000000Z")),
        ("a day 0", utc("310100000000Z")),
        ("an hour 24", utc("310101240000Z")),
        ("a minute 60", utc("310101006000Z")),
        ("a leap second", utc("301231235960Z")),
    ):
        yield what, BAD, beside(end=time)


# --- algorithms ---------------------------------------------------------------------------------------------


def _signature_algorithms() -> Cases:
    for curve in ("secp256r1", "secp384r1"):
        for hash_ in ("sha256", "sha384", "sha512"):
            keys = {"hash_": hash_}
            top = {"key": EcKey("root", curve), **keys}
            yield (
                f"ECDSA on {curve} with {hash_}",
                OK,
                by({"key": EcKey("signer", curve), **keys}, top=top, **keys),
            )
    for hash_ in ("sha256", "sha384", "sha512"):
        keys = {"hash_": hash_}
        yield f"RSA with {hash_}", OK, by({"key": RSA_SIGNER, **keys}, top={"key": RSA_ROOT, **keys}, **keys)
    rsa = {"key": RSA_ROOT}
    ecdsa_null, rsa_absent = algorithm("1.2.840.10045.4.3.2", NULL), algorithm("1.2.840.113549.1.1.11")
    yield "ECDSA with NULL in the signer's certificate", TIME, by({"signing": ecdsa_null})
    yield "RSA without NULL in the signer's certificate", TIME, by({"signing": rsa_absent}, top=rsa)
    yield (
        "RSA with a NULL that is not empty",
        TIME,
        by({"signing": algorithm("1.2.840.113549.1.1.11", b"\x05\x01\x00")}, top=rsa),
    )
    yield "RSA with SHA-1 in the signer's certificate", TIME, by({"signing": SHA1_RSA}, top=rsa)
    yield "RSA-PSS in the signer's certificate", TIME, by({"signing": PSS}, top=rsa)
    yield "the identifier of a key for a signature", TIME, by({"signing": RSA}, top=rsa)
    yield "SHA-384 announced, SHA-256 used", TIME, by({"signing": ROOT.algorithm("sha384")})
    yield "ECDSA with NULL in the authority's certificate", BAD, by(top={"signing": ecdsa_null})
    yield "RSA with SHA-1 in a certificate that no chain needs", OK, beside(signing=SHA1_RSA)
    yield (
        "Ed25519 in a certificate that no chain needs",
        OK,
        beside(signing=ED25519, spki=tlv(0x30, ED25519, tlv(0x03, bytes(33)))),
    )


def _rsa_keys() -> Cases:
    for bits in (2049, 3072, 8192):
        yield (
            f"RSA of {bits} bits",
            OK,
            by({"key": RsaKey("signer", bits)}, top={"key": RsaKey("root", bits)}),
        )
    modulus = RSA_SIGNER.modulus
    for what, spki in (
        ("RSA of 2047 bits", RsaKey("small", 2047).spki),
        ("RSA of 8193 bits", RsaKey("large", 8193).spki),
        ("an even modulus", rsa_spki(modulus + 1)),
        ("a negative modulus", rsa_spki(-modulus)),
        ("the exponent 3", rsa_spki(modulus, 3)),
        ("the exponent 65539", rsa_spki(modulus, 65539)),
        ("the exponent 1", rsa_spki(modulus, 1)),
        ("a negative exponent", rsa_spki(modulus, -65537)),
        ("an RSA key without NULL", rsa_spki(modulus, parameters=b"")),
        ("an RSA key with other parameters", rsa_spki(modulus, parameters=oid(P256))),
        (
            "a modulus with a zero too many",
            _rsa(b"\x02\x82\x01\x02\x00\x00" + modulus.to_bytes(256), integer(65537)),
        ),
        ("an element more in an RSA key", _rsa(integer(modulus), integer(65537), NULL)),
        ("bytes behind an RSA key", _spki(RSA, tlv(0x30, integer(modulus), integer(65537)) + NULL)),
        ("RSASSA-PSS as the kind of key", _spki(PSS, tlv(0x30, integer(modulus), integer(65537)))),
    ):
        yield what, TIME, by({"key": RSA_SIGNER, "spki": spki})
    yield "RSA of 1024 bits that no chain needs", OK, beside(spki=RsaKey("small", 1024).spki)


def _spki(kind: bytes, bits: bytes) -> bytes:
    return tlv(0x30, kind, tlv(0x03, b"\x00", bits))


def _rsa(*numbers: bytes) -> bytes:
    return _spki(RSA, tlv(0x30, *numbers))


def _points() -> Cases:
    point = SIGNER.point
    x, y = point[1:33], point[33:]
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    explicit = tlv(0x30, integer(1), tlv(0x30, oid("1.2.840.10045.1.1"), integer(p)))
    beyond = p + 5  # x = 5 is on the curve
    for what, spki in (
        ("a compressed point", ec_spki(bytes((2 + y[-1] % 2,)) + x, oid(P256))),
        ("a hybrid point", ec_spki(bytes((6 + y[-1] % 2,)) + x + y, oid(P256))),
        ("the point at infinity", ec_spki(b"\x00", oid(P256))),
        ("no point", ec_spki(b"", oid(P256))),
        ("a point beside the curve", ec_spki(point[:-1] + bytes((point[-1] ^ 1,)), oid(P256))),
        ("x = y = 0", ec_spki(b"\x04" + bytes(64), oid(P256))),
        ("x not below p", ec_spki(b"\x04" + beyond.to_bytes(32) + _y_of_five().to_bytes(32), oid(P256))),
        ("a point that is a byte short", ec_spki(point[:-1], oid(P256))),
        ("a point that is a byte long", ec_spki(point + b"\x00", oid(P256))),
        ("a point of P-256 under P-384", ec_spki(point, oid(P384))),
        ("explicit parameters of a curve", ec_spki(point, explicit)),
        ("NULL as the parameters of a curve", ec_spki(point, NULL)),
        ("no parameters of a curve", ec_spki(point, b"")),
        ("secp256k1", ec_spki(point, oid("1.3.132.0.10"))),
        ("P-521", EcKey("signer", "secp521r1").spki),
        ("a key for key agreement", _spki(algorithm("1.3.132.1.12", oid(P256)), point)),
    ):
        yield what, TIME, by({"spki": spki})
    yield (
        "a compressed point that no chain needs",
        OK,
        beside(spki=ec_spki(bytes((2 + y[-1] % 2,)) + x, oid(P256))),
    )
    yield (
        "the authority's point compressed",
        BAD,
        by(top={"spki": ec_spki(bytes((2 + ROOT.point[-1] % 2,)) + ROOT.point[1:33], oid(P256))}),
    )


def _y_of_five() -> int:
    p, b = (
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    )
    square = (125 - 15 + b) % p
    y = pow(square, (p + 1) // 4, p)
    assert y * y % p == square
    return y


def _rsa_signatures() -> Cases:
    keys = {"signer": {"key": RSA_SIGNER}, "top": {"key": RSA_ROOT}}
    for what, change in _rsa_changes():
        made = by({"key": RSA_SIGNER, "signature": change}, top={"key": RSA_ROOT})
        yield f"{what}, of the token", WRONG, by(**keys, signature=change)
        yield f"{what}, of a certificate", TIME, made
    bare, top = RsaKey("signer", info=b""), {"key": RsaKey("root", info=b"")}
    yield "a DigestInfo without NULL, of the token", WRONG, by(**keys, key=bare)
    yield "a DigestInfo without NULL, of a certificate", TIME, by({"by": top["key"]}, top={"key": RSA_ROOT})
    pss = bytes.fromhex("00") + RSA_SIGNER.modulus.to_bytes(256)[1:]
    yield "a number below the modulus, of the token", WRONG, by(**keys, signature=lambda _: pss)


def _rsa_changes() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    yield "a signature with a zero in front", lambda signature: b"\x00" + signature
    yield "a signature that is a byte short", lambda signature: signature[:-1]
    yield "a signature of nothing but zeros", lambda signature: bytes(len(signature))
    yield "no signature", lambda _: b""


def _ecdsa_signatures() -> Cases:
    for what, change in _ecdsa_changes():
        yield f"{what}, of the token", WRONG, by(signature=change)
        yield f"{what}, of a certificate", TIME, by({"signature": change})


def _ecdsa_changes() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    def numbers(signature: bytes) -> tuple[int, int]:
        first = signature[3]
        return int.from_bytes(signature[4 : 4 + first]), int.from_bytes(signature[6 + first :])

    def again(change: Callable[[int, int], tuple[bytes, ...]]) -> Callable[[bytes], bytes]:
        return lambda signature: tlv(0x30, *change(*numbers(signature)))

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    yield "r and s as bare numbers", lambda one: b"".join(part.to_bytes(32) for part in numbers(one))
    yield "a zero too many in r", again(lambda r, s: (tlv(0x02, bytes(2) + r.to_bytes(32)), integer(s)))
    yield "r = 0", again(lambda _, s: (integer(0), integer(s)))
    yield "s = 0", again(lambda r, _: (integer(r), integer(0)))
    yield "s negative", again(lambda r, s: (integer(r), integer(s - order)))
    yield "s larger than the order", again(lambda r, s: (integer(r), integer(s + order)))
    yield "an element more", again(lambda r, s: (integer(r), integer(s), NULL))
    yield "a byte behind", lambda one: one + b"\x00"
    yield "a length of one byte too many", lambda one: b"\x30\x81" + one[1:]
