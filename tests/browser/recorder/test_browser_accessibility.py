"""Console, room, the pages next door and the player in the states they can be in: each keeps axe-core's rules
and fits its window. Every page as it first opens, in both languages, is in `test_browser_every_page`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.centers.running_center import RunningCenter, context_for

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_pages_of_a_recording(
    machine: Callable[..., BrowserContext],
    chromium_with_cameras: Browser,
    center: RunningCenter,
    check: Callable[[Page], None],
    language: str,
) -> None:
    """In English other tests look at the room, and at console, observers and tablet while recording; dialogs,
    the dark console and what follows the seal are looked at in English with `make test-all` only."""
    interview = center.open_interview()
    address = f"{center.address}/interviews/{interview}"
    console, room = machine(language).new_page(), machine(language).new_page()
    room.goto(f"{address}/room")
    room.select_option("#close-device", label="fake_device_2")
    console.goto(f"{address}/console")
    console.wait_for_selector('#console[data-state="checked"][data-colour="green"]')
    check(console)
    check(room)

    console.click("#begin")
    console.wait_for_selector('#console[data-state="recording"]')
    for marks in range(1, 13):  # until the list of marks scrolls
        console.fill("#mark-text", "a word " * 10)
        console.click("#mark")
        expect(console.locator("#entries li").filter(has_text="a word")).to_have_count(marks)
    console.click("#tab-journal")
    check(console)
    check(room)
    _looks_next_door(machine, chromium_with_cameras, center, console, language, check)
    expect(console.locator("#entries li").filter(has_text="a word")).to_have_count(12)
    check(console)
    for tab, opens, dialog in (
        ("journal", ".entry-mark button", "#mark-dialog"),
        ("protocol", "#break", "#break-dialog"),
        ("people", "#person", "#person-dialog"),
        ("people", "#stop", "#stop-dialog"),
    ):
        console.click(f"#tab-{tab}")
        console.click(opens)
        expect(console.locator(dialog)).to_be_visible()
        check(console)
        console.keyboard.press("Escape")
    console.click("#dark")
    check(console)
    console.click("#dark")
    evidence = center.status(interview)["evidence"]
    console.click("#stop")
    console.click("#stop-dialog .grave")
    console.wait_for_selector('#console[data-state="sealed"]')
    check(console)
    check(room)
    for page in (console, room):
        page.context.close()

    court = context_for(chromium_with_cameras, center, center.cookies, language).new_page()
    court.goto(f"{center.address}/evidence/{evidence}")
    check(court)
    court.check("input[value=hearing]")
    court.click("#open")
    expect(court.locator("#happened")).to_be_visible()
    check(court)
    court.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    check(court)
    court.context.close()


def _looks_next_door(
    machine: Callable[..., BrowserContext],
    browser: Browser,
    center: RunningCenter,
    console: Page,
    language: str,
    check: Callable[[Page], None],
) -> None:
    """At the observer's page and the interviewer's tablet, with a question on its way."""
    address = console.url.removesuffix("/console")
    interview = address.rsplit("/", 1)[1]
    watching = context_for(browser, center, center.invite_to(interview, "Person A", "observer"), language)
    observer = watching.new_page()
    observer.set_viewport_size({"width": 1280, "height": 800})
    observer.goto(f"{address}/observe")
    tablet = machine(language, 1024, 768).new_page()
    tablet.goto(f"{address}/interviewer")
    observer.fill("#ask-text", "ما لون الباب؟")
    observer.click("#ask")
    for page in (observer, console):
        expect(page.locator("#slips .slip")).to_have_count(1)
    console.click("#tab-questions")
    console.locator("#slips .slip button[data-deed$=' put']").click()
    expect(tablet.locator("#question")).to_have_text("ما لون الباب؟")
    check(observer)
    check(tablet)
    watching.close()
    tablet.context.close()
