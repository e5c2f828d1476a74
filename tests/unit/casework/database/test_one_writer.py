"""What is read and then written upon stays right, whoever writes at the same moment: on each database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from casework.cases import cases
from casework.center import Center
from casework.errors import NotSignedIn, Refused
from casework.evidence import gateway
from casework.people import people
from casework.witnesses import alarms, ledger_readers
from tests.support.centers.casework_world import World

T = TypeVar("T")

AT_ONCE = 4


def all_at_once(world: World, act: Callable[[Center], T]) -> list[T | Exception]:
    """What came of it, in as many processes as it were: each has its own connections."""
    centers = [world.opened_again() for _ in range(AT_ONCE)]
    ready, outcomes = threading.Barrier(AT_ONCE), list[T | Exception]()

    def run(center: Center) -> None:
        ready.wait()
        try:
            outcomes.append(act(center))
        except Exception as error:  # noqa: BLE001  # it is what came of it
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(center,)) for center in centers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for center in centers:
        center.database.engine.dispose()
    return outcomes


def test_cases_opened_at_once_get_numbers_without_a_gap(world: World) -> None:
    made = all_at_once(
        world, lambda center: [cases.open_case(center, world.prosecutor).code for _ in range(3)]
    )
    codes = sorted(code for one in made if isinstance(one, list) for code in one)
    numbers = [int(code.split("-")[1]) for code in [world.case.code, *codes]]
    assert numbers == list(range(1, 3 * AT_ONCE + 2))


def test_parts_begun_at_once_get_numbers_without_a_gap(world: World) -> None:
    interview = world.interview()
    made = all_at_once(
        world, lambda center: gateway.ticket_for_part(center, world.prosecutor, interview.id).part
    )
    assert sorted(part for part in made if isinstance(part, int)) == list(range(1, AT_ONCE + 1))


def test_a_link_redeemed_at_once_signs_in_one(world: World) -> None:
    link = people.new_link(world.center, None, world.prosecutor.id)
    came = all_at_once(world, lambda center: people.redeem(center, link)[0].id)
    assert [one for one in came if not isinstance(one, Exception)] == [world.prosecutor.id]
    assert sum(isinstance(one, NotSignedIn) for one in came) == AT_ONCE - 1


def test_a_reader_s_name_given_at_once_is_given_once(world: World) -> None:
    came = all_at_once(world, lambda center: ledger_readers.add(center, "bar", entries=False))
    assert sum(isinstance(one, str) for one in came) == 1
    assert sum(isinstance(one, Refused) for one in came) == AT_ONCE - 1


def test_an_alarm_rung_at_once_is_kept_once(world: World) -> None:
    came = all_at_once(world, lambda center: alarms.ring(center.database, "forked", "court", b"a", b"b"))
    assert sorted(map(bool, came)) == [False] * (AT_ONCE - 1) + [True]
    assert len(alarms.kept(world.center)) == 1
