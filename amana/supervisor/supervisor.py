"""`amana serve`: starts, monitors and restarts the processes, and ends them in order.

    supervisor ── keyholder            its own session; ends with the supervisor
               ├─ web                  the same; gets the listening socket, so that no connection is refused
               │                       during its restart
               └─ recorder children    started for the web process; independent of everything above

It connects them: keyholder and web each have a control channel from their start, over which the supervisor
sends them connections to each other (`amana.supervisor.broker`, `amana.keyholder.control`). It connects the
web process to recorders, too, which listen for it alone (`amana.supervisor.recorder_children`).

It holds only the recorder's key, which it passes to children, and has no access to database, media or people.
At SIGTERM or Ctrl-C, it ends first the recorders, so that they can seal while the ledger still runs, then
web, then keyholder. At a second signal it stops waiting; recorders then continue by themselves and are found
again at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import re
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from amana.control_channel import Message
from amana.errors import Unusable
from amana.install import installation, local_authority
from amana.install.incidents import ClockWatch, Incidents
from amana.install.local_authority import Unfit
from amana.keyholder.client import KeyholderClient, KeyholderUnreachable
from amana.keyholder.control import KeyholderControl
from amana.keyholder.roles import Peer
from amana.settings import (
    Settings,
    key_store_environ,
    to_environ,
    without_database,
    without_key_store,
    without_protections,
)
from amana.supervisor.broker import Answer, CommandSocket, check_role, serve
from amana.supervisor.recorder_children import RecorderChildren
from amana.supervisor.supervised_process import ENDS_WITHIN, Watched, resident
from casework.recording.channel import Refused
from vault.errors import VaultError

BACKLOG = 128
KEYHOLDER_WITHIN = 60.0  # seconds; trial keys are unlocked at start: one or two, and more on a busy machine

CLOCK_EVERY = 1.0  # seconds between checks of the clock

_MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
}
"""For the web process, through which files pass in pieces of 16 MiB: glibc uses freed blocks again instead of
asking the kernel for fresh pages, which took half the processor time of an upload. Two arenas bound what is
retained; with one for each thread every thread would retain as much (mallopt(3))."""

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
        self._ending = asyncio.Event()
        self._hurry = asyncio.Event()
        self._incidents = Incidents(settings.incidents)
        self._control: KeyholderControl | None = None
        """The channel of the keyholder that was started last."""
        self._serving: set[asyncio.Task[None]] = set()

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
                connected=self._meet_keyholder,
            )
            self._web = Watched(
                "web",
                (sys.executable, "-m", "amana.web_process", own, str(listener.fileno())),
                _MEMORY | without_protections(environ),
                settings.log / "web.log",
                self._incidents.note,
                (listener.fileno(),),
                connected=self._meet_web,
            )
            self._recorders = RecorderChildren(settings, self._installed.recorder, self._incidents.note)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._end_or_hurry)
            commands = CommandSocket(settings.supervisor_socket, self._answer)
            with commands.listening() as path:
                serving = asyncio.create_task(commands.run(path))
                try:
                    await self._watch()
                finally:
                    for task in (serving, *self._serving):
                        task.cancel()
                    await asyncio.gather(serving, *self._serving, return_exceptions=True)
                    if self._control is not None:
                        self._control.close()

    def _meet_keyholder(self, channel: socket.socket) -> None:
        if self._control is not None:
            self._control.close()
        self._control = KeyholderControl(channel)

    def _meet_web(self, channel: socket.socket) -> None:
        process = self._web.process
        assert process is not None
        task = asyncio.create_task(serve(channel, Peer("web", process.pid), self._answer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def _connect_keyholder(self, peer: Peer) -> socket.socket:
        if self._control is None:
            raise KeyholderUnreachable("the keyholder is not started yet")
        return self._control.connect(peer)

    async def _watch(self) -> None:
        keeping = [
            asyncio.create_task(self._keyholder.keep()),
            asyncio.create_task(self._watch_clock()),
        ]
        try:
            await self._until_keyholder()
            keeping.append(asyncio.create_task(self._web.keep()))
            ending = asyncio.create_task(self._ending.wait())
            done, _ = await asyncio.wait([ending, *keeping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {ending}:
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

    async def _until_keyholder(self) -> None:
        own = Peer("supervisor", os.getpid())
        client = KeyholderClient(lambda: self._connect_keyholder(own), KEYHOLDER_WITHIN)
        ending, give_up = asyncio.create_task(self._ending.wait()), time.monotonic() + KEYHOLDER_WITHIN
        while not self._ending.is_set():
            status = asyncio.create_task(asyncio.to_thread(client.status))
            await asyncio.wait([ending, status], return_when=asyncio.FIRST_COMPLETED)
            if not status.done():
                status.add_done_callback(lambda done: done.cancelled() or done.exception())
                break  # the thread ends with the keyholder
            if status.exception() is None:
                break
            try:
                status.result()
            except VaultError:
                if time.monotonic() > give_up:
                    raise CannotStart("the keyholder does not start; its log says why") from None
                await asyncio.sleep(0.05)
        ending.cancel()
        client.close()

    async def _end(self, keeping: Sequence[asyncio.Task[None]]) -> None:
        self._ending.set()  # from now on no recorder is started
        names = set(self._recorders.names)
        await self._recorders.end(names, self._hurry)
        await self._web.end()
        # A recorder whose start was under way is ended only here.
        await self._recorders.end(set(self._recorders.names) - names, self._hurry)
        await self._keyholder.end()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)

    def _end_or_hurry(self) -> None:
        if self._ending.is_set():
            self._hurry.set()
        self._ending.set()

    # --- requests of the web process and of commands ------------------------------------------------------

    async def _answer(self, peer: Peer, op: str, message: Message) -> Answer:
        check_role(peer, op)
        if op == "connect_keyholder":
            try:
                return {}, self._connect_keyholder(peer)
            except KeyholderUnreachable as away:
                raise Refused("away", str(away)) from away
        if op == "start_recorder":
            if self._ending.is_set():
                raise Refused("ending", "the service is being ended")
            return {}, await self._recorders.start(message.get("interview"), message.get("recover"))
        if op == "connect_recorder":
            if self._ending.is_set():
                raise Refused("ending", "the service is being ended")
            return {}, self._recorders.connect(message.get("name"))
        if op == "recorders":
            return {"names": self._recorders.names}, None
        if op == "restart_keyholder":  # its keys are under a new passphrase
            self._keyholder.restart()
        elif op == "ready" and not self._announced:
            installation.note_database(self._settings)  # the web process, which opened it, may not
            self._announced = True
            self._announce(message)
        elif op == "report_failure":
            self._incidents.note("request", failure_text(message))
        elif op == "processes":
            return {
                "keyholder": {"pid": self._keyholder.pid, "starts": self._keyholder.starts},
                "web": {"pid": self._web.pid, "starts": self._web.starts},
                "recorders": self._recorders.pids,
                "resident": {
                    "keyholder": resident(self._keyholder.pid),
                    "web": resident(self._web.pid),
                    "recorder": sum(map(resident, self._recorders.pids.values())),
                    "supervisor": resident(os.getpid()),
                },
            }, None
        return {}, None


def failure_text(message: Message) -> str:
    """Return the incident of a web process's `report_failure`; only a number and the name of an exception's
    class are taken from it. Raises `Refused`."""
    number, kind = str(message.get("number")), str(message.get("kind"))
    if not re.fullmatch("[0-9a-f]{8}", number) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,63}", kind):
        raise Refused("malformed", "a failure has a number of 8 hexadecimal digits and the name of a class")
    return f"failed unexpectedly: {kind}, number {number} in the log"


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
