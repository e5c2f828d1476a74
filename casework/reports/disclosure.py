"""The access log of a case: access given, grants, viewings, packages, with dates, purposes and persons.

It also lists passages that a court has excluded, which are no longer disclosed. It is read from the ledger,
with the values of their time (`history`). It is for the prosecutor, who is responsible for it; for the
custodian; and for the person's advocate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from casework.access.permissions import Act
from casework.cases import cases, history
from casework.cases.history import Entry
from casework.center import Center
from casework.database.models import Person
from casework.evidence.derivation import DERIVATION
from casework.evidence.gateway import EXPORT, RENEWAL
from chain_of_custody.encoding.canonical_json import moment

TYPES = frozenset(
    (
        "case.given",
        "case.withdrawn",
        "grant.given",
        "grant.accepted",
        "grant.withdrawn",
        "copy.authorised",
        "evidence.viewed",
        "evidence.exported",
        "photographs.viewed",
        "exam.reported",
        "custody.transferred",
        "passage.excluded",
        "passage.restored",
    )
)
LOOKED = ("evidence.viewed", "photographs.viewed", "exam.reported")
"""Statements by which a person has viewed something."""
UNSEEN = (RENEWAL, DERIVATION)
"""Purposes of an opening without a viewer."""


@dataclass(frozen=True)
class DisclosureEntry:
    """One line of the log."""

    entry: Entry
    receiver: str | None
    """Id of the person who received access, or lost it."""
    receiver_name: str | None
    """The name at that time; None while it cannot be read, or once it is erased."""
    grant: Entry | None
    """The `grant.given` that it concerns or is based on."""

    @property
    def until(self) -> datetime | None:
        """When that grant ends."""
        return None if self.grant is None else moment(self.grant.body["until"])


def of_case(center: Center, person: Person, case_id: str) -> list[DisclosureEntry]:
    """Return the log, in the order of the ledger. Raises `Forbidden`, `Missing`."""
    cases.get(center, person, case_id, Act.SEE_DISCLOSURE)
    return among(history.of_case(center, person, case_id))


def among(entries: Sequence[Entry]) -> list[DisclosureEntry]:
    """Return the log from the history of a case, for a caller who has read that for a person who may see
    both."""
    grants = {str(one.body["grant"]): one for one in entries if one.type == "grant.given"}
    return [
        _disclosed(entry, grants)
        for entry in entries
        if entry.type in TYPES and not (entry.type == "evidence.viewed" and entry.purpose in UNSEEN)
    ]


def lookers(log: Sequence[DisclosureEntry]) -> int:
    """Return the number of different people who have viewed something; opening only for an export does not
    count."""
    return len({one.entry.actor.id for one in viewings(log)})


def viewings(log: Sequence[DisclosureEntry]) -> list[DisclosureEntry]:
    """Return the entries of people who have viewed something; opening only for an export does not count."""
    return [one for one in log if one.entry.type in LOOKED and one.entry.purpose != EXPORT]


def _disclosed(entry: Entry, grants: Mapping[str, Entry]) -> DisclosureEntry:
    grant = grants.get(str(entry.body.get("grant", "")))
    match entry.type:
        case (
            "evidence.viewed"
            | "photographs.viewed"
            | "exam.reported"
            | "evidence.exported"
            | "grant.accepted"
        ):
            return DisclosureEntry(entry, entry.actor.id, entry.name, grant)
        case "custody.transferred" | "passage.excluded" | "passage.restored":
            return DisclosureEntry(entry, None, None, None)
        case "case.given" | "case.withdrawn":
            return DisclosureEntry(entry, str(entry.body["person"]), _receiver(entry), None)
    if grant is None:
        return DisclosureEntry(entry, None, None, None)
    return DisclosureEntry(entry, str(grant.body["person"]), _receiver(grant), grant)


def _receiver(entry: Entry) -> str | None:
    name = None if entry.details is None else entry.details.get("receiver")
    return name if isinstance(name, str) and name else None
