"""What docs/operations.md has an administrator do at a center, run in its order and as it is written.

The center begins as an installation leaves it, with folders and a database in a file, and goes on with Ceph's
buckets, PostgreSQL and a second machine.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from amana.demo.http_user import Visitor
from tests.integration.test_witnesses import WitnessService
from tests.support.centers import command_line
from tests.support.centers.service import Service, patiently
from tests.support.documented_commands import blocks_for, commands
from tests.support.people.passphrase import PASSPHRASE
from tests.support.servers import databases
from tests.support.servers.ceph import free_port
from tests.support.servers.databases import Server
from tests.support.servers.object_server import ObjectServer
from tests.support.servers.timestamp_authority import OpensslAuthority

TYPED = {
    "createuser --pwprompt amana": "of the database\n" * 2,
    "amana keys protect": f"{PASSPHRASE}\n" * 2,
    "amana keys unlock": f"{PASSPHRASE}\n",
}
"""What a person answers."""
LOOKING = {"amana status", "amana scrub --status"}
"""Their exit code is 1 if somebody should look, as in a center that is seconds old."""


@dataclass
class Terminal:
    """Of the first machine. systemctl starts and stops the process of its service."""

    service: Service
    settings: Path
    """Its /etc/amana/amana.env."""
    shell: Mapping[str, str]
    """More variables of its shell."""
    names: Mapping[str, str]
    """The reader's own, by those of the document."""

    async def type(self, command: str) -> str:
        """Run a command, which has to succeed; return what it printed."""
        words = command.split("#")[0].strip()
        for name, own in self.names.items():
            command = command.replace(name, own)
        self.service.environ = self.environ
        match words.split():
            case ["systemctl", verb, "amana"]:
                if verb in ("stop", "restart"):
                    await self.service.stop()
                if verb in ("start", "restart"):
                    await self.service.start()
                return ""
            case ["amana", *_] if words not in TYPED:
                return await self._amana(command, words in LOOKING)
        return await self._shell(command, TYPED.get(words, ""))

    @property
    def environ(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.settings.read_text().splitlines())

    async def _amana(self, command: str, looking: bool) -> str:
        arguments = shlex.split(command, comments=True)[1:]
        done = await asyncio.to_thread(
            command_line.amana, *arguments, "--data", str(self.service.data), environ=self.environ
        )
        assert done.returncode == 0 or (looking and done.returncode == 1), done
        return done.stdout

    async def _shell(self, command: str, typed: str) -> str:
        shell = await asyncio.create_subprocess_exec(
            *("bash", "-euo", "pipefail", "-c", command),
            env={**os.environ, **self.environ, "AMANA_DATA": str(self.service.data), **self.shell},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # without a terminal, what asks for a secret reads its input
        )
        said, _ = await shell.communicate(typed.encode())
        assert shell.returncode == 0, (command, said.decode())
        return said.decode()


@pytest.fixture
def empty_server() -> Iterator[Server]:
    """PostgreSQL without anything of Amana."""
    with databases.server(lasting=False) as server:
        with server.asked() as connection:
            connection.execute("DROP ROLE amana")
        yield server


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[Service]:
    """The second machine, before it has keys."""
    service = Service(tmp_path / "second", port=free_port())
    service.data.mkdir(mode=0o700)
    yield service
    await service.stop()


@pytest.fixture
async def terminal(tmp_path: Path, second: Service, empty_server: Server) -> AsyncIterator[Terminal]:
    """The first machine runs, and nothing is set yet."""
    settings = tmp_path / "amana.env"
    settings.touch()
    witness, authority = WitnessService.make(tmp_path, "court"), OpensslAuthority(tmp_path / "authority")
    path = f"{Path(sys.executable).parent}:{empty_server.binaries}:{os.environ['PATH']}"
    shell = {"PGHOST": str(empty_server.folder), "PGUSER": "keeper", "PATH": path}
    async with Service(tmp_path / "first") as service:
        address = "postgresql://amana@db.example/amana?passfile=/etc/amana/pgpass&sslmode=verify-full"
        names = {
            f"{address}&sslrootcert=/etc/amana/db-ca.pem": empty_server.url("amana"),
            "/etc/amana/amana.env": str(settings),
            "ssh second tar -C /var/lib/amana": f"tar -C {second.data}",
            "/var/lib/amana": str(service.data),
            "/srv/aside": str(tmp_path / "aside"),
            "/media": str(tmp_path),
            "--to sheet": f"--to {tmp_path / 'sheet'}",
            "http://10.0.0.1:8420": f"http://127.0.0.1:{service.port}",
            "=10.0.0.1": "=127.0.0.1",
            "link NAME": "link Administrator",
            "WITNESS URL VKEY VKEY": shlex.join(["court", "http://127.0.0.1:9/", *witness.vkeys]),
            "all WITNESS": "all court",
            "TSA TSA-URL TSA-ROOT": f"ministry http://127.0.0.1:9/ {authority.folder / 'root.pem'}",
        }
        yield Terminal(service, settings, shell, names)


async def test_every_command_for_a_center_runs(
    terminal: Terminal, second: Service, object_server: ObjectServer
) -> None:
    async with await Visitor.arrive(terminal.service.link):
        pass  # the first administrator
    behind_a_proxy = ""
    for command in (one for block in blocks_for("center") for one in commands(block)):
        match command.split()[:3]:
            case ["amana", "make-copy", "first-copy"]:
                buckets = object_server.environ().items()
                terminal.settings.write_text("".join(f"{name}={value}\n" for name, value in buckets))
            case ["amana", "tls", "make"]:  # for those without a proxy; what follows is for the others
                behind_a_proxy = terminal.settings.read_text()
            case ["createuser", *_]:
                terminal.settings.write_text(behind_a_proxy)
            case ["amana", "upgrade", *_]:
                await patiently(partial(succeeds, terminal, command))
            case ["amana", "nodes", "list"]:
                own = {"AMANA_NODE": "b", "AMANA_NODE_ADDRESS": f"http://127.0.0.1:{second.port}"}
                second.environ = {**terminal.environ, **own}
                await second.start()
        await terminal.type(command)
    assert {"a", "b"} <= set((await terminal.type("amana nodes list")).split())


async def succeeds(terminal: Terminal, command: str) -> bool:
    """Whether a command does now: copies get the last statements within seconds."""
    try:
        await terminal.type(command)
    except AssertionError:
        return False
    return True
