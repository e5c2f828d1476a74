"""A package's files in a folder: only plain ones with plain names, each as large as when first seen."""

from __future__ import annotations

import ntpath
import os
import posixpath
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chain_of_custody.encoding import file_source
from chain_of_custody.encoding.file_source import NAME, PATH, FolderSource, fill
from chain_of_custody.errors import Altered, Incomplete, Malformed


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


@given(st.text(max_size=20) | st.from_regex(PATH))
@example("data/..")
@example("data/a\n")
@example("data//a")
def test_a_path_leads_nowhere_else_and_is_spelled_once(path: str) -> None:
    if PATH.fullmatch(path):
        assert path.isascii()
        assert posixpath.normpath(path) == ntpath.normpath(path).replace("\\", "/") == path
        assert not posixpath.isabs(path)
        assert ".." not in path.split("/")
        assert not ntpath.splitdrive(path)[0]
        assert "/" not in path or path.startswith("data/")


names = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=8
)


@given(st.lists(names | st.from_regex(NAME, fullmatch=True), min_size=1, max_size=4), st.booleans())
def test_of_any_names_on_disk_only_our_own_errors_come(parts: list[str], below_data: bool) -> None:
    with TemporaryDirectory() as root:
        path = Path(root, *(["data"] if below_data else []), *parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        except OSError:  # a name that this system does not take
            return
        try:
            sizes = FolderSource(Path(root)).sizes
        except (Malformed, Altered):
            return
        assert sizes == {path.relative_to(root).as_posix(): 1}
        assert all(PATH.fullmatch(one) for one in sizes)


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
    monkeypatch.setattr(file_source, "MAX_FILES", 3)
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
