"""Taking a specimen: its number, kind, seal and storage in clear; what it is and from where, sealed.

1. The person may take specimens in the case, and she has not refused it.
2. A number is reserved (`reserve`): no two specimens of a case have one. One that its person never signed
   or that was refused is reserved for their next specimen.
3. `specimen.taken` is stated (`take`), in a chain of the specimen's own. Its row follows.

`state`: the function that states the act, as in `handovers`; if it waits for a signature, 1 is checked again
when the signature comes (`check_still`). A specimen that is put into a kit is where the kit is. Trusts:
nothing that a page sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from casework import codes
from casework.access import grants_in_force, police_consent
from casework.access.permissions import Act, require_case
from casework.body_maps.drawings import FIGURES, SIDES, regions
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import Case, Person, Specimen, StatementIndex
from casework.errors import NotTaken, Refused, SealKnown, SpecimenMovedOn
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft, State
from casework.ledger.reasons import MAX_TEXT
from casework.specimens import custody
from casework.specimens.parties import in_account
from chain_of_custody.statements.statement import Statement
from chain_of_custody.statements.types import KIT, SPECIMENS

TAKEN = "specimen.taken"
KINDS = (KIT, *sorted(SPECIMENS - {KIT, "other"}), "other")
STORAGE = ("ambient", "dry", "cooled", "frozen")
"""Kinds of specimen, and how one has to be kept, in the order of the form."""
ATTEMPTS = 10
"""Maximum number of reservations of a number when others take it first."""


@dataclass(frozen=True)
class Place:
    """A place on the body map: `figure`, `side` and `region` (`body_maps.drawings`)."""

    figure: str
    side: str
    region: str

    def require_drawn(self) -> None:
        """Raise `Refused` for a region that is on no drawing."""
        known = self.figure in FIGURES and self.side in SIDES
        if not known or self.region not in regions(self.figure, self.side):
            raise Refused("a region that is on no drawing")


@dataclass(frozen=True)
class Reserved:
    """A specimen whose number is reserved, and what is to be stated of its taking."""

    row: Specimen
    draft: Draft


def reserve(
    center: Center,
    person: Person,
    case_id: str,
    *,
    kind: str,
    seal: str,
    what: str,
    storage: str | None = None,
    kit: str | None = None,
    place: Place | None = None,
) -> Reserved:
    """Reserve a number for a specimen that `person` took and closed with a seal.

    `what`: what it is, in words; with `place`, sealed to the case. `kit`: id of the kit that it was put into,
    which the person has. Raises `Forbidden`, `Missing`, `CaseVoided`, `Refused`, `NotTaken` if she refuses
    the taking of specimens, `SealKnown` for what was entered before, `SpecimenElsewhere` for another person's
    kit, `SpecimenMovedOn`.
    """
    case = _permitted(center, person, case_id)  # 1
    codes.require_one_of(kind, KINDS, "the kind")
    if storage is not None:
        codes.require_one_of(storage, STORAGE, "the storage")
    seal, details = seal_code(seal), _details(what, place)
    body: dict[str, Any] = {"kind": kind, "seal": seal, "storage": storage}
    if kit is not None:
        if kind == KIT:
            raise Refused("a kit is put into no kit")
        _require_kit(center, person, case, kit)
        body["kit"] = kit
    _require_new(center, case, kind, seal)
    row = _reserved(center, person, case, body)  # 2
    body["number"] = row.number
    return Reserved(row, Draft(TAKEN, row.id, person, custody.PURPOSE, body, case, details))


def take(
    center: Center, person: Person, reserved: Reserved, *, state: State = custody_log.append
) -> Specimen:
    """State that `person` took the specimen; return its row. Raises `Refused` for another person's, and as
    `custody.state_act`."""
    if reserved.draft.person is None or reserved.draft.person.id != person.id:
        raise Refused("a specimen is taken by whom it was reserved for")
    custody.state_act(center, reserved.row, reserved.draft, state)  # 3
    return center.database.get_one(Specimen, reserved.row.id)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still take the specimen whose taking they have signed. Raises as `reserve`
    and `custody.require_follows`."""
    _permitted(center, person, str(statement.case))
    with center.database() as session:
        row = require_row(session, Specimen, statement.evidence, "specimen")
    custody.still_follows(center, row, statement)


def seal_code(seal: str) -> str:
    """Return the number of a seal as a code: without blanks, and in small letters. Raises `Refused`."""
    code = "".join(seal.split()).lower()
    codes.require_code(code, "the number of the seal")
    return code


def _permitted(center: Center, person: Person, case_id: str) -> Case:
    with center.database() as session:
        case = require_case(session, person, Act.TAKE_SPECIMENS, case_id)
        cases.require_in_use(case)
        consent = grants_in_force.consent_to(session, case.id, police_consent.TAKING_SPECIMENS)
    if consent is not None and consent.outcome in grants_in_force.WITHDRAWN_OUTCOMES:
        raise NotTaken("specimens-refused", f"consent to specimens is {consent.outcome}")
    return case


def _details(what: str, place: Place | None) -> dict[str, str]:
    what = what.strip()
    if not what or len(what) > MAX_TEXT:
        raise Refused(f"what was taken is described in 1 to {MAX_TEXT} characters")
    if place is None:
        return {"what": what}
    place.require_drawn()
    return {"figure": place.figure, "region": place.region, "side": place.side, "what": what}


def _require_kit(center: Center, person: Person, case: Case, kit: str) -> None:
    found = custody.replay(center, case.id).get(kit)
    if found is None or found.taken.statement.body["kind"] != KIT:
        raise Refused(f"{kit[:32]} is no kit of this case")
    custody.require_holder(found, in_account(person))


def _require_new(center: Center, case: Case, kind: str, seal: str) -> None:
    """A form that is sent again, by the back button or on another device, enters nothing twice."""
    same = Specimen.case_id == case.id, Specimen.kind == kind, Specimen.seal == seal
    with center.database() as session:
        known = session.scalar(
            select(Specimen.number).where(*same, Specimen.stated > 0, Specimen.ended_at.is_(None)).limit(1)
        )
    if known is not None:
        raise SealKnown(f"specimen {known} of case {case.id} is of this kind, and has this seal")


def _reserved(center: Center, person: Person, case: Case, body: Mapping[str, Any]) -> Specimen:
    """Return a row whose number is stated of no specimen yet: the person's own one, or a new one with the
    next number of the case."""
    for _ in range(ATTEMPTS):
        try:
            with center.database.begin() as session:
                row = session.scalar(_unstated(person, case).limit(1))
                if row is None:
                    last = session.scalar(
                        select(func.max(Specimen.number)).where(Specimen.case_id == case.id)
                    )
                    row = Specimen(id=new_id(), case_id=case.id, number=(last or 0) + 1, stated=0)
                    session.add(row)
                row.kind, row.seal, row.storage = body["kind"], body["seal"], body["storage"]
                row.kit_id, row.apart = body.get("kit"), "kit" not in body
                row.taken_by, row.taken_at, row.holder = person.id, now(), person.id
                party = in_account(person).party
                row.holder_organisation, row.holder_role = party["organisation"], party["role"]
        except IntegrityError:
            continue  # another process has just taken the number
        return row
    raise SpecimenMovedOn(f"other specimens of case {case.id} are being taken")


def _unstated(person: Person, case: Case) -> Select[Specimen]:
    """Rows that were reserved for the person, and nothing is stated of them."""
    stated = select(StatementIndex.position).where(StatementIndex.chain == Specimen.id)
    theirs = Specimen.case_id == case.id, Specimen.taken_by == person.id, Specimen.stated == 0
    return select(Specimen).where(*theirs, ~stated.exists()).order_by(Specimen.number)
