"""How the center stands: processes, keys, ledger, copies, disk, clock; for people and for programs.

Nothing here waits long or changes anything. Who is not signed in learns only that the service answers.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.keyholder_client import KeyholderClient
from amana.settings import Settings
from amana.templates import moment
from amana.troubles import wants_page
from casework import interviews
from casework.center import Center
from casework.errors import NotSignedIn
from casework.permissions import Act, require
from chain_of_custody.checkpoints import open_checkpoint
from chain_of_custody.errors import CustodyError, LedgerDiverged
from recorder.checks import hours_left, synchronised
from vault.errors import VaultError
from vault.stores.base import Store

router = APIRouter()

Part = Mapping[str, Any]
"""One thing that was looked at; `well` says whether it is as it should be."""


@router.get("/health")
async def health(request: Request) -> Response:
    person = getattr(request.state, "person", None)
    if person is None:
        if wants_page(request):
            raise NotSignedIn("health")
        return JSONResponse({"answers": True})
    require(person, Act.SEE_HEALTH)
    seen = await asyncio.to_thread(look, request.app.state.center, request.app.state.settings)
    if "error" not in seen["keys"]:
        # They may have been protected since this process began; every page says what is known here.
        request.app.state.trial_keys = seen["trial_keys"]
    if wants_page(request):
        response: Response = request.app.state.templates.TemplateResponse(
            request, "health.html", {"health": seen}
        )
        return response
    return JSONResponse(seen)


def look(center: Center, settings: Settings) -> dict[str, Any]:
    """Everything, at this moment. `well` is whether nothing needs attention."""
    parts = {
        "processes": _processes(center),
        "keys": _keys(center),
        "ledger": _ledger(center),
        "disk": _disk(settings),
        "clock": {"well": synchronised(), "now": moment(datetime.now(UTC))},
    }
    stores = {name: _store(store) for name, store in center.stores.items()}
    return {
        "well": all(part["well"] for part in [*parts.values(), *stores.values()]),
        **parts,
        "stores": stores,
        "trial_keys": bool(parts["keys"].get("trial")),
    }


def _processes(center: Center) -> Part:
    recorders = {
        interview: center.rooms.reach(interview) is not None
        for interview, _evidence in interviews.unfinished(center)
    }
    return {"well": all(recorders.values()), "web": os.getpid(), "recorders": recorders}


def _keys(center: Center) -> Part:
    try:
        status = center.keyholder.status()
    except VaultError as error:
        return {"well": False, "error": type(error).__name__}
    return {"well": status.unlocked and not status.trial, "unlocked": status.unlocked, "trial": status.trial}


def _ledger(center: Center) -> Part:
    try:
        checkpoint = open_checkpoint(center.ledger.checkpoint(), center.log_keys)
        kept, abandoned = None, 0
        if isinstance(center.keyholder, KeyholderClient):
            kept, abandoned = center.keyholder.memory()
        if kept is not None and kept.size > checkpoint.size:
            raise LedgerDiverged("an old database was put in the place of the present one")
    except (CustodyError, VaultError) as error:
        return {"well": False, "error": type(error).__name__}
    assert checkpoint.signed_at is not None
    signed = moment(datetime.fromtimestamp(checkpoint.signed_at, UTC))
    return {
        "well": True,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signed": signed,
        "abandoned": abandoned,
    }


def _store(store: Store) -> Part:
    try:
        next(iter(store.list("")), None)
    except VaultError as error:
        return {"well": False, "error": type(error).__name__, "why": str(error)}
    return {"well": True}


def _disk(settings: Settings) -> Part:
    usage = shutil.disk_usage(settings.data)
    hours = hours_left(settings.data, settings.reserve)
    return {"well": hours >= 4, "free": usage.free, "total": usage.total, "hours": round(hours, 1)}
