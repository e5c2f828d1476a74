"""A list that is whole on its page is sorted by its headings, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.support.axe import WIDTHS, fits_at, keeps_rules
from tests.support.centers.running_center import RunningCenter
from tests.support.servers.chromium import start

pytestmark = [pytest.mark.browser]
PEOPLE = {"Person B": "observer", "Person A": "prosecutor", "person C": "advocate"}


@pytest.fixture
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    for name, role in PEOPLE.items():
        center.administrator.post("/staff", data={"name": name, "role": role}).raise_for_status()
    yield center
    center.stop()


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, [])
    yield browser
    browser.close()


def listed(page: Page) -> list[str]:
    """Those of `PEOPLE`, in the order of the rows."""
    names = page.locator("tbody tr td:first-child bdi:first-child").all_inner_texts()
    return [name for name in names if name in PEOPLE]


def test_a_heading_sorts_the_list_by_keyboard_too_and_the_address_remembers_its_column(
    center: RunningCenter, browser: Browser
) -> None:
    context = browser.new_context()
    context.add_cookies(center.cookies_of(center.administrator))
    context.add_cookies([{"name": "language", "value": "en", "url": center.address}])
    page = context.new_page()
    page.goto(f"{center.address}/staff")
    assert listed(page) == ["Person A", "Person B", "person C"]
    assert page.locator("th[aria-sort]").count() == 0

    page.get_by_role("button", name="Role and organisation").click()
    assert listed(page) == ["person C", "Person B", "Person A"]
    assert page.url == f"{center.address}/staff?sort=role"
    name = page.get_by_role("button", name="Name and number")
    name.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(name).to_be_focused()
    assert listed(page) == ["person C", "Person B", "Person A"]
    assert page.url == f"{center.address}/staff?sort=-name"
    assert page.locator("th[aria-sort]").count() == 1
    expect(page.get_by_role("columnheader", name="Name and number")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.reload()
    assert listed(page) == ["person C", "Person B", "Person A"]
    fits_at(page, WIDTHS)
    keeps_rules(page)

    page.goto(f"{center.address}/staff?sort=seen")  # no column of that name
    assert listed(page) == ["Person A", "Person B", "person C"]
    page.fill("form[action='/staff/find'] input", "person")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/find")
    page.get_by_role("button", name="Name and number").dblclick()
    assert listed(page) == ["person C", "Person B", "Person A"]
    assert page.url == f"{center.address}/staff/find?sort=-name"
    context.close()
