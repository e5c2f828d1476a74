"""How the recorder receives: every limit with its unit, frozen while an interview runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """Settings of one interview's capture; the same object serves all its cameras."""

    addresses: tuple[str, ...] = ()
    "IP addresses offered to the room's browser. Empty: every address of this machine but loopback."

    connect_timeout_ms: int = 20_000
    "Milliseconds from the answer until the connection must stand, else it counts as failed."

    fragment_ms: int = 1_000
    "Milliseconds of media in one fragment; a keyframe close by moves the cut."

    keyframe_interval_ms: int = 2_000
    "Milliseconds after a keyframe at which the next one is asked for."

    video_wait_ms: int = 500
    "Milliseconds a missing video packet is waited for, and asked for again, before it is lost."

    audio_wait_ms: int = 200
    "Milliseconds a missing audio packet is waited for before it is lost."

    reorder_grace_ms: int = 10
    "Milliseconds a gap may last before retransmission is asked for: reordering heals itself."

    freeze_ms: int = 1_000
    "Milliseconds without a new frame (or sound packet) that count as a freeze."

    start_kbps: int = 3_000
    "Kilobits per second the encoder is told to start with, so that 720p30 comes at once."

    min_kbps: int = 1_500
    "Kilobits per second the encoder is told not to fall below on the room's own network."

    max_kbps: int = 6_000
    "Kilobits per second of video the encoder may use at most."

    audio_kbps: int = 64
    "Kilobits per second asked of the Opus encoder."

    max_frame_bytes: int = 4 * 1024 * 1024
    "Bytes of one encoded picture; a larger one is refused."
