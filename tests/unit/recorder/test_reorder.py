"""The reorder buffer: order, exactness, and an account of what is missing."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.rtp.reorder_buffer import MAX_JUMP, ReorderBuffer

WAIT = 100_000


class Bench:
    """A buffer, and what came out of it: numbers delivered, and `-n` for n packets lost."""

    def __init__(self) -> None:
        self.out: list[int] = []
        self.late = 0
        self.restarts = 0
        self.buffer = ReorderBuffer(WAIT, self._deliver, self._lost, self._is_late, self._restarted)

    def _deliver(self, timestamp: int, marker: int, payload: bytes) -> None:
        self.out.append(timestamp)

    def _lost(self, packets: int) -> None:
        self.out.append(-packets)

    def _is_late(self) -> None:
        self.late += 1

    def _restarted(self) -> None:
        self.restarts += 1

    def send(self, index: int, now: int = 0) -> None:
        """Packet `index` of the stream; its number wraps like any 16-bit number."""
        self.buffer.add(index & 0xFFFF, index, 0, b"", now)


def test_packets_in_order_pass_at_once() -> None:
    bench = Bench()
    for index in range(65_500, 65_600):
        bench.send(index)
    assert bench.out == list(range(65_500, 65_600))


def test_a_gap_is_waited_for_and_then_given_up_once() -> None:
    bench = Bench()
    bench.send(1)
    bench.send(4, now=1000)
    bench.send(5, now=2000)
    bench.buffer.expire(1000 + WAIT - 1)
    assert bench.out == [1]
    assert sorted(number & 0xFFFF for number in bench.buffer.missing) == [2, 3]
    bench.buffer.expire(1000 + WAIT)
    assert bench.out == [1, -2, 4, 5]
    assert not bench.buffer.missing


def test_a_packet_after_it_was_given_up_is_late_and_not_recorded() -> None:
    bench = Bench()
    for index in (1, 3):
        bench.send(index)
    bench.buffer.expire(WAIT)
    bench.send(2)
    bench.send(2)
    assert bench.out == [1, -1, 3]
    assert (bench.late, bench.buffer.duplicates) == (1, 1)


def test_two_gaps_are_given_up_each_in_its_time() -> None:
    bench = Bench()
    bench.send(1, now=0)
    bench.send(3, now=0)
    bench.send(5, now=50_000)
    bench.buffer.expire(WAIT)
    assert bench.out == [1, -1, 3]
    bench.buffer.expire(50_000 + WAIT)
    assert bench.out == [1, -1, 3, -1, 5]


def test_draining_gives_up_everything_and_loses_nothing_received() -> None:
    bench = Bench()
    for index in (1, 3, 6):
        bench.send(index)
    bench.buffer.drain()
    assert bench.out == [1, -1, 3, -2, 6]


def test_a_long_outage_is_one_loss_once_a_second_packet_confirms_it() -> None:
    bench = Bench()
    bench.send(1)
    bench.send(2 + MAX_JUMP + 500, now=9_000_000)
    assert bench.out == [1]
    bench.send(3 + MAX_JUMP + 500, now=9_000_000)
    assert bench.out == [1, -(MAX_JUMP + 500), 2 + MAX_JUMP + 500, 3 + MAX_JUMP + 500]
    assert bench.restarts == 0


def test_a_single_stray_number_changes_nothing() -> None:
    bench = Bench()
    bench.send(1)
    bench.send(30_000)
    bench.send(2)
    bench.send(50_000)
    bench.send(3)
    assert bench.out == [1, 2, 3]


def test_a_jump_within_reach_is_a_gap_once_a_second_packet_confirms_it() -> None:
    bench = Bench()
    bench.send(1)
    bench.send(500, now=10)
    assert not bench.buffer.missing
    bench.send(501, now=20)
    assert len(bench.buffer.missing) == 498
    bench.send(2, now=30)
    bench.buffer.expire(10 + WAIT)
    assert bench.out == [1, 2, -497, 500, 501]
    assert bench.restarts == 0


def test_numbering_anew_is_noticed_and_followed() -> None:
    bench = Bench()
    bench.send(40_000)
    bench.send(40_002)
    bench.send(100)
    bench.send(101)
    bench.send(102)
    assert bench.out == [40_000, -1, 40_002, 100, 101, 102]
    assert bench.restarts == 1


@settings(deadline=None)  # machines that run tests are busy
@given(
    first=st.integers(0, 0x1FFFF),
    count=st.integers(2, 200),
    seed=st.integers(0, 2**32),
    loss=st.sampled_from([0.0, 0.05, 0.5]),
)
def test_any_disorder_comes_out_in_order_and_accounted_for(
    first: int, count: int, seed: int, loss: float
) -> None:
    """Every packet is delivered once, lost, or late; never twice, never out of order."""
    dice = random.Random(seed)
    arrivals: list[tuple[int, int]] = [(0, first)]
    kept = {first}
    for index in range(first + 1, first + count):
        if dice.random() < loss:
            continue
        kept.add(index)
        at = (index - first) * 1000
        for _ in range(1 + (dice.random() < 0.1)):
            arrivals.append((at + dice.choice((0, 0, 0, 5_000, 40_000)), index))
    arrivals.append(((count + 200) * 1000, first + count))
    bench = Bench()
    for now, index in sorted(arrivals):
        bench.buffer.expire(now)
        bench.send(index, now)
    bench.buffer.drain()

    place = first
    delivered = set()
    for each in bench.out:
        if each < 0:
            lost = set(range(place, place - each))
            assert not lost & kept
            place -= each
        else:
            assert each == place
            delivered.add(each)
            place += 1
    assert delivered == kept | {first + count}
    assert bench.late == 0
    assert bench.buffer.duplicates == len(arrivals) - len(delivered)
