"""Membership of this machine in its center, in the background of the web process.

Every few seconds it sends a heartbeat, reads those of the other machines, lets its keyholder continue what
the others' keyholders signed, and takes or renews the leader lease. With the lease, the workers of the leader
work are started. Their database refuses them once the lease is lost, and then they are stopped.

With SQLite there is one machine: it always has the lease, without a query.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import httpx

from amana.background_loop import BackgroundLoop
from amana.keyholder.client import KeyholderClient, take_over
from amana.settings import Settings
from amana.workers import EXPECTED
from casework import nodes
from casework.center import Center
from casework.errors import DatabaseAway, Missing, Refused
from casework.ledger.sql_storage import SqlStorage
from casework.nodes import CENTER_WIDE, EVERY, FencedDatabase, Machine, Watch
from casework.people import recorder_keys
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

log = logging.getLogger(__name__)

_REVOKED = (
    "the recorder of machine {} was revoked: if this machine is to work again, move keys/recorder.key to a "
    "place where it is kept, and start"
)


class Work(Protocol):
    """The leader work, as one machine does it."""

    def start(self) -> None:
        """Start the work."""

    def stop(self) -> None:
        """Stop the work; `start` may still be running in another thread."""


class Machines:
    """`start` it once; it works until `stop`. `begin_work` makes the workers over a fenced center."""

    def __init__(
        self, center: Center, settings: Settings, begin_work: Callable[[Center], Work], every: float = EVERY
    ) -> None:
        self._center, self._address = center, settings.node_address
        self._several = bool(settings.server)
        self._begin_work = begin_work
        self._watch = Watch(center.node)
        self._storage = SqlStorage(center.database)
        self._note: bytes | None = None
        self._file = settings.heartbeat
        self._beat = 0
        self._unclear = False
        """Whether the database did not say if the last heartbeat was counted."""
        self.replaced = False
        """Whether another machine works under this one's name; then this one must do nothing more."""
        self._term: int | None = None
        self._work: Work | None = None
        self._loop = BackgroundLoop("this machine among the others", self.look, every, expected=EXPECTED)
        self._client: httpx.AsyncClient | None = None
        self.known: Mapping[str, Machine] = {}
        """Every machine by name, as of the last beat."""

    @property
    def alone(self) -> bool:
        """Whether no other machine is known."""
        return not (self.known.keys() - {self._center.node})

    def use(self, client: httpx.AsyncClient) -> None:
        """Set the HTTP client for requests to other machines."""
        self._client = client

    def client(self) -> httpx.AsyncClient:
        """Return the HTTP client for requests to other machines; `use` has to be called before."""
        assert self._client is not None
        return self._client

    def start(self) -> None:
        """Register this machine and begin; if it has the lease, its work has started when this returns.

        Raises `Refused` if another machine works under its name, or its recorder was revoked; `DatabaseAway`.
        """
        if self._several:
            if self._center.recorder not in recorder_keys.in_force(self._center):
                raise Refused(_REVOKED.format(self._center.node))
            nodes.require_free_name(self._center, self._last())
        self._counted(nodes.register(self._center, self._address))
        self.look()
        if self._several:
            self._loop.start()

    def stop(self) -> None:
        """Stop it, and the work; the lease remains ours until another machine takes it."""
        self._loop.stop()
        if (work := self._give_up_work()) is not None:
            work.stop()

    def look(self) -> None:
        """Do one heartbeat; end the leader work if retired. Raises `CaseworkError`, database errors."""
        try:
            rows = nodes.beat(self._center, self._beat, unclear=self._unclear)
        except DatabaseAway:
            self._unclear = True
            raise
        except (Missing, Refused) as error:
            self._change_work(None)  # retired, or another machine uses our name: no work is ours
            self.replaced = isinstance(error, Refused)
            raise
        machines = self._watch.look(rows)
        self._counted(next(row.beat for row in rows if row.name == self._center.node))
        for machine in machines:
            if machine.silent and machine.name in self.known and not self.known[machine.name].silent:
                log.warning("machine %s is silent", machine.name)
        self.known = {machine.name: machine for machine in machines}
        if not self._several:
            if self._work is None:
                self._take_up_work(self._center)
            return
        term = nodes.take_lease(
            self._center, CENTER_WIDE, [machine.name for machine in machines if machine.silent]
        )
        if term != self._term:
            self._change_work(term)
        if not self.alone:
            self._continue_signing()

    def _counted(self, beat: int) -> None:
        self._beat, self._unclear = beat, False
        with contextlib.suppress(OSError):  # without it, the next start checks the name for longer
            self._file.write_text(f"{beat}\n")

    def _last(self) -> int | None:
        try:
            return int(self._file.read_text())
        except (OSError, ValueError):
            return None

    def _change_work(self, term: int | None) -> None:
        if (work := self._give_up_work()) is not None:
            # Stopping may wait for a store that does not answer; a heartbeat must not.
            threading.Thread(target=work.stop, name="work-ending", daemon=True).start()
        if term is not None:
            log.info("this machine does the work of all machines now (term %d)", term)
            database = FencedDatabase(self._center.database, CENTER_WIDE, term)
            self._take_up_work(replace(self._center, database=database))
        self._term = term  # last: work that could not be started is started at the next beat

    def _take_up_work(self, center: Center) -> None:
        self._work = self._begin_work(center)
        if self._loop.running:
            threading.Thread(target=self._work.start, name="work-beginning", daemon=True).start()
        else:
            self._work.start()  # the service is starting: no heartbeat is due yet

    def _give_up_work(self) -> Work | None:
        work, self._work, self._term = self._work, None, None
        return work

    def _continue_signing(self) -> None:
        """Have our keyholder continue from what another's signed.

        So it detects a rolled-back ledger even if nothing is appended on this machine."""
        keyholder = self._center.keyholder
        if not isinstance(keyholder, KeyholderClient):
            return
        try:
            note = self._storage.checkpoint()
            if note is not None and note != self._note:
                take_over(keyholder, self._storage, note)
            self._note = note
        except (CustodyError, VaultError) as error:  # the health page shows it while it lasts
            log.error("this machine's keyholder cannot go on: %s: %s", type(error).__name__, error)
