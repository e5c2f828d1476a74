"""Reads fragments back in tests, without the code that wrote them: times and contents of samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import unpack_from
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One sample of a track: its start on the timeline in ticks, and its bytes."""

    start: int
    duration: int
    content: bytes
    key: bool


def boxes(data: bytes, start: int = 0, end: int | None = None) -> dict[bytes, tuple[int, int]]:
    """Where the boxes at this level are: kind to start and end of their bodies."""
    found = {}
    end = len(data) if end is None else end
    while start < end:
        size, kind = unpack_from("!I4s", data, start)
        assert 8 <= size <= end - start
        found[kind] = (start + 8, start + size)
        start += size
    return found


def samples(fragment: bytes) -> list[Sample]:
    """The samples of one fragment (one `moof` with one `traf` and one `trun`, one `mdat`)."""
    top = boxes(fragment)
    traf = boxes(fragment, *boxes(fragment, *top[b"moof"])[b"traf"])
    (start,) = unpack_from("!Q", fragment, traf[b"tfdt"][0] + 4)
    (others,) = unpack_from("!I", fragment, traf[b"tfhd"][0] + 8)
    run = traf[b"trun"][0]
    flags, count, offset, first = unpack_from("!IIII", fragment, run)
    assert flags == 0x305
    moof = top[b"moof"][0] - 8
    at = moof + offset
    assert at == top[b"mdat"][0]
    found = []
    for index in range(count):
        duration, size = unpack_from("!II", fragment, run + 16 + 8 * index)
        sample_flags = others if index else first
        found.append(Sample(start, duration, fragment[at : at + size], not sample_flags & 0x10000))
        start += duration
        at += size
    assert at == top[b"mdat"][1]
    return found


def units(content: bytes) -> list[bytes]:
    """The NAL units of a video sample."""
    found = []
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        found.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(content)
    return found


@dataclass
class Kept:
    """A sink that keeps everything in memory."""

    inits: list[tuple[int, bytes, int]] = field(default_factory=list)
    fragments: list[tuple[int, bytes, int, int, bool]] = field(default_factory=list)
    events: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)

    def init(self, track: int, content: bytes, at: int) -> None:
        self.inits.append((track, content, at))

    def media(self, track: int, content: bytes, start: int, duration: int, key: bool) -> None:
        self.fragments.append((track, content, start, duration, key))

    def event(self, type: str, at: int, **fields: object) -> None:  # noqa: A002
        self.events.append((type, at, fields))

    def samples(self, track: int) -> list[Sample]:
        """All samples of a track, and that its fragments say of themselves what is in them."""
        found: list[Sample] = []
        for number, content, start, duration, key in self.fragments:
            if number != track:
                continue
            inside = samples(content)
            rate = 90_000 if self.codec(track) == b"avc1" else 48_000
            assert abs(start - inside[0].start * 1_000_000 / rate) <= 1
            assert abs(start + duration - (inside[-1].start + inside[-1].duration) * 1_000_000 / rate) <= 1
            assert key == inside[0].key
            assert not found or found[-1].start + found[-1].duration <= inside[0].start
            found += inside
        return found

    def codec(self, track: int) -> bytes:
        content = next(content for number, content, _ in self.inits if number == track)
        return b"avc1" if b"avcC" in content else b"Opus"

    def film(self, track: int) -> bytes:
        """The track as a file."""
        return b"".join(content for number, content, _ in self.inits if number == track) + b"".join(
            content for number, content, *_ in self.fragments if number == track
        )

    def told(self, kind: str, track: int | None = None) -> list[dict[str, Any]]:
        """The fields of all events of a kind."""
        return [
            fields
            for type_, _, fields in self.events
            if type_ == kind and track in (None, fields.get("track"))
        ]
