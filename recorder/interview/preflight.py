"""The checks before recording: whether everything works, and if not, how to correct it.

A check reads the numbers it is given and this machine's disk and clock; it changes nothing. Its result
names a sentence by code (`check` in `pages/messages.toml`), so that the page can show it in the reader's
language. What only the web side can know (copies, ledger, keys) is passed in as facts.

A *blocking* failure is one with which nothing could be recorded or proved. Everything else is the
prosecutor's decision: a testimony with one camera is better than a second interview.
"""

from __future__ import annotations

import ctypes
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from recorder.camera.stats import CameraStats

FULL_WIDTH, FULL_HEIGHT = 1280, 720
"""Pixels of the full picture."""
ENOUGH_PICTURES = 19.5
"""Pictures a second from which a picture counts as moving: 20, as far as a few seconds can show."""
SUSTAINED = 2.0
"""Seconds for which size and rate must have held."""
BYTES_PER_HOUR = 3_200_000_000
"""Two cameras at 3.5 Mbit/s each and one sound, plus a margin of a tenth."""
WANTED_HOURS = 4.0
"""Hours of recording for which there should be space."""
NEEDED_HOURS = 0.25
"""Hours below which recording does not begin."""

State = Literal["ok", "warn", "fail"]
CONSENT: Mapping[str, State] = {
    "given": "ok",
    "limited": "warn",
    "decided": "warn",
    "begun": "warn",
    "not-asked": "fail",
    "refused": "fail",
    "withdrawn": "fail",
}
"""Consent to recording, as the web side knows it. Without consent the decision of a person is required and
recorded."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check."""

    check: str
    """The subject of the check: `camera.wide`, `sound`, `disk`, `clock`, `first-copy`, …"""
    state: State
    code: str
    """The sentence in `check` of `pages/messages.toml`."""
    blocking: bool = False
    """Recording cannot begin with it."""
    values: Mapping[str, str | int | float] = field(default_factory=dict)
    """The values of the sentence's curly braces; `camera` and `copy` are codes in `name` there."""

    def as_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FactsOfWeb:
    """Facts that the web side knows and the recorder cannot observe."""

    copies: Mapping[str, bool]
    """Per copy, in order: whether it can be written."""
    ledger: bool
    """Whether a statement could be appended now."""
    trial_keys: bool
    practice: bool = False
    """A practice makes no statement, so it needs no ledger."""
    newest: datetime | None = None
    """The time of the newest statement: the clock cannot be earlier."""
    consent: str = "given"
    """Consent to recording, a code of `CONSENT`."""


def full_size(stats: CameraStats) -> bool:
    """Whether a camera delivers the full picture at this moment."""
    return stats.width >= FULL_WIDTH and stats.height >= FULL_HEIGHT and stats.fps >= ENOUGH_PICTURES


def check_camera(name: str, stats: CameraStats | None, full_for: float, others: bool) -> CheckResult:
    """Check a camera. `full_for`: seconds for which `full_size` has held; `others`: another is connected."""
    kind = f"camera.{name}"
    if stats is None or stats.state != "connected":
        return CheckResult(kind, "fail", "camera.missing", not others, {"camera": name})
    values: dict[str, str | int | float] = {
        "camera": name,
        "width": stats.width,
        "height": stats.height,
        "rate": round(stats.fps),
    }
    if stats.last_video_ms is None or stats.last_video_ms > SUSTAINED * 1000:
        return CheckResult(kind, "fail", "camera.still", not others, values)
    if stats.width < FULL_WIDTH or stats.height < FULL_HEIGHT:
        return CheckResult(kind, "warn", "camera.small", values=values)
    if full_for < SUSTAINED:
        # A rate that has only just been reached also warns, until it has held.
        code = "camera.slow" if stats.fps < ENOUGH_PICTURES else "camera.settling"
        return CheckResult(kind, "warn", code, values=values)
    return CheckResult(kind, "ok", "camera.fine", values=values)


def check_sound(connected: bool, moving: bool) -> CheckResult:
    """Check the sound. `moving`: the level went up and down within the last seconds."""
    if not connected:
        return CheckResult("sound", "fail", "sound.missing")
    if not moving:
        return CheckResult("sound", "warn", "sound.silent")
    return CheckResult("sound", "ok", "sound.fine")


def room_left(spool: Path, reserve: int) -> int:
    """Return the bytes free on the spool's disk, beyond `reserve` bytes reserved for sealing."""
    return max(0, shutil.disk_usage(spool).free - reserve)


def hours_left(spool: Path, reserve: int) -> float:
    """Return the hours of recording for which the spool's disk has space, at the planned rate."""
    return room_left(spool, reserve) / BYTES_PER_HOUR


def check_disk(hours: float) -> CheckResult:
    """Check the disk's room, in hours: failure below `NEEDED_HOURS`, warning below `WANTED_HOURS`."""
    values: dict[str, str | int | float] = {"hours": int(hours) if hours >= 2 else round(hours, 1)}
    if hours < NEEDED_HOURS:
        return CheckResult("disk", "fail", "disk.full", blocking=True, values=values)
    if hours < WANTED_HOURS:
        return CheckResult("disk", "warn", "disk.short", values=values)
    return CheckResult("disk", "ok", "disk.fine", values=values)


def check_clock(newest: datetime | None, wall: datetime | None = None) -> CheckResult:
    """Check the clock: not earlier than this software, nor than the newest statement in the ledger."""
    now = wall or datetime.now(UTC)
    made = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    # Two seconds: statements by other machines' clocks, and a file copied a moment ago.
    if any(limit is not None and (limit - now).total_seconds() > 2 for limit in (made, newest)):
        return CheckResult("clock", "fail", "clock.wrong", blocking=True)
    if not synchronised():
        return CheckResult("clock", "warn", "clock.alone")
    return CheckResult("clock", "ok", "clock.fine")


def check_elsewhere(elsewhere: FactsOfWeb) -> list[CheckResult]:
    """Check consent, copies, ledger and keys."""
    consent = CheckResult("consent", CONSENT[elsewhere.consent], f"consent.{elsewhere.consent}")
    results = [] if elsewhere.practice else [consent]
    results += [
        CheckResult(name, "ok", "copy.fine", values={"copy": name})
        if works
        else CheckResult(name, "warn", "copy.away", values={"copy": name})
        for name, works in elsewhere.copies.items()
    ]
    if elsewhere.ledger:
        results.append(CheckResult("ledger", "ok", "ledger.fine"))
    elif elsewhere.practice:
        results.append(CheckResult("ledger", "warn", "ledger.away"))
    else:
        results.append(CheckResult("ledger", "fail", "ledger.away", blocking=True))
    if elsewhere.trial_keys:
        results.append(CheckResult("keys", "warn", "keys.trial"))
    else:
        results.append(CheckResult("keys", "ok", "keys.fine"))
    return results


def check_all(
    stats: Mapping[str, CameraStats],
    full_for: Mapping[str, float],
    sound: tuple[bool, bool],
    hours: float,
    elsewhere: FactsOfWeb,
) -> list[CheckResult]:
    """Run all checks, in the order in which problems are corrected.

    `full_for`: seconds of full picture per camera; `sound`: whether it arrives, whether it moves.
    """
    connected = {name for name, one in stats.items() if one.state == "connected"}
    return [
        *(
            check_camera(name, stats.get(name), since, bool(connected - {name}))
            for name, since in full_for.items()
        ),
        check_sound(*sound),
        check_disk(hours),
        check_clock(elsewhere.newest),
        *check_elsewhere(elsewhere),
    ]


def synchronised() -> bool:
    """Whether the kernel's clock is disciplined by a time source: adjtimex(2), which needs no privilege.

    False if the system does not report it.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # struct timex, zeroed: modes = 0 only reads. 208 bytes on 64-bit Linux; the return value is all we need.
    answer = int(libc.adjtimex(ctypes.create_string_buffer(256)))
    time_error = 5  # TIME_ERROR: clock not synchronised (sys/timex.h)
    return 0 <= answer < time_error


class AudioLevelMonitor:
    """Whether the audio level has moved lately: a dead microphone can be connected, and even hiss.

    From RFC 6464 levels if the browser sends them, else from the size of Opus packets, which grows with
    the loudness.
    """

    WINDOW = 10.0
    """Seconds of the observation window."""
    MOVED = 6
    """dB between the softest and the loudest; speech moves by 20 and more, room noise by 2 or 3."""
    HEARD = -70
    """dBov that the loudest must reach: below it is only the noise of the electronics."""
    LOUD = -20
    """dBov that no dead microphone reaches, moving or not."""
    RATE_MOVED = 1.25
    """The same, as a ratio of packet rates."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float, bool]] = []

    def add(self, stats: CameraStats, at: float | None = None) -> None:
        """Take the newest numbers; `at` in seconds on a monotonic clock."""
        now = time.monotonic() if at is None else at
        if stats.audio_level is not None:
            self._samples.append((now, float(stats.audio_level), True))
        elif stats.audio_kbps > 0:
            self._samples.append((now, stats.audio_kbps, False))
        self._samples = [sample for sample in self._samples if now - sample[0] <= self.WINDOW]

    @property
    def moving(self) -> bool:
        """Return whether the sound level moved, or was loud, within the last `WINDOW` seconds."""
        levels = [value for _, value, is_level in self._samples if is_level]
        if levels:
            moved = max(levels) - min(levels) >= self.MOVED and max(levels) > self.HEARD
            return moved or max(levels) > self.LOUD
        rates = [value for _, value, is_level in self._samples if not is_level]
        return bool(rates) and max(rates) >= self.RATE_MOVED * min(rates)
