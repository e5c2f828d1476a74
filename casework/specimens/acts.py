"""What somebody does with a specimen: handing over, receiving, recalling a handover, destroying; and the
withdrawal of an entry that was made in error.

Two statements make a handover: the giver's, with the time until which it is to be confirmed, and the
receiver's. In between nobody has confirmed that they have the specimen, and the giver can recall it.

`handovers` has the acts of people with an account, `links` those of people without one: they have checked
who acts. Checked here: that this party has the specimen or was given it, and that the person whom the case is
about agrees that it leaves those who treat her (`custody.may_leave`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from casework import codes
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import Case, Hold, Specimen
from casework.errors import NotTaken, Refused, SpecimenElsewhere, SpecimenMovedOn, StillKept
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.ledger.reasons import MAX_TEXT
from casework.specimens import custody
from casework.specimens.parties import Confirmer
from casework.specimens.taking import seal_code
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.statements.types import WITHDRAWN
from chain_of_custody.verifier.specimens import Custody

HANDED_OVER = "specimen.handed-over"
RECEIVED = "specimen.received"
RECALLED = "specimen.recalled"
DESTROYED = "specimen.destroyed"
LONGEST = timedelta(days=30)
"""Maximum time until a receipt is to be confirmed."""
USED_UP = "used-up"
DESTROYING = (*codes.DESTROYING[:-1], USED_UP, codes.DESTROYING[-1])
"""Why a specimen was destroyed: codes in statements."""
WITHDRAWING = ("entered-twice", "entered-wrongly", "not-taken", "of-another-case", "other")
"""Why the entry of a specimen was withdrawn: codes in statements."""


@dataclass(frozen=True)
class Condition:
    """In what state the person found the specimen, or gives it away."""

    intact: bool
    seal: str = ""
    """The number of its seal from then on, if the old one was not intact; empty: it has no other."""
    stored: bool | None = None
    """Whether it had been kept as asked; None where nothing was asked."""
    remark: str = ""
    """Sealed to the case."""

    def members(self, found: Custody) -> dict[str, Any]:
        """Return the members of a statement. Raises `Refused`."""
        if (self.stored is None) != (found.taken.statement.body["storage"] is None):
            raise Refused("whether it was stored as asked is answered if, and only if, something was asked")
        seal = found.seal if self.intact or not self.seal.strip() else seal_code(self.seal)
        return {"intact": self.intact, "seal": seal, "stored": self.stored}

    def details(self) -> dict[str, str]:
        """Return the sealed details of a statement. Raises `Refused`."""
        return _remark(self.remark)


class Acting:
    """A party that acts about a specimen, in the state in which the ledger has it now.

    Each act raises `SpecimenElsewhere`, `SpecimenMovedOn`, `ClockBehind`, `Refused`, and as `state`, the
    function that states it.
    """

    def __init__(self, center: Center, row: Specimen, case: Case, confirmer: Confirmer) -> None:
        """Read the specimen's custody. Raises `Missing` for one that was never taken."""
        self._center, self._row, self._case, self._confirmer = center, row, case, confirmer
        self._found = custody.of_specimen(center, row)

    def hand_over(
        self,
        to: Mapping[str, str],
        until: datetime,
        condition: Condition,
        state: State = custody_log.append,
    ) -> str:
        """State that the party gives it to `to` (`organisation`, `role`); return the id of the handover.

        Raises `NotTaken` if the person does not agree that it is given away.
        """
        codes.require_code(to["organisation"], "the organisation")
        codes.require_code(to["role"], "the function")
        if not now() < until <= now() + LONGEST:
            raise Refused(f"a receipt is to be confirmed within {LONGEST.days} days")
        custody.require_holder(self._found, self._confirmer)
        self.require_agreed(to)
        handover = new_id()
        body = {"giver": self._confirmer.party, "handover": handover, "to": dict(to)}
        self._state(HANDED_OVER, body | {"until": instant_text(until)}, condition, {}, state)
        return handover

    def receive(
        self, condition: Condition, details: Mapping[str, str], state: State = custody_log.append
    ) -> None:
        """State that the party has what was handed over to its organisation. `details`: more that is sealed.

        Raises `NotTaken` for the police and the prosecution, if it was to be given to others.
        """
        self.require_given()
        body = {"handover": self._pending()["handover"], "receiver": self._confirmer.party}
        self._state(RECEIVED, body, condition, details, state)

    def recall(self, state: State = custody_log.append) -> None:
        """State that the party still has what it handed over."""
        handover = self._pending()["handover"]
        if not self._confirmer.is_party(self._found.holder):
            raise SpecimenElsewhere(f"{self._confirmer.party['person']} did not hand it over")
        person, body = self._confirmer.person, {"handover": handover}
        draft = custody_log.Draft(RECALLED, self._row.id, person, custody.PURPOSE, body, self._case)
        custody.state_act(self._center, self._row, draft, state)

    def destroy(self, reason: str, condition: Condition, state: State = custody_log.append) -> None:
        """State that the party destroyed it or used it up. Raises `StillKept` under a legal hold, except for
        what was used up."""
        codes.require_one_of(reason, DESTROYING, "the reason")
        custody.require_holder(self._found, self._confirmer)
        with self._center.database() as session:
            held = session.scalar(
                select(Hold.id).where(Hold.case_id == self._case.id, Hold.lifted_at.is_(None)).limit(1)
            )
        if held is not None and reason != USED_UP:
            raise StillKept(f"case {self._case.id} is under legal hold {held}")
        body = {"giver": self._confirmer.party, "reason": reason}
        self._state(DESTROYED, body, condition, {}, state)

    def withdraw(self, reason: str, remark: str, state: State = custody_log.append) -> None:
        """State that the party, who took it, entered it in error. `remark`: sealed to the case.

        Raises `SpecimenMovedOn` once more was stated of it, and for a kit that specimens were put into. A
        legal hold does not prevent it: nothing is destroyed, and the entry stays in the ledger.
        """
        codes.require_one_of(reason, WITHDRAWING, "the reason")
        custody.require_holder(self._found, self._confirmer)
        draft = custody_log.Draft(
            WITHDRAWN,
            self._row.id,
            self._confirmer.person,
            custody.PURPOSE,
            {"reason": reason},
            self._case,
            _remark(remark),
        )
        custody.state_act(self._center, self._row, draft, state)

    def require_agreed(self, to: Mapping[str, str]) -> None:
        """Raise `NotTaken` unless it may be given to `to`."""
        with self._center.database() as session:
            if not custody.may_leave(session, self._center, self._found, to):
                raise NotTaken("specimens-not-agreed", f"nobody agreed to giving {self._row.id} away")

    def require_given(self) -> None:
        """Raise `SpecimenElsewhere` unless it waits for this party, `NotTaken` as `require_agreed`."""
        to = self._pending()["to"]["organisation"]
        if to != self._confirmer.party["organisation"]:
            raise SpecimenElsewhere(f"it was handed over to {to}")
        self.require_agreed(self._confirmer.party)

    def _pending(self) -> Mapping[str, Any]:
        """Return what is stated of the handover that waits for a receipt."""
        if self._found.pending is None:
            raise SpecimenMovedOn(f"no handover of {self._row.id} waits for a receipt")
        return self._found.pending.statement.body

    def _state(
        self,
        type_: str,
        body: Mapping[str, Any],
        condition: Condition,
        details: Mapping[str, str],
        state: State,
    ) -> None:
        stated = {**body, "proof": self._confirmer.proof, **condition.members(self._found)}
        draft = custody_log.Draft(
            type_,
            self._row.id,
            self._confirmer.person,
            custody.PURPOSE,
            stated,
            self._case,
            {**details, **condition.details()},
        )
        custody.state_act(self._center, self._row, draft, state)


def _remark(text: str) -> dict[str, str]:
    """Return the sealed details of a statement. Raises `Refused`."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise Refused(f"a remark has at most {MAX_TEXT} characters")
    return {"remark": text} if text else {}
