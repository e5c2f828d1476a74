"""An interview in two browsers: the capture machine in the room, the prosecutor's console next door.

How soon a loss is seen, and what a killed process costs, is measured in `tests/unit/recorder` with a clock of
its own and in `tests/faults`; here it is shown what the pages say and what is in the recording afterwards.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.centers.interview_pages import MICROSECONDS, Interview
from tests.support.centers.running_center import RunningCenter
from tests.support.momentary import Shown
from tests.support.patience import wait_until
from tests.support.servers.chromium import EXECUTABLE

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

PROGRAM = EXECUTABLE  # a camera or a cable that is lost does not come back in the small one
Machine = Callable[..., BrowserContext]
TRACKS = {1: "wide", 2: "close", 3: "microphone"}
PREVIEWED = """() => ["wide", "close"].every((camera) => {
    const seen = document.getElementById(`preview-${camera}`);
    return seen.getContext("2d").getImageData(5, seen.height - 5, 1, 1).data[3] === 255;
})"""
PICTURE = 200_000
"""µs that a picture may last which was shown when a break began."""
PULL_THE_CLOSE_CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotReadableError"));
    document.getElementById("close-picture").srcObject.getTracks().forEach((track) => {
        track.stop();
        track.dispatchEvent(new Event("ended"));
    });
}"""
"""Its track ends, and nothing replaces it."""
# Where the page hears nothing of the recorder for a second, its fields take no letter: all of it in one turn.
MARK_WITH_A_WORD = """word => {
    if (document.getElementById("mark").disabled) return false;
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "m", code: "KeyM", bubbles: true }));
    document.execCommand("insertText", false, word);
    document.getElementById("mark-form").requestSubmit();
    return true;
}"""
MARK_IN_THE_FIELD = """() => {
    const field = document.getElementById("mark-text");
    if (field.disabled) return false;
    field.focus();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "m", code: "KeyM", bubbles: true }));
    document.execCommand("insertText", false, "m");
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true }));
    return true;
}"""


@pytest.fixture(scope="module")
def recording(center: RunningCenter, lasting_machine: Machine, lasting_errors: list[str]) -> Interview:
    """An interview that is being recorded. Each test that uses it leaves it so."""
    interview = Interview(center, lasting_machine, lasting_errors)
    interview.begin()
    return interview


def shows(console: Page, element: str, until: float) -> None:
    """Wait until the console's picture (or sound) has come to this moment of the recording, in seconds."""
    console.wait_for_function(
        "([id, until]) => document.getElementById(id).currentTime >= until", arg=[element, until]
    )


def marks(interview: Interview) -> list[str]:
    """The words of the marks, in the order in which they were made."""
    return [one["text"] for one in interview.entries if one["type"] == "mark"]


def media(records: list[dict[str, Any]]) -> dict[int, list[tuple[int, int]]]:
    """By track, where each fragment begins and ends, in µs."""
    return {
        track: [
            (one["start"], one["start"] + one["duration"])
            for one in records
            if (one["track"], one["kind"]) == (track, "media")
        ]
        for track in TRACKS
    }


@contextmanager
def without(store: Path) -> Iterator[None]:
    """The disk with this store is unplugged."""
    away = store.rename(store.with_name("unplugged"))
    try:
        yield
    finally:
        away.rename(store)


def test_an_interview_is_recorded_watched_and_sealed_and_a_copy_that_was_away_catches_up_in_order(
    center: RunningCenter,
    full_size_machine: Machine,
    errors: list[str],
    check: Callable[[Page], None],
    shots: Callable[[Page, str], None],
) -> None:
    interview = Interview(center, full_size_machine, errors)
    console, room = interview.console, interview.room
    waiting = console.locator("#waiting")
    expect(console.locator("#safety")).to_contain_text("Nothing is recorded yet")
    console.wait_for_function(PREVIEWED)  # what both cameras see, before anything is recorded
    with without(center.second_copy):
        evidence = interview.begin()
        expect(waiting).to_contain_text("the disk lasts for")

        # The room shows the time and one sign; there is nothing in it to press.
        expect(room.locator("#room-word")).to_have_text("Recording")
        assert room.locator("button:visible, select:visible, a:visible, video:visible").count() == 0
        check(room)

        # Marks and people, from the keyboard.
        console.wait_for_function(MARK_WITH_A_WORD, arg="the door")
        interview.press("p")
        console.fill("#person-who", "R. K.")
        console.click("#person-dialog .primary")
        expect(console.locator("#entries")).to_contain_text("the door")
        interview.press("m")
        console.wait_for_function(MARK_IN_THE_FIELD)
        wait_until(lambda: marks(interview) == ["", "", ""])
        first = console.locator(".entry-mark").last
        expect(first.locator(".entry-words")).to_contain_text("the door")
        console.click("#tab-journal")
        first.locator("button").click()
        expect(console.locator("#mark-words")).to_have_value("the door")
        console.fill("#mark-words", "the back door")
        check(console)
        console.click("#mark-dialog .primary")
        expect(first.locator(".entry-words")).to_contain_text("the back door")
        corrected = [one for one in interview.entries if one["type"] == "mark.corrected"]
        assert [(one["was"], one["text"]) for one in corrected] == [
            ("", "the door"),
            ("the door", "the back door"),
        ]
        expect(console.locator("#present")).to_contain_text("R. K.")

        # The console reads back what is durable, and comes to what is recorded now.
        now = interview.status["elapsed"] / MICROSECONDS
        for element in ("film-wide", "film-close", "film-microphone"):
            shows(console, element, now)
        assert console.evaluate("document.getElementById('film-close').videoWidth") == 1280

        with interview.on_break("privileged"):
            interview.expect_state("break", "amber")
            expect(room.locator("#room-word")).to_have_text("Break")
            expect(console.locator("#break-clock")).to_contain_text(
                re.compile(r"Break for \d\d:\d\d:\d\d, since \d\d:\d\d:\d\d")
            )
            console.wait_for_timeout(2000)  # longer than a fragment
        interview.expect_state("recording", "green")
        expect(console.locator("#break-clock")).to_be_hidden()
        expect(console.locator("#entries")).to_contain_text(
            re.compile(r"Break: privileged conversation\s*It lasted \d\d:\d\d:\d\d")
        )

        told = re.compile(r"The second copy has not answered since [\d:]+\. \d\d:\d\d:\d\d of this recording")
        expect(waiting).to_contain_text(told)
        expect(console.locator("#safety")).to_contain_text(re.compile(r"first copy \d\d:\d\d:\d\d"))
        interview.expect_state("recording", "green")
        shots(console, "copy-away")
        breaks = {one["type"]: one["at"] for one in interview.entries}
        interview.records(0.5)
    interview.stop()
    expect(room.locator("#room-word")).to_have_text("The recording has ended")
    room.close()

    records = center.index(evidence)
    for track, fragments in media(records).items():
        name = TRACKS[track]
        begins, ends = breaks["break"] + PICTURE, breaks["resume"]
        assert not [one for one in fragments if one[0] < ends and begins < one[1]], name
        assert [one for one in fragments if one[1] <= begins], f"{name}: nothing before the break"
        assert [one for one in fragments if one[0] >= ends], f"{name}: nothing after the break"
        assert next(one for one in records if (one["track"], one["kind"]) == (track, "media"))["key"]
    console.wait_for_selector("#safety :text('second copy complete')")
    expect(waiting).to_be_hidden()
    *segments, index, manifest = center.carried(evidence)
    assert len(segments) >= 2
    assert (segments, index, manifest) == (sorted(segments), "index", "manifest")
    console.click("#after-evidence")
    expect(console).to_have_url(re.compile(f"/evidence/{evidence}$"))


def test_a_device_that_both_cameras_are_set_to_is_named_and_the_microphone_goes_on(
    center: RunningCenter, machine: Machine, errors: list[str]
) -> None:
    interview = center.open_interview()
    room, refused = machine().new_page(), list[str]()
    room.on("pageerror", lambda error: errors.append(str(error)))
    room.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    room.goto(f"{center.address}/interviews/{interview}/room")
    room.select_option("#close-device", label="None")
    expect(room.locator("#close-state")).to_have_text("Not used")
    room.select_option("#close-device", label="fake_device_0")
    trouble = room.locator("#trouble")
    expect(trouble).to_contain_text(re.compile("Both cameras are set to .*fake_device_0"))
    wait_until(lambda: center.status(interview)["sound"]["flowing"])
    expect(room.locator("#wide-state")).to_have_text("Connected")
    expect(trouble).to_be_visible()

    # The microphone alone is not offered again and again: the recorder takes it with the wide camera only.
    room.select_option("#wide-device", label="None")
    expect(trouble).to_contain_text("The wide camera and the microphone are sent together")
    expect(room.locator("#close-state")).to_have_text("Connected")
    expect(room.locator("#wide-state")).to_have_text("Not used")
    room.select_option("#wide-device", label="fake_device_2")
    expect(trouble).to_be_hidden()
    assert refused == []
    room.close()


def test_practice_is_recorded_and_watched_and_leaves_nothing(
    center: RunningCenter, machine: Machine, errors: list[str]
) -> None:
    interview = Interview(center, machine, errors, practice=True)
    evidence = interview.begin()
    expect(interview.console.locator("#state")).to_contain_text("Practice: this never becomes evidence")
    shows(interview.console, "film-wide", 1)
    assert list(center.settings.spool.glob(f"writers/*/practice/{evidence}"))
    interview.stop()
    # And so it stays, when the recorder is gone and the page is opened anew.
    wait_until(lambda: interview.id not in center.processes["recorders"])
    for again in (False, True):
        if again:
            interview.console.reload()
        expect(interview.console.locator("#state-word")).to_have_text("Practice over")
        expect(interview.console.locator("#after-title")).to_have_text("The practice is over")
        expect(interview.console.locator("#safety")).to_be_empty()
    assert not list(center.settings.spool.glob("writers/*/practice/*"))
    assert not center.folder(evidence).exists()


def test_without_consent_to_begin_takes_a_decision_with_a_reason(
    center: RunningCenter, machine: Machine, errors: list[str], check: Callable[[Page], None]
) -> None:
    interview = Interview(center, machine, errors, consent=False)
    console = interview.console
    expect(console.locator("#checks")).to_contain_text("has not been asked for consent to recording")
    expect(console.locator("#begin-hint")).to_have_text("You can begin, but not everything is OK.")
    console.click("#begin")
    expect(console.locator("#begin-lacks")).to_contain_text("has not been asked for consent")
    check(console)
    if folder := os.environ.get("PICTURES"):
        console.screenshot(path=f"{folder}/begin-without-consent.png")
    console.click("#begin-dialog .grave")  # without a reason nothing happens
    expect(console.locator("#begin-dialog")).to_be_visible()
    console.fill("#begin-reason", "ordered by the court")
    console.click("#begin-dialog .grave")
    console.wait_for_selector('#console[data-state="recording"]')
    interview.stop()
    history = center.prosecutor.get(
        f"/cases/{interview.case}/history", headers={"accept-language": "en"}
    ).text
    assert "decided to record although the person had not been asked for consent to it" in history


def test_a_lost_room_is_seen_and_comes_back_into_the_same_part(recording: Interview) -> None:
    evidence, console = recording.status["evidence"], recording.console
    recording.room.close()
    recording.expect_state("recording", "red")
    expect(console.locator("#state-word")).to_have_text("Not recording")
    expect(console.locator("#losses")).to_contain_text("Nothing is being recorded.")
    # The click on Begin has unlocked the tone, so it is sounding.
    expect(console.locator("#tone")).to_be_visible()

    recording.room = recording.capture.new_page()
    recording.enter_room()
    recording.expect_state("recording", "green")
    expect(recording.room.locator("#room-word")).to_have_text("Recording")
    expect(console.locator("#losses .panel-red")).to_have_count(0)
    assert recording.status["evidence"] == evidence
    expect(console.locator("#entries")).to_contain_text("The wide camera back")


def test_one_lost_camera_is_named_while_the_others_go_on(recording: Interview) -> None:
    recording.room.evaluate(PULL_THE_CLOSE_CAMERA)
    recording.expect_state("recording", "red")
    expect(recording.console.locator("#state-word")).to_have_text("Camera lost")
    expect(recording.console.locator("#losses")).to_contain_text("The close camera is lost.")
    wait_until(lambda: recording.status["cameras"]["wide"]["flowing"])
    recording.reenter_room()
    recording.expect_state("recording", "green")


def test_a_session_ended_elsewhere_is_said_and_the_recording_goes_on(
    center: RunningCenter, machine: Machine, recording: Interview
) -> None:
    elsewhere = center.sign_in_again()
    watching = machine()
    watching.add_cookies(center.cookies_of(elsewhere))  # type: ignore[arg-type]
    page = watching.new_page()
    page.goto(f"{recording.address}/console")
    expect(page.locator("#state-word")).to_have_text("Recording")

    elsewhere.post("/sign-out")
    expect(page.locator("#state-word")).to_have_text("Signed out")
    expect(page.locator("#losses")).to_contain_text("The recording continues without it")
    expect(page.locator("#stop")).to_be_disabled()
    recording.expect_state("recording", "green")

    watching.add_cookies(center.cookies)  # type: ignore[arg-type]
    expect(page.locator("#state-word")).to_have_text("Recording")


def test_a_dead_web_process_is_seen_and_the_recording_goes_on_without_it(
    center: RunningCenter, recording: Interview
) -> None:
    before = recording.status
    word = Shown(recording.console.locator("#state-word"))
    colour = Shown(recording.console.locator("#console"), "data-colour")
    center.kill("web")
    word.once("No connection")
    colour.once("red")
    recording.expect_state("recording", "green")
    after = recording.status
    assert after["evidence"] == before["evidence"]
    shows(recording.console, "film-wide", after["elapsed"] / MICROSECONDS)
    for track, fragments in media(center.live_records(recording.id)).items():
        assert [one for one in fragments if before["elapsed"] < one[0] and one[1] < after["elapsed"]], (
            f"nothing of {TRACKS[track]} was recorded meanwhile"
        )
