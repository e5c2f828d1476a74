"""The life of an interview, with the real writer, seal and spool; only the browser's side is played."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recorder.errors import InterviewRefused
from recorder.interview.preflight import FactsOfWeb
from recorder.interview.status import describe, describe_fully
from tests.support.centers.interview_room import SECOND, Room, events

WELL = FactsOfWeb(copies={"first-copy": True, "second-copy": True}, ledger=True, trial_keys=False)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


def types(found: list[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in found]


async def test_an_interview_goes_from_connecting_to_its_seal(room: Room) -> None:
    assert room.interview.state == "waiting"
    wide, close = [await room.connect("wide"), await room.connect("close")]
    assert room.interview.state == "connected"
    answer = await room.interview.begin(room.ticket())
    assert room.interview.state == "recording"
    await room.film(wide, close)
    sealed = await room.interview.stop("finished", "99" * 16)

    assert room.interview.state == "sealed"
    assert sealed == {"evidence": answer["evidence"], "state": "complete"}
    assert room.ledger.types == ["recording.started", "recording.sealed"]
    assert wide.calls[-1] == close.calls[-1] == "close"


async def test_nothing_is_taken_before_the_recording_has_begun_in_the_ledger(room: Room) -> None:
    wide = await room.connect("wide")
    wide.push()
    room.ledger.away = True
    with pytest.raises(InterviewRefused, match=r"ledger\.away"):
        await room.interview.begin(room.ticket())
    assert "begin" not in wide.calls
    assert room.interview.state == "connected"

    room.ledger.away = False
    await room.interview.begin(room.ticket(2))
    assert [record.kind for record in room.records()] == ["header"]
    assert room.ledger.types == ["recording.started"]


async def test_the_header_names_the_moment_that_is_zero_on_the_timeline(room: Room) -> None:
    await room.connect("wide")
    answer = await room.interview.begin(room.ticket())
    assert answer["epoch"] != room.ticket().epoch
    assert describe(room.interview)["epoch"] == answer["epoch"]


async def test_what_the_opening_of_a_part_took_is_missing_and_is_stated(room: Room) -> None:
    """On a machine with too much to do the ledger answers late; before it has, no picture is taken."""
    take = room.ledger.append

    async def late(*arguments: Any) -> Any:
        await asyncio.sleep(1.2)
        return await take(*arguments)

    room.ledger.append = late  # type: ignore[method-assign, assignment]
    (wide,) = await room.begin("wide")
    await room.film(wide)
    told = {one["track"]: one for one in events(room.writers[0]) if one["type"] == "track.late"}
    for track in (1, 2):
        assert told[track]["ms"] >= 1200
        assert told[track]["at"] >= 1_200_000
    assert "ms" not in told[3], "the close camera is not there at all"


async def test_without_any_camera_nothing_begins(room: Room) -> None:
    with pytest.raises(InterviewRefused, match=r"check\.blocking"):
        await room.interview.begin(room.ticket())


async def test_a_break_stops_the_media_at_once_and_its_reason_follows(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    with pytest.raises(InterviewRefused):
        await room.interview.explain_break("rest", "before there is one")
    await room.interview.take_break()
    assert room.interview.state == "break"
    with pytest.raises(InterviewRefused):
        await room.interview.explain_break("because", "")
    await room.interview.explain_break("rest", "asked for water")
    before = len(room.records())
    await room.film(wide, times=3)
    assert len(room.records()) == before, "media were made during the break"
    await room.interview.resume()
    await room.film(wide)

    kinds = [record.kind for record in room.records()[before:]]
    assert kinds[0] == "event", "media stand before the resume"
    assert "media" in kinds
    listed = [one for one in events(room.writers[0]) if one["type"].startswith(("break", "resume"))]
    assert types(listed) == ["break", "break.explained", "resume"]
    explained = {"break": listed[0]["at"], "reason": "rest", "text": "asked for water"}
    assert listed[1].items() >= explained.items()
    assert listed[0]["at"] < listed[2]["at"]


async def test_the_last_fragments_before_a_break_stand_before_the_break(room: Room) -> None:
    (wide,) = await room.begin("wide")
    wide.push()
    await room.interview.take_break()
    kinds = [(record.kind, record.track) for record in room.records()]
    assert kinds[-1] == ("event", 0)
    assert ("media", 1) in kinds
    assert ("media", 2) in kinds


@pytest.mark.parametrize(
    ("command", "state"),
    [("resume", "recording"), ("take_break", "waiting"), ("mark", "waiting"), ("person", "waiting")],
)
async def test_commands_out_of_order_are_refused_and_change_nothing(
    room: Room, command: str, state: str
) -> None:
    if state == "recording":
        await room.begin("wide")
    arguments = {"take_break": (), "mark": ("", 0), "person": ("enters", "", "support")}
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await getattr(room.interview, command)(*arguments.get(command, ()))
    assert room.interview.state == state


async def test_a_second_begin_and_a_ticket_for_another_interview_are_refused(room: Room) -> None:
    await room.connect("wide")
    with pytest.raises(InterviewRefused, match=r"request\.stale"):
        await room.interview.begin(room.ticket(interview="bb" * 16))
    await room.interview.begin(room.ticket())
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await room.interview.begin(room.ticket(2))


async def test_a_mark_lies_where_it_was_wanted_and_never_before_the_beginning(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await asyncio.sleep(0.15)
    await room.film(wide)
    before = describe(room.interview)["elapsed"]
    here = await room.interview.mark("the knife", 100)
    after = describe(room.interview)["elapsed"]
    early = await room.interview.mark("", 500_000)
    assert before <= here["at"] + 100_000 <= after
    assert early["at"] == 0
    assert [one["text"] for one in events(room.writers[0]) if one["type"] == "mark"] == ["the knife", ""]


async def test_a_mark_is_corrected_by_a_later_event_and_stays(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    mark = await room.interview.mark("dor", 0)
    for words in ("door", "the door"):
        await room.interview.correct(mark["at"], words)
    with pytest.raises(InterviewRefused):
        await room.interview.correct(mark["at"] + 1, "another")
    said = [one for one in events(room.writers[0]) if one["type"].startswith("mark")]
    assert [(one["type"], one["text"]) for one in said] == [
        ("mark", "dor"),
        ("mark.corrected", "door"),
        ("mark.corrected", "the door"),
    ]
    assert [(one["mark"], one["was"]) for one in said[1:]] == [(mark["at"], "dor"), (mark["at"], "door")]


async def test_text_is_one_line_of_bounded_length(room: Room) -> None:
    await room.begin("wide")
    await room.interview.mark("first\nsecond\x00" + "x" * 500, 0)
    (mark,) = [one for one in describe_fully(room.interview)["entries"] if one["type"] == "mark"]
    assert mark["text"].startswith("first second")
    assert len(mark["text"]) == 200


async def test_people_who_enter_are_present_until_they_leave_also_in_the_next_part(room: Room) -> None:
    await room.begin("wide")
    await room.interview.person("enters", "R. K.", "interpreter")
    await room.interview.person("enters", "", "support")
    await room.interview.person("leaves", "", "support")
    assert describe_fully(room.interview)["present"] == [{"who": "R. K.", "role": "interpreter"}]
    with pytest.raises(InterviewRefused, match=r"body\.malformed"):
        await room.interview.person("enters", "", "spectator")


async def test_a_camera_that_is_not_there_at_the_beginning_is_stated_and_may_join(room: Room) -> None:
    (wide,) = await room.begin("wide")
    close = await room.connect("close")
    await room.film(wide, close)
    assert [one["track"] for one in events(room.writers[0]) if one["type"] == "track.late"] == [3]
    assert 3 in {record.track for record in room.records() if record.kind == "media"}


async def test_a_camera_that_is_lost_and_comes_back_goes_on_in_the_same_part_with_its_gap(room: Room) -> None:
    wide, close = await room.begin("wide", "close")
    await asyncio.sleep(2.2)  # a loss two seconds ago needs two seconds to have passed
    await room.film(wide, close)
    close.lose()
    room.interview.tick()
    again = await room.connect("close", page="88" * 16)
    room.interview.tick()
    await room.film(wide, again)

    noted = [one for one in events(room.writers[0]) if one["type"] in ("disconnected", "reconnected")]
    assert [(one["type"], one["camera"]) for one in noted] == [
        ("disconnected", "close"),
        ("reconnected", "close"),
    ]
    assert noted[1]["gap"] == noted[1]["at"] - noted[0]["at"] >= 2 * SECOND
    assert len(room.writers) == 1
    assert [record.track for record in room.records() if record.kind == "init"].count(3) == 2
    assert close.calls[-2:] == ["end", "close"]


async def test_a_reloaded_page_takes_over_and_the_change_is_stated(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    again = await room.connect("wide", page="88" * 16)
    room.interview.tick()
    assert types(describe_fully(room.interview)["entries"]) == ["disconnected", "sender", "reconnected"]
    assert describe(room.interview)["cameras"]["wide"]["page"] == "88" * 16
    await asyncio.sleep(0)
    assert wide.calls[-2:] == ["end", "close"]
    assert again.calls == ["begin"]


async def test_an_offer_that_leads_nowhere_costs_the_running_camera_nothing(room: Room) -> None:
    (wide,) = await room.begin("wide")
    with pytest.raises(InterviewRefused, match=r"sdp\.malformed"):
        await room.offer("wide", "hello", "88" * 16)
    await room.offer("wide", "v=0 but it never connects", "88" * 16)
    dead = room.cameras[-1]
    dead.now = replace(dead.now, state="failed")
    room.interview.tick()
    await asyncio.sleep(0)
    assert dead.calls == ["close"]
    assert wide.calls == ["begin"]
    assert describe_fully(room.interview)["entries"] == []


async def test_a_camera_that_returns_during_a_break_records_only_after_it(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    await room.interview.take_break()
    before = [record for record in room.records() if record.kind == "media"]
    again = await room.connect("wide", page="88" * 16)
    await room.film(again)
    assert [record for record in room.records() if record.kind == "media"] == before
    await room.interview.resume()
    await room.film(again)
    assert len([record for record in room.records() if record.kind == "media"]) > len(before)


async def test_losses_are_told_at_once_and_gravest_first(room: Room) -> None:
    wide, close = await room.begin("wide", "close")
    room.interview.tick()
    assert describe(room.interview)["losses"] == []
    close.lose()
    room.interview.tick()
    assert [(one["code"], one["name"]) for one in describe(room.interview)["losses"]] == [("camera", "close")]
    wide.now = replace(wide.now, last_audio_ms=950)
    room.interview.tick()
    assert [one["code"] for one in describe(room.interview)["losses"]] == ["camera", "sound"]
    wide.lose()
    room.interview.tick()
    (loss,) = describe(room.interview)["losses"]
    assert loss["code"] == "everything"


async def test_the_check_list_names_what_is_wrong_and_turns_checked_when_nothing_is(room: Room) -> None:
    wide = await room.connect("wide")
    found = {one.check: one for one in room.interview.check(replace(WELL, ledger=False))}
    assert (found["camera.close"].state, found["camera.close"].code) == ("fail", "camera.missing")
    assert not found["camera.close"].blocking, "one camera is better than no testimony"
    assert found["ledger"].blocking
    close = await room.connect("close")
    for step in range(9):
        level = -30 - 3 * (step % 4)
        wide.now = replace(wide.now, audio_level=level)
        room.interview.tick()
        await asyncio.sleep(0.25)
    assert close.now.width == 1280
    results = room.interview.check(WELL)
    assert not [one for one in results if one.state == "fail"]
    assert {one.code for one in results if one.check.startswith("camera")} == {"camera.fine"}
    assert room.interview.state == "checked"


async def test_what_is_left_open_is_sealed_as_interrupted_when_the_child_must_end(room: Room) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    await room.interview.abandon("recorder-ended")
    assert room.ledger.types == ["recording.started", "recording.interrupted", "recording.sealed"]
    assert room.ledger.body("recording.interrupted")["reason"] == "recorder-ended"
    assert room.interview.state == "sealed"


async def test_an_interview_that_never_recorded_can_be_closed(room: Room) -> None:
    await room.connect("wide")
    assert (await room.interview.stop("wish", "99" * 16))["evidence"] is None
    assert room.interview.state == "sealed"
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await room.offer("wide", "v=0")
