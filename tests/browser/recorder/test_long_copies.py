"""A copy of a long film is played while it is fetched: from any place, in Chromium and in Firefox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.recorder.test_received_copies import PATIENT, opened, order
from tests.support.centers.running_center import RunningCenter
from tests.support.media.brought_media import brought
from tests.support.servers.firefox import Firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 14
NOISE = (
    f"-f lavfi -i nullsrc=size=426x240:rate=30,noise=alls=100:allf=t -t {SECONDS} "
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
)
"""A film of many bytes a second: its copy has many pieces."""
MESSAGE = re.compile(r"/viewings/[0-9a-f]{32}/messages/[0-9]+$")
PLAYED_FROM = """async (at) => {
  const film = document.querySelector("#film");
  film.muted = true;
  const there = new Promise((then) => film.addEventListener("seeked", then, { once: true }));
  film.currentTime = at;
  await there;
  const sought = film.currentTime;
  await film.play();
  while (film.currentTime < at + 0.3) await new Promise((then) => setTimeout(then, 20));
  film.pause();
  return sought;
}"""
"""Where it began, once it has played on from there."""
END = """() => new Promise((resolve) => {
  const film = document.querySelector("#film");
  film.addEventListener("ended", () => resolve(film.currentTime));
  film.muted = true;
  film.currentTime = film.duration - 0.5;
  film.play();
})"""
OPENED = """async () => {
  const soon = () => new Promise((then) => setTimeout(then, 20));
  const open = document.querySelector("#opening button.primary");
  while (open.disabled) await soon();
  document.querySelector("#opening [value=review]").checked = true;
  open.click();
  while (document.querySelector("#checked").hidden) await soon();
}"""
WITHOUT_WORKERS = """Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });"""


@dataclass
class Copy:
    """A copy that is made. `path`: of its page; `pieces`: how many messages hold all of it."""

    path: str
    pieces: int


def cookies(center: RunningCenter) -> list[Any]:
    """Of the prosecutor, who reads English."""
    english = {"name": "language", "value": "en", "url": center.address}
    return [*center.cookies_of(center.prosecutor), english]


def page_of(browser: Browser, center: RunningCenter, errors: list[str]) -> Page:
    context = browser.new_context()
    context.add_cookies(cookies(center))
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


@pytest.fixture(scope="module")
def copy(
    chromium_with_cameras: Browser, center: RunningCenter, tmp_path_factory: pytest.TempPathFactory
) -> Copy:
    film = tmp_path_factory.mktemp("telephone") / "VID-1.mp4"
    film.write_bytes(brought("mp4", NOISE))
    case = str(center.prosecutor.post("/cases").url).rsplit("/", 1)[1]
    page = page_of(chromium_with_cameras, center, [])
    page.goto(f"{center.address}/cases/{case}/received")
    page.check("[name=source][value=person]")
    page.fill("#giver", "Person B, her neighbour")
    page.set_input_files("#files", film)
    expect(page.locator("#receipt-files tr")).to_have_count(1)
    page.goto(f"{center.address}/cases/{case}/received")
    order(page, "MP4")
    expect(page.locator("#opening")).to_be_visible(timeout=PATIENT)
    path = page.url.removeprefix(center.address)
    evidence = path.rsplit("/", 1)[1]
    records = center.prosecutor.post(
        f"/evidence/{evidence}/viewings",
        json={"purpose": "review"},
        headers={"accept": "application/json"},
    ).json()["records"]
    page.context.close()
    pieces = sum(record["track"] == 1 for record in records)
    assert pieces >= 5  # or it would be fetched whole before it is asked for
    return Copy(path, pieces)


@pytest.fixture
def page(chromium_with_cameras: Browser, center: RunningCenter, errors: list[str]) -> Iterator[Page]:
    page = page_of(chromium_with_cameras, center, errors)
    yield page
    page.context.close()


def messages(page: Page) -> set[str]:
    """Addresses of the messages that the page fetches from now on."""
    fetched: set[str] = set()
    page.on("request", lambda request: MESSAGE.search(request.url) and fetched.add(request.url))
    return fetched


def test_it_is_played_from_any_place_before_all_of_it_is_there(
    page: Page, center: RunningCenter, copy: Copy
) -> None:
    fetched = messages(page)
    page.goto(center.address + copy.path)
    opened(page)
    expect(page.locator("#length")).to_have_text(f"00:00:{SECONDS}")
    assert fetched
    assert not any(address.endswith(f"/messages/{copy.pieces}") for address in fetched)  # the last piece
    for at in (SECONDS - 3, 2, SECONDS - 6):
        assert page.evaluate(PLAYED_FROM, at) == pytest.approx(at, abs=0.05)
    assert page.evaluate(END) == pytest.approx(SECONDS, abs=0.1)


def test_an_altered_piece_ends_it_with_a_word_and_it_can_be_opened_again(
    page: Page, center: RunningCenter, copy: Copy
) -> None:
    def alter(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.body()[:-1] + bytes([answer.body()[-1] ^ 1]))

    page.goto(center.address + copy.path)
    opened(page)
    page.route(re.compile(rf"/messages/{copy.pieces}$"), alter)
    page.evaluate(
        "() => { document.querySelector('#film').currentTime = document.querySelector('#film').duration; }"
    )
    expect(page.locator("#trouble")).to_contain_text("It is not what was sealed")
    expect(page.locator("#figure")).to_be_hidden()
    expect(page.locator("#checked")).to_be_hidden()
    page.unroute_all()
    opened(page)
    expect(page.locator("#trouble")).to_be_hidden()
    assert page.evaluate(END) == pytest.approx(SECONDS, abs=0.1)
    page.click("#play")  # pressed once, heard once: it plays again
    page.wait_for_function("() => !document.querySelector('#film').paused")


def test_without_a_worker_it_is_fetched_whole_and_played(
    page: Page, center: RunningCenter, copy: Copy
) -> None:
    page.add_init_script(WITHOUT_WORKERS)
    fetched = messages(page)
    page.goto(center.address + copy.path)
    opened(page)
    assert len(fetched) >= copy.pieces
    assert page.evaluate(END) == pytest.approx(SECONDS, abs=0.1)


def test_firefox_plays_it_from_any_place(center: RunningCenter, copy: Copy) -> None:
    with Firefox() as firefox:
        firefox.goto(f"{center.address}/healthz")
        firefox.add_cookies(cookies(center))
        firefox.goto(center.address + copy.path)
        firefox.evaluate(OPENED)
        for at in (SECONDS - 3, 2):
            assert firefox.evaluate(PLAYED_FROM, at) == pytest.approx(at, abs=0.05)
        assert firefox.evaluate(END) == pytest.approx(SECONDS, abs=0.1)
        assert firefox.evaluate("() => document.querySelector('#film').src").endswith("/film")
        assert firefox.troubles == []
