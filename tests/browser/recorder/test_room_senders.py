"""A camera belongs to its device while a part runs; another machine takes over once the console says so."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.centers.interview_pages import Interview, Machine
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import wait_until
from tests.support.servers.chromium import EXECUTABLE

PROGRAM = EXECUTABLE  # a camera that is lost does not come back in the small one
pytestmark = [pytest.mark.browser, pytest.mark.rooms]


def test_a_reloaded_page_comes_back_and_another_machine_asks_first(
    center: RunningCenter, machine: Machine, errors: list[str]
) -> None:
    interview = Interview(center, machine, errors)
    expect(interview.console.locator("#senders li").first).to_contain_text("(not enrolled)")
    interview.begin()
    first = interview.status["cameras"]["wide"]["sender"]

    def told() -> list[tuple[str, str]]:
        return [
            (one["event"], one["sender"]["camera"]) for one in interview.entries if one["type"] == "sender"
        ]

    # A page that is loaded again has the key that the one before it made.
    interview.room.reload()
    wait_until(lambda: ("returned", "wide") in told() and ("returned", "close") in told())
    assert interview.status["cameras"]["wide"]["sender"] == first
    dialog = interview.console.locator("#sender-dialog")
    expect(dialog).to_be_hidden()
    interview.expect_state("recording", "green")

    # Another browser, although the same person is signed in there, is told no; the console is asked.
    other = machine().new_page()
    other.on("pageerror", lambda error: errors.append(str(error)))
    other.goto(f"{interview.address}/room")
    expect(other.locator("#room-word")).to_have_text("Waiting until the console allows this machine")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(re.compile("The (wide|close) camera: another device asks"))
    expect(interview.console.locator("#losses")).to_contain_text("another device asks to send it")
    assert interview.status["cameras"]["wide"]["sender"] == first
    wait_until(lambda: ("refused", "wide") in told())
    wait_until(lambda: interview.status["cameras"]["wide"]["flowing"])  # the interview goes on meanwhile

    title, confirm = dialog.locator("#sender-title"), dialog.locator("#sender-confirm")
    asked = title.inner_text()
    confirm.click()
    expect(title).not_to_have_text(asked)
    confirm.click()
    expect(dialog).to_be_hidden()
    wait_until(lambda: ("replaced", "wide") in told() and ("replaced", "close") in told())
    assert interview.status["cameras"]["wide"]["sender"]["device"] != first["device"]
    expect(interview.room.locator("#trouble-what")).to_contain_text("Another page has taken over")
    expect(dialog).to_be_hidden()
    interview.stop()
