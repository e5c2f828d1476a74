"""Photographs in a real browser: through a restart and a reload, in guided sets, and looked at again.

Through connections that are cut: `test_photographs_at_scale`."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.axe import fits_at
from tests.support.centers.case_forms import give_case
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PIECE = 2_097_152
"""Bytes that are sent at once."""


@dataclass
class Nurse:
    """A nurse with a case of her own, and her browser."""

    center: RunningCenter
    client: httpx.Client
    case: str
    context: BrowserContext
    page: Page

    def go(self) -> None:
        self.page.goto(f"{self.center.address}/cases/{self.case}/photographs")

    def sealed(self) -> int:
        listed = self.client.get(f"/cases/{self.case}/photographs").text
        return len(re.findall(r'class="frame"', listed))


@pytest.fixture(params=["en"])
def nurse(
    request: pytest.FixtureRequest, chromium_with_cameras: Browser, center: RunningCenter, errors: list[str]
) -> Iterator[Nurse]:
    client = center.invite("A nurse", "examiner")
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": request.param, "url": center.address}]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Nurse(center, client, case, context, page)
    context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Nine pictures of two pieces each; each is another one."""
    folder = tmp_path_factory.mktemp("card")
    made = []
    for number in range(9):
        image = Image.effect_noise((600, 440), 60 + number).convert("RGB")
        out = io.BytesIO()
        image.save(out, "JPEG", quality=96)
        path = folder / f"IMG_{number:04}.JPG"
        path.write_bytes(out.getvalue() + bytes(PIECE))
        made.append(path)
    return made


def test_a_restart_and_a_reload_in_the_middle_cost_nothing(nurse: Nurse, pictures: list[Path]) -> None:
    asked: list[str] = []
    nurse.page.on("request", lambda request: asked.append(request.url) if "/pieces" in request.url else None)
    held = {"on": True}

    def hold(route: Route) -> None:
        if held["on"] and "offset=0" not in route.request.url:
            route.abort("connectionreset")
        else:
            route.continue_()

    nurse.page.route(re.compile("/pieces"), hold)
    nurse.go()
    nurse.page.set_input_files("#files", pictures[:2])
    for wanted in (lambda: sum("offset=0" in url for url in asked) == 2, lambda: "offset=2" in str(asked)):
        while not wanted():
            nurse.page.wait_for_timeout(100)  # the page's events come only while it is waited for
    nurse.center.kill("web")
    wait_until(lambda: _answers(nurse.client))
    nurse.page.on("dialog", lambda dialog: dialog.accept())
    nurse.go()
    held["on"] = False
    asked.clear()
    nurse.page.set_input_files("#files", pictures[:2])
    expect(nurse.page.locator("#all-sealed")).to_be_visible()
    assert not any("offset=0" in url for url in asked), "what had arrived is not sent twice"
    assert nurse.sealed() == 2


def test_photographs_that_were_chosen_before_the_script_arrived_are_taken(
    nurse: Nurse, pictures: list[Path]
) -> None:
    held: list[Route] = []
    nurse.page.route(re.compile(r"/photographs/page\.js"), lambda route: held.append(route))
    nurse.page.goto(f"{nurse.center.address}/cases/{nurse.case}/photographs", wait_until="commit")
    nurse.page.set_input_files("#files", pictures[:2])
    while not held:
        nurse.page.wait_for_timeout(100)  # the page's events come only while it is waited for
    held[0].continue_()
    expect(nurse.page.locator("#all-sealed")).to_be_visible()
    assert nurse.sealed() == 2


def test_pictures_are_covered_until_asked_for_and_one_is_saved_as_it_came(
    nurse: Nurse, pictures: list[Path], shots: Callable[[Page, str], None]
) -> None:
    nurse.go()
    nurse.page.set_input_files("#files", pictures[:3])
    expect(nurse.page.locator("#all-sealed")).to_be_visible()
    nurse.go()
    assert nurse.page.locator(".frame img").count() == 0
    nurse.page.click("#look")
    expect(nurse.page.locator(".frame img")).to_have_count(3)
    shots(nurse.page, "grid")
    nurse.page.locator(".pictures a").first.click()
    expect(nurse.page.locator("#opening:invalid")).to_have_count(1)  # the purpose is chosen, not preset
    nurse.page.check("#opening [value=documentation]")
    nurse.page.click("#opening .primary")
    expect(nurse.page.locator("#large")).to_be_visible()
    expect(nurse.page.locator("#checked")).to_be_visible()
    expect(nurse.page.locator(".viewer-mark")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d UTC"))
    shots(nurse.page, "one")
    with nurse.page.expect_download() as saving:
        nurse.page.click("#save")
    saved = Path(saving.value.path()).read_bytes()
    nurse.page.click("#facts .digest-whole")
    assert nurse.page.locator("#facts .digest").text_content() == sha256(saved).hexdigest()
    assert saved in [path.read_bytes() for path in pictures]


def test_what_is_sealed_comes_into_the_lists_and_what_is_open_stays(
    nurse: Nurse, pictures: list[Path]
) -> None:
    page = nurse.page
    nurse.go()
    page.set_input_files("#files", pictures[:2])
    expect(page.locator(".pictures .frame")).to_have_count(2)  # there was no list
    page.click("#look")
    expect(page.locator(".frame img")).to_have_count(2)
    opened = page.locator(".frame img").first.get_attribute("src")
    page.set_input_files("#files", pictures[1:4])
    expect(page.locator(".pictures .frame")).to_have_count(4)
    expect(page.locator(".frame img")).to_have_count(4)
    expect(page.locator("#photograph-count")).to_have_text("4")
    assert page.locator(".frame img").first.get_attribute("src") == opened
    # One of them was there before: it is counted apart.
    expect(page.locator("#all-sealed")).to_have_text("Everything is sealed: 4 files.")
    expect(page.locator("#known")).to_have_text("1 file was in this case already and was not added again.")
    expect(page.locator("#going-on")).to_be_hidden()
    in_list = page.locator(".pictures a").evaluate_all("(all) => all.map((one) => one.pathname)")
    nurse.go()
    assert page.locator(".pictures a").evaluate_all("(all) => all.map((one) => one.pathname)") == in_list


def test_what_is_no_picture_is_refused_and_the_others_go_on(
    nurse: Nurse, pictures: list[Path], tmp_path: Path
) -> None:
    disguised = tmp_path / "evil\n.JPG"
    disguised.write_bytes(b"<html><script>alert(1)</script>" + bytes(200_000))
    nurse.go()
    nurse.page.set_input_files("#files", [disguised, pictures[0]])
    expect(nurse.page.locator("#uploads .refused")).to_contain_text("This file is no picture")
    expect(nurse.page.locator("#going-on")).to_contain_text("1 of 2 files sealed")
    assert nurse.sealed() == 1


def test_while_nobody_is_signed_in_pictures_wait_in_the_page_and_then_go_on(
    nurse: Nurse, pictures: list[Path], shots: Callable[[Page, str], None], check: Callable[[Page], None]
) -> None:
    page = nurse.page
    signed_in = nurse.context.cookies()
    nurse.go()
    nurse.context.clear_cookies(name="amana-session")
    page.set_input_files("#files", pictures[:2])
    expect(page.locator("#uploads .refused")).to_have_count(2)
    expect(page.locator("#uploads .refused").first).to_contain_text("You are not signed in")
    expect(page.locator("#uploads li").first).to_contain_text("waiting; continues automatically")
    check(page)
    shots(page, "waiting")
    assert nurse.sealed() == 0
    nurse.context.add_cookies(signed_in)  # type: ignore[arg-type]  # as they were given
    expect(page.locator("#all-sealed")).to_be_visible()
    expect(page.locator("#uploads .refused")).to_have_count(0)
    assert nurse.sealed() == 2


def test_an_injury_with_an_intimate_picture_stays_intimate_on_every_page(
    nurse: Nurse, pictures: list[Path], shots: Callable[[Page, str], None], check: Callable[[Page], None]
) -> None:
    page = nurse.page
    nurse.go()
    page.click("button[value=woman]")
    page.click("#add")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Noted")
    other = nurse.context.new_page()  # it was opened before, and knows of nothing
    other.goto(page.url)
    mark = other.locator(".injury .intimate")
    mark.uncheck()
    page.check(".injury .intimate")
    page.check(".agreeing input")
    page.locator(".injury .slot input").first.set_input_files(pictures[0])
    expect(page.locator(".injury .slot-state").first).to_contain_text("sealed as number")
    expect(page.locator(".injury .intimate")).to_be_disabled()
    other.locator(".injury .slot input").nth(1).set_input_files(pictures[1])
    expect(other.locator("#trouble")).to_contain_text("Pictures of this injury are intimate")
    expect(other.locator("#watch-aim")).to_contain_text("1 picture waits until you choose.")
    expect(mark).to_be_checked()
    expect(other.locator(".injury .slot input").nth(1)).to_be_disabled()
    other.check(".agreeing input")
    check(other)
    shots(other, "held")
    other.locator(".injury .slot-camera").nth(1).click()
    expect(other.locator(".injury .slot-state").nth(1)).to_contain_text("sealed as number")
    page.reload()
    expect(page.locator(".injury .intimate")).to_be_checked()
    expect(page.locator(".injury .intimate")).to_be_disabled()
    expect(page.locator(".agreeing input")).to_be_checked()
    expect(page.locator(".injury .slot input").nth(2)).to_be_enabled()
    assert nurse.sealed() == 0
    page.check("#leaving input")
    page.click("#leaving .grave")
    expect(page.locator(".panel-green").first).to_contain_text("This set is closed.")
    expect(page.locator(".agreeing input")).to_be_checked()
    shots(page, "closed-agreed")


def test_notes_of_two_pages_are_not_written_over_and_those_without_an_answer_are_known_again(
    nurse: Nurse, shots: Callable[[Page, str], None], check: Callable[[Page], None]
) -> None:
    page = nurse.page
    nurse.go()
    page.click("button[value=woman]")
    page.click("#add")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Noted")
    other = nurse.context.new_page()
    other.goto(page.url)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort("connectionreset")

    page.route(re.compile("/notes"), lose)
    page.fill(".injury .words", "what the first one saw")
    with page.expect_response(lambda answer: answer.url.endswith("/notes") and answer.ok):
        pass
    expect(page.locator("#trouble")).to_be_hidden()
    assert lost == [200]
    other.fill(".injury .words", "what the second one saw")
    expect(other.locator("#trouble")).to_contain_text("were changed meanwhile")
    expect(other.locator(".injury .words")).to_have_value("what the second one saw")
    check(other)
    shots(other, "moved-on")
    page.reload()
    expect(page.locator(".injury .words")).to_have_value("what the first one saw")


def noting(page: Page, do: Callable[[], object]) -> None:
    """Do something in a set, and wait until it is noted on the other side."""
    with page.expect_response(lambda answer: answer.url.endswith("/notes") and answer.ok):
        do()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_guided_set_says_what_is_missing_until_nothing_is(
    nurse: Nurse, pictures: list[Path], shots: Callable[[Page, str], None], check: Callable[[Page], None]
) -> None:
    page = nurse.page
    nurse.go()
    page.click("button[value=woman]")
    missing = page.locator("#missing")
    expect(missing).to_have_text(re.compile(r"Still missing: Identifying picture; not looked at: .+"))
    check(page)
    page.set_input_files("#identifying input", pictures[0])
    expect(missing).to_have_text(re.compile(r"Still missing: not looked at: .+"))
    for region in page.locator("[data-unseen]").all():
        side = region.get_attribute("data-unseen")
        page.check(f"input[value={side}]")
        noting(page, region.check)
    expect(page.locator("#regions")).to_have_text("8 of 8 regions looked at")
    expect(missing).to_contain_text("Nothing is missing")
    page.check("input[value=genital]")
    noting(page, lambda: page.check("[data-declined=genital]"))
    expect(page.locator("[data-unseen=genital]")).not_to_be_checked()
    expect(page.locator("#regions")).to_have_text("7 of 8 regions looked at")
    expect(missing).to_contain_text("Nothing is missing")
    page.check("input[value=front]")
    noting(page, lambda: page.locator(".region:not([hidden]) svg").click(position={"x": 100, "y": 120}))
    expect(missing).to_contain_text("injury 1: what it is, Orientation, Mid-range")
    noting(page, lambda: page.select_option(".injury .term", "bruise"))
    noting(page, lambda: page.fill(".injury .size", "30 × 12"))
    noting(page, lambda: page.fill(".injury .words", "oval, 30 mm"))
    for number, slot in enumerate(page.locator(".injury .slot input").all(), start=1):
        slot.set_input_files(pictures[number])
    expect(missing).to_contain_text("Nothing is missing")
    check(page)
    shots(page, "set-1280")
    # Everything is still there after a reload, the pin and the words too.
    expect(page.locator("#said")).to_have_text("Noted and sealed.")
    page.reload()
    expect(missing).to_contain_text("Nothing is missing")
    expect(page.locator("[data-unseen=front]")).not_to_be_checked()  # an injury is there now
    expect(page.locator("[data-unseen=back]")).to_be_checked()
    expect(page.locator("[data-declined=genital]")).to_be_checked()
    expect(page.locator(".injury .size")).to_have_value("30 × 12")
    expect(page.locator(".injury .words")).to_have_value("oval, 30 mm")
    expect(page.locator(".pin")).to_have_count(1)
    # With the keyboard alone.
    page.check("input[value=hands]")
    page.focus(".region:not([hidden]) [data-region=left-palm-thumb]")
    noting(page, lambda: page.keyboard.press("Enter"))
    title = page.locator(".injury.chosen h2")
    expect(title).to_have_text("Injury 2 · Hands: left thumb, palm side")
    page.focus(".pin.chosen")
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    noting(page, lambda: page.keyboard.press("ArrowLeft"))
    expect(title).to_have_text("Injury 2 · Hands: right thumb, palm side")
    expect(missing).to_contain_text("injury 2")
    # On a tablet, lying and upright, the drawing and one injury are in sight beside each other.
    for width, height in ((1024, 768), (768, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        check(page)
        expect(page.locator(".injury:visible")).to_have_count(1)
        page.click(".injury-number >> nth=1")
        expect(page.locator(".region:not([hidden]) .drawing")).to_be_in_viewport(ratio=0.9)
        expect(page.locator(".injury.chosen .term")).to_be_in_viewport()
        for touched in page.locator(".sides label, .unseen, .injury-number, #add, .removing summary").all():
            if touched.is_visible():
                assert (touched.bounding_box() or {})["height"] >= 44
        shots(page, f"set-{width}")
    # One that was noted in error is removed with a reason, and nothing of it is missing.
    page.click(".injury.chosen .removing summary")
    page.click(".injury.chosen .remove")
    expect(page.locator(".injury.chosen .why:invalid")).to_have_count(1)
    page.fill(".injury.chosen .why", "noted twice")
    noting(page, lambda: page.click(".injury.chosen .remove"))
    expect(missing).not_to_contain_text("injury 2")
    expect(page.locator("#regions")).to_have_text("6 of 8 regions looked at")
    page.reload()
    page.click(".injury-number >> nth=1")
    expect(page.locator(".injury.chosen .removed")).to_have_text("Removed: noted twice")
    noting(page, lambda: page.click(".injury.chosen .restore"))
    expect(missing).to_contain_text("injury 2")
    page.check("#leaving input")
    page.click("#leaving .grave")
    expect(page.locator(".panel-green").first).to_contain_text("This set is closed.")
    assert page.locator("#add").count() == 0
    expect(missing).to_contain_text("Closed without: injury 2: what it is, Orientation")
    expect(page.locator(".slot:not(.filled) .slot-state").first).to_have_text("not taken")
    # Days later: a set that follows, side by side.
    nurse.go()
    page.locator("#follows").select_option(index=2)  # behind "choose" and "none"
    page.click("button[value=woman]")
    page.set_input_files("#identifying input", pictures[8])
    expect(missing).not_to_contain_text("Identifying")
    page.goto(page.url + "/beside")
    page.click("#look")
    for frame in page.locator(".beside .frame").all():
        frame.scroll_into_view_if_needed()
        expect(frame.locator("img")).to_have_count(1)
    expect(page.locator(".beside .frame img")).to_have_count(7)
    check(page)
    shots(page, "beside")


@pytest.mark.parametrize("nurse", ["ar"], indirect=True)
def test_the_pages_in_arabic(
    nurse: Nurse, pictures: list[Path], shots: Callable[[Page, str], None], check: Callable[[Page], None]
) -> None:
    page = nurse.page
    nurse.go()
    check(page)
    page.set_input_files("#files", pictures[:3])
    expect(page.locator("#all-sealed")).to_be_visible()
    check(page)
    nurse.go()
    page.click("#look")
    expect(page.locator(".frame img")).to_have_count(3)
    check(page)
    shots(page, "grid-ar-1280")
    fits_at(page, [800])
    shots(page, "grid-ar-800")
    page.click("button[value=girl]")
    page.locator(".region:not([hidden]) svg").click(position={"x": 90, "y": 150})
    check(page)
    shots(page, "set-ar-800")
    fits_at(page, [1280])
    shots(page, "set-ar-1280")
    nurse.go()
    page.locator(".pictures a").first.click()
    page.check("#opening [value=review]")
    page.click("#opening .primary")
    expect(page.locator("#large")).to_be_visible()
    check(page)
    shots(page, "one-ar")


def test_an_intimate_picture_waits_for_a_second_person(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    pictures: list[Path],
    check: Callable[[Page], None],
    shots: Callable[[Page, str], None],
    machine: Callable[..., BrowserContext],
) -> None:
    client = center.invite("A nurse of this case", "examiner")
    case = str(center.prosecutor.post("/cases").url).rsplit("/", 1)[1]
    give_case(center.prosecutor, f"/cases/{case}", "A nurse of this case")
    context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": "en", "url": center.address}]
    )
    page = context.new_page()
    page.goto(f"{center.address}/cases/{case}/photographs")
    page.click("button[value=woman]")
    page.check("input[value=genital]")
    page.click("#add")
    page.keyboard.press("Enter")
    expect(page.locator(".injury .slot input").first).to_be_disabled()
    page.check(".agreeing input")
    page.locator(".injury .slot input").first.set_input_files(pictures[0])
    expect(page.locator(".injury .slot-state").first).to_contain_text("sealed as number")
    assert page.locator(".injury canvas").count() == 0
    check(page)
    shots(page, "intimate-set")
    page.goto(f"{center.address}/cases/{case}/photographs")
    assert page.locator(".frame").count() == 0
    page.click("a[href$='/intimate']")
    page.click("summary")
    check(page)
    assert page.locator("select[name=purpose]:invalid").count() == 1
    page.select_option("select[name=purpose]", "expert-opinion")
    page.fill("textarea[name=reason]", "to compare")
    page.click("details button")
    expect(page.locator(".panel-amber:not([hidden])")).to_contain_text("Nobody has agreed yet")
    shots(page, "intimate-asked")
    second = machine("ar", 800, 900).new_page()
    second.goto(page.url)
    check(second)
    shots(second, "intimate-second")
    second.click(".grave")
    expect(second.locator(".panel-green")).to_be_visible()
    page.reload()
    page.click("text=Go to the picture")
    page.click("#opening .primary")
    expect(page.locator("#large")).to_be_visible()
    context.close()
