"""A BagIt bag, strictly: which files there are, and the digests listed for them.

RFC 8493 lets bags have many shapes; this reads and writes one. Fixed tag files, SHA-256 only, plain names,
lists sorted, nothing on disk that is not listed. So a bag has one spelling, and there is no place for a
file that one reader sees and another does not, nor for a path that leads out of the folder.

A bag is not authenticated: whoever alters a file can alter the list. What makes a list worth anything is the
signed statement that names it (`packages`).

Specification: docs/spec/court-folder.md; RFC 8493.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader
from pathlib import Path

from chain_of_custody.errors import Altered, Incomplete, Malformed

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_LIST = "manifest-sha256.txt"
TAG_LIST = "tagmanifest-sha256.txt"
INFO = "bag-info.txt"
TAG_FILES = ("README.txt", INFO, "bagit.txt", PAYLOAD_LIST)
"""What the tag list lists, sorted. The tag list itself is named by nothing in the bag."""

MAX_FILES = 100_000
"""Files and folders that are looked at."""
MAX_LIST = 64 * 1024 * 1024
MAX_DEPTH = 5

_STEP = "bag"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_PATH = re.compile(rf"{_NAME.pattern}(/{_NAME.pattern})*")
_LINE = re.compile(rf"([0-9a-f]{{64}})  ({_PATH.pattern})")
_INFO_LINE = re.compile(r"([A-Za-z-]{1,64}): ([^\x00-\x1f\x7f]{1,1000})")


@dataclass(frozen=True)
class Bag:
    """A bag whose list and files are the same set. `payload`: path ("data/…") → SHA-256 as listed, not yet
    compared with the files; `sizes`: path → bytes on disk; `oxum`: bytes and files as `bag-info.txt` says.
    """

    root: Path
    payload: Mapping[str, str]
    sizes: Mapping[str, int]
    oxum: tuple[int, int]

    @classmethod
    def open(cls, root: Path) -> Bag:
        """Read the lists and compare them with what is on disk.

        1. Only regular files with plain names, no links, nothing else.
        2. The tag files are those there must be, and have the digests listed.
        3. Payload list and `data/` name the same files.

        Raises `Malformed`, `Altered`, `Incomplete`; `OSError` if the disk does.
        """
        sizes: dict[str, int] = {}
        for seen, (path, size) in enumerate(_walk(root)):  # 1
            if seen >= MAX_FILES:
                raise Malformed(f"more than {MAX_FILES} files and folders")
            if size is not None:
                sizes[path] = size
        for name in (*TAG_FILES, TAG_LIST):  # 2
            if name not in sizes:
                raise Incomplete(_STEP, "the file is missing", name)
        tags = _parse_list(_read(root, TAG_LIST, sizes, MAX_LIST), TAG_LIST)
        if tuple(tags) != TAG_FILES:
            raise Malformed(f"{TAG_LIST}: does not list exactly {', '.join(TAG_FILES)}")
        contents = {name: _read(root, name, sizes, MAX_LIST) for name in TAG_FILES}
        for name, content in contents.items():
            if sha256(content).hexdigest() != tags[name]:
                raise Altered(_STEP, f"the file is not the one that {TAG_LIST} lists", name)
        if contents["bagit.txt"] != BAGIT:
            raise Malformed("bagit.txt: not that of BagIt 1.0 in UTF-8")
        payload = _parse_list(contents[PAYLOAD_LIST], PAYLOAD_LIST)  # 3
        on_disk = sizes.keys() - {*TAG_FILES, TAG_LIST}
        for path in payload:
            if not path.startswith("data/"):
                raise Malformed(f"{PAYLOAD_LIST}: {path} is not in data/")
            if path not in on_disk:
                raise Incomplete(_STEP, "a file that is listed is missing", path)
        for path in sorted(on_disk - payload.keys()):
            raise Altered(_STEP, "there is a file that nobody listed", path)
        return cls(root, payload, sizes, _parse_info(contents[INFO]))

    def read(self, path: str, limit: int) -> bytes:
        """The content of a payload file of at most `limit` bytes, compared with its listed digest.

        Raises `Malformed` if it is longer, `Altered` if its digest differs.
        """
        content = _read(self.root, path, self.sizes, limit)
        if sha256(content).hexdigest() != self.payload[path]:
            raise Altered(_STEP, "the file is not the one that was listed", path)
        return content

    def open_file(self, path: str) -> BufferedReader:
        """A payload file, open for reading; its digest is for the caller to compare."""
        return _open(self.root, path, self.sizes)


def list_bytes(digests: Mapping[str, str]) -> bytes:
    """The bytes of a list: one `<SHA-256>  <path>` a line, sorted by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode("ascii")


def _walk(root: Path, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, int | None]]:
    """Every file below `root` with its size, and every folder with None. Links are not followed but refused:
    what a link shows is not in the folder, and may be another thing to the next reader."""
    with os.scandir(root / prefix) as entries:
        for found in entries:
            path = prefix + found.name
            if not _NAME.fullmatch(found.name):
                raise Altered(
                    _STEP, "there is a file that nobody listed, with a name that cannot be", _shown(path)
                )
            mode = found.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and depth < MAX_DEPTH and (prefix or found.name == "data"):
                yield path, None
                yield from _walk(root, f"{path}/", depth + 1)
            elif stat.S_ISREG(mode):
                yield path, found.stat(follow_symlinks=False).st_size
            elif stat.S_ISLNK(mode):
                raise Malformed(f"{path}: a link, not a file")
            else:
                raise Malformed(f"{path}: not a file, or a folder that does not belong here")


def _open(root: Path, path: str, sizes: Mapping[str, int]) -> BufferedReader:
    # Between the walk and now the name may have become a link: do not follow it.
    descriptor = os.open(root / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    file = os.fdopen(descriptor, "rb")
    if os.fstat(descriptor).st_size != sizes[path]:
        file.close()
        raise Altered(_STEP, "the file is changing while it is read", path)
    return file


def _read(root: Path, path: str, sizes: Mapping[str, int], limit: int) -> bytes:
    if sizes[path] > limit:
        raise Malformed(f"{path}: longer than {limit} bytes")
    with _open(root, path, sizes) as file:
        content = file.read(limit + 1)
    if len(content) != sizes[path]:
        raise Altered(_STEP, "the file is changing while it is read", path)
    return content


def _parse_list(data: bytes, name: str) -> dict[str, str]:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed(f"{name}: not ASCII") from error
    if not text.endswith("\n"):
        raise Malformed(f"{name}: does not end with a complete line")
    digests: dict[str, str] = {}
    last = ""
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise Malformed(f"{name} line {number}: not a SHA-256, two spaces and a plain path")
        path = match[2]
        if path <= last:
            raise Malformed(f"{name} line {number}: {path} is there twice, or the paths are not sorted")
        digests[path] = match[1]
        last = path
    return digests


def _parse_info(data: bytes) -> tuple[int, int]:
    """The Payload-Oxum of `bag-info.txt`. Its other lines are for people, and prove nothing."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{INFO}: not UTF-8") from error
    found = []
    for line in text.removesuffix("\n").split("\n"):
        match = _INFO_LINE.fullmatch(line)
        if match is None:
            raise Malformed(f"{INFO}: a line is not a label, a colon and a value")
        if match[1] == "Payload-Oxum":
            found.append(re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,9})", match[2]))
    if len(found) != 1 or found[0] is None:
        raise Malformed(f"{INFO}: not one Payload-Oxum of bytes and files")
    return int(found[0][1]), int(found[0][2])


def _shown(path: str) -> str:
    """A name found on disk, made safe to print."""
    return ascii(path)[1:-1][:200]
