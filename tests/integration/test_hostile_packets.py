"""Whatever the network or a broken browser sends, the recording goes on and says what it lost."""

from __future__ import annotations

import asyncio
import random
import socket
from struct import pack

import pylibsrtp
import pytest

from amana.demo.device_key import fingerprint_of
from bench.senders import Sender, make_media
from recorder.camera.camera import Camera
from recorder.clock import Timeline
from recorder.errors import NotRecording, OfferRefused
from tests.support.centers.pretended_room import LOOPBACK, Room, picture_numbers, room
from tests.support.patience import until

BROKEN = 100_000


def _broken_packets(one: Room, dice: random.Random) -> list[bytes]:
    """A pool of packets no specification allows, or that belong to nothing here."""
    video, audio = one.sender.video, one.sender.audio
    assert video is not None
    assert audio is not None
    pool = []
    for _ in range(2000):
        kind = dice.randrange(9)
        stranger = dice.getrandbits(32)
        number = dice.randrange(0, 65_536, 2)  # never two in a row
        size = dice.randrange(0, 900)
        noise = dice.randbytes(size)
        if kind == 0:  # a payload type nobody agreed on
            pool.append(pack("!BBHII", 0x80, 35, number, 0, stranger) + noise)
        elif kind == 1:  # more contributing sources than bytes
            pool.append(pack("!BBHII", 0x8F, video.type, number, 0, stranger) + noise[:8])
        elif kind == 2:  # a header extension longer than the packet
            pool.append(pack("!BBHIIHH", 0x90, video.type, number, 0, stranger, 0xBEDE, 5000) + noise)
        elif kind == 3:  # extension elements that run over
            pool.append(pack("!BBHIIHHI", 0x90, audio.type, number, 0, stranger, 0xBEDE, 1, 0x0000002F))
        elif kind == 4:  # padding longer than the payload
            pool.append(pack("!BBHII", 0xA0, video.type, number, 0, stranger) + b"\xff")
        elif kind == 5:  # another source's packets, one by one
            pool.append(pack("!BBHII", 0x80, video.type, number, dice.getrandbits(32), stranger) + noise)
        elif kind == 6:  # the right source, a number from nowhere
            far = (video.number + 10_000 + number // 4) & 0xFFFF
            pool.append(pack("!BBHII", 0x80, video.type, far & ~1, 0, video._ssrc) + noise)
        elif kind == 7:  # control packets: noise behind a plausible type
            body = noise[: size // 4 * 4]
            length = dice.choice((len(body) // 4, 5, 60_000))
            pool.append(
                pack("!BBHI", 0x80 | dice.randrange(32), dice.randrange(200, 207), length, stranger) + body
            )
        else:  # retransmissions of nothing, and of what was never sent
            pool.append(pack("!BBHII", 0x80, video._again_type or 35, number, 0, stranger) + noise[:2])
    return pool


def _send(one: Room, packet: bytes) -> None:
    """Encrypted over the network; what libsrtp will not encrypt goes in behind the decryption.

    It refuses impossible headers, and numbers that would spoil its own count of the sender's stream.
    """
    assert one.sender.video is not None
    try:
        if packet[8:12] == pack("!I", one.sender.video._ssrc):
            raise pylibsrtp.Error
        one.sender.raw(packet)
    except pylibsrtp.Error:
        one.camera._demultiplexer.rtp(bytearray(packet), len(packet), one.timeline.monotonic())


async def test_a_hundred_thousand_broken_packets_leave_the_recording_whole(timeline: Timeline) -> None:
    media = make_media(4, 1200, 640, 360)
    dice = random.Random(9)
    async with room(media, timeline=timeline) as one:
        running = asyncio.create_task(one.sender.run(12))
        await until(lambda: one.camera.stats().width)
        one.timeline.begin()
        one.camera.begin(one.kept)
        pool = _broken_packets(one, dice)
        before = one.camera.stats().packets_refused
        for sent in range(BROKEN):
            _send(one, dice.choice(pool))
            if sent % 40 == 0:
                await asyncio.sleep(0.003)  # by the room's clock: between its pictures
        await asyncio.sleep(1)
        refused = one.camera.stats().packets_refused - before
        await running
        await asyncio.sleep(0.3)
        one.camera.end()
        assert refused > BROKEN // 3
        numbers = picture_numbers(one.kept.samples(1), one.sender.pictures_sent, media)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert len(numbers) > 300
        assert one.kept.told("encoder.restarted") == one.kept.told("loss", 1) == []


async def test_datagrams_from_strangers_change_nothing(timeline: Timeline) -> None:
    """Unauthenticated: empty, STUN-like, DTLS-like and SRTP-like noise to the recorder's port."""
    media = make_media(4, 1200, 640, 360)
    dice = random.Random(3)
    async with room(media, timeline=timeline) as one:
        pair = one.sender.pc.getTransceivers()[0].sender.transport.transport._connection._nominated[1]
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        running = asyncio.create_task(one.sender.run(4))
        await until(lambda: one.camera.stats().width)
        one.timeline.begin()
        one.camera.begin(one.kept)
        for sent in range(20_000):
            first = dice.choice((0, 1, 20, 22, 23, 63, 64, 100, 128, 144, 200, 255))
            data = bytes((first,)) + dice.randbytes(dice.randrange(0, 200)) if sent % 50 else b""
            if sent % 7 == 0:  # a well-formed STUN header, then noise
                body = dice.randbytes(dice.randrange(0, 20) * 4)
                data = (
                    pack("!HHI", dice.choice((1, 0x101, 0x111)), len(body), 0x2112A442)
                    + dice.randbytes(12)
                    + body
                )
            stranger.sendto(data, pair.remote_addr)
            if sent % 40 == 0:
                await asyncio.sleep(0.004)
        stranger.close()
        await running
        one.camera.end()
        numbers = picture_numbers(one.kept.samples(1), one.sender.pictures_sent, media)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert one.camera.stats().state == "connected"


async def test_a_stream_of_garbage_in_the_cameras_own_name_is_survived(timeline: Timeline) -> None:
    """The right source, numbers in order, contents broken: refused, counted, and over when it is over."""
    media = make_media(4, 1200, 640, 360)
    dice = random.Random(4)
    async with room(media, timeline=timeline) as one:
        running = asyncio.create_task(one.sender.run(5))
        await until(lambda: one.camera.stats().width)
        one.timeline.begin()
        one.camera.begin(one.kept)
        await asyncio.sleep(0.5)
        video, audio = one.sender.video, one.sender.audio
        assert video is not None
        assert audio is not None
        for _ in range(300):
            video.send(dice.randbytes(dice.randrange(1, 1100)), dice.random() < 0.3)
            audio.send(b"\x03\x00", False)
            await asyncio.sleep(0.002)
        await running
        await asyncio.sleep(0.3)
        one.camera.end()
        assert one.kept.told("loss", 1)
        assert sum(event["packets"] for event in one.kept.told("loss", 3)) == 300
        assert one.camera.stats().packets_refused >= 300
        last = one.kept.samples(1)[-1]
        assert last.start / 90_000 > 3.5


async def test_a_refused_offer_leaves_the_camera_ready_for_a_better_one() -> None:
    camera = Camera("wide", {"video": 1, "audio": 3}, Timeline(), LOOPBACK)
    sender = Sender(make_media(1))
    try:
        offer = await sender.offer()
        for broken, code in (
            ("", "sdp.malformed"),
            (offer.replace("H264", "VP9"), "codec.unknown"),
            (offer.replace("opus", "PCMU"), "codec.unknown"),
            (offer.replace("m=audio", "m=text"), "sdp.unacceptable"),
            (offer[: len(offer) // 3], "sdp.unacceptable"),
        ):
            with pytest.raises(OfferRefused) as refused:
                await camera.answer(broken, fingerprint_of(broken))
            assert refused.value.code == code
        await sender.accept(await camera.answer(offer, fingerprint_of(offer)))
        await until(lambda: camera.stats().state == "connected")
        with pytest.raises(NotRecording):
            await camera.answer(offer, fingerprint_of(offer))
    finally:
        await camera.close()
        await sender.close()
