"""`amana timestamps`: the state of the time-stamping authorities, and the renewal of old proofs."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from amana.centers import attached_center
from amana.commands.center import acting
from amana.commands.parser import FAILED, by_person, command, group
from amana.errors import Unusable
from amana.settings import Settings
from amana.workers.timestamping import TimestampWorker
from casework.clock import now
from casework.errors import CaseworkError
from casework.evidence import gateway
from casework.witnesses import timestamp_renewal, timestamps
from casework.witnesses.timestamps import AuthorityStatus
from vault.errors import VaultError


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    stamps = group(parser)
    command(stamps, "status", _status, "what the authorities cover, and what comes near its end")
    renew = command(stamps, "renew", _renew, "renew timestamps before the certificates behind them end")
    renew.add_argument(
        "--within",
        type=int,
        metavar="DAYS",
        help="only those that end within so many days (default: all that gain by it)",
    )
    rehash = command(
        stamps, "rehash", _rehash, "commit to recordings under SHA-512 too, before SHA-256 weakens"
    )
    rehash.add_argument("evidence", nargs="+", metavar="EVIDENCE", help="id of a recording part")
    by_person(rehash, "who does it")


def _status(_: argparse.Namespace, settings: Settings) -> int:
    with attached_center(settings) as center:
        statuses = timestamps.authority_statuses(center)
        near = timestamp_renewal.ending(center, now() + timedelta(days=settings.renew_within))
        over = timestamp_renewal.ended(center)
    for status in statuses:
        print(f"{status.authority.name:24} {_covered(status)}")
    if not statuses:
        print("No authority of time is known: nothing independent says when something was sealed.")
        print("To add one: docs/witnesses.md, Timestamps.")
    if near:
        first = min(one.expires_at for one in near)
        print(f"{len(near)} timestamps come near their end, the first on {first:%Y-%m-%d}.")
    if over:
        print(f"{len(over)} timestamps ended without renewal. They still verify; see docs/limitations.md.")
    waiting = any(one.since is not None and one.authority.url is not None for one in statuses)
    return FAILED if over or waiting else 0


def _covered(status: AuthorityStatus) -> str:
    newest = status.newest
    covers = (
        "no timestamp yet"
        if newest is None
        else f"{newest.at:%Y-%m-%d %H:%M} UTC over {newest.size} statements, "
        f"until {newest.expires_at:%Y-%m-%d}"
    )
    if status.authority.url is None:
        return f"{covers}; not used any more"
    if status.since is None:
        return "nothing is sealed yet" if newest is None else f"{covers}; covers every seal"
    why = "" if status.trouble is None else f" ({status.trouble})"
    return f"{covers}; a seal waits since {status.since:%Y-%m-%d %H:%M} UTC{why}"


def _renew(parsed: argparse.Namespace, settings: Settings) -> None:
    if parsed.within is not None and not 0 < parsed.within <= 36_500:
        raise Unusable("--within: a number of days from 1")
    with attached_center(settings) as center:
        before = _before(now(), parsed.within)
        timestamping = TimestampWorker(center, timedelta(0))
        try:
            stated = timestamping.renew(before)
            timestamping.look()
        finally:
            timestamping.stop()
        left = timestamp_renewal.ending(center, before)
    print(f"{len(stated)} timestamps were renewed.")
    if left:
        print(
            f"{len(left)} were not: no authority's certificate lasts longer yet than theirs, or none answers."
        )


def _before(moment: datetime, days: int | None) -> datetime:
    return moment + timedelta(days=36_500 if days is None else days)


def _rehash(parsed: argparse.Namespace, settings: Settings) -> None:
    with acting(parsed, settings) as (center, person):
        for evidence in parsed.evidence:
            try:
                position = gateway.rehash(center, person, evidence)
            except (CaseworkError, VaultError) as refused:
                raise Unusable(f"{evidence}: {refused}") from None
            print(f"{evidence}: stated under SHA-512 at position {position} of the ledger.")
