"""`amana serve`: starts the processes, watches them, restarts them, and ends them in order.

    supervisor ── keyholder            its own session; ends with the supervisor
               ├─ web                  the same; gets the listening socket, so that no connection is refused
               │                       during its restart
               └─ recorder children    started for the web process; independent of everything above

It holds no key but the recorder's, which it passes to children, and touches no database, media or people. At
SIGTERM or Ctrl-C, it ends first the recorders, so that they can seal while the ledger still runs, then web,
then keyholder. At a second signal it stops waiting; recorders then continue by themselves and are found again
at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amana.errors import Unusable
from amana.install import installation, local_authority
from amana.install.incidents import ClockWatch, Incidents
from amana.install.local_authority import Unfit
from amana.keyholder.client import KeyholderClient, at_path
from amana.settings import (
    Settings,
    key_store_environ,
    to_environ,
    without_database,
    without_key_store,
    without_protections,
)
from amana.supervisor.supervised_process import ENDS_WITHIN, Watched, exit_text, open_log
from casework.recording.channel import MAX_LINE, Channel, Message, Refused, connect
from casework.recording.child_config import ChildConfig
from chain_of_custody.errors import Malformed
from vault.errors import VaultError

BACKLOG = 128
KEYHOLDER_WITHIN = 20.0  # seconds; trial keys are unlocked at start, which takes one or two
RECORDERS_WITHIN = 20.0  # seconds to seal when the service is ended

CLOCK_EVERY = 1.0  # seconds between checks of the clock

_GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": str(1024 * 1024)}
"""For the web process, through which segments pass on their way to the copies: blocks of a mebibyte and more
return to the system when they are freed. By default, glibc raises that limit to the largest freed block, and
each thread then retains as much (mallopt(3), M_MMAP_THRESHOLD)."""

log = logging.getLogger(__name__)

Announce = Callable[[Message], None]
"""Called once, when every process answers, with the web process's `ready` message."""


class CannotStart(Unusable):  # named after the condition
    """The service cannot be started; the message is for the person at the terminal."""


class Supervisor:
    """All processes of `amana serve`. `run` returns after a signal to end."""

    def __init__(self, settings: Settings, announce: Announce) -> None:
        self._settings = settings
        self._announce = announce
        self._announced = False
        self._told = asyncio.Event()
        self._hurry = asyncio.Event()
        self._incidents = Incidents(settings.incidents)
        self._recorders: dict[str, asyncio.subprocess.Process] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run the service. Raises `CannotStart` if it is already running or its address is taken."""
        settings = self._settings
        self._installed = installation.read(settings)
        if settings.tls:
            _ready_certificate(settings)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # inherited by every process that holds a key
        with only_one(settings), listening(settings) as listener, self._incidents.running():
            settings = replace(settings, port=listener.getsockname()[1])
            settings.served_port.write_text(str(settings.port))
            environ = without_key_store({**os.environ, **to_environ(settings)})
            own = str(os.getpid())
            self._keyholder = Watched(
                "keyholder",
                (sys.executable, "-m", "amana.keyholder", own),
                without_database({**environ, **key_store_environ(settings)}),
                settings.log / "keyholder.log",
                self._incidents.note,
            )
            self._web = Watched(
                "web",
                (sys.executable, "-m", "amana.web_process", own, str(listener.fileno())),
                _GIVEN_BACK | without_protections(environ),
                settings.log / "web.log",
                self._incidents.note,
                (listener.fileno(),),
            )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._tell)
            settings.supervisor_socket.unlink(missing_ok=True)
            before = os.umask(0o177)  # the socket must not exist with a wider mode, not even for a moment
            try:
                server = await asyncio.start_unix_server(
                    self._serve, settings.supervisor_socket, limit=MAX_LINE
                )
            finally:
                os.umask(before)
            try:
                await self._watch(settings)
            finally:
                server.close()
                settings.supervisor_socket.unlink(missing_ok=True)

    async def _watch(self, settings: Settings) -> None:
        keeping = [
            asyncio.create_task(self._keyholder.keep()),
            asyncio.create_task(self._watch_clock()),
        ]
        try:
            await self._until_keyholder(settings)
            keeping.append(asyncio.create_task(self._web.keep()))
            told = asyncio.create_task(self._told.wait())
            done, _ = await asyncio.wait([told, *keeping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {told}:
                task.result()  # the supervision itself failed: that is for the person at the terminal
        finally:
            await self._end(keeping)

    async def _watch_clock(self) -> None:
        watch = ClockWatch()
        while True:
            await asyncio.sleep(CLOCK_EVERY)
            if step := watch.step():
                way = "back" if step < 0 else "forward"
                self._incidents.note("clock", f"was set {way} by {abs(step):.0f} seconds")

    async def _until_keyholder(self, settings: Settings) -> None:
        client, give_up = (
            KeyholderClient(at_path(settings.keyholder_socket)),
            time.monotonic() + KEYHOLDER_WITHIN,
        )
        while not self._told.is_set():
            try:
                await asyncio.to_thread(client.status)
            except VaultError:
                if time.monotonic() > give_up:
                    raise CannotStart(f"the keyholder does not start; see {self._keyholder.log}") from None
                await asyncio.sleep(0.05)
            else:
                client.close()
                return

    async def _end(self, keeping: Sequence[asyncio.Task[None]]) -> None:
        self._told.set()  # from now on no recorder is started
        asked = set(self._settings.run.glob("recorder-*"))
        await self._end_recorders(asked)
        await self._web.end()
        # A recorder whose start was under way is ended only here.
        await self._end_recorders(set(self._settings.run.glob("recorder-*")) - asked)
        await self._keyholder.end()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)

    async def _end_recorders(self, sockets: Collection[Path]) -> None:
        """End them by their sockets, so that those of an earlier supervisor are included."""
        recorders = [asyncio.create_task(_end_recorder(path)) for path in sockets]
        if recorders:
            log.info("waiting for %d recorders to seal", len(recorders))
            hurry: list[asyncio.Future[Any]] = [asyncio.create_task(self._hurry.wait())]
            both = [*hurry, asyncio.gather(*recorders, return_exceptions=True)]
            await asyncio.wait(both, timeout=RECORDERS_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            for waiting in both:
                waiting.cancel()

    def _tell(self) -> None:
        if self._told.is_set():
            self._hurry.set()
        self._told.set()

    # --- requests of the web process ----------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Channel(reader, writer, "child", self._answer).run()

    async def _answer(self, op: str, message: Message) -> Message:
        if op == "ready":
            if not self._announced:
                self._announced = True
                self._announce(message)
            return {}
        if op == "start_recorder":
            if self._told.is_set():
                raise Refused("ending", "the service is being ended")
            await self._start_recorder(message.get("config"))
            return {}
        if op == "restart_keyholder":  # its keys are under a new passphrase
            self._keyholder.restart()
            return {}
        if op == "processes":
            return {
                "keyholder": {"pid": self._keyholder.pid, "starts": self._keyholder.starts},
                "web": {"pid": self._web.pid, "starts": self._web.starts},
                "recorders": {
                    name: process.pid
                    for name, process in self._recorders.items()
                    if process.returncode is None
                },
            }
        raise Refused("unknown", f"no operation {op[:32]}")

    async def _start_recorder(self, values: object) -> None:
        try:
            config = ChildConfig.from_json(values)
        except Malformed as malformed:
            raise Refused("malformed", "no recorder can be started with this") from malformed
        if config.socket.parent != self._settings.run.absolute():
            raise Refused("malformed", "the socket lies elsewhere")
        name = config.recover or config.interview
        running = self._recorders.get(name)
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
        self._recorders[name] = process
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it ended at once; the caller's connection attempts fail
            full = replace(config, recorder_key=self._installed.recorder)
            process.stdin.write(json.dumps(full.to_json()).encode() + b"\n")
            await process.stdin.drain()
        process.stdin.close()
        task = asyncio.create_task(self._see_off(name, process))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _see_off(self, name: str, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if code:
            log.warning("the recorder of %s ended with %s", name, code)
            self._incidents.note("recorder", exit_text(code))
        if self._recorders.get(name) is process:
            del self._recorders[name]


def _ready_certificate(settings: Settings) -> None:
    """Check that a certificate for the address's name exists and is valid; renew it if due.

    Raises `CannotStart`."""
    name = urlsplit(settings.address).hostname
    try:
        if local_authority.renew_if_due(settings.certificates, datetime.now(UTC)):
            log.info("the certificate was renewed")
        vouched = local_authority.read(settings.certificates)
    except FileNotFoundError:
        raise CannotStart(f"AMANA_TLS=local, and there is no authority yet: amana tls make {name}") from None
    except (Unfit, VaultError) as error:
        raise CannotStart(f"AMANA_TLS=local: {error}") from None
    if name not in vouched.names:
        raise CannotStart(
            f"AMANA_ADDRESS is {settings.address}, and the certificate is for {vouched.names[0]}"
        )


async def _end_recorder(path: Path) -> None:
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


@contextlib.contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Lock the data folder for this service. Raises `CannotStart` if another one holds the lock."""
    with (settings.run / "supervisor.lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Amana is running already on {settings.data.absolute()}") from None
        yield


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The public listening socket, which stays open during a restart of the web process.

    Raises `CannotStart` if the address is taken, after a short wait: the web process of a killed supervisor
    may still be ending.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        give_up = time.monotonic() + ENDS_WITHIN
        while True:
            try:
                listener.bind((settings.host, settings.port))
                break
            except OSError as error:
                taken = error.errno == errno.EADDRINUSE
                if not taken or time.monotonic() > give_up:
                    todo = (
                        "Another program uses it. Choose another port with AMANA_PORT or --port (0: any)."
                        if taken
                        else "Choose an IP address of this machine with AMANA_HOST or --host."
                    )
                    raise CannotStart(
                        f"cannot listen on {settings.host} port {settings.port}: {error.strerror}. {todo}"
                    ) from None
                time.sleep(0.2)
        listener.listen(BACKLOG)
        yield listener
