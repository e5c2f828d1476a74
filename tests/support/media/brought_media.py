"""Films and sounds as people bring them: a telephone's film, a voice message, and others, made by ffmpeg.

They are cached in `build/films`, by what they are made of, for all processes of all runs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from tests.support.media.made_media import CACHE

_PICTURE = "-f lavfi -i testsrc2=size=320x180:rate=30"
_TONE = "-f lavfi -i sine=frequency=440:sample_rate=48000"
_H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"

_MADE = "-metadata creation_time=2026-11-30T20:15:00Z"

PHONE = f"{_PICTURE} {_TONE} -t 2 -vf scale=2400:1350 {_H264} -c:a aac {_MADE}"
"""A film of 2400 × 1350 points; its table of contents is at its end."""
VOICE = f"{_TONE} -t 2 -c:a libopus -b:a 16k"
FILES: Mapping[str, str] = {
    "mp4": PHONE,
    "mov": f"{_PICTURE} {_TONE} -t 1 {_H264} -c:a aac",
    "3gp": f"{_PICTURE} -t 1 -s 176x144 -c:v h263",
    "mkv": f"{_PICTURE} {_TONE} -t 1 {_H264} -c:a flac",
    "webm": f"{_PICTURE} {_TONE} -t 1 -c:v libvpx -deadline realtime -c:a libopus",
    "avi": f"{_PICTURE} {_TONE} -t 1 -c:v mpeg4 -c:a libmp3lame",
    "flv": f"{_PICTURE} -t 1 -c:v flv",
    "mpeg": f"{_PICTURE} -t 1 -r 25 -c:v mpeg2video -f mpeg",
    "ts": f"{_PICTURE} {_TONE} -t 1 {_H264} -c:a aac -f mpegts",
    "wmv": f"{_PICTURE} -t 1 -c:v wmv2 -f asf",
    "gif": f"{_PICTURE} -t 1 -r 10",
    "ogg": VOICE,
    "aac": f"{_TONE} -t 1 -c:a aac -f adts",
    "aiff": f"{_TONE} -t 1 -f aiff",
    "caf": f"{_TONE} -t 1 -c:a pcm_s16be -f caf",
    "flac": f"{_TONE} -t 1",
    "m4a": f"{_TONE} -t 1 -c:a aac -f ipod",
    "mp3": f"{_TONE} -t 1 -c:a libmp3lame",
    "wav": f"{_TONE} -t 1",
}
"""Format → what ffmpeg makes it of."""


def brought(format_: str, arguments: str | None = None) -> bytes:
    """A file of this format; `arguments`: what it is made of, if not as in `FILES`."""
    command = ["ffmpeg", "-loglevel", "error", *(arguments or FILES[format_]).split(), "-y"]
    sys.audit(
        "subprocess.Popen", command[0], command, None, None
    )  # a test that finds it cached `starts`, too
    cached = CACHE / f"{sha256(' '.join(command).encode()).hexdigest()}.{format_}"
    if not cached.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            new = Path(folder) / cached.name
            subprocess.run([*command, str(new)], check=True, stderr=subprocess.PIPE)
            new.replace(cached)
    return cached.read_bytes()
