"""One timeline for all tracks of an interview.

It relates three clocks. Each stream's RTP clock (a sound card's crystal, a camera's) is read only
through sender reports, which give its time on the sending machine's wall clock (RFC 3550 §6.4.1).
The sending machine's clock is related to the recorder's own by the arrival times of those reports:
the quickest one of the last minute counts, as queuing can only delay. Both cameras and
the microphone come from one machine, so they share that second relation, and an error in it moves
all tracks together: it can shift the film by a millisecond, never sound against picture.

- RTP to NTP: a line through the last 20 reports, outliers left out (`StreamClock`).
- NTP to recorder: minimum of arrival minus NTP over a minute (`SenderClock`).
- Before the first report: the quickest arrival of the stream itself.
- Small errors in what is already recorded are corrected gently (`steer`): nothing below 2 ms, then
  at most 5 ms a second; only a jump of more than 250 ms is taken at once (`fragmenter.py`).

All times are µs. "Local" means the recorder's monotonic clock, which cannot be set; the wall clock
is read once at the beginning and then monitored for steps.
"""

from __future__ import annotations

import datetime
import time
from collections import deque
from collections.abc import Callable
from itertools import count

REPORTS = 20
"Sender reports in the regression."

_QUICKEST_WITHIN = 60_000_000  # µs over which the quickest report is searched
_STEP = 25_000  # µs a report may disagree before it is doubted
_SAME_MACHINE = 250_000  # µs two clocks may disagree and still count as the same
_CONFIRM = 3  # consecutive doubted reports, agreeing with each other, that prove a step
_LITTLE_DRIFT = (
    3_000 / 50e-6
) ** 2  # µs²: expects 3 ms of noise in a report and 50 ppm of drift in a crystal

DEADBAND = 2_000
SLEW_PER_SECOND = 5_000
JUMP = 250_000


def monotonic_us() -> int:
    """Return the recorder's monotonic clock, which cannot be set, in µs."""
    return time.monotonic_ns() // 1000


def wall_us() -> int:
    """Return the recorder's wall clock, in µs since 1970 UTC."""
    return time.time_ns() // 1000


class Timeline:
    """Microseconds since an interview part began, for every camera and microphone in it."""

    def __init__(
        self, monotonic: Callable[[], int] = monotonic_us, wall: Callable[[], int] = wall_us
    ) -> None:
        """The clocks are parameters so that two hours can be tested in seconds."""
        self.monotonic = monotonic
        self._wall = wall
        self._machines: list[SenderClock] = []
        self.zero = monotonic()
        "Local time of 0 on the timeline."
        self.epoch = wall()
        "Wall-clock time of 0, µs since 1970 UTC."
        self._wall_offset = self.epoch - self.zero
        self.fragment_numbers = count(1)
        """Numbers of this part's fragments (`mfhd`). All tracks share them, so that in a viewing copy, which
        has all tracks in one film, each has a higher number than the one before it (14496-12 §8.8.5). The
        film of one track has gaps in them, as an excerpt has: VLC notes that in its log, and plays it."""

    def begin(self) -> datetime.datetime:
        """Make this moment zero; return it on the wall clock: the epoch. Call before `Camera.begin`."""
        self.zero = self.monotonic()
        self.epoch = self._wall()
        self._wall_offset = self.epoch - self.zero
        self.fragment_numbers = count(1)
        return self.wall(0)

    def now(self) -> int:
        """Return this moment in µs since `begin`."""
        return self.monotonic() - self.zero

    def wall(self, at: int) -> datetime.datetime:
        """Return the wall-clock time (UTC) of `at` µs on the timeline, by the recorder's clock at `begin`."""
        return datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(
            microseconds=self.epoch + at
        )

    def wall_step(self) -> int:
        """Return the µs by which the recorder's wall clock was set since the last call; 0 if under 25 ms.

        The timeline itself never steps: it runs on the monotonic clock from `epoch`.
        """
        offset = self._wall() - self.monotonic()
        step = offset - self._wall_offset
        if abs(step) < _STEP:
            return 0
        self._wall_offset = offset
        return step

    def machine(self, ntp: int, now: int, within: int = _SAME_MACHINE) -> SenderClock:
        """Return the sending machine whose clock shows `ntp` now: a known one if one agrees `within` µs."""
        known = min(self._machines, key=lambda each: abs(now - ntp - each.offset), default=None)
        if known is not None and abs(now - ntp - known.offset) < within:
            return known
        clock = SenderClock()
        clock.report_arrived(ntp, now)
        self._machines.append(clock)
        if len(self._machines) > 8:  # clocks that stepped leave old entries
            del self._machines[0]
        return clock


class SenderClock:
    """A sending machine's wall clock, relative to the recorder's."""

    __slots__ = ("_arrivals", "offset")

    def __init__(self) -> None:
        self._arrivals: deque[tuple[int, int]] = (
            deque()
        )  # arrival, offset; offsets growing: a sliding minimum
        self.offset = 0
        "Local time minus the sender's time."

    def report_arrived(self, ntp: int, now: int) -> None:
        """Note that a report sent at `ntp` arrived at local `now`."""
        offset = now - ntp
        arrivals = self._arrivals
        while arrivals and arrivals[-1][1] >= offset:
            arrivals.pop()
        arrivals.append((now, offset))
        while now - arrivals[0][0] > _QUICKEST_WITHIN:
            arrivals.popleft()
        self.offset = arrivals[0][1]


class StreamClock:
    """One RTP stream's clock: converts timestamps to local times."""

    __slots__ = (
        "_doubted", "_intercept", "_last", "_machine", "_ntp_origin", "_quickest", "_reports", "_rtp_origin",
        "_slope", "_tick", "_timeline",
    )  # fmt: skip

    def __init__(self, timeline: Timeline, rate: int) -> None:
        """`rate`: nominal ticks a second."""
        self._timeline = timeline
        self._tick = 1_000_000 / rate
        self._last = (
            1 << 32
        )  # one wrap above zero, so that reports from before the first packet stay positive
        self._machine: SenderClock | None = None
        self._reports: deque[tuple[int, int]] = deque(maxlen=REPORTS)  # extended RTP, NTP
        self._doubted: list[tuple[int, int, int]] = []  # ... and arrival
        self._quickest: float | None = None
        self._slope = self._tick
        self._intercept = 0.0
        self._rtp_origin = 0
        self._ntp_origin = 0

    @property
    def reported(self) -> bool:
        """Whether a sender report has arrived; before that, times are estimates."""
        return self._machine is not None

    def extend(self, timestamp: int) -> int:
        """Extend the 32-bit `timestamp` of a packet by the number of wraps."""
        last = self._last
        self._last = last = last + ((timestamp - last + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        return last

    def forget(self) -> None:
        """Discard the measurements: the sender's clock stalled or was replaced. Arrival times are used
        again."""
        self._machine = None
        self._reports.clear()
        self._doubted.clear()
        self._quickest = None

    def arrived(self, extended: int, now: int) -> None:
        """Note a packet's arrival: the only basis until the first report."""
        if self._machine is None:
            offset = now - extended * self._tick
            if self._quickest is None or offset < self._quickest:
                self._quickest = offset

    def report(self, ntp: int, timestamp: int, now: int) -> int:
        """Take a sender report: `ntp` in µs, 32-bit RTP `timestamp` of that moment, local `now`.

        Returns the µs by which the sender's clock was set, once that is certain, else 0.
        """
        last = self._last
        extended = last + ((timestamp - last + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        if self._machine is None:
            self._machine = self._timeline.machine(ntp, now)
        elif abs(self._disagreement(extended, ntp)) > self._tolerance():
            return self._doubt(extended, ntp, now)
        self._doubted.clear()
        self._accept(extended, ntp, now)
        return 0

    def local(self, extended: int) -> float:
        """Return the best estimate of when the moment `extended` was captured, in local µs."""
        if self._machine is None:
            return extended * self._tick + (self._quickest or 0.0)
        ntp = self._ntp_origin + self._intercept + (extended - self._rtp_origin) * self._slope
        return ntp + self._machine.offset

    def _accept(self, extended: int, ntp: int, now: int) -> None:
        assert self._machine is not None
        self._machine.report_arrived(ntp, now)
        self._reports.append((extended, ntp))
        self._fit()

    def _tolerance(self) -> float:
        # Senders may make two reports that disagree by 30 ms; later ones are compared
        # with a line through many.
        return _STEP if len(self._reports) > 3 else 4 * _STEP

    def _disagreement(self, extended: int, ntp: int) -> float:
        return ntp - self._ntp_origin - self._intercept - (extended - self._rtp_origin) * self._slope

    def _doubt(self, extended: int, ntp: int, now: int) -> int:
        """A report far off the line is a single bad report, or the first after a step of the clock."""
        self._doubted.append((extended, ntp, now))
        ahead = [self._disagreement(x, y) for x, y, _ in self._doubted]
        if max(ahead) - min(ahead) > 2 * _STEP:
            del self._doubted[:-1]
            return 0
        if len(self._doubted) < _CONFIRM:
            return 0
        confirmed = self._doubted[:]
        self._doubted.clear()
        self._reports.clear()
        self._machine = self._timeline.machine(confirmed[-1][1], confirmed[-1][2], _STEP)
        for report in confirmed:
            self._accept(*report)
        return round(sum(ahead) / len(ahead))

    def _fit(self) -> None:
        """Fit by least squares, around the newest report so that the numbers stay small.

        A few reports determine drift badly, so the slope is pulled towards the nominal one (ridge regression)
        in proportion to how much better crystals are than reports.
        """
        reports = self._reports
        self._rtp_origin, self._ntp_origin = reports[-1]
        xs = [(x - self._rtp_origin) * self._tick for x, _ in reports]
        ys = [float(y - self._ntp_origin) for _, y in reports]
        x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
        variance = sum((x - x_mean) ** 2 for x in xs)
        covariance = sum((x - x_mean) * (y - x - y_mean + x_mean) for x, y in zip(xs, ys, strict=True))
        drift = covariance / (variance + _LITTLE_DRIFT)
        self._slope = self._tick * (1.0 + drift)
        self._intercept = y_mean - x_mean * (1.0 + drift)


def steer(error: float, elapsed: float) -> float:
    """Return how much of `error` to correct after `elapsed` µs of recorded media, both in µs.

    Within the deadband nothing, so that sound stays one unbroken run of samples; beyond it at most
    5 ms a second, which is imperceptible. A time that was set more than 250 ms too late is corrected
    ten times faster; one as much too early is a gap, which `fragmenter.py` leaves open.
    """
    if abs(error) <= DEADBAND:
        return 0.0
    most = SLEW_PER_SECOND * elapsed / 1_000_000
    if error < -JUMP:
        most *= 10
    return min(max(error, -most), most)
