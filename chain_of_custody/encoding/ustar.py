"""An archive with one encoding: the files of a package, as ustar, and no other bytes.

A sealed package contains a tar archive, so that any tar program can unpack it once it is decrypted. Tar
allows many encodings of the same files, some of them ambiguous; this module allows one. It has files only,
sorted by path; each header depends only on path and size; then come padding of zeros, two blocks of zeros and
the end. A reader computes each header again and compares. So an archive cannot contain a link, a device, a
name that leads out, a duplicate file, or bytes that belong to no file.

Trusts nothing: anyone with the passphrase may have made the archive. A size is not trusted before that many
bytes exist.

Specification: docs/spec/sealed-package.md; POSIX.1-1988 ustar; GNU tar's base-256 numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from chain_of_custody.encoding.file_source import MAX_FILES, PATH, shown
from chain_of_custody.errors import Malformed

BLOCK = 512
END = bytes(2 * BLOCK)

_NAME_SIZE, _PREFIX_SIZE = 100, 155
_OCTAL_LIMIT = 8**11
_MAX_SIZE = 2**53 - 1


class CutShort(Malformed):
    """The bytes end before the archive does."""


class RandomAccess(Protocol):
    """Bytes that can be read from any place."""

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on, which are within the size."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive: its `size` bytes begin at byte `offset`."""

    offset: int
    size: int


def header(path: str, size: int) -> bytes:
    """Return the 512 bytes before a file's content.

    Raises `Malformed` for a path that no package has or that does not fit, and for an invalid size.
    """
    if not PATH.fullmatch(path):
        raise Malformed(f"{shown(path)}: not the path of a file in a package")
    prefix, name = ("", path) if len(path) <= _NAME_SIZE else path.rpartition("/")[::2]
    if len(name) > _NAME_SIZE or len(prefix) > _PREFIX_SIZE:
        raise Malformed(f"{path}: too long for an archive")
    start = b"".join(
        (
            name.encode("ascii").ljust(_NAME_SIZE, b"\0"),
            b"0000644\0",
            2 * b"0000000\0",  # owner, group
            _size_field(size),
            b"00000000000\0",  # time
        )
    )
    end = b"0" + bytes(100) + b"ustar\x0000" + bytes(80) + prefix.encode("ascii").ljust(167, b"\0")
    # The checksum counts its own eight bytes as spaces.
    checksum = sum(start) + 8 * 0x20 + sum(end)
    return start + b"%06o\0 " % checksum + end


def padding(size: int) -> bytes:
    """Return the zeros after a content of `size` bytes."""
    return bytes(-size % BLOCK)


def archive_size(sizes: Mapping[str, int]) -> int:
    """Return the number of bytes of the archive of files with these sizes."""
    return sum(BLOCK + size + -size % BLOCK for size in sizes.values()) + len(END)


def in_order(sizes: Mapping[str, int]) -> list[str]:
    """Return the paths in the order of an archive: by their bytes."""
    return sorted(sizes)


def read_index(archive: RandomAccess) -> dict[str, Entry]:
    """Return the position of each file in the archive, in order. Contents are not read.

    Raises `Malformed` unless every byte outside the contents is the expected one, and what `archive.read`
    raises.
    """
    entries: dict[str, Entry] = {}
    last = ""
    for path, entry in _entries(archive):
        if path <= last:
            raise Malformed(f"{path}: there twice in the archive, or the files are not sorted")
        if any(parent in entries for parent in _parents(path)):
            raise Malformed(f"{path}: lies in something that is a file itself")
        if len(entries) >= MAX_FILES:
            raise Malformed(f"more than {MAX_FILES} files in the archive")
        entries[path] = entry
        last = path
    return entries


def _entries(archive: RandomAccess) -> Iterator[tuple[str, Entry]]:
    offset, before = 0, b""
    while True:
        # The padding after a content and the following header are adjacent, so read them together.
        if offset + len(before) + BLOCK > archive.size:
            raise CutShort("the archive ends early")
        between = archive.read(offset, len(before) + BLOCK)
        if not between.startswith(before):
            raise Malformed(f"there is something behind a file, at byte {offset} of the archive")
        offset += len(between)
        block = between[len(before) :]
        if not any(block):
            if archive.size != offset + BLOCK or any(archive.read(offset, BLOCK)):
                raise Malformed("the archive does not end with two empty blocks")
            return
        path, size = _parse_header(block, offset - BLOCK)
        before = padding(size)
        if size > archive.size - offset:
            raise CutShort(f"{path}: longer than the archive")
        yield path, Entry(offset, size)
        offset += size


def _parse_header(block: bytes, at: int) -> tuple[str, int]:
    """Return path and size; compare this header with the only valid one for them."""
    name, prefix = block[:_NAME_SIZE].rstrip(b"\0"), block[345:500].rstrip(b"\0")
    path = (prefix + b"/" + name if prefix else name).decode("latin-1")
    try:
        expected = header(path, _parse_size(block[124:136]))
    except Malformed as error:
        raise Malformed(f"the entry at byte {at} of the archive cannot be: {error}") from error
    if block != expected:
        raise Malformed(f"the entry at byte {at} of the archive is not in its only form")
    return path, _parse_size(block[124:136])


def _size_field(size: int) -> bytes:
    if not 0 <= size <= _MAX_SIZE:
        raise Malformed("a size that no file has")
    return b"%011o\0" % size if size < _OCTAL_LIMIT else b"\x80" + size.to_bytes(11, "big")


def _parse_size(field: bytes) -> int:
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if not all(digit in b"01234567" for digit in field[:11]):
        raise Malformed("a size that is no number")
    return int(field[:11], 8)


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
