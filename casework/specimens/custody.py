"""Who has each specimen of a case, replayed from the ledger; and the order in which acts are stated.

A statement that contradicts an earlier one would be refused by every verifier, for ever. So each act

1. claims its specimen, or the kit that it was put into: one process at a time states something there;
2. replays the statements about the specimens of its case, read through the ledger, as a verifier does;
3. has the verifier's rules judge its own statement as the next one;
4. is stated. Its row follows (`projection_specimens`), which ends the claim.

An act that waits for its person's signature repeats 1 to 3 when the signature comes (`check_still`).

Trusts: the index for positions. The rows serve lists, and decide nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from casework.access import police_consent
from casework.center import Center
from casework.clock import now
from casework.database.engine import updated
from casework.database.models import Specimen, StatementIndex
from casework.errors import ClockBehind, Missing, MovedOn, SpecimenElsewhere, SpecimenMovedOn
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft, State
from casework.specimens.parties import HEALTH, Confirmer
from chain_of_custody.errors import NotProved
from chain_of_custody.statements.statement import SignedStatement, Statement, check_follows
from chain_of_custody.tlog.ledger import Receipt
from chain_of_custody.verifier.chains import Chains, LedgerStatement
from chain_of_custody.verifier.specimens import Custody, check_specimens

PURPOSE = "custody"
"""Purpose of all statements about specimens."""
CLAIM = timedelta(seconds=30)
"""Of a process that states an act; much longer than stating takes, and over by itself."""


def replay(center: Center, case_id: str, following: Statement | None = None) -> Mapping[str, Custody]:
    """Return where each specimen of a case is, by its id, in the order in which they were taken.

    `following`: a statement that is judged as the next one. Raises `NotProved` or `Incomplete`
    (`chain_of_custody.errors`) as a verifier does.
    """
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.case_id == case_id, StatementIndex.type.startswith("specimen."))
            .order_by(StatementIndex.position)
        ).all()
    chains: dict[str, list[LedgerStatement]] = {}
    for position, leaf in zip(positions, center.ledger.entries(positions), strict=True):
        one = LedgerStatement(position, SignedStatement.parse(leaf))
        chain = chains.setdefault(one.statement.evidence, [])
        check_follows(chain[-1].signed.head if chain else None, one.statement)
        chain.append(one)
    if following is not None:
        next_one = LedgerStatement(center.ledger.size, SignedStatement(b"", following, ()))
        chains.setdefault(following.evidence, []).append(next_one)
    specimens = {about: tuple(chain) for about, chain in chains.items()}
    return check_specimens(Chains({}, {}, specimens, ()), center.deployment)


def of_specimen(center: Center, row: Specimen) -> Custody:
    """Return where a specimen is. Raises `Missing` for one that was never taken."""
    found = replay(center, row.case_id).get(row.id)
    if found is None:
        raise Missing(f"no specimen {row.id[:32]}")
    return found


def require_holder(custody: Custody, confirmer: Confirmer) -> None:
    """Raise `SpecimenElsewhere` unless the confirmer has the specimen and no handover of it is pending, and
    `SpecimenMovedOn` for one that was destroyed or withdrawn."""
    place = custody.place
    if custody.ended is not None or place.ended is not None:
        raise SpecimenMovedOn("it was destroyed or withdrawn")
    if place.pending is not None or not confirmer.is_party(place.holder):
        raise SpecimenElsewhere(f"{confirmer.party['person']} does not have it")


def state_act(center: Center, row: Specimen, draft: Draft, state: State) -> Receipt:
    """State an act about a specimen whose other checks are done.

    Raises `SpecimenMovedOn`, `ClockBehind`, and as `state`.
    """
    with acting(center, _place(row, draft.body)):
        head = custody_log.head(center, draft.evidence)
        require_follows(center, custody_log.statement_of(center, draft, None, head))
        return state(center, draft)


def require_follows(center: Center, statement: Statement) -> None:
    """Raise `MovedOn` for a statement that has not the next place in its chain, `ClockBehind` for one that
    is dated before the newest there, `SpecimenMovedOn` for one that contradicts those in the ledger."""
    head = custody_log.head(center, statement.evidence)
    if statement.number != (0 if head is None else head.number + 1):
        raise MovedOn(f"specimen {statement.evidence}: something else was stated meanwhile")
    custody = replay(center, str(statement.case)).get(statement.evidence)
    if custody is not None and statement.at < custody.at:
        raise ClockBehind(f"specimen {statement.evidence}: its newest statement is of {custody.at}")
    try:
        replay(center, str(statement.case), statement)
    except NotProved as contradiction:
        raise SpecimenMovedOn(f"specimen {statement.evidence}: {contradiction.reason}") from contradiction


def still_follows(center: Center, row: Specimen, statement: Statement) -> None:
    """Claim the specimen for an act whose signature came, and check the act as `require_follows`.

    The claim ends with its statement, or after `CLAIM`.
    """
    _claim(center, _place(row, statement.body))
    require_follows(center, statement)


@contextmanager
def acting(center: Center, place: str) -> Iterator[None]:
    """Claim a specimen, or the kit that it was put into, while an act about it is stated. `place`: its id.
    Raises `SpecimenMovedOn` if another act is being stated."""
    until = _claim(center, place)
    try:
        yield
    finally:  # unless it ended, and another process has it
        mine = Specimen.id == place, Specimen.claimed_until == until
        with center.database.begin() as session:
            session.execute(update(Specimen).where(*mine).values(claimed_until=None))


def may_leave(session: Session, center: Center, found: Custody, to: Mapping[str, str]) -> bool:
    """Return whether a specimen may be handed over to `to` (`organisation`, `role`).

    The person is asked before it leaves those who treat her, and not again afterwards: whoever has it then
    has to be able to hand it on.
    """
    taken = found.taken.statement
    treating = {center.organisation, taken.actor.organisation, HEALTH}
    if _treats(treating, to) or not _treats(treating, found.place.holder):
        return True
    return police_consent.specimens_may_be_given(session, str(taken.case))


def _treats(treating: Collection[str], party: Mapping[str, str]) -> bool:
    """Whether a party is of those who treat the person, and neither of the police nor of the prosecution."""
    return party["organisation"] in treating and party["role"] not in police_consent.POLICE_AND_PROSECUTION


def _place(row: Specimen, body: Mapping[str, Any]) -> str:
    """Return what is claimed for a specimen: the kit that it was put into, also once it has left it.

    `body`: of the act. A taking names the kit itself: before it is stated, the row may be of another one.
    """
    return str(body.get("kit") or row.kit_id or row.id)


def _claim(center: Center, place: str) -> datetime:
    moment = now()
    free = or_(Specimen.claimed_until.is_(None), Specimen.claimed_until < moment)
    change = update(Specimen).where(Specimen.id == place, free).values(claimed_until=moment + CLAIM)
    with center.database.begin() as session:
        if updated(session, change) != 1:
            raise SpecimenMovedOn(f"another act about specimen {place} is being stated")
    return moment + CLAIM
