"""Two cameras at once, each on its own peer connection: each gets its own lost packets again."""

from __future__ import annotations

import asyncio

from bench.senders import make_media
from recorder.clock import Timeline
from tests.support.centers.pretended_room import Network, picture_numbers, room
from tests.support.patience import until


async def test_two_cameras_recover_their_own_losses(timeline: Timeline) -> None:
    near, far = make_media(4, 1200, 640, 360), make_media()
    networks = [Network(seed=seed, lost_once=0.06, delayed=0.03) for seed in (1, 2)]
    async with (
        room(far, networks[0], timeline=timeline) as wide,
        room(near, networks[1], name="close", timeline=timeline) as close,
    ):
        rooms = (wide, close)
        running = asyncio.gather(*(each.sender.run(5) for each in rooms))
        await until(lambda: all(each.camera.stats().width for each in rooms))
        timeline.begin()
        for each, network in zip(rooms, networks, strict=True):
            each.camera.begin(each.kept)
            network.active = True
        await running
        await asyncio.sleep(0.3)
        stats = [each.camera.stats() for each in rooms]
        for each in rooms:
            each.camera.end()

        for each, media, track in ((wide, far, 1), (close, near, 2)):
            samples = each.kept.samples(track)
            numbers = picture_numbers(samples, each.sender.pictures_sent, media)
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert len(numbers) > 110
            assert each.kept.told("loss", track) == []
        assert [(each.width, each.height) for each in stats] == [(1280, 720), (640, 360)]
        for each, network, one in zip(stats, networks, rooms, strict=True):
            assert one.sender.video is not None
            video_lost = sum(number not in range(32_000, 40_000) for number in network.dropped_once)
            assert one.sender.video.nacked >= each.packets_retransmitted >= video_lost > 20
            assert each.round_trip_ms is not None


async def test_a_request_that_is_lost_is_repeated(timeline: Timeline) -> None:
    """Every retransmission fails twice; the third comes in time."""
    failures: dict[int, int] = {}
    victims: set[int] = set()

    def impair(number: int, again: bool) -> list[float]:
        if not again:
            if number % 40 == 7 and running:
                victims.add(number)
                return []
            return [0]
        failures[number] = failures.get(number, 0) + 1
        return [0] if failures[number] > 2 else []

    running = False
    media = make_media(4, 1200, 640, 360)
    async with room(media, impair, timeline=timeline) as one:
        task = asyncio.create_task(one.sender.run(3))
        await until(lambda: one.camera.stats().width)
        one.timeline.begin()
        one.camera.begin(one.kept)
        await asyncio.sleep(0.3)
        running = True
        await asyncio.sleep(1.5)
        running = False
        await task
        await asyncio.sleep(0.6)
        one.camera.end()
        assert len(victims) > 2
        assert one.kept.told("loss", 1) == []
        assert all(failures[number] == 3 for number in failures if number in victims)
