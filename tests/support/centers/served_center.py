"""A center in this process, and its pages at a host name for which browsers make passkeys."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from amana.settings import Settings
from casework.database.models import Person
from casework.people import people
from tests.support.centers.court_room import CourtRoom, serve
from tests.support.patience import wait_until


@dataclass
class Served:
    """The center, and where its pages are."""

    room: CourtRoom
    address: str

    def session(self, person: Person) -> str:
        """The token of a new session of theirs."""
        return people.redeem(self.room.center, people.new_link(self.room.center, None, person.id))[1]

    def cookies(self, person: Person, language: str = "en") -> list[Any]:
        return [
            {"name": "amana-session", "value": self.session(person), "url": self.address},
            {"name": "language", "value": language, "url": self.address},
        ]


@contextmanager
def serving(room: CourtRoom, data: Path) -> Iterator[Served]:
    """Its pages, until the context ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    room.app = serve(room.center, Settings(data=data, port=port))
    server = uvicorn.Server(uvicorn.Config(room.app, log_config=None, access_log=False))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    wait_until(lambda: server.started)
    try:
        yield Served(room, f"http://localhost:{port}")
    finally:
        server.should_exit = True
        running.join()
