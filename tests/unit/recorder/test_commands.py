"""What the room page asks of the recorder for its safety recording, and what the console is told of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from casework.recording import safety_cutoff, safety_start
from casework.recording.ticket import RecordingTicket
from casework.sealing.staging import safety_area
from chain_of_custody.encoding import canonical_json
from chain_of_custody.items.sender import SAFETY, Sender
from recorder.errors import InterviewRefused
from recorder.interview.commands import Commands
from recorder.interview.status import describe
from tests.support.centers.interview_room import Room


@pytest.fixture
async def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def commands(room: Room) -> Commands:
    async def begin(ticket: RecordingTicket, sender: Sender, public: bytes) -> bytes:
        return await asyncio.to_thread(safety_start.begin, ticket, room.spool, room.key, sender, public)

    return Commands(room.interview, begin)


def asked(room: Room, number: str = "1", **other: Any) -> dict[str, Any]:
    ticket = replace(room.ticket(), evidence="5a" * 16, beside=room.ticket().evidence)
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    key = base64.b64encode(public).decode()
    digest, challenge = hashlib.sha256(public).hexdigest(), room.interview.challenge()
    claim = room.device.claim("wide", digest, challenge, SAFETY)
    return {"request": number, "ticket": ticket.to_json(), "key": key, **claim} | other


async def test_beside_a_part_that_runs_a_key_is_handed_over_once_for_each_request(room: Room) -> None:
    await room.begin("wide")
    doing, request = commands(room), asked(room)
    first = await doing.do("safety", request)
    assert await doing.do("safety", request) == first, "asked again after a cut"
    assert (first["evidence"], first["beside"]) == ("5a" * 16, room.ticket().evidence)
    assert len(base64.b64decode(first["key"])) == 32 + 32 + 16
    prepared = {path.name for path in (safety_area(room.spool).root / first["evidence"]).iterdir()}
    assert {"part.json", "wrap", "pending", "000001.segment"} <= prepared
    with pytest.raises(InterviewRefused, match=r"body\.malformed"):
        await doing.do("safety", asked(room, "2"))  # that ticket was used


@pytest.mark.parametrize(
    "wrong",
    [
        {"ticket": None},
        {"ticket": {"beside": "ff" * 16}},
        {"key": "short"},
        {"key": 7},
        {"camera": "ceiling"},
        {"camera": None},
    ],
)
async def test_what_is_no_request_for_one_prepares_nothing(room: Room, wrong: dict[str, Any]) -> None:
    await room.begin("wide")
    with pytest.raises(InterviewRefused, match=r"body\.malformed"):
        await commands(room).do("safety", asked(room, **wrong))
    assert not list(safety_area(room.spool).root.glob("*"))


async def test_the_console_sees_a_camera_while_the_room_is_set_up_and_only_if_pictures_arrive(
    room: Room,
) -> None:
    doing = commands(room)

    async def preview(camera: str) -> bytes:
        return base64.b64decode((await doing.do("preview", {"camera": camera}))["picture"])

    assert await preview("wide") == b""
    camera = await room.connect("wide")
    assert await preview("wide") == b"preview of wide"
    assert await preview("close") == b""
    camera.lose()
    room.interview.tick()
    assert await preview("wide") == b"", "an old picture looks like a quiet room"
    camera = await room.connect("wide")
    await room.interview.begin(room.ticket())
    assert await preview("wide") == b""
    with pytest.raises(InterviewRefused, match=r"camera\.unknown"):
        await preview("microphone")


async def test_beside_nothing_or_another_part_there_is_none(room: Room) -> None:
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await commands(room).do("safety", asked(room))
    await room.begin("wide")
    other = replace(room.ticket(), evidence="5a" * 16, beside="ee" * 16).to_json()
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await commands(room).do("safety", asked(room, ticket=other))


async def test_once_a_part_has_ended_it_has_no_keys_any_more_and_that_is_no_error(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    doing, request = commands(room), {"evidence": room.ticket().evidence, "indices": [0, 1]}
    assert len((await doing.do("message_keys", request))["keys"]) == 2
    await room.interview.stop("finished", "99" * 16)
    assert (await doing.do("message_keys", request))["keys"] == []
    with pytest.raises(InterviewRefused, match=r"record\.unknown"):
        await doing.do("message_keys", {**request, "evidence": "ee" * 16})


async def begun(room: Room) -> tuple[Commands, RecordingTicket]:
    """A safety recording beside a part that runs."""
    await room.begin("wide")
    doing, request = commands(room), asked(room)
    await doing.do("safety", request)
    return doing, RecordingTicket.from_json(request["ticket"])


async def test_a_break_ends_it_before_anybody_hears_of_the_break(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing, ticket = await begun(room)
    seen = []
    end_waiting = safety_cutoff.end_waiting
    monkeypatch.setattr(
        safety_cutoff,
        "end_waiting",
        lambda *given: (seen.append(describe(room.interview)["state"]), end_waiting(*given)),
    )
    answer = await room.interview.take_break()
    assert seen == ["recording"]
    assert room.interview.epoch is not None
    broke = room.interview.epoch + timedelta(microseconds=answer["at"])
    until = safety_cutoff.until(room.spool, ticket)
    assert until is not None
    kept = broke - canonical_json.moment(ticket.epoch) - timedelta(microseconds=until)
    assert timedelta() <= kept < timedelta(milliseconds=2)
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await doing.do("safety", asked(room, "2"))  # in a break none is begun
    await room.interview.resume()
    await room.interview.stop("finished", "99" * 16)
    assert safety_cutoff.until(room.spool, ticket) == until


async def test_the_end_that_somebody_asked_for_ends_it_and_a_failure_does_not(room: Room) -> None:
    _, ticket = await begun(room)
    await room.interview.abandon("recorder-ended")
    assert safety_cutoff.until(room.spool, ticket) is None
    again = Room(room.spool, key=room.key)
    await again.interview.stop("finished", "99" * 16)
    assert safety_cutoff.until(room.spool, ticket) is not None


async def test_a_break_that_comes_while_one_is_begun_ends_it_too(room: Room) -> None:
    """The disk is slow, and the room is cut off before it could hear of either."""
    await room.begin("wide")
    request, may_go_on, begins = asked(room), asyncio.Event(), asyncio.Event()

    async def slowly(ticket: RecordingTicket, sender: Sender, public: bytes) -> bytes:
        begins.set()
        await may_go_on.wait()
        return await asyncio.to_thread(safety_start.begin, ticket, room.spool, room.key, sender, public)

    beginning = asyncio.ensure_future(Commands(room.interview, slowly).do("safety", request))
    await begins.wait()
    resting = asyncio.ensure_future(room.interview.take_break())
    await asyncio.sleep(0.1)
    may_go_on.set()
    await asyncio.gather(beginning, resting)
    await room.interview.resume()
    ticket = RecordingTicket.from_json(request["ticket"])
    assert safety_cutoff.until(room.spool, ticket) is not None


async def test_a_break_is_taken_where_its_moment_cannot_be_written(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    _, ticket = await begun(room)
    path = safety_area(room.spool).root / ticket.evidence / (safety_cutoff.UNTIL + ".new")
    path.mkdir()
    await room.interview.take_break()
    assert room.interview.state == "break"
    assert "could not be kept" in caplog.text


async def test_the_console_hears_how_the_rooms_recording_does_as_long_as_the_room_is_there(
    room: Room,
) -> None:
    (camera,) = await room.begin("wide")
    doing = commands(room)
    assert describe(room.interview)["safety"] == "off"
    await doing.do("room", {"request": "1", "safety": "full"})
    told = describe(room.interview)
    assert told["safety"] == "full"
    assert "safety-full" in [one["code"] for one in told["cautions"]]
    assert "safety-full" not in [one["code"] for one in told["losses"]], "nothing is lost by it"
    with pytest.raises(InterviewRefused, match=r"body\.malformed"):
        await doing.do("room", {"request": "2", "safety": "splendid"})
    camera.now = replace(camera.now, state="failed")
    room.interview.tick()
    assert describe(room.interview)["safety"] == "off"
