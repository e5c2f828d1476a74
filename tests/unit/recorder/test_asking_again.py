"""Retransmission requests: after a moment, every round trip, until the packet comes."""

from __future__ import annotations

from recorder.rtp.nack import Retransmission

MS = 1000


def test_reordering_is_given_a_moment_to_heal() -> None:
    requests = Retransmission(10 * MS)
    assert requests.due({7: 0}, 9 * MS) == []
    assert requests.due({7: 0}, 10 * MS) == [7]


def test_a_request_is_repeated_each_round_trip_until_the_packet_comes() -> None:
    requests = Retransmission(0)
    assert requests.due({1: 0}, 0) == [1]
    requests.arrived(1, 20 * MS)
    assert requests.round_trip == 20 * MS

    asked = [now for now in range(0, 200 * MS, MS) if requests.due({2: 0}, now)]
    assert asked == [0, 30 * MS, 60 * MS, 90 * MS, 120 * MS, 150 * MS, 180 * MS]


def test_the_answer_to_a_repeated_request_measures_nothing() -> None:
    requests = Retransmission(0)
    requests.due({1: 0}, 0)
    requests.due({1: 0}, 200 * MS)
    requests.arrived(1, 210 * MS)
    assert requests.round_trip is None
    assert requests.answered == 1


def test_a_packet_nobody_asked_for_is_no_answer() -> None:
    requests = Retransmission(0)
    requests.arrived(5, 0)
    assert requests.answered == 0


def test_requests_are_in_stream_order_and_bounded() -> None:
    requests = Retransmission(0)
    missing = dict.fromkeys(range(65_600, 65_200, -1), 0)
    first, second = requests.due(missing, 0), requests.due(missing, 0)
    assert len(first) == 256
    assert [*first, *second] == [number & 0xFFFF for number in range(65_201, 65_601)]
