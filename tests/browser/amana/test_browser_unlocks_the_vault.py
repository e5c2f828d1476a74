"""The passphrase is sealed in the page: nothing that leaves the browser has it, and the vault opens."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote_plus

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect

from tests.support.axe import fits_at, keeps_rules
from tests.support.centers.running_center import RunningCenter
from tests.support.servers.chromium import SHELL, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUTTON = {"en": "Unlock vault", "ar": "فتح الخزنة"}
UNLOCKED = {"en": "The vault is unlocked", "ar": "الخزنة مفتوحة"}


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, [], SHELL)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    yield center
    center.stop()


@pytest.fixture(params=["en", "ar"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def passphrase(center: RunningCenter) -> str:
    return (center.settings.keys / "trial-passphrase.txt").read_text().strip()


@pytest.fixture
def page(chromium: Browser, center: RunningCenter, language: str) -> Iterator[Page]:
    """The health page of a vault that is locked."""
    center.prosecutor.post("/vault/lock").raise_for_status()
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([*center.cookies, {"name": "language", "value": language, "url": center.address}])
    page = context.new_page()
    page.goto(f"{center.address}/health")
    yield page
    context.close()


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def vault_is_unlocked(center: RunningCenter) -> bool:
    found = center.prosecutor.get("/health", headers={"accept": "application/json"}).json()
    return bool(found["keys"]["unlocked"])


def test_what_leaves_the_browser_is_sealed_and_opens_the_vault_once(
    page: Page, center: RunningCenter, passphrase: str, language: str
) -> None:
    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one))
    page.fill("#passphrase", passphrase)
    keeps_rules(page)
    fits_at(page, (800,))
    picture(page, f"unlock-{language}")
    page.get_by_role("button", name=BUTTON[language]).click()
    expect(page.get_by_role("heading", name=UNLOCKED[language])).to_be_visible()
    assert vault_is_unlocked(center)
    picture(page, f"unlocked-{language}")

    posted = {
        one.url.removeprefix(center.address): one.post_data or "" for one in sent if one.method == "POST"
    }
    assert list(posted) == ["/vault/key", "/vault/unlock"]
    fields = parse_qs(posted["/vault/unlock"], keep_blank_values=True)
    assert set(fields) == {"key", "sealed"}
    everything = "".join(f"{one.url} {json.dumps(one.headers)} {one.post_data or ''}" for one in sent)
    for spelled in (passphrase, quote_plus(passphrase), passphrase.replace(" ", "")):
        assert spelled not in everything
    logs = b"".join(path.read_bytes() for path in center.settings.log.iterdir() if path.is_file())
    assert passphrase.encode() not in logs

    center.prosecutor.post("/vault/lock").raise_for_status()
    again = center.prosecutor.post("/vault/unlock", data={name: one[0] for name, one in fields.items()})
    assert again.status_code == 409, "what was caught on its way opens nothing"
    assert not vault_is_unlocked(center)


def test_a_wrong_passphrase_is_answered_as_one(page: Page, center: RunningCenter, language: str) -> None:
    page.fill("#passphrase", "not this one")
    page.get_by_role("button", name=BUTTON[language]).click()
    told = {"en": "does not open the vault", "ar": "لا يفتح الخزنة"}[language]
    expect(page.get_by_text(told)).to_be_visible()
    assert not vault_is_unlocked(center)


def test_where_it_cannot_be_sealed_it_is_not_sent_and_the_page_says_so(
    page: Page, center: RunningCenter, passphrase: str, language: str
) -> None:
    page.evaluate("() => { crypto.subtle.deriveBits = () => Promise.reject(new Error('no X25519')); }")
    posted: list[str] = []
    page.on("request", lambda one: posted.append(one.url) if one.method == "POST" else None)
    page.fill("#passphrase", passphrase)
    page.get_by_role("button", name=BUTTON[language]).click()
    expect(page.locator("#not-sealed")).to_be_visible()
    keeps_rules(page)
    picture(page, f"not-sealed-{language}")
    assert posted == [f"{center.address}/vault/key"]
    expect(page.locator("#passphrase")).to_have_value(passphrase)
    expect(page.get_by_role("button", name=re.compile(BUTTON[language]))).to_be_enabled()
