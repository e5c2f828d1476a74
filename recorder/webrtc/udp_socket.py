"""A UDP socket for aioice that bypasses it for media.

1. A readable socket is emptied at once: a burst costs one wake-up instead of one per packet.
2. A datagram is classified by its first byte (RFC 7983). Media stay in the buffer they were received into
   and go to the `MediaReceiver`. STUN goes to aioice; DTLS as well, but only from an address ICE has met, and
   no empty datagram, which would end aiortc's transport.

No datagram from the network may stop the reading.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Any, Protocol

import aioice.ice
from pylibsrtp._binding import ffi

from recorder.clock import monotonic_us

_log = logging.getLogger(__name__)

_DATAGRAM = 2048  # bytes: more than an Ethernet frame carries
_BURST = 128  # datagrams read before other tasks run
_RECEIVE_BUFFER = 1024 * 1024  # bytes the kernel may hold while this process is busy


class MediaReceiver(Protocol):
    """The interface that the socket needs of its transport."""

    def media(self, cdata: Any, buffer: bytearray, length: int, counter: Any, now: int) -> None:
        """Take a datagram of SRTP or SRTCP in `buffer` (`cdata` is the same memory for libsrtp)."""

    def knows(self, address: tuple[Any, ...]) -> bool:
        """Whether ICE has met `address`, so that a handshake may come from it."""


class DatagramSocket(asyncio.DatagramTransport):
    """A UDP socket that aioice treats as one of asyncio's, while media are passed directly to their
    receiver."""

    def __init__(self, address: str, owner: MediaReceiver) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._socket.bind((address, 0))
        except OSError:
            self._socket.close()
            raise
        super().__init__({"socket": self._socket, "sockname": self._socket.getsockname()})
        self._loop = asyncio.get_running_loop()
        self._owner = owner
        self._buffer = bytearray(_DATAGRAM)
        self._view = memoryview(self._buffer)
        self._cdata = ffi.from_buffer("char[]", self._buffer)
        self._length = ffi.new("int *")
        self.protocol: aioice.ice.StunProtocol | None = None
        self._loop.add_reader(self._socket, self._readable)

    def sendto(self, data: Any, addr: Any = None) -> None:
        """See `asyncio.DatagramTransport.sendto`. A datagram that the kernel refuses is dropped."""
        # A datagram that the kernel refuses now is lost, as any may be in transit.
        with contextlib.suppress(OSError):
            self._socket.sendto(data, addr)

    def close(self) -> None:
        """Close the socket and schedule the protocol's `connection_lost`; no effect when closed."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket)
        self._socket.close()
        if self.protocol is not None:
            self._loop.call_soon(self.protocol.connection_lost, None)

    def is_closing(self) -> bool:
        """Return whether the socket is closed."""
        return self._socket.fileno() < 0

    def _readable(self) -> None:
        """Read all datagrams of a burst from the socket at once."""
        receive = self._socket.recvfrom_into
        buffer, owner = self._buffer, self._owner
        now = monotonic_us()
        for _ in range(_BURST):
            try:
                length, address = receive(buffer)
            except OSError:  # nothing left; or an ICMP error of an earlier send, and more at the next call
                return
            first = buffer[0] if length else 0
            if 127 < first < 192:
                owner.media(self._cdata, buffer, length, self._length, now)
            elif length:
                self._signalling(first, bytes(self._view[:length]), address)

    def _signalling(self, first: int, data: bytes, address: Any) -> None:
        if self.protocol is None:
            return
        if first < 4:
            # aioice's parser raises several kinds of error for attributes of a wrong size.
            try:
                self.protocol.datagram_received(data, address)
            except (ValueError, LookupError, struct.error, AssertionError) as error:
                _log.debug("STUN datagram dropped: %s", type(error).__name__)
        elif 19 < first < 64 and self._owner.knows(address):
            self.protocol.receiver.data_received(data, 1)
