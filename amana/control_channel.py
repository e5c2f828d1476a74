"""A control channel: the messages between the supervisor and another process, some with a connection.

A message is one packet of a pair of SOCK_SEQPACKET sockets: one JSON object in at most `MAX_MESSAGE` bytes,
and at most one open socket (SCM_RIGHTS, unix(7)). Packets keep their boundaries, so a malformed one is
dropped without effect on others; a socket sent with it is closed.

A process gets its end when it is started. A pair cannot be connected elsewhere afterwards: connect(2) fails
with EISCONN, even once the other end is closed. So a process that may not create sockets can reach only the
given end.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Mapping
from typing import Any

from chain_of_custody.errors import Malformed

MAX_MESSAGE = 64 * 1024
"""Bytes. The longest is a list of running recorders: a thousand have room."""
MAX_REQUEST = 8 * 1024
"""Bytes of a request."""

Message = Mapping[str, Any]

_DESCRIPTOR = struct.Struct("@i")


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a new channel; neither is inherited by default."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def inherited(descriptor: int) -> socket.socket:
    """Return the socket that this process was started with; children of this process do not inherit it."""
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def send(channel: socket.socket, message: Message, connection: socket.socket | None = None) -> None:
    """Send one message, and with it a duplicate of `connection`.

    Raises `OSError` if the other end is gone, and `BlockingIOError` where `channel` does not block and is
    full.
    """
    data = json.dumps(message, separators=(",", ":")).encode()
    socket.send_fds(channel, [data], [] if connection is None else [connection.fileno()])


def receive(channel: socket.socket) -> tuple[Message, socket.socket | None] | None:
    """Return the next message and the socket that came with it; None at the end.

    Raises `Malformed` for an invalid message, after which the next one can be received; `OSError`.
    """
    # Not `socket.recv_fds`: it ignores its flags, so that children would inherit what arrives.
    data, ancillary, _, _ = channel.recvmsg(
        MAX_MESSAGE + 1, socket.CMSG_LEN(_DESCRIPTOR.size), socket.MSG_CMSG_CLOEXEC
    )
    connection = None
    for level, kind, sent in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS) and len(sent) >= _DESCRIPTOR.size:
            connection = _socket(_DESCRIPTOR.unpack_from(sent)[0])
    try:
        if not data:
            _close(connection)
            return None
        return read(data, MAX_MESSAGE), connection
    except Malformed:
        _close(connection)
        raise


def read(data: bytes, most: int) -> Message:
    """Return the message in one packet. Raises `Malformed`."""
    if len(data) > most:
        raise Malformed(f"a message of more than {most} bytes")
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise Malformed("a message that is not JSON") from None
    if not isinstance(message, dict):
        raise Malformed("a message that is not a JSON object")
    return message


def _socket(descriptor: int) -> socket.socket | None:
    try:
        return socket.socket(fileno=descriptor)
    except OSError:  # a file, which no process here sends
        os.close(descriptor)
        return None


def _close(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.close()
