"""Another machine in the same local network: a network namespace with a cable to this one, and a place of its
own for everything that a room's kit installs.

Needs root. What the kit writes below /etc and /usr/local lands in copies that only processes of this machine
see; its person has a home of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.patience import PATIENCE

HERE, THERE = "10.213.77.1", "10.213.77.2"
"""Addresses of this machine and of the other one, on the cable between them."""
OWN = ("/etc/hosts", "/etc/ssl/certs", "/etc/ca-certificates", "/usr/local/share/ca-certificates")
MADE = ("/etc/chromium", "/etc/opt")


class SecondHost:
    """`start` it; `stop` takes everything down again."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self._folder = folder
        self._name = f"amana-{os.getpid()}"
        self._keeper: subprocess.Popen[bytes] | None = None
        self._made: list[Path] = []

    def start(self) -> None:
        _run("ip", "netns", "add", self._name)
        cable, end = f"am{os.getpid() % 100000}a", f"am{os.getpid() % 100000}b"
        _run("ip", "link", "add", cable, "type", "veth", "peer", "name", end, "netns", self._name)
        _run("ip", "addr", "add", f"{HERE}/30", "dev", cable)
        _run("ip", "link", "set", cable, "up")
        for words in (("addr", "add", f"{THERE}/30", "dev", end), ("link", "set", end, "up")):
            _run("ip", "-n", self._name, *words)
        _run("ip", "-n", self._name, "link", "set", "lo", "up")
        own = "\n".join(self._own())
        script = f"set -e\nmount --make-rprivate /\n{own}\necho ready\nexec sleep infinity"
        self._keeper = subprocess.Popen(
            ["ip", "netns", "exec", self._name, "unshare", "--mount", "sh", "-c", script],
            stdout=subprocess.PIPE,
        )
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == b"ready\n"

    def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.wait()
        subprocess.run(["ip", "netns", "del", self._name], check=False)
        for made in self._made:
            made.rmdir()

    def words(self, *command: str) -> list[str]:
        """A command as it is run on that machine, by its person."""
        assert self._keeper is not None
        enter = ["nsenter", f"--target={self._keeper.pid}", "--net", "--mount", "--"]
        return [*enter, "env", f"HOME={self.home}", "SUDO_USER=", *command]

    def run(self, *command: str, answer: str = "") -> str:
        """`answer`: what its person types. Raises `CalledProcessError`."""
        return subprocess.run(
            self.words(*command), input=answer, check=True, capture_output=True, text=True, timeout=PATIENCE
        ).stdout

    def program(self, path: Path, executable: str) -> Path:
        """A program here that is that one there: for whoever starts it by its path."""
        path.write_text(f'#!/bin/sh\nexec {shlex.join(self.words(executable))} "$@"\n')
        path.chmod(0o755)
        return path

    def _own(self) -> Sequence[str]:
        """Commands that put copies of what the kit writes in the place of the machine's own."""
        commands = []
        for number, place in enumerate((*OWN, *MADE)):
            copy = self._folder / str(number)
            if place in MADE and not Path(place).exists():
                Path(place).mkdir()
                self._made.append(Path(place))
            if Path(place).is_dir():
                shutil.copytree(place, copy, symlinks=True)
            else:
                shutil.copy(place, copy)
            commands.append(f"mount --bind {shlex.quote(str(copy))} {place}")
        # The kit asks the system where its person lives.
        passwd = self._folder / "passwd"
        passwd.write_text(f"root:x:0:0:root:{self.home}:/bin/sh\n")
        return [*commands, f"mount --bind {shlex.quote(str(passwd))} /etc/passwd"]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def new_folder() -> Path:
    """Short, since sockets lie in it."""
    return Path(tempfile.mkdtemp(prefix="host-"))
