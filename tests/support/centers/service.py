"""A whole service as `amana serve` runs it, a room with a film for cameras, and the means to harm both."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from amana.demo.http_user import RequestRefused, Visitor
from amana.demo.simulated_room import Film, RehearsalRoom
from amana.settings import Settings, read_settings
from amana.supervisor.supervisor_client import CommandChannel
from tests.support.patience import PATIENCE, until


@dataclass
class Service:
    """`amana serve` on a folder of its own."""

    data: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    link: str = ""
    said: str = ""
    """What the last start printed."""
    process: asyncio.subprocess.Process | None = None

    @property
    def settings(self) -> Settings:
        return read_settings({**self.environ, "AMANA_DATA": str(self.data)})

    async def start(self) -> None:
        """Returns when it answers. The port stays the same when it is started again."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "amana", "serve", "--data", str(self.data), "--port", str(self.port)),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environ},
        )
        try:
            await self._until_it_answers()
        except BaseException:
            await self.stop()  # or its processes would be left behind
            raise

    async def _until_it_answers(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.said = ""
        async with asyncio.timeout(PATIENCE):
            async for line in self.process.stdout:
                word = line.decode().strip()
                self.said += f"{word}\n"
                if "/sign-in#" in word:
                    self.link = word
                if "Ctrl-C stops it" in word:
                    self.port = int(self.settings.served_port.read_text())
                    return
        raise AssertionError(f"the service did not start; see {self.data / 'log'}")

    async def __aenter__(self) -> Service:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), PATIENCE)
            except TimeoutError:
                self.process.kill()  # the others end with it
                await self.process.wait()
                raise

    async def pids(self, interview: str = "") -> dict[str, Any]:
        """Process ids by name: keyholder, web, supervisor, and recorder: this interview's, or any."""
        told = await asyncio.to_thread(CommandChannel(self.settings.supervisor_socket).ask, "processes")
        assert self.process is not None
        return {
            "keyholder": told["keyholder"]["pid"],
            "web": told["web"]["pid"],
            "recorder": told["recorders"].get(interview, next(iter(told["recorders"].values()), None)),
            "supervisor": self.process.pid,
        }

    async def kill(self, name: str, interview: str = "") -> None:
        """`kill -9`, and no warning."""
        os.kill((await self.pids(interview))[name], signal.SIGKILL)
        if name == "supervisor":
            assert self.process is not None
            await self.process.wait()


@contextlib.asynccontextmanager
async def invited_prosecutor(service: Service) -> AsyncIterator[Visitor]:
    """The prosecutor of the test, signed in; invited by the first administrator."""
    async with await Visitor.arrive(service.link) as administrator:
        prosecutor = await administrator.invite("Prosecutor of the test", "prosecutor")
    async with prosecutor:
        yield prosecutor


@dataclass
class Interviewing:
    """A prosecutor in an interview, with a room that comes back like a browser does."""

    prosecutor: Visitor
    case: str
    interview: str
    film: Film
    consent: bool = True
    room: RehearsalRoom | None = None
    evidence: str = ""
    epoch: float = 0.0
    """Wall clock of the running part's timeline zero, in seconds."""

    @classmethod
    async def open(cls, prosecutor: Visitor, film: Film, consent: bool = True) -> Interviewing:
        """`consent`: the prosecutor records it, who needs a passkey for that where only signed acts count."""
        case = await prosecutor.open_case()
        if consent:
            await prosecutor.record_consent(case)
        interview = await prosecutor.open_interview(case, purpose="testimony", room="1")
        return cls(prosecutor, case, interview, film, consent)

    async def tell(self, command: str, **fields: Any) -> Mapping[str, Any]:
        return await self.prosecutor.post_json(f"/interviews/{self.interview}/{command}", **fields)

    async def status(self) -> Mapping[str, Any]:
        return await self.prosecutor.look(f"/interviews/{self.interview}/status")

    async def connect(self) -> None:
        """Both cameras, as often as it takes."""
        if self.room is not None:
            await self.room.leave()

        async def signal_wide(sdp: str) -> str:
            return await self.prosecutor.offer(self.interview, "wide", sdp)

        async def signal_close(sdp: str) -> str:
            return await self.prosecutor.offer(self.interview, "close", sdp)

        async def connect() -> bool:
            self.room = await RehearsalRoom.enter(self.film, signal_wide, signal_close)
            return True

        await patiently(connect)

    async def begin(self) -> None:
        """Check until nothing fails, then begin a part; without consent, by a decision."""
        expected = set() if self.consent else {"consent"}
        decision = {} if self.consent else {"reason": "ordered by the court"}

        async def ready() -> bool:
            checks = (await self.tell("check"))["checks"]
            return {one["check"] for one in checks if one["state"] == "fail"} <= expected

        await patiently(ready)

        async def begin() -> bool:
            known = (await self.status())["evidence"]  # what a console has seen last
            begun = await self.tell("begin", evidence=known, **decision)
            self.evidence = str(begun["evidence"])
            self.epoch = datetime.fromisoformat(str(begun["epoch"])).timestamp()
            return True

        await patiently(begin)

    async def recorded(self, seconds: float) -> None:
        """Wait until the running part is this long."""

        async def long_enough() -> bool:
            return bool((await self.status())["elapsed"] >= seconds * 1e6)

        await patiently(long_enough)

    async def safe(self, seconds: float) -> float:
        """Wait until the console calls this much of the running part safe and misses no camera; how much it
        does, in seconds. A camera that stopped long before does not limit it."""
        safe = 0.0

        async def enough() -> bool:
            nonlocal safe
            status = await self.status()
            safe = status["safe"] / 1e6
            missing = [one for one in status["losses"] if one["code"] in ("camera", "sound", "everything")]
            return safe >= seconds and not missing

        await patiently(enough)
        return safe

    async def stop(self) -> None:
        await self.tell("stop", evidence=self.evidence, reason="finished")

        async def sealed() -> bool:
            return bool((await self.status())["state"] == "sealed")

        await patiently(sealed)

    async def leave(self) -> None:
        if self.room is not None:
            await self.room.leave()
            self.room = None


async def patiently(attempt: Callable[[], Awaitable[object]]) -> None:
    """Try until it is true. What a service says while something of it is dead is no failure yet."""
    last: object = "never true"

    async def succeeds() -> bool:
        nonlocal last
        try:
            return bool(await attempt())
        except (RequestRefused, httpx.HTTPError, KeyError) as refused:
            last = refused
            return False

    try:
        await until(succeeds, every=0.1)
    except AssertionError as never:
        raise AssertionError(f"{never}: {last!r}") from None
