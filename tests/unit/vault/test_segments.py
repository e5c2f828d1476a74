"""Frames: what is one, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import Altered
from vault.spool.segments import (
    Frame,
    Position,
    check_evidence,
    decode_frame,
    encode_frame,
    file_key,
    read_frames,
    segment_key,
)

frames = st.tuples(st.binary(min_size=1, max_size=50), st.binary(max_size=200))


def found(path: Path, data: bytes, offset: int = 0) -> list[tuple[Position, Frame]]:
    path.write_bytes(data)
    with path.open("rb") as file:
        return list(read_frames(file, 1, offset))


def test_the_worked_example_of_the_specification():
    assert (
        encode_frame(b"{}", b"sealed").hex() == "00000002" + "00000006" + "55c1fc97" + "7b7d" + "7365616c6564"
    )


@given(frame=frames)
def test_a_frame_decodes_to_what_was_encoded(frame: tuple[bytes, bytes]):
    assert decode_frame(encode_frame(*frame)) == Frame(*frame)


@given(frame=frames, data=st.data())
def test_a_frame_with_any_byte_changed_is_refused(frame: tuple[bytes, bytes], data: st.DataObject):
    encoded = bytearray(encode_frame(*frame))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Altered):
        decode_frame(bytes(encoded))


@given(frame=frames, cut=st.integers(1, 10))
def test_a_frame_cut_short_or_with_more_behind_it_is_refused(frame: tuple[bytes, bytes], cut: int):
    encoded = encode_frame(*frame)
    for wrong in (encoded[:-cut], encoded + bytes(cut)):
        with pytest.raises(Altered):
            decode_frame(wrong)


def test_an_empty_record_is_no_frame_so_zeros_are_none(tmp_path: Path):
    with pytest.raises(ValueError, match="at least one byte"):
        encode_frame(b"", b"")
    with pytest.raises(Altered):
        decode_frame(bytes(12))
    assert found(tmp_path / "zeros", encode_frame(b"{}", b"x") + bytes(4096))[-1][0].end == 15


def test_reading_goes_frame_by_frame_and_can_begin_behind_one(tmp_path: Path):
    data = encode_frame(b"1", b"one") + encode_frame(b"2", b"two") + encode_frame(b"3", b"")
    assert [frame.record for _, frame in found(tmp_path / "s", data)] == [b"1", b"2", b"3"]
    first = found(tmp_path / "s", data)[0][0]
    assert first == Position(1, 0, 16)
    assert [frame.record for _, frame in found(tmp_path / "s", data, first.end)] == [b"2", b"3"]


@pytest.mark.parametrize("size", range(16, 32))
def test_reading_ends_before_a_torn_frame_wherever_it_is_torn(tmp_path: Path, size: int):
    data = encode_frame(b"1", b"one") + encode_frame(b"2", b"two")
    assert [frame.record for _, frame in found(tmp_path / "s", data[:size])] == [b"1"]


def test_a_length_beyond_the_file_is_not_believed(tmp_path: Path):
    data = encode_frame(b"1", b"one") + b"\xff\xff\xff\xff" * 2 + bytes(1000)
    assert len(found(tmp_path / "s", data)) == 1


def test_keys_and_ids():
    assert segment_key("0" * 32, 7) == "recordings/" + "0" * 32 + "/segments/000007"
    assert file_key("0" * 32, "index") == "recordings/" + "0" * 32 + "/index"
    for wrong in ("", "0" * 31, "A" * 32, "0" * 32 + "\n", "../" + "0" * 29):
        with pytest.raises(ValueError, match="32 lower-case hex digits"):
            check_evidence(wrong)
