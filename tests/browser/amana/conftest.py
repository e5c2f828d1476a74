"""What the stories are told with: a browser that has cameras, and a center as `amana serve` runs it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.support.centers.story_center import StoryCenter
from tests.support.servers.chromium import CAMERAS, SOUND, start


@pytest.fixture(scope="module")
def browser_with_cameras(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, [*SOUND, *CAMERAS])
    yield browser
    browser.close()


@pytest.fixture
def story_center() -> Iterator[StoryCenter]:
    # Its sockets lie within, as all that it writes does, and a socket's path has room for a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="story-") as written:
        center = StoryCenter(Path(written) / "all")
        yield center
        center.stop()
