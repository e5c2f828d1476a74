"""C2SP tlog-proof: proof that an entry is in the ledger, verifiable offline for ever.

A proof contains the entry's index, the inclusion path and the signed checkpoint, verbatim. To verify
it, only the entry itself and the ledger's two public keys from a trusted source are needed.
Specification: https://c2sp.org/tlog-proof. File extension `.tlog-proof`.
"""

from __future__ import annotations

from dataclasses import dataclass

from chain_of_custody.encoding.signed_note import MAX_NOTE_SIZE, decode_base64, encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint, parse_decimal
from chain_of_custody.tlog.merkle import HASH_SIZE, leaf_hash, verify_inclusion

MAX_PATH = 63
"""Maximum hashes in the format; ours need fewer, since a tree has at most 2**53 - 1 leaves."""
MAX_PROOF_SIZE = MAX_NOTE_SIZE + 100_000
"""Maximum bytes: the largest note, a full path and a little extra data."""
_FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Proof, by `path`, that entry `index` is in the tree that `checkpoint_note` signs.

    `checkpoint_note` is the signed note exactly as the ledger returned it. `extra` is unauthenticated
    application data; ours writes none and reads none.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """Parse the contents of a `.tlog-proof` file. Raises `Malformed`.

        The checkpoint is not parsed here; `verify` checks it.
        """
        if len(data) > MAX_PROOF_SIZE:
            raise Malformed(f"the proof is larger than {MAX_PROOF_SIZE} bytes")
        head, separator, note = data.partition(b"\n\n")
        if not separator or not note:
            raise Malformed("the proof has no empty line followed by a checkpoint")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("the proof has characters beyond ASCII before its checkpoint") from None
        if lines[0] != _FIRST_LINE:
            raise Malformed(f"the proof does not begin with {_FIRST_LINE}")
        following, extra = 1, None
        if len(lines) > 1 and lines[1].startswith("extra "):
            extra = decode_base64(lines[1].removeprefix("extra "), "the proof's extra data")
            following = 2
            if not extra:
                raise Malformed("the proof has an extra line without data")
        if len(lines) <= following or not lines[following].startswith("index "):
            raise Malformed("the proof has no index line where it must be")
        index = parse_decimal(lines[following].removeprefix("index "), "the proof's index")
        hashes = lines[following + 1 :]
        if len(hashes) > MAX_PATH:
            raise Malformed(f"the proof has more than {MAX_PATH} hashes")
        path = tuple(decode_base64(line, "a hash in the proof") for line in hashes)
        if any(len(value) != HASH_SIZE for value in path):
            raise Malformed("a hash in the proof is not 32 bytes long")
        return cls(index, path, note, extra)

    def serialise(self) -> bytes:
        """Return the contents of a `.tlog-proof` file; `parse` returns the same proof."""
        lines = [_FIRST_LINE]
        if self.extra is not None:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(encode_base64(value) for value in self.path)
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint_note

    def verify(self, leaf: bytes, keys: LogKeys) -> Checkpoint:
        """Prove that the entry `leaf` (its bytes, not its hash) is in the ledger of `keys`.

        Raises `Malformed` or `SignatureInvalid` for the checkpoint, `InclusionInvalid` for the rest.
        """
        checkpoint = open_checkpoint(self.checkpoint_note, keys)
        self.verify_under(leaf, checkpoint)
        return checkpoint

    def verify_under(self, leaf: bytes, checkpoint: Checkpoint) -> None:
        """Verify as `verify`, for a caller that has already opened this very `checkpoint_note`.

        Many proofs share one checkpoint; its signatures need to be verified only once.
        """
        verify_inclusion(leaf_hash(leaf), self.index, checkpoint.size, self.path, checkpoint.root)
