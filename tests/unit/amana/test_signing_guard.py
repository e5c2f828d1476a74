"""The keyholder continues one history of the ledger, across restarts and crashes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from amana.keyholder.signing_guard import GuardedSigner, TreeHead, accept
from chain_of_custody.errors import LedgerDiverged
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.merkle import consistency_proof, leaf_hash, root_of
from vault.errors import NotContinued

ORIGIN = "amana/00000000000000000000000000000001"


class Pen:
    """Stands for the private keys: what is signed here has been let out."""

    def __init__(self) -> None:
        self.signed: list[Checkpoint] = []

    def sign_checkpoint(self, checkpoint: Checkpoint) -> bytes:
        self.signed.append(checkpoint)
        return b"signed"


def leaves(size: int, history: str = "") -> list[bytes]:
    """A ledger's entries; `history` names another last one, or after a colon, where it parts: "other:5"."""
    name, _, parted = history.partition(":")
    first = int(parted) if parted else size - 1
    return [leaf_hash(f"{n}{name if n >= first else ''}".encode()) for n in range(size)]


def head(size: int, history: str = "") -> TreeHead:
    return TreeHead(size, root_of(leaves(size, history)))


def checkpoint(of: TreeHead, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, of.size, of.root)


def proof(size1: int, size2: int, history: str = "") -> list[bytes]:
    return consistency_proof(leaves(size2, history), size1, size2) if size1 else []


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "signed"


def grown(state: Path, *sizes: int) -> GuardedSigner:
    """A guard that has signed a tree of each size on top of the one before."""
    guard, previous = GuardedSigner(Pen(), ORIGIN, state), None
    for size in sizes:
        earlier = 0 if previous is None else previous.size
        guard.sign(checkpoint(head(size)), previous, proof(earlier, size))
        previous = head(size)
    return guard


def test_a_ledger_that_only_grows_is_signed(state: Path) -> None:
    pen = Pen()
    guard = GuardedSigner(pen, ORIGIN, state)
    guard.sign(checkpoint(head(0)), None)
    guard.sign(checkpoint(head(1)), head(0))
    guard.sign(checkpoint(head(9)), head(1), proof(1, 9))
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
    guard.sign(checkpoint(head(6, "after a full disk")), head(5), proof(5, 6, "after a full disk"))
    then = "after a full disk:5"
    guard.sign(checkpoint(head(7, then)), head(6, "after a full disk"), proof(6, 7, then))
    assert guard.kept == head(6, "after a full disk")
    assert guard.abandoned == 1
    assert GuardedSigner(Pen(), ORIGIN, state).abandoned == 1


def test_two_histories_are_never_both_continued(state: Path) -> None:
    guard = grown(state, 0, 5)
    for told in ("one", "another"):
        guard.sign(checkpoint(head(6, told)), head(5), proof(5, 6, told))
    guard.sign(checkpoint(head(7, "one:5")), head(6, "one"), proof(6, 7, "one:5"))
    with pytest.raises(LedgerDiverged):
        guard.sign(checkpoint(head(7, "another:5")), head(6, "another"), proof(6, 7, "another:5"))


def test_two_histories_are_not_continued_by_turns_either(state: Path) -> None:
    """A larger tree is not enough: it must begin with the one it is said to be built on."""
    guard = grown(state, 0, 5, 6)
    for forged in (proof(6, 7, "rewritten:2"), proof(6, 7), []):
        with pytest.raises(LedgerDiverged, match="does not begin with"):
            guard.sign(checkpoint(head(7, "rewritten:2")), head(6), forged)
    assert guard.kept == head(5)
    guard.sign(checkpoint(head(7)), head(6), proof(6, 7))


def test_a_ledger_begins_with_nothing_in_it(state: Path) -> None:
    for first in (head(3), TreeHead(0, bytes(32))):
        with pytest.raises(LedgerDiverged, match="begins with nothing"):
            GuardedSigner(Pen(), ORIGIN, state).sign(checkpoint(first), None)


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
    with pytest.raises(OSError, match="start the keyholder anew"):  # a second sync would say all is well
        guard.sign(checkpoint(head(1)), head(0))
    assert [one.size for one in pen.signed] == [0]
    again = GuardedSigner(pen, ORIGIN, state)
    again.sign(checkpoint(head(1, "again")), head(0))
    assert [one.size for one in pen.signed] == [0, 1]
    assert GuardedSigner(Pen(), ORIGIN, state).kept == head(0)


def test_a_full_disk_is_over_once_there_is_room_again(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = grown(state, 0)
    before = state.read_bytes()
    write = os.write

    def cut_short(file: int, line: bytes) -> int:
        return write(file, line[:7])

    with monkeypatch.context() as disk:
        disk.setattr("os.write", cut_short)
        with pytest.raises(OSError, match="cut short"):
            guard.sign(checkpoint(head(1)), head(0))
    assert state.read_bytes() == before
    guard.sign(checkpoint(head(1)), head(0))
    assert GuardedSigner(Pen(), ORIGIN, state).kept == head(0)


def test_a_line_cut_off_by_a_crash_is_forgotten(state: Path) -> None:
    grown(state, 0, 1)
    with state.open("ab") as file:
        file.write(b"2 0123")
    guard = GuardedSigner(Pen(), ORIGIN, state)
    guard.sign(checkpoint(head(2)), head(1), proof(1, 2))
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
        GuardedSigner(Pen(), ORIGIN, state).sign(checkpoint(head(7)), head(6), proof(6, 7))
    aside = accept(state, ORIGIN, head(6))
    assert aside is not None
    guard = GuardedSigner(Pen(), ORIGIN, state)
    guard.sign(checkpoint(head(7)), head(6), proof(6, 7))
    assert guard.kept == head(6)


# --- several machines with the same keys ------------------------------------------------------------------

KEYS = LocalSigner(
    Ed25519PrivateKey.from_private_bytes(b"e" * 32), MLDSA44PrivateKey.from_seed_bytes(b"m" * 32), ORIGIN
)


def by_another(of: TreeHead) -> bytes:
    """What another machine's keyholder signed."""
    return KEYS.sign_checkpoint(checkpoint(of))


def other_machine(state: Path, *sizes: int) -> GuardedSigner:
    grown(state, *sizes)
    return GuardedSigner(Pen(), ORIGIN, state, KEYS.keys)


def test_what_another_machine_signed_is_continued_also_after_a_restart(state: Path) -> None:
    guard = other_machine(state, 0, 5)
    guard.take_over(by_another(head(9)), proof(0, 9))
    guard.sign(checkpoint(head(11)), head(9), proof(9, 11))
    again = GuardedSigner(Pen(), ORIGIN, state, KEYS.keys)
    assert again.kept == head(9)
    again.take_over(by_another(head(11)), proof(9, 11))
    again.take_over(by_another(head(11)), proof(9, 11))
    assert GuardedSigner(Pen(), ORIGIN, state).kept == again.kept == head(11)
    assert again.abandoned == 1, "5 was signed here and never built on"


def test_another_machines_checkpoint_is_refused_if_it_goes_back_or_forks(state: Path) -> None:
    guard = other_machine(state, 0, 5, 7)
    assert guard.kept == head(5)
    with pytest.raises(LedgerDiverged, match="4 entries do not continue 5"):
        guard.take_over(by_another(head(4)))
    with pytest.raises(LedgerDiverged, match="does not begin with"):
        guard.take_over(by_another(head(9, "other:3")), proof(5, 9, "other:3"))
    with pytest.raises(LedgerDiverged, match="does not begin with"):
        guard.take_over(by_another(head(5, "other")))
    assert guard.kept == head(5)


def test_a_note_that_the_ledgers_own_keys_did_not_sign_is_not_taken_over(state: Path) -> None:
    guard = other_machine(state, 0, 5)
    stranger = LocalSigner(
        Ed25519PrivateKey.from_private_bytes(b"f" * 32), MLDSA44PrivateKey.from_seed_bytes(b"m" * 32), ORIGIN
    )
    for note in (stranger.sign_checkpoint(checkpoint(head(9))), b"", b"not a note"):
        with pytest.raises(LedgerDiverged, match="not signed by the ledger's own keys"):
            guard.take_over(note, proof(5, 9))
    with pytest.raises(LedgerDiverged, match="no other machine"):
        GuardedSigner(Pen(), ORIGIN, state).take_over(by_another(head(9)), proof(5, 9))


def test_a_machine_without_a_memory_takes_nothing_over_until_a_person_gives_it_one(state: Path) -> None:
    with pytest.raises(LedgerDiverged, match="amana keys accept-ledger"):
        GuardedSigner(Pen(), ORIGIN, state, KEYS.keys).take_over(by_another(head(9)))
    accept(state, ORIGIN, head(8))
    guard = GuardedSigner(Pen(), ORIGIN, state, KEYS.keys)
    guard.take_over(by_another(head(9)), proof(8, 9))
    assert guard.kept == head(9)


def test_what_was_settled_is_continued_and_its_rival_is_not(state: Path) -> None:
    """A statement was shown in it, and something was opened for that."""
    guard = grown(state, 0, 3)
    shown, rival = head(5), head(6, "other:4")
    guard.sign(checkpoint(shown), head(3), proof(3, 5))
    guard.sign(checkpoint(rival), head(3), proof(3, 6, "other:4"))
    guard.settle(shown)
    assert (guard.kept, guard.abandoned) == (shown, 1)
    with pytest.raises(LedgerDiverged):
        guard.sign(checkpoint(head(7, "other:4")), rival, proof(6, 7, "other:4"))
    guard.sign(checkpoint(head(7)), shown, proof(5, 7))
    again = GuardedSigner(Pen(), ORIGIN, state)
    assert (again.kept, again.abandoned) == (shown, 1), "it is durable before anything is released for it"


def test_only_trees_that_are_continued_can_be_settled(state: Path) -> None:
    guard = grown(state, 0, 3, 5, 8, 9)
    lines = state.read_text()
    for earlier in (3, 5, 8):
        guard.settle(head(earlier))
    assert state.read_text() == lines, "the kept tree continues them"
    guard.sign(checkpoint(head(9, "other")), head(8), proof(8, 9, "other"))
    guard.sign(checkpoint(head(12)), head(9), proof(9, 12))
    for unknown in (head(9, "other"), head(4), head(12, "other"), head(13)):
        with pytest.raises(NotContinued):
            guard.settle(unknown)


def test_trees_kept_before_a_restart_are_known_after_it(state: Path) -> None:
    grown(state, 0, 3, 5, 8)
    GuardedSigner(Pen(), ORIGIN, state).settle(head(3))
