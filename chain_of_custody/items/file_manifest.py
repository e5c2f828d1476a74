"""The sealed form of a file (`FileKind`): a log of records without a timeline.

Record 0 identifies the file. Records of kind `piece` are its bytes, in order: track 1 is the file itself,
byte for byte as received; track 2 a small and track 3 a larger picture made from it for viewing; track 4,
only of a derivative, how it was made (`recipe`). One event, of type `file`, describes the file: its name,
size, SHA-256, format, and what was read in it. So everything derived from the original is in the same tree
and names it, and only sizes of the file are public.

Trusts nothing that is parsed. Specification: docs/spec/manifest.md, sections 6 and 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import (
    CanonicalObject,
    Code,
    Digest,
    Identifier,
    failing_with,
    json_object,
    one_of,
    text,
    whole,
)
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import MAX_EVENT, names_and_versions
from chain_of_custody.items.recording_manifest import Index, Manifest, proved_index

FileKind = Literal["photograph", "document", "received", "derivative"]
NAMES: Mapping[FileKind, str] = {
    "photograph": "photograph",
    "document": "document",
    "received": "received file",
    "derivative": "derivative",
}
"""The kinds, in words."""
KINDS: tuple[FileKind, ...] = tuple(NAMES)

ORIGINAL, SMALL, LARGE, RECIPE = 1, 2, 3, 4
"""Tracks: the file itself; pictures made from it, for a list and for a screen; how it was made."""
_FOLLOWING: Mapping[FileKind, frozenset[int]] = {
    "photograph": frozenset((SMALL, LARGE)),
    "document": frozenset((SMALL, LARGE)),
    "received": frozenset(),
    "derivative": frozenset((SMALL, LARGE, RECIPE)),
}
"""Tracks that may follow the event, by kind of file."""

MAX_NAME = 255
"""Maximum characters of a file's name."""

_UNNAMED = "file: a name that is too long, or nothing read"
_Kind = Annotated[FileKind, one_of(KINDS)]


@dataclass(frozen=True, slots=True)
class FileHeader(CanonicalObject):
    """Content of record 0. `software`: name → version."""

    what: ClassVar[str] = "header"
    fixed: ClassVar[Mapping[str, object]] = {"v": 1}

    deployment: Identifier
    case: Identifier
    evidence: Identifier
    kind: _Kind
    purpose: Code
    software: Annotated[Mapping[str, str], names_and_versions]


@dataclass(frozen=True, slots=True)
class FileDescription(CanonicalObject):
    """Content of the one event, which describes the file.

    `size` in bytes; `sha256` of the whole file, in hexadecimal; `format`: a code, detected from its content;
    `read`: its metadata, which are not trusted.
    """

    what: ClassVar[str] = "file"
    fixed: ClassVar[Mapping[str, object]] = {"at": 0, "type": "file"}
    unknown: ClassVar[str] = "not what a file is told by"
    longest: ClassVar[int] = MAX_EVENT

    name: Annotated[str, failing_with(_UNNAMED, text(0, MAX_NAME))]
    size: Annotated[int, whole(low=1)]
    sha256: Digest
    format: Code
    read: Annotated[Mapping[str, Any], failing_with(_UNNAMED, json_object)]


@dataclass(frozen=True)
class FileManifest(CanonicalObject):
    """A sealed file. `index`: SHA-256 of the index; `records`: their number; `root`: root of their tree."""

    what: ClassVar[str] = "manifest"
    fixed: ClassVar[Mapping[str, object]] = {"v": 1}

    deployment: Identifier
    case: Identifier
    evidence: Identifier
    kind: _Kind
    records: Annotated[int, whole(low=3)]
    root: Digest
    index: Digest

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in hexadecimal: what the sealing statement names."""
        return sha256(self.canonical()).hexdigest()

    def open_index(self, data: bytes) -> Index:
        """Return the index in `data`, proved to be the one this manifest names, and to be of a file.

        Raises `Malformed`, `Altered` or `Incomplete`.
        """
        index = proved_index(data, self.records, self.index, self.root)
        check_order(index.records, self.kind)
        return index


def check_order(records: Sequence[Record], kind_of_file: FileKind) -> None:
    """Raise `Malformed` unless these are the records of one whole file, in order.

    They are its header, its pieces, the event that describes it, optional pictures made from it, and last the
    recipe, in one piece, only for a derivative.
    """
    kinds = [record.kind for record in records]
    event = kinds.index("event") if kinds.count("event") == 1 else 0
    tracks = [record.track for record in records]
    whole = (
        event >= 2
        and all(kind == "piece" for at, kind in enumerate(kinds) if at not in (0, event))
        and set(tracks[1:event]) == {ORIGINAL}
        and tracks[event + 1 :] == sorted(tracks[event + 1 :])
        and set(tracks[event + 1 :]) <= _FOLLOWING[kind_of_file]
        and tracks.count(RECIPE) == (kind_of_file == "derivative")
    )
    if not whole:
        raise Malformed("index: not the records of one file")


def parse_manifest(data: bytes) -> Manifest | FileManifest:
    """Read a manifest of either kind. Raises `Malformed` unless `data` is its canonical encoding."""
    kind = canonical_json.parse_object(data, "manifest").get("kind")
    return FileManifest.parse(data) if kind in KINDS else Manifest.parse(data)
