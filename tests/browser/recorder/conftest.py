"""A real Chromium with cameras that draw their own pictures, and a real center for it to talk to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.support.axe import keeps_rules
from tests.support.centers.next_door import NextDoor
from tests.support.centers.running_center import RunningCenter
from tests.support.servers.chromium import CAMERAS, SHELL, SMALL_CAMERAS, start

Machine = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def launch(playwright: Playwright) -> Iterator[Callable[[str], Browser]]:
    """Start a Chromium program with cameras, each once."""
    started: dict[str, Browser] = {}

    def launch(program: str) -> Browser:
        if program not in started:
            started[program] = start(playwright, CAMERAS, program)
        return started[program]

    yield launch
    for browser in started.values():
        browser.close()


@pytest.fixture(scope="module")
def chromium_with_cameras(request: pytest.FixtureRequest, launch: Callable[[str], Browser]) -> Browser:
    """The small one, unless the file names another as its `PROGRAM`."""
    return launch(getattr(request.module, "PROGRAM", SHELL))


@pytest.fixture(scope="session")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCenter]:
    center = RunningCenter(tmp_path_factory.mktemp("center") / "amana")
    yield center
    center.stop()


@contextmanager
def machines(browser: Browser, center: RunningCenter, *, full_size: bool = False) -> Iterator[Machine]:
    """Makes machines (browser contexts) with the prosecutor signed in, and closes them at the end. Their
    cameras are small, unless they are to be of `full_size`."""
    made: list[BrowserContext] = []

    def make(language: str = "en", width: int = 1280, height: int = 800) -> BrowserContext:
        context = browser.new_context(viewport={"width": width, "height": height})
        context.grant_permissions(["camera", "microphone"], origin=center.address)
        context.add_cookies([*center.cookies, {"name": "language", "value": language, "url": center.address}])
        if not full_size:
            context.add_init_script(SMALL_CAMERAS)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def machine(chromium_with_cameras: Browser, center: RunningCenter) -> Iterator[Machine]:
    with machines(chromium_with_cameras, center) as make:
        yield make


@pytest.fixture
def full_size_machine(chromium_with_cameras: Browser, center: RunningCenter) -> Iterator[Machine]:
    """The same with cameras of the size that the room asks for."""
    with machines(chromium_with_cameras, center, full_size=True) as make:
        yield make


@pytest.fixture(scope="module")
def lasting_machine(chromium_with_cameras: Browser, center: RunningCenter) -> Iterator[Machine]:
    """The same as `machine` for machines that the tests of a file share."""
    with machines(chromium_with_cameras, center) as make:
        yield make


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What scripts complained about; none may be left at the end."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture(scope="module")
def lasting_errors() -> Iterator[list[str]]:
    """The same for pages that the tests of a file share."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture
def shots(tmp_path: Path) -> Callable[[Page, str], None]:
    """Pictures of pages, kept where the test's other files are, if `PICTURES` is set."""

    def shoot(page: Page, name: str) -> None:
        if os.environ.get("PICTURES"):
            page.screenshot(path=tmp_path / f"{name}.png")

    return shoot


@pytest.fixture(scope="session")
def check() -> Callable[[Page], None]:
    """Raises where a page breaks a rule, or is wider than the window."""
    return keeps_rules


@pytest.fixture
def next_door(
    center: RunningCenter, chromium_with_cameras: Browser, machine: Machine, errors: list[str]
) -> Iterator[NextDoor]:
    made = NextDoor(center, chromium_with_cameras, machine, errors)
    yield made
    made.close()
