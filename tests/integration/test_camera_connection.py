"""A camera's connection from offer to close: what it says of itself and of what happens to it."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from amana.demo.device_key import fingerprint_of
from bench.senders import Sender, make_media
from recorder.camera.camera import Camera
from recorder.camera.stats import CameraStats
from recorder.clock import Timeline, monotonic_us, wall_us
from recorder.config import CaptureConfig
from tests.support.centers.pretended_room import LOOPBACK, room
from tests.support.media.film_reading import Kept
from tests.support.patience import until


async def test_a_camera_says_how_it_is_doing() -> None:
    media = make_media(4, 1200, 640, 360)
    async with room(media) as one:
        # Of the last second: a machine that does other things may cut one, and not each.
        while not _as_sent(one.camera.stats()):
            await one.sender.run(1)
        await one.sender.run(2)
        stats = one.camera.stats()
        assert (stats.state, stats.recording) == ("connected", False)
        assert (stats.width, stats.height) == (640, 360)
        assert stats.audio_level is not None
        assert -50 <= stats.audio_level <= -30
        assert stats.packets_received > 300
        assert one.sender.reports > 1
        before = one.sender.keyframe_requests
        await one.sender.run(1)
        assert one.sender.keyframe_requests == before  # none is needed before the recording


def _as_sent(stats: CameraStats) -> bool:
    return (
        27 < stats.fps < 33
        and 900 < stats.video_kbps < 1500
        and 20 < stats.audio_kbps < 80
        and stats.last_video_ms is not None
        and stats.last_video_ms < 200
    )


async def test_silence_is_told_and_so_is_its_end(timeline: Timeline) -> None:
    media = make_media(4, 1200, 640, 360)
    async with room(media, timeline=timeline) as one:
        await one.sender.run(1.5)
        one.timeline.begin()
        one.camera.begin(one.kept)
        await one.sender.run(1)
        await until(lambda: bool(one.kept.told("disconnected")))
        assert one.camera.stats().state == "disconnected"
        await one.sender.run(1.5)
        assert one.camera.stats().state == "connected"
        one.camera.end()
        assert one.kept.told("reconnected") == [{"camera": "wide"}]
        freezes = one.kept.told("freeze", 1)
        assert [freeze["over"] for freeze in freezes] == [False, True]
        assert freezes[1]["ms"] > 1500


async def test_a_goodbye_and_the_end_of_the_connection_are_told(timeline: Timeline) -> None:
    media = make_media(4, 1200, 640, 360)
    async with room(media, timeline=timeline) as one:
        await one.sender.run(1)
        one.timeline.begin()
        one.camera.begin(one.kept)
        await one.sender.run(1.5)
        one.sender.goodbye()
        await until(lambda: len(one.kept.told("track.ended")) == 2)
        await one.sender.close()
        await until(lambda: one.camera.stats().state == "closed")
        assert [each["reason"] for each in one.kept.told("track.ended")] == ["goodbye"] * 2 + ["closed"] * 2
        assert one.kept.told("disconnected") == [{"camera": "wide"}]
        assert one.kept.samples(1)
        one.camera.end()


async def test_pause_and_resume_leave_a_stated_gap_in_one_timeline(timeline: Timeline) -> None:
    media = make_media(4, 1200, 640, 360)
    async with room(media, timeline=timeline) as one:
        running = asyncio.create_task(one.sender.run(6))
        await until(lambda: one.camera.stats().width)
        one.timeline.begin()
        one.camera.begin(one.kept)
        await asyncio.sleep(1.5)
        one.camera.pause()
        since = timeline.monotonic()
        assert not one.camera.stats().recording
        await asyncio.sleep(1)
        one.camera.resume()
        paused = (timeline.monotonic() - since) / 1e6
        await running
        one.camera.end()
        for track, rate in ((1, 90_000), (3, 48_000)):
            samples = one.kept.samples(track)
            gaps = [
                (after.start - before.start - before.duration) / rate for before, after in pairwise(samples)
            ]
            assert sum(gap > 0.5 for gap in gaps) == 1
            assert abs(max(gaps) - paused) < 0.3
        assert one.kept.told("loss") == []


async def test_a_further_part_begins_at_zero_with_its_own_headers(timeline: Timeline) -> None:
    media = make_media(4, 1200, 640, 360)
    async with room(media, timeline=timeline) as one:
        running = asyncio.create_task(one.sender.run(5))
        await until(lambda: one.camera.stats().width)
        parts = [Kept(), Kept()]
        for part in parts:
            one.timeline.begin()
            one.camera.begin(part)
            await asyncio.sleep(1.5)
            one.camera.end()
        await running
        for part in parts:
            assert sorted(track for track, *_ in part.inits) == [1, 3]
            assert part.samples(3)[0].start < 48_000 * 0.1
            assert part.samples(1)[0].start < 90_000 * 0.7


async def test_the_rooms_side_may_insist_on_beginning_the_handshake() -> None:
    camera = Camera("wide", {"video": 1, "audio": 3}, Timeline(), LOOPBACK)
    sender = Sender(make_media(1, 500, 640, 360))
    try:
        offer = await sender.offer()
        answer = await camera.answer(
            offer.replace("a=setup:actpass", "a=setup:active"), fingerprint_of(offer)
        )
        assert "a=setup:passive" in answer
        await sender.accept(answer)
        await until(lambda: camera.stats().state == "connected")
    finally:
        await camera.close()
        await sender.close()


async def test_a_room_that_never_comes_fails_in_time() -> None:
    config = CaptureConfig(addresses=("127.0.0.1",), connect_timeout_ms=300)
    camera = Camera("wide", {"video": 1, "audio": 3}, Timeline(), config)
    sender = Sender(make_media(1, 500, 640, 360))
    try:
        offer = await sender.offer()
        await camera.answer(offer, fingerprint_of(offer))
        assert camera.stats().state == "connecting"
        await until(lambda: camera.stats().state == "failed")
    finally:
        await camera.close()
        await sender.close()


async def test_somebody_with_another_certificate_is_not_connected() -> None:
    config = CaptureConfig(addresses=("127.0.0.1",), connect_timeout_ms=3000)
    camera = Camera("wide", {"video": 1, "audio": 3}, Timeline(), config)
    sender = Sender(make_media(1, 500, 640, 360))
    try:
        offer = await sender.offer()
        start = offer.index("a=fingerprint:sha-256 ") + 22
        other = "00" if offer[start : start + 2] != "00" else "01"
        known = offer[start : start + 95]
        forged = offer.replace(known, other + known[2:])
        forged = "\r\n".join(
            line for line in forged.split("\r\n") if "sha-384" not in line and "sha-512" not in line
        )
        answer = await camera.answer(forged, fingerprint_of(forged))
        accepting = asyncio.create_task(sender.accept(answer))
        await until(lambda: camera.stats().state == "failed")
        accepting.cancel()
    finally:
        await camera.close()
        await sender.close()


async def test_a_recorders_clock_that_is_set_is_told() -> None:
    set_by = [0]
    timeline = Timeline(monotonic_us, lambda: wall_us() + set_by[0])
    media = make_media(1, 500, 640, 360)
    async with room(media, timeline=timeline) as one:
        one.timeline.begin()
        one.camera.begin(one.kept)
        set_by[0] = -3_600_000_000
        await until(lambda: bool(one.kept.told("clock.step")))
        await asyncio.sleep(0.3)
        (step,) = one.kept.told("clock.step")
        assert step["clock"] == "recorder"
        assert abs(step["ms"] + 3_600_000) < 100
        one.camera.end()
