"""The specimens of a case as pages show them: each with its state, and its chain with the sealed details.

Everyone who may have specimens sees number, kind, seal, storage and who has each. What was taken, from where,
remarks and names are shown to people who may read the details of the case (`Act.READ_DETAILS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from casework.access.permissions import Act, may, require_case
from casework.cases import history
from casework.center import Center
from casework.clock import now
from casework.database.models import Case, Person, Specimen, StatementIndex
from casework.ledger.reasons import reasons_at
from casework.specimens.handovers import permitted
from casework.specimens.parties import in_account
from casework.specimens.taking import TAKEN


@dataclass(frozen=True)
class Listed:
    """A specimen of a list."""

    row: Specimen
    place: Specimen
    """Its kit while it is in it, else itself: who has this, has the specimen."""
    details: Mapping[str, str]
    """What was taken, and from where (`taking`); empty if it cannot be read, or not by this person."""
    theirs: bool
    """Whether the person who asks has it, and no handover of it waits."""
    for_them: bool
    """Whether it waits for the person's organisation to confirm that it was received."""

    by_them: bool
    """Whether a handover by the person waits for its receipt."""

    erroneous: bool
    """Whether the person may withdraw its entry: they took it, and nothing else was stated of it."""

    outside: bool
    """Whether somebody without an account has it."""

    @property
    def exists(self) -> bool:
        """Return whether no statement says that it was destroyed or withdrawn, or the kit that it was in."""
        return self.row.ended_at is None and self.place.ended_at is None

    @property
    def overdue(self) -> bool:
        """Return whether its receipt should have been confirmed by now."""
        until = self.place.receipt_until
        return until is not None and until < now()


def of_case(center: Center, person: Person, case_id: str) -> list[Listed]:
    """Return the specimens of a case by their number. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.HOLD_SPECIMENS, case_id)
        rows = session.scalars(
            select(Specimen).where(Specimen.case_id == case.id, Specimen.stated > 0).order_by(Specimen.number)
        ).all()
    return _listed(center, person, case, rows, rows)


def one(center: Center, person: Person, specimen_id: str) -> tuple[Listed, Case]:
    """Return a specimen and its case. Raises `Forbidden`, `Missing`."""
    row, case = permitted(center, person, specimen_id)
    kit = None if row.kit_id is None else center.database.get_one(Specimen, row.kit_id)
    [listed] = _listed(center, person, case, [row], [row] if kit is None else [row, kit])
    return listed, case


def chain(center: Center, person: Person, specimen_id: str) -> list[history.Entry]:
    """Return what was stated about a specimen, oldest first; with names alone for people who may not read
    the details of the case. Raises `Forbidden`, `Missing`."""
    row, case = permitted(center, person, specimen_id)
    return history.of_specimen(center, case, row.id, details=may(person, Act.READ_DETAILS))


def _listed(
    center: Center, person: Person, case: Case, rows: Sequence[Specimen], known: Sequence[Specimen]
) -> list[Listed]:
    by_id, party = {row.id: row for row in known}, in_account(person)
    with center.database() as session:
        holders = {row.holder for row in known}
        staff = set(session.scalars(select(Person.id).where(Person.id.in_(holders))))
        filled = set(session.scalars(_filled(rows)))
    details = _details(center, case, rows) if may(person, Act.READ_DETAILS) else {}
    listed = []
    for row in rows:
        place = row if row.apart else by_id[str(row.kit_id)]
        holder = {"organisation": place.holder_organisation, "person": place.holder}
        waits, ended = place.handover is not None, row.ended_at or place.ended_at
        theirs = not waits and not ended and party.is_party(holder)
        listed.append(
            Listed(
                row,
                place,
                details.get(row.id, {}),
                theirs=theirs,
                erroneous=theirs and row.stated == 1 and row.taken_by == person.id and row.id not in filled,
                outside=place.holder not in staff and not ended,
                by_them=row.handover is not None and party.is_party(holder),
                for_them=row.handover is not None
                and place.holder != person.id
                and row.to_organisation == person.organisation,
            )
        )
    return listed


def _filled(kits: Sequence[Specimen]) -> Select[str | None]:
    """Select the ids of those kits that specimens were put into, other than withdrawn ones."""
    inside = Specimen.kit_id.in_([row.id for row in kits])
    return select(Specimen.kit_id).where(inside, Specimen.stated > 0, Specimen.withdrawn.is_(False))


def _details(center: Center, case: Case, rows: Sequence[Specimen]) -> dict[str, Mapping[str, str]]:
    with center.database() as session:
        positions = {
            found.position: found.chain
            for found in session.execute(
                select(StatementIndex.position, StatementIndex.chain).where(
                    StatementIndex.chain.in_([row.id for row in rows]), StatementIndex.type == TAKEN
                )
            )
        }
    read = reasons_at(center, case, list(positions))
    return {positions[at]: values for at, values in read.items()}
