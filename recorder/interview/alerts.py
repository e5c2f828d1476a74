"""Monitoring of what must not stop: pictures, sound, writing, the disk.

It receives numbers a few times a second and returns what is lost *now* and since when. A *loss* turns the
console red; a *caution* is shown in amber. Times are sent as wall-clock text because people compare them
with their watches; durations are measured on a monotonic clock because the wall clock may jump.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chain_of_custody.encoding.canonical_json import instant_text
from recorder.camera.stats import CameraStats
from recorder.interview.preflight import AudioLevelMonitor, full_size

SILENT_AFTER = 900
"""Milliseconds without a picture (or audio packet) after which it is lost: three would already be a
stutter, and including the path to the console a loss must be visible within two seconds."""
LITTLE_DISK = 0.5
"""Hours of free space below which the disk is a caution."""
NO_DISK = 0.05
"""Hours of free space below which it is an imminent loss, and reported as one."""

LEVEL_FLOOR = 60.0
"""dB below full scale that the meter shows as zero."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A loss or a caution: a sentence of `lost` in `pages/messages.toml` and the values in it."""

    code: str
    since: datetime
    name: str | None = None
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object for the console: `code`, `since` (RFC 3339), `name` if any, values."""
        named = {} if self.name is None else {"name": self.name}
        return {"code": self.code, "since": instant_text(self.since), **named, **self.values}


def level(stats: CameraStats) -> float:
    """Return the loudness from 0 (−60 dBov and less, or unknown) to 1 (full scale)."""
    if stats.audio_level is None:
        return 0.0
    return round(max(0.0, 1 + stats.audio_level / LEVEL_FLOOR), 3)


def picture_flows(stats: CameraStats | None) -> bool:
    """Return whether the last picture is less than `SILENT_AFTER` ms old; False before the first."""
    return stats is not None and stats.last_video_ms is not None and stats.last_video_ms < SILENT_AFTER


def sound_flows(stats: CameraStats | None) -> bool:
    """Return whether the last sound packet is less than `SILENT_AFTER` ms old; False before the first."""
    return stats is not None and stats.last_audio_ms is not None and stats.last_audio_ms < SILENT_AFTER


def disk_trouble(hours: float, lasts: float, now: datetime) -> tuple[list[Alert], list[Alert]]:
    """Judge the free space left on the disk: a loss, a caution, or neither.

    `hours` at the planned rate, `lasts` at the present one. A short burst of writing is a caution at most.
    """
    least = min(hours, lasts)
    trouble = [Alert("disk", now, values={"minutes": int(least * 60)})]
    if hours < NO_DISK:
        return trouble, []
    return [], trouble if least < LITTLE_DISK else []


class Watch:
    """Records since when each condition has held."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._full_since: dict[str, float] = {}
        self._lost_since: dict[str, datetime] = {}
        self.audio = AudioLevelMonitor()

    def look(self, stats: Mapping[str, CameraStats]) -> None:
        """Take the newest numbers of the connected cameras; several times a second."""
        now = self._monotonic()
        for name in list(self._full_since):
            if name not in stats:
                del self._full_since[name]
        for name, camera in stats.items():
            if not (full_size(camera) and picture_flows(camera)):
                self._full_since.pop(name, None)
            else:
                self._full_since.setdefault(name, now)
            if camera.last_audio_ms is not None and sound_flows(camera):
                self.audio.add(camera, now)

    def full_for(self, name: str) -> float:
        """Return for how many seconds this camera has delivered the full picture without interruption."""
        since = self._full_since.get(name)
        return 0.0 if since is None else self._monotonic() - since

    def lost(
        self, expected: Collection[str], sound_expected: bool, stats: Mapping[str, CameraStats]
    ) -> list[Alert]:
        """Return what is expected but missing. `expected`: names of cameras that belong to the recording."""
        silent = [name for name in sorted(expected) if not picture_flows(stats.get(name))]
        quiet = sound_expected and not any(sound_flows(one) for one in stats.values())
        missing = {f"camera.{name}": Alert("camera", self._wall(), name) for name in silent}
        if quiet:
            missing["sound"] = Alert("sound", self._wall())
        for key in list(self._lost_since):
            if key not in missing:
                del self._lost_since[key]
        for key in missing:
            # The last picture came that long ago; detection is later.
            self._lost_since.setdefault(key, self._wall() - timedelta(milliseconds=SILENT_AFTER))
        if expected and len(silent) == len(expected) and (quiet or not sound_expected):
            return [Alert("everything", max(self._lost_since[key] for key in missing))]
        return [Alert(one.code, self._lost_since[key], one.name) for key, one in missing.items()]

    def forget(self) -> None:
        """Clear the losses: nothing is expected now, in a break or at the end."""
        self._lost_since.clear()
