"""The center's timestamps: missing ones, stored ones, and those for a package.

`amana.workers.timestamping` requests a token over the newest checkpoint from an authority as soon as a seal
exists that none of its tokens covers. One token covers everything before it, so many seals may share one.
Each token was verified before it was stored: a token that a court would refuse is not accepted.

Authorities are those of the trust file. One without an address there is not queried, but its tokens still
count. One that is removed is no longer trusted, and its tokens no longer go into packages.

Trusts: the ledger's own roots; no authority, until its token is verified against the certificate in the trust
file. Specification: docs/spec/time.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer

from casework.center import Center
from casework.clock import now
from casework.database.models import AuthorityState, StatementIndex, Timestamp
from casework.witnesses import trust_file
from chain_of_custody.errors import CustodyError, NotProved
from chain_of_custody.statements.types import FILES_SEALED
from chain_of_custody.timestamping.stamp import Stamp as ProvedStamp
from chain_of_custody.timestamping.stamp import Token
from chain_of_custody.timestamping.token_verification import consider, verify_token
from chain_of_custody.tlog.checkpoint import Checkpoint

STAMPED = (
    "recording.sealed",
    *FILES_SEALED,
    "evidence.rehashed",
    "timestamp.renewed",
)
"""Types of statements that each authority's token must cover."""


@dataclass(frozen=True)
class Authority:
    """An authority of the trust file. `certificate`: its anchor in DER; `url`: its address, None if it is not
    queried."""

    name: str
    certificate: bytes
    url: str | None


@dataclass(frozen=True)
class AuthorityStatus:
    """The status of an authority. `newest`: its newest token; `since`: time of the oldest statement that none
    of its tokens covers, None if they cover all; `trouble`: code of the last request's error, None if it
    succeeded."""

    authority: Authority
    newest: Timestamp | None
    since: datetime | None
    trouble: str | None


def authorities(center: Center) -> list[Authority]:
    """Return those of the trust file, in its order. Raises `Malformed` for an invalid file."""
    parties = trust_file.read(center.trust)
    return [
        Authority(name, certificate, parties.urls.get(("authority", name)))
        for name, certificate in parties.authorities.items()
    ]


def authority_statuses(center: Center) -> list[AuthorityStatus]:
    """Return the status of each authority."""
    stored = _stored(center)
    troubles = {row.name: row.trouble for row in center.database.scalars(select(AuthorityState))}
    statuses = []
    for one in authorities(center):
        newest = stored[one.name][-1] if one.name in stored else None
        statuses.append(AuthorityStatus(one, newest, _since(center, newest), troubles.get(one.name)))
    return statuses


def note_request(center: Center, authority: str, trouble: str | None) -> None:
    """Record the result of the request just made to an authority."""
    with center.database.begin() as session:
        session.merge(AuthorityState(name=authority, asked_at=now(), trouble=trouble))


def checkpoint_text(center: Center, size: int) -> bytes:
    """Return what a token over the first `size` entries signs: a checkpoint's three lines, no signatures."""
    return Checkpoint(center.origin, size, center.ledger.root(size)).text().encode()


def keep(center: Center, authority: Authority, size: int, response: bytes, nonce: int | None = None) -> Token:
    """Verify a response over the first `size` entries, store it, and return its token.

    `nonce`: of the request. Raises `Malformed` and `NotProved` (also if it contradicts the authority's
    earlier tokens): then nothing is stored.
    """
    token = verify_token(response, checkpoint_text(center, size), authority.certificate)
    if nonce is not None and token.nonce != nonce:
        raise NotProved("time", "the timestamp answers another request")
    _check_order(center, authority, ProvedStamp(authority.name, size, "", token))
    row = Timestamp(
        size=size,
        authority=authority.name,
        response=response,
        at=token.at,
        expires_at=token.expires_at,
        renewed=None,
    )
    try:
        with center.database.begin() as session:
            session.add(row)
    except IntegrityError:
        pass  # another process was faster; one is enough
    return token


def stamps(center: Center, position: int) -> list[Timestamp]:
    """Return the first token of each authority that covers the entry at `position`, the earliest first."""
    stored = _stored(center)
    found = [_first(stored.get(one.name, ()), position) for one in authorities(center)]
    return sorted((one for one in found if one is not None), key=lambda one: one.at)


def for_package(center: Center, positions: Iterable[int]) -> dict[tuple[int, str], bytes]:
    """Return (size, authority) → response, for a package with the entries at `positions`.

    For each entry, the first token of each authority that covers it; if that was renewed, the first ones that
    cover the statement of the renewal, and so on. Each is verified once more.
    """
    stored, known = _stored(center), {one.name: one for one in authorities(center)}
    chosen = in_use(stored, known, positions)
    responses = {}
    with center.database() as session:
        for stamp in chosen:
            row = session.get(Timestamp, (stamp.size, stamp.authority))
            if row is not None and _holds(center, known[stamp.authority], row):
                responses[stamp.size, stamp.authority] = row.response
    return responses


def in_use(
    stored: Mapping[str, Sequence[Timestamp]], names: Iterable[str], positions: Iterable[int]
) -> list[Timestamp]:
    """Select from each authority's stored tokens (`stored`, smallest tree first) those that the entries at
    `positions` need: the first that cover them, and the first that cover their renewals."""
    chosen: dict[tuple[int, str], Timestamp] = {}
    pending = set(positions)
    left = list(pending)
    while left:
        position = left.pop()
        for name in names:
            stamp = _first(stored.get(name, ()), position)
            if stamp is None:
                continue
            chosen[stamp.size, name] = stamp
            if stamp.renewed is not None and stamp.renewed not in pending:
                pending.add(stamp.renewed)
                left.append(stamp.renewed)
    return [chosen[key] for key in sorted(chosen)]


def all_in_use(center: Center) -> list[Timestamp]:
    """Return the tokens that any statement of the center depends on."""
    positions = center.database.scalars(
        select(StatementIndex.position).where(StatementIndex.type.in_(STAMPED))
    )
    return in_use(_stored(center), [one.name for one in authorities(center)], positions)


def _stored(center: Center) -> dict[str, list[Timestamp]]:
    """Return the stored tokens by authority, the smallest tree first; without their responses."""
    without = defer(Timestamp.response, raiseload=True)
    stored: dict[str, list[Timestamp]] = {}
    for row in center.database.scalars(select(Timestamp).options(without).order_by(Timestamp.size)):
        stored.setdefault(row.authority, []).append(row)
    return stored


def _first(stored: Sequence[Timestamp], position: int) -> Timestamp | None:
    return next((one for one in stored if position < one.size), None)


def _since(center: Center, newest: Timestamp | None) -> datetime | None:
    covered = 0 if newest is None else newest.size
    return center.database.scalar(
        select(func.min(StatementIndex.at)).where(
            StatementIndex.type.in_(STAMPED), StatementIndex.position >= covered
        )
    )


def _holds(center: Center, authority: Authority, row: Timestamp) -> bool:
    """Whether a verifier will accept it: the authority's certificate may have changed since."""
    try:
        verify_token(row.response, checkpoint_text(center, row.size), authority.certificate)
    except CustodyError:
        return False
    return True


def _check_order(center: Center, authority: Authority, fresh: ProvedStamp) -> None:
    """Raise `NotProved` if it contradicts the authority's earlier tokens: no package with both is valid."""
    at, size = fresh.token.at, fresh.size
    with center.database() as session:
        against = session.execute(
            select(Timestamp.size, Timestamp.response).where(
                Timestamp.authority == authority.name,
                or_(
                    and_(Timestamp.size < size, Timestamp.at > at),
                    and_(Timestamp.size > size, Timestamp.at < at),
                ),
            )
        ).all()
    proved = [fresh]
    for other, response in against:
        try:
            token = verify_token(response, checkpoint_text(center, other), authority.certificate)
        except CustodyError:
            continue  # of another certificate than the authority has now
        proved.append(ProvedStamp(authority.name, other, "", token))
    consider(proved, ())
