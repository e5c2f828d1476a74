"""The ledger over HTTP: for holders of a token, and what they read proves itself."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable

import httpx
import pytest

from casework.center import Center
from casework.database.models import Person
from casework.ledger import custody_log
from casework.witnesses import ledger_readers
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.tlog.tiles import Tile, VerifiedTiles

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

PATHS = ("/ledger/checkpoint", "/ledger/tile/0/000.p/1", "/ledger/tile/entries/000.p/1", "/ledger/nowhere")


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def monitor(center: Center) -> dict[str, str]:
    return bearer(ledger_readers.add(center, "monitor-1", entries=True))


@pytest.fixture
def witness(center: Center) -> dict[str, str]:
    return bearer(ledger_readers.add(center, "witness-1", entries=False))


def grow(center: Center, count: int) -> None:
    for number in range(count):
        custody_log.append(
            center,
            custody_log.Draft(
                type="evidence.viewed",
                evidence=f"{number:032x}",
                person=None,
                purpose="review",
                body={},
            ),
        )


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_token_nothing_is_said_not_even_whether_it_is_there(
    browser: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn, path: str
) -> None:
    token = ledger_readers.add(center, "gone", entries=True)
    ledger_readers.withdraw(center, "gone")
    for headers in ({}, bearer("x"), bearer(""), bearer(token), {"authorization": f"Basic {token}"}):
        answer = await browser.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="ledger"'
        assert answer.json()["error"]["code"] == "not-a-reader"
        assert answer.headers["cache-control"] == "no-store"
    # Not for the people of the center either: they have their own pages.
    await sign_in(browser, administrator)
    assert (await browser.get(path)).status_code == 401


@pytest.mark.parametrize("path", ["/", "/cases", "/staff", "/nowhere", "/ledger", "/Ledger/checkpoint"])
async def test_a_readers_token_opens_nothing_else(
    browser: httpx.AsyncClient, monitor: dict[str, str], path: str
) -> None:
    answer = await browser.get(path, headers=monitor)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not-signed-in"


async def test_the_checkpoint_is_text_that_is_asked_for_anew_each_time(
    browser: httpx.AsyncClient, center: Center, witness: dict[str, str]
) -> None:
    answer = await browser.get("/ledger/checkpoint", headers=witness)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert open_checkpoint(answer.content, center.log_keys).size == center.ledger.size


async def test_tiles_are_bytes_that_never_change_and_lead_to_the_signed_root(
    browser: httpx.AsyncClient, center: Center, monitor: dict[str, str]
) -> None:
    grow(center, 300)
    note = (await browser.get("/ledger/checkpoint", headers=monitor)).content
    checkpoint = open_checkpoint(note, center.log_keys)
    answers: dict[Tile, httpx.Response] = {}
    for tile in (
        Tile(0, 0),
        Tile(0, 1, checkpoint.size - 256),
        Tile(1, 0, 1),
        Tile(None, 0),
        Tile(None, 1, checkpoint.size - 256),
    ):
        answer = answers[tile] = await browser.get(f"/ledger/{tile.path()}", headers=monitor)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    tiles = VerifiedTiles(checkpoint.size, checkpoint.root, lambda tile: answers[tile].content)
    entries = tiles.entries(0) + tiles.entries(1)
    assert [center.ledger.entry(index) for index in range(checkpoint.size)] == entries
    assert SignedStatement.parse(entries[0]).statement.type == "recorder.enrolled"


async def test_a_witness_reads_hashes_and_no_entries(
    browser: httpx.AsyncClient, witness: dict[str, str]
) -> None:
    assert (await browser.get("/ledger/tile/0/000.p/1", headers=witness)).status_code == 200
    answer = await browser.get("/ledger/tile/entries/000.p/1", headers=witness)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "entries-withheld"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000", "tile/0/000.p/2", "tile/1/000.p/1", "tile/63/000", "tile/entries/000",
        "tile/entries/001.p/1", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/00/000.p/1",
        "tile/0/x000/000.p/1", "tile/", "tile/0", "tile/0/000.p/1/", "nowhere", "",
    ],
)  # fmt: skip
async def test_what_is_not_there_yet_and_what_never_will_be_are_missing(
    browser: httpx.AsyncClient, center: Center, monitor: dict[str, str], path: str
) -> None:
    assert center.ledger.size == 1
    answer = await browser.get(f"/ledger/{path}", headers=monitor)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "missing"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "coded"),
    [
        ("gzip", True),
        ("identity, GZip;q=0.5", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
    ],
)
async def test_entries_are_compressed_for_those_who_take_it(
    browser: httpx.AsyncClient, center: Center, monitor: dict[str, str], accepted: str, coded: bool
) -> None:
    async with browser.stream(
        "GET", "/ledger/tile/entries/000.p/1", headers={**monitor, "accept-encoding": accepted}
    ) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers.get("content-encoding") == ("gzip" if coded else None)
    assert (gzip.decompress(raw) if coded else raw) == center.ledger.tile(Tile(None, 0, 1))


async def test_nothing_of_the_ledger_can_be_changed_this_way(
    browser: httpx.AsyncClient, monitor: dict[str, str]
) -> None:
    for path in PATHS[:3]:
        assert (await browser.post(path, headers=monitor)).status_code == 405
