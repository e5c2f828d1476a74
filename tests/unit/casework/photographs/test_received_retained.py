"""A received file is granted, destroyed and rebuilt like every other item."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete

from casework.database.models import Evidence, EvidenceState, Photograph
from casework.errors import Disposed, NotGranted
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.photographs import givings, photographs, received_files
from casework.retention import schedules
from chain_of_custody.items.file_manifest import ORIGINAL
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.disposing_world import Disposing
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.media.made_pictures import noise
from tests.support.people.adding import added
from tests.support.people.granting import granted
from tests.unit.casework.photographs.test_received_files import ORIGIN, received
from tests.unit.casework.photographs.test_uploads import carry, content_of

pytestmark = pytest.mark.starts


def test_a_judge_opens_the_one_that_a_grant_names_and_no_other(world: World) -> None:
    data = noise(5000)
    one, other = received(world, data).id, received(world, noise(5000, seed=2)).id
    granted(world.center, world.prosecutor, world.case.id, world.court, items=[ItemExtent(one)])
    viewing = gateway.view(world.center, world.court, one, "hearing")
    assert content_of(viewing, ORIGINAL) == data  # there is no picture of it that could be seen in its place
    assert [shown.id for shown in photographs.reached(world.center, world.court, world.case.id)] == [one]
    with pytest.raises(NotGranted):
        gateway.view(world.center, world.court, other, "hearing")


def test_it_is_disposed_of_by_two_and_opened_by_nothing_then(disposing: Disposing) -> None:
    world, center = disposing.world, disposing.center
    sealed = received(disposing.world, noise(5000))
    carry(center)
    assert world.key_store.carry() == 0
    assert sealed.id in schedules.of_case(center, world.case)
    disposing.approved(sealed.id)
    with pytest.raises(Disposed):
        gateway.view(center, world.prosecutor, sealed.id, "review")
    assert not received_files.listed(center, world.prosecutor, world.case.id)
    disposing.look()
    for store in center.stores.values():
        assert not list(store.list(f"recordings/{sealed.id}/"))


@pytest.mark.parametrize("catalogued", [True, False], ids=["in the catalogue", "newer than it"])
def test_after_a_rebuild_it_is_there_and_opens(published: Copied, machine: Machine, catalogued: bool) -> None:
    world, center = published.world, published.center
    data = noise(5000)
    sealed = received(world, data)
    again = replace(ORIGIN, giver="Person C, the police")
    assert added(center, world.prosecutor, world.case.id, data, kind="received", origin=again).stated
    carry(center)
    assert world.key_store.carry() == 0
    if not catalogued:
        with center.database.begin() as session:
            session.execute(delete(Photograph))
            session.execute(delete(Evidence).where(Evidence.id == sealed.id))
    publish(center)
    report = machine.rebuild().report
    rebuilt = machine.center()
    with rebuilt.database() as session:
        row, photograph = session.get_one(Evidence, sealed.id), session.get_one(Photograph, sealed.id)
    assert (row.state, row.number, row.kind) == (EvidenceState.COMPLETE, 1, "received")
    assert (photograph.source, photograph.shown) == ("person", False)
    assert photograph.size == (len(data) if catalogued else 0)
    assert any(sealed.id in lost for lost in report.lost) != catalogued
    assert content_of(gateway.view(rebuilt, world.prosecutor, sealed.id, "review"), ORIGINAL) == data
    givers = [one.texts["giver"] for one in givings.stated(rebuilt, world.prosecutor, sealed.id)]
    assert givers == [ORIGIN.giver, "Person C, the police"]
