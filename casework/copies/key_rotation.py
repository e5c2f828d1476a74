"""Key rotation in the registry: state that a key exchange has begun, and that it is complete.

The keyholder rewraps by itself (`vault.keyholders.rewrapping`). This module only states `key.rotated`, and
decides when an exchanged vault key may be dropped. Both follow from the keyholder's keys and the newest
registry state, so after a process is killed nothing is stated twice or omitted.

Trusts: the keyholder, for its progress.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from casework import nodes
from casework.center import Center
from casework.clock import now
from casework.copies.wrapped_keys import ticket_of
from casework.errors import Refused
from casework.ledger import custody_log, registry_statements, statement_index
from casework.sealing.staging import safety_area, uploads_area
from vault.errors import ObjectMissing
from vault.keyholders.rewrapping import Rewrapped
from vault.sealing.key_wrapping import recipient_id
from vault.spool.reader import evidence_in
from vault.spool.writers import spool_roots

SETTLED = timedelta(hours=1)
"""Minimum time to retain the old key after an exchange is complete: a ticket may have just been issued."""


SETTLED_TOGETHER = timedelta(days=30)
"""The same with several machines: each has to receive the new key first. Until then it records for the old
key only, and the others can rewrap those recordings only while they have that key."""


class Rewrapper(Protocol):
    """The keyholder's interface for rewrapping."""

    def rewrap(self) -> Rewrapped | None:
        """Rewrap a further batch of keys and return the progress; None before the amount of work is known."""

    def drop_exchanged(self) -> list[str]:
        """Drop the exchanged vault keys and return their recipient ids."""


def state(center: Center, progress: Rewrapped | None) -> list[str]:
    """State what is not stated yet; return the kinds of keys stated.

    Raises `Refused` if this machine's keys are older than the registry, and as `custody_log.append`.
    """
    if progress is None:
        return []  # the amount of work is not known yet
    public = center.keyholder.public_keys()
    current = {"vault": recipient_id(public.vault)}
    before = [recipient_id(key) for key in public.exchanged]
    if public.escrow is not None:
        current["escrow"] = recipient_id(public.escrow)
    stated, outdated = [], []
    for kind, key in sorted(current.items()):
        registry = custody_log.registry(center)
        known = registry.wrapped_for(kind)
        if known is None and kind == "vault" and not before:
            continue  # the center's first vault key: it replaces nothing
        if registry.was_exchanged(kind, key):
            outdated.append(kind)
            continue
        if known is None or known.key != key:
            replaces = known.key if known is not None else before[0] if kind == "vault" else None
            _say(center, kind, key, replaces, "begun", progress.left)
        elif not known.complete and progress.complete:
            _say(center, kind, key, known.replaces, "complete", progress.items - progress.left)
        else:
            continue
        stated.append(kind)
    if outdated:
        kinds = ", ".join(outdated)
        raise Refused(f"this machine has a key that was exchanged ({kinds}): bring it those of now")
    return stated


def may_drop(center: Center, settled: timedelta | None = None) -> bool:
    """Whether nothing needs an exchanged vault key any more: the exchange was stated complete at least
    `settled` ago (None: `SETTLED`, or `SETTLED_TOGETHER`), and no item in the spool, nor an upload or safety
    recording that may still arrive, was begun for another key."""
    public = center.keyholder.public_keys()
    known = custody_log.registry(center).wrapped_for("vault")
    if not public.exchanged or known is None or not known.complete or known.key != recipient_id(public.vault):
        return False
    if settled is None:
        settled = SETTLED if _alone(center) else SETTLED_TOGETHER
    if now() - _last_said(center) < settled:
        return False
    waiting = [safety_area(root).root for root in spool_roots(center.spool)]
    waiting.append(uploads_area(center.spool).root)
    return all(
        _ticket_for(root, evidence) in (None, public.vault)
        # The spool last: an item that is moved there meanwhile is found in one of the two.
        for root in (*waiting, center.spool)
        for evidence in evidence_in(root)
    )


def _say(center: Center, kind: str, key: str, replaces: str | None, step: str, items: int) -> None:
    body = {"items": items, "key": key, "kind": kind, "replaces": replaces, "state": step}
    registry_statements.state(center, None, "key.rotated", body)


def _alone(center: Center) -> bool:
    """Whether the center has no other machine than this one."""
    with center.database() as session:
        return nodes.names(session, center) == {center.node}


def _last_said(center: Center) -> datetime:
    """The time of the newest `key.rotated`."""
    with center.database() as session:
        last = statement_index.newest(session, center.deployment, "key.rotated")
    assert last is not None  # the exchange was stated complete
    return last.at


def _ticket_for(root: Path, evidence: str) -> bytes | None:
    """The vault key of an item in the spool; None if it is not an item that can still be handed over."""
    try:
        return ticket_of(root, evidence).vault_public
    except (ObjectMissing, Refused):
        return None
