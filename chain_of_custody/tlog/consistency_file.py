"""Consistency files: proof that an earlier tree named in a package is a prefix of the ledger's tree.

A recording's start names the tree it came after, and a timestamp the tree it covers. Both count only if that
tree is a prefix of *this* ledger, whose checkpoint all proofs share. The file contains RFC 6962's consistency
proof in a small text form of our own, since C2SP has none for it.

    amana/consistency/v1
    size <decimal>
    <base64 root>
    <base64 hash>       0 to 126 lines

Trusts: the common checkpoint. Specification: docs/spec/court-package.md, section 2; RFC 9162 section 2.1.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from chain_of_custody.encoding.signed_note import decode_base64, encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, parse_decimal
from chain_of_custody.tlog.merkle import HASH_SIZE, verify_consistency

MAX_HASHES = 126
MAX_CONSISTENCY = 8_192
"""Maximum bytes of a file; the largest has some 5,700."""

_FIRST_LINE = "amana/consistency/v1"


@dataclass(frozen=True, slots=True)
class ConsistencyFile:
    """Proof that the tree of `size` entries with `root` (32 bytes) begins a later one, by hashes `proof`."""

    size: int
    root: bytes
    proof: tuple[bytes, ...]

    def serialise(self) -> bytes:
        """Return the file's canonical bytes; `parse` returns the same object."""
        hashes = "".join(f"{encode_base64(value)}\n" for value in (self.root, *self.proof))
        return f"{_FIRST_LINE}\nsize {self.size}\n{hashes}".encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> ConsistencyFile:
        """Read a file. Raises `Malformed`."""
        if len(data) > MAX_CONSISTENCY:
            raise Malformed(f"consistency file: longer than {MAX_CONSISTENCY} bytes")
        try:
            lines = data.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("consistency file: not ASCII") from None
        if lines[0] != _FIRST_LINE or len(lines) < 4 or lines.pop():
            raise Malformed(f"consistency file: not complete lines, of which the first is {_FIRST_LINE}")
        if not lines[1].startswith("size "):
            raise Malformed("consistency file: no size line")
        size = parse_decimal(lines[1].removeprefix("size "), "the size of the earlier tree")
        hashes = tuple(decode_base64(line, "a hash of the consistency file") for line in lines[2:])
        if len(hashes) > 1 + MAX_HASHES or any(len(value) != HASH_SIZE for value in hashes):
            raise Malformed(f"consistency file: not a root and 0 to {MAX_HASHES} hashes of 32 bytes")
        if size < 1:
            raise Malformed("consistency file: every tree begins with the empty one")
        return cls(size, hashes[0], hashes[1:])

    def verify(self, checkpoint: Checkpoint) -> None:
        """Prove that `checkpoint`'s tree begins with this one. Raises `ConsistencyInvalid`."""
        verify_consistency(self.size, self.root, checkpoint.size, checkpoint.root, self.proof)
