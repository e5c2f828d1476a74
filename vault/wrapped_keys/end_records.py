"""The keyholder's own records of holds and ends: one small file each, on its own disk.

    <folder>/<item>.held.<hold>             the wraps of the item are under this legal hold
    <folder>/<item>.ended                   they must be destroyed, nothing opens it; has the disposal's id
    <folder>/<item>.refused.<disposal>      that disposal was revoked, and has no effect

Any party that may store wraps may set a hold: it only preserves, and can do no harm. Lifting it, and ending
an item, need a proof (`Proofs`) that the ledger states this. Without `Proofs` nothing can be ended: the vault
itself has no notion of a ledger.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from vault.disk import DISK, Disk, replace
from vault.errors import StillKept, Unproven, write_failures

Proof: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Statements, each with the proof that it is in the ledger: a leaf and a `.tlog-proof`."""

_ID = re.compile(r"[0-9a-f]{32}")
_SUFFIX = 1 + 32
"""Characters of a hold's id at the end of a file's name, with its dot."""


class Proofs(Protocol):
    """Checks whether the ledger permits an end. Each method raises `Unproven`."""

    def of_lift(self, hold: str, proof: Proof) -> None:
        """Check that this hold was lifted."""

    def of_end(self, item: str, proof: Proof) -> str:
        """Check that two people have authorised the end of this item; return the id of the disposal."""

    def of_refusal(self, item: str, disposal: str, proof: Proof) -> None:
        """Check that this disposal of the item was refused."""


class NoProofs:
    """No proofs: nothing can be ended here."""

    def of_lift(self, hold: str, proof: Proof) -> None:
        """See `Proofs.of_lift`. Always raises `Unproven`."""
        raise Unproven(f"nobody here can prove that hold {hold} was lifted")

    def of_end(self, item: str, proof: Proof) -> str:
        """See `Proofs.of_end`. Always raises `Unproven`."""
        raise Unproven(f"nobody here can prove that the end of {item} was authorised")

    def of_refusal(self, item: str, disposal: str, proof: Proof) -> None:
        """See `Proofs.of_refusal`. Always raises `Unproven`."""
        raise Unproven(f"nobody here can prove that disposal {disposal} was refused")


class EndRecords:
    """The files in `folder`, which is made when needed. Thread-safe."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        self._folder, self._disk = folder, disk
        self.proofs: Proofs = NoProofs()

    def hold(self, item: str, hold: str) -> None:
        """Record a hold; durable on return. Raises `ValueError` for an invalid id, `WriteFailed`."""
        self._write(self._held(item, hold))

    def lift(self, item: str, hold: str, proof: Proof) -> None:
        """Remove a hold, if the proof is valid; an unknown hold counts as lifted. Raises `Unproven`."""
        path = self._held(item, hold)
        if path.exists():
            self.proofs.of_lift(hold, proof)
            self._disk.unlink(path)
            self._disk.sync_directory(self._folder)

    def held(self, item: str) -> bool:
        """Whether any hold is on the item."""
        # A name that a crash left half written is no hold: its request was never acknowledged.
        return any(len(path.suffix) == _SUFFIX for path in self._folder.glob(f"{_checked(item)}.held.*"))

    def end(self, item: str, proof: Proof) -> None:
        """Record that an item has ended, if the proof is valid; durable on return.

        Raises `Unproven`, also for a disposal that was revoked; `StillKept` while a hold is on the item.
        """
        if self.held(item):
            raise StillKept(f"{item} is under legal hold")
        if not self.ended(item):
            disposal = self.proofs.of_end(item, proof)
            if self._refused(item, disposal).exists():
                raise Unproven(f"disposal {disposal} of {item} was taken back")
            self._write(self._ended(item), disposal.encode())

    def refuse(self, item: str, disposal: str, proof: Proof) -> None:
        """Record that a disposal was revoked, if the proof is valid: an item that it has ended can be opened
        again with its remaining wraps. Raises `Unproven`."""
        if not self._refused(item, disposal).exists():
            self.proofs.of_refusal(item, disposal, proof)
            self._write(self._refused(item, disposal))
        path = self._ended(item)
        if path.exists() and path.read_text("ascii") == disposal:
            self._disk.unlink(path)
            self._disk.sync_directory(self._folder)

    def ended(self, item: str) -> bool:
        """Whether the wraps of an item must be destroyed."""
        return self._ended(item).exists()

    def _held(self, item: str, hold: str) -> Path:
        return self._folder / f"{_checked(item)}.held.{_checked(hold)}"

    def _ended(self, item: str) -> Path:
        return self._folder / f"{_checked(item)}.ended"

    def _refused(self, item: str, disposal: str) -> Path:
        return self._folder / f"{_checked(item)}.refused.{_checked(disposal)}"

    def _write(self, path: Path, content: bytes = b"") -> None:
        with write_failures(self._folder.name):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._disk.sync_directory(self._folder.parent)
        replace(self._disk, path, content)


def _checked(id_: str) -> str:
    if not _ID.fullmatch(id_):
        raise ValueError("an id is 32 hex digits")
    return id_
