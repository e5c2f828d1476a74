"""Sealing of what a person types to unlock the vault, so that only the keyholder can read it.

The browser, or a command at the terminal, requests a key, seals the passphrase (or PIN, or token) to it, and
sends the result. Processes in between see only bytes of constant length. Specification:
docs/spec/unlocking.md.

    sealed = HPKE (RFC 9180, base mode): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
    info   = "amana/unlock/v1" 0x00 ‖ recipient id of the vault key, 8 bytes
    plain  = length of the text, 2 bytes big-endian ‖ UTF-8 ‖ zeros, 4096 bytes in all

Each key is only in the keyholder's memory, for one use and `VALID` seconds. So what was sealed opens once: it
cannot be sent again, and a key that is taken from the keyholder later does not open it. What was typed may
stay in the keyholder's memory for a while: CPython cannot wipe it. X25519 does not withstand a quantum
computer: recorded bytes may become readable one day.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from vault.errors import UnlockUnread
from vault.sealing.key_wrapping import recipient_id

PUBLIC_SIZE = 32
PLAIN_SIZE = 4096
SEALED_SIZE = 32 + PLAIN_SIZE + 16
"""Bytes of what is sent: KEM ciphertext, plain text, tag."""
VALID = 120.0
"""Seconds in which a key can be used: it is fetched when the passphrase has been typed."""
MOST = 64
"""Maximum number of unused keys; a further one replaces the oldest."""
_LABEL = b"amana/unlock/v1\x00"
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def seal(typed: str, public: bytes, vault: bytes) -> bytes:
    """Seal what was typed for the holder of `public` (32 bytes), to unlock the vault key `vault` (1216
    bytes).

    Raises `ValueError` for more than 4094 bytes of UTF-8, or bytes that are no public key.
    """
    text = typed.encode()
    if len(text) > PLAIN_SIZE - 2:
        raise ValueError("too long for a passphrase")
    plain = (len(text).to_bytes(2, "big") + text).ljust(PLAIN_SIZE, b"\0")
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), _info(vault))


class UnlockKeys:
    """The one-time keys of one keyholder, whose vault key is `vault`. Thread-safe.

    `clock` returns seconds that only grow.
    """

    def __init__(self, vault: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._info = _info(vault)
        self._clock = clock
        self._turn = threading.Lock()
        self._waiting: OrderedDict[bytes, tuple[X25519PrivateKey, float]] = OrderedDict()

    def fresh(self) -> bytes:
        """Make a key; return its public half, 32 bytes."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        with self._turn:
            self._waiting[public] = private, self._clock() + VALID
            while len(self._waiting) > MOST:
                self._waiting.popitem(last=False)
        return public

    def open(self, public: bytes, sealed: bytes) -> str:
        """Return what was typed, and discard the key, also after an error.

        Raises `UnlockUnread` for a key that is not waiting, and for what was not sealed to it, for this vault
        and in the form above.
        """
        with self._turn:
            private, until = self._waiting.pop(public, (None, 0.0))
        if private is None or until <= self._clock():
            raise UnlockUnread("no such key waits for a passphrase")
        if len(sealed) != SEALED_SIZE:
            raise UnlockUnread(f"a sealed passphrase has {SEALED_SIZE} bytes")
        try:
            plain = _SUITE.decrypt(sealed, private, self._info)
        except (InvalidTag, ValueError):  # ValueError: a KEM ciphertext of small order
            raise UnlockUnread("the passphrase was not sealed for this keyholder, or was altered") from None
        end = 2 + int.from_bytes(plain[:2], "big")
        if end > PLAIN_SIZE or any(plain[end:]):
            raise UnlockUnread("what was sealed is not in the form of a passphrase")
        try:
            return plain[2:end].decode()
        except UnicodeDecodeError:
            raise UnlockUnread("what was sealed is not UTF-8") from None


def _info(vault: bytes) -> bytes:
    return _LABEL + bytes.fromhex(recipient_id(vault))
