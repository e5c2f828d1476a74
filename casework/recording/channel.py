"""The connection between the web process and a recorder child: JSON objects, one a line, over a Unix socket.

The supervisor makes it. Its first line gives the role of the other end, so that the child need not trust the
other end:

    supervisor → child   {"role": "web"}     or     {"role": "supervisor"}

Then either end may send requests. The web process numbers its requests with ``id``, the child with ``ask``,
so that the two numberings do not collide:

    web → child   {"id": 7, "op": "break", "reason": "rest"}      child → web   {"ask": 3, "op": "head", …}
    child → web   {"id": 7, "ok": {…}}                            web → child   {"answer": 3, "ok": {…}}
    child → web   {"id": 7, "error": {"code": …, "message": …}}   child → web   {"event": "status", …}

Requests of a child to the web process, and their results:

    head    {"evidence": id}                  → {"head": {"number": n, "leaf_hash": hex} or null}
    append  {"evidence": id, "leaf": base64}  → {"receipt": {"index": n, "leaf_hash": hex, "size": n}}

`append` is refused with code `conflict` if the chain has moved on (request `head`, sign again), `away` if the
ledger cannot take it now (retain the leaf and send the very same again later; twice is no error), and
`refused` if it will never be accepted.

The supervisor alone connects to the child's socket (mode 0600, in a folder of the service's own user), and
passes the connection on; no confined process has to create Unix sockets. So the other end is trusted to be
ours, but not to work correctly: a line that is too long or not a JSON object ends the connection, an
unexpected failure in a handler becomes an ``internal`` error at the requester, and no input can end the
listening process.

    ChannelError
    ├── Refused        the other end answered with an error: code and message
    ├── Unanswered     no answer within the time allowed; whether it was carried out is not known
    └── Disconnected   the other end has closed the connection
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

MAX_LINE = 4 * 1024 * 1024  # bytes; the longest is a page of clear records
ANSWER_WITHIN = 15.0  # seconds

Role = Literal["web", "supervisor"]
Message = Mapping[str, Any]
Handler = Callable[[str, Message], Awaitable[Message]]
"""Handles a request: operation and whole message in, fields of the result out; raises ``Refused``."""
Listener = Callable[[Message], None]

log = logging.getLogger(__name__)


class ChannelError(Exception):
    """A request over the connection got no usable response."""


class Refused(ChannelError):
    """Raised by a handler to refuse a request; raised again at the requester."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message


class Unanswered(ChannelError):
    """No response in time. The request may still be carried out."""


class Disconnected(ChannelError):
    """The other end has closed the connection, or has ended."""


class Channel:
    """One end of the connection. ``run`` reads until the other end closes; requests may be made meanwhile."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        end: Literal["web", "child"],
        handle: Handler,
        on_event: Listener | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._asking, self._answered = ("id", "id") if end == "web" else ("ask", "answer")
        self._request_key, self._answering = ("ask", "answer") if end == "web" else ("id", "id")
        self._handle = handle
        self._on_event = on_event
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._number = 0
        self._tasks: set[asyncio.Task[Message]] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the connection is known to be closed."""
        return self._closed

    async def request(self, op: str, *, within: float = ANSWER_WITHIN, **fields: Any) -> Message:
        """Send a request to the other end and wait for its response.

        Raises ``Refused`` with the other end's code, ``Unanswered`` after ``within`` seconds, and
        ``Disconnected``.
        """
        self._number += 1
        number = self._number
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._send({self._asking: number, "op": op, **fields})
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError as late:
            raise Unanswered(f"no answer to {op} within {within:g} s") from late
        finally:
            del self._waiting[number]

    async def event(self, event: str, **fields: Any) -> None:
        """Send the other end a message that needs no response. Raises ``Disconnected``."""
        await self._send({"event": event, **fields})

    async def run(self) -> None:
        """Read until the connection ends for any reason; pending requests then raise ``Disconnected``."""
        try:
            # A line over the limit raises ValueError; the next line cannot be found after it.
            with contextlib.suppress(ValueError, ConnectionError):
                while line := await self._reader.readline():
                    message = json.loads(line)
                    if not isinstance(message, dict) or not self._take(message):
                        log.warning("a message that is no request, answer or event ends the line")
                        break
        finally:
            self.close()

    def close(self) -> None:
        """Close this end. Responses still being computed are abandoned."""
        self._closed = True
        self._writer.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Disconnected("the line was closed"))
        for task in self._tasks:
            task.cancel()

    def _take(self, message: dict[str, Any]) -> bool:
        if "event" in message and "op" not in message:
            if self._on_event is not None:
                self._on_event(message)
            return True
        if "op" in message and isinstance(message.get(self._request_key), int):
            # In a separate task, so that a slow response delays no other.
            task = asyncio.ensure_future(self._handle(str(message["op"]), message))
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._answer(message[self._request_key], done))
            return True
        number = message.get(self._answered)
        if "op" in message or not isinstance(number, int):
            return False
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():  # otherwise it is late, and no request waits for it
            error = message.get("error")
            if isinstance(error, dict):
                waiting.set_exception(Refused(str(error.get("code")), str(error.get("message", ""))))
            else:
                ok = message.get("ok")
                waiting.set_result(ok if isinstance(ok, dict) else {})
        return True

    def _answer(self, number: int, done: asyncio.Task[Message]) -> None:
        self._tasks.discard(done)
        if done.cancelled() or self._closed:
            return
        failure = done.exception()
        if failure is None:
            answer: dict[str, Any] = {self._answering: number, "ok": done.result()}
        elif isinstance(failure, Refused):
            answer = {self._answering: number, "error": {"code": failure.code, "message": failure.message}}
        else:
            log.error("a request failed unexpectedly", exc_info=failure)
            answer = {self._answering: number, "error": {"code": "internal", "message": ""}}
        self._writer.write(_line(answer))

    async def _send(self, message: Message) -> None:
        if self._closed:
            raise Disconnected("the line is closed")
        self._writer.write(_line(message))
        try:
            await self._writer.drain()
        except ConnectionError as gone:
            raise Disconnected("the other end is gone") from gone


def _line(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def connection_to(path: Path, role: Role) -> socket.socket:
    """Connect to the child that listens at ``path``, for a process in this role.

    It does not wait: a busy child queues some connections. Raises ``Disconnected`` if no child listens,
    ``Unanswered`` if the queue is full.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.connect(str(path))
        connection.sendall(_line({"role": role}))
    except BlockingIOError as full:
        connection.close()
        raise Unanswered(f"too many connections wait at {path.name}") from full
    except OSError as absent:
        connection.close()
        raise Disconnected(f"nothing answers at {path.name}") from absent
    return connection


async def read_role(reader: asyncio.StreamReader) -> Role | None:
    """Read the first line of a new connection; None if it names no role."""
    try:
        message = json.loads(await reader.readline())
    except (ValueError, ConnectionError):
        return None
    role = message.get("role") if isinstance(message, dict) else None
    return role if role in get_args(Role) else None


async def channel_over(
    connection: socket.socket,
    end: Literal["web", "child"],
    handle: Handler,
    on_event: Listener | None = None,
) -> Channel:
    """Return the channel over this connection, which it closes; the caller runs it."""
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=MAX_LINE)
    return Channel(reader, writer, end, handle, on_event)
