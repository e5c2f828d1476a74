"""The timeline: three clocks that disagree, read right."""

from __future__ import annotations

import random

import pytest

from recorder.clock import DEADBAND, JUMP, SenderClock, StreamClock, Timeline, steer

SECOND = 1_000_000
NTP = 3_900_000_000 * SECOND


class Room:
    """A sending machine and a recorder with clocks that can be set; time moves when told to."""

    def __init__(self) -> None:
        self.now = 50 * SECOND
        self.wall = 1_790_000_000 * SECOND
        self.ntp_offset = NTP
        self.timeline = Timeline(lambda: self.now, lambda: self.wall + self.now)

    def stream(self, rate: int = 48_000) -> StreamClock:
        return StreamClock(self.timeline, rate)

    def ntp(self, local: float) -> int:
        return round(local) + self.ntp_offset


def _report(room: Room, clock: StreamClock, rate: float, at: int, delay: int = 1000, first: int = 0) -> int:
    """A report sent at local `at`, whose stream's RTP clock runs at `rate` since then and showed `first`."""
    rtp = first + round((at - 50 * SECOND) * rate / SECOND)
    return clock.report(room.ntp(at), rtp & 0xFFFFFFFF, at + delay)


def test_time_before_the_first_report_goes_by_the_quickest_packet() -> None:
    room = Room()
    clock = room.stream()
    for index, delay in enumerate((30_000, 5_000, 80_000)):
        clock.arrived(clock.extend(index * 48_000), room.now + index * SECOND + delay)
    assert not clock.reported
    assert clock.local(clock.extend(2 * 48_000)) == room.now + 2 * SECOND + 5_000


def test_a_report_puts_a_stream_on_the_senders_clock() -> None:
    room = Room()
    clock = room.stream()
    first = clock.extend(0)
    clock.arrived(first, room.now + 300_000)
    _report(room, clock, 48_000, room.now + SECOND)
    assert clock.reported
    assert clock.local(first) == pytest.approx(room.now + 1000, abs=30)


def test_drift_is_followed_through_noise_and_a_wrap() -> None:
    room = Room()
    clock = room.stream()
    dice = random.Random(1)
    rate = 48_000 * (1 + 50e-6)
    first = 0xFFFFFFFF - 48_000 * 100
    clock.extend(first)
    worst = 0.0
    for second in range(1, 600):
        at = 50 * SECOND + second * SECOND
        true = clock.extend((first + round(second * rate)) & 0xFFFFFFFF)
        noise = dice.uniform(-0.01, 0.01)  # s: senders know the RTP time of a report only so well
        clock.report(room.ntp(at), (first + round((second + noise) * rate)) & 0xFFFFFFFF, at + 1000)
        if second > 20:
            worst = max(worst, abs(clock.local(true) - at - 1000))
    assert worst < 5_000


def test_sound_and_picture_of_one_machine_share_its_clock() -> None:
    room = Room()
    sound, video = room.stream(48_000), room.stream(90_000)
    for second in range(1, 30):
        at = 50 * SECOND + second * SECOND
        _report(room, sound, 48_000, at, delay=40_000)
        _report(room, video, 90_000, at, delay=1_000 + 100 * second, first=12_345)
    difference = sound.local(sound.extend(48_000 * 29)) - video.local(video.extend(12_345 + 90_000 * 29))
    assert abs(difference) < 50


def test_another_machine_has_a_clock_of_its_own() -> None:
    room = Room()
    here, there = room.stream(), room.stream()
    _report(room, here, 48_000, 51 * SECOND)
    room.ntp_offset += 3 * SECOND
    _report(room, there, 48_000, 51 * SECOND)
    assert here.local(here.extend(48_000)) == pytest.approx(there.local(there.extend(48_000)), abs=50)


def test_one_bad_report_changes_nothing() -> None:
    room = Room()
    clock = room.stream()
    for second in range(1, 10):
        _report(room, clock, 48_000, 50 * SECOND + second * SECOND)
    before = clock.local(clock.extend(480_000))
    assert clock.report(room.ntp(60 * SECOND) + 700_000, 480_000, 60 * SECOND) == 0
    assert clock.local(clock.extend(480_000)) == before


def test_a_senders_clock_that_was_set_is_noticed_and_moves_nothing() -> None:
    room = Room()
    sound, video = room.stream(), room.stream(90_000)
    steps = []
    for second in range(1, 60):
        at = 50 * SECOND + second * SECOND
        if second == 30:
            room.ntp_offset += 100_000
        steps.append(_report(room, sound, 48_000, at))
        if second % 4 == 0:
            _report(room, video, 90_000, at)
        now_sound = sound.local(sound.extend(48_000 * second))
        assert now_sound == pytest.approx(at + 1000, abs=1500), second
        assert video.local(video.extend(90_000 * second)) == pytest.approx(at + 1000, abs=1500) or second < 4
    assert [step for step in steps if step] == [pytest.approx(100_000, abs=1000)]


def test_a_delayed_report_does_not_move_the_senders_clock() -> None:
    clock = SenderClock()
    clock.report_arrived(1000, 1000 + 500)
    clock.report_arrived(2_000_000, 2_000_000 + 90_000)
    assert clock.offset == 500


def test_the_quickest_report_is_forgotten_after_a_minute() -> None:
    clock = SenderClock()
    for second in range(120):
        clock.report_arrived(second * SECOND, second * SECOND + 1000 + second * 50)
    assert 1000 + 59 * 50 <= clock.offset <= 1000 + 60 * 50


def test_the_timeline_begins_at_zero_and_knows_the_wall_clock() -> None:
    room = Room()
    room.now += 7 * SECOND
    epoch = room.timeline.begin()
    room.now += 1_500_000
    assert room.timeline.now() == 1_500_000
    assert (room.timeline.wall(1_500_000) - epoch).total_seconds() == 1.5
    assert epoch.timestamp() == 1_790_000_057


def test_a_recorders_clock_that_was_set_is_told_once_and_the_timeline_stays() -> None:
    room = Room()
    room.timeline.begin()
    before = room.timeline.wall(0)
    room.wall -= 2 * SECOND
    assert room.timeline.now() == 0
    assert room.timeline.wall_step() == -2 * SECOND
    assert room.timeline.wall_step() == 0
    assert room.timeline.wall(0) == before


def test_steering_leaves_small_errors_and_bounds_large_ones() -> None:
    assert steer(DEADBAND, SECOND) == 0
    assert steer(-3_000, SECOND) == -3_000
    assert steer(40_000, SECOND) == 5_000
    assert steer(-40_000, SECOND / 2) == -2_500
    assert steer(-JUMP - 1, SECOND) == -50_000
