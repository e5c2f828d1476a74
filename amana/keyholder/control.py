"""Connections to the keyholder, which come only from the supervisor, over a control channel.

    {"role": "web", "process": 4711}    and one end of a new pair of sockets

The keyholder has no listening socket: a process without a connection from the supervisor cannot send it
requests.
"""

from __future__ import annotations

import logging
import os
import socket

from amana import control_channel
from amana.keyholder.client import KeyholderUnreachable
from amana.keyholder.roles import Peer, read_role
from chain_of_custody.errors import Malformed

log = logging.getLogger(__name__)


class KeyholderControl:
    """The supervisor's end. Connections may be made before the keyholder reads them: they are queued."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)  # a hanging keyholder must not block the supervisor
        self._channel = channel

    def connect(self, peer: Peer) -> socket.socket:
        """Return a connection for this process, in its role. Raises `KeyholderUnreachable`."""
        try:
            near, far = socket.socketpair()
        except OSError as error:  # too many open files
            raise KeyholderUnreachable(
                f"no connection to the keyholder: {os.strerror(error.errno or 0)}"
            ) from error
        with far:
            try:
                control_channel.send(self._channel, {"role": peer.role, "process": peer.process}, far)
            except OSError as error:
                near.close()
                raise KeyholderUnreachable("the keyholder takes no connection") from error
        return near

    def close(self) -> None:
        """Close the channel: this keyholder gets no further connection."""
        self._channel.close()


def next_connection(channel: socket.socket) -> tuple[Peer, socket.socket] | None:
    """Return the next connection that the supervisor makes, on the keyholder's end; None at the end.

    Raises `OSError`.
    """
    while True:
        try:
            received = control_channel.receive(channel)
        except Malformed as malformed:
            log.error("the supervisor sent %s", malformed)
            continue
        if received is None:
            return None
        message, connection = received
        if connection is None:
            log.error("a connection was lost on its way: too many open files")
            continue
        try:
            peer = Peer(read_role(message.get("role")), int(message["process"]))
        except (KeyError, TypeError, ValueError) as unfit:
            connection.close()
            log.error("the supervisor sent a connection without a known role: %s", unfit)
            continue
        return peer, connection
