"""What holds for all tests together."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from databases import MadeDatabase, Server, SqliteFile, server

# How long an example takes says how busy the machine is; times are measured in `bench`.
hypothesis.settings.register_profile("amana", deadline=None)
hypothesis.settings.load_profile("amana")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in the main thread until the session ends,
    and a test that wants a loop of its own there could not have one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is skipped: what is missing there has to be installed, and not to be passed over."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing is: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def database_server() -> Iterator[Server]:
    """A server for all tests that want databases of it; who harms one starts another (`databases.server`)."""
    with server(lasting=False) as running:
        yield running


@pytest.fixture
def database(tmp_path: Path) -> MadeDatabase:
    """An empty database for this test. `tests/unit/casework` runs each test on both kinds."""
    return SqliteFile(tmp_path / "database.sqlite")
