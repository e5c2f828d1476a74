"""RTCP: what aiortc writes we read, what we write aiortc reads."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from aiortc import rtp as peer
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.errors import Malformed
from recorder.rtp import rtcp


def _parsed(data: bytes) -> list[Any]:
    return peer.RtcpPacket.parse(data)


def test_sender_reports_and_goodbyes_are_found_in_a_compound_packet() -> None:
    info = peer.RtcpSenderInfo(0x1234567880000000, 99, 7, 700)
    block = peer.RtcpReceiverInfo(5, 0, 0, 0, 0, 0, 0)
    data = (
        bytes(peer.RtcpSrPacket(ssrc=1, sender_info=info, reports=[block]))
        + bytes(peer.RtcpSdesPacket([peer.RtcpSourceInfo(1, [(1, b"name")])]))
        + bytes(peer.RtcpByePacket([1, 2]))
    )
    report, goodbye = rtcp.read(data)
    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.ntp, report.rtp) == (1, 0x1234567880000000, 99)
    assert report.ntp_us == 0x12345678 * 1_000_000 + 500_000
    assert isinstance(goodbye, rtcp.Goodbye)
    assert goodbye.ssrcs == (1, 2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80\xc8", "shorter than its header"),
        (b"\x40\xc8\x00\x00", "version"),
        (b"\x80\xc8\x00\x06" + bytes(20), "cut off"),
        (b"\x80\xc8\x00\x01" + bytes(4), "sender report is too short"),
        (b"\x82\xcb\x00\x01" + bytes(4), "goodbye is too short"),
    ],
)
def test_a_broken_packet_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        rtcp.read(data)


@settings(deadline=None)  # machines that run tests are busy
@given(st.binary(max_size=80))
def test_garbage_is_malformed_or_read(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        rtcp.read(data)


@settings(deadline=None)  # machines that run tests are busy
@given(st.sets(st.integers(0, 400), min_size=1), st.integers(0, 0xFFFF))
def test_a_request_names_exactly_the_missing_packets(offsets: set[int], first: int) -> None:
    numbers = [(first + offset) & 0xFFFF for offset in sorted(offsets)]
    (packet,) = _parsed(rtcp.nack(1, 2, numbers))
    assert (packet.ssrc, packet.media_ssrc, packet.fmt) == (1, 2, peer.RTCP_RTPFB_NACK)
    assert [number & 0xFFFF for number in packet.lost] == numbers


def test_a_keyframe_is_asked_for() -> None:
    (packet,) = _parsed(rtcp.picture_loss(1, 2))
    assert (packet.fmt, packet.ssrc, packet.media_ssrc) == (peer.RTCP_PSFB_PLI, 1, 2)


@pytest.mark.parametrize("rate", [1, 262_143, 262_144, 6_128_000, 5_000_000_000])
def test_the_maximum_bitrate_arrives_within_its_precision(rate: int) -> None:
    (packet,) = _parsed(rtcp.maximum_bitrate(1, [2, 3], rate))
    got, ssrcs = peer.unpack_remb_fci(packet.fci)
    assert ssrcs == [2, 3]
    assert rate * (1 - 2**-17) <= got <= rate


def test_a_receiver_report_carries_its_blocks_and_a_name() -> None:
    reception = rtcp.Reception(7, 90_000)
    reception.received = 90
    reception.reported(rtcp.SenderReport(7, 0x0001_2345_6789_0000, 5), 1_000_000)
    block = reception.block(65_536, 65_536 + 99, 1_500_000)
    report, description = _parsed(rtcp.receiver_report(1, [block], "a1b2"))
    (info,) = report.reports
    assert (info.ssrc, info.packets_lost, info.highest_sequence) == (7, 10, 65_635)
    assert info.fraction_lost == 10 * 256 // 100
    assert (info.lsr, info.dlsr) == (0x2345_6789, 32_768)
    assert description.chunks[0].items == [(1, b"a1b2")]


def test_the_fraction_lost_is_that_of_the_interval_alone() -> None:
    reception = rtcp.Reception(7, 90_000)
    reception.received = 50
    reception.block(0, 99, 0)
    reception.received = 150
    (report,) = _parsed(rtcp.receiver_report(1, [reception.block(0, 199, 0)], "x"))[:1]
    assert report.reports[0].fraction_lost == 0
    assert report.reports[0].packets_lost == 50


def test_jitter_follows_rfc_3550() -> None:
    reception = rtcp.Reception(7, 90_000)
    for index, late in enumerate((0, 10_000, 0, 10_000)):
        reception.timed(index * 3000, index * 33_333 + late)
    expected = 0.0
    for _ in range(3):
        expected += (900 - expected) / 16
    (report,) = _parsed(rtcp.receiver_report(1, [reception.block(0, 0, 0)], "x"))[:1]
    assert report.reports[0].jitter == pytest.approx(expected, abs=3)
