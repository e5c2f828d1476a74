"""One Playwright for all browser tests: a second one cannot run beside it in the same process."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.support.patience import PATIENCE_MS
from tests.support.servers import chromium


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report of a failed test what its pages showed."""
    report = yield
    if report.failed and report.when != "teardown":
        report.sections.append(("Open pages", "\n".join(chromium.states())))
    return report
