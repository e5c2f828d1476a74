"""What holds for all tests together, and the one S3 server that they share."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio import Minio

from tests.ceph import Ceph, User
from vault.stores.buckets import Bucket

_NUMBERS = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in the main thread until the session ends,
    and a test that wants a loop of its own there could not have one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@dataclass(frozen=True)
class ObjectServer:
    """A real S3 server with two users; each has the key file that the settings ask for."""

    ceph: Ceph
    first: User
    second: User
    folder: Path

    def new_bucket(self, user: User | None = None, *, locks: bool = True) -> Bucket:
        """A bucket that nobody has used."""
        user = user or self.first
        name = f"bucket-{next(_NUMBERS)}"
        self.client(user).make_bucket(name, object_lock=locks)
        return Bucket.parse(f"http://127.0.0.1:{self.ceph.port}/{name}", self.credentials(user))

    def credentials(self, user: User) -> Path:
        path = self.folder / f"{user.name}.keys"
        path.touch(0o600)
        path.write_text(f"access-key {user.access_key}\nsecret-key {user.secret_key}\n")
        return path

    def client(self, user: User | None = None) -> Minio:
        """What a thief of that user's credentials has."""
        return self.ceph.client(user or self.first)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
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
def own_server(tmp_path: Path) -> Iterator[Callable[[], ObjectServer]]:
    """Boots a server that this test may stop, freeze and start again."""
    booted: list[Ceph] = []

    def boot() -> ObjectServer:
        ceph = Ceph(Path(tempfile.mkdtemp(prefix="s3-")) / "c")
        booted.append(ceph)
        ceph.start()
        return ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), tmp_path)

    yield boot
    for ceph in booted:
        ceph.stop()
        ceph.folder.parent.rmdir()
