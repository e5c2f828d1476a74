"""One-time links by which people without an account confirm acts about one specimen.

    handover → `…/custody#TOKEN` on its paper → receipt: the code is used up
             → `…/custody#TOKEN` of whoever received it → their handover, its recall, or a destruction

The first is made by the giver, for one handover, and ends when the receipt was expected; another one replaces
it. The second belongs to one holder while they have the specimen. Its token is made by the page that confirms
the receipt, and its row is there before the receipt is stated: an answer that is lost takes it from nobody.
Where a colleague makes it anew, `specimen.link-made` is stated before it can be used.

The page of a link shows number, kind, seal and storage of the specimen, and nothing of its case. The
statements are the center's, with `proof` `link`: who opened a link is the center's claim. The name that a
receiver gives is sealed to the case.

After a rebuild from the ledger the tokens are lost, and links have to be made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from casework import codes
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import Case, Person, Specimen, SpecimenLink
from casework.errors import NotSignedIn, Refused, SpecimenElsewhere, SpecimenMovedOn, WrongState
from casework.ledger import custody_log
from casework.short_text import identifying
from casework.specimens import custody
from casework.specimens.acts import Acting, Condition
from casework.specimens.handovers import permitted
from casework.specimens.parties import FUNCTIONS, Confirmer, by_link, in_account
from casework.tokens import new_token, token_digest

HOLDING = timedelta(days=366)
"""How long the link of a holder can be used; a colleague makes a new one."""
LINK_MADE = "specimen.link-made"
MAX_NAME = 200
"""Characters."""


@dataclass(frozen=True)
class Admitted:
    """A link that can be used now."""

    link: SpecimenLink
    specimen: Specimen
    place: Specimen
    """Its kit while it is in it, else itself."""

    @property
    def receives(self) -> bool:
        """Return whether a receipt is confirmed by it; else it is a holder's."""
        return self.link.handover is not None

    @property
    def confirmer(self) -> Confirmer:
        """Return the holder who acts by it."""
        place = self.place
        return by_link(place.holder, place.holder_organisation, place.holder_role)


def offer(center: Center, person: Person, specimen_id: str, longer: timedelta) -> str:
    """Make the link by which the receipt of the person's own pending handover is confirmed; return its token,
    which is stored nowhere. It replaces an earlier one.

    `longer`: how long it can be used if the receipt is overdue. Raises `Forbidden`, `Missing`,
    `SpecimenElsewhere` without such a handover.
    """
    row, _ = permitted(center, person, specimen_id)
    return _offered(center, row, in_account(person), longer)


def renew(center: Center, person: Person, specimen_id: str) -> str:
    """State that the person made a link for somebody without an account who has the specimen: they lost
    theirs, or it is in a kit and they have that of the kit alone. Returns its token, and ends an earlier link
    for it.

    Raises `Forbidden`, `Missing`, `SpecimenElsewhere` for one that a person with an account has, and as
    `custody.state_act`.
    """
    row, case = permitted(center, person, specimen_id)
    with center.database() as session:
        place = _place(session, row)
        ended = row.ended_at or place.ended_at
        if ended is not None or session.get(Person, place.holder) is not None:
            raise SpecimenElsewhere(f"nobody without an account has {row.id}")
    holder = by_link(place.holder, place.holder_organisation, place.holder_role)
    body = {"holder": holder.party}
    draft = custody_log.Draft(LINK_MADE, row.id, person, custody.PURPOSE, body, case)
    custody.state_act(center, row, draft, custody_log.append)
    token = new_token()
    with center.database.begin() as session:
        if session.get_one(Specimen, place.id).holder != place.holder:
            raise SpecimenMovedOn(f"{place.holder} does not have {row.id} any more")
        theirs = SpecimenLink.specimen_id == row.id, SpecimenLink.holder == place.holder
        session.execute(delete(SpecimenLink).where(*theirs))
        session.add(_holding(row, place.holder, token))
    return token


def admitted(center: Center, token: str) -> Admitted:
    """Return what a link is for. Raises `NotSignedIn` unless it can be used now."""
    with center.database() as session:
        link = session.get(SpecimenLink, token_digest(token, "custody"))
        if link is None or link.ends_at <= now():
            raise NotSignedIn("no such link")
        row = session.get_one(Specimen, link.specimen_id)
        place = _place(session, row)
        theirs = row.handover == link.handover if link.handover else place.holder == link.holder
        if not theirs or row.ended_at is not None or place.ended_at is not None:
            raise NotSignedIn("the link was used, or is of an earlier handover")
        return Admitted(link, row, place)


def receive(center: Center, token: str, *, name: str, role: str, condition: Condition, holding: str) -> None:
    """State that somebody without an account received the specimen; the link is used up.

    `name`: sealed to the case. `holding`: the token of the link that they have from then on; of two
    receivers, only the first gets it. Raises `NotSignedIn`, `Refused`, `TextUnseen`, and as
    `acts.Acting.receive`.
    """
    found = _for_receipt(center, token)
    codes.require_one_of(role, FUNCTIONS, "the function")
    name = identifying(name, MAX_NAME, "a name")
    if not name:
        raise Refused("who received it is named")
    row, holder = found.specimen, new_id()
    with center.database.begin() as session:
        session.add(_holding(row, holder, holding))
    receiver = by_link(holder, str(row.to_organisation), role)
    try:
        _acting(center, row, receiver).receive(condition, {"receiver": name})
    except (Refused, WrongState):  # before it was stated: another receiver was first, or it was recalled
        with center.database.begin() as session:
            session.execute(delete(SpecimenLink).where(SpecimenLink.holder == holder))
        raise


def hand_over(
    center: Center, token: str, to: Mapping[str, str], until: datetime, condition: Condition
) -> None:
    """State a handover by the holder of this link. Raises `NotSignedIn`, and as `acts.Acting.hand_over`."""
    found = _for_holder(center, token)
    _acting(center, found.specimen, found.confirmer).hand_over(to, until, condition)


def offer_next(center: Center, token: str, longer: timedelta) -> str:
    """Make the link for the receipt of the holder's pending handover, as `offer`. Raises `NotSignedIn`,
    `SpecimenElsewhere`."""
    found = _for_holder(center, token)
    return _offered(center, found.specimen, found.confirmer, longer)


def recall(center: Center, token: str) -> None:
    """State that the holder's handover did not take place. Raises `NotSignedIn`, and as
    `acts.Acting.recall`."""
    found = _for_holder(center, token)
    _acting(center, found.specimen, found.confirmer).recall()


def destroy(center: Center, token: str, reason: str, condition: Condition) -> None:
    """State that the holder destroyed the specimen or used it up. Raises `NotSignedIn`, and as
    `acts.Acting.destroy`."""
    found = _for_holder(center, token)
    _acting(center, found.specimen, found.confirmer).destroy(reason, condition)


# --- inside -------------------------------------------------------------------------------------------------


def _place(session: Session, row: Specimen) -> Specimen:
    return row if row.apart else session.get_one(Specimen, row.kit_id)


def _for_receipt(center: Center, token: str) -> Admitted:
    found = admitted(center, token)
    if not found.receives:
        raise NotSignedIn("this link confirms no receipt")
    return found


def _for_holder(center: Center, token: str) -> Admitted:
    found = admitted(center, token)
    if found.receives:
        raise NotSignedIn("this link is for a receipt")
    return found


def _acting(center: Center, row: Specimen, confirmer: Confirmer) -> Acting:
    return Acting(center, row, center.database.get_one(Case, row.case_id), confirmer)


def _offered(center: Center, row: Specimen, giver: Confirmer, longer: timedelta) -> str:
    holder = {"organisation": row.holder_organisation, "person": row.holder}
    if row.handover is None or row.receipt_until is None or not giver.is_party(holder):
        raise SpecimenElsewhere(f"no handover of {row.id} by {giver.party['person']} waits")
    token, moment = new_token(), now()
    link = SpecimenLink(
        token_digest=token_digest(token, "custody"),
        specimen_id=row.id,
        handover=row.handover,
        made_at=moment,
        ends_at=row.receipt_until if row.receipt_until > moment else moment + longer,
    )
    with center.database.begin() as session:
        session.execute(delete(SpecimenLink).where(SpecimenLink.handover == row.handover))
        session.add(link)
    return token


def _holding(row: Specimen, holder: str, token: str) -> SpecimenLink:
    return SpecimenLink(
        token_digest=token_digest(token, "custody"),
        specimen_id=row.id,
        holder=holder,
        made_at=now(),
        ends_at=now() + HOLDING,
    )
