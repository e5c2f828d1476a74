"""Specimens in a real browser: taken on the body map, with a label, and from hand to hand to their end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.support.axe import fits_at
from tests.support.centers.case_forms import give_case, record_consent
from tests.support.centers.command_line import amana
from tests.support.centers.running_center import RunningCenter
from tests.support.centers.story_center import verified
from tests.support.media.made_pictures import picture

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

        twice = {"kind": "swab", "seal": "S 1003", "storage": "cooled", "what": "dry swab"}
        page.goto(str(nurse.post(f"/cases/{case}/specimens", data=twice).url))
        page.get_by_text("It was entered in error").click()
        form = page.locator("form[action$=withdraw]")
        form.locator("[name=reason]").select_option("entered-twice")
        form.get_by_label("Remark").fill("the same as specimen 1")
        shots(page, "withdrawing-390")
        fits_at(page, [390])
        form.get_by_role("button", name="Withdraw the entry").click()
        expect(page.locator("dl.facts").first).to_contain_text("withdrawn, entered in error")
        expect(page.locator(".history-what").last).to_contain_text("Reason: it was entered twice.")
        expect(page.locator("form[action*='/specimens/']")).to_have_count(0)
        shots(page, "withdrawn-390")

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
        page.locator(".specimens a").first.click()
        expect(page.locator("h1")).to_contain_text("العينة 1")
        shots(page, "specimen-ar")


def test_a_kit_goes_from_a_nurse_to_its_destruction_by_five_people(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    errors: list[str],
    shots: Callable[[Page, str], None],
    tmp_path: Path,
) -> None:
    """Nurse and custodian have an account; the officer, the analyst and the store keeper have a link. The
    package proves it at the terminal and in `verify.html`."""
    nurse = center.invite("Nurse Two", "examiner", "clinic")
    custodian = center.invite("Custodian One", "custodian")
    case = str(nurse.post("/cases").url).rsplit("/", 1)[1]
    record_consent(nurse, f"/cases/{case}", "Nurse Two", "specimens", "police-specimens")
    kit = {"kind": "kit", "seal": "K-1001", "storage": "dry", "what": "a kit with three swabs"}
    kit_page = str(nurse.post(f"/cases/{case}/specimens", data=kit).url)

    with browsing(chromium_with_cameras, center, errors, nurse) as page:
        page.goto(kit_page)
        hand_over(page, "police", "officer")
        page.get_by_role("button", name="Make a link for the receipt").click()
        expect(page.locator("#handing img")).to_be_visible()
        shots(page, "receipt-paper")
        link = page.locator("#link").input_value()
        expect(page).to_have_url(kit_page)  # not the form's: loaded again it would make a further link
        page.reload()
        expect(page).to_have_url(kit_page)
        expect(page.locator("#handing")).to_have_count(0)

    link = received_and_handed_on(
        chromium_with_cameras,
        center,
        errors,
        link,
        ("Officer O", "officer"),
        ("forensic-laboratory", "analyst"),
    )
    link = received_and_handed_on(
        *(chromium_with_cameras, center, errors, link, ("Analyst A", "analyst")),
        *(("evidence-store", "store-keeper"), "K-2001"),
    )
    received_and_handed_on(
        *(chromium_with_cameras, center, errors, link, ("Keeper K", "store-keeper")),
        *(("one-stop-center", "custodian"), "", shots),
    )
    with browsing(chromium_with_cameras, center, errors, custodian) as page:
        page.goto(f"{center.address}/")
        waiting = page.locator(f"a[href='{urlsplit(kit_page).path}']")
        expect(page.locator("li", has=waiting)).to_contain_text("Confirm the receipt of specimen 1")
        page.goto(kit_page)
        form = page.locator("form[action$=receive]")
        check(form, intact=True)
        form.get_by_role("button", name="Confirm: I received it").click()
        page.get_by_text("Enter that it was destroyed").click()
        form = page.locator("form[action$=destroy]")
        form.locator("[name=reason]").select_option("court-order")
        check(form, intact=True)
        form.get_by_role("button", name="Enter the destruction").click()
        expect(page.locator("dl.facts").first).to_contain_text("destroyed")
        expect(page.locator(".history-what")).to_have_count(10)
        expect(page.locator(".history-what").nth(2)).to_contain_text(
            "Officer O (police officer of police) received"
        )
        expect(page.locator(".history-what").nth(4)).to_contain_text("The seal was not intact.")
        expect(page.locator(".history-what").last).to_contain_text("a court has ordered it. Seal: k-2001.")
        shots(page, "chain-1280")
        fits_at(page, [390])
        page.context.add_cookies([{"name": "language", "value": "ar", "url": center.address}])
        page.goto(kit_page)
        shots(page, "chain-ar")

    give_case(nurse, f"/cases/{case}", "A prosecutor")
    photograph(nurse, case)
    with browsing(chromium_with_cameras, center, errors, center.prosecutor) as page:
        words = packed(page, f"{center.address}/cases/{case}/package", tmp_path)
    policy = tmp_path / "policy.txt"
    policy.write_text(amana("policy", "show", "--data", str(center.settings.data)).stdout, "utf-8")
    said = verified(tmp_path / "testimony.amana", policy, words)
    assert "INTACT" in said
    assert said.count("one-time link") >= 5
    assert re.search(r"specimen 1 \(kit\).*destroyed", said, re.IGNORECASE), said
    with browsing(chromium_with_cameras, center, errors, None) as page:
        page.goto(f"{(tmp_path / 'verify.html').as_uri()}#en")
        page.set_input_files("#file", tmp_path / "testimony.amana")
        page.fill("#passphrase", words)
        page.fill("#fingerprint", sha256(policy.read_bytes()).hexdigest())
        page.click("#verify")
        expect(page.locator("#answer-title")).to_have_text("What is here is intact")
        history = re.sub("[\u2066-\u2069]", "", " ".join(page.locator("#history").all_text_contents()))
        for line in (
            "took specimen 1 (kit) and closed it with seal k-1001.",
            "Officer of police received the specimen. Seal: k-1001.",
            "The seal was not intact.",
            "destroyed the specimen. Reason: a court has ordered it. Seal: k-2001.",
        ):
            assert line.lower() in history.lower(), history


def test_a_telephone_that_loads_the_page_anew_loses_neither_a_link_nor_a_receipt(
    chromium_with_cameras: Browser, center: RunningCenter, errors: list[str]
) -> None:
    nurse = center.invite("Nurse Three", "examiner", "clinic")
    case = str(nurse.post("/cases").url).rsplit("/", 1)[1]
    record_consent(nurse, f"/cases/{case}", "Nurse Three", "specimens", "police-specimens")
    (_, first), (kit, second), (_, third) = (handed(nurse, case, seal) for seal in ("K-1", "K-2", "K-3"))
    with browsing(chromium_with_cameras, center, errors, None, 390) as page:
        page.goto(first)
        expect(page.locator("#receive")).to_be_visible()
        page.reload()
        page.route("**/custody/receipt", lose_the_answer)
        confirm_receipt(page)
        expect(page.locator("#received")).to_be_visible()
        expect(page.locator("#specimen")).not_to_contain_text("Receipt to be confirmed by")
        page.unroute("**/custody/receipt")
        own = page.locator("#holding").input_value()
        page.reload()
        expect(page.locator("#received")).to_be_visible()
        expect(page.locator("#holding")).to_have_value(own)
        page.get_by_role("button", name="Hand it over now").click()
        expect(page.locator("#hold")).to_be_visible()
        page.reload()
        expect(page.locator("#hold")).to_be_visible()

        page.goto(second)  # in the same tab
        expect(page.locator("#specimen")).to_contain_text("k-2")
        nurse.post(f"{kit}/recall").raise_for_status()
        confirm_receipt(page)
        expect(page.locator("#trouble")).to_contain_text("This link cannot be used")
        page.goto(first)
        expect(page.locator("#trouble")).to_contain_text("This link cannot be used")
        page.goto(own)
        expect(page.locator("#hold")).to_be_visible()

        page.goto(third)
        expect(page.locator("#specimen")).to_contain_text("k-3")
        page.route("**/custody/receipt", lose_the_answer)
        page.route("**/custody/specimen", lambda route: route.abort())
        confirm_receipt(page)
        expect(page.locator("#trouble")).to_contain_text("load this page again")
        page.unroute_all()
        page.goto(third)  # what a reader may do instead
        expect(page.locator("#received")).to_be_visible()
        page.goto(page.locator("#holding").input_value())
        expect(page.locator("#specimen")).to_contain_text("k-3")


def confirm_receipt(page: Page) -> None:
    page.fill("#name", "Officer O")
    page.select_option("#role", "officer")
    page.locator("#receiving [name=intact][value=yes]").check()
    page.get_by_role("button", name="Confirm: I received it").click()


def lose_the_answer(route: Route) -> None:
    """What was sent arrives, and its answer does not."""
    route.fetch()
    route.abort()


def handed(nurse: httpx.Client, case: str, seal: str) -> tuple[str, str]:
    """The page of a kit that was handed over to the police, and the link for its receipt."""
    kit = str(nurse.post(f"/cases/{case}/specimens", data={"kind": "kit", "seal": seal, "what": "a kit"}).url)
    to = {"organisation": "police", "role": "officer", "hours": "24", "intact": "yes"}
    nurse.post(f"{kit}/hand-over", data=to).raise_for_status()
    [link] = set(re.findall(r"https?://[^\"<]+/custody#[\w-]+", nurse.post(f"{kit}/receipt-link").text))
    return kit, link


def photograph(nurse: httpx.Client, case: str) -> None:
    """A photograph in the case: a package has an item at least."""
    data = picture(seed=3)
    file = {"kind": "photograph", "name": "a.jpg", "size": len(data), "digest": sha256(data).hexdigest()}
    begun = nurse.post(f"/cases/{case}/uploads", json=file).raise_for_status().json()
    nurse.post(f"/uploads/{begun['id']}/pieces?offset=0", content=data).raise_for_status()
    nurse.post(f"/uploads/{begun['id']}/finish").raise_for_status()


def packed(page: Page, address: str, folder: Path) -> str:
    """Order a package and save its files; the nine words that open it."""
    page.goto(address)
    page.check("input[name=photograph]")
    page.check("input[name=purpose][value=hearing]")
    page.fill("#receiver", "The court")
    page.click("#make")
    expect(page.locator("#ready")).to_be_visible()
    for name in ("testimony", "verifier"):
        with page.expect_download() as download:
            page.click(f"#file-{name}")
        download.value.save_as(folder / download.value.suggested_filename)
    page.click("#show-words")
    expect(page.locator("#words .word")).to_have_count(9)
    return " ".join(page.locator("#words .word").all_inner_texts())


def check(form: Locator, *, intact: bool) -> None:
    form.locator(f"[name=intact][value={'yes' if intact else 'no'}]").check()
    form.locator("[name=stored][value=yes]").check()


def hand_over(page: Page, organisation: str, role: str) -> None:
    form = page.locator("form", has=page.locator("[name=organisation]"))
    form.locator("[name=organisation]").select_option(organisation)
    form.locator("[name=role]").select_option(role)
    check(form, intact=True)
    form.get_by_role("button", name="Hand over the specimen").click()


def received_and_handed_on(
    browser: Browser,
    center: RunningCenter,
    errors: list[str],
    link: str,
    who: tuple[str, str],
    to: tuple[str, str],
    seal: str = "",
    shots: Callable[[Page, str], None] | None = None,
) -> str:
    """Somebody without an account opens the link on a phone, confirms the receipt, and hands the kit on;
    the link for the next one. `seal`: the number of a new one."""
    with browsing(browser, center, errors, None, 390) as page:
        page.goto(link)
        expect(page.locator("#specimen")).to_contain_text("kit")
        page.fill("#name", who[0])
        page.select_option("#role", who[1])
        form = page.locator("#receiving")
        check(form, intact=not seal)
        expect(form.locator("[name=seal]")).to_be_visible(visible=bool(seal))
        if seal:
            form.locator("[name=seal]").fill(seal)
        if shots:
            shots(page, "receipt-390")
            fits_at(page, [390])
        form.get_by_role("button", name="Confirm: I received it").click()
        expect(page.locator("#received")).to_be_visible()
        assert len(page.locator("#holding").input_value().partition("#")[2]) == 64
        page.get_by_role("button", name="Hand it over now").click()
        hand_over(page, *to)
        expect(page.locator("#picture")).to_be_visible()
        if shots:
            shots(page, "next-390")
        return page.locator("#link").input_value()
