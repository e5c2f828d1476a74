"""A center on PostgreSQL and two locked buckets of a real S3 server, all on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amana.install import installation
from amana.settings import Settings, read_settings
from tests.support.servers.ceph import Ceph
from tests.support.servers.databases import Server, ServerDatabase
from tests.support.servers.databases import server as database_server
from tests.support.servers.object_server import ObjectServer

GENEROUS = ("max_connections=200", "max_wal_size=4GB")


@dataclass
class CenterServers:
    """The servers of one center, and its settings."""

    database: Server
    made: ServerDatabase
    ceph: Ceph
    bucket: str
    """The bucket of the first copy."""
    folder: Path
    environ: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        return read_settings({**self.environ, "AMANA_DATA": str(self.folder / "amana")})

    def amana(self, *arguments: str | Path, **environ: str) -> None:
        """Run a command of `amana`, in a separate process. Raises `CalledProcessError`."""
        settings = {"AMANA_DATA": str(self.settings.data), **self.environ, **environ}
        subprocess.run(
            (sys.executable, "-m", "amana", *map(str, arguments)),
            env={**os.environ, **settings},
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def center_servers(folder: Path, room: int) -> Iterator[CenterServers]:
    """Start empty servers, and make a data folder with keys; all of it is removed at the end.

    Args:
        folder: Folder of the center, on a real disk.
        room: Capacity of both copies together, in MiB.
    """
    # Not below `folder`: that path is too long for the daemons' sockets.
    with (
        tempfile.TemporaryDirectory(prefix="s3-", dir="/tmp") as short,
        database_server(*GENEROUS) as database,
    ):
        ceph = Ceph(Path(short) / "c", lasting=True, room=room)
        try:
            ceph.start()
            objects = ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), Path(short))
            # No pass over the copies begins automatically while pages are measured.
            environ = {**objects.environ(keys=False), "AMANA_SCRUB_DAYS": "0"}
            made = database.made()
            environ["AMANA_DATABASE"] = made.url
            bucket = environ["AMANA_FIRST_COPY"].rpartition("/")[2].partition("?")[0]
            servers = CenterServers(database, made, ceph, bucket, folder, environ)
            installation.prepare(servers.settings)
            yield servers
        finally:
            ceph.stop()
            shutil.rmtree(folder, ignore_errors=True)
