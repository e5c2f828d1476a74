"""Reading one recording in one copy again: what is found, what is put right, what is said of it."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework.cases import history
from casework.center import Center
from casework.clock import now
from casework.copies import scrub_claim
from casework.copies.scrub import STATE_CLEAN_EVERY, Scrubbed, holding_of, scrub
from casework.copies.scrub_claim import ItemClaimed
from casework.database.models import CopyFinding, CopyReading, Evidence, EvidenceState
from casework.errors import Missing
from casework.evidence import gateway
from casework.ledger import chains, custody_log, sealed_details
from chain_of_custody.errors import StorageFailed
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import (
    FIRST,
    OBJECTS,
    SECOND,
    Copied,
    in_two_copies,
    recorded_in_two_segments,
)
from tests.support.faulty_disk import DyingDisk, FaultyDisk  # the disks that fail are the vault's
from vault.disk import Disk
from vault.errors import StoreUnavailable
from vault.stores.filesystem import FilesystemStore

ONE, TWO = "segments/000001", "segments/000002"


def stated(center: Center, item: str) -> list[Mapping[str, Any]]:
    """The bodies of all `evidence.verified` about an item."""
    statements = [SignedStatement.parse(leaf).statement for leaf in chains.chain(center, item).values()]
    return [one.body for one in statements if one.type == "evidence.verified"]


def said(copy: str = FIRST, *, sound: int = OBJECTS, **counts: int) -> dict[str, Any]:
    return {"copy": copy, "damaged": 0, "repaired": 0, "sound": sound, "surplus": 0} | counts


def found(scrubbed: Scrubbed) -> list[tuple[str, str]]:
    return [(one.key.split("/", 2)[2], one.wrong) for one in scrubbed.reading.findings]


# --- what is found ----------------------------------------------------------------------------------------


def test_a_copy_as_recorded_is_read_whole_and_that_is_stated_once(copied: Copied) -> None:
    scrubbed = scrub(copied.center, FIRST, copied.item, workers=2)
    assert (found(scrubbed), scrubbed.left, scrubbed.reading.whole) == ([], [], True)
    assert scrubbed.reading.size == sum(map(len, copied.everything(FIRST).values()))
    assert scrubbed.position is not None
    again = scrub(copied.center, FIRST, copied.item)
    assert again.position is None
    assert stated(copied.center, copied.item) == [said()]
    scrub(copied.center, SECOND, copied.item)
    assert stated(copied.center, copied.item) == [said(), said(SECOND)]


def test_a_clean_reading_is_stated_again_after_half_a_year(copied: Copied) -> None:
    scrub(copied.center, FIRST, copied.item)
    with copied.center.database.begin() as session:
        row = session.get_one(CopyReading, (FIRST, copied.item))
        assert row.stated_at is not None
        row.stated_at -= STATE_CLEAN_EVERY
    assert scrub(copied.center, FIRST, copied.item).position is not None


def test_any_flipped_bit_is_found_with_its_byte_and_its_seconds_and_put_right(copied: Copied) -> None:
    expected = copied.everything(FIRST)
    holding = holding_of(copied.center, copied.item)
    for name, data in expected.items():
        for at in (0, 5, 9, 13, len(data) // 2, len(data) - 1):
            copied.flip(FIRST, name, at)
            scrubbed = scrub(copied.center, FIRST, copied.item)
            (finding,) = scrubbed.reading.findings
            assert (finding.key, finding.wrong) == (f"recordings/{copied.item}/{name}", "altered")
            if (segment := holding.segments.get(finding.key)) is None:
                assert (finding.at, finding.span) == (at, None)
            else:
                (hit,) = [
                    (record, place) for record, place in segment.frames if place.offset <= at < place.end
                ]
                assert (finding.at, finding.records) == (hit[1].offset, 1)
                assert finding.span == (hit[0].start, hit[0].end)
            assert (scrubbed.repaired, scrubbed.left) == ({finding.key}, [])
            assert copied.everything(FIRST) == expected


def test_a_finding_is_told_with_its_time(copied: Copied) -> None:
    holding = holding_of(copied.center, copied.item)
    last, place = holding.segments[f"recordings/{copied.item}/{TWO}"].frames[-2]
    copied.flip(FIRST, TWO, place.offset)
    (finding,) = scrub(copied.center, FIRST, copied.item).reading.findings
    assert last.start == 3_000_000
    assert str(finding) == (
        f"recordings/{copied.item}/{TWO} altered from byte {place.offset}: 1 pieces, 00:00:03 to 00:00:04"
    )


@pytest.mark.parametrize("name", ["index", "manifest", ONE, TWO])
def test_an_object_that_is_missing_or_cut_off_or_too_long_is_put_right(copied: Copied, name: str) -> None:
    expected = copied.everything(FIRST)
    copied.path(FIRST, name).unlink()
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert (found(scrubbed), scrubbed.left) == ([(name, "missing")], [])
    copied.write(FIRST, name, expected[name][:-3])
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert (found(scrubbed), scrubbed.left) == ([(name, "shorter")], [])
    assert scrubbed.reading.findings[0].at == len(expected[name]) - 3
    copied.write(FIRST, name, expected[name] + b"more")
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert (found(scrubbed), scrubbed.left) == ([(name, "longer")], [])
    assert scrubbed.reading.findings[0].at == len(expected[name])
    copied.write(FIRST, name, b"")
    assert scrub(copied.center, FIRST, copied.item).left == []
    assert copied.everything(FIRST) == expected
    assert stated(copied.center, copied.item) == [said(sound=3, repaired=1)] * 4


async def test_a_stale_object_of_another_recording_is_found_and_put_right(copied: Copied) -> None:
    other = in_two_copies(copied.world, await recorded_in_two_segments(copied.world))
    expected = copied.everything(FIRST)
    for name in (ONE, "index", "manifest"):
        copied.write(FIRST, name, other.everything(FIRST)[name])
    copied.write(FIRST, TWO, expected[ONE])
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert sorted(found(scrubbed)) == [(name, "altered") for name in ("index", "manifest", ONE, TWO)]
    assert (scrubbed.left, copied.everything(FIRST)) == ([], expected)


def test_an_object_that_does_not_belong_there_is_told_and_left_alone(copied: Copied) -> None:
    copied.center.stores[FIRST].put(f"recordings/{copied.item}/segments/000003", b"whose is this")
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert found(scrubbed) == [("segments/000003", "surplus")]
    assert copied.path(FIRST, "segments/000003").exists()
    assert scrub(copied.center, FIRST, copied.item).position is None
    copied.path(FIRST, "segments/000003").unlink()
    scrub(copied.center, FIRST, copied.item)
    assert stated(copied.center, copied.item) == [said(surplus=1)]
    with copied.center.database() as session:
        assert session.scalars(select(CopyFinding)).one().repaired_at is not None


# --- what is put right ------------------------------------------------------------------------------------


def test_both_copies_damaged_in_different_places_are_both_whole_in_the_end(copied: Copied) -> None:
    expected = copied.everything(FIRST)
    frames = holding_of(copied.center, copied.item).segments[f"recordings/{copied.item}/{ONE}"].frames
    for number, (_, place) in enumerate(frames):
        copied.flip((FIRST, SECOND)[number % 2], ONE, place.offset + 20)
    copied.path(FIRST, TWO).unlink()
    copied.flip(FIRST, "index", 100)
    copied.flip(SECOND, "manifest", 7)
    for copy in (FIRST, SECOND):
        assert scrub(copied.center, copy, copied.item).left == []
        assert copied.everything(copy) == expected
    assert stated(copied.center, copied.item) == [
        said(FIRST, sound=1, repaired=3),
        said(SECOND, sound=2, repaired=2),
    ]


def test_a_copy_that_was_lost_and_made_anew_is_filled_again(copied: Copied) -> None:
    expected = copied.everything(FIRST)
    copied.make_anew(SECOND)
    scrubbed = scrub(copied.center, SECOND, copied.item)
    assert {wrong for _, wrong in found(scrubbed)} == {"missing"}
    assert copied.everything(SECOND) == expected
    assert stated(copied.center, copied.item) == [said(SECOND, sound=0, repaired=OBJECTS)]


async def test_the_spool_puts_right_what_both_copies_have_lost(world: World) -> None:
    copied = in_two_copies(world, await recorded_in_two_segments(world), keep_spool=True)
    expected = copied.everything(FIRST)
    for copy in (FIRST, SECOND):
        for name in expected:
            copied.flip(copy, name, 30)
    for copy in (FIRST, SECOND):
        assert scrub(copied.center, copy, copied.item).left == []
        assert copied.everything(copy) == expected


async def test_what_was_not_carried_yet_is_not_missing(world: World) -> None:
    copied = in_two_copies(world, await recorded_in_two_segments(world), keep_spool=True)
    copied.path(FIRST, TWO).unlink()
    copied.flip(FIRST, ONE, 30)
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert (found(scrubbed), scrubbed.reading.whole) == ([(ONE, "altered")], False)
    assert not copied.path(FIRST, TWO).exists()
    assert stated(copied.center, copied.item) == []
    copied.path(FIRST, TWO).write_bytes(copied.path(SECOND, TWO).read_bytes())
    with world.center.database.begin() as session:
        assert session.get_one(CopyReading, (FIRST, copied.item)).read_at is None
    # Carried meanwhile, and gone from the spool: now the note of what was repaired is stated.
    gone = in_two_copies(world, copied.item)
    scrub(gone.center, FIRST, copied.item)
    assert stated(gone.center, copied.item) == [said(sound=3, repaired=1)]


def test_damage_that_nothing_can_put_right_is_stated_once_and_what_is_left_is_kept_together(
    copied: Copied,
) -> None:
    expected = copied.everything(FIRST)
    frames = holding_of(copied.center, copied.item).segments[f"recordings/{copied.item}/{ONE}"].frames
    gone, place = frames[4]
    for copy in (FIRST, SECOND):
        copied.flip(copy, ONE, place.offset + 40)
    copied.path(FIRST, ONE).unlink()
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert [(one.key.split("/", 2)[2], one.wrong) for one in scrubbed.left] == [(ONE, "missing")]
    assert stated(copied.center, copied.item) == [said(sound=3, damaged=1)]
    again = scrub(copied.center, FIRST, copied.item)
    assert (again.reading.findings[0].records, again.reading.findings[0].span) == (1, (gone.start, gone.end))
    assert stated(copied.center, copied.item) == [said(sound=3, damaged=1)]
    # Somebody brings the piece back into the other copy: it is put right, and that is said too.
    copied.write(SECOND, ONE, expected[ONE])
    scrub(copied.center, FIRST, copied.item)
    assert stated(copied.center, copied.item)[1:] == [said(sound=3, repaired=1)]
    assert copied.everything(FIRST) == expected


def test_without_the_index_anywhere_no_segment_is_judged(copied: Copied) -> None:
    for copy in (FIRST, SECOND):
        copied.flip(copy, "index", 3)
    copied.flip(FIRST, ONE, 30)
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert (found(scrubbed), scrubbed.reading.whole) == ([("index", "altered")], False)
    assert stated(copied.center, copied.item) == [said(sound=1, damaged=1)]


def test_bytes_that_are_wrong_everywhere_are_never_taken_for_right(copied: Copied) -> None:
    for copy in (FIRST, SECOND):
        copied.flip(copy, ONE, 3)
    before = copied.everything(FIRST)
    assert [one.wrong for one in scrub(copied.center, FIRST, copied.item).left] == ["altered"]
    assert copied.everything(FIRST) == before


def test_without_the_noted_sizes_the_copies_tell_how_records_were_cut(copied: Copied) -> None:
    with copied.center.database.begin() as session:
        session.get_one(Evidence, copied.item).segment_sizes = None
    expected = copied.everything(FIRST)
    copied.path(FIRST, ONE).unlink()
    assert scrub(copied.center, FIRST, copied.item).left == []
    assert copied.everything(FIRST) == expected


# --- a store that is away, a disk that fails --------------------------------------------------------------


def test_a_copy_that_is_away_was_not_read_and_nothing_is_said_of_it(copied: Copied) -> None:
    folder = copied.world.folder / FIRST
    folder.rename(folder.with_name("unplugged"))
    with pytest.raises(StoreUnavailable):
        scrub(copied.center, FIRST, copied.item)
    assert stated(copied.center, copied.item) == []
    with copied.center.database() as session:
        assert session.scalars(select(CopyFinding)).all() == []
        assert session.get_one(CopyReading, (FIRST, copied.item)).looked_at is None
    # The other one is read all the same.
    assert scrub(copied.center, SECOND, copied.item).reading.whole


def test_while_the_other_copy_is_away_damage_is_stated_and_put_right_later(copied: Copied) -> None:
    folder = copied.world.folder / SECOND
    copied.path(FIRST, ONE).unlink()
    folder.rename(folder.with_name("unplugged"))
    scrub(copied.center, FIRST, copied.item)
    folder.with_name("unplugged").rename(folder)
    scrub(copied.center, FIRST, copied.item)
    assert stated(copied.center, copied.item) == [said(sound=3, damaged=1), said(sound=3, repaired=1)]


class BadBlocks(FilesystemStore):
    """A disk that cannot give some objects."""

    bad: frozenset[str] = frozenset()

    def get(self, key: str, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        if key.split("/", 2)[2] in self.bad:
            raise StoreUnavailable(f"{key}: Input/output error")
        return super().get(key, version, start, length)


def test_one_object_that_a_disk_cannot_give_is_unreadable_and_a_disk_that_gives_none_is_away(
    copied: Copied,
) -> None:
    store = BadBlocks(copied.world.folder / FIRST)
    center = replace(copied.center, stores={FIRST: store, SECOND: copied.center.stores[SECOND]})
    store.bad = frozenset((ONE,))
    assert found(scrub(center, FIRST, copied.item)) == [(ONE, "unreadable")]
    store.bad = frozenset(("index", "manifest", ONE, TWO))
    with pytest.raises(StoreUnavailable):
        scrub(center, FIRST, copied.item)


def test_on_a_full_disk_nothing_is_lost_and_the_repair_comes_once_there_is_room(copied: Copied) -> None:
    expected = copied.everything(FIRST)
    disk = FaultyDisk()
    center = copied.on_disk(FIRST, disk)
    copied.flip(FIRST, ONE, 30)
    copied.path(FIRST, TWO).unlink()
    disk.fail("write", errno.ENOSPC, times=99)
    assert len(scrub(center, FIRST, copied.item).left) == 2
    assert copied.everything(FIRST)[ONE] != expected[ONE]
    disk.faults.clear()
    assert scrub(center, FIRST, copied.item).left == []
    assert copied.everything(FIRST) == expected
    assert stated(center, copied.item) == [said(sound=2, damaged=2), said(sound=2, repaired=2)]


# --- killed, at every line --------------------------------------------------------------------------------


def test_killed_at_any_step_of_a_repair_everything_is_right_and_stated_after_the_next_reading(
    copied: Copied,
) -> None:
    expected = copied.everything(FIRST)
    died = True
    operations = repairs = 0
    while died:
        copied.flip(FIRST, ONE, 30)
        copied.path(FIRST, "manifest").unlink()
        died = False
        try:
            scrub(copied.on_disk(FIRST, DyingDisk(operations)), FIRST, copied.item)
        except DyingDisk.Died:
            died = True
        # What a process that was killed cannot do: it had claimed the item.
        with copied.center.database.begin() as session:
            session.get_one(CopyReading, (FIRST, copied.item)).claimed_until = None
        scrub(copied.on_disk(FIRST, Disk()), FIRST, copied.item)
        assert copied.everything(FIRST) == expected
        repairs += 1
        found_and_right = [one for one in stated(copied.center, copied.item) if one["repaired"] == 2]
        assert len(found_and_right) == repairs
        operations += 1
    assert operations > 25


def test_what_was_repaired_before_the_ledger_could_be_written_is_stated_by_the_next_reading(
    copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied.flip(FIRST, ONE, 30)

    def away(*_: object, **__: object) -> None:
        raise StorageFailed("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(custody_log, "append", away)
        with pytest.raises(StorageFailed):
            scrub(copied.center, FIRST, copied.item)
    assert stated(copied.center, copied.item) == []
    scrubbed = scrub(copied.center, FIRST, copied.item)
    assert found(scrubbed) == []
    assert stated(copied.center, copied.item) == [said(sound=3, repaired=1)]


# --- who may, and what others see -------------------------------------------------------------------------


def test_two_processes_are_not_at_one_item_at_once(copied: Copied) -> None:
    def meanwhile(_: int) -> None:
        with pytest.raises(ItemClaimed):
            scrub(copied.center, FIRST, copied.item)
        scrub(copied.center, SECOND, copied.item)

    scrub(copied.center, FIRST, copied.item, pace=meanwhile)
    assert len(stated(copied.center, copied.item)) == 2


@pytest.mark.parametrize("meanwhile", ["claimed", "disposed"])
def test_who_slept_in_the_middle_writes_nothing_that_is_not_its_own_any_more(
    copied: Copied, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    copied.flip(FIRST, ONE, 30)
    damaged, until = copied.everything(FIRST), now() + timedelta(hours=1)

    def slept(_: int) -> None:
        with copied.center.database.begin() as session:
            if meanwhile == "claimed":
                session.get_one(CopyReading, (FIRST, copied.item)).claimed_until = until
            else:
                session.get_one(Evidence, copied.item).state = EvidenceState.DISPOSED

    monkeypatch.setattr(scrub_claim, "RENEW", -1.0)
    with pytest.raises(ItemClaimed):
        scrub(copied.center, FIRST, copied.item, pace=slept)
    assert copied.everything(FIRST) == damaged
    with copied.center.database() as session:
        left = session.get_one(CopyReading, (FIRST, copied.item)).claimed_until
    assert left == (until if meanwhile == "claimed" else None), "what another one has claimed is let be"


def test_only_what_is_sealed_can_be_read_again(copied: Copied) -> None:
    with pytest.raises(Missing):
        scrub(copied.center, FIRST, "00" * 16)


def test_what_was_found_stands_in_the_sealed_details_of_the_statement(copied: Copied) -> None:
    copied.flip(FIRST, ONE, 30)
    position = scrub(copied.center, FIRST, copied.item).position
    assert position is not None
    leaf = SignedStatement.parse(copied.center.ledger.entry(position))
    assert leaf.statement.details is not None
    opened = sealed_details.read(copied.center, copied.world.case, [leaf.statement.details])
    (finding,) = opened[leaf.statement.details]["findings"]
    assert finding == {"at": 0, "from": 0, "object": ONE, "repaired": True, "to": 0, "wrong": "altered"}
    entries = history.of_item(copied.center, copied.world.prosecutor, copied.item)
    (entry,) = [one for one in entries if one.type == "evidence.verified"]
    assert (entry.signed_by, entry.name, entry.actor.role) == ("center", None, "system")


def test_a_viewer_is_answered_at_once_and_the_damage_is_noted_for_repair(copied: Copied) -> None:
    copied.flip(FIRST, ONE, 30)
    viewing = gateway.view(copied.center, copied.world.prosecutor, copied.item, "review")
    for record in viewing.recording.records:
        assert viewing.message(record.index)
    assert copied.center.noticed.take() == (FIRST, copied.item)
    assert copied.center.noticed.take() is None
    assert stated(copied.center, copied.item) == []


def test_a_copy_that_is_away_is_not_noted_for_repair(copied: Copied) -> None:
    folder = copied.world.folder / FIRST
    folder.rename(folder.with_name("unplugged"))
    viewing = gateway.view(copied.center, copied.world.prosecutor, copied.item, "review")
    assert viewing.message(0)
    assert copied.center.noticed.take() is None
