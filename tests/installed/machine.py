"""A bare Debian with systemd, booted in a container that shares this machine's network.

Needs root, and Debian's archive for a minute when it is made. It is booted with version 1 of the control
groups where this machine has those.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.patience import PATIENCE, wait_until

RELEASE = "trixie"
APT = Path("/etc/apt")
WITH = ("systemd-sysv", "dbus", "ca-certificates")
"""Packages beside the smallest Debian: what every installed one has."""


class Machine:
    """`root`: its files; there is none yet, or one that was here before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._container: subprocess.Popen[bytes] | None = None

    def install(self, packages: Sequence[str] = WITH) -> None:
        """Make a bare Debian with these packages, with the archive that this machine has."""
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", RELEASE, str(self.root)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for path in (
            "sources.list.d/debian.sources",
            *(f"apt.conf.d/{one.name}" for one in APT.glob("apt.conf.d/9*")),
        ):
            if (APT / path).exists():
                shutil.copy(APT / path, self.root / "etc/apt" / path)
        (self.root / "etc/apt/sources.list").unlink(missing_ok=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def boot(self) -> None:
        """Switch it on, and wait until all of its services have started."""
        self._container = subprocess.Popen(
            [
                *("systemd-nspawn", "--boot", "--quiet", f"--directory={self.root}", "--register=no"),
                *("--keep-unit", "--machine=amana-test", "--console=pipe"),
                *([] if _unified() else ["SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"]),
            ],
            env={**os.environ, **({} if _unified() else {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0"})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started = ("systemctl", "is-system-running")
        wait_until(lambda: self.run(*started, check=False).startswith("running"), every=0.5)

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command there as root; return what it said. `check`: a failure raises `AssertionError`."""
        init = self._init()
        if init is None:
            return ""
        done = subprocess.run(
            [
                *(
                    "nsenter",
                    f"--target={init}",
                    "--mount",
                    "--uts",
                    "--ipc",
                    "--net",
                    "--pid",
                    "--root",
                    "--wd",
                ),
                *("env", "--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"),
                *("DEBIAN_FRONTEND=noninteractive", *command),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout}"
        return done.stdout

    def fails(self, *command: str) -> str:
        """Run a command that must fail; return what it said."""
        said = self.run("sh", "-c", '"$@" && echo it-did-not-fail', "sh", *command, check=False)
        assert not said.endswith("it-did-not-fail\n"), said
        return said

    def cut_power(self) -> None:
        """End all of its processes at once."""
        init = self._init()
        assert init is not None
        os.kill(init, signal.SIGKILL)  # the kernel ends all others of its namespace with it
        self._gone()

    def switch_off(self) -> None:
        """Shut it down in order, if it is on."""
        if self._container is not None and (init := self._init()) is not None:
            os.kill(init, signal.SIGRTMIN + 4)  # systemd(1): poweroff.target
            self._gone()

    def _gone(self) -> None:
        assert self._container is not None
        self._container.wait(PATIENCE)
        self._container = None

    def _init(self) -> int | None:
        """Return the process id, here, of its first process."""
        assert self._container is not None
        own = self._container.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        here = Path("/proc/self/ns/pid").readlink()
        apart = (int(one) for one in children if Path(f"/proc/{one}/ns/pid").readlink() != here)
        return next(apart, None)


def _unified() -> bool:
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()
