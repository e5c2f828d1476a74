"""What of the film has arrived: pictures recognised by their slices, byte for byte, sounds by their times."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av

from bench.senders import Media

SOUND = 0.020  # seconds
SLICES = (1, 5)  # NAL unit types: what a muxer must not touch (parameter sets it may move)


@dataclass
class Arrived:
    """Counts of one recording, from its first picture to the last that was sent."""

    pictures: int = 0
    lost: int = 0
    sounds: int = 0
    lost_sounds: int = 0
    foreign: int = 0
    "Pictures that were never sent."
    gaps: list[tuple[float, int]] = field(default_factory=list)
    "Where something is lost: seconds on the recording's timeline, how many."

    def gap(self, at: float, count: int) -> int:
        """Note that so many are missing after `at`, if any are."""
        if count:
            self.gaps.append((at, count))
        return count


class Film:
    """The pictures that are sent, over and over."""

    def __init__(self, media: Media) -> None:
        self._length = len(media.units)
        self._known = {
            b"".join(unit for unit in units if unit[0] & 0x1F in SLICES): index
            for index, units in enumerate(media.units)
        }
        if len(self._known) != self._length:
            raise ValueError("two pictures of the film are the same")

    def count(self, file: io.BytesIO | Path, sent: int | None = None) -> Arrived:
        """Read a recording. `sent`: pictures sent until its end, if what is missing there counts as lost."""
        arrived = Arrived()
        seen: list[tuple[float, int]] = []
        heard: list[float] = []
        with av.open(file if isinstance(file, Path) else _rewound(file)) as container:
            assert isinstance(container, av.container.InputContainer)
            for packet in container.demux():
                if packet.size == 0 or packet.pts is None or packet.time_base is None:
                    continue
                at = float(packet.pts * packet.time_base)
                if packet.stream.type == "audio":
                    heard.append(at)
                    continue
                index = self._known.get(_slices(bytes(packet)))
                if index is None:
                    arrived.foreign += 1
                else:
                    seen.append((at, index))
        arrived.pictures, arrived.sounds = len(seen), len(heard)
        if sent is not None and not seen:
            arrived.lost = arrived.gap(0.0, sent)
        ends = [(seen[-1][0], sent)] if sent is not None and seen else []
        for (at, before), (_, after) in pairwise([*seen, *ends]):
            arrived.lost += arrived.gap(at, (after - before - 1) % self._length)
        for at, following in pairwise(heard):
            arrived.lost_sounds += arrived.gap(at, max(0, round((following - at) / SOUND) - 1))
        return arrived


def _rewound(file: io.BytesIO) -> io.BytesIO:
    file.seek(0)
    return file


def _slices(sample: bytes) -> bytes:
    """The slices of a sample whose NAL units stand behind their lengths (ISO/IEC 14496-15)."""
    found = []
    at = 0
    while at + 4 < len(sample):
        end = at + 4 + int.from_bytes(sample[at : at + 4])
        if sample[at + 4] & 0x1F in SLICES:
            found.append(sample[at + 4 : end])
        at = end
    return b"".join(found)
