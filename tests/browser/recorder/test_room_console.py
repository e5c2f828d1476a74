"""An interview in two browsers: the capture machine in the room, the prosecutor's console next door."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.centers.running_center import RunningCenter, patiently

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]

Machine = Callable[..., BrowserContext]


class Interview:
    """One interview with its two pages open and both cameras chosen."""

    def __init__(self, center: RunningCenter, machine: Machine, errors: list[str], practice: bool = False):
        self.center = center
        self.id = center.open_interview(practice)
        self.address = f"{center.address}/interviews/{self.id}"
        self.console = machine().new_page()
        self.capture = machine()
        self.room = self.capture.new_page()
        for page in (self.console, self.room):
            page.on("pageerror", lambda error: errors.append(str(error)))
        self.console.goto(f"{self.address}/console")
        self.enter_room()
        self.room.select_option("#close-device", label="fake_device_2")

    def enter_room(self) -> None:
        self.room.goto(f"{self.address}/room")

    def expect_state(self, state: str, colour: str, within: float = 15) -> None:
        selector = f'#console[data-state="{state}"][data-colour="{colour}"]'
        self.console.wait_for_selector(selector, timeout=1000 * within)

    def begin(self) -> str:
        """Record; the evidence id of the part."""
        self.expect_state("checked", "green", 30)
        self.console.click("#begin")
        self.expect_state("recording", "green")
        return str(self.center.status(self.id)["evidence"])

    def stop(self) -> None:
        self.console.click("#stop")
        self.console.click("#stop-dialog .grave")
        self.expect_state("sealed", "green")

    def seconds(self, number: float) -> None:
        self.console.wait_for_timeout(1000 * number)


@pytest.fixture
def interview(center: RunningCenter, machine: Machine, errors: list[str]) -> Interview:
    return Interview(center, machine, errors)


def picture_gaps(records: list[dict[str, Any]]) -> list[int]:
    """Between each two fragments of the wide camera, in µs."""
    pictures = [one for one in records if one["track"] == 1 and one["kind"] == "media"]
    return [
        after["start"] - before["start"] - before["duration"]
        for before, after in itertools.pairwise(pictures)
    ]


def shown_at(console: Page, element: str) -> float:
    """Where in the recording the console's picture (or sound) is, in seconds."""
    return float(console.evaluate(f"document.getElementById('{element}').currentTime"))


def test_two_cameras_and_a_microphone_are_recorded_watched_and_sealed(interview: Interview) -> None:
    console, room = interview.console, interview.room
    expect(console.locator("#safety")).to_contain_text("Nothing is recorded yet")
    evidence = interview.begin()

    # The room shows the time and one sign; there is nothing in it to press.
    expect(room.locator("#room-word")).to_have_text("Recording")
    assert room.locator("button:visible, select:visible, a:visible, video:visible").count() == 0

    # The console reads back what is durable, not more than three seconds late.
    interview.seconds(6)
    status = interview.center.status(interview.id)
    for element in ("film-wide", "film-close", "film-microphone"):
        assert status["elapsed"] / 1e6 - shown_at(console, element) < 3.0
    assert console.evaluate("document.getElementById('film-close').videoWidth") == 1280

    # Marks and people, from the keyboard.
    console.keyboard.press("m")
    console.keyboard.type("the door")
    console.keyboard.press("Enter")
    console.keyboard.press("p")
    console.fill("#person-who", "R. K.")
    console.click("#person-dialog .primary")
    expect(console.locator("#entries")).to_contain_text("the door")
    expect(console.locator("#present")).to_contain_text("R. K.")

    interview.seconds(10)
    expect(console.locator("#safety")).to_contain_text(re.compile(r"first copy 00:00:\d\d"))
    interview.stop()
    expect(room.locator("#room-word")).to_have_text("The recording has ended")

    records = interview.center.index(evidence)
    media = {
        track: [one for one in records if one["track"] == track and one["kind"] == "media"]
        for track in (1, 2, 3)
    }
    for track, fragments in media.items():
        lasted = fragments[-1]["start"] + fragments[-1]["duration"] - fragments[0]["start"]
        assert lasted > 14_000_000, f"track {track}"
        assert fragments[0]["key"]
    console.wait_for_selector("#safety :text('second copy complete')", timeout=15_000)
    console.click("#after-evidence")
    expect(console).to_have_url(re.compile(f"/evidence/{evidence}$"))


def test_nothing_is_recorded_in_a_break_and_the_pictures_stand_for_it(interview: Interview) -> None:
    evidence = interview.begin()
    interview.seconds(3)
    interview.console.keyboard.press("b")
    interview.console.check("#break-form [value=privileged]")
    interview.console.click("#break-dialog .primary")
    interview.expect_state("break", "amber")
    expect(interview.room.locator("#room-word")).to_have_text("Break")
    interview.seconds(3)
    interview.console.keyboard.press("b")
    interview.expect_state("recording", "green")
    interview.seconds(3)
    interview.stop()

    records = interview.center.index(evidence)
    pictures = [one for one in records if one["track"] == 1 and one["kind"] == "media"]
    gaps = [
        after["start"] - before["start"] - before["duration"]
        for before, after in itertools.pairwise(pictures)
    ]
    assert 2_500_000 < max(gaps) < 5_000_000
    expect(interview.console.locator("#entries")).to_contain_text("Break: privileged conversation")


def test_a_lost_room_is_seen_within_two_seconds_and_comes_back_into_the_same_part(
    interview: Interview,
) -> None:
    evidence = interview.begin()
    interview.seconds(2)
    lost = time.monotonic()
    interview.room.close()
    interview.expect_state("recording", "red", 5)
    assert time.monotonic() - lost < 2.0
    expect(interview.console.locator("#state-word")).to_have_text("Not recording")
    expect(interview.console.locator("#losses")).to_contain_text("Nothing is being recorded.")
    # The click on Begin has unlocked the tone, so it is sounding.
    expect(interview.console.locator("#tone")).to_be_visible()

    interview.room = interview.capture.new_page()
    interview.enter_room()
    interview.expect_state("recording", "green")
    expect(interview.room.locator("#room-word")).to_have_text("Recording")
    expect(interview.console.locator("#losses")).to_be_empty()
    assert interview.center.status(interview.id)["evidence"] == evidence
    expect(interview.console.locator("#entries")).to_contain_text("The wide camera back")
    interview.seconds(2)
    interview.stop()


def test_one_lost_camera_is_named_while_the_others_go_on(interview: Interview) -> None:
    interview.begin()
    interview.seconds(1)
    # The camera's cable is pulled: its track ends, and nothing replaces it.
    interview.room.evaluate("""() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotReadableError"));
        document.getElementById("close-picture").srcObject.getTracks().forEach((track) => {
            track.stop();
            track.dispatchEvent(new Event("ended"));
        });
    }""")
    lost = time.monotonic()
    interview.expect_state("recording", "red", 5)
    assert time.monotonic() - lost < 2.0
    expect(interview.console.locator("#state-word")).to_have_text("Camera lost")
    expect(interview.console.locator("#losses")).to_contain_text("The close camera is lost.")
    assert interview.center.status(interview.id)["cameras"]["wide"]["flowing"]


def test_a_recorder_that_dies_costs_seconds_and_the_interview_goes_on_in_a_new_part(
    interview: Interview,
) -> None:
    first = interview.begin()
    interview.seconds(4)
    interview.center.kill("recorder", interview.id)
    died = time.monotonic()
    interview.console.wait_for_selector('#console[data-colour="red"]', timeout=5000)
    assert time.monotonic() - died < 2.0
    interview.expect_state("recording", "green", 20)
    second = interview.center.status(interview.id)["evidence"]
    assert second != first
    assert interview.center.status(interview.id)["part"] == 2
    expect(interview.console.locator("#refused")).to_contain_text("A new part has begun by itself.")

    patiently(lambda: (interview.center.folder(first) / "manifest").exists())
    lengths = [one["start"] + one["duration"] for one in interview.center.index(first)]
    assert max(lengths) > 2_000_000, "more than two seconds before the end are missing"
    interview.console.click("#refused-close")
    interview.stop()


def test_a_dead_web_process_is_seen_within_two_seconds_and_the_recording_goes_on_without_it(
    interview: Interview,
) -> None:
    evidence = interview.begin()
    interview.seconds(2)
    interview.center.kill("web")
    died = time.monotonic()
    interview.console.wait_for_selector('#console[data-colour="red"]', timeout=5000)
    assert time.monotonic() - died < 2.5
    expect(interview.console.locator("#state-word")).to_have_text("No connection")
    interview.expect_state("recording", "green", 20)
    interview.seconds(3)
    status = interview.center.status(interview.id)
    assert status["evidence"] == evidence
    assert status["elapsed"] / 1e6 - shown_at(interview.console, "film-wide") < 4.0
    interview.stop()
    pictures = [
        one for one in interview.center.index(evidence) if one["track"] == 1 and one["kind"] == "media"
    ]
    gaps = [
        after["start"] - before["start"] - before["duration"]
        for before, after in itertools.pairwise(pictures)
    ]
    assert max(gaps) < 100_000


def test_a_session_ended_elsewhere_is_said_and_the_recording_goes_on(
    center: RunningCenter, machine: Machine, interview: Interview
) -> None:
    interview.begin()
    elsewhere = center.sign_in_again()
    watching = machine()
    watching.add_cookies(center.cookies_of(elsewhere))  # type: ignore[arg-type]
    page = watching.new_page()
    page.goto(f"{interview.address}/console")
    expect(page.locator("#state-word")).to_have_text("Recording")

    elsewhere.post("/sign-out")
    expect(page.locator("#state-word")).to_have_text("Signed out", timeout=10_000)
    expect(page.locator("#losses")).to_contain_text("The recording goes on without it")
    expect(page.locator("#stop")).to_be_disabled()
    interview.expect_state("recording", "green")

    watching.add_cookies(center.cookies)  # type: ignore[arg-type]
    expect(page.locator("#state-word")).to_have_text("Recording", timeout=10_000)
    interview.stop()


def test_a_copy_that_is_away_is_told_with_what_waits_for_it_and_catches_up_in_order(
    interview: Interview, shots: Callable[[Page, str], None]
) -> None:
    waiting, store = interview.console.locator("#waiting"), interview.center.second_copy
    away = store.rename(store.with_name("unplugged"))
    try:
        evidence = interview.begin()
        expect(waiting).to_contain_text("the disk lasts for")
        told = re.compile(r"The second copy does not answer since [\d:]+\. 00:00:\d\d of this recording")
        expect(waiting).to_contain_text(told, timeout=20_000)
        expect(interview.console.locator("#safety")).to_contain_text("first copy 00:00", timeout=20_000)
        interview.expect_state("recording", "green")
        shots(interview.console, "copy-away")
    finally:
        away.rename(store)
    interview.stop()
    interview.console.wait_for_selector("#safety :text('second copy complete')", timeout=40_000)
    expect(waiting).to_be_hidden()
    *segments, index, manifest = interview.center.carried(evidence)
    assert len(segments) >= 2
    assert (segments, index, manifest) == (sorted(segments), "index", "manifest")


def test_practice_is_recorded_and_watched_and_leaves_nothing(
    center: RunningCenter, machine: Machine, errors: list[str]
) -> None:
    interview = Interview(center, machine, errors, practice=True)
    evidence = interview.begin()
    expect(interview.console.locator("#state")).to_contain_text("Practice: this never becomes evidence")
    interview.seconds(4)
    assert shown_at(interview.console, "film-wide") > 1.0
    assert (center.settings.spool / "practice" / evidence).exists()
    interview.stop()
    # And so it stays, when the recorder is gone and the page is opened anew.
    interview.seconds(3)
    for again in (False, True):
        if again:
            interview.console.reload()
        expect(interview.console.locator("#state-word")).to_have_text("Practice over")
        expect(interview.console.locator("#after-title")).to_have_text("The practice is over")
        expect(interview.console.locator("#safety")).to_be_empty()
    assert not list((center.settings.spool / "practice").iterdir())
    assert not center.folder(evidence).exists()


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("width", [1280, 800])
def test_pages_fit_their_window_in_both_directions(
    center: RunningCenter, machine: Machine, language: str, width: int, errors: list[str]
) -> None:
    interview = center.open_interview()
    page = machine(language, width).new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name in ("console", "room"):
        page.goto(f"{center.address}/interviews/{interview}/{name}")
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        assert "{" not in page.locator("main").inner_text()
