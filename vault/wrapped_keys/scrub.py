"""Check of the wraps of one item in one copy of the key store, with repair where possible.

The caller names the required wraps by their digests, from the ledger. A wrap that the ledger does not
name (of a case's key; or made later, for a further recipient) counts as right if every place that has one
holds the same bytes; if two differ, neither counts.

Trusts no place. Nothing is opened here, so no key is needed and the vault may be locked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vault.errors import Altered, ObjectMissing, StoreUnavailable
from vault.wrapped_keys.store import ROOT, WAITING_PLACE, KeyStore, wrap_key

WrapWrong = Literal["missing", "altered", "unreadable"]
"""What can be wrong with a wrap in a copy; `unreadable`: the copy returns others, but not this one."""


@dataclass(frozen=True)
class WrapFinding:
    """One wrap that is not as it should be in the copy."""

    wrap: str
    """The caller's name for it, if its digest was given; else the recipient."""
    wrong: WrapWrong
    repaired: bool = False
    """Whether it was repaired, and read again."""


@dataclass(frozen=True)
class WrapCheck:
    """Result of the check."""

    read: Sequence[str]
    """Wraps compared with the ledger, or with the other places; named as in findings."""
    size: int
    """Bytes read in this copy."""
    waiting: bool
    """Whether a wrap is still on its way into this copy: then the result is incomplete."""
    findings: Sequence[WrapFinding]


def check_wraps(
    store: KeyStore, copy: str, item: str, digests: Mapping[str, str], *, repair: bool
) -> WrapCheck:
    """Read every wrap of an item in `copy`. `digests`: SHA-256 of those that the ledger names, by any name.

    `repair`: repair defects here from another place. Raises `StoreUnavailable` if the copy does not answer
    (then nothing was found), `KeyError` for an unknown copy, `ValueError` for no item, `ItemEnded`.
    """
    store.require_going_on(item)
    here = f"{ROOT}/{item}/"
    next(iter(store.stores[copy].list(here)), None)
    places = {recipient: _in_every_place(store, item, recipient) for recipient in store.recipients(item)}
    right = {recipient: _right(wraps, digests) for recipient, wraps in places.items()}
    found = {None if wrap is None else _sha256(wrap) for wrap in right.values()}
    lost = [name for name in sorted(digests) if digests[name] not in found]
    names = {digest: name for name, digest in digests.items()}
    read: list[str] = []
    findings: list[WrapFinding] = []
    size = 0
    waiting = False
    for recipient, wraps in places.items():
        own, wrap = wraps[copy], right[recipient]
        if own == "missing" and WAITING_PLACE in wraps:
            waiting = True
            continue
        if own == "unreadable":
            next(iter(store.stores[copy].list(here)), None)  # is the copy away, or only this wrap?
        name = recipient if wrap is None else names.get(_sha256(wrap), recipient)
        if wrap is None and lost:  # one of those that the ledger names; any of several lost ones
            name = lost.pop(0)
        read.append(name)
        size += len(own) if isinstance(own, bytes) else 0
        if isinstance(own, bytes) and own == wrap:
            continue
        repaired = repair and wrap is not None and store.put_right(copy, wrap_key(item, recipient), wrap)
        findings.append(WrapFinding(name, own if isinstance(own, str) else "altered", repaired))
    read += lost
    findings += [WrapFinding(name, "missing") for name in lost]
    return WrapCheck(read, size, waiting, findings)


def _right(found: Mapping[str, bytes | WrapWrong], digests: Mapping[str, str]) -> bytes | None:
    wraps = {wrap for wrap in found.values() if isinstance(wrap, bytes)}
    named = next((wrap for wrap in wraps if _sha256(wrap) in digests.values()), None)
    if named is None and len(wraps) == 1:
        return next(iter(wraps))
    return named


def _in_every_place(store: KeyStore, item: str, recipient: str) -> dict[str, bytes | WrapWrong]:
    wraps: dict[str, bytes | WrapWrong] = {}
    for name, get in store.places(item, recipient):
        try:
            wraps[name] = get()
        except StoreUnavailable:
            wraps[name] = "unreadable"
        except (ObjectMissing, FileNotFoundError):  # from a copy, or from here: it was replicated meanwhile
            wraps[name] = "missing"
        except Altered:
            wraps[name] = "altered"
    return wraps


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
