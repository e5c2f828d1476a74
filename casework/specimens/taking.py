"""Taking a specimen: its number, kind, seal and storage in clear; what it is and from where, sealed.

1. The person may take specimens in the case, and she has not refused it.
2. A number is reserved: no two specimens of a case have one. A process that ends in between leaves a gap.
3. `specimen.taken` is stated, in a chain of the specimen's own. Its row follows.

A specimen that is put into a kit is where the kit is. Trusts: nothing that a page sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from casework import codes
from casework.access import grants_in_force, police_consent
from casework.access.permissions import Act, require_case
from casework.body_maps.drawings import FIGURES, SIDES, regions
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import Case, Person, Specimen
from casework.errors import CaseworkError, InUse, NotTaken, Refused
from casework.ledger import custody_log
from casework.ledger.reasons import MAX_TEXT
from casework.specimens import custody
from casework.specimens.parties import in_account
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


def take(
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
) -> Specimen:
    """State that `person` took a specimen and closed it with a seal; return its row.

    `what`: what it is, in words; with `place`, sealed to the case. `kit`: id of the kit that it was put into,
    which the person has. Raises `Forbidden`, `Missing`, `CaseVoided`, `Refused`, `NotTaken` if she refuses
    the taking of specimens, `SpecimenElsewhere` for another person's kit, `SpecimenMovedOn`, `InUse`.
    """
    with center.database() as session:  # 1
        case = require_case(session, person, Act.TAKE_SPECIMENS, case_id)
        cases.require_in_use(case)
        consent = grants_in_force.consent_to(session, case.id, police_consent.TAKING_SPECIMENS)
    if consent is not None and consent.outcome in grants_in_force.WITHDRAWN_OUTCOMES:
        raise NotTaken("specimens-refused", f"consent to specimens is {consent.outcome}")
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
    row = _reserved(center, person, case, body)  # 2
    draft = custody_log.Draft(
        TAKEN, row.id, person, custody.PURPOSE, body | {"number": row.number}, case, details
    )
    try:
        custody.state_act(center, row, draft, custody_log.append)  # 3
    except CaseworkError:
        _give_up(center, row)
        raise
    return center.database.get_one(Specimen, row.id)


def seal_code(seal: str) -> str:
    """Return the number of a seal as a code: without blanks, and in small letters. Raises `Refused`."""
    code = "".join(seal.split()).lower()
    codes.require_code(code, "the number of the seal")
    return code


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


def _reserved(center: Center, person: Person, case: Case, body: Mapping[str, Any]) -> Specimen:
    """Return a row with the next number of the case, which is stated of no specimen yet."""
    party = in_account(person).party
    for _ in range(ATTEMPTS):
        try:
            with center.database.begin() as session:
                last = session.scalar(select(func.max(Specimen.number)).where(Specimen.case_id == case.id))
                row = Specimen(
                    id=new_id(),
                    case_id=case.id,
                    number=(last or 0) + 1,
                    stated=0,
                    kind=body["kind"],
                    seal=body["seal"],
                    storage=body["storage"],
                    kit_id=body.get("kit"),
                    apart="kit" not in body,
                    taken_by=person.id,
                    taken_at=now(),
                    holder=person.id,
                    holder_organisation=party["organisation"],
                    holder_role=party["role"],
                )
                session.add(row)
        except IntegrityError:
            continue  # another process has just taken the number
        return row
    raise InUse(f"other specimens of case {case.id} are being taken")


def _give_up(center: Center, row: Specimen) -> None:
    """Free the number of a specimen that was refused before its statement."""
    if custody_log.head(center, row.id) is None:
        with center.database.begin() as session:
            session.execute(delete(Specimen).where(Specimen.id == row.id, Specimen.stated == 0))
