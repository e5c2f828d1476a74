"""Records of examinations on a tablet: filled in, through a cut and a reload, sealed, read, and corrected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.axe import fits_at
from tests.support.centers.running_center import RunningCenter

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = "bruise on the left forearm"
ANSWERS = {
    "consent-explained": "yes",
    "consent-examination": "given",
    "self-harm": "no",
    "safe": "yes",
    "specimens": "no",
    "consistency": "consistent",
}
"""What is required beside beginning, examiner and sex."""


@pytest.fixture(params=["en"])
def tablet(
    request: pytest.FixtureRequest, chromium_with_cameras: Browser, center: RunningCenter, errors: list[str]
) -> Iterator[Page]:
    """A nurse's, at the photographs of a case of her own."""
    client = center.invite("A nurse", "examiner")
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    context = chromium_with_cameras.new_context(viewport={"width": 1024, "height": 768})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": request.param, "url": center.address}]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{center.address}/cases/{case}/photographs")
    yield page
    context.close()


def begin(page: Page) -> None:
    page.click("button[value=adult-examination]")
    expect(page.locator("#state")).to_have_text("Saved")


def choose(page: Page, field: str, value: str) -> None:
    page.check(f"[name=f-{field}][value='{value}']")


def on_device(page: Page) -> str:
    return str(page.evaluate("JSON.stringify({...localStorage})"))


def opened(page: Page) -> None:
    page.check("#opening [value=review]")
    page.click("#opening .primary")
    expect(page.locator("#checked")).to_be_visible()


def test_what_applies_is_shown_at_once(tablet: Page) -> None:
    begin(tablet)
    for field, value in (("last-period", "female"), ("penis", "male")):
        expect(tablet.locator(f"[data-field={field}]")).to_be_hidden()
        choose(tablet, "consent-genital", "limited")
        choose(tablet, "sex", value)
        expect(tablet.locator(f"[data-field={field}]")).to_be_visible()
    expect(tablet.locator("[data-field=last-period]")).to_be_hidden()
    expect(tablet.locator("#s-genital")).to_be_visible()
    choose(tablet, "consent-genital", "refused")
    expect(tablet.locator("#s-genital")).to_be_hidden()
    expect(tablet.locator("#missing")).to_contain_text("Beginning of the examination")


def test_a_cut_and_a_reload_cost_nothing_and_the_device_tells_nothing(tablet: Page) -> None:
    begin(tablet)
    tablet.context.set_offline(True)
    tablet.fill("#f-place", WORDS)
    expect(tablet.locator("#state")).to_contain_text("No connection")
    expect(tablet.locator("#trouble")).to_contain_text("Keep filling in")
    assert "examination " in on_device(tablet)
    assert WORDS not in on_device(tablet)
    tablet.context.set_offline(False)
    expect(tablet.locator("#state")).to_have_text("Saved")
    assert "examination " not in on_device(tablet)

    held = {"on": True}

    def hold(route: Route) -> None:
        if held["on"] and route.request.method == "POST":
            route.abort("connectionreset")
        else:
            route.continue_()

    tablet.route(re.compile("/values$"), hold)
    tablet.fill("#f-present", "a colleague")
    expect(tablet.locator("#state")).to_contain_text("No connection")
    tablet.reload()
    held["on"] = False
    expect(tablet.locator("#f-present")).to_have_value("a colleague")
    expect(tablet.locator("#state")).to_have_text("Saved")
    tablet.reload()
    expect(tablet.locator("#f-place")).to_have_value(WORDS)
    expect(tablet.locator("#f-present")).to_have_value("a colleague")


def test_a_device_that_cannot_keep_anything_is_not_said_to(tablet: Page) -> None:
    begin(tablet)
    full = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
    tablet.evaluate(f"() => {{ {full} }}")
    tablet.context.set_offline(True)
    tablet.fill("#f-place", WORDS)
    expect(tablet.locator("#state")).to_have_text("No connection, and not kept on this device")
    expect(tablet.locator("#trouble")).to_contain_text("leave the page open")
    tablet.context.set_offline(False)
    expect(tablet.locator("#state")).to_have_text("Saved")


def test_a_record_is_sealed_read_and_corrected_and_the_earlier_values_stay(
    tablet: Page, shots: Callable[[Page, str], None]
) -> None:
    begin(tablet)
    expect(tablet.locator("#seal")).to_be_disabled()
    tablet.fill("#f-began", "2026-11-24T20:15")
    tablet.fill("#f-examiner", "Dr A, forensic physician")
    choose(tablet, "sex", "female")
    for field, value in ANSWERS.items():
        choose(tablet, field, value)
    choose(tablet, "arms", "findings")
    tablet.fill("#f-arms-described", WORDS)
    choose(tablet, "means", "hands")
    choose(tablet, "means", "threat")
    expect(tablet.locator("#missing")).to_have_text("Nothing required is missing.")
    expect(tablet.locator("#state")).to_have_text("Saved")
    fits_at(tablet, [390])
    tablet.set_viewport_size({"width": 1024, "height": 768})
    shots(tablet, "examination")
    tablet.click("#seal")
    tablet.wait_for_url(re.compile("/photographs/"))
    expect(tablet.locator("h1")).to_have_text("Document 1, examination record")

    opened(tablet)
    record = tablet.locator("#record")
    expect(record).to_contain_text(WORDS)
    expect(record).to_contain_text("Hands, fists, feet")
    expect(record).to_contain_text("not filled in")
    shots(tablet, "record")
    tablet.select_option("#certified-specimens", "places")
    with (
        tablet.expect_request("**/certificate?specimens=places"),
        tablet.expect_download() as saving,
    ):
        tablet.click("#certify")
    assert saving.value.suggested_filename == "medical-certificate-1.pdf"
    assert Path(saving.value.path()).read_bytes().startswith(b"%PDF-")
    tablet.click("#correct")
    tablet.wait_for_url(re.compile("/examinations/"))
    expect(tablet.locator("#f-arms-described")).to_have_value(WORDS)
    tablet.fill("#f-arms-described", "bruise on the right forearm")
    expect(tablet.locator("#seal")).to_be_disabled()
    tablet.fill("#reason", "The side was wrong.")
    tablet.click("#seal")
    tablet.wait_for_url(re.compile("/photographs/"))
    expect(tablet.locator("h1")).to_have_text("Document 2, examination record")
    opened(tablet)
    expect(record).to_contain_text("right forearm")
    expect(record).to_contain_text("The side was wrong.")
    expect(record).not_to_contain_text(WORDS)
    tablet.click("#earlier")
    expect(record).to_contain_text(f"Earlier: {WORDS}")
    expect(record.locator(".tag-amber")).to_have_count(1)
    shots(tablet, "corrected")
    tablet.get_by_role("link", name="The earlier record: document 1").click()
    expect(tablet.locator("main")).to_contain_text("This record was corrected.")
    opened(tablet)
    expect(record).to_contain_text(WORDS)
