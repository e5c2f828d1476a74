"""A nurse compares photographs in a real browser: rulers marked with a pointer, and with keys alone."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import numpy
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.centers.running_center import RunningCenter
from tests.support.frames import frame_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = ((1600, 1200), (2400, 1800))
RULERS = (((300, 900), 500), ((400, 1200), 800))
"""Where each begins, and how many points of it are 50 mm."""
PLACED = re.compile(r"(\d+)\D+(\d+)")


@dataclass
class Nurse:
    """A nurse with a case of her own, in which are two photographs with a ruler each."""

    center: RunningCenter
    client: httpx.Client
    case: str
    browser: Browser

    def page(self, language: str, **options: bool) -> tuple[Page, list[str]]:
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, **options)  # type: ignore[arg-type]
        chosen = {"name": "language", "value": language, "url": self.center.address}
        context.add_cookies([*self.center.cookies_of(self.client), chosen])  # type: ignore[list-item]
        page, said = context.new_page(), list[str]()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        return page, said


def ruled(size: tuple[int, int], at: tuple[int, int], long: int, seed: int) -> bytes:
    image = Image.new("RGB", size, (205, 160, 140))
    drawing = ImageDraw.Draw(image)
    drawing.ellipse((size[0] // 2, size[1] // 6, size[0] // 2 + 260, size[1] // 6 + 190), (140, 70, 90))
    drawing.rectangle((*at, at[0] + long - 1, at[1] + 40), (10, 10, 10))
    for part in range(11):  # five millimetres
        x = at[0] + long * part // 10
        drawing.line((x, at[1] + 42, x, at[1] + 70), (10, 10, 10), 3)
    out, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = f"2026:11:{18 + 9 * seed} 10:20:30"
    image.save(out, "JPEG", quality=93, exif=exif)
    return out.getvalue()


@pytest.fixture(scope="module")
def nurse(chromium: Browser, center: RunningCenter, tmp_path_factory: pytest.TempPathFactory) -> Nurse:
    folder = tmp_path_factory.mktemp("compared")
    client = center.invite("A nurse", "examiner")
    nurse = Nurse(center, client, str(client.post("/cases").url).rsplit("/", 1)[1], chromium)
    page, said = nurse.page("en")
    # Of files that are sent together, the one that is sealed first has the lower number.
    for seed, (size, (at, long)) in enumerate(zip(SIZES, RULERS, strict=True)):
        path = folder / f"IMG_{seed}.JPG"
        path.write_bytes(ruled(size, at, long, seed))
        page.goto(f"{center.address}/cases/{nurse.case}/photographs")
        page.set_input_files("#files", path)
        expect(page.locator("#all-sealed")).to_be_visible()
    page.context.close()
    assert not said
    return nurse


def begin(nurse: Nurse, page: Page, look: Callable[[Page, str], None], language: str) -> list[Locator]:
    """To the cards of both photographs, opened."""
    page.goto(f"{nurse.center.address}/cases/{nurse.case}/photographs")
    page.click(f"a[href='/cases/{nurse.case}/comparisons']")
    look(page, f"choosing-{language}")
    page.click("#open")
    expect(page.locator("#trouble")).to_be_focused()
    for box in page.locator("[name=photograph]").all():
        box.check()
    page.click("#open")
    expect(page.locator("#trouble")).to_be_focused()  # it has not been said why
    page.check("[name=purpose][value=hearing]")
    page.click("#open")
    expect(page.locator("#marking")).to_be_visible()
    expect(page.locator("li.photograph h3").first).to_be_focused()
    return page.locator("li.photograph").all()


def place_of(handle: Locator) -> tuple[int, int]:
    found = PLACED.search(handle.get_attribute("aria-label") or "")
    assert found is not None
    return int(found[1]), int(found[2])


def with_a_pointer(card: Locator, size: tuple[int, int], *points: tuple[int, int]) -> None:
    stage = card.locator(".stage")
    for x, y in points:
        box = frame_of(stage)
        across, down = (x + 0.5) * box["width"] / size[0], (y + 0.5) * box["height"] / size[1]
        stage.click(position={"x": across, "y": down})


def with_keys(page: Page, handle: Locator, to: tuple[int, int]) -> None:
    handle.focus()
    for axis, (back, on) in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
        away = to[axis] - place_of(handle)[axis]
        key = on if away > 0 else back
        for _ in range(abs(away) // 50):
            page.keyboard.press(f"Shift+{key}")
        for _ in range(abs(away) % 50):
            page.keyboard.press(key)


def made(page: Page, look: Callable[[Page, str], None], language: str) -> numpy.ndarray:
    """The sheet that was ordered, opened on its page, in grey."""
    page.wait_for_url(re.compile(r"/derivatives/[0-9a-f]{32}$"))
    expect(page.locator("#opening")).to_be_visible()
    page.check("#opening [value=hearing]")
    page.click("#open")
    expect(page.locator("#picture")).to_be_visible()
    look(page, f"sheet-{language}")
    address = page.locator("#picture").get_attribute("src") or ""
    content = base64.b64decode(address.split(",", 1)[1])
    return numpy.asarray(Image.open(io.BytesIO(content)).convert("L")).astype(int)


def longest_dark(grey: numpy.ndarray, left: float, right: float) -> int:
    """Points of the longest dark run across in that part of the sheet: the ruler is longer than the bar."""
    width = grey.shape[1]
    part, longest = grey[:, int(left * width) : int(right * width)] < 90, 0
    for row in part:
        edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], row.astype(int), [0]))))
        longest = max(longest, int((edges[1::2] - edges[::2]).max(initial=0)))
    return longest


def assert_one_scale(grey: numpy.ndarray) -> None:
    """Fifty millimetres have the same points in both photographs, as exactly as a pointer on a page says."""
    first, second = longest_dark(grey, 0, 0.5), longest_dark(grey, 0.5, 1)
    assert abs(first - second) <= 0.02 * max(first, second), (first, second)
    assert first > 400


def test_rulers_are_marked_with_a_pointer_and_the_sheet_has_one_scale(
    nurse: Nurse, look: Callable[[Page, str], None]
) -> None:
    page, said = nurse.page("en")
    cards = begin(nurse, page, look, "en")
    page.click("#order")
    expect(page.locator("#trouble")).to_be_focused()  # nothing is marked yet
    for card, size, (at, long) in zip(cards, SIZES, RULERS, strict=True):
        ends = [(at[0], at[1] + 20), (at[0] + long, at[1] + 20)]
        with_a_pointer(card, size, *ends)
        for handle, end in zip(card.locator(".handle.end").all(), ends, strict=True):
            x, y = place_of(handle)
            assert abs(x - end[0]) <= 3, (x, end)
            assert abs(y - end[1]) <= 3, (y, end)
        card.locator("[data-is=length] input").fill("50")
    first, second = cards
    expect(first.locator("[data-is=scale]")).to_contain_text("10")
    assert first.locator("[data-is=taken]").input_value() == "2026-11-18"
    handle = first.locator(".handle.end").first
    handle.scroll_into_view_if_needed()
    box, before = frame_of(handle), place_of(handle)
    page.mouse.move(box["x"] + 30, box["y"] + 30)  # beside its middle: it keeps its distance
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 30, steps=3)
    moved = place_of(handle)
    page.mouse.move(box["x"] + 30, box["y"] + 30, steps=3)
    page.mouse.up()
    assert moved[0] > before[0] + 50
    assert abs(place_of(handle)[0] - before[0]) <= 2
    second.locator("[value=part]").check()
    corner = second.locator(".handle.corner").nth(1)
    told = second.locator("[data-is=cut-off]")
    expect(told).to_be_hidden()
    with_keys(page, corner, (1900, 1200))  # the ruler lies 1220 points down
    expect(told).to_contain_text("The sheet will say so")
    look(page, "cut-off-en")
    with_keys(page, corner, (1900, 1700))
    expect(told).to_be_hidden()
    second.locator("[data-is=label]").fill("nine\u200bdays later")
    page.click("#order")
    expect(page.locator("#trouble")).to_contain_text("Photograph \u20682\u2069: the words under it")
    second.locator("[data-is=label]").fill("\u200enine days later\u200f")
    second.locator("[data-do=earlier]").click()
    look(page, "marked-en")
    expect(page.locator("li.photograph h3").first).to_be_focused()
    page.click("#order")
    assert_one_scale(made(page, look, "en"))
    assert said == []
    page.goto(f"{nurse.center.address}/cases/{nurse.case}/comparisons")
    expect(page.locator(".copies li")).not_to_have_count(0)
    page.context.close()


def test_a_finger_puts_the_ends_where_it_taps_and_scrolls_elsewhere(
    nurse: Nurse, look: Callable[[Page, str], None]
) -> None:
    page, said = nurse.page("ar", has_touch=True)
    card = begin(nurse, page, look, "ar")[0]
    stage = card.locator(".stage")
    box = frame_of(stage)
    for handle, x in zip(card.locator(".handle.end").all(), (300, 800), strict=True):
        stage.tap(position={"x": (x + 0.5) * box["width"] / 1600, "y": 920.5 * box["height"] / 1200})
        assert abs(place_of(handle)[0] - x) <= 3
        assert abs(place_of(handle)[1] - 920) <= 3
        expect(handle).to_be_focused()
    assert stage.evaluate("stage => getComputedStyle(stage).touchAction") == "auto"
    assert said == []
    page.context.close()


def test_rulers_are_marked_with_keys_alone_in_arabic(nurse: Nurse, look: Callable[[Page, str], None]) -> None:
    page, said = nurse.page("ar")
    cards = begin(nurse, page, look, "ar")
    for card, (at, long) in zip(cards, RULERS, strict=True):
        for handle, end in zip(card.locator(".handle.end").all(), (at[0], at[0] + long), strict=True):
            with_keys(page, handle, (end, at[1] + 20))
            assert place_of(handle) == (end, at[1] + 20)
        card.locator("[data-is=length] input").fill("٥٠٫٠")
        expect(card.locator("[data-is=scale]")).not_to_be_empty()
    cards[0].locator("[data-is=label]").fill("اليوم الأول")
    look(page, "marked-ar")
    page.locator("#order").press("Enter")
    grey = made(page, look, "ar")
    assert_one_scale(grey)
    assert abs(longest_dark(grey, 0, 0.5) - 500) <= 1
    assert said == []
    page.context.close()
