"""Notices by e-mail: their receivers, addresses and due times. A notice only says that work waits. A person
gets one when more items wait for them than before, and at most one a day. Their address is sealed under the
catalogue key, as names are (`sealed_names`), and is in no statement.

`claim` records the notice before it is sent, so that a crash sends none twice; `not_sent` reverts that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from casework.center import Center
from casework.database.models import Notice, Person
from casework.errors import AddressInvalid

ONCE_IN = timedelta(days=1)
"""At most one notice in this time for each person."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
"""As forms of browsers take it (HTML, 4.10.5.1.5), of 254 characters at most (RFC 5321)."""


@dataclass(frozen=True)
class Claim:
    """A notice that is being sent, and the values to restore if it fails."""

    person_id: str
    waiting: int
    sent_at: datetime | None


def choose(center: Center, person: Person, address: str) -> None:
    """Send a person's notices to this address from now on; empty: none.

    Raises `AddressInvalid`; `VaultError` while the keyholder does not answer.
    """
    address = address.strip()
    if address and (len(address) > 254 or not _ADDRESS.fullmatch(address)):
        raise AddressInvalid("no e-mail address")
    sealed = None
    if address:
        [sealed] = center.keyholder.seal_catalogue([(_place(person.id), address.encode())])
    with center.database.begin() as session:
        session.get_one(Person, person.id).sealed_email = sealed
        session.execute(delete(Notice).where(Notice.person_id == person.id))


def address_of(center: Center, person: Person) -> str | None:
    """Return the address for a person's notices; None: they want none. Raises `VaultError`, also
    `Altered`."""
    if person.sealed_email is None:
        return None
    [opened] = center.keyholder.open_catalogue([(_place(person.id), person.sealed_email)])
    return opened.decode()


def receivers(center: Center) -> Sequence[Person]:
    """Return the active people who want notices."""
    return center.database.scalars(
        select(Person).where(Person.active, Person.sealed_email.is_not(None)).order_by(Person.id)
    )


def claim(center: Center, person_id: str, waiting: int, at: datetime) -> Claim | None:
    """Claim the notice that is due to a person for whom `waiting` items wait; None if none is due."""
    with center.database.begin() as session:
        row = session.get(Notice, person_id)
        if row is None:  # they have just chosen it, and know their work queue
            session.add(Notice(person_id=person_id, waiting=waiting))
            return None
        if waiting <= row.waiting:
            row.waiting, row.trouble = waiting, None  # a notice that could not be sent is no longer due
            return None
        if row.sent_at is not None and at - row.sent_at < ONCE_IN:
            return None  # it is due tomorrow, if as many items still wait
        before = Claim(person_id, row.waiting, row.sent_at)
        row.waiting, row.sent_at, row.trouble = waiting, at, None
    return before


def not_sent(center: Center, claimed: Claim, trouble: str) -> None:
    """Revert a claim, so that the notice is retried, and store the code of the reason."""
    with center.database.begin() as session:
        row = session.get(Notice, claimed.person_id)
        if row is not None:
            row.waiting, row.sent_at, row.trouble = claimed.waiting, claimed.sent_at, trouble


def troubles(center: Center) -> dict[str, int]:
    """Return how many people's last notice could not be sent, by the code of the reason."""
    with center.database() as session:
        rows = session.execute(
            select(Notice.trouble, func.count()).where(Notice.trouble.is_not(None)).group_by(Notice.trouble)
        )
        return {str(trouble): count for trouble, count in rows}


def _place(person_id: str) -> bytes:
    return f"people/{person_id}/email".encode()
