"""The connections that the keyholder serves: bounded for each process; idle ones are closed for new ones.

Only a process to which the supervisor gives one has a connection (`amana.keyholder.control`). None of these
processes can block the others:

1. One process has at most `MAX_OF_A_PEER` connections. For a further one, its own longest idle one is closed;
   it is refused only while all of them have a request that is being answered.
2. All together have at most `MAX_CONNECTIONS`. For a further one, the longest idle one of the process with
   the most is closed. If none is idle, it waits until the first request is answered; the process that has the
   fewest comes first.

A connection is idle while no request on it is being answered, so a request that is sent slowly does not count
as busy. A client whose connection was closed knows that its request was not executed
(`amana.keyholder.client`).
"""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from amana.keyholder.roles import Peer

MAX_CONNECTIONS = 64
MAX_OF_A_PEER = 48
"""Three times what a client of the service opens (`amana.keyholder.client.MOST_AT_ONCE`)."""


class _State(enum.Enum):
    WAITING = enum.auto()
    IDLE = enum.auto()
    BUSY = enum.auto()
    CLOSING = enum.auto()


@dataclass(eq=False)
class Place:
    """One connection. `since`: orders the beginnings of its states."""

    connection: socket.socket
    peer: Peer
    state: _State = _State.WAITING
    since: int = 0


class Connections:
    """The places of one server; its methods are called from the connections' threads."""

    def __init__(self, most: int = MAX_CONNECTIONS, of_a_peer: int = MAX_OF_A_PEER) -> None:
        self._most, self._of_a_peer = most, of_a_peer
        self._places: list[Place] = []
        self._turn = threading.Condition()
        self._moment = 0

    @property
    def waiting(self) -> int:
        """How many connections wait for a place."""
        with self._turn:
            return sum(one.state is _State.WAITING for one in self._places)

    def admit(self, connection: socket.socket, peer: Peer) -> Place | None:
        """Return a place for a new connection, once there is one; None: `peer` itself has too many."""
        with self._turn:
            own = [one for one in self._places if one.peer == peer and one.state is not _State.CLOSING]
            if len(own) >= self._of_a_peer and not _close_idle(own):
                return None
            place = Place(connection, peer)
            self._places.append(place)
            self._turn.wait_for(lambda: self._may_enter(place))
            self._become(place, _State.IDLE)
            return place

    def begin(self, place: Place) -> bool:
        """Take the request that was read; False: the connection was closed meanwhile, and must not answer."""
        with self._turn:
            if place.state is _State.CLOSING:
                return False
            place.state = _State.BUSY
            return True

    def rest(self, place: Place) -> None:
        """Note that the request is answered: the connection is idle."""
        with self._turn:
            self._become(place, _State.IDLE)

    def leave(self, place: Place) -> None:
        """Release the place, before the connection is closed."""
        with self._turn:
            self._places.remove(place)
            self._turn.notify_all()

    def _become(self, place: Place, state: _State) -> None:
        self._moment += 1
        place.state, place.since = state, self._moment
        self._turn.notify_all()

    def _may_enter(self, place: Place) -> bool:
        served = [one for one in self._places if one.state in (_State.IDLE, _State.BUSY)]
        crowd = Counter(one.peer for one in served)
        waiting = [one for one in self._places if one.state is _State.WAITING]
        if place is not min(waiting, key=lambda one: crowd[one.peer]):  # of equals, the earliest
            return False
        return len(served) < self._most or _close_idle(served)


def _close_idle(among: Collection[Place]) -> bool:
    """Close the longest idle connection of the process that has the most; False: none is idle."""
    crowd = Counter(one.peer for one in among)
    idle = [one for one in among if one.state is _State.IDLE]
    if not idle:
        return False
    closed = min(idle, key=lambda one: (-crowd[one.peer], one.since))
    closed.state = _State.CLOSING
    with contextlib.suppress(OSError):
        # Its thread gets the end of the stream, or a request that it answers with `NOT_TAKEN`.
        closed.connection.shutdown(socket.SHUT_RD)
    return True
