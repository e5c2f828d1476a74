"""Prove one file of a court package, from its seal down to its last byte.

Steps 11 to 13 of `verify`, for items that are not recordings. The signed seal names a manifest, and the
manifest names an index and a root. Each record's leaf commits to a salt, a place and a content: the original
in pieces, one event that describes it, the pictures made from it, and how a derivative was made. The original
of a photograph, a document or a received file is proved twice, by its pieces and by the SHA-256 in the event,
so the digest that a court computes of the file is the sealed one. A derivative is proved as films are.

Trusts: the item's chain of statements, which steps 4 to 7 have proved, and nothing else in the package. What
the file says and who made it is not proved, nor that a derivative shows what its sources show.

Specification: docs/spec/court-package.md; docs/spec/manifest.md, sections 6 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import ClassVar

from chain_of_custody.encoding.bagit import Bag
from chain_of_custody.encoding.file_source import fill
from chain_of_custody.errors import Altered, Incomplete, NotProved
from chain_of_custody.items.file_manifest import RECIPE, FileDescription, FileHeader, FileManifest
from chain_of_custody.items.recipe import RECIPE_FILE, Recipe
from chain_of_custody.items.record import Record, leaf_of
from chain_of_custody.package.contents import CourtPackage, Item
from chain_of_custody.package.record_layout import FileLayout, Opened
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verifier.chains import LedgerStatement
from chain_of_custody.verifier.recording_item import (
    OpenedItem,
    Reads,
    check_header,
    opened_of,
    place_contents,
)

_MANIFEST, _RECORDS, _MEDIA = "manifest", "records", "media"
_WINDOW = 1024 * 1024


@dataclass(frozen=True)
class SealedFile:
    """A file whose manifest and index are proved (step 11)."""

    item: Item
    chain: tuple[LedgerStatement, ...]
    manifest: FileManifest
    records: tuple[Record, ...]

    @property
    def seal(self) -> LedgerStatement:
        """Return the first of its statements, which sealed it."""
        return self.chain[0]


@dataclass(frozen=True)
class FileOpening(OpenedItem):
    """A file whose header and event are proved too (step 12).

    `original`: name of the file itself; `recipe`: how a derivative was made.
    """

    manifest: FileManifest
    header: FileHeader
    description: FileDescription
    original: str
    recipe: Recipe | None

    ALTERED: ClassVar[str] = "the piece is not what was sealed"


def check_file_manifest(
    item: Item, files: Mapping[str, bytes], chain: tuple[LedgerStatement, ...], policy: TrustPolicy
) -> SealedFile:
    """Step 11: check that the seal names this manifest and the manifest this index.

    Ids, kind and case must agree.
    """
    home = item.path("manifest.json")
    manifest = FileManifest.parse(files["manifest.json"])
    seal = chain[0].statement
    if sha256(files["manifest.json"]).hexdigest() != seal.body["manifest"]:
        raise Altered(_MANIFEST, "the manifest is not the one that was sealed", home)
    named = (manifest.deployment, manifest.evidence, manifest.case, manifest.kind)
    if named != (policy.deployment, item.evidence, seal.case, item.file_kind):
        raise NotProved(_MANIFEST, "the manifest is of another file than its statements", home)
    if (manifest.records, manifest.root) != (seal.body["records"], seal.body["root"]):
        raise NotProved(_MANIFEST, "manifest and seal name different records", home)
    return SealedFile(item, chain, manifest, manifest.open_index(files["index.jsonl"]).records)


def open_file(sealed: SealedFile, files: Mapping[str, bytes], bag: Bag, reads: Reads) -> FileOpening:
    """Step 12, first half: check header and event, and where each content is."""
    item, records = sealed.item, sealed.records
    opened = opened_of(item, records, files)
    header = _header(sealed, records[0], opened[0], files["header.json"])
    layout = FileLayout(sealed.manifest.kind, sealed.seal.statement.body["format"])
    where = partial(_where, item)
    description: FileDescription | None = None
    recipe: Recipe | None = None

    def take_small(record: Record, content: Opened) -> bool:
        nonlocal description, recipe
        if record.kind == "event":
            description = _description(
                sealed, record, content, files["events.jsonl"], where("events.jsonl", record)
            )
        elif record.track == RECIPE:
            recipe = _recipe(record, content, files[RECIPE_FILE], where(RECIPE_FILE, record))
        return record.kind == "event" or record.track == RECIPE

    contents = place_contents(item, records, opened, layout, bag, reads, where, take_small)
    assert description is not None  # an index of one file has one event
    if recipe is not None:
        _check_recipe(recipe, sealed, description)
    return FileOpening(
        item=item,
        chain=sealed.chain,
        seal=sealed.seal,
        manifest=sealed.manifest,
        excerpt=None,
        records=records,
        contents=contents,
        where=where,
        header=header,
        description=description,
        original=layout.original,
        recipe=recipe,
    )


def check_original(opening: FileOpening, bag: Bag, hashed: Callable[[int], None]) -> None:
    """Step 13: check that the original's pieces together are the file that the event describes.

    For a derivative, check only the length. `hashed` receives the number of bytes read.
    """
    path = opening.item.path(opening.original)
    if bag.sizes[path] != opening.description.size:
        raise NotProved(_MEDIA, "it has another size than was sealed with it", path)
    if opening.recipe is not None:
        return
    whole, window = sha256(), memoryview(bytearray(_WINDOW))
    with closing(bag.source.open(path)) as file:
        while count := fill(file, window):
            whole.update(window[:count])
    hashed(opening.description.size)
    if whole.hexdigest() != opening.description.sha256:
        raise NotProved(_MEDIA, "it has another SHA-256 than was sealed with it", path)


def hashed_whole(package: CourtPackage) -> int:
    """Return the number of bytes of originals that are read a second time."""
    return sum(
        package.bag.sizes[item.path(file)]
        for item in package.items.values()
        if item.file_kind not in (None, "derivative")
        for file in item.films
        if file.startswith("original.")
    )


def _header(sealed: SealedFile, record: Record, opened: Opened, content: bytes) -> FileHeader:
    check_header(sealed.item, record, opened, content, "sealed")
    header, manifest = FileHeader.parse(content), sealed.manifest
    if (header.deployment, header.case, header.evidence, header.kind) != (
        manifest.deployment,
        manifest.case,
        manifest.evidence,
        manifest.kind,
    ):
        raise NotProved(_RECORDS, "the header is of another file", sealed.item.path("header.json"))
    return header


def _description(
    sealed: SealedFile, record: Record, opened: Opened, file: bytes, where: str
) -> FileDescription:
    """Return the one event, which is the whole of `events.jsonl`."""
    content = file[:-1]
    if len(file) <= opened.length:
        raise Incomplete(_RECORDS, "the event is missing: the file ends before it", where)
    if len(content) != opened.length or not file.endswith(b"\n"):
        raise Altered(_RECORDS, "events.jsonl has more in it than the event sealed", where)
    if leaf_of(record, opened.salt, sha256(content).hexdigest()) != record.leaf:
        raise Altered(_RECORDS, "the event is not what was sealed", where)
    description = FileDescription.parse(content)
    if description.format != sealed.seal.statement.body["format"]:
        raise NotProved(_RECORDS, "the event names another format than the seal", where)
    return description


def _recipe(record: Record, opened: Opened, content: bytes, where: str) -> Recipe:
    """Return how the derivative was made, which is the whole of `recipe.json`."""
    if len(content) < opened.length:
        raise Incomplete(_RECORDS, "its content is missing: the file ends before it", where)
    leaf = leaf_of(record, opened.salt, sha256(content).hexdigest())
    if len(content) != opened.length or leaf != record.leaf:
        raise Altered(_RECORDS, "the recipe is not what was sealed", where)
    return Recipe.parse(content)


def _check_recipe(recipe: Recipe, sealed: SealedFile, description: FileDescription) -> None:
    """Check that the recipe has the sources that the statement names and this file as its output."""
    body, where = sealed.seal.statement.body, sealed.item.path(RECIPE_FILE)
    if recipe.kind != body["kind"] or [one.to_json() for one in recipe.sources] != body["sources"]:
        raise NotProved(_RECORDS, "the recipe is of another derivative than was stated", where)
    if (recipe.output.size, recipe.output.sha256) != (description.size, description.sha256):
        raise NotProved(_RECORDS, "the recipe gives another file than was sealed", where)


def _where(item: Item, file: str, record: Record) -> str:
    return f"{item.path(file)}, record {record.index}"
