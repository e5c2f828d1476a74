"""The supervisor's control channels: who may ask for what, and what one asker can take up."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from amana import control_channel
from amana.control_channel import MAX_REQUEST, Message
from amana.keyholder.roles import Peer
from amana.supervisor.broker import MAX_COMMANDS, ROLES, Answer, CommandSocket, check_role, serve
from amana.supervisor.supervisor_client import CommandChannel, InheritedChannel
from casework.recording.channel import Disconnected, Refused
from tests.support.patience import until

WEB = Peer("web", os.getpid())


class Answering:
    """Answers with one end of a new pair, and keeps the other."""

    def __init__(self) -> None:
        self.asked: list[tuple[Peer, str]] = []
        self.targets: list[socket.socket] = []
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def __call__(self, peer: Peer, op: str, message: Message) -> Answer:
        self.asked.append((peer, op))
        await self.going_on.wait()
        if op == "fail":
            raise KeyError("unforeseen")
        if op == "refuse":
            raise Refused("away", "not now")
        if op == "connect":
            near, far = socket.socketpair()
            self.targets.append(far)
            return {}, near
        return {"op": op, "extra": message.get("extra")}, None


@asynccontextmanager
async def channel(answer: Answering) -> AsyncIterator[socket.socket]:
    """The end of a process that was started with one."""
    near, far = control_channel.pair()
    serving = asyncio.create_task(serve(near, WEB, answer))
    try:
        with far:
            yield far
    finally:
        await serving
        for target in answer.targets:
            target.close()


@asynccontextmanager
async def commands(path: Path, answer: Answering) -> AsyncIterator[None]:
    served = CommandSocket(path, answer)
    with served.listening() as listener:
        serving = asyncio.create_task(served.run(listener))
        yield
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(path))
    return connection


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_an_answer_brings_a_connection_whose_other_end_the_target_has() -> None:
    answer = Answering()
    async with channel(answer) as far:
        client = InheritedChannel(far)
        with await asyncio.to_thread(client.connection, "connect") as connection:
            connection.sendall(b"hello")
            assert answer.targets[0].recv(5) == b"hello"
            assert not os.get_inheritable(connection.fileno())
        assert answer.targets[0].recv(1) == b""  # and no one else has kept it
        assert answer.asked == [(WEB, "connect")]


@pytest.mark.parametrize(
    "packet",
    [
        b"no json",
        b"[1]",
        b"[" * 5000,
        b"{}",
        b'{"id":"1","op":"x"}',
        b'{"id":1,"op":"' + b"x" * MAX_REQUEST + b'"}',
        b"\xff\xfe",
    ],
)
async def test_a_malformed_request_is_refused_and_the_next_one_answered(packet: bytes) -> None:
    async with channel(Answering()) as far:
        far.send(packet)
        refused = await asyncio.to_thread(control_channel.receive, far)
        assert refused is not None
        assert refused[0]["error"]["code"] == "malformed"
        assert await asyncio.to_thread(InheritedChannel(far).ask, "look", extra="x") == {
            "op": "look",
            "extra": "x",
        }


async def test_refusals_and_failures_arrive_as_such_and_the_channel_continues() -> None:
    async with channel(Answering()) as far:
        client = InheritedChannel(far)
        with pytest.raises(Refused, match="not now"):
            await asyncio.to_thread(client.ask, "refuse")
        with pytest.raises(Refused) as failed:
            await asyncio.to_thread(client.ask, "fail")
        assert failed.value.code == "internal"
        with pytest.raises(Disconnected, match="lost on its way"):
            await asyncio.to_thread(client.connection, "look")
        assert (await asyncio.to_thread(client.ask, "look"))["op"] == "look"


async def test_an_answer_to_a_request_that_was_given_up_is_not_taken_for_the_next() -> None:
    answer = Answering()
    async with channel(answer) as far:
        control_channel.send(far, {"id": 0, "op": "connect"})
        answer_of_next = await asyncio.to_thread(InheritedChannel(far).ask, "look")
        assert answer_of_next["op"] == "look"
        assert answer.targets[0].recv(1) == b""  # the late connection is closed


async def test_descriptors_that_an_asker_sends_are_not_kept() -> None:
    async with channel(Answering()) as far:
        before = open_files()
        for number in range(20):
            near, other = socket.socketpair()
            with near, other:
                socket.send_fds(
                    far, [json.dumps({"id": number, "op": "look"}).encode()], [other.fileno()] * 5
                )
            assert await asyncio.to_thread(control_channel.receive, far) is not None
        assert open_files() == before


async def test_an_asker_that_does_not_read_its_answers_is_waited_for_and_takes_up_one_connection() -> None:
    answer = Answering()
    async with channel(answer) as far:
        far.setblocking(False)
        number = 0

        async def flood() -> None:
            nonlocal number
            while True:
                try:
                    control_channel.send(far, {"id": number, "op": "connect"})
                    number += 1
                except BlockingIOError:
                    return

        before, made = 0, -1
        while made != before:  # until nothing moves any more
            made = before
            await flood()
            await asyncio.sleep(0.05)
            before = len(answer.targets)
        waiting = len(answer.targets)
        assert waiting < 1000
        assert number > waiting, "requests wait in the channel, and are not read"


@pytest.mark.parametrize(
    ("op", "roles"),
    [
        ("connect_keyholder", {"web", "command"}),
        ("processes", {"web", "command"}),
        ("ready", {"web"}),
        ("recorders", {"web"}),
        ("report_failure", {"web"}),
        ("start_recorder", {"web"}),
        ("connect_recorder", {"web"}),
        ("restart_keyholder", {"command"}),
    ],
)
def test_each_operation_is_for_its_roles(op: str, roles: set[str]) -> None:
    assert ROLES[op] == roles
    for role in ("web", "command", "supervisor"):
        peer = Peer(role, 1)  # type: ignore[arg-type]
        if role in roles:
            check_role(peer, op)
        else:
            with pytest.raises(Refused, match=f"{op} is not for {role}"):
                check_role(peer, op)
    with pytest.raises(Refused, match="no operation"):
        check_role(WEB, "open everything")


async def test_a_command_is_known_by_its_process_and_reaches_a_socket_of_its_user_alone(
    tmp_path: Path,
) -> None:
    answer, path = Answering(), tmp_path / "s"
    async with commands(path, answer):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await asyncio.to_thread(CommandChannel(path).ask, "look"))["op"] == "look"
        assert answer.asked == [(Peer("command", os.getpid()), "look")]
    assert not path.exists()
    with pytest.raises(Disconnected, match="nothing answers"):
        await asyncio.to_thread(CommandChannel(path).ask, "look")


async def test_of_the_connections_of_commands_a_bounded_number_is_open_and_none_keeps_others_out(
    tmp_path: Path,
) -> None:
    """As a process that wants to: it opened 19,558 in twenty seconds."""
    path = tmp_path / "s"
    async with commands(path, Answering()):
        before = open_files()
        with contextlib.ExitStack() as kept:
            for _ in range(5):
                for _ in range(100):
                    kept.enter_context(await asyncio.to_thread(connected, path))
                assert (await asyncio.to_thread(CommandChannel(path).ask, "look"))["op"] == "look"
            await until(lambda: open_files() - before <= 500 + MAX_COMMANDS)
        # Fewer, where what an earlier test left open was collected meanwhile.
        await until(lambda: open_files() <= before)


async def test_while_all_are_being_answered_a_further_command_is_refused(tmp_path: Path) -> None:
    answer, path = Answering(), tmp_path / "s"
    answer.going_on.clear()
    async with commands(path, answer):
        with contextlib.ExitStack() as kept:
            for number in range(MAX_COMMANDS):
                asking = kept.enter_context(await asyncio.to_thread(connected, path))
                control_channel.send(asking, {"id": number, "op": "look"})
            await until(lambda: len(answer.asked) == MAX_COMMANDS)
            with pytest.raises(Refused, match="too many commands at once") as refused:
                await asyncio.to_thread(CommandChannel(path).ask, "look")
            assert refused.value.code == "busy"
            answer.going_on.set()
        assert (await asyncio.to_thread(CommandChannel(path).ask, "look"))["op"] == "look"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_SEQPACKET])
@pytest.mark.parametrize("end", ["open", "closed", "shut down"])
def test_a_pair_cannot_be_connected_elsewhere(tmp_path: Path, kind: socket.SocketKind, end: str) -> None:
    """What the design rests on: a process that may not create sockets has only those that it was given."""
    path = str(tmp_path / "s")
    near, far = socket.socketpair(socket.AF_UNIX, kind)
    with near, far, socket.socket(socket.AF_UNIX, kind) as listener:
        listener.bind(path)
        listener.listen()
        if end == "closed":
            far.close()
        elif end == "shut down":
            near.shutdown(socket.SHUT_RDWR)
        with pytest.raises(OSError, match="already connected") as refused:
            near.connect(path)
        assert refused.value.errno == errno.EISCONN
        near.bind(path + "2")
        with pytest.raises(OSError, match="Invalid argument"):
            near.listen()
