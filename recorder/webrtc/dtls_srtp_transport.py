"""The only module that uses aiortc's internals: aiortc does ICE and DTLS, but media bypass it.

aiortc would decode every frame in a thread, and pass each datagram through two queues, a task and a STUN
parser before that. Here its ICE agent and its DTLS handshake are used unchanged, on our own sockets:

1. `udp_socket.py` empties a socket and passes STUN and DTLS to aiortc.
2. DTLS is accepted only from an address that ICE has met.
3. SRTP is removed in the buffer the datagram was received into, by the session that aiortc's handshake has
   keyed; the packet is then passed on from that buffer. Its authenticity is checked there (RFC 3711): later
   code deals only with packets of the room's browser.

`RELIED_ON` lists what is used beyond the published interface; a contract test fails when any
of it changes, and aiortc is pinned exactly.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

import aioice.ice
import aiortc.rtcdtlstransport
import aiortc.rtcicetransport
import pylibsrtp
from aioice import Candidate
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters, candidate_from_aioice
from pylibsrtp._binding import lib

from recorder.webrtc.sdp_offer import Offer
from recorder.webrtc.udp_socket import DatagramSocket

_log = logging.getLogger(__name__)

RELIED_ON = (
    aioice.ice.Connection.__init__,
    aioice.ice.Connection.gather_candidates,
    aioice.ice.Connection.get_component_candidates,
    aioice.ice.Connection.add_remote_candidate,
    aioice.ice.Connection.connect,
    aioice.ice.Connection.close,
    aioice.ice.Connection.sendto,
    aioice.ice.Connection.data_received,
    aioice.ice.Connection.recvfrom,
    aioice.ice.StunProtocol,
    aiortc.rtcicetransport.RTCIceGatherer.__init__,
    aiortc.rtcicetransport.RTCIceGatherer.gather,
    aiortc.rtcicetransport.RTCIceTransport,
    aiortc.rtcdtlstransport.RTCDtlsTransport,
    pylibsrtp.Session,
)
"""Functions and classes on whose source this module depends."""

OnPacket = Callable[[bytearray, int, int], None]
"""Takes a decrypted packet: buffer (valid during the call), its length, local µs of arrival."""


class _Connection(aioice.Connection):
    """aioice's agent on our sockets: host candidates of the given addresses, no servers."""

    def __init__(self, addresses: Sequence[str], transport: Transport) -> None:
        super().__init__(ice_controlling=False)
        self._addresses = addresses
        self._owner = transport

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109 (aioice's signature)
    ) -> list[Candidate]:
        candidates = []
        for address in self._addresses or addresses:
            try:
                transport = DatagramSocket(address, self._owner)
            except OSError as error:
                _log.warning("cannot offer address %s: %s", address, error.strerror)
                continue
            protocol = aioice.ice.StunProtocol(self)
            protocol.connection_made(transport)
            host, port = transport.get_extra_info("sockname")[:2]
            protocol.local_candidate = Candidate(
                foundation=aioice.candidate.candidate_foundation("host", "udp", host),
                component=component,
                transport="udp",
                priority=aioice.candidate.candidate_priority(component, "host"),
                host=host,
                port=port,
                type="host",
            )
            transport.protocol = protocol
            self._protocols.append(protocol)
            candidates.append(protocol.local_candidate)
        return candidates


class Transport:
    """One bundled DTLS-SRTP transport: connects, and calls back with decrypted packets."""

    def __init__(
        self,
        addresses: Sequence[str],
        on_rtp: OnPacket,
        on_rtcp: OnPacket,
        on_state: Callable[[str], None],
    ) -> None:
        """`addresses` as in `CaptureConfig`; `on_state` gets `connected`, `failed` or `closed`."""
        self._connection = _Connection(addresses, self)
        self._gatherer = RTCIceGatherer(iceServers=[])  # it never queries a STUN server
        self._gatherer._connection = self._connection
        self._ice = RTCIceTransport(self._gatherer)
        self._dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._on_state = on_state
        self._srtp: Any = None
        self.state = "new"
        self._dtls.on("statechange", self._changed)
        self._ice.on("statechange", self._changed)

    # Setup

    async def gather(self) -> tuple[str, str, list[str], list[tuple[str, str]]]:
        """Return our side of the transport: ICE user and password, candidates, certificate fingerprints."""
        await self._gatherer.gather()
        own = self._gatherer.getLocalParameters()
        candidates = [each.to_sdp() for each in self._connection.local_candidates]
        fingerprints = [(each.algorithm, each.value) for each in self._dtls.getLocalParameters().fingerprints]
        return str(own.usernameFragment), str(own.password), candidates, fingerprints[:1]

    async def connect(self, offer: Offer) -> None:
        """Connect to the room's side; return when the transport is established, otherwise possibly never.

        Unusable candidates are skipped, names in the local domain among them: the browser
        knows our address and its own checks reach us (peer-reflexive candidates, RFC 8445 §7.3.1.3). For
        the same reason the end of its candidates is not announced to the agent, which continues to listen.
        """
        for each in offer.candidates:
            try:
                candidate = Candidate.from_sdp(each)
            except ValueError:
                continue
            if candidate.transport.lower() == "udp" and not candidate.host.endswith(".local"):
                await self._ice.addRemoteCandidate(candidate_from_aioice(candidate))
        self._dtls._set_role("server" if offer.active else "client")
        await self._ice.start(RTCIceParameters(usernameFragment=offer.ice_user, password=offer.ice_password))
        if self._ice.state != "completed":
            return
        await self._dtls.start(
            RTCDtlsParameters(
                fingerprints=[
                    RTCDtlsFingerprint(algorithm=name, value=value) for name, value in offer.fingerprints
                ]
            )
        )
        if self._dtls.state == "connected":
            self._srtp = self._dtls._rx_srtp._srtp[0]
            self._changed()

    async def close(self, state: str = "closed") -> None:
        """Close the transport; `state`: "failed" for one that could not be established.

        Safe to call at any time, more than once.
        """
        self._set(state)
        self._srtp = None
        await self._dtls.stop()
        await self._ice.stop()

    def _changed(self) -> None:
        if self._dtls.state == "connected" and self._srtp is not None and self._ice.state == "completed":
            self._set("connected")
        elif "failed" in (self._dtls.state, self._ice.state):
            self._set("failed")
        elif "closed" in (self._dtls.state, self._ice.state):
            self._set("closed")

    def _set(self, state: str) -> None:
        if state != self.state and self.state not in ("closed", "failed"):
            self.state = state
            self._on_state(state)

    # Operation

    def knows(self, address: tuple[Any, ...]) -> bool:
        """Whether ICE has met `address`, so that a handshake may come from it."""
        host, port = address[:2]
        return any(pair.remote_addr == (host, port) for pair in self._connection._check_list)

    def media(self, cdata: Any, buffer: bytearray, length: int, counter: Any, now: int) -> None:
        """Take a datagram of SRTP or SRTCP (distinguished by RFC 5761 §4) in `buffer`."""
        session = self._srtp
        if session is None or length < 12:
            return
        counter[0] = length
        # A datagram that is not authentic, or was replayed, is dropped.
        if 191 < buffer[1] < 224:
            if not lib.srtp_unprotect_rtcp(session, cdata, counter):
                self._on_rtcp(buffer, counter[0], now)
        elif not lib.srtp_unprotect(session, cdata, counter):
            self._on_rtp(buffer, counter[0], now)

    def send_rtcp(self, data: bytes) -> None:
        """Send feedback, encrypted; nothing happens while there is no connection."""
        pair = self._connection._nominated.get(1)
        if self._srtp is None or pair is None:
            return
        try:
            protected = self._dtls._tx_srtp.protect_rtcp(data)
        except (pylibsrtp.Error, ValueError):
            return
        cast(DatagramSocket, pair.protocol.transport).sendto(protected, pair.remote_addr)
