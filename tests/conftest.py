"""What holds for all tests together, and the servers that the tests of one process share.

`make test` runs three such processes. Each has its own folder for everything temporary, its own S3 server and
its own database server; nothing is shared between them but the machine.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.servers import databases
from tests.support.servers.ceph import Ceph
from tests.support.servers.databases import MadeDatabase, Server, SqliteFile
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.stores.buckets import Bucket

# How long an example takes says how busy the machine is; times are measured in `bench`.
hypothesis.settings.register_profile("amana", deadline=None)
hypothesis.settings.load_profile("amana")


TEMPORARY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """A folder for what this process and all that it starts leave in the system's place for temporary files:
    a service whose data folder lies deep has its sockets there. Its path must be as short as that place's."""
    if config.getoption("numprocesses", None):
        return  # the workers run the tests; this process only tells them which
    system = tempfile.gettempdir()
    os.environ["PYTEST_DEBUG_TEMPROOT"] = system  # `tmp_path` stays where pytest keeps it for looking at
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="t-", dir=system)
    config.stash[TEMPORARY] = Path(tempfile.tempdir)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (folder := config.stash.get(TEMPORARY, None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in the main thread until the session ends,
    and a test that wants a loop of its own there could not have one. Of the others, files with slow tests
    come first, so that of the workers none is left alone with them. Files stay together."""
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    with_a_loop = {item.path for item in items if "playwright" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path in with_a_loop, item.path not in slow))


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
    return SqliteFile.migrated(tmp_path / "database.sqlite")


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
