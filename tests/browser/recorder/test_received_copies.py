"""Copies of received files, in a real browser: received, ordered, and seen, heard or read on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typst
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.axe import fits_at
from tests.support.centers.running_center import RunningCenter
from tests.support.media.brought_media import brought
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENT = PATIENCE * 1000
"""Milliseconds in which a copy is made on a busy machine."""
CHAT = "30/11/26, 20:15 - شخص: مرحبا \u202e<script>alert(1)</script>\n"
LETTER = b"""#set page(fill: red)
= Page one
#pagebreak()
#set page(fill: blue)
= Page two"""
POINT = """picture => {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return [...canvas.getContext("2d").getImageData(5, 5, 1, 1).data];
}"""
"""The colour of a picture near its corner."""
PLAYED = """film => new Promise((resolve) => {
  film.addEventListener("timeupdate", () => film.currentTime > 0.5 && resolve(film.duration));
})"""


@pytest.fixture(scope="module")
def telephone(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What is on a telephone: a film, a voice message, a chat export, a letter, a film that is none, and a
    program."""
    folder = tmp_path_factory.mktemp("telephone")
    files = {
        "VID-1.mp4": brought("mp4"),
        "PTT-2.ogg": brought("ogg"),
        "chat.txt": CHAT.encode(),
        "letter.pdf": typst.compile(LETTER),
        "broken.mov": b"\0\0\0\x18ftypqt  " + bytes(5000),
        "viewer.exe": b"MZ" + bytes(range(256)),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_what_others_bring_is_seen_heard_and_read_in_copies(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    errors: list[str],
    telephone: list[Path],
    shots: Callable[[Page, str], None],
    check: Callable[[Page], None],
    language: str,
) -> None:
    def shoot_list(page: Page, name: str) -> None:
        page.locator("#received").evaluate("list => list.scrollIntoView()")
        shots(page, name)

    client = center.prosecutor
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": language, "url": center.address}]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    received = f"{center.address}/cases/{case}/received"
    page.goto(received)
    page.check("[name=source][value=person]")
    page.fill("#giver", "Person B, her neighbour")
    page.set_input_files("#files", telephone)
    expect(page.locator("#receipt-files tr")).to_have_count(6)
    page.goto(received)
    expect(file_of(page, "UNKNOWN").locator("details")).to_have_count(0)
    file_of(page, "MP4").locator("summary").click()
    check(page)
    shots(page, f"offered-{language}")
    fits_at(page, [390])
    shoot_list(page, f"offered-narrow-{language}")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(received)
    order(page, "MP4")
    shots(page, f"making-{language}")
    play(page)
    shots(page, f"film-{language}")
    check(page)
    expect(page.locator("#original")).to_contain_text("2026-11-30T20:15:00")
    assert page.eval_on_selector("#film", "film => [film.videoWidth, film.videoHeight]") == [1920, 1080]
    fits_at(page, [390])
    shots(page, f"film-narrow-{language}")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(received)
    order(page, "OGG")
    play(page)
    expect(page.locator("#full")).to_have_count(0)
    shots(page, f"sound-{language}")
    check(page)

    page.goto(received)
    order(page, "TXT")
    opened(page)
    expect(page.locator("#text")).to_have_text(CHAT.replace("\u202e", "[U+202E]").strip())
    shots(page, f"text-{language}")
    check(page)

    page.goto(received)
    order(page, "PDF")
    opened(page)
    assert shown_point(page) == pytest.approx([255, 65, 54, 255], abs=6)
    shots(page, f"pages-{language}")
    check(page)
    page.locator(".page-turner button").last.click()
    expect(page.locator(".page-turner button").last).to_be_disabled()
    page.wait_for_function("number => document.querySelector('#picture').alt.includes(number)", arg="2")
    assert shown_point(page) == pytest.approx([0, 116, 217, 255], abs=6)
    fits_at(page, [390])
    shots(page, f"pages-narrow-{language}")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(received)
    order(page, "MOV")
    expect(page.locator("#one[data-state=failed]")).to_be_visible(timeout=PATIENT)
    shots(page, f"failed-{language}")
    check(page)
    page.goto(received)
    expect(page.locator(".file-copies .tag-green")).to_have_count(4)
    expect(page.locator(".file-copies .tag-amber")).to_have_count(1)
    shoot_list(page, f"made-{language}")
    fits_at(page, [390])
    shoot_list(page, f"made-narrow-{language}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{center.address}/cases/{case}/package")
    expect(page.locator("[name=copy]")).to_have_count(4)
    context.close()


def file_of(page: Page, format_: str) -> Locator:
    """The line of the file of this format: they are sealed in any order."""
    return page.locator("#received li", has_text=f" {format_} ")


def order(page: Page, format_: str) -> None:
    file_of(page, format_).locator("summary").click()
    form = file_of(page, format_).locator("form")
    form.locator("[name=purpose][value=review]").check()
    form.locator("button.primary").click()
    page.wait_for_url(re.compile("/derivatives/[0-9a-f]{32}$"))


def opened(page: Page) -> None:
    """The copy on the page, once it is made, for a purpose."""
    expect(page.locator("#opening")).to_be_visible(timeout=PATIENT)
    page.check("#opening [value=review]")
    page.click("#opening .primary")
    expect(page.locator("#checked")).to_be_visible(timeout=60_000)


def shown_point(page: Page) -> list[int]:
    """The colour of the page that is shown, once it is decoded."""
    picture = page.locator("#picture")
    picture.evaluate("picture => picture.decode()")
    return list(picture.evaluate(POINT))


def play(page: Page) -> None:
    """Plays it, until it has played for half a second of its two."""
    opened(page)
    expect(page.locator("#length")).to_have_text("00:00:02")
    page.eval_on_selector("#film", "film => { film.muted = true; }")
    played = page.locator("#film").element_handle()
    assert played is not None
    page.evaluate("film => { window.played = (" + PLAYED + ")(film); }", played)
    page.click("#play")
    assert page.evaluate("window.played") == pytest.approx(2, abs=0.1)
