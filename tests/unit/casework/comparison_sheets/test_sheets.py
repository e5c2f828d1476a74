"""An intimate comparison sheet is one after a rebuild too; what of it waits in the database says nothing."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from sqlalchemy import delete, select

from casework.cases import cases
from casework.comparison_sheets import sheets
from casework.database.models import Derivative, Evidence, Person, Photograph, Role
from casework.derivatives import compose
from casework.errors import NeedsSecond, NothingReadable, Refused, VaultLocked
from casework.evidence import gateway
from casework.people import people
from casework.photographs import intimate_approvals
from casework.working_copies import orders
from player.papers.cards import draw
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.centers.rebuilt_world import Machine, publish
from tests.support.media.made_pictures import picture
from tests.support.people.adding import added
from tests.unit.casework.photographs.test_uploads import carry

pytestmark = pytest.mark.starts

LABEL = "a word of theirs"


def nurse_of(world: World) -> Person:
    nurse = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, nurse.id)
    return nurse


def asked(evidence: str) -> dict[str, Any]:
    return {
        "crop": {"x": 0, "y": 0, "width": 640, "height": 480},
        "evidence": evidence,
        "label": LABEL,
        "mark": {"from": {"x": 10, "y": 10}, "to": {"x": 510, "y": 10}, "length": 50_000},
        "taken": None,
    }


def ordered(world: World, nurse: Person, *, covered: bool = False) -> Derivative:
    center, case = world.center, world.case.id
    first = added(center, nurse, case, picture(seed=1), intimate=covered, agreed=covered).id
    second = added(center, nurse, case, picture(seed=2)).id
    if covered:
        request = intimate_approvals.ask(center, nurse, first, "hearing", "to compare")
        intimate_approvals.decide(center, world.prosecutor, request, approve=True)
    return sheets.order(center, nurse, case, [asked(first), asked(second)], "hearing")


def test_one_that_is_newer_than_the_catalogue_is_intimate_after_a_rebuild(
    published: Copied, machine: Machine
) -> None:
    world, center = published.world, published.center
    nurse = nurse_of(world)
    row = ordered(world, nurse, covered=True)
    folder = world.folder / "bench"
    folder.mkdir()
    compose.compose(center, row, None, folder, draw, lambda done, total: None, threading.Event())
    carry(center)
    assert world.key_store.carry() == 0
    with center.database.begin() as session:  # as if the catalogue had been written before
        session.execute(delete(Derivative).where(Derivative.id == row.id))
        session.execute(delete(Photograph).where(Photograph.evidence_id == row.id))
        session.execute(delete(Evidence).where(Evidence.id == row.id))
    publish(center)
    machine.rebuild()
    rebuilt = machine.center()
    with rebuilt.database() as session:
        kept = session.get_one(Derivative, row.id)
        assert session.get_one(Photograph, row.id).intimate
    assert (kept.kind, kept.interview_id, kept.edits) == ("comparison-sheet", None, None)
    with pytest.raises(NeedsSecond):
        gateway.view(rebuilt, world.prosecutor, row.id, "hearing")
    assert row.id in {one.id for one in intimate_approvals.listed(rebuilt, world.prosecutor, row.case_id)}


def test_its_list_is_sealed_to_the_case_and_no_other_row_s(world: World) -> None:
    nurse = nurse_of(world)
    row = ordered(world, nurse)
    with world.center.database() as session:
        kept = session.scalars(select(Derivative)).all()
    assert LABEL not in json.dumps([one.edits for one in kept])
    assert [one.label for one in sheets.list_of(world.center, row).pictures] == [LABEL, LABEL]
    other = sheets.order(
        world.center, nurse, world.case.id, [asked(one["evidence"]) for one in row.sources], "hearing"
    )
    other.edits = row.edits
    with pytest.raises(NothingReadable):
        sheets.list_of(world.center, other)


def test_without_the_vault_it_waits(world: World) -> None:
    row = ordered(world, nurse_of(world))
    world.keyholder.lock()
    with pytest.raises(VaultLocked):
        compose.compose(
            world.center, row, None, world.folder, draw, lambda done, total: None, threading.Event()
        )


def test_nobody_has_more_than_twenty_waiting(world: World) -> None:
    nurse = nurse_of(world)
    row = ordered(world, nurse)
    wanted = [asked(one["evidence"]) for one in row.sources]
    for _ in range(orders.MOST_WAITING - 1):
        sheets.order(world.center, nurse, world.case.id, wanted, "hearing")
    with pytest.raises(Refused, match="wait to be made"):
        sheets.order(world.center, nurse, world.case.id, wanted, "hearing")
