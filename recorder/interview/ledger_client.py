"""Access of a recorder child to the ledger, over its connection to the web process.

Implements `casework.recording.statement_outbox.LedgerPort`. The child has no ledger and no database; it
signs, the web process appends. A connection ends with its web process. Without one, or if it ends before
answering, the result is `LedgerAway`, and the statement waits in the part's spool folder.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any

from casework.errors import LedgerAway, Refused
from casework.recording.channel import Channel, Disconnected, Unanswered
from casework.recording.channel import Refused as ChannelRefused
from chain_of_custody.statements.statement import Head
from chain_of_custody.tlog.ledger import Receipt

ATTEMPTS = 20
"""How often a leaf is rebuilt because the chain has grown: the recorder is its only writer."""


class Lines:
    """The connections to web processes, newest last; requests use the newest open one."""

    def __init__(self) -> None:
        self._lines: list[Channel] = []
        self.arrived = asyncio.Event()

    def add(self, line: Channel) -> None:
        """Add the connection of a web process; requests use it from now on."""
        self._lines.append(line)
        self.arrived.set()

    def remove(self, line: Channel) -> None:
        """Remove a connection that has ended. Raises `ValueError` for one that was not added."""
        self._lines.remove(line)
        if not self._lines:
            self.arrived.clear()

    @property
    def all(self) -> list[Channel]:
        """Return the open connections, newest last."""
        return [line for line in self._lines if not line.closed]

    async def ask(self, op: str, **fields: Any) -> Mapping[str, Any]:
        """Send a request. Raises `LedgerAway`, `casework.recording.channel.Refused`."""
        if not self.all:
            raise LedgerAway("no web process is connected")
        try:
            return await self.all[-1].request(op, **fields)
        except (Disconnected, Unanswered) as gone:
            raise LedgerAway(str(gone)) from gone


class LedgerLine:
    """One part's chain of statements."""

    def __init__(self, lines: Lines, evidence: str) -> None:
        self._lines = lines
        self._evidence = evidence

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        """See `LedgerPort`."""
        for _ in range(ATTEMPTS):
            leaf = build(await self._head())
            try:
                answer = await self._lines.ask(
                    "append", evidence=self._evidence, leaf=base64.b64encode(leaf).decode()
                )
            except ChannelRefused as refused:
                if refused.code == "conflict":
                    continue
                if refused.code == "refused":
                    raise Refused(refused.message) from refused
                raise LedgerAway(f"{refused.code}: {refused.message}") from refused
            receipt = _field(answer, "receipt")
            return Receipt(receipt["index"], bytes.fromhex(receipt["leaf_hash"]), receipt["size"])
        raise LedgerAway("the chain kept moving on")

    async def _head(self) -> Head | None:
        try:
            answer = await self._lines.ask("head", evidence=self._evidence)
        except ChannelRefused as refused:
            raise LedgerAway(f"{refused.code}: {refused.message}") from refused
        if answer.get("head", ...) is None:
            return None
        head = _field(answer, "head")
        return Head(head["number"], bytes.fromhex(head["leaf_hash"]))


def _field(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = answer.get(name)
    if not isinstance(value, Mapping):
        raise LedgerAway(f"an answer without {name}")
    return value
