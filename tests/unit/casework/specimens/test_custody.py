"""Who has each specimen: what a center states about them, and what it refuses to state."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, update

from casework.center import Center
from casework.clock import now
from casework.database.models import Person, Role, Specimen
from casework.errors import (
    CaseVoided,
    ClockBehind,
    Forbidden,
    InUse,
    Missing,
    MovedOn,
    NotTaken,
    Refused,
    SpecimenElsewhere,
    SpecimenMovedOn,
    StillKept,
)
from casework.interviews import opened_in_error
from casework.ledger import custody_log, projections
from casework.people import people
from casework.retention import legal_holds
from casework.specimens import custody, handovers, listing, taking
from casework.specimens.acts import Condition
from casework.work_queue import queue
from tests.support.centers.taken_specimens import take_specimen
from tests.unit.casework.specimens.conftest import INTACT, Taken


def test_a_kit_goes_from_the_nurse_to_its_destruction_with_a_statement_of_each(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    taken.hand(kit, to="one-stop-center", role="custodian")
    handovers.receive(center, taken.custodian, kit.id, INTACT)
    handovers.destroy(center, taken.custodian, kit.id, "court-order", INTACT)
    stated = taken.statements(kit)
    assert [one.type for one in stated] == [
        f"specimen.{word}" for word in ("taken", "handed-over", "received", "destroyed")
    ]
    assert stated[0].body == {"kind": "kit", "number": 1, "seal": "k-1001", "storage": None}
    assert stated[2].body["receiver"] == {
        "organisation": "one-stop-center",
        "person": taken.custodian.id,
        "role": "custodian",
    }
    assert {one.purpose for one in stated} == {"custody"}
    row = taken.row(kit)
    assert (row.stated, row.holder, row.ended_at is not None) == (4, taken.custodian.id, True)
    assert custody.replay(center, kit.case_id)[kit.id].ended is not None


def test_numbers_go_up_in_a_case_and_one_that_was_refused_is_given_again(taken: Taken) -> None:
    kit, swab = taken.take(), taken.take("swab", "S 1002", storage="cooled")
    assert (kit.number, swab.number, swab.seal) == (1, 2, "s1002")
    moment = now() + timedelta(minutes=5)
    with taken.world.center.database.begin() as session:
        session.execute(update(Specimen).where(Specimen.id == kit.id).values(claimed_until=moment))
    with pytest.raises(SpecimenMovedOn):
        taken.take("swab", "s-1003", kit=kit.id)
    assert taken.take("hair", "h-1003").number == 3


def test_what_and_from_where_are_sealed_and_shown_to_those_who_read_details(taken: Taken) -> None:
    place = taking.Place("woman", "front", "left-forearm")
    swab = taken.take("swab", "s-1", what="dry, on the forearm", place=place)
    center = taken.world.center
    [mine] = listing.of_case(center, taken.nurse, swab.case_id)
    assert mine.details == {
        "figure": "woman",
        "name": "Person N",
        "region": "left-forearm",
        "side": "front",
        "what": "dry, on the forearm",
    }
    [theirs] = listing.of_case(center, taken.custodian, swab.case_id)
    assert (theirs.row.seal, theirs.details) == ("s-1", {})
    [entry] = listing.chain(center, taken.custodian, swab.id)
    assert (entry.name, entry.details) == ("Person N", {"name": "Person N"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "tooth"},
        {"seal": "  "},
        {"seal": "a/b"},
        {"what": " "},
        {"storage": "warm"},
        {"kit": "5a" * 16},
        {"place": taking.Place("woman", "front", "tail")},
    ],
)
def test_what_is_no_specimen_is_refused_and_nothing_is_stated(taken: Taken, wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        taken.take(**{"kind": "swab", **wrong})  # type: ignore[arg-type]
    assert custody.replay(taken.world.center, taken.world.case.id) == {}


def test_a_kit_is_put_into_no_kit_and_only_its_holder_puts_something_into_it(taken: Taken) -> None:
    kit = taken.take()
    with pytest.raises(Refused):
        taken.take("kit", "k-2", kit=kit.id)
    taken.hand(kit, to="one-stop-center", role="custodian")
    with pytest.raises(SpecimenElsewhere):
        taken.take("swab", "s-2", kit=kit.id)


def test_what_is_in_a_kit_is_where_the_kit_is_until_it_leaves_it(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    taken.hand(kit, to="one-stop-center", role="custodian")
    with pytest.raises(SpecimenElsewhere):  # the kit's handover waits
        taken.hand(swab, to="one-stop-center", role="custodian")
    handovers.receive(center, taken.custodian, kit.id, INTACT)
    listed = {one.row.id: one for one in listing.of_case(center, taken.custodian, kit.case_id)}
    assert listed[swab.id].place.id == kit.id
    assert listed[swab.id].theirs
    handovers.destroy(center, taken.custodian, swab.id, "used-up", INTACT)
    assert taken.row(swab).holder == taken.custodian.id
    assert taken.row(kit).ended_at is None


def test_only_who_has_it_hands_it_over_or_destroys_it(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    for act in (
        partial(taken.hand, kit, taken.custodian),
        partial(handovers.destroy, center, taken.world.prosecutor, kit.id, "other", INTACT),
        partial(handovers.receive, center, taken.custodian, kit.id, INTACT),
        partial(handovers.recall, center, taken.nurse, kit.id),
    ):
        with pytest.raises((SpecimenElsewhere, SpecimenMovedOn)):
            act()
    assert len(taken.statements(kit)) == 1


def test_a_receipt_is_of_the_organisation_that_it_was_handed_to_and_of_another_person(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    taken.hand(kit, to="clinic", role="clinician")
    for person in (taken.custodian, taken.nurse):
        with pytest.raises((SpecimenElsewhere, SpecimenMovedOn)):
            handovers.receive(center, person, kit.id, INTACT)
    assert [one.type for one in taken.statements(kit)] == ["specimen.taken", "specimen.handed-over"]


def test_a_recalled_handover_leaves_it_with_its_giver(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    taken.hand(kit, to="one-stop-center", role="custodian")
    with pytest.raises(SpecimenElsewhere):
        handovers.recall(center, taken.custodian, kit.id)
    handovers.recall(center, taken.nurse, kit.id)
    row = taken.row(kit)
    assert (row.handover, row.receipt_until, row.holder) == (None, None, taken.nurse.id)
    with pytest.raises(SpecimenMovedOn):
        handovers.receive(center, taken.custodian, kit.id, INTACT)


def test_a_seal_that_was_not_intact_may_have_another_number_and_no_other(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    taken.hand(kit, to="one-stop-center", role="custodian", condition=Condition(intact=True, seal="k-9"))
    assert taken.row(kit).seal == "k-1001"
    handovers.receive(center, taken.custodian, kit.id, Condition(intact=False, seal="K-2001"))
    assert taken.row(kit).seal == "k-2001"
    received = taken.statements(kit)[-1]
    assert (received.body["intact"], received.body["seal"]) == (False, "k-2001")


@pytest.mark.parametrize(("storage", "stored"), [(None, True), ("cooled", None)])
def test_storage_is_answered_where_it_was_asked_and_nowhere_else(
    taken: Taken, storage: str | None, stored: bool | None
) -> None:
    swab = taken.take("swab", "s-1", storage=storage)
    with pytest.raises(Refused):
        taken.hand(swab, to="clinic", condition=Condition(intact=True, stored=stored))


def test_it_leaves_those_who_treat_her_only_after_she_agreed(taken: Taken) -> None:
    kit = taken.take()
    with pytest.raises(NotTaken, match="nobody agreed"):
        taken.hand(kit)
    taken.hand(kit, to="one-stop-center", role="custodian")
    with pytest.raises(NotTaken):  # a prosecutor of the same organisation
        handovers.receive(taken.world.center, taken.world.prosecutor, kit.id, INTACT)
    taken.agree()
    handovers.receive(taken.world.center, taken.world.prosecutor, kit.id, INTACT)
    taken.agree("refused")
    taken.hand(kit, taken.world.prosecutor)  # it has left already


def test_she_may_refuse_that_any_are_taken(taken: Taken) -> None:
    kit = taken.take()
    taken.agree("refused", "specimens")
    with pytest.raises(NotTaken, match="refused"):
        taken.take("swab", "s-2")
    taken.agree()
    with pytest.raises(NotTaken):
        taken.hand(kit)


def test_a_receipt_is_expected_within_a_month_and_later_than_now(taken: Taken) -> None:
    kit = taken.take()
    for until in (now(), now() + timedelta(days=31)):
        with pytest.raises(Refused):
            taken.hand(kit, to="clinic", until=until)


def test_nothing_is_destroyed_under_a_legal_hold_but_what_was_used_up(taken: Taken) -> None:
    center, kit, blood = taken.world.center, taken.take(), taken.take("blood", "b-2")
    legal_holds.place(center, taken.world.prosecutor, kit.case_id, reason="appeal", reference="7/2026")
    with pytest.raises(StillKept):
        handovers.destroy(center, taken.nurse, kit.id, "court-order", INTACT)
    handovers.destroy(center, taken.nurse, blood.id, "used-up", INTACT)
    with pytest.raises(SpecimenMovedOn):
        taken.hand(blood, to="clinic")


def test_an_entry_made_in_error_is_withdrawn_by_its_taker_and_its_seal_is_free_again(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    assert [one.erroneous for one in listing.of_case(center, taken.nurse, kit.case_id)] == [False, True]
    legal_holds.place(center, taken.world.prosecutor, kit.case_id, reason="appeal", reference="7/2026")
    with pytest.raises(SpecimenMovedOn, match="had been put into it"):
        handovers.withdraw(center, taken.nurse, kit.id, "not-taken", "")
    with pytest.raises(Refused):
        handovers.withdraw(center, taken.nurse, swab.id, "used-up", "")
    handovers.withdraw(center, taken.nurse, swab.id, "entered-twice", " of kit 2 ")
    handovers.withdraw(center, taken.nurse, kit.id, "not-taken", "")
    assert taken.statements(swab)[-1].body == {"reason": "entered-twice"}
    assert listing.chain(center, taken.nurse, swab.id)[-1].details == {
        "name": "Person N",
        "remark": "of kit 2",
    }
    listed = listing.of_case(center, taken.nurse, kit.case_id)
    assert [(one.row.withdrawn, one.exists, one.theirs, one.erroneous) for one in listed] == [
        (True, False, False, False)
    ] * 2
    with pytest.raises(SpecimenMovedOn):
        handovers.destroy(center, taken.nurse, swab.id, "other", INTACT)
    assert taken.take("swab", "s-2").number == 3


def test_only_its_taker_withdraws_an_entry_and_only_before_anything_else_is_stated(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    with pytest.raises(SpecimenElsewhere):
        handovers.withdraw(center, taken.custodian, kit.id, "not-taken", "")
    taken.hand(kit, to="one-stop-center", role="custodian")
    with pytest.raises(SpecimenElsewhere):
        handovers.withdraw(center, taken.nurse, kit.id, "not-taken", "")
    handovers.recall(center, taken.nurse, kit.id)
    with pytest.raises(SpecimenMovedOn, match="more had been stated"):
        handovers.withdraw(center, taken.nurse, kit.id, "not-taken", "")
    [listed] = listing.of_case(center, taken.nurse, kit.case_id)
    assert (listed.theirs, listed.erroneous, len(taken.statements(kit))) == (True, False, 3)


def test_a_center_whose_clock_went_back_states_nothing_until_it_is_right(
    taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = taken.take()
    earlier = now() - timedelta(hours=2)
    monkeypatch.setattr(custody_log, "now", lambda: earlier)
    with pytest.raises(ClockBehind):
        taken.hand(kit, to="clinic")
    monkeypatch.undo()
    taken.hand(kit, to="clinic")


def test_while_one_act_about_a_kit_is_stated_no_other_is_about_what_is_in_it(taken: Taken) -> None:
    kit = taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    with custody.acting(taken.world.center, kit.id), pytest.raises(SpecimenMovedOn, match="another"):
        taken.hand(swab, to="clinic")
    taken.hand(swab, to="clinic")


def test_a_signature_that_comes_late_is_checked_against_what_came_before_it(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    head = custody_log.head(center, kit.id)
    drafts: list[custody_log.Draft] = []

    def later(center: object, /, *waiting: custody_log.Draft) -> object:
        drafts.extend(waiting)
        raise InUse("it waits for a signature")

    with pytest.raises(InUse):
        taken.hand(kit, to="clinic", state=later)
    [statement] = [custody_log.statement_of(center, one, None, head) for one in drafts]
    handovers.check_still(center, taken.nurse, statement)
    with pytest.raises(SpecimenMovedOn):  # the first answer has the claim
        handovers.check_still(center, taken.nurse, statement)
    with center.database.begin() as session:
        session.execute(update(Specimen).values(claimed_until=None))
    with pytest.raises(SpecimenElsewhere):
        handovers.destroy(center, taken.custodian, kit.id, "other", INTACT)
    handovers.destroy(center, taken.nurse, kit.id, "other", INTACT)
    with pytest.raises(MovedOn):
        handovers.check_still(center, taken.nurse, statement)


def test_rows_follow_the_ledger_again_in_its_order(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    handovers.withdraw(center, taken.nurse, swab.id, "not-taken", "")
    taken.hand(kit, to="one-stop-center", role="custodian")
    handovers.receive(center, taken.custodian, kit.id, Condition(intact=False, seal="k-3"))
    names = [column.name for column in Specimen.__table__.columns if column.name != "claimed_until"]
    before = [[getattr(taken.row(one), name) for name in names] for one in (kit, swab)]
    projections.catch_up(center)  # applied before: nothing changes
    assert [[getattr(taken.row(one), name) for name in names] for one in (kit, swab)] == before
    with center.database.begin() as session:
        session.execute(delete(Specimen))
    projections.catch_up(center)
    assert [[getattr(taken.row(one), name) for name in names] for one in (kit, swab)] == before


def test_roles_and_cases_decide_who_may(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()
    other = people.add(center, taken.world.administrator, "Person X", Role.EXAMINER, "clinic")
    acts: list[Callable[[Person], object]] = [
        lambda person: listing.one(center, person, kit.id),
        lambda person: listing.chain(center, person, kit.id),
        lambda person: listing.of_case(center, person, kit.case_id),
        lambda person: handovers.receive(center, person, kit.id, INTACT),
    ]
    for act in acts:
        for person in (other, taken.world.court, taken.world.administrator):
            with pytest.raises(Forbidden):
                act(person)
    with pytest.raises(Forbidden):
        take_specimen(center, taken.world.prosecutor, kit.case_id, kind="swab", seal="s", what="w")
    with pytest.raises(Missing):
        listing.one(center, taken.nurse, "5b" * 16)


def test_a_case_with_a_specimen_is_not_void_and_a_void_one_gets_none(taken: Taken) -> None:
    center, world = taken.world.center, taken.world
    with_kit = taken.take()
    with pytest.raises(InUse):
        opened_in_error.void_case(center, world.prosecutor, with_kit.case_id, "trial")
    handovers.withdraw(center, taken.nurse, with_kit.id, "of-another-case", "")
    opened_in_error.void_case(center, world.prosecutor, world.case.id, "trial")
    with pytest.raises(CaseVoided):
        taken.take()


def test_what_waits_for_a_receipt_is_in_the_work_queue_and_what_is_overdue_for_all(taken: Taken) -> None:
    center, kit = taken.world.center, taken.take()

    def waiting(person: Person) -> list[tuple[str, str, int | None]]:
        found = queue.waiting_for(center, person)
        return [(one.kind, one.about, one.number) for one in found if one.about == kit.id]

    taken.hand(kit, to="one-stop-center", role="custodian")
    assert waiting(taken.custodian) == [("specimen-to-receive", kit.id, 1)]
    assert waiting(taken.nurse) == []
    with center.database.begin() as session:
        session.execute(update(Specimen).values(receipt_until=now() - timedelta(minutes=1)))
    assert waiting(taken.nurse) == [("receipt-overdue", kit.id, 1)]
    assert waiting(taken.world.administrator) == []
    [listed] = listing.of_case(center, taken.nurse, kit.case_id)
    assert listed.overdue
    handovers.receive(center, taken.custodian, kit.id, INTACT)
    assert waiting(taken.nurse) == waiting(taken.custodian) == []


def test_of_two_processes_one_alone_hands_over_and_the_chains_stay_free_of_contradiction(
    taken: Taken,
) -> None:
    center, kit = taken.world.center, taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    other = taken.world.opened_again()
    to, until = {"organisation": "clinic", "role": "clinician"}, now() + timedelta(days=1)

    def hand_over(of: Center, row: Specimen) -> bool:
        try:
            handovers.hand_over(of, taken.nurse, row.id, to, until, INTACT)
        except (MovedOn, SpecimenElsewhere, SpecimenMovedOn):
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(hand_over, of, row) for row in (kit, kit) for of in (center, other)]
        handed = [one.result() for one in done]
    assert sum(handed) == 1
    assert not hand_over(other, swab)  # its kit waits for a receipt
    other.database.engine.dispose()
    assert len(taken.statements(kit)) == 2
    assert custody.replay(center, kit.case_id)[swab.id].place.pending is not None
