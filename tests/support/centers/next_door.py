"""An interview with the others next door: its four pages, and what a package says of it at the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from player.package.delivery import PLAIN
from tests.support.centers.command_line import amana
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE

Machine = Callable[..., BrowserContext]
WELL = '#console[data-state="{}"][data-colour="green"]'


class NextDoor:
    """One interview with its four pages: room, console, observers, tablet."""

    def __init__(
        self,
        center: RunningCenter,
        browser: Browser,
        machine: Machine,
        errors: list[str],
        language: str = "en",
    ) -> None:
        self.center, self.id = center, center.open_interview()
        self.address = f"{center.address}/interviews/{self.id}"
        self.observer = browser.new_context(viewport={"width": 1280, "height": 800})
        chosen = {"name": "language", "value": language, "url": center.address}
        cookies = [*center.invite_to(self.id, "Person A", "observer"), chosen]
        self.observer.add_cookies(cookies)  # type: ignore[arg-type]
        self.console = machine(language).new_page()
        self.room = machine(language).new_page()
        self.tablet = machine(language, 1024, 768).new_page()
        self.watching = self.observer.new_page()
        for page in (self.console, self.room, self.tablet, self.watching):
            page.on("pageerror", lambda error: errors.append(str(error)))
        self.console.goto(f"{self.address}/console")
        self.room.goto(f"{self.address}/room")
        self.tablet.goto(f"{self.address}/interviewer")
        self.watching.goto(f"{self.address}/observe")
        self.room.select_option("#close-device", label="fake_device_2")

    def begin(self) -> str:
        self.console.wait_for_selector(WELL.format("checked"))
        self.console.click("#begin")
        self.console.wait_for_selector(WELL.format("recording"))
        return str(self.center.status(self.id)["evidence"])

    def ask(self, text: str) -> None:
        self.watching.fill("#ask-text", text)
        self.watching.click("#ask")
        expect(self.slip(self.watching, text)).to_be_visible()

    @staticmethod
    def slip(page: Page, text: str) -> Any:
        return page.locator("#slips .slip").filter(has_text=text)

    def decide(self, text: str, deed: str) -> None:
        self.slip(self.console, text).get_by_role("button", name=deed, exact=True).click()

    def stop(self) -> None:
        self.console.click("#stop")
        self.console.click("#stop-dialog .grave")
        self.console.wait_for_selector(WELL.format("sealed"))
        expect(self.tablet.locator("#state-word")).to_have_text("The interview is over")
        for name in ("none", "exhibit"):
            expect(self.tablet.locator(f"#{name}")).to_be_hidden()
        expect(self.tablet.get_by_role("link", name="Back to the case")).to_be_visible()
        for page in (self.room, self.tablet):  # its cameras would go on
            page.context.close()

    def close(self) -> None:
        self.observer.close()


def said_by_the_package(center: RunningCenter, evidence: str, folder: Path, *more: str) -> str:
    """What the packaged verifier says of an item, and of more beside it, with no server."""
    folder.mkdir(parents=True, exist_ok=True)
    stick = folder / "stick"
    exported = amana(
        *("export", evidence, *more, "--to", str(stick), "--purpose", "hearing"),
        *("--as", "A prosecutor", "--data", str(center.settings.data), "--plain"),
    )
    assert exported.returncode == 0, exported.stdout + exported.stderr
    verified = subprocess.run(
        [sys.executable, "-P", "-m", "chain_of_custody", "verify", str(stick / PLAIN)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert verified.returncode == 3, verified.stdout + verified.stderr
    return verified.stdout
