"""The other end of `starter`: has it started, and sends it requests.

Trusts: nothing. What comes back is a line of text for a child that may not have begun.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

from casework.errors import SandboxMissing


class Starter:
    """The process that starts sandboxes for this one. It is started when first needed, or by `begin`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None

    @property
    def ended(self) -> bool:
        """Whether it was started and has ended. A confined process cannot start another."""
        with self._lock:
            return self._process is not None and self._process.poll() is not None

    def begin(self) -> socket.socket:
        """Start it, unless it runs; return the socket for requests. Raises `SandboxMissing`."""
        with self._lock:
            if self._asking is not None and self._process is not None and self._process.poll() is None:
                return self._asking
            if self._asking is not None:
                self._asking.close()
            ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with other:
                try:
                    self._process = subprocess.Popen(
                        [sys.executable, "-I", "-m", "casework.sandbox.starter", str(other.fileno())],
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        pass_fds=[other.fileno()],
                        env={},
                        cwd="/",
                        start_new_session=True,  # the terminal's interrupt is for this process to decide
                    )
                except OSError as error:
                    ours.close()
                    raise SandboxMissing(f"the process that starts sandboxes: {error}") from error
            self._asking = ours
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
