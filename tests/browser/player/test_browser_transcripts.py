"""Transcripts as people meet them: written beside the film, kept, translated, read along, searched."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.centers.running_center import RunningCenter
from tests.support.centers.sealed_interview import SealedInterview
from tests.support.momentary import Shown, reaches
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RECORDED = 8  # seconds
WORDS = {
    "en": {"saved": "Everything is saved", "found": "Found in 1 place", "none": "Not found"},
    "ar": {"saved": "حُفظ كل شيء", "found": "عُثر عليه في موضع واحد", "none": "لم يُعثر عليه"},
}


@pytest.fixture
def house(chromium: Browser, center: RunningCenter) -> SealedInterview:
    """Without a transcript."""
    return SealedInterview.record(center, chromium, RECORDED)


def open_it(page: Page, shown: str) -> None:
    """Open what the page opens, for a hearing."""
    page.check("#opening input[value=hearing]")
    page.click("#open")
    expect(page.locator(shown)).to_be_visible()


def position(page: Page) -> int:
    """Where the film is, whole seconds."""
    hours, minutes, seconds = page.locator("#position").inner_text().split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_a_transcript_is_written_kept_translated_read_and_searched(
    house: SealedInterview, look: Callable[[Page, str], None], language: str
) -> None:
    words, context = WORDS[language], house.context(language)
    said: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))

    # Begun, and written beside the film, with the keyboard alone.
    page.goto(house.at(f"/interviews/{house.interview}/transcripts"))
    look(page, f"transcripts-none-{language}")
    page.select_option("#language", "en")
    page.click("main form .primary")
    page.wait_for_url(re.compile(r"/transcript-drafts/[0-9a-f]{32}$"))
    draft = page.url
    look(page, f"editor-closed-{language}")
    open_it(page, "#writing")
    expect(page.locator("#no-cues")).to_be_visible()
    rows, saved = page.locator("#cues > li"), page.locator("#saved")
    page.keyboard.press("Alt+KeyN")
    expect(rows).to_have_count(1)
    page.keyboard.type("The door was closed.")
    page.keyboard.press("Alt+KeyW")
    page.keyboard.type("Person A")
    page.keyboard.press("Alt+KeyK")
    expect(page.locator("#cues > li.now")).to_have_count(1)
    reaches(page.locator("#position"), "00:00:02")
    page.keyboard.press("Alt+KeyK")
    page.keyboard.press("Alt+KeyO")
    page.keyboard.press("Alt+KeyN")
    expect(rows).to_have_count(2)
    page.keyboard.type("And then it was opened again.")
    expect(saved).to_have_text(words["saved"])
    at = position(page)
    page.keyboard.press("Alt+KeyJ")
    page.wait_for_function(
        "before => document.getElementById('position').textContent < before", arg=f"00:00:{at:02}"
    )
    page.keyboard.press("Alt+ArrowUp")
    expect(rows.nth(0).locator("textarea")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(1).locator("textarea")).to_be_focused()
    for _ in range(len("again.")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Alt+KeyS")
    expect(rows).to_have_count(3)
    expect(rows.nth(2).locator("textarea")).to_have_value("again.")
    page.keyboard.press("Alt+KeyT")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+KeyU")
    expect(rows).to_have_count(2)

    # What is wrong is said where it is, and keeps it from being kept.
    rows.nth(1).locator(".cue-time").first.fill("0:00")
    rows.nth(1).locator(".cue-time").first.press("Tab")
    expect(rows.nth(1).locator(".cue-problem")).not_to_be_empty()
    page.click("#keep")
    expect(page.locator("#not-yet")).to_be_visible()
    look(page, f"editor-wanting-{language}")
    end = rows.nth(0).locator(".cue-time").nth(1).input_value()
    rows.nth(1).locator(".cue-time").first.fill(end)
    rows.nth(1).locator(".cue-time").first.press("Tab")
    expect(rows.nth(1).locator(".cue-problem")).to_be_hidden()
    expect(saved).to_have_text(words["saved"])

    # Two people at once: nothing is overwritten, and nothing typed is lost.
    second = context.new_page()
    second.goto(draft)
    open_it(second, "#writing")
    expect(second.locator("#cues > li")).to_have_count(2)
    second.locator("textarea").first.fill("The door was shut.")
    expect(second.locator("#saved")).to_have_text(words["saved"])
    rows.nth(0).locator("textarea").fill("The door was closed, she said.")
    expect(page.locator("#moved-on")).to_be_visible()
    look(page, f"editor-moved-on-{language}")
    page.click("#save-mine")
    expect(saved).to_have_text(words["saved"])
    second.close()
    page.reload()
    open_it(page, "#writing")
    expect(rows.nth(0).locator("textarea")).to_have_value("The door was closed, she said.")
    expect(rows.nth(0).locator(".cue-speaker")).to_have_value("Person A")
    look(page, f"editor-{language}")

    # What was removed comes back; what was typed last is saved although the page is closed at once.
    rows.nth(1).locator("textarea").focus()
    page.keyboard.press("Alt+KeyX")
    expect(rows).to_have_count(1)
    page.keyboard.press("Alt+KeyZ")
    expect(rows).to_have_count(2)
    rows.nth(1).locator("textarea").fill("And then it was opened\nagain, at night.")
    page.close()
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    rows, saved = page.locator("#cues > li"), page.locator("#saved")
    page.goto(draft)
    open_it(page, "#writing")
    expect(rows.nth(1).locator("textarea")).to_have_value("And then it was opened\nagain, at night.")

    # Kept, opened on its own page.
    page.click("#keep")
    expect(page.locator("#keeping")).to_be_visible()
    look(page, f"editor-keeping-{language}")
    page.click("#keep-now")
    page.wait_for_url(re.compile(r"/derivatives/[0-9a-f]{32}$"))
    open_it(page, "#text")
    expect(page.locator("#transcript > li")).to_have_count(2)
    page.fill("#find", "DOOR")
    expect(page.locator("#found")).to_have_text(words["found"])
    expect(page.locator("#transcript mark")).to_have_text("door")
    look(page, f"kept-{language}")

    # Translated beside the original, from right to left.
    page.goto(house.at(f"/interviews/{house.interview}/transcripts"))
    look(page, f"transcripts-{language}")
    page.locator(".version-deeds select").select_option("ar")
    page.locator(".version-deeds form:has(select) button").click()
    page.wait_for_url(re.compile(r"/transcript-drafts/[0-9a-f]{32}$"))
    open_it(page, "#writing")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator(".cue-original")).to_contain_text("The door was closed, she said.")
    expect(rows.nth(0).locator("textarea")).to_have_attribute("dir", "rtl")
    rows.nth(0).locator("textarea").fill("قالت إنَّ الباب كان مُغلقًا.")
    rows.nth(1).locator("textarea").fill("ثم فُتح من جديد.")
    expect(saved).to_have_text(words["saved"])
    look(page, f"translating-{language}")
    page.click("#keep")
    page.click("#keep-now")
    page.wait_for_url(re.compile(r"/derivatives/[0-9a-f]{32}$"))

    # Read beside the film, two languages side by side.
    page.goto(house.at(f"/evidence/{house.evidence}"))
    expect(page.locator("#transcripts")).to_be_hidden()
    open_it(page, "#transcripts")
    for button in page.locator("#transcripts button[data-transcript]").all():
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    panes = page.locator(".transcript-column")
    expect(panes).to_have_count(2)
    later = panes.nth(0).locator("li").nth(1)
    later.locator("button").click()
    expect(later).to_have_attribute("aria-current", "true")
    expect(panes.nth(1).locator("li").nth(1)).to_have_attribute("aria-current", "true")
    page.fill("#find", "الباب كان مغلقا")
    expect(page.locator("#found")).to_have_text(words["found"])
    expect(page.locator("#panes mark")).to_have_count(1)
    page.click("#find-next")
    expect(panes.locator("li[aria-current]")).to_have_count(2)
    look(page, f"reading-{language}")

    # Searched through the case, and from what is found to its moment.
    page.goto(house.at(f"/cases/{house.case}/transcripts"))
    look(page, f"search-closed-{language}")
    open_it(page, "#search")
    page.fill("#find", "nowhere")
    expect(page.locator("#found")).to_have_text(words["none"])
    page.fill("#find", "opened again")
    expect(page.locator("#results li")).to_have_count(1)
    look(page, f"search-{language}")
    page.click("#results a")
    page.wait_for_url(re.compile(rf"/evidence/{house.evidence}#at=\d+$"))
    asked = int(page.url.rsplit("=", 1)[1])
    open_it(page, "#player")
    expect(page.locator("#position")).to_have_text(f"00:00:{asked:02}")

    assert said == []
    context.close()


def test_what_is_typed_is_saved_whatever_happens_to_the_line_and_to_the_viewing(
    house: SealedInterview,
) -> None:
    context = house.context("en")
    page = context.new_page()
    page.goto(house.at(f"/interviews/{house.interview}/transcripts"))
    page.click("main form .primary")
    page.wait_for_url(re.compile(r"/transcript-drafts/[0-9a-f]{32}$"))
    open_it(page, "#writing")
    page.keyboard.press("Alt+KeyN")
    words, saved = page.locator("#cues textarea").first, page.locator("#saved")
    expect(saved).to_have_text("Everything is saved")

    context.set_offline(True)
    words.fill("while nobody answered")
    expect(saved).to_contain_text("The center does not answer.")
    context.set_offline(False)
    expect(saved).to_have_text("Everything is saved")

    # The center has it, and its answer is lost: what follows is no conflict with oneself.
    lost = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/transcript-drafts/*", lose)
    shown = Shown(saved)
    words.fill("and the answer was lost")
    shown.once("The center does not answer.")
    expect(saved).to_have_text("Everything is saved")
    assert lost == [200]
    shown = Shown(saved)
    words.fill("and went on")
    shown.once("Saved in a moment")
    expect(saved).to_have_text("Everything is saved")
    expect(page.locator("#moved-on")).to_be_hidden()

    # The viewing is over: the words stay, and go on under another one.
    database = sqlite3.connect(house.center.settings.database, timeout=PATIENCE)
    with closing(database), database:
        database.execute("UPDATE viewings SET expires_at = at")
    words.fill("after all the hours")
    expect(page.locator("#unsaved")).to_be_visible()
    expect(page.locator("#unsaved-words")).not_to_be_empty()
    page.click("#reopen")
    expect(saved).to_have_text("Everything is saved")
    expect(page.locator("#unsaved")).to_be_hidden()
    page.reload()
    open_it(page, "#writing")
    expect(words).to_have_value("after all the hours")
    context.close()
