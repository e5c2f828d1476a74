"""The sealed form of a photograph, document or derivative: a log of records without a timeline.

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
from typing import Any, Literal

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Event
from chain_of_custody.items.recording_manifest import Index, Manifest, proved_index

FileKind = Literal["photograph", "document", "derivative"]
KINDS: tuple[FileKind, ...] = ("photograph", "document", "derivative")

ORIGINAL, SMALL, LARGE, RECIPE = 1, 2, 3, 4
"""Tracks: the file itself; pictures made from it, for a list and for a screen; how it was made."""

MAX_NAME = 255
"""Maximum characters of a file's name."""

_HEADER_KEYS = frozenset(("case", "deployment", "evidence", "kind", "purpose", "software", "v"))
_FILE_KEYS = frozenset(("at", "format", "name", "read", "sha256", "size", "type"))
_KEYS = frozenset(("case", "deployment", "evidence", "index", "kind", "records", "root", "v"))


@dataclass(frozen=True, slots=True)
class FileHeader:
    """Content of record 0. `software`: name → version."""

    deployment: str
    case: str
    evidence: str
    kind: FileKind
    purpose: str
    software: Mapping[str, str]

    def canonical(self) -> bytes:
        """Return the header's canonical bytes. Raises `Malformed` if a field is invalid."""
        for name in ("deployment", "case", "evidence"):
            canonical_json.identifier(getattr(self, name), f"header {name}")
        _kind(self.kind)
        canonical_json.code(self.purpose, "header purpose")
        if not all(isinstance(text, str) for pair in self.software.items() for text in pair):
            raise Malformed("header software: not names and versions")
        return canonical_json.serialise(
            {
                "case": self.case,
                "deployment": self.deployment,
                "evidence": self.evidence,
                "kind": self.kind,
                "purpose": self.purpose,
                "software": dict(self.software),
                "v": 1,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> FileHeader:
        """Read a header. Raises `Malformed` unless `data` is its canonical encoding."""
        fields = canonical_json.exact_keys(
            canonical_json.parse_object(data, "header"), _HEADER_KEYS, "header"
        )
        if canonical_json.integer(fields.pop("v"), "header v") != 1 or not isinstance(
            fields["software"], dict
        ):
            raise Malformed("header: version not known, or no software")
        header = cls(**fields)
        header.canonical()
        return header


@dataclass(frozen=True, slots=True)
class FileTold:
    """Content of the one event, which describes the file.

    `size` in bytes; `sha256` of the whole file, in hexadecimal; `format`: a code, detected from its content;
    `read`: its metadata, which are not trusted.
    """

    name: str
    size: int
    sha256: str
    format: str
    read: Mapping[str, Any]

    def canonical(self) -> bytes:
        """Return the event's canonical bytes. Raises `Malformed` if a field is invalid."""
        canonical_json.integer(self.size, "file size", low=1)
        canonical_json.digest(self.sha256, "file sha256")
        canonical_json.code(self.format, "file format")
        if not isinstance(self.name, str) or len(self.name) > MAX_NAME or not isinstance(self.read, Mapping):
            raise Malformed("file: a name that is too long, or nothing read")
        fields = {
            "format": self.format,
            "name": self.name,
            "read": dict(self.read),
            "sha256": self.sha256,
            "size": self.size,
        }
        return Event("file", 0, fields).canonical()

    @classmethod
    def parse(cls, data: bytes) -> FileTold:
        """Read an event. Raises `Malformed` unless `data` is its canonical encoding."""
        fields = canonical_json.exact_keys(canonical_json.parse_object(data, "file"), _FILE_KEYS, "file")
        if fields.pop("type") != "file" or canonical_json.integer(fields.pop("at"), "file at") != 0:
            raise Malformed("not what a file is told by")
        told = cls(**fields)
        told.canonical()
        return told


@dataclass(frozen=True)
class FileManifest:
    """A sealed file. `index`: SHA-256 of the index; `records`: their number; `root`: root of their tree."""

    deployment: str
    case: str
    evidence: str
    kind: FileKind
    records: int
    root: str
    index: str

    def canonical(self) -> bytes:
        """Return the manifest's canonical bytes. Raises `Malformed` if a field is invalid."""
        for name in ("deployment", "case", "evidence"):
            canonical_json.identifier(getattr(self, name), f"manifest {name}")
        _kind(self.kind)
        canonical_json.integer(self.records, "manifest records", low=3)
        canonical_json.digest(self.root, "manifest root")
        canonical_json.digest(self.index, "manifest index")
        return canonical_json.serialise(
            {
                "case": self.case,
                "deployment": self.deployment,
                "evidence": self.evidence,
                "index": self.index,
                "kind": self.kind,
                "records": self.records,
                "root": self.root,
                "v": 1,
            }
        )

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in hexadecimal: what the sealing statement names."""
        return sha256(self.canonical()).hexdigest()

    @classmethod
    def parse(cls, data: bytes) -> FileManifest:
        """Read a manifest. Raises `Malformed` unless `data` is its canonical encoding."""
        fields = canonical_json.exact_keys(canonical_json.parse_object(data, "manifest"), _KEYS, "manifest")
        if canonical_json.integer(fields.pop("v"), "manifest v") != 1:
            raise Malformed("manifest: version not known")
        manifest = cls(**fields)
        manifest.canonical()
        return manifest

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
    told = kinds.index("event") if kinds.count("event") == 1 else 0
    tracks = [record.track for record in records]
    whole = (
        told >= 2
        and all(kind == "piece" for at, kind in enumerate(kinds) if at not in (0, told))
        and set(tracks[1:told]) == {ORIGINAL}
        and tracks[told + 1 :] == sorted(tracks[told + 1 :])
        and set(tracks[told + 1 :]) <= {SMALL, LARGE, RECIPE}
        and tracks.count(RECIPE) == (kind_of_file == "derivative")
    )
    if not whole:
        raise Malformed("index: not the records of one file")


def parse_manifest(data: bytes) -> Manifest | FileManifest:
    """Read a manifest of either kind. Raises `Malformed` unless `data` is its canonical encoding."""
    kind = canonical_json.parse_object(data, "manifest").get("kind")
    return FileManifest.parse(data) if kind in KINDS else Manifest.parse(data)


def _kind(value: FileKind) -> FileKind:
    if value not in KINDS:
        raise Malformed(f"kind: none of {', '.join(KINDS)}")
    return value
