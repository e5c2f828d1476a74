"""Where elements are in the window."""

from __future__ import annotations

from playwright.sync_api import FloatRect, Locator, expect

TRIES = 20


def frame_of(locator: Locator) -> FloatRect:
    """The frame of the one element it finds, in CSS pixels, once it is visible.

    A page may replace the element in between; Playwright then gives no frame, and the new one is asked.
    """
    for _ in range(TRIES):
        expect(locator).to_be_visible()
        if (frame := locator.bounding_box()) is not None:
            return frame
    raise AssertionError(f"{locator} is replaced again and again")
