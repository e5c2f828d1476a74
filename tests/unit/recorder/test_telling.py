"""What the console is told when the recorder says nothing, or is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from casework.database.models import EvidenceState, InterviewState
from recorder.pages import status_stream
from vault.copies.replicator import CopyStatus

NOW = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)


def interview(state: str = "recording", parts: int = 1, practice: bool = False) -> Any:
    part = SimpleNamespace(
        id="ee" * 16, number=parts, epoch=NOW, duration=61_000_000, state=EvidenceState.COMPLETE
    )
    return SimpleNamespace(
        id="aa" * 16,
        state=InterviewState(state),
        practice=practice,
        started_at=NOW if parts else None,
        parts=[part] * parts,
    )


class Speaker:
    """A recorder child that says what the test lets it say."""

    def __init__(self, *said: dict[str, Any], quiet: float = 0.0) -> None:
        self._said, self._quiet = said, quiet

    def status(self) -> None:
        return None

    async def statuses(self) -> AsyncIterator[dict[str, Any]]:
        for one in self._said:
            await asyncio.sleep(self._quiet)
            yield one


async def test_a_recorder_that_stays_silent_for_a_second_is_told_as_lost() -> None:
    heard = [told async for told in status_stream._of(Speaker({"a": 1}, quiet=1.3))]  # type: ignore[arg-type]
    assert heard == [None, {"a": 1}]


async def test_a_recorder_that_speaks_is_passed_on_until_it_ends() -> None:
    heard = [told async for told in status_stream._of(Speaker({"a": 1}, {"a": 2}))]  # type: ignore[arg-type]
    assert heard == [{"a": 1}, {"a": 2}]


def test_a_recorder_that_died_while_recording_is_a_loss_and_the_interview_interrupted() -> None:
    told = status_stream.complete(interview(), status_stream.gone(interview(), NOW))
    assert (told["state"], [one["code"] for one in told["losses"]]) == ("interrupted", ["recorder"])


def test_before_the_first_part_nothing_is_lost_by_a_recorder_that_is_not_there_yet() -> None:
    told = status_stream.complete(interview("opened", 0), status_stream.gone(interview("opened", 0), NOW))
    assert (told["state"], told["losses"]) == ("waiting", [])


def test_a_new_recorder_in_an_interview_that_has_begun_says_that_it_was_interrupted() -> None:
    fresh = {**status_stream.gone(interview("opened", 0)), "state": "checked", "evidence": None}
    told = status_stream.complete(interview("recording"), fresh)
    assert (told["state"], [one["code"] for one in told["losses"]]) == ("interrupted", ["interrupted"])
    assert status_stream.complete(interview("opened", 0), fresh)["state"] == "checked"


def test_after_the_seal_the_last_part_is_shown_with_its_length() -> None:
    told = status_stream.complete(interview("sealed", 2), status_stream.gone(interview("sealed", 2)))
    assert (told["state"], told["part"], told["elapsed"]) == ("sealed", 2, 61_000_000)
    assert told["losses"] == []


def test_a_practice_that_was_stopped_is_over_and_not_for_ever_being_sealed() -> None:
    practice = interview("stopped", 0, practice=True)
    assert status_stream.complete(practice, status_stream.gone(practice))["state"] == "sealed"


async def test_copies_are_told_in_time_not_in_segments_and_failing_ones_with_patience() -> None:
    asked: list[int] = []

    async def ask(op: str, **fields: Any) -> dict[str, int]:
        asked.append(fields["segments"])
        return {"until": 10_000_000 * int(fields["segments"])}

    statuses = {
        "first-copy": CopyStatus("first-copy", segments=3),
        "second-copy": CopyStatus("second-copy", segments=0, failing_since=NOW.timestamp(), waiting_bytes=9),
    }
    center: Any = SimpleNamespace(
        copies=SimpleNamespace(status=lambda _: statuses),
        stores={"first-copy": None, "second-copy": None},
        rooms=SimpleNamespace(reach=lambda _: SimpleNamespace(ask=ask)),
    )
    status = {
        "evidence": "ee" * 16,
        "state": "recording",
        "cautions": [],
        "practice": False,
        "interview": "i",
    }
    copies = status_stream.CopiesProgress(center)
    told = await copies.add(dict(status))
    await copies.add(dict(status))
    assert told["copies"] == [
        {"name": "first-copy", "until": 30_000_000, "whole": False, "waiting": 0, "away": None},
        {
            "name": "second-copy",
            "until": 0,
            "whole": False,
            "waiting": 9,
            "away": "2026-11-24T20:15:00.000Z",
        },
    ]
    assert [(one["code"], one["name"]) for one in told["cautions"]] == [("copy", "second-copy")]
    assert asked == [3], "asked once for each segment"
    assert (await copies.add({**status, "practice": True}))["copies"] == []
