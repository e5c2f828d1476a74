"""Count which pictures have arrived, by the bytes of their slices, and which sounds, by their times."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av

from bench.senders import Media

SOUND = 0.020  # seconds
SLICES = (1, 5)  # NAL unit types that a muxer must not change (it may move parameter sets)


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
    "Losses: seconds on the recording's timeline, and number of pictures."

    def gap(self, at: float, count: int) -> int:
        """Note that this many are missing after `at`, if any."""
        if count:
            self.gaps.append((at, count))
        return count


class Film:
    """The pictures that are sent, in a loop."""

    def __init__(self, media: Media) -> None:
        self._known = {
            b"".join(unit for unit in units if unit[0] & 0x1F in SLICES): index
            for index, units in enumerate(media.units)
        }
        if len(self._known) != len(media.units):
            raise ValueError("two pictures of the film are the same")

    def count(self, file: io.BytesIO | Path, sent: Sequence[int] = ()) -> Arrived:
        """Count the pictures of a recording. `sent`: index in the film of each picture sent until its end.

        Pictures sent before the first recorded one do not count as missing; later ones do.
        """
        arrived = Arrived()
        recorded: list[tuple[float, int]] = []
        sound_times: list[float] = []
        with av.open(file if isinstance(file, Path) else _rewound(file)) as container:
            assert isinstance(container, av.container.InputContainer)
            for packet in container.demux():
                if packet.size == 0 or packet.pts is None or packet.time_base is None:
                    continue
                at = float(packet.pts * packet.time_base)
                if packet.stream.type == "audio":
                    sound_times.append(at)
                    continue
                index = self._known.get(_slices(bytes(packet)))
                if index is None:
                    arrived.foreign += 1
                else:
                    recorded.append((at, index))
        arrived.pictures, arrived.sounds = len(recorded), len(sound_times)
        # Backwards, since a recording may begin anywhere but must be complete until the end.
        place = len(sent)
        for at, index in reversed(recorded):
            before = place
            place -= 1
            while place >= 0 and sent[place] != index:
                place -= 1
            arrived.lost += arrived.gap(at, before - place - 1)
        if not recorded:
            arrived.lost += arrived.gap(0.0, len(sent))
        for at, following in pairwise(sound_times):
            arrived.lost_sounds += arrived.gap(at, max(0, round((following - at) / SOUND) - 1))
        return arrived


def _rewound(file: io.BytesIO) -> io.BytesIO:
    file.seek(0)
    return file


def _slices(sample: bytes) -> bytes:
    """Return the slices of a sample, whose NAL units are preceded by their lengths (ISO/IEC 14496-15)."""
    found = []
    at = 0
    while at + 4 < len(sample):
        end = at + 4 + int.from_bytes(sample[at : at + 4])
        if sample[at + 4] & 0x1F in SLICES:
            found.append(sample[at + 4 : end])
        at = end
    return b"".join(found)
