"""Machines of others are asked within bounds: bytes, and the time of a whole answer."""

from __future__ import annotations

import gzip
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from amana.bounded_http import HttpResponse, Outbound, OutOfReach, TooLong, TooSlow
from tests.support.patience import PATIENCE


@contextmanager
def answering(answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A server for connections one after the other; `answer` gets each with the request that came."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection, connection.recv(65_536))
                        # Closed with a part of the request unread, it would break off its own answer.
                        connection.shutdown(socket.SHUT_WR)
                        connection.settimeout(PATIENCE)
                        while connection.recv(65_536):
                            pass
                    except OSError:
                        continue  # it hung up on us

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def drip(connection: socket.socket, piece: bytes) -> None:
    """Until the other end has hung up."""
    while not select.select([connection], [], [], 0.05)[0]:
        connection.sendall(piece)


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nx-long: ", b"x"),
        (b"", b""),
    ],
    ids=["body", "head", "nothing"],
)
def test_a_machine_that_sends_a_byte_now_and_then_keeps_nobody(begin: bytes, piece: bytes) -> None:
    def slowly(connection: socket.socket, _: bytes) -> None:
        connection.sendall(begin)
        drip(connection, piece)

    with (
        answering(slowly) as url,
        Outbound(0.5) as outbound,
        pytest.raises(TooSlow, match=r"within 0\.5 s"),
    ):
        outbound.ask(url, limit=1000)


def test_what_a_proxy_has_compressed_is_read_and_bounded_all_the_same() -> None:
    def compressed(connection: socket.socket, request: bytes) -> None:
        assert b"accept-encoding: identity" in request.lower()
        body = gzip.compress(b"x" * (1000 if b" /short " in request else 100_000))
        # Else the next request may go out on this connection, before its end has arrived.
        head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n"
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    with answering(compressed) as url, Outbound(PATIENCE) as outbound:
        assert outbound.ask(f"{url}short", limit=1000) == HttpResponse(200, b"x" * 1000)
        with pytest.raises(TooLong, match="more than 1000 bytes") as too_long:
            outbound.ask(f"{url}long", b"asked", limit=1000)
        assert len(too_long.value.begun) > 1000


def test_nobody_is_followed_elsewhere() -> None:
    def elsewhere(connection: socket.socket, _: bytes) -> None:
        head = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n"
        connection.sendall(head)

    with answering(elsewhere) as url, Outbound(PATIENCE) as outbound:
        assert outbound.ask(url, limit=10).status == 302


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:9/", "nothing", "file:///etc/hostname"])
def test_what_is_no_address_is_out_of_reach(url: str) -> None:
    with Outbound(PATIENCE) as outbound, pytest.raises(OutOfReach):
        outbound.ask(url, limit=10)


def test_what_is_no_http_is_out_of_reach() -> None:
    with (
        answering(lambda connection, _: connection.sendall(b"220 mail ready\r\n\r\n")) as url,
        Outbound(PATIENCE) as outbound,
        pytest.raises(OutOfReach),
    ):
        outbound.ask(url, limit=10)


def test_a_setting_of_the_environment_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    body = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    with answering(lambda connection, _: connection.sendall(body)) as url, Outbound(PATIENCE) as outbound:
        assert outbound.ask(url, limit=10).body == b"ok"
