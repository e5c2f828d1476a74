"""Sealing: one message for each record, bound to its place, opened only as a whole.

A sealed message is C2SP chunked-encryption (https://c2sp.org/chunked-encryption) in the instantiation
Cobblestone-256: HKDF-Expand with SHA-512, AES-256-GCM, chunks of 16 KiB.

    salt (24 random bytes) ‖ commitment (32) ‖ chunk 0 ‖ chunk 1 ‖ … ‖ last chunk (shorter than 16 KiB)

Data key, salt and context determine the *message key*: key (32) ‖ base nonce (12) ‖ commitment (32). It
opens that one message and nothing else, so a viewer can get it in place of the data key.

Trusted: the data key is uniformly random and the caller states the context it expects. Not trusted: the
message. No plaintext is released before its whole message is authenticated, and buffers with plaintext of a
message that failed authentication are overwritten. `docs/spec/sealed-object.md` specifies the bytes.
"""

from __future__ import annotations

import hmac
import struct
import threading
from dataclasses import dataclass
from enum import IntEnum

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.errors import Altered

DATA_KEY_SIZE = 32
SALT_SIZE = 24
MESSAGE_KEY_SIZE = 76
HEADER_SIZE = 56
"""Bytes before the first chunk: salt and commitment."""
CHUNK_SIZE = 16 * 1024
"""Plaintext bytes in every chunk but the last."""
TAG_SIZE = 16

_SEALED_CHUNK = CHUNK_SIZE + TAG_SIZE
_KDF_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_CONTEXT_LABEL = b"amana/sealed/v1\x00"
_SCRATCH_LIMIT = 8 * 1024 * 1024
"""Bytes of the largest buffer that a thread keeps: a sealed piece of a file (4 MiB and its tags) fits."""
_thread = threading.local()


class Kind(IntEnum):
    """What a sealed message contains; the byte that encodes it in the context."""

    HEADER = 0
    INIT = 1
    MEDIA = 2
    EVENT = 3
    PIECE = 4


@dataclass(frozen=True)
class Context:
    """The place a message belongs to. A message opens only under exactly the context it was sealed for.

    `deployment` and `evidence` are 16 bytes; `track` fits 32 bits (0 for header and events); `number` fits
    64 bits; `init_digest` is, for media, the SHA-256 of the sealed message of the init segment they need,
    and otherwise zeros: so a context follows from the open index. Raises `ValueError` for anything else.
    """

    deployment: bytes
    evidence: bytes
    kind: int
    track: int
    number: int
    init_digest: bytes

    def __post_init__(self) -> None:
        if len(self.deployment) != 16 or len(self.evidence) != 16 or len(self.init_digest) != 32:
            raise ValueError("deployment and evidence are 16 bytes, an init digest is 32")
        if self.kind not in (Kind.HEADER, Kind.INIT, Kind.MEDIA, Kind.EVENT, Kind.PIECE):
            raise ValueError(f"kind {self.kind} is not known")
        if not (0 <= self.track < 1 << 32 and 0 <= self.number < 1 << 64):
            raise ValueError("track or number out of range")

    def encode(self) -> bytes:
        """93 bytes: label (16) ‖ deployment ‖ evidence ‖ kind (1) ‖ track (4) ‖ number (8) ‖ digest."""
        place = struct.pack(">BIQ", self.kind, self.track, self.number)
        return _CONTEXT_LABEL + self.deployment + self.evidence + place + self.init_digest


def sealed_size(size: int) -> int:
    """Return the size in bytes of the sealed message for `size` bytes of plaintext."""
    return HEADER_SIZE + size + TAG_SIZE * (size // CHUNK_SIZE + 1)


def seal(data_key: bytes, context: bytes, *parts: bytes | memoryview) -> bytes:
    """Seal the concatenation of `parts` as one message under a fresh random salt.

    `data_key` is 32 uniformly random bytes; one key may seal a practically unlimited number of messages.
    Raises `ValueError` for a key of another length.
    """
    encryptor = Cobblestone256Encryptor(data_key, context)
    with memoryview(_scratch(sealed_size(sum(map(len, parts))))) as room:
        size = 0
        for part in parts:
            size += encryptor.update_into(part, room[size:])
        last = encryptor.finalize()
        room[size : size + len(last)] = last
        return bytes(room[: size + len(last)])


def open_message(data_key: bytes, context: bytes, message: bytes) -> bytes:
    """Open `message` and return its plaintext.

    Raises `Altered` for another key or context, and for any message that was changed, truncated, extended
    or reordered; `ValueError` for a data key that is not 32 bytes.
    """
    decryptor = Cobblestone256Decryptor(data_key, context)
    plaintext = bytearray(len(message) + _SEALED_CHUNK)
    try:
        size = decryptor.update_into(message, plaintext)
        last = decryptor.finalize()
    except InvalidTag:
        _wipe(plaintext)
        raise Altered("sealed message does not open under this key and context") from None
    plaintext[size : size + len(last)] = last
    return bytes(memoryview(plaintext)[: size + len(last)])


def message_key(data_key: bytes, context: bytes, salt: bytes) -> bytes:
    """Return the 76-byte key of the one message that begins with this 24-byte `salt`.

    Raises `ValueError` for a data key that is not 32 bytes or a salt that is not 24.
    """
    if len(data_key) != DATA_KEY_SIZE or len(salt) != SALT_SIZE:
        raise ValueError("a data key is 32 bytes, a salt is 24")
    return HKDFExpand(SHA512(), MESSAGE_KEY_SIZE, _KDF_LABEL + salt + context).derive(data_key)


def open_with_message_key(key: bytes, message: bytes) -> bytes:
    """Open `message` with its own 76-byte key and return its plaintext, as a viewer does.

    Raises `Altered` like `open_message`, and `ValueError` for a key that is not 76 bytes. The 24 bytes of
    salt went into the key and are not checked again: a viewer checks the message's digest first.
    """
    last = _last_chunk(message)
    if len(key) != MESSAGE_KEY_SIZE:
        raise ValueError("a message key is 76 bytes")
    if not hmac.compare_digest(key[44:], message[24:HEADER_SIZE]):
        raise Altered("sealed message belongs to another message key")
    cipher, base_nonce = AESGCM(key[:32]), int.from_bytes(key[32:44], "big")
    plaintext = bytearray((last + 1) * CHUNK_SIZE)
    position = 0
    try:
        for number in range(last + 1):
            start = HEADER_SIZE + number * _SEALED_CHUNK
            chunk = memoryview(message)[start : start + _SEALED_CHUNK]
            nonce = (base_nonce ^ number).to_bytes(12, "big")
            room = memoryview(plaintext)[position : position + len(chunk) - TAG_SIZE]
            position += cipher.decrypt_into(nonce, chunk, None, room)
    except InvalidTag:
        # AES-GCM has by now written unauthenticated plaintext, which must not remain in memory.
        _wipe(plaintext)
        raise Altered(f"chunk {number} of the sealed message was altered") from None
    return bytes(memoryview(plaintext)[:position])


def _last_chunk(message: bytes) -> int:
    """Return the number of the last chunk; refuses lengths that no sealed message has."""
    number, rest = divmod(len(message) - HEADER_SIZE, _SEALED_CHUNK)
    if len(message) < HEADER_SIZE or rest < TAG_SIZE:
        raise Altered("sealed message is truncated")
    return number


def _scratch(size: int) -> bytearray:
    """Return a ciphertext buffer, reused by each thread: fresh pages would cost more than the sealing."""
    if size > _SCRATCH_LIMIT:
        return bytearray(size)
    scratch: bytearray = getattr(_thread, "scratch", bytearray())
    if len(scratch) < size:
        _thread.scratch = scratch = bytearray(size)
    return scratch


def _wipe(buffer: bytearray) -> None:
    buffer[:] = bytes(len(buffer))
