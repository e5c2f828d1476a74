"""The recorder child: one process for one interview. The supervisor starts it; it ends after the seal.

    python -m recorder  < config.json          (see casework.recording.child_config)

It inherits a listening Unix socket, to which the supervisor connects for the web process. The web process may
connect and disconnect at any time; recording does not depend on a connection. Lines are
`casework.recording.channel`, requests are `commands`. Further:

- `status` events are sent on every line, four times a second and at once after a command;
- `end` seals what is open as interrupted and ends the process; the supervisor may request only that;
- of the web process's connections the newest `MAX_LINES` stay open;
- with `recover` in the configuration it only seals that one part, left by a child that has ended, and ends.

CPython cannot wipe memory: the data key is destroyed only with this process. So it ends within a moment after
the seal, writes no core dump, and cannot be inspected by other processes of its user.

Trusts: its standard input, and the role in the first line of a connection, which the supervisor writes. No
input can end it except `end` and SIGTERM.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.errors import LedgerAway, NeverStarted, RecordingError
from casework.errors import Refused as NotTaken
from casework.recording import interview_folder, safety_start
from casework.recording.channel import MAX_LINE, Channel, ChannelError, Message, Refused, read_role
from casework.recording.child_config import ChildConfig
from casework.recording.pending_notes_file import PendingNotesFile
from casework.recording.recording_writer import RecordingLimits, RecordingWriter
from casework.recording.ticket import RecordingTicket
from casework.sandbox import process_log, processes
from casework.sandbox.confinement import keep_memory_private
from chain_of_custody.items.recording_contents import Track
from chain_of_custody.items.sender import Sender
from recorder.config import CaptureConfig
from recorder.errors import InterviewRefused
from recorder.interview.commands import Commands
from recorder.interview.interview import Interview, InterviewConfig
from recorder.interview.ledger_client import LedgerLine, Lines
from recorder.interview.status import describe

STATUS_EVERY = 0.25
"""Seconds. A loss must be on the console within two; detecting it takes one of them."""
LINGERS = 3.0
"""Seconds after the seal: long enough for all clients to receive it."""
IDLE_FOR = 120.0
"""Seconds without a connection and without a recording after which an unused child ends."""
MAX_LINES = 8
"""The web process needs one; one that was restarted has another before the first is known to be closed."""
RECOVER_EVERY = 2.0
RECOVER_FOR = 10 * 60.0
"""Seconds that a recovery waits for the ledger; sealed data is durable, the next start continues."""

log = logging.getLogger(__name__)


class Child:
    """The process, without its startup and shutdown."""

    def __init__(self, config: ChildConfig) -> None:
        self.config = config
        self.lines = Lines()
        self._key = Ed25519PrivateKey.from_private_bytes(config.recorder_key)
        self.interview = Interview(
            InterviewConfig(
                interview=config.interview,
                spool=config.spool,
                reserve=config.reserve,
                capture=CaptureConfig(addresses=config.addresses),
            ),
            self._open_part,
            PendingNotesFile(config.spool, config.interview, config.recorder_key),
        )
        self._commands = Commands(self.interview, self._begin_safety)
        self._over = asyncio.Event()
        self._changed = asyncio.Event()

    async def _open_part(
        self, ticket: RecordingTicket, tracks: Sequence[Track], senders: Sequence[Sender]
    ) -> RecordingWriter:
        return await RecordingWriter.open(
            ticket,
            self.config.spool,
            self._key,
            LedgerLine(self.lines, ticket.evidence),
            tracks,
            senders=senders,
            limits=RecordingLimits(reserve=self.config.reserve),
        )

    async def _begin_safety(self, ticket: RecordingTicket, sender: Sender, public: bytes) -> bytes:
        return await asyncio.to_thread(
            safety_start.begin, ticket, self.config.spool, self._key, sender, public
        )

    async def run(self) -> None:
        """Serve until the interview is over, or until `end` or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._over.set)
        server = await listen(self.config, self._meet, self._meet_supervisor)
        watching = asyncio.create_task(self._watch(), name="watch")
        try:
            await self._over.wait()
            await self.interview.abandon("recorder-ended")
            await self._send_status()
        finally:
            watching.cancel()
            server.close()
            for line in self.lines.all:
                line.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._changed.set()
        await stay(Channel(reader, writer, "child", self._answer), self.lines)

    async def _meet_supervisor(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not one of `lines`: those give access to the ledger, which the supervisor does not have.
        await Channel(reader, writer, "child", self._answer_supervisor).run()

    async def _answer_supervisor(self, op: str, _message: Message) -> Message:
        if op != "end":
            raise Refused("not-allowed", "the supervisor may request the end, and nothing else")
        return await self._end()

    async def _end(self) -> Message:
        await self.interview.abandon("recorder-ended")
        # The answer is sent first.
        asyncio.get_running_loop().call_later(STATUS_EVERY, self._over.set)
        return {}

    async def _answer(self, op: str, message: Message) -> Message:
        if op == "end":
            return await self._end()
        try:
            return await self._commands.do(op, message)
        except InterviewRefused as refused:
            raise Refused(refused.code, refused.detail) from refused
        finally:
            self._changed.set()

    async def _watch(self) -> None:
        """Tick and send the status, until the interview is over and all clients had time to receive it."""
        loop = asyncio.get_running_loop()
        in_use, sealed_at = loop.time(), None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STATUS_EVERY):
                    await self._changed.wait()
            self._changed.clear()
            self.interview.tick()
            await self._send_status()
            now = loop.time()
            if self.lines.all or self.interview.live:
                in_use = now
            if self.interview.state == "sealed":
                sealed_at = sealed_at or now
            if (sealed_at is not None and now - sealed_at > LINGERS) or now - in_use > IDLE_FOR:
                self._over.set()
                return

    async def _send_status(self) -> None:
        status = describe(self.interview)
        for line in self.lines.all:
            # A web process that does not read must not delay the monitoring of a recording.
            with contextlib.suppress(ChannelError, TimeoutError):
                async with asyncio.timeout(STATUS_EVERY):
                    await line.event("status", **status)


class Recovery:
    """A child that only seals the part that another child left."""

    def __init__(self, config: ChildConfig, evidence: str) -> None:
        self.config = config
        self._evidence = evidence
        self.lines = Lines()

    async def run(self) -> None:
        """Run until the part is sealed and its statements are in the ledger, it turns out never to have
        begun, sealing fails, or `RECOVER_FOR` is over."""
        key = Ed25519PrivateKey.from_private_bytes(self.config.recorder_key)
        ledger = LedgerLine(self.lines, self._evidence)
        server = await listen(self.config, self._meet, self._meet_supervisor)
        try:
            async with asyncio.timeout(RECOVER_FOR):
                while True:
                    await self.lines.arrived.wait()
                    try:
                        await RecordingWriter.recover(
                            self.config.spool, self._evidence, key, ledger, "recorder-died"
                        )
                        return
                    except LedgerAway as away:
                        log.warning("part %s: %s", self._evidence, away)
                    await asyncio.sleep(RECOVER_EVERY)
        except NeverStarted:
            log.info("part %s never began", self._evidence)
        except (RecordingError, NotTaken, TimeoutError) as failed:
            log.error("part %s could not be sealed: %s", self._evidence, failed)
        finally:
            server.close()
            for line in self.lines.all:
                line.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stay(Channel(reader, writer, "child", self._answer), self.lines)

    async def _meet_supervisor(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Channel(reader, writer, "child", self._refuse).run()

    async def _answer(self, op: str, message: Message) -> Message:
        if op == "status":
            return {"state": "recovering", "evidence": self._evidence}
        return await self._refuse(op, message)

    async def _refuse(self, _op: str, _message: Message) -> Message:
        raise Refused("state.wrong", "this recorder only seals a part")


Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def listen(config: ChildConfig, meet_web: Meet, meet_supervisor: Meet) -> asyncio.Server:
    """Accept the connections that the supervisor makes, each in its role."""
    os.set_inheritable(config.listener, False)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        role = await read_role(reader)
        if role is None:
            log.warning("a connection without a role was closed")
            writer.close()
        else:
            await (meet_web if role == "web" else meet_supervisor)(reader, writer)

    listener = socket.socket(fileno=config.listener)
    # The supervisor removes the path: this process may not, and each attempt would be an error in its log.
    staying: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
    return await asyncio.start_unix_server(meet, sock=listener, limit=MAX_LINE, **staying)


async def stay(line: Channel, lines: Lines) -> None:
    """Keep the connection of a web process in `lines` until it ends; close the oldest beyond `MAX_LINES`."""
    for oldest in lines.all[: -MAX_LINES + 1]:
        log.warning("the web process has more than %d lines: the oldest is closed", MAX_LINES)
        oldest.close()
    lines.add(line)
    try:
        await line.run()
    finally:
        lines.remove(line)


def confine(config: ChildConfig) -> None:
    """Confine this process to what one interview's recorder needs. Raises `OSError`."""
    processes.confine(processes.RECORDER, change=[config.spool])


async def serve(config: ChildConfig) -> None:
    """Run the child that the configuration describes."""
    await (Recovery(config, config.recover) if config.recover else Child(config)).run()


def main() -> None:
    """Entry point: configuration on standard input, log as in `process_log`."""
    keep_memory_private()
    config = ChildConfig.read(sys.stdin.buffer.read())
    process_log.begin("recorder", config.log_level, AMANA_INTERVIEW=config.interview)
    interview_folder.keep(config.spool)
    confine(config)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config))


if __name__ == "__main__":
    main()
