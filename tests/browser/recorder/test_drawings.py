"""Drawings made in the room, on the interviewer's tablet: kept, sealed, and in the record at their moment."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.centers.next_door import WELL, NextDoor, said_by_the_package
from tests.support.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

INK = """(box) => {
  const sheet = document.getElementById('drawing-sheet');
  const { data } = sheet.getContext('2d').getImageData(...box);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] < 100 && data[at + 1] < 100) dark += 1;
  return dark;
}"""
"""How many dark points there are on a part of the sheet: x, y, width, height in its units."""
ALL = [0, 0, 1600, 1200]


def draw(tablet: Page, *places: tuple[float, float]) -> None:
    """A stroke with the mouse; places in parts of the sheet's width and height."""
    box = tablet.locator("#drawing-sheet").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    tablet.mouse.move(*points[0])
    tablet.mouse.down()
    for point in points[1:]:
        tablet.mouse.move(*point, steps=4)
    tablet.mouse.up()


def ink(tablet: Page, box: list[int] = ALL) -> int:
    return int(tablet.evaluate(INK, box))


def now(tablet: Page) -> float:
    return float(tablet.evaluate("Date.now()"))


def entered(next_door: NextDoor) -> list[dict[str, Any]]:
    status = next_door.center.status(next_door.id)
    return [one for one in status["entries"] if one["type"] == "drawing.made"]


def test_a_drawing_outlives_a_reload_and_a_cut_network_and_is_in_the_record_at_its_moment(
    next_door: NextDoor, tmp_path: Path, check: Callable[[Page], None]
) -> None:
    tablet, console = next_door.tablet, next_door.console
    evidence = next_door.begin()
    tablet.click("#draw")
    expect(tablet.locator("#drawing-keep")).to_be_disabled()
    tablet.select_option("#drawing-figure", "girl-front")
    size = "document.getElementById('drawing-sheet').toDataURL().length"
    wait_until(lambda: tablet.evaluate(size) > 20_000)  # the figure is on it
    began = now(tablet)
    draw(tablet, (0.1, 0.1), (0.3, 0.3))
    assert ink(tablet, [100, 60, 440, 360]) > 1_000
    tablet.check("[name=ink][value=blue]")
    draw(tablet, (0.1, 0.8), (0.3, 0.8))
    two = ink(tablet)
    tablet.check("[name=ink][value=black]")
    draw(tablet, (0.7, 0.1), (0.9, 0.1))
    assert ink(tablet) > two
    tablet.click("#drawing-undo")
    assert ink(tablet) == two
    tablet.click("#drawing-clear")
    assert ink(tablet) == 0
    expect(tablet.locator("#drawing-keep")).to_be_disabled()
    tablet.click("#drawing-undo")
    assert ink(tablet) == two
    draw(tablet, (0.7, 0.9), (0.9, 0.9))
    ended = now(tablet)
    drawn = ink(tablet)
    check(tablet)
    next_door.ask("What did she draw?")
    next_door.decide("What did she draw?", "Show to the interviewer")
    expect(tablet.locator("#more")).to_have_text("1 question waits")

    tablet.reload()
    expect(tablet.locator("#drawing")).to_be_visible()
    wait_until(lambda: ink(tablet) == drawn)
    expect(tablet.locator("#drawing-figure")).to_have_value("girl-front")

    tablet.context.set_offline(True)
    tablet.click("#drawing-keep")
    expect(tablet.locator("#drawing")).to_be_hidden()
    expect(tablet.locator("#drawing-sending")).to_have_text("1 drawing is being sealed")
    tablet.context.set_offline(False)
    tablet.reload()  # what was kept is sent by the page that is opened next
    expect(tablet.locator("#drawing-done")).to_contain_text("document 1")
    reported = now(tablet)
    expect(tablet.locator("#drawing-sending")).to_be_hidden()

    [event] = entered(next_door)
    epoch = datetime.fromisoformat(next_door.center.status(next_door.id)["epoch"]).timestamp() * 1000
    at = epoch + event["at"] / 1000
    print(f"entered {at - ended:.0f} ms after the last stroke, reported after {reported - ended:.0f} ms")
    assert began - 1_000 < at - event["ms"] < at < reported
    assert (event["kind"], event["number"], event["means"]) == ("document", 1, "tablet")
    tablet.click("#asked")
    tablet.click("#draw")
    assert ink(tablet) == 0, "the next sheet is a new one"
    tablet.click("#drawing-close")
    next_door.stop()
    tablet = console.context.new_page()
    tablet.goto(f"{next_door.center.address}/photographs/{event['evidence']}")
    expect(tablet.locator("h1")).to_contain_text("Document 1")
    tablet.close()

    told = said_by_the_package(next_door.center, evidence, tmp_path, event["evidence"])
    assert f"Document {event['evidence'][:8]} of case" in told
    named = rf"document 1 \(evidence {event['evidence']}, manifest {event['manifest']}\)"
    assert re.search(rf"{named} was drawn on the tablet since 00:", told), told
    console.click("#after-evidence")
    console.check("input[value=review]")
    console.click("#open")
    link = console.locator("#happened .happening-mark", has_text="A drawing was made").locator("a")
    expect(link).to_have_attribute("href", f"/photographs/{event['evidence']}")


def test_a_picture_of_a_drawing_on_paper_and_a_drawing_while_a_recorder_was_killed(
    next_door: NextDoor, tmp_path: Path
) -> None:
    tablet, center = next_door.tablet, next_door.center
    first = next_door.begin()
    tablet.click("#draw")
    draw(tablet, (0.2, 0.2), (0.8, 0.8))
    center.kill("recorder", next_door.id)
    tablet.click("#drawing-keep")
    expect(tablet.locator("#drawing-done")).to_contain_text("document 1")
    second = wait_until(
        lambda: (evidence := center.status(next_door.id)["evidence"]) not in (None, first) and evidence
    )
    next_door.console.wait_for_selector(WELL.format("recording"))
    wait_until(lambda: entered(next_door))
    tablet.click("#draw")
    paper = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).save(paper, "JPEG")
    name = {"name": "paper.jpg", "mimeType": "image/jpeg"}
    tablet.set_input_files("#drawing-paper", {**name, "buffer": paper.getvalue()})
    expect(tablet.locator("#drawing-done")).to_contain_text("document 2")
    tablet.set_input_files("#drawing-paper", {**name, "buffer": b"no picture"})
    trouble = tablet.locator("#drawing-troubles .panel")
    expect(trouble).to_contain_text("paper.jpg")
    tablet.reload()  # it is still there, and refused again
    expect(trouble).to_have_count(1)
    trouble.get_by_role("button", name="Delete from this tablet").click()
    expect(trouble).to_have_count(0)
    tablet.reload()
    expect(tablet.locator("#draw")).to_be_visible()
    expect(trouble).to_have_count(0)
    means = [(one["means"], one["number"], "ms" in one) for one in entered(next_door)]
    assert means == [("tablet", 1, True), ("paper", 2, False)]
    next_door.stop()
    told = said_by_the_package(center, second, tmp_path)
    assert re.search(r"document 1 \(.*\) was drawn on the tablet", told), told
    assert re.search(r"document 2 \(.*\) is a picture of a drawing on paper, taken here", told), told


def test_a_pen_writes_by_its_pressure_and_a_resting_hand_not_at_all(next_door: NextDoor) -> None:
    tablet = next_door.tablet
    tablet.click("#draw")
    box = tablet.locator("#drawing-sheet").bounding_box()
    assert box is not None
    devtools = tablet.context.new_cdp_session(tablet)

    def pen(force: float, height: float) -> int:
        before, y = ink(tablet), box["y"] + height * box["height"]
        for kind, x in (("mousePressed", 0.2), ("mouseMoved", 0.8), ("mouseReleased", 0.8)):
            place = {"x": box["x"] + x * box["width"], "y": y, "force": force}
            more = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
            devtools.send("Input.dispatchMouseEvent", {"type": kind, **place, **more})
        return ink(tablet) - before

    assert pen(0.1, 0.2) < pen(0.9, 0.4)
    drawn = ink(tablet)
    touch = {"x": box["x"] + 20, "y": box["y"] + 20}
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [touch]})
    devtools.send(
        "Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{**touch, "x": touch["x"] + 90}]}
    )
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert ink(tablet) == drawn


def test_a_drawing_that_comes_after_the_end_is_sealed_and_the_tablet_says_that_the_record_lacks_it(
    next_door: NextDoor,
) -> None:
    tablet, console = next_door.tablet, next_door.console
    next_door.begin()
    tablet.click("#draw")
    draw(tablet, (0.2, 0.2), (0.8, 0.8))
    tablet.context.set_offline(True)
    tablet.click("#drawing-keep")
    console.click("#stop")
    console.click("#stop-dialog .grave")
    console.wait_for_selector(WELL.format("sealed"))
    tablet.context.set_offline(False)
    trouble = tablet.locator("#drawing-troubles .panel")
    expect(trouble).to_contain_text("sealed as document 1 of the case. The record does not name it")
    trouble.get_by_role("button", name="Close message").click()
    expect(trouble).to_have_count(0)
    tablet.reload()
    expect(tablet.get_by_role("link", name="Back to the case")).to_be_visible()
    expect(tablet.locator("#drawing-sending")).to_be_hidden()
    for page in (next_door.room, tablet):  # its cameras would go on
        page.context.close()
