"""The client of `starter`: has it started, here or by systemd, and sends it requests. Trusts nothing. An
answer is a line of text for a child that may not have begun.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from casework.errors import SandboxMissing


class Starter:
    """The process that starts sandboxes for this one. It is started when first needed, or by `begin`."""

    def __init__(self) -> None:
        self._place: Path | None = None
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None

    @property
    def ended(self) -> bool:
        """Whether it was started and has ended. A confined process cannot start another."""
        with self._lock:
            return self._asking is not None and _hung_up(self._asking)

    def begin(self, place: Path | None = None) -> socket.socket:
        """Start it, unless it runs; return the socket for requests. Raises `SandboxMissing`.

        `place`: the socket of a service that starts one for each connection, from now on; None: it is a child
        of this process.
        """
        with self._lock:
            self._place = place or self._place
            if self._asking is not None:
                if not _hung_up(self._asking):
                    return self._asking
                self._asking.close()
                self._asking = None
            try:
                self._asking = self._started() if self._place is None else _connected(self._place)
            except OSError as error:
                raise SandboxMissing(f"the process that starts sandboxes: {error}") from error
            return self._asking

    def _started(self) -> socket.socket:
        if self._process is not None:
            self._process.wait()
        ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "casework.sandbox.starter", str(other.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                env={},
                cwd="/",
                start_new_session=True,  # the terminal's interrupt is for this process to decide
            )
        return ours

    def ask(self, descriptors: Sequence[int]) -> socket.socket:
        """Send a request; return the socket on which it is answered.

        `descriptors`: as `starter` says, without that socket. Raises `SandboxMissing`.
        """
        asking = self.begin()
        ours, other = socket.socketpair()
        with other:
            try:
                socket.send_fds(asking, [b"\n"], [descriptors[0], other.fileno(), *descriptors[1:]])
            except OSError as error:
                ours.close()
                raise SandboxMissing(f"the process that starts sandboxes: {error}") from error
        return ours


def _connected(place: Path) -> socket.socket:
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        asking.connect(str(place))
    except OSError:
        asking.close()
        raise
    return asking


def _hung_up(asking: socket.socket) -> bool:
    waiting = select.poll()
    waiting.register(asking, 0)
    return bool(waiting.poll(0))
