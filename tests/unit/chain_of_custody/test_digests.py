from __future__ import annotations

import tracemalloc
from array import array
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO, FileIO
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import Altered
from chain_of_custody.verifier import media_digests
from chain_of_custody.verifier.media_digests import MediaDigests
from tests.support.patience import PATIENCE


def expected(data: bytes, lengths: Sequence[int]) -> tuple[str, ...]:
    pieces, start = [], 0
    for length in lengths:
        pieces.append(sha256(data[start : start + length]).hexdigest())
        start += length
    return tuple(pieces)


def digest(data: bytes, lengths: Sequence[int], workers: int = 3) -> tuple[str, ...]:
    hashed: list[int] = []
    with MediaDigests(workers, hashed.append) as media:
        found = tuple(media.start(lambda: BytesIO(data), lengths)())
    assert sum(hashed) == sum(lengths)
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 4))
def test_pieces_have_the_digests_they_have_one_by_one(lengths: list[int], workers: int) -> None:
    data = bytes(index % 251 for index in range(sum(lengths)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media_digests, "WINDOW", 64)
        assert digest(data, lengths, workers) == expected(data, lengths)


@pytest.mark.parametrize("lengths", [[1000], [10, 1000, 10], [64, 64, 65], [0, 200, 0]])
def test_a_piece_longer_than_a_window_is_read_in_several(
    lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_digests, "WINDOW", 64)
    data = bytes(index % 251 for index in range(sum(lengths)))
    assert digest(data, lengths) == expected(data, lengths)


def test_many_files_are_hashed_side_by_side(tmp_path: Path) -> None:
    contents = {name: name.encode() * 5_000_000 for name in "abc"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    with MediaDigests(4) as media:
        waits = {
            name: media.start(lambda name=name: FileIO(tmp_path / name), [2_000_000, 3_000_000])
            for name in contents
        }
        for name, wait in waits.items():
            assert tuple(wait()) == expected(contents[name], [2_000_000, 3_000_000])
            assert tuple(wait()) == tuple(wait()), "asking twice gives the same"


def test_a_file_that_ends_early_is_an_error_not_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_digests, "WINDOW", 64)
    with pytest.raises(OSError, match="ended early"):
        digest(bytes(100), [60, 60, 60, 60])


def test_a_file_that_cannot_be_opened_is_an_error_and_nobody_waits_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_digests, "WINDOW", 8)
    with MediaDigests(2) as media, pytest.raises(FileNotFoundError):
        list(media.start(lambda: FileIO(tmp_path / "missing"), [8] * 40)())


@pytest.mark.parametrize("window", [8, 64, 1000])
@pytest.mark.parametrize("broken", [0, 7, 39])
def test_of_pieces_that_cannot_be_read_the_first_is_where_it_fails(
    window: int, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(BytesIO):
        def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
            if self.tell() < broken * 8 + 8 and self.tell() + len(buffer) > broken * 8:
                raise Altered("opening", "the sealed file was altered")
            return super().readinto(buffer)

    monkeypatch.setattr(media_digests, "WINDOW", window)
    data = bytes(range(160)) * 2
    with MediaDigests(2) as media:
        pieces = media.start(lambda: Broken(data), [8] * 40)()
        for number in range(broken):
            assert next(pieces) == sha256(data[number * 8 : number * 8 + 8]).hexdigest()
        with pytest.raises(Altered, match="the sealed file was altered"):
            next(pieces)


def test_the_first_pieces_are_there_before_the_last_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_digests, "WINDOW", 8)
    seen = Event()

    class Waiting(BytesIO):
        def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
            if self.tell() >= 8:
                assert seen.wait(PATIENCE)
            return super().readinto(buffer)

    with MediaDigests(1) as media:
        pieces = media.start(lambda: Waiting(bytes(16)), [8, 8])()
        assert next(pieces) == sha256(bytes(8)).hexdigest()
        seen.set()
        assert next(pieces) == sha256(bytes(8)).hexdigest()


def test_a_piece_costs_no_more_memory_than_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many pieces there are is what a hostile opened.jsonl says, before any signature is looked at."""
    count = 200_000
    monkeypatch.setattr(media_digests, "WINDOW", 64)
    lengths = array("Q", [5, 60] * (count // 2))  # no two fit a window, so each is a block
    tracemalloc.start()
    try:
        with MediaDigests(2) as media:
            waits = media.start(lambda: BytesIO(), lengths)
            with pytest.raises(OSError, match="ended early"):
                next(waits())
            assert tracemalloc.get_traced_memory()[1] < 100 * count
    finally:
        tracemalloc.stop()


def test_who_leaves_does_not_wait_for_a_piece_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile opened.jsonl calls a sparse film of terabytes one piece; the verdict must not wait for it."""
    monkeypatch.setattr(media_digests, "WINDOW", 64)
    windows, begun = 10_000_000, Event()
    read = 0

    class Sparse(BytesIO):
        def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
            nonlocal read
            read += 1
            begun.set()
            return len(buffer)

    with MediaDigests(1) as media:
        media.start(Sparse, [64 * windows])
        assert begun.wait(PATIENCE)
    assert 0 < read < windows
