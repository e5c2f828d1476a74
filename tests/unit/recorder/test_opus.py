"""Opus durations, against libopus's own packets."""

from __future__ import annotations

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.errors import Malformed
from recorder.rtp import opus


@pytest.mark.parametrize("milliseconds", ["2.5", "5", "10", "20", "40", "60", "100", "120"])
def test_the_duration_is_what_the_encoder_was_told(milliseconds: str) -> None:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48000, "mono", "s16"
    encoder.options = {"frame_duration": milliseconds, "application": "voip"}
    encoder.open()
    samples = int(float(milliseconds) * 48)
    sound = av.AudioFrame(format="s16", layout="mono", samples=samples)
    sound.sample_rate = 48000
    sound.planes[0].update(bytes(2 * samples))
    packets = [bytes(packet) for packet in [*encoder.encode(sound), *encoder.encode(None)]]
    assert opus.duration(packets[0]) == samples


@pytest.mark.parametrize("packet", [b"", b"\x03", b"\x03\x00", b"\x1f\x03"])
def test_an_impossible_packet_is_refused(packet: bytes) -> None:
    with pytest.raises(Malformed, match="Opus packet"):
        opus.duration(packet)


@settings(deadline=None)  # machines that run tests are busy
@given(st.binary(max_size=3))
def test_any_duration_is_one_opus_can_have(packet: bytes) -> None:
    try:
        samples = opus.duration(packet)
    except Malformed:
        return
    assert 0 < samples <= 5760
    assert samples % 120 == 0
