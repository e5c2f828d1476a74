"""A package takes minutes: whether it may leave is asked again before it is stated that it did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from casework.cases import cases, consent, history
from casework.database.models import Grant, Person, Role
from casework.errors import ConsentGone, ExcludedWithin, Forbidden, GrantWithdrawn, HasLeft
from casework.evidence import court_exclusions, gateway
from casework.evidence.export import ExportFacts
from casework.evidence.gateway import ItemExtent
from casework.grants import grants
from casework.people import people
from tests.support.centers.casework_world import World
from tests.support.people.granting import granted

SECOND = 1_000_000


@pytest.fixture
async def item(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    return await world.recorded(interview, seconds=6)


def exported(world: World, person: Person, item: str, folder: Path, meanwhile: Callable[[], object]) -> None:
    """Exports the item; `meanwhile` happens once its contents are written."""

    def papers(_: ExportFacts) -> Mapping[str, bytes]:
        meanwhile()
        return {}

    gateway.export_package(
        world.center, person, [ItemExtent(item)], "hearing", folder, papers, viewing_copies=False
    )


def refused(
    world: World,
    person: Person,
    item: str,
    folder: Path,
    meanwhile: Callable[[], object],
    why: type[Exception],
) -> None:
    with pytest.raises(why):
        exported(world, person, item, folder / "bag", meanwhile)
    assert not [path for path in folder.iterdir() if "bag" in path.name], "nothing of it is left"
    stated = [one.type for one in history.of_item(world.center, world.prosecutor, item)]
    assert "evidence.viewed" in stated
    assert "evidence.exported" not in stated


def may_copy(world: World, **options: object) -> Grant:
    grant = granted(world.center, world.prosecutor, world.case.id, world.court, kind="copy", **options)
    return grants.authorise_copy(world.center, world.prosecutor, grant.id, reference="9/2076")


def exclude(world: World, item: str, begin: int) -> None:
    court_exclusions.exclude(
        world.center,
        world.prosecutor,
        item,
        (begin, begin + 2 * SECOND),
        reason="question",
        reference="Order 12/2076",
    )


def test_what_a_court_excluded_meanwhile_does_not_leave(world: World, item: str, tmp_path: Path) -> None:
    refused(world, world.prosecutor, item, tmp_path, lambda: exclude(world, item, SECOND), ExcludedWithin)


def test_nor_does_what_was_excluded_between_the_last_question_and_the_statement(
    world: World, item: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = court_exclusions.require_none_in
    asked: list[str] = []

    def slow(*arguments: object, **options: object) -> None:
        """As if it were excluded right after it was asked for."""
        whole(*arguments, **options)  # type: ignore[arg-type]
        asked.append(item)
        if len(asked) == 2:
            exclude(world, item, SECOND)

    monkeypatch.setattr(court_exclusions, "require_none_in", slow)
    refused(world, world.prosecutor, item, tmp_path, lambda: None, ExcludedWithin)


def test_a_grant_that_was_withdrawn_meanwhile_lets_nothing_leave_and_another_does_not_replace_it(
    world: World, item: str, tmp_path: Path
) -> None:
    grant = may_copy(world)

    def meanwhile() -> None:
        may_copy(world)
        grants.withdraw(world.center, world.prosecutor, grant.id, reason="mistaken")

    refused(world, world.court, item, tmp_path, meanwhile, GrantWithdrawn)


def test_nor_does_one_whose_consent_was_taken_back(world: World, item: str, tmp_path: Path) -> None:
    answer = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person E"}
    yes = [consent.Answer("share-court", "given")]
    consent.record(world.center, world.prosecutor, world.case.id, yes, **answer)
    may_copy(world, basis="consent", reference="")

    def meanwhile() -> None:
        consent.withdraw(
            world.center, world.prosecutor, world.case.id, "share-court", decided_by="self", form="oral"
        )

    refused(world, world.court, item, tmp_path, meanwhile, ConsentGone)


def withdraw_case(world: World, person: str) -> None:
    cases.withdraw(world.center, world.prosecutor, world.case.id, person)


def retire(world: World, person: str) -> None:
    people.retire(world.center, world.administrator, person)


@pytest.mark.parametrize(("take_away", "why"), [(withdraw_case, Forbidden), (retire, HasLeft)])
def test_who_lost_the_case_or_left_meanwhile_lets_nothing_leave(
    world: World,
    item: str,
    tmp_path: Path,
    take_away: Callable[[World, str], None],
    why: type[Exception],
) -> None:
    colleague = people.add(world.center, world.administrator, "Person Q", Role.PROSECUTOR)
    cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
    refused(world, colleague, item, tmp_path, lambda: take_away(world, colleague.id), why)


def test_what_was_excluded_meanwhile_elsewhere_in_the_recording_leaves_in_peace(
    world: World, item: str, tmp_path: Path
) -> None:
    """Its statement goes into the package, and the excerpt beside it leaves."""

    def papers(_: ExportFacts) -> Mapping[str, bytes]:
        exclude(world, item, 3 * SECOND)
        return {}

    wanted = [ItemExtent(item, (0, SECOND))]
    gateway.export_package(
        world.center, world.prosecutor, wanted, "hearing", tmp_path / "bag", papers, viewing_copies=False
    )
    stated = [one.type for one in history.of_item(world.center, world.prosecutor, item)]
    assert stated[-2:] == ["passage.excluded", "evidence.exported"]
