"""The web process's client of the interview rooms: starts, reaches and cleans up after recorder children.

Implements `casework.center.Rooms`. The supervisor starts children and makes the connections to them. A child
outlives the web process: after a restart, the supervisor lists the running ones. The end of a child is
detected at once, when its connection closes. Children started only for this then seal the parts it left
unfinished (`recover`); meanwhile the interview may continue in a new part.

A child has no database and no ledger; its requests (`head`, `append`) are answered here. Only its signature
is trusted: `casework.ledger.custody_log` checks each statement before it is appended.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from typing import Any, ParamSpec, TypeVar

from amana.settings import Settings
from amana.supervisor.supervisor_client import SupervisorClient
from casework import nodes
from casework.center import Center
from casework.errors import CaseworkError, DatabaseAway, WrongState
from casework.evidence.gateway import never_started
from casework.interviews import interviews, recorder_statements
from casework.ledger import custody_log
from casework.recording import interview_folder
from casework.recording.channel import (
    Channel,
    ChannelError,
    Disconnected,
    Message,
    Refused,
    channel_over,
)
from chain_of_custody.errors import ChainConflict, CustodyError, Malformed, NotProved
from vault.errors import VaultError, WriteFailed
from vault.spool.reader import evidence_in

STARTS_WITHIN = 30.0  # seconds until a new child answers
RECOVERS_WITHIN = 600.0  # seconds; reading back a part of hours takes long
RECOVERY_ATTEMPTS = 5
DATABASE_AGAIN = 2.0  # seconds until a database that is away is queried again
SLOW = {"begin": 60.0, "stop": 60.0, "end": 60.0, "offer": 30.0}
"""Seconds allowed for operations that wait for the disk, the ledger or the network; others have 15."""

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Child:
    """A running recorder child: implements `casework.center.RecorderChild`."""

    def __init__(self, interview: str, center: Center) -> None:
        self.interview = interview
        self._center = center
        self._channel: Channel | None = None
        self._status: Mapping[str, Any] | None = None
        self._news = asyncio.Event()
        self.over = asyncio.Event()
        """Set when the child is gone."""

    async def connect(self, connection: socket.socket) -> None:
        """Use this connection to the child."""
        self._channel = await channel_over(connection, "web", self._answer, self.receive)

    async def started(self) -> None:
        """Wait for the first status of a child that was just started. Raises `Unanswered`, `Disconnected`."""
        assert self._channel is not None
        self.receive(await self._channel.request("status", within=STARTS_WITHIN))

    async def run(self) -> None:
        """Handle the connection until the child is gone."""
        assert self._channel is not None
        try:
            await self._channel.run()
        finally:
            self._news.set()
            self.over.set()

    @property
    def gone(self) -> bool:
        """Whether the child has no open connection."""
        return self._channel is None or self._channel.closed

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Request one operation of the child, within the seconds of `SLOW` or 15; see `RecorderChild.ask`."""
        if self._channel is None:
            raise Disconnected("not connected")
        return dict(await self._channel.request(op, within=SLOW.get(op, 15.0), **fields))

    def status(self) -> Mapping[str, Any] | None:
        """Return the newest status event, or None; see `RecorderChild.status`."""
        return self._status

    async def statuses(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the newest status after each event, until the child ends; see `RecorderChild.statuses`."""
        while not self.gone:
            await self._news.wait()
            # Several may have arrived meanwhile; only the newest matters.
            if self._status is not None and not self.gone:
                yield self._status

    def close(self) -> None:
        """Close the connection; the child keeps running."""
        if self._channel is not None:
            self._channel.close()

    def receive(self, status: Message) -> None:
        """Store the newest status."""
        if status.get("event", "status") == "status":
            self._status = {**status, "received": time.monotonic()}
            # Wakes the current waiters; later ones wait for the next status.
            news, self._news = self._news, asyncio.Event()
            news.set()

    async def _answer(self, op: str, message: Message) -> Message:
        if op == "head":
            return await asyncio.to_thread(self._head, str(message.get("evidence")))
        if op == "append":
            return await asyncio.to_thread(self._append, str(message.get("leaf")))
        raise Refused("unknown", f"no operation {op[:32]}")

    def _head(self, evidence: str) -> Message:
        try:
            head = custody_log.head(self._center, evidence)
        except DatabaseAway as away:
            raise Refused("away", str(away)) from away
        if head is None:
            return {"head": None}
        return {"head": {"number": head.number, "leaf_hash": head.leaf_hash.hex()}}

    def _append(self, leaf: str) -> Message:
        try:
            receipt = recorder_statements.append_leaf(self._center, base64.b64decode(leaf, validate=True))
        except ChainConflict as conflict:
            raise Refused("conflict", str(conflict)) from conflict
        except DatabaseAway as away:
            raise Refused("away", str(away)) from away
        except (binascii.Error, Malformed, NotProved, CaseworkError) as refused:
            log.warning("a recorder's statement was refused: %s", refused)
            raise Refused("refused", str(refused)) from refused
        except (CustodyError, VaultError) as away:
            raise Refused("away", str(away)) from away
        return {
            "receipt": {
                "index": receipt.index,
                "leaf_hash": receipt.leaf_hash.hex(),
                "size": receipt.size,
            }
        }


class RecorderRooms:
    """All children of this center. `open` once, in the event loop; `close` at the end.

    Without a `supervisor`, as in a command, no child can be started."""

    def __init__(self, settings: Settings, supervisor: SupervisorClient | None = None) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._center: Center | None = None
        self._children: dict[str, Child] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._recovering: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def bind(self, center: Center) -> None:
        """Set the center of these rooms, after the center is made: the center holds this object."""
        self._center = center

    async def open(self) -> None:
        """Find children that are still running, and have parts sealed whose child is gone."""
        found = await asyncio.to_thread(self._asking().ask, "recorders")
        for name in found["names"]:
            with contextlib.suppress(ChannelError):  # do not wait for one that has ended or hangs
                connection = await asyncio.to_thread(self._asking().connection, "connect_recorder", name=name)
                child = await self._meet(name, connection)
                child.receive(await child.ask("status"))
        await self._recover_left()

    async def close(self) -> None:
        """Disconnect from every child: it continues recording, and stores its statements until we
        reconnect."""
        for child in self._children.values():
            child.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def start(self, interview: str) -> Child:
        """Return the interview's child; start it if there is none.

        Raises `Unanswered`, `Disconnected`, `Refused`, the last with code `elsewhere` where another machine
        records the interview.
        """
        async with self._turn(interview):
            child = self.reach(interview)
            if child is None:
                await self._require_here(interview)
                child = await self._start(interview, None)
            return child

    def reach(self, interview: str) -> Child | None:
        """Return the running child of an interview, or None; see `Rooms.reach`."""
        child = self._children.get(interview)
        return None if child is None or child.gone else child

    async def recover(self, interview: str, evidence: str) -> None:
        """Have a part sealed whose child is gone; returns at once, sealing continues in the background."""
        if evidence in self._recovering:
            return
        self._recovering.add(evidence)
        self._spawn(self._recover(interview, evidence))

    async def leave_adopted(self) -> None:
        """End the children of interviews that another machine adopted while this machine was silent. The
        children seal their parts."""
        assert self._center is not None
        for name, child in list(self._children.items()):
            if name != child.interview or child.gone:
                continue
            owner = await asyncio.to_thread(nodes.of_interview, self._center, name)
            if owner not in (None, self._center.node):
                log.warning("interview %s goes on at machine %s: its recorder here is ended", name, owner)
                with contextlib.suppress(ChannelError):
                    await child.ask("end")

    # --- inside -------------------------------------------------------------------------------------------

    async def _require_here(self, interview: str) -> None:
        assert self._center is not None
        with contextlib.suppress(DatabaseAway):  # then nothing begins either: its ticket cannot be made
            owner = await asyncio.to_thread(nodes.of_interview, self._center, interview)
            if owner not in (None, self._center.node):
                raise Refused("elsewhere", f"machine {owner} records this interview")

    async def _start(self, interview: str, recover: str | None) -> Child:
        prepared = interview_folder.prepared(self._settings.spool.absolute(), interview)
        with ExitStack() as until_it_answers:
            try:
                await asyncio.to_thread(until_it_answers.enter_context, prepared)
            except WriteFailed as failed:
                raise Refused("spool.failed", str(failed)) from failed
            try:
                return await self._started(interview, recover)
            except Disconnected:
                # The child was ending: the kernel closes its listening socket after its connections.
                return await self._started(interview, recover)

    async def _started(self, interview: str, recover: str | None) -> Child:
        connection = await asyncio.to_thread(
            self._asking().connection, "start_recorder", interview=interview, recover=recover
        )
        child = await self._meet(recover or interview, connection, interview)
        await child.started()
        return child

    def _asking(self) -> SupervisorClient:
        if self._supervisor is None:
            raise Disconnected("no supervisor")
        return self._supervisor

    async def _meet(self, name: str, connection: socket.socket, interview: str | None = None) -> Child:
        assert self._center is not None
        child = Child(interview or name, self._center)
        await child.connect(connection)
        self._children[name] = child
        self._spawn(self._stay_with(name, child))
        return child

    async def _stay_with(self, name: str, child: Child) -> None:
        await child.run()
        if self._children.get(name) is child:
            del self._children[name]
        log.info("the recorder of %s has ended", name)
        # Before another child of this interview begins a new part, which would look unfinished, too.
        async with self._turn(child.interview):
            await self._recover_left(child.interview)

    async def _recover_left(self, interview: str | None = None) -> None:
        """Start sealing the parts that are no longer recorded."""
        assert self._center is not None
        living = [child.status() for child in self._children.values() if not child.gone]
        recorded = {str(status.get("evidence")) for status in living if status is not None}
        for belongs_to, evidence in await _patiently(interviews.unfinished, self._center):
            if interview in (None, belongs_to) and evidence not in recorded:
                await self.recover(belongs_to, evidence)

    async def _recover(self, interview: str, evidence: str) -> None:
        try:
            for attempt in range(RECOVERY_ATTEMPTS):
                try:
                    child = await self._start(interview, evidence)
                    async with asyncio.timeout(RECOVERS_WITHIN):
                        await child.over.wait()
                except (ChannelError, TimeoutError) as failed:
                    log.warning("recovering part %s: %s", evidence, failed)
                if await _patiently(self._settled, evidence):
                    return
                await asyncio.sleep(2.0**attempt)
            log.error("part %s could not be sealed; it is tried again at the next start", evidence)
        finally:
            self._recovering.discard(evidence)

    def _settled(self, evidence: str) -> bool:
        """Whether the part is sealed, or never began (which is then recorded)."""
        assert self._center is not None
        if not any(part == evidence for _, part in interviews.unfinished(self._center)):
            return True
        if evidence in evidence_in(self._settings.spool):
            return False
        try:
            never_started(self._center, evidence)
        except WrongState:
            # As after the loss of a machine with its spool, it cannot be sealed here; retrying does not help.
            log.error("part %s was begun, and is not in this machine's spool: it stays unsealed", evidence)
        return True

    def _turn(self, interview: str) -> asyncio.Lock:
        return self._turns.setdefault(interview, asyncio.Lock())

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _patiently(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Query the database in a thread, and retry without limit: no part may stay unsealed because of it."""
    while True:
        try:
            return await asyncio.to_thread(ask, *args, **kwargs)
        except DatabaseAway as away:
            log.warning("what is left to be sealed is not known yet: %s", away)
            await asyncio.sleep(DATABASE_AGAIN)
