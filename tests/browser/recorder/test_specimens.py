"""Specimens in a real browser: taking one on the body map, its label, and who has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import fits_at
from tests.support.centers.running_center import RunningCenter

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def browsing(
    browser: Browser, center: RunningCenter, errors: list[str], client: httpx.Client | None, width: int = 1280
) -> Iterator[Page]:
    """The page of somebody in English; without `client`, of somebody without an account."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en")
    context.add_cookies([{"name": "language", "value": "en", "url": center.address}])
    if client is not None:
        context.add_cookies(center.cookies_of(client))  # type: ignore[arg-type]
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()


def test_a_nurse_takes_one_on_the_body_map_and_prints_a_label_without_her_name(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    errors: list[str],
    shots: Callable[[Page, str], None],
) -> None:
    nurse = center.invite("Nurse One", "examiner", "clinic")
    case = str(nurse.post("/cases").url).rsplit("/", 1)[1]
    nurse.post(f"/cases/{case}/description", data={"called": "Person A", "notes": ""}).raise_for_status()
    with browsing(chromium_with_cameras, center, errors, nurse, 390) as page:
        page.goto(f"{center.address}/cases/{case}/specimens")
        page.get_by_role("link", name="Take a specimen").click()
        page.get_by_role("link", name="Woman", exact=True).click()
        page.select_option("#kind", "swab")
        page.fill("#what", "dry swab, rubbed twice")
        page.fill("#seal", "S 1002")
        page.select_option("#storage", "cooled")
        page.get_by_role("button", name="left forearm").first.press("Enter")
        expect(page.locator("#place")).to_have_value("front:left-forearm")
        page.select_option("#place", "back:left-calf")
        expect(page.locator("[data-side=back]")).to_be_visible()
        shots(page, "taking-390")
        fits_at(page, [390])
        page.get_by_role("button", name="Enter the specimen").click()
        expect(page.locator("h1")).to_have_text("Specimen 1 · swab")
        expect(page.locator("dl.facts").first).to_contain_text("left calf")
        expect(page.locator(".history-what")).to_contain_text(
            "took specimen 1 (swab) and closed it with seal s1002"
        )
        shots(page, "specimen-390")
        fits_at(page, [390])

        page.get_by_label("To which organisation").select_option("one-stop-center")
        page.get_by_label("To whom there").select_option("custodian")
        hand = page.locator("form[action$=hand-over]")
        hand.locator("[name=intact][value=yes]").check()
        hand.locator("[name=stored][value=yes]").check()
        hand.get_by_role("button", name="Hand over the specimen").click()
        expect(page.locator("main")).to_contain_text("waits for its receipt")
        page.get_by_role("button", name="Recall the handover").click()
        expect(page.locator(".history-what")).to_have_count(3)
        expect(page.locator(".history-what").last).to_contain_text("recalled the handover")

        page.goto(f"{center.address}/cases/{case}/specimens/labels")
        page.emulate_media(media="print")
        expect(page.locator(".labels li")).to_have_count(1)
        label = page.locator(".labels li").inner_text()
        assert "s1002" in label and "Person A" not in label
        shots(page, "labels-print")
    with browsing(chromium_with_cameras, center, errors, nurse) as page:
        page.goto(f"{center.address}/cases/{case}/specimens")
        shots(page, "list-1280")
        page.goto(f"{center.address}/cases/{case}/specimens/new?figure=girl")
        shots(page, "taking-1280")
        page.context.add_cookies([{"name": "language", "value": "ar", "url": center.address}])
        page.goto(f"{center.address}/cases/{case}/specimens")
        page.locator(".specimens a").click()
        expect(page.locator("h1")).to_contain_text("العينة 1")
        shots(page, "specimen-ar")
