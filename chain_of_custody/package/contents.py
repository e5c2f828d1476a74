"""The files that a court package may contain, and what each is.

A court package is a bag whose payload is a trust policy, items of evidence, and the statements about them
with their proofs. An *item* is a recording part, whole or as an excerpt, or a photograph, a document or a
derivative. The package may also contain viewing copies of films, details of statements, a certificate, a
custody record and content credentials for other tools, earlier trees of the ledger, and timestamps.

Trusts nothing: `CourtPackage` knows names, sizes and listed digests, and `verify` proves them. The writer is
in `writer`.

Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, cast

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.bagit import Bag, list_bytes
from chain_of_custody.encoding.file_source import Source
from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.items.file_manifest import LARGE, SMALL, FileKind
from chain_of_custody.items.recipe import RECIPE_FILE
from chain_of_custody.statements.types import DERIVATIVES, EXAMINATION

ItemKind = Literal["recordings", "excerpts", "photographs", "documents", "received", "derivatives"]
"""The kind of an item, which is also the name of its folder."""

FILE_KINDS: Mapping[ItemKind, FileKind] = {
    "photographs": "photograph",
    "documents": "document",
    "received": "received",
    "derivatives": "derivative",
}
"""The kinds of items that are a file, by their folder."""

FOLDERS: Mapping[FileKind, ItemKind] = {kind: folder for folder, kind in FILE_KINDS.items()}

POLICY = "data/policy.txt"
CERTIFICATE, CUSTODY = "data/certificate.pdf", "data/custody.jsonld"
DOCUMENTS = (CERTIFICATE, CUSTODY)
"""Optional documents for people and for other tools."""

MAX_DOCUMENT = 64 * 1024 * 1024
"""Maximum bytes of one document."""

CREDITED = frozenset(("jpeg", "mp4"))
"""Formats of derivatives that may have a content credential (C2PA), which is a document too."""

MAX_CREDENTIAL = 1024 * 1024
"""Maximum bytes of one content credential."""

_COMMON = ("events.jsonl", "header.json", "manifest.json", "opened.jsonl")
ITEM_FILES: Mapping[ItemKind, tuple[str, ...]] = {
    "recordings": (*_COMMON, "index.jsonl"),
    "excerpts": (*_COMMON, "records.jsonl"),
    "photographs": (*_COMMON, "index.jsonl"),
    "documents": (*_COMMON, "index.jsonl"),
    "received": (*_COMMON, "index.jsonl"),
    "derivatives": (*_COMMON, "index.jsonl", RECIPE_FILE),
}
"""Files in every item's folder, besides its films, or the file itself and the pictures made from it."""

_TAKEN = frozenset(("jpeg", "heic", "png", "dng", "tiff", "pdf", "unknown"))
_RECEIVED = _TAKEN | frozenset(
    (
        *("3gp", "avi", "flv", "mkv", "mov", "mp4", "mpeg", "ts", "webm", "wmv"),
        *("aac", "aiff", "amr", "caf", "flac", "m4a", "mp3", "ogg", "wav"),
        *("bmp", "gif", "webp"),
        *("doc", "docx", "eml", "html", "mbox", "odt", "rtf", "txt", "vcf", "xlsx", "xml"),
        *("7z", "gz", "iso", "rar", "sqlite", "tar", "zip"),
    )
)
FORMATS: Mapping[FileKind, frozenset[str]] = {
    "photograph": _TAKEN,
    "document": _TAKEN | {EXAMINATION},
    "received": _RECEIVED,
    "derivative": frozenset(DERIVATIVES.values()),
}
"""Extensions that the name of an original may have, by kind of file."""

MADE = {SMALL: "small.jpeg", LARGE: "large.jpeg"}
"""The pictures made from a photograph, by their tracks."""

_ID = r"[0-9a-f]{32}"
_POSITION = r"(0|[1-9][0-9]{0,15})"
_SIZE = r"([1-9][0-9]{0,15})"
_ITEM = re.compile(rf"data/(recordings|excerpts)/({_ID})/([a-z][a-z0-9-]{{0,63}}\.(?:json|jsonl|mp4))")
_PICTURES = {
    folder: rf"original\.(?:{'|'.join(sorted(FORMATS[kind]))})|{'|'.join(sorted(MADE.values()))}"
    for folder, kind in FILE_KINDS.items()
}
_FILES = tuple(
    re.compile(rf"data/({folder})/({_ID})/([a-z]+\.(?:json|jsonl)|{pictures})")
    for folder, pictures in _PICTURES.items()
)
_MEDIA_OF_FILES = re.compile(
    "|".join(rf"data/{folder}/{_ID}/(?:{pictures})" for folder, pictures in _PICTURES.items())
)
_CREDENTIAL = re.compile(rf"data/credentials/({_ID})\.c2pa")
_VIEWING = re.compile(rf"data/viewing/({_ID})(?:-(?:[2-9]|[1-9][0-9]{{1,5}}))?\.mp4")
_STATEMENT = re.compile(rf"data/statements/{_POSITION}\.json")
_PROOF = re.compile(rf"data/statements/{_POSITION}\.tlog-proof")
_DETAILS = re.compile(rf"data/details/{_POSITION}\.json")
_CONSISTENCY = re.compile(rf"data/checkpoints/{_SIZE}\.consistency")
_TIMESTAMP = re.compile(rf"data/timestamps/{_SIZE}\.([a-z0-9][a-z0-9._-]{{0,63}})\.tsr")

_BAG = "bag"
_FOREIGN = "a file that does not belong in a court package"


@dataclass(frozen=True)
class Item:
    """An item's folder.

    `films`: names of its media files; for a file, names of the original and of the pictures
    made from it; `viewing`: paths of its viewing copies.
    """

    evidence: str
    kind: ItemKind
    films: tuple[str, ...]
    viewing: tuple[str, ...]

    def path(self, file: str) -> str:
        """Return the path of one of its files."""
        return item_path(self.kind, self.evidence, file)

    @property
    def may_be_credited(self) -> bool:
        """Return whether it may have a content credential."""
        return self.kind == "derivatives" and any(f"original.{one}" in self.films for one in CREDITED)

    @property
    def file_kind(self) -> FileKind | None:
        """Return its kind of file; None for a recording or excerpt."""
        return FILE_KINDS.get(self.kind)


@dataclass(frozen=True)
class CourtPackage:
    """The names of a package's contents.

    `items`: by evidence id; `statements`, `details`: positions in the ledger; `checkpoints`: sizes of earlier
    trees; `timestamps`: (size, authority). All ascending. `documents`: paths of documents for people and for
    other tools.
    """

    bag: Bag
    items: Mapping[str, Item]
    statements: tuple[int, ...]
    details: tuple[int, ...]
    checkpoints: tuple[int, ...]
    timestamps: tuple[tuple[int, str], ...]
    documents: tuple[str, ...]

    @classmethod
    def open(cls, source: Source) -> CourtPackage:
        """Read the names of a package's contents.

        Raises as `Bag.open`, and `Incomplete` for a missing file, `Altered` for a file that is not allowed.
        """
        bag = Bag.open(source)
        names = _Names()
        for path in bag.payload:
            names.add(path)
        if POLICY not in bag.payload:
            raise Incomplete(_BAG, "there is no policy", POLICY)
        if not names.items:
            raise Incomplete(_BAG, "there is no recording, excerpt or file", "data/recordings")
        for position in sorted(names.statements ^ names.proofs):
            raise Incomplete(
                _BAG, "a statement without proof, or a proof without statement", f"statement {position}"
            )
        for position in sorted(names.details - names.statements):
            raise Incomplete(_BAG, "details of a statement that is not here", f"statement {position}")
        return cls(
            bag,
            names.whole_items(),
            tuple(sorted(names.statements)),
            tuple(sorted(names.details)),
            tuple(sorted(names.checkpoints)),
            tuple(sorted(names.timestamps)),
            (*(path for path in DOCUMENTS if path in bag.payload), *sorted(names.credentials.values())),
        )

    def package_digest(self, exported: Iterable[int]) -> str:
        """Return the `package_digest` of this package, whose evidence chains end at positions `exported`."""
        return package_digest(self.bag.payload, exported)


@dataclass
class _Names:
    """The contents of a payload, sorted by the kind that their paths give."""

    items: dict[tuple[str, ItemKind], list[str]] = field(default_factory=dict)
    viewing: dict[str, list[str]] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    statements: set[int] = field(default_factory=set)
    proofs: set[int] = field(default_factory=set)
    details: set[int] = field(default_factory=set)
    checkpoints: set[int] = field(default_factory=set)
    timestamps: set[tuple[int, str]] = field(default_factory=set)

    def add(self, path: str) -> None:
        if match := next(filter(None, (form.fullmatch(path) for form in (_ITEM, *_FILES))), None):
            self.items.setdefault((match[2], cast(ItemKind, match[1])), []).append(match[3])
        elif match := _VIEWING.fullmatch(path):
            self.viewing.setdefault(match[1], []).append(path)
        elif match := _CREDENTIAL.fullmatch(path):
            self.credentials[match[1]] = path
        elif match := _STATEMENT.fullmatch(path):
            self.statements.add(_number(match[1], path))
        elif match := _PROOF.fullmatch(path):
            self.proofs.add(_number(match[1], path))
        elif match := _DETAILS.fullmatch(path):
            self.details.add(_number(match[1], path))
        elif match := _CONSISTENCY.fullmatch(path):
            self.checkpoints.add(_number(match[1], path))
        elif match := _TIMESTAMP.fullmatch(path):
            self.timestamps.add((_number(match[1], path), match[2]))
        elif path != POLICY and path not in DOCUMENTS:
            raise Altered(_BAG, _FOREIGN, path)

    def whole_items(self) -> dict[str, Item]:
        items: dict[str, Item] = {}
        for (evidence, kind), files in sorted(self.items.items()):
            if evidence in items:
                raise Altered(_BAG, "it is here as two kinds of item", f"evidence {evidence}")
            films = _films(kind, evidence, files)
            items[evidence] = Item(evidence, kind, films, tuple(self.viewing.get(evidence, ())))
        filmed = {evidence for evidence, item in items.items() if item.file_kind is None}
        for evidence in sorted(self.viewing.keys() - filmed):
            raise Altered(_BAG, "a viewing copy of what is not here", self.viewing[evidence][0])
        credited = {evidence for evidence, item in items.items() if item.may_be_credited}
        for evidence in sorted(self.credentials.keys() - credited):
            raise Altered(_BAG, "a content credential of what is not here", self.credentials[evidence])
        return items


def package_digest(payload: Mapping[str, str], exported: Iterable[int] = ()) -> str:
    """Return the digest (hexadecimal SHA-256) that an `evidence.exported` statement names as its package.

    It covers all lines of the payload (path → SHA-256) except proofs, earlier checkpoints, timestamps, and
    the statements at `exported`. Those prove themselves, and exist only once the statement is in the ledger.
    """
    left_out = {statement_path(position) for position in exported}
    covered = {
        path: digest
        for path, digest in payload.items()
        if path not in left_out
        and not _PROOF.fullmatch(path)
        and not path.startswith(("data/checkpoints/", "data/timestamps/"))
    }
    return sha256(list_bytes(covered)).hexdigest()


def is_media(path: str) -> bool:
    """Return whether it is a film, an original, or a picture made from one.

    These files are proved piece by piece, in place.
    """
    return path.endswith(".mp4") or _MEDIA_OF_FILES.fullmatch(path) is not None


def item_path(kind: ItemKind, evidence: str, file: str) -> str:
    """Return the path of an item's file in the package."""
    return f"data/{kind}/{evidence}/{file}"


def viewing_path(evidence: str, number: int) -> str:
    """Return the path of an item's viewing copy `number`, counted from 1."""
    return f"data/viewing/{evidence}.mp4" if number == 1 else f"data/viewing/{evidence}-{number}.mp4"


def credential_path(evidence: str) -> str:
    """Return the path of a derivative's content credential."""
    return f"data/credentials/{evidence}.c2pa"


def longest_document(path: str) -> int:
    """Return the maximum number of bytes of the document at `path`."""
    return MAX_CREDENTIAL if _CREDENTIAL.fullmatch(path) else MAX_DOCUMENT


def statement_path(position: int) -> str:
    """Return the path of the statement at `position` in the ledger."""
    return f"data/statements/{position}.json"


def proof_path(position: int) -> str:
    """Return the path of the proof of the statement at `position`."""
    return f"data/statements/{position}.tlog-proof"


def details_path(position: int) -> str:
    """Return the path of the details of the statement at `position`."""
    return f"data/details/{position}.json"


def consistency_path(size: int) -> str:
    """Return the path of the proof that the ledger's tree begins with that of `size` entries."""
    return f"data/checkpoints/{size}.consistency"


def timestamp_path(size: int, authority: str) -> str:
    """Return the path of an authority's response over the checkpoint of `size` entries."""
    return f"data/timestamps/{size}.{authority}.tsr"


def _number(digits: str, path: str) -> int:
    number = int(digits)
    if number > canonical_json.MAX_INTEGER:
        raise Malformed(f"{path}: its number is larger than 2^53 - 1")
    return number


def _films(kind: ItemKind, evidence: str, files: list[str]) -> tuple[str, ...]:
    for name in ITEM_FILES[kind]:
        if name not in files:
            raise Incomplete(_BAG, "a file of the item is missing", item_path(kind, evidence, name))
    films = tuple(name for name in files if name not in ITEM_FILES[kind])
    for name in films:
        if not is_media(item_path(kind, evidence, name)):
            raise Altered(_BAG, _FOREIGN, item_path(kind, evidence, name))
    return films
