"""The audience window: the presenter's pictures with date and time, and nothing that a court has excluded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.media.made_media import microphone
from tests.support.media.numbered_film import NOTE, excluded, numbered, seen, wandered
from tests.support.packages.made_recording import EVIDENCE, MadeRecording, made_recording, seconds
from tests.support.packages.viewing_server import ViewingServer

pytestmark = pytest.mark.browser

LENGTH, BEGIN, END = 9, 3, 6  # seconds, of which the last two bound what is excluded
EXCLUDED = (BEGIN, END)


def recorded() -> MadeRecording:
    recording = made_recording({"wide": [numbered(LENGTH)], "microphone": [microphone(LENGTH)]})
    body = {
        "excerpt": {"from": seconds(BEGIN), "to": seconds(END)},
        "exclusion": "c1" * 16,
        "reason": "question",
    }
    recording.ledger.state("passage.excluded", EVIDENCE, body, purpose="court-order")
    return recording


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Hebron")
    said: list[str] = []
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield context
    context.close()
    assert said == []


def opened(
    context: BrowserContext, server: ViewingServer, purpose: str = "hearing", language: str = "en"
) -> tuple[Page, Page]:
    """The page of a recording and its audience window."""
    server.view(recorded())
    context.add_cookies([{"name": "language", "value": language, "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/evidence/{EVIDENCE}")
    page.check(f"input[value={purpose}]")
    page.click("#open")
    with context.expect_page() as window:
        page.click("#audience-open")
    return page, window.value


@pytest.mark.parametrize("turns", [40, pytest.param(500, marks=pytest.mark.repeats)])
def test_no_excluded_picture_or_sound_reaches_it_wherever_the_presenter_seeks(
    context: BrowserContext, server: ViewingServer, turns: int
) -> None:
    page, audience = opened(context, server)
    numbers = wandered(page, audience, turns, EXCLUDED)
    assert excluded(numbers, EXCLUDED) == set()


def test_it_stays_black_if_the_presenters_own_picture_is_an_excluded_one(
    context: BrowserContext, server: ViewingServer
) -> None:
    page, audience = opened(context, server)
    audience.evaluate(NOTE)
    audience.wait_for_function("() => window.seen.size > 0")
    page.evaluate(
        """() => new Promise((shown) => {
          const video = document.querySelector("#stage video");
          const look = (_, { mediaTime }) => {
            if (mediaTime >= 4 && mediaTime < 5) shown();
            else video.requestVideoFrameCallback(look);
          };
          video.requestVideoFrameCallback(look);
          setInterval(() => { video.currentTime = 4.2 + Math.random() / 2; }, 100);
        })"""
    )
    black = audience.evaluate("window.black")
    audience.wait_for_function("black => window.black > black", arg=black)
    assert excluded(seen(audience), EXCLUDED) == set()


def test_what_was_shown_of_an_exclusion_is_over_once_an_audience_sees_the_film(
    context: BrowserContext, server: ViewingServer
) -> None:
    page, audience = opened(context, server)
    show = page.get_by_role("button", name="Show excluded passage")
    expect(show).to_be_disabled()
    page.click("#audience-close")
    expect(page.locator("#audience-open")).to_be_visible()
    assert audience.is_closed() or audience.wait_for_event("close")
    show.click()
    expect(page.locator("#stage-excluded")).to_be_visible()
    with context.expect_page() as window:
        page.click("#audience-open")
    expect(page.locator("#stage-excluded")).to_be_hidden()
    expect(show).to_be_disabled()
    window.value.evaluate(NOTE)
    window.value.wait_for_function("() => window.seen.size > 0")
    assert excluded(seen(window.value), EXCLUDED) == set()


def test_it_has_picture_date_and_time_and_the_name_unless_the_court_orders_otherwise(
    context: BrowserContext, server: ViewingServer
) -> None:
    page, audience = opened(context, server)
    expect(audience.locator(".stage-clock")).to_have_text(page.locator(".stage-clock").inner_text())
    expect(audience.locator(".viewer-mark")).to_contain_text("Person V")
    assert audience.locator("button, input, a").count() == 0
    page.check("#audience-nameless")
    expect(audience.locator(".viewer-mark")).to_be_hidden()
    page.click("#audience-dark")
    expect(audience.locator(".stage")).to_be_hidden()
    page.locator("#seek").fill("7")
    page.click("#audience-dark")
    audience.evaluate(NOTE)
    audience.wait_for_function("() => [...window.seen].some((number) => number >= 200)")
    page.close()
    assert audience.is_closed() or audience.wait_for_event("close")


def test_the_name_stays_for_any_other_purpose(context: BrowserContext, server: ViewingServer) -> None:
    page, audience = opened(context, server, "review")
    expect(audience.locator(".viewer-mark")).to_be_visible()
    expect(page.locator("#audience-nameless-choice")).to_be_hidden()
