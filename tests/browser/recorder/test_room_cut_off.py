"""A room whose cable is out records on: what the center lost is brought in, and nothing of a break."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.centers.interview_pages import MICROSECONDS, Interview
from tests.support.centers.running_center import RunningCenter
from tests.support.centers.safety_recordings import (
    brought_in,
    covers,
    keeps,
    keeps_on,
    kept,
    stretches,
    ticket,
)
from tests.support.patience import wait_until
from tests.support.servers.chromium import EXECUTABLE

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

PROGRAM = EXECUTABLE  # a camera or a cable that is lost does not come back in the small one
Machine = Callable[..., BrowserContext]
LONGER_THAN_A_FRAGMENT = 1500  # ms
REMEMBER_LINES = """
    window.lines = [];
    for (const name of ["RTCPeerConnection", "EventSource"]) {
        const Real = window[name];
        window[name] = class extends Real {
            constructor(...all) { super(...all); window.lines.push(this); }
        };
    }
"""


@pytest.fixture(scope="module")
def recording(center: RunningCenter, lasting_machine: Machine, lasting_errors: list[str]) -> Interview:
    """An interview that is being recorded, in a room whose cable can be pulled (`cut_off`). Each test that
    uses it leaves it recording."""

    def make(**more: Any) -> BrowserContext:
        context = lasting_machine(**more)
        context.add_init_script(REMEMBER_LINES)
        return context

    interview = Interview(center, make, lasting_errors)
    interview.begin()
    return interview


@contextmanager
def cut_off(interview: Interview) -> Iterator[tuple[str, int]]:
    """The room's cable is out: no request gets through, no picture, and nothing on a line that stood.

    The block runs once the room has recorded for a while by itself. Its value is the id of that safety
    recording, and when the cut began, in µs on the part's timeline. Afterwards it is brought in.
    """
    since: int = interview.status["elapsed"]
    interview.capture.set_offline(True)
    try:
        interview.room.evaluate("for (const line of window.lines) line.close()")
        expect(interview.room.locator("#room-word")).to_have_text("Recording on this machine only")
        interview.console.wait_for_timeout(LONGER_THAN_A_FRAGMENT)
        safety = keeps_on(interview.room)
        yield safety, since
    finally:
        interview.capture.set_offline(False)


def test_what_a_cut_cable_lost_is_brought_in_while_the_part_goes_on(
    center: RunningCenter, recording: Interview
) -> None:
    part = recording.status["evidence"]
    keeps(recording)
    with cut_off(recording) as (safety, since):
        before = kept(recording.room)
    brought_in(recording, safety)
    recording.expect_state("recording", "green")
    assert recording.status["evidence"] == part, "the same part goes on"
    epoch = datetime.fromisoformat(ticket(center, part)["epoch"])
    cut = epoch + timedelta(microseconds=since)
    recorded = stretches(center, part, 1, records=center.live_records(recording.id))
    begins, ends = max(
        ((one[1], after[0]) for one, after in itertools.pairwise(recorded) if after[0] > cut),
        key=lambda gap: gap[1] - gap[0],
    )
    assert ends - begins > timedelta(milliseconds=LONGER_THAN_A_FRAGMENT)
    assert covers(center, safety, begins, ends)
    wait_until(lambda: not set(before) & set(kept(recording.room)))


def test_a_break_taken_while_the_room_was_cut_off_is_not_brought_in(recording: Interview) -> None:
    keeps(recording)
    with cut_off(recording) as (safety, since):
        recording.take_break("privileged")
        recording.console.wait_for_timeout(2 * LONGER_THAN_A_FRAGMENT)
        assert kept(recording.room), "it cannot know of the break, and records on"
    try:
        brought_in(recording, safety)
        ends_at_the_break(recording, safety, since)
    finally:
        recording.end_break()  # the next tests need it recording
    recording.expect_state("recording", "green")


def ends_at_the_break(interview: Interview, safety: str, since: int) -> None:
    """It has what was before the break that began after the cut (`since`), and nothing of the break."""
    center, status = interview.center, interview.status
    epoch = datetime.fromisoformat(ticket(center, status["evidence"])["epoch"])
    at = min(one["at"] for one in status["entries"] if one["type"] == "break" and one["at"] > since)
    for track in (1, 2):
        ends = (stretches(center, safety, track)[-1][1] - epoch) / timedelta(seconds=1 / MICROSECONDS)
        assert since < ends <= at, "what came after was cut off before it left the room"


@pytest.mark.repeats  # the next test: the same, where the page died as well
def test_a_break_that_was_over_before_the_room_heard_of_it_is_not_brought_in(recording: Interview) -> None:
    keeps(recording)
    with cut_off(recording) as (safety, since):
        with recording.on_break("privileged"):
            recording.console.wait_for_timeout(2 * LONGER_THAN_A_FRAGMENT)
        assert kept(recording.room), "it cannot know of the break, and records on"
    brought_in(recording, safety)
    ends_at_the_break(recording, safety, since)
    recording.expect_state("recording", "green")


def test_what_a_page_that_died_kept_of_a_break_it_could_not_hear_of_is_not_brought_in(
    recording: Interview,
) -> None:
    keeps(recording)
    with cut_off(recording) as (safety, since):
        with recording.on_break("privileged"):
            recording.console.wait_for_timeout(2 * LONGER_THAN_A_FRAGMENT)
        recording.room.close()
    recording.room = recording.capture.new_page()
    recording.enter_room()
    recording.expect_state("recording", "green")
    brought_in(recording, safety)
    ends_at_the_break(recording, safety, since)


def test_what_a_page_that_died_had_kept_is_brought_in_by_the_next_one(
    center: RunningCenter, recording: Interview
) -> None:
    part = recording.status["evidence"]
    safety = keeps(recording)
    recording.reenter_room()
    recording.expect_state("recording", "green")
    brought_in(recording, safety)
    assert ticket(center, safety)["beside"] == part
