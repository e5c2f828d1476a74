"""Read all small files of a court package into memory, before the verifier reads a film.

Each file is compared with its listed digest, and each kind has a limit, so that a hostile package costs a
bounded amount of memory. Films, originals and pictures are not read.

Step 2 of `verify`. Trusts nothing; the later steps prove the bytes.

Specification: docs/spec/court-package.md, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chain_of_custody.encoding.file_source import Source
from chain_of_custody.errors import Malformed
from chain_of_custody.items.recipe import MAX_RECIPE, RECIPE_FILE
from chain_of_custody.items.recording_manifest import MAX_INDEX
from chain_of_custody.package import contents
from chain_of_custody.package.contents import CourtPackage, Item
from chain_of_custody.statements.details_commitment import MAX_DETAILS
from chain_of_custody.statements.statement import MAX_LEAF
from chain_of_custody.timestamping.rfc3161_token_form import MAX_RESPONSE
from chain_of_custody.tlog.consistency_file import MAX_CONSISTENCY
from chain_of_custody.tlog.inclusion_proof import MAX_PROOF_SIZE
from chain_of_custody.trust.policy import MAX_POLICY

MAX_SMALL_FILES = 1024 * 1024 * 1024
"""Maximum bytes of all files together except films, originals and pictures; they are held in memory."""

MAX_ORIGINAL = 256 * 1024 * 1024
"""Maximum bytes of a photograph or document, and of a picture made from a file: a browser holds them in
memory. A received file is hashed in parts, and a derivative is proved by its pieces alone: both may be
longer."""

_LIMITS = {
    "manifest.json": 65_536,
    "header.json": 1_000_000,
    "events.jsonl": 64 * 1024 * 1024,
    "index.jsonl": MAX_INDEX,
    "records.jsonl": MAX_INDEX,
    "opened.jsonl": MAX_INDEX,
    RECIPE_FILE: MAX_RECIPE,
}
"""Maximum bytes of each of an item's small files: enough for days of recording."""


@dataclass(frozen=True)
class PackageFiles:
    """Contents of the small files.

    By position in the ledger: `leaves`, `proofs`, `details`; by size: `consistency`; by size and authority:
    `timestamps`; by evidence id and name: `items`.
    """

    policy: bytes
    leaves: Mapping[int, bytes]
    proofs: Mapping[int, bytes]
    details: Mapping[int, bytes]
    consistency: Mapping[int, bytes]
    timestamps: Mapping[tuple[int, str], bytes]
    items: Mapping[str, Mapping[str, bytes]]


def read_package(source: Source) -> tuple[CourtPackage, PackageFiles]:
    """Return the package's names and its small files.

    Raises as `CourtPackage.open` and `Bag.read`, and `Malformed` for files that are too large.
    """
    package = CourtPackage.open(source)
    bag = package.bag
    if sum(size for path, size in bag.sizes.items() if not contents.is_media(path)) > MAX_SMALL_FILES:
        raise Malformed(f"the files beside the films have more than {MAX_SMALL_FILES} bytes")
    for path in (path for item in package.items.values() for path in _hashed_at_once(item)):
        if bag.sizes[path] > MAX_ORIGINAL:
            raise Malformed(f"{path}: longer than {MAX_ORIGINAL} bytes")
    files = PackageFiles(
        policy=bag.read(contents.POLICY, MAX_POLICY),
        leaves={n: bag.read(contents.statement_path(n), MAX_LEAF) for n in package.statements},
        proofs={n: bag.read(contents.proof_path(n), MAX_PROOF_SIZE) for n in package.statements},
        details={n: bag.read(contents.details_path(n), MAX_DETAILS) for n in package.details},
        consistency={n: bag.read(contents.consistency_path(n), MAX_CONSISTENCY) for n in package.checkpoints},
        timestamps={one: bag.read(contents.timestamp_path(*one), MAX_RESPONSE) for one in package.timestamps},
        items={evidence: _item_files(package, item) for evidence, item in package.items.items()},
    )
    for path in package.documents:
        bag.read(path, contents.longest_document(path))
    return package, files


def _hashed_at_once(item: Item) -> list[str]:
    """Return an item's paths that are limited in length.

    These are all of a file, except the original of what is received or derived.
    """
    if item.file_kind is None:
        return []
    free = item.file_kind in ("received", "derivative")
    return [item.path(file) for file in item.films if not (free and file.startswith("original."))]


def _item_files(package: CourtPackage, item: Item) -> dict[str, bytes]:
    names = contents.ITEM_FILES[item.kind]
    return {name: package.bag.read(item.path(name), _LIMITS[name]) for name in names}
