"""Faces are proposed in the editor of redacted copies, looked at, dismissed, taken and undone, by keys and by
pointer. Before the camera stand two faces that nobody has (`drawn_faces`)."""

from __future__ import annotations

import base64
import io
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from casework.redaction import face_detection
from casework.redaction.edits import MOST_REGIONS
from tests.browser.player.test_browser_redaction import Editor, House
from tests.support.centers.running_center import RunningCenter, record
from tests.support.centers.sealed_interview import recording_context
from tests.support.children import of_sandboxes
from tests.support.media.drawn_faces import Drawn, picture
from tests.support.patience import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.alone,  # what is waited for gets only the processor time that nobody else wants
    pytest.mark.skipif(
        not face_detection.available(), reason="no face detector is published for this machine"
    ),
]

SIZE = (1280, 720)
FACES = (Drawn(150, ((350, 380), (350, 380)), (0, 1)), Drawn(110, ((950, 300), (950, 300)), (0, 1)))
RECORDED = 6  # seconds
BEFORE_THE_CAMERA = """
  const real = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  const bytes = Uint8Array.from(atob(PNG), (letter) => letter.charCodeAt(0));
  const shown = createImageBitmap(new Blob([bytes], { type: "image/png" }));
  if (real) navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    for (const track of stream.getVideoTracks()) {
      const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
      const pen = canvas.getContext("2d");
      const picture = await shown;
      setInterval(() => pen.drawImage(picture, 0, 0), 50);
      const [drawn] = canvas.captureStream(20).getVideoTracks();
      drawn.getSettings = () => track.getSettings();
      stream.removeTrack(track);
      stream.addTrack(drawn);
    }
    return stream;
  };
"""
"""Chromium's cameras draw pictures of their own; the room gets this one instead of theirs."""


@pytest.fixture(scope="module")
def house(chromium: Browser, center: RunningCenter) -> House:
    interview = center.open_interview()
    context = recording_context(center, chromium)
    out = io.BytesIO()
    picture(FACES, 0, SIZE).save(out, "PNG")
    png = base64.b64encode(out.getvalue()).decode()
    context.add_init_script(f"{{ const PNG = '{png}'; {BEFORE_THE_CAMERA} }}")
    return House(center, chromium, interview, [record(center, context, interview, RECORDED)])


@contextmanager
def looking(editor: Editor) -> Iterator[None]:
    """Faces are looked for, and their detector stands still: a short film is looked through soon."""

    def stopped() -> list[int]:
        found = []
        for one in of_sandboxes("python"):
            with suppress(OSError):  # it has ended
                if face_detection.MODULE in Path(f"/proc/{one}/cmdline").read_text():
                    os.kill(one, signal.SIGSTOP)
                    found.append(one)
        return found

    editor.page.click("#faces-look")
    detectors = wait_until(stopped, every=0.01)
    try:
        expect(editor.page.locator("#faces-progress")).to_be_visible()
        yield
    finally:
        for one in detectors:
            with suppress(ProcessLookupError):  # where it was killed, since nobody wants to know any more
                os.kill(one, signal.SIGCONT)


def proposed(editor: Editor, count: int) -> None:
    expect(editor.page.locator("#faces-list tr")).to_have_count(count)


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_a_face_is_dismissed_another_taken_by_keys_alone_and_undone(
    house: House, look: Callable[[Page, str], None], language: str
) -> None:
    one = house.begin()
    editor = Editor.of(house, one, language)
    page = editor.page
    editor.open()
    page.click("#faces-look")
    proposed(editor, 2)
    expect(page.locator("#faces-look")).to_be_visible()
    press = page.keyboard.press
    press("t")
    assert house.edits(one)["edits"]["regions"] == [], "none was looked at"
    press("g")
    expect(page.locator("#faces-list tr.chosen")).to_have_count(1)
    expect(page.locator(".proposed")).to_have_count(2)
    expect(page.locator(".proposed.chosen")).to_be_visible()
    look(page, f"redaction-faces-{language}")
    press("d")
    proposed(editor, 1)
    expect(page.locator(".proposed")).to_have_count(1)
    assert house.edits(one)["version"] == 1, "nothing has changed in the list"
    press("g")
    press("t")
    proposed(editor, 0)
    expect(page.locator("#edit-list tr")).to_have_count(1)
    expect(page.locator(".box.chosen")).to_be_visible()
    editor.kept()
    [region] = house.edits(one)["edits"]["regions"]
    assert (region["picture"], region["shape"], region["cover"]) == ("wide", "rectangle", "black")
    first = region["path"][0]
    inside = [
        first["x"] < x * 10_000 // SIZE[0] < first["x"] + first["width"]
        and first["y"] < y * 10_000 // SIZE[1] < first["y"] + first["height"]
        for (x, y), _ in (face.way for face in FACES)
    ]
    assert sorted(inside) == [False, True]
    press("Control+z")
    expect(page.locator("#edit-list tr")).to_have_count(0)
    proposed(editor, 1)
    editor.kept()
    assert house.edits(one)["edits"]["regions"] == []
    press("Control+Shift+z")
    proposed(editor, 0)
    expect(page.locator("#edit-list tr")).to_have_count(1)
    editor.kept()
    editor.close()


def test_what_was_proposed_stands_there_again_when_the_page_is_loaded_anew_and_is_taken_by_pointer(
    house: House,
) -> None:
    one = house.begin()
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    page.click("#faces-look")
    proposed(editor, 2)
    page.click("#face-take-1")
    proposed(editor, 1)
    expect(page.locator("#face-show-2")).to_be_focused()
    editor.kept()
    page.reload()
    expect(page.locator("#faces")).to_be_hidden()
    editor.open()
    proposed(editor, 1)
    expect(page.locator("#edit-list tr")).to_have_count(1)
    page.click("#face-dismiss-2")
    proposed(editor, 0)
    expect(page.locator("#faces-title")).to_be_focused()
    expect(page.locator("#faces-said")).to_have_text(re.compile("watch the whole film"))
    assert len(house.edits(one)["edits"]["regions"]) == 1
    editor.close()


def test_looking_can_be_stopped_and_proposes_nothing(house: House, look: Callable[[Page, str], None]) -> None:
    one = house.begin()
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    with looking(editor):
        page.click("#faces-stop")
        expect(page.locator("#faces-said")).to_have_text("It was stopped. Nothing of it was saved.")
    expect(page.locator("#faces-look")).to_be_focused()
    expect(page.locator("#faces-table")).to_be_hidden()
    told = house.center.prosecutor.get(f"/redactions/{one}/faces").json()
    assert (told["state"], told["regions"]) == ("cancelled", [])
    page.locator("details.keys summary").click()
    look(page, "redaction-faces-stopped-en")
    editor.close()


def test_who_leaves_the_editor_does_not_want_to_know_any_more(house: House) -> None:
    one = house.begin()
    editor = Editor.of(house, one)
    page = editor.page
    editor.open()
    address = f"/redactions/{one}/faces"
    told = {}

    def ended() -> bool:
        told.update(house.center.prosecutor.get(address).json())
        return told["state"] not in ("waiting", "looking")

    with looking(editor):
        page.goto(f"{house.center.address}/")
        wait_until(ended)
    assert (told["state"], told["regions"]) == ("cancelled", [])
    editor.close()


BEYOND = {
    "en": (
        "2 proposals left, room for 1. What is not taken is not covered.",
        "1 proposal left, room for 0. What is not taken is not covered.",
    ),
    "ar": (
        "بقي اقتراحان، والمتسع: 1. ما لا يؤخذ لا يُغطّى.",
        "بقي اقتراح واحد، والمتسع: 0. ما لا يؤخذ لا يُغطّى.",
    ),
}


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.repeats)])
def test_more_proposals_than_the_list_takes_are_said_to_stay_uncovered(
    house: House, look: Callable[[Page, str], None], language: str
) -> None:
    one = house.begin()
    listed = house.edits(one)
    path = [{"at": at, "x": 0, "y": 0, "width": 300, "height": 300} for at in (0, 1_000_000)]
    cover = {"picture": "wide", "shape": "ellipse", "cover": "blur", "path": path}
    filled = [{**cover, "evidence": house.parts[0]}] * (MOST_REGIONS - 1)
    kept = {"version": listed["version"], "edits": {**listed["edits"], "regions": filled}}
    assert house.center.prosecutor.post(f"/redactions/{one}/edits", json=kept).is_success
    editor = Editor.of(house, one, language)
    page = editor.page
    editor.open()
    said = page.locator("#faces-beyond")
    expect(said).to_be_hidden()
    page.click("#faces-look")
    proposed(editor, 2)
    expect(said).to_contain_text(BEYOND[language][0])
    page.locator("#faces").scroll_into_view_if_needed()
    look(page, f"redaction-faces-beyond-{language}")
    page.click("#face-take-1")
    expect(said).to_contain_text(BEYOND[language][1])
    page.click("#face-take-2")
    expect(page.locator("#unfit")).to_be_visible()
    proposed(editor, 1)
    page.click("#undo")
    page.click("#face-dismiss-2")
    expect(said).to_be_hidden()
    editor.kept()
    editor.close()
