"""A strict BagIt bag: its files and their listed digests.

RFC 8493 allows bags of many forms; this module reads and writes one. Tag files are fixed, digests are SHA-256
only, names are plain, lists are sorted, and every file is listed. So a bag has one encoding. It cannot
contain a file that one reader sees and another does not, or a path that leads out of the folder.

A bag is not authenticated: anyone who alters a file can alter the list. Only the signed statement that names
a list makes it trustworthy (`contents`). A `Source` knows where the files are.

Specification: docs/spec/court-package.md; RFC 8493.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from chain_of_custody.encoding.file_source import PATH, Source
from chain_of_custody.errors import Altered, Incomplete, Malformed

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_LIST = "manifest-sha256.txt"
TAG_LIST = "tagmanifest-sha256.txt"
INFO = "bag-info.txt"
TAG_FILES = ("README.txt", INFO, "bagit.txt", PAYLOAD_LIST)
"""Files in the tag list, sorted. Nothing in the bag names the tag list itself."""

MAX_LIST = 64 * 1024 * 1024
"""Maximum bytes of a file at the top level of the bag."""

_STEP = "bag"
_LINE = re.compile(rf"([0-9a-f]{{64}})  ({PATH.pattern})")
_INFO_LINE = re.compile(r"([A-Za-z-]{1,64}): ([^\x00-\x1f\x7f]{1,1000})")


@dataclass(frozen=True)
class Bag:
    """A bag whose list and files are the same set.

    `payload`: path ("data/…") → SHA-256 as listed, not yet compared with the files; `oxum`: bytes and files
    as `bag-info.txt` says.
    """

    source: Source
    payload: Mapping[str, str]
    oxum: tuple[int, int]

    @classmethod
    def open(cls, source: Source) -> Bag:
        """Read the lists and compare them with the files.

        1. There are only regular files with plain names (the source ensures this).
        2. The tag files are exactly the required ones and have the digests listed.
        3. Payload list and `data/` name the same files.

        Raises `Malformed`, `Altered`, `Incomplete`; `OSError` on disk errors.
        """
        sizes = source.sizes  # 1
        for name in (*TAG_FILES, TAG_LIST):  # 2
            if name not in sizes:
                raise Incomplete(_STEP, "the file is missing", name)
        tags = _parse_list(source.read(TAG_LIST, MAX_LIST), TAG_LIST)
        if tuple(tags) != TAG_FILES:
            raise Malformed(f"{TAG_LIST}: does not list exactly {', '.join(TAG_FILES)}")
        contents = {name: source.read(name, MAX_LIST) for name in TAG_FILES}
        for name, content in contents.items():
            if sha256(content).hexdigest() != tags[name]:
                raise Altered(_STEP, f"the file is not the one that {TAG_LIST} lists", name)
        if contents["bagit.txt"] != BAGIT:
            raise Malformed("bagit.txt: not that of BagIt 1.0 in UTF-8")
        payload = _parse_list(contents[PAYLOAD_LIST], PAYLOAD_LIST)  # 3
        present = sizes.keys() - {*TAG_FILES, TAG_LIST}
        for path in payload:
            if not path.startswith("data/"):
                raise Malformed(f"{PAYLOAD_LIST}: {path} is not in data/")
            if path not in present:
                raise Incomplete(_STEP, "a file that is listed is missing", path)
        for path in sorted(present - payload.keys()):
            raise Altered(_STEP, "there is a file that nobody listed", path)
        return cls(source, payload, _parse_info(contents[INFO]))

    @property
    def sizes(self) -> Mapping[str, int]:
        """Return path → bytes, of every file."""
        return self.source.sizes

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a payload file of at most `limit` bytes, compared with its listed digest.

        Raises `Malformed` if it is longer, `Altered` if its digest differs.
        """
        content = self.source.read(path, limit)
        if sha256(content).hexdigest() != self.payload[path]:
            raise Altered(_STEP, "the file is not the one that was listed", path)
        return content


def list_bytes(digests: Mapping[str, str]) -> bytes:
    """Return the bytes of a list: one `<SHA-256>  <path>` a line, sorted by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode("ascii")


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
    """Return the Payload-Oxum of `bag-info.txt`. Its other lines are for people, and prove nothing."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{INFO}: not UTF-8") from error
    fields = []
    for line in text.removesuffix("\n").split("\n"):
        match = _INFO_LINE.fullmatch(line)
        if match is None:
            raise Malformed(f"{INFO}: a line is not a label, a colon and a value")
        if match[1] == "Payload-Oxum":
            fields.append(re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,9})", match[2]))
    if len(fields) != 1 or fields[0] is None:
        raise Malformed(f"{INFO}: not one Payload-Oxum of bytes and files")
    return int(fields[0][1]), int(fields[0][2])
