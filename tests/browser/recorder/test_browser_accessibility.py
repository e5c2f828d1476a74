"""Console, room and player in the states they can be in, in both languages: each keeps axe-core's rules and
fits a phone. Every page as it first opens is in `test_browser_every_page`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.centers.running_center import RunningCenter, context_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Machine = Callable[..., BrowserContext]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_of_a_recording(
    machine: Machine,
    chromium_with_cameras: Browser,
    center: RunningCenter,
    language: str,
    check: Callable[[Page], None],
) -> None:
    interview = center.open_interview()
    context = machine(language)
    console, room = context.new_page(), context.new_page()
    console.goto(f"{center.address}/interviews/{interview}/console")
    room.goto(f"{center.address}/interviews/{interview}/room")
    room.select_option("#close-device", label="fake_device_2")
    console.wait_for_selector('#console[data-state="checked"][data-colour="green"]', timeout=30_000)
    check(console)
    check(room)

    console.click("#begin")
    console.wait_for_selector('#console[data-state="recording"]')
    for _ in range(12):  # until the list of marks scrolls
        console.fill("#mark-text", "a word " * 10)
        console.click("#mark")
    expect(console.locator("#entries li").filter(has_text="a word")).to_have_count(12)
    check(console)
    check(room)
    for opens, dialog in (
        ("#break", "#break-dialog"),
        ("#person", "#person-dialog"),
        ("#stop", "#stop-dialog"),
    ):
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
