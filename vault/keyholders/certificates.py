"""X.509 certificates of a center's own: what those of its documents and those of its local network share.

Specification: RFC 5280, sections 4.1 and 4.2.1.3 (key usage).
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def common_name(text: str) -> x509.Name:
    """Return a name that consists of this common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    """Return a certificate with a random serial number, without extensions."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def key_usage(*, certificates: bool, documents: bool = False) -> x509.KeyUsage:
    """Return the usage of a key that signs certificates and CRLs, or of one that signs other data.

    `documents`: that data includes documents for people (contentCommitment).
    """
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
