"""An interview recorded and sealed, with two cameras and a microphone, for who views it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext

from tests.support.centers import filmed_room
from tests.support.centers.running_center import RunningCenter, record

SECONDS = 18
"""Of what is shared: more than a page reads ahead."""


@dataclass(frozen=True)
class SealedInterview:
    """`browser`: in which it is viewed."""

    center: RunningCenter
    browser: Browser
    case: str
    interview: str
    evidence: str

    @classmethod
    def record(cls, center: RunningCenter, browser: Browser, seconds: float) -> Self:
        """At least so many seconds, in a case of its own, of a film that is sent for the cameras."""
        interview = center.open_interview()
        evidence = filmed_room.record(center, interview, seconds)
        return cls(center, browser, center.case_of(interview), interview, evidence)

    @classmethod
    def record_in_browser(cls, center: RunningCenter, browser: Browser, seconds: float) -> Self:
        """The same through the pages, by this browser's cameras."""
        interview = center.open_interview()
        evidence = record(center, recording_context(center, browser), interview, seconds)
        return cls(center, browser, center.case_of(interview), interview, evidence)

    def context(
        self, language: str = "en", cookies: list[dict[str, str]] | None = None, **options: Any
    ) -> BrowserContext:
        """The prosecutor's browser, or that of who has the cookies."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "timezone_id": "Asia/Hebron", "locale": "en-GB"}
            | options
        )
        chosen = {"name": "language", "value": language, "url": self.center.address}
        context.add_cookies([*(cookies or self.center.cookies), chosen])  # type: ignore[list-item]
        return context

    def at(self, path: str) -> str:
        return f"{self.center.address}{path}"


def recording_context(center: RunningCenter, browser: Browser) -> BrowserContext:
    """The prosecutor's browser, which may use cameras and microphone."""
    context = browser.new_context()
    context.grant_permissions(["camera", "microphone"], origin=center.address)
    context.add_cookies(center.cookies)  # type: ignore[arg-type]
    return context
