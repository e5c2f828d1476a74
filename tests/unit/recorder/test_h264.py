"""H.264 out of RTP: pictures whole and exact, or named as broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.senders import PAYLOAD, make_media, packetize
from recorder.rtp.h264_depacketizer import Assembler, Picture, opens_picture

SPS, PPS = b"\x67\x42\xe0\x1f\x01", b"\x68\xce\x01"


def unit(kind: int, size: int, fill: int = 0x80) -> bytes:
    return bytes((0x60 | kind,)) + bytes((fill,)) * (size - 1)


KEY = [SPS, PPS, unit(5, 3000)]
NEXT = [unit(1, 2500)]


class Bench:
    """An assembler and what it has said."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self.whole: list[Picture] = []
        self.broken: list[int] = []
        self.assembler = Assembler(limit, self.whole.append, self.broken.append)

    def send(self, timestamp: int, units: list[bytes], without: tuple[int, ...] = ()) -> None:
        """A picture, the packets numbered `without` lost."""
        payloads = packetize(units)
        missed = False
        for index, payload in enumerate(payloads):
            if index in without:
                missed = True
                continue
            if missed:
                self.assembler.gap()
                missed = False
            self.assembler.push(timestamp, int(index == len(payloads) - 1), payload)
        if missed:
            self.assembler.gap()

    @property
    def timestamps(self) -> list[int]:
        return [picture.timestamp for picture in self.whole]


def units_of(content: bytes) -> list[bytes]:
    found = []
    while content:
        size = int.from_bytes(content[:4])
        found.append(content[4 : 4 + size])
        content = content[4 + size :]
    return found


@settings(deadline=None)  # machines that run tests are busy
@given(
    st.lists(st.tuples(st.sampled_from([1, 5, 6, 9]), st.integers(2, 4 * PAYLOAD)), min_size=1, max_size=6)
)
def test_units_of_any_size_come_out_as_they_went_in(shapes: list[tuple[int, int]]) -> None:
    bench = Bench()
    units = [unit(kind, size, 0x80 | index) for index, (kind, size) in enumerate(shapes)]
    bench.send(1, units)
    (picture,) = bench.whole
    assert units_of(picture.content) == units
    assert picture.key == any(kind == 5 for kind, _ in shapes)


def test_a_real_encoders_pictures_come_out_as_they_went_in() -> None:
    media = make_media(1)
    bench = Bench()
    for index, units in enumerate(media.units):
        bench.send(index, units)
    assert [units_of(picture.content) for picture in bench.whole] == media.units
    assert [picture.key for picture in bench.whole] == media.keys


def test_parameter_sets_are_found_in_aggregates_alone_and_in_fragments() -> None:
    bench = Bench()
    large_pps = unit(8, 2 * PAYLOAD)
    bench.send(1, [SPS, PPS, large_pps, unit(5, 100)])
    bench.assembler.push(2, 0, SPS)
    bench.assembler.push(2, 1, unit(5, 50))
    assert (bench.whole[0].sps, bench.whole[0].pps) == ((SPS,), (PPS, large_pps))
    assert bench.whole[1].sps == (SPS,)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_picture_with_a_lost_packet_is_broken_and_the_next_is_kept(lost: int) -> None:
    bench = Bench()
    bench.send(1, KEY)
    bench.send(2, NEXT, without=(lost,))
    bench.send(3, NEXT)
    assert bench.timestamps == [1, 3]
    assert bench.broken == [2]


def test_a_loss_between_two_pictures_breaks_neither() -> None:
    bench = Bench()
    bench.send(1, NEXT)
    bench.assembler.gap()
    bench.send(3, NEXT)
    assert bench.timestamps == [1, 3]
    assert bench.broken == []


def test_a_picture_that_lost_its_beginning_is_broken() -> None:
    bench = Bench()
    bench.send(1, NEXT)
    bench.assembler.gap()
    bench.assembler.push(2, 1, unit(1, 100, 0x40))  # a second slice: first_mb_in_slice is not 0
    assert bench.broken == [2]


def test_a_keyframe_that_may_have_lost_its_parameter_sets_is_broken() -> None:
    bench = Bench()
    bench.send(1, KEY, without=(0,))
    assert bench.broken == [1]


def test_a_picture_without_marker_ends_where_the_next_begins() -> None:
    bench = Bench()
    bench.assembler.push(1, 0, unit(1, 50))
    bench.assembler.push(2, 1, unit(1, 50))
    assert bench.timestamps == [1, 2]


def test_padding_packets_are_nothing() -> None:
    bench = Bench()
    bench.assembler.push(1, 0, b"")
    bench.assembler.push(1, 1, unit(1, 50))
    bench.assembler.push(2, 1, b"")
    assert bench.timestamps == [1]


@pytest.mark.parametrize(
    "payload",
    [
        b"\x00\x80",  # type 0
        b"\x19\x80\x80",  # STAP-B
        b"\x1a\x80\x80",  # MTAP16
        b"\x1d\x80\x80",  # FU-B
        b"\x1f\x80",  # type 31
        b"\x18\x00\x00",  # STAP-A with an empty unit
        b"\x18\x00\x05\x61\x80",  # STAP-A unit cut off
        b"\x18\x00",  # STAP-A size cut off
        b"\x18\x00\x02\x78\x01",  # STAP-A inside a STAP-A
        b"\x7c\x85",  # FU-A without content
        b"\x7c\xc5\x80",  # FU-A both first and last
        b"\x7c\x05\x80",  # FU-A without beginning
        b"\x7c\x9c\x80",  # FU-A of an FU-A
    ],
)
def test_a_payload_rfc_6184_does_not_allow_breaks_its_picture_only(payload: bytes) -> None:
    bench = Bench()
    bench.assembler.push(1, 1, payload)
    bench.send(2, NEXT)
    assert bench.broken == [1]
    assert bench.timestamps == [2]
    assert bench.assembler.refused == 1


def test_a_fragment_that_never_ends_breaks_its_picture() -> None:
    bench = Bench()
    bench.assembler.push(1, 1, b"\x7c\x81\x80\x00")
    bench.assembler.push(2, 0, b"\x7c\x81\x80\x00")
    bench.assembler.push(2, 1, unit(1, 20))
    assert bench.broken == [1, 2]


def test_a_picture_larger_than_allowed_is_refused() -> None:
    bench = Bench(limit=5000)
    bench.send(1, [unit(1, 6000)])
    bench.send(2, NEXT)
    assert bench.broken == [1]
    assert bench.timestamps == [2]


@settings(deadline=None)  # machines that run tests are busy
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 1), st.binary(max_size=12), st.booleans()), max_size=30
    )
)
def test_garbage_never_escapes(packets: list[tuple[int, int, bytes, bool]]) -> None:
    bench = Bench()
    for timestamp, marker, payload, gap in packets:
        if gap:
            bench.assembler.gap()
        bench.assembler.push(timestamp, marker, payload)
        opens_picture(payload)
    for picture in bench.whole:
        assert sum(4 + len(each) for each in units_of(picture.content)) == len(picture.content)
