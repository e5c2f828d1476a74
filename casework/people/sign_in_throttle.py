"""Throttle of password attempts by the number of failures; in the database, for all machines together.

Failures are counted for the guessed account and for the network they came from. After some free ones, each
failure doubles the wait for the next attempt. An attempt is counted before it is checked, so that a hundred
concurrent ones count as a hundred; a correct one does not count.

Guesses by others do not lock a person out: a browser in which a person has signed in before is known, and has
a separate count. Passkeys and one-time links cannot be guessed and are not counted here; addresses that send
invalid links have `amana.http.link_throttle`.

The guessed account need not exist: counts and waits do not reveal which accounts exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, literal, select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.database.models import FailedAttempts, KnownBrowser, Password
from casework.errors import Slowed
from casework.people.client_network import network
from casework.tokens import token_digest

FREE, FREE_OF_A_NETWORK = 5, 20
"""Failures without a wait: of one account or browser; of a network, which many people may share."""
LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=24)
"""Time after the last failure until waits begin anew."""
REPORTED_FOR = timedelta(days=90)
"""How long failures are stored to be reported to their person."""
KNOWN_FOR = timedelta(days=180)
MOST = 50_000
"""Maximum number of counters that impose a wait, and of those that are reported. Beyond it the least recently
used are dropped, but none that is to be reported to a person."""


@dataclass(frozen=True)
class Attempt:
    """An attempt that is counted and not yet checked."""

    account: str
    subjects: tuple[str, ...]

    @property
    def report_subject(self) -> str:
        """Return the name of the counter of failures that are reported to the account's person later."""
        return _report_subject(self.account)


def begin(center: Center, account: str, address: str, browser: str = "") -> Attempt:
    """Count an attempt at `account` (a code) from an IP address.

    `browser`: the token of a browser that may be known. Raises `Slowed`; the attempt is then counted only for
    the report to the person, and does not lengthen the wait.
    """
    moment = now()
    with center.database.begin() as session:
        _forget(session, moment)
        subjects = _subjects(session, account, address, browser, moment)
        _count(session, _report_subject(account), moment)
        waits = [row.next_at for one in subjects if (row := session.get(FailedAttempts, one)) is not None]
        until = max(waits, default=moment)
        if until <= moment:
            for subject in subjects:
                _count(session, subject, moment)
    if until > moment:
        raise Slowed(until - moment)
    return Attempt(account, subjects)


def succeeded(session: Session, attempt: Attempt) -> int:
    """Clear the counts of the account or browser, and subtract this attempt from its network's; within the
    caller's transaction.

    Returns how many others at this account failed since the last correct one, from any network.
    """
    for subject in attempt.subjects:
        row = session.get(FailedAttempts, subject)
        if row is None:
            continue
        # A network may be guessing at others meanwhile: one correct password subtracts only one failure.
        row.failures = row.failures - 1 if subject.startswith("network:") else 0
        row.next_at = row.last_at + _wait(subject, row.failures)
    reported = session.get(FailedAttempts, attempt.report_subject)
    failed = 0 if reported is None else max(reported.failures - 1, 0)
    if reported is not None:
        session.delete(reported)
    return failed


def remember_browser(session: Session, account: str, token: str) -> None:
    """Count a browser's attempts at this account separately from now on; within a transaction."""
    moment = now()
    session.execute(delete(KnownBrowser).where(KnownBrowser.expires_at <= moment))
    session.merge(
        KnownBrowser(
            token_digest=token_digest(token, account), account=account, expires_at=moment + KNOWN_FOR
        )
    )


def _subjects(
    session: Session, account: str, address: str, browser: str, moment: datetime
) -> tuple[str, ...]:
    known = session.get(KnownBrowser, token_digest(browser, account))
    if known is not None and known.expires_at > moment:
        return (f"browser:{known.token_digest}",)
    return f"account:{account}", f"network:{network(address)}"


def _count(session: Session, subject: str, moment: datetime) -> None:
    row = session.get(FailedAttempts, subject)
    if row is None:
        _make_room(session, subject)
        row = FailedAttempts(subject=subject, failures=0)
        session.add(row)
    row.failures += 1
    row.last_at = moment
    row.next_at = moment + _wait(subject, row.failures)


def _make_room(session: Session, subject: str) -> None:
    reported = FailedAttempts.subject.startswith("told:")
    alike = reported if subject.startswith("told:") else ~reported
    counted = session.scalar(select(func.count()).select_from(FailedAttempts).where(alike)) or 0
    if (surplus := counted - (MOST - 1)) > 0:
        of_people = select(literal("told:") + Password.number)
        oldest = (
            select(FailedAttempts.subject)
            .where(alike, FailedAttempts.subject.not_in(of_people))
            .order_by(FailedAttempts.last_at)
            .limit(surplus)
        )
        session.execute(delete(FailedAttempts).where(FailedAttempts.subject.in_(oldest)))


def _wait(subject: str, failures: int) -> timedelta:
    if subject.startswith("told:"):
        return timedelta(0)
    beyond = failures - (FREE_OF_A_NETWORK if subject.startswith("network:") else FREE)
    if beyond <= 0:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(beyond, 16)), LONGEST)


def _forget(session: Session, moment: datetime) -> None:
    reported = FailedAttempts.subject.startswith("told:")
    session.execute(delete(FailedAttempts).where(FailedAttempts.last_at < moment - REPORTED_FOR))
    session.execute(delete(FailedAttempts).where(FailedAttempts.last_at < moment - FORGOTTEN, ~reported))


def _report_subject(account: str) -> str:
    return f"told:{account}"
