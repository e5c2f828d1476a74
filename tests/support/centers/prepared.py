"""Data folders of centers that tests copy, so that each test need not make its own.

Each step goes on from the folder of the step before, and is made once in a process, when a test first wants
it: an empty ledger, its first administrator, a prosecutor, a case with something in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amana import control_channel
from amana.centers import opened_center
from amana.install import installation
from amana.keyholder import roles
from amana.keyholder.client import Connect, KeyholderClient, KeyholderUnreachable
from amana.keyholder.control import KeyholderControl
from amana.keyholder.ledger_proofs import require_proofs
from amana.keyholder.roles import Peer
from amana.keyholder.server import KeyholderServer, RequestHandler, guarded_signer
from amana.settings import Settings
from amana.supervisor.broker import Answer, CommandSocket, check_role
from amana.supervisor.recorder_client import RecorderRooms
from casework.center import Center
from casework.database.models import Role
from casework.people import people
from casework.recording.channel import Message, Refused
from tests.support.centers.every_route import furnished
from tests.support.servers.databases import SqliteFile
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.wrapped_keys.store import KeyStore

Made = Mapping[str, Any]
"""By step: the id of the person, or the `Place`."""


def _second(center: Center, made: Made) -> str:
    first = people.get(center, made["administrator"])
    return people.add(center, first, "Second", Role.PROSECUTOR).id


def _place(center: Center, made: Made) -> object:
    return furnished(
        center, people.get(center, made["administrator"]), people.get(center, made["prosecutor"])
    )


STEPS: Mapping[str, Callable[[Center, Made], object]] = {
    "center": lambda center, _: center.deployment,
    "administrator": lambda center, _: people.first_administrator(center, "First").id,
    "prosecutor": _second,
    "place": _place,
}
"""Each named as the fixture that gives what it makes."""


@dataclass(frozen=True)
class Prepared:
    """A folder, and what is in it."""

    data: Path
    made: Made

    def copy(self, to: Path) -> Settings:
        """The settings of a copy of it at `to`."""
        shutil.copytree(self.data, to, ignore=shutil.ignore_patterns("run"))
        settings = settings_at(to)
        assert installation.prepare(settings) is None
        return settings


@dataclass(frozen=True)
class PreparedCenters:
    """All that were made in this process."""

    folder: Path
    keys: Path
    """Folder with the protected keys of each."""
    _found: dict[str, Prepared] = field(default_factory=dict)

    def after(self, wanted: Collection[str]) -> Prepared:
        """The center after the last step that is `wanted`; without one, a folder that no center was in."""
        last = next((name for name in reversed(STEPS) if name in wanted), "")
        if last not in self._found:
            self._found[last] = self._make(last) if last else self._install()
        return self._found[last]

    def _install(self) -> Prepared:
        settings = settings_at(self.folder / "installed")
        shutil.copytree(self.keys, settings.keys)
        assert installation.prepare(settings) is None
        SqliteFile.migrated(settings.database)
        return Prepared(settings.data, {})

    def _make(self, step: str) -> Prepared:
        names = list(STEPS)
        before = self.after(names[: names.index(step)])
        settings = before.copy(self.folder / step)
        with (
            running_keyholder(settings) as keyholder,
            opened_center(settings, RecorderRooms(settings), keyholder) as center,
        ):
            made = {**before.made, step: STEPS[step](center, before.made)}
        return Prepared(settings.data, made)


def settings_at(data: Path) -> Settings:
    """Of a center in which nobody has to have a passkey."""
    return Settings(data=data, unsigned_acts="allowed")


class RunningKeyholder(KeyholderClient):
    """The web process's client of a keyholder that serves in a thread of this process."""

    def __init__(self, handler: RequestHandler) -> None:
        near, far = control_channel.pair()
        self._control = KeyholderControl(near)
        self._server = KeyholderServer(far, handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        super().__init__(self.connect("web"))

    def connect(self, role: roles.Role) -> Connect:
        """What connects a process in this role."""
        return functools.partial(self._control.connect, Peer(role, os.getpid()))

    def end(self) -> None:
        """The keyholder is gone; may be called twice."""
        self._server.shutdown()
        self._thread.join()
        self._server.close()
        self.close()


@contextmanager
def running_keyholder(settings: Settings) -> Iterator[RunningKeyholder]:
    """A keyholder that serves in a thread, and commands find it; the vault is locked."""
    installed = installation.read(settings)
    key_store = KeyStore(installation.key_stores(settings), settings.keys / WAITING)
    keys = LocalKeyholder.open(settings.keys, key_store=key_store)
    signer = guarded_signer(keys, installed.origin, settings.keys / "signed-checkpoints")
    require_proofs(keys, installed.origin, signer.settle)
    keyholder = RunningKeyholder(RequestHandler(keys, signer, installed.origin))
    try:
        with _commands(settings, keyholder.connect("command")):
            yield keyholder
    finally:
        keyholder.end()


@contextmanager
def _commands(settings: Settings, connect: Connect) -> Iterator[None]:
    """The supervisor's socket for commands, which are connected to the keyholder."""

    async def answer(peer: Peer, op: str, _message: Message) -> Answer:
        check_role(peer, op)
        try:
            return {}, connect()
        except KeyholderUnreachable as away:
            raise Refused("away", str(away)) from away

    commands = CommandSocket(settings.supervisor_socket, answer)
    with commands.listening() as listener, asyncio.Runner() as runner:
        loop = runner.get_loop()
        serving = loop.create_task(commands.run(listener))

        def serve() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(serving)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(serving.cancel)
            thread.join()
