"""Cutting of a track into fragments of about a second, with timestamps from the timeline.

A cut falls before every keyframe, so that each one begins a fragment (seeking and excerpts need that), and
otherwise when the second is full. A fragment's start is decided when the previous one is closed, or, after a
gap, when it is closed itself; by then a second of sender reports has arrived. Within a fragment the sender's
own spacing is preserved exactly; from cut to cut `steer` bounds how the timeline's corrections are applied. A
sample lasts until the next one begins, so a loss shows as a longer sample, never as a shift of later ones.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from recorder.clock import DEADBAND, JUMP, StreamClock, Timeline, steer
from recorder.tracks import cmaf

_KEY_NEAR = 1.3  # multiple of a fragment's length to wait for a requested keyframe
_OVERDUE = 500_000  # µs beyond its length after which an open fragment is handed over as it is
_MOST_BYTES = 16 * 1024 * 1024

Emit = Callable[[bytes, int, int, bool], None]
"""Takes a fragment: content, start and duration in µs on the timeline, whether it begins with a keyframe."""


class Fragmenter:
    """The open fragment of one track."""

    def __init__(self, track: int, rate: int, length: int, timeline: Timeline, emit: Emit) -> None:
        """`rate`: ticks a second, RTP's and the file's; `length`: µs of media in a fragment."""
        self._track = track
        self._rate = rate
        self._length = length * rate // 1_000_000
        self._overdue_after = length + _OVERDUE
        self._timeline = timeline
        self._emit = emit
        self._all_keys = rate == cmaf.SOUND_RATE
        self._clock: StreamClock | None = None
        self.key_awaited = False
        "A keyframe has been requested: the next cut waits for it a little."
        self._any = False  # whether this part has a fragment of this track
        self._end = 0  # ticks on the timeline: nothing may begin earlier
        self._start: int | None = None  # of the open fragment, if it follows without a gap
        self._samples: list[bytes] = []
        self._times: list[int] = []  # extended RTP timestamps
        self._bytes = 0
        self._nominal = 0
        self._key = False
        self._opened = 0  # local µs

    def begin(self, clock: StreamClock) -> None:
        """Take times from `clock` from now on: a stream starts, or restarts."""
        self.close()
        self._clock = clock

    def reset(self) -> None:
        """Reset for a new part: the timeline has a new zero."""
        self._any = False
        self._end = 0
        self._start = None

    def add(self, time: int, content: bytes, key: bool, nominal: int, now: int) -> None:
        """Add a sample with extended RTP `time`; `nominal`: ticks if it is the last one; local `now`."""
        if self._samples:
            # Times increase: if a sender repeats or goes back a little, the sample is moved on by a tick.
            time = max(time, self._times[-1] + 1)
            filled = time - self._times[0]
            if (
                (
                    filled >= self._length
                    and not (self.key_awaited and not key and filled < self._length * _KEY_NEAR)
                )
                or (key and not self._all_keys)
                or self._bytes > _MOST_BYTES
            ):
                self.close(time)
        if not self._samples:
            self._opened = now
            self._key = key
        if key:
            self.key_awaited = False
        self._samples.append(content)
        self._times.append(time)
        self._bytes += len(content)
        self._nominal = nominal

    def overdue(self, now: int) -> bool:
        """Whether the open fragment has waited too long for a sample that would close it."""
        return bool(self._samples) and now - self._opened > self._overdue_after

    def at(self, time: int) -> int:
        """Return the timeline µs of the extended RTP `time`, as known now."""
        assert self._clock is not None
        return round(self._clock.local(time)) - self._timeline.zero

    def _ticks(self, time: int) -> int:
        return self.at(time) * self._rate // 1_000_000

    def close(self, following: int | None = None) -> None:
        """Hand over the open fragment; `following`: RTP time of the next sample, if there is one."""
        times = self._times
        if not times:
            self._start = None
            return
        start = self._start
        if start is None:
            start = self._settle(times[0])
        last = times[-1] - times[0] + start
        self._start = None
        end = last + self._nominal
        if following is not None:
            natural = following - times[0] + start
            error = (self._ticks(following) - natural) * 1_000_000 / self._rate
            if error <= JUMP:
                elapsed = (natural - start) * 1_000_000 / self._rate
                end = max(natural + round(steer(error, elapsed) * self._rate / 1_000_000), last + 1)
                self._start = end
        durations = [after - before for before, after in pairwise(times)]
        durations.append(end - last)
        start_us = start * 1_000_000 // self._rate
        flags = cmaf.ALL_KEYS if self._all_keys else cmaf.KEY_FIRST if self._key else cmaf.NO_KEY
        self._any = True
        content = cmaf.fragment(
            self._track,
            next(self._timeline.fragment_numbers),
            start,
            self._timeline.epoch + start_us,
            self._samples,
            durations,
            flags,
        )
        self._end = end
        self._samples, self._times, self._bytes = [], [], 0
        self._emit(content, start_us, end * 1_000_000 // self._rate - start_us, self._key or self._all_keys)

    def position(self, time: int) -> int:
        """Return the timeline µs of a sample of extended RTP `time` if it begins a fragment."""
        ticks = self._settle(time) if self._start is None else self._start
        return ticks * 1_000_000 // self._rate

    def _settle(self, first: int) -> int:
        """Return the start of a fragment after a gap."""
        ticks = self._ticks(first)
        # A gap smaller than the deadband is none: sound continues as one run of samples.
        if ticks - self._end <= DEADBAND * self._rate // 1_000_000 and self._any:
            return self._end
        return max(ticks, self._end)
