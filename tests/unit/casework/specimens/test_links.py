"""What people without an account confirm about a specimen, by links that are used once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from casework.clock import now
from casework.database.models import SealedDetails, Specimen, SpecimenLink
from casework.errors import NotSignedIn, Refused, SpecimenElsewhere, SpecimenMovedOn
from casework.specimens import custody, handovers, links, listing
from casework.tokens import new_token
from tests.unit.casework.specimens.conftest import INTACT, Taken

DAY = timedelta(days=1)
STORE = {"organisation": "evidence-store", "role": "store-keeper"}


def given(taken: Taken, to: str = "police") -> tuple[Specimen, str]:
    """A kit that waits for its receipt there, and the token for it."""
    taken.agree()
    kit = taken.take()
    taken.hand(kit, to=to)
    return kit, links.offer(taken.world.center, taken.nurse, kit.id, DAY)


def confirmed(taken: Taken, token: str, name: str = "Officer O", role: str = "officer") -> str:
    """The receipt is confirmed; the token of the holder from then on."""
    holding = new_token()
    links.receive(taken.world.center, token, name=name, role=role, condition=INTACT, holding=holding)
    return holding


def rows(taken: Taken) -> set[tuple[str, str | None]]:
    """Specimen and holder of each link that is in the database."""
    with taken.world.center.database() as session:
        found = session.scalars(select(SpecimenLink)).all()
    return {(one.specimen_id, one.holder) for one in found}


def test_a_kit_goes_on_by_links_from_hand_to_hand_and_back_to_a_colleague(taken: Taken) -> None:
    center = taken.world.center
    kit, token = given(taken)
    holding = confirmed(taken, token)
    until = now() + DAY
    links.hand_over(
        center, holding, {"organisation": "forensic-laboratory", "role": "analyst"}, until, INTACT
    )
    holding = confirmed(taken, links.offer_next(center, holding, DAY), "Analyst A", "analyst")
    links.hand_over(center, holding, {"organisation": "one-stop-center", "role": "custodian"}, until, INTACT)
    handovers.receive(center, taken.custodian, kit.id, INTACT)
    handovers.destroy(center, taken.custodian, kit.id, "court-order", INTACT)
    stated = taken.statements(kit)
    assert [one.body.get("proof") for one in stated] == [
        *(None, "account", "link", "link", "link", "link", "account", "account")
    ]
    assert {one.actor.role for one in stated if one.body.get("proof") == "link"} == {"system"}
    assert stated[3].body["giver"] == stated[2].body["receiver"]
    assert stated[2].body["receiver"]["person"] != stated[4].body["receiver"]["person"]
    assert custody.replay(center, kit.case_id)[kit.id].ended is not None
    entries = listing.chain(center, taken.nurse, kit.id)
    assert [entry.details and entry.details.get("receiver") for entry in entries][2:5:2] == [
        "Officer O",
        "Analyst A",
    ]


def test_a_receipt_is_confirmed_once_and_its_name_is_in_no_column(taken: Taken) -> None:
    kit, token = given(taken)
    confirmed(taken, token)
    with pytest.raises(NotSignedIn):
        confirmed(taken, token)
    assert len(taken.statements(kit)) == 3
    with taken.world.center.database() as session:
        for row in (*session.scalars(select(Specimen)), *session.scalars(select(SpecimenLink))):
            assert "Officer" not in str([getattr(row, one.name) for one in row.__table__.columns])
        assert not any(b"Officer" in one.sealed for one in session.scalars(select(SealedDetails)))


def test_a_link_ends_when_the_receipt_was_expected_and_its_giver_makes_another(taken: Taken) -> None:
    center = taken.world.center
    kit, token = given(taken)
    other = links.offer(center, taken.nurse, kit.id, DAY)
    with pytest.raises(NotSignedIn):
        links.admitted(center, token)
    past = now() - timedelta(minutes=1)
    with center.database.begin() as session:
        session.execute(update(SpecimenLink).values(ends_at=past))
        session.execute(update(Specimen).values(receipt_until=past))
    with pytest.raises(NotSignedIn):
        links.admitted(center, other)
    late = links.admitted(center, links.offer(center, taken.nurse, kit.id, DAY))
    assert late.link.ends_at > now()


def test_only_its_giver_offers_a_receipt(taken: Taken) -> None:
    center = taken.world.center
    kit, token = given(taken)
    with pytest.raises(SpecimenElsewhere):
        links.offer(center, taken.custodian, kit.id, DAY)
    holding = confirmed(taken, token)
    for by in (taken.nurse, taken.custodian):
        with pytest.raises(SpecimenElsewhere):
            links.offer(center, by, kit.id, DAY)
    with pytest.raises(SpecimenElsewhere):
        links.offer_next(center, holding, DAY)


def test_a_link_of_one_kind_is_none_of_the_other(taken: Taken) -> None:
    center = taken.world.center
    _, token = given(taken)
    for act in (
        lambda: links.hand_over(center, token, STORE, now() + DAY, INTACT),
        lambda: links.recall(center, token),
        lambda: links.destroy(center, token, "other", INTACT),
        lambda: links.offer_next(center, token, DAY),
    ):
        with pytest.raises(NotSignedIn):
            act()
    holding = confirmed(taken, token)
    with pytest.raises(NotSignedIn):
        confirmed(taken, holding)


def test_a_holder_recalls_and_hands_on_and_their_link_ends_with_their_custody(taken: Taken) -> None:
    center = taken.world.center
    kit, token = given(taken)
    holding = confirmed(taken, token)
    links.hand_over(center, holding, STORE, now() + DAY, INTACT)
    with pytest.raises(SpecimenElsewhere):
        links.hand_over(center, holding, STORE, now() + DAY, INTACT)
    first = links.offer_next(center, holding, DAY)
    links.recall(center, holding)
    with pytest.raises(NotSignedIn):
        confirmed(taken, first)
    with pytest.raises(SpecimenMovedOn):
        links.recall(center, holding)
    links.hand_over(center, holding, STORE, now() + DAY, INTACT)
    keeper = confirmed(taken, links.offer_next(center, holding, DAY), "Keeper K", "store-keeper")
    with pytest.raises(NotSignedIn):
        links.admitted(center, holding)
    links.destroy(center, keeper, "used-up", INTACT)
    with pytest.raises(NotSignedIn):
        links.admitted(center, keeper)
    assert taken.row(kit).ended_at is not None


def test_a_lost_link_of_a_holder_is_replaced_by_a_colleague(taken: Taken) -> None:
    center = taken.world.center
    kit, token = given(taken)
    with pytest.raises(SpecimenElsewhere):  # the nurse still has it
        links.renew(center, taken.custodian, kit.id)
    holding = confirmed(taken, token)
    new = links.renew(center, taken.custodian, kit.id)
    made = taken.statements(kit)[-1]
    assert (made.type, made.actor.id) == ("specimen.link-made", taken.custodian.id)
    assert made.body["holder"]["person"] == taken.row(kit).holder
    with pytest.raises(NotSignedIn):
        links.admitted(center, holding)
    links.hand_over(center, new, STORE, now() + DAY, INTACT)


def test_links_that_open_nothing_any_more_leave_the_database(taken: Taken) -> None:
    center = taken.world.center
    taken.agree()
    kit = taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    taken.hand(kit)
    holding = confirmed(taken, links.offer(center, taken.nurse, kit.id, DAY))
    links.renew(center, taken.nurse, swab.id)
    officer = taken.row(kit).holder
    assert rows(taken) == {(kit.id, officer), (swab.id, officer)}
    links.hand_over(center, holding, STORE, now() + DAY, INTACT)
    links.offer_next(center, holding, DAY)
    links.recall(center, holding)
    assert rows(taken) == {(kit.id, officer), (swab.id, officer)}
    links.hand_over(center, holding, STORE, now() + DAY, INTACT)
    keeper = confirmed(taken, links.offer_next(center, holding, DAY), "Keeper K", "store-keeper")
    assert rows(taken) == {(kit.id, taken.row(kit).holder)}
    links.destroy(center, keeper, "used-up", INTACT)
    assert rows(taken) == set()


def test_of_two_receivers_the_first_alone_has_a_link(taken: Taken) -> None:
    kit, token = given(taken)
    with custody.acting(taken.world.center, kit.id), pytest.raises(SpecimenMovedOn):
        confirmed(taken, token)  # another receipt is being stated
    assert rows(taken) == {(kit.id, None)}
    confirmed(taken, token)
    assert rows(taken) == {(kit.id, taken.row(kit).holder)}


def test_what_is_in_a_kit_leaves_it_by_a_link_that_a_colleague_makes(taken: Taken) -> None:
    center = taken.world.center
    taken.agree()
    kit = taken.take()
    swab = taken.take("swab", "s-2", kit=kit.id)
    taken.hand(kit, to="forensic-laboratory")
    holding = confirmed(taken, links.offer(center, taken.nurse, kit.id, DAY), "Analyst A", "analyst")
    own = links.renew(center, taken.nurse, swab.id)
    assert links.admitted(center, own).place.id == kit.id
    links.destroy(center, own, "used-up", INTACT)
    assert (taken.row(swab).ended_at is None, taken.row(kit).ended_at) == (False, None)
    links.hand_over(center, holding, STORE, now() + DAY, INTACT)


@pytest.mark.parametrize("wrong", [{"name": "  "}, {"name": "n" * 201}, {"role": "judge"}])
def test_who_received_it_is_named_with_a_function(taken: Taken, wrong: dict[str, str]) -> None:
    kit, token = given(taken)
    with pytest.raises(Refused):
        confirmed(taken, token, **wrong)
    confirmed(taken, token)
    assert len(taken.statements(kit)) == 3
