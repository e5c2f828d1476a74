"""Hours in seconds: sound and picture stay together whatever the clocks and the network do.

A capture machine is simulated down to its packets: a camera and a sound card with crystals of their own, a
wall clock that drifts too, sender reports that are off by a few milliseconds, jitter, 5 % of packets lost.
Every packet carries the moment it was captured, so the recording itself says how far off it is.
"""

from __future__ import annotations

import functools
import heapq
import random
from collections.abc import Iterator
from struct import pack, unpack
from typing import Any

import pytest

from bench.senders import make_media
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.rtp.rtcp import SenderReport
from recorder.tracks.audio import Sound
from recorder.tracks.track import Track
from recorder.tracks.video import Video
from tests.support.media.film_reading import Kept

HOURS = 1
"""Clocks that are 60 ppm apart are 216 ms off then, without what is tested. `make test-all` has two."""
LOSS = 0.05
LATE = 7  # seconds
SECOND = 1_000_000
NTP_EPOCH = 2_208_988_800

Packet = tuple[float, int, int, int, int, bytes]
"""Arrival (s), order, sequence number, timestamp, marker, payload."""


class Source:
    """One stream of the capture machine."""

    def __init__(self, rate: int, ppm: float, seed: int, begins: float, report_every: float) -> None:
        self.rate = rate * (1 + ppm / 1e6)
        self.nominal = rate
        self.dice = random.Random(seed)
        self.first = self.dice.randrange(1 << 32)
        self.number = self.dice.randrange(1 << 16)
        self.begins = begins
        self.report_every = report_every
        self.ssrc = seed

    def timestamp(self, at: float) -> int:
        """What its clock shows at `at` seconds, as RTP sees it."""
        return (self.first + round((at - self.begins) * self.rate)) & 0xFFFFFFFF

    def arrival(self, at: float) -> float:
        return at + 0.004 + self.dice.expovariate(1 / 0.003)

    def packets(self, times: Iterator[tuple[float, float, list[bytes]]]) -> Iterator[Packet]:
        """`times`: capture, sending and payloads of each frame, all in true seconds."""
        for captured, sent, payloads in times:
            timestamp = self.timestamp(captured)
            for index, payload in enumerate(payloads):
                number = self.number
                self.number = (self.number + 1) & 0xFFFF
                if self.dice.random() >= LOSS:
                    last = int(index == len(payloads) - 1)
                    yield self.arrival(sent), number, number, timestamp, last, payload


def pictures(camera: Source, until: float, asked: list[bool]) -> Iterator[tuple[float, float, list[bytes]]]:
    units = make_media(1, 500, 640, 360).units[0]
    sets = b"\x78" + b"".join(pack("!H", len(unit)) + unit for unit in units[:2])
    count = 0
    while (captured := camera.begins + count * 3000 / camera.rate) < until:
        stamp = pack("!d", captured)
        payloads = [b"\x61\xe0" + stamp] if count % 60 and not asked else [sets, b"\x65\xb8" + stamp]
        asked.clear()
        yield captured, captured + 0.018, payloads
        count += 1


def sounds(microphone: Source, until: float) -> Iterator[tuple[float, float, list[bytes]]]:
    count = 0
    while (captured := microphone.begins + count * 960 / microphone.rate) < until:
        yield captured, captured + 0.021, [b"\x78" + pack("!d", captured)]
        count += 1


def reports(source: Source, until: float, machine_ppm: float) -> Iterator[tuple[float, SenderReport]]:
    """Arrival and report; the machine's wall clock drifts as well, the pair is off by a few ms."""
    at = source.begins + source.report_every / 2
    while at < until:
        ntp = NTP_EPOCH + 1_790_000_000 + at * (1 + machine_ppm / 1e6)
        rtp = source.timestamp(at + source.dice.uniform(-0.005, 0.005))
        yield source.arrival(at), SenderReport(source.ssrc, int(ntp * 2**32), rtp)
        at += source.report_every * source.dice.uniform(0.5, 1.5)


@functools.cache
def simulate(late: str, hours: float) -> Kept:
    """One camera and one microphone; the track named `late` begins 7 s later."""
    until = hours * 3600.0
    now = [0]
    timeline = Timeline(lambda: now[0], lambda: 1_790_000_000 * SECOND)
    config = CaptureConfig()
    kept = Kept()
    asked: list[bool] = []
    video: Track = Video(1, timeline, config, lambda: asked.append(True))
    sound: Track = Sound(2, timeline, config)
    camera = Source(90_000, -10, 1, LATE if late == "video" else 0.0, 1.0)
    microphone = Source(48_000, 50, 2, LATE if late == "sound" else 0.0, 5.0)
    timeline.begin()
    video.begin(kept, 0)
    sound.begin(kept, 0)
    # What happens, in order of arrival: packets (kind 0 and 1), reports (2 and 3), ticks (4).
    streams = [
        ((at, 0, packet) for at, *packet in camera.packets(pictures(camera, until, asked))),
        ((at, 1, packet) for at, *packet in microphone.packets(sounds(microphone, until))),
        ((at, 2, [report]) for at, report in reports(camera, until, 20)),
        ((at, 3, [report]) for at, report in reports(microphone, until, 20)),
        ((tick / 10, 4, []) for tick in range(int(until * 10))),
    ]
    for at, kind, what in heapq.merge(*map(_nearly_sorted, streams)):
        now[0] = int(at * SECOND)
        if kind < 2:
            _, number, timestamp, marker, payload = what
            track, source = (video, camera) if kind == 0 else (sound, microphone)
            track.packet(source.ssrc, number, timestamp, marker, payload, now[0])
        elif kind < 4:
            track = video if kind == 2 else sound
            if track.stream is not None:
                track.stream.report(what[0], now[0])
        else:
            video.tick(now[0])
            sound.tick(now[0])
    for track in (video, sound):
        track.end(now[0])
    return kept


def _nearly_sorted(events: Iterator[tuple[float, int, list[Any]]]) -> Iterator[tuple[float, int, list[Any]]]:
    """Sorts a stream whose jitter lets a few neighbours overtake each other."""
    waiting: list[tuple[float, int, int, list[Any]]] = []
    for order, (at, kind, what) in enumerate(events):
        heapq.heappush(waiting, (at, order, kind, what))
        if len(waiting) > 16:
            at, _, kind, what = heapq.heappop(waiting)
            yield at, kind, what
    while waiting:
        at, _, kind, what = heapq.heappop(waiting)
        yield at, kind, what


def errors(kept: Kept, track: int, rate: int) -> dict[int, list[float]]:
    """By second: how much later than captured each sample stands in the recording, in ms."""
    found: dict[int, list[float]] = {}
    for sample in kept.samples(track):
        (captured,) = unpack("!d", sample.content[-8:])
        found.setdefault(int(captured), []).append((sample.start / rate - captured) * 1000)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("late", "hours"),
    [("sound", HOURS), ("video", 0.25), pytest.param("sound", 2, marks=pytest.mark.repeats)],
)
def test_sound_and_picture_stay_within_20_ms_for_hours(late: str, hours: float) -> None:
    kept = simulate(late, hours)
    picture, sound = errors(kept, 1, 90_000), errors(kept, 2, 48_000)
    seconds = picture.keys() & sound.keys()
    assert len(seconds) > hours * 3600 - LATE - 5
    apart = {
        second: max(
            abs(max(picture[second]) - min(sound[second])), abs(min(picture[second]) - max(sound[second]))
        )
        for second in seconds
    }
    assert max(apart.values()) < 20
    # And against the wall clock: hours of drift between the machines move nothing.
    assert max(abs(error) for each in picture.values() for error in each) < 40
    (began,) = kept.told("track.late", 1 if late == "video" else 2)
    assert began["ms"] == pytest.approx(LATE * 1000 + 300, abs=600)


@pytest.mark.slow
def test_what_5_percent_loss_took_away_is_all_in_the_loss_map() -> None:
    kept = simulate("sound", HOURS)
    recorded = len(kept.samples(2))
    sent = round((HOURS * 3600 - LATE) * 50 * (1 + 50e-6))
    lost = kept.told("loss", 2)
    assert recorded + sum(event["packets"] for event in lost) == pytest.approx(sent, abs=2)
    assert sum(event["frames"] for event in lost) == pytest.approx(sent - recorded, rel=0.001)
