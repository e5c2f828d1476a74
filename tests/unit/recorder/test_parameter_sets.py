"""Parameter sets: sizes as encoders write them, garbage refused."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.senders import split_annex_b
from recorder.errors import Malformed
from recorder.rtp.h264_sps import SequenceParameters


def _sps(width: int, height: int, profile: str, pixels: str = "yuv420p", **options: str) -> bytes:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"preset": "ultrafast", "profile": profile, "tune": "zerolatency", **options}
    frame = av.VideoFrame(width, height, pixels)
    units = [unit for packet in encoder.encode(frame) for unit in split_annex_b(bytes(packet))]
    return next(unit for unit in units if unit[0] & 0x1F == 7)


@pytest.mark.parametrize(
    ("width", "height", "profile", "pixels", "options"),
    [
        (1280, 720, "baseline", "yuv420p", {}),
        (640, 360, "baseline", "yuv420p", {}),
        (1920, 1080, "main", "yuv420p", {}),
        (178, 102, "main", "yuv420p", {}),
        (720, 576, "high", "yuv420p", {"x264-params": "interlaced=1"}),
        (322, 242, "high", "yuv420p", {"x264-params": "cqm=jvt"}),
        (322, 242, "high422", "yuv422p", {}),
        (323, 241, "high444", "yuv444p", {}),
    ],
)
def test_the_picture_size_is_read_with_its_cropping(
    width: int, height: int, profile: str, pixels: str, options: dict[str, str]
) -> None:
    seen = SequenceParameters(_sps(width, height, profile, pixels, **options))
    assert (seen.width, seen.height) == (width, height)


@settings(deadline=None)  # machines that run tests are busy
@given(st.binary(max_size=40))
def test_garbage_is_malformed_or_a_possible_size(data: bytes) -> None:
    try:
        seen = SequenceParameters(b"\x67" + data)
    except Malformed:
        return
    assert 0 < seen.width <= 16384
    assert 0 < seen.height <= 16384


def test_every_cut_of_a_true_one_is_refused() -> None:
    whole = _sps(1280, 720, "high")
    for size in range(1, 9):
        with pytest.raises(Malformed):
            SequenceParameters(whole[:size])


def test_another_unit_is_refused() -> None:
    with pytest.raises(Malformed, match="not a sequence parameter set"):
        SequenceParameters(b"\x68\x42\xe0\x1f\x00")
