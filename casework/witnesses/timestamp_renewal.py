"""Renewal of timestamps: a new token covers an old one before the certificates behind it expire.

When an authority's certificate has expired, its key may be disposed of carelessly, or its algorithm broken,
and anyone could make a token with it for any day in the past. So before that the registry states
`timestamp.renewed`, which names the token by its SHA-512; a new token, under certificates that expire later,
covers that statement. Both together show that the old token existed while it could not yet be forged. This
is the time-stamp renewal of RFC 4998, in this ledger's tree.

A token is renewed if something depends on it: if it is the first to cover a seal, or covers a renewal.
Renewal to a certificate that expires at the same time gains nothing, so the new one must expire later.

Trusts what `timestamps` stored. Specification: docs/spec/time.md; RFC 4998 section 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from casework.center import Center
from casework.clock import now
from casework.database.models import Person, StatementIndex, Timestamp
from casework.ledger import registry_statements
from casework.witnesses import timestamps
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.timestamping.token_verification import token_digest

GAIN = timedelta(days=1)
"""How much later a successor must expire, at least."""


def ending(center: Center, before: datetime) -> list[Timestamp]:
    """Return the tokens in use, not renewed, whose certificates expire by then but have not yet expired."""
    moment = now()
    return [
        one
        for one in timestamps.all_in_use(center)
        if one.renewed is None and moment < one.expires_at <= before
    ]


def ended(center: Center) -> list[Timestamp]:
    """Return the tokens in use whose certificates expired without renewal: it is too late for these."""
    moment = now()
    return [one for one in timestamps.all_in_use(center) if one.renewed is None and one.expires_at <= moment]


def longest(center: Center) -> datetime | None:
    """Return the latest expiry of the certificates behind any authority's newest token."""
    ends = [one.newest.expires_at for one in timestamps.authority_statuses(center) if one.newest is not None]
    return max(ends, default=None)


def renew(center: Center, stamps: Sequence[Timestamp], by: Person | None = None) -> list[int]:
    """State the renewal of those of `stamps` for which a later-expiring certificate exists; return the
    statements' ledger positions. An existing statement is not repeated.

    From then on new tokens are due, as over any seal (`timestamps.authority_statuses`).
    """
    until = longest(center)
    worth = [one for one in stamps if until is not None and one.expires_at + GAIN <= until]
    before = _stated(center) if worth else {}
    return [_renew_one(center, stamp, before, by) for stamp in worth]


def _renew_one(center: Center, stamp: Timestamp, before: dict[str, int], by: Person | None) -> int:
    response = center.database.get_one(Timestamp, (stamp.size, stamp.authority)).response
    digest = token_digest(response)
    position = before.get(digest)
    if position is None:
        body = {
            "authority": stamp.authority,
            "root": center.ledger.root(stamp.size).hex(),
            "size": stamp.size,
            "token": digest,
        }
        position = registry_statements.state(center, by, "timestamp.renewed", body).index
    # A crash before this leaves the statement without this row update: the next run finds it in `_stated`.
    with center.database.begin() as session:
        session.get_one(Timestamp, (stamp.size, stamp.authority)).renewed = position
    return position


def _stated(center: Center) -> dict[str, int]:
    """Return: digest of a token → position of the first statement that renews it."""
    positions = center.database.scalars(
        select(StatementIndex.position)
        .where(StatementIndex.chain == center.deployment, StatementIndex.type == "timestamp.renewed")
        .order_by(StatementIndex.number)
    )
    position_of: dict[str, int] = {}
    for position, leaf in zip(positions, center.ledger.entries(positions), strict=True):
        body = SignedStatement.parse(leaf).statement.body
        position_of.setdefault(body["token"], position)
    return position_of
