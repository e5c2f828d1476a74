"""The sender of one camera: offer, ICE and DTLS by aiortc's transports, packets on a faster path.

The offer has the codecs, feedback and header extensions of Chromium's, and packets carry the extensions that
the receiver has accepted. So each receiver gets what it would get from a browser. Encrypting and sending take
a few microseconds a packet, so that many cameras can be sent on the machine that is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
from struct import Struct, pack, unpack_from
from typing import Any

import aioice.ice
from aioice import Candidate
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters, candidate_from_aioice
from pylibsrtp._binding import ffi, lib

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
RETAINED = 2048  # packets of a stream that can be sent again

LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
EXTENSIONS = {LEVEL: 1, SEND_TIME: 2, TRANSPORT_WIDE: 3, MID: 4}

_FIXED = Struct("!BBHII")
_TYPES = {"audio": 111, "video": 102}
_RATES = {"audio": 48_000, "video": 90_000}
_CODECS = {
    "audio": (
        "rtpmap:111 opus/48000/2",
        "rtcp-fb:111 transport-cc",
        "fmtp:111 minptime=10;useinbandfec=1",
    ),
    "video": (
        "rtpmap:102 H264/90000",
        *(f"rtcp-fb:102 {each}" for each in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")),
        "fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    ),
}


class Stream:
    """One RTP stream: its numbers, header extensions, and packets for retransmission."""

    def __init__(self, kind: str, mid: str) -> None:
        self.kind, self.mid, self.rate = kind, mid, _RATES[kind]
        self.ssrc = secrets.randbits(32)
        self.number = secrets.randbits(15)
        self.packets = self.octets = self.again = 0
        self.sent_packets: list[tuple[int, bytes]] = [(-1, b"")] * RETAINED
        self._extensions: frozenset[str] = frozenset()
        self.header_size = 12

    def use(self, extensions: frozenset[str]) -> None:
        """Put the extensions that the receiver has accepted into every packet."""
        self._extensions = extensions
        self.header_size = 12 + len(self._extension(0, 0.0))

    def _extension(self, transport_number: int, now: float) -> bytes:
        elements = b""
        if LEVEL in self._extensions:
            elements += bytes((EXTENSIONS[LEVEL] << 4, 30 + self.packets // 10 % 20))
        if SEND_TIME in self._extensions:
            elements += bytes((EXTENSIONS[SEND_TIME] << 4 | 2,))
            elements += (int(now * (1 << 18)) & 0xFFFFFF).to_bytes(3)
        if TRANSPORT_WIDE in self._extensions:
            elements += pack("!BH", EXTENSIONS[TRANSPORT_WIDE] << 4 | 1, transport_number & 0xFFFF)
        if MID in self._extensions:
            elements += bytes((EXTENSIONS[MID] << 4 | len(self.mid) - 1,)) + self.mid.encode()
        if not elements:
            return b""
        elements += bytes(-len(elements) % 4)
        return pack("!HH", 0xBEDE, len(elements) // 4) + elements

    def header(self, timestamp: int, marker: bool, transport_number: int, now: float) -> bytes:
        """Return the header of the next packet (RFC 3550 §5.1, RFC 8285 §4.2)."""
        extension = self._extension(transport_number, now)
        return (
            _FIXED.pack(
                0x90 if extension else 0x80,
                marker << 7 | _TYPES[self.kind],
                self.number,
                timestamp & 0xFFFFFFFF,
                self.ssrc,
            )
            + extension
        )

    def report(self, now: float, timestamp: int) -> bytes:
        """Return a sender report (RFC 3550 §6.4.1): `timestamp` is the RTP time of the moment `now`."""
        ntp = int((now + NTP_EPOCH) * (1 << 32))
        counts = (timestamp & 0xFFFFFFFF, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        return pack("!BBHIQIII", 0x80, 200, 6, self.ssrc, ntp, *counts)


class _Dtls(RTCDtlsTransport):
    """aiortc's transport, except that feedback goes to the connection."""

    owner: Connection

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self.owner.feedback(data)


class Connection:
    """One camera's connection."""

    def __init__(self, *, sound: bool) -> None:
        kinds = ("audio", "video") if sound else ("video",)
        self.streams = {kind: Stream(kind, str(mid)) for mid, kind in enumerate(kinds)}
        self._gatherer = RTCIceGatherer(iceServers=[])
        self._gatherer._connection.ice_controlling = True
        self._ice = RTCIceTransport(self._gatherer)
        self._dtls = _Dtls(self._ice, [RTCCertificate.generateCertificate()])
        self._dtls.owner = self
        self.keyframe_requested = False
        "Whether the receiver has requested a keyframe."
        self._transport_number = 0
        self._buffer = bytearray(2048)
        self._view = memoryview(self._buffer)
        self._cdata = ffi.from_buffer("char[]", self._buffer)
        self._length = ffi.new("int *")
        self._session: Any = None
        self._socket: socket.socket | None = None
        self._remote: tuple[str, int] = ("", 0)

    async def offer(self) -> str:
        """Return the offer, complete with its candidates, all of them on the loopback interface."""
        # aioice offers every interface except loopback; the measurement uses only loopback.
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
        await self._gatherer.gather()
        own = self._gatherer.getLocalParameters()
        digest = next(
            each.value for each in self._dtls.getLocalParameters().fingerprints if each.algorithm == "sha-256"
        )
        bundle = " ".join(stream.mid for stream in self.streams.values())
        lines = ["v=0", f"o=- {secrets.randbits(60)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines.append(f"a=group:BUNDLE {bundle}")
        for kind, stream in self.streams.items():
            lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {_TYPES[kind]}", "c=IN IP4 0.0.0.0"]
            attributes = [
                "rtcp:9 IN IP4 0.0.0.0",
                *(f"candidate:{each.to_sdp()}" for each in self._gatherer._connection.local_candidates),
                f"ice-ufrag:{own.usernameFragment}",
                f"ice-pwd:{own.password}",
                f"fingerprint:sha-256 {digest}",
                "setup:actpass",
                f"mid:{stream.mid}",
                *(
                    f"extmap:{number} {uri}"
                    for uri, number in EXTENSIONS.items()
                    if uri != LEVEL or kind == "audio"
                ),
                "sendonly",
                "rtcp-mux",
                "rtcp-rsize",
                *_CODECS[kind],
                f"ssrc:{stream.ssrc} cname:bench",
            ]
            lines += [f"a={each}" for each in attributes]
        return "\r\n".join(lines) + "\r\n"

    async def accept(self, answer: str) -> None:
        """Accept the answer; the connection is established on return. Raises `TimeoutError`,
        `ConnectionError`."""

        def first(name: str) -> str:
            found = re.search(rf"^a={name}:(.+?)\r?$", answer, re.MULTILINE)
            if found is None:
                raise ConnectionError(f"an answer without {name}")
            return found.group(1)

        for section in re.split(r"^m=", answer, flags=re.MULTILINE)[1:]:
            uris = re.findall(r"^a=extmap:\d+(?:/\w+)? (\S+?)\r?$", section, re.MULTILINE)
            self.streams[section.split(" ", 1)[0]].use(frozenset(uris) & EXTENSIONS.keys())
        for line in dict.fromkeys(re.findall(r"^a=candidate:(.+?)\r?$", answer, re.MULTILINE)):
            candidate = Candidate.from_sdp(line)
            if candidate.transport.lower() == "udp":
                await self._ice.addRemoteCandidate(candidate_from_aioice(candidate))
        await self._ice.addRemoteCandidate(None)
        self._dtls._set_role("client" if first("setup") == "passive" else "server")
        algorithm, value = first("fingerprint").split(" ", 1)
        async with asyncio.timeout(20):
            await self._ice.start(RTCIceParameters(first("ice-ufrag"), first("ice-pwd")))
            await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(algorithm, value)]))
        if self._dtls.state != "connected":
            raise ConnectionError(f"DTLS is {self._dtls.state}, ICE {self._ice.state}")
        pair = self._gatherer._connection._nominated[1]
        inner = pair.protocol.transport.get_extra_info("socket")
        self._socket = socket.fromfd(inner.fileno(), socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._remote = pair.remote_addr[:2]
        self._session = self._dtls._tx_srtp._srtp[0]

    def send(self, stream: Stream, timestamp: int, marker: bool, payload: bytes, now: float) -> None:
        """Encrypt and send the next packet of a stream. `now`: seconds, for its send time."""
        self._transport_number += 1
        header = stream.header(timestamp, marker, self._transport_number, now)
        start = len(header)
        end = start + len(payload)
        self._buffer[:start] = header
        self._buffer[start:end] = payload
        self._length[0] = end
        if lib.srtp_protect(self._session, self._cdata, self._length):
            raise ConnectionError("a packet could not be encrypted")
        data = bytes(self._view[: self._length[0]])
        stream.sent_packets[stream.number % RETAINED] = stream.number, data
        stream.number = (stream.number + 1) & 0xFFFF
        stream.packets += 1
        stream.octets += len(payload)
        self._out(data)

    def report(self, stream: Stream, now: float, timestamp: int) -> None:
        """Send a sender report."""
        self._out(self._dtls._tx_srtp.protect_rtcp(stream.report(now, timestamp)))

    def feedback(self, data: bytes) -> None:
        """Answer generic NACK (RFC 4585 §6.2.1), note picture loss (§6.3.1), ignore everything else."""
        at = 0
        while at + 4 <= len(data):
            flags, kind, words = unpack_from("!BBH", data, at)
            end = at + 4 + 4 * words
            if kind == 205 and flags & 0x1F == 1 and end <= len(data):
                media = unpack_from("!I", data, at + 8)[0]
                for stream in self.streams.values():
                    if stream.ssrc == media:
                        self._again(stream, data[at + 12 : end])
            self.keyframe_requested |= kind == 206 and flags & 0x1F == 1
            at = end

    def _again(self, stream: Stream, items: bytes) -> None:
        for at in range(0, len(items) - 3, 4):
            first, following = unpack_from("!HH", items, at)
            numbers = [first, *(first + bit + 1 for bit in range(16) if following >> bit & 1)]
            for number in (each & 0xFFFF for each in numbers):
                sent_number, packet = stream.sent_packets[number % RETAINED]
                if sent_number == number:
                    stream.again += 1
                    self._out(packet)

    def _out(self, data: bytes) -> None:
        assert self._socket is not None
        # A datagram that the kernel refuses now is lost in transit; the receiver requests it again.
        with contextlib.suppress(BlockingIOError):
            self._socket.sendto(data, self._remote)

    async def close(self) -> None:
        """Close the connection."""
        await self._dtls.stop()
        await self._ice.stop()
        if self._socket is not None:
            self._socket.close()
