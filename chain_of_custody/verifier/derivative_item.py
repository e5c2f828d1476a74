"""What the derivatives of a court package say they were made from, held against what is here.

Part of step 12 of `verify`. A derivative names its sources by the manifests that were sealed. A source that
is here as well must be that very one; of a source that is not here nothing can be said, and a report says so.

Trusts: what the steps before have proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from chain_of_custody.errors import NotProved
from chain_of_custody.items.recipe import RECIPE_FILE, Source
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.types import OF_PHOTOGRAPHS
from chain_of_custody.verifier.file_item import FileOpening
from chain_of_custody.verifier.recording_item import OpenedItem

Presence = Literal["all", "part", "none"]
"""How much of a source is in a package: all that the derivative was made from, less or something else of that
evidence, or nothing."""

_RECORDS = "records"


def check_sources(openings: Sequence[OpenedItem]) -> None:
    """Each source that is here is the one that the derivative names: sealed before it, in the same case, no
    derivative itself, a recording if minutes of it are named, and a photograph if it stands on a sheet of
    photographs, which is intimate if one of them is."""
    here = {one.item.evidence: one for one in openings}
    for derived in openings:
        if isinstance(derived, FileOpening) and derived.recipe is not None:
            for source in derived.recipe.sources:
                if source.evidence in here:
                    _check(derived, source, here[source.evidence])


def presence(source: Source, master: OpenedItem | None) -> Presence:
    """How much of the source is here. `master`: the item of that evidence, if there is one, which
    `check_sources` has passed."""
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
    if sha256(master.manifest.canonical()).hexdigest() != source.manifest:
        raise NotProved(_RECORDS, "it was made from other evidence than lies here under that id", where)
    if master.seal.position >= derived.seal.position:
        raise NotProved(_RECORDS, "it was made before what it was made from was sealed", where)
    if master.chain[0].statement.case != derived.chain[0].statement.case:
        raise NotProved(_RECORDS, "it was made from evidence of another case", where)


def _check_photograph(derived: FileOpening, master: OpenedItem, where: str) -> None:
    if not isinstance(master, FileOpening) or master.item.file_kind != "photograph":
        raise NotProved(_RECORDS, "it was made from something else than photographs", where)
    if master.seal.statement.body["intimate"] and not derived.seal.statement.body["intimate"]:
        raise NotProved(
            _RECORDS, "it was made from an intimate photograph and is not said to be intimate", where
        )
