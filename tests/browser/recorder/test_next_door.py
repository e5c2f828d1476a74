"""An interview with the others next door: observers, the console, the interviewer's tablet in the room."""

from __future__ import annotations

import io
import re
import statistics
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.support.centers.case_forms import give_case
from tests.support.centers.next_door import WELL, NextDoor, said_by_the_package
from tests.support.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

SHOWN = "document.getElementById('film-wide').currentTime"


def delays(next_door: NextDoor, samples: int) -> list[float]:
    """How far the picture next door is behind what happens, in seconds; rather too much than too little."""
    found = []
    for _ in range(samples):
        shown = next_door.watching.evaluate(SHOWN)
        found.append(next_door.center.status(next_door.id)["elapsed"] / 1e6 - float(shown))
        next_door.watching.wait_for_timeout(100)
    return found


def test_a_question_goes_all_the_way_and_is_in_the_sealed_record(
    next_door: NextDoor, tmp_path: Path, check: Callable[[Page], None]
) -> None:
    console, tablet, watching = next_door.console, next_door.tablet, next_door.watching

    # The checklist moves when the room connects. A click misses a box that moves between press and release.
    console.wait_for_selector(WELL.format("checked"))

    # An item of the checklist is ticked before the beginning: it enters the record with it.
    console.click("#tab-protocol")
    console.select_option("#protocol-choice", "child")
    console.fill("#note-wish", "may be recorded")
    console.check("#tick-wish")
    expect(console.locator("#protocol-count")).to_have_text("1 / 16")
    console.click("#phase-introduction")
    expect(console.locator("#phase-introduction")).to_have_attribute("aria-pressed", "true")

    # Before the beginning a question waits, and its sender is told so.
    next_door.ask("Is the child warm enough?")
    expect(next_door.slip(watching, "warm enough")).to_contain_text("waits for the recording")
    evidence = next_door.begin()
    expect(next_door.slip(watching, "warm enough")).to_contain_text("sent")

    # Picture and sound next door, close behind.
    wait_until(lambda: watching.evaluate(SHOWN) > 2)
    expect(watching.locator("#state-word")).to_have_text("Recording")
    console.click("#tab-protocol")
    console.click("#phase-recall")
    expect(console.locator("#phase-recall")).to_have_attribute("aria-pressed", "true")
    expect(console.locator("#phase-introduction")).to_have_attribute("aria-pressed", "false")
    for page in (watching, console):  # who watches, and when, lies over each picture
        expect(page.locator(".viewer-mark").first).to_contain_text(re.compile(r"\d\d:\d\d:\d\d UTC"))

    # Observer → console → tablet → asked, and back to the observer.
    next_door.ask("Which colour was the door?")
    expect(console.locator("#slips-new")).to_have_text("2 new questions")
    expect(console.locator("#tab-questions")).to_have_text(re.compile(r"Questions\s+2"))
    console.click("#tab-questions")
    expect(next_door.slip(console, "colour")).to_contain_text("Person A")
    next_door.decide("warm enough", "Mark as read")
    expect(tablet.locator("#question")).to_be_hidden()
    next_door.decide("colour", "Show to the interviewer")
    expect(tablet.locator("#question")).to_have_text("Which colour was the door?")
    expect(next_door.slip(watching, "colour")).to_contain_text("shown to the interviewer")
    for page in (console, tablet, watching):
        check(page)
    # The recorder refuses once: that it was asked is not in the record, so it lies on the tablet again.
    refused = {"error": {"code": "spool.failed"}}
    tablet.route("**/questions/*/asked", lambda route: route.fulfill(status=507, json=refused), times=1)
    with tablet.expect_response("**/questions/*/asked"):
        tablet.click("#asked")
    expect(tablet.locator("#question")).to_have_text("Which colour was the door?")
    expect(tablet.locator("#question")).to_be_visible()
    tablet.click("#asked")
    expect(tablet.locator("#question")).to_be_hidden()
    expect(next_door.slip(watching, "colour")).to_contain_text("asked")

    # A request for a break: a line on the tablet, and answered by the break.
    watching.click("#ask-break")
    expect(tablet.locator("#break-wanted")).to_be_visible()
    expect(next_door.slip(console, "A break, please")).to_be_visible()
    console.click("#break")
    console.check("#break-form input[value=questions]")
    console.click("#break-dialog .primary")
    expect(tablet.locator("#break-wanted")).to_be_hidden()
    expect(tablet.locator("#state-word")).to_have_text("Break")
    expect(next_door.slip(watching, "A break, please")).to_contain_text("a break was taken")
    next_door.ask("Asked in the break")
    console.click("#resume")
    console.wait_for_selector(WELL.format("recording"))

    # The picture next door comes to what is recorded now.
    now = next_door.center.status(next_door.id)["elapsed"] / 1e6
    watching.wait_for_function(f"(now) => {SHOWN} >= now", arg=now)
    nothing_on_the_tablet_ends_anything(next_door)
    next_door.stop()
    expect(watching.locator("#nothing-says")).to_contain_text("over and sealed")
    expect(watching.get_by_role("link", name="Back to the case")).to_be_visible()
    # What was sent stays in sight when the recorder has ended; a page that is opened then says where it is.
    wait_until(lambda: next_door.id not in next_door.center.processes["recorders"])
    expect(next_door.slip(watching, "colour")).to_contain_text("asked")
    watching.reload()
    expect(watching.locator("#slips-kept")).to_be_visible()
    expect(watching.locator("#slips-empty")).to_be_hidden()

    told = said_by_the_package(next_door.center, evidence, tmp_path)
    for sentence in (
        r"phase of protocol child: Introduction \(said at ",
        r"phase of protocol child: Free recall\n",
        r"checklist child, done: The child's own wish .* \(may be recorded\) \(said at ",
        r"question 1 from next door, by Person A \(observer\): Is the child warm enough\? \(said at ",
        r"question 2 from next door, by Person A \(observer\): Which colour was the door\?",
        r"question 2 was shown to the interviewer",
        r"question 2 was asked: Which colour was the door\?",
        r"Person A \(observer\) next door asked for a break",
        r"question 4 from next door, by Person A \(observer\): Asked in the break",
    ):
        assert re.search(sentence, told), (sentence, told)

    # And the court page lists them among what happened.
    console.click("#after-evidence")
    console.check("input[value=review]")
    console.click("#open")
    expect(console.locator("#happened")).to_contain_text("Which colour was the door?")
    expect(console.locator("#happened .happening-phase")).to_have_count(2)
    expect(console.locator("#places .place-phase").last).to_have_attribute("title", re.compile("Free recall"))
    expect(console.locator("#happened")).to_contain_text("asked for a break")


def nothing_on_the_tablet_ends_anything(next_door: NextDoor) -> None:
    """It is silent, and what is pressed on it without a network is kept, said quietly, and sent later."""
    tablet = next_door.tablet
    assert tablet.locator("audio, video, form, a:visible").count() == 0
    assert tablet.locator("button:visible").all_inner_texts() == ["Open drawing sheet"]
    next_door.ask("What happened then?")
    next_door.decide("What happened then?", "Show to the interviewer")
    expect(tablet.locator("#question")).to_be_visible()
    assert tablet.locator("button:visible").all_inner_texts() == [
        *("Mark as asked", "Defer"),
        "Open drawing sheet",
    ]
    expect(tablet.locator("#later")).to_be_enabled()
    tablet.context.set_offline(True)
    tablet.click("#later")
    expect(tablet.locator("#question")).to_be_hidden()
    expect(tablet.locator("#offline")).to_be_visible()
    tablet.context.set_offline(False)
    expect(next_door.slip(next_door.watching, "What happened then?")).to_contain_text("deferred")
    expect(tablet.locator("#offline")).to_be_hidden()


def test_a_killed_recorder_loses_no_question_that_was_acknowledged(
    next_door: NextDoor, tmp_path: Path
) -> None:
    center, watching, tablet = next_door.center, next_door.watching, next_door.tablet
    console, exhibit = next_door.console, add_photograph(next_door)
    console.reload()
    first = next_door.begin()
    console.click("#tab-exhibits")
    console.click("#exhibit-show")
    expect(tablet.locator("#exhibit-picture")).to_be_visible()
    expect(console.locator("#exhibit-state")).to_have_text("The tablet shows Photograph 1.")
    next_door.ask("Said before it died")
    center.kill("recorder", next_door.id)

    # Whatever the moment: once it is acknowledged, it is in one part or the other.
    next_door.ask("Said while nothing was recorded")
    second = wait_until(
        lambda: (evidence := center.status(next_door.id)["evidence"]) not in (None, first) and evidence
    )
    next_door.console.wait_for_selector(WELL.format("recording"))
    for text in ("Said before it died", "Said while nothing was recorded"):
        expect(next_door.slip(watching, text)).to_be_visible()
    expect(tablet.locator("#exhibit-picture")).to_be_visible()
    console.click("#tab-exhibits")
    console.click("#exhibit-hide")
    expect(tablet.locator("#exhibit")).to_be_hidden()
    expect(console.locator("#exhibit-state")).to_have_text("The tablet shows no picture.")
    console.click("#tab-questions")
    next_door.decide("Said before it died", "Show to the interviewer")
    expect(tablet.locator("#question")).to_have_text("Said before it died")
    tablet.click("#asked")
    expect(next_door.slip(watching, "Said before it died")).to_contain_text("asked")
    console.click("#tab-exhibits")
    console.click("#exhibit-show")
    expect(tablet.locator("#exhibit-picture")).to_be_visible()
    next_door.stop()

    wait_until(lambda: center.prosecutor.get(f"/evidence/{first}").status_code == 200)
    told = said_by_the_package(center, first, tmp_path / "one")
    assert "Said before it died" in told
    shown = rf"photograph 1 \(evidence {exhibit}, manifest [0-9a-f]{{64}}\) was shown in the room"
    assert re.search(shown, told) and "no longer shown" not in told
    told = said_by_the_package(center, second, tmp_path / "two")
    assert re.search(r"question 2 from next door.*Said while nothing was recorded", told)
    assert "question 1 was asked: Said before it died" in told
    assert re.search(rf"00:00:00 {shown}\n", told), "it was on the tablet when the part began"
    assert f"photograph 1 (evidence {exhibit}) was no longer shown in the room" in told
    console.goto(f"{center.address}/evidence/{second}")
    console.check("input[value=review]")
    console.click("#open")
    expect(console.locator("#happened .happening-mark a").first).to_have_attribute(
        "href", f"/photographs/{exhibit}"
    )


PAINTED = """async () => {
  const picture = document.getElementById('exhibit-picture');
  picture.setAttribute('elementtiming', 'exhibit');
  window.painted = new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(performance.timeOrigin + list.getEntries()[0].renderTime))
      .observe({ type: 'element' });
  });
}"""
"""Lets the browser itself time the picture's first frame, in ms since 1970."""
REMOVED = """async () => {
  window.removed = new Promise((resolve) => {
    new MutationObserver(() => resolve(Date.now()))
      .observe(document.getElementById('exhibit'), { attributeFilter: ['hidden'] });
  });
}"""


def test_a_picture_is_in_the_record_at_the_time_of_its_frame_though_the_network_was_cut(
    next_door: NextDoor,
) -> None:
    console, tablet = next_door.console, next_door.tablet
    exhibit = add_photograph(next_door)
    console.reload()
    next_door.begin()
    console.click("#tab-exhibits")
    tablet.evaluate(PAINTED)
    reports: list[Route] = []
    tablet.route("**/exhibit/shown", lambda route: reports.append(route))  # on their way, and not there
    console.click("#exhibit-show")
    painted = tablet.evaluate("window.painted")
    wait_until(lambda: tablet.evaluate("Date.now()") > painted + 1_000 and reports)
    expect(console.locator("#exhibit-state")).to_have_text(re.compile("does not show it yet"))
    released = tablet.evaluate("Date.now()")
    for held in reports:
        held.abort()
    tablet.unroute("**/exhibit/shown")
    expect(console.locator("#exhibit-state")).to_have_text("The tablet shows Photograph 1.")
    tablet.evaluate(REMOVED)
    console.click("#exhibit-hide")
    removed = tablet.evaluate("window.removed")
    expect(console.locator("#exhibit-state")).to_have_text("The tablet shows no picture.")
    status = next_door.center.status(next_door.id)
    epoch = datetime.fromisoformat(status["epoch"]).timestamp() * 1000
    entries = [one for one in status["entries"] if one["type"].startswith("exhibit.")]
    assert [(one["type"], one["evidence"]) for one in entries] == [
        ("exhibit.shown", exhibit),
        ("exhibit.hidden", exhibit),
    ]
    shown, hidden = (epoch + one["at"] / 1000 for one in entries)
    print(f"shown: {shown - painted:.0f} ms after its frame; hidden: {hidden - removed:.0f} ms after it went")
    assert shown < released < hidden, "not when the report came"
    next_door.stop()


def add_photograph(next_door: NextDoor) -> str:
    """A nurse's photograph in the case of the interview; its id."""
    center, out = next_door.center, io.BytesIO()
    case = center.case_of(next_door.id)
    nurse = center.invite("A nurse", "examiner")
    give_case(center.prosecutor, f"/cases/{case}", "A nurse")
    Image.linear_gradient("L").resize((640, 480)).save(out, "JPEG")
    announced = {"kind": "photograph", "name": "a.jpg", "size": len(out.getvalue())}
    begun = nurse.post(f"/cases/{case}/uploads", json=announced).raise_for_status().json()["id"]
    nurse.post(f"/uploads/{begun}/pieces?offset=0", content=out.getvalue()).raise_for_status()
    return str(nurse.post(f"/uploads/{begun}/finish").raise_for_status().json()["id"])


KEEPS_UP = 15.0
"""Seconds: more would be a page that falls behind for good."""


@pytest.mark.alone  # it measures how late the page is on a machine with time to spare (docs/limitations.md)
@pytest.mark.repeats
def test_next_door_keeps_up_with_the_recording(next_door: NextDoor) -> None:
    next_door.begin()
    watching = next_door.watching
    for page in (next_door.console, next_door.tablet):  # in a center they are machines of their own
        page.goto("about:blank")
    wait_until(lambda: watching.evaluate(SHOWN) > 5)
    found = delays(next_door, 200)
    p95 = statistics.quantiles(found, n=20)[-1]
    print(f"behind: median {statistics.median(found):.2f} s, p95 {p95:.2f} s, most {max(found):.2f} s")
    assert p95 < KEEPS_UP
