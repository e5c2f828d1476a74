"""An interview on its pages: the console and the room's machine, each in a browser context of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext

from tests.support.centers.running_center import RunningCenter
from tests.support.patience import wait_until

Machine = Callable[..., BrowserContext]
HEARS = """() => {
  const heard = [];
  const note = () => heard.push(!document.getElementById("break").disabled);
  addEventListener("keydown", note, { capture: true, once: true });
  return heard;
}"""
"""Notes whether the console's deeds can be done when the next key is pressed."""
MICROSECONDS = 1e6


class Interview:
    """One interview with its two pages open and both cameras chosen."""

    def __init__(
        self,
        center: RunningCenter,
        machine: Machine,
        errors: list[str],
        *,
        practice: bool = False,
        consent: bool = True,
    ) -> None:
        self.center = center
        self.id = center.open_interview(practice, consent)
        self.case = center.case_of(self.id)
        self.address = f"{center.address}/interviews/{self.id}"
        self.console = machine().new_page()
        self.capture = machine()
        self.room = self.capture.new_page()
        for page in (self.console, self.room):
            page.on("pageerror", lambda error: errors.append(str(error)))
        self.console.goto(f"{self.address}/console")
        self.enter_room()
        self.room.select_option("#close-device", label="fake_device_2")

    def enter_room(self) -> None:
        self.room.goto(f"{self.address}/room")

    def reenter_room(self) -> None:
        """In another tab of the same machine."""
        self.room.close()
        self.room = self.capture.new_page()
        self.enter_room()

    def expect_state(self, state: str, colour: str) -> None:
        self.console.wait_for_selector(f'#console[data-state="{state}"][data-colour="{colour}"]')

    def begin(self) -> str:
        """Record; the evidence id of the part."""
        self.expect_state("checked", "green")
        self.console.click("#begin")
        self.expect_state("recording", "green")
        return str(self.status["evidence"])

    def stop(self) -> None:
        self.console.click("#stop")
        self.console.click("#stop-dialog .grave")
        self.expect_state("sealed", "green")

    @property
    def status(self) -> Mapping[str, Any]:
        return self.center.status(self.id)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the console lists of the part, in its order."""
        entries: list[dict[str, Any]] = self.status["entries"]
        return entries

    def records(self, seconds: float) -> None:
        """Wait until so much more than now is recorded and durable."""
        until = self.status["elapsed"] + seconds * MICROSECONDS
        wait_until(lambda: self.status["safe"] >= until, every=0.3)

    @contextmanager
    def on_break(self, reason: str = "rest") -> Iterator[None]:
        """A break, taken and ended at the console with the keyboard."""
        self.take_break(reason)
        yield
        self.end_break()

    def press(self, key: str) -> None:
        """A key that is a deed of the console: again, where it came while the page had heard nothing of the
        recorder for a second, and did nothing."""

        def heard() -> bool:
            noted = self.console.evaluate_handle(HEARS)
            self.console.keyboard.press(key)
            return bool(noted.json_value() == [True])

        wait_until(heard)

    def take_break(self, reason: str) -> None:
        self.press("b")
        self.console.wait_for_selector('#console[data-state="break"]')
        self.console.check(f"#break-form [value={reason}]")
        self.console.click("#break-dialog .primary")
        self.console.wait_for_selector('#console[data-state="break"]')

    def end_break(self) -> None:
        self.press("b")
        self.console.wait_for_selector('#console[data-state="recording"]')
