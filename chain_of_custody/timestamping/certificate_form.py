"""Strict parsing of X.509 certificates: the one form in which an authority's certificate is accepted.

Everything that a chain needs is parsed here from the bytes, and by no library: libraries differ about
strings, defaults, parameters and times, and a verdict must not depend on which one a verifier uses.

What concerns only certificates in a chain (keys and algorithms that are not accepted, conditions that are
not known) is noted and left to `certificate_chain`: authorities also send certificates that no chain needs.

Trusts nothing. Raises only `Malformed`.

Specification: docs/spec/time.md section 8; RFC 5280 section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chain_of_custody.encoding.der import BIT_STRING, INTEGER, SEQUENCE, Reader, context
from chain_of_custody.timestamping.public_keys import SIGNATURES, PublicKey, Signing, parse_key

MAX_SERIAL = 20
"""Maximum bytes of a certificate's serial number (RFC 5280 section 4.1.2.2)."""

DIGITAL_SIGNATURE, CONTENT_COMMITMENT, KEY_CERT_SIGN = 0x80, 0x40, 0x04
"""Bits of the first byte of a key usage."""

_BASIC_CONSTRAINTS = "2.5.29.19"
_KEY_USAGE = "2.5.29.15"
_PURPOSES = "2.5.29.37"
_NAME_CONSTRAINTS = "2.5.29.30"
_HANDLED = {_BASIC_CONSTRAINTS, _KEY_USAGE, _PURPOSES, "2.5.29.32", "2.5.29.17"}
"""Critical extensions that are checked, or change nothing here: policies, and other names of the subject."""


@dataclass(frozen=True, slots=True)
class Purposes:
    """An extended key usage: object identifiers in their order."""

    critical: bool
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate states. Nothing of it is proved.

    `der`: all its bytes; `tbs`: those that `signature` is over. `issuer`, `subject`: names in DER. `key`,
    `signing`: None if foreign (`public_keys`). Of its extensions, None where there is none: `ca` (basic
    constraints), `path_length`, `usage` (first byte of the key usage), `purposes`. `unknown`: it has a
    condition that nothing here can check.
    """

    der: bytes
    tbs: bytes
    serial_number: int
    issuer: bytes
    subject: bytes
    begin: datetime
    end: datetime
    key: PublicKey | None
    signing: Signing | None
    signature: bytes
    ca: bool | None
    path_length: int | None
    usage: int | None
    purposes: Purposes | None
    unknown: bool


def parse_certificate(der: bytes) -> Certificate:
    """Parse a whole certificate. Raises `Malformed`."""
    outer = Reader(der, "certificate")
    whole = outer.inside(SEQUENCE)
    outer.end()
    tbs, algorithm, signature = whole.take(SEQUENCE), whole.take(SEQUENCE).whole, whole.bits()
    whole.end()
    reader = Reader(tbs.content, "certificate")
    version = reader.inside(context(0))
    if version.integer() != 2:  # version 3 is written as 2
        raise version.malformed("not of version 3")
    version.end()
    serial_number = read_serial(reader)
    if reader.take(SEQUENCE).whole != algorithm:
        raise reader.malformed("two statements of how it was signed")
    issuer = read_name(reader)
    validity = reader.inside(SEQUENCE)
    begin, end = validity.certificate_time(), validity.certificate_time()
    validity.end()
    subject, spki = read_name(reader), reader.take(SEQUENCE).whole
    extensions: Mapping[str, tuple[bool, bytes]] = {}
    if reader.next_is(context(3)):
        explicit = reader.inside(context(3))
        extensions = read_extensions(explicit.inside(SEQUENCE))
        explicit.end()
    reader.end()  # the unique identifiers of version 2, which would precede the extensions, are refused
    ca, path_length = _basic_constraints(extensions)
    return Certificate(
        der=der,
        tbs=tbs.whole,
        serial_number=serial_number,
        issuer=issuer,
        subject=subject,
        begin=begin,
        end=end,
        key=parse_key(spki),
        signing=SIGNATURES.get(algorithm),
        signature=signature,
        ca=ca,
        path_length=path_length,
        usage=_usage(extensions),
        purposes=_purposes(extensions),
        unknown=_NAME_CONSTRAINTS in extensions
        or any(critical and name not in _HANDLED for name, (critical, _) in extensions.items()),
    )


def key_bits(der: bytes) -> bytes:
    """Return the bits of a certificate's public key, regardless of its other contents.

    Raises `Malformed` if there is no key at the expected place.
    """
    tbs = Reader(der, "certificate").inside(SEQUENCE).inside(SEQUENCE)
    tbs.take(context(0))  # version; then serial number, algorithm, issuer, validity, subject
    for _ in range(5):
        tbs.take()
    key = tbs.inside(SEQUENCE)
    key.take(SEQUENCE)
    return key.take(BIT_STRING).content


def read_serial(reader: Reader) -> int:
    """Return the next value, a certificate's serial number."""
    serial_number = reader.integer(limit=MAX_SERIAL)
    if serial_number <= 0:
        raise reader.malformed("a serial number that is not positive")
    return serial_number


def read_name(reader: Reader) -> bytes:
    """Return the encoding of the next value, a name, whose parts are checked.

    Names are compared byte for byte and shown nowhere, so nothing else is made of them.
    """
    whole = reader.take(SEQUENCE)
    parts = Reader(whole.content, "certificate")
    if not parts:
        raise reader.malformed("an empty name")
    while parts:
        members = parts.set_of()
        if not members:
            raise reader.malformed("an empty part of a name")
        for member in members:
            attribute = Reader(member.whole, "certificate").inside(SEQUENCE)
            attribute.oid()
            if not attribute.text():
                raise reader.malformed("an empty string in a name")
            attribute.end()
    return whole.whole


def read_extensions(reader: Reader) -> dict[str, tuple[bool, bytes]]:
    """Return all that is left: extensions, by object identifier; whether each is critical, and its value."""
    extensions: dict[str, tuple[bool, bytes]] = {}
    while reader:
        extension = reader.inside(SEQUENCE)
        name, critical, value = extension.oid(), extension.default_false(), extension.octets()
        extension.end()
        if name in extensions:
            raise reader.malformed("an extension twice")
        extensions[name] = critical, value
    if not extensions:
        raise reader.malformed("an empty list of extensions")
    return extensions


def _basic_constraints(extensions: Mapping[str, tuple[bool, bytes]]) -> tuple[bool | None, int | None]:
    if _BASIC_CONSTRAINTS not in extensions:
        return None, None
    reader = _sequence(extensions[_BASIC_CONSTRAINTS][1])
    ca = reader.default_false()
    path_length = reader.integer() if reader.next_is(INTEGER) else None
    reader.end()
    if path_length is not None and (path_length < 0 or not ca):
        raise reader.malformed("a path length that is negative, or of one that issues nothing")
    return ca, path_length


def _usage(extensions: Mapping[str, tuple[bool, bytes]]) -> int | None:
    if _KEY_USAGE not in extensions:
        return None
    reader = Reader(extensions[_KEY_USAGE][1], "certificate")
    content = reader.take(BIT_STRING).content
    reader.end()
    # Nine bits have names. The list ends with the last that is set (X.690 section 11.2.2), and one is.
    shortest = len(content) in (2, 3) and content[-1] & -content[-1] == 1 << content[0]
    if not shortest or content[2:] not in (b"", b"\x80"):
        raise reader.malformed("a key usage that is not written in the shortest way")
    return content[1]


def _purposes(extensions: Mapping[str, tuple[bool, bytes]]) -> Purposes | None:
    if _PURPOSES not in extensions:
        return None
    critical, value = extensions[_PURPOSES]
    reader = _sequence(value)
    purposes = [reader.oid()]
    while reader:
        purposes.append(reader.oid())
    return Purposes(critical, tuple(purposes))


def _sequence(value: bytes) -> Reader:
    outer = Reader(value, "certificate")
    reader = outer.inside(SEQUENCE)
    outer.end()
    return reader
