"""From the event loop to the disk: queued content is made durable in order, in batches, and acknowledged.

One task takes content from the queue; one thread does the blocking work (sealing, hashing, writing, syncing),
so no frame of the next second waits for the disk of this one. The queue is bounded in bytes.

It ends in one of two ways: stopped, when all accepted content is durable; or failed, and then every waiting
and every later caller gets the error.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from casework.errors import RecordingFailed, SpoolBehind
from casework.sealing.sealed_log import Content, SealedLog
from casework.sealing.spool_failures import failure

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class PipelineLimits:
    """How far capture may get ahead of the disk."""

    max_waiting: int = 64 * 1024 * 1024
    """Maximum bytes of queued content: over a minute of two cameras."""
    max_together: int = 8 * 1024 * 1024
    """Maximum bytes of one batch, so that acknowledgement never waits for a long queue."""
    idle_seconds: float = 1.0
    """Interval at which a quiet recording checks whether its open segment should go to the copies."""


@dataclass(frozen=True)
class _Waiting:
    content: Content
    done: asyncio.Future[int]


class Pipeline:
    """Feeds one `SealedLog`. For one event loop."""

    def __init__(self, log: SealedLog[Any], limits: PipelineLimits) -> None:
        self._log = log
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._queue: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task = asyncio.create_task(self._write(), name="spool")
        self._task.add_done_callback(self._ended)
        self.waiting_bytes = 0
        """Bytes accepted and not yet durable."""
        self.failure: RecordingFailed | None = None
        self.failed = asyncio.Event()

    def put(self, content: Content) -> asyncio.Future[int]:
        """Queue content; the future gives its index once it is durable.

        Raises `RecordingFailed` after a failure, `SpoolBehind` if the queue is full (then the content is not
        accepted). The future raises `RecordingFailed`, or `Refused` for a record that cannot follow those
        before it.
        """
        if self.failure is not None:
            raise RecordingFailed(self.failure.reason, str(self.failure))
        if self._queue and self.waiting_bytes + len(content.content) > self._limits.max_waiting:
            raise SpoolBehind(f"{self.waiting_bytes} bytes wait for the disk, {self._limits.max_waiting} may")
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(content, done))
        self.waiting_bytes += len(content.content)
        self._empty.clear()
        self._wake.set()
        return done

    async def call(self, function: Callable[[], _Result]) -> _Result:
        """Run a function in the writing thread, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def stop(self) -> None:
        """Wait until all accepted content is durable or has failed, and end the task."""
        await self._empty.wait()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def close(self, last: Callable[[], None]) -> None:
        """Stop at once, even with content queued; `last` runs in the thread, which then ends."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.call(last)
        self._thread.shutdown(wait=False)

    async def _write(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.idle_seconds):
                    await self._wake.wait()
            self._batch = self._next_batch()
            if not self._batch:
                await self.call(self._log.roll_if_due)
                continue
            contents = [item.content for item in self._batch]
            outcomes = await self.call(functools.partial(self._log.append, contents))
            for item, outcome in zip(self._batch, outcomes, strict=True):
                self.waiting_bytes -= len(item.content.content)
                _settle(item.done, outcome)
            self._batch = []
            if not self._queue:
                self._empty.set()

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._queue:
            size += len(self._queue[0].content.content)
            if batch and size > self._limits.max_together:
                return batch
            batch.append(self._queue.popleft())
        self._wake.clear()
        return batch

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Handle the end of the task.

        Unless it was stopped, recording has failed, also on an unforeseen error.
        """
        if task.cancelled():
            return
        error = task.exception()
        self.failure = failure(error)
        self.failed.set()
        for item in (*self._batch, *self._queue):
            _settle(item.done, RecordingFailed(self.failure.reason, str(self.failure)))
        self._batch.clear()
        self._queue.clear()
        self.waiting_bytes = 0
        self._empty.set()


def _settle(future: asyncio.Future[int], outcome: int | Exception) -> None:
    # A caller that was cancelled, or never reads the result, must not disturb the others.
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()
    else:
        future.set_result(outcome)
