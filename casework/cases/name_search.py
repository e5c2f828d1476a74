"""Names of the people whom cases are about: the names for a list, and a search for cases by part of a name.
There is no index of names: each is sealed to its case. So a search decrypts the newest name of one case after
the other, through the keyholder, as the page of each case does for the same reader, and stores none of them.
It proceeds from the newest case to the oldest for a limited time, and returns where it stopped, for the next
request. The search text is not stored. Decision 0061.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from casework.access.permissions import Act, require, require_case
from casework.cases import cases, description
from casework.center import Center
from casework.database.models import Case, Person, StatementIndex
from casework.errors import NothingReadable, VaultLocked
from casework.short_text import folded
from chain_of_custody.errors import Altered

log = logging.getLogger(__name__)

WITHIN = 2.0
"""Seconds after which one request stops, even if names are left; it decrypts at least the first."""


@dataclass(frozen=True)
class Named:
    """A case, and the name of the person whom it is about."""

    case: Case
    called: str


@dataclass(frozen=True)
class Found:
    """The result of one request, newest case first."""

    cases: Sequence[Named]
    stopped_at: Case | None
    """The last case whose name was compared, if older ones are left; None: all were compared."""
    unreadable: int
    """Number of cases skipped because their name could not be read."""


def is_name(typed: str) -> bool:
    """Return whether this can be part of a name: it has a letter, which the number of a case has not."""
    return any(sign.isalpha() for sign in folded(typed))


def search(
    center: Center, person: Person, typed: str, after: str = "", *, most: int, within: float = WITHIN
) -> Found:
    """Find at most `most` cases of this person whose name contains each of the words.

    `after`: id of the case at which the search stopped before; empty: from the newest on. Raises `Forbidden`,
    `Missing`, `VaultLocked`.
    """
    require(person, Act.READ_DETAILS)
    words, stop = folded(typed).split(), time.monotonic() + within
    if not words:
        return Found((), None, 0)
    with center.database() as session:
        rows = [
            (case, details)
            for case, details in session.execute(_described(session, person, after))
            if details is not None
        ]
    found: list[Named] = []
    stopped_at, unreadable = None, 0
    for left, (case, commitment) in zip(reversed(range(len(rows))), rows, strict=True):
        try:
            described = description.opened(center, case, commitment)
        except (NothingReadable, Altered):
            described, unreadable = None, unreadable + 1
        if described is not None and all(word in folded(described.called) for word in words):
            found.append(Named(case, described.called))
        if left and (len(found) == most or time.monotonic() >= stop):
            stopped_at = case
            break
    if unreadable:
        log.warning("the names of %d cases cannot be read", unreadable)
    return Found(found, stopped_at, unreadable)


def names_of(center: Center, person: Person, listed: Sequence[Case]) -> dict[str, str]:
    """Return the name of the person whom each of these cases is about, by case id, as its page shows it.

    Without those that have none or cannot be read, and empty while the vault is locked, or for a role that
    may not read names.
    """
    if not listed or not description.readable(person):
        return {}
    with center.database() as session:
        query = _described(session, person, "").where(Case.id.in_([case.id for case in listed]))
        rows = [(case, details) for case, details in session.execute(query) if details is not None]
    names = {}
    for case, commitment in rows:
        try:
            described = description.opened(center, case, commitment)
        except VaultLocked:
            return {}
        except (NothingReadable, Altered) as error:
            log.warning("the name of case %s cannot be read: %s", case.id, error)
            continue
        if described is not None and described.called:
            names[case.id] = described.called
    return names


def _described(session: Session, person: Person, after: str) -> Select[Case, str | None]:
    """Select the person's cases that have a description, newest first, with its commitment."""
    newest = (
        select(StatementIndex.chain, func.max(StatementIndex.number).label("number"))
        .where(StatementIndex.type == description.TYPE)
        .group_by(StatementIndex.chain)
        .subquery()
    )
    query = (
        select(Case, StatementIndex.details)
        .join(newest, newest.c.chain == Case.id)
        .join(
            StatementIndex,
            (StatementIndex.chain == newest.c.chain) & (StatementIndex.number == newest.c.number),
        )
        .where(Case.id.in_(cases.own(person)))
        .order_by(Case.opened_at.desc(), Case.code.desc())
    )
    if after:
        last = require_case(session, person, Act.READ_DETAILS, after)
        query = query.where(tuple_(Case.opened_at, Case.code) < tuple_(last.opened_at, last.code))
    return query
