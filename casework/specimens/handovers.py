"""Acts of people with an account about specimens: they sign them as other acts (`pending_acts`).

`state`: the function that states the act. Each raises `Forbidden`, `Missing`, as `acts.Acting`, and as
`state`. Act: `Act.HOLD_SPECIMENS` in the case of the specimen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from casework.access.permissions import Act, require, require_case
from casework.center import Center
from casework.database.engine import require_row
from casework.database.models import Case, Person, Specimen
from casework.errors import Missing
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.specimens import custody
from casework.specimens.acts import HANDED_OVER, RECEIVED, Acting, Condition
from casework.specimens.parties import in_account
from chain_of_custody.statements.statement import Statement


def hand_over(
    center: Center,
    person: Person,
    specimen_id: str,
    to: Mapping[str, str],
    until: datetime,
    condition: Condition,
    *,
    state: State = custody_log.append,
) -> None:
    """State that the person gives a specimen to `to` (`organisation` and `role`, codes), who is to confirm it
    by `until`. Raises `NotTaken` if it may not be given away."""
    acting(center, person, specimen_id).hand_over(to, until, condition, state)


def receive(
    center: Center,
    person: Person,
    specimen_id: str,
    condition: Condition,
    *,
    state: State = custody_log.append,
) -> None:
    """State that the person has a specimen that was handed over to their organisation."""
    acting(center, person, specimen_id).receive(condition, {}, state)


def recall(center: Center, person: Person, specimen_id: str, *, state: State = custody_log.append) -> None:
    """State that the person still has a specimen, whose handover did not take place."""
    acting(center, person, specimen_id).recall(state)


def destroy(
    center: Center,
    person: Person,
    specimen_id: str,
    reason: str,
    condition: Condition,
    *,
    state: State = custody_log.append,
) -> None:
    """State that the person destroyed a specimen, or used it up. Raises `StillKept` under a legal hold."""
    acting(center, person, specimen_id).destroy(reason, condition, state)


def withdraw(
    center: Center,
    person: Person,
    specimen_id: str,
    reason: str,
    remark: str,
    *,
    state: State = custody_log.append,
) -> None:
    """State that the person entered a specimen in error. Raises `SpecimenMovedOn` once more was stated of it,
    and for a kit that specimens were put into."""
    acting(center, person, specimen_id).withdraw(reason, remark, state)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still do the act they have signed. Raises as the act itself."""
    found = acting(center, person, statement.evidence)
    if statement.type == HANDED_OVER:
        found.require_agreed(statement.body["to"])
    if statement.type == RECEIVED:
        found.require_given()
    custody.still_follows(center, permitted(center, person, statement.evidence)[0], statement)


def acting(center: Center, person: Person, specimen_id: str) -> Acting:
    """Return the person as who acts about a specimen."""
    return Acting(center, *permitted(center, person, specimen_id), in_account(person))


def permitted(center: Center, person: Person, specimen_id: str) -> tuple[Specimen, Case]:
    """Return a specimen that was taken and its case, if the person may have specimens of it. Raises
    `Forbidden`, `Missing`."""
    require(person, Act.HOLD_SPECIMENS)
    with center.database() as session:
        row = require_row(session, Specimen, specimen_id, "specimen")
        if row.stated == 0:
            raise Missing(f"specimen {row.id} was not taken yet")
        return row, require_case(session, person, Act.HOLD_SPECIMENS, row.case_id)
