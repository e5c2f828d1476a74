"""A real Chromium with cameras that draw their own pictures, and a real center for it to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.support.centers.running_center import RunningCenter
from tests.support.servers.chromium import ARGUMENTS, CAMERAS, EXECUTABLE

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def chromium_with_cameras(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, *CAMERAS])
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


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing: `make node_modules/.stamp` installs it")
    return AXE.read_text()


@pytest.fixture
def check(axe: str) -> Callable[[Page], None]:
    """Raises where a page breaks a rule, or is wider than the window."""

    def check(page: Page) -> None:
        page.evaluate(axe)
        result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [
            f"{rule['id']}: {node['html'][:160]}" for rule in result["violations"] for node in rule["nodes"]
        ]
        assert found == [], page.url
        width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= window, f"{page.url} is wider than the window"

    return check
