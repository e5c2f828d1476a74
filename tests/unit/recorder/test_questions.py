"""What is passed in from next door: in the record before it is acknowledged, or waiting on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from casework.errors import RecordingFailed
from casework.recording import pending_notes_file
from casework.recording.pending_notes_file import PendingNotesFile, notes_folder
from recorder.errors import InterviewRefused
from recorder.interview import questions
from recorder.interview.interview import Interview
from recorder.interview.pending_notes import Note, PendingNotes
from recorder.interview.questions import BREAK, QUESTION, PassedQuestions
from recorder.interview.status import describe, describe_next_door
from tests.support.centers.interview_room import INTERVIEW, Room, events
from tests.support.patience import PATIENCE

OBSERVER, PROSECUTOR = "0b" * 16, "9a" * 16


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


async def ask(interview: Interview, text: str = "Which door?", number: str = "q1") -> dict[str, Any]:
    return await interview.questions.send(QUESTION, OBSERVER, "Person A", "observer", text, number)


class HeldNotes(PendingNotes):
    """One whose disk takes its time, and refuses the first so many."""

    def __init__(self, file: PendingNotesFile, refuses: int = 0) -> None:
        super().__init__(file, lambda *_, **__: None, lambda: False)
        self.free = asyncio.Event()
        self.noted: list[str] = []
        self._refuses = refuses

    async def note(
        self, type_: str, fields: dict[str, Any], about: int | None = None, said: str | None = None
    ) -> None:
        await self.free.wait()
        if self._refuses:
            self._refuses -= 1
            raise InterviewRefused("spool.failed")
        await super().note(type_, fields, about, said)
        self.noted.append(type_)


def passed(room: Room, part: int = 0) -> list[dict[str, Any]]:
    """Events from next door, without their times."""
    found = [one for one in events(room.writers[part]) if one["type"].startswith((QUESTION, BREAK))]
    return [{name: value for name, value in one.items() if name != "at"} for one in found]


async def test_a_question_is_an_event_of_the_part_before_it_is_acknowledged(room: Room) -> None:
    await room.begin("wide")
    answer = await ask(room.interview)
    assert (answer["number"], answer["state"], answer["recorded"]) == (1, "sent", True)
    assert passed(room) == [
        {
            "type": "question",
            "number": 1,
            "by": OBSERVER,
            "who": "Person A",
            "role": "observer",
            "text": "Which door?",
        }
    ]


async def test_what_became_of_a_question_is_in_the_record_too(room: Room) -> None:
    await room.begin("wide")
    await ask(room.interview)
    for state in ("read", "put", "later", "put", "asked"):
        await room.interview.questions.settle(1, state, PROSECUTOR)
    assert [one["type"] for one in passed(room)] == [
        "question",
        "question.read",
        "question.put",
        "question.later",
        "question.put",
        "question.asked",
    ]
    assert {one["by"] for one in passed(room)[1:]} == {PROSECUTOR}
    assert {one["text"] for one in passed(room)} == {"Which door?"}


async def test_nobody_is_told_of_a_step_that_is_still_being_written(room: Room) -> None:
    notes = HeldNotes(room.notes_file())
    slips = PassedQuestions(notes)
    notes.free.set()
    await slips.send(QUESTION, OBSERVER, "Person A", "observer", "Which door?", "q1")
    notes.free.clear()
    first = asyncio.ensure_future(slips.settle(1, "put", PROSECUTOR))
    second = asyncio.ensure_future(slips.settle(1, "put", OBSERVER))
    await asyncio.sleep(0.01)
    assert not first.done() and not second.done()
    notes.free.set()
    assert [one["state"] for one in await asyncio.gather(first, second)] == ["put", "put"]
    assert notes.noted == ["question", "question.put"]


async def test_no_two_questions_have_one_number_though_one_of_them_was_not_kept(room: Room) -> None:
    notes = HeldNotes(room.notes_file(), refuses=1)
    slips = PassedQuestions(notes)
    sent = [
        asyncio.ensure_future(
            slips.send(QUESTION, OBSERVER, "Person A", "observer", f"question {n}", f"q{n}")
        )
        for n in range(3)
    ]
    await asyncio.sleep(0.01)
    notes.free.set()
    refused, *kept = await asyncio.gather(*sent, return_exceptions=True)
    assert isinstance(refused, InterviewRefused)
    assert len(kept) == 2
    assert [(one["number"], one["text"]) for one in slips.listed] == [(1, "question 1"), (2, "question 2")]


async def test_in_a_break_a_question_is_recorded_at_once(room: Room) -> None:
    await room.begin("wide")
    await room.interview.take_break()
    assert (await ask(room.interview))["recorded"]
    assert [one["type"] for one in passed(room)] == ["question"]


async def test_before_the_beginning_it_waits_and_is_recorded_when_the_part_begins(room: Room) -> None:
    waiting = await ask(room.interview)
    assert not waiting["recorded"]
    assert describe_next_door(room.interview)["waiting"] == 1

    await room.begin("wide")
    await settled(room)
    [question] = passed(room)
    assert (question["text"], question["sent"]) == ("Which door?", waiting["sent"])
    assert room.interview.questions.listed[0]["recorded"]


async def test_what_waited_keeps_its_order_and_stands_before_what_comes_later(room: Room) -> None:
    for number in range(4):
        await ask(room.interview, f"question {number}", f"q{number}")
    await room.begin("wide")
    await ask(room.interview, "the next", "q9")
    await settled(room)
    assert [one["text"] for one in passed(room)] == [*(f"question {n}" for n in range(4)), "the next"]
    assert ["sent" in one for one in passed(room)] == [True] * 4 + [False]


async def test_the_next_recorder_finds_the_notes_as_they_were(room: Room) -> None:
    await ask(room.interview, "the first", "q1")
    await room.begin("wide")
    await settled(room)
    await ask(room.interview, "the second", "q2")
    await room.interview.questions.settle(1, "put", PROSECUTOR)

    after = PassedQuestions(PendingNotes(room.notes_file(), lambda *_, **__: None, lambda: False))
    assert [(one["text"], one["state"], one["recorded"]) for one in after.listed] == [
        ("the first", "put", True),
        ("the second", "sent", True),
    ]
    again = await after.send(QUESTION, OBSERVER, "Person A", "observer", "the second", "q2")
    assert again["number"] == 2, "asked again with the same number it is the same question"
    assert len(after.listed) == 2


async def test_what_waits_outlives_the_recorder(room: Room) -> None:
    await ask(room.interview)
    fresh = Room(room.spool, key=room.key)
    await fresh.begin("wide")
    await settled(fresh)
    assert [one["text"] for one in passed(fresh)] == ["Which door?"]


async def test_what_a_recorder_left_half_entered_keeps_the_time_at_which_it_was_said(room: Room) -> None:
    held: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    first = PendingNotes(room.notes_file(), lambda *_, **__: held, lambda: False)
    entering = asyncio.ensure_future(first.note("question", {"number": 1}))
    await asyncio.sleep(0)
    await first.keep()  # the file is written for another matter, and then the process dies
    entering.cancel()

    said: list[dict[str, Any]] = []
    after = PendingNotes(room.notes_file(), lambda _, **fields: said.append(fields), lambda: False)
    await after.put_down()
    assert [one["number"] for one in said] == [1]
    assert "sent" in said[0], "it was not said in the part that it stands in now"


async def test_a_note_that_a_part_takes_while_the_disk_refuses_it_is_not_refused(room: Room) -> None:
    taking: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    parts: list[asyncio.Future[int]] = []
    notes = PendingNotes(room.notes_file(), lambda *_, **__: parts[0] if parts else None, lambda: False)

    class Refusing(PendingNotesFile):
        def write(self, content: Mapping[str, Any]) -> None:
            raise RecordingFailed("disk-full", "the disk is full")

    async def begun() -> None:
        parts.append(taking)
        notes.look()
        await asyncio.sleep(0.05)
        taking.set_result(1)

    notes._file = Refusing(room.spool, INTERVIEW, b"\x01" * 32)
    noting = asyncio.ensure_future(notes.note("question", {"number": 1}))
    await asyncio.sleep(0)
    await begun()
    await noting
    assert notes.waiting == 0


async def test_the_notes_are_not_on_the_disk_in_clear_and_go_with_the_interview(room: Room) -> None:
    await ask(room.interview, "Was the blue door open?")
    [path] = notes_folder(room.spool).iterdir()
    assert b"blue" not in path.read_bytes()
    assert b"Person A" not in path.read_bytes()
    await room.begin("wide")
    await room.film(room.cameras[0])
    await room.interview.stop("finished", PROSECUTOR)
    assert list(notes_folder(room.spool).iterdir()) == []


async def test_a_question_waiting_when_it_is_stopped_is_in_the_part(room: Room) -> None:
    await room.begin("wide")
    await room.film(room.cameras[0])
    notes = room.interview.notes
    notes._waiting.append(Note("question", "2026-11-24T20:15:03.120Z", {"number": 1}, waited=True))
    stopping = asyncio.ensure_future(room.interview.stop("finished", PROSECUTOR))
    await stopping
    assert room.interview.notes.waiting == 0
    assert [record.kind for record in room.records()][-2:] == ["event", "event"]


async def test_a_disk_that_takes_nothing_means_a_refusal_and_no_question(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pending_notes_file.DISK, "sync", full)
    with pytest.raises(InterviewRefused, match=r"spool\.failed"):
        await ask(room.interview)
    assert room.interview.questions.listed == []
    assert room.interview.notes.waiting == 0


async def test_nothing_is_passed_to_an_interview_that_is_over(room: Room) -> None:
    await room.begin("wide")
    await room.film(room.cameras[0])
    await room.interview.stop("finished", PROSECUTOR)
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await ask(room.interview)


async def test_a_break_answers_those_who_asked_for_one(room: Room) -> None:
    await room.begin("wide")
    await room.interview.questions.send(BREAK, OBSERVER, "Person A", "observer", "", "b1")
    await room.interview.take_break()
    assert [one["state"] for one in room.interview.questions.listed] == ["taken"]
    assert [one["type"] for one in passed(room)] == ["break-requested"]


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (QUESTION, "", "slip.empty"),
        (QUESTION, " \n\t\u202e ", "slip.empty"),
        (QUESTION, "x" * 501, "slip.long"),
        ("shout", "x", "slip.empty"),
    ],
)
async def test_what_is_no_question_is_refused(room: Room, kind: str, text: str, code: str) -> None:
    with pytest.raises(InterviewRefused) as refused:
        await room.interview.questions.send(kind, OBSERVER, "Person A", "observer", text, "q1")
    assert refused.value.code == code
    assert room.interview.questions.listed == []


async def test_a_text_cannot_reach_beyond_its_line(room: Room) -> None:
    answer = await ask(room.interview, "a\u202eb\nc\x1b[31m<script>")
    assert answer["text"] == "a b c [31m<script>"


async def test_nobody_sends_more_than_can_be_read(room: Room) -> None:
    for number in range(questions.OFTEN):
        await ask(room.interview, "again", f"q{number}")
    with pytest.raises(InterviewRefused, match=r"slip\.often"):
        await ask(room.interview, "again", "one too many")
    # Another person is not held up by that.
    await room.interview.questions.send(QUESTION, PROSECUTOR, "Person B", "prosecutor", "mine", "q99")


async def test_more_open_questions_than_anybody_can_read_are_refused(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST_OPEN", 2)
    await ask(room.interview, "one", "q1")
    await ask(room.interview, "two", "q2")
    with pytest.raises(InterviewRefused, match=r"slip\.many"):
        await ask(room.interview, "three", "q3")
    await room.interview.questions.settle(1, "aside", PROSECUTOR)
    await ask(room.interview, "three", "q3")


@pytest.mark.parametrize(("state", "code"), [("asked", "slip.state"), ("burnt", "slip.state")])
async def test_a_question_takes_no_step_that_it_does_not_have(room: Room, state: str, code: str) -> None:
    await ask(room.interview)
    with pytest.raises(InterviewRefused) as refused:
        await room.interview.questions.settle(1, state, PROSECUTOR)
    assert refused.value.code == code
    with pytest.raises(InterviewRefused, match=r"slip\.unknown"):
        await room.interview.questions.settle(7, "read", PROSECUTOR)


async def test_the_status_tells_that_something_changed(room: Room) -> None:
    before = describe(room.interview)["slips"]
    await ask(room.interview)
    assert describe(room.interview)["slips"] != before


def test_a_file_that_does_not_open_is_set_aside_and_not_lost(room: Room) -> None:
    room.notes_file().write({"slips": []})
    assert room.notes_file().read() == {"slips": []}
    path = notes_folder(room.spool) / INTERVIEW
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert room.notes_file().read() == {}
    assert [one.name for one in notes_folder(room.spool).iterdir()] == [f"{INTERVIEW}.unreadable"]
    assert PendingNotesFile(room.spool, INTERVIEW, b"\x01" * 32).read() == {}, (
        "and another machine's key opens none"
    )


def test_what_is_left_of_interviews_that_are_over_is_cleared(room: Room) -> None:
    room.notes_file().write({"slips": []})
    pending_notes_file.clear(room.spool, [INTERVIEW])
    assert len(list(notes_folder(room.spool).iterdir())) == 1
    pending_notes_file.clear(room.spool, [])
    assert list(notes_folder(room.spool).iterdir()) == []


async def settled(room: Room) -> None:
    """Until what waited is durable."""
    async with asyncio.timeout(PATIENCE):
        while room.interview.notes.waiting:
            room.interview.tick()
            await asyncio.sleep(0.01)
