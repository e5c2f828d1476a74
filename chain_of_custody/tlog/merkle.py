"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1), over SHA-256.

Hashing, an append-only tree that stores only its right border, and the two proofs: *inclusion*
(this entry is in the tree) and *consistency* (the larger tree begins with the smaller one).

Trusts nothing: verification takes sizes and roots from a signed checkpoint, and everything else may come from
an adversary. It raises unless the proof has exactly the required hashes.

Complete subtrees are named by `(level, index)`: the subtree over leaves
`index << level` up to, not including, `(index + 1) << level`; level 0 are the leaf hashes. A
complete subtree never changes again, so its hash may be stored for ever. All sizes are counts of
leaves, at most 2**53 - 1, which every reader represents exactly; all hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

from chain_of_custody.errors import ConsistencyInvalid, InclusionInvalid

HASH_SIZE = 32
MAX_SIZE = 2**53 - 1
EMPTY_ROOT = sha256().digest()

NodeReader = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree `(level, index)`."""

NodesReader = Callable[[Sequence[tuple[int, int]]], Sequence[bytes]]
"""Returns the hashes of many complete subtrees `(level, index)`, in the order requested."""

Result = TypeVar("Result")


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry): the hash of one entry of any length."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right): the hash over two 32-byte hashes."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """An append-only tree that holds only its compact range: at most 63 hashes.

    The compact range of a tree of size n is one complete subtree per 1-bit of n, largest first.
    """

    __slots__ = ("_range", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._range: list[bytes] = []

    @classmethod
    def from_hashes(cls, leaf_hashes: Iterable[bytes]) -> Tree:
        """Build the tree over these leaf hashes, in order."""
        tree = cls()
        for leaf in leaf_hashes:
            tree.append(leaf)
        return tree

    @classmethod
    def resume(cls, size: int, node: NodeReader) -> Tree:
        """Build the tree of `size` leaves from stored subtrees. Compare its `root()` before trusting it."""
        if not 0 <= size <= MAX_SIZE:
            raise ValueError(f"a tree cannot have {size} leaves")
        tree = cls()
        tree._size = size
        tree._range = [node(level, index) for level, index in compact_range(0, size)]
        return tree

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add one leaf hash; return every subtree this completed, `(level, index, hash)`, leaf first."""
        index, level, value = self._size, 0, leaf
        completed = [(0, index, leaf)]
        while index & 1:
            value = node_hash(self._range.pop(), value)
            index >>= 1
            level += 1
            completed.append((level, index, value))
        self._range.append(value)
        self._size += 1
        return completed

    def subtrees(self) -> dict[tuple[int, int], bytes]:
        """Return the compact range: `(level, index)` → hash."""
        return dict(zip(compact_range(0, self._size), self._range, strict=True))

    def root(self) -> bytes:
        """Return the root hash; for the empty tree, the SHA-256 of no bytes."""
        return _fold(self._range) if self._range else EMPTY_ROOT

    def copy(self) -> Tree:
        """Return an independent tree in the same state."""
        twin = Tree()
        twin._size = self._size
        twin._range = self._range.copy()
        return twin


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes."""
    return Tree.from_hashes(leaf_hashes).root()


def root_at(size: int, node: NodeReader) -> bytes:
    """Return the root of the first `size` leaves, from stored subtrees."""
    return Tree.resume(size, node).root()


def inclusion_proof(tree: NodeReader | Sequence[bytes], index: int, size: int) -> list[bytes]:
    """Return the path from leaf `index` to the root of the first `size` leaves, leaf's sibling first.

    `tree` is a reader of stored subtrees, or simply all leaf hashes. Raises `ValueError` if there
    is no such leaf. Reads O(log size) subtrees.
    """
    node = _reader(tree, size)
    if not 0 <= index < size <= MAX_SIZE:
        raise ValueError(f"no leaf {index} in a tree of {size} leaves")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(node, middle, high))
            high = middle
        else:
            path.append(_range_root(node, low, middle))
            low = middle
    path.reverse()
    return path


def consistency_proof(tree: NodeReader | Sequence[bytes], size1: int, size2: int) -> list[bytes]:
    """Return the hashes that show that the first `size1` of `size2` leaves are the earlier tree.

    Order and count as RFC 9162 section 2.1.4.1; empty if the sizes are equal. Raises `ValueError`
    unless 0 < size1 ≤ size2: consistency with an empty tree is not defined.
    """
    node = _reader(tree, size2)
    if not 0 < size1 <= size2 <= MAX_SIZE:
        raise ValueError(f"no consistency proof from size {size1} to size {size2}")
    path: list[bytes] = []
    low, high = 0, size2
    while high != size1:
        middle = low + _split(high - low)
        if size1 <= middle:
            path.append(_range_root(node, middle, high))
            high = middle
        else:
            path.append(_range_root(node, low, middle))
            low = middle
    if low:  # else the verifier knows this hash: it is the earlier root itself
        path.append(_range_root(node, low, high))
    path.reverse()
    return path


def growth_proof(tree: Tree, fresh: Sequence[tuple[int, int, bytes]], size: int) -> list[bytes]:
    """Return the `consistency_proof` that a tree grown to `size` begins with `tree`, without storage.

    `fresh`: the subtrees completed since, `(level, index, hash)`, as `Tree.append` returned them. Together
    with the earlier tree's own compact range they are all that such a proof needs: the compact range has the
    subtrees to the left of the earlier tree's end, `fresh` those to the right. The proof is empty for a tree
    that grew from an empty one.
    """
    known = tree.subtrees()
    known.update(((level, index), digest) for level, index, digest in fresh)
    return consistency_proof(lambda *place: known[place], tree.size, size) if tree.size else []


def read_together(nodes: NodesReader, compute: Callable[[NodeReader], Result]) -> Result:
    """Return the result of `compute` over stored subtrees, all of which are read at once.

    Storage may be a database, where many queries take longer than one. Which subtrees a proof or a root needs
    depends on sizes alone, so `compute` is run twice: first over placeholders, to find out which.
    """
    requested: dict[tuple[int, int], bytes] = {}

    def blank(level: int, index: int) -> bytes:
        return requested.setdefault((level, index), bytes(HASH_SIZE))

    compute(blank)
    places = list(requested)
    stored = dict(zip(places, nodes(places), strict=True)) if places else {}
    return compute(lambda level, index: stored[level, index])


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Prove that leaf hash `leaf` is number `index` of the `size` leaves under `root`.

    Raises `InclusionInvalid` otherwise. RFC 9162 section 2.1.3.2.
    """
    if root_from_path(leaf, index, size, proof) != root:
        raise InclusionInvalid("inclusion", "the proof does not lead to the signed root")


def root_from_path(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root to which the path leads from leaf hash `leaf`, number `index` of `size` leaves.

    It proves nothing unless the root is known otherwise. Raises `InclusionInvalid` for a path with too many
    or too few hashes, and for an index outside the tree.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InclusionInvalid("inclusion", f"there is no entry {index} among {size}")
    if len(leaf) != HASH_SIZE:
        raise InclusionInvalid("inclusion", "a hash is not 32 bytes long")
    position, last, value = index, size - 1, leaf
    for sibling in proof:
        if len(sibling) != HASH_SIZE:
            raise InclusionInvalid("inclusion", "a hash in the proof is not 32 bytes long")
        if not last:
            raise InclusionInvalid("inclusion", "the proof has surplus hashes")
        if position & 1 or position == last:
            value = sha256(b"\x01" + sibling + value).digest()
            # On the right border, levels at which this subtree has no sibling add no hash.
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            value = sha256(b"\x01" + value + sibling).digest()
        position >>= 1
        last >>= 1
    if last:
        raise InclusionInvalid("inclusion", "hashes are missing from the proof")
    return value


def verify_consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> None:
    """Prove that the `size2` leaves under `root2` begin with the `size1` leaves under `root1`.

    Raises `ConsistencyInvalid` otherwise, also for `size1` = 0: every tree begins with the empty one,
    so such a proof would prove nothing. RFC 9162 section 2.1.4.2.
    """
    if not 0 < size1 <= size2 <= MAX_SIZE:
        raise ConsistencyInvalid(
            "consistency", f"a tree of {size2} cannot be shown to continue one of {size1}"
        )
    if any(len(value) != HASH_SIZE for value in (root1, root2, *proof)):
        raise ConsistencyInvalid("consistency", "a hash is not 32 bytes long")
    if size1 == size2:
        if proof:
            raise ConsistencyInvalid("consistency", "the proof has surplus hashes")
        if root1 != root2:
            raise ConsistencyInvalid("consistency", "two different trees of the same size")
        return
    hashes = iter(proof)
    # The earlier root itself is the first hash when its tree is one complete subtree.
    first = root1 if not size1 & (size1 - 1) else next(hashes, None)
    if first is None:
        raise ConsistencyInvalid("consistency", "hashes are missing from the proof")
    position, last = size1 - 1, size2 - 1
    while position & 1:
        position >>= 1
        last >>= 1
    earlier = later = first
    for sibling in hashes:
        if not last:
            raise ConsistencyInvalid("consistency", "the proof has surplus hashes")
        if position & 1 or position == last:
            earlier = sha256(b"\x01" + sibling + earlier).digest()
            later = sha256(b"\x01" + sibling + later).digest()
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            later = sha256(b"\x01" + later + sibling).digest()
        position >>= 1
        last >>= 1
    if last:
        raise ConsistencyInvalid("consistency", "hashes are missing from the proof")
    if earlier != root1:
        raise ConsistencyInvalid("consistency", "the proof does not lead to the earlier root")
    if later != root2:
        raise ConsistencyInvalid("consistency", "the proof does not lead to the later root")


def compact_range(start: int, end: int) -> list[tuple[int, int]]:
    """Return the complete subtrees that cover leaves `start` up to `end`, left to right.

    `start` must be where RFC 6962 may split: a multiple of every subtree's size, as 0 always is.
    """
    cover: list[tuple[int, int]] = []
    while start < end:
        level = (end - start).bit_length() - 1
        cover.append((level, start >> level))
        start += 1 << level
    return cover


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _fold(compact: Sequence[bytes]) -> bytes:
    """Return the root over a compact range: smaller subtrees on the right are joined first."""
    value = compact[-1]
    for left in reversed(compact[:-1]):
        value = node_hash(left, value)
    return value


def _range_root(node: NodeReader, start: int, end: int) -> bytes:
    return _fold([node(level, index) for level, index in compact_range(start, end)])


def _reader(tree: NodeReader | Sequence[bytes], size: int) -> NodeReader:
    """Return a reader of complete subtrees over a plain sequence of leaf hashes (computed, not stored)."""
    if callable(tree):
        return tree
    leaves = tree
    if size > len(leaves):
        raise ValueError(f"{len(leaves)} leaf hashes do not make a tree of {size}")

    def node(level: int, index: int) -> bytes:
        hashes = list(leaves[index << level : (index + 1) << level])
        while len(hashes) > 1:
            hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    return node
