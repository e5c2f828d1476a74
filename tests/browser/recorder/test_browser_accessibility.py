"""Every page, in both languages and in the states it can be in, keeps axe-core's rules and fits a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running_center import RunningCenter

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Machine = Callable[..., BrowserContext]
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
PHONE = 390  # CSS pixels


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing: `make node_modules/.stamp` installs it")
    return AXE.read_text()


@pytest.fixture
def check(axe: str) -> Callable[[Page], None]:
    """Raises where a page breaks a rule, or is wider than the window."""

    def check(page: Page) -> None:
        page.evaluate(axe)
        result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [
            f"{rule['id']}: {node['html'][:160]}" for rule in result["violations"] for node in rule["nodes"]
        ]
        assert found == [], page.url
        width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= window, f"{page.url} is wider than the window"

    return check


def context_for(browser: Browser, center: RunningCenter, cookies: list[Any], language: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": PHONE, "height": 900})
    context.add_cookies([*cookies, {"name": "language", "value": language, "url": center.address}])
    return context


@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_of_the_center(
    chromium_with_cameras: Browser, center: RunningCenter, language: str, check: Callable[[Page], None]
) -> None:
    interview = center.open_interview()
    console = center.prosecutor.get(f"/interviews/{interview}/console").text
    case = re.findall(r"/cases/[0-9a-f]{32}", console)[0]
    everybody = {
        "nobody": ([], ["/sign-in"]),
        "administrator": (
            center.cookies_of(center.administrator),
            ["/", "/staff", "/health", "/cases", "/nothing-here"],
        ),
        "prosecutor": (
            center.cookies,
            [
                "/",
                "/cases",
                case,
                f"{case}/keeping",
                f"/interviews/{interview}/console",
                f"/interviews/{interview}/room",
            ],
        ),
    }
    for cookies, paths in everybody.values():
        context = context_for(chromium_with_cameras, center, cookies, language)
        page = context.new_page()
        for path in paths:
            page.goto(center.address + path)
            check(page)
        context.close()


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
    console.wait_for_selector('#console[data-state="recording"]', timeout=15_000)
    for _ in range(12):  # until the list of marks scrolls
        console.fill("#mark-text", "a word " * 10)
        console.click("#mark")
    expect(console.locator("#entries li")).to_have_count(12)
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
    console.wait_for_selector('#console[data-state="sealed"]', timeout=15_000)
    check(console)
    check(room)

    court = context_for(chromium_with_cameras, center, center.cookies, language).new_page()
    court.goto(f"{center.address}/evidence/{evidence}")
    check(court)
    court.check("input[value=hearing]")
    court.click("#open")
    expect(court.locator("#happened")).to_be_visible(timeout=15_000)
    check(court)
    court.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    check(court)
    court.context.close()
