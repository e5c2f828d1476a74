"""A recorder's statements on their way to the ledger: signed at once, delivered in order in the background.

Capture must not stop because the web process, and with it the ledger, is unavailable. So a statement is
signed at its time, made durable in the part's spool folder (`pending/000001.statement`), and delivered as
soon as the ledger answers. After a crash `recovery` finds the rest and delivers it first.

The recorder is the only writer of its part's chain, so positions can be assigned in advance. If the ledger
nevertheless has another head, the statement is signed again after that head, with its original content and
time.

Trusts: the ledger's response that a leaf is appended; it accepts the very same leaf twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.clock import now
from casework.errors import LedgerAway, NeverStarted, Refused
from casework.recording.ticket import RecordingTicket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import CustodyError
from chain_of_custody.statements.statement import Head, SignedStatement, follow, sign
from chain_of_custody.tlog.ledger import Receipt
from vault.errors import WriteFailed
from vault.spool.writer import SpoolWriter

RETRY_SECONDS = 2.0
REFUSED_RETRY_SECONDS = 30.0
SEALED = "sealed.json"
"""The spool file that records that the part's last statement is in the ledger."""

NewStatement: TypeAlias = tuple[str, Mapping[str, Any]]
"""Type and body of a statement to be made."""


class LedgerPort(Protocol):
    """The ledger as a recorder child reaches it."""

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        """Append to this part's chain the leaf that `build` makes for its current head.

        On a conflict `build` is called again with the new head. Errors of `build` propagate. Raises
        `LedgerAway` if there is no response (the leaf may or may not be appended) and `Refused` if the ledger
        rejects it.
        """


@dataclass
class _Waiting:
    name: str
    signed: SignedStatement


class Outbox:
    """The statements of one part. Use from one event loop."""

    def __init__(
        self, ticket: RecordingTicket, key: Ed25519PrivateKey, ledger: LedgerPort, spool: SpoolWriter
    ) -> None:
        self._ticket, self._key, self._ledger, self._spool = ticket, key, ledger, spool
        self._waiting: deque[_Waiting] = deque()
        self._head: Head | None = None
        self._number = 0
        self._turn = asyncio.Lock()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self.refused: str | None = None
        """The ledger's message when it refused a statement; None if there is no error."""

    @property
    def waiting(self) -> int:
        """Statements signed and not yet in the ledger."""
        return len(self._waiting)

    @property
    def last_type(self) -> str | None:
        """The type of the last statement waiting."""
        return self._waiting[-1].signed.statement.type if self._waiting else None

    async def begin(self, type_: str, body: Mapping[str, Any]) -> Receipt:
        """Make the first statement and wait for the ledger. Raises `LedgerAway`, `Refused`."""
        made: list[SignedStatement] = []

        def build(head: Head | None) -> bytes:
            if head is not None:
                raise Refused(f"the chain of {self._ticket.evidence} has begun already")
            made[:] = self._sign(None, [(type_, body)])
            return made[0].leaf

        receipt = await self._ledger.append(build)
        self._head = made[0].head
        return receipt

    async def say(self, *statements: NewStatement) -> None:
        """Sign these, make them durable, and deliver them in the background.

        Delivery begins when all are durable: after a crash, statements that belong together either all exist
        or none was delivered.
        """
        async with self._turn:
            last = self._waiting[-1].signed.head if self._waiting else self._head
            items = self._named(self._sign(last, statements))
            for item in items:
                await asyncio.to_thread(self._keep, item)
            self._enqueue(items)

    async def say_after_crash(self, *statements: NewStatement) -> None:
        """State as `say`, if nothing is queued and only the ledger knows the chain's head.

        Raises `NeverStarted` if the ledger does not know this part, `LedgerAway`, `Refused`.
        """
        items: list[_Waiting] = []

        def build(head: Head | None) -> bytes:
            if head is None:
                raise NeverStarted(f"the ledger knows nothing of part {self._ticket.evidence}")
            signed = self._sign(head, statements)
            if items:
                for item, again in zip(items, signed, strict=True):
                    item.signed = again
            else:
                items.extend(self._named(signed))
            # Before the first can be appended: after another crash it must be known what was stated already.
            for item in items:
                self._keep(item)
            return items[0].signed.leaf

        receipt = await self._ledger.append(build)
        await self._delivered(items[0], receipt)
        self._enqueue(items[1:])

    def resume(self, pending: Mapping[str, bytes]) -> None:
        """After a crash: deliver the files found in `pending/`, by name, in order."""
        items = [_Waiting(name, SignedStatement.parse(leaf)) for name, leaf in sorted(pending.items())]
        if items:
            self._number = int(items[-1].name.removeprefix("pending/").removesuffix(".statement"))
        self._enqueue(items)

    async def drain(self, within: float) -> bool:
        """Wait until everything is in the ledger, at most `within` seconds; return whether it is."""
        try:
            async with asyncio.timeout(within):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Stop delivering. What is waiting stays in `pending/`."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _sign(
        self, head: Head | None, statements: list[NewStatement] | tuple[NewStatement, ...]
    ) -> list[SignedStatement]:
        made: list[SignedStatement] = []
        for type_, body in statements:
            at = canonical_json.instant_text(now())
            made.append(signed(self._ticket, self._key, head, type_, body, at))
            head = made[-1].head
        return made

    def _named(self, signed: list[SignedStatement]) -> list[_Waiting]:
        items = []
        for one in signed:
            self._number += 1
            items.append(_Waiting(f"pending/{self._number:06d}.statement", one))
        return items

    def _keep(self, item: _Waiting) -> None:
        # On a full disk it still waits in memory; the reserve is for sealing, not for progress.
        with contextlib.suppress(WriteFailed):
            self._spool.write_file(item.name, item.signed.leaf)

    def _enqueue(self, items: list[_Waiting]) -> None:
        if not items:
            return
        self._waiting.extend(items)
        self._idle.clear()
        self._work.set()
        if self._task is None:
            self._task = asyncio.create_task(self._deliver_all(), name="statements")
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        # Unforeseen; recording continues, the statements are durable, and the console must show it.
        if not task.cancelled():
            self.refused = f"delivery has ended: {task.exception()!r}"

    async def _deliver_all(self) -> None:
        while True:
            await self._work.wait()
            try:
                await self._deliver(self._waiting[0])
            except LedgerAway:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except (Refused, CustodyError) as refused:
                # Retained and tried again: a person may remove the cause of the ledger's refusal.
                self.refused = str(refused)
                await asyncio.sleep(REFUSED_RETRY_SECONDS)
                continue
            self.refused = None
            self._waiting.popleft()
            if not self._waiting:
                self._work.clear()
                self._idle.set()

    async def _deliver(self, item: _Waiting) -> None:
        tried = False

        def build(head: Head | None) -> bytes:
            nonlocal tried
            if tried:
                # It was not accepted unchanged, so its position is taken.
                old = item.signed.statement
                item.signed = signed(self._ticket, self._key, head, old.type, old.body, old.at)
                self._keep(item)
            # The first time unchanged, whatever the head: if an earlier response was lost, it is appended
            # already and the ledger returns its receipt again.
            tried = True
            return item.signed.leaf

        receipt = await self._ledger.append(build)
        await self._delivered(item, receipt)

    async def _delivered(self, item: _Waiting, receipt: Receipt) -> None:
        self._head = item.signed.head
        with contextlib.suppress(WriteFailed):
            if item.signed.statement.type == "recording.sealed":
                # Before the statement's own file is removed, so that it is never made a second time.
                done = canonical_json.serialise({"leaf": receipt.leaf_hash.hex(), "position": receipt.index})
                await asyncio.to_thread(self._spool.write_file, SEALED, done)
            await asyncio.to_thread(self._spool.remove_file, item.name)


def signed(
    ticket: RecordingTicket,
    key: Ed25519PrivateKey,
    head: Head | None,
    type_: str,
    body: Mapping[str, Any],
    at: str,
) -> SignedStatement:
    """Return the statement that follows `head` in the part's chain, signed by its recorder."""
    statement = follow(
        head,
        type=type_,
        evidence=ticket.evidence,
        case=ticket.case,
        actor=ticket.actor,
        at=at,
        purpose=ticket.purpose,
        body=body,
    )
    return SignedStatement.parse(sign(statement, key))
