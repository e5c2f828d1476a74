"""What the derivatives of a court package say they were made from, held against what is here.

Part of step 12 of `verify`. A derivative names its sources by the manifests that were sealed. A source that
is here as well must be that very one; of a source that is not here nothing can be said, and a report says so.

Trusts: what the steps before have proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from chain_of_custody.derivatives import RECIPE_FILE, Source
from chain_of_custody.errors import NotProved
from chain_of_custody.file_items import FileOpening
from chain_of_custody.recordings import OpenedItem

_RECORDS = "records"


def check_sources(openings: Sequence[OpenedItem]) -> None:
    """Each source that is here is the one that the derivative names: sealed before it, in the same case, and
    no derivative itself."""
    here = {one.item.evidence: one for one in openings}
    for derived in derivatives(openings):
        for source in derived[1]:
            if source.evidence in here:
                _check(derived[0], source, here[source.evidence])


def derivatives(openings: Iterable[OpenedItem]) -> Iterable[tuple[FileOpening, Sequence[Source]]]:
    """The derivatives among these, each with what it was made from."""
    for one in openings:
        if isinstance(one, FileOpening) and one.recipe is not None:
            yield one, one.recipe.sources


def _check(derived: FileOpening, source: Source, master: OpenedItem) -> None:
    where = derived.item.path(RECIPE_FILE)
    if isinstance(master, FileOpening) and master.recipe is not None:
        raise NotProved(_RECORDS, "it was made from a derivative, not from evidence", where)
    if sha256(master.manifest.canonical()).hexdigest() != source.manifest:
        raise NotProved(_RECORDS, "it was made from other evidence than lies here under that id", where)
    if master.seal.position >= derived.seal.position:
        raise NotProved(_RECORDS, "it was made before what it was made from was sealed", where)
    if master.chain[0].statement.case != derived.chain[0].statement.case:
        raise NotProved(_RECORDS, "it was made from evidence of another case", where)
