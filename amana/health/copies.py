"""State of the copies: a part of `health`; nothing here waits long or changes anything.

For each copy: whether it answers and retains its objects, how far it was read again, and how much of the
ledger it has. For the copies of the wrapped keys: what the keyholder reports, since only it can reach them.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any

from amana.keyholder.client import KeyholderClient
from amana.keyholder.object_lock_renewal import RenewalState
from casework.center import Center
from casework.copies import scrub_schedule
from casework.rebuild import database_replication_status
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError
from vault.stores.base import Store
from vault.stores.object_lock import LockingStore

ANSWERS_WITHIN = 10.0
"""Seconds within which a copy must answer; the first time it is tested, in some ten requests."""

Part = Mapping[str, Any]
"""State of one component; `well` says whether it is as it should be."""


def media(stores: Mapping[str, Store], renewals: Mapping[str, RenewalState]) -> dict[str, Part]:
    """Check all concurrently, with a time limit: a hanging server must not block the page that reports it."""
    pool = ThreadPoolExecutor(len(stores) or 1, "health")
    looking = {name: pool.submit(_store, store, renewals.get(name)) for name, store in stores.items()}
    done, _ = wait(looking.values(), ANSWERS_WITHIN)
    pool.shutdown(wait=False)  # a thread that still waits ends by the store's own timeouts
    silent = {
        "well": False,
        "error": "StoreUnavailable",
        "why": f"no answer within {ANSWERS_WITHIN:g} seconds",
    }
    return {name: one.result() if one in done else silent for name, one in looking.items()}


def _store(store: Store, renewal: RenewalState | None) -> Part:
    try:
        next(iter(store.list("")), None)
        if not isinstance(store, LockingStore):
            return {"well": True}
        able = store.abilities()
    except VaultError as error:
        return {"well": False, "error": type(error).__name__, "why": str(error)}
    renewed = _renewed(renewal if able.write_once else None)
    return {
        "well": able.write_once and able.holds and renewed["well"],
        "write_once": able.write_once,
        "missing": list(able.missing),
        "renewal": renewed,
    }


def key_store(center: Center) -> tuple[int, dict[str, Part]]:
    """Return how many wraps wait for a copy, and by name the state of the keyholder's copies.

    The keyholder reports both: only it can reach them.
    """
    if not isinstance(center.keyholder, KeyholderClient):
        return 0, {}
    try:
        reported = center.keyholder.key_store()
    except VaultError as error:
        return 0, {name: {"well": False, "error": type(error).__name__} for name in center.key_copies}
    return int(reported["waiting"]), {name: _key_copy(state) for name, state in reported["copies"].items()}


def _key_copy(state: Mapping[str, Any] | None) -> Part:
    if state is None:
        return {"well": True, "looked": False}  # its first check has just begun
    if state["error"] is not None:
        return {"well": False, "error": state["error"], "why": state["why"]}
    able = state["write_once"]
    renewed = _renewed(None if not able or state["renewal"] is None else RenewalState(**state["renewal"]))
    sound = able is None or (able and state["holds"] and renewed["well"])
    part = {
        "well": bool(sound) and not state["failed"] and not state["crossings"],
        "failed": state["failed"],
        "crossings": list(state["crossings"]),
    }
    if able is not None:
        part |= {"write_once": able, "missing": list(state["missing"]), "renewal": renewed}
    return part


def _renewed(renewal: RenewalState | None) -> dict[str, Any]:
    if renewal is None:
        return {"well": True}
    return {
        "well": renewal.well,
        "looked_at": renewal.looked_at,
        "renewed": renewal.renewed,
        "failed": renewal.failed,
        "why": renewal.why,
        "ended": None if renewal.ended is None else datetime.fromtimestamp(renewal.ended, UTC),
    }


def copies_read(center: Center) -> dict[str, Part]:
    """Return by copy how far it was read again, what was found and what was repaired."""
    return {
        one.copy: {
            "well": one.well,
            "items": one.items,
            "done": one.done,
            "not_whole": one.not_whole,
            "size": one.size,
            "began": one.began_at,
            "ended": one.ended_at,
            "full": one.full_at,
            "trouble": one.trouble,
            "found": one.found,
            "repaired": one.repaired,
            "lately": one.lately,
            "left": [
                {"evidence": row.evidence_id, "object": row.key.split("/", 2)[2], "wrong": row.wrong}
                for row in one.left
            ],
        }
        for one in scrub_schedule.scrub_statuses(center)
    }


def published_to(center: Center) -> dict[str, Part]:
    """Return by copy up to which statement it has the ledger, and whether it has the newest catalogue."""
    try:
        copies = database_replication_status.published_copies(center)
    except CustodyError as error:
        return {name: {"well": False, "error": type(error).__name__} for name in center.stores}
    return {
        one.copy: {
            "well": one.trouble is None,
            "size": one.size,
            "behind": one.behind,
            "catalogue": one.catalogue,
            "current": one.current,
            "since": one.failing_since,
            "trouble": one.trouble,
        }
        for one in copies
    }
