"""Timestamps by authorities of other people (OpenSSL's), asked for, kept, renewed; and strangers agree."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest

from amana import cli
from amana.commands import center as acting_command
from amana.commands.outside import timestamps as timestamps_command
from amana.health import status
from amana.settings import Settings
from amana.workers.timestamping import TimestampWorker
from casework.center import Center
from casework.clock import now
from casework.errors import Forbidden, VaultLocked
from casework.evidence import gateway
from casework.evidence.decryption import decrypted
from casework.evidence.sealed_recordings import recording_of
from casework.ledger import chains
from casework.witnesses import timestamp_renewal, timestamps, trust_file
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.rehashing import check_rehashed
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.timestamping.stamp import Stamp
from chain_of_custody.timestamping.token_verification import Renewal, consider, verify_token
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.verify import verify
from tests.support.centers.casework_world import World, world
from tests.support.patience import wait_until
from tests.support.servers.timestamp_authority import OpensslAuthority, Served

__all__ = ["world"]

HALF_A_YEAR = timedelta(days=180)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Served]:
    with Served(OpensslAuthority(tmp_path / "first", "rsa", intermediate=True)) as served:
        yield served


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Served]:
    with Served(OpensslAuthority(tmp_path / "second", "ec", name="B")) as served:
        yield served


def trusting(world: World, **served: Served) -> Center:
    """The center with these authorities in its trust file."""
    path = world.folder / "trust.txt"
    trust_file.write(
        path,
        ThirdParties(
            authorities={name: one.authority.anchor for name, one in served.items()},
            urls={("authority", name): one.url for name, one in served.items()},
        ),
    )
    return replace(world.center, trust=path)


def looked(center: Center) -> None:
    timestamping = TimestampWorker(center, timedelta(0))
    timestamping.look()
    timestamping.stop()


def sealed_at(center: Center, item: str) -> int:
    chain = chains.chain(center, item)
    return next(
        at for at, leaf in chain.items() if SignedStatement.parse(leaf).statement.type == "recording.sealed"
    )


async def test_every_seal_gets_a_token_of_each_authority_and_openssl_takes_them(
    world: World, first: Served, second: Served
) -> None:
    center = trusting(world, first=first, second=second)
    assert [one.since for one in timestamps.authority_statuses(center)] == [None, None]
    looked(center)
    assert first.asked == second.asked == 0  # nothing is sealed yet
    item = await world.recorded(world.interview())
    await asyncio.to_thread(looked, center)
    seal = sealed_at(center, item)
    for_package = timestamps.for_package(center, [seal])
    assert {name for _, name in for_package} == {"first", "second"}
    for (size, name), response in for_package.items():
        assert seal < size
        authority = {"first": first, "second": second}[name].authority
        text = timestamps.checkpoint_text(center, size)
        token = verify_token(response, text, authority.anchor)
        assert abs(token.at - now()) < timedelta(minutes=1)
        assert authority.accepts(response, text)
        assert not authority.accepts(response, text + b"\n")
    await asyncio.to_thread(looked, center)
    assert (first.asked, second.asked) == (1, 1)  # one token covers all there is
    assert [one.authority for one in timestamps.stamps(center, seal)] in (
        ["first", "second"],
        ["second", "first"],
    )


async def test_a_package_carries_them_and_proves_them(
    world: World, first: Served, second: Served, tmp_path: Path
) -> None:
    center = trusting(world, first=first, second=second)
    item = await world.recorded(world.interview())
    await asyncio.to_thread(looked, center)
    folder = await asyncio.to_thread(
        gateway.export_package,
        center,
        world.prosecutor,
        [gateway.ItemExtent(item)],
        "hearing",
        tmp_path / "package",
        viewing_copies=False,  # what this world's cameras send is no film
    )
    report = verify(FolderSource(folder))
    (part,) = report.parts
    assert {cover.stamp.authority for cover in part.covers} == {"first", "second"}


async def test_an_authority_that_is_away_is_asked_until_it_is_back(world: World, first: Served) -> None:
    center = trusting(world, first=first)
    first.answer = None
    timestamping = TimestampWorker(center, timedelta(0), every=0.05, pause=0.1)
    timestamping.start()
    try:
        item = await world.recorded(world.interview())  # recording waits for nobody
        await asyncio.to_thread(wait_until, lambda: first.asked >= 2)
        (standing,) = timestamps.authority_statuses(center)
        assert (standing.newest, standing.trouble) == (None, "away")
        assert standing.since is not None
        first.answer, first.status = (lambda _: b"down for maintenance"), 503
        await asyncio.to_thread(
            wait_until, lambda: timestamps.authority_statuses(center)[0].trouble == "refused"
        )
        first.answer, first.status = first.authority.reply, 200
        await asyncio.to_thread(wait_until, lambda: timestamps.authority_statuses(center)[0].since is None)
    finally:
        await asyncio.to_thread(timestamping.stop)
    assert timestamps.authority_statuses(center)[0].trouble is None
    assert timestamps.stamps(center, sealed_at(center, item))


def _lies(folder: Path, honest: OpensslAuthority) -> dict[str, tuple[Callable[[bytes], bytes], str]]:
    impostor = OpensslAuthority(folder / "impostor", "ec", name="B")
    return {
        "over other data": (lambda _: honest.reply(honest.query(b"something else")), "not-proved"),
        "by another key": (impostor.reply, "not-proved"),
        "nothing like it": (lambda _: b"<html>sign in to the hotel</html>", "not-a-timestamp"),
        "no token in it": (lambda _: bytes.fromhex("30053003020102"), "not-a-timestamp"),
        "without end": (lambda _: bytes(10_000_000), "not-a-timestamp"),
    }


@pytest.mark.parametrize(
    "lie", ["over other data", "by another key", "nothing like it", "no token in it", "without end"]
)
async def test_an_authority_that_lies_is_not_believed(
    world: World, second: Served, tmp_path: Path, lie: str
) -> None:
    center = trusting(world, second=second)
    await world.recorded(world.interview())
    second.answer, trouble = _lies(tmp_path, second.authority)[lie]
    await asyncio.to_thread(looked, center)
    (standing,) = timestamps.authority_statuses(center)
    assert (standing.newest, standing.trouble) == (None, trouble)


async def test_an_answer_to_another_request_is_not_believed(world: World, second: Served) -> None:
    center = trusting(world, second=second)
    await world.recorded(world.interview())
    text = timestamps.checkpoint_text(center, center.ledger.size)
    second.answer = lambda _: second.authority.reply(second.authority.query(text))  # with another nonce
    await asyncio.to_thread(looked, center)
    (standing,) = timestamps.authority_statuses(center)
    assert (standing.newest, standing.trouble) == (None, "not-proved")


async def test_tokens_are_renewed_once_a_longer_certificate_is_there(world: World, second: Served) -> None:
    second.authority.new_certificate(days=100)
    center = trusting(world, second=second)
    seal = sealed_at(center, await world.recorded(world.interview()))
    await asyncio.to_thread(looked, center)
    timestamping = TimestampWorker(center, HALF_A_YEAR)
    before = now() + HALF_A_YEAR
    (old,) = timestamp_renewal.ending(center, before)
    assert await asyncio.to_thread(timestamping.renew, before) == []  # its successor would end with it
    assert await asyncio.to_thread(timestamping.renew, now() + timedelta(days=50)) == []  # not near
    second.authority.new_certificate(days=2000)
    await world.recorded(world.interview())
    await asyncio.to_thread(timestamping.look)  # a token for the new seal shows how long it lasts now
    [stated] = await asyncio.to_thread(timestamping.renew, before)
    await asyncio.to_thread(timestamping.look)
    assert await asyncio.to_thread(timestamping.renew, before) == []
    timestamping.stop()

    body = SignedStatement.parse(center.ledger.entry(stated)).statement.body
    for_package = timestamps.for_package(center, [seal])
    assert body["token"] == sha512(for_package[old.size, "second"]).hexdigest()
    stamps = [
        Stamp(
            name,
            size,
            center.ledger.root(size).hex(),
            verify_token(response, timestamps.checkpoint_text(center, size), second.authority.anchor),
        )
        for (size, name), response in for_package.items()
    ]
    (cover,) = consider(stamps, [seal], [Renewal(stated, **body)]).covers[seal]
    assert cover.stamp.size == old.size
    assert [one.size > stated for one in cover.renewed] == [True]
    assert cover.until > now() + timedelta(days=1900)


async def test_a_renewal_that_was_cut_short_is_not_stated_twice(world: World, second: Served) -> None:
    second.authority.new_certificate(days=100)
    center = trusting(world, second=second)
    await world.recorded(world.interview())
    await asyncio.to_thread(looked, center)
    second.authority.new_certificate(days=2000)
    await world.recorded(world.interview())
    await asyncio.to_thread(looked, center)
    due = timestamp_renewal.ending(center, now() + HALF_A_YEAR)
    first_time = timestamp_renewal.renew(center, due)
    assert len(first_time) == 1
    assert timestamp_renewal.renew(center, due) == first_time  # as after a crash, which forgot the note


async def test_a_recording_is_hashed_anew_through_the_door(
    world: World, second: Served, tmp_path: Path
) -> None:
    center = trusting(world, second=second)
    item = await world.recorded(world.interview())
    with pytest.raises(Forbidden):
        gateway.rehash(center, world.court, item)
    position = await asyncio.to_thread(gateway.rehash, center, world.prosecutor, item)
    chain = chains.chain(center, item)
    stated = [SignedStatement.parse(leaf).statement for leaf in chain.values()]
    assert [(one.type, one.purpose) for one in stated[-2:]] == [
        ("evidence.viewed", "renewal"),
        ("evidence.rehashed", "renewal"),
    ]
    recording = recording_of(center, item)
    pieces = [
        (record, salt, sha512(content).digest())
        for record, salt, content in decrypted(center, recording, tuple(chain)[-2:-1], recording.records)
    ]
    check_rehashed(stated[-1].body, recording.manifest_bytes, pieces)
    await asyncio.to_thread(looked, center)
    assert timestamps.stamps(center, position)
    folder = await asyncio.to_thread(
        gateway.export_package,
        center,
        world.prosecutor,
        [gateway.ItemExtent(item)],
        "hearing",
        tmp_path / "package",
        viewing_copies=False,  # what this world's cameras send is no film
    )
    verify(FolderSource(folder))
    stated_before = center.ledger.size
    center.keyholder.lock()
    with pytest.raises(VaultLocked):
        gateway.rehash(center, world.prosecutor, item)
    assert center.ledger.size == stated_before


async def test_health_and_terminal_say_who_gives_no_timestamps(
    world: World, second: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    center = trusting(world, second=second)

    @contextmanager
    def attached(_: Settings) -> Iterator[Center]:
        yield center

    for command in (timestamps_command, acting_command):  # each has the name that it imported
        monkeypatch.setattr(command, "attached_center", attached)
    item = await world.recorded(world.interview())

    def told(*arguments: str) -> tuple[int, str]:
        code = cli.main(["timestamps", *arguments, "--data", str(world.folder)])
        out, err = capsys.readouterr()
        return code, out + err

    second.answer = None
    await asyncio.to_thread(looked, center)
    code, out = await asyncio.to_thread(told, "status")
    assert code == 1
    assert "a seal waits since" in out
    assert "(away)" in out
    monkeypatch.setattr(status, "WAIT_FOR_TIMESTAMPS", timedelta(0))
    part: Any = status._timestamps(center)
    assert not part["well"]
    assert part["waiting"]["second"]["trouble"] == "away"
    json.dumps(status.as_text(part))

    second.answer = second.authority.reply
    second.authority.new_certificate(days=100)
    await asyncio.to_thread(looked, center)
    assert status._timestamps(center)["well"]
    code, out = await asyncio.to_thread(told, "status")
    assert (code, "covers every seal" in out, "1 timestamps come near their end" in out) == (0, True, True)
    code, out = await asyncio.to_thread(told, "renew")
    assert (code, "0 timestamps were renewed." in out, "1 were not" in out) == (0, True, True)
    code, out = await asyncio.to_thread(told, "rehash", item, "--as", "Person P")
    assert code == 0, out
    assert "stated under SHA-512" in out
