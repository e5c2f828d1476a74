"""Signing in, in a real Chromium with virtual authenticators, at a real center."""

from __future__ import annotations

import os
import re
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright, expect

from casework.people import totp
from tests.support.axe import fits_at, keeps_rules
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import wait_until
from tests.support.servers.chromium import CAMERAS, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (1280, 800, 390)  # CSS pixels


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, CAMERAS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    yield center
    center.stop()


class Device:
    """A browser profile on a device of somebody's, with an authenticator in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page = context.new_page()
        self._tools: CDPSession = context.new_cdp_session(self.page)
        self._tools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        made = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._authenticator = made["authenticatorId"]

    @property
    def credentials(self) -> list[dict[str, Any]]:
        told = self._tools.send("WebAuthn.getCredentials", {"authenticatorId": self._authenticator})
        return list(told["credentials"])

    def plug_in(self) -> None:
        """A security key, which is touched in place of the device until `unplug`."""
        self._touched(self._authenticator, False)
        options = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        made = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._key = made["authenticatorId"]

    def unplug(self) -> None:
        self._tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self._key})
        self._touched(self._authenticator, True)

    def _touched(self, authenticator: str, whether: bool) -> None:
        fields = {"authenticatorId": authenticator, "enabled": whether}
        self._tools.send("WebAuthn.setAutomaticPresenceSimulation", fields)

    def does_not_know_the_user(self, unknown: bool) -> None:
        fields = {"authenticatorId": self._authenticator, "isUserVerified": not unknown}
        self._tools.send("WebAuthn.setUserVerified", fields)

    def put(self, credential: dict[str, Any]) -> None:
        """Another device's passkey, as it was copied."""
        fields = {"authenticatorId": self._authenticator, "credential": credential}
        self._tools.send("WebAuthn.addCredential", fields)

    def open(self, link: str) -> Page:
        self.page.goto(link)
        return self.page


@pytest.fixture
def device(browser: Browser, center: RunningCenter) -> Iterator[Callable[..., Device]]:
    made: list[BrowserContext] = []

    def make(language: str = "en") -> Device:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "language", "value": language, "url": center.address}])
        made.append(context)
        return Device(context)

    yield make
    for context in made:
        context.close()


@pytest.fixture
def looked_at() -> Callable[[Page, str], None]:
    """Holds a page against axe's rules, in English on a desk and in Arabic on a phone; it has to fit three
    widths. Takes its pictures where `PICTURES` says."""
    folder = os.environ.get("PICTURES")

    def look(page: Page, name: str) -> None:
        axe_at = WIDTHS[-1] if page.get_attribute("html", "dir") == "rtl" else WIDTHS[0]
        for width in sorted(WIDTHS, key=lambda width: width == axe_at):
            fits_at(page, [width], height=800)
            if folder:
                page.screenshot(path=f"{folder}/{name}-{width}.png")
        keeps_rules(page)

    return look


def link_for(center: RunningCenter, name: str, role: str = "prosecutor") -> str:
    page = center.administrator.post("/staff", data={"name": name, "role": role, "namesake": "true"}).text
    return str(re.findall(r'[^\s"]+/sign-in#[^\s"]+', page)[0])


def another_link(center: RunningCenter, name: str) -> str:
    staff = center.administrator.get("/staff").text
    person = re.findall(rf"{name}</bdi>.*?/staff/([0-9a-f]{{32}})/link", staff, re.DOTALL)[0]
    page = center.administrator.post(f"/staff/{person}/link").text
    return str(re.findall(r'[^\s"]+/sign-in#[^\s"]+', page)[0])


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_an_invitation_a_passkey_and_from_then_on_one_touch(
    center: RunningCenter,
    device: Callable[..., Device],
    looked_at: Callable[[Page, str], None],
    language: str,
) -> None:
    hers = device(language)
    page = hers.open(link_for(center, f"Person {language}"))
    page.wait_for_url("**/passkey")
    looked_at(page, f"invited-{language}")
    page.click("main a.button[href='/']")  # not now
    page.wait_for_url(f"{center.address}/")
    looked_at(page, f"home-without-{language}")
    page.click("main a[href='/passkey']")
    page.click("#make")
    page.wait_for_url(f"{center.address}/")
    assert len(hers.credentials) == 1
    assert page.locator("main a[href='/passkey']").count() == 0

    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")
    looked_at(page, f"sign-in-{language}")
    page.click("#passkey")
    page.wait_for_url(f"{center.address}/")
    page.click("a.bar-name")
    page.click("main a[href='/passkey']")
    looked_at(page, f"passkeys-{language}")
    page.click("#make")  # this device has one already
    expect(page.locator("#known-already")).to_be_visible()
    looked_at(page, f"known-already-{language}")
    assert len(hers.credentials) == 1


def test_whoever_cannot_unlock_the_device_is_not_let_in_and_may_try_again(
    center: RunningCenter, device: Callable[..., Device], looked_at: Callable[[Page, str], None]
) -> None:
    hers = device()
    page = hers.open(link_for(center, "Person U"))
    page.wait_for_url("**/passkey")
    hers.does_not_know_the_user(True)
    page.click("#make")
    expect(page.locator("#given-up")).to_be_visible()
    looked_at(page, "given-up")
    hers.does_not_know_the_user(False)
    page.click("#make")
    page.wait_for_url(f"{center.address}/")
    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")
    hers.does_not_know_the_user(True)
    page.click("#passkey")
    expect(page.locator("#given-up")).to_be_visible()
    page.goto(f"{center.address}/cases")
    page.wait_for_url("**/sign-in")
    hers.does_not_know_the_user(False)
    page.click("#passkey")
    page.wait_for_url(f"{center.address}/")


def test_a_copied_passkey_is_refused_with_a_sentence(
    center: RunningCenter, device: Callable[..., Device], looked_at: Callable[[Page, str], None]
) -> None:
    hers, his = device(), device()
    page = hers.open(link_for(center, "Person C"))
    page.wait_for_url("**/passkey")
    page.click("#make")
    page.wait_for_url(f"{center.address}/")
    copied = hers.credentials[0]
    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")
    page.click("#passkey")
    page.wait_for_url(f"{center.address}/")
    his.put(copied | {"signCount": 0})
    there = his.open(f"{center.address}/sign-in")
    there.click("#passkey")
    expect(there.locator("#refused")).to_contain_text("There may be a copy of it")
    looked_at(there, "copied")
    there.goto(f"{center.address}/cases")
    there.wait_for_url("**/sign-in")


def test_a_link_adds_no_second_passkey(
    center: RunningCenter, device: Callable[..., Device], looked_at: Callable[[Page, str], None]
) -> None:
    hers, his = device(), device()
    page = hers.open(link_for(center, "Person L"))
    page.wait_for_url("**/passkey")
    page.click("#make")
    page.wait_for_url(f"{center.address}/")
    there = his.open(another_link(center, "Person L"))
    there.wait_for_url(f"{center.address}/")
    there.goto(f"{center.address}/passkey")
    assert there.locator("#make").count() == 0
    looked_at(there, "with-link")
    status = there.evaluate(
        "fetch('/passkey/challenge', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: '{}'}).then((answer) => answer.status)"
    )
    assert status == 403


def test_at_an_address_of_numbers_the_page_leads_to_the_one_with_passkeys(
    center: RunningCenter, device: Callable[..., Device], looked_at: Callable[[Page, str], None]
) -> None:
    numbers = center.address.replace("localhost", "127.0.0.1")
    page = device("ar").open(f"{numbers}/sign-in")
    assert page.locator("#passkey").count() == 0
    looked_at(page, "numbers-ar")
    page.click("main .panel a")
    page.wait_for_url(f"{center.address}/sign-in")
    expect(page.locator("#passkey")).to_be_visible()


def test_a_used_link_says_what_to_do_and_leaves_the_other_way_open(
    center: RunningCenter, device: Callable[..., Device], looked_at: Callable[[Page, str], None]
) -> None:
    link = link_for(center, "Person W")
    device().open(link).wait_for_url("**/passkey")
    page = device().open(link)
    expect(page.locator("#refused")).to_be_visible()
    expect(page.locator("#passkey")).to_be_visible()
    looked_at(page, "used-link")


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.repeats)])
def test_without_a_device_that_holds_a_passkey_a_password_and_an_apps_codes_open(
    center: RunningCenter, browser: Browser, looked_at: Callable[[Page, str], None], language: str
) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "language", "value": language, "url": center.address}])
    page = context.new_page()
    page.goto(link_for(center, f"Person P {language}"))
    page.wait_for_url("**/passkey")
    page.click("main a[href='/password']")
    expect(page.locator("#password")).to_be_visible()
    looked_at(page, f"password-{language}")
    secret = b32decode("".join(page.locator("p.digest span").all_inner_texts()))
    step = int(time.time() // totp.STEP)
    page.fill("#password", "seven words that nobody else would put together")
    page.fill("#code", "000000")
    page.click("form.card button")
    expect(page.locator("main [role=alert]")).to_be_visible()
    page.fill("#password", "seven words that nobody else would put together")
    page.fill("#code", totp.code_at(secret, step))
    page.click("form.card button")
    number = page.locator(".big").inner_text()
    looked_at(page, f"number-{language}")

    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in")
    page.click("summary")
    looked_at(page, f"sign-in-number-{language}")
    for right in (False, True):
        unused = max(step + 1, int(time.time() // totp.STEP))
        code = totp.code_at(secret, unused) if right else "000000"
        page.fill("#number", number)
        page.fill("#password", "seven words that nobody else would put together")
        page.fill("#code", code)
        page.click("details form button")
        page.wait_for_load_state()
        if not right:
            looked_at(page, f"not-taken-{language}")
    page.wait_for_url(f"{center.address}/")
    looked_at(page, f"told-of-failures-{language}")
    context.close()


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_a_lost_device_is_replaced_with_a_code_on_paper(
    center: RunningCenter,
    device: Callable[..., Device],
    looked_at: Callable[[Page, str], None],
    language: str,
) -> None:
    hers, new = device(language), device(language)
    page = hers.open(link_for(center, f"Person R {language}"))
    page.wait_for_url("**/passkey")
    page.click("#make")
    page.wait_for_url(f"{center.address}/")
    page.click("a.bar-name")
    page.click("summary")
    page.fill("input[name=label]", "هاتفي" if language == "ar" else "My phone")
    page.click("form[action='/account/passkeys/name'] button")
    page.wait_for_load_state()
    page.click("form[action='/account/recovery-codes'] button")
    page.wait_for_selector(".codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    looked_at(page, f"codes-{language}")

    there = new.open(f"{center.address}/sign-in")
    there.click("details:has(#recovery) summary")
    there.fill("#recovery", codes[3].upper())
    looked_at(there, f"recovering-{language}")
    there.click("form[action='/sign-in/recovery'] button")
    there.wait_for_url("**/passkey")
    looked_at(there, f"recovered-{language}")
    there.goto(f"{center.address}/cases")
    there.wait_for_url("**/passkey")
    there.click("#make")
    there.wait_for_url(f"{center.address}/")
    looked_at(there, f"home-{language}")
    there.click("a.tag[href='/account#recovery']")
    there.locator("summary").first.click()
    looked_at(there, f"account-{language}")
    there.click("form[action='/account/recovery-codes/used'] button")
    expect(there.locator("a.tag[href='/account#recovery']")).to_have_count(0)
    there.locator("summary").first.click()
    there.locator("form[action='/account/passkeys/revoke'] button").first.click()
    expect(there.locator("#signing")).to_be_visible()
    looked_at(there, f"revoking-{language}")
    expect(there.locator(".held")).to_have_count(2)
    there.click("#signing-sign")
    expect(there.locator(".held")).to_have_count(1)
    page.goto(f"{center.address}/cases")
    page.wait_for_url("**/sign-in")

    # A further one, on a security key, is confirmed with the device's own.
    new.plug_in()
    there.goto(f"{center.address}/passkey")
    there.click("#make")
    expect(there.locator("#signing")).to_be_visible()
    looked_at(there, f"adding-{language}")
    new.unplug()
    there.click("#signing-sign")
    there.wait_for_url("**/account")
    expect(there.locator(".held")).to_have_count(2)
    there.goto(f"{center.address}/confirm?back=/cases")
    looked_at(there, f"confirm-{language}")
    there.click("form[data-confirm] button")
    there.wait_for_url("**/cases")


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.repeats)])
def test_an_administrators_staff_page_invites_and_ends_everything(
    center: RunningCenter, browser: Browser, looked_at: Callable[[Page, str], None], language: str
) -> None:
    link_for(center, f"Person S {language}")
    context = browser.new_context()
    context.add_cookies(
        [
            *center.cookies_of(center.administrator),
            {"name": "language", "value": language, "url": center.address},
        ]
    )
    page = context.new_page()
    page.goto(f"{center.address}/staff")
    row = page.locator("tr", has_text=f"Person S {language}")
    row.locator("details", has=page.locator("form[action$='/revoke']")).locator("summary").click()
    looked_at(page, f"staff-{language}")
    row.locator("form[action$='/revoke'] button").click()
    link = page.input_value("input[readonly]")
    before = page.inner_text("#copy")
    page.click("#copy")
    page.wait_for_function("before => document.getElementById('copy').textContent !== before", arg=before)
    page.get_by_role("group").filter(has=page.locator(".code-picture")).locator("summary").click()
    looked_at(page, f"staff-invited-{language}")
    page.locator("form[action='/staff/find'] input").fill(f"person s {language}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/find")
    assert page.locator("tbody tr").count() == 1
    assert link not in page.content()
    context.close()


def test_a_rooms_machine_waits_and_then_sends_its_cameras_where_nobody_signs_in(
    center: RunningCenter, browser: Browser, looked_at: Callable[[Page, str], None]
) -> None:
    made = center.administrator.post("/room-machines", data={"room": "room-1"}).text
    link = re.findall(r'value="([^"]+/room#[^"]+)"', made)[0]
    context = browser.new_context()
    context.grant_permissions(["camera", "microphone"], origin=center.address)
    page = context.new_page()
    page.goto(link)
    page.wait_for_url(f"{center.address}/room")
    expect(page.locator("#waiting")).to_be_visible()
    looked_at(page, "room-waits-ar")
    interview = center.open_interview()
    page.wait_for_url(f"{center.address}/interviews/{interview}/room")
    page.select_option("#close-device", label="fake_device_2")
    wait_until(lambda: flowing(center, interview) == {"wide", "close"})
    assert page.locator(".bar-name").count() == 0
    # Once it is over, the machine waits again by itself, and the next interview finds it.
    wait_until(lambda: commanded(center, interview, "begin"))
    wait_until(lambda: center.status(interview)["safety"] == "recording")
    assert commanded(center, interview, "stop", reason="finished")
    page.wait_for_url(f"{center.address}/room")
    following = center.open_interview()
    page.wait_for_url(f"{center.address}/interviews/{following}/room")
    page.select_option("#close-device", label="fake_device_2")
    wait_until(lambda: flowing(center, following) == {"wide", "close"})

    page.goto(f"{center.address}/interviews/{following}/console")
    page.wait_for_url("**/sign-in")
    context.close()


def commanded(center: RunningCenter, interview: str, command: str, **fields: str) -> bool:
    """Whether the console's command was carried out."""
    sent = {"request": uuid4().hex, "evidence": center.status(interview)["evidence"], **fields}
    return center.prosecutor.post(f"/interviews/{interview}/{command}", json=sent).is_success


def flowing(center: RunningCenter, interview: str) -> set[str]:
    return {name for name, camera in center.status(interview)["cameras"].items() if camera["flowing"]}


@pytest.mark.repeats  # of `test_pages_that_answer_a_form`, and of the machine above; here on a phone, too
@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_page_of_machines_in_rooms(
    center: RunningCenter, browser: Browser, looked_at: Callable[[Page, str], None], language: str
) -> None:
    context = browser.new_context()
    context.add_cookies(
        [
            *center.cookies_of(center.administrator),
            {"name": "language", "value": language, "url": center.address},
        ]
    )
    page = context.new_page()
    page.goto(f"{center.address}/room-machines")
    page.fill("#room", f"room-{language}")
    page.click("main form[action='/room-machines'] button")
    page.wait_for_selector("input[readonly]")
    looked_at(page, f"room-machines-{language}")
    context.close()
