"""The keyholder's record of what it signed: one history of the ledger is *continued*, never two.

An attacker in the web process can request signatures, and a restored old database makes it request wrong
ones. So each request names the checkpoint that it builds on, and this module records

- the newest checkpoint that was **kept**: the ledger stored it, or a later one was built on it;
- those **tried** on top of it: signed, and perhaps never kept (the process died, the disk was full, the place
  in a chain was taken; all of these happen in an honest ledger).

A tree is signed only on top of the kept one, or of a tried one, which thereby becomes the kept one. It must
be larger, with a proof that it begins with the one it is built on. So a rolled-back, rewritten or forked
ledger cannot continue, and checkpoints that were signed but not kept are counted as *abandoned*.

Where several machines hold the same keys, each has a record of its own, and continues what the others signed
(`take_over`): only a note that the log's own keys signed, and only with a proof that it continues all that
was kept here (decision 0025).

Limits of this protection: on each kept tree a second one can be signed once, of any size; only one of the two
can be continued. Refusing it would also stop an honest ledger after each crash between signature and commit
(decision 0006). Nothing is released on a proof under a tree that can still be abandoned: `settle` makes it
the kept one first. A record that was rolled back together with the database is not detected, either. Both are
detected by witnesses on machines of other parties, which cosign one history.

The records of two machines are independent: an attacker in one machine's web process can have a second
history signed there, while the other machine continues the first.

The state file is trusted: it is beside the keys, with the same protection. A line is written for each
signature, durably, **before** it is made; a crash in between leaves an extra line, which is harmless.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chain_of_custody.errors import ConsistencyInvalid, LedgerDiverged, Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, Signer, open_checkpoint
from chain_of_custody.tlog.merkle import EMPTY_ROOT, verify_consistency
from vault.disk import DISK, replace
from vault.errors import NotContinued

REMEMBERED = 1000
"""How many earlier kept trees are known, so that a proof under one of them is accepted: it was made a moment
ago, and others have appended since."""


@dataclass(frozen=True)
class TreeHead:
    """A size (leaves) and a root (32 bytes)."""

    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.size} {self.root.hex()}"


class GuardedSigner:
    """Signs through `signer` and records it in the file `state`.

    `keys`: the log's own public keys, to recognise what other machines signed with them; None: there are no
    other machines. Raises `LedgerDiverged` for a state file that cannot be read or is of another log: a lost
    record requires a decision by a person, not a fresh start.
    """

    def __init__(self, signer: Signer, origin: str, state: Path, keys: LogKeys | None = None) -> None:
        self._signer = signer
        self._origin = origin
        self._keys = keys
        self._turn = threading.Lock()
        self._kept: TreeHead | None = None
        self._tried: set[TreeHead] = set()
        self._earlier: deque[TreeHead] = deque(maxlen=REMEMBERED)
        self._abandoned = 0
        self._doubtful = False
        self._file = os.open(state, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._length = self._recall(state)
        # A line without its end was cut off by a crash, before anything was signed for it.
        os.ftruncate(self._file, self._length)
        if not self._length:
            self._remember(f"amana/signed/v1 {origin}\n")
            DISK.sync_directory(state.parent)

    @property
    def kept(self) -> TreeHead | None:
        """The newest checkpoint that another was built on."""
        return self._kept

    @property
    def base(self) -> TreeHead | None:
        """The checkpoint that all later ones must continue: the kept one, or the first that was tried.

        None: nothing was ever signed here."""
        return self._kept or min(self._tried, key=lambda head: head.size, default=None)

    @property
    def abandoned(self) -> int:
        """Number of checkpoints that were signed, not kept, and are no longer continued."""
        return self._abandoned

    def sign(
        self, checkpoint: Checkpoint, previous: TreeHead | None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """Return the signed note over `checkpoint`, built on `previous` (None: the ledger begins).

        `consistency`: the proof that it continues `previous`, empty after an empty tree.
        Raises `LedgerDiverged` for a tree that does not continue what was signed before; `OSError` if it
        cannot be recorded. If it is uncertain whether it was recorded, nothing more is signed (`OSError`)
        until the keyholder is restarted and reads the file.
        """
        head = TreeHead(checkpoint.size, checkpoint.root)
        with self._turn:
            self._check(checkpoint, previous, consistency)
            self._remember(f"{head} on {previous}\n" if previous else f"{head}\n")
            self._follow(head, previous)
            return self._signer.sign_checkpoint(checkpoint)

    def take_over(self, note: bytes, consistency: Sequence[bytes] = ()) -> None:
        """Continue from a checkpoint that another machine signed with the same keys.

        `consistency`: the proof that it continues `base`. Does nothing for the checkpoint known as kept.
        Raises `LedgerDiverged` unless both signatures and the proof are valid, and where nothing was ever
        signed here: a person must decide about a lost or missing record. `OSError` as `sign`.
        """
        if self._keys is None:
            raise LedgerDiverged("no other machine signs for this ledger")
        try:
            checkpoint = open_checkpoint(note, self._keys)
        except (Malformed, SignatureInvalid):
            raise LedgerDiverged("this checkpoint was not signed by the ledger's own keys") from None
        head = TreeHead(checkpoint.size, checkpoint.root)
        with self._turn:
            if head == self._kept:
                return
            base = self.base
            if base is None:
                raise LedgerDiverged(
                    "this machine has no memory of what was signed; a person begins one: "
                    "amana keys accept-ledger"
                )
            if head.size < base.size:
                raise LedgerDiverged(f"{head.size} entries do not continue {base.size}")
            _continues(base, head, consistency)
            self._remember(f"{head} on {head}\n")
            self._follow(head, head)

    def settle(self, head: TreeHead) -> None:
        """Commit to a tree that the ledger stored, or that of a proof: every tree that is signed here from
        now on continues it.

        Without this, the ledger would continue after a database lost its newest commit, for which receipts
        were given, as if that commit had failed; and a statement could be shown in a side branch that is
        signed and never continued. Does nothing for a tree that the kept one continues, as far as that is
        remembered. Raises `NotContinued` for all others: they were abandoned, or another machine signed them
        (`take_over`); `OSError` as `sign`.
        """
        with self._turn:
            if head == self._kept or head in self._earlier:
                return
            if head not in self._tried:
                raise NotContinued(f"a tree of {head.size} entries is none that this keyholder continues")
            self._remember(f"{head} on {head}\n")
            self._follow(head, head)

    def _check(self, checkpoint: Checkpoint, previous: TreeHead | None, consistency: Sequence[bytes]) -> None:
        if checkpoint.origin != self._origin:
            raise LedgerDiverged(f"these keys sign for {self._origin} alone")
        if previous != self._kept and previous not in self._tried:
            known = "nothing" if self._kept is None else f"{self._kept.size} entries"
            basis = "nothing" if previous is None else f"{previous.size} entries"
            raise LedgerDiverged(f"the ledger asks to go on from {basis}; last signed and kept: {known}")
        if previous is not None and checkpoint.size <= previous.size:
            raise LedgerDiverged(f"{checkpoint.size} entries do not continue {previous.size}")
        if previous is None:
            if checkpoint.size or checkpoint.root != EMPTY_ROOT:
                raise LedgerDiverged("a ledger begins with nothing in it")
        else:
            _continues(previous, TreeHead(checkpoint.size, checkpoint.root), consistency)

    def _follow(self, head: TreeHead, previous: TreeHead | None) -> None:
        # A head on itself was taken over or settled: it is kept, and no later one was signed yet.
        if previous != self._kept:
            self._abandoned += len(self._tried - {previous, self._kept})
            if self._kept is not None:
                self._earlier.append(self._kept)
            self._kept, self._tried = previous, set()
        self._tried.add(head)

    def _remember(self, line: str) -> None:
        if self._doubtful:
            raise OSError("the disk failed under the memory of signed checkpoints; start the keyholder anew")
        self._doubtful = True  # until it is certain
        try:
            if os.write(self._file, line.encode()) != len(line):
                raise OSError("the memory of signed checkpoints was cut short")
        except OSError:
            # The disk is full. Nothing is signed for this line, so it need not be recorded.
            os.ftruncate(self._file, self._length)
            self._doubtful = False
            raise
        os.fdatasync(self._file)  # after a failure, a second call reports nothing (vault.disk)
        self._length += len(line)
        self._doubtful = False

    def _recall(self, state: Path) -> int:
        """Return the number of bytes in whole lines.

        Reads one line at a time: after years the file is too large to be held in memory.
        """
        length = 0
        with state.open("rb") as file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    break
                length += len(line)
                text = line[:-1].decode("ascii", "replace")
                if number == 0:
                    if text != f"amana/signed/v1 {self._origin}":
                        raise LedgerDiverged("the memory of signed checkpoints is not of this ledger")
                    continue
                try:
                    head, _, previous = text.partition(" on ")
                    self._follow(_head(head), _head(previous) if previous else None)
                except ValueError:
                    raise LedgerDiverged("the memory of signed checkpoints cannot be read") from None
        return length


def recall(state: Path, origin: str) -> tuple[TreeHead | None, frozenset[TreeHead]]:
    """Read a record: the newest checkpoint that was built on, and those signed on top of it.

    No keyholder may be running. Empty if there is no file. Raises `LedgerDiverged` as `GuardedSigner`.
    """
    if not state.exists():
        return None, frozenset()
    guard = GuardedSigner(_NoSigner(), origin, state)
    try:
        return guard._kept, frozenset(guard._tried)
    finally:
        os.close(guard._file)


class _NoSigner:
    """A signer that signs nothing: the record is only read."""

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        raise LedgerDiverged("nothing is signed here")

    def confirm(self, checkpoint: Checkpoint) -> None:
        """See `Signer`."""


def accept(state: Path, origin: str, head: TreeHead) -> Path | None:
    """Continue from `head`, whatever was signed before.

    For a person who has restored a backup and knows what is lost. No keyholder may be running. Returns the
    new path of the old record; it is not deleted, since it shows that something else was signed once.
    """
    aside = None
    if state.exists():
        aside = state.with_name(f"{state.name}.{secrets.token_hex(4)}")
        state.rename(aside)
    replace(DISK, state, f"amana/signed/v1 {origin}\n{head}\n".encode())
    return aside


def _continues(earlier: TreeHead, later: TreeHead, consistency: Sequence[bytes]) -> None:
    """Raise `LedgerDiverged` unless it does."""
    if not earlier.size:
        return
    try:
        verify_consistency(earlier.size, earlier.root, later.size, later.root, list(consistency))
    except ConsistencyInvalid:
        raise LedgerDiverged("the larger tree does not begin with the one signed before") from None


def _head(text: str) -> TreeHead:
    size, root = text.split(" ")
    return TreeHead(int(size), bytes.fromhex(root))
