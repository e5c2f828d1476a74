"""The keyholder continues one history of the ledger, across restarts and crashes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from amana.signing_guard import GuardedSigner, TreeHead, accept
from chain_of_custody.checkpoints import Checkpoint
from chain_of_custody.errors import LedgerDiverged

ORIGIN = "amana/00000000000000000000000000000001"


class Pen:
    """Stands for the private keys: what is signed here has been let out."""

    def __init__(self) -> None:
        self.signed: list[Checkpoint] = []

    def sign_checkpoint(self, checkpoint: Checkpoint) -> bytes:
        self.signed.append(checkpoint)
        return b"signed"


def head(size: int, history: str = "") -> TreeHead:
    return TreeHead(size, sha256(f"{size}{history}".encode()).digest())


def checkpoint(of: TreeHead, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, of.size, of.root)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "signed"


def grown(state: Path, *sizes: int) -> GuardedSigner:
    """A guard that has signed a tree of each size on top of the one before."""
    guard, previous = GuardedSigner(Pen(), ORIGIN, state), None
    for size in sizes:
        guard.sign(checkpoint(head(size)), previous)
        previous = head(size)
    return guard


def test_a_ledger_that_only_grows_is_signed(state: Path) -> None:
    pen = Pen()
    guard = GuardedSigner(pen, ORIGIN, state)
    guard.sign(checkpoint(head(0)), None)
    guard.sign(checkpoint(head(1)), head(0))
    guard.sign(checkpoint(head(9)), head(1))
    assert [one.size for one in pen.signed] == [0, 1, 9]
    assert guard.kept == head(1)
    assert guard.abandoned == 0


def test_a_rolled_back_ledger_is_refused_also_after_a_restart(state: Path) -> None:
    grown(state, 0, 5, 6, 7)
    guard = GuardedSigner(Pen(), ORIGIN, state)
    with pytest.raises(LedgerDiverged, match="go on from 5 entries; last signed and kept: 6"):
        guard.sign(checkpoint(head(8, "other")), head(5))


def test_a_ledger_that_forgot_everything_is_refused(state: Path) -> None:
    with pytest.raises(LedgerDiverged, match="go on from nothing"):
        grown(state, 0, 1, 2).sign(checkpoint(head(0, "other")), None)


def test_what_was_signed_and_not_kept_may_be_passed_over_and_is_counted(state: Path) -> None:
    guard = grown(state, 0, 5, 6)
    guard.sign(checkpoint(head(6, "after a full disk")), head(5))
    guard.sign(checkpoint(head(7)), head(6, "after a full disk"))
    assert guard.kept == head(6, "after a full disk")
    assert guard.abandoned == 1
    assert GuardedSigner(Pen(), ORIGIN, state).abandoned == 1


def test_two_histories_are_never_both_continued(state: Path) -> None:
    guard = grown(state, 0, 5)
    guard.sign(checkpoint(head(6, "shown to one")), head(5))
    guard.sign(checkpoint(head(6, "shown to another")), head(5))
    guard.sign(checkpoint(head(7)), head(6, "shown to one"))
    with pytest.raises(LedgerDiverged):
        guard.sign(checkpoint(head(7, "other")), head(6, "shown to another"))


@pytest.mark.parametrize("size", [4, 5])
def test_a_tree_that_is_not_larger_is_refused(state: Path, size: int) -> None:
    with pytest.raises(LedgerDiverged, match="do not continue 5"):
        grown(state, 0, 5).sign(checkpoint(head(size, "other")), head(5))


def test_other_ledgers_are_not_signed_for(state: Path) -> None:
    guard = grown(state, 0)
    with pytest.raises(LedgerDiverged, match="sign for amana"):
        guard.sign(checkpoint(head(1), "amana/somebody-else"), head(0))


def test_nothing_is_signed_that_could_not_be_remembered(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pen = Pen()
    guard = GuardedSigner(pen, ORIGIN, state)
    guard.sign(checkpoint(head(0)), None)

    def broken(_: int) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as disk:
        disk.setattr("os.fdatasync", broken)
        with pytest.raises(OSError, match="gone"):
            guard.sign(checkpoint(head(1)), head(0))
    assert [one.size for one in pen.signed] == [0]
    guard.sign(checkpoint(head(1, "again")), head(0))
    assert GuardedSigner(Pen(), ORIGIN, state).kept == head(0)


def test_a_line_cut_off_by_a_crash_is_forgotten(state: Path) -> None:
    grown(state, 0, 1)
    with state.open("ab") as file:
        file.write(b"2 0123")
    guard = GuardedSigner(Pen(), ORIGIN, state)
    guard.sign(checkpoint(head(2)), head(1))
    assert GuardedSigner(Pen(), ORIGIN, state).kept == head(1)


@pytest.mark.parametrize(
    "content", ["amana/signed/v1 amana/other\n", "rubbish\n", f"amana/signed/v1 {ORIGIN}\nx y z\n"]
)
def test_a_memory_that_cannot_be_read_is_a_matter_for_a_person(state: Path, content: str) -> None:
    state.write_text(content)
    with pytest.raises(LedgerDiverged, match="memory of signed checkpoints"):
        GuardedSigner(Pen(), ORIGIN, state)


def test_a_lost_memory_stops_the_ledger_until_a_person_accepts_it(state: Path) -> None:
    grown(state, 0, 5, 6)
    state.unlink()
    with pytest.raises(LedgerDiverged, match="last signed and kept: nothing"):
        GuardedSigner(Pen(), ORIGIN, state).sign(checkpoint(head(7)), head(6))
    aside = accept(state, ORIGIN, head(6))
    assert aside is not None
    guard = GuardedSigner(Pen(), ORIGIN, state)
    guard.sign(checkpoint(head(7)), head(6))
    assert guard.kept == head(6)
