"""The recorder child as a process, over its real socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import resource
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.recording.channel import Channel, Disconnected, Refused, Role, channel_over, connection_to
from casework.recording.child_config import ChildConfig
from chain_of_custody.statements.statement import SignedStatement
from recorder.__main__ import MAX_LINES, STATUS_EVERY
from tests.support.centers.interview_room import INTERVIEW, MemoryLedger, Room
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.starts

REQUEST = "11" * 16
ASKED = {"kind": "question", "by": "0b" * 16, "who": "Person A", "role": "observer", "text": "Which door?"}
TICKED = {
    **{"protocol": "child", "version": "00" * 8, "item": "wish", "text": "Wish asked."},
    **{"note": "", "done": True, "by": "9a" * 16},
}
OFFERED = {
    **{"camera": "wide", "sdp": "v=0", "page": "1", "request": REQUEST, "network": "local"},
    "holder": {"id": "99" * 16, "kind": "person", "name": "Person A"},
}
DECIDED = {"number": 1, "decision": "confirm", "by": "99" * 16, "who": "Person P", "request": REQUEST}
REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("dance", {}, "op.unknown"),
    ("mark", {"text": "x", "ago": 0}, "request.missing"),
    ("mark", {"text": "x", "ago": 0, "request": ["x"]}, "request.missing"),
    ("mark", {"text": "x", "ago": -1, "request": REQUEST, "evidence": None}, "body.malformed"),
    ("mark", {"text": 7, "ago": 0, "request": REQUEST, "evidence": None}, "body.malformed"),
    ("mark", {"text": "x", "ago": 0, "request": REQUEST, "evidence": "ee" * 16}, "request.stale"),
    ("mark", {"text": "x", "ago": 0, "request": REQUEST, "evidence": None}, "state.wrong"),
    ("break", {"request": REQUEST, "evidence": None}, "state.wrong"),
    ("explain", {"reason": "rest", "request": REQUEST, "evidence": None}, "state.wrong"),
    ("resume", {"request": REQUEST, "evidence": None}, "state.wrong"),
    ("begin", {"ticket": {"a": 1}, "request": REQUEST, "evidence": None}, "body.malformed"),
    ("begin", {"ticket": [], "request": REQUEST, "evidence": None}, "body.malformed"),
    ("check", {"elsewhere": {"copies": 1}, "request": REQUEST}, "body.malformed"),
    ("offer", {"camera": "wide", "sdp": None, "page": "1", "request": REQUEST}, "sdp.malformed"),
    ("offer", {"camera": "roof", "sdp": "v=0", "page": "1", "request": REQUEST}, "camera.unknown"),
    ("offer", {**OFFERED, "holder": {"kind": "room"}}, "body.malformed"),
    ("offer", {**OFFERED, "network": "moon"}, "body.malformed"),
    ("offer", OFFERED, "sender.unproved"),
    ("offer", {**OFFERED, "proof": {"key": 7}}, "sender.unproved"),
    ("sender", {"number": 1, "decision": "confirm", "by": "99" * 16, "who": "P"}, "request.missing"),
    ("sender", {**DECIDED, "who": 7}, "body.malformed"),
    ("sender", {**DECIDED, "number": True}, "body.malformed"),
    ("sender", DECIDED, "sender.unknown"),
    ("live_records", {"evidence": "ee" * 16, "after": 0}, "record.unknown"),
    ("slip", {"kind": "question", "text": "x", "request": REQUEST}, "body.malformed"),
    ("slip", {**ASKED, "text": 7, "request": REQUEST}, "body.malformed"),
    ("slip", {**ASKED, "kind": "order", "request": REQUEST}, "slip.empty"),
    ("slip", {**ASKED, "by": "../x", "request": REQUEST}, "body.malformed"),
    ("slip", ASKED, "request.missing"),
    ("settle", {"number": 1, "state": "read", "by": "99" * 16, "request": REQUEST}, "slip.unknown"),
    ("settle", {"number": True, "state": "read", "by": "99" * 16, "request": REQUEST}, "body.malformed"),
    ("tick", {**TICKED, "done": "yes", "request": REQUEST}, "body.malformed"),
    ("tick", {**TICKED, "note": None, "request": REQUEST}, "body.malformed"),
    ("message_keys", {"evidence": None, "indices": [0]}, "record.unknown"),
)
"""Requests that are malformed or untimely, and the reason that is answered."""


class Started:
    """A child that runs, and the web process's side of its line."""

    def __init__(self, process: asyncio.subprocess.Process, config: ChildConfig, path: Path) -> None:
        self.process, self.config, self.path = process, config, path
        self.statuses: list[dict[str, Any]] = []
        self._heard = asyncio.Event()
        self.ledger = MemoryLedger(Ed25519PrivateKey.from_private_bytes(config.recorder_key))
        self.lines: list[Channel] = []
        self._running: list[asyncio.Task[None]] = []

    async def line(self, role: Role = "web") -> Channel:
        line = await channel_over(connection_to(self.path, role), "web", self._answer, self._hear)
        self.lines.append(line)
        self._running.append(asyncio.create_task(line.run()))
        if role == "web":
            await line.request("status", within=PATIENCE)  # answered once it has started
        return line

    def _hear(self, event: Any) -> None:
        self.statuses.append(dict(event))
        self._heard.set()

    async def hears(self, count: int) -> None:
        """Wait until `count` statuses have come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.statuses) < count:
                self._heard.clear()
                await self._heard.wait()

    async def _answer(self, op: str, message: Any) -> dict[str, Any]:
        if op == "head":
            if not self.ledger.leaves:
                return {"head": None}
            head = SignedStatement.parse(self.ledger.leaves[-1]).head
            return {"head": {"number": head.number, "leaf_hash": head.leaf_hash.hex()}}
        receipt = await self.ledger.append(lambda _: base64.b64decode(message["leaf"]))
        return {
            "receipt": {
                "index": receipt.index,
                "leaf_hash": receipt.leaf_hash.hex(),
                "size": receipt.size,
            }
        }

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def close(self) -> None:
        for line in self.lines:
            line.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await asyncio.gather(*self._running, return_exceptions=True)


async def start(folder: Path, recover: str | None = None, key: bytes = b"\x07" * 32) -> Started:
    (folder / "spool").mkdir(exist_ok=True)
    path = folder / "recorder.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        config = ChildConfig(
            interview=INTERVIEW,
            listener=listener.fileno(),
            spool=folder / "spool",
            reserve=1024 * 1024,
            addresses=("127.0.0.1",),
            recover=recover,
            log_level="warning",
            recorder_key=key,
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "recorder"), stdin=asyncio.subprocess.PIPE, pass_fds=[config.listener]
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps(config.to_json()).encode())
    process.stdin.close()
    return Started(process, config, path)


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Started]:
    started = await start(tmp_path)
    yield started
    await started.close()


async def test_it_tells_its_state_several_times_a_second(child: Started) -> None:
    (await child.line()).close()
    await asyncio.gather(*child._running)
    child.statuses.clear()
    began = time.monotonic()
    await child.line()
    await child.hears(6)
    assert time.monotonic() - began >= 4 * STATUS_EVERY, "and not more often; the first two may come at once"
    assert STATUS_EVERY <= 1 / 3
    status = child.statuses[-1]
    assert (status["state"], status["evidence"], status["losses"]) == ("waiting", None, [])


async def test_it_leaves_no_core_dump(child: Started) -> None:
    await child.line()
    soft, hard = resource.prlimit(child.process.pid, resource.RLIMIT_CORE)
    assert (soft, hard) == (0, 0)


async def test_a_malformed_or_untimely_request_is_answered_with_its_reason(child: Started) -> None:
    line = await child.line()
    for number, (op, fields, code) in enumerate(REFUSED):
        if fields.get("request") == REQUEST:
            fields = {**fields, "request": f"{number:032x}"}  # the same request again is answered alike
        with pytest.raises(Refused) as refused:
            await line.request(op, **fields)
        assert refused.value.code == code, (op, fields)
        assert (await line.request("status"))["state"] == "waiting", (op, fields)


async def test_lines_that_are_no_requests_cost_their_own_line_and_nothing_else(child: Started) -> None:
    line = await child.line()
    for nonsense in (b"hello\n", b"[]\n", b"{}\n", b'{"id":1}\n', b"\xff\xfe\n", b'{"id":1,"op":3}\n'):
        reader, writer = await asyncio.open_unix_connection(sock=connection_to(child.path, "web"))
        writer.write(nonsense)
        await writer.drain()
        writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            await reader.read()
        writer.close()
    assert (await line.request("status"))["state"] == "waiting"
    assert child.process.returncode is None


async def test_the_same_request_twice_is_done_once_and_answered_alike(child: Started) -> None:
    line = await child.line()
    elsewhere = {
        "copies": {"first-copy": True, "second-copy": False},
        "ledger": True,
        "trial_keys": True,
        "practice": False,
        "newest": None,
        "consent": "not-asked",
    }
    first = await line.request("check", request=REQUEST, elsewhere=elsewhere)
    again = await line.request("check", request=REQUEST, elsewhere={"not": "looked at"})
    assert again == first
    codes = {one["check"]: one["code"] for one in first["checks"]}
    assert codes["second-copy"] == "copy.away"
    assert codes["keys"] == "keys.trial"
    assert codes["consent"] == "consent.not-asked"
    assert await line.request("answered", request=REQUEST) == {"answered": True}
    assert await line.request("answered", request="22" * 16) == {"answered": False}


async def test_the_web_process_may_go_and_come_back(child: Started) -> None:
    first = await child.line()
    first.close()
    await asyncio.sleep(0.3)
    second = await child.line()
    assert (await second.request("status"))["state"] == "waiting"


@pytest.mark.parametrize("how", ["end", "SIGTERM"])
async def test_it_ends_when_told_and_listens_no_longer(child: Started, how: str) -> None:
    line = await child.line()
    if how == "end":
        await line.request("end")
    else:
        child.process.send_signal(signal.SIGTERM)
    assert await child.ended() == 0
    with pytest.raises(Disconnected):
        connection_to(child.path, "web")


async def test_the_supervisor_may_end_it_and_do_nothing_else(child: Started) -> None:
    web, supervisor = await child.line(), await child.line("supervisor")
    for op in ("status", "next_door", "message_keys", "begin", "head"):
        with pytest.raises(Refused) as refused:
            await supervisor.request(op, within=PATIENCE)
        assert refused.value.code == "not-allowed"
    assert (await web.request("status"))["state"] == "waiting"
    await supervisor.request("end")
    assert await child.ended() == 0


@pytest.mark.parametrize(
    "first", [b'{"role":"keyholder"}\n', b"{}\n", b'{"id":1,"op":"status"}\n', b"\xff\n"]
)
async def test_a_connection_without_a_role_is_closed(child: Started, first: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(child.path)
    writer.write(first)
    async with asyncio.timeout(PATIENCE):
        assert await reader.read() == b""
    writer.close()
    assert (await (await child.line()).request("status"))["state"] == "waiting"


async def test_of_many_lines_the_newest_stay_open(child: Started) -> None:
    lines = [await child.line() for _ in range(MAX_LINES + 3)]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*child._running[:3])
    assert [line.closed for line in lines] == [True] * 3 + [False] * MAX_LINES
    assert (await lines[3].request("status"))["state"] == "waiting"


async def test_what_was_passed_in_outlives_a_child_that_is_killed(tmp_path: Path) -> None:
    first = await start(tmp_path)
    line = await first.line()
    assert not (await line.request("slip", request=REQUEST, **ASKED))["recorded"]
    await line.request("tick", request="22" * 16, **TICKED)
    first.process.kill()
    await first.close()

    second = await start(tmp_path)
    try:
        line = await second.line()
        desk = await line.request("next_door")
        assert [(one["text"], one["recorded"]) for one in desk["slips"]] == [("Which door?", False)]
        assert [one["item"] for one in desk["ticks"]] == ["wish"]
        assert desk["waiting"] == 2
        again = await line.request("slip", request=REQUEST, **ASKED)
        assert again["number"] == 1 and len((await line.request("next_door"))["slips"]) == 1
    finally:
        await second.close()


async def test_an_interview_that_is_over_ends_its_process(child: Started) -> None:
    line = await child.line()
    await line.request("stop", request=REQUEST, evidence=None, reason="wish", by="99" * 16)
    assert await child.ended() == 0
    await asyncio.gather(*child._running, return_exceptions=True)  # all that it said is read
    assert child.statuses[-1]["state"] == "sealed"


async def test_a_child_started_to_recover_seals_what_was_left_and_ends(tmp_path: Path) -> None:
    room = Room(tmp_path / "spool")
    (wide,) = await room.begin("wide")
    await room.film(wide, times=5)
    written = len(room.records())
    # The process that recorded is gone: its lock with it, no seal, no statement.
    await room.writers[0]._let_go()

    child = await start(tmp_path, recover=room.ticket().evidence, key=room.key.private_bytes_raw())
    child.ledger = room.ledger
    web = asyncio.create_task(child.line())
    await asyncio.sleep(0)  # it is connected; the supervisor, which has no ledger, later

    async def nothing(op: str, _message: Any) -> dict[str, Any]:
        raise Refused("unknown", op)

    supervisor = await channel_over(connection_to(child.path, "supervisor"), "web", nothing)
    child.lines.append(supervisor)
    child._running.append(asyncio.create_task(supervisor.run()))
    try:
        await web
        assert await child.ended() == 0
    finally:
        await child.close()
    assert room.ledger.types == ["recording.started", "recording.interrupted", "recording.sealed"]
    assert room.ledger.body("recording.sealed")["records"] == written
    assert room.ledger.body("recording.interrupted")["reason"] == "recorder-died"
