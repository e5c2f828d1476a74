"""Incidents of the service, recorded for its operators. Users hardly notice that a process ended and was
restarted: connections wait, recordings continue. Its cause needs attention all the same, as does that of a
clock that is set while the service runs, and of a page that fails unexpectedly. The supervisor records them,
one line of JSON each:

    {"at": 1764100000.0, "what": "web", "how": "was ended by SIGKILL"}

`what` is `web`, `keyholder`, `recorder`, `service` (the supervisor or the machine stopped without a request),
`clock`, or `request` (an unexpected failure of a request, with its number in the log). The file is for people
and may be lost; it holds no ids and no names.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger(__name__)

MAX_OF_A_KIND = 100
"""Maximum number of lines of one kind: of a process that ends repeatedly, the newest are enough."""
LATELY = 7 * 86400.0
"""Seconds for which an incident is shown."""
FRESH = 86400.0
"""Seconds for which an incident needs attention."""
STEP = 2.0
"""Smallest change of the clock that is recorded, in seconds; time sources slew, and set it at most once."""
WHAT = ("web", "keyholder", "recorder", "service", "clock", "request")


@dataclass(frozen=True)
class Incident:
    """One incident. `at`: seconds since the epoch, by the clock of that moment."""

    at: float
    what: str
    how: str

    @property
    def fresh(self) -> bool:
        """Whether it needs attention; also if `at` is later than now: then the clock has been set since."""
        return time.time() - self.at < FRESH


class Incidents:
    """The file of incidents. One process writes it: the supervisor."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def note(self, what: str, how: str) -> None:
        """Record an incident. Raises nothing: a full disk must not prevent the restart of processes."""
        log.warning("%s: %s", what, how)
        line = json.dumps(asdict(Incident(time.time(), what, how))) + "\n"
        try:
            lines = self._file.read_text().splitlines(keepends=True) if self._file.exists() else []
            same = [one for one in lines if f'"what": "{what}"' in one]
            if len(same) >= MAX_OF_A_KIND:
                lines.remove(same[0])
            partial = self._file.with_suffix(".partial")
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.writelines([*lines, line])
            partial.replace(self._file)
        except (OSError, UnicodeDecodeError) as error:
            log.warning("that could not be noted: %s", error)

    def lately(self) -> list[Incident]:
        """Return those of the last seven days, the newest first. Unreadable lines are left out."""
        incidents = []
        with contextlib.suppress(OSError, UnicodeDecodeError):
            for line in self._file.read_text().splitlines():
                with contextlib.suppress(ValueError, TypeError):
                    fields = json.loads(line)
                    one = Incident(float(fields["at"]), str(fields["what"]), str(fields["how"]))
                    if one.what in WHAT and time.time() - one.at < LATELY:
                        incidents.append(one)
        return incidents[::-1]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Mark the service as running. Records an incident if the last run did not end in order."""
        mark = self._file.with_suffix(".running")
        if mark.exists():
            self.note("service", "did not end in order: it was killed, or the machine stopped")
        with contextlib.suppress(OSError):
            mark.touch(0o600)
        yield
        mark.unlink(missing_ok=True)


class ClockWatch:
    """Detects when the wall clock is set, by comparison with a clock that cannot be set."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] | None = None
    ) -> None:
        """Take the clocks as arguments, in seconds, so that tests can set them."""
        self._wall, self._steady = wall, steady or _steady
        self._offset = self._wall() - self._steady()

    def step(self) -> float | None:
        """Return the seconds by which it was set since the last call, negative for back; None if not."""
        before, self._offset = self._offset, self._wall() - self._steady()
        step = self._offset - before
        return step if abs(step) >= STEP else None


def _steady() -> float:
    """Return a clock that runs while the machine is suspended, if the system has one: resuming is no step."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
