"""Capture machines as devices: what one opens, for whom it acts, and when no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amana.demo.device_key import DeviceKey
from casework.clock import now
from casework.database.models import Interview, InterviewState
from casework.errors import Forbidden, Missing, NotSignedIn, Refused
from casework.interviews import interviews, room_devices
from casework.interviews.room_devices import BRINGING_IN, LINK_LIFETIME, PLANNED_FOR
from casework.people import people
from tests.support.centers.casework_world import World

KEY = DeviceKey()


def device(world: World, room: str = "room-1") -> str:
    """The token of a device of this room."""
    link = room_devices.invite(world.center, world.administrator, room)
    return room_devices.redeem(world.center, link, KEY.encoded)


def opened(world: World, room: str = "room-1") -> str:
    return interviews.open_interview(
        world.center,
        world.prosecutor,
        world.case.id,
        purpose="testimony",
        room=room,
        place="",
        present=[],
        wish="",
    ).id


def change(world: World, interview: str, **fields: object) -> None:
    with world.center.database.begin() as session:
        row = session.get_one(Interview, interview)
        for name, value in fields.items():
            setattr(row, name, value)


def test_a_link_makes_one_browser_the_rooms_device(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    link = room_devices.invite(world.center, world.administrator, "room-1")
    with pytest.raises(NotSignedIn):
        room_devices.admitted(world.center, link)  # the link itself is no device
    token = room_devices.redeem(world.center, link, KEY.encoded)
    assert room_devices.admitted(world.center, token).room == "room-1"
    late = room_devices.invite(world.center, world.administrator, "room-1")
    moment = now() + LINK_LIFETIME
    monkeypatch.setattr(room_devices, "now", lambda: moment)
    for used in (link, late, token, "guess"):
        with pytest.raises(NotSignedIn):
            room_devices.redeem(world.center, used, KEY.encoded)
    stored = world.database.stored()
    assert not any(one.encode() in stored for one in (link, late, token))


def test_only_an_administrator_enrols_and_revokes_and_a_room_is_a_code(world: World) -> None:
    for ask in (
        lambda: room_devices.invite(world.center, world.prosecutor, "room-1"),
        lambda: room_devices.everyone(world.center, world.prosecutor),
        lambda: room_devices.revoke(world.center, world.prosecutor, "00" * 16),
    ):
        with pytest.raises(Forbidden):
            ask()
    with pytest.raises(Refused):
        room_devices.invite(world.center, world.administrator, "The Room of Person P")
    with pytest.raises(Missing):
        room_devices.revoke(world.center, world.administrator, "00" * 16)


def test_a_revoked_device_opens_nothing(world: World) -> None:
    token, interview = device(world), opened(world)
    [listed] = room_devices.everyone(world.center, world.administrator)
    room_devices.revoke(world.center, world.administrator, listed.id)
    with pytest.raises(NotSignedIn):
        room_devices.person_of_device(world.center, token, interview)
    assert room_devices.everyone(world.center, world.administrator) == []


def test_it_acts_for_whoever_opened_the_interview_in_its_room_and_in_no_other(world: World) -> None:
    here, there = opened(world), opened(world, "room-2")
    token = device(world)
    assert room_devices.person_of_device(world.center, token, here).id == world.prosecutor.id
    for elsewhere in (there, "00" * 16):
        with pytest.raises(NotSignedIn):
            room_devices.person_of_device(world.center, token, elsewhere)
    people.retire(world.center, world.administrator, world.prosecutor.id)
    with pytest.raises(NotSignedIn):
        room_devices.person_of_device(world.center, token, here)


def test_what_is_over_or_never_began_is_not_opened_any_more(world: World) -> None:
    token, interview, moment = device(world), opened(world), now()
    change(world, interview, state=InterviewState.STOPPED, ended_at=moment - BRINGING_IN / 2)
    assert room_devices.person_of_device(
        world.center, token, interview
    )  # what the room kept is still to come
    for fields in (
        {"state": InterviewState.SEALED, "ended_at": moment - BRINGING_IN - timedelta(minutes=1)},
        {"state": InterviewState.SEALED, "ended_at": None},
        {"state": InterviewState.OPENED, "opened_at": moment - PLANNED_FOR - timedelta(minutes=1)},
    ):
        change(world, interview, **fields)
        with pytest.raises(NotSignedIn):
            room_devices.person_of_device(world.center, token, interview)


def test_what_runs_in_the_room_goes_before_what_is_planned(world: World) -> None:
    row = room_devices.admitted(world.center, device(world))
    assert room_devices.interview_in_room(world.center, row) is None
    first, second = opened(world), opened(world)
    opened(world, "room-2")
    assert room_devices.interview_in_room(world.center, row) == second
    change(world, first, state=InterviewState.BREAK)
    assert room_devices.interview_in_room(world.center, row) == first
    change(world, first, state=InterviewState.SEALED)
    change(world, second, opened_at=now() - PLANNED_FOR - timedelta(minutes=1))
    assert room_devices.interview_in_room(world.center, row) is None


def test_whose_device_it_is_an_enrolled_machines_only_with_its_own_key(world: World) -> None:
    token, other = device(world), DeviceKey()
    row = room_devices.admitted(world.center, token)
    holder = room_devices.holder(world.center, world.prosecutor, token, {"key": KEY.encoded})
    assert (holder.kind, holder.id, holder.name) == ("room", row.id, "room-1")
    for proof in ({"key": other.encoded}, {"key": None}, {}, None, "key"):
        with pytest.raises(Refused):
            room_devices.holder(world.center, world.prosecutor, token, proof)
    ad_hoc = room_devices.holder(world.center, world.prosecutor, None, {"key": other.encoded})
    assert (ad_hoc.kind, ad_hoc.id) == ("person", world.prosecutor.id)
    with pytest.raises(Refused):
        link = room_devices.invite(world.center, world.administrator, "room-1")
        room_devices.redeem(world.center, link, "no key")
