"""Offers: a browser's is answered well, a broken one is refused in words."""

from __future__ import annotations

import re

import pytest
from aiortc import sdp as peer
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.config import CaptureConfig
from recorder.errors import OfferRefused
from recorder.webrtc import sdp_answer, sdp_offer

CONFIG = CaptureConfig()
BOTH = frozenset({"video", "audio"})
FINGERPRINT = ":".join(["AB"] * 32)

TRANSPORT = f"""\
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host generation 0
a=ice-ufrag:abCD
a=ice-pwd:0123456789abcdefghijkl
a=ice-options:trickle
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:actpass
"""

# As Chromium writes it, shortened: two H.264 profiles in both packetization modes among other codecs.
OFFER = f"""\
v=0
o=- 4611 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9
{TRANSPORT}a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=ssrc:1111 cname:x
m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 109 114
{TRANSPORT}a=mid:1
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:103 H264/90000
a=rtcp-fb:103 goog-remb
a=rtcp-fb:103 transport-cc
a=rtcp-fb:103 ccm fir
a=rtcp-fb:103 nack
a=rtcp-fb:103 nack pli
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:104 rtx/90000
a=fmtp:104 apt=103
a=rtpmap:107 H264/90000
a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:108 rtx/90000
a=fmtp:108 apt=107
a=rtpmap:109 H264/90000
a=rtcp-fb:109 goog-remb
a=rtcp-fb:109 transport-cc
a=rtcp-fb:109 nack
a=rtcp-fb:109 nack pli
a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:114 rtx/90000
a=fmtp:114 apt=109
a=ssrc-group:FID 2222 3333
a=ssrc:2222 cname:x
a=ssrc:3333 cname:x
"""


def _answer(offer: str, kinds: frozenset[str] = BOTH) -> str:
    read = sdp_offer.read(offer, kinds)
    return sdp_answer.write(
        read, CONFIG, "user", "password", ["1 1 udp 1 127.0.0.1 9 typ host"], [("sha-256", "AA")], 1
    )


def _video(offer: str) -> sdp_offer.Accepted:
    return next(each for each in sdp_offer.read(offer, BOTH).accepted if each.kind == "video")


def test_the_best_understood_h264_with_packetization_mode_1_is_taken() -> None:
    video = _video(OFFER)
    assert (video.payload_type, video.retransmission_type) == (109, 114)
    assert video.retransmission_of == {3333: 2222}


def test_packetization_mode_0_is_taken_where_there_is_no_other() -> None:
    only = OFFER.replace("packetization-mode=1", "packetization-mode=2")
    assert _video(only).payload_type == 107


def test_transport_wide_feedback_is_preferred_and_remb_is_the_fallback() -> None:
    assert _video(OFFER).feedback == {"nack", "nack pli", "transport-cc"}
    without = OFFER.replace("a=extmap:3", "a=extmap:3/sendonly urn:other ")
    assert _video(without).feedback == {"nack", "nack pli", "goog-remb"}


def test_the_answer_is_one_another_implementation_reads() -> None:
    parsed = peer.SessionDescription.parse(_answer(OFFER))
    assert [(media.kind, media.port, media.direction) for media in parsed.media] == [
        ("audio", 9, "recvonly"),
        ("video", 9, "recvonly"),
    ]
    assert parsed.group[0].items == ["0", "1"]
    video = parsed.media[1]
    assert [codec.name for codec in video.rtp.codecs] == ["H264", "rtx"]
    assert video.rtp.codecs[0].parameters["x-google-start-bitrate"] == "3000"
    assert video.rtp.codecs[0].parameters["profile-level-id"] == "42e01f"
    assert video.dtls is not None
    assert video.dtls.role == "client"
    audio = parsed.media[0]
    assert [(each.id, each.uri) for each in audio.rtp.headerExtensions] == [
        (1, sdp_offer.AUDIO_LEVEL),
        (3, sdp_offer.TRANSPORT_WIDE),
    ]
    assert audio.rtp.codecs[0].parameters["useinbandfec"] == 1


def test_a_browser_that_insists_on_beginning_the_handshake_may() -> None:
    assert "a=setup:passive" in _answer(OFFER.replace("actpass", "active"))


def test_what_is_not_recorded_is_refused_in_its_place() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n" + TRANSPORT + "a=mid:2\na=sctp-port:5000\n"
    answer = _answer(OFFER + data)
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer


def test_the_microphone_of_a_camera_that_has_none_is_refused() -> None:
    answer = _answer(OFFER, frozenset({"video"}))
    assert re.search(r"^m=audio 0 ", answer, re.MULTILINE)
    assert "a=group:BUNDLE 1\r\n" in answer


@pytest.mark.parametrize(
    ("wrong", "right", "code", "says"),
    [
        ("H264/90000", "VP9/90000", "codec.unknown", "no H.264"),
        ("opus/48000/2", "PCMU/8000", "codec.unknown", "no Opus"),
        ("m=video 9", "m=video2 9", "sdp.unacceptable", "sends no video"),
        ("a=sendonly", "a=recvonly", "sdp.unacceptable", "sends no audio"),
        ("a=group:BUNDLE 0 1", "a=group:LS 0 1", "sdp.unacceptable", "not bundled"),
        ("a=rtcp-mux", "a=x", "sdp.unacceptable", "second port"),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP", "sdp.unacceptable", "encrypted"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=video 9 UDP/TLS/RTP/SAVPF 103", "codec.unknown", "no H.264"),
        ("v=0", "v=1", "sdp.malformed", "begin with v=0"),
        ("t=0 0", "t0 0", "sdp.malformed", "letter=value"),
        ("m=audio 9", "m=audio", "sdp.malformed", "media line"),
        ("a=mid:0", "a=mid:\u00e4", "sdp.malformed", "name"),
        ("a=ice-ufrag:abCD", "a=ice-ufrag:ab", "sdp.malformed", "user fragment"),
        ("0123456789abcdefghijkl", "short", "sdp.malformed", "ICE password"),
        (FINGERPRINT, "AB:CD", "sdp.malformed", "fingerprint is wrong"),
        ("sha-256", "md5", "sdp.malformed", "no certificate fingerprint"),
        ("actpass", "holdconn", "sdp.malformed", "begins the DTLS"),
        ("a=rtpmap:111", "a=rtpmap:x", "sdp.malformed", "payload type"),
        ("109", "70", "sdp.malformed", "control packets"),
        ("111", "109", "sdp.malformed", "two codecs"),
        ("profile-level-id=42e01f", "profile-level-id=42e0zz", "sdp.malformed", "hexadecimal"),
        ("FID 2222", "FID 99999999999", "sdp.malformed", "SSRC"),
        ("extmap:1", "extmap:999", "sdp.malformed", "header extension"),
    ],
)
def test_an_offer_that_cannot_be_recorded_is_refused_in_words(
    wrong: str, right: str, code: str, says: str
) -> None:
    with pytest.raises(OfferRefused) as refused:
        sdp_offer.read(OFFER.replace(wrong, right), BOTH)
    assert refused.value.code == code
    assert says in refused.value.sentence


def test_two_pictures_on_one_connection_are_refused() -> None:
    second = OFFER[OFFER.index("m=video") :].replace("a=mid:1", "a=mid:2")
    with pytest.raises(OfferRefused, match="two streams of video"):
        sdp_offer.read(OFFER + second, BOTH)


@pytest.mark.parametrize("offer", ["", "v=0\n", "v=0\n" * 30_000, "v=0\nm=video 9 x y\n" * 20])
def test_nothing_and_too_much_are_refused(offer: str) -> None:
    with pytest.raises(OfferRefused):
        sdp_offer.read(offer, BOTH)


@settings(deadline=None)  # machines that run tests are busy
@given(st.data())
def test_a_damaged_offer_is_refused_or_answered(data: st.DataObject) -> None:
    """Whatever is cut, doubled or overwritten: an answer or a refusal, never another error."""
    text = list(OFFER)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text) - 1))
        length = data.draw(st.integers(0, 60))
        text[at : at + length] = data.draw(st.text(max_size=12))
        if not text:
            break
    try:
        _answer("".join(text))
    except OfferRefused as refused:
        assert refused.code in ("sdp.malformed", "sdp.unacceptable", "codec.unknown")
        assert refused.sentence.endswith(".")
