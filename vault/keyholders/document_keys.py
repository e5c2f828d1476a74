"""The keys that sign documents for people: the center's own certificate authority and the key it certifies.

A certificate of a court package is a PDF, and PDF readers support only X.509. So the center has its own
authority, which no outside authority certifies. Courts recognise it by the fingerprint on the trust sheet.
The ledger proves what a document *says*; this signature shows who issued the paper.

ECDSA over P-256 with SHA-256 (FIPS 186-5), because PDF readers cannot check anything newer. The authority's
private key signs one certificate when it is made, and is then discarded.

File, one line of RFC 8785 JSON:

    {"authority":"<DER, base64>","certificate":"<DER>","key":"<32 bytes>","kind":"document-keys","v":1}

or the same, sealed (`vault.keyholders.boot_keys`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from vault.errors import Altered
from vault.key_protection.canonical_file import parse_canonical, to_bytes, to_text
from vault.keyholders.certificates import certificate, common_name, key_usage

LIFETIME = timedelta(days=365 * 20)
"""Validity of the certificates: how long a court may need the testimony. The proof of a paper's content does
not depend on it."""
_CURVE = ec.SECP256R1()
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336, id-kp-documentSigning


@dataclass(frozen=True)
class DocumentKeys:
    """The signing key, its certificate, and the authority's; both certificates in DER."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: bytes
    authority: bytes

    @classmethod
    def generate(cls, now: datetime | None = None) -> DocumentKeys:
        """Generate a document key and an authority for it, both P-256, valid from `now` for `LIFETIME`.

        `now`: the current time by default. The authority's private key is discarded.
        """
        authority_key, key = ec.generate_private_key(_CURVE), ec.generate_private_key(_CURVE)
        begins = (now or datetime.now(UTC)).replace(microsecond=0)
        ends = begins + LIFETIME
        identity = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
        issuer = common_name(f"Amana center certificate authority {identity.digest.hex()[:8]}")
        authority = (
            certificate(issuer, issuer, authority_key.public_key(), begins, ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(certificates=True), critical=True)
            .add_extension(identity, critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        documents = (
            certificate(common_name("Amana center documents"), issuer, key.public_key(), begins, ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(certificates=False, documents=True), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([_DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        return cls(key, documents.public_bytes(Encoding.DER), authority.public_bytes(Encoding.DER))

    def sign(self, message: bytes) -> bytes:
        """Return an ECDSA signature over `message` with SHA-256, in DER."""
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))

    def public_fields(self) -> dict[str, Any]:
        """Return the cleartext fields of a sealed file."""
        return {"authority": to_text(self.authority), "certificate": to_text(self.certificate)}

    def serialise(self) -> bytes:
        """Return the file's bytes: canonical JSON (RFC 8785), private key included."""
        secret = self.key.private_numbers().private_value.to_bytes(32, "big")
        return rfc8785.dumps(
            {**self.public_fields(), "key": to_text(secret), "kind": "document-keys", "v": 1}
        )

    @classmethod
    def parse(cls, data: bytes) -> DocumentKeys:
        """Parse a file. Raises `Altered` for anything that `serialise` would not have written."""

        def build(fields: Any) -> DocumentKeys:
            authority, certificate, secret = (
                to_bytes(fields[name]) for name in ("authority", "certificate", "key")
            )
            key = ec.derive_private_key(int.from_bytes(secret, "big"), _CURVE)
            if x509.load_der_x509_certificate(certificate).public_key() != key.public_key():
                raise Altered("document keys: not for one another")
            return cls(key, certificate, authority)

        return parse_canonical(data, "document keys", build)
