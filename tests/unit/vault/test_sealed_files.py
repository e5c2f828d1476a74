"""A file becomes one sealed message, with both digests; or nothing is left of it."""

from __future__ import annotations

import errno
from hashlib import sha256
from pathlib import Path

import pytest

from vault.disk import Disk
from vault.errors import DiskFull, WriteFailed
from vault.sealing.sealed_file import BLOCK, seal_file
from vault.sealing.sealing import CHUNK_SIZE, open_message, sealed_size

KEY, CONTEXT = b"k" * 32, b"the place of this file"


def made(folder: Path, size: int) -> tuple[Path, bytes]:
    data = (b"%08x" % size) * (size // 8 + 1)
    source = folder / "source"
    source.write_bytes(data[:size])
    return source, data[:size]


@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        CHUNK_SIZE - 1,
        CHUNK_SIZE,
        CHUNK_SIZE + 1,
        BLOCK - 1,
        BLOCK,
        BLOCK + 1,
        2 * BLOCK,
        3 * BLOCK + 77,
    ],
)
def test_it_opens_as_any_sealed_message_and_both_digests_are_those_of_the_files(
    tmp_path: Path, size: int
) -> None:
    source, data = made(tmp_path, size)
    sealed = seal_file(KEY, CONTEXT, source, tmp_path / "target")
    message = (tmp_path / "target").read_bytes()
    assert open_message(KEY, CONTEXT, message) == data
    assert (sealed.size, sealed.digest) == (size, sha256(data).hexdigest())
    assert (sealed.sealed_size, sealed.sealed_digest) == (sealed_size(size), sha256(message).hexdigest())
    assert (tmp_path / "target").stat().st_mode & 0o077 == 0


def test_the_same_file_sealed_twice_is_not_to_be_recognised(tmp_path: Path) -> None:
    source, _ = made(tmp_path, 1000)
    first, second = (seal_file(KEY, CONTEXT, source, tmp_path / name) for name in ("first", "second"))
    assert first.digest == second.digest
    assert first.sealed_digest != second.sealed_digest


def test_nothing_is_written_over(tmp_path: Path) -> None:
    source, _ = made(tmp_path, 10)
    (tmp_path / "target").write_bytes(b"there")
    with pytest.raises(FileExistsError):
        seal_file(KEY, CONTEXT, source, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"there"


def test_a_source_that_is_not_there_and_a_key_that_is_none_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        seal_file(KEY, CONTEXT, tmp_path / "nothing", tmp_path / "target")
    source, _ = made(tmp_path, 10)
    with pytest.raises(ValueError):
        seal_file(KEY[:31], CONTEXT, source, tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(
    ("call", "number", "error"),
    [("write", errno.ENOSPC, DiskFull), ("sync", errno.EIO, WriteFailed)],
)
def test_where_it_cannot_be_made_durable_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: type[WriteFailed]
) -> None:
    source, _ = made(tmp_path, 2 * BLOCK)
    disk = Disk()

    def fails(*_: object) -> int:
        raise OSError(number, "the disk says so")

    monkeypatch.setattr(disk, call, fails)
    with pytest.raises(error):
        seal_file(KEY, CONTEXT, source, tmp_path / "target", disk)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]
