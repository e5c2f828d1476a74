"""A page that lost a script on the way is loaded again, or says that it is incomplete, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.support.axe import WIDTHS, fits_at, keeps_rules
from tests.support.centers.running_center import RunningCenter
from tests.support.servers.chromium import start

pytestmark = [pytest.mark.browser]
LOST = "**/page/elements.js"
"""A module that the script of the list of staff imports."""


@pytest.fixture(scope="module")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    yield center
    center.stop()


@pytest.fixture
def page(center: RunningCenter, playwright: Playwright) -> Iterator[Page]:
    browser = start(playwright, [])
    context = browser.new_context()
    context.add_cookies(center.cookies_of(center.administrator))
    context.add_cookies([{"name": "language", "value": "en", "url": center.address}])
    yield context.new_page()
    browser.close()


@pytest.fixture
def loads(page: Page) -> list[str]:
    """The address of each document that the page has loaded."""
    loaded: list[str] = []
    page.on("domcontentloaded", lambda shown: loaded.append(shown.url))
    return loaded


def count(page: Page, loads: list[str]) -> int:
    """How many documents the page has loaded, the one that it shows among them.

    A script that fails can be reported before the rest of its document is there.
    """
    page.wait_for_load_state()
    return len(loads)


def incomplete(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="This page is incomplete")


@pytest.mark.parametrize("lost", [LOST, "**/page/page.css"])
def test_a_page_that_lost_a_script_or_a_style_sheet_is_loaded_again_by_itself(
    center: RunningCenter, page: Page, loads: list[str], lost: str
) -> None:
    page.route(lost, lambda route: route.continue_() if loads else route.abort())
    page.goto(f"{center.address}/staff")
    expect(page.get_by_role("button", name="Name and number")).to_be_visible()
    expect(page.locator(".bar")).to_have_css("display", "flex")
    expect(incomplete(page)).to_be_hidden()
    assert count(page, loads) == 2


def test_a_page_that_stays_incomplete_says_so_and_is_not_loaded_for_ever(
    center: RunningCenter, page: Page, loads: list[str]
) -> None:
    page.route(LOST, lambda route: route.abort())
    page.goto(f"{center.address}/staff")
    expect(incomplete(page)).to_be_visible()
    assert count(page, loads) == 2
    expect(page.get_by_role("button", name="Name and number")).to_have_count(0)
    fits_at(page, WIDTHS)
    keeps_rules(page)

    page.unroute(LOST)
    page.get_by_role("button", name="Load again").click()
    expect(page.get_by_role("button", name="Name and number")).to_be_visible()
    expect(incomplete(page)).to_be_hidden()
    assert count(page, loads) == 3


def test_the_answer_to_a_form_is_kept_since_it_may_show_what_is_shown_only_once(
    center: RunningCenter, page: Page, loads: list[str]
) -> None:
    page.goto(f"{center.address}/staff")
    page.route(LOST, lambda route: route.abort())
    page.get_by_label("Name", exact=True).fill("Person A")
    page.get_by_label("Observer").check()
    page.get_by_role("button", name="Add person").click()
    expect(incomplete(page)).to_be_visible()
    assert count(page, loads) == 2
    assert page.get_by_label("One-time link").input_value().startswith(center.address)
