"""What holds for all tests, and the servers that the tests of one process share.

`make test` runs several such processes. Each has its own folder for temporary files, its own S3 server and
its own database server; they share nothing but the machine.

Two markers decide which command runs a test (CONTRIBUTING.md has the table):

- `starts`: it starts a program (a server, a browser, FFmpeg). Tests that use a fixture in `STARTING`, or that
  lie in a folder in `STARTING_FOLDERS`, get it by themselves. A test without it that starts one fails.
- `repeats`: another test of `make test` shows the same behaviour; this one repeats it through another engine,
  in another browser, or in more rounds.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import spread
from tests.support.servers import databases
from tests.support.servers.ceph import Ceph
from tests.support.servers.databases import MadeDatabase, Server, SqliteFile
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.stores.bucket_address import Bucket

# How long an example takes says how busy the machine is; times are measured in `bench`.
hypothesis.settings.register_profile("amana", deadline=None)
hypothesis.settings.load_profile("amana")


TEMPORARY = pytest.StashKey[Path]()
MEMORY = "/dev/shm"
"""A folder in memory, for temporary files: every commit of a test's database waits for the disk elsewhere."""
ROOM = 8 * 1024**3  # bytes that must be free there

STARTING = {"bucket", "database_server", "object_server", "own_server", "playwright", "proxy", "server"}
STARTING_FOLDERS = {"attacks", "browser", "faults", "integration", "s3"}
PROCESS_EVENTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
"""Audit events of Python that mean a new process."""

_running: list[pytest.Item] = []
"""The test that runs now, if it must not start a program."""


def _refuse_processes(event: str, _: object) -> None:
    if _running and event in PROCESS_EVENTS:
        raise AssertionError(f"{_running[0].nodeid} starts a program: mark it `starts`")


sys.addaudithook(_refuse_processes)


def pytest_configure(config: pytest.Config) -> None:
    """A folder for what this process and all that it starts leave in the system's place for temporary files:
    a service whose data folder lies deep has its sockets there. Its path must be as short as that place's."""
    system = MEMORY if _room_in(MEMORY) else tempfile.gettempdir()
    # `tmp_path` stays where pytest keeps it for looking at; of several processes the first decides where.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = system
    if config.getoption("numprocesses", None):
        return  # the workers run the tests; this process only tells them which
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="t-", dir=system)
    config.stash[TEMPORARY] = Path(tempfile.tempdir)


def _room_in(folder: str) -> bool:
    return Path(folder).is_dir() and shutil.disk_usage(folder).free > ROOM


def pytest_unconfigure(config: pytest.Config) -> None:
    if (folder := config.stash.get(TEMPORARY, None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if item.get_closest_marker("starts") is None:
        _running.append(item)
    try:
        return (yield)
    finally:
        _running.clear()


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a program, and put the tests in order."""
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in STARTING_FOLDERS or not STARTING.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("starts")
    spread.in_order(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while thousands of tests are made, all of which stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of garbage collection: it takes a tenth of the run."""
    gc.freeze()


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
