"""What holds for all tests together, and the one S3 server that they share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import databases
import hypothesis
import pytest
from databases import MadeDatabase, Server, SqliteFile

from tests.ceph import Ceph
from tests.fault_proxy import FaultProxy
from tests.object_server import ObjectServer
from vault.stores.buckets import Bucket

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
    with databases.server(lasting=False) as running:
        yield running


@pytest.fixture
def database(tmp_path: Path) -> MadeDatabase:
    """An empty database for this test. `tests/unit/casework` runs each test on both kinds."""
    return SqliteFile(tmp_path / "database.sqlite")


@pytest.fixture(scope="session")
def server(object_server: ObjectServer) -> ObjectServer:
    """The same, under the name that most tests know it by."""
    return object_server


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """Booted once for all tests that only use it. Who stops or freezes one boots another."""
    # Not below pytest's own folder: its path is too long for the daemons' sockets.
    ceph = Ceph(Path(tempfile.mkdtemp(prefix="s3-")) / "c")
    try:
        ceph.start()
        yield ObjectServer(
            ceph, ceph.add_user("first"), ceph.add_user("second"), tmp_path_factory.mktemp("credentials")
        )
    finally:
        ceph.stop()
        ceph.folder.parent.rmdir()


@pytest.fixture
def bucket(server: ObjectServer) -> Bucket:
    return server.new_bucket()


@pytest.fixture
def proxy(server: ObjectServer) -> Iterator[FaultProxy]:
    """In front of the shared server, for the first user: what it is not told to spoil it passes on."""
    proxy = FaultProxy(server.ceph.port, server.first)
    yield proxy
    proxy.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., ObjectServer]]:
    """Boots a server a test may stop, freeze and start again; with a certificate (PEM) over TLS too."""
    booted: list[Ceph] = []

    def boot(certificate: Path | None = None) -> ObjectServer:
        ceph = Ceph(Path(tempfile.mkdtemp(prefix="s3-")) / "c", certificate)
        booted.append(ceph)
        ceph.start()
        return ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), tmp_path)

    yield boot
    for ceph in booted:
        ceph.stop()
        ceph.folder.parent.rmdir()
