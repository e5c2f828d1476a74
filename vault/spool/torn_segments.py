"""Closing a segment whose writing failed, or whose writer has ended, by copying its good frames.

The frames are copied because it is unknown which pages of the old file reach the disk (`vault.disk` says
why), and because an unacknowledged append must not reappear after a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vault.disk import Disk, write_new
from vault.errors import WriteFailed
from vault.spool.segments import closed_name, open_name, read_frames


@dataclass(frozen=True)
class ClosedSegment:
    """Result of closing an open segment."""

    frames: int
    """Frames in the closed segment; if 0, there is no such segment."""
    cut: int
    """Bytes that were not copied."""


def salvage(
    disk: Disk,
    folder: Path,
    segment: int,
    sync_folder: Callable[[], None],
    *,
    acknowledged: int | None = None,
    keep_torn: bool = False,
) -> ClosedSegment:
    """Close `segment` in `folder` with its good frames; the crash-safe order is in the code.

    `acknowledged` is the end of the acknowledged frames, if known: exactly those are copied. Without it
    all whole frames are. With `keep_torn` a file that contained more is preserved as `NNNNNN.torn`.

    Raises `OSError`, and `WriteFailed` if acknowledged frames cannot be read back; the open segment then
    remains.
    """
    source, target = folder / open_name(segment), folder / closed_name(segment)
    if not source.exists():
        return ClosedSegment(0, 0)
    frames, good, size = _good_frames(source, segment, acknowledged)
    if frames:
        fresh = target.with_name(target.name + ".new")
        write_new(disk, fresh, good)  # 1. a crash here leaves `.new`, which recovery removes
        disk.rename(fresh, target)  # 2. a crash here leaves both; readers take this one, recovery repeats it
        sync_folder()
    if keep_torn and len(good) < size:
        disk.rename(source, source.with_suffix(".torn"))  # 3.
    else:
        disk.unlink(source)
    return ClosedSegment(frames, size - len(good))


def _good_frames(source: Path, segment: int, acknowledged: int | None) -> tuple[int, bytes, int]:
    frames = end = 0
    with source.open("rb") as file:
        for position, _ in read_frames(file, segment):
            if acknowledged is not None and position.end > acknowledged:
                break
            frames, end = frames + 1, position.end
        if acknowledged is not None and end != acknowledged:
            missing = acknowledged - end
            raise WriteFailed(f"segment {segment}: {missing} acknowledged bytes cannot be read back")
        size = file.seek(0, 2)
        file.seek(0)
        return frames, file.read(end), size
