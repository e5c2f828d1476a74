"""C2SP chunked-encryption with random access: large files, decrypted where they are needed.

    salt (24 bytes) ‖ commitment (32) ‖ chunk 0 ‖ chunk 1 ‖ … ‖ last chunk (shorter than 16 KiB)

The instantiation is Cobblestone-256: HKDF-Expand with SHA-512, AES-256-GCM, 16 KiB of plaintext in each chunk
but the last. Chunk k begins at byte 56 + 16400·k and authenticates alone, under its own nonce, so a reader
can seek to any chunk. Only the last chunk shows that the message ends where it should, by being shorter. It
is opened first.

Trusted: the key, 32 uniformly random bytes. Not trusted: the file. No byte is returned before its chunk
authenticates.

Specification: https://c2sp.org/chunked-encryption; docs/spec/sealed-object.md section 2.
"""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass
from io import FileIO
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chain_of_custody.encoding.file_source import fill
from chain_of_custody.errors import Altered, Malformed

SALT_SIZE = 24
HEADER_SIZE = 56
CHUNK = 16 * 1024
TAG = 16
SEALED_CHUNK = CHUNK + TAG
WINDOW = 64
"""Chunks read or written at a time: a megabyte stays in the processor's cache until it is hashed."""

_STEP = "opening"
_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_thread = threading.local()


@dataclass(frozen=True, slots=True)
class MessageKey:
    """The key of one message: AES key (32 bytes), base nonce, and the commitment required in its header."""

    key: bytes
    base_nonce: int
    commitment: bytes

    @classmethod
    def derive(cls, key: bytes, context: bytes, salt: bytes) -> MessageKey:
        """Derive the key of the message with this 24-byte salt, from its 32-byte key and context."""
        derived = HKDFExpand(SHA512(), 76, _LABEL + salt + context).derive(key)
        return cls(derived[:32], int.from_bytes(derived[32:44], "big"), derived[44:])

    def opens(self, header: bytes) -> bool:
        """Return whether the message that begins with these 56 bytes was made with this key."""
        return hmac.compare_digest(self.commitment, header[SALT_SIZE:HEADER_SIZE])

    def nonce(self, chunk: int) -> bytes:
        """Return the 12-byte AES-GCM nonce of chunk number `chunk`."""
        return (self.base_nonce ^ chunk).to_bytes(12, "big")


def sealed_size(size: int) -> int:
    """Return the number of bytes of the message for `size` bytes of plaintext."""
    return HEADER_SIZE + size + TAG * (size // CHUNK + 1)


def plain_size(length: int) -> int:
    """Return the number of bytes of plaintext in a message of `length` bytes.

    Raises `Malformed` if no message has this length.
    """
    chunks, rest = divmod(length - HEADER_SIZE, SEALED_CHUNK)
    if length < HEADER_SIZE or rest < TAG:
        raise Malformed("no sealed file has this length: its end is missing, or something was added")
    return chunks * CHUNK + rest - TAG


class ChunkReader:
    """Random access to the plaintext of the message in `file` from byte `start` on. For one thread.

    `size`: bytes of plaintext, as given by `plain_size`. If a chunk does not authenticate, raises `Altered`
    with its byte range in the file.
    """

    def __init__(self, file: FileIO, start: int, size: int, key: MessageKey) -> None:
        self.size = size
        self._file, self._start, self._key = file, start + HEADER_SIZE, key
        self._cipher = AESGCM(key.key)
        self._cached, self._cached_number = b"", -1

    def authenticate_end(self) -> None:
        """Open the last chunk, which proves that the message ends here."""
        self._chunk(self.size // CHUNK)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on; they must be within the size."""
        content = bytearray(length)
        self.read_into(offset, memoryview(content))
        return bytes(content)

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill `buffer` with the plaintext from `offset` on; it must be within the size.

        Raises `Altered`; `buffer` then contains zeros where a chunk was not authenticated.
        """
        done = 0
        while done < len(buffer):
            number, skip = divmod(offset + done, CHUNK)
            whole = min((len(buffer) - done) // CHUNK, WINDOW) if skip == 0 else 0
            if whole > 0:
                self._chunks(number, whole, buffer[done : done + whole * CHUNK])
                done += whole * CHUNK
            else:
                part = self._chunk(number)[skip : skip + len(buffer) - done]
                buffer[done : done + len(part)] = part
                done += len(part)

    def _chunk(self, number: int) -> bytes:
        """Return any one chunk; the one read last is cached, since the next read often begins in it."""
        if number != self._cached_number:
            size = min(CHUNK, self.size - number * CHUNK)
            content = bytearray(size)
            self._open(number, self._sealed(number, size + TAG), memoryview(content))
            self._cached, self._cached_number = bytes(content), number
        return self._cached

    def _chunks(self, first: int, count: int, room: memoryview) -> None:
        """Decrypt `count` whole chunks at once, directly into `room`."""
        sealed = self._sealed(first, count * SEALED_CHUNK)
        for number in range(count):
            self._open(
                first + number,
                sealed[number * SEALED_CHUNK : (number + 1) * SEALED_CHUNK],
                room[number * CHUNK : (number + 1) * CHUNK],
            )

    def _open(self, number: int, chunk: memoryview, room: memoryview) -> None:
        try:
            self._cipher.decrypt_into(self._key.nonce(number), chunk, None, room)
        except InvalidTag:
            # AES-GCM has already written unauthenticated plaintext; overwrite it.
            room[:] = bytes(len(room))
            raise self._altered(number, len(chunk)) from None

    def _sealed(self, first: int, length: int) -> memoryview:
        room = _scratch()[:length]
        self._file.seek(self._start + first * SEALED_CHUNK)
        if fill(self._file, room) != length:
            raise Altered(_STEP, "the sealed file is changing while it is read")
        return room

    def _altered(self, number: int, length: int) -> Altered:
        at = self._start + number * SEALED_CHUNK
        if number == self.size // CHUNK:
            return Altered(_STEP, f"the sealed file was altered, cut or extended behind its byte {at}")
        return Altered(_STEP, f"the sealed file was altered between its bytes {at} and {at + length}")


class ChunkWriter:
    """Writes a message to `file`: header, then the content given to `write` in chunks; `finish` ends it."""

    def __init__(self, file: BinaryIO, key: MessageKey, salt: bytes) -> None:
        self._file, self._key = file, key
        self._cipher = AESGCM(key.key)
        self._plain, self._filled, self._number = memoryview(bytearray(WINDOW * CHUNK)), 0, 0
        self._sealed = memoryview(bytearray(WINDOW * SEALED_CHUNK))
        file.write(salt + key.commitment)

    def write(self, content: bytes | memoryview) -> None:
        """Add plaintext."""
        while len(content):
            count = min(len(content), len(self._plain) - self._filled)
            self._plain[self._filled : self._filled + count] = content[:count]
            self._filled += count
            content = content[count:]
            if self._filled == len(self._plain):
                self._seal_whole_chunks()

    def finish(self) -> None:
        """Write the last chunk, which is never full and may be empty."""
        self._seal_whole_chunks()
        self._file.write(
            self._cipher.encrypt(self._key.nonce(self._number), self._plain[: self._filled], None)
        )

    def _seal_whole_chunks(self) -> None:
        count = self._filled // CHUNK
        for number in range(count):
            self._cipher.encrypt_into(
                self._key.nonce(self._number + number),
                self._plain[number * CHUNK : (number + 1) * CHUNK],
                None,
                self._sealed[number * SEALED_CHUNK : (number + 1) * SEALED_CHUNK],
            )
        self._file.write(self._sealed[: count * SEALED_CHUNK])
        rest = self._filled - count * CHUNK
        self._plain[:rest] = self._plain[count * CHUNK : self._filled]
        self._filled, self._number = rest, self._number + count


def _scratch() -> memoryview:
    """Return the thread's ciphertext buffer: fresh pages each time would cost more than decryption."""
    if not hasattr(_thread, "scratch"):
        _thread.scratch = memoryview(bytearray(WINDOW * SEALED_CHUNK))
    scratch: memoryview = _thread.scratch
    return scratch
