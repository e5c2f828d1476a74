"""Replaying a ledger: whatever a dishonest center could put into it is found, and named."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from chain_of_custody.statements.statement import Head
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.merkle import Tree
from chain_of_custody.tlog.tiles import VerifiedTiles
from chain_of_custody.trust.monitor import Finding, Replay, check_continues
from tests.support.ledger.authenticators import es256
from tests.support.ledger.made_ledger import (
    CENTER,
    DEPLOYMENT,
    ORIGIN,
    POLICY,
    RECORDER,
    STRANGER,
    MadeLedger,
    evidence,
    honest,
)
from tests.support.ledger.signed_sheet import leaves_of, viewings

ITEM = evidence(1)


class Remembered:
    """A monitor's memory that ends with the test."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.registry: list[tuple[int, bytes]] = []

    def head(self, chain: str) -> Head | None:
        return self.heads.get(chain)

    def advance(self, chain: str, head: Head) -> None:
        self.heads[chain] = head

    def register(self, position: int, leaf: bytes) -> None:
        self.registry.append((position, leaf))

    def registered(self) -> Iterable[tuple[int, bytes]]:
        return list(self.registry)


def replayed(made: MadeLedger) -> list[tuple[str, int | None]]:
    """Kinds and positions of what is found in all of it."""
    return [(finding.kind, finding.position) for finding in findings(made)]


def findings(made: MadeLedger) -> list[Finding]:
    replay = Replay(POLICY, Remembered())
    found = [finding for leaf in made.leaves for finding in replay.take(leaf)]
    return found + list(replay.finish(made.checkpoint()))


@pytest.fixture
def made() -> MadeLedger:
    """An honest beginning: a recorder, and an item with two statements."""
    made = MadeLedger()
    made.enrol()
    made.progress(ITEM)
    made.view(ITEM)
    return made


def test_an_honest_ledger_is_clean() -> None:
    assert replayed(honest(5, 7)) == []
    assert replayed(MadeLedger()) == []


def test_a_branch_is_found_with_its_chain_and_so_is_what_follows_it(made: MadeLedger) -> None:
    first = made.hash_of(1)
    branch = made.progress(ITEM, number=1, previous=first)
    follower = made.view(ITEM, number=2, previous=made.hash_of(branch))
    honest_one = made.view(evidence(2))
    assert replayed(made) == [("branch", branch), ("branch", follower)]
    assert [finding.chain for finding in findings(made)] == [ITEM, ITEM]
    assert honest_one == 5


def test_a_second_beginning_of_a_chain_is_a_branch(made: MadeLedger) -> None:
    second = made.view(ITEM, number=0, previous=None)
    assert replayed(made) == [("branch", second)]


def test_the_very_same_leaf_again_is_a_branch(made: MadeLedger) -> None:
    again = made.add(made.leaves[2])
    assert replayed(made) == [("branch", again)]


def test_a_statement_that_names_another_than_the_one_before_it_is_a_branch(made: MadeLedger) -> None:
    wrong = made.view(ITEM, number=2, previous="00" * 32)
    assert replayed(made) == [("branch", wrong)]


@pytest.mark.parametrize(("item", "number"), [(ITEM, 3), (evidence(7), 1)])
def test_a_place_left_out_of_a_chain_is_found_once(made: MadeLedger, item: str, number: int) -> None:
    hole = made.view(item, number=number, previous="00" * 32)
    made.view(item)
    assert replayed(made) == [("hole", hole)]


def test_a_statement_by_a_key_that_nobody_vouched_for_is_found(made: MadeLedger) -> None:
    by_stranger = made.view(ITEM, key=STRANGER)
    recorded = made.progress(ITEM, key=STRANGER)
    assert replayed(made) == [("unknown-key", by_stranger), ("unknown-key", recorded)]


def test_a_key_counts_only_after_its_enrolment() -> None:
    made = MadeLedger()
    early = made.progress(ITEM)
    made.enrol()
    made.progress(ITEM)
    assert replayed(made) == [("unknown-key", early)]


def test_a_key_counts_no_more_after_it_was_revoked(made: MadeLedger) -> None:
    made.revoke()
    late = made.progress(ITEM)
    made.view(ITEM)
    assert replayed(made) == [("revoked-key", late)]


def test_a_key_that_only_a_stranger_enrolled_vouches_for_nothing(made: MadeLedger) -> None:
    forged = made.enrol(STRANGER, by=STRANGER)
    by_it = made.progress(ITEM, key=STRANGER)
    assert replayed(made) == [("unknown-key", forged), ("unknown-key", by_it)]


def test_a_center_that_signs_for_a_recorder_and_a_recorder_for_the_center_are_found(made: MadeLedger) -> None:
    first = made.progress(ITEM, key=CENTER)
    second = made.view(ITEM, key=RECORDER)
    assert replayed(made) == [("signature", first), ("signature", second)]


def test_a_signature_that_does_not_hold_is_found(made: MadeLedger) -> None:
    leaf = made.leaves[2].replace(b'"purpose":"review"', b'"purpose":"revision"')
    altered = MadeLedger()
    altered.enrol()
    altered.add(made.leaves[1])
    position = altered.add(leaf)
    assert replayed(altered) == [("signature", position)]


def test_a_sheet_is_found_that_is_not_there_whole_and_in_one_piece(made: MadeLedger) -> None:
    by = es256()
    made.state("credential.enrolled", DEPLOYMENT, by.enrolment)
    acts = [signed.leaf for signed in leaves_of(viewings(3, by.person), by, CENTER)]
    begun = made.add(acts[0])
    cut = list(made.leaves)
    for leaf in acts[1:]:
        made.add(leaf)
    assert replayed(made) == []
    # Cut off by the checkpoint; with something else in between; begun in the middle.
    for leaves, found in (
        (cut, [("sheet", begun)]),
        ([*cut, made.leaves[1], *acts[1:]], [("sheet", begun), ("branch", 5), ("sheet", 6)]),
        ([*cut[:-1], *acts[1:]], [("hole", 4), ("sheet", 4)]),
    ):
        other = MadeLedger()
        for leaf in leaves:
            other.add(leaf)
        assert sorted(replayed(other)) == sorted(found)


def test_an_interrupted_reading_continues_in_the_middle_of_a_sheet(made: MadeLedger) -> None:
    by = es256()
    made.state("credential.enrolled", DEPLOYMENT, by.enrolment)
    for signed in leaves_of(viewings(2, by.person), by, CENTER):
        made.add(signed.leaf)
    memory = Remembered()
    first = Replay(POLICY, memory)
    assert [found for leaf in made.leaves[:-1] for found in first.take(leaf)] == []
    later = Replay(POLICY, memory, first.tree)
    assert later.take(made.leaves[-1]) == later.finish(made.checkpoint()) == ()


def test_what_does_not_fit_into_the_registry_is_found(made: MadeLedger) -> None:
    twice = made.enrol()
    made.revoke()
    again = made.revoke()
    assert [finding.position for finding in findings(made)] == [twice, 4, again]
    assert {finding.kind for finding in findings(made)} <= {"registry", "revoked-key"}


def test_statements_in_the_wrong_kind_of_chain_are_found(made: MadeLedger) -> None:
    about_deployment = made.view(DEPLOYMENT)
    in_an_item = made.state("policy.changed", ITEM, {"policy": "00" * 32})
    assert replayed(made) == [("misplaced", about_deployment), ("misplaced", in_an_item)]


@pytest.mark.parametrize("leaf", [b"", b"{}", b"\xff\x00", b'{"signatures":[],"statement":{}}'])
def test_a_leaf_that_is_no_statement_is_found_and_hides_nothing_after_it(
    made: MadeLedger, leaf: bytes
) -> None:
    position = made.add(leaf)
    stranger = made.view(ITEM, key=STRANGER)
    assert replayed(made) == [("malformed", position), ("unknown-key", stranger)]


def test_another_spelling_of_a_statement_is_malformed(made: MadeLedger) -> None:
    position = made.add(made.leaves[2].replace(b'":"review"', b'": "review"'))
    assert replayed(made) == [("malformed", position)]


def test_entries_that_do_not_give_the_signed_root_are_found(made: MadeLedger) -> None:
    replay = Replay(POLICY, Remembered())
    for leaf in made.leaves:
        assert replay.take(leaf) == ()
    signed = made.checkpoint()
    assert replay.finish(signed) == ()
    for other in (Checkpoint(ORIGIN, signed.size, bytes(32)), Checkpoint(ORIGIN, 4, signed.root)):
        assert [finding.kind for finding in replay.finish(other)] == ["root"]


@pytest.mark.parametrize("stop", range(11))
def test_a_replay_that_was_ended_anywhere_goes_on_as_if_it_had_not_been(stop: int) -> None:
    made = honest(3, 2)
    made.revoke()
    late = made.progress(evidence(2))
    made.view(evidence(3), number=1, previous="00" * 32)
    memory, found = Remembered(), []
    first = Replay(POLICY, memory)
    for leaf in made.leaves[:stop]:
        found += first.take(leaf)
    kept = first.tree.subtrees()
    second = Replay(POLICY, memory, Tree.resume(stop, lambda level, index: kept[level, index]))
    for leaf in made.leaves[stop:]:
        found += second.take(leaf)
    assert second.finish(made.checkpoint()) == ()
    assert [(finding.kind, finding.position) for finding in found] == [("revoked-key", late), ("branch", 9)]


# Heads.


def checked(seen: Checkpoint, made: MadeLedger) -> str | None:
    fresh = made.checkpoint()
    found = check_continues(seen, fresh, lambda: VerifiedTiles(fresh.size, fresh.root, made.fetch))
    return None if found is None else found.kind


def test_a_ledger_that_grew_continues_every_earlier_head() -> None:
    made = honest(30, 10)
    for size in (0, 1, 2, 255, 256, 257, 300, 301):
        assert checked(made.checkpoint(size), made) is None


def test_a_ledger_that_shows_less_than_before_was_rolled_back() -> None:
    made = honest(3, 2)
    seen = made.checkpoint()
    assert checked(seen, honest(3, 1)) == "rolled-back"


def test_two_trees_of_one_size_are_a_fork_and_no_tiles_are_needed_to_see_it() -> None:
    made = honest(3, 2)
    other = Checkpoint(ORIGIN, made.tree.size, bytes(32))

    def none() -> VerifiedTiles:
        raise AssertionError("no tiles are needed")

    assert check_continues(made.checkpoint(), made.checkpoint(), none) is None
    found = check_continues(other, made.checkpoint(), none)
    assert found is not None
    assert found.kind == "forked"
    assert found.lasting


@pytest.mark.parametrize("size", [1, 3, 7, 256, 280])
def test_a_larger_tree_of_another_history_does_not_continue_the_one_seen(size: int) -> None:
    ours = honest(30, 10)
    theirs = honest(30, 10)
    theirs.view(evidence(99))
    forked = MadeLedger()
    forked.view(evidence(77))
    for leaf in ours.leaves:
        forked.add(leaf)
    assert checked(ours.checkpoint(size), theirs) is None
    assert checked(ours.checkpoint(size), forked) == "not-continued"


def test_tiles_that_are_not_of_the_signed_tree_are_said_to_show_nothing() -> None:
    made = honest(3, 2)
    seen = made.checkpoint(3)
    signed = Checkpoint(ORIGIN, made.tree.size, bytes(32))
    found = check_continues(seen, signed, lambda: VerifiedTiles(signed.size, signed.root, made.fetch))
    assert found is not None
    assert (found.kind, found.lasting) == ("tiles", False)
