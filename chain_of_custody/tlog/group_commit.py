"""Group commit: callers that wait at the same time are served by one commit.

Making something durable costs a disk flush and two signatures, however much it is. The first caller
leads: it commits for everybody queued by then, and appoints the first of those who came meanwhile.
Nobody waits on a timer, so a single caller loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

from chain_of_custody.errors import ChainConflict, StorageFailed

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Request(Generic[Item, Outcome]):
    """One caller's items, and what became of them: an outcome or a failure, once."""

    __slots__ = ("failure", "items", "outcome", "turn")

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.outcome: Outcome | None = None
        self.failure: Exception | None = None
        self.turn = Event()
        """Set when the caller need not wait any longer: it is settled, or it is to lead."""

    @property
    def settled(self) -> bool:
        """Return whether the request has an outcome or a failure."""
        return self.outcome is not None or self.failure is not None


class GroupCommit(Generic[Item, Outcome]):
    """Runs `commit` for one group of requests at a time, in the order in which they came.

    `commit` sets the outcome of every request it is given, or raises. If it raises `ChainConflict`
    nothing of the group was kept, and each request is tried alone, so that only the guilty one
    fails. Anything else it raises is the failure of every request that has no outcome yet.
    """

    def __init__(self, commit: Callable[[Sequence[Request[Item, Outcome]]], None]) -> None:
        self._commit = commit
        self._lock = Lock()
        # Both only under the lock:
        self._queue: list[Request[Item, Outcome]] = []
        self._leader: Request[Item, Outcome] | None = None

    def submit(self, items: Sequence[Item]) -> Outcome:
        """Commit these items, together with others' if any are waiting; raises as `commit` does."""
        request: Request[Item, Outcome] = Request(items)
        with self._lock:
            self._queue.append(request)
            if self._leader is None:
                self._leader = request
                request.turn.set()
        try:
            request.turn.wait()
            if not request.settled:
                self._lead()
        finally:
            self._resign(request)
        if request.failure is not None:
            raise request.failure
        assert request.outcome is not None
        return request.outcome

    def _lead(self) -> None:
        with self._lock:
            group, self._queue = self._queue, []
        try:
            self._commit_all(group)
        except BaseException as failure:
            # Nobody may wait for ever, or take silence for success. An interrupt is this thread's alone.
            told = failure if isinstance(failure, Exception) else StorageFailed("the commit was interrupted")
            for request in group:
                if not request.settled:
                    request.failure = told
            if failure is not told:
                raise
        finally:
            for request in group:
                request.turn.set()

    def _resign(self, request: Request[Item, Outcome]) -> None:
        """This caller goes: it waits no longer, and if it leads, somebody else must."""
        with self._lock:
            if request in self._queue:  # interrupted while waiting
                self._queue.remove(request)
            if self._leader is request:
                self._leader = self._queue[0] if self._queue else None
                if self._leader is not None:
                    self._leader.turn.set()

    def _commit_all(self, group: Sequence[Request[Item, Outcome]]) -> None:
        try:
            self._commit(group)
        except ChainConflict as conflict:
            if len(group) == 1:
                group[0].failure = conflict
                return
            for request in group:
                self._commit_all([request])
