"""The real keyholder process of a data folder, and this process as its web process."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

from amana import control_channel
from amana.keyholder.client import KeyholderClient
from amana.keyholder.control import KeyholderControl
from amana.keyholder.roles import Peer
from amana.settings import Settings, to_environ


class KeyholderProcess:
    """`python -m amana.keyholder`, as the supervisor starts it, until `end`."""

    def __init__(self, settings: Settings) -> None:
        channel, far = control_channel.pair()
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "amana.keyholder", str(os.getpid()), str(far.fileno())],
                env={**os.environ, **to_environ(settings), "AMANA_LOG_LEVEL": "error"},
                pass_fds=[far.fileno()],
            )
        control = KeyholderControl(channel)
        self.client = KeyholderClient(functools.partial(control.connect, Peer("web", os.getpid())))

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def end(self) -> None:
        """Close the client and end the process."""
        self.client.close()
        self._process.terminate()
        self._process.wait()
