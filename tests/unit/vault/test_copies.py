"""Copies: everything reaches every store in order, whatever the stores do; the spool goes last."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.faulty_disk import FaultyDisk
from tests.support.patience import PATIENCE, wait_until
from vault.copies.copies import Copies
from vault.copies.replicator import CopiesConfig, Replicator
from vault.errors import StoreUnavailable
from vault.spool.writer import SpoolReader, SpoolWriter
from vault.stores.base import ObjectVersion
from vault.stores.filesystem import FilesystemStore

QUICK = CopiesConfig(look_every=0.01, first_pause=0.01, longest_pause=0.05, keep=0.0)


class UnsteadyStore(FilesystemStore):
    """A real store that can be away, slow, or wrong about what it keeps; it remembers the order of puts."""

    def __init__(self, root: Path, disk: FaultyDisk) -> None:
        super().__init__(root, disk)
        self.away = False
        self.lying = False
        self.order: list[str] = []
        self.attempts = 0
        self.free = threading.Event()
        self.free.set()

    def put(self, key: str, data: bytes) -> ObjectVersion:
        self.attempts += 1
        self.free.wait(PATIENCE)
        if self.away:
            raise StoreUnavailable("no route to host")
        put = super().put(key, data)
        self.order.append(key)
        return put

    def head(self, key: str) -> ObjectVersion:
        if self.away:
            raise StoreUnavailable("no route to host")
        seen = super().head(key)
        return replace(seen, sha256="0" * 64) if self.lying else seen


@pytest.fixture
def first(tmp_path: Path) -> UnsteadyStore:
    FilesystemStore.create(tmp_path / "first")
    return UnsteadyStore(tmp_path / "first", FaultyDisk())


@pytest.fixture
def second(tmp_path: Path) -> UnsteadyStore:
    FilesystemStore.create(tmp_path / "second")
    return UnsteadyStore(tmp_path / "second", FaultyDisk())


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


@pytest.fixture
def start(first: UnsteadyStore, second: UnsteadyStore, spool: Path) -> Iterator[Callable[..., Copies]]:
    running: list[Copies] = []

    def begin(config: CopiesConfig = QUICK, **more: Callable[..., object]) -> Copies:
        copies = Copies({"first": first, "second": second}, spool, config, **more)
        copies.start()
        running.append(copies)
        return copies

    yield begin
    first.free.set()
    second.free.set()
    for copies in running:
        copies.stop()


def begin_recording(spool: Path, evidence: str, segments: int) -> SpoolWriter:
    writer = SpoolWriter.create(spool, evidence, 0)
    writer.write_file("wrap", b"wrapped key")
    for number in range(segments):
        add_segment(writer, number)
    return writer


def add_segment(writer: SpoolWriter, number: int) -> None:
    writer.append([(b"%d" % number, bytes([number % 256]) * 10_000)])
    writer.roll()


def seal(writer: SpoolWriter) -> None:
    writer.write_file("index", b"index")
    writer.write_file("manifest", b"{}")
    writer.close()


def altered(data: bytes) -> bytes:
    """Other bytes of the same length."""
    return data[:-1] + bytes([data[-1] ^ 1])


def keys(evidence: str, segments: int) -> list[str]:
    names = [*(f"segments/{n + 1:06d}" for n in range(segments)), "index", "manifest"]
    return [f"recordings/{evidence}/{name}" for name in names]


def test_a_recording_reaches_both_copies_in_its_order_while_it_goes_on(start, first, second, spool, evidence):
    copies = start()
    writer = begin_recording(spool, evidence, 2)
    wait_until(lambda: {s.segments for s in copies.status(evidence).values()} == {2})
    assert copies.drained(evidence)
    writer.append([(b"open", b"x")])
    assert copies.drained(evidence)
    assert not copies.status(evidence)["first"].complete
    writer.roll()
    seal(writer)
    wait_until(lambda: all(status.complete for status in copies.status(evidence).values()))
    assert first.order == second.order == keys(evidence, 3)
    for key in keys(evidence, 3):
        assert first.get(key) == second.get(key)
    segment = SpoolReader(spool, evidence).segment_path(2).read_bytes()
    assert first.get(f"recordings/{evidence}/segments/000002") == segment


def test_a_copy_that_is_away_does_not_hold_up_the_other_and_catches_up(start, first, second, spool, evidence):
    second.away = True
    before = time.time()
    copies = start()
    writer = begin_recording(spool, evidence, 3)
    wait_until(lambda: copies.status(evidence)["first"].segments == 3)
    wait_until(lambda: second.attempts >= 3)
    status = copies.status(evidence)["second"]
    assert (status.segments, status.waiting) == (0, 3)
    assert status.waiting_bytes == sum(path.stat().st_size for path in (spool / evidence).glob("*.segment"))
    assert copies.status(evidence)["first"].waiting_bytes == 0
    assert status.error == "StoreUnavailable: no route to host"
    assert before <= (status.failing_since or 0) <= time.time()
    assert copies.status(evidence)["first"].error is None
    assert not copies.drained(evidence)
    seal(writer)
    second.away = False
    wait_until(lambda: copies.status(evidence)["second"].complete)
    assert copies.status(evidence)["second"].failing_since is None
    assert second.order == keys(evidence, 3)


def test_an_hour_of_recording_waits_for_a_store_and_is_then_carried_in_order(start, second, spool, evidence):
    second.away = True
    copies = start()
    writer = begin_recording(spool, evidence, 360)
    wait_until(lambda: copies.status(evidence)["first"].segments == 360)
    assert copies.status(evidence)["second"].waiting == 360
    second.away = False
    add_segment(writer, 7)  # it is still being recorded
    seal(writer)
    wait_until(lambda: copies.status(evidence)["second"].complete)
    assert second.order == keys(evidence, 361)


def test_an_absent_store_is_asked_more_and_more_seldom(second, spool, evidence):
    second.away = True
    begin_recording(spool, evidence, 1)
    now = 0.0
    config = CopiesConfig(first_pause=0.05, longest_pause=0.4)
    replicator = Replicator("second", second, spool, config, clock=lambda: now)
    for millisecond in range(1000):
        now = millisecond / 1000
        replicator.carry_all(threading.Event())
    # Pauses of 25–50, 50–100, 100–200, 200–400, 200–400, … ms; without them there were 1000 attempts.
    assert 5 <= second.attempts <= 8


def test_a_store_that_stands_still_is_seen_in_the_status_and_holds_up_nothing(
    start, first, second, spool, evidence
):
    second.free.clear()
    copies = start()
    begin_recording(spool, evidence, 2)
    wait_until(lambda: copies.status(evidence)["first"].segments == 2)
    assert copies.status(evidence)["second"].waiting == 2


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_failed_write_is_repeated_until_it_succeeds(start, first, spool, evidence, error):
    first._disk.fail("sync", error, times=3)
    copies = start()
    begin_recording(spool, evidence, 1)
    wait_until(lambda: copies.status(evidence)["first"].segments == 1)
    assert first.order == keys(evidence, 1)[:1]


def test_one_item_that_cannot_be_stored_does_not_hold_up_others(start, first, spool):
    bad, good = "a" * 32, "b" * 32
    first.put(f"recordings/{bad}/segments/000001", b"other bytes")
    copies = start()
    begin_recording(spool, bad, 2)
    seal(begin_recording(spool, good, 2))
    wait_until(lambda: copies.status(good)["first"].complete)
    wait_until(lambda: copies.status(bad)["first"].error is not None)
    status = copies.status(bad)["first"]
    assert status.error is not None
    assert status.error.startswith("ObjectExists")
    assert (status.segments, status.complete) == (0, False)
    wait_until(lambda: copies.status(bad)["second"].segments == 2)


def test_what_does_not_read_back_as_it_was_put_is_not_safe(start, first, spool, evidence):
    first.lying = True
    copies = start()
    begin_recording(spool, evidence, 1)
    wait_until(lambda: copies.status(evidence)["first"].error is not None)
    status = copies.status(evidence)["first"]
    assert status.error is not None
    # The first attempt says that other bytes lie there, and so does the next one, which replaces nothing.
    assert status.error.startswith(("Altered", "ObjectExists"))
    assert status.segments == 0
    first.lying = False
    wait_until(lambda: copies.status(evidence)["first"].segments == 1)


def test_a_restart_goes_on_where_it_was(start, first, spool, evidence):
    writer = begin_recording(spool, evidence, 2)
    copies = start()
    wait_until(lambda: copies.drained(evidence))
    copies.stop()
    add_segment(writer, 2)
    again = start()
    assert again.status(evidence)["first"].segments >= 2
    wait_until(lambda: again.status(evidence)["first"].segments == 3)
    assert first.order == keys(evidence, 3)[:3]


def test_losing_the_notes_costs_a_second_look_and_nothing_else(start, first, spool, evidence):
    writer = begin_recording(spool, evidence, 2)
    copies = start()
    wait_until(lambda: copies.drained(evidence))
    copies.stop()
    note = spool / evidence / "copied" / "first"
    note.write_text(note.read_text()[:-20])  # torn in its last line
    seal(writer)
    again = start()
    wait_until(lambda: again.status(evidence)["first"].complete)
    assert (
        first.order == [*keys(evidence, 2)[:2], *keys(evidence, 2)[-3:]]
        or first.order[-2:] == keys(evidence, 2)[-2:]
    )


def test_a_sealed_item_leaves_the_spool_when_both_copies_hold_all_of_it(
    start, first, second, spool, evidence
):
    seal(begin_recording(spool, evidence, 2))
    copies = start()
    wait_until(lambda: all(status.complete for status in copies.status(evidence).values()))
    assert copies.release() == [evidence]
    assert list(spool.iterdir()) == []
    assert copies.status(evidence) == {}
    assert copies.drained(evidence)
    for store in (first, second):
        assert list(store.list("")) == sorted(keys(evidence, 2))


def test_an_item_that_is_not_sealed_stays_in_the_spool(start, spool, evidence):
    writer = begin_recording(spool, evidence, 2)
    copies = start()
    wait_until(lambda: copies.drained(evidence))
    writer.close()
    assert copies.release() == []


def test_an_item_stays_in_the_spool_while_anything_speaks_for_it(start, second, spool, evidence):
    seal(begin_recording(spool, evidence, 2))
    folder, objections = spool / evidence, set()
    copies = start(replace(QUICK, keep=100.0), may_remove=lambda item: item not in objections)
    wait_until(lambda: all(status.complete for status in copies.status(evidence).values()))
    assert copies.release() == []  # not old enough
    long_ago = time.time() - 101
    os.utime(folder / "manifest", (long_ago, long_ago))

    objections.add(evidence)
    assert copies.release() == []  # the caller objects
    objections.clear()

    writer, _ = SpoolWriter.recover(spool, evidence)
    assert copies.release() == []  # a writer lives
    writer.write_file("pending/000001.statement", b"signed")
    writer.close()
    assert copies.release() == []  # a statement waits
    (folder / "pending" / "000001.statement").unlink()

    (folder / "000003.open").write_bytes(b"")
    assert copies.release() == []  # something was left open
    (folder / "000003.open").unlink()

    second.away = True
    assert copies.release() == []  # a copy cannot be asked
    second.away = False

    assert (folder / "000001.segment").exists()
    assert copies.release() == [evidence]


def test_a_copy_that_lost_or_spoilt_an_object_keeps_the_item_in_the_spool_and_gets_it_again(
    start, first, spool, evidence, tmp_path
):
    seal(begin_recording(spool, evidence, 2))
    copies = start()
    wait_until(lambda: all(status.complete for status in copies.status(evidence).values()))
    stored = tmp_path / "first" / "objects" / "recordings" / evidence / "segments" / "000002"
    stored.unlink()
    assert copies.release() == []
    wait_until(lambda: copies.status(evidence)["first"].complete)
    assert stored.exists()
    stored.chmod(0o600)
    stored.write_bytes(altered(stored.read_bytes()))
    assert copies.release() == []
    wait_until(lambda: copies.status(evidence)["first"].error is not None)
    assert "ObjectExists" in (copies.status(evidence)["first"].error or "")
    assert copies.release() == []


def test_what_carrying_cannot_mend_is_noticed_and_once_it_is_repaired_the_item_leaves_the_spool(
    start, first, spool, evidence, tmp_path
):
    noticed: list[tuple[str, str]] = []
    seal(begin_recording(spool, evidence, 2))
    copies = start(noticed=lambda *what: noticed.append(what))
    wait_until(lambda: all(status.complete for status in copies.status(evidence).values()))
    assert noticed == []
    key = f"recordings/{evidence}/segments/000002"
    right = first.get(key)
    stored = tmp_path / "first" / "objects" / key
    stored.chmod(0o600)
    stored.write_bytes(altered(right))
    assert copies.release() == []
    wait_until(lambda: len(noticed) > 1)  # by the look before the release, and by carrying anew
    assert set(noticed) == {("first", evidence)}
    first.replace_damaged(key, right)
    wait_until(lambda: copies.status(evidence)["first"].complete)
    assert copies.release() == [evidence]


def test_without_any_copy_nothing_ever_leaves_the_spool(spool, evidence):
    seal(begin_recording(spool, evidence, 1))
    copies = Copies({}, spool, QUICK)
    assert copies.release() == []
    assert copies.status(evidence) == {}


def test_a_removal_that_was_cut_short_is_finished(start, spool, evidence):
    seal(begin_recording(spool, evidence, 1))
    (spool / evidence).rename(spool / f".removed-{evidence}")
    copies = start()
    assert copies.release() == []
    assert list(spool.iterdir()) == []


def test_a_sealed_item_without_its_index_is_never_complete(start, spool, evidence):
    seal(begin_recording(spool, evidence, 1))
    (spool / evidence / "index").unlink()
    copies = start()
    wait_until(lambda: copies.status(evidence)["first"].error is not None)
    assert not copies.status(evidence)["first"].complete


def test_the_objects_are_the_bytes_of_the_spool(start, first, spool, evidence):
    seal(begin_recording(spool, evidence, 2))
    copies = start()
    wait_until(lambda: copies.status(evidence)["first"].complete)
    local = spool / evidence / "000001.segment"
    assert (
        first.head(f"recordings/{evidence}/segments/000001").sha256
        == hashlib.sha256(local.read_bytes()).hexdigest()
    )


def test_the_name_of_a_copy_is_a_word(spool, first):
    with pytest.raises(ValueError, match="not the name of a copy"):
        Copies({"../first": first}, spool)
