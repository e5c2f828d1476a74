"""Details in a package: under a grant what the pages show its receiver, and no more; else all of them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.cases import cases
from casework.clock import now
from casework.database.models import Person, Role
from casework.evidence import court_exclusions, gateway
from casework.evidence.gateway import ItemExtent
from casework.grants import grants
from casework.ledger import custody_log
from casework.people import people
from casework.specimens import handovers
from casework.specimens.acts import Condition
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.report import render
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.verify import verify
from tests.support.centers.casework_world import World
from tests.support.centers.taken_specimens import take_specimen
from tests.support.people.granting import granted

NOTES = (
    "Ramallah",
    "without observers",
    "New matters only",
    "Order 12/2076",
    "Asked to lead",
    "Why it was not",
)


@pytest.fixture
async def item(world: World) -> str:
    """A recording about which much was stated, with notes."""
    interview = await asyncio.to_thread(world.interview)
    item = await world.recorded(interview, seconds=6)
    await asyncio.to_thread(talked_about, world, item)
    return item


def talked_about(world: World, item: str) -> None:
    center, prosecutor = world.center, world.prosecutor
    gateway.view(center, prosecutor, item, "review")
    gateway.rehash(center, prosecutor, item)
    order: dict[str, Any] = {"reference": "Order 12/2076", "text": "Asked to lead."}
    excluded = court_exclusions.exclude(center, prosecutor, item, (0, 2_000_000), reason="question", **order)
    court_exclusions.restore(center, prosecutor, excluded.id, reason="appeal", **order)
    custody_log.append(
        center,
        custody_log.Draft(
            type="disposal.refused",
            evidence=item,
            person=prosecutor,
            purpose="disposal",
            body={"disposal": "d1" * 16, "reason": "needed"},
            case=world.case,
            details={"text": "Why it was not destroyed."},
        ),
    )


def exported(world: World, person: Person, item: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Type of statement → the details that a package of this person's has of it, once it is proved."""
    options: dict[str, Any] = {"viewing_copies": False}
    gateway.export_package(world.center, person, [ItemExtent(item)], "hearing", folder, **options)
    report = verify(FolderSource(folder), gateway.policy(world.center))
    assert report.outcome == "intact"
    stated = [one.statement for one in report.chains.all if one.statement.details is not None]
    found = {}
    for path in (folder / "data" / "details").iterdir():
        leaf = (folder / "data" / "statements" / path.name).read_bytes()
        found[SignedStatement.parse(leaf).statement.type] = json.loads(path.read_bytes())["details"]
    told = [one for one in render.not_proved(report) if one.code == "details.missing"]
    assert [one.values["count"] for one in told] == [len(stated) - len(report.details)]
    return found


def may_copy(world: World, person: Person) -> None:
    grant = granted(world.center, world.prosecutor, world.case.id, person, kind="copy")
    grants.authorise_copy(world.center, world.prosecutor, grant.id, reference="9/2076")


def test_under_a_grant_defence_counsel_gets_names_and_no_note(
    world: World, item: str, tmp_path: Path
) -> None:
    counsel = people.add(world.center, world.administrator, "Person D", Role.DEFENCE, "defence")
    may_copy(world, counsel)
    found = exported(world, counsel, item, tmp_path / "bag")
    assert set(found) == {"evidence.viewed"}
    assert found["evidence.viewed"].keys() == {"name"}
    written = b"".join(path.read_bytes() for path in (tmp_path / "bag").rglob("*") if path.is_file())
    assert not [note for note in NOTES if note.encode() in written]


def test_a_court_gets_what_was_stated_at_the_opening_besides_as_its_page_shows_it(
    world: World, item: str, tmp_path: Path
) -> None:
    may_copy(world, world.court)
    found = exported(world, world.court, item, tmp_path / "bag")
    assert set(found) == {"interview.opened", "evidence.viewed"}
    assert found["interview.opened"]["place"] == "Ramallah"
    written = b"".join(path.read_bytes() for path in (tmp_path / "bag").rglob("*") if path.is_file())
    assert not [
        note for note in ("Order 12/2076", "Asked to lead", "Why it was not") if note.encode() in written
    ]


def test_a_package_of_whoever_works_with_the_case_has_all_of_them(
    world: World, item: str, tmp_path: Path
) -> None:
    folder = tmp_path / "bag"
    gateway.export_package(
        world.center, world.prosecutor, [ItemExtent(item)], "hearing", folder, viewing_copies=False
    )
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for note in ("Ramallah", "Order 12/2076", "Asked to lead", "Why it was not"):
        assert note.encode() in written


def handled(world: World) -> None:
    """A swab in a kit goes to a custodian; what is said of it is sealed."""
    center = world.center
    nurse = people.add(center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    custodian = people.add(center, world.administrator, "Person C", Role.CUSTODIAN)
    cases.give(center, world.prosecutor, world.case.id, nurse.id)
    kit = take_specimen(center, nurse, world.case.id, kind="kit", seal="k-1", what="Of blue card")
    swab = {"kind": "swab", "seal": "s-2", "what": "From her neck", "kit": kit.id}
    take_specimen(center, nurse, world.case.id, **swab)
    to, until = {"organisation": "one-stop-center", "role": "custodian"}, now() + timedelta(days=1)
    handovers.hand_over(center, nurse, kit.id, to, until, Condition(intact=True))
    torn = Condition(intact=False, seal="k-3", remark="Torn at a corner")
    handovers.receive(center, custodian, kit.id, torn)


def test_a_package_has_the_specimens_of_its_case_and_a_court_reads_names_alone(
    world: World, item: str, tmp_path: Path
) -> None:
    handled(world)
    taken, given, received = (f"specimen.{act}" for act in ("taken", "handed-over", "received"))
    found = exported(world, world.prosecutor, item, tmp_path / "prosecution")
    assert found[taken]["what"] in ("Of blue card", "From her neck")
    assert found[received] == {"name": "Person C", "remark": "Torn at a corner"}
    may_copy(world, world.court)
    found = exported(world, world.court, item, tmp_path / "court")
    assert found[given] == {"name": "Person N"}
    assert {taken, received}.isdisjoint(found)
    report = verify(FolderSource(tmp_path / "court"), gateway.policy(world.center))
    kit, swab = report.specimens.values()
    assert (kit.seal, kit.holder["role"], swab.place) == ("k-3", "custodian", kit)
    assert "Torn" not in str([path.read_bytes() for path in tmp_path.glob("court/data/details/*")])


def test_the_defence_gets_no_specimen_with_a_recording(world: World, item: str, tmp_path: Path) -> None:
    handled(world)
    counsel = people.add(world.center, world.administrator, "Person D", Role.DEFENCE, "defence")
    may_copy(world, counsel)
    assert set(exported(world, counsel, item, tmp_path / "bag")) == {"evidence.viewed"}
    report = verify(FolderSource(tmp_path / "bag"), gateway.policy(world.center))
    assert report.specimens == {}
