"""The page that orders a court package: what is missing is said on the page, in its own language."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.media.made_media import camera
from tests.support.packages.made_recording import EVIDENCE, INTERVIEW, made_recording
from tests.support.packages.viewing_server import ViewingServer

pytestmark = pytest.mark.browser


@pytest.fixture
def order(chromium: Browser, server: ViewingServer) -> Iterator[Page]:
    """In Arabic, in a browser that speaks English."""
    server.view(made_recording({"wide": [camera(2)]}))
    context = chromium.new_context(locale="en-GB")
    context.add_cookies([{"name": "language", "value": "ar", "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/evidence/{EVIDENCE}/package")
    yield page
    context.close()


def test_without_a_purpose_or_a_receiver_nothing_is_ordered_and_the_page_says_so_itself(
    order: Page, server: ViewingServer
) -> None:
    order.click("#make")
    expect(order.locator("#trouble")).to_be_focused()
    expect(order.locator("#trouble-what")).to_have_text("لم يُختر غرض بعد.")
    order.check("input[value=hearing]")
    order.click("#make")
    expect(order.locator("#trouble-what")).to_have_text("لم تُحدَّد بعد الجهة المستلِمة للحزمة.")
    assert server.asked == []


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("", "00:10:00", "أوقات المقتطف ناقصة، أو ليست أوقاتًا."),
        ("00:01:00", "ten", "أوقات المقتطف ناقصة، أو ليست أوقاتًا."),
        ("00:10:00", "00:09:59", "النهاية قبل البداية."),
        ("00:10:00", "10:00", "لا شيء بين البداية والنهاية."),
    ],
)
def test_minutes_that_cannot_be_are_told_from_what_the_server_refuses(
    order: Page, server: ViewingServer, begin: str, end: str, said: str
) -> None:
    order.check("input[value=excerpt]")
    order.check("input[value=hearing]")
    order.fill("#receiver", "Court of N")
    order.fill("#begin", begin)
    order.fill("#end", end)
    order.click("#make")
    expect(order.locator("#trouble-what")).to_have_text(said)
    expect(order.locator("#trouble-todo")).not_to_be_empty()
    assert server.asked == []


def test_what_is_whole_is_ordered_and_what_the_server_says_is_shown(
    order: Page, server: ViewingServer
) -> None:
    order.check("input[value=excerpt]")
    order.check("input[value=hearing]")
    order.fill("#receiver", "Court of N")
    order.fill("#begin", "00:00")
    order.fill("#end", "1:00:01")
    order.click("#make")
    expect(order.locator("#trouble-what")).to_have_text("It was refused.")
    [asked] = map(json.loads, server.asked)
    assert asked["receiver"] == "Court of N"
    assert asked["excerpt"] == {"begin": 0, "end": 3_601_000_000}
    assert (asked["evidence"], asked["interview"]) == (EVIDENCE, None)
    assert INTERVIEW not in server.asked[0]
