"""A real Chromium, and a small server that gives a made recording at the addresses of the player."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.support.axe import fits_at, keeps_rules
from tests.support.centers.running_center import RunningCenter
from tests.support.centers.sealed_interview import SECONDS, SealedInterview
from tests.support.packages.court_desk import (  # noqa: F401  fixtures
    altered,
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
from tests.support.servers.chromium import CAMERAS, SOUND, start

WIDTHS = (800, 1280)  # CSS pixels


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, [*SOUND, *CAMERAS])
    yield browser
    browser.close()


@pytest.fixture
def look() -> Callable[[Page, str], None]:
    """Raises where a page breaks a rule of axe-core's, or is wider than the window; keeps a picture of it if
    `PICTURES` is set."""
    folder = os.environ.get("PICTURES")

    def look(page: Page, name: str) -> None:
        keeps_rules(page)
        fits_at(page, WIDTHS)
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return look


@pytest.fixture(scope="session")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    yield center
    center.stop()


@pytest.fixture(scope="session")
def testimony(chromium: Browser, center: RunningCenter) -> SealedInterview:
    """To be viewed by whoever wants to. A test that needs its case for itself records another."""
    return SealedInterview.record(center, chromium, SECONDS)


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
