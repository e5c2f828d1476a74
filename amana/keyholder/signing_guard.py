"""The keyholder's memory of what it signed: one history of the ledger is *continued*, never two.

Whoever takes over the web process can ask for signatures, and whoever restores an old database makes it ask
for wrong ones. So each request names the checkpoint that it builds on, and this remembers

- the newest checkpoint that was **kept**: somebody has built on it;
- those **tried** on top of it: signed, and perhaps never kept (the process died, the disk was full, the place
  in a chain was taken; all of these happen in an honest ledger).

A tree is signed only on top of the kept one, or of one that was tried, which thereby becomes the kept one;
only if it is larger, and only with the proof that it begins with the one it is built on. So a rolled-back,
rewritten or forked ledger cannot go on, and what was signed and not kept stays on record as *abandoned*.

Where several machines hold the same keys, each has a memory of its own, and continues what the others signed
(`take_over`): only a note that the log's own keys signed, and only with the proof that it continues all that
was kept here (decision 0025).

What this cannot prevent: on each kept tree a second one can be signed once, of any size, which then leads
nowhere. Refusing it would also stop an honest ledger after each crash between signature and commit (decision
0006). Nor does it see a memory that was rolled back together with the database. Both are for witnesses, on
machines of others: they cosign one history.

Nor do the memories of two machines know of each other: who has taken over the web process of one can have a
second history signed there, while the other goes on with the first.

The state file is trusted: it lies beside the keys, with the same protection. A line is written for each
signature, durably, **before** it is made; a crash in between leaves a line too many, which does no harm.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chain_of_custody.errors import ConsistencyInvalid, LedgerDiverged, Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, Signer, open_checkpoint
from chain_of_custody.tlog.merkle import EMPTY_ROOT, verify_consistency
from vault.disk import DISK, replace


@dataclass(frozen=True)
class TreeHead:
    """A size (leaves) and a root (32 bytes)."""

    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.size} {self.root.hex()}"


class GuardedSigner:
    """Signs through `signer` and remembers it in the file `state`.

    `keys`: the log's own public keys, to know what other machines signed with them; None: there are none.
    Raises `LedgerDiverged` for a state file that cannot be read or is of another log: a lost memory is a
    matter for a person, not for a fresh start.
    """

    def __init__(self, signer: Signer, origin: str, state: Path, keys: LogKeys | None = None) -> None:
        self._signer = signer
        self._origin = origin
        self._keys = keys
        self._turn = threading.Lock()
        self._kept: TreeHead | None = None
        self._tried: set[TreeHead] = set()
        self._abandoned = 0
        self._doubtful = False
        self._file = os.open(state, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._length = self._recall(state)
        # What follows the last line end was cut off by a crash, before anything was signed for it.
        os.ftruncate(self._file, self._length)
        if not self._length:
            self._remember(f"amana/signed/v1 {origin}\n")
            DISK.sync_directory(state.parent)

    @property
    def kept(self) -> TreeHead | None:
        """The newest checkpoint that somebody has built on."""
        return self._kept

    @property
    def base(self) -> TreeHead | None:
        """What everything that is signed from now on continues: what was kept, or the first that was tried.
        None: nothing was ever signed here."""
        return self._kept or min(self._tried, key=lambda head: head.size, default=None)

    @property
    def abandoned(self) -> int:
        """How many checkpoints were signed, not kept, and passed over by another since."""
        return self._abandoned

    def sign(
        self, checkpoint: Checkpoint, previous: TreeHead | None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """The signed note over `checkpoint`, built on `previous` (None: the ledger begins).

        `consistency`: the proof that it continues `previous`, empty after an empty tree.
        Raises `LedgerDiverged` for a tree that does not continue what was signed before; `OSError` if it
        cannot be remembered, and ever after if it is not certain whether it was, until the keyholder is
        started anew and looks.
        """
        head = TreeHead(checkpoint.size, checkpoint.root)
        with self._turn:
            self._check(checkpoint, previous, consistency)
            self._remember(f"{head} on {previous}\n" if previous else f"{head}\n")
            self._follow(head, previous)
            return self._signer.sign_checkpoint(checkpoint)

    def take_over(self, note: bytes, consistency: Sequence[bytes] = ()) -> None:
        """Go on from a checkpoint that another machine signed with the same keys.

        `consistency`: the proof that it continues `base`. Nothing is done for one that is known as kept.
        Raises `LedgerDiverged` unless both signatures and the proof hold, and where nothing was ever signed
        here: a memory that is lost, or not there yet, is a matter for a person. `OSError` as `sign`.
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

    def _check(self, checkpoint: Checkpoint, previous: TreeHead | None, consistency: Sequence[bytes]) -> None:
        if checkpoint.origin != self._origin:
            raise LedgerDiverged(f"these keys sign for {self._origin} alone")
        if previous != self._kept and previous not in self._tried:
            known = "nothing" if self._kept is None else f"{self._kept.size} entries"
            asked = "nothing" if previous is None else f"{previous.size} entries"
            raise LedgerDiverged(f"the ledger asks to go on from {asked}; last signed and kept: {known}")
        if previous is not None and checkpoint.size <= previous.size:
            raise LedgerDiverged(f"{checkpoint.size} entries do not continue {previous.size}")
        if previous is None:
            if checkpoint.size or checkpoint.root != EMPTY_ROOT:
                raise LedgerDiverged("a ledger begins with nothing in it")
        else:
            _continues(previous, TreeHead(checkpoint.size, checkpoint.root), consistency)

    def _follow(self, head: TreeHead, previous: TreeHead | None) -> None:
        # A head on itself is one that was taken over: kept, and nothing tried on it yet.
        if previous != self._kept:
            self._abandoned += len(self._tried - {previous, self._kept})
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
            # A full disk. Nothing is signed for this line, so it need not be remembered.
            os.ftruncate(self._file, self._length)
            self._doubtful = False
            raise
        os.fdatasync(self._file)  # one that failed says nothing when it is called again (vault.disk)
        self._length += len(line)
        self._doubtful = False

    def _recall(self, state: Path) -> int:
        """Bytes of whole lines. One line at a time: after years the file is larger than memory should be."""
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
    """What a memory says: the newest checkpoint that was built on, and those signed on top of it.

    No keyholder may be running. Nothing where there is none. Raises `LedgerDiverged` as `GuardedSigner`.
    """
    if not state.exists():
        return None, frozenset()
    guard = GuardedSigner(_Nobody(), origin, state)
    try:
        return guard._kept, frozenset(guard._tried)
    finally:
        os.close(guard._file)


class _Nobody:
    """Signs nothing: a memory is only read."""

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        raise LedgerDiverged("nothing is signed here")


def accept(state: Path, origin: str, head: TreeHead) -> Path | None:
    """Go on from `head`, whatever was signed before: for a person who restored a backup knowing what is lost.

    No keyholder may be running. Gives the place where the memory until now was put; it is kept, since it is
    what shows that something else was signed once.
    """
    aside = None
    if state.exists():
        aside = state.with_name(f"{state.name}.{secrets.token_hex(4)}")
        state.rename(aside)
    replace(DISK, state, f"amana/signed/v1 {origin}\n{head}\n".encode())
    return aside


def _continues(earlier: TreeHead, later: TreeHead, consistency: Sequence[bytes]) -> None:
    """Raises `LedgerDiverged`."""
    if not earlier.size:
        return
    try:
        verify_consistency(earlier.size, earlier.root, later.size, later.root, list(consistency))
    except ConsistencyInvalid:
        raise LedgerDiverged("the larger tree does not begin with the one signed before") from None


def _head(text: str) -> TreeHead:
    size, root = text.split(" ")
    return TreeHead(int(size), bytes.fromhex(root))
