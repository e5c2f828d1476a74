"""Certificate chains from a timestamp's signer up to the authority that the policy names.

Validity is checked **at the token's own time**. A court verifies years later, when every certificate of that
day may have expired. What counts is that the token was made while they were valid; renewal extends this.

Only a small part of X.509 is accepted: RSA of 2048 to 8192 bits with PKCS #1 v1.5, ECDSA on P-256 and P-384,
SHA-256, -384 and -512. An unknown condition is refused, never skipped; name constraints are refused too. No
revocation lists are read: a compromised authority is removed from the policy.

Trusts the anchor. Raises `NotProved`, and `Malformed` for an invalid anchor.

Specification: docs/spec/time.md; RFC 5280 section 6; RFC 3161 section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from chain_of_custody.encoding.der import BIT_STRING, SEQUENCE, Reader, context
from chain_of_custody.errors import Malformed, NotProved

STEP = "time"
MAX_ANCHOR = 8_192
"""Maximum bytes of an authority's certificate."""
MAX_CHAIN = 4
"""Maximum certificates above the signer's, including the authority's own."""

_E = TypeVar("_E", bound=x509.ExtensionType)
_MODULUS = range(2048, 8193)
_CURVES = ("secp256r1", "secp384r1")
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_HANDLED = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.CertificatePolicies,
    x509.SubjectAlternativeName,
)
"""Critical extensions that are checked, or change nothing here."""


def parse_certificate(der: bytes) -> x509.Certificate:
    """Parse a whole certificate. Raises `Malformed`, also for versions before 3."""
    tbs = Reader(der, "certificate").inside(SEQUENCE).inside(SEQUENCE)
    if tbs.inside(context(0)).integer() != 2:  # version 3 is written as 2
        raise tbs.malformed("not of version 3")
    if tbs.integer() <= 0:
        raise tbs.malformed("a serial number that is not positive")
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (
            certificate.issuer,
            certificate.subject,
            certificate.not_valid_after_utc,
            list(certificate.extensions),
        )
    except Exception as error:  # whatever the library raises for such bytes
        raise Malformed("certificate: it cannot be read") from error
    return certificate


def key_of(der: bytes) -> bytes:
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


def parse_anchor(der: bytes) -> x509.Certificate:
    """Parse the certificate of an authority: self-signed, with a key of an accepted kind.

    Raises `Malformed` if it is no such certificate. Its dates are checked later, at a token's time.
    """
    if len(der) > MAX_ANCHOR:
        raise Malformed(f"authority: its certificate has more than {MAX_ANCHOR} bytes")
    try:
        certificate = parse_certificate(der)
        check_certificate(certificate)
    except (Malformed, NotProved) as error:
        raise Malformed(f"authority: {error}") from error
    if der_of(certificate) != der or not issued(certificate, certificate):
        raise Malformed("authority: not a certificate that signs itself")
    return certificate


def der_of(certificate: x509.Certificate) -> bytes:
    """Return the certificate's bytes in DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def check_purpose(signer: x509.Certificate) -> None:
    """Raise `NotProved` unless it may sign timestamps, and nothing else (RFC 3161 section 2.3)."""
    check_certificate(signer)
    purposes = _extension(signer, x509.ExtendedKeyUsage)
    if purposes is None or not purposes.critical:
        raise NotProved(STEP, "the signer's certificate is not for timestamps")
    if list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise NotProved(STEP, "the signer's certificate is not for timestamps alone")
    _check_usage(signer, "digital_signature", "content_commitment")


def chain_to(
    anchor: x509.Certificate, signer: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """Return the chain from the signer's certificate to the anchor, all valid at the time `at`.

    Each is issued by the next.
    """
    chain = [signer]
    while chain[-1] != anchor:
        if len(chain) > MAX_CHAIN:
            raise NotProved(STEP, f"the chain of certificates is longer than {MAX_CHAIN}")
        candidates = [anchor, *(one for one in others if one not in chain)]
        issuer = next((one for one in candidates if issued(chain[-1], one)), None)
        if issuer is None:
            raise NotProved(STEP, "the signer's certificate is not from this authority")
        check_certificate(issuer)
        _check_authority(issuer, below=len(chain) - 1)
        chain.append(issuer)
    for one in chain:
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise NotProved(STEP, "a certificate was not valid at the time of the timestamp")
    return chain


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether `issuer` has signed `certificate`, under its own name."""
    if certificate.issuer.public_bytes() != issuer.subject.public_bytes():
        return False
    try:
        if not isinstance(certificate.signature_hash_algorithm, _HASHES):
            return False
        if not isinstance(certificate.signature_algorithm_parameters, padding.PKCS1v15 | ec.ECDSA):
            return False
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def check_certificate(certificate: x509.Certificate) -> None:
    """Raise `NotProved` unless key and extensions are of accepted kinds."""
    try:
        key = certificate.public_key()
    except Exception as error:  # as in `parse_certificate`
        raise NotProved(STEP, "a certificate whose key cannot be read") from error
    if isinstance(key, rsa.RSAPublicKey):
        taken = key.key_size in _MODULUS
    else:
        taken = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES
    if not taken:
        raise NotProved(STEP, "a certificate with a key of a kind that is not taken")
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.NameConstraints) or (
            extension.critical and not isinstance(extension.value, _HANDLED)
        ):
            raise NotProved(STEP, "a certificate with a condition that is not known")


def _check_authority(issuer: x509.Certificate, below: int) -> None:
    """Raise `NotProved` unless it may issue certificates with `below` more between it and the signer's."""
    basic = _extension(issuer, x509.BasicConstraints)
    if basic is None or not basic.value.ca:
        raise NotProved(STEP, "a certificate was issued by one that may not issue any")
    if basic.value.path_length is not None and basic.value.path_length < below:
        raise NotProved(STEP, "a certificate was issued further down than its authority allows")
    _check_usage(issuer, "key_cert_sign")
    purposes = _extension(issuer, x509.ExtendedKeyUsage)
    allowed = (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    if purposes is not None and not any(one in purposes.value for one in allowed):
        raise NotProved(STEP, "a certificate was issued by one that is not for timestamps")


def _check_usage(certificate: x509.Certificate, *any_of: str) -> None:
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not any(getattr(usage.value, name) for name in any_of):
        raise NotProved(STEP, "a certificate was used for what its key is not for")


def _extension(certificate: x509.Certificate, kind: type[_E]) -> x509.Extension[_E] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
