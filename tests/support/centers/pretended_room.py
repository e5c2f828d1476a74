"""A pretended room connected to real cameras over loopback, for tests of the capture path."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from amana.demo.device_key import fingerprint_of
from bench.senders import Impair, Media, Sender
from recorder.camera.camera import Camera
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from tests.support.media.film_reading import Kept, Sample, units
from tests.support.patience import PATIENCE_MS

LOOPBACK = CaptureConfig(addresses=("127.0.0.1",), connect_timeout_ms=int(PATIENCE_MS))


@dataclass
class Network:
    """Loses, doubles and delays packets; remembers which never arrive."""

    seed: int = 1
    lost_once: float = 0.0
    "Share of packets whose first transmission is lost; a retransmission arrives."
    lost_always: float = 0.0
    "Share of packets that never arrive."
    doubled: float = 0.0
    delayed: float = 0.0
    "Share of packets overtaken by others, by up to 40 ms."
    doomed: set[int] = field(default_factory=set)
    dropped_once: set[int] = field(default_factory=set)
    active: bool = False
    "Impairs nothing until the connection has settled."

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def __call__(self, number: int, again: bool) -> list[float]:
        if again:
            return [] if number in self.doomed else [0]
        if not self.active:
            return [0]
        chance = self._dice.random()
        if chance < self.lost_always:
            self.doomed.add(number)
            return []
        if chance < self.lost_always + self.lost_once:
            self.dropped_once.add(number)
            return []
        first = self._dice.uniform(0.001, 0.04) if self._dice.random() < self.delayed else 0
        return [first, first + 0.003] if self._dice.random() < self.doubled else [first]


@dataclass
class Room:
    """One camera, its sender, and what is kept of it."""

    sender: Sender
    camera: Camera
    timeline: Timeline
    kept: Kept


@asynccontextmanager
async def room(
    media: Media, impair: Impair | None = None, *, name: str = "wide", timeline: Timeline | None = None
) -> AsyncIterator[Room]:
    """A connected camera: the wide one with sound as track 3, the close one without."""
    timeline = timeline or Timeline()
    tracks = {"video": 1, "audio": 3} if name == "wide" else {"video": 2}
    camera = Camera(name, tracks, timeline, LOOPBACK)
    sender = Sender(media, sound=name == "wide", impair=impair, keep_sent=True)
    try:
        offer = await sender.offer()
        answer = await camera.answer(offer, fingerprint_of(offer))
        await sender.accept(answer)
        yield Room(sender, camera, timeline, Kept())
    finally:
        await camera.close()
        await sender.close()


def picture_numbers(samples: list[Sample], sent: list[int], media: Media) -> list[int]:
    """Which of the pictures that were sent each sample is: by its time, and it must be that one's units.

    Senders space pictures by exactly 3000 ticks; a correction of the timeline is a small part of that.
    """
    first = units(samples[0].content)
    for start in range(len(sent)):
        if media.units[sent[start]] != first:
            continue
        numbers = [start + round((sample.start - samples[0].start) / 3000) for sample in samples]
        if numbers[-1] < len(sent) and all(
            units(sample.content) == media.units[sent[number]]
            for sample, number in zip(samples, numbers, strict=True)
        ):
            return numbers
    raise AssertionError("the recorded pictures are not those that were sent")
