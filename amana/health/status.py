"""State of the center: database, processes, keys, ledger, witnesses, alarms, copies, disk, clock.

Nothing here waits long or changes anything. Without a session, a client learns only that the service
answers; while its database is away, it does not.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amana.health import copies, days, facts, tiles
from amana.health.copies import Part
from amana.http.error_responses import wants_page
from amana.http.templates import moment
from amana.install.incidents import WHAT, Incidents
from amana.settings import Settings
from casework import nodes
from casework.access.permissions import Act, require
from casework.center import Center
from casework.database.models import WitnessState
from casework.errors import DatabaseAway, NotSignedIn, SandboxMissing
from casework.people import notices
from casework.retention import stalled_disposals
from casework.sandbox import processes, self_check
from casework.web.request import Caller, OurCenter, page, see_other
from casework.witnesses import alarms, timestamp_renewal, timestamps, trust_file
from casework.witnesses.witness_client import asked_witnesses
from chain_of_custody.errors import CustodyError, LedgerDiverged
from chain_of_custody.trust.named_parties import Group
from recorder.interview.preflight import hours_left, synchronised
from vault.errors import VaultError

router = APIRouter()

WAIT_FOR_TIMESTAMPS = timedelta(minutes=10)
"""A seal without a timestamp for this long needs attention; nothing is lost meanwhile."""

FAILOVER_SHOWN = timedelta(days=1)
"""For how long a failover of the database needs attention, as an incident does."""

OVERDUE = timedelta(minutes=1)
"""A machine without a heartbeat for this long is reported, comparing its clock with this machine's."""


@router.get("/health")
async def health(request: Request, center: OurCenter) -> Response:
    """Show the health of the center, as a page or as JSON.

    Without a session, JSON confirms only that the service answers, and a page raises `NotSignedIn`.
    Raises `Forbidden`, `DatabaseAway`.
    """
    person = getattr(request.state, "person", None)
    if person is None:
        if wants_page(request):
            raise NotSignedIn("health")
        return JSONResponse({"answers": True})
    require(person, Act.SEE_HEALTH)
    if self_check.begun():
        await asyncio.to_thread(self_check.look)
    state = await asyncio.to_thread(look, center, request.app.state.settings)
    if "error" not in state["keys"]:
        # The keys may have been protected since this process began; every page shows this value.
        request.app.state.trial_keys = state["trial_keys"]
    if wants_page(request):
        return page(
            request,
            "health.html",
            health=state,
            tiles=tiles.tiles(state),
            copies=tiles.copies_well(state),
            days=await asyncio.to_thread(days.last_days, center, state),
        )
    return JSONResponse(as_text(state))


@router.post("/alarms/{alarm}/seen")
def alarm_seen(center: OurCenter, person: Caller, alarm: str) -> Response:
    """Record that this person has acknowledged the alarm; the proof stays."""
    alarms.take_note(center, person, alarm)
    return see_other("/health")


def look(center: Center, settings: Settings) -> dict[str, Any]:
    """Return the state of everything now. `well`: nothing needs attention. Raises `DatabaseAway`."""
    parts = {
        "database": _database(center, settings),
        "processes": _processes(center),
        "machines": _machines(center),
        "keys": _keys(center),
        "ledger": _ledger(center),
        "timestamps": _timestamps(center),
        "witnesses": _witnesses(center),
        "alarms": _alarms(center),
        "disposals": _disposals(center),
        "notices": _notices(center, settings),
        "disk": _disk(settings),
        "clock": {"well": synchronised(), "now": datetime.now(UTC)},
        "incidents": _incidents(settings),
        "sandbox": _sandbox(),
        "confinement": _confinement(),
    }
    stores = copies.media(center.stores, facts.lock_renewals(center, settings))
    reading, carried = copies.copies_read(center), copies.published_to(center)
    waiting, keys = copies.key_store(center)
    checked = [*parts.values(), *stores.values(), *keys.values(), *reading.values(), *carried.values()]
    return {
        "well": all(part["well"] for part in checked),
        **parts,
        "stores": stores,
        "key_stores": keys,
        "wraps_waiting": waiting,
        "reading": reading,
        "published": carried,
        "trial_keys": bool(parts["keys"].get("trial")),
    }


def as_text(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `look` found with its times as text in UTC, for programs and the terminal."""
    encoded: dict[str, Any] = jsonable_encoder(state, custom_encoder={datetime: moment})
    return encoded


def without_database(settings: Settings, away: DatabaseAway) -> dict[str, Any]:
    """Return all that can be reported while the database does not answer."""
    return {
        "well": False,
        "database": {"well": False, "error": "DatabaseAway", "why": f"{settings.database_place}; {away}"},
    }


def _database(center: Center, settings: Settings) -> Part:
    state = facts.database(center, settings)
    trouble = state.standbys and state.standbys.trouble
    since = None if state.primary is None else state.primary.since
    taken_over = None if since is None else datetime.fromtimestamp(since, UTC)
    fresh = taken_over is not None and taken_over > datetime.now(UTC) - FAILOVER_SHOWN
    return {
        "well": not (trouble or fresh),
        "kind": state.kind,
        "place": settings.database_place,
        "version": state.version,
        "trouble": trouble,
        "taken_over": taken_over,
    }


def _processes(center: Center) -> Part:
    recorders, _ = facts.recorders(center)
    return {"well": all(recorders.values()), "recorders": recorders}


def _machines(center: Center) -> Part:
    """Return every machine of the center, and what waits for one without a heartbeat."""
    moment_now, waiting = datetime.now(UTC), nodes.unfinished_elsewhere(center)
    machines = {
        row.name: {
            "here": row.name == center.node,
            # A single machine sends no heartbeat.
            "heard": row.seen_at > moment_now - OVERDUE or (row.name == center.node and not row.address),
            "seen": row.seen_at,
            "unfinished": len(waiting.get(row.name, ())),
        }
        for row in nodes.listed(center)
    }
    return {"well": all(one["heard"] for one in machines.values()), "here": center.node, "known": machines}


def _keys(center: Center) -> Part:
    try:
        status = center.keyholder.status()
    except VaultError as error:
        return {"well": False, "error": type(error).__name__}
    return {
        "well": status.unlocked and not (status.trial or status.trouble or status.vault_trouble),
        "unlocked": status.unlocked,
        "trial": status.trial,
        "protection": status.protection,
        "signing": status.signing,
        "trouble": status.trouble,
        "escrowed": status.escrowed,
        "vault_trouble": status.vault_trouble,
    }


def _ledger(center: Center) -> Part:
    try:
        ledger = facts.ledger(center)
        if ledger.rolled_back:
            raise LedgerDiverged("an old database was put in the place of the present one")
    except (CustodyError, VaultError) as error:
        return {"well": False, "error": type(error).__name__}
    checkpoint = ledger.checkpoint
    assert checkpoint.signed_at is not None
    return {
        "well": True,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signed": datetime.fromtimestamp(checkpoint.signed_at, UTC),
        "abandoned": ledger.abandoned or 0,
    }


def _witnesses(center: Center) -> Part:
    """Return how far the witnesses have followed the ledger, without contacting them."""
    try:
        parties = trust_file.read(center.trust)
        cosigned = facts.cosigned(center, parties)
    except (CustodyError, OSError) as error:
        return {"well": False, "error": type(error).__name__, "why": str(error)}
    with center.database() as session:
        states = {row.name: row for row in session.scalars(select(WitnessState))}
    witnesses = {}
    for witness in asked_witnesses(parties):
        row = states.get(witness.name)
        witnesses[witness.name] = {
            "size": 0 if row is None else row.size,
            "asked": None if row is None else row.asked_at,
            "trouble": None if row is None else row.trouble,
        }
    return {
        "well": not any(one["trouble"] for one in witnesses.values()),
        "quorum": _how_many(parties.quorum_of),
        "cosigned": cosigned,
        "asked": witnesses,
    }


def _how_many(quorum: Group | None) -> str | None:
    """Return a quorum as text: `2 of 3: bar, court, ministry`."""
    if quorum is None:
        return None
    return f"{quorum.threshold} of {len(quorum.members)}: {', '.join(quorum.members)}"


def _alarms(center: Center) -> Part:
    kept = [
        {
            "id": one.id,
            "kind": one.kind,
            "source": one.source,
            "at": one.at,
            "seen": one.seen_at is not None,
            "ours": (one.ours or b"").decode("utf-8", "replace"),
            "theirs": (one.theirs or b"").decode("utf-8", "replace"),
        }
        for one in alarms.kept(center)
    ]
    return {"well": all(one["seen"] for one in kept), "kept": kept}


def _timestamps(center: Center) -> Part:
    try:
        statuses = timestamps.authority_statuses(center)
        ended = len(timestamp_renewal.ended(center))
    except (CustodyError, OSError) as error:
        return {"well": False, "error": type(error).__name__}
    waiting = {
        one.authority.name: {"since": one.since, "trouble": one.trouble}
        for one in statuses
        if one.since is not None
        and one.authority.url is not None
        and one.since < datetime.now(UTC) - WAIT_FOR_TIMESTAMPS
    }
    return {
        "well": not waiting and not ended,
        "authorities": [one.authority.name for one in statuses if one.authority.url is not None],
        "waiting": waiting,
        "ended": ended,
    }


def _disposals(center: Center) -> Part:
    stalled = stalled_disposals.stalled_disposals(center)
    stuck = {one.disposal: {"why": one.why, "places": list(one.places)} for one in stalled.stuck}
    return {"well": not stuck, "pending": stalled.pending, "stuck": stuck}


def _notices(center: Center, settings: Settings) -> Part:
    """Return whether notices are set up, how many people get them, and why some were not sent."""
    troubles = notices.troubles(center) if settings.smtp else {}
    receivers = len(notices.receivers(center))
    return {"well": not troubles, "set_up": bool(settings.smtp), "receivers": receivers, "troubles": troubles}


def _incidents(settings: Settings) -> Part:
    """Return the incidents of the last seven days; each needs attention for one day."""
    incidents = Incidents(settings.incidents).lately()
    return {
        "well": not any(one.fresh for one in incidents),
        "lately": {
            what: {
                "count": len(of_it),
                "last": datetime.fromtimestamp(of_it[0].at, UTC),
                "how": of_it[0].how,
            }
            for what in WHAT
            if (of_it := [one for one in incidents if one.what == what])
        },
    }


def _sandbox() -> Part:
    """Return what the last check found. The web process checks when it starts, and for each page."""
    check = self_check.last()
    if check is None:
        return {"well": True, "checked": False}
    if check.why is not None:
        return {"well": False, "checked": True, "error": SandboxMissing.__name__, "why": check.why}
    return {"well": True, "checked": True, "landlock": check.landlock}


def _confinement() -> Part:
    """Return whether the service's own processes are confined, which depends on the machine alone."""
    why = processes.hindrance()
    return {"well": True} if why is None else {"well": False, "error": "NotConfined", "why": why}


def _disk(settings: Settings) -> Part:
    usage = shutil.disk_usage(settings.data)
    hours = hours_left(settings.data, settings.reserve)
    return {"well": hours >= 4, "free": usage.free, "total": usage.total, "hours": round(hours, 1)}
