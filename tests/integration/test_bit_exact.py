"""What is recorded is what was sent, NAL unit for NAL unit; everything else is in the loss map.

A stock aiortc peer replays known H.264 and Opus over a real connection, whose datagrams are lost, doubled
and delayed on the way.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import threading
from pathlib import Path

import av
import pytest

from bench.senders import Media, Sender, make_media
from casework.errors import Cancelled
from casework.sandbox import ffmpeg
from recorder.clock import Timeline
from tests.support.centers.pretended_room import Network, picture_numbers, room
from tests.support.media.film_reading import Kept, Sample
from tests.support.patience import until


async def _record(
    network: Network | None, seconds: float, timeline: Timeline | None = None
) -> tuple[Media, Sender, Kept]:
    media = make_media()
    async with room(media, network, timeline=timeline) as one:
        running = asyncio.create_task(one.sender.run(seconds + 1.5))
        await until(lambda: one.camera.stats().width)
        await asyncio.sleep(0.5)
        one.timeline.begin()
        one.camera.begin(one.kept)
        await asyncio.sleep(0.5)
        if network is not None:
            network.active = True
        await asyncio.sleep(seconds - 0.5)
        if network is not None:
            network.active = False
        await running
        await asyncio.sleep(0.6)  # what is still missing is given up
        one.camera.end()
        return media, one.sender, one.kept


def _sound_numbers(samples: list[Sample], sent: list[int], media: Media) -> list[int]:
    for start in range(len(sent)):
        numbers = [start + round((sample.start - samples[0].start) / 960) for sample in samples]
        if numbers[-1] < len(sent) and all(
            sample.content == media.sounds[sent[number]]
            for sample, number in zip(samples, numbers, strict=True)
        ):
            return numbers
    raise AssertionError("the recorded sounds are not those that were sent")


def _missing(numbers: list[int]) -> list[int]:
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))


def _picture_packets(media: Media, sent: list[int], first_number: int) -> list[set[int]]:
    """The sequence numbers of each picture that was sent."""
    found = []
    number = first_number
    for index in sent:
        count = len(media.pictures[index])
        found.append({(number + offset) & 0xFFFF for offset in range(count)})
        number += count
    return found


def _told_frames(kept: Kept, track: int) -> int:
    return sum(event["frames"] for event in kept.told("loss", track))


def _told_packets(kept: Kept, track: int) -> int:
    return sum(event["packets"] for event in kept.told("loss", track))


def _ffmpeg_says(film: bytes, folder: Path) -> str:
    path = folder / "track.mp4"
    path.write_bytes(film)
    program = shutil.which("ffmpeg") or pytest.skip("ffmpeg is not installed")
    command = [program, "-v", "error", "-i", path, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


async def test_on_a_sound_network_everything_is_recorded_and_plays(
    tmp_path: Path, timeline: Timeline
) -> None:
    media, sender, kept = await _record(None, 4, timeline)
    pictures = picture_numbers(kept.samples(1), sender.pictures_sent, media)
    sounds = _sound_numbers(kept.samples(3), sender.sounds_sent, media)
    assert _missing(pictures) == _missing(sounds) == []
    assert len(pictures) > 110
    assert len(sounds) > 190
    assert [type_ for type_, *_ in kept.events] == ["size"]
    assert _ffmpeg_says(kept.film(1), tmp_path) == _ffmpeg_says(kept.film(3), tmp_path) == ""


@pytest.mark.alone  # films are made with what processor time nobody else wants: beside others, with none
async def test_while_films_are_made_on_every_processor_not_a_picture_or_sound_is_lost(tmp_path: Path) -> None:
    done: dict[int, int] = {}
    stopped = threading.Event()
    films = [
        asyncio.create_task(asyncio.to_thread(_make_a_film, tmp_path / f"{number}", done, number, stopped))
        for number in range(os.cpu_count() or 1)
    ]
    try:
        media, sender, kept = await _record(None, 8)
    finally:
        stopped.set()
        ended = await asyncio.gather(*films, return_exceptions=True)
    assert all(isinstance(one, Cancelled) for one in ended), ended
    assert len(done) == len(films)  # they were made meanwhile
    pictures = picture_numbers(kept.samples(1), sender.pictures_sent, media)
    sounds = _sound_numbers(kept.samples(3), sender.sounds_sent, media)
    assert _missing(pictures) == _missing(sounds) == []
    assert len(pictures) > 230
    assert len(sounds) > 390


def _make_a_film(folder: Path, done: dict[int, int], number: int, stopped: threading.Event) -> None:
    """One without end, as derivatives are made: of what processor time nobody else wants."""
    folder.mkdir()
    source = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25"]
    arguments = ["-nostdin", "-loglevel", "error", "-progress", "pipe:1", *source, "-c:v", "libx264", "a.mp4"]
    program = ffmpeg.found() or pytest.fail("ffmpeg is not installed")

    def report(so_far: int) -> None:
        done[number] = so_far

    ffmpeg.make(program, arguments, folder, {}, seconds=600, size=10**9, progress=report, stopped=stopped)


async def test_lost_packets_come_again_and_nothing_is_missing(timeline: Timeline) -> None:
    network = Network(seed=5, lost_once=0.05, doubled=0.03, delayed=0.05)
    media, sender, kept = await _record(network, 4, timeline)
    pictures = picture_numbers(kept.samples(1), sender.pictures_sent, media)
    assert _missing(pictures) == []
    assert len(network.dropped_once) > 40
    assert kept.told("loss", 1) == kept.told("late", 1) == kept.told("damaged", 1) == []


async def test_what_never_comes_is_named_exactly(timeline: Timeline) -> None:
    network = Network(seed=6, lost_once=0.03, lost_always=0.01, doubled=0.03, delayed=0.05)
    media, sender, kept = await _record(network, 5, timeline)
    assert sender.video is not None
    assert sender.audio is not None

    samples = kept.samples(1)
    pictures = picture_numbers(samples, sender.pictures_sent, media)
    packets = _picture_packets(media, sender.pictures_sent, 65_000)
    doomed_pictures = [
        number for number in range(pictures[0], pictures[-1] + 1) if packets[number] & network.doomed
    ]
    assert doomed_pictures
    assert _missing(pictures) == doomed_pictures
    assert _told_frames(kept, 1) == len(doomed_pictures)
    within = set().union(*packets[pictures[0] : pictures[-1] + 1])
    assert _told_packets(kept, 1) == len(within & network.doomed)

    # Each gap stands where the pictures are missing.
    starts = {
        number: sample.start * 1_000_000 // 90_000 for number, sample in zip(pictures, samples, strict=True)
    }
    gaps = [gap for event in kept.told("loss", 1) for gap in event["gaps"]]
    for number in doomed_pictures:
        after = min(start for later, start in starts.items() if later > number)
        before = max(start for earlier, start in starts.items() if earlier < number)
        assert any(before < begin + 1000 and abs(end - after) < 6000 for begin, end, *_ in gaps), number


async def test_sound_that_never_comes_is_named_exactly(timeline: Timeline) -> None:
    network = Network(seed=7, lost_always=0.04, doubled=0.03, delayed=0.05)
    media, sender, kept = await _record(network, 4, timeline)
    assert sender.audio is not None
    sounds = _sound_numbers(kept.samples(3), sender.sounds_sent, media)
    missing = _missing(sounds)
    lost = [n for n in range(sounds[0], sounds[-1] + 1) if (32_000 + n) & 0xFFFF in network.doomed]
    assert missing == lost
    assert missing
    assert _told_packets(kept, 3) == _told_frames(kept, 3) == len(missing)
    with av.open(io.BytesIO(kept.film(3))) as film:
        assert sum(1 for packet in film.demux() if packet.size) == len(sounds)
