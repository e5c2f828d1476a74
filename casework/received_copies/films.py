"""The arguments with which FFmpeg copies a received film or sound, and its limits.

Times of pictures stay as they are in the file, as far as MP4 can have them: none is repeated to reach a
constant rate. A picture wider or higher than a screen is reduced. The copy has no metadata and no chapters:
what the file says of itself is read apart (`metadata`).
"""

from __future__ import annotations

from casework.received_copies.fingerprints import MOST_PICTURES, RATE, SIDE
from casework.received_copies.kinds import DEMUXERS, FILM

LONG_SIDE, SHORT_SIDE = 1920, 1080
"""Maximum points of a film, across and down or down and across."""
_FASTEST, _LEAST_TIME, _MOST_TIME = 25_000, 600, 12 * 3600
"""Bytes for each second of processor time, and the least and most seconds: a tiny file ends soon, whatever
length it claims, and the film of a day may take the night."""
_GROWTH, _LEAST_SIZE = 4, 64 * 1024**2
"""A copy has at most so many times the bytes of its file, or so many."""
METADATA = "metadata.txt"
"""Name of the file into which FFmpeg writes the metadata of the original."""
METADATA_TIME, METADATA_SIZE = 60, 64 * 1024
"""Seconds of processor time, and bytes of that file."""
POINTS = "points.gray"
"""Name of the file into which FFmpeg writes the grey points of a copy's fingerprint."""
POINTS_TIME, POINTS_SIZE = 1200, SIDE * SIDE * MOST_PICTURES
"""Seconds of processor time, and bytes of that file."""

_WIDTH = f"min(iw,if(gte(iw,ih),{LONG_SIDE},{SHORT_SIDE}))"
_HEIGHT = f"min(ih,if(gte(iw,ih),{SHORT_SIDE},{LONG_SIDE}))"
_SCALE = f"scale=w='{_WIDTH}':h='{_HEIGHT}':force_original_aspect_ratio=decrease:force_divisible_by=2"
_PICTURE = (
    *("-map", "0:V:0", "-filter:v", f"{_SCALE},format=yuv420p"),
    *("-fps_mode", "vfr", "-enc_time_base:v", "demux"),
    *("-codec:v", "libx264", "-preset", "superfast", "-crf", "23", "-profile:v", "high", "-g", "60"),
    *("-threads:v", "2", "-flags:v", "+bitexact"),
)
_SOUND = ("-codec:a", "aac", "-b:a", "128k", "-flags:a", "+bitexact")
_BESIDE = ("-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn")
_FILE = ("-movflags", "+faststart", "-fflags", "+bitexact", "-abort_on", "empty_output")


def arguments(kind: str, name: str, format_: str, output: str) -> list[str]:
    """Return FFmpeg's arguments for a copy of this kind. `name`, `format_`: of the received file; `output`:
    name of the copy."""
    streams = (*_PICTURE, "-map", "0:a:0?") if kind == FILM else ("-map", "0:a:0")
    return [*_read(name, format_), *streams, *_SOUND, *_BESIDE, *_FILE, output]


def metadata_arguments(name: str, format_: str) -> list[str]:
    """Return FFmpeg's arguments with which it writes the metadata of a received file into `METADATA`."""
    return [*_read(name, format_), "-map_metadata", "0", "-f", "ffmetadata", METADATA]


def points_arguments(copy: str) -> list[str]:
    """Return FFmpeg's arguments with which it writes the points of a copy's pictures (`fingerprints`) into
    `POINTS`. `copy`: name of the copy."""
    points = f"fps={RATE},scale={SIDE}:{SIDE}:flags=area,format=gray"
    begin = ("-t", str(MOST_PICTURES // RATE), "-skip_loop_filter", "all")  # so few points need no smoothing
    streams = ("-map", "0:v:0", "-filter:v", points, "-frames:v", str(MOST_PICTURES), "-f", "rawvideo")
    return [*_options("mov"), *begin, "-i", copy, *streams, POINTS]


def _read(name: str, format_: str) -> list[str]:
    return [*_options(DEMUXERS[format_]), "-i", name]


def _options(demuxers: str) -> list[str]:
    # What it says of errors in a stranger's file may quote the file, and goes into the log.
    options = ("-nostdin", "-hide_banner", "-loglevel", "fatal", "-progress", "pipe:1")
    return [*options, "-format_whitelist", demuxers, "-protocol_whitelist", "file"]


def seconds(size: int) -> int:
    """Return the most seconds of processor time for a file of `size` bytes."""
    return min(_LEAST_TIME + size // _FASTEST, _MOST_TIME)


def most_bytes(size: int) -> int:
    """Return the most bytes of the copy of a file of `size` bytes."""
    return max(_GROWTH * size, _LEAST_SIZE)
