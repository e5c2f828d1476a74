"""What must hold after every fault of the matrix, with ledger and recording out of each copy alone.

The exported package's statements are looked up in the database; the verifier proves them like all else.

1. **Nothing acknowledged is lost**: every statement that was in the ledger, every interview whose opening was
   acknowledged, and every second of which the console had said that it is safe, is in each copy.
2. **Nothing is silently wrong**: what each copy gives is proved from digest to signature by the verifier that
   courts use, and where a track has nothing, the recording says why.
3. **The ledger verifies**: each copy alone gives a tree that both keys signed, every entry leads to its root,
   and it continues the tree of before.
4. **The operator was told** (the test asks what the pages and the log said).
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from amana.centers import attached_center
from amana.settings import Settings
from casework.center import Center
from casework.database.models import StatementIndex
from casework.evidence.gateway import ItemExtent, export_package
from casework.people.people import find
from casework.rebuild.verified_ledger import Copies, ProvenLedger
from casework.sealing.sealed_log import LAGGING, safe_until
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.recording_manifest import Index
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.merkle import leaf_hash
from chain_of_custody.verify import verify
from vault.stores.base import Store

BEGINS_WITHIN = 2_000_000  # µs until a camera's first keyframe


@dataclass(frozen=True)
class Promised:
    """What was acknowledged, and so must be in each copy."""

    leaves: tuple[str, ...]
    """The hash of each statement that the ledger had."""
    opened: tuple[str, ...]
    """Interviews whose opening was acknowledged."""
    part: str
    state: str
    """How that recording part ended."""
    safe: int
    """µs of it that the console had called safe."""


def leaves(settings: Settings) -> tuple[str, ...]:
    """The hash of each statement in the ledger at this moment."""
    with attached_center(settings) as center, center.database() as session:
        return tuple(session.scalars(select(StatementIndex.leaf_hash).order_by(StatementIndex.position)))


@dataclass(frozen=True)
class Proved:
    """What the copies gave."""

    statements: int
    gaps: int
    """Times at which a track has nothing, each with its reason."""


def prove(settings: Settings, promised: Promised, folder: Path) -> Proved:
    """Raises what is wrong."""
    statements = gaps = 0
    with attached_center(settings) as center:
        for copy, store in center.stores.items():
            entries = _ledger(center, copy, store)
            kept = tuple(leaf_hash(entry).hex() for entry in entries)
            assert kept[: len(promised.leaves)] == promised.leaves, f"{copy}: not the ledger of before"
            told = {SignedStatement.parse(entry).statement.evidence for entry in entries}
            lost = [interview for interview in promised.opened if interview not in told]
            assert not lost, f"{copy}: {len(lost)} openings were acknowledged and are in no statement"
            statements = len(entries)
            _check_reach(store, promised)
            alone = replace(center, stores={copy: store}, spool=folder / "no-spool")
            gaps = _verified(alone, copy, promised, folder / copy)
    return Proved(statements, gaps)


def _ledger(center: Center, copy: str, store: Store) -> list[bytes]:
    """All statements, out of this copy alone."""
    ledger = ProvenLedger(Copies({copy: store}), center.log_keys)
    checkpoint, _ = next(ledger.checkpoints())
    return list(itertools.chain.from_iterable(ledger.bundles(checkpoint)))


def _check_reach(store: Store, promised: Promised) -> None:
    """What the console counted, counted again over the records that are there: it has to come as far.

    A track that stayed behind holds nothing back, and may have come after all later on.
    """
    index = Index.parse(store.get(f"recordings/{promised.part}/index"))
    ends: dict[int, int] = {}
    reached = 0
    for record in index.records:
        if record.kind == "media":
            ends[record.track] = record.end
            reached = max(reached, safe_until(ends.values()))
    assert reached >= promised.safe, f"safe up to {promised.safe} µs; the tracks reach {ends}"


def _verified(center: Center, copy: str, promised: Promised, folder: Path) -> int:
    """How often a track has nothing; for a reason that the recording gives."""
    (person,) = find(center, "Prosecutor of the test")
    export_package(center, person, [ItemExtent(promised.part)], "hearing", folder, viewing_copies=False)
    report = verify(FolderSource(folder))
    shutil.rmtree(folder)
    [found] = report.parts
    assert found.state == promised.state, f"{copy}: it is {found.state}"
    reading = found.reading
    between = [one for one in reading.gaps if one.start > 0 or one.end > BEGINS_WITHIN]
    # The last picture may still be on its way at the stop.
    between = [one for one in between if one.end < reading.duration or one.end - one.start > LAGGING]
    silent = [one.sentence for one in between if one.reason is None]
    assert not silent, f"{copy}: {silent}"
    return len(between)
