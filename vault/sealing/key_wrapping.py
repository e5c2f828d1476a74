"""Data keys, and wrapping them for the holder of a private key.

A secret is wrapped with HPKE (RFC 9180, base mode, single shot): KEM MLKEM768-X25519, KDF HKDF-SHA256, AEAD
AES-256-GCM. The hybrid KEM is X-Wing (draft-connolly-cfrg-xwing-kem), which draft-ietf-hpke-pq registers as
MLKEM768-X25519, KEM id 0x647A. Both are IETF drafts, so test vectors are pinned in this project's tests and
`docs/spec/sealed-object.md` says which text they follow.

    wrapped = KEM ciphertext (1088 ML-KEM ‖ 32 X25519) ‖ AES-256-GCM ciphertext (secret + 16)

A public key alone can wrap and never unwrap; of the wrapping keys, a recorder has only public halves. `info`
binds a wrapped secret to the item it belongs to.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from vault.errors import Altered
from vault.sealing.sealing import DATA_KEY_SIZE

SEED_SIZE = 32
PUBLIC_KEY_SIZE = 1216
"""ML-KEM-768 encapsulation key (1184) ‖ X25519 public key (32)."""
WRAP_OVERHEAD = 1136
"""Bytes that a wrapped secret is longer than the secret; a wrapped data key is 1168 bytes."""

WRAP_SIZE = WRAP_OVERHEAD + 32
"""Bytes of every wrap in the key store: of a data key, or of the seed of a case's key."""

_MLKEM_PUBLIC = 1184
_INFO_LABEL = b"amana/wrap/v1\x00"
_ROOM_LABEL = b"amana/room/v1\x00\x00"
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_ROOM_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def generate_data_key() -> bytes:
    """Return 32 random bytes: the key of one evidence item."""
    return secrets.token_bytes(DATA_KEY_SIZE)


def generate_seed() -> bytes:
    """Return 32 random bytes: the whole private half of a wrapping key."""
    return secrets.token_bytes(SEED_SIZE)


def recipient_id(public: bytes) -> str:
    """Return the name of a public wrapping key (1216 bytes): the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def wrap_info(deployment: bytes, item: bytes) -> bytes:
    """Return the 46-byte `info` for a secret of `item` (evidence or case id, 16 bytes) in this deployment."""
    return _info(_INFO_LABEL, deployment, item)


def room_info(deployment: bytes, item: bytes) -> bytes:
    """Return the 46-byte `info` under which the room's browser gets the data key of a safety recording."""
    return _info(_ROOM_LABEL, deployment, item)


def _info(label: bytes, deployment: bytes, item: bytes) -> bytes:
    if len(deployment) != 16 or len(item) != 16:
        raise ValueError("deployment and item are 16 bytes")
    return label + deployment + item


class WrappingKey:
    """A private MLKEM768-X25519 key, derived from its 32-byte seed.

    The seed is what is stored (encrypted); the expanded keys exist only in this object. Raises
    `ValueError` for a seed of another length.
    """

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_SIZE:
            raise ValueError("a seed is 32 bytes")
        expanded = hashlib.shake_256(seed).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._private = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        """1216 bytes, given to all who wrap for this key."""

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """Return the secret that was wrapped for this key under the same `info`.

        Raises `Altered` for another key, another `info` or any change of the bytes.
        """
        try:
            return _SUITE.decrypt(wrapped, self._private, info)
        except InvalidTag:
            raise Altered("wrapped key does not open under this key and info") from None


def wrap(secret: bytes, public: bytes, info: bytes) -> bytes:
    """Wrap `secret` (of any length) for the holder of the private half of `public` (1216 bytes).

    Raises `ValueError` for bytes that are no public key.
    """
    if len(public) != PUBLIC_KEY_SIZE:
        raise ValueError("a wrapping public key is 1216 bytes")
    key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
    )
    return _SUITE.encrypt(secret, key, info)


def hand(secret: bytes, public: bytes, info: bytes) -> bytes:
    """Wrap `secret` for the holder of a short-lived X25519 key (32 bytes), which does not store it.

    HPKE as above, but with KEM DHKEM(X25519, HKDF-SHA256), which browsers support: 32 ‖ secret + 16 bytes.
    Only for what is never stored: it does not withstand a quantum computer, and neither does the room's
    connection to the recorder. Raises `ValueError` for bytes that are no public key.
    """
    return _ROOM_SUITE.encrypt(secret, X25519PublicKey.from_public_bytes(public), info)


def unwrap(wrapped: bytes, seed: bytes, info: bytes) -> bytes:
    """Return `WrappingKey(seed).unwrap(wrapped, info)`, for a single use."""
    return WrappingKey(seed).unwrap(wrapped, info)
