"""The PostgreSQL server that accepts writes, if an address names several.

A standby that is promoted begins a *timeline*, with a number higher than its primary's. So of two servers
that both accept writes, the one with the lower number was replaced: it returned, and is not configured as a
standby yet. libpq would use the first in the address. Amana stores the highest number that it has observed,
in a file too, and uses no server below it.

This keeps the working data in one place. That the ledger does not fork does not depend on it: a primary whose
synchronous standby was promoted confirms no commit, and the keyholder signs one history (decision 0068).

Specification: PostgreSQL manual, 25.3.5 (timelines) and 9.27 (`pg_walfile_name`, `pg_control_system`).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from casework.errors import DatabaseAway
from vault import disk
from vault.errors import WriteFailed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Primary:
    """A server that accepts writes."""

    cluster: int
    """`system_identifier`: the same for a primary and its standbys, new with each `initdb`."""
    timeline: int
    since: float | None = None
    """When its takeover was observed, in seconds since the epoch; None: it was the first one observed."""


def stored_primary(file: Path) -> Primary | None:
    """Return the newest primary that this machine saw; None if that is not known."""
    try:
        return Primary(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


class Newest:
    """The newest primary that was seen. `file`: where that is remembered; None: in this process alone."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._newest: Primary | None = None
        self._turn = threading.Lock()

    def admit(self, found: Primary) -> None:
        """Store a server that accepts writes. Raises `DatabaseAway` if another one has replaced it."""
        with self._turn:
            known = self._known(found.cluster)
            if known is None:
                self._remember(found)
            elif found.timeline > known.timeline:
                log.warning(
                    "another server is the primary of the working database now: timeline %d, it was %d",
                    *(found.timeline, known.timeline),
                )
                self._remember(replace(found, since=time.time()))
            elif found.timeline < known.timeline:
                log.error("a server that was replaced takes writes: stop it, or make it a standby")
                raise DatabaseAway(
                    f"this server was replaced: its timeline is {found.timeline}, and {known.timeline} was "
                    "seen. Stop it, or make it a standby of the one that took over"
                )
            else:
                self._newest = known

    def replaced(self, timeline: int) -> bool:
        """Whether a newer timeline than this has been seen by this process."""
        return self._newest is not None and timeline < self._newest.timeline

    def _known(self, cluster: int) -> Primary | None:
        remembered = None if self._file is None else stored_primary(self._file)
        known = [one for one in (self._newest, remembered) if one is not None and one.cluster == cluster]
        return max(known, key=lambda one: one.timeline, default=None)

    def _remember(self, primary: Primary) -> None:
        self._newest = primary
        if self._file is not None:
            try:
                disk.replace(disk.DISK, self._file, json.dumps(asdict(primary)).encode())
            except WriteFailed as error:
                log.warning("which server is the primary is not remembered: %s", error)


@dataclass(frozen=True)
class Standbys:
    """State of the standbys, for a failover: how many are connected, and whether commits wait for one."""

    connected: int
    confirming: bool

    @property
    def trouble(self) -> str | None:
        """Return the problem, if any. `not-connected`: nothing can be committed; `not-confirming`:
        acknowledged data may be missing after a failover."""
        if not self.confirming:
            return "not-confirming"
        return None if self.connected else "not-connected"


def one_by_one(options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of each server that an address names, in its order."""
    lists = {name: str(options[name]).split(",") for name in ("host", "hostaddr", "port") if name in options}
    counts = {len(values) for values in lists.values()} - {1}
    if len(counts) != 1:
        yield dict(options)  # one server, or an address that libpq refuses too
        return
    for number in range(*counts):
        own = {name: values[number if len(values) > 1 else 0] for name, values in lists.items()}
        yield {**options, **own}
