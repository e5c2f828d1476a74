"""The answer to the room's offer (RFC 9429): receive only, on one transport, with our settings.

Chromium's `x-google-*` parameters make the encoder start at full quality: without them 720p30 is reached only
after several seconds of probing, which a room's own network does not need.
"""

from __future__ import annotations

from recorder.config import CaptureConfig
from recorder.webrtc.sdp_offer import Accepted, Offer


def write(
    offer: Offer,
    config: CaptureConfig,
    ice_user: str,
    ice_password: str,
    candidates: list[str],
    fingerprints: list[tuple[str, str]],
    session_id: int,
) -> str:
    """Return the SDP answer to `offer`; the other arguments describe our own transport."""
    mids = " ".join(each.mid for each in offer.accepted)
    lines = ["v=0", f"o=- {session_id} 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
    for section in offer.sections:
        accepted = section.accepted
        first_line = f"m={section.kind} {0 if accepted is None else 9} {section.profile}"
        if accepted is None:  # RFC 9429 §5.3.1: refused by port 0
            lines += [
                f"{first_line} {section.formats[0]}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive"
            ]  # fmt: skip
            continue
        formats = str(accepted.payload_type)
        if accepted.retransmission_type is not None:
            formats += f" {accepted.retransmission_type}"
        lines += [
            f"{first_line} {formats}",
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            *(f"a=candidate:{each}" for each in candidates),
            "a=end-of-candidates",
            f"a=ice-ufrag:{ice_user}",
            f"a=ice-pwd:{ice_password}",
            *(f"a=fingerprint:{name} {digest}" for name, digest in fingerprints),
            f"a=setup:{'passive' if offer.active else 'active'}",
            f"a=mid:{section.mid}",
            *(f"a=extmap:{number} {uri}" for uri, number in accepted.extensions.items()),
            "a=recvonly",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            *(f"a={line}" for line in _codec_lines(accepted, config)),
        ]
    return "\r\n".join(lines) + "\r\n"


def _codec_lines(accepted: Accepted, config: CaptureConfig) -> list[str]:
    chosen = accepted.payload_type
    if accepted.kind == "audio":
        lines = [f"rtpmap:{chosen} opus/48000/2"]
        settings = f"minptime=10;useinbandfec=1;usedtx=0;maxaveragebitrate={config.audio_kbps * 1000}"
    else:
        lines = [f"rtpmap:{chosen} H264/90000"]
        settings = (
            f"level-asymmetry-allowed=1;packetization-mode={accepted.packetization_mode};"
            f"profile-level-id={accepted.profile};x-google-start-bitrate={config.start_kbps};"
            f"x-google-min-bitrate={config.min_kbps};x-google-max-bitrate={config.max_kbps}"
        )
    lines.append(f"fmtp:{chosen} {settings}")
    lines += [f"rtcp-fb:{chosen} {each}" for each in sorted(accepted.feedback)]
    again = accepted.retransmission_type
    if again is not None:
        lines += [f"rtpmap:{again} rtx/90000", f"fmtp:{again} apt={chosen}"]
    return lines
