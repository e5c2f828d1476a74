"""What lies in a running process and on its disk: memory, open files, folders; secrets looked for there."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import numpy

CHUNK = 32 * 1024 * 1024  # bytes read at once
OVERLAP = 256  # bytes; longer than any needle

Needles = Mapping[str, frozenset[bytes]]


def needles(secrets: Mapping[str, bytes]) -> Needles:
    """For each secret by name: its bytes' first and last 16, and the texts in which it could be written."""
    return {
        name: frozenset(
            {secret[:16], secret[-16:], secret.hex().encode(), base64.b64encode(secret)[:20]}
            | {base64.urlsafe_b64encode(secret)[:20]}
        )
        for name, secret in secrets.items()
    }


def of_wrapping_key(name: str, seed: bytes) -> dict[str, bytes]:
    """A seed, and what grows from it: ML-KEM's d and z, the X25519 private key."""
    expanded = hashlib.shake_256(seed).digest(96)
    return {
        name: seed,
        f"{name}, ML-KEM d": expanded[:32],
        f"{name}, ML-KEM z": expanded[32:64],
        f"{name}, X25519": expanded[64:],
    }


def of_ed25519(name: str, seed: bytes) -> dict[str, bytes]:
    """A seed, and the scalar that signs (RFC 8032, 5.1.5), as it is before and after it is clamped."""
    scalar = bytearray(hashlib.sha512(seed).digest()[:32])
    plain = bytes(scalar)
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    return {name: seed, f"{name}, scalar": bytes(scalar), f"{name}, hashed": plain}


def in_memory(pid: int, sought: Needles) -> set[str]:
    """The names of the secrets that any readable page of this process holds. Needs root."""
    return _found(_memory(pid), sought)


def in_open_files(pid: int, sought: Needles) -> set[str]:
    """The same for the regular files that it has open, deleted ones too."""
    return _found(_open_files(pid), sought)


def in_folder(folder: Path, sought: Needles, *, without: Path) -> set[str]:
    """The same for every file below `folder`, but those below `without`."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(without))
    return _found((path.read_bytes() for path in files), sought)


def size_of_memory(pid: int) -> int:
    return sum(len(chunk) for chunk in _memory(pid))


def descendants(pid: int) -> set[int]:
    """All living processes that this one started, and those they started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rsplit(") ", 1)[1].split()
            if fields[0] != "Z":
                parents[int(entry.parent.name)] = int(fields[1])
    found, ring = set(), {pid}
    while ring:
        ring = {child for child, parent in parents.items() if parent in ring}
        found |= ring
    return found


def _found(chunks: Iterable[bytes], sought: Needles) -> set[str]:
    """Looks for all needles at once: a few hundred searches of some hundred megabytes take half a minute."""
    begin: dict[bytes, list[tuple[bytes, str]]] = {}
    for name, needles in sought.items():
        for needle in needles:
            begin.setdefault(needle[:4], []).append((needle, name))
    found: set[str] = set()
    for chunk in chunks:
        for at in _places(chunk, begin):
            found.update(
                name for needle, name in begin.get(chunk[at : at + 4], ()) if chunk.startswith(needle, at)
            )
    return found


def _places(chunk: bytes, begin: Collection[bytes]) -> Iterator[int]:
    """Where one of these beginnings of four bytes may lie: the first two bytes are the first two of one of
    them, and the next two the last two of one of them."""
    first, last = numpy.zeros(65536, bool), numpy.zeros(65536, bool)
    for pair, at in ((first, 0), (last, 2)):
        pair[[int.from_bytes(four[at : at + 2], "little") for four in begin]] = True
    for odd in (0, 1):
        count = (len(chunk) - odd) // 2
        if count < 2:
            continue
        pairs = numpy.frombuffer(chunk, "<u2", count, odd)
        hits = numpy.flatnonzero(first[pairs[:-1]])
        yield from (2 * hits[last[pairs[hits + 1]]] + odd).tolist()


def _memory(pid: int) -> Iterator[bytes]:
    # A mapping that nobody can write is a file's own content: of programs, libraries and catalogues.
    maps = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r(w|-).. [0-9a-f]+ \S+ (\d+) *(.*)")
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            mapped = maps.fullmatch(line)
            if (
                mapped is None
                or (mapped[3] == "-" and mapped[4] != "0")
                or mapped[5] in ("[vvar]", "[vsyscall]")
            ):
                continue
            start, end = int(mapped[1], 16), int(mapped[2], 16)
            for at in range(start, end, CHUNK - OVERLAP):
                with contextlib.suppress(OSError):  # a page that went away meanwhile
                    yield os.pread(memory.fileno(), min(CHUNK, end - at), at)


def _open_files(pid: int) -> Iterator[bytes]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if stat.S_ISREG(entry.stat().st_mode):
                yield entry.read_bytes()
