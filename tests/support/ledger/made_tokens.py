"""A timestamp authority in memory, which does what it is told, and so can err in every way.

Everything is made from its seed and the times it is given, so a token can be made again to the byte. Where an
authority by other people is wanted, tests ask `openssl ts` (tests/support/servers/timestamp_authority.py).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2031, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

HASHES: Mapping[str, tuple[str, hashes.HashAlgorithm]] = {
    "sha256": ("2.16.840.1.101.3.4.2.1", hashes.SHA256()),
    "sha384": ("2.16.840.1.101.3.4.2.2", hashes.SHA384()),
    "sha512": ("2.16.840.1.101.3.4.2.3", hashes.SHA512()),
}
_ECDSA = {"sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}


# --- DER, written -----------------------------------------------------------------------------------------


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int, tag: int = 0x02) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return tlv(0x06, bytes(out))


def algorithm(dotted: str, *parameters: bytes) -> bytes:
    return tlv(0x30, oid(dotted), *parameters)


def set_of(*members: bytes, tag: int = 0x31) -> bytes:
    return tlv(tag, *sorted(members))


# --- certificates -----------------------------------------------------------------------------------------


@functools.cache
def key_of(seed: str, kind: str = "p256") -> Key:
    """ "rsa" keys are found by chance, once for each seed; "p256" and "p384" are made from the seed."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    curve = ec.SECP256R1() if kind == "p256" else ec.SECP384R1()
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:31]) | 1, curve)


def certificate(
    subject: str,
    key: Key,
    issuer: str,
    issuer_key: Key,
    *,
    ca: bool = False,
    path_length: int | None = None,
    purposes: Sequence[x509.ObjectIdentifier] = (),
    critical: bool = True,
    begin: datetime = BEGIN,
    end: datetime = END,
    serial: int = 0,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder(
        issuer_name=name(issuer),
        subject_name=name(subject),
        public_key=key.public_key(),
        serial_number=serial
        or int.from_bytes(hashlib.sha256(f"{issuer}/{subject}".encode()).digest()[:8]) | 1,
        not_valid_before=begin,
        not_valid_after=end,
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(True, path_length), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    for extension, is_critical in more:
        builder = builder.add_extension(extension, critical=is_critical)
    # Without randomness in it, so that the same seed gives the same certificate.
    only_ec = {"ecdsa_deterministic": True} if isinstance(issuer_key, ec.EllipticCurvePrivateKey) else {}
    return builder.sign(issuer_key, hashes.SHA256(), **only_ec)  # type: ignore[arg-type]


def der_of(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)


# --- the authority ----------------------------------------------------------------------------------------


@dataclass
class Authority:
    """Signs with `key`; `signer` is its certificate, `path` what is sent along, `anchor` what others know it
    by (DER)."""

    key: Key
    signer: x509.Certificate
    path: list[x509.Certificate]
    anchor: bytes
    count: int = field(default=0)

    @classmethod
    def make(
        cls,
        seed: str = "first",
        kind: str = "p256",
        *,
        intermediate: bool = False,
        intermediate_is: Mapping[str, Any] | None = None,
        root_is: Mapping[str, Any] | None = None,
        **signer_is: Any,
    ) -> Authority:
        """An authority whose certificates are as they should be, but for what is told otherwise."""
        root_key, key = key_of(f"{seed} root", kind), key_of(f"{seed} signer", kind)
        root_name, signer_name, above, above_key = f"{seed} root", f"{seed} T", f"{seed} root", root_key
        root = certificate(root_name, root_key, root_name, root_key, **{"ca": True, **(root_is or {})})
        path = []
        if intermediate:
            above, above_key = f"{seed} intermediate", key_of(f"{seed} intermediate", kind)
            told = {"ca": True, **(intermediate_is or {})}
            path = [certificate(above, above_key, root_name, root_key, **told)]
        purposes = {"purposes": [ExtendedKeyUsageOID.TIME_STAMPING]}
        signer = certificate(signer_name, key, above, above_key, **{**purposes, **signer_is})
        return cls(key, signer, path, der_of(root))

    def respond(
        self,
        data: bytes,
        at: datetime = NOON,
        *,
        hash_: str = "sha512",
        digest_hash: str = "sha256",
        accuracy: timedelta | None = timedelta(seconds=1),
        nonce: int | None = 7,
        serial: int | None = None,
        status: bytes = b"",
        info: bytes | None = None,
        named: bytes | None = None,
        ess: str = "v2",
        without: str = "",
        unsigned: bytes = b"",
        path: Sequence[bytes] | None = None,
        key: Key | None = None,
    ) -> bytes:
        """A TimeStampResp. What is named here can be told otherwise; `named`: the certificate that the signed
        attributes name; `without`: a signed attribute left out; `path`: certificates, as they are."""
        self.count += 1
        content = info or tst_info(data, at, hash_, accuracy, nonce, serial or self.count)
        signer = der_of(self.signer)
        attributes = {
            "content-type": ("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")),
            "message-digest": ("1.2.840.113549.1.9.4", tlv(0x04, hashlib.new(digest_hash, content).digest())),
            "certificate": _certificate_attribute(ess, named or signer),
        }
        attributes.pop(without, None)
        members = [tlv(0x30, oid(name), set_of(value)) for name, value in attributes.values()]
        signature, kind = _signature(key or self.key, digest_hash, set_of(*members))
        hash_algorithm = algorithm(HASHES[digest_hash][0], tlv(0x05))
        sent = [signer, *(der_of(one) for one in self.path)] if path is None else path
        signer_info = tlv(
            0x30,
            integer(1),
            tlv(0x30, self.signer.issuer.public_bytes(), integer(self.signer.serial_number)),
            hash_algorithm,
            set_of(*members, tag=0xA0),
            kind,
            tlv(0x04, signature),
            unsigned,
        )
        signed_data = tlv(
            0x30,
            integer(3),
            set_of(hash_algorithm),
            tlv(0x30, oid("1.2.840.113549.1.9.16.1.4"), tlv(0xA0, tlv(0x04, content))),
            set_of(*sent, tag=0xA0) if path is None else tlv(0xA0, *sent),
            set_of(signer_info),
        )
        token = tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed_data))
        return tlv(0x30, status or tlv(0x30, integer(0)), token)


def tst_info(
    data: bytes,
    at: datetime,
    hash_: str = "sha512",
    accuracy: timedelta | None = None,
    nonce: int | None = None,
    serial: int = 1,
    more: bytes = b"",
) -> bytes:
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return tlv(
        0x30,
        integer(1),
        oid("1.2.3.4.1"),
        tlv(0x30, algorithm(HASHES[hash_][0], tlv(0x05)), tlv(0x04, hashlib.new(hash_, data).digest())),
        integer(serial),
        tlv(0x18, f"{at:%Y%m%d%H%M%S}{fraction}Z".encode()),
        b"" if accuracy is None else _accuracy(accuracy),
        b"" if nonce is None else integer(nonce),
        more,
    )


def _accuracy(accuracy: timedelta) -> bytes:
    seconds = accuracy // timedelta(seconds=1)
    millis, micros = divmod(accuracy.microseconds, 1000)
    parts = [integer(seconds)] if seconds else []
    return tlv(
        0x30, *parts, integer(millis, 0x80) if millis else b"", integer(micros, 0x81) if micros else b""
    )


def _certificate_attribute(ess: str, named: bytes) -> tuple[str, bytes]:
    if ess == "v1":
        digest = hashlib.sha1(named, usedforsecurity=False).digest()
        return "1.2.840.113549.1.9.16.2.12", tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, digest))))
    digest = hashlib.sha256(named).digest()
    return "1.2.840.113549.1.9.16.2.47", tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, digest))))


def _signature(key: Key, digest_hash: str, signed: bytes) -> tuple[bytes, bytes]:
    hash_ = HASHES[digest_hash][1]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hash_), algorithm("1.2.840.113549.1.1.1", tlv(0x05))
    return (
        key.sign(signed, ec.ECDSA(hash_, deterministic_signing=True)),
        algorithm(_ECDSA[digest_hash]),
    )
