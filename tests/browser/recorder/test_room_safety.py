"""The room's own recording: brought in after a failure, gone after none, and never in clear on the room's disk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page
from running_center import RunningCenter
from test_room_console import Interview

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Machine = Callable[..., BrowserContext]


@pytest.fixture
def interview(center: RunningCenter, machine: Machine, errors: list[str]) -> Interview:
    return Interview(center, machine, errors)


def kept(page: Page) -> list[str]:
    """The files in the private file system of the room's browser."""
    names: list[str] = page.evaluate("""async () => {
        const names = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return names.sort();
    }""")
    return names


def test_a_recorder_that_is_killed_leaves_a_gap_that_the_room_fills(interview: Interview) -> None:
    center = interview.center
    interview.room.on("console", lambda m: print("ROOM", m.text))
    first = interview.begin()
    interview.seconds(5)
    print(kept(interview.room), center.status(interview.id)["safety"])
    center.kill("recorder", interview.id)
    interview.console.wait_for_selector('#console[data-colour="red"]', timeout=5000)
    interview.expect_state("recording", "green", 20)
    interview.seconds(8)
    print(kept(interview.room))
    interview.console.click("#refused-close")
    interview.stop()
    interview.seconds(15)
    print(kept(interview.room))
