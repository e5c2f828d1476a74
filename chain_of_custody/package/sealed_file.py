"""A package as one sealed file: an archive of the folder, encrypted under a passphrase.

    amana/package/v1 LF
    {"iterations":1000000,"kdf":"pbkdf2-hmac-sha-512","salt":"…"} LF
    one chunked-encryption message: an archive (`ustar`) of all files

A person who finds the USB stick can read nothing. A person with the passphrase needs no key, no account and
no tool of ours. The encryption is key-committing: a wrong passphrase is rejected before anything is
decrypted. The file is read on demand, and each chunk is authenticated as it is read, so that a film starts
without waiting for all of it.

Sealing only restricts access. It proves nothing about the testimony: the package inside does that, and anyone
with the passphrase could seal another one.

Specification: docs/spec/sealed-package.md.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import pbkdf2_hmac, sha256
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from chain_of_custody.encoding.atomic_folder import sync_folder
from chain_of_custody.encoding.chunked_encryption import (
    HEADER_SIZE,
    SALT_SIZE,
    ChunkReader,
    ChunkWriter,
    MessageKey,
    plain_size,
)
from chain_of_custody.encoding.file_source import FolderSource, Source, fill
from chain_of_custody.encoding.passphrase import normalise
from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.encoding.ustar import END, CutShort, Entry, header, in_order, padding, read_index
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved, WrongPassphrase

FIRST_LINE = b"amana/package/v1\n"
CONTEXT_LABEL = b"amana/package/v1\x00"
ENDING = ".amana"
ITERATIONS = 1_000_000
"""Rounds of hashing for each try of a passphrase: half a second in 2026."""
MIN_ITERATIONS, MAX_ITERATIONS = 100_000, 10_000_000
MAX_SECOND_LINE = 128

_STEP = "opening"
_CUT_OFF = "the sealed file is not whole: its end is missing"
_SECOND_LINE = re.compile(
    rb'\{"iterations":([1-9][0-9]{5,7}),"kdf":"pbkdf2-hmac-sha-512","salt":"([A-Za-z0-9+/]{22}==)"\}'
)
_COPIED = 1024 * 1024
"""Bytes copied at a time."""


@dataclass(frozen=True, slots=True)
class SealHeader:
    """The unencrypted lines of a sealed package: how its passphrase becomes its key. `salt`: 16 bytes."""

    salt: bytes
    iterations: int = ITERATIONS

    def canonical(self) -> bytes:
        """Return both lines, with their line ends."""
        return FIRST_LINE + self._second_line() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> SealHeader:
        """Read the lines at the beginning of `data`, which may be longer. Raises `Malformed`."""
        if not data.startswith(FIRST_LINE):
            raise Malformed("this is no sealed package: it does not begin with the line that every one has")
        line, ended, _ = data[len(FIRST_LINE) :][:MAX_SECOND_LINE].partition(b"\n")
        match = _SECOND_LINE.fullmatch(line)
        if not ended or match is None:
            raise Malformed("the second line of the sealed package is not in its form")
        iterations = int(match[1])
        if not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
            raise Malformed(f"iterations are not from {MIN_ITERATIONS} to {MAX_ITERATIONS}")
        return cls(decode_base64(match[2].decode("ascii"), "salt"), iterations)

    def message_key(self, passphrase: str, message_salt: bytes) -> MessageKey:
        """Return the key of the message after the lines, if this is the passphrase.

        Raises `Malformed` for a text that is no passphrase.
        """
        key = pbkdf2_hmac("sha512", normalise(passphrase), self.salt, self.iterations, 32)
        context = CONTEXT_LABEL + sha256(self._second_line()).digest()
        return MessageKey.derive(key, context, message_salt)

    def _second_line(self) -> bytes:
        return (
            b'{"iterations":%d,"kdf":"pbkdf2-hmac-sha-512","salt":"%s"}'
            % (self.iterations, encode_base64(self.salt).encode("ascii"))
        )  # fmt: skip


class SealedSource:
    """The files inside a sealed package. Opening reads its ends and the archive's headers, not the contents.

    Raises `NotProved` of step 1 ("1 opening"): `WrongPassphrase`, `Altered`, `Incomplete`, or for a file that
    does not have the form of a sealed package; `OSError` on disk errors.
    """

    def __init__(self, path: Path, passphrase: str) -> None:
        with _opening(), FileIO(path) as file:
            self._path, self._length = path, os.fstat(file.fileno()).st_size
            begin = bytearray(len(FIRST_LINE) + MAX_SECOND_LINE + HEADER_SIZE)
            begin = begin[: fill(file, memoryview(begin))]
            if _ends_in_lines(bytes(begin)):
                raise Incomplete(_STEP, _CUT_OFF, path.name)
            head = SealHeader.parse(bytes(begin))
            self._start = len(head.canonical())
            if self._length < self._start + HEADER_SIZE:
                raise Incomplete(_STEP, _CUT_OFF, path.name)
            self._size = plain_size(self._length - self._start)
            message_header = bytes(begin[self._start :][:HEADER_SIZE])
            self._key = head.message_key(passphrase, message_header[:SALT_SIZE])
            if not self._key.opens(message_header):
                raise WrongPassphrase(
                    _STEP,
                    "this is not the passphrase of this package. Look at each of its words, and whether the "
                    "paper they are on belongs to this file",
                    path.name,
                )
            self._index: Mapping[str, Entry] = self._read_index(self._reader(file))

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """As `Source.sizes`."""
        return {path: entry.size for path, entry in self._index.items()}

    def read(self, path: str, limit: int) -> bytes:
        """As `Source.read`."""
        entry = self._entry(path)
        if entry.size > limit:
            raise Malformed(f"{path}: longer than {limit} bytes")
        content = bytearray(entry.size)
        with self.open(path) as file:
            fill(file, memoryview(content))
        return bytes(content)

    def open(self, path: str) -> SealedFile:
        """As `Source.open`."""
        entry = self._entry(path)
        file = FileIO(self._path)
        if os.fstat(file.fileno()).st_size != self._length:
            file.close()
            raise Altered(_STEP, "the sealed file is changing while it is read", self._path.name)
        return SealedFile(path, entry, file, self._reader(file))

    def _read_index(self, reader: ChunkReader) -> Mapping[str, Entry]:
        """Return the archive's files, after checking that the archive ends where the file ends."""
        try:
            reader.authenticate_end()
        except Altered:
            # An interrupted copy is by far the likeliest reason: then the archive is cut short.
            with suppress(Altered, Malformed):
                try:
                    read_index(reader)
                except CutShort:
                    raise Incomplete(_STEP, _CUT_OFF, self._path.name) from None
            raise
        return read_index(reader)

    def _reader(self, file: FileIO) -> ChunkReader:
        return ChunkReader(file, self._start, self._size, self._key)

    def _entry(self, path: str) -> Entry:
        try:
            return self._index[path]
        except KeyError:
            raise Incomplete("bag", "the file is missing", path) from None


class SealedFile:
    """A file inside a sealed package (`OpenFile`). An `Altered` error names its path too."""

    def __init__(self, path: str, entry: Entry, file: FileIO, reader: ChunkReader) -> None:
        self._path, self._entry, self._file, self._reader = path, entry, file, reader
        self._at = 0

    def __enter__(self) -> SealedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def readinto(self, buffer: memoryview, /) -> int:
        """As `OpenFile.readinto`."""
        count = max(0, min(len(buffer), self._entry.size - self._at))
        try:
            self._reader.read_into(self._entry.offset + self._at, buffer[:count])
        except Altered as error:
            raise Altered(error.step, error.reason, self._path) from error
        self._at += count
        return count

    def seek(self, offset: int, /) -> int:
        """As `OpenFile.seek`."""
        self._at = offset
        return offset

    def close(self) -> None:
        """As `OpenFile.close`."""
        self._file.close()


def seal_folder(folder: Path, file: Path, passphrase: str, iterations: int = ITERATIONS) -> Path:
    """Seal the package in `folder` as `file`, atomically and durably.

    Raises `FileExistsError` if `file` exists, `Malformed` or `Altered` if the folder contains what no package
    can, or if it changes meanwhile, `OSError` on disk errors. The passphrase is written nowhere.
    """
    if file.exists():
        raise FileExistsError(f"{file} exists")
    partial = file.with_name(f".{file.name}.partial")
    head, message_salt = SealHeader(secrets.token_bytes(16), iterations), secrets.token_bytes(SALT_SIZE)
    with partial.open("xb") as out:
        try:
            write_sealed(FolderSource(folder), out, passphrase, head, message_salt)
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            partial.unlink()
            raise
    partial.rename(file)
    sync_folder(file.parent)
    return file


def write_sealed(
    source: Source, out: BinaryIO, passphrase: str, head: SealHeader, message_salt: bytes
) -> None:
    """Write the sealed package of a source's files to `out`. Raises as `seal_folder`.

    The salts must be fresh random bytes; fixed salts are for reproducible examples.
    """
    out.write(head.canonical())
    message = ChunkWriter(out, head.message_key(passphrase, message_salt), message_salt)
    room = memoryview(bytearray(_COPIED))
    for path in in_order(source.sizes):
        size = source.sizes[path]
        message.write(header(path, size))
        _copy(source, path, size, message, room)
        message.write(padding(size))
    message.write(END)
    message.finish()


def _copy(source: Source, path: str, size: int, message: ChunkWriter, room: memoryview) -> None:
    file = source.open(path)
    try:
        left = size
        while left > 0:
            count = fill(file, room[: min(left, len(room))])
            if count == 0:
                raise Altered(_STEP, "the file is changing while it is read", path)
            message.write(room[:count])
            left -= count
    finally:
        file.close()


def _ends_in_lines(begin: bytes) -> bool:
    """Return whether the file ends before its two lines do, and is a sealed package up to there."""
    first, second = begin[: len(FIRST_LINE)], begin[len(FIRST_LINE) :]
    return FIRST_LINE.startswith(first) and len(second) < MAX_SECOND_LINE and b"\n" not in second


@contextmanager
def _opening() -> Iterator[None]:
    """Raise `Malformed` and `NotProved` within as `NotProved` at step 1; `OSError` passes through."""
    try:
        yield
    except Malformed as error:
        raise NotProved("1 opening", str(error)) from error
    except NotProved as error:
        raise type(error)("1 opening", error.reason, error.where) from error
