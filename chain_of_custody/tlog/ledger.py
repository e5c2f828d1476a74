"""The append-only ledger: entries are only added, and every addition is signed.

The caller provides storage, which is not trusted: whatever it returns is checked against the signed
checkpoint before it is built upon or returned. Malicious storage can stop the ledger, not rewrite it. The
signer *is* trusted to protect its keys, but its notes are verified before they are stored, so a broken signer
cannot leave a ledger that cannot be opened.

Trust depends on three invariants:

1. A receipt is returned only after entry, subtrees and signed checkpoint are durable, all in one commit.
2. A checkpoint is signed only on top of one that this ledger verified, and is stored only if that one
   is still the stored one (compare-and-swap). So there is one history, even with other writers.
3. Storage that shows a smaller or different tree than before is refused (`LedgerDiverged`).

A checkpoint that was signed but lost its compare-and-swap is never published. This module passes it only
to storage, which does not store it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

from chain_of_custody.errors import (
    Altered,
    ConsistencyInvalid,
    LedgerDiverged,
    Malformed,
    SignatureInvalid,
    StorageConflict,
    StorageFailed,
)
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, Signer, open_checkpoint
from chain_of_custody.tlog.group_commit import GroupCommit, Request
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    growth_proof,
    inclusion_proof,
    leaf_hash,
    read_together,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from chain_of_custody.tlog.storage import Storage
from chain_of_custody.tlog.tiles import MAX_ENTRY_SIZE, Tile, entry_bundle, hash_tile

ATTEMPTS = 100
"""How often a group is built again because another process committed first."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Receipt for entry `index`.

    It is durably in a signed tree of `size` entries, with this leaf hash.
    """

    index: int
    leaf_hash: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Head:
    """A verified state of the ledger; `tree` is never appended to, only copied."""

    checkpoint: Checkpoint
    note: bytes
    tree: Tree


_Request: TypeAlias = Request[bytes, list[Receipt]]


class Ledger:
    """One ledger, for all threads of this process. Other processes may write to the same storage.

    On construction the stored checkpoint is opened with `keys` (`SignatureInvalid`, `Malformed`) and
    compared with the stored subtrees and the last entry (`Altered`). On empty storage a new ledger
    begins: a checkpoint of the empty tree is signed and committed.
    """

    def __init__(self, storage: Storage, signer: Signer, keys: LogKeys) -> None:
        self._storage = storage
        self._signer = signer
        self._keys = keys
        self._groups = GroupCommit(self._commit)
        self._head_lock = Lock()
        note = storage.checkpoint()
        if note is None:
            note = self._begin()
        self._head = self._examine(note)
        if size := self._head.checkpoint.size:
            self._check_entries([size - 1], storage.entries([size - 1]))

    # Reading: what storage holds now, verified.

    def checkpoint(self) -> bytes:
        """Return the newest signed checkpoint, a note with both of the log's signatures."""
        return self._current().note

    @property
    def size(self) -> int:
        """Return the number of entries that are durable now."""
        return self._current().checkpoint.size

    def entry(self, index: int) -> bytes:
        """Return entry number `index`. Raises as `entries`."""
        return self.entries([index])[0]

    def entries(self, indices: Sequence[int]) -> list[bytes]:
        """Return these entries, in this order, read at once.

        Raises `IndexError` if one does not exist, `Altered` if storage changed one.
        """
        for index in indices:
            self._require(index)
        entries = list(self._storage.entries(indices))
        self._check_entries(indices, entries)
        return entries

    def inclusion(self, index: int) -> TlogProof:
        """Return the proof of entry number `index` under the newest checkpoint, verified beforehand.

        Raises `IndexError` if there is no such entry, `InclusionInvalid` if storage is damaged.
        """
        head = self._current()
        checkpoint = head.checkpoint
        if not 0 <= index < checkpoint.size:
            raise IndexError(f"the ledger has no entry {index}")
        path, leaf = read_together(
            self._storage.nodes,
            lambda node: (inclusion_proof(node, index, checkpoint.size), node(0, index)),
        )
        verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
        return TlogProof(index, tuple(path), head.note)

    def inclusion_under(self, indices: Sequence[int], note: bytes) -> list[TlogProof]:
        """Return verified proofs of these entries under an earlier checkpoint of this ledger.

        `note`: the signed note, which may have been cosigned meanwhile; the proofs contain it unchanged.
        Raises `Malformed` or `SignatureInvalid` for a note that this ledger did not sign, `IndexError` if an
        entry is not in its tree, `ConsistencyInvalid` if its tree is not a prefix of the ledger.
        """
        checkpoint = open_checkpoint(note, self._keys)
        self._check_continues(checkpoint, self._current_from(checkpoint.size))
        if any(not 0 <= index < checkpoint.size for index in indices):
            raise IndexError(f"not all of these entries are among the first {checkpoint.size}")
        hashes = read_together(
            self._storage.nodes,
            lambda node: [
                (index, inclusion_proof(node, index, checkpoint.size), node(0, index)) for index in indices
            ],
        )
        for index, path, leaf in hashes:
            verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root)
        return [TlogProof(index, tuple(path), note) for index, path, _ in hashes]

    def consistency(self, size1: int, size2: int) -> list[bytes]:
        """Return a verified proof that the ledger of `size2` entries begins with that of `size1`.

        Raises `ValueError` unless 0 < size1 ≤ size2, `IndexError` if the ledger is smaller than
        `size2`, `ConsistencyInvalid` if storage is damaged.
        """
        if size2 > 0:
            self._require(size2 - 1)
        proof, root1, root2 = read_together(
            self._storage.nodes,
            lambda node: (
                consistency_proof(node, size1, size2),
                root_at(size1, node),
                root_at(size2, node),
            ),
        )
        verify_consistency(size1, root1, size2, root2, proof)
        return proof

    def root(self, size: int) -> bytes:
        """Return the 32-byte root that this ledger had with `size` entries, proved to be that of a prefix.

        Raises `IndexError` if the ledger is smaller than that, `ConsistencyInvalid` if storage is damaged.
        """
        if size == 0:
            return EMPTY_ROOT
        self._require(size - 1)
        root = read_together(self._storage.nodes, lambda node: root_at(size, node))
        self._check_continues(Checkpoint(self._keys.origin, size, root), self._current().checkpoint)
        return root

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes of a hash tile or entry bundle, for a client that verifies its contents.

        The bytes are those of storage, unchecked: monitors must be able to see damage, which an error would
        hide. Raises `IndexError` if the ledger does not have all of this tile.
        """
        if not tile.within(self._head.checkpoint.size) and not tile.within(self._current().checkpoint.size):
            raise IndexError(f"the ledger has no {tile.path()}")
        if tile.level is None:
            return entry_bundle(self._storage.entries(range(tile.start, tile.start + tile.width)))
        return read_together(self._storage.nodes, lambda node: hash_tile(tile, node))

    # Writing.

    def append(self, leaves: Sequence[bytes]) -> list[Receipt]:
        """Append these entries, in order and adjacent; they are durable and signed on return.

        All of them are appended or none. Callers waiting at the same time are committed together: the
        first to get the lock commits for all that are queued by then.

        Raises `Malformed` for an entry over 65,535 bytes and `ChainConflict` if storage refuses one;
        nothing was appended then. `StorageFailed` means that it is not known whether the entries will
        be stored: check before appending them again. Raises `StorageConflict` if other processes
        win every time, `LedgerDiverged` if the stored history changed, and what the signer raises.
        """
        entries = [bytes(leaf) for leaf in leaves]
        if any(len(entry) > MAX_ENTRY_SIZE for entry in entries):
            raise Malformed(f"a ledger entry is larger than {MAX_ENTRY_SIZE} bytes")
        return self._groups.submit(entries) if entries else []

    def _commit(self, group: Sequence[_Request]) -> None:
        """Make the entries of `group` durable in one commit; give every request its receipts or raise.

        If the process crashes before 4, nothing has happened. During 4, storage stored all or nothing,
        and the callers, without a receipt, must check. After 4, everything is durable and signed.
        This process has the turn meanwhile, among processes that request one; correctness does not
        depend on it.
        """
        leaves = [leaf for request in group for leaf in request.items]
        hashes = [leaf_hash(leaf) for leaf in leaves]
        with self._storage.turn():
            self._commit_leaves(group, leaves, hashes)

    def _commit_leaves(
        self, group: Sequence[_Request], leaves: Sequence[bytes], hashes: Sequence[bytes]
    ) -> None:
        for _ in range(ATTEMPTS):
            # 1. Build on what is stored now, verified against the signature and the earlier state: never on a
            #    smaller or different tree, even if this process was suspended for a minute.
            head = self._current()
            tree = head.tree.copy()
            nodes = [node for value in hashes for node in tree.append(value)]
            # 2. Sign. If another process is faster in 4, this checkpoint is never published: only
            #    checkpoints that storage has stored are ever returned.
            checkpoint = Checkpoint(self._keys.origin, tree.size, tree.root())
            try:
                # 3. Verify the note to store, with the keys that all readers will use. (A signer that
                #    watches storage may itself find that another process was faster.)
                proof = growth_proof(head.tree, nodes, tree.size)
                note = self._sign(checkpoint, head.checkpoint, proof)
                # 4. All or nothing, durable, and only if no other process was first.
                self._storage.commit(head.note, head.checkpoint.size, leaves, nodes, note)
            except StorageConflict:
                # 5a. Lost to another process; or our own commit was stored, reported as failed, and
                #     repeated by storage. The stored tree shows which.
                if not self._is_stored(checkpoint):
                    continue
            except StorageFailed:
                # 5b. No answer. If the stored tree has our entries, the append succeeded; if not, they may
                #     still arrive (a pending commit): only the caller can decide whether to retry. Our own
                #     next commit builds on what is stored then, so history cannot fork.
                if not self._is_stored(checkpoint):
                    raise
            else:
                self._advance(_Head(checkpoint, note, tree))
            # 6. Give receipts only now, and only once the signer knows: if storage loses the entries, no
            #    history without them is signed.
            self._signer.confirm(checkpoint)
            self._give_receipts(group, hashes, checkpoint.size)
            return
        raise StorageConflict(f"other processes committed first {ATTEMPTS} times in a row")

    @staticmethod
    def _give_receipts(group: Sequence[_Request], hashes: Sequence[bytes], size: int) -> None:
        numbered = zip(range(size - len(hashes), size), hashes, strict=True)
        for request in group:
            request.outcome = [Receipt(*next(numbered), size) for _ in request.items]

    def _begin(self) -> bytes:
        note = self._sign(Checkpoint(self._keys.origin, 0, EMPTY_ROOT))
        with suppress(StorageConflict):  # another process has begun the ledger, which is fine
            self._storage.commit(None, 0, [], [], note)
        stored = self._storage.checkpoint()
        if stored is None:
            raise StorageFailed("storage took the first checkpoint but does not have it")
        return stored

    def _sign(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        note = self._signer.sign_checkpoint(checkpoint, previous, consistency)
        if open_checkpoint(note, self._keys) != checkpoint:
            raise SignatureInvalid("signature", "the signer signed another checkpoint than it was given")
        return note

    # Compare what storage holds with the earlier state.

    def _current(self) -> _Head:
        """Return the state that storage holds now, verified to continue the earlier one."""
        # Read and compare under one lock: an older note read by one thread is never compared with a
        # newer state set by another. Commits continue meanwhile; they need the lock only to end.
        with self._head_lock:
            note = self._storage.checkpoint()
            if note != self._head.note:
                if note is None:
                    raise LedgerDiverged("storage has lost the ledger's checkpoint")
                self._head = self._examine(note, self._head.checkpoint)
            return self._head

    def _current_from(self, size: int) -> Checkpoint:
        """Return the current checkpoint, if it is at least this large. Raises `IndexError`."""
        current = self._current().checkpoint
        if current.size < size:
            raise IndexError(f"the ledger has {current.size} entries, not {size}")
        return current

    def _advance(self, head: _Head) -> None:
        with self._head_lock:
            # Another thread may already have read an even newer state that another process made.
            if head.checkpoint.size > self._head.checkpoint.size:
                self._head = head

    def _is_stored(self, attempt: Checkpoint) -> bool:
        """Return whether the stored tree begins with the one we tried to commit, including its entries."""
        current = self._current().checkpoint
        if attempt.size > current.size:
            return False
        try:
            self._check_continues(attempt, current)
        except ConsistencyInvalid:
            return False
        return True

    def _examine(self, note: bytes, earlier: Checkpoint | None = None) -> _Head:
        """Open a stored checkpoint; compare it with the stored subtrees and the earlier state."""
        checkpoint = open_checkpoint(note, self._keys)
        if earlier is not None and checkpoint.size < earlier.size:
            raise LedgerDiverged(
                f"storage holds {checkpoint.size} entries, and {earlier.size} were there before"
            )
        tree = read_together(self._storage.nodes, lambda node: Tree.resume(checkpoint.size, node))
        if tree.root() != checkpoint.root:
            raise Altered("ledger", "the stored tree is not the one that was signed")
        if earlier is not None:
            try:
                self._check_continues(earlier, checkpoint)
            except ConsistencyInvalid:
                raise LedgerDiverged("the stored history does not continue the one seen before") from None
        return _Head(checkpoint, note, tree)

    def _check_continues(self, earlier: Checkpoint, later: Checkpoint) -> None:
        if earlier.size:
            proof = read_together(
                self._storage.nodes, lambda node: consistency_proof(node, earlier.size, later.size)
            )
            verify_consistency(earlier.size, earlier.root, later.size, later.root, proof)

    def _check_entries(self, indices: Sequence[int], entries: Sequence[bytes]) -> None:
        hashes = self._storage.nodes([(0, index) for index in indices])
        for index, entry, digest in zip(indices, entries, hashes, strict=True):
            if leaf_hash(entry) != digest:
                raise Altered("ledger", "the stored entry is not the one in the tree", f"entry {index}")

    def _require(self, index: int) -> None:
        """Raise `IndexError` unless there is an entry `index`, reading storage again if necessary."""
        if index < 0 or (index >= self._head.checkpoint.size and index >= self._current().checkpoint.size):
            raise IndexError(f"the ledger has no entry {index}")
