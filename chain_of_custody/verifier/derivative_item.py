"""Compare the sources that a court package's derivatives name with the items in the package.

Part of step 12 of `verify`. A derivative names its sources by their sealed manifests. A source that is in the
package must have that manifest. A source that is absent cannot be checked, and a report says so.

Trusts: what the earlier steps have proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal, TypeGuard

from chain_of_custody.errors import NotProved
from chain_of_custody.items.file_manifest import FileKind
from chain_of_custody.items.recipe import RECIPE_FILE, Source
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.types import OF_PHOTOGRAPHS, OF_RECEIVED
from chain_of_custody.verifier.file_item import FileOpening
from chain_of_custody.verifier.recording_item import OpenedItem

Presence = Literal["all", "part", "none"]
"""How much of a source is in a package: all that the derivative was made from, a smaller or another part of
that evidence, or nothing."""

_RECORDS = "records"


def check_sources(openings: Sequence[OpenedItem]) -> None:
    """Check that each source in the package is the one that the derivative names.

    It was sealed before the derivative, in the same case, and is not itself a derivative. It is a recording
    if minutes of it are named, a photograph if it is on a sheet of photographs, and a received file if this
    is a copy of one. The sheet is intimate if one of its photographs is.
    """
    here = {one.item.evidence: one for one in openings}
    for derived in openings:
        if isinstance(derived, FileOpening) and derived.recipe is not None:
            for source in derived.recipe.sources:
                if source.evidence in here:
                    _check(derived, source, here[source.evidence])


def presence(source: Source, master: OpenedItem | None) -> Presence:
    """Return how much of the source is in the package.

    `master`: the item of that evidence, if there is one; `check_sources` has passed it.
    """
    if master is None:
        return "none"
    if master.excerpt is None:
        return "all"
    if source.excerpt is None or not isinstance(master.manifest, Manifest):
        return "part"
    try:
        master.excerpt.check_covers(*source.excerpt, master.manifest)
    except NotProved:
        return "part"
    return "all"


def _check(derived: FileOpening, source: Source, master: OpenedItem) -> None:
    where = derived.item.path(RECIPE_FILE)
    if isinstance(master, FileOpening) and master.recipe is not None:
        raise NotProved(_RECORDS, "it was made from a derivative, not from evidence", where)
    if isinstance(master, FileOpening) and source.excerpt is not None:
        raise NotProved(_RECORDS, "it was made from minutes of what has none", where)
    if derived.seal.statement.body["kind"] in OF_PHOTOGRAPHS:
        _check_photograph(derived, master, where)
    if derived.seal.statement.body["kind"] in OF_RECEIVED and not _is_file(master, "received"):
        raise NotProved(_RECORDS, "it was made from something else than a received file", where)
    if sha256(master.manifest.canonical()).hexdigest() != source.manifest:
        raise NotProved(_RECORDS, "it was made from other evidence than lies here under that id", where)
    if master.seal.position >= derived.seal.position:
        raise NotProved(_RECORDS, "it was made before what it was made from was sealed", where)
    if master.chain[0].statement.case != derived.chain[0].statement.case:
        raise NotProved(_RECORDS, "it was made from evidence of another case", where)


def _is_file(master: OpenedItem, kind: FileKind) -> TypeGuard[FileOpening]:
    return isinstance(master, FileOpening) and master.item.file_kind == kind


def _check_photograph(derived: FileOpening, master: OpenedItem, where: str) -> None:
    if not _is_file(master, "photograph"):
        raise NotProved(_RECORDS, "it was made from something else than photographs", where)
    if master.seal.statement.body["intimate"] and not derived.seal.statement.body["intimate"]:
        raise NotProved(
            _RECORDS, "it was made from an intimate photograph and is not said to be intimate", where
        )
