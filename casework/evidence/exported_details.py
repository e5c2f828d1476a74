"""Which details of statements are exported in a package that is made under a grant.

Details are committed to as one piece, so they are exported whole or not at all. A package under a grant
contains only the details that the pages show its receiver: the names of those who sealed, opened, ordered,
handed out and took over, and the interview's opening details where their role reads those
(`Act.READ_DETAILS`). The basis of a court's order, a hold or a destruction, the reasons, and whom an earlier
package was for, are left out.
All statements are exported; verifiers report how many have details that the package does not contain.

Packages of people who work with the case contain all details.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.access.permissions import Act, may
from chain_of_custody.statements.details_commitment import parse_details

if TYPE_CHECKING:
    from casework.database.models import Person
    from chain_of_custody.statements.statement import Statement

NAMING = frozenset(
    (
        "photograph.sealed",
        "document.sealed",
        "derivative.made",
        "derivative.checked",
        "seal.confirmed",
        "evidence.viewed",
        "export.ordered",
        "evidence.exported",
        "custody.transferred",
    )
)
"""Statements whose details are the acting person's name, as the pages show it, and the number of the case. A
new type is not included until it has been reviewed."""


OF_SPECIMENS = frozenset(
    f"specimen.{act}"
    for act in ("handed-over", "received", "recalled", "link-made", "destroyed", "withdrawn")
)
"""Statements about specimens whose details may be names alone: of who acted, and who received it by a link. A
remark on its condition, and what was taken from where, stay with the case."""


def leaves_under_grant(person: Person, statement: Statement, details: bytes) -> bool:
    """Whether these details (`chain_of_custody.statements.details_commitment.details_bytes`) of a statement
    go into the package that `person` makes under a grant."""
    if statement.type in ("interview.opened", "interview.decided"):
        return may(person, Act.READ_DETAILS)
    values, _ = parse_details(details)
    if statement.type in OF_SPECIMENS:
        return set(values) <= {"name", "receiver"}
    return statement.type in NAMING and set(values) <= {"name", "case"}
