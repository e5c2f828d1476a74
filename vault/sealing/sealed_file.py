"""One file as one sealed message, with the digests of both, in one pass over its bytes.

What is there as a whole needs no log of records: it is one message (`vault.sealing.sealing`), and what a
ledger would name are the SHA-256 of what went in and of what came out. Both digests and the sealing read each
block once, while it is still in the processor's cache; hashing what goes in has a thread of its own, since
SHA-256 is what takes the time.

Photographs and documents come in pieces and are logs of them (decision 0030). Only the tests call this, and a
benchmark, which measures what sealing a file costs.

The sealed file is durable when `seal_file` returns, and nothing is left of it where that fails. Trusted: as
in `vault.sealing.sealing`; the source is read once, so what is hashed is what is sealed.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Encryptor

from vault.disk import DISK, Disk, write_all
from vault.errors import write_failure
from vault.sealing.sealing import TAG_SIZE

BLOCK = 1024 * 1024
"""Bytes read at once."""
WRITE_BACK = 32 * 1024 * 1024
"""Bytes after which the system is told to begin writing, so that the end has little to wait for."""


@dataclass(frozen=True)
class SealedFile:
    """What the ledger needs to know of a sealed file. Digests are SHA-256, hexadecimal."""

    size: int
    """Bytes that went in."""
    digest: str
    sealed_size: int
    sealed_digest: str


def seal_file(data_key: bytes, context: bytes, source: Path, target: Path, disk: Disk = DISK) -> SealedFile:
    """Seal the file at `source` into a new file at `target`, durable on return.

    `data_key` is 32 uniformly random bytes. Raises `OSError` where the source cannot be read or the target
    is there, `DiskFull`, `WriteFailed`, `ValueError` for a key of another length.
    """
    encryptor = Cobblestone256Encryptor(data_key, context)
    with source.open("rb", buffering=0) as reading:
        writing = disk.create(target)
        try:
            sealed = _Pass(encryptor, reading.fileno(), writing, disk).run()
            try:
                disk.sync(writing)
                disk.sync_directory(target.parent)
            except OSError as error:
                raise write_failure(error, target.name) from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            os.close(writing)
    return sealed


class _Pass:
    """One pass: blocks in turns in two buffers, so that one is filled while the other is still hashed."""

    def __init__(self, encryptor: Cobblestone256Encryptor, source: int, target: int, disk: Disk) -> None:
        self._encryptor, self._source, self._target, self._disk = encryptor, source, target, disk
        self._plain, self._cipher = hashlib.sha256(), hashlib.sha256()
        # What the encryptor holds back of one block comes with the next; a block has at most 65 chunks.
        self._room = bytearray(BLOCK + (BLOCK // 16384 + 2) * TAG_SIZE + 16384 + 64)
        self._size = self._written = 0

    def run(self) -> SealedFile:
        blocks = (bytearray(BLOCK), bytearray(BLOCK))
        hashed: list[Future[None] | None] = [None, None]
        turn = 0
        with ThreadPoolExecutor(1, "hashing") as hashing:
            while True:
                before = hashed[turn]
                if before is not None:
                    before.result()  # that buffer is free again
                count = os.readv(self._source, [blocks[turn]])
                if not count:
                    break
                block = memoryview(blocks[turn])[:count]
                hashed[turn] = hashing.submit(self._plain.update, block)
                self._seal(block)
                turn = 1 - turn
            for left in hashed:
                if left is not None:
                    left.result()
        self._put(memoryview(self._encryptor.finalize()))
        return SealedFile(self._size, self._plain.hexdigest(), self._written, self._cipher.hexdigest())

    def _seal(self, block: memoryview) -> None:
        self._size += len(block)
        size = self._encryptor.update_into(block, self._room)
        self._put(memoryview(self._room)[:size])

    def _put(self, data: memoryview) -> None:
        self._cipher.update(data)
        before = self._written
        try:
            write_all(self._disk, self._target, data)
        except OSError as error:
            raise write_failure(error, "a sealed file") from error
        self._written += len(data)
        if self._written // WRITE_BACK != before // WRITE_BACK:
            os.posix_fadvise(self._target, 0, self._written, os.POSIX_FADV_DONTNEED)
