"""A package's files in a folder: only plain ones with plain names, each as large as when first seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chain_of_custody import sources
from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.sources import FolderSource, fill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data/recordings/x").mkdir(parents=True)
    (tmp_path / "bagit.txt").write_bytes(b"bag")
    (tmp_path / "data/recordings/x/wide.mp4").write_bytes(b"0123456789")
    return tmp_path


def test_a_folder_gives_its_files_with_their_sizes(folder: Path) -> None:
    assert FolderSource(folder).sizes == {"bagit.txt": 3, "data/recordings/x/wide.mp4": 10}


def test_a_file_is_read_whole_or_from_any_place(folder: Path) -> None:
    source = FolderSource(folder)
    assert source.read("bagit.txt", 3) == b"bag"
    file = source.open("data/recordings/x/wide.mp4")
    buffer = bytearray(20)
    file.seek(4)
    assert fill(file, memoryview(buffer)) == 6
    assert buffer[:6] == b"456789"
    file.close()


def test_a_file_longer_than_asked_for_is_refused(folder: Path) -> None:
    with pytest.raises(Malformed, match=r"bagit\.txt: longer than 2 bytes"):
        FolderSource(folder).read("bagit.txt", 2)


@pytest.mark.parametrize("path", ["data/policy.txt", "../bagit.txt", "/etc/passwd", "data"])
def test_what_was_not_seen_is_not_opened(folder: Path, path: str) -> None:
    with pytest.raises(Incomplete, match="missing"):
        FolderSource(folder).read(path, 10)


@pytest.mark.parametrize("name", ["a\nb", "$x", ".hidden", "ä", "a b", "x" * 129, "\u202egpj.exe"])
def test_a_name_that_cannot_be_is_refused(folder: Path, name: str) -> None:
    (folder / "data" / name).write_bytes(b"")
    with pytest.raises(Altered, match="a name that cannot be"):
        _ = FolderSource(folder).sizes


def test_links_are_refused_not_followed(folder: Path) -> None:
    (folder / "data/link").symlink_to("/etc/passwd")
    with pytest.raises(Malformed, match="data/link: a link, not a file"):
        _ = FolderSource(folder).sizes


def test_a_folder_that_is_a_link_is_refused(folder: Path) -> None:
    (folder / "data/link").symlink_to(folder / "data/recordings", target_is_directory=True)
    with pytest.raises(Malformed, match="data/link: a link, not a file"):
        _ = FolderSource(folder).sizes


def test_a_pipe_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "data/pipe")
    with pytest.raises(Malformed, match="data/pipe: not a file"):
        _ = FolderSource(folder).sizes


def test_folders_are_below_data_alone_and_not_deep(folder: Path) -> None:
    (folder / "more").mkdir()
    with pytest.raises(Malformed, match="more: not a file, or a folder that does not belong here"):
        _ = FolderSource(folder).sizes
    (folder / "more").rmdir()
    (folder / "data/1/2/3/4/5").mkdir(parents=True)
    with pytest.raises(Malformed, match="data/1/2/3/4/5: not a file, or a folder"):
        _ = FolderSource(folder).sizes


def test_more_files_than_a_package_can_have_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_FILES", 3)
    with pytest.raises(Malformed, match="more than 3 files and folders"):
        _ = FolderSource(folder).sizes


def test_a_file_that_changed_since_it_was_seen_is_refused(folder: Path) -> None:
    source = FolderSource(folder)
    assert source.sizes
    (folder / "bagit.txt").write_bytes(b"another")
    with pytest.raises(Altered, match="changing while it is read"):
        source.read("bagit.txt", 100)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system cannot refuse to follow a link")
def test_a_file_that_became_a_link_is_not_followed(folder: Path) -> None:
    source = FolderSource(folder)
    assert source.sizes
    (folder / "elsewhere").write_bytes(b"bag")
    (folder / "bagit.txt").unlink()
    (folder / "bagit.txt").symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        source.read("bagit.txt", 100)
