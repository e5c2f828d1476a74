"""ML-DSA-44 signatures that are the same every time, and who signs with them.

FIPS 204 lets a signer leave out the randomness. The library that the center uses does not, so the vectors are
signed by the system's OpenSSL, or, where that is too old, by a library in Python, from the same keys.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from dilithium_py.ml_dsa import ML_DSA_44

from chain_of_custody.trust.cosignatures import Cosigner
from tests.support.packages.court_packages import key
from tests.vectors.packages import openssl_mldsa


class Mldsa44:
    """Stands where an `MLDSA44PrivateKey` would, for who only signs and asks for the public key."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def public_key(self) -> MLDSA44PublicKey:
        return MLDSA44PrivateKey.from_seed_bytes(self._seed).public_key()

    def sign(self, message: bytes) -> bytes:
        return _sign(self._seed, message)


def cosigner(name: str) -> Cosigner:
    """A witness whose keys are made from its name."""
    seed = sha256(name.encode()).digest()
    return Cosigner(name, key(seed[0]), Mldsa44(seed))  # type: ignore[arg-type]


@cache
def _sign(seed: bytes, message: bytes) -> bytes:
    return openssl_mldsa.sign(seed, message) if openssl_mldsa.available() else in_python(seed, message)


def in_python(seed: bytes, message: bytes) -> bytes:
    """The same signature, slowly."""
    signature: bytes = ML_DSA_44.sign(_secret(seed), message, deterministic=True)
    return signature


@cache
def _secret(seed: bytes) -> bytes:
    public, secret = ML_DSA_44._keygen_internal(seed)
    assert public == Mldsa44(seed).public_key().public_bytes_raw()
    return secret
