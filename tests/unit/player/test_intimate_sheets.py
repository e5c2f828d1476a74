"""A sheet with an intimate photograph on it is an intimate picture, at every door; one without is to
everybody what photographs are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from casework import codes
from casework.cases import cases, consent
from casework.clock import now
from casework.comparison_sheets import sheets
from casework.database.models import Derivative, DerivativeState, IntimateRequest, Person, Photograph, Role
from casework.errors import (
    ConsentGone,
    Forbidden,
    IntimateStays,
    Missing,
    NeedsSecond,
    NotGranted,
    OwnRequest,
    Refused,
    StillKept,
)
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.grants import granted_working_copies
from casework.people import people
from casework.photographs import intimate_approvals, photographs
from casework.retention import disposal_requests
from casework.working_copies import orders
from tests.support.centers.court_room import CourtRoom
from tests.support.compared import asked, photographed, sheet, with_a_ruler
from tests.support.media.made_films import left
from tests.support.media.made_pictures import bomb
from tests.support.people.granting import granted
from tests.unit.player.test_comparison_sheets import tall_lie
from tests.unit.player.test_exhibit_packages import added, nurse_of

pytestmark = pytest.mark.starts


@dataclass
class Bench:
    """`covered`: an intimate photograph; `plain`: two that are not."""

    room: CourtRoom
    nurse: Person
    covered: str
    plain: list[str]
    scratch: Path

    def agree(self, item: str, person: Person, purpose: str = "hearing") -> None:
        second = self.room.prosecutor if person.id == self.nurse.id else self.nurse
        request = intimate_approvals.ask(self.room.center, person, item, purpose, "to compare")
        intimate_approvals.decide(self.room.center, second, request, approve=True)

    async def made(self, *ids: str) -> Derivative:
        return await sheet(self.room, self.scratch, self.nurse, *map(asked, ids))

    async def intimate_one(self) -> Derivative:
        await asyncio.to_thread(self.agree, self.covered, self.nurse)
        return await self.made(self.covered, self.plain[0])


@pytest.fixture(scope="module")
def first_bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """To be copied."""
    room = CourtRoom.make(tmp_path_factory.mktemp("bench"))
    nurse = nurse_of(room)
    covered = added(room, nurse, with_a_ruler(seed=1), intimate=True, agreed=True)
    plain = [added(room, nurse, with_a_ruler(seed=seed)) for seed in (2, 3)]
    return Bench(room, nurse, covered, plain, room.folder / "scratch")


@pytest.fixture
def bench(first_bench: Bench, tmp_path: Path) -> Bench:
    room = first_bench.room.copied(tmp_path)
    return replace(first_bench, room=room, scratch=tmp_path / "scratch")


async def test_an_intimate_photograph_stands_on_no_sheet_of_somebody_who_may_not_open_it(
    bench: Bench,
) -> None:
    center, wanted = bench.room.center, [asked(bench.covered), asked(bench.plain[0])]
    case = bench.room.case.id
    assert bench.covered not in {one.id for one in sheets.choices(center, bench.nurse, case)}
    with pytest.raises(NeedsSecond):
        sheets.order(center, bench.nurse, case, wanted, "hearing")
    bench.agree(bench.covered, bench.nurse, "review")
    [choice] = [one for one in sheets.choices(center, bench.nurse, case) if one.intimate]
    assert (choice.id, choice.purposes) == (bench.covered, ["review"])
    with pytest.raises(NeedsSecond):  # agreed to for another purpose
        sheets.order(center, bench.nurse, case, wanted, "hearing")
    with pytest.raises(NeedsSecond):  # and for another person
        sheets.order(center, bench.room.prosecutor, case, wanted, "review")
    assert sheets.order(center, bench.nurse, case, wanted, "review").state is DerivativeState.WAITING


async def test_what_cannot_be_shown_is_not_offered_agreed_to_or_not(bench: Bench) -> None:
    center, case = bench.room.center, bench.room.case.id
    unshown = await photographed(bench.room, bench.nurse, bomb(), intimate=True, agreed=True)
    unshown += await photographed(bench.room, bench.nurse, tall_lie())
    for one in (unshown[0], bench.covered):
        bench.agree(one, bench.nurse)
    assert [one.open_now for one in intimate_approvals.listed(center, bench.nurse, case)] == [True, True]
    offered = {one.id for one in sheets.choices(center, bench.nurse, case)}
    assert offered == {bench.covered, *bench.plain}


async def test_an_agreement_that_has_ended_when_its_turn_comes_opens_nothing(bench: Bench) -> None:
    bench.agree(bench.covered, bench.nurse)
    original = sheets.order

    def late(*arguments: Any) -> Derivative:
        row = original(*arguments)
        with bench.room.center.database.begin() as session:
            session.execute(update(IntimateRequest).values(expires_at=now() - timedelta(seconds=1)))
        return row

    with pytest.MonkeyPatch.context() as patched, pytest.raises(NeedsSecond):
        patched.setattr(sheets, "order", late)
        await bench.made(bench.covered, bench.plain[0])


async def test_whoever_made_it_opens_it_only_once_a_second_person_has_agreed(bench: Bench) -> None:
    row = await bench.intimate_one()
    center, nurse, prosecutor = bench.room.center, bench.nurse, bench.room.prosecutor
    with center.database() as session:
        assert session.get_one(Photograph, row.id).intimate
    for person in (nurse, prosecutor):
        with pytest.raises(NeedsSecond):
            orders.get(center, person, row.id)
        with pytest.raises(NeedsSecond):
            gateway.view(center, person, row.id, "hearing")
    [covered] = [
        one for one in intimate_approvals.listed(center, nurse, row.case_id) if one.kind == "derivative"
    ]
    assert (covered.id, covered.open_now) == (row.id, False)
    request = intimate_approvals.ask(center, nurse, row.id, "hearing", "for the hearing")
    with pytest.raises(OwnRequest):
        intimate_approvals.decide(center, nurse, request, approve=True)
    intimate_approvals.decide(center, prosecutor, request, approve=True)
    with pytest.raises(NeedsSecond):
        gateway.view(center, nurse, row.id, "review")
    viewing = gateway.view(center, nurse, row.id, "hearing")
    assert gateway.viewing(center, nurse, viewing.id).message(0)
    with pytest.raises(NeedsSecond):  # who agreed has not asked
        gateway.view(center, prosecutor, row.id, "hearing")
    with center.database.begin() as session:
        session.execute(update(IntimateRequest).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(NeedsSecond):
        gateway.viewing(center, nurse, viewing.id)


@pytest.mark.parametrize("subject", ["intimate-photographs", "photographs"])
async def test_what_she_takes_back_counts_for_the_sheet_at_once(bench: Bench, subject: str) -> None:
    row = await bench.intimate_one()
    center = bench.room.center
    bench.agree(row.id, bench.nurse)
    viewing = gateway.view(center, bench.nurse, row.id, "hearing")
    answer = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person N"}
    no = [consent.Answer(subject, "refused")]
    consent.record(center, bench.room.prosecutor, row.case_id, no, **answer)
    with pytest.raises(ConsentGone):
        gateway.viewing(center, bench.nurse, viewing.id)
    with pytest.raises(ConsentGone):
        await bench.made(bench.covered, bench.plain[0])


async def test_it_is_in_no_list_granted_to_nobody_and_in_no_package(bench: Bench, tmp_path: Path) -> None:
    row, plain = await bench.intimate_one(), await bench.made(*bench.plain)
    room, center = bench.room, bench.room.center
    bench.agree(row.id, room.prosecutor)  # to open it, which lets nobody give it out
    assert [one.id for one in sheets.of_case(center, room.prosecutor, row.case_id)] == [plain.id]
    assert [one.id for one in sheets.exportable(center, room.prosecutor, row.case_id)] == [plain.id]
    assert [one.id for one in granted_working_copies.grantable(center, room.prosecutor, row.case_id)] == [
        plain.id
    ]
    assert row.id not in {one.id for one in photographs.listed(center, room.prosecutor, row.case_id)}
    assert photographs.counted_intimate(center, room.prosecutor, row.case_id) == 2
    with pytest.raises(IntimateStays):
        granted(center, room.prosecutor, row.case_id, room.court, items=[ItemExtent(row.id)])
    with pytest.raises(IntimateStays):
        gateway.exportable(center, room.prosecutor, [ItemExtent(row.id)], "hearing")
    (tmp_path / "scratch").mkdir(exist_ok=True)
    with pytest.raises(IntimateStays):
        await left(room, tmp_path, [row.id])


async def test_who_does_not_see_photographs_sees_no_sheet_and_makes_none(bench: Bench) -> None:
    row = await bench.made(*bench.plain)
    room, center = bench.room, bench.room.center
    interviewer = people.add(center, room.administrator, "Person I", Role.INTERVIEWER)
    cases.give(center, room.prosecutor, room.case.id, interviewer.id)
    stranger = people.add(center, room.administrator, "Person M", Role.EXAMINER, "clinic")
    doors: list[Callable[[Person], object]] = [
        lambda person: orders.get(center, person, row.id),
        lambda person: gateway.view(center, person, row.id, "hearing"),
        lambda person: orders.cancel(center, person, row.id),
        lambda person: sheets.of_case(center, person, row.case_id),
        lambda person: sheets.choices(center, person, row.case_id),
        lambda person: sheets.order(center, person, row.case_id, list(map(asked, bench.plain)), "hearing"),
    ]
    for person in (interviewer, stranger, room.administrator, room.court):
        for door in doors:
            with pytest.raises(Forbidden):
                door(person)


async def test_one_that_is_not_intimate_is_granted_by_name_and_opened_under_that_grant(bench: Bench) -> None:
    row = await bench.made(*bench.plain)
    room, center = bench.room, bench.room.center
    with pytest.raises(NotGranted):  # a grant of recordings is none of their copies
        gateway.view(center, room.court, row.id, "hearing")
    await asyncio.to_thread(
        lambda: granted(center, room.prosecutor, row.case_id, room.court, items=[ItemExtent(row.id)])
    )
    assert [one.id for one in granted_working_copies.reached(center, room.court, row.case_id)] == [row.id]
    assert gateway.view(center, room.court, row.id, "hearing").message(0)
    with pytest.raises(NotGranted):
        gateway.view(center, room.court, bench.plain[0], "hearing")


async def test_what_is_no_photograph_of_this_case_stands_on_no_sheet(bench: Bench) -> None:
    room, center = bench.room, bench.room.center
    recording = await room.record()
    row = await bench.made(*bench.plain)
    other = cases.open_case(center, room.prosecutor)
    cases.give(center, room.prosecutor, other.id, bench.nurse.id)
    for wrong in (recording, row.id, "0" * 32):
        with pytest.raises(Missing):
            sheets.order(center, bench.nurse, room.case.id, [asked(wrong), asked(bench.plain[0])], "hearing")
    with pytest.raises(Refused):
        sheets.order(center, bench.nurse, other.id, list(map(asked, bench.plain)), "hearing")
    with pytest.raises(Refused):
        sheets.order(center, bench.nurse, room.case.id, list(map(asked, bench.plain)), "curiosity")


async def test_no_photograph_is_destroyed_while_a_sheet_shows_it(bench: Bench) -> None:
    await bench.made(*bench.plain)
    with pytest.raises(StillKept, match="was made from"):
        disposal_requests.request(
            bench.room.center,
            bench.room.prosecutor,
            bench.plain[0],
            reason=codes.DESTROYING[0],
            reference="Order 1",
        )
