"""A simulated room: real H.264 and Opus, encoded once, then replayed over real WebRTC at low cost.

    python -m bench.senders --seconds 20 --cameras wide,close

prints one JSON line per camera, `{"camera": …, "sdp": offer}`, reads one `{"camera": …, "sdp": answer}` each
from standard input, replays, and prints a JSON line of what it sent. Tests import `make_media` and `Sender`.
The peer connection is stock aiortc without its encoding, so that many senders can run on the machine that is
measured. An `impair` function loses, delays, duplicates and reorders datagrams.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from struct import pack
from typing import Any

import aioice.ice
import av
import av.audio
import av.video
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.rtcconfiguration import RTCBundlePolicy, RTCConfiguration
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

from tests.support.patience import until

PAYLOAD = 1180  # bytes of RTP payload, as Chromium's packets have them
FPS = 30
NTP_EPOCH = 2_208_988_800

Impair = Callable[[int, bool], list[float]]
"""Takes a packet's sequence number and whether it is a retransmission; returns the seconds after which each
copy of it is sent: `[0]` unchanged, `[]` lost, `[0, 0]` duplicated, `[0.05]` reordered."""


@dataclass
class Media:
    """Encoded pictures and sounds."""

    width: int
    height: int
    pictures: list[list[bytes]] = field(default_factory=list)
    "The RTP payloads of each picture (RFC 6184)."
    units: list[list[bytes]] = field(default_factory=list)
    "The NAL units of each picture, as encoded."
    keys: list[bool] = field(default_factory=list)
    sounds: list[bytes] = field(default_factory=list)
    "One Opus packet of 20 ms each."


def split_annex_b(data: bytes) -> list[bytes]:
    """Return the NAL units between start codes."""
    units = []
    for part in data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01"):
        if part:
            units.append(part)
    return units


def packetize(units: list[bytes]) -> list[bytes]:
    """Return the RTP payloads of one picture: small units together as STAP-A, large ones in FU-A
    fragments."""
    payloads: list[bytes] = []
    small: list[bytes] = []

    def flush() -> None:
        if len(small) == 1:
            payloads.append(small[0])
        elif small:
            head = max(unit[0] & 0x60 for unit in small) | 24
            payloads.append(bytes((head,)) + b"".join(pack("!H", len(unit)) + unit for unit in small))
        small.clear()

    for unit in units:
        if len(unit) <= PAYLOAD:
            if sum(len(each) + 2 for each in small) + len(unit) + 3 > PAYLOAD:
                flush()
            small.append(unit)
            continue
        flush()
        head, kind, body = unit[0] & 0xE0 | 28, unit[0] & 0x1F, unit[1:]
        pieces = [body[at : at + PAYLOAD - 2] for at in range(0, len(body), PAYLOAD - 2)]
        for index, piece in enumerate(pieces):
            edge = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
            payloads.append(bytes((head, edge | kind)) + piece)
    flush()
    return payloads


def _pictures(seconds: float, width: int, height: int) -> Iterator[av.VideoFrame]:
    graph = av.filter.Graph()
    source = graph.add("testsrc2", f"size={width}x{height}:rate={FPS}")
    noise = graph.add("noise", "alls=12:allf=t")
    pixels = graph.add("format", "yuv420p")
    sink = graph.add("buffersink")
    source.link_to(noise)
    noise.link_to(pixels)
    pixels.link_to(sink)
    graph.configure()
    for _ in range(int(seconds * FPS)):
        picture = graph.pull()
        assert isinstance(picture, av.VideoFrame)
        picture.pict_type = av.video.frame.PictureType.NONE
        yield picture


def make_media(
    seconds: float = 4, kbps: int = 3000, width: int = 1280, height: int = 720, key_every: int = 60
) -> Media:
    """Encode `seconds` of moving pictures with noise, and a tone; cache them in the temporary folder."""
    name = f"amana-media-2-{seconds}-{kbps}-{width}x{height}-{key_every}.json"
    cached = Path(tempfile.gettempdir()) / name
    if cached.exists():
        return _from_json(cached.read_text())
    media = Media(width, height)
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, FPS), Fraction(FPS), kbps * 1000
    encoder.options = {
        "preset": "veryfast", "tune": "zerolatency", "profile": "baseline", "level": "3.1",
        "x264-params": f"keyint={key_every}:min-keyint={key_every}:scenecut=0:sliced-threads=0:threads=1:"
        f"repeat-headers=1:vbv-maxrate={kbps}:vbv-bufsize={kbps // 2}",
    }  # fmt: skip
    for index, picture in enumerate(_pictures(seconds, width, height)):
        picture.pts, picture.time_base = index, encoder.time_base
        for packet in encoder.encode(picture):
            _add(media, split_annex_b(bytes(packet)))
    media.sounds = list(_sounds(seconds))
    partial = cached.with_suffix(f".{time.monotonic_ns()}")
    partial.write_text(_to_json(media))
    partial.replace(cached)
    return media


def _to_json(media: Media) -> str:
    return json.dumps(
        {
            "size": [media.width, media.height],
            "pictures": [[base64.b64encode(unit).decode() for unit in units] for units in media.units],
            "sounds": [base64.b64encode(sound).decode() for sound in media.sounds],
        }
    )


def _from_json(text: str) -> Media:
    stored = json.loads(text)
    media = Media(*stored["size"])
    media.sounds = [base64.b64decode(sound) for sound in stored["sounds"]]
    for picture in stored["pictures"]:
        _add(media, [base64.b64decode(unit) for unit in picture])
    return media


def _add(media: Media, units: list[bytes]) -> None:
    media.units.append(units)
    media.keys.append(any(unit[0] & 0x1F == 5 for unit in units))
    media.pictures.append(packetize(units))


def _sounds(seconds: float) -> Iterator[bytes]:
    graph = av.filter.Graph()
    source = graph.add("sine", "frequency=330:sample_rate=48000:samples_per_frame=960")
    waver = graph.add("tremolo", "f=3:d=0.7")
    samples = graph.add("aformat", "sample_fmts=s16:channel_layouts=stereo:sample_rates=48000")
    sink = graph.add("abuffersink")
    source.link_to(waver)
    waver.link_to(samples)
    samples.link_to(sink)
    graph.configure()
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48000, "stereo", "s16"
    encoder.bit_rate, encoder.options = 48_000, {"application": "voip", "frame_duration": "20"}
    for _ in range(int(seconds * 50)):
        sound = graph.pull()
        assert isinstance(sound, av.AudioFrame)
        for packet in encoder.encode(sound):
            yield bytes(packet)


class _Stream:
    """One RTP stream of a sender, with the interface of aiortc's own senders."""

    def __init__(self, sender: Sender, codecs: list[Any], rate: int, ssrc: int, again: int) -> None:
        self._sender = sender
        self._ssrc = ssrc
        self._again_ssrc = again
        self.type = codecs[0].payloadType
        self._again_type = next((each.payloadType for each in codecs if each.name.lower() == "rtx"), None)
        self.rate = rate
        self.number = 65_000 if rate == 90_000 else 32_000  # the first wraps soon, and the two never coincide
        self.timestamp = 0xFFFFFFFF - 3 * rate  # so does this
        self._again_number = 7
        self._history: dict[int, tuple[int, bytes, bytes]] = {}
        self.packets = 0
        self.octets = 0
        self.keyframe_requested = False
        self.sent: dict[int, bytes] = {}
        self.nacked = 0

    def send(self, payload: bytes, marker: bool, extension: bytes = b"") -> None:
        number = self.number
        flags = 0x90 if extension else 0x80
        header = pack(
            "!BBHII", flags, marker << 7 | self.type, number, self.timestamp & 0xFFFFFFFF, self._ssrc
        )
        self._history[number] = (marker << 7, header[4:8], payload)
        self._history.pop((number - 1000) & 0xFFFF, None)
        self.number = (number + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        if self._sender.keep_sent:
            self.sent[number] = payload
        self._sender.datagram(header + extension + payload, number, False)

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for number in packet.lost:
                self._retransmit(number & 0xFFFF)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI:
            self.keyframe_requested = True
            self._sender.keyframe_requests += 1
        elif isinstance(packet, RtcpRrPacket):
            self._sender.reports += 1

    def _retransmit(self, number: int) -> None:
        self.nacked += 1
        entry = self._history.get(number)
        if entry is None:
            return
        marker, timestamp, payload = entry
        if self._again_type is None:
            head = pack("!BBH", 0x80, marker | self.type, number)
            packet = head + timestamp + pack("!I", self._ssrc) + payload
        else:
            head = pack("!BBH", 0x80, marker | self._again_type, self._again_number)
            packet = head + timestamp + pack("!IH", self._again_ssrc, number) + payload
            self._again_number = (self._again_number + 1) & 0xFFFF
        self._sender.datagram(packet, number, True)

    def report(self, now: float, timestamp: int) -> bytes:
        ntp = int((now + NTP_EPOCH) * (1 << 32))
        info = RtcpSenderInfo(
            ntp, timestamp & 0xFFFFFFFF, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF
        )
        return bytes(RtcpSrPacket(ssrc=self._ssrc, sender_info=info))


@contextmanager
def _only(addresses: list[str]) -> Iterator[None]:
    before = aioice.ice.get_host_addresses
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: addresses
    try:
        yield
    finally:
        aioice.ice.get_host_addresses = before


class Sender:
    """One camera of the simulated room, with its own peer connection, like the room page's."""

    def __init__(
        self, media: Media, *, sound: bool = True, impair: Impair | None = None, keep_sent: bool = False
    ) -> None:
        """`keep_sent`: store every payload by sequence number in `video.sent` and `audio.sent`."""
        self._media = media
        self._impair = impair
        self.keep_sent = keep_sent
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._with_sound = sound
        self.video: _Stream | None = None
        self.audio: _Stream | None = None
        self.keyframe_requests = 0
        self.reports = 0
        self.pictures_sent: list[int] = []
        "Index into the media of each picture sent, in order."
        self.sounds_sent: list[int] = []
        self._protect: Any = None
        self._send: Callable[[bytes], None] = lambda data: None

    async def offer(self, address: str = "127.0.0.1") -> str:
        """Return the SDP offer of this camera."""
        kinds = ["video", "audio"] if self._with_sound else ["video"]
        for kind in kinds:
            transceiver = self.pc.addTransceiver(kind, direction="sendonly")
            codec = "video/H264" if kind == "video" else "audio/opus"
            known = RTCRtpSender.getCapabilities(kind).codecs
            transceiver.setCodecPreferences([each for each in known if each.mimeType in (codec, "video/rtx")])
            transceiver.sender.send = self._take_over(transceiver)  # type: ignore[method-assign, assignment]
        with _only([address]):
            await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    def _take_over(self, transceiver: Any) -> Callable[[Any], Any]:
        async def send(parameters: Any) -> None:
            rate = 90_000 if transceiver.kind == "video" else 48_000
            own = transceiver.sender
            stream = _Stream(self, parameters.codecs, rate, own._ssrc, own._rtx_ssrc)
            own.transport._register_rtp_sender(stream, parameters)
            setattr(self, transceiver.kind, stream)

        return send

    async def accept(self, answer: str) -> None:
        """Accept the answer, and wait until the connection is established."""
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await until(lambda: self.video is not None and (self.audio is not None or not self._with_sound))
        dtls = self.pc.getTransceivers()[0].sender.transport
        pair = dtls.transport._connection._nominated[1]
        udp, remote = pair.protocol.transport, pair.remote_addr
        self._protect = dtls._tx_srtp
        self._send = lambda data: udp.sendto(data, remote)

    def datagram(self, packet: bytes, number: int, again: bool) -> None:
        """Encrypt and send an RTP packet through the impairments."""
        data = self._protect.protect(packet)
        if self._impair is None:
            self._send(data)
            return
        for delay in self._impair(number, again):
            if delay:
                asyncio.get_running_loop().call_later(delay, self._send, data)
            else:
                self._send(data)

    def raw(self, packet: bytes) -> None:
        """Encrypt and send any bytes as RTP or RTCP, as a faulty browser might."""
        self._send(
            self._protect.protect_rtcp(packet) if 191 < packet[1] < 224 else self._protect.protect(packet)
        )

    async def run(self, seconds: float, *, pause_audio: float = 0) -> None:
        """Replay for `seconds`, in real time. `pause_audio`: the sound begins this many seconds later."""
        media, video, audio = self._media, self.video, self.audio
        assert video is not None
        loop = asyncio.get_running_loop()
        start = loop.time()
        wall = time.time()
        picture = sound = index = sound_index = 0
        video_zero, audio_zero = video.timestamp, audio.timestamp if audio else 0
        next_report = 0.3
        while (passed := loop.time() - start) < seconds:
            while picture / FPS <= passed:
                if video.keyframe_requested:
                    video.keyframe_requested = False
                    while not media.keys[index]:
                        index = (index + 1) % len(media.keys)
                video.timestamp = video_zero + picture * 90_000 // FPS
                payloads = media.pictures[index]
                for each in payloads[:-1]:
                    video.send(each, False)
                video.send(payloads[-1], True)
                if self.keep_sent:
                    self.pictures_sent.append(index)
                index = (index + 1) % len(media.keys)
                picture += 1
            while audio is not None and sound / 50 <= passed - pause_audio:
                audio.timestamp = audio_zero + sound * 960
                level = 30 + (sound // 10) % 20
                audio.send(media.sounds[sound_index], False, b"\xbe\xde\x00\x01\x20" + bytes((level, 0, 0)))
                if self.keep_sent:
                    self.sounds_sent.append(sound_index)
                sound_index = (sound_index + 1) % len(media.sounds)
                sound += 1
            if passed >= next_report:
                next_report += 1
                self.raw(video.report(wall + passed, video_zero + round(passed * 90_000)))
                if audio is not None and passed >= pause_audio:
                    at = audio_zero + round((passed - pause_audio) * 48_000)
                    self.raw(audio.report(wall + passed, at))
            following = min(picture / FPS, sound / 50 + pause_audio if audio is not None else seconds)
            await asyncio.sleep(max(0.0, start + following - loop.time()))
        # The next run continues where this one ended.
        video.timestamp = video_zero + picture * 90_000 // FPS
        if audio is not None:
            audio.timestamp = audio_zero + sound * 960

    def goodbye(self) -> None:
        """Announce the end of the streams (RTCP BYE)."""
        for stream in (self.video, self.audio):
            if stream is not None:
                self.raw(bytes(RtcpByePacket(sources=[stream._ssrc])))

    async def close(self) -> None:
        await self.pc.close()


async def _main(cameras: list[str], seconds: float, address: str) -> None:
    media = make_media()
    senders = {name: Sender(media, sound=name == "wide" or len(cameras) == 1) for name in cameras}
    for name, sender in senders.items():
        print(json.dumps({"camera": name, "sdp": await sender.offer(address)}), flush=True)
    loop = asyncio.get_running_loop()
    for _ in senders:
        answer = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
        await senders[answer["camera"]].accept(answer["sdp"])
    before = time.process_time()
    await asyncio.gather(*(sender.run(seconds) for sender in senders.values()))
    used = time.process_time() - before
    sent = {
        name: {"video": sender.video.packets, "audio": sender.audio.packets if sender.audio else 0}
        for name, sender in senders.items()
        if sender.video is not None
    }
    print(json.dumps({"sent": sent, "cpu_percent": round(100 * used / seconds, 2)}), flush=True)
    for sender in senders.values():
        await sender.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--cameras", default="wide", help="comma-separated names; the first carries the sound"
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--address", default="127.0.0.1")
    chosen = parser.parse_args()
    asyncio.run(_main(chosen.cameras.split(","), chosen.seconds, chosen.address))


if __name__ == "__main__":
    main()
