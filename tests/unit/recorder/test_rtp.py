"""RTP headers: read as another implementation writes them, and nothing but `Malformed` for garbage."""

from __future__ import annotations

import pytest
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.errors import Malformed
from recorder.rtp.packet import read_extensions, read_header


def _read(packet: bytes) -> tuple[int, int, int, int, int, int, int, int]:
    return read_header(bytearray(packet), len(packet))


@settings(deadline=None)  # machines that run tests are busy
@given(
    payload=st.binary(max_size=40),
    number=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    marker=st.booleans(),
    sources=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15),
    padding=st.integers(0, 20),
)
def test_a_header_is_read_as_it_was_written(
    payload: bytes, number: int, timestamp: int, ssrc: int, marker: bool, sources: list[int], padding: int
) -> None:
    packet = RtpPacket(102, int(marker), number, timestamp, ssrc, payload)
    packet.csrc = sources
    packet.padding_size = padding
    data = packet.serialize()

    kind, mark, got_number, got_timestamp, got_ssrc, _, start, end = _read(data)

    assert (kind, mark, got_number, got_timestamp, got_ssrc) == (102, marker, number, timestamp, ssrc)
    assert data[start:end] == payload


@settings(deadline=None)  # machines that run tests are busy
@given(st.binary(max_size=64))
def test_garbage_is_malformed_or_within_bounds(data: bytes) -> None:
    packet = bytearray(data)
    try:
        *_, extension, start, end = read_header(packet, len(data))
        assert 12 <= start <= end <= len(data)
        if extension:
            for value in read_extensions(packet, extension).values():
                assert value in data
    except Malformed:
        pass


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80" * 11, "shorter than its header"),
        (b"\x40" + bytes(11), "version is not 2"),
        (b"\x8f" + bytes(11), "longer than the packet"),
        (b"\x90" + bytes(11), "extension is cut off"),
        (b"\x90" + bytes(13) + b"\x00\x09", "longer than the packet"),
        (b"\xa0" + bytes(11) + b"\x00", "padding"),
        (b"\xa0" + bytes(11) + b"\x02", "padding"),
    ],
)
def test_a_broken_header_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        _read(data)


def _extended(profile: int, content: bytes) -> bytearray:
    content += bytes(-len(content) % 4)
    return bytearray(profile.to_bytes(2) + (len(content) // 4).to_bytes(2) + content)


def test_one_byte_extensions_are_read_past_padding_and_end_at_id_15() -> None:
    packet = _extended(0xBEDE, b"\x20\x9e\x00\x51\x12\x34\xf0\x30\x01")
    assert read_extensions(packet, 0) == {2: b"\x9e", 5: b"\x12\x34"}


def test_two_byte_extensions_may_be_empty_or_long() -> None:
    packet = _extended(0x1003, b"\x02\x00\x11\x12" + bytes(18))
    assert read_extensions(packet, 0) == {2: b"", 17: bytes(18)}


def test_an_unknown_extension_profile_is_passed_over() -> None:
    assert read_extensions(_extended(0xABCD, b"\x11\x22\x33\x44"), 0) == {}


@pytest.mark.parametrize("content", [b"\x00\x00\x00\x11", b"\x00\x00\x2f\x11"])
def test_a_cut_extension_element_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="cut off"):
        read_extensions(_extended(0xBEDE, content), 0)
