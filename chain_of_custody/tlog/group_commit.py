"""Group commit: one commit serves all callers that wait at the same time.

A commit costs a disk flush and two signatures, regardless of its size. The first caller leads: it
commits for all callers queued by then, and then appoints the first of those queued meanwhile. No
caller waits on a timer, so a single caller loses no time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

from chain_of_custody.errors import ChainConflict, StorageFailed

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Request(Generic[Item, Outcome]):
    """One caller's items and their result: an outcome or a failure, set once."""

    __slots__ = ("failure", "items", "outcome", "turn")

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.outcome: Outcome | None = None
        self.failure: Exception | None = None
        self.turn = Event()
        """Set when the caller need not wait any longer: its request is settled, or it must lead."""

    @property
    def settled(self) -> bool:
        """Return whether the request has an outcome or a failure."""
        return self.outcome is not None or self.failure is not None


class GroupCommit(Generic[Item, Outcome]):
    """Runs `commit` for one group of requests at a time, in the order of their arrival.

    `commit` sets the outcome of every request it is given, or raises. If it raises `ChainConflict`,
    nothing of the group was stored, and each request is tried alone, so that only the conflicting one
    fails. Any other exception is the failure of every request that has no outcome yet.
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
            # No caller may wait for ever, or take silence for success. Only this thread gets an interrupt.
            reported = (
                failure if isinstance(failure, Exception) else StorageFailed("the commit was interrupted")
            )
            for request in group:
                if not request.settled:
                    request.failure = reported
            if failure is not reported:
                raise
        finally:
            for request in group:
                request.turn.set()

    def _resign(self, request: Request[Item, Outcome]) -> None:
        """Remove this caller from the queue; if it leads, appoint the next leader."""
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
