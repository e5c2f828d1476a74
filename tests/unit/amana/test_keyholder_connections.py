"""Which connections of the keyholder make room for others."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from amana.keyholder.connections import Connections, Place
from amana.keyholder.roles import Peer
from tests.support.patience import PATIENCE


class Opened:
    """Connections of several processes at one keyholder."""

    def __init__(self, connections: Connections, ends: contextlib.ExitStack) -> None:
        self._connections, self._ends = connections, ends

    def admitted(self, peer: int, *, busy: bool = False) -> Place:
        place = self.tried(peer)
        assert place is not None
        assert not busy or self._connections.begin(place)
        return place

    def tried(self, peer: int) -> Place | None:
        near, far = socket.socketpair()
        self._ends.enter_context(near)
        self._ends.enter_context(far)
        return self._connections.admit(near, Peer("command", peer))


@pytest.fixture
def connections() -> Connections:
    return Connections(most=6, of_a_peer=4)


@pytest.fixture
def opened(connections: Connections) -> Iterator[Opened]:
    with contextlib.ExitStack() as ends:
        yield Opened(connections, ends)


def closed(place: Place) -> bool:
    place.connection.setblocking(False)
    try:
        return place.connection.recv(1) == b""
    except BlockingIOError:
        return False


def test_a_process_with_too_many_loses_its_own_longest_idle_one(
    connections: Connections, opened: Opened
) -> None:
    other = opened.admitted(1)
    own = [opened.admitted(2) for _ in range(4)]
    assert connections.begin(own[0])
    connections.rest(own[0])
    opened.admitted(2)
    assert [closed(one) for one in (other, *own)] == [False, False, True, False, False]
    assert not connections.begin(own[1])  # what was read on it is not executed


def test_a_process_is_turned_away_while_all_its_requests_are_answered(
    connections: Connections, opened: Opened
) -> None:
    own = [opened.admitted(2, busy=True) for _ in range(4)]
    assert opened.tried(2) is None
    opened.admitted(1)  # another process is not
    connections.rest(own[0])
    opened.admitted(2)


def test_the_process_with_the_most_makes_room_for_others(opened: Opened) -> None:
    few = [opened.admitted(1) for _ in range(2)]
    many = [opened.admitted(2) for _ in range(4)]
    opened.admitted(3)
    assert [closed(one) for one in (*few, *many)] == [False, False, True, False, False, False]


def test_where_all_are_busy_the_process_with_the_fewest_is_next(
    connections: Connections, opened: Opened
) -> None:
    busy = [opened.admitted(peer, busy=True) for peer in (1, 1, 1, 2, 2, 2)]
    order: list[int] = []

    def enter(peer: int) -> None:
        opened.admitted(peer, busy=True)
        order.append(peer)

    threads = {peer: threading.Thread(target=enter, args=(peer,), daemon=True) for peer in (1, 3)}
    for number, thread in enumerate(threads.values(), 1):
        thread.start()
        while connections.waiting < number:
            assert thread.is_alive()
    assert order == []
    connections.leave(busy[0])
    threads[3].join(PATIENCE)
    assert order == [3]
    connections.leave(busy[1])
    threads[1].join(PATIENCE)
    assert order == [3, 1]
