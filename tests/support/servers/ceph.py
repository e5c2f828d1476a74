"""A real S3 server with Object Lock: Ceph's monitor, one OSD in memory and radosgw, on loopback, in a second.

Everything lies in one temporary folder and ends with `stop`, whatever happened before. Two users own one
bucket each and cannot reach the other's.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import minio

from tests.support.patience import PATIENCE, wait_until

NEEDED = ("ceph-mon", "ceph-osd", "radosgw")
MISSING = (
    "{} not found: these tests need a real S3 server. Run\n"
    "    apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw"
)
_DATA = "default.rgw.buckets.data"
"""The pool in which the gateway keeps what objects consist of."""

LISTED = 100
"""Objects that the gateway lists in one answer; who wants more asks again."""

_CONFIG = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
keyring = {folder}/keyring
run dir = {folder}/run
crash dir = {folder}/run
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
log file = {folder}/log/$name.log
auth allow insecure global id reclaim = false
# Without these two lines making a user takes eleven seconds.
paxos propose interval = 0.05
paxos min wait = 0.01
mon data = {folder}/mon
mon cluster log to file = false
mon data avail crit = 1
mon data avail warn = 1
mon allow pool size one = true
mon max pg per osd = 1000
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd data = {folder}/osd
osd class dir = {classes}
{kept}
[client.rgw]
rgw data = {folder}/rgw
rgw frontends = beast tcp_nodelay=1 endpoint=127.0.0.1:{port}{tls}
rgw thread pool size = 32
rgw run sync thread = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw max listing results = {listed}
"""

_IN_MEMORY = """\
osd objectstore = memstore
memstore device bytes = 8589934592"""
_ON_DISK = """\
osd objectstore = bluestore
bluestore block size = {room}
bluestore block db size = 0
bluestore block wal size = 0"""


@dataclass(frozen=True)
class User:
    """Somebody who may use the server."""

    name: str
    access_key: str
    secret_key: str


def free_port() -> int:
    """Below those that the system gives to outgoing connections, which could take it before a server does;
    by chance, so that two test runs seldom choose the same."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", random.randrange(10_000, 32_768)))
            return int(probe.getsockname()[1])


@dataclass
class Ceph:
    """One running server. `start` before anything else, `stop` at the end."""

    folder: Path
    certificate: Path | None = None
    """PEM file of certificate and key; then it answers over TLS as well, at `tls_port`."""
    lasting: bool = False
    """Whether what is stored is on the disk and outlives the server's processes. Starts slower."""
    room: int = 4096
    """MiB that there are for it."""
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Returns when it answers. Raises `RuntimeError` that says what to install, or what went wrong."""
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            raise RuntimeError(MISSING.format(", ".join(missing)))
        [classes, *_] = Path("/usr/lib").glob("*/rados-classes")
        for name in ("run", "mon", "osd", "rgw", "log"):
            (self.folder / name).mkdir(parents=True)
        fsid, osd, mon_port = str(uuid.uuid4()), str(uuid.uuid4()), free_port()
        tls = f" ssl_endpoint=127.0.0.1:{self.tls_port} ssl_certificate={self.certificate}"
        self._config.write_text(
            _CONFIG.format(
                fsid=fsid,
                folder=self.folder,
                mon_port=mon_port,
                port=self.port,
                classes=classes,
                tls=tls if self.certificate else "",
                listed=LISTED,
                kept=_ON_DISK.format(room=self.room << 20) if self.lasting else _IN_MEMORY,
            )
        )
        keyring, monitors = self.folder / "keyring", self.folder / "monmap"
        for create, name, may in (
            (["--create-keyring"], "mon.", ["--cap", "mon", "allow *"]),
            ([], "client.admin", ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]),
            ([], "client.rgw", ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]),
            ([], "osd.0", ["--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"]),
        ):
            self._run("ceph-authtool", *create, str(keyring), "--gen-key", "-n", name, *may)
        self._run(
            *("monmaptool", "--create", "--clobber", "--fsid", fsid),
            *("--addv", "a", f"[v2:127.0.0.1:{mon_port}/0]", str(monitors)),
        )
        self._ceph("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(monitors), "--keyring", str(keyring))
        self._start_monitor()
        self._ceph("ceph", "osd", "new", osd)
        self._ceph("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._start_storage()
        self.start_gateway()

    def start_again(self) -> None:
        """What of it was killed; with `lasting`, nothing is lost."""
        for name, start in (
            ("mon", self._start_monitor),
            ("osd", self._start_storage),
            ("rgw", self.start_gateway),
        ):
            if name not in self._running:
                start()

    def _start_monitor(self) -> None:
        self._begin("mon", "ceph-mon", "-i", "a", "-f")

    def _start_storage(self) -> None:
        self._begin("osd", "ceph-osd", "-i", "0", "-f")

    def start_gateway(self) -> None:
        """The part that speaks S3; also after `kill("rgw")`."""
        self._begin("rgw", "radosgw", "-n", "client.rgw", "-f")

        def answers() -> bool:
            if self._running["rgw"].poll() is not None:
                raise RuntimeError(f"radosgw has ended; see {self.folder / 'log'}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), PATIENCE):
                return True
            return False

        wait_until(answers)

    def add_user(self, name: str) -> User:
        user = User(name, f"ACCESS{name.upper()}", f"secret-of-{name}-0123456789")
        self.admin(
            *("user", "create", f"--uid={name}", f"--display-name={name}"),
            *(f"--access-key={user.access_key}", f"--secret-key={user.secret_key}"),
        )
        return user

    def admin(self, *arguments: str) -> str:
        """`radosgw-admin …`, and what it printed."""
        return self._ceph("radosgw-admin", "-n", "client.rgw", *arguments)

    def replace_stored(self, bucket: str, key: str, change: Callable[[bytes], bytes | None]) -> None:
        """Behind the back of everything that speaks S3, as a bad disk does: what is kept of an object with
        one version becomes what `change` makes of it; None: it is gone."""
        told = self.admin("bucket", "stats", f"--bucket={bucket}")
        marker = re.escape(json.loads(told)["marker"])
        version = re.compile(rf"{marker}__:[^_]+(_[^_]+)?_{re.escape(key)}")
        [name] = filter(version.fullmatch, self._rados("ls").decode().splitlines())
        data = change(self._rados("get", name, "-"))
        if data is None:
            self._rados("rm", name)
        else:
            self._rados("put", name, "-", given=data)

    def _rados(self, *arguments: str, given: bytes | None = None) -> bytes:
        done = subprocess.run(
            ("rados", "--conf", str(self._config), "-p", _DATA, *arguments),
            input=given,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout

    def client(self, user: User) -> minio.Minio:
        """A plain client, as anybody with these credentials has it."""
        return minio.Minio(
            f"127.0.0.1:{self.port}", user.access_key, user.secret_key, secure=False, region="us-east-1"
        )

    def signal(self, name: str, number: int) -> None:
        """Send a signal to `mon`, `osd` or `rgw`."""
        self._running[name].send_signal(number)

    def kill(self, name: str) -> None:
        """End one process without warning."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """End everything, the monitor last, and remove the folder."""
        for name in ("rgw", "osd", "mon"):
            if name in self._running:
                self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _config(self) -> Path:
        return self.folder / "ceph.conf"

    def _ceph(self, program: str, *arguments: str) -> str:
        return self._run(program, "--conf", str(self._config), *arguments)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} {command[-1]}: {done.stderr[-2000:]}")
        return done.stdout

    def _begin(self, name: str, program: str, *arguments: str) -> None:
        command: Sequence[str] = (program, "--conf", str(self._config), *arguments)
        with (self.folder / "log" / f"{name}.out").open("ab") as out:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=_end_with_parent
            )


def _end_with_parent() -> None:
    """Ends when the test run does, even by `kill -9`; and is not hit by Ctrl-C before the tests are."""
    import ctypes

    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
