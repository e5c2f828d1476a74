"""The recorder children of this machine, which the supervisor starts and ends.

A child is independent of the supervisor: it continues when its parent is killed. So it has no control
channel, but a listening socket, made by the supervisor at a path in `run/`; at the next start it is found
there. Only the supervisor connects to it, for itself and for the web process, and states in which role
(`casework.recording.channel`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from amana.settings import Settings, without_database, without_key_store, without_protections
from amana.supervisor.supervised_process import exit_text, open_log
from casework.recording import interview_folder
from casework.recording.channel import (
    ChannelError,
    Disconnected,
    Message,
    Refused,
    Role,
    Unanswered,
    channel_over,
    connection_to,
)
from casework.recording.child_config import ChildConfig

RECORDERS_WITHIN = 20.0  # seconds to seal when the service is ended
WAITING = 16
"""Connections that wait for a child, at most, while it starts or is busy."""

log = logging.getLogger(__name__)


class RecorderChildren:
    """All of this machine. `note`: called with process and reason when one ends badly."""

    def __init__(self, settings: Settings, recorder_key: bytes, note: Callable[[str, str], None]) -> None:
        self._settings = settings
        self._recorder_key = recorder_key
        self._note = note
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> Mapping[str, int]:
        """Process ids of those that this supervisor has started, by interview or by the part recovered."""
        return {name: one.pid for name, one in self._running.items() if one.returncode is None}

    @property
    def names(self) -> list[str]:
        """Interviews, and parts that are recovered, that have a child; one of an earlier supervisor may have
        ended."""
        found = self._settings.run.glob(self._settings.recorder_socket("*").name)
        return sorted(path.stem.removeprefix("recorder-") for path in found)

    def connect(self, name: object) -> socket.socket:
        """Return a connection for the web process to a child. Raises `Refused`: `gone` where none runs."""
        try:
            return self._connection(_identifier(name), "web")
        except Disconnected as gone:
            raise Refused("gone", str(gone)) from gone

    async def start(self, interview: object, recover: object) -> socket.socket:
        """Return a connection to the child of an interview, or to one that recovers a part of it.

        It is started unless it runs. Raises `Refused`, `OSError`.
        """
        interview, part = _identifier(interview), None if recover is None else _identifier(recover)
        name = part or interview
        # It may run: the web process was restarted and did not know, or another supervisor has started it.
        with contextlib.suppress(Disconnected):
            return self._connection(name, "web")
        with _listening(self._settings.recorder_socket(name)) as listener:
            connection = self._connection(name, "web")
            try:
                await self._start(name, self._config(interview, part, listener))
            except BaseException:
                connection.close()
                raise
        return connection

    async def _start(self, name: str, config: ChildConfig) -> None:
        with open_log(self._settings.log / f"recorder-{name}.log") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "recorder"),
                env=without_key_store(without_protections(without_database(os.environ))),
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[config.listener],
                start_new_session=True,
            )
        self._running[name] = process
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it ended at once, and its connections with it
            process.stdin.write(json.dumps(config.to_json()).encode() + b"\n")
            await process.stdin.drain()
        process.stdin.close()
        task = asyncio.create_task(self._see_off(name, process))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def end(self, names: Collection[str], hurry: asyncio.Event) -> None:
        """End these children; wait until they have sealed, or until `hurry`."""
        recorders = [asyncio.create_task(self._end(name)) for name in names]
        if recorders:
            log.info("waiting for %d recorders to seal", len(recorders))
            hurried: list[asyncio.Future[Any]] = [asyncio.create_task(hurry.wait())]
            both = [*hurried, asyncio.gather(*recorders, return_exceptions=True)]
            await asyncio.wait(both, timeout=RECORDERS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            for waiting in both:
                waiting.cancel()

    async def _end(self, name: str) -> None:
        """Have a child seal what is open; returns when it is gone. Raises `ChannelError`."""

        async def nothing(op: str, _message: Message) -> Message:
            raise Refused("unknown", op)

        channel = await channel_over(self._connection(name, "supervisor"), "web", nothing)
        reading = asyncio.create_task(channel.run())
        try:
            await channel.request("end")
            await reading
        finally:
            channel.close()

    def _connection(self, name: str, role: Role) -> socket.socket:
        path = self._settings.recorder_socket(name)
        try:
            return connection_to(path, role)
        except Unanswered as full:
            raise Refused("away", str(full)) from full
        except Disconnected:
            path.unlink(missing_ok=True)  # left by a child that has ended
            raise

    def _config(self, interview: str, recover: str | None, listener: socket.socket) -> ChildConfig:
        settings = self._settings
        return ChildConfig(
            interview=interview,
            listener=listener.fileno(),
            spool=interview_folder.interview_folder(settings.spool.absolute(), interview),
            reserve=settings.reserve,
            addresses=settings.media_addresses,
            recover=recover,
            log_level=settings.log_level,
            recorder_key=self._recorder_key,
        )

    async def _see_off(self, name: str, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if code:
            log.warning("the recorder of %s ended with %s", name, code)
            self._note("recorder", exit_text(code))
        if self._running.get(name) is process:
            del self._running[name]
            with contextlib.suppress(ChannelError):  # removes the path, unless another child uses it
                self._connection(name, "supervisor").close()


def _identifier(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{32}", value):
        raise Refused("malformed", "no recorder can be started with this")
    return value


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """A child's listening socket, for this user alone from its first moment; closed here afterwards."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(WAITING)
        yield listener
