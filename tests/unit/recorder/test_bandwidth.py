"""Transport-wide feedback, read back as the draft describes it."""

from __future__ import annotations

from struct import unpack_from

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.rtp.transport_cc import Arrivals


def _decode(message: bytes) -> dict[int, int | None]:
    """16-bit sequence number to arrival in units of 250 µs, None for missing (draft §3.1)."""
    flags, kind, words = unpack_from("!BBH", message)
    assert (flags, kind, 4 + 4 * words) == (0x80 | 15, 205, len(message))
    base, count, reference = unpack_from("!HHI", message, 12)
    at = 20
    symbols: list[int] = []
    while len(symbols) < count:
        (chunk,) = unpack_from("!H", message, at)
        at += 2
        if chunk & 0x8000:
            assert chunk & 0x4000  # two-bit symbols
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> 13] * (chunk & 0x1FFF)
    arrivals: dict[int, int | None] = {}
    time = (reference >> 8) * 256
    for index, symbol in enumerate(symbols[:count]):
        if symbol == 0:
            arrivals[(base + index) & 0xFFFF] = None
            continue
        if symbol == 1:
            time += message[at]
            at += 1
        else:
            (delta,) = unpack_from("!h", message, at)
            time += delta
            at += 2
        arrivals[(base + index) & 0xFFFF] = time
    assert len(message) - at < 4
    return arrivals


@settings(deadline=None)  # machines that run tests are busy
@given(
    first=st.integers(0, 0xFFFF),
    steps=st.lists(st.tuples(st.integers(1, 30), st.integers(-20_000, 200_000)), min_size=1, max_size=80),
)
def test_every_arrival_is_told_and_every_absence(first: int, steps: list[tuple[int, int]]) -> None:
    arrivals = Arrivals()
    number, now = first, 5_000_000
    expected: dict[int, int | None] = {}
    for step, passed in steps:
        for absent in range(1, step):
            if expected:
                expected[(number + absent) & 0xFFFF] = None
        number += step
        now += passed
        expected[number & 0xFFFF] = now // 250
        arrivals.note(number & 0xFFFF, now)
    message = arrivals.feedback(1, 2)
    assert message is not None
    told = _decode(message)
    assert told == {key: value if value is None else value % (1 << 32) for key, value in expected.items()}


def test_each_packet_is_told_once_and_silence_says_nothing() -> None:
    arrivals = Arrivals()
    assert arrivals.feedback(1, 2) is None
    for number in (65_535, 1):
        arrivals.note(number, 1_000_000)
    first = arrivals.feedback(1, 2)
    assert first is not None
    assert _decode(first) == {65_535: 4000, 0: None, 1: 4000}
    assert arrivals.feedback(1, 2) is None
    arrivals.note(3, 1_050_000)
    second = arrivals.feedback(1, 2)
    assert second is not None
    assert _decode(second) == {2: None, 3: 4200}
    assert (first[19], second[19]) == (0, 1)
