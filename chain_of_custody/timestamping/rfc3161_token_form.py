"""Strict parsing of a timestamp: the form of a TimeStampResp of RFC 3161.

An authority's response is a status and a CMS SignedData around a TSTInfo, which states that this digest
existed at this time. This module checks only the form; `token_verification` proves the token. Of the many
forms that CMS allows, one is accepted: one signer, named by issuer and serial number, whose signed attributes
name the kind of content, its digest and the signer's certificate.

Trusts nothing. Raises only `Malformed`.

Specification: docs/spec/time.md; RFC 3161; RFC 5652 (CMS); RFC 2634 section 5.4 and RFC 5816 (the signer's
certificate).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chain_of_custody.encoding.der import (
    INTEGER,
    SEQUENCE,
    SET,
    UTF8_STRING,
    Element,
    Reader,
    context,
    encoded,
)
from chain_of_custody.errors import Malformed
from chain_of_custody.timestamping.certificate_form import read_name, read_serial
from chain_of_custody.timestamping.public_keys import DEFAULT_HASH, RSA, SIGNATURES, Signing, read_hash
from chain_of_custody.timestamping.tst_info import TstInfo, parse_tst_info

MAX_RESPONSE = 65_536
"""Maximum bytes of a response; most have four to eight thousand."""
MAX_CERTIFICATES = 8

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Signer:
    """How a token names the certificate that signed it, and the form of its signature.

    `issuer` (DER of a name) and `serial_number` name the certificate; `certificate_digests` (hash, digest)
    must be its digests, and `message_digest` that of the content. `signature` is over `signed`, made in the
    way that `signing` names.
    """

    issuer: bytes
    serial_number: int
    signing: Signing
    message_digest: bytes
    certificate_digests: tuple[tuple[str, bytes], ...]
    signed: bytes
    signature: bytes


@dataclass(frozen=True)
class Response:
    """A well-formed response; nothing in it is proved.

    `content`: the bytes of `info`. `certificates`: DER of those included in it.
    """

    content: bytes
    info: TstInfo
    signer: Signer
    certificates: tuple[bytes, ...]


def parse_response(data: bytes) -> Response:
    """Read a TimeStampResp. Raises `Malformed`, also if the authority refused."""
    if len(data) > MAX_RESPONSE:
        raise Malformed(f"timestamp: longer than {MAX_RESPONSE} bytes")
    reader = Reader(data, "timestamp")
    response = reader.inside(SEQUENCE)
    reader.end()
    _check_status(response.inside(SEQUENCE))
    token = response.inside(SEQUENCE)
    response.end()
    token.expect(token.oid() == _SIGNED_DATA, "the token is not signed data")
    signed_data = _only(token, lambda inner: inner.inside(SEQUENCE))
    return _signed_data(signed_data)


def in_order(data: bytes) -> bytes:
    """Return `data` with the certificates of its token in the order that DER requires.

    They are not signed, and some authorities' software (OpenSSL's too) writes them in its own order. Raises
    `Malformed` if `data` is no TimeStampResp; whether it is a valid one is not checked.
    """
    if len(data) > MAX_RESPONSE:
        raise Malformed(f"timestamp: longer than {MAX_RESPONSE} bytes")
    response = Reader(data, "timestamp").inside(SEQUENCE)
    response.take(SEQUENCE)
    token = response.inside(SEQUENCE)
    token.oid()
    signed_data = token.inside(context(0)).inside(SEQUENCE)
    signed_data.take(INTEGER)
    signed_data.take()
    signed_data.take(SEQUENCE)
    if not signed_data.next_is(context(0)):
        return data
    before = signed_data.take().content
    members = Reader(before, "timestamp").rest()
    after = b"".join(sorted({member.whole for member in members}))
    # Removing a duplicate certificate would change the outer lengths: leave it to be refused.
    return data.replace(before, after, 1) if len(after) == len(before) else data


def _check_status(reader: Reader) -> None:
    reader.expect(reader.integer() == 0, "the authority did not grant it")
    if reader.next_is(SEQUENCE):
        for text in reader.inside(SEQUENCE).rest():
            reader.expect(text.tag == UTF8_STRING, "a status text that is not UTF-8")
            Reader(text.whole, "timestamp").text()
    reader.end()


def _signed_data(reader: Reader) -> Response:
    reader.expect(reader.integer() == 3, "signed data of another version than 3")
    digests = [read_hash(reader, one) for one in reader.set_of()]
    encapsulated = reader.inside(SEQUENCE)
    reader.expect(encapsulated.oid() == _TST_INFO, "the content is not a TSTInfo")
    content = _only(encapsulated, lambda inner: inner.octets())
    certificates: list[Element] = []
    if reader.next_is(context(0)):
        certificates = reader.set_of(context(0))
    reader.expect(len(certificates) <= MAX_CERTIFICATES, f"more than {MAX_CERTIFICATES} certificates")
    reader.expect(all(one.tag == SEQUENCE for one in certificates), "a certificate of another kind")
    signers = reader.set_of()  # revocation lists, which may precede this, are refused: nothing reads them
    reader.end()
    reader.expect(len(signers) == 1 and signers[0].tag == SEQUENCE, "not signed by exactly one")
    info = parse_tst_info(content)
    signer = _signer(Reader(signers[0].content, "timestamp"))
    reader.expect(signer.signing[1] in digests, "the signer's hash is not among those announced")
    return Response(content, info, signer, tuple(one.whole for one in certificates))


# --- who signed it ----------------------------------------------------------------------------------------


def _signer(reader: Reader) -> Signer:
    reader.expect(reader.integer() == 1, "a signer of another version than 1")
    who = reader.inside(SEQUENCE)
    issuer, serial_number = read_name(who), read_serial(who)
    who.end()
    hash_ = read_hash(reader, reader.take(SEQUENCE))
    reader.expect(reader.next_is(context(0)), "no signed attributes")
    members = reader.set_of(context(0))
    message_digest, digests = _signed_attributes(reader, members, issuer, serial_number)
    algorithm = reader.take(SEQUENCE).whole
    signing: Signing | None = ("rsa", hash_) if algorithm == RSA else SIGNATURES.get(algorithm)
    if signing is None:
        raise reader.malformed("a signature algorithm that is not taken")
    reader.expect(signing[1] == hash_, "the signature is over another hash than the signer's")
    signature = reader.octets()
    if reader.next_is(context(1)):
        # Unsigned attributes add nothing to what was signed; they must only be a set.
        for attribute in reader.set_of(context(1)):
            _attribute(attribute)
    reader.end()
    # What is signed is the SET, although it is sent under the tag [0] (RFC 5652 section 5.4).
    signed = encoded(SET, b"".join(member.whole for member in members))
    return Signer(issuer, serial_number, signing, message_digest, digests, signed, signature)


def _signed_attributes(
    reader: Reader, members: list[Element], issuer: bytes, serial_number: int
) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """Return the message digest, and (hash, digest) of the signer's certificate, perhaps twice."""
    values: dict[str, bytes] = {}
    for member in members:
        name, value = _attribute(member)
        reader.expect(name not in values, "a signed attribute twice")
        values[name] = value
    for name in (_CONTENT_TYPE, _MESSAGE_DIGEST):
        reader.expect(name in values, "a signed attribute is missing")
    content_type = Reader(values[_CONTENT_TYPE], "timestamp")
    reader.expect(content_type.oid() == _TST_INFO, "the signed attributes are of another kind of content")
    digests = [
        _certificate_digest(values[name], version, issuer, serial_number)
        for version, name in ((1, _SIGNING_CERTIFICATE), (2, _SIGNING_CERTIFICATE_V2))
        if name in values
    ]
    reader.expect(bool(digests), "the signed attributes do not name the signer's certificate")
    return Reader(values[_MESSAGE_DIGEST], "timestamp").octets(), tuple(digests)


def _attribute(member: Element) -> tuple[str, bytes]:
    """Return (name, the encoding of its value) of an attribute, which has one value."""
    whole = Reader(member.whole, "timestamp")
    reader = whole.inside(SEQUENCE)
    name, values = reader.oid(), reader.set_of()
    reader.end()
    reader.expect(len(values) == 1, "an attribute with more than one value")
    return name, values[0].whole


def _certificate_digest(value: bytes, version: int, issuer: bytes, serial_number: int) -> tuple[str, bytes]:
    """Return (hash, digest) of the first certificate named, which is the signer's."""
    reader = Reader(value, "timestamp").inside(SEQUENCE)
    certificates = reader.inside(SEQUENCE)
    if reader:
        reader.take(SEQUENCE)  # policies, which are not used here
    reader.end()
    first = certificates.inside(SEQUENCE)
    reader.expect(all(one.tag == SEQUENCE for one in certificates.rest()), "a certificate named in no way")
    name = "sha256"  # the default of version 2
    if version == 1:
        name = "sha1"
    elif first.next_is(SEQUENCE):
        written = first.take()
        reader.expect(written.whole != DEFAULT_HASH, "a default that is written out")
        name = read_hash(reader, written)
    digest = first.octets()
    if first:
        names = encoded(SEQUENCE, encoded(context(4), issuer))
        named = first.inside(SEQUENCE)
        named_here = named.take(SEQUENCE).whole, read_serial(named)
        named.end()
        same = named_here == (names, serial_number)
        reader.expect(same, "the signed attributes name another certificate than the signer's")
    first.end()
    return name, digest


# --- pieces -----------------------------------------------------------------------------------------------


def _only(reader: Reader, read: Callable[[Reader], _T]) -> _T:
    """Return the one value in the explicit [0] that comes next and is the last."""
    inner = reader.inside(context(0))
    reader.end()
    value = read(inner)
    inner.end()
    return value
