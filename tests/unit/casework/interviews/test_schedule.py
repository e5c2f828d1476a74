"""The schedule: rooms and times for interviews, seen as far as a person works with the case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from casework.cases import cases
from casework.clock import now
from casework.database.models import Appointment, Interview, InterviewState, Role
from casework.errors import AppointmentOver, Forbidden, Missing, Refused, RoomTaken
from casework.interviews import appointments, interviews, rooms, schedule
from casework.people import people
from tests.support.centers.casework_world import World

HOUR = timedelta(hours=1)


def planned(world: World, begins: datetime, room: str = "room-1", **more: object) -> Appointment:
    return appointments.plan(
        world.center,
        world.prosecutor,
        world.case.id,
        purpose="testimony",
        room=room,
        begins=begins,
        minutes=60,
        **more,  # type: ignore[arg-type]
    )


def opened(world: World, appointment: str | None = None, room: str = "room-1") -> str:
    return interviews.open_interview(
        world.center,
        world.prosecutor,
        world.case.id,
        purpose="testimony",
        room=room,
        place="",
        present=[],
        wish="",
        appointment=appointment,
    ).id


def states(world: World, begins: datetime, ends: datetime) -> list[str]:
    return [one.state for one in schedule.entries(world.center, world.prosecutor, begins, ends)]


def test_who_does_not_work_with_the_case_sees_that_the_room_is_occupied_and_nothing_else(
    world: World,
) -> None:
    begins = now() + HOUR
    planned(world, begins)
    opened(world, room="room-2")
    colleague = people.add(world.center, world.administrator, "Person K", Role.INTERVIEWER)
    for person in (colleague, world.administrator):
        found = schedule.entries(world.center, person, now(), begins + HOUR)
        assert {one.room for one in found} == {"room-1", "room-2"}
        for one in found:
            assert (one.state, one.appointment, one.interview) == ("occupied", None, None)
    cases.give(world.center, world.prosecutor, world.case.id, colleague.id)
    found = schedule.entries(world.center, colleague, now(), begins + HOUR)
    assert [one.state for one in found] == ["opened", "planned"]
    observer = people.add(world.center, world.administrator, "Person O", Role.OBSERVER)
    with pytest.raises(Forbidden):
        schedule.entries(world.center, observer, now(), begins)


def test_a_room_is_needed_by_one_interview_at_a_time_unless_a_person_says_so(world: World) -> None:
    begins = now() + HOUR
    first = planned(world, begins)
    with pytest.raises(RoomTaken):
        planned(world, begins + HOUR / 2)
    planned(world, begins + HOUR)  # begins when the first ends
    planned(world, begins, room="room-2")
    period = now(), begins + 3 * HOUR
    assert not any(one.overlaps for one in schedule.entries(world.center, world.prosecutor, *period))
    second = planned(world, begins + HOUR / 4, anyway=True)
    found = schedule.entries(world.center, world.prosecutor, *period)
    overlapping = {one.appointment.id for one in found if one.overlaps and one.appointment}
    assert {first.id, second.id} < overlapping
    assert not next(one for one in found if one.room == "room-2").overlaps
    opened(world, room="room-3")  # is expected to need its room for a while
    with pytest.raises(RoomTaken):
        planned(world, now() + HOUR / 2, room="room-3")


def test_a_changed_appointment_names_the_one_in_its_place_and_says_why(world: World) -> None:
    begins = now() + HOUR
    first = planned(world, begins)
    change = {"room": "room-1", "begins": begins + HOUR / 2, "minutes": 90}  # overlaps itself alone
    for reason in ("", "She is ill"):
        with pytest.raises(Refused):
            appointments.move(world.center, world.prosecutor, first.id, reason=reason, **change)  # type: ignore[arg-type]
    second = appointments.move(world.center, world.prosecutor, first.id, reason="person", **change)  # type: ignore[arg-type]
    old = appointments.get(world.center, world.prosecutor, first.id)
    assert (old.moved_to, old.reason, old.cancelled_by) == (second.id, "person", world.prosecutor.id)
    assert second.ends_at - second.begins_at == timedelta(minutes=90)
    period = now(), begins + 3 * HOUR
    assert states(world, *period) == ["moved", "planned"]
    appointments.cancel(world.center, world.prosecutor, second.id, "court")
    assert states(world, *period) == ["moved", "cancelled"]
    assert appointments.of_case(world.center, world.prosecutor, world.case.id) == []
    for again in (first.id, second.id):
        with pytest.raises(AppointmentOver):
            appointments.cancel(world.center, world.prosecutor, again, "person")
    planned(world, begins)  # nothing occupies the room any more
    colleague = people.add(world.center, world.administrator, "Person K", Role.INTERVIEWER)
    assert [one.state for one in schedule.entries(world.center, colleague, *period)] == ["occupied"]


def test_its_interview_takes_its_place_once_it_is_opened(world: World) -> None:
    begins = now() + HOUR
    row = planned(world, begins)
    assert appointments.next_in_room(world.center, "room-1") == begins
    assert appointments.next_in_room(world.center, "room-2") is None
    interview = opened(world, row.id)
    [entry] = schedule.entries(world.center, world.prosecutor, now(), begins + HOUR)
    assert (entry.state, entry.begins, entry.ends) == ("opened", begins, begins + HOUR)
    assert entry.interview is not None and entry.interview.id == interview
    assert appointments.upcoming(world.center, world.prosecutor) == []
    assert appointments.next_in_room(world.center, "room-1") is None
    with pytest.raises(AppointmentOver):
        opened(world, row.id)
    with pytest.raises(AppointmentOver):
        appointments.cancel(world.center, world.prosecutor, row.id, "person")
    with world.center.database.begin() as session:
        held = session.get_one(Interview, interview)
        held.state, held.started_at, held.ended_at = InterviewState.SEALED, now(), now() + HOUR / 4
    [entry] = schedule.entries(world.center, world.prosecutor, now() - HOUR, begins + HOUR)
    assert (entry.state, entry.ends - entry.begins < HOUR / 3) == ("sealed", True)


def test_practice_leaves_the_appointment_in_force(world: World) -> None:
    row = planned(world, now() + HOUR)
    interviews.open_interview(
        world.center,
        world.prosecutor,
        world.case.id,
        purpose="testimony",
        room="room-1",
        place="",
        present=[],
        wish="",
        practice=True,
        appointment=row.id,
    )
    assert [one.id for one in appointments.upcoming(world.center, world.prosecutor)] == [row.id]


def test_only_who_may_open_an_interview_of_the_case_plans_changes_and_cancels(world: World) -> None:
    row = planned(world, now() + HOUR)
    colleague = people.add(world.center, world.administrator, "Person K", Role.PROSECUTOR)
    observer = people.add(world.center, world.administrator, "Person O", Role.OBSERVER)
    cases.give(world.center, world.prosecutor, world.case.id, observer.id)
    place = {"room": "room-2", "begins": now() + HOUR, "minutes": 60}
    for person in (colleague, observer, world.administrator):
        for ask in (
            lambda person: appointments.plan(
                world.center, person, world.case.id, purpose="testimony", **place
            ),  # type: ignore[arg-type]
            lambda person: appointments.get(world.center, person, row.id),
            lambda person: appointments.move(world.center, person, row.id, reason="person", **place),  # type: ignore[arg-type]
            lambda person: appointments.cancel(world.center, person, row.id, "person"),
        ):
            with pytest.raises(Forbidden):
                ask(person)
    assert [one.id for one in appointments.upcoming(world.center, observer)] == [row.id]
    assert appointments.upcoming(world.center, colleague) == []
    with pytest.raises(Forbidden):
        appointments.of_case(world.center, colleague, world.case.id)
    with pytest.raises(Missing):
        appointments.get(world.center, world.prosecutor, "00" * 16)
    other = cases.open_case(world.center, world.prosecutor)
    with pytest.raises(Missing):
        interviews.open_interview(
            world.center,
            world.prosecutor,
            other.id,
            purpose="testimony",
            room="room-1",
            place="",
            present=[],
            wish="",
            appointment=row.id,
        )


def test_only_a_listed_room_and_a_time_to_come_can_be_planned(world: World) -> None:
    for begins in (now() - HOUR, now() + timedelta(days=400)):
        with pytest.raises(Refused):
            planned(world, begins)
    for minutes in (0, 5, 1000):
        with pytest.raises(Refused):
            appointments.plan(
                world.center,
                world.prosecutor,
                world.case.id,
                purpose="testimony",
                room="room-1",
                begins=now() + HOUR,
                minutes=minutes,
            )
    rooms.add(world.center, world.administrator, "room-9", "Room 9")
    with pytest.raises(Refused):
        planned(world, now() + HOUR)


def test_what_nobody_opened_was_not_held_and_needs_no_room(world: World) -> None:
    row, moment = planned(world, now() + HOUR), now()
    with world.center.database.begin() as session:
        missed = session.get_one(Appointment, row.id)
        missed.begins_at, missed.ends_at = moment - 2 * HOUR, moment - HOUR
    assert states(world, moment - 3 * HOUR, moment) == ["missed"]
    assert [one.id for one in appointments.of_case(world.center, world.prosecutor, world.case.id)] == [row.id]
    assert appointments.upcoming(world.center, world.prosecutor) == []
    assert schedule.entries(world.center, world.administrator, moment - 3 * HOUR, moment) == []


def test_a_time_is_that_of_the_centers_clock(machine_in: Callable[[str], None]) -> None:
    machine_in("Asia/Hebron")
    assert appointments.local_moment("2026-12-01", "09:30") == datetime(2026, 12, 1, 7, 30, tzinfo=UTC)
    assert appointments.local_moment("2026-07-01", "09:30") == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    machine_in("Europe/Paris")
    for day, clock in (
        ("2026-03-29", "02:30"),  # the clocks pass over it
        ("2026-12-01", "09:30+05:00"),
        ("2026-12-01", ""),
        ("1.12.2026", "09:30"),
    ):
        with pytest.raises(Refused):
            appointments.local_moment(day, clock)
