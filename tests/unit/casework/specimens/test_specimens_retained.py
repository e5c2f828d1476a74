"""Specimens after a rebuild, and once two people have destroyed the records of their case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from casework.clock import now
from casework.database.models import Person, Role, Specimen, SpecimenLink
from casework.people import people
from casework.specimens import handovers, links, listing
from casework.specimens.acts import Condition
from casework.tokens import new_token
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.centers.taken_specimens import take_specimen
from tests.unit.casework.photographs.test_photographs_retained import nurse

pytestmark = pytest.mark.starts

INTACT = Condition(intact=True)
DAY = timedelta(days=1)


def handled(world: World) -> tuple[Person, Specimen, Specimen]:
    """The nurse; a kit that a custodian handed to somebody of the clinic, who received it by a link; and a
    swab in it."""
    center, examiner = world.center, nurse(world)
    custodian = people.add(center, world.administrator, "Person C", Role.CUSTODIAN)
    case = world.case.id
    kit = take_specimen(center, examiner, case, kind="kit", seal="k-1", what="Of blue card")
    swab = take_specimen(center, examiner, case, kind="swab", seal="s-2", what="Of her neck", kit=kit.id)
    to = {"organisation": "one-stop-center", "role": "custodian"}
    handovers.hand_over(center, examiner, kit.id, to, now() + DAY, INTACT)
    handovers.receive(center, custodian, kit.id, Condition(intact=False, seal="k-3"))
    to = {"organisation": "clinic", "role": "clinician"}
    handovers.hand_over(center, custodian, kit.id, to, now() + DAY, INTACT)
    token = links.offer(center, custodian, kit.id, DAY)
    said = {"name": "Doctor D", "role": "clinician", "condition": INTACT, "holding": new_token()}
    links.receive(center, token, **said)  # type: ignore[arg-type]
    return examiner, kit, swab


@pytest.mark.parametrize("catalogued", [True, False], ids=["in the catalogue", "newer than it"])
def test_after_a_rebuild_all_of_it_is_there_and_goes_on(
    published: Copied, machine: Machine, catalogued: bool
) -> None:
    world, center = published.world, published.center
    examiner, kit, swab = handled(world)
    before = listing.of_case(center, examiner, world.case.id)
    assert world.key_store.carry() == 0
    if not catalogued:
        with center.database.begin() as session:
            session.execute(delete(Specimen))
            session.execute(delete(SpecimenLink))
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    after = listing.of_case(rebuilt, examiner, world.case.id)
    for one, other in zip(before, after, strict=True):
        for column in Specimen.__table__.columns:
            assert getattr(one.row, column.name) == getattr(other.row, column.name), column.name
        assert one.details == other.details
    told = [
        entry.details and entry.details.get("receiver") for entry in listing.chain(rebuilt, examiner, kit.id)
    ]
    assert told[-1] == "Doctor D"
    links.destroy(rebuilt, links.renew(rebuilt, examiner, swab.id), "used-up", INTACT)
    assert rebuilt.database.get_one(Specimen, swab.id).ended_at is not None


def test_when_two_have_destroyed_the_cases_details_its_chains_stay_and_no_word_of_them(
    disposing: Disposing,
) -> None:
    world, center = disposing.world, disposing.center
    examiner, kit, _ = handled(world)
    assert world.key_store.carry() == 0
    disposing.approved()
    disposing.look()
    disposing.approved(world.case.id)
    disposing.look()
    listed = listing.of_case(center, examiner, world.case.id)
    assert [(one.row.seal, one.details) for one in listed] == [("k-3", {}), ("s-2", {})]
    assert {entry.name for entry in listing.chain(center, examiner, kit.id)} == {None}
    assert len(listing.chain(center, examiner, kit.id)) == 5
