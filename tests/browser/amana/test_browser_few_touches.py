"""How few touches it takes from signing in: to a sealed interview, a package for the court, and a grant.

As after `make run`: one prosecutor on one machine, no room in the list, and consent was not asked for. A
touch is a click, a choice from a list, or the choice of a file (`Somebody.touched`); typing is none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.amana.story_people import Somebody, Trace
from tests.support.centers.story_center import StoryCenter

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

RECORDED = 1_500  # ms


def test_an_interview_a_package_and_a_grant_take_few_touches(
    browser_with_cameras: Browser, story_center: StoryCenter
) -> None:
    trace = Trace()
    administrator = Somebody(browser_with_cameras, story_center.address, "en", "Administrator", trace)
    administrator.opens_link(story_center.link)
    administrator.follows("/staff")
    links = {}
    for name, role in (("Person P", "prosecutor"), ("Judge N", "court")):
        administrator.sends("/staff", {"name": name, "role": role})
        expect(administrator.page.locator("[role=status]")).to_contain_text(name)
        links[role] = administrator.page.input_value("input[readonly]")
    judge = Somebody(browser_with_cameras, story_center.address, "en", "Judge N", trace)
    judge.opens_link(links["court"])
    prosecutor = Somebody(browser_with_cameras, story_center.address, "en", "Person P", trace)
    prosecutor.opens_link(links["prosecutor"])

    with prosecutor.touching(10):
        seals_an_interview(prosecutor)
    prosecutor.home()
    with prosecutor.touching(6):
        makes_a_package(prosecutor)
    prosecutor.home()
    with prosecutor.touching(8):
        grants_it(prosecutor)
    for somebody in (administrator, judge, prosecutor):
        somebody.leaves()
    assert trace.errors == []


def seals_an_interview(prosecutor: Somebody) -> None:
    page = prosecutor.page
    prosecutor.form("/cases").locator("button").click()
    page.wait_for_url("**/cases/*")
    prosecutor.follows("/interviews/new")
    prosecutor.form("/interviews").locator("button").last.click()
    page.wait_for_url("**/console")
    with page.context.expect_page() as opened:
        page.click("a[href$='/room']")
    opened.value.wait_for_load_state()
    expect(page.locator("#begin")).to_be_enabled()
    page.click("#begin")
    page.fill("#begin-reason", "She asked for it, and cannot be asked in writing now.")
    page.click("#begin-dialog .grave")
    page.wait_for_selector('#console[data-state="recording"]')
    page.wait_for_timeout(RECORDED)
    page.click("#stop")
    page.click("#stop-dialog .grave")
    page.wait_for_selector('#console[data-state="sealed"]')
    opened.value.close()


def makes_a_package(prosecutor: Somebody) -> None:
    page = prosecutor.page
    page.locator("main td a[href^='/cases/']").first.click()
    prosecutor.follows("/package")
    page.check("input[name=purpose][value=hearing]")
    page.fill("#receiver", "Court of N")
    page.click("#make")
    prosecutor.signs()
    expect(page.locator("#ready")).to_be_visible()


def grants_it(prosecutor: Somebody) -> None:
    page = prosecutor.page
    page.locator("main td a[href^='/cases/']").first.click()
    prosecutor.follows("/grants/new")
    receiver = prosecutor.form("/grants").locator("option", has_text="Judge N").get_attribute("value")
    grant = {
        "person": str(receiver),
        "purpose": "hearing",
        "extent": "all",
        "basis": "court-order",
        "reference": "order 7/2076",
        "until": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
        "agreement": "For this hearing only.",
    }
    prosecutor.sends("/grants", grant)
    prosecutor.signs()
    expect(page.locator("article[id^=grant-]")).to_have_count(1)
