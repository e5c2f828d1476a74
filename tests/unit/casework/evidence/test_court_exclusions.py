"""Court orders on passages: stated first, kept from whoever may not see it, restored by another order."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from casework.cases import cases, history
from casework.center import Center
from casework.database.models import Exclusion, Person, Role
from casework.errors import (
    ExcludedWithin,
    Forbidden,
    Missing,
    PassageExcluded,
    Refused,
    WrongState,
)
from casework.evidence import court_exclusions, export_orders, gateway
from casework.evidence.gateway import ItemExtent, Viewing
from casework.grants import grants
from casework.ledger import projections
from casework.people import people
from casework.reports import disclosure
from chain_of_custody.items.record import check_record
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.people.granting import granted
from tests.support.people.passkeys import asked, completed, passkey
from vault.sealing.sealing import open_with_message_key

SECOND = 1_000_000
PASSAGE = (2 * SECOND, 4 * SECOND)


@pytest.fixture
async def item(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    return await world.recorded(interview, seconds=6)


def exclude(
    world: World,
    item: str,
    excerpt: tuple[int, int] | None = PASSAGE,
    by: Person | None = None,
    **options: Any,
) -> Exclusion:
    given: dict[str, Any] = {"reason": "question", "reference": "Order 12/2076", "text": "Asked to lead."}
    return court_exclusions.exclude(world.center, by or world.prosecutor, item, excerpt, **(given | options))


def restore(world: World, exclusion: Exclusion) -> Exclusion:
    return court_exclusions.restore(
        world.center, world.prosecutor, exclusion.id, reason="appeal", reference="Order 15/2076"
    )


def opens(viewing: Viewing, index: int) -> None:
    [key] = viewing.message_keys([index])
    record = viewing.recording.record(index)
    check_record(record, open_with_message_key(key, viewing.message(index)))


def test_it_is_stated_with_its_times_and_the_order_is_sealed(world: World, item: str) -> None:
    exclusion = exclude(world, item)
    entry = history.of_item(world.center, world.prosecutor, item)[-1]
    assert (entry.type, entry.position, entry.purpose) == (
        "passage.excluded",
        exclusion.position,
        "court-order",
    )
    assert entry.body == {
        "excerpt": {"from": PASSAGE[0], "to": PASSAGE[1]},
        "exclusion": exclusion.id,
        "reason": "question",
    }
    [listed] = court_exclusions.listed(world.center, world.prosecutor, world.case.id)
    assert (listed.reference, listed.text, listed.name) == ("Order 12/2076", "Asked to lead.", "Person P")
    assert b"Order" not in world.center.ledger.entry(exclusion.position)


def test_under_a_grant_its_keys_and_messages_are_refused_and_those_beside_it_given(
    world: World, item: str
) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court)
    before = gateway.view(world.center, world.court, item, "hearing")
    exclude(world, item)
    viewing = gateway.viewing(world.center, world.court, before.id)  # also for what was open before
    records = viewing.recording.records
    inside = {one.index for one in records if one.kind == "media" and one.start in (2 * SECOND, 3 * SECOND)}
    beside = [one.index for one in records if one.kind == "media" and one.start in (SECOND, 4 * SECOND)]
    assert len(inside) == len(beside) == 6
    assert inside <= viewing.withheld
    for index in sorted(viewing.withheld):
        with pytest.raises(PassageExcluded):
            viewing.message_keys([beside[0], index])
        with pytest.raises(PassageExcluded):
            viewing.message(index)
        with pytest.raises(PassageExcluded):
            viewing.places([index])
    marks = {one.start for one in records if one.kind == "event" and one.index in viewing.withheld}
    assert {2 * SECOND, 3 * SECOND} <= marks  # what was noted of it tells of it
    assert not viewing.withheld & {one.index for one in records if one.kind in ("header", "init")}
    for index in [*beside, 0]:
        opens(viewing, index)


def test_the_prosecutor_sees_it_still_and_the_interviewer_does_not(world: World, item: str) -> None:
    exclude(world, item)
    viewing = gateway.view(world.center, world.prosecutor, item, "review")
    assert viewing.withheld == frozenset()
    for record in viewing.recording.records:
        opens(viewing, record.index)
    colleague = people.add(world.center, world.administrator, "Person I", Role.INTERVIEWER)
    cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
    assert gateway.view(world.center, colleague, item, "review").withheld


def test_of_a_recording_that_is_excluded_whole_nothing_opens_and_nothing_is_stated(
    world: World, item: str
) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court)
    before = gateway.view(world.center, world.court, item, "hearing")
    exclude(world, item, None, reason="unlawful")
    size = world.center.ledger.size
    with pytest.raises(PassageExcluded):
        gateway.view(world.center, world.court, item, "hearing")
    with pytest.raises(PassageExcluded):
        gateway.viewing(world.center, world.court, before.id)
    with pytest.raises(ExcludedWithin):
        export_orders.place(world.center, world.prosecutor, [ItemExtent(item, (0, SECOND))], "hearing", False)
    assert world.center.ledger.size == size
    gateway.view(world.center, world.prosecutor, item, "review")


def test_another_order_restores_it_once_and_what_else_is_excluded_stays_so(world: World, item: str) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court)
    first, second = exclude(world, item), exclude(world, item, (5 * SECOND, 6 * SECOND))
    ended = restore(world, first)
    assert (ended.restored_by, ended.restored_at is not None) == (world.prosecutor.id, True)
    entry = history.of_item(world.center, world.prosecutor, item)[-1]
    assert (entry.type, entry.body) == ("passage.restored", {"exclusion": first.id, "reason": "appeal"})
    with pytest.raises(WrongState):
        restore(world, first)
    viewing = gateway.view(world.center, world.court, item, "hearing")
    starts = {viewing.recording.record(index).start for index in viewing.withheld}
    assert starts <= {5 * SECOND, 6 * SECOND}
    restore(world, second)
    assert gateway.view(world.center, world.court, item, "hearing").withheld == frozenset()


def test_a_package_that_would_hold_it_is_refused_unless_the_prosecutor_says_so(
    copied: Copied, tmp_path: Path
) -> None:
    world, center, item = copied.world, copied.center, copied.item
    court_exclusions.exclude(
        center, world.prosecutor, item, (SECOND, 2 * SECOND), reason="question", reference="Order 12/2076"
    )
    place = partial(export_orders.place, center, world.prosecutor)
    for wanted in ([ItemExtent(item)], [ItemExtent(item, (0, 2 * SECOND))]):
        with pytest.raises(ExcludedWithin):
            place(wanted, "hearing", False)
        with pytest.raises(ExcludedWithin):
            gateway.export_package(center, world.prosecutor, wanted, "hearing", tmp_path / "no")
    assert not (tmp_path / "no").exists()
    assert place([ItemExtent(item, (0, SECOND))], "hearing", False)  # before it
    order = place([ItemExtent(item)], "hearing", False, excluded=True)
    placed = export_orders.get(center, world.prosecutor, order)
    assert placed.excluded
    gateway.export_package(
        center,
        world.prosecutor,
        placed.items,
        placed.purpose,
        tmp_path / "package",
        viewing_copies=False,
        order=order,
        excluded=placed.excluded,
    )
    assert history.of_item(center, world.prosecutor, item)[-1].body["order"] == order


def test_an_order_says_that_it_holds_what_is_excluded_only_where_it_does(world: World, item: str) -> None:
    place = partial(export_orders.place, world.center, world.prosecutor, purpose="hearing", viewing=False)
    nothing_yet = place([ItemExtent(item)], excluded=True)
    exclude(world, item)
    beside = place([ItemExtent(item, (0, SECOND))], excluded=True)
    within = place([ItemExtent(item, (0, 4 * SECOND))], excluded=True)
    placed = {
        one: export_orders.get(world.center, world.prosecutor, one) for one in (nothing_yet, beside, within)
    }
    assert [one.excluded for one in placed.values()] == [False, False, True]


def test_a_grant_for_a_copy_gives_nobody_what_is_excluded_whatever_they_say(world: World, item: str) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court, kind="copy")
    [listed] = grants.of_case(world.center, world.prosecutor, world.case.id)
    grants.authorise_copy(world.center, world.prosecutor, listed.grant.id, reference="9")
    exclude(world, item)
    for excluded in (False, True):
        with pytest.raises(ExcludedWithin):
            gateway.exportable(world.center, world.court, [ItemExtent(item)], "hearing", excluded=excluded)
    left = gateway.exportable(world.center, world.court, [ItemExtent(item, (0, SECOND))], "hearing")
    assert [one.part.id for one in left] == [item]


def test_the_custodian_may_enter_it_and_nobody_who_was_only_granted_something(
    world: World, item: str
) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court)
    for person in (world.court, world.administrator):
        with pytest.raises(Forbidden):
            exclude(world, item, by=person)
        with pytest.raises(Forbidden):
            court_exclusions.listed(world.center, person, world.case.id)
    custodian = people.add(world.center, world.administrator, "Person C", Role.CUSTODIAN)
    exclusion = exclude(world, item, by=custodian)
    with pytest.raises(Forbidden):
        court_exclusions.restore(world.center, world.court, exclusion.id, reason="appeal", reference="1")
    with pytest.raises(Forbidden):  # and sees nothing by that
        gateway.view(world.center, custodian, item, "review")


@pytest.mark.parametrize(
    ("excerpt", "options"),
    [
        (PASSAGE, {"reason": "because"}),
        (PASSAGE, {"reference": " "}),
        ((4 * SECOND, 2 * SECOND), {}),
        ((SECOND + 1, 2 * SECOND - 1), {}),  # no piece lies within it
        ((60 * SECOND, 70 * SECOND), {}),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stated(
    world: World, item: str, excerpt: tuple[int, int], options: dict[str, str]
) -> None:
    size = world.center.ledger.size
    with pytest.raises(Refused):
        exclude(world, item, excerpt, **options)
    with pytest.raises(Missing):
        exclude(world, "00" * 16)
    with pytest.raises(Missing):
        court_exclusions.restore(world.center, world.prosecutor, "00" * 16, reason="appeal", reference="1")
    assert world.center.ledger.size == size


def test_it_is_signed_by_the_persons_own_passkey_and_only_then_has_an_effect(world: World, item: str) -> None:
    granted(world.center, world.prosecutor, world.case.id, world.court)
    key = passkey(world, world.prosecutor)
    waiting = asked(
        partial(
            court_exclusions.exclude,
            world.center,
            world.prosecutor,
            item,
            PASSAGE,
            reason="third-party",
            reference="Order 12/2076",
        )
    )
    with world.center.database() as session:
        assert court_exclusions.in_force(session, item) == []
    completed(world.center, world.prosecutor, waiting, key)
    entry = history.of_item(world.center, world.prosecutor, item)[-1]
    assert (entry.type, entry.signed_by) == ("passage.excluded", "person")
    assert gateway.view(world.center, world.court, item, "hearing").withheld


def test_the_disclosure_log_tells_both_orders(world: World, item: str) -> None:
    restore(world, exclude(world, item))
    told = disclosure.of_case(world.center, world.prosecutor, world.case.id)
    assert [(one.entry.type, one.receiver) for one in told] == [
        ("passage.excluded", None),
        ("passage.restored", None),
    ]


def test_a_statement_whose_row_was_never_written_is_found(world: World, item: str) -> None:
    first, second = exclude(world, item), exclude(world, item, None)
    restore(world, first)
    before = _rows(world.center)
    with world.center.database.begin() as session:
        for one in (first, second):
            session.delete(session.get_one(Exclusion, one.id))
    projections.catch_up(world.center)
    assert _rows(world.center) == before
    projections.catch_up(world.center)
    assert _rows(world.center) == before


def _rows(center: Center) -> list[tuple[object, ...]]:
    with center.database() as session:
        table = Exclusion.__table__
        return sorted(tuple(row) for row in session.execute(table.select()))
