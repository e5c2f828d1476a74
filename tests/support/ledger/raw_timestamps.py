"""Certificates and tokens from their parts: each element can be raw bytes, so each can be wrong alone.

Everything follows from names and numbers, RSA keys too, so the same is made to the byte on every machine. The
keys are useless for anything else: an RSA modulus here has many small prime factors.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import prod
from typing import Any, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.ledger.made_tokens import HASHES, algorithm, integer, oid, set_of, tlv

DATA = b"amana/00112233445566778899aabbccddeeff\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
NULL = tlv(0x05)
TST_INFO, SIGNED_DATA = "1.2.840.113549.1.9.16.1.4", "1.2.840.113549.1.7.2"
TIME_STAMPING, ANY_PURPOSE, CODE_SIGNING = "1.3.6.1.5.5.7.3.8", "2.5.29.37.0", "1.3.6.1.5.5.7.3.3"
RSA = algorithm("1.2.840.113549.1.1.1", NULL)
P256, P384 = "1.2.840.10045.3.1.7", "1.3.132.0.34"
RSA_SIGNATURES = {"sha256": 11, "sha384": 12, "sha512": 13}
EC_SIGNATURES = {"sha256": 2, "sha384": 3, "sha512": 4}


# --- keys ---------------------------------------------------------------------------------------------------


_CURVES = {one.name: one for one in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())}


class Key(Protocol):
    @property
    def spki(self) -> bytes: ...
    def algorithm(self, hash_: str) -> bytes: ...
    def sign(self, hash_: str, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class EcKey:
    seed: str
    curve: str = "secp256r1"

    @property
    def point(self) -> bytes:
        return (
            _private(self.seed, self.curve)
            .public_key()
            .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )

    @property
    def spki(self) -> bytes:
        return (
            _private(self.seed, self.curve)
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def algorithm(self, hash_: str) -> bytes:
        return algorithm(f"1.2.840.10045.4.3.{EC_SIGNATURES[hash_]}")

    def sign(self, hash_: str, message: bytes) -> bytes:
        return _signature(self.seed, self.curve, hash_, message)


@cache
def _private(seed: str, curve: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:31]) | 1
    return ec.derive_private_key(number, _CURVES[curve])


@lru_cache(1024)
def _signature(seed: str, curve: str, hash_: str, message: bytes) -> bytes:
    how = ec.ECDSA(HASHES[hash_][1], deterministic_signing=True)
    return _private(seed, curve).sign(message, how)


@dataclass(frozen=True)
class RsaKey:
    """`bits` of the modulus, to the bit. `info`: parameters of the hash, in the DigestInfo that it signs."""

    seed: str
    bits: int = 2048
    exponent: int = 65537
    info: bytes = NULL

    @property
    def primes(self) -> tuple[int, ...]:
        return _primes(self.seed, self.bits, self.exponent)

    @property
    def modulus(self) -> int:
        return prod(self.primes)

    @property
    def spki(self) -> bytes:
        return rsa_spki(self.modulus, self.exponent)

    def algorithm(self, hash_: str) -> bytes:
        return algorithm(f"1.2.840.113549.1.1.{RSA_SIGNATURES[hash_]}", NULL)

    def sign(self, hash_: str, message: bytes) -> bytes:
        """PKCS #1 v1.5, by the Chinese remainder theorem."""
        size = (self.bits + 7) // 8
        info = tlv(
            0x30, algorithm(HASHES[hash_][0], self.info), tlv(0x04, hashlib.new(hash_, message).digest())
        )
        padded = int.from_bytes(b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info)
        parts = _parts(self.seed, self.bits, self.exponent)
        signature = sum(pow(padded % prime, private, prime) * rest for prime, private, rest in parts)
        return (signature % self.modulus).to_bytes(size)


@cache
def _parts(seed: str, bits: int, exponent: int) -> list[tuple[int, int, int]]:
    """Of each prime: itself, its private exponent, and the number that is 1 modulo it and 0 modulo others."""
    primes = _primes(seed, bits, exponent)
    rests = [prod(primes) // prime for prime in primes]
    return [
        (prime, pow(exponent, -1, prime - 1), rest * pow(rest, -1, prime))
        for prime, rest in zip(primes, rests, strict=True)
    ]


def rsa_spki(modulus: int, exponent: int = 65537, parameters: bytes = NULL) -> bytes:
    numbers = tlv(0x30, integer(modulus), integer(exponent))
    return tlv(0x30, algorithm("1.2.840.113549.1.1.1", parameters), tlv(0x03, b"\x00", numbers))


def ec_spki(point: bytes, curve: bytes) -> bytes:
    return tlv(0x30, algorithm("1.2.840.10045.2.1", curve), tlv(0x03, b"\x00", point))


@cache
def _primes(seed: str, bits: int, exponent: int) -> tuple[int, ...]:
    chance = random.Random(f"{seed} {bits} {exponent}")
    found: list[int] = []
    product = 1
    while bits - product.bit_length() > 100:
        found.append(_prime_from(chance.randrange(2**63, 2**64), exponent))
        product *= found[-1]
    # The last one makes the modulus as long as it must be.
    least = 2 ** (bits - 1) // product + 1
    found.append(_prime_from(chance.randrange(least, least + least // 2), exponent))
    assert prod(found).bit_length() == bits
    return tuple(found)


def _prime_from(number: int, exponent: int) -> int:
    number |= 1
    while (number - 1) % exponent == 0 or not _is_prime(number):
        number += 2
    return number


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test."""
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        power = pow(base, odd, number)
        if power not in (1, number - 1) and not any(
            (power := power * power % number) == number - 1 for _ in range(twos - 1)
        ):
            return False
    return True


# --- certificates -------------------------------------------------------------------------------------------


def named(text: str) -> bytes:
    """A name of one common name, UTF-8."""
    return name(attribute(tlv(0x0C, text.encode())))


def name(*parts: bytes) -> bytes:
    return tlv(0x30, *(tlv(0x31, part) for part in parts))


def attribute(value: bytes, kind: str = "2.5.4.3") -> bytes:
    return tlv(0x30, oid(kind), value)


def utc(text: str) -> bytes:
    return tlv(0x17, text.encode())


def generalized(text: str) -> bytes:
    return tlv(0x18, text.encode())


def extension(kind: str, value: bytes, critical: bytes = b"") -> bytes:
    return tlv(0x30, oid(kind), critical, tlv(0x04, value))


CRITICAL = tlv(0x01, b"\xff")
CA = extension("2.5.29.19", tlv(0x30, CRITICAL), CRITICAL)


def constraints(*parts: bytes) -> bytes:
    return extension("2.5.29.19", tlv(0x30, *parts), CRITICAL)


def usage(*content: int) -> bytes:
    """`content`: the number of unused bits, then the bits."""
    return extension("2.5.29.15", tlv(0x03, bytes(content)), CRITICAL)


def purposes(*kinds: str, critical: bytes = CRITICAL) -> bytes:
    return extension("2.5.29.37", tlv(0x30, *(oid(kind) for kind in kinds)), critical)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate of the key `key`, signed by `by`; every element as bytes."""

    key: Key
    by: Key
    subject: bytes
    issuer: bytes
    version: bytes = tlv(0xA0, integer(2))
    serial: bytes = integer(17)
    hash_: str = "sha256"
    signing: bytes | None = None
    outer: bytes | None = None
    begin: bytes = utc("260101000000Z")
    end: bytes = utc("310101000000Z")
    validity: bytes | None = None
    spki: bytes | None = None
    unique: bytes = b""
    extensions: Sequence[bytes] | None = None
    extended: bytes | None = None
    more: bytes = b""
    signature: Callable[[bytes], bytes] = bytes
    bits: bytes = b"\x00"
    behind: bytes = b""

    @property
    def tbs(self) -> bytes:
        extended = self.extended
        if extended is None:
            extended = b"" if self.extensions is None else tlv(0xA3, tlv(0x30, *self.extensions))
        return tlv(
            0x30,
            self.version,
            self.serial,
            self.signing or self.by.algorithm(self.hash_),
            self.issuer,
            tlv(0x30, self.begin, self.end) if self.validity is None else self.validity,
            self.subject,
            self.spki or self.key.spki,
            self.unique,
            extended,
            self.more,
        )

    @property
    def der(self) -> bytes:
        return self.signed(self.tbs)

    def signed(self, tbs: bytes) -> bytes:
        signature = self.signature(self.by.sign(self.hash_, tbs))
        outer = self.outer or self.signing or self.by.algorithm(self.hash_)
        return tlv(0x30, tbs, outer, tlv(0x03, self.bits, signature), self.behind)


# --- tokens -------------------------------------------------------------------------------------------------


def hash_id(hash_: str = "sha256", parameters: bytes = NULL) -> bytes:
    return algorithm(HASHES[hash_][0], parameters)


def tst_info(**told: Any) -> bytes:
    """A TSTInfo over `DATA`; each element can be told otherwise, as bytes."""
    hash_ = told.pop("hash_", "sha512")
    parts = {
        "version": integer(1),
        "policy": oid("1.2.3.4.1"),
        "imprint": tlv(0x30, hash_id(hash_), tlv(0x04, hashlib.new(hash_, DATA).digest())),
        "serial": integer(1),
        "time": generalized("20261124120000.25Z"),
        "accuracy": tlv(0x30, integer(1)),
        "ordering": b"",
        "nonce": integer(7),
        "tsa": b"",
        "extensions": b"",
        "more": b"",
    }
    assert not told.keys() - parts, told
    return tlv(0x30, *{**parts, **told}.values())


def ess_id(certificate: bytes, hash_: str = "sha256", before: bytes = b"", behind: bytes = b"") -> bytes:
    """An ESSCertID(v2)."""
    digest = hashlib.new(hash_, certificate, usedforsecurity=False).digest()
    return tlv(0x30, before, tlv(0x04, digest), behind)


def attributed(kind: str, *values: bytes) -> bytes:
    return tlv(0x30, oid(kind), set_of(*values))


@dataclass(frozen=True, kw_only=True)
class Token:
    """A response by `key`, whose certificate is the first of `certificates`; every element as bytes.

    `attributes`: signed attributes by name, each as bytes. `ess`: what is said of the signer's certificate.
    """

    key: Key
    certificates: Sequence[bytes]
    issuer: bytes
    serial: bytes = integer(17)
    info: bytes = field(default_factory=tst_info)
    hash_: str = "sha256"
    status: bytes = tlv(0x30, integer(0))
    content_type: bytes = oid(SIGNED_DATA)
    version: bytes = integer(3)
    digests: bytes | None = None
    encapsulated: bytes | None = None
    sent: bytes | None = None
    lists: bytes = b""
    attributes: Mapping[str, bytes] = field(default_factory=dict)
    ess: Mapping[str, Sequence[bytes]] | None = None
    signer_version: bytes = integer(1)
    sid: bytes | None = None
    digest: bytes | None = None
    signed: bytes | None = None
    signing: bytes | None = None
    signature: Callable[[bytes], bytes] = bytes
    unsigned: bytes = b""
    more: bytes = b""
    signers: Callable[[bytes], bytes] = set_of
    behind: bytes = b""

    def signed_attributes(self) -> list[bytes]:
        ess = self.ess
        if ess is None:
            ess = {"v2": [ess_id(self.certificates[0])]}
        parts = {
            "content-type": attributed("1.2.840.113549.1.9.3", oid(TST_INFO)),
            "message-digest": attributed(
                "1.2.840.113549.1.9.4", tlv(0x04, hashlib.new(self.hash_, self.info).digest())
            ),
            **{
                kind: attributed(
                    f"1.2.840.113549.1.9.16.2.{12 if kind == 'v1' else 47}", tlv(0x30, tlv(0x30, *ids))
                )
                for kind, ids in ess.items()
            },
            **self.attributes,
        }
        return sorted(part for part in parts.values() if part)

    def der(self) -> bytes:
        members = self.signed_attributes()
        digest = self.digest or hash_id(self.hash_)
        signature = self.signature(self.key.sign(self.hash_, tlv(0x31, *members)))
        signer = tlv(
            0x30,
            self.signer_version,
            self.sid or tlv(0x30, self.issuer, self.serial),
            digest,
            tlv(0xA0, *members) if self.signed is None else self.signed,
            self.signing or self.key.algorithm(self.hash_),
            tlv(0x04, signature),
            self.unsigned,
            self.more,
        )
        signed_data = tlv(
            0x30,
            self.version,
            self.digests or set_of(digest),
            self.encapsulated or tlv(0x30, oid(TST_INFO), tlv(0xA0, tlv(0x04, self.info))),
            set_of(*self.certificates, tag=0xA0) if self.sent is None else self.sent,
            self.lists,
            self.signers(signer),
        )
        token = tlv(0x30, self.content_type, tlv(0xA0, signed_data))
        return tlv(0x30, self.status, token, self.behind)
