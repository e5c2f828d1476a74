"""A recording's timeline by its own records: duration, gaps, events.

For people: the verifier's report and the court's page. Reading checks and proves nothing; pass it what has
been proved. A gap is a time in which a track has no media. "Never a silent gap" is the recorder's promise, so
each gap says whether an event states its reason.

Specification: docs/spec/manifest.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.shown_text import printable
from chain_of_custody.items.event_text import began, sentence
from chain_of_custody.items.record import Record, timecode
from chain_of_custody.items.recording_contents import Event, Header, Track
from chain_of_custody.items.sender import SenderEvent

GAP = 200_000
"""Microseconds without media that count as a gap; less is normal frame timing, not missing media."""

NEAR = 2_000_000
"""Microseconds before and after a gap within which an event may state its reason."""

_REASONS = frozenset(
    (
        *("loss", "late", "freeze", "track.late", "track.ended", "encoder.restarted", "clock.step"),
        *("disconnected", "break", "stopped"),
    )
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A track without media from `start` to `end` (µs). `reason`: what an event says of it, else None.

    `shown`: whether it is shown that nothing was recorded then. At a cut of an excerpt this is unknown: media
    of this track may be among the records that are not given. `excerpt`: whether it is in an excerpt.
    """

    track: str
    start: int
    end: int
    reason: str | None
    shown: bool = True
    excerpt: bool = False

    @property
    def sentence(self) -> str:
        """Return a sentence for people: where the gap begins, on which track, its length and its reason."""
        lasting = (self.end - self.start) / 1_000_000
        if not self.shown:
            return (
                f"{timecode(self.start)} {self.track}: nothing in this excerpt for {lasting:.1f} s (whether "
                "anything was recorded then lies outside of it)"
            )
        why = self.reason or f"{'this excerpt' if self.excerpt else 'the recording'} does not say why"
        return f"{timecode(self.start)} {self.track}: nothing for {lasting:.1f} s ({why})"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An event as a sentence. `at`: µs."""

    at: int
    type: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of an excerpt, from `begin` to `end` (µs).

    `earlier`, `later`: whether the recording has records before and after those given.
    """

    begin: int
    end: int
    earlier: bool
    later: bool


@dataclass(frozen=True)
class Reading:
    """A recording's timeline by its own records. `duration`: µs of the timeline at which the last track ends;
    `overlaps`: how many fragments begin before the previous one ends, by at most a second.
    """

    duration: int
    gaps: tuple[Gap, ...]
    happenings: tuple[TimelineEvent, ...]
    overlaps: int


def read(
    header: Header,
    records: Sequence[Record],
    events: Sequence[Event],
    excerpt: Bounds | None = None,
) -> Reading:
    """Read a recording, or the excerpt of one with these bounds; records and events have been proved."""
    media: dict[int, list[Record]] = {track.track: [] for track in header.tracks}
    for record in records:
        if record.kind == "media":
            media[record.track].append(record)
    last = max((track[-1].end for track in media.values() if track), default=0)
    bounds = excerpt or Bounds(0, last, earlier=False, later=False)
    reasons = sorted((event for event in events if event.type in _REASONS), key=lambda event: event.at)
    gaps = [
        replace(gap, excerpt=excerpt is not None)
        for track in header.tracks
        for gap in _gaps(track, media[track.track], bounds, reasons)
    ]
    overlaps = sum(after.start < before.end for track in media.values() for before, after in pairwise(track))
    names = {track.track: track.name for track in header.tracks}
    happened = [TimelineEvent(event.at, event.type, sentence(event, names)) for event in events]
    senders = [*_senders(header), *(() if excerpt else _without_sender(header, media, events))]
    return Reading(
        bounds.end, tuple(sorted(gaps, key=lambda gap: gap.start)), (*senders, *happened), overlaps
    )


def wall_clock(header: Header, at: int) -> str:
    """Return date and time of day at `at` µs by the recorder's clock: 2026-11-24 20:27:34 UTC."""
    try:
        when = canonical_json.moment(header.epoch) + timedelta(microseconds=at)
    except OverflowError:
        return "after the year 9999"
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _senders(header: Header) -> Iterator[TimelineEvent]:
    for sender in header.senders:
        yield TimelineEvent(0, SenderEvent.TYPE, f"{timecode(0)} {began(sender)}")


def _without_sender(
    header: Header, media: Mapping[int, Sequence[Record]], events: Sequence[Event]
) -> Iterator[TimelineEvent]:
    """Yield each camera with pictures of which the whole recording does not say which device sent them."""
    named = {sender.camera for sender in header.senders}
    sender_events = (SenderEvent.of(event.fields) for event in events if event.type == SenderEvent.TYPE)
    named |= {one.sender.camera for one in sender_events if one.event != "refused"}
    for track in header.tracks:
        if track.kind == "video" and media[track.track] and track.name not in named:
            words = f"camera {track.name}: the recording does not say which device sent it"
            yield TimelineEvent(0, SenderEvent.TYPE, f"{timecode(0)} {words}")


def _gaps(track: Track, media: Sequence[Record], bounds: Bounds, reasons: Sequence[Event]) -> Iterator[Gap]:
    """Yield the track's gaps: before its first fragment, between two, after its last."""
    # Only the recorder claims that nothing precedes a track's number 1: an excerpt does not prove the count.
    hidden_before, hidden_after = bounds.earlier, bounds.later
    reached = bounds.begin
    pieces = [*((record.start, record.end) for record in media), (bounds.end, bounds.end)]
    for place, (start, end) in enumerate(pieces):
        if start - reached > GAP:
            hidden = (place == 0 and hidden_before) or (place == len(media) and hidden_after)
            reason = None if hidden else _reason(track, reached, start, reasons)
            yield Gap(track.name, reached, start, reason, shown=not hidden)
        reached = max(reached, end)


def _reason(track: Track, start: int, end: int, reasons: Sequence[Event]) -> str | None:
    """Return the reason from the event nearest to the gap's start that may be about it.

    `reasons` are ordered by time.
    """
    first = bisect_left(reasons, start - NEAR, key=lambda event: event.at)
    last = bisect_right(reasons, end + NEAR, key=lambda event: event.at)
    about = [event for event in reasons[first:last] if _may_be_about(event, track)]
    if not about:
        return None
    event = min(about, key=lambda event: abs(event.at - start))
    code = event.fields.get("reason")
    return f"{event.type}: {printable(code)}" if isinstance(code, str) else event.type


def _may_be_about(event: Event, track: Track) -> bool:
    """Return whether an event names this track, or none. True is not a number, although it equals 1."""
    named = event.fields.get("track", track.track)
    return type(named) is int and named == track.track
