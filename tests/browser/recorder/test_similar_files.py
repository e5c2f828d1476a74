"""Similar files of a case, in a real browser: named on the page of a file, with what that means."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import fits_at
from tests.support.centers.running_center import RunningCenter
from tests.support.media.made_pictures import encoded, scene
from tests.support.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIMILAR = {"en": "of 128 points of comparison differ", "ar": "من أصل 128 نقطة مقارنة"}
NONE = {"en": "compared with 2 other files", "ar": "المقارنة بملفين آخرين"}


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_the_page_of_a_file_names_the_one_that_shows_the_same_and_says_that_it_proves_nothing(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    errors: list[str],
    shots: Callable[[Page, str], None],
    check: Callable[[Page], None],
    language: str,
) -> None:
    client = center.prosecutor
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    sent = encoded(scene(1, (320, 240)), "WEBP", quality=60)
    pictures = (encoded(scene(1), quality=95), sent, encoded(scene(2), "PNG"))
    first, again, other = (received(client, case, data) for data in pictures)
    language_chosen = {"name": "language", "value": language, "url": center.address}
    context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([*center.cookies_of(client), language_chosen])
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{center.address}/photographs/{first}")
    expect(page.locator("#similar .hint")).to_be_visible()
    expect(page.locator("#similar a")).to_have_count(0)
    shots(page, f"not-compared-{language}")

    for file in (first, again, other):
        ordered = client.post(f"/received/{file}/copies", data={"kind": "picture-copy", "purpose": "review"})
        progress = f"{str(ordered.url).split('?')[0]}/progress"
        wait_until(lambda: client.get(progress).json()["state"] == "made")  # noqa: B023
    page.reload()
    expect(page.locator("#similar li")).to_have_count(1)
    expect(page.locator("#similar li")).to_contain_text(SIMILAR[language])
    assert str(page.get_attribute("#similar a", "href")) == f"/photographs/{again}"
    check(page)
    page.locator("#similar").scroll_into_view_if_needed()
    shots(page, f"similar-{language}")
    fits_at(page, [390])
    page.locator("#similar").scroll_into_view_if_needed()
    shots(page, f"similar-narrow-{language}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click("#similar a")
    expect(page.locator(f"#one[data-id='{again}']")).to_be_visible()
    page.goto(f"{center.address}/photographs/{other}")
    expect(page.locator("#similar .quiet")).to_contain_text(NONE[language])
    expect(page.locator("#similar a")).to_have_count(0)
    shots(page, f"none-{language}")
    context.close()


def received(client: httpx.Client, case: str, data: bytes) -> str:
    """A picture that a neighbour brings; its id."""
    file = {"kind": "received", "name": "IMG", "size": len(data), "digest": sha256(data).hexdigest()}
    origin = {"source": "person", "giver": "Person B, her neighbour"}
    begun = client.post(f"/cases/{case}/uploads", json={**file, "origin": origin}).raise_for_status().json()
    client.post(f"/uploads/{begun['id']}/pieces?offset=0", content=data).raise_for_status()
    return str(client.post(f"/uploads/{begun['id']}/finish").raise_for_status().json()["id"])
