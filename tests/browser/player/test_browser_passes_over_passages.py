"""Court orders on passages, on the exhibit's page: marked, passed over, and never mistaken for a gap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chain_of_custody.items import excerpt as excerpts
from chain_of_custody.items.recording_contents import Event
from tests.support.axe import fits_at, keeps_rules
from tests.support.media.made_media import camera, microphone
from tests.support.momentary import Shown
from tests.support.packages.made_recording import EVIDENCE, MadeRecording, made_recording, seconds
from tests.support.packages.viewing_server import ViewingServer

pytestmark = pytest.mark.browser

LENGTH, BEGIN, END = 9, 3, 6  # seconds


def recorded(*, whole: bool = False) -> MadeRecording:
    """Nine seconds, of which a court has excluded three, or all."""
    tracks = {"wide": [camera(LENGTH)], "microphone": [microphone(LENGTH)]}
    recording = made_recording(tracks, [Event("mark", seconds(4), {"text": "the question"})])
    excerpt = None if whole else {"from": seconds(BEGIN), "to": seconds(END)}
    body = {"excerpt": excerpt, "exclusion": "c1" * 16, "reason": "question"}
    recording.ledger.state("passage.excluded", EVIDENCE, body, purpose="court-order")
    return recording


def restored() -> MadeRecording:
    recording = recorded()
    body = {"exclusion": "c1" * 16, "reason": "appeal"}
    recording.ledger.state("passage.restored", EVIDENCE, body, purpose="court-order")
    return recording


@pytest.fixture
def context(chromium: Browser, server: ViewingServer) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Hebron")
    said: list[str] = []
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield context
    context.close()
    assert said == []


def opened(
    context: BrowserContext,
    server: ViewingServer,
    recording: MadeRecording,
    *,
    withheld: bool = False,
    language: str = "en",
) -> Page:
    server.view(recording)
    if withheld:
        passage = (seconds(BEGIN), seconds(END))
        server.withheld = set(excerpts.within(recording.records, [passage]))
    context.add_cookies([{"name": "language", "value": language, "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/evidence/{EVIDENCE}")
    page.check("input[value=hearing]")
    page.click("#open")
    expect(page.locator("#happened")).to_be_visible()
    return page


def position(page: Page) -> float:
    return float(page.locator("#seek").input_value())


def test_playing_passes_over_it_until_a_press_that_says_what_it_is(
    context: BrowserContext, server: ViewingServer
) -> None:
    page = opened(context, server, recorded())
    expect(page.locator("#excluded")).to_contain_text("From 00:00:03 to 00:00:06.")
    expect(page.locator("#excluded")).to_contain_text("Why: a question that was not allowed.")
    band = page.locator("#places .band")
    expect(band).to_have_attribute("title", "Excluded by a court, not to be used. From 00:00:03 to 00:00:06.")
    seen: list[float] = []
    page.expose_function("seen", lambda at: seen.append(float(at)))
    page.evaluate(
        "new MutationObserver(() => seen(document.getElementById('seek').value))"
        ".observe(document.getElementById('position'), { childList: true })"
    )
    note = page.locator("#stage-note")
    noted = Shown(note)
    page.click("#play")
    expect(note).to_have_text("The end of this part.")
    assert "Excluded by a court: skipped until 00:00:06." in noted.all
    assert seen
    assert [at for at in seen if BEGIN <= at < END] == []
    page.locator("#seek").fill("4")  # nor is it reached along the line
    assert position(page) == END
    expect(page.locator("#stage-excluded")).to_be_hidden()
    band.click()  # leads to the words, and shows nothing
    expect(page.locator("#excluded-list li")).to_be_focused()
    assert position(page) == END
    page.get_by_role("button", name="Show excluded passage").click()
    assert position(page) == BEGIN
    expect(page.locator("#stage-excluded")).to_have_text("Excluded by a court. Not to be used as evidence.")


def test_whoever_is_not_given_it_is_told_that_it_was_left_out_and_not_that_it_is_missing(
    context: BrowserContext, server: ViewingServer
) -> None:
    page = opened(context, server, recorded(), withheld=True)
    expect(page.locator("#excluded-meaning")).to_contain_text("It is not missing")
    expect(page.get_by_role("button", name="Show excluded passage")).to_have_count(0)
    expect(page.locator("#happenings")).to_contain_text("something is left out by order of a court")
    expect(page.locator("#happenings")).not_to_contain_text("Nothing was recorded")
    expect(page.locator("#happenings")).not_to_contain_text("the question")  # said within it
    expect(page.locator("#strip rect.excluded")).to_have_count(1)
    note = page.locator("#stage-note")
    noted = Shown(note)
    page.click("#play")
    expect(note).to_have_text("The end of this part.")
    passed = "Left out by order of a court: from 00:00:03 to 00:00:06. Continuing at 00:00:06."
    assert passed in noted.all
    assert "what is withheld" not in server.asked
    expect(page.locator("#alarm")).to_be_hidden()


def test_of_what_is_excluded_whole_nothing_plays_and_once_restored_nothing_is_marked(
    context: BrowserContext, server: ViewingServer
) -> None:
    page = opened(context, server, recorded(whole=True))
    expect(page.locator("#excluded")).to_contain_text("All of this recording.")
    assert position(page) >= LENGTH - 1
    page.close()
    page = opened(context, server, restored())
    expect(page.locator("#excluded")).to_be_hidden()
    assert page.locator(".band").count() == 0
    expect(page.locator("#history")).to_contain_text("what had been excluded may be used again")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("withheld", [False, True])
def test_the_page_is_accessible_and_fits(
    context: BrowserContext, server: ViewingServer, language: str, withheld: bool
) -> None:
    page = opened(context, server, recorded(), withheld=withheld, language=language)
    keeps_rules(page)
    fits_at(page, (800, 1280))
