"""What the keyholder itself remembers of holds and ends: one small file each, on its own disk.

    <folder>/<item>.held.<hold>     the wraps of the item are under this legal hold
    <folder>/<item>.ended           they have to go, and nothing opens the item any more

A hold is taken from anybody who may hand wraps in: it keeps, and can do no harm. Its end, and the end of an
item, need a proof (`Proofs`) that the ledger says so. Who can prove nothing, as in this package alone, can
end nothing: what a ledger is, the vault does not know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from vault.disk import DISK, Disk, replace
from vault.errors import Unproven, write_failure

Proof: TypeAlias = "Sequence[tuple[bytes, bytes]]"
"""Statements, each with the proof that it is in the ledger: a leaf and a `.tlog-proof`."""

_ID = re.compile(r"[0-9a-f]{32}")


class Proofs(Protocol):
    """Who can tell whether the ledger says that something may end. Each raises `Unproven`."""

    def of_lift(self, hold: str, proof: Proof) -> None:
        """That this hold was lifted."""

    def of_end(self, item: str, proof: Proof) -> None:
        """That two people have authorised the end of this item."""


class NoProofs:
    """Nobody: nothing can be ended here."""

    def of_lift(self, hold: str, proof: Proof) -> None:
        raise Unproven(f"nobody here can prove that hold {hold} was lifted")

    def of_end(self, item: str, proof: Proof) -> None:
        raise Unproven(f"nobody here can prove that the end of {item} was authorised")


class Endings:
    """The files in `folder`, which is made when needed. For several threads."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        self._folder, self._disk = folder, disk
        self.proofs: Proofs = NoProofs()

    def hold(self, item: str, hold: str) -> None:
        """Remember a hold; durable on return. Raises `ValueError` for what is no id, `WriteFailed`."""
        self._write(self._held(item, hold))

    def has_hold(self, item: str, hold: str) -> bool:
        """Whether this hold is remembered."""
        return self._held(item, hold).exists()

    def lift(self, item: str, hold: str, proof: Proof) -> None:
        """Forget a hold, if the proof holds; one that is not known is lifted. Raises `Unproven`."""
        path = self._held(item, hold)
        if path.exists():
            self.proofs.of_lift(hold, proof)
            self._disk.unlink(path)
            self._disk.sync_directory(self._folder)

    def held(self, item: str) -> bool:
        """Whether any hold is over the item."""
        return any(self._folder.glob(f"{_checked(item)}.held.*"))

    def end(self, item: str, proof: Proof) -> None:
        """Remember that an item has ended, if the proof holds; durable on return. Raises `Unproven`."""
        if not self.ended(item):
            self.proofs.of_end(item, proof)
            self._write(self._ended(item))

    def ended(self, item: str) -> bool:
        """Whether the wraps of an item have to go."""
        return self._ended(item).exists()

    def _held(self, item: str, hold: str) -> Path:
        return self._folder / f"{_checked(item)}.held.{_checked(hold)}"

    def _ended(self, item: str) -> Path:
        return self._folder / f"{_checked(item)}.ended"

    def _write(self, path: Path) -> None:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._disk.sync_directory(self._folder.parent)
        except OSError as error:
            raise write_failure(error, self._folder.name) from error
        replace(self._disk, path, b"")


def _checked(id_: str) -> str:
    if not _ID.fullmatch(id_):
        raise ValueError("an id is 32 hex digits")
    return id_
