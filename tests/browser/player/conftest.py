"""A real Chromium, and a small server that gives a made recording at the addresses of the player."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.support.packages.court_desk import (  # noqa: F401  fixtures
    AXE,
    altered,
    axe,
    incomplete,
    open_page,
    page_file,
    plain,
    stick,
    unwitnessed,
    whole,
)
from tests.support.packages.package_page import open_package_page
from tests.support.packages.viewing_server import ViewingServer
from tests.support.servers.chromium import ARGUMENTS, EXECUTABLE, SOUND

WIDTHS = (1280, 800)  # CSS pixels

# The running center is a helper of the interview room's tests; one of it is enough.


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, *SOUND])
    yield browser
    browser.close()


@pytest.fixture
def look(tmp_path: Path) -> Callable[[Page, str], None]:
    """Keeps pictures of a page; raises where it breaks a rule of axe-core's, or is wider than the window."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)

    def look(page: Page, name: str) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            assert [rule["id"] for rule in found] == [], (page.url, found)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    return look


@pytest.fixture(scope="session")
def server() -> Iterator[ViewingServer]:
    with ViewingServer() as server:
        yield server


@pytest.fixture
def page(chromium: Browser, server: ViewingServer) -> Iterator[Page]:
    """An empty page of the server's own origin, with a console that may stay silent only."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{server.address}/blank")
    yield page
    context.close()
    assert not troubles


@pytest.fixture(scope="session")
def package_page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page on the disk that verifies court packages (`package_page.verify_in_browser`)."""
    with open_package_page(chromium, tmp_path_factory.mktemp("page")) as page:
        yield page
