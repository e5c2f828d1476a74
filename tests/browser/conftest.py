"""One Playwright for all browser tests: a second one cannot run beside it in the same process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

PATIENCE = 30_000
"""Milliseconds that a page is waited for, as presses are by themselves; neighbours slow it down."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        yield playwright
