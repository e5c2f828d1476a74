"""Writers with a folder of their own in the spool: their items are found, and their folders go in time."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE, wait_until
from vault.copies.copies import Copies, CopiesConfig
from vault.errors import ObjectExists
from vault.spool import writers
from vault.spool.reader import SpoolReader, evidence_in
from vault.spool.writer import SpoolWriter
from vault.stores.filesystem import FilesystemStore

WRITER, OTHER, ITEM = "aa" * 16, "bb" * 16, "0e" * 16


def sealed(root: Path, evidence: str) -> None:
    with SpoolWriter.create(root, evidence, 0) as folder:
        folder.append([(b"record", b"message")])
        folder.roll()
        folder.write_file("index", b"{}")
        folder.write_file("manifest", b"{}")


def test_an_item_is_found_in_the_folder_of_its_writer(tmp_path: Path) -> None:
    own = writers.writer_folder(tmp_path, WRITER)
    with writers.holding(own):
        early = SpoolReader(tmp_path, ITEM)
        sealed(own, ITEM)
    sealed(tmp_path, OTHER)
    assert evidence_in(tmp_path) == [ITEM, OTHER]
    assert evidence_in(own) == [ITEM]
    assert early.folder == SpoolReader(tmp_path, ITEM).folder == own / ITEM
    assert early.file("manifest") == b"{}"
    with pytest.raises(ObjectExists):
        SpoolWriter.create(own, ITEM, 0)
    recovered, _ = SpoolWriter.recover(tmp_path, ITEM)
    recovered.close()


def test_a_name_that_is_no_id_makes_no_folder(tmp_path: Path) -> None:
    for name in ("..", "a/b", "AA" * 16, ""):
        with pytest.raises(ValueError, match="32 lower-case"):
            writers.writer_folder(tmp_path, name)


def test_a_folder_is_removed_when_it_is_empty_and_nobody_holds_it(tmp_path: Path) -> None:
    own = writers.writer_folder(tmp_path, WRITER)
    with writers.holding(own), writers.holding(own):
        (own / "safety").mkdir()
        writers.clear(tmp_path)
        assert own.is_dir()
    sealed(own, ITEM)
    writers.clear(tmp_path)
    assert (own / ITEM / "manifest").exists() and not (own / "safety").exists()
    (own / ITEM).rename(tmp_path / ITEM)
    writers.clear(tmp_path)
    assert not own.exists()
    with writers.holding(own):
        assert own.is_dir(), "the next writer of that name makes it again"


@pytest.mark.starts
def test_a_folder_stays_as_long_as_its_process_lives(tmp_path: Path) -> None:
    own = writers.writer_folder(tmp_path, WRITER)
    fork = multiprocessing.get_context("fork")
    ready, over = fork.Event(), fork.Event()

    def hold() -> None:
        writers.hold(own)
        ready.set()
        over.wait(PATIENCE)

    process = fork.Process(target=hold)
    process.start()
    assert ready.wait(PATIENCE)
    writers.clear(tmp_path)
    assert own.is_dir()
    over.set()
    process.join()
    writers.clear(tmp_path)
    assert not own.exists()


def test_what_every_copy_holds_leaves_the_writer_s_folder_and_the_folder_goes(tmp_path: Path) -> None:
    spool, own = tmp_path / "spool", writers.writer_folder(tmp_path / "spool", WRITER)
    with writers.holding(own):
        sealed(own, ITEM)
    store = FilesystemStore.create(tmp_path / "store")
    copies = Copies({"one": store}, spool, config=CopiesConfig(keep=0), may_remove=lambda _: True)
    copies.start()
    try:
        wait_until(lambda: copies.status(ITEM)["one"].complete)
        assert (own / ITEM / "copied" / "one").exists()
        assert copies.release() == [ITEM]
    finally:
        copies.stop()
    assert not own.exists() and evidence_in(spool) == []
