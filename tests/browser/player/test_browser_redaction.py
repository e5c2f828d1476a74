"""The editor of redacted copies as people meet it: drawn over a playing film, by pointer and by keys alone,
kept, changed by two people at once, ordered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.centers.filmed_room import filmed_room
from tests.support.centers.running_center import RunningCenter
from tests.support.frames import frame_of
from tests.support.momentary import reaches

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RECORDED = 12  # seconds
KEPT = {"en": "Everything is saved", "ar": "حُفظ كل شيء"}
SEEN = """([id, most]) => {
  const canvas = document.getElementById(id);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(data).size > most;
}"""


@dataclass
class House:
    """A sealed interview of two parts with two cameras at a running center."""

    center: RunningCenter
    browser: Browser
    interview: str
    parts: list[str]

    def context(self, language: str, cookies: list[dict[str, str]] | None = None) -> BrowserContext:
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 900}, timezone_id="Asia/Hebron", locale="en-GB"
        )
        chosen = {"name": "language", "value": language, "url": self.center.address}
        context.add_cookies([*(cookies or self.center.cookies), chosen])  # type: ignore[list-item]
        return context

    def begin(self, picture: str = "one:wide") -> str:
        """A new list; its id."""
        fields = {"picture": picture, "sound": "microphone", "offset": "120"}
        answer = self.center.prosecutor.post(f"/interviews/{self.interview}/redactions", data=fields)
        return str(answer.url).rsplit("/", 1)[1]

    def edits(self, one: str, client: httpx.Client | None = None) -> dict[str, Any]:
        told: dict[str, Any] = (client or self.center.prosecutor).get(f"/redactions/{one}/edits").json()
        return told


@dataclass
class Editor:
    """One list in somebody's browser."""

    page: Page
    language: str
    said: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, house: House, one: str, language: str = "en", context: BrowserContext | None = None
    ) -> Editor:
        page = (context or house.context(language)).new_page()
        editor = cls(page, language)
        page.on("pageerror", lambda error: editor.said.append(str(error)))
        page.goto(f"{house.center.address}/redactions/{one}")
        return editor

    def open(self, part: str | None = None) -> None:
        """Open the first part, or that one, and wait until its picture is there."""
        if part:
            self.page.check(f"#opening input[value='{part}']")
        self.page.check("#opening input[value=disclosure]")
        self.page.click("#open")
        self.shown()

    def shown(self) -> None:
        expect(self.page.locator("#bench")).to_be_visible()
        expect(self.page.locator(".camera.large")).not_to_have_class(re.compile("coming|empty"))

    def seek(self, seconds: float) -> None:
        self.page.locator("#seek").evaluate(
            "(seek, at) => { seek.value = String(at); seek.dispatchEvent(new Event('input')); }", seconds
        )

    def seek_picture(self, seconds: int) -> int:
        """Go to the first whole second from this one on at which there is a picture; which it is.

        One camera begins later than the other, the later the busier the machine.
        """
        large = self.page.locator(".camera.large")
        for at in range(seconds, RECORDED):
            self.seek(at)
            expect(large).not_to_have_class(re.compile("coming"))
            if "empty" not in (large.get_attribute("class") or ""):
                return at
        pytest.fail("there is no picture")

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Over the large picture, in shares of its frame."""
        layer = self.page.locator(".camera.large .layer")
        layer.scroll_into_view_if_needed()
        frame = frame_of(layer)
        corners = [
            (frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in (begin, end)
        ]
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        self.page.mouse.move(*corners[1], steps=4)
        self.page.mouse.up()

    def kept(self) -> None:
        expect(self.page.locator("#kept")).to_have_text(KEPT[self.language])

    def close(self) -> None:
        assert self.said == []
        self.page.context.close()


@pytest.fixture(scope="module")
def house(chromium: Browser, center: RunningCenter) -> House:
    """Its recorder died between the two parts."""
    interview = center.open_interview()
    parts = []
    with filmed_room(center, interview) as room:
        parts.append(room.begin())
        room.records(RECORDED)
        center.kill("recorder", interview)
        parts.append(room.begin())
        room.records(3)
        room.stop()
    return House(center, chromium, interview, parts)


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_a_face_is_covered_while_the_film_plays_and_everything_is_there_again_afterwards(
    house: House, look: Callable[[Page, str], None], language: str
) -> None:
    context = house.context(language)
    page = context.new_page()
    page.goto(f"{house.center.address}/interviews/{house.interview}/derivatives")
    page.click(f"a[href='/interviews/{house.interview}/redactions']")
    expect(page.locator("#zone")).to_have_text("UTC+02:00")
    page.click("#begin .primary")
    expect(page.locator("#trouble")).to_be_focused()
    page.check("input[value='picture-in-picture:wide,close']")
    look(page, f"redactions-{language}")
    page.click("#begin .primary")
    page.wait_for_url(re.compile(r"/redactions/[0-9a-f]{32}$"))
    one = page.url.rsplit("/", 1)[1]
    page.close()

    editor = Editor.of(house, one, language, context)
    page = editor.page
    look(page, f"redaction-closed-{language}")
    editor.open()
    page.keyboard.press("Space")
    reaches(page.locator("#position"), "00:00:01")
    editor.drag((0.3, 0.2), (0.5, 0.6))
    box = page.locator(".box.chosen")
    expect(box).to_be_focused()
    expect(page.locator("#play")).not_to_have_class(re.compile("playing"))
    editor.kept()
    [region] = house.edits(one)["edits"]["regions"]
    first, last = region["path"]
    assert (region["picture"], region["shape"], region["cover"]) == ("wide", "ellipse", "black")
    assert first["x"] == pytest.approx(3000, abs=60)
    assert first["width"] == pytest.approx(2000, abs=60)
    shown = float(page.locator("#seek").input_value()) * 1e6
    assert first["at"] == pytest.approx(shown, abs=1e6 / 30), "from the picture on which it was drawn"
    assert last["at"] > 9_000_000, "covered until the part's end"

    begun = first["at"] / 1e6  # the later, the busier the machine
    later = (begun + RECORDED) / 2
    editor.seek(later)
    editor.drag((0.4, 0.4), (0.6, 0.4))
    editor.kept()
    [region] = house.edits(one)["edits"]["regions"]
    assert [key["x"] for key in region["path"]] == [
        pytest.approx(3000, abs=60),
        pytest.approx(5000, abs=90),
        pytest.approx(5000, abs=90),
    ]
    editor.seek((begun + later) / 2)  # halfway it is halfway
    layer = frame_of(page.locator(".camera.large .layer"))
    middle = frame_of(box)
    assert (middle["x"] - layer["x"]) / layer["width"] == pytest.approx(0.4, abs=0.02)
    editor.seek(0)
    expect(box).to_have_class(re.compile("absent"))

    page.fill("#mark-from", "0:02")
    page.fill("#mark-to", "0:03.5")
    page.click("#silence")
    page.fill("#mark-from", "0:04")
    page.fill("#mark-to", "0:05")
    page.click("#cut")
    page.check("#voices input[value=lower]")
    editor.kept()
    expect(page.locator("#edit-list tr")).to_have_count(3)
    page.wait_for_function(SEEN, arg=["lane-pictures", 20])
    page.wait_for_function(SEEN, arg=["lane-sound", 3])
    page.click("#go-regions-0")
    editor.seek(5.5)
    look(page, f"redaction-{language}")

    before = house.edits(one)
    assert before["edits"]["bleeps"] == [{"evidence": house.parts[0], "from": 2_000_000, "to": 3_500_000}]
    assert before["edits"]["cuts"] == [{"evidence": house.parts[0], "from": 4_000_000, "to": 5_000_000}]
    page.reload()
    expect(page.locator("#edit-list tr")).to_have_count(3)
    editor.open()
    page.click("#go-regions-0")
    expect(page.locator(".box.chosen")).to_be_visible()
    assert house.edits(one) == before
    editor.close()


def test_what_is_cut_is_passed_over_and_what_is_silenced_is_not_heard_in_the_preview(house: House) -> None:
    one = house.begin()
    told = house.edits(one)
    part = house.parts[0]
    edits = {
        **told["edits"],
        "bleeps": [{"evidence": part, "from": 1_000_000, "to": 3_000_000}],
        "cuts": [{"evidence": part, "from": 4_000_000, "to": 8_000_000}],
    }
    kept = house.center.prosecutor.post(f"/redactions/{one}/edits", json={"version": 1, "edits": edits})
    kept.raise_for_status()
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    editor.seek(0.5)
    page.click("#play")
    # Begun after the page's own: it sees in each frame what the page made of the same moment. It pauses by
    # itself, before the end.
    heard = page.evaluate(
        """() => new Promise((done) => {
          const [sound] = document.querySelectorAll("#stage audio");
          const play = document.getElementById("play");
          const heard = [];
          const look = () => {
            heard.push([sound.currentTime, sound.volume]);
            if (sound.currentTime < 8.5) return void requestAnimationFrame(look);
            if (play.classList.contains("playing")) play.click();
            done(heard);
          };
          requestAnimationFrame(look);
        })"""
    )
    expect(page.locator("#play")).not_to_have_class(re.compile("playing"))
    assert {volume for at, volume in heard if 0.95 <= at < 3} == {0}
    assert {volume for at, volume in heard if 0.5 <= at < 0.85 or 3.05 < at < 3.85} == {1}
    assert {volume for at, volume in heard if 4 <= at < 8} <= {0}
    assert [at for at, _ in heard if 5.5 < at < 7.9] == []
    editor.seek(5)
    expect(page.locator("#position")).to_have_text("00:00:05")  # what is cut can be looked at
    page.keyboard.press("p")
    expect(page.locator("#preview")).to_have_text("Show as in the copy")
    editor.close()


def test_everything_is_done_by_keys_alone_undone_and_done_again(house: House) -> None:
    one = house.begin()
    editor = Editor.of(house, one)
    page = editor.page
    press = page.keyboard.press
    page.focus("#opening input[value=disclosure]")
    press("Space")
    press("Enter")
    editor.shown()
    expect(page.locator("#play")).to_be_focused()
    press("n")
    box = page.locator(".box.chosen")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-label", re.compile("^Cover 1: Ellipse, black"))
    for _ in range(3):
        press("ArrowRight")
    press("Shift+ArrowDown")
    press("Control+ArrowLeft")
    editor.kept()
    [region] = house.edits(one)["edits"]["regions"]
    assert region["path"][0] == {
        "at": region["path"][0]["at"],
        "x": 4290,
        "y": 3000,
        "width": 2000,
        "height": 3655,
    }
    for _ in range(2):
        press(".")
    press("k")
    expect(page.locator("#chosen-here")).to_contain_text("it has a set position")
    press("[")
    expect(page.locator("#key-before")).to_be_disabled()
    press("Control+z")
    press("Control+z")
    expect(page.locator("#chosen-times")).to_contain_text("2 positions set.")
    press("Control+Shift+z")
    press("Delete")
    expect(page.locator("#no-edits")).to_be_visible()
    press("Control+z")
    expect(page.locator("#edit-list tr")).to_have_count(1)

    page.focus("#play")
    press("Home")
    press("Shift+ArrowRight")
    press("i")
    press("Shift+ArrowRight")
    press("o")
    press("b")
    expect(page.locator("#said")).to_contain_text("Silenced from")
    press("x")
    expect(page.locator("#unfit")).to_have_text(re.compile("Set both times first"))
    press("i")
    press("Shift+ArrowRight")
    press("o")
    press("x")
    expect(page.locator("#unfit")).to_be_hidden()
    editor.kept()
    edits = house.edits(one)["edits"]
    [bleep], [cut] = edits["bleeps"], edits["cuts"]
    assert bleep["to"] == cut["from"] == bleep["from"] + 1_000_000 == cut["to"] - 1_000_000
    page.focus("#edit-list tr:last-child button:last-child")
    press("Enter")
    expect(page.locator("#edit-list tr")).to_have_count(2)
    editor.kept()
    editor.close()


def test_a_second_person_changes_it_meanwhile_and_nothing_of_either_is_lost(
    house: House, look: Callable[[Page, str], None]
) -> None:
    one = house.begin()
    cookies = house.center.invite_to(house.interview, "Person B", "prosecutor")
    editor = Editor.of(house, one)
    other = Editor.of(house, one, context=house.context("en", cookies))
    for each in (editor, other):
        each.open()
    other.drag((0.1, 0.1), (0.3, 0.5))
    other.kept()
    theirs = house.edits(one)
    assert theirs["by"] == "Person B"

    editor.page.check("#blur")
    expect(editor.page.locator("#moved-on")).to_be_focused()
    expect(editor.page.locator("#moved-on-what")).to_have_text(
        re.compile("Person B\u2069? changed this list")
    )
    assert house.edits(one) == theirs, "nothing was written over"
    look(editor.page, "redaction-moved-on-en")
    editor.page.click("#take-theirs")
    editor.kept()
    expect(editor.page.locator("#moved-on")).to_be_hidden()
    expect(editor.page.locator("#edit-list tr")).to_have_count(1)
    expect(editor.page.locator("#blur")).not_to_be_checked()
    assert house.edits(one) == theirs
    editor.page.click("#undo")
    expect(editor.page.locator("#blur")).to_be_checked()
    editor.kept()
    assert house.edits(one)["edits"]["blur"] is True

    other.page.check("#voices input[value=higher]")
    expect(other.page.locator("#moved-on-what")).to_have_text(
        re.compile("A prosecutor\u2069? changed this list")
    )
    other.page.click("#keep-mine")
    other.kept()
    edits = house.edits(one)["edits"]
    assert (edits["voice"], edits["blur"], len(edits["regions"])) == ("higher", False, 1)
    editor.close()
    other.close()


def test_the_copy_is_ordered_of_what_is_kept(house: House) -> None:
    one = house.begin()
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    page.click("#order .primary")
    expect(page.locator("#order-trouble")).to_be_focused()
    editor.drag((0.2, 0.2), (0.4, 0.6))
    page.check("#order input[value=disclosure]")
    page.click("#order .primary")  # at once: what was drawn is kept first
    page.wait_for_url(re.compile(r"/derivatives/[0-9a-f]{32}$"))
    told = house.edits(one)
    assert (told["version"], len(told["edits"]["regions"])) == (2, 1)
    house.center.prosecutor.post(f"{page.url}/cancel").raise_for_status()
    editor.close()


def test_each_part_and_each_camera_is_covered_by_itself(house: House) -> None:
    one = house.begin("side-by-side:wide,close")
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    page.click("#layouts button[data-layout=close]")
    at = editor.seek_picture(3)
    editor.shown()
    editor.drag((0.2, 0.2), (0.5, 0.5))
    box = page.locator(".box:visible")
    expect(box).to_have_count(1)
    editor.kept()
    page.click("#parts button:last-child")
    expect(page.locator("#parts button:last-child")).to_have_attribute("aria-pressed", "true")
    editor.shown()
    expect(box).to_have_count(0)
    expect(page.locator("#chosen")).to_be_hidden()
    editor.drag((0.6, 0.6), (0.8, 0.9))
    expect(box).to_have_count(1)
    editor.kept()
    regions = house.edits(one)["edits"]["regions"]
    assert [(one["evidence"], one["picture"]) for one in regions] == [
        (house.parts[0], "close"),
        (house.parts[1], "wide"),
    ]
    expect(page.locator("#edit-list tr")).to_have_count(2)
    page.click("#go-regions-0")  # in the part that does not lie open
    expect(page.locator("#parts button:first-child")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#position")).to_have_text(f"00:00:{at:02}")
    assert house.edits(one)["edits"]["regions"] == regions, "going there changes nothing"
    editor.close()


def test_the_timeline_is_pressed_dragged_and_zoomed(house: House) -> None:
    one = house.begin()
    edits = {
        **house.edits(one)["edits"],
        "bleeps": [{"evidence": house.parts[0], "from": 2_000_000, "to": 4_000_000}],
    }
    house.center.prosecutor.post(f"/redactions/{one}/edits", json={"version": 1, "edits": edits})
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    page.locator("#lanes").scroll_into_view_if_needed()
    lanes = frame_of(page.locator("#lanes"))
    length = float(page.locator("#seek").get_attribute("max") or 0)

    def at(seconds: float) -> float:
        return lanes["x"] + seconds / length * lanes["width"]

    page.mouse.click(at(6), lanes["y"] + 60)
    expect(page.locator("#exact")).to_have_text(re.compile("00:00:0(5.9|6.0)"))
    bar = frame_of(page.locator(".bar-bleeps"))
    middle = bar["y"] + bar["height"] / 2
    page.mouse.click(at(3), middle)
    expect(page.locator("#mark-from")).to_have_value("00:00:02.00")
    expect(page.locator("#edit-list tr")).to_have_class("chosen")
    page.mouse.move(at(4) - 1, middle)
    page.mouse.down()
    page.mouse.move(at(5), middle, steps=3)
    page.mouse.up()
    editor.kept()
    [bleep] = house.edits(one)["edits"]["bleeps"]
    assert (bleep["from"], bleep["to"]) == (2_000_000, pytest.approx(5_000_000, abs=60_000))
    page.fill("#mark-to", "0:04.5")
    page.click("#move-stretch")
    editor.kept()
    [bleep] = house.edits(one)["edits"]["bleeps"]
    assert (bleep["from"], bleep["to"]) == (2_000_000, 4_500_000)

    editor.seek(3)
    whole = page.locator("#view-text").inner_text()
    for _ in range(3):
        page.click("#zoom-in")
    expect(page.locator("#view-text")).not_to_have_text(whole)
    expect(page.locator("#playhead")).to_be_visible()
    page.locator("#lanes-scroll").press("End")
    expect(page.locator("#playhead")).to_be_hidden()
    page.click("#zoom-whole")
    expect(page.locator("#view-text")).to_have_text(whole)
    editor.close()


def test_a_box_is_drawn_and_moved_with_a_finger(house: House) -> None:
    one = house.begin()
    context = house.browser.new_context(viewport={"width": 800, "height": 900}, has_touch=True)
    chosen = {"name": "language", "value": "en", "url": house.center.address}
    context.add_cookies([*house.center.cookies, chosen])  # type: ignore[list-item]
    editor = Editor.of(house, one, context=context)
    editor.open()
    layer = editor.page.locator(".camera.large .layer")
    layer.scroll_into_view_if_needed()
    frame = frame_of(layer)
    finger = context.new_cdp_session(editor.page)

    def swipe(*places: tuple[float, float]) -> None:
        for number, (x, y) in enumerate(places):
            point = {"x": frame["x"] + x * frame["width"], "y": frame["y"] + y * frame["height"]}
            kind = "touchMove" if number else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe((0.2, 0.2), (0.3, 0.3), (0.4, 0.6))
    expect(editor.page.locator(".box.chosen")).to_be_visible()
    swipe((0.3, 0.4), (0.4, 0.4), (0.5, 0.4))
    editor.kept()
    [region] = house.edits(one)["edits"]["regions"]
    assert [key["x"] for key in region["path"]] == [pytest.approx(4000, abs=80)] * 2
    assert [key["width"] for key in region["path"]] == [pytest.approx(2000, abs=80)] * 2
    editor.close()
