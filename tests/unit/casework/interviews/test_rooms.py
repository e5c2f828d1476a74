"""The list of interview rooms, and how they stand: red where something is lost, and no case where none is."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest

from casework.cases import cases
from casework.center import Center
from casework.database.models import InterviewState, Role
from casework.errors import Forbidden, Missing, Refused
from casework.interviews import interviews, rooms
from casework.interviews.rooms import RoomStatus
from casework.people import people
from tests.support.centers.casework_world import World


class Child:
    """A recorder child that says one thing, at a moment of the test's choosing."""

    def __init__(self, interview: str, told: Mapping[str, Any], age: float) -> None:
        self.interview, self._told, self._age = interview, told, age

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        raise NotImplementedError

    def status(self) -> Mapping[str, Any] | None:
        return {**self._told, "received": time.monotonic() - self._age}

    async def statuses(self) -> AsyncIterator[Mapping[str, Any]]:
        yield self._told


class Living:
    """The recorders that live."""

    def __init__(self) -> None:
        self.children: dict[str, Child] = {}

    def say(self, interview: str, age: float = 0.0, **told: Any) -> None:
        self.children[interview] = Child(interview, told, age)

    async def start(self, interview: str) -> Child:
        return self.children[interview]

    def reach(self, interview: str) -> Child | None:
        return self.children.get(interview)

    async def recover(self, interview: str, evidence: str) -> None:
        raise NotImplementedError


@pytest.fixture
def living() -> Living:
    return Living()


@pytest.fixture
def center(world: World, living: Living) -> Center:
    world.center = replace(world.center, rooms=living)
    return world.center


def test_the_administrator_lists_names_and_retires_rooms(world: World, center: Center) -> None:
    rooms.add(center, world.administrator, "room-2", "  The quiet\nroom ")
    rooms.add(center, world.administrator, "room-1", "Blue room")
    assert [(one.code, one.name) for one in rooms.listed(center)] == [
        ("room-1", "Blue room"),
        ("room-2", "The quiet room"),
    ]
    rooms.add(center, world.administrator, "room-2", "The play room")
    rooms.retire(center, world.administrator, "room-1")
    assert [one.name for one in rooms.listed(center)] == ["The play room"]
    assert len(rooms.listed(center, retired=True)) == 2
    rooms.add(center, world.administrator, "room-1", "Blue room")
    assert len(rooms.listed(center)) == 2


@pytest.mark.parametrize(("code", "name"), [("Room 1", "a"), ("", "a"), ("r", " \u202e "), ("r", "x" * 201)])
def test_a_room_without_a_code_or_a_name_is_refused(
    world: World, center: Center, code: str, name: str
) -> None:
    with pytest.raises(Refused):
        rooms.add(center, world.administrator, code, name)


def test_nobody_else_keeps_the_list(world: World, center: Center) -> None:
    with pytest.raises(Forbidden):
        rooms.add(center, world.prosecutor, "room-1", "Mine")
    with pytest.raises(Forbidden):
        rooms.retire(center, world.prosecutor, "room-1")
    with pytest.raises(Missing):
        rooms.retire(center, world.administrator, "room-1")


def test_an_interview_is_held_in_a_listed_room_once_there_is_a_list(world: World, center: Center) -> None:
    world.interview()
    rooms.add(center, world.administrator, "room-2", "Blue room")
    with pytest.raises(Refused, match="no such interview room"):
        world.interview()


def test_each_room_stands_as_its_recorder_says_and_a_free_one_is_free(
    world: World, center: Center, living: Living
) -> None:
    rooms.add(center, world.administrator, "room-1", "Blue room")
    rooms.add(center, world.administrator, "room-2", "Play room")
    interview = world.interview()
    living.say(
        interview.id,
        state="recording",
        evidence="e" * 32,
        safe=7_000_000,
        elapsed=8_000_000,
        losses=[{"code": "camera"}],
        cautions=[{"code": "ledger"}],
    )
    assert rooms.overview(center, world.prosecutor) == [
        RoomStatus(
            "room-1",
            "Blue room",
            "recording",
            7_000_000,
            ("camera",),
            ("ledger",),
            interview.id,
            world.case.id,
            world.case.code,
            8_000_000,
        ),
        RoomStatus("room-2", "Play room", "free"),
    ]


def test_the_administrator_sees_state_and_health_and_nothing_of_a_case(
    world: World, center: Center, living: Living
) -> None:
    interview = world.interview()
    living.say(interview.id, state="recording", evidence="e" * 32, safe=1, elapsed=2, losses=[], cautions=[])
    [standing] = rooms.overview(center, world.administrator)
    assert standing == RoomStatus("room-1", "room-1", "recording", 1)
    told = str(asdict(standing))
    assert interview.id not in told and world.case.id not in told and world.case.code not in told


def test_a_prosecutor_sees_nothing_of_somebody_elses_cases(world: World, center: Center) -> None:
    interview = world.interview()
    colleague = people.add(center, world.administrator, "Person Q", Role.PROSECUTOR)
    assert rooms.overview(center, colleague) == []
    cases.give(center, world.prosecutor, world.case.id, colleague.id)
    assert [one.interview for one in rooms.overview(center, colleague)] == [interview.id]
    with pytest.raises(Forbidden):
        rooms.overview(center, world.court)


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "gone"])
def test_a_recorder_that_says_nothing_is_not_well(
    world: World, center: Center, living: Living, silent: bool
) -> None:
    interview = world.interview()
    interviews.move(center, interview.id, InterviewState.RECORDING)
    if silent:
        living.say(interview.id, age=rooms.QUIET + 1, state="recording", losses=[], cautions=[])
    [standing] = rooms.overview(center, world.administrator)
    assert (standing.state, standing.losses) == ("recording", ("recorder",))


def test_what_is_over_occupies_no_room(world: World, center: Center) -> None:
    interview = world.interview()
    interviews.move(center, interview.id, InterviewState.STOPPED)
    assert rooms.overview(center, world.prosecutor) == []
