"""The recorder children of this machine, as the supervisor has them: starts and ends them.

A child is independent of the supervisor: it continues when its parent is killed, and is found again by its
socket at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from amana.settings import Settings, without_database, without_key_store, without_protections
from amana.supervisor.supervised_process import exit_text, open_log
from casework.recording.channel import Message, Refused, connect
from casework.recording.child_config import ChildConfig

RECORDERS_WITHIN = 20.0  # seconds to seal when the service is ended

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
    def sockets(self) -> set[Path]:
        """The sockets of all children, those of an earlier supervisor included."""
        return set(self._settings.run.glob("recorder-*"))

    async def start(self, interview: object, recover: object) -> None:
        """Start the child of an interview, or one that recovers a part of it, unless it runs.

        Raises `Refused`.
        """
        config = self._config(_identifier(interview), None if recover is None else _identifier(recover))
        name = config.recover or config.interview
        running = self._running.get(name)
        if running is not None and running.returncode is None:
            return  # the web process was restarted and did not know: it will find the socket
        with open_log(self._settings.log / f"recorder-{name}.log") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "recorder"),
                env=without_key_store(without_protections(without_database(os.environ))),
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._running[name] = process
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it ended at once; the caller's connection attempts fail
            process.stdin.write(json.dumps(config.to_json()).encode() + b"\n")
            await process.stdin.drain()
        process.stdin.close()
        task = asyncio.create_task(self._see_off(name, process))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def end(self, sockets: Collection[Path], hurry: asyncio.Event) -> None:
        """End the children of these sockets; wait until they have sealed, or until `hurry`."""
        recorders = [asyncio.create_task(_end(path)) for path in sockets]
        if recorders:
            log.info("waiting for %d recorders to seal", len(recorders))
            hurried: list[asyncio.Future[Any]] = [asyncio.create_task(hurry.wait())]
            both = [*hurried, asyncio.gather(*recorders, return_exceptions=True)]
            await asyncio.wait(both, timeout=RECORDERS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            for waiting in both:
                waiting.cancel()

    def _config(self, interview: str, recover: str | None) -> ChildConfig:
        settings = self._settings
        return ChildConfig(
            interview=interview,
            socket=settings.recorder_socket(recover or interview).absolute(),
            spool=settings.spool.absolute(),
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


def _identifier(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{32}", value):
        raise Refused("malformed", "no recorder can be started with this")
    return value


async def _end(path: Path) -> None:
    """Have a recorder seal what is open; returns when it is gone. Raises `ChannelError`."""

    async def nothing(op: str, _message: Message) -> Message:
        raise Refused("unknown", op)

    channel = await connect(str(path), "web", nothing)
    reading = asyncio.create_task(channel.run())
    try:
        await channel.request("end")
        await reading
    finally:
        channel.close()
