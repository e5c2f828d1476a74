"""The supervisor's recorder children: real ones, started, connected, found again and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.settings import Settings
from amana.supervisor.recorder_children import RecorderChildren
from casework.recording.channel import Channel, Disconnected, Message, Refused, channel_over, connection_to
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.starts

INTERVIEW = "ab" * 16


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data=tmp_path / "a")
    for folder in (settings.run, settings.log, settings.spool):
        folder.mkdir(parents=True)
    return settings


@pytest.fixture
def noted() -> list[str]:
    return []


@pytest.fixture
async def children(settings: Settings, noted: list[str]) -> AsyncIterator[RecorderChildren]:
    children = RecorderChildren(settings, b"\x07" * 32, lambda _, how: noted.append(how))
    yield children
    for pid in children.pids.values():
        os.kill(pid, signal.SIGKILL)
    await gone(children)


async def gone(children: RecorderChildren) -> None:
    """Until all have ended, and the supervisor has noticed."""
    async with asyncio.timeout(PATIENCE):
        while children._waiting:
            await asyncio.wait(children._waiting)


@contextlib.asynccontextmanager
async def line(connection: object) -> AsyncIterator[Channel]:
    async def nothing(op: str, _message: Message) -> Message:
        raise Refused("unknown", op)

    channel = await channel_over(connection, "web", nothing)  # type: ignore[arg-type]
    reading = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        channel.close()
        await reading


async def test_a_child_is_started_once_and_connected_as_often_as_it_is_asked_for(
    children: RecorderChildren, settings: Settings
) -> None:
    path = settings.recorder_socket(INTERVIEW)
    async with line(await children.start(INTERVIEW, None)) as first:
        assert (await first.request("status", within=PATIENCE))["state"] == "waiting"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        before = children.pids
        async with line(await children.start(INTERVIEW, None)) as second:
            assert (await second.request("status"))["state"] == "waiting"
        async with line(children.connect(INTERVIEW)) as third:
            assert (await third.request("status"))["state"] == "waiting"
        assert children.pids == before
        assert children.names == [INTERVIEW]


async def test_one_of_an_earlier_supervisor_is_found_connected_and_ended(
    children: RecorderChildren, settings: Settings
) -> None:
    async with line(await children.start(INTERVIEW, None)) as first:
        await first.request("status", within=PATIENCE)
    later = RecorderChildren(settings, bytes(32), lambda *_: None)
    assert later.names == [INTERVIEW]
    async with line(await later.start(INTERVIEW, None)) as again:
        assert (await again.request("status"))["state"] == "waiting"
    assert later.pids == {}, "it was not started again"
    await later.end(later.names, asyncio.Event())
    await gone(children)
    assert children.pids == {}
    assert " ERROR " not in (settings.log / f"recorder-{INTERVIEW}.log").read_text()


async def test_the_path_of_one_that_has_ended_is_removed(
    children: RecorderChildren, settings: Settings, noted: list[str]
) -> None:
    async with line(await children.start(INTERVIEW, None)) as first:
        await first.request("status", within=PATIENCE)
        os.kill(children.pids[INTERVIEW], signal.SIGKILL)
        await gone(children)
    assert noted == ["was ended by SIGKILL"]
    assert not settings.recorder_socket(INTERVIEW).exists()
    with pytest.raises(Refused) as refused:
        children.connect(INTERVIEW)
    assert refused.value.code == "gone"


async def test_one_that_ends_at_its_start_is_noticed_by_its_connection(
    children: RecorderChildren, settings: Settings
) -> None:
    connection = await children.start(INTERVIEW, None)
    os.kill(children.pids[INTERVIEW], signal.SIGKILL)
    with pytest.raises(Disconnected):
        async with line(connection) as first:
            await first.request("status", within=PATIENCE)
    await gone(children)
    with pytest.raises(Disconnected):
        connection_to(settings.recorder_socket(INTERVIEW), "web")


@pytest.mark.parametrize("name", ["../x", "AB" * 16, "ab" * 15, "", None, 7, ["ab" * 16]])
async def test_a_name_that_is_none_is_refused(children: RecorderChildren, name: object) -> None:
    for asked in (children.start(name, None), children.start(INTERVIEW, name or "")):
        with pytest.raises(Refused, match="no recorder can be started"):
            await asked
    with pytest.raises(Refused):
        children.connect(name)
    assert children.names == []
