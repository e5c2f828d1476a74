"""A judge's whole way: granted, read and undertaken, seen, withdrawn, refused. Everything by clicking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.support.centers.running_center import RunningCenter, record
from tests.support.servers.chromium import ARGUMENTS, CAMERAS, EXECUTABLE, SOUND

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RECORDED = 25  # seconds: more than a page reads ahead
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 800)  # CSS pixels


@dataclass
class House:
    """A sealed recording at a running center, and a judge to whom nothing was granted yet."""

    center: RunningCenter
    browser: Browser
    case: str
    evidence: str
    judge: httpx.Client
    shots: Path

    def context(self, client: httpx.Client, language: str = "en") -> BrowserContext:
        context = self.browser.new_context(viewport={"width": 1280, "height": 900})
        cookies = self.center.cookies_of(client)
        context.add_cookies(
            [*cookies, {"name": "language", "value": language, "url": self.center.address}]  # type: ignore[list-item]
        )
        return context

    def page(self, client: httpx.Client, language: str = "en") -> Page:
        return self.context(client, language).new_page()

    def go(self, page: Page, path: str) -> None:
        page.goto(self.center.address + path)


@pytest.fixture(scope="module")
def house(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("grants")
    center = RunningCenter(folder / "amana")
    browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, *SOUND, *CAMERAS])
    try:
        interview = center.open_interview()
        console = center.prosecutor.get(f"/interviews/{interview}/console").text
        [case] = set(re.findall(r"/cases/([0-9a-f]{32})", console))
        evidence = _record(center, browser, interview)
        judge = center.invite("A judge", "court", "court-of-ramallah")
        yield House(center, browser, case, evidence, judge, folder)
    finally:
        browser.close()
        center.stop()


def _record(center: RunningCenter, browser: Browser, interview: str) -> str:
    context = browser.new_context()
    context.grant_permissions(["camera", "microphone"], origin=center.address)
    context.add_cookies(center.cookies)  # type: ignore[arg-type]
    return record(center, context, interview, RECORDED)


@pytest.fixture
def check() -> Callable[[Page], None]:
    """Raises where a page breaks a rule of axe-core's, or is wider than the window."""

    def check(page: Page) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            assert [rule["id"] for rule in found] == [], (page.url, found)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    return check


def entered(page: Page, button: str) -> None:
    """Press it, and wait for the page that follows: a script asks first whether it has to be signed."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def test_a_judge_sees_the_part_that_was_granted_until_it_is_withdrawn(
    house: House, check: Callable[[Page], None]
) -> None:
    prosecutor, judge = house.page(house.center.prosecutor), house.page(house.judge)
    house.go(judge, f"/evidence/{house.evidence}")
    expect(judge.locator("main")).to_contain_text("This was not granted to you")

    house.go(prosecutor, f"/cases/{house.case}/grants")
    prosecutor.check("input[name=extent][value=chosen]")
    prosecutor.check(f"input[name=item][value='{house.evidence}']")
    prosecutor.fill("#excerpt-from", "0:00:02")
    prosecutor.fill("#excerpt-to", "0:00:05")
    prosecutor.check("input[name=basis][value=court-order]")
    prosecutor.fill("#reference", "order 7")
    check(prosecutor)
    entered(prosecutor, "Give the grant")
    expect(prosecutor.locator("article")).to_contain_text("0:00:02 – 0:00:05")

    house.go(judge, f"/evidence/{house.evidence}")
    expect(judge.locator("h1")).to_have_text("What was granted to you")
    check(judge)
    judge.get_by_role("button", name="I have read this and undertake it").click()
    expect(judge.locator("main")).to_contain_text("Only a part of this recording was granted to you.")
    check(judge)
    judge.click("#open")
    expect(judge.locator("#happened")).to_be_visible()
    expect(judge.locator(".viewer-mark")).to_contain_text("A judge")
    expect(judge.locator(".viewer-mark")).to_contain_text("court-of-ramallah")
    expect(judge.locator(".viewer-mark")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d UTC"))
    expect(judge.locator("#length")).to_have_text(re.compile("00:00:0[5-7]"))  # of twenty-five seconds
    expect(judge.locator("#verdict")).to_have_text("Everything verified")
    judge.click("#play")
    expect(judge.locator("#stage-note")).to_have_text("The end of this part.", timeout=20_000)
    assert set(judge.locator("#checks .tag").all_inner_texts()[1:]) == {"proved"}
    judge.screenshot(path=house.shots / "excerpt.png", full_page=True)

    prosecutor.get_by_text("Withdraw this grant").click()
    entered(prosecutor, "Withdraw it, at once")
    expect(prosecutor.locator("article")).to_contain_text("withdrawn")
    judge.reload()
    expect(judge.locator("main")).to_contain_text("What was granted to you was withdrawn.")
    judge.context.close()
    prosecutor.context.close()


def test_what_rests_on_consent_closes_while_it_is_open(house: House, check: Callable[[Page], None]) -> None:
    prosecutor, judge = house.page(house.center.prosecutor), house.page(house.judge)
    house.go(prosecutor, f"/cases/{house.case}/consent")
    prosecutor.select_option("#subject", "share-court")
    prosecutor.check("input[name=outcome][value=given]")
    prosecutor.fill("#explained", "Person E")
    entered(prosecutor, "Record the answer")
    check(prosecutor)
    house.go(prosecutor, f"/cases/{house.case}/grants")
    prosecutor.check("input[name=extent][value=all]")  # nothing is chosen beforehand
    entered(prosecutor, "Give the grant")
    expect(prosecutor.locator("article").first).to_contain_text("not undertaken yet")

    house.go(judge, "/")
    check(judge)
    judge.get_by_role("link", name="Read and undertake it").click()
    judge.get_by_role("button", name="I have read this and undertake it").click()
    judge.get_by_role("link", name="Open the recording").click()
    judge.wait_for_url("**/evidence/*")  # whole, with its script: else the form would be sent by itself
    judge.click("#open")
    expect(judge.locator("#happened")).to_be_visible()

    house.go(prosecutor, f"/cases/{house.case}/consent")
    prosecutor.locator("summary", has_text="Sharing with a court").click()
    entered(prosecutor, "Record it: taken back, at once")
    expect(prosecutor.locator("table")).to_contain_text("taken back")
    judge.click("#verify-all")
    expect(judge.locator("#trouble")).to_contain_text("no longer agrees")
    judge.reload()
    expect(judge.locator("main")).to_contain_text("no longer agrees")
    judge.context.close()
    prosecutor.context.close()
