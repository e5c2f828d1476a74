"""Passes over the copies: what comes next, also after a restart, and how it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from casework.center import Center
from casework.clock import now
from casework.copies import scrub_schedule
from casework.copies.scrub import scrub
from casework.database.models import CopyPass, CopyReading, Evidence
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import FIRST, SECOND, Copied, in_two_copies, recorded_in_two_segments
from vault.errors import StoreUnavailable
from vault.stores.filesystem import FilesystemStore

MONTH = timedelta(days=30)


@pytest.fixture
async def three(world: World) -> tuple[Copied, list[str]]:
    """Three items in two copies."""
    items = [await recorded_in_two_segments(world) for _ in range(3)]
    for item in items:
        copied = in_two_copies(world, item)
    return copied, items


def begin(center: Center, copy: str = FIRST) -> None:
    """Begin a pass over everything sealed until now, to the millisecond."""
    scrub_schedule.begin(center, copy)
    with center.database.begin() as session:
        session.get_one(CopyPass, copy).began_at = now() + timedelta(milliseconds=2)


def looked(center: Center, copy: str = FIRST) -> scrub_schedule.ScrubStatus:
    return next(one for one in scrub_schedule.scrub_statuses(center) if one.copy == copy)


def read_next(center: Center, copy: str = FIRST) -> str | None:
    item = scrub_schedule.next_item(center, copy)
    if item is not None:
        scrub(center, copy, item)
        with center.database.begin() as session:  # the pass was begun a moment in the future
            row = session.get_one(CopyReading, (copy, item))
            row.looked_at = row.read_at = now() + timedelta(seconds=1)
    return item


def test_a_pass_reads_each_item_once_and_ends(three: tuple[Copied, list[str]]) -> None:
    center, items = three[0].center, three[1]
    assert scrub_schedule.next_item(center, FIRST) is None
    begin(center)
    assert [read_next(center) for _ in range(4)] == [*items, None]
    seen = looked(center)
    assert (seen.done, seen.items, seen.not_whole, seen.well) == (3, 3, 0, True)
    assert seen.ended_at is not None
    assert seen.full_at == seen.ended_at
    assert seen.size == sum(
        path.stat().st_size
        for path in (three[0].world.folder / FIRST / "objects").rglob("*")
        if path.is_file()
    )
    assert looked(center, SECOND).began_at is None


def test_after_a_restart_a_pass_goes_on_where_it_was(three: tuple[Copied, list[str]]) -> None:
    copied, items = three
    begin(copied.center)
    assert read_next(copied.center) == items[0]
    again = copied.world.opened_again()
    again = dataclasses.replace(again, stores=copied.center.stores, copies=copied.center.copies)
    assert (looked(again).done, looked(again).items, looked(again).ended_at) == (1, 3, None)
    assert [read_next(again) for _ in range(3)] == [*items[1:], None]


def test_what_another_process_has_read_meanwhile_is_not_read_again(three: tuple[Copied, list[str]]) -> None:
    copied, items = three
    begin(copied.center)
    assert scrub_schedule.next_item(copied.center, FIRST) == items[0], "now all three are planned"
    other = copied.world.opened_again()
    other = dataclasses.replace(other, stores=copied.center.stores, copies=copied.center.copies)
    assert [read_next(other) for _ in range(2)] == items[:2]
    assert [read_next(copied.center) for _ in range(2)] == [items[2], None]


@pytest.mark.parametrize(("planned", "queries"), [(1, 4), (2, 3), (3, 2)])
def test_one_query_chooses_many_items(
    three: tuple[Copied, list[str]], monkeypatch: pytest.MonkeyPatch, planned: int, queries: int
) -> None:
    center, items = three[0].center, three[1]
    begin(center)
    monkeypatch.setattr(scrub_schedule, "PLANNED", planned)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.extend([statement] if "ORDER BY evidence.sealed_at" in statement else [])

    event.listen(center.database.engine, "before_cursor_execute", note)
    assert [read_next(center) for _ in range(4)] == [*items, None]
    event.remove(center.database.engine, "before_cursor_execute", note)
    assert len(asked) == queries


async def test_what_is_sealed_while_a_pass_is_under_way_belongs_to_the_next(copied: Copied) -> None:
    center = copied.center
    begin(center)
    with center.database.begin() as session:
        session.get_one(CopyPass, FIRST).began_at = now()
    await recorded_in_two_segments(copied.world)
    assert looked(center).items == 1


def test_the_next_pass_begins_a_month_after_the_last_one_began(copied: Copied) -> None:
    center = copied.center
    scrub_schedule.begin_due(center, FIRST, MONTH)
    first = looked(center).began_at
    scrub_schedule.begin_due(center, FIRST, MONTH)
    assert looked(center).began_at == first
    with center.database.begin() as session:
        row = session.get_one(CopyPass, FIRST)
        row.began_at -= MONTH
    scrub_schedule.begin_due(center, FIRST, MONTH)
    assert looked(center).began_at != first, "a pass that has not ended is not begun anew"
    before = looked(center).began_at
    with center.database.begin() as session:
        session.get_one(CopyPass, FIRST).ended_at = now()
    scrub_schedule.begin_due(center, FIRST, MONTH)
    assert before is not None
    assert looked(center).began_at > before  # type: ignore[operator]
    assert looked(center).ended_at is None


def test_an_item_that_another_process_is_at_is_waited_for(copied: Copied) -> None:
    center = copied.center
    begin(center)

    def meanwhile(_: int) -> None:
        assert scrub_schedule.next_item(center, FIRST) is None
        assert not scrub_schedule.ended(center, FIRST)

    scrub(center, FIRST, copied.item, pace=meanwhile)


def test_what_is_not_put_right_or_was_found_lately_has_somebody_look(copied: Copied) -> None:
    center = copied.center
    begin(center)
    for copy in (FIRST, SECOND):
        copied.flip(copy, "segments/000001", 3)
    read_next(center)
    seen = looked(center)
    assert (seen.found, seen.repaired, [row.wrong for row in seen.left], seen.well) == (
        1,
        0,
        ["altered"],
        False,
    )
    copied.flip(SECOND, "segments/000001", 3)
    scrub(center, FIRST, copied.item)
    seen = looked(center)
    assert (seen.found, seen.repaired, seen.left, seen.lately, seen.well) == (1, 1, [], True, False)


def wanting(center: Center) -> list[str]:
    return sorted(scrub_schedule.wanting(center, FIRST))


def test_a_copy_that_was_made_anew_or_whose_findings_are_not_stated_does_not_wait_for_a_pass(
    three: tuple[Copied, list[str]],
) -> None:
    copied, items = three
    center = copied.center
    for item in items:
        scrub(center, FIRST, item)
    assert wanting(center) == []
    copied.make_anew(FIRST)
    assert wanting(center) == sorted(items)
    for item in items:
        scrub(center, FIRST, item)
    assert wanting(center) == []


@pytest.mark.parametrize("name", ["index", "manifest", "segments/000001", "segments/000002"])
def test_an_item_of_which_a_copy_has_lost_one_object_does_not_wait_for_a_pass(
    three: tuple[Copied, list[str]], name: str
) -> None:
    copied, items = three
    (copied.world.folder / FIRST / "objects" / "recordings" / items[1] / name).unlink()
    assert wanting(copied.center) == [items[1]]
    assert list(scrub_schedule.wanting(copied.center, SECOND)) == []


def test_what_still_waits_in_the_spool_is_not_lost(world: World, copied: Copied) -> None:
    assert wanting(copied.center) == []
    copied.path(FIRST, "manifest").rename(copied.world.folder / "manifest")
    assert wanting(copied.center) == [copied.item]
    with copied.center.database.begin() as session:
        session.get_one(Evidence, copied.item).node = "another-machine"
    assert wanting(copied.center) == []


def test_items_whose_ids_begin_alike_are_looked_for_with_one_listing(
    three: tuple[Copied, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, items = three
    listed: list[str] = []
    list_ = FilesystemStore.list

    def noted(store: FilesystemStore, prefix: str) -> Iterator[str]:
        listed.append(prefix)
        return list_(store, prefix)

    monkeypatch.setattr(FilesystemStore, "list", noted)
    assert wanting(copied.center) == []
    assert sorted(listed) == sorted({f"recordings/{item[:2]}" for item in items})
    monkeypatch.setattr(scrub_schedule, "BEGINNING", 0)
    assert wanting(copied.center) == []
    assert listed[-1] == "recordings/"


def test_what_could_not_be_put_right_is_tried_again_some_hours_later(copied: Copied) -> None:
    center = copied.center
    for copy in (FIRST, SECOND):
        copied.flip(copy, "segments/000001", 3)
    scrub(center, FIRST, copied.item)
    assert wanting(center) == []
    with center.database.begin() as session:
        row = session.get_one(CopyReading, (FIRST, copied.item))
        assert row.looked_at is not None
        row.looked_at -= scrub_schedule.RETRY
    assert wanting(center) == [copied.item]


def test_a_copy_that_is_away_is_said_to_be_not_read(copied: Copied) -> None:
    center = copied.center
    begin(center)
    folder = copied.world.folder / FIRST
    folder.rename(folder.with_name("unplugged"))
    with pytest.raises(StoreUnavailable):
        wanting(center)
    scrub_schedule.note_trouble(center, FIRST, "away")
    seen = looked(center)
    assert (seen.trouble, seen.done, seen.found, seen.well) == ("away", 0, 0, False)
    scrub_schedule.note_trouble(center, FIRST, None)
    assert looked(center).trouble is None


def test_an_item_that_cannot_be_read_for_its_own_reason_does_not_hold_up_the_others(copied: Copied) -> None:
    center = copied.center
    scrub(center, FIRST, copied.item)
    scrub_schedule.begin(center, FIRST)
    scrub_schedule.skip(center, FIRST, copied.item)
    assert scrub_schedule.next_item(center, FIRST) is None
    assert (looked(center).not_whole, looked(center).full_at, looked(center).well) == (1, None, False)
