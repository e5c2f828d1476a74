"""Openings in the keyholder: each item is opened there with the proof of the statement that opens it.

The keyholder gives keys of an item only through an opening, and opens it only for a statement that is in the
ledger (`vault.keyholders.openings`). So what the gateway does in this order, statement and then keys, the
keyholder requires, whatever a compromised web process asks for.

Ids of openings are cached by item and statements; the statements open again what the keyholder has forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from casework.cache import Cache
from casework.errors import Forbidden, NothingReadable
from casework.ledger import chains
from vault.errors import NotContinued, NotOpen, OpeningOver, Unproven

if TYPE_CHECKING:
    from casework.center import Center

Stated: TypeAlias = "tuple[int, ...]"
"""Positions in the ledger of the statements by which an item is open: its `evidence.viewed`; or
`photographs.viewed` of its case and the statement that began the item's chain."""

ATTEMPTS = 10
"""Proofs shown for one opening: meanwhile other machines may append, and have their keyholders sign."""
_ROOM = 256


@dataclass(frozen=True)
class _Opened:
    id: str


def message_keys(
    center: Center, evidence: str, stated: Stated, info: bytes, requests: Sequence[tuple[bytes, bytes]]
) -> list[bytes]:
    """Return message keys of an item that these statements open, as `Keyholder.message_keys`.

    Raises also `Forbidden` once the statement is too old, and `NothingReadable` if the keyholder does not
    accept it.
    """
    cached: Cache[tuple[str, Stated], _Opened] = center.cache(_Opened, _ROOM)
    place = (evidence, stated)
    try:
        opened = cached.get(place, lambda: _open(center, evidence, stated))
        try:
            return center.keyholder.message_keys(opened.id, info, requests)
        except NotOpen:  # the keyholder was restarted, or has opened many other items since
            cached.forget(place)
            opened = cached.get(place, lambda: _open(center, evidence, stated))
            return center.keyholder.message_keys(opened.id, info, requests)
    except OpeningOver as over:
        raise Forbidden("this viewing is over; open it again") from over
    except Unproven as refused:
        raise NothingReadable(f"the keyholder does not open {evidence}: {refused}") from refused


def _open(center: Center, evidence: str, stated: Stated) -> _Opened:
    for _ in range(ATTEMPTS - 1):
        try:
            return _Opened(center.keyholder.open_item(evidence, chains.ledger_proof(center, stated)))
        except NotContinued:
            continue
    return _Opened(center.keyholder.open_item(evidence, chains.ledger_proof(center, stated)))
