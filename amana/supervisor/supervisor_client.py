"""The client of the supervisor, in the web process and in commands (`amana.supervisor.broker`).

Calls block, so async callers run them in a thread. Errors are those of `casework.recording.channel`.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from amana import control_channel
from amana.control_channel import Message
from amana.keyholder.client import KeyholderClient, KeyholderUnreachable
from casework.recording.channel import ChannelError, Disconnected, Refused, Unanswered
from chain_of_custody.errors import Malformed

ANSWER_WITHIN = 15.0  # seconds, with the requests of other threads that are answered before


class SupervisorClient(ABC):
    """Requests to the supervisor; threads may share one client."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @abstractmethod
    def _channel(self, within: float) -> contextlib.AbstractContextManager[socket.socket]:
        """The channel for one request. Raises `Disconnected`, `Unanswered`."""

    def ask(self, op: str, **fields: Any) -> Message:
        """Return the fields of the answer. Raises `Refused`, `Unanswered`, `Disconnected`."""
        answer, connection = self._exchange(op, fields)
        if connection is not None:
            connection.close()
        return answer

    def connection(self, op: str, **fields: Any) -> socket.socket:
        """Return the connection that an operation answers with. Raises `Refused`, `Unanswered`,
        `Disconnected`."""
        _, connection = self._exchange(op, fields)
        if connection is None:  # this process has too many open files
            raise Disconnected(f"the connection of {op} was lost on its way")
        return connection

    def keyholder(self) -> socket.socket:
        """Return a new connection to the keyholder. Raises `KeyholderUnreachable`."""
        try:
            return self.connection("connect_keyholder")
        except ChannelError as error:
            raise KeyholderUnreachable(f"no connection to the keyholder: {error}") from error

    def _exchange(self, op: str, fields: Message) -> tuple[Message, socket.socket | None]:
        give_up = time.monotonic() + ANSWER_WITHIN
        number = next(self._numbers)
        with self._channel(ANSWER_WITHIN) as channel:
            try:
                channel.settimeout(ANSWER_WITHIN)
                with contextlib.suppress(ConnectionError):  # it may have answered before it closed
                    control_channel.send(channel, {"id": number, "op": op, **fields})
                while True:
                    channel.settimeout(max(0.001, give_up - time.monotonic()))
                    received = _receive(channel)
                    if received is None:
                        raise Disconnected("the supervisor has closed the channel")
                    answer, connection = received
                    if answer.get("id") in (number, None):
                        return _result(answer, connection), connection
                    if connection is not None:  # of an earlier request, which was given up
                        connection.close()
            except TimeoutError as late:
                raise Unanswered(f"the supervisor did not answer {op} within {ANSWER_WITHIN:g} s") from late
            except (OSError, Malformed) as error:
                raise Disconnected(f"the supervisor does not answer: {error}") from error


class InheritedChannel(SupervisorClient):
    """Over the channel that this process was started with."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__()
        self._inherited = channel
        self._turn = threading.Lock()

    @contextmanager
    def _channel(self, within: float) -> Iterator[socket.socket]:
        if not self._turn.acquire(timeout=within):
            raise Unanswered("earlier requests wait for the supervisor")
        try:
            yield self._inherited
        finally:
            self._turn.release()


class CommandChannel(SupervisorClient):
    """Over the socket for commands, at its path: a connection for each request."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @contextmanager
    def _channel(self, within: float) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
            # With a timeout of Python's the kernel would not wait for the supervisor to accept (EAGAIN).
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", int(within), 0))
            try:
                channel.connect(str(self._path))
            except OSError as absent:
                raise Disconnected(f"nothing answers at {self._path}") from absent
            yield channel


def keyholder_for_command(path: Path) -> KeyholderClient:
    """Return a client of the keyholder for a command; `path`: of the socket for commands."""
    return KeyholderClient(CommandChannel(path).keyholder)


def _receive(channel: socket.socket) -> tuple[Message, socket.socket | None] | None:
    with contextlib.suppress(ConnectionResetError):
        return control_channel.receive(channel)
    return control_channel.receive(channel)  # what it answered before it closed, without reading the request


def _result(answer: Message, connection: socket.socket | None) -> Message:
    error = answer.get("error")
    if isinstance(error, dict):
        if connection is not None:
            connection.close()
        raise Refused(str(error.get("code")), str(error.get("message", "")))
    return cast(Message, answer.get("ok") or {})
