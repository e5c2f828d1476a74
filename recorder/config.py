"""Settings of reception: every limit with its unit, frozen during an interview."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """Settings of one interview's capture; the same object serves all its cameras."""

    addresses: tuple[str, ...] = ()
    "IP addresses offered to the room's browser. Empty: every address of this machine but loopback."

    connect_timeout_ms: int = 20_000
    "Milliseconds from the answer until the connection must be established, else it counts as failed."

    fragment_ms: int = 1_000
    "Milliseconds of media in one fragment; a keyframe close by moves the cut."

    keyframe_interval_ms: int = 2_000
    "Milliseconds after a keyframe at which the next one is requested."

    video_wait_ms: int = 500
    "Milliseconds to wait for a missing video packet, and request it again, before it is lost."

    audio_wait_ms: int = 200
    "Milliseconds to wait for a missing audio packet before it is lost."

    reorder_grace_ms: int = 10
    "Milliseconds a gap may last before retransmission is requested: reordering resolves itself."

    freeze_ms: int = 1_000
    "Milliseconds without a new frame (or audio packet) that count as a freeze."

    start_kbps: int = 3_000
    "Kilobits per second at which the encoder is to start, so that 720p30 is reached at once."

    min_kbps: int = 1_500
    "Kilobits per second below which the encoder is not to fall on the room's own network."

    max_kbps: int = 6_000
    "Maximum kilobits per second of video that the encoder may use."

    audio_kbps: int = 64
    "Kilobits per second requested of the Opus encoder."

    max_frame_bytes: int = 4 * 1024 * 1024
    "Bytes of one encoded picture; a larger one is refused."
