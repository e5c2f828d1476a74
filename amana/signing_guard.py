"""The keyholder's memory of the last checkpoint it signed: a ledger is never signed shorter, or differently.

Whoever takes over the web process can ask for signatures. This keeps them from getting two different trees of
one size, or a tree that has forgotten its end; so does it when somebody restores an old database. (Witnesses,
on machines of others, will say the same with more weight.)

The state file is trusted: it lies beside the keys, with the same protection. Order of steps, so that a crash
at any line leaves nothing signed that is not remembered:

1. the checkpoint is compared with the last one;
2. it is written to the state file, durably, with the one before it;
3. only then is it signed.

A crash between 2 and the ledger's own commit leaves a remembered checkpoint that the ledger does not have;
`last` and `before` let the application recognise exactly that case.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from chain_of_custody.checkpoints import Checkpoint, Signer
from chain_of_custody.errors import LedgerDiverged
from vault.disk import Disk


@dataclass(frozen=True)
class TreeHead:
    """A size (leaves) and a root (32 bytes)."""

    size: int
    root: bytes


class GuardedSigner:
    """A `Signer` that remembers. `signer` makes the signatures, `state` is a file of its own.

    Raises `LedgerDiverged` for a state file that is of another log or cannot be read: a lost memory is a
    matter for a person, not for a fresh start.
    """

    def __init__(self, signer: Signer, origin: str, state: Path) -> None:
        self._signer = signer
        self._origin = origin
        self._state = state
        self._turn = threading.Lock()
        self._last, self._before = self._read()

    @property
    def last(self) -> TreeHead | None:
        """The last checkpoint that was signed, or was about to be."""
        return self._last

    @property
    def before(self) -> TreeHead | None:
        """The one signed before `last`."""
        return self._before

    def sign_checkpoint(self, checkpoint: Checkpoint) -> bytes:
        """As `Signer`. Raises `LedgerDiverged` for a smaller tree, or another one of the same size."""
        with self._turn:
            asked = TreeHead(checkpoint.size, checkpoint.root)
            if checkpoint.origin != self._origin:
                raise LedgerDiverged(f"these keys sign for {self._origin} alone")
            if self._last is not None:  # 1
                if asked.size < self._last.size:
                    raise LedgerDiverged(
                        f"a tree of {asked.size} leaves would be a rollback: {self._last.size} were signed"
                    )
                if asked.size == self._last.size and asked.root != self._last.root:
                    raise LedgerDiverged(f"another tree of {asked.size} leaves was signed before")
            if asked != self._last:  # 2
                self._write(asked, self._last)
                self._last, self._before = asked, self._last
            return self._signer.sign_checkpoint(checkpoint)  # 3

    def _read(self) -> tuple[TreeHead | None, TreeHead | None]:
        try:
            state = json.loads(self._state.read_bytes())
        except FileNotFoundError:
            return None, None
        except ValueError:
            raise LedgerDiverged("the memory of signed checkpoints cannot be read") from None
        try:
            if state["origin"] != self._origin:
                raise LedgerDiverged("the memory of signed checkpoints is of another ledger")
            return _head(state["last"]), _head(state["before"])
        except (KeyError, TypeError, ValueError):
            raise LedgerDiverged("the memory of signed checkpoints cannot be read") from None

    def _write(self, last: TreeHead, before: TreeHead | None) -> None:
        state = {"origin": self._origin, "last": _json(last), "before": _json(before)}
        fresh = self._state.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps(state).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state)
        Disk().sync_directory(self._state.parent)


def _json(head: TreeHead | None) -> list[object] | None:
    return None if head is None else [head.size, head.root.hex()]


def _head(value: list[object] | None) -> TreeHead | None:
    if value is None:
        return None
    size, root = value
    return TreeHead(int(str(size)), bytes.fromhex(str(root)))
