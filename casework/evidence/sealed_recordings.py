"""Sealed items in the copies: sealed messages, and manifest and index checked against the ledger.

Contains no keys and nothing in clear (see `decryption`): people who may know of an item may read these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.cache import Cache
from casework.copies.sealed_item import Sealed, SealedRecording, SpoolSource, StoreSource
from casework.database.models import Evidence
from casework.errors import NothingReadable, StillElsewhere
from casework.ledger import chains

if TYPE_CHECKING:
    from casework.center import Center


def recording_of(center: Center, evidence: str, chain: Mapping[int, bytes] | None = None) -> SealedRecording:
    """Return the sealed recording, read once and cached while it is in use.

    `chain`: the item's chain, if the caller has just read it with `chains.chain`; None: it is read here where
    the recording is not cached.
    """

    def read() -> SealedRecording:
        sealed = Sealed.from_chain(evidence, chains.chain(center, evidence) if chain is None else chain)
        stores = [StoreSource(name, store, evidence) for name, store in center.stores.items()]
        with center.database() as session:
            sizes = session.scalar(select(Evidence.segment_sizes).where(Evidence.id == evidence))

        def noticed(source: str) -> None:
            if source in center.stores:  # the spool is not a copy; people have to repair damage there
                center.noticed.note(source, evidence)

        return SealedRecording(sealed, [SpoolSource(center.spool, evidence), *stores], sizes, noticed)

    with reading(center, evidence):
        return _read(center).get(evidence, read)


def forget(center: Center, evidence: str) -> None:
    """Remove the sealed recording from the cache."""
    _read(center).forget(evidence)


def _read(center: Center) -> Cache[str, SealedRecording]:
    """Return the cache by evidence id: manifest and index, no keys, no media."""
    return center.cache(SealedRecording, 8)


@contextmanager
def reading(center: Center, evidence: str) -> Iterator[None]:
    """Raises `StillElsewhere` for what cannot be read here because it is still only on another machine."""
    try:
        yield
    except StillElsewhere:
        raise
    except NothingReadable as unread:
        with center.database() as session:
            node = session.scalar(select(Evidence.node).where(Evidence.id == evidence))
        if node in (None, center.node):
            raise
        raise StillElsewhere(f"{evidence} is in the spool of machine {node}: {unread}") from unread
