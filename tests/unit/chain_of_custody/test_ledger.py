"""The ledger: nothing is promised before it is durable, and there is one history whatever storage does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import (
    Altered,
    ChainConflict,
    ConsistencyInvalid,
    InclusionInvalid,
    LedgerDiverged,
    Malformed,
    SignatureInvalid,
    StorageConflict,
    StorageFailed,
)
from chain_of_custody.tlog.checkpoint import Checkpoint, Signer, open_checkpoint
from chain_of_custody.tlog.ledger import Ledger, Receipt
from chain_of_custody.tlog.merkle import EMPTY_ROOT, leaf_hash, root_of, verify_consistency
from chain_of_custody.tlog.tiles import Tile, VerifiedTiles
from tests.support.ledger.ledger_in_memory import ORIGIN, FaultyStorage, MemoryStorage, signer
from tests.support.patience import PATIENCE

OURS = signer()
KEYS = OURS.keys


def ledger_on(storage: MemoryStorage) -> Ledger:
    return Ledger(storage, OURS, KEYS)


def check(storage: MemoryStorage, promised: Sequence[tuple[bytes, Receipt]] = ()) -> None:
    """Everything about a ledger, by a stranger who has only storage, keys and receipts."""
    ledger = ledger_on(storage)
    checkpoint = open_checkpoint(ledger.checkpoint(), KEYS)
    assert checkpoint.size == ledger.size == len(storage.leaves)
    assert checkpoint.root == root_of(leaf_hash(entry) for entry in storage.leaves)
    for index, entry in enumerate(storage.leaves):
        assert ledger.entry(index) == entry
        assert ledger.inclusion(index).verify(entry, KEYS) == checkpoint
    for entry, receipt in promised:
        assert storage.leaves[receipt.index] == entry
        assert receipt.leaf_hash == leaf_hash(entry)
        assert receipt.index < receipt.size <= checkpoint.size


def test_a_new_ledger_is_a_signed_tree_without_entries() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    assert open_checkpoint(ledger.checkpoint(), KEYS) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert ledger.size == 0
    check(storage)


def test_entries_are_numbered_in_order_and_each_is_proved_under_the_newest_checkpoint() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    first = ledger.append([b"a", b"b"])
    second = ledger.append([b"c"])
    assert [r.index for r in first + second] == [0, 1, 2]
    assert [r.size for r in first + second] == [2, 2, 3]
    check(storage, [(b"a", first[0]), (b"b", first[1]), (b"c", second[0])])


def test_appending_nothing_commits_nothing() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    commits = storage.commits
    assert ledger.append([]) == []
    assert storage.commits == commits


def test_equal_entries_are_entries_of_their_own() -> None:
    storage = MemoryStorage()
    receipts = ledger_on(storage).append([b"same", b"same"])
    assert [r.index for r in receipts] == [0, 1]
    check(storage)


def test_an_entry_that_no_bundle_could_hold_is_refused_and_nothing_is_appended() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    with pytest.raises(Malformed, match="65535 bytes"):
        ledger.append([b"fine", bytes(65_536)])
    assert storage.leaves == []
    ledger.append([bytes(65_535)])
    check(storage)


def test_a_ledger_opened_again_goes_on_where_it_was() -> None:
    storage = MemoryStorage()
    for n in range(20):
        ledger_on(storage).append([f"{n}.{k}".encode() for k in range(n % 4 + 1)])
    check(storage)


def test_every_size_is_shown_to_continue_every_earlier_one() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    roots = {}
    for n in range(1, 12):
        ledger.append([bytes([n])])
        roots[n] = open_checkpoint(ledger.checkpoint(), KEYS).root
    for size1 in roots:
        for size2 in range(size1, 12):
            verify_consistency(size1, roots[size1], size2, roots[size2], ledger.consistency(size1, size2))


def test_the_root_of_each_earlier_size_is_known_and_no_later_one() -> None:
    ledger = ledger_on(MemoryStorage())
    roots = [EMPTY_ROOT]
    for n in range(1, 9):
        ledger.append([bytes([n])])
        roots.append(open_checkpoint(ledger.checkpoint(), KEYS).root)
    assert [ledger.root(size) for size in range(9)] == roots
    for size in (-1, 9):
        with pytest.raises(IndexError):
            ledger.root(size)


def test_what_is_not_there_is_not_looked_for_in_storage() -> None:
    ledger = ledger_on(MemoryStorage())
    ledger.append([b"only"])
    for index in (-1, 1, 2**53):
        with pytest.raises(IndexError):
            ledger.entry(index)
        with pytest.raises(IndexError):
            ledger.inclusion(index)
    with pytest.raises(IndexError):
        ledger.consistency(1, 2)
    with pytest.raises(ValueError, match="no consistency proof"):
        ledger.consistency(0, 1)


def test_tiles_of_the_ledger_lead_to_its_root_and_none_is_given_before_it_is_there() -> None:
    ledger = ledger_on(MemoryStorage())
    ledger.append([f"{n}".encode() for n in range(300)])
    checkpoint = open_checkpoint(ledger.checkpoint(), KEYS)
    tiles = VerifiedTiles(checkpoint.size, checkpoint.root, ledger.tile)
    assert tiles.entries(0) + tiles.entries(1) == [f"{n}".encode() for n in range(300)]
    assert ledger.tile(Tile(0, 1, 3)) == ledger.tile(Tile(0, 1, 44))[: 3 * 32]
    for beyond in (Tile(0, 1, 45), Tile(0, 1), Tile(None, 1, 45), Tile(1, 0, 2), Tile(2, 0, 1), Tile(63, 0)):
        with pytest.raises(IndexError):
            ledger.tile(beyond)
    ledger.append([b"another"])
    assert len(ledger.tile(Tile(0, 1, 45))) == 45 * 32


def test_tiles_are_given_as_they_are_stored_so_that_damage_comes_to_light() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    ledger.append([b"a", b"b", b"c"])
    checkpoint = open_checkpoint(ledger.checkpoint(), KEYS)
    storage.leaves[1] = b"B"
    tiles = VerifiedTiles(checkpoint.size, checkpoint.root, ledger.tile)
    with pytest.raises(Altered, match="entry 1"):
        tiles.entries(0)
    storage.subtrees[0, 2] = bytes(32)
    with pytest.raises(Altered, match="signed root"):
        VerifiedTiles(checkpoint.size, checkpoint.root, ledger.tile)


def test_a_proof_asks_storage_for_all_it_needs_at_once() -> None:
    class Counting(MemoryStorage):
        asked = 0

        def nodes(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
            self.asked += 1
            return super().nodes(places)

    storage = Counting()
    ledger = ledger_on(storage)
    ledger.append([f"{n}".encode() for n in range(1000)])
    for act in (
        lambda: ledger.inclusion(333),
        lambda: ledger.consistency(77, 1000),
        lambda: ledger.tile(Tile(0, 1)),
    ):
        storage.asked = 0
        act()
        assert storage.asked == 1
    # And to go on, nothing has to be read that is not in memory.
    storage.asked = 0
    ledger.append([b"more"])
    assert storage.asked == 0


# Two processes on one storage.


def test_two_ledgers_on_one_storage_write_one_history() -> None:
    storage = MemoryStorage()
    ours, theirs = ledger_on(storage), ledger_on(storage)
    promised = []
    for n in range(10):
        entry = str(n).encode()
        promised.append((entry, (ours if n % 3 else theirs).append([entry])[0]))
    assert storage.leaves == [str(n).encode() for n in range(10)]
    assert ours.checkpoint() == theirs.checkpoint()
    assert ours.entry(9) == theirs.entry(9)
    check(storage, promised)


def test_whoever_loses_the_race_for_the_checkpoint_builds_again_on_the_winners() -> None:
    class Racing(MemoryStorage):
        """Lets another process commit between our look at the checkpoint and our commit."""

        rival: Ledger | None = None

        def commit(self, *arguments: object) -> None:
            if self.rival is not None:
                rival, self.rival = self.rival, None
                rival.append([b"theirs"])
            super().commit(*arguments)  # type: ignore[arg-type]

    storage = Racing()
    ours, theirs = ledger_on(storage), ledger_on(storage)
    storage.rival = theirs
    receipt = ours.append([b"ours"])[0]
    assert storage.leaves == [b"theirs", b"ours"]
    check(storage, [(b"ours", receipt)])


def test_two_processes_that_begin_the_same_ledger_share_it() -> None:
    class Begun(MemoryStorage):
        looked = False

        def checkpoint(self) -> bytes | None:
            if not self.looked:
                self.looked = True
                ledger_on(self).append([b"theirs"])
                return None  # as it was before they came
            return super().checkpoint()

    storage = Begun()
    ledger_on(storage).append([b"ours"])
    assert storage.leaves == [b"theirs", b"ours"]
    check(storage)


def test_a_race_lost_every_time_is_said_to_be_lost() -> None:
    storage = FaultyStorage()
    ledger = ledger_on(storage)
    storage.plans = [(StorageConflict, False)] * 100
    with pytest.raises(StorageConflict, match="100 times"):
        ledger.append([b"never"])
    assert storage.leaves == []
    ledger.append([b"now"])
    check(storage)


# Commits that fail, and were kept or not.


def test_a_commit_that_failed_and_was_not_kept_gives_no_receipt_and_leaves_no_trace() -> None:
    storage = FaultyStorage()
    ledger = ledger_on(storage)
    ledger.append([b"before"])
    storage.plans = [(StorageFailed, False)]
    with pytest.raises(StorageFailed):
        ledger.append([b"lost"])
    receipt = ledger.append([b"after"])[0]
    assert storage.leaves == [b"before", b"after"]
    check(storage, [(b"after", receipt)])


def test_a_commit_that_failed_and_was_kept_gives_its_receipt() -> None:
    storage = FaultyStorage()
    ledger = ledger_on(storage)
    ledger.append([b"before"])
    storage.plans = [(StorageFailed, True)]
    kept = ledger.append([b"kept"])[0]
    after = ledger.append([b"after"])[0]
    assert storage.leaves == [b"before", b"kept", b"after"]
    check(storage, [(b"kept", kept), (b"after", after)])


def test_a_commit_that_was_kept_and_reported_as_lost_to_another_is_not_made_twice() -> None:
    storage = FaultyStorage()
    ledger = ledger_on(storage)
    storage.plans = [(StorageConflict, True)]
    receipt = ledger.append([b"once"])[0]
    assert storage.leaves == [b"once"]
    check(storage, [(b"once", receipt)])


def test_a_commit_that_arrives_after_it_was_given_up_does_not_fork_history() -> None:
    class Late(MemoryStorage):
        """Answers a commit with a failure, and keeps it only when the next one comes."""

        under_way: Callable[[], None] | None = None
        late = False

        def commit(self, *arguments: object) -> None:
            commit = super().commit
            if self.late:
                self.late = False
                self.under_way = lambda: commit(*arguments)  # type: ignore[arg-type]
                raise StorageFailed("no answer")
            if self.under_way is not None:
                under_way, self.under_way = self.under_way, None
                under_way()
            commit(*arguments)  # type: ignore[arg-type]

    storage = Late()
    ledger = ledger_on(storage)
    storage.late = True
    with pytest.raises(StorageFailed):
        ledger.append([b"late"])
    receipt = ledger.append([b"next"])[0]
    assert storage.leaves == [b"late", b"next"]
    check(storage, [(b"next", receipt)])


def test_an_error_that_storage_was_not_meant_to_raise_leaves_the_ledger_sound() -> None:
    for kept in (False, True):
        storage = FaultyStorage()
        ledger = ledger_on(storage)
        storage.plans = [(MemoryError, kept)]
        with pytest.raises(MemoryError):
            ledger.append([b"unknown"])
        receipt = ledger.append([b"after"])[0]
        assert storage.leaves == ([b"unknown"] if kept else []) + [b"after"]
        check(storage, [(b"after", receipt)])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(1, 4),
            st.lists(st.tuples(st.sampled_from([StorageFailed, StorageConflict]), st.booleans()), max_size=3),
        ),
        max_size=12,
    )
)
def test_whatever_fails_when_every_receipt_is_kept_and_nothing_is_there_twice(
    acts: list[tuple[int, int, list[tuple[type[Exception], bool]]]],
) -> None:
    storage = FaultyStorage()
    ledgers = [ledger_on(storage) for _ in range(2)]
    promised: list[tuple[bytes, Receipt]] = []
    for number, (who, count, plans) in enumerate(acts):
        # A third process starts anew each time, as after a crash.
        ledger = ledgers[who] if who < 2 else ledger_on(storage)
        entries = [f"{number}.{n}".encode() for n in range(count)]
        storage.plans = list(plans)
        try:
            promised += zip(entries, ledger.append(entries), strict=True)
        except StorageFailed:
            assert not set(entries) & set(storage.leaves)
        storage.plans = []
        assert ledger.size == len(storage.leaves)
    assert len(set(storage.leaves)) == len(storage.leaves)
    check(storage, promised)


# Storage that lies.


def test_a_rolled_back_storage_is_refused_and_nothing_is_signed_on_it() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    ledger.append([b"a"])
    old = (storage.note, list(storage.leaves), dict(storage.subtrees))
    ledger.append([b"b"])
    storage.note, storage.leaves, storage.subtrees = old
    for act in (lambda: ledger.append([b"c"]), ledger.checkpoint, lambda: ledger.inclusion(0)):
        with pytest.raises(LedgerDiverged, match="1 entries, and 2 were there"):
            act()
    assert storage.leaves == [b"a"]


def test_a_replaced_history_is_refused_even_if_larger_and_rightly_signed() -> None:
    storage, another = MemoryStorage(), MemoryStorage()
    ledger = ledger_on(storage)
    ledger.append([b"a", b"b", b"c"])
    ledger_on(another).append([b"a", b"B", b"c", b"d"])
    storage.note, storage.leaves, storage.subtrees = another.note, another.leaves, another.subtrees
    with pytest.raises(LedgerDiverged, match="does not continue"):
        ledger.append([b"e"])
    assert storage.leaves == [b"a", b"B", b"c", b"d"]


def test_another_tree_of_the_same_size_is_refused() -> None:
    storage, another = MemoryStorage(), MemoryStorage()
    ledger = ledger_on(storage)
    ledger.append([b"a"])
    ledger_on(another).append([b"A"])
    storage.note, storage.leaves, storage.subtrees = another.note, another.leaves, another.subtrees
    with pytest.raises(LedgerDiverged, match="does not continue"):
        ledger.checkpoint()


def test_an_emptied_storage_is_refused_while_it_is_remembered() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    storage.note = None
    with pytest.raises(LedgerDiverged, match="lost"):
        ledger.append([b"a"])


def test_a_stored_checkpoint_without_both_signatures_is_not_opened() -> None:
    storage = MemoryStorage()
    ledger_on(storage).append([b"a"])
    assert storage.note is not None
    first_three, _, last = storage.note.rstrip(b"\n").rpartition(b"\n")
    storage.note = first_three + b"\n"
    with pytest.raises(SignatureInvalid, match="no ML-DSA-44"):
        ledger_on(storage)
    storage.note = last
    with pytest.raises(Malformed):
        ledger_on(storage)


def test_a_ledger_of_other_keys_is_not_opened() -> None:
    storage = MemoryStorage()
    ledger_on(storage)
    stranger = signer(seed=2)
    with pytest.raises(SignatureInvalid):
        Ledger(storage, stranger, stranger.keys)


def test_damaged_subtrees_are_found_when_the_ledger_is_opened() -> None:
    storage = MemoryStorage()
    ledger_on(storage).append([b"a", b"b", b"c"])
    storage.subtrees[1, 0] = bytes(32)
    with pytest.raises(Altered, match="not the one that was signed"):
        ledger_on(storage)


def test_a_changed_last_entry_is_found_when_the_ledger_is_opened() -> None:
    storage = MemoryStorage()
    ledger_on(storage).append([b"a", b"b"])
    storage.leaves[1] = b"B"
    with pytest.raises(Altered, match="entry 1"):
        ledger_on(storage)


def test_a_changed_entry_is_never_given_out() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    ledger.append([b"a", b"b", b"c"])
    storage.leaves[1] = b"B"
    with pytest.raises(Altered, match="entry 1"):
        ledger.entry(1)
    assert ledger.entry(0) == b"a"


def test_no_proof_is_given_out_that_would_not_verify() -> None:
    storage = MemoryStorage()
    ledger = ledger_on(storage)
    ledger.append([b"a", b"b", b"c", b"d"])
    storage.subtrees[0, 1] = bytes(32)
    with pytest.raises(InclusionInvalid):
        ledger.inclusion(0)
    with pytest.raises(InclusionInvalid):
        ledger.inclusion(1)
    ledger.inclusion(2).verify(b"c", KEYS)
    storage.subtrees[0, 2] = bytes(32)
    with pytest.raises(ConsistencyInvalid):
        ledger.consistency(3, 4)


def test_storage_that_forgets_its_first_checkpoint_is_not_used() -> None:
    class Forgetful(MemoryStorage):
        def checkpoint(self) -> bytes | None:
            return None

    with pytest.raises(StorageFailed, match="does not have it"):
        ledger_on(Forgetful())


# Signers that fail.


def test_a_signer_that_signs_something_else_is_found_out_before_anything_is_stored() -> None:
    class Confused:
        def sign_checkpoint(self, checkpoint: Checkpoint, *_: object) -> bytes:
            return OURS.sign_checkpoint(Checkpoint(ORIGIN, checkpoint.size + 1, checkpoint.root))

    storage = MemoryStorage()
    ledger_on(storage)
    with pytest.raises(SignatureInvalid, match="signed another checkpoint"):
        Ledger(storage, Confused(), KEYS).append([b"a"])
    assert storage.leaves == []


def test_a_signer_with_the_wrong_keys_is_found_out_before_anything_is_stored() -> None:
    storage = MemoryStorage()
    ledger_on(storage)
    with pytest.raises(SignatureInvalid, match="no Ed25519"):
        Ledger(storage, signer(seed=2), KEYS).append([b"a"])
    assert storage.leaves == []


def test_what_a_signer_raises_reaches_the_caller_and_the_next_append_works() -> None:
    class Away(Signer):
        away = False

        def sign_checkpoint(self, checkpoint: Checkpoint, *_: object) -> bytes:
            if self.away:
                raise ConnectionError("the keyholder is restarting")
            return OURS.sign_checkpoint(checkpoint)

    storage, keyholder = MemoryStorage(), Away()
    ledger = Ledger(storage, keyholder, KEYS)
    keyholder.away = True
    with pytest.raises(ConnectionError):
        ledger.append([b"a"])
    keyholder.away = False
    ledger.append([b"b"])
    assert storage.leaves == [b"b"]
    check(storage)


def test_a_signer_that_sees_another_process_commit_first_makes_the_ledger_try_again() -> None:
    class Watching(Signer):
        answers = 0

        def sign_checkpoint(self, checkpoint: Checkpoint, *_: object) -> bytes:
            self.answers += 1
            if self.answers == 1:
                raise StorageConflict("another process has committed meanwhile")
            return OURS.sign_checkpoint(checkpoint)

    storage = MemoryStorage()
    ledger_on(storage)
    Ledger(storage, Watching(), KEYS).append([b"a"])
    check(storage)


# Many callers at once.


class Gated(MemoryStorage):
    """Holds its first commit after opening until told to go on; refuses entries that begin with "taken"."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.groups: list[list[bytes]] = []

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        self.entered.set()
        assert self.gate.wait(PATIENCE)
        if any(entry.startswith(b"taken") for entry in entries):
            raise ChainConflict("that place is taken")
        if any(entry.startswith(b"broken") for entry in entries):
            raise StorageFailed("no answer")
        if any(entry.startswith(b"interrupted") for entry in entries):
            raise KeyboardInterrupt
        super().commit(previous, first_index, entries, nodes, checkpoint)
        self.groups.append(list(entries))


class Callers:
    """Threads that append one entry list each, queued up behind a commit that is under way."""

    def __init__(self, storage: Gated, ledger: Ledger) -> None:
        self.storage = storage
        self.ledger = ledger
        self.receipts: dict[bytes, Receipt] = {}
        self.failures: dict[bytes, BaseException] = {}
        self._threads: list[threading.Thread] = []

    def run(self, *queued: list[bytes]) -> None:
        self.storage.gate.clear()
        self.storage.entered.clear()
        self._start([b"first"])
        assert self.storage.entered.wait(PATIENCE)
        for entries in queued:
            waiting = len(self.ledger._groups._queue)
            self._start(entries)
            while len(self.ledger._groups._queue) == waiting:
                pass
        self.storage.gate.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _start(self, entries: list[bytes]) -> None:
        def append() -> None:
            try:
                for entry, receipt in zip(entries, self.ledger.append(entries), strict=True):
                    self.receipts[entry] = receipt
            except (ChainConflict, StorageFailed, KeyboardInterrupt) as failure:
                self.failures[entries[0]] = failure

        thread = threading.Thread(target=append)
        self._threads.append(thread)
        thread.start()


def test_callers_who_come_while_a_commit_is_under_way_are_committed_together_in_their_order() -> None:
    storage = Gated()
    callers = Callers(storage, ledger_on(storage))
    callers.run([b"a"], [b"b", b"c"], [b"d"])
    assert storage.groups[1:] == [[b"first"], [b"a", b"b", b"c", b"d"]]
    assert [callers.receipts[e].size for e in (b"first", b"a", b"b", b"c", b"d")] == [1, 5, 5, 5, 5]
    check(storage, list(callers.receipts.items()))


def test_a_refused_entry_fails_its_own_caller_alone() -> None:
    storage = Gated()
    callers = Callers(storage, ledger_on(storage))
    callers.run([b"a"], [b"taken", b"with it"], [b"d"])
    assert storage.leaves == [b"first", b"a", b"d"]
    assert isinstance(callers.failures.pop(b"taken"), ChainConflict)
    assert not callers.failures
    check(storage, list(callers.receipts.items()))


def test_a_failed_commit_is_told_to_everybody_in_it_and_to_nobody_else() -> None:
    storage = Gated()
    callers = Callers(storage, ledger_on(storage))
    callers.run([b"a"], [b"broken"], [b"d"])
    assert storage.leaves == [b"first"]
    assert {entry: type(failure) for entry, failure in callers.failures.items()} == {
        b"a": StorageFailed,
        b"broken": StorageFailed,
        b"d": StorageFailed,
    }
    callers.ledger.append([b"after"])
    check(storage, list(callers.receipts.items()))


def test_whoever_was_served_before_a_failure_keeps_the_receipt() -> None:
    storage = Gated()
    callers = Callers(storage, ledger_on(storage))
    # The refused entry makes the group go one by one: a is served, then comes the failure.
    callers.run([b"a"], [b"taken"], [b"broken"], [b"d"])
    assert storage.leaves == [b"first", b"a"]
    assert set(callers.receipts) == {b"first", b"a"}
    assert set(callers.failures) == {b"taken", b"broken", b"d"}
    check(storage, list(callers.receipts.items()))


def test_an_interrupt_is_its_threads_own_and_the_others_are_told_that_the_commit_ended() -> None:
    storage = Gated()
    callers = Callers(storage, ledger_on(storage))
    callers.run([b"a"], [b"interrupted"])
    assert isinstance(callers.failures[b"a"], KeyboardInterrupt)  # a led the group
    assert isinstance(callers.failures[b"interrupted"], StorageFailed)
    callers.ledger.append([b"after"])
    check(storage, list(callers.receipts.items()))


def test_many_threads_on_two_ledgers_get_true_receipts_and_no_entry_is_lost() -> None:
    storage = MemoryStorage()
    ledgers = [ledger_on(storage), ledger_on(storage)]
    promised: list[tuple[bytes, Receipt]] = []

    def write(thread: int) -> None:
        for n in range(10):
            entry = f"{thread}.{n}".encode()
            promised.append((entry, ledgers[thread % 2].append([entry])[0]))
            assert ledgers[(thread + n) % 2].inclusion(promised[-1][1].index)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(promised) == len(storage.leaves) == 80
    check(storage, promised)
