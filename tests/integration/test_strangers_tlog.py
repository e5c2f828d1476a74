"""Strangers read our ledger: Go's `sumdb/note` and `sumdb/tlog`, over HTTP, through our tiles."""

from __future__ import annotations

import base64
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from amana.centers import attached_center
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from tests.integration.test_service import Service
from tests.support.patience import PATIENCE
from tests.support.strangers import go_program

ITEMS = 700
"""Enough for several tiles of leaves, the last one partial, and a tile above them."""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_program("tlog", tmp_path_factory.mktemp("go"))


class OpenLedger:
    """A running service with a ledger of some size, and a reader's token."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.earlier: list[Checkpoint] = []
        with attached_center(service.settings) as center:
            self.vkey = center.log_keys.vkeys()[0]
            for at in range(0, ITEMS, 100):
                self.earlier.append(open_checkpoint(center.ledger.checkpoint(), center.log_keys))
                drafts = [
                    Draft("evidence.viewed", f"{number:032x}", None, "review", {})
                    for number in range(at, at + 100)
                ]
                custody_log.append_together(center, drafts, {})
            self.newest = open_checkpoint(center.ledger.checkpoint(), center.log_keys)
            self.entries = [center.ledger.entry(index) for index in range(self.newest.size)]
        added = service.command("readers", "add", "go-monitor", "--entries")
        assert added.returncode == 0, added.stderr
        self.token = added.stdout.split()[-1]

    def read(
        self, stranger: Path, *arguments: str, token: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                str(stranger),
                f"{str(self.service.browser.base_url).rstrip('/')}/ledger",
                self.vkey,
                *arguments,
            ],
            env={"TOKEN": self.token if token is None else token},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenLedger]:
    service = Service.start(tmp_path_factory.mktemp("service") / "a")
    yield OpenLedger(service)
    assert service.end() == 0


def test_go_opens_our_checkpoint_and_proves_our_entries_out_of_our_tiles(
    ledger: OpenLedger, stranger: Path
) -> None:
    size = ledger.newest.size
    indexes = sorted({0, 1, 255, 256, 511, 512, size - 2, size - 1})
    said = ledger.read(stranger, *(word for index in indexes for word in ("index", str(index))))
    assert said.returncode == 0, said.stderr
    first, *entries = said.stdout.splitlines()
    assert first == f"checkpoint {ledger.newest.origin} {size} {encode_base64(ledger.newest.root)}"
    assert entries == [
        f"entry {index} {base64.b64encode(ledger.entries[index]).decode()}" for index in indexes
    ]


def test_go_proves_that_our_ledger_continues_every_tree_that_it_had(
    ledger: OpenLedger, stranger: Path
) -> None:
    trees = [checkpoint for checkpoint in (*ledger.earlier, ledger.newest) if checkpoint.size]
    arguments = [word for tree in trees for word in ("tree", str(tree.size), encode_base64(tree.root))]
    said = ledger.read(stranger, *arguments)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[1:] == [f"tree {tree.size} {encode_base64(tree.root)}" for tree in trees]


def test_go_refuses_a_tree_that_our_ledger_never_had(ledger: OpenLedger, stranger: Path) -> None:
    said = ledger.read(stranger, "tree", str(ledger.earlier[2].size), encode_base64(ledger.earlier[3].root))
    assert said.returncode == 1
    assert "tree" in said.stderr


def test_go_gets_nothing_without_a_token(ledger: OpenLedger, stranger: Path) -> None:
    said = ledger.read(stranger, token="x")
    assert said.returncode == 1
    assert "401" in said.stderr


def test_go_refuses_our_tiles_once_the_database_was_altered(ledger: OpenLedger, stranger: Path) -> None:
    def set_hash(digest: bytes) -> bytes:
        with sqlite3.connect(ledger.service.settings.database) as database:
            where = "FROM ledger_nodes WHERE level = 0 AND position = 300"
            [(before,)] = database.execute(f"SELECT digest {where}").fetchall()
            database.execute(
                "UPDATE ledger_nodes SET digest = ? WHERE level = 0 AND position = 300", (digest,)
            )
        database.close()
        return bytes(before)

    honest = set_hash(bytes(32))
    said = ledger.read(stranger, "index", "301")
    set_hash(honest)
    assert said.returncode == 1
    # Said of the tile or, where this version of Go does not look at that one, of the proof made out of it.
    assert re.search("inconsistent tile|entry 301: invalid transparency proof", said.stderr)
    assert ledger.read(stranger, "index", "301").returncode == 0
