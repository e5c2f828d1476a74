"""Authenticators made of software: real keys, real assertions, and whatever a test wants wrong in them."""

from __future__ import annotations

import hashlib
import json
import math
import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chain_of_custody.keys import KeyRecord, key_id
from chain_of_custody.notes import encode_base64
from chain_of_custody.signatures import WebAuthnSignature
from chain_of_custody.statements import Statement
from chain_of_custody.webauthn import Assertion, challenge_of

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | Ed25519PrivateKey | rsa.RSAPrivateKey

RP = "amana.example"
PERSON = "a0" * 16
VERIFIED = 0x05
"""Flags: user present, user verified."""


@dataclass(frozen=True)
class Authenticator:
    """One credential, in the hands of its person."""

    algorithm: str
    private: PrivateKey
    rp: str = RP
    person: str = PERSON

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def id(self) -> str:
        return key_id(self.key)

    @property
    def enrolment(self) -> dict[str, str]:
        """The body of its `credential.enrolled`."""
        return {
            "algorithm": self.algorithm,
            "key": encode_base64(self.key),
            "person": self.person,
            "rp": self.rp,
        }

    def record(self, **fields: Any) -> KeyRecord:
        given: dict[str, Any] = {"enrolled": 0, "person": self.person}
        return KeyRecord(self.key, "person", algorithm=self.algorithm, rp=self.rp, **(given | fields))

    def sign(self, authenticator: bytes, client: bytes) -> Assertion:
        """The assertion over these bytes, whatever they say."""
        message = authenticator + hashlib.sha256(client).digest()
        match self.private:
            case ec.EllipticCurvePrivateKey() as key:
                algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
                signature = key.sign(message, algorithm)
            case Ed25519PrivateKey() as key:
                signature = key.sign(message)
            case rsa.RSAPrivateKey() as key:
                signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return Assertion(authenticator, client, signature)

    def answer(self, message: bytes, **client: Any) -> Assertion:
        """As a browser and an authenticator would."""
        return self.sign(authenticator_data(self.rp), client_data(message, self.rp, **client))

    def signature(self, statement: Statement) -> WebAuthnSignature:
        """The person's signature under a statement."""
        return WebAuthnSignature(self.id, self.answer(statement.signed_message()))


def authenticator_data(rp: str = RP, flags: int = VERIFIED, counter: int = 1) -> bytes:
    return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")


def client_data(message: bytes, rp: str = RP, **changes: Any) -> bytes:
    fields = {
        "type": "webauthn.get",
        "challenge": urlsafe_b64encode(challenge_of(message)).rstrip(b"=").decode(),
        "origin": f"https://{rp}",
        "crossOrigin": False,
    }
    fields = {name: value for name, value in (fields | changes).items() if value is not None}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def es256(seed: int = 1, **fields: Any) -> Authenticator:
    return Authenticator("es256", ec.derive_private_key(seed, ec.SECP256R1()), **fields)


def eddsa(seed: int = 1, **fields: Any) -> Authenticator:
    return Authenticator("eddsa", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), **fields)


def rs256(seed: int = 1, bits: int = 2048, exponent: int = 65537, **fields: Any) -> Authenticator:
    return Authenticator("rs256", _rsa_key(seed, bits, exponent), **fields)


@cache
def _rsa_key(seed: int, bits: int, exponent: int) -> rsa.RSAPrivateKey:
    """The same key for the same seed, so that vectors can be made again. Only good for tests."""
    chance = random.Random(seed)
    while True:
        p, q = _prime(chance, bits // 2), _prime(chance, bits // 2)
        order = (p - 1) * (q - 1)
        if p != q and (p * q).bit_length() == bits and math.gcd(exponent, order) == 1:
            break
    p, q = max(p, q), min(p, q)
    d = pow(exponent, -1, order)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(exponent, p * q)
    )
    return numbers.private_key()


def _prime(chance: random.Random, bits: int) -> int:
    while True:
        candidate = chance.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(candidate % small for small in _SMALL_PRIMES) and _is_prime(candidate):
            return candidate


_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % m for m in range(3, math.isqrt(n) + 1, 2))]


def _is_prime(candidate: int) -> bool:
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in _SMALL_PRIMES[:20]:
        power = pow(base, odd, candidate)
        if power in (1, candidate - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % candidate
            if power == candidate - 1:
                break
        else:
            return False
    return True
