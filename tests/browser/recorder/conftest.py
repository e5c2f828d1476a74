"""A real Chromium with cameras that draw their own pictures, and a real center for it to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from running_center import RunningCenter

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The second of the three is a depth camera that no H.264 encoder takes.
    "--use-fake-device-for-media-stream=device-count=3,fps=30",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
]


@pytest.fixture(scope="session")
def chromium_with_cameras(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    yield center
    center.stop()


@pytest.fixture
def machine(chromium_with_cameras: Browser, center: RunningCenter) -> Iterator[Callable[..., BrowserContext]]:
    """Makes machines (browser contexts) with the prosecutor signed in."""
    made: list[BrowserContext] = []

    def make(language: str = "en", width: int = 1280, height: int = 800) -> BrowserContext:
        context = chromium_with_cameras.new_context(viewport={"width": width, "height": height})
        context.grant_permissions(["camera", "microphone"], origin=center.address)
        context.add_cookies([*center.cookies, {"name": "language", "value": language, "url": center.address}])
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What scripts complained about; none may be left at the end."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture
def shots(tmp_path: Path) -> Callable[[Page, str], None]:
    """Pictures of pages, kept where the test's other files are."""

    def shoot(page: Page, name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png")

    return shoot
