"""Two machines of one center: two services with a folder, a keyholder and a recorder of its own each."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from amana.demo.http_user import Visitor
from tests.support.centers.service import Service
from tests.support.servers.ceph import free_port

OWN = ["recorder.key", "wraps"]
"""Of the keys' folder: what each machine has for itself."""


@contextlib.asynccontextmanager
async def two_machines(folder: Path, shared: Mapping[str, str]) -> AsyncIterator[tuple[Service, Service]]:
    """Machines `a` and `b`, started, with the settings that they share: database, copies, wrapped keys."""
    a, b = (machine(folder / name, name, shared) for name in ("a", "b"))
    async with contextlib.AsyncExitStack() as stack:  # whatever fails, none of their processes is left behind
        for service in (a, b):
            stack.push_async_callback(_woken_and_stopped, service)
        await a.start()
        copy_keys(a, b)
        await b.start()
        yield a, b


def machine(data: Path, name: str, shared: Mapping[str, str]) -> Service:
    """A machine that was not started yet."""
    port = free_port()
    own = {"AMANA_NODE": name, "AMANA_NODE_ADDRESS": f"http://127.0.0.1:{port}"}
    return Service(data, {**shared, **own}, port)


def copy_keys(source: Service, to: Service) -> None:
    """Give a new machine the keys, as docs/operations.md says."""
    shutil.copytree(source.data / "keys", to.data / "keys", ignore=lambda *_: OWN)


def at(visitor: Visitor, service: Service) -> Visitor:
    """The same person, in the same session, by way of this machine."""
    here = Visitor(f"http://localhost:{service.port}")
    here._http.cookies = visitor._http.cookies
    return here


def processes(service: Service) -> list[int]:
    """Supervisor, web, keyholder, recorders."""
    assert service.process is not None
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(") ", 1)[1].split()[1])
    found = [service.process.pid]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def send(service: Service, number: signal.Signals) -> None:
    """To every process of a machine, as if it were the machine itself."""
    for pid in processes(service):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def _woken_and_stopped(service: Service) -> None:
    if service.process is not None and service.process.returncode is None:
        send(service, signal.SIGCONT)
    await service.stop()


def shared_places(folder: Path) -> dict[str, str]:
    """Folders that both machines reach, for the copies and the wrapped keys."""
    places = ("FIRST_COPY", "SECOND_COPY", "FIRST_KEYS", "SECOND_KEYS")
    return {f"AMANA_{name}": str(folder / name) for name in places}
