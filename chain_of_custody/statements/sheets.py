"""Sheets: several acts that their person signs at once, each a statement of its own.

The acts of a sheet follow each other directly in one chain. What the person signs is the root of the Merkle
tree (RFC 6962) over them; each statement carries its place in that tree with the signature. An act signed
alone is a sheet of one.

The first act is signed with the statement before it. The others cannot be: the leaf before them exists only
once the sheet is signed. They are signed without `previous`; instead, verifiers require that the sheet is
whole and in order (`signatures.check_sheet`). So a signature still covers one place in one chain.

Trusts nothing. Specification: docs/spec/statement.md, *Sheet*; RFC 9162 section 2.1.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import InclusionInvalid, Malformed, SignatureInvalid
from chain_of_custody.tlog import merkle

MAX_ACTS = 64
"""Maximum acts on a sheet: more than one person reads before signing."""
MAX_PATH = (MAX_ACTS - 1).bit_length()

_KEYS = frozenset(("index", "path", "size"))


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """The place of an act on the sheet that its person signed: number `index` of `size`, from 0.

    `path`: the 32-byte hashes from the act to the root, its sibling first.
    """

    index: int
    size: int
    path: tuple[bytes, ...]

    def challenge(self, message: bytes) -> bytes:
        """Return the 32-byte challenge of the sheet that has `message` at this place.

        Raises `SignatureInvalid` for a path with too many or too few hashes.
        """
        try:
            return merkle.root_from_path(merkle.leaf_hash(message), self.index, self.size, self.path)
        except InclusionInvalid as error:
            raise SignatureInvalid("signature", f"the act's place on its sheet: {error.reason}") from error

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the place in a signature; hashes in hexadecimal."""
        return {"index": self.index, "path": [one.hex() for one in self.path], "size": self.size}

    @classmethod
    def from_json(cls, value: object) -> SheetPlace:
        """Read the object. Raises `Malformed`, also for a place beyond the sheet's end."""
        fields = canonical_json.exact_keys(value, _KEYS, "sheet")
        size = canonical_json.integer(fields["size"], "sheet size", 1, MAX_ACTS)
        index = canonical_json.integer(fields["index"], "sheet index", 0, size - 1)
        path = fields["path"]
        if not isinstance(path, list) or len(path) > MAX_PATH:
            raise Malformed(f"sheet path: not a list of at most {MAX_PATH} hashes")
        return cls(
            index, size, tuple(bytes.fromhex(canonical_json.digest(one, "sheet path")) for one in path)
        )


ALONE = SheetPlace(0, 1, ())
"""The place of an act signed alone."""


def challenge_of_acts(messages: Sequence[bytes]) -> bytes:
    """Return the 32-byte challenge under which these acts are signed at once, in this order."""
    return merkle.root_of(map(merkle.leaf_hash, messages))


def places(messages: Sequence[bytes]) -> list[SheetPlace]:
    """Return the place of each of these acts. Raises `Malformed` unless they are 1 to `MAX_ACTS`."""
    size = len(messages)
    if not 1 <= size <= MAX_ACTS:
        raise Malformed(f"sheet: not 1 to {MAX_ACTS} acts")
    hashes = [merkle.leaf_hash(message) for message in messages]
    return [
        SheetPlace(index, size, tuple(merkle.inclusion_proof(hashes, index, size))) for index in range(size)
    ]
