"""The supervisor's end of its control channels: answers requests, some with a connection to another process.

    → {"id": 7, "op": "connect_keyholder"}
    ← {"id": 7, "ok": {}}  and a socket     or     {"id": 7, "error": {"code": "away", "message": "…"}}

The web process has a channel since its start. A command of the service's user connects to one socket with a
path, for one request. Nothing else needs to connect there, so a process that is confined can be denied Unix
sockets altogether.

The resources of each client are bounded:

- requests of one channel are answered one after the other, and the next is read when the answer is sent;
- of connections to the path at most `MAX_COMMANDS` are open. For a further one, the one that has waited
  longest for its request is closed; if all are being answered, the further one is refused;
- a connection in an answer belongs to the client and the target. The target bounds how many it serves
  (`amana.keyholder.connections`, `recorder.__main__`); the supervisor holds none.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from amana import control_channel
from amana.control_channel import MAX_REQUEST, Message
from amana.keyholder.protocol import peer_of
from amana.keyholder.roles import Peer
from casework.recording.channel import Refused
from chain_of_custody.errors import Malformed

MAX_COMMANDS = 64
"""Connections of commands that are open at once."""

log = logging.getLogger(__name__)

Answer = tuple[Message, socket.socket | None]
"""The fields of an answer, and the connection sent with it, which is then closed here."""
Answering = Callable[[Peer, str, Message], Awaitable[Answer]]
"""Answers a peer's request: operation and whole message. Raises `Refused`."""


async def serve(channel: socket.socket, peer: Peer, answer: Answering, *, once: bool = False) -> None:
    """Answer the requests on a channel until its other end is closed, or `once`; then close it."""
    loop = asyncio.get_running_loop()
    with channel:
        channel.setblocking(False)
        with contextlib.suppress(OSError):  # the other end is gone
            while data := await loop.sock_recv(channel, MAX_REQUEST + 1):
                reply, connection = await _answered(data, peer, answer)
                if connection is None:
                    await _send(channel, reply)
                else:
                    with connection:
                        await _hand_over(channel, reply, connection)
                if once:
                    return


async def _answered(data: bytes, peer: Peer, answer: Answering) -> Answer:
    number: object = None
    try:
        request = control_channel.read(data, MAX_REQUEST)
        number = request.get("id")
        if not isinstance(number, int):
            raise Malformed("a request without a number")
        fields, connection = await answer(peer, str(request.get("op")), request)
    except Malformed as malformed:
        return _refusal(number, "malformed", str(malformed)), None
    except Refused as refused:
        return _refusal(number, refused.code, refused.message), None
    except Exception:
        # Any error: this request fails, and the supervisor continues.
        log.exception("a request of %s failed unexpectedly", peer.role)
        return _refusal(number, "internal", ""), None
    return {"id": number, "ok": fields}, connection


def _refusal(number: object, code: str, message: str) -> Message:
    return {"id": number if isinstance(number, int) else None, "error": {"code": code, "message": message}}


async def _hand_over(channel: socket.socket, message: Message, connection: socket.socket) -> None:
    try:
        await _send(channel, message, connection)
    except OSError as error:
        if error.errno != errno.ETOOMANYREFS:
            raise
        # This user's processes have sent more sockets than are received, up to the limit of open files.
        await _send(channel, _refusal(message["id"], "busy", "too many connections are on their way"))


async def _send(channel: socket.socket, message: Message, connection: socket.socket | None = None) -> None:
    while True:
        try:
            return control_channel.send(channel, message, connection)
        except BlockingIOError:  # the client does not read its answers
            await _writable(channel)


async def _writable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def set_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(channel, set_ready)
    try:
        await ready
    finally:
        loop.remove_writer(channel)


class CommandSocket:
    """The socket with a path. `run` it once; it serves until it is cancelled."""

    def __init__(self, path: Path, answer: Answering, most: int = MAX_COMMANDS) -> None:
        self._path, self._answer, self._most = path, answer, most
        self._open: dict[asyncio.Task[None], bool] = {}
        """Whether a request of it is being answered; in the order in which they came."""

    @contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """The socket, for this user alone from its first moment. Raises `OSError`."""
        self._path.unlink(missing_ok=True)  # left by a killed supervisor; only one can run
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            before = os.umask(0o177)
            try:
                listener.bind(str(self._path))
            finally:
                os.umask(before)
            listener.listen(self._most)
            listener.setblocking(False)
            try:
                yield listener
            finally:
                self._path.unlink(missing_ok=True)

    async def run(self, listener: socket.socket) -> None:
        """Accept connections, and answer one request on each."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    connection, _ = await loop.sock_accept(listener)
                except OSError as error:  # too many open files: open connections end by their timeout
                    log.error("no connection of a command can be accepted: %s", error)
                    await asyncio.sleep(1)
                    continue
                self._admit(connection)
        finally:
            left = list(self._open)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _admit(self, connection: socket.socket) -> None:
        process, user = peer_of(connection)
        if user != os.getuid():
            log.warning("a process of another user was turned away")
            connection.close()
            return
        if len(self._open) >= self._most and not self._close_idle():
            with connection, contextlib.suppress(OSError):
                connection.setblocking(False)
                control_channel.send(connection, _refusal(None, "busy", "too many commands at once"))
            return
        task = asyncio.get_running_loop().create_task(self._serve(connection, Peer("command", process)))
        self._open[task] = False

        def ended(done: asyncio.Task[None]) -> None:
            self._open.pop(done, None)
            connection.close()  # it may have been cancelled before it began

        task.add_done_callback(ended)

    def _close_idle(self) -> bool:
        idle = next((task for task, answering in self._open.items() if not answering), None)
        if idle is None:
            return False
        del self._open[idle]
        idle.cancel()
        return True

    async def _serve(self, connection: socket.socket, peer: Peer) -> None:
        task = asyncio.current_task()
        assert task is not None

        async def answer(peer: Peer, op: str, message: Message) -> Answer:
            if task in self._open:
                self._open[task] = True
            return await self._answer(peer, op, message)

        await serve(connection, peer, answer, once=True)


ROLES: Mapping[str, frozenset[str]] = {
    "connect_keyholder": frozenset({"web", "command"}),
    "processes": frozenset({"web", "command"}),
    "ready": frozenset({"web"}),
    "recorders": frozenset({"web"}),
    "report_failure": frozenset({"web"}),
    "start_recorder": frozenset({"web"}),
    "connect_recorder": frozenset({"web"}),
    "restart_keyholder": frozenset({"command"}),
}
"""The operations of the supervisor, each with the roles that may request it."""


def check_role(peer: Peer, op: str) -> None:
    """Raise `Refused` for an operation that does not exist, or is not for this role."""
    if op not in ROLES:
        raise Refused("unknown", f"no operation {op[:32]}")
    if peer.role not in ROLES[op]:
        raise Refused("not-allowed", f"{op} is not for {peer.role}")
