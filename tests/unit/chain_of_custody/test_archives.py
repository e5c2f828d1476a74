"""The archive inside a sealed package: tar for any tool, one spelling for us."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from subprocess import run
from typing import BinaryIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chain_of_custody.encoding.file_source import PATH
from chain_of_custody.encoding.ustar import END, Entry, archive_size, header, in_order, padding, read_index
from chain_of_custody.errors import Malformed

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
paths = names | st.builds("data/{}/{}".format, names, names)


@dataclass(frozen=True)
class Bytes:
    """Bytes as `RandomAccess`; refuses what a reader may not ask for."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        assert 0 <= offset <= offset + length <= len(self.data)
        return self.data[offset : offset + length]


@dataclass(frozen=True)
class FileBytes:
    """A file as `RandomAccess`."""

    file: BinaryIO
    size: int

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self.file.fileno(), length, offset)


def archive(files: dict[str, bytes]) -> bytes:
    sizes = {path: len(content) for path, content in files.items()}
    parts = [header(path, sizes[path]) + files[path] + padding(sizes[path]) for path in in_order(sizes)]
    return b"".join(parts) + END


def repaired(block: bytes) -> bytes:
    """A header with the checksum that its other bytes want."""
    total = sum(block[:148]) + 8 * 0x20 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


def put(block: bytes, at: int, what: bytes) -> bytes:
    return block[:at] + what + block[at + len(what) :]


FILES = {"bagit.txt": b"bag", "data/a/one.mp4": b"x" * 512, "data/a/two.mp4": b"", "data/b.json": b"y" * 513}


@given(st.dictionaries(paths, st.binary(max_size=1200), max_size=8))
def test_what_was_written_is_found_where_it_lies(files: dict[str, bytes]) -> None:
    written = archive(files)
    index = read_index(Bytes(written))
    assert list(index) == sorted(files)
    for path, entry in index.items():
        assert written[entry.offset : entry.offset + entry.size] == files[path]
    assert len(written) == archive_size({path: len(content) for path, content in files.items()})


@given(st.binary(max_size=4000) | st.binary(max_size=2000).map(lambda noise: archive(FILES) + noise))
@example(b"")
@example(END)
def test_of_anything_else_only_malformed_comes_out(data: bytes) -> None:
    try:
        index = read_index(Bytes(data))
    except Malformed:
        return
    contents = {path: data[entry.offset :][: entry.size] for path, entry in index.items()}
    assert archive(contents) == data


@given(st.integers(0, len(archive(FILES)) - 1), st.integers(1, 255))
def test_no_byte_beside_the_contents_can_be_another(at: int, change: int) -> None:
    written = bytearray(archive(FILES))
    inside = any(
        entry.offset <= at < entry.offset + entry.size for entry in read_index(Bytes(written)).values()
    )
    written[at] ^= change
    if inside:
        assert read_index(Bytes(bytes(written)))
    else:
        with pytest.raises(Malformed):
            read_index(Bytes(bytes(written)))


@given(st.integers(0, len(archive(FILES)) - 1))
def test_an_archive_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(Malformed):
        read_index(Bytes(archive(FILES)[:length]))


@pytest.mark.parametrize("behind", [b"\0", bytes(512), bytes(10240), b"x", archive({"z.txt": b""})])
def test_nothing_stands_behind_the_end(behind: bytes) -> None:
    with pytest.raises(Malformed, match="does not end with two empty blocks"):
        read_index(Bytes(archive(FILES) + behind))


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../up", "data/../up", "data/./x", "./x", "data//x", "data/", "", "data/.hidden"),
        *("other/x", "a\\b", "a b", "ä", "data/a/b/c/d/e/f", "C:x", "x\n", "data/\0x"),
    ],
)
def test_a_path_that_no_package_has_is_neither_written_nor_read(path: str) -> None:
    with pytest.raises(Malformed, match="not the path of a file"):
        header(path, 0)
    block = repaired(put(header("x", 0), 0, path.encode("latin-1").ljust(100, b"\0")))
    with pytest.raises(Malformed):
        read_index(Bytes(block + END))


@pytest.mark.parametrize("kind", [b"\0", *(b"%c" % kind for kind in b"1234567xgLKSVDMN")])
def test_links_devices_folders_and_extensions_are_refused(kind: bytes) -> None:
    block = repaired(put(header("x", 0), 156, kind))
    with pytest.raises(Malformed, match="not in its only form"):
        read_index(Bytes(block + END))


@pytest.mark.parametrize(
    ("at", "what"),
    [
        *((100, b"0000755\0"), (108, b"0001750\0"), (116, b"0000001\0"), (136, b"14000000000\0")),
        *((157, b"/etc/passwd"), (257, b"ustar  \0"), (263, b"  "), (265, b"root"), (297, b"root")),
        *((329, b"0000000\0"), (345, b"data"), (500, b"x"), (124, b"0000000000 \0"), (124, b"       0000\0")),
        *((124, b"000000000000"), (124, b"\x80" + bytes(11)), (124, b"\xff" * 12), (2, b"x")),
    ],
)
def test_a_header_has_one_form(at: int, what: bytes) -> None:
    block = repaired(put(header("x", 0), at, what))
    with pytest.raises(Malformed):
        read_index(Bytes(block + END))


def test_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(Malformed, match="not in its only form"):
        read_index(Bytes(put(header("x", 0), 148, b"000000\0 ") + END))


@pytest.mark.parametrize("size", [1025, 8**11 - 1, 8**11, 2**52, 2**53 - 1])
def test_a_size_beyond_the_archive_is_not_believed(size: int) -> None:
    with pytest.raises(Malformed, match="x: longer than the archive"):
        read_index(Bytes(header("x", size) + END))


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 100 * 10**9 + 1])
def test_what_lies_behind_a_file_of_many_gigabytes_is_found(size: int, tmp_path: Path) -> None:
    sizes = {"data/a.mp4": size, "data/b.txt": 3}
    path = tmp_path / "archive.tar"
    with path.open("wb") as out:
        out.write(header("data/a.mp4", size))
        out.seek(size + len(padding(size)), os.SEEK_CUR)  # a hole in the file: zeros that take no room
        out.write(header("data/b.txt", 3) + b"abc" + padding(3) + END)
    with path.open("rb") as file:
        index = read_index(FileBytes(file, archive_size(sizes)))
        file.seek(index["data/b.txt"].offset)
        assert file.read(3) == b"abc"
    with tarfile.open(path) as others:
        assert {info.name: info.size for info in others} == sizes
    assert {name: entry.size for name, entry in index.items()} == sizes


@pytest.mark.parametrize("size", [2**53, 2**63, 2**64, 2**88 - 1])
def test_a_size_that_no_file_has_is_refused(size: int) -> None:
    with pytest.raises(Malformed, match="a size that no file has"):
        header("x", size)
    block = repaired(put(header("x", 0), 124, b"\x80" + size.to_bytes(11, "big")))
    with pytest.raises(Malformed, match="a size that no file has"):
        read_index(Bytes(block + END))


@pytest.mark.parametrize("order", [("b", "a"), ("a", "a"), ("a", "B"), ("data/a", "bagit.txt")])
def test_files_are_sorted_and_each_there_once(order: tuple[str, str]) -> None:
    with pytest.raises(Malformed, match="twice in the archive, or the files are not sorted"):
        read_index(Bytes(b"".join(header(path, 0) for path in order) + END))


def test_nothing_lies_in_a_file() -> None:
    written = b"".join(header(path, 0) for path in ("data/a", "data/a-b", "data/a/b")) + END
    with pytest.raises(Malformed, match="data/a/b: lies in something that is a file itself"):
        read_index(Bytes(written))


def test_more_files_than_a_package_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain_of_custody.encoding.ustar.MAX_FILES", 3)
    with pytest.raises(Malformed, match="more than 3 files"):
        read_index(Bytes(archive(FILES)))


def test_what_pads_a_content_is_zero() -> None:
    written = header("x", 1) + b"x" + b"\0" * 510 + b"!" + END
    with pytest.raises(Malformed, match="something behind a file, at byte 513"):
        read_index(Bytes(written))


def test_a_long_path_is_split_at_its_last_slash() -> None:
    path = "data/" + "p" * 60 + "/" + "n" * 60
    block = header(path, 0)
    assert block[:100].rstrip(b"\0") == b"n" * 60
    assert block[345:500].rstrip(b"\0") == b"data/" + b"p" * 60
    assert list(read_index(Bytes(block + END))) == [path]


def test_a_path_of_a_hundred_bytes_is_not_split() -> None:
    path = "data/" + "p" * 40 + "/" + "n" * 54
    assert len(path) == 100
    assert header(path, 0)[345] == 0
    short = "data/" + "p" * 40 + "/n"
    split = put(header("n", 0), 345, short.removesuffix("/n").encode())
    with pytest.raises(Malformed, match="not in its only form"):
        read_index(Bytes(repaired(split) + END))


@pytest.mark.parametrize("path", ["n" * 101, "data/" + "n" * 101, "/".join(["data", *["p" * 60] * 3, "n"])])
def test_a_path_that_does_not_fit_is_refused(path: str) -> None:
    assert PATH.fullmatch(path)
    with pytest.raises(Malformed, match="too long for an archive"):
        header(path, 0)


@given(paths, st.integers(0, 2**53 - 1))
@example("x", 8**11)
def test_python_reads_our_headers(path: str, size: int) -> None:
    info = tarfile.TarInfo.frombuf(header(path, size), "ascii", "strict")
    assert (info.name, info.size, info.mode, info.isreg()) == (path, size, 0o644, True)
    assert (info.uid, info.gid, info.mtime, info.uname, info.gname) == (0, 0, 0, "", "")


@pytest.mark.starts
@pytest.mark.parametrize("tool", [("tar", "tf"), (sys.executable, "-m", "tarfile", "-l")])
def test_tools_of_others_list_our_archive(tool: tuple[str, ...], tmp_path: Path) -> None:
    long = "data/" + "p" * 60 + "/" + "n" * 60
    path = tmp_path / "archive.tar"
    path.write_bytes(archive({**FILES, long: b"z"}))
    listed = run((*tool, path), capture_output=True, text=True, check=True).stdout
    assert [line.strip() for line in listed.splitlines()] == [*FILES, long]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_tools_of_others_write_is_not_our_form(form: int) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as written:
        info = tarfile.TarInfo("bagit.txt")
        info.size = 3
        written.addfile(info, io.BytesIO(b"bag"))
    with pytest.raises(Malformed):
        read_index(Bytes(out.getvalue()))


def test_reading_the_index_reads_no_content() -> None:
    written = archive({"a": b"x" * 100_000, "b": b"y" * 100_000})
    touched: list[range] = []

    @dataclass(frozen=True)
    class Watched(Bytes):
        def read(self, offset: int, length: int) -> bytes:
            touched.append(range(offset, offset + length))
            return super().read(offset, length)

    index = read_index(Watched(written))
    assert index["b"] == Entry(512 + 100_352 + 512, 100_000)
    assert sum(map(len, touched)) == len(written) - 200_000
