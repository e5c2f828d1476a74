"""Vectors for the rules of certificates and their chains (C, P)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.support.ledger.made_tokens import algorithm, integer, oid, tlv
from tests.support.ledger.raw_timestamps import (
    ANY_PURPOSE,
    CA,
    CODE_SIGNING,
    CRITICAL,
    NULL,
    P256,
    TIME_STAMPING,
    Certificate,
    EcKey,
    RsaKey,
    attribute,
    constraints,
    extension,
    generalized,
    name,
    named,
    purposes,
    tst_info,
    usage,
    utc,
)
from tests.support.ledger.timestamp_rules import (
    BAD,
    MIDDLE,
    OK,
    ROOT,
    RSA_ROOT,
    SIGNER,
    STAMPING,
    STRANGER,
    TIME,
    Cases,
    Vector,
    below,
    beside,
    beside_bytes,
    by,
    root,
    stamped,
    stranger,
    text,
    through,
    vectors,
)

UNKNOWN = extension("1.2.3.4.5", NULL, CRITICAL)


def certificates() -> Iterator[Vector]:
    return vectors(
        {
            "C1": _wholes(),
            "C2": _versions(),
            "C3": _serials(),
            "C4": _announced(),
            "C5": _names(),
            "C6": _validities(),
            "C7": _keys(),
            "C8": _unique(),
            "C9": _extensions(),
            "C10": _constraints(),
            "C11": _usages(),
            "C12": _purposes(),
            "P1": _anchors(),
            "P2": _conditions(),
            "P3": _issuing(),
            "P4": _signers(),
            "P5": _signers_usage(),
            "P6": _chains(),
            "P7": _authorities(),
            "P8": _authorities_usage(),
            "P9": _validity(),
        }
    )


# --- certificates -------------------------------------------------------------------------------------------


def _wholes() -> Cases:
    good = stranger()
    yield (
        "a certificate without a signature",
        BAD,
        beside_bytes(tlv(0x30, good.tbs, ROOT.algorithm("sha256"))),
    )
    yield "a certificate without an algorithm", BAD, beside_bytes(tlv(0x30, good.tbs, tlv(0x03, b"\x00x")))
    yield "an empty certificate", BAD, beside_bytes(tlv(0x30))


def _versions() -> Cases:
    yield "version 1, as it is by default", BAD, beside(version=b"")
    yield "version 1, written", BAD, beside(version=tlv(0xA0, integer(0)))
    yield "version 2", BAD, beside(version=tlv(0xA0, integer(1)))
    yield "version 4", BAD, beside(version=tlv(0xA0, integer(3)))
    yield "the authority's certificate of version 1", BAD, by(top={"version": b"", "extensions": None})


def _serials() -> Cases:
    yield "the serial number 1", OK, by({"serial": integer(1)})
    yield "a serial number of 20 bytes", OK, by({"serial": integer(2**159 - 1)})
    yield "a serial number of 21 bytes", BAD, beside(serial=integer(2**159))
    yield "the serial number 0", BAD, beside(serial=integer(0))
    yield "a negative serial number", BAD, beside(serial=integer(-17))


def _announced() -> Cases:
    yield "two algorithms", BAD, beside(outer=STRANGER.algorithm("sha384"))
    yield "the same algorithm, once with NULL", BAD, beside(outer=algorithm("1.2.840.10045.4.3.2", NULL))
    yield "two algorithms of the signer's certificate", BAD, by({"outer": ROOT.algorithm("sha384")})


def _names() -> Cases:
    country, organisation = (
        attribute(tlv(0x13, b"PS"), "2.5.4.6"),
        attribute(tlv(0x0C, "هيئة".encode()), "2.5.4.10"),
    )
    whole = name(country, organisation, attribute(tlv(0x0C, b"time")))
    yield "a name of three parts", OK, by(top={"subject": whole, "issuer": whole})
    yield "an empty subject", BAD, beside(subject=tlv(0x30))
    yield "an empty issuer", BAD, beside(issuer=tlv(0x30))
    yield "an empty part of a name", BAD, beside(subject=tlv(0x30, tlv(0x31)))
    yield "an empty string in a name", BAD, beside(subject=text(0x0C, b""))
    yield "an attribute without a value", BAD, beside(subject=name(tlv(0x30, oid("2.5.4.3"))))
    yield "an attribute without a type", BAD, beside(subject=name(tlv(0x30, tlv(0x0C, b"a"))))
    yield "an issuer of TeletexString", BAD, beside(issuer=text(0x14, b"plain"))


def _validities() -> Cases:
    begin, end = utc("260101000000Z"), utc("310101000000Z")
    yield "a validity of one time", BAD, beside(validity=tlv(0x30, begin))
    yield "a validity of three times", BAD, beside(validity=tlv(0x30, begin, end, end))
    yield "a validity that ends before it begins", OK, beside(validity=tlv(0x30, end, begin))


def _keys() -> Cases:
    element = tlv(0x30, algorithm("1.2.840.10045.2.1", oid(P256)), tlv(0x03, b"\x00", SIGNER.point), NULL)
    yield "an element more in the signer's key", TIME, by({"spki": element})
    yield "an element more in a key that no chain needs", OK, beside(spki=element)
    yield "a key that is a SET", BAD, beside(spki=tlv(0x31, SIGNER.spki[2:]))
    yield "an empty key", OK, beside(spki=tlv(0x30))


def _unique() -> Cases:
    yield "a unique identifier of the issuer", BAD, beside(unique=tlv(0x81, b"\x00x"))
    yield "a unique identifier of the subject", BAD, beside(unique=tlv(0x82, b"\x00x"))


def _extensions() -> Cases:
    yield "no extensions", OK, beside(extensions=None)
    yield (
        "an unknown extension of no known form",
        OK,
        by({"extensions": [STAMPING, extension("1.2.3", b"\xff")]}),
    )
    yield "an empty list of extensions", BAD, beside(extensions=[])
    yield "an extension twice", BAD, beside(extensions=[CA, CA])
    yield "an unknown extension twice", BAD, beside(extensions=[extension("1.2.3", NULL)] * 2)
    yield "an extension without a value", BAD, beside(extensions=[tlv(0x30, oid("1.2.3"))])
    yield (
        "an extension whose value is bits",
        BAD,
        beside(extensions=[tlv(0x30, oid("1.2.3"), tlv(0x03, b"\x00"))]),
    )
    yield "a list of extensions that is a SET", BAD, beside(extended=tlv(0xA3, tlv(0x31, CA)))


def _constraints() -> Cases:
    yield "a signer with empty basicConstraints", OK, by({"extensions": [STAMPING, constraints()]})
    yield "a signer that may issue", OK, by({"extensions": [STAMPING, CA]})
    yield (
        "basicConstraints that are not critical",
        OK,
        by(top={"extensions": [extension("2.5.29.19", tlv(0x30, CRITICAL))]}),
    )
    yield "a negative path length", BAD, through({"extensions": [constraints(CRITICAL, integer(-1))]})
    yield (
        "a negative path length of the authority",
        BAD,
        by(top={"extensions": [constraints(CRITICAL, integer(-1))]}),
    )
    yield "a path length of one that may not issue", BAD, beside(extensions=[constraints(integer(0))])
    yield "basicConstraints that are no SEQUENCE", BAD, beside(extensions=[extension("2.5.29.19", CRITICAL)])


def _usages() -> Cases:
    yield "all nine bits of a key usage", OK, by({"extensions": [STAMPING, usage(7, 0xFF, 0x80)]})
    yield "a zero at the end of a key usage", BAD, beside(extensions=[usage(6, 0x80)])
    yield "a zero byte at the end of a key usage", BAD, beside(extensions=[usage(7, 0x80, 0x00)])
    yield "an unused bit that is set", BAD, beside(extensions=[usage(7, 0xC0)])
    yield "a key usage of no bits", BAD, beside(extensions=[usage(0)])
    yield "a key usage of zeros", BAD, beside(extensions=[usage(7, 0x00)])
    yield "eight unused bits", BAD, beside(extensions=[usage(8, 0x00)])
    yield "a tenth bit", BAD, beside(extensions=[usage(6, 0x80, 0x40)])
    yield "a third byte", BAD, beside(extensions=[usage(7, 0x80, 0x80, 0x80)])
    yield "a key usage without a number of unused bits", BAD, beside(extensions=[usage()])
    yield (
        "a key usage that is a string",
        BAD,
        beside(extensions=[extension("2.5.29.15", tlv(0x04, b"\x07\x80"))]),
    )


def _purposes() -> Cases:
    yield "an empty extKeyUsage", BAD, beside(extensions=[purposes()])
    yield (
        "a purpose that is a number",
        BAD,
        beside(extensions=[extension("2.5.29.37", tlv(0x30, integer(1)))]),
    )
    yield (
        "an extKeyUsage that is a SET",
        BAD,
        beside(extensions=[extension("2.5.29.37", tlv(0x31, oid(TIME_STAMPING)))]),
    )


# --- chains -------------------------------------------------------------------------------------------------


def _anchors() -> Cases:
    alone = root(extensions=(STAMPING,))
    longest, good = extension("1.2.3", bytes(8192)), root().der
    yield "an authority that signs itself", OK, stamped((alone,), certificates=[alone.der])
    fill = 8192 - len(root(extensions=(CA, extension("1.2.3", bytes(4096)))).der) + 4096
    yield (
        "an authority's certificate of 8,192 bytes",
        OK,
        by(top={"extensions": (CA, extension("1.2.3", bytes(fill)))}),
    )
    yield "an authority's certificate that is too long", BAD, by(top={"extensions": (CA, longest)})
    yield "an authority that another has signed", BAD, by(anchor=root(by=MIDDLE).der)
    yield "an authority of another name than its issuer's", BAD, by(top={"issuer": named("other")})
    yield "an authority's certificate with a byte behind", BAD, by(anchor=good + b"\x00")
    yield "an authority's certificate that is cut short", BAD, by(anchor=good[:-1])
    yield "no authority", BAD, by(anchor=b"")
    yield "an authority with an RSA key of 2047 bits", BAD, by(top={"key": RsaKey("small", 2047)})
    yield (
        "an authority with a name in TeletexString",
        BAD,
        by(top={"subject": text(0x14, b"a"), "issuer": text(0x14, b"a")}, issuer=named("root")),
    )
    yield "an authority with a condition that is unknown", BAD, by(top={"extensions": (CA, UNKNOWN)})


def _conditions() -> Cases:
    critical = [extension("2.5.29.32", b"any", CRITICAL), extension("2.5.29.17", b"any", CRITICAL)]
    only_under = extension("2.5.29.30", tlv(0x30))
    yield "critical policies and other names", OK, by({"extensions": [STAMPING, *critical]})
    yield "an unknown condition of the signer", TIME, by({"extensions": [STAMPING, UNKNOWN]})
    yield "an unknown condition of an issuer", TIME, through({"extensions": [CA, UNKNOWN]})
    yield (
        "critical constraints on policies",
        TIME,
        through({"extensions": [CA, extension("2.5.29.36", tlv(0x30, tlv(0x80, b"\x00")), CRITICAL)]}),
    )
    yield "constraints on names", TIME, through({"extensions": [CA, only_under]})
    yield "an unknown condition of one that no chain needs", OK, beside(extensions=[UNKNOWN])


def _issuing() -> Cases:
    printable = text(0x13, b"root")
    yield "the issuer's name in another type of string", TIME, by({"issuer": printable})
    yield "the issuer's name in capitals", TIME, by({"issuer": named("ROOT")})
    yield "the issuer's name with a space", TIME, by({"issuer": named("root ")})
    yield "signed by another key", TIME, by({"by": STRANGER})
    yield "signed by a key of another kind", TIME, by({"by": RSA_ROOT})
    yield "signed over something else", TIME, by({"signature": lambda _: ROOT.sign("sha256", b"another")})


def _signers() -> Cases:
    for what, extensions in (
        ("no extKeyUsage", [extension("1.2.3", NULL)]),
        ("extKeyUsage not critical", [purposes(TIME_STAMPING, critical=b"")]),
        ("another purpose", [purposes(CODE_SIGNING)]),
        ("another purpose beside it", [purposes(TIME_STAMPING, CODE_SIGNING)]),
        ("the purpose twice", [purposes(TIME_STAMPING, TIME_STAMPING)]),
        ("any purpose", [purposes(ANY_PURPOSE)]),
    ):
        yield f"a signer with {what}", TIME, by({"extensions": extensions})


def _signers_usage() -> Cases:
    yield "a signer for signatures", OK, by({"extensions": [STAMPING, usage(7, 0x80)]})
    yield "a signer for commitments", OK, by({"extensions": [STAMPING, usage(6, 0x40)]})
    yield "a signer for encryption", TIME, by({"extensions": [STAMPING, usage(5, 0x20)]})
    yield "a signer for certificates", TIME, by({"extensions": [STAMPING, usage(2, 0x04)]})


def _chains() -> Cases:
    def of(length: int) -> list[Certificate]:
        path = [root()]
        for number in range(length - 1):
            serial = integer(100 + number)
            path.append(
                below(path[-1], f"ca {number}", EcKey(f"ca {number}"), extensions=(CA,), serial=serial)
            )
        return [*path, below(path[-1], "signer", SIGNER, extensions=(STAMPING,))]

    for length in (2, 4):
        yield f"{length} certificates above the signer's", OK, stamped(of(length))
    yield "five certificates above the signer's", TIME, stamped(of(5))
    path = of(3)
    signer = path[-1].der
    yield "an issuer that did not come", TIME, stamped(path, certificates=[signer, path[1].der])
    yield "the authority's own certificate came, too", OK, stamped(path, others=[path[0].der])
    yield "another authority", TIME, stamped(path, anchor=root(key=STRANGER).der)
    nowhere = replace(path[2], by=STRANGER, issuer=named("nowhere"))
    dead_ends = [
        replace(nowhere, serial=integer(number), issuer=named(name)).der
        for number in range(9)
        for name in ("lost", "elsewhere")
    ]
    yield "a way that leads nowhere comes second", OK, stamped(path, others=[max(dead_ends)])
    yield "a way that leads nowhere comes first", TIME, stamped(path, others=[min(dead_ends)])
    assert min(dead_ends) < path[2].der < max(dead_ends)
    one = replace(stranger(subject=named("one"), issuer=named("other"), by=MIDDLE), extensions=(CA,))
    other = replace(
        one, key=MIDDLE, by=STRANGER, subject=named("other"), issuer=named("one"), serial=integer(5)
    )
    circle = below(one, "signer", SIGNER, extensions=(STAMPING,), serial=integer(6))
    yield "two that issue each other", TIME, stamped((root(), other, one, circle))


def _authorities() -> Cases:
    yield "an issuer without basicConstraints", TIME, through({"extensions": [extension("1.2.3", NULL)]})
    yield "an issuer without cA", TIME, through({"extensions": [constraints()]})
    yield "an authority without extensions", TIME, by(top={"extensions": None})
    zero, one = (constraints(CRITICAL, integer(length)) for length in (0, 1))
    yield "path lengths that just suffice", OK, through({"extensions": [zero]}, top={"extensions": [one]})
    yield "a path length that does not suffice", TIME, through(top={"extensions": [zero]})


def _authorities_usage() -> Cases:
    yield "an issuer for certificates", OK, through({"extensions": [CA, usage(2, 0x04)]})
    yield "an issuer for any purpose", OK, through({"extensions": [CA, purposes(CODE_SIGNING, ANY_PURPOSE)]})
    yield (
        "an issuer for timestamps and others",
        OK,
        through({"extensions": [CA, purposes(CODE_SIGNING, TIME_STAMPING)]}),
    )
    yield "an issuer for signatures", TIME, through({"extensions": [CA, usage(7, 0x80)]})
    yield "an issuer for other purposes", TIME, through({"extensions": [CA, purposes(CODE_SIGNING)]})


def _validity() -> Cases:
    noon, before = utc("261124120000Z"), utc("261124115959Z")
    on_time = {"info": tst_info(time=generalized("20261124120000Z"))}
    yield "at the last moment", OK, by({"end": noon}, **on_time)
    yield "at the first moment", OK, by({"begin": noon}, **on_time)
    yield (
        "a microsecond after the end",
        TIME,
        by({"end": noon}, info=tst_info(time=generalized("20261124120000.000001Z"))),
    )
    yield "a second after the end", TIME, by({"end": before}, **on_time)
    yield "not begun", TIME, by({"begin": utc("261124120001Z")})
    yield "an issuer that had ended", TIME, through({"end": before})
    yield "an authority that had ended", TIME, by(top={"end": before})
    yield "a foreign issuer", TIME, through({"key": EcKey("middle", "secp521r1")})
