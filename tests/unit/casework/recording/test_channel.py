"""The line between the web process and a recorder child, over real Unix sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from casework.recording.channel import (
    MAX_LINE,
    Channel,
    Disconnected,
    Message,
    Refused,
    Unanswered,
    channel_over,
    connection_to,
    read_role,
)
from tests.support.patience import PATIENCE


async def nothing(op: str, message: Message) -> Message:
    raise Refused("unknown", op)


@asynccontextmanager
async def line(
    folder: Path,
    child: Callable[[str, Message], Awaitable[Message]] = nothing,
    web: Callable[[str, Message], Awaitable[Message]] = nothing,
    hear: Callable[[Message], None] | None = None,
) -> AsyncIterator[tuple[Channel, Channel]]:
    """Both ends of a line: the web process connects, the child listens."""
    arrived: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await read_role(reader) == "web"
        channel = Channel(reader, writer, "child", child)
        arrived.set_result(channel)
        await channel.run()

    path = folder / "line.sock"
    server = await asyncio.start_unix_server(accept, path, limit=MAX_LINE)
    near = await channel_over(connection_to(path, "web"), "web", web, hear)
    reading = asyncio.create_task(near.run())
    try:
        yield near, await arrived
    finally:
        near.close()
        await reading
        server.close()


async def test_both_ends_may_ask_at_once_and_answers_find_their_asker(tmp_path: Path) -> None:
    async def slow_first(op: str, message: Message) -> Message:
        await asyncio.sleep(0.05 if op == "first" else 0)
        return {"was": op, "of": message["word"]}

    async with line(tmp_path, child=slow_first, web=slow_first) as (web, child):
        answers = await asyncio.gather(
            web.request("first", word="a"),
            web.request("second", word="b"),
            child.request("first", word="c"),
            child.request("second", word="d"),
        )
    assert [(answer["was"], answer["of"]) for answer in answers] == [
        ("first", "a"),
        ("second", "b"),
        ("first", "c"),
        ("second", "d"),
    ]


async def test_a_refusal_arrives_with_its_code_and_sentence(tmp_path: Path) -> None:
    async def refuse(op: str, message: Message) -> Message:
        raise Refused("codec", "Only H.264 can be recorded")

    async with line(tmp_path, child=refuse) as (web, _):
        with pytest.raises(Refused, match=r"Only H\.264") as refused:
            await web.request("offer")
    assert refused.value.code == "codec"


async def test_an_unexpected_failure_while_answering_reaches_the_asker_and_the_line_goes_on(
    tmp_path: Path,
) -> None:
    async def stumble(op: str, message: Message) -> Message:
        if op == "stumble":
            raise KeyError("missing")
        return {"fine": True}

    async with line(tmp_path, child=stumble) as (web, _):
        with pytest.raises(Refused) as refused:
            await web.request("stumble")
        assert refused.value.code == "internal"
        assert (await web.request("again"))["fine"]


async def test_events_need_no_answer(tmp_path: Path) -> None:
    heard: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    async with line(tmp_path, hear=heard.set_result) as (_, child):
        await child.event("status", safe_until=3)
        assert await heard == {"event": "status", "safe_until": 3}


async def test_no_answer_in_time_is_told_apart_from_a_dead_end(tmp_path: Path) -> None:
    async def never(op: str, message: Message) -> Message:
        await asyncio.sleep(30)
        return {}

    async with line(tmp_path, child=never) as (web, child):
        with pytest.raises(Unanswered):
            await web.request("check", within=0.05)
        waiting = asyncio.create_task(web.request("check"))
        await asyncio.sleep(0.02)
        child.close()
        with pytest.raises(Disconnected):
            await waiting
        assert web.closed
        with pytest.raises(Disconnected):
            await web.request("status")


async def test_where_nothing_listens_connecting_says_so(tmp_path: Path) -> None:
    with pytest.raises(Disconnected):
        connection_to(tmp_path / "absent.sock", "web")


async def test_a_child_that_accepts_nobody_is_not_waited_for(tmp_path: Path) -> None:
    with contextlib.ExitStack() as kept:
        listener = kept.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(tmp_path / "s"))
        listener.listen(1)
        with pytest.raises(Unanswered, match="too many connections"):
            for _ in range(10):
                kept.enter_context(connection_to(tmp_path / "s", "web"))


@pytest.mark.parametrize(
    ("first", "role"),
    [
        (b'{"role":"web"}\n', "web"),
        (b'{"role":"supervisor"}\n', "supervisor"),
        (b'{"role":"keyholder"}\n', None),
        (b'{"role":["web"]}\n', None),
        (b'["web"]\n', None),
        (b"\n", None),
        (b"", None),
        (b"x" * (MAX_LINE + 2), None),
    ],
)
async def test_the_first_line_names_the_role_or_none(first: bytes, role: str | None) -> None:
    reader = asyncio.StreamReader(limit=MAX_LINE)
    reader.feed_data(first)
    reader.feed_eof()
    assert await read_role(reader) == role


@pytest.mark.parametrize(
    "rubbish",
    [b"no json\n", b"[1,2]\n", b'{"neither":1}\n', b'{"id":"one","op":"x"}\n', b"x" * (MAX_LINE + 2) + b"\n"],
    ids=["no JSON", "no object", "no kind", "number that is none", "too long"],
)
async def test_rubbish_ends_the_line_and_nothing_else(tmp_path: Path, rubbish: bytes) -> None:
    ended = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Channel(reader, writer, "child", nothing).run()
        ended.set()

    path = str(tmp_path / "line.sock")
    server = await asyncio.start_unix_server(accept, path, limit=MAX_LINE)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(rubbish)
    await asyncio.wait_for(ended.wait(), PATIENCE)
    writer.close()

    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(json.dumps({"id": 1, "op": "hello"}).encode() + b"\n")
    assert json.loads(await reader.readline()) == {"id": 1, "error": {"code": "unknown", "message": "hello"}}
    writer.close()
    server.close()


async def test_a_request_may_have_a_field_called_event(tmp_path: Path) -> None:
    async def child(op: str, message: Message) -> Message:
        return {"heard": message["event"]}

    async with line(tmp_path, child=child) as (web, _):
        assert await web.request("person", event="enters", within=PATIENCE) == {"heard": "enters"}
