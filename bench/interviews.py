"""Interviews in recorder children, as in production. This process has the role of the web process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amana.demo.device_key import DeviceKey, fingerprint_of
from bench.center import Center
from bench.processes import cpu_seconds
from casework.recording.channel import Channel, ChannelError, channel_over, connection_to
from casework.recording.child_config import ChildConfig
from chain_of_custody.items.record import Record
from chain_of_custody.items.sender import Holder

RESERVE = 8 * 1024 * 1024
HOLDER = Holder("be" * 16, "person", "bench")


class InterviewChild:
    """One interview: `python -m recorder`, its cameras, and the connection to it."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self.interview = center.open_interview()
        self.evidence = ""
        self.begun = 0.0
        "Start of the recording, monotonic seconds."
        self.status: Mapping[str, Any] = {}
        "The last status that it sent."
        self.worst_lag = 0.0
        "Maximum recorded time that was not yet durable, in seconds."
        self._device = DeviceKey()
        self._status_changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._line: Channel | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self, log: Path) -> None:
        """Start the child and connect to it."""
        path = self.center.socket(self.interview)
        with log.open("ab") as errors, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            config = ChildConfig(
                interview=self.interview,
                listener=listener.fileno(),
                spool=self.center.spool,
                reserve=RESERVE,
                addresses=("127.0.0.1",),
                recover=None,
                log_level="warning",
                recorder_key=self.center.recorder_key.private_bytes_raw(),
            )
            # In a separate session, as the supervisor starts it. If this process is killed, the kernel ends
            # the child.
            self._process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "recorder"),
                stdin=asyncio.subprocess.PIPE,
                stderr=errors,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(config.to_json()).encode())
        self._process.stdin.close()
        self._line = await channel_over(connection_to(path, "web"), "web", self._answer, self._receive)
        self._running = asyncio.create_task(self._line.run())
        await self._line.request("status", within=60)  # it has started

    async def _answer(self, op: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
        return await asyncio.to_thread(self.center.answer, op, message)

    def _receive(self, event: Mapping[str, Any]) -> None:
        self.status = event
        self._status_changed.set()
        if event["state"] == "recording":
            self.worst_lag = max(self.worst_lag, (event["elapsed"] - event["safe"]) / 1_000_000)

    @property
    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        assert self._process is not None
        return cpu_seconds(self._process.pid)

    async def ask(self, op: str, within: float = 30, **fields: Any) -> Mapping[str, Any]:
        """Send a request as the web process does."""
        assert self._line is not None
        return await self._line.request(op, within=within, request=secrets.token_hex(8), **fields)

    async def offer(self, camera: str, sdp: str) -> str:
        """Send a room page's offer for one camera; return the answer."""
        given = await self.ask("challenge")
        proof = self._device.prove(self.interview, camera, fingerprint_of(sdp), given)
        claim = {"holder": HOLDER.to_json(), "network": "this-machine", "proof": proof.to_json()}
        answer = await self.ask("offer", camera=camera, sdp=sdp, page=secrets.token_hex(16), **claim)
        return str(answer["sdp"])

    async def begin(self, cameras: int) -> None:
        """Begin recording as soon as this many cameras deliver pictures."""
        async with asyncio.timeout(30):
            while sum(one["flowing"] for one in self.status.get("cameras", {}).values()) < cameras:
                self._status_changed.clear()
                await self._status_changed.wait()
        self.begun = time.monotonic()
        begun = await self.ask("begin", evidence=None, ticket=self.center.ticket(self.interview).to_json())
        self.evidence = begun["evidence"]

    async def events(self, after: int) -> int:
        """Return the number of events later than `after` µs on the recording's timeline."""
        answer = await self.ask("live_records", evidence=self.evidence, after=0)
        records = [Record.parse(line.encode()) for line in answer["records"]]
        return sum(record.kind == "event" and record.start > after for record in records)

    async def seal(self) -> None:
        """Stop recording; on return the part is sealed and its last statement in the ledger."""
        await self.ask("stop", evidence=self.evidence, reason="finished", by="bench", within=60)

    async def end(self) -> None:
        """End the child; kill it if it does not end in time."""
        if self._line is not None and not self._line.closed:
            with contextlib.suppress(ChannelError):
                await self.ask("end")
        if self._process is not None:
            try:
                async with asyncio.timeout(10):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._running is not None:
            self._running.cancel()
