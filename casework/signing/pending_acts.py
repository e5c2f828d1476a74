"""Signed acts around a browser: prepared on one request, signed by their person, completed on another.

`by_its_person` returns the `custody_log.State` that states acts, after all other checks: one, or a sheet of
several that are signed at once.

1. A person with a passkey signs with it. The statements are stored exactly as the ledger will hold them, for
   a few minutes and this session only. `SignatureWanted` carries the request for the browser.
2. A person without one acts under the center's key where that is allowed, and is refused elsewhere. An act
   that withdraws, refuses or rejects something on behalf of the person a case is about (`SignedAct.is_a_no`)
   is never refused because of a missing passkey.

`complete` takes the browser's answer, perhaps on another machine. The signature covers the stored statements:
nothing else that the browser sends counts. They are entered together, or none is. What was prepared takes one
answer, and a chain takes a statement once; to sign again, prepare again.

Trusts: the session's person, whom the caller has identified. Nothing that a browser sends.

Specifications: docs/spec/statement.md; W3C WebAuthn Level 2, section 7.2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import delete, update

from casework.clock import new_id, now
from casework.database.models import Case, Credential, Person, PreparedAct
from casework.errors import (
    CaseworkError,
    MovedOn,
    PasskeyElsewhere,
    PasskeyMissing,
    Refused,
    SignatureRefused,
    SigningOver,
)
from casework.ledger import custody_log, projections
from casework.ledger.custody_log import Draft, State
from casework.people import credentials, passkey_sign_in
from casework.signing import prepared_statements
from casework.signing.signed_act_types import SIGNED_ACTS
from casework.tokens import token_digest
from chain_of_custody.errors import ChainConflict, Malformed, NotProved
from chain_of_custody.statements import statement as statements
from chain_of_custody.statements.statement import Statement
from chain_of_custody.statements.webauthn import Assertion
from chain_of_custody.tlog.ledger import Receipt

if TYPE_CHECKING:
    from casework.center import Center

LIFETIME = timedelta(minutes=5)
"""How long an act waits for its signature; also the timeout of the browser's prompt."""
REMEMBERED = timedelta(hours=1)
"""How long an accepted answer is remembered after that: a page that lost its connection sends it again."""
ALLOWED, REFUSED = "allowed", "refused"


@dataclass(frozen=True)
class PendingAct:
    """A request to a browser for a signature."""

    id: str
    """Of what is prepared, for `complete`."""
    statements: Sequence[Statement]
    """What is signed, in this order."""
    details: Sequence[Mapping[str, Any]]
    """The sealed details of each, without its person's name."""
    case: Case | None
    challenge: bytes
    """32 bytes."""
    rp: str
    """Host name that the credentials are for."""
    credentials: Sequence[bytes]
    """Their ids."""
    unsigned: bool
    """Whether all of it may also be entered without a signature, if its person prefers that."""


class SignatureWanted(CaseworkError):
    """The act is not done yet: the person must sign it first (`act`: the request)."""

    code = "signature-wanted"

    def __init__(self, act: PendingAct) -> None:
        super().__init__(f"{act.statements[0].type} waits for its person's signature")
        self.act = act


@dataclass(frozen=True)
class CompletedAct:
    """A signed act that was entered. `position`: of its last statement."""

    position: int
    leads_to: str


def by_its_person(*, session: str, origin: str, leads_to: str, unsigned: bool = False) -> State:
    """Return a `State` that states acts as their person's own.

    `session`: the token of the session they act in. `origin`: of the page, `https://HOST[:PORT]`. `leads_to`:
    the page that follows. `unsigned`: they do not want to sign, or cannot; valid only where
    `SignedAct.is_a_no`. The result raises `SignatureWanted`, `PasskeyMissing`, `PasskeyElsewhere`, and as
    `custody_log.append`.
    """

    def state(center: Center, /, *drafts: Draft) -> Receipt:
        person, type_ = drafts[0].person, drafts[0].type
        if person is None or any(draft.type not in SIGNED_ACTS for draft in drafts):
            raise Refused(f"{type_} is no act that a person signs")
        held, no = credentials.of_person(center, person.id), _only_noes(drafts)
        revoked = {draft.body["key"] for draft in drafts if draft.type == "credential.revoked"}
        held = [one for one in held if one.key not in revoked]  # no key signs its own revocation
        usable = _usable(held, origin)
        if usable and not (no and unsigned):
            raise SignatureWanted(_ask(center, drafts, usable, session, leads_to))
        if held and not no:
            places = ", ".join(sorted({one.relying_party for one in held}))
            raise PasskeyElsewhere(f"no passkey at {origin}, only for {places}")
        if not (no or unsigned_allowed(center)):
            raise PasskeyMissing(f"{person.id} has no passkey to sign {type_} with")
        return custody_log.append(center, *drafts)

    return state


def unsigned_allowed(center: Center) -> bool:
    """Whether people without a passkey may do signed acts: as set, else while the keys are trial keys."""
    return center.unsigned_acts == ALLOWED or (
        center.unsigned_acts != REFUSED and center.keyholder.status().trial
    )


def complete(
    center: Center,
    person: Person,
    prepared_id: str,
    *,
    session: str,
    origin: str,
    credential: bytes,
    assertion: Assertion,
) -> CompletedAct:
    """Do prepared acts with their person's signature; all are in the ledger on return.

    1. They wait for this person in this session, and have had no other answer.
    2. The person has the same role as when they were prepared, and may still do each.
    3. The credential is theirs and in force, the page was this one, and the signature covers exactly this.
    4. The place in the chain is still free: all go into the ledger at once, each with both signatures. Then
       their rows follow.

    `credential`: the id by which the authenticator knows it. Repeating the answer gives the same result.
    Raises `SigningOver` (1), `Forbidden`, `WrongState` (2), `SignatureRefused` (3), `MovedOn` (2, 4), and
    what else `prepared_statements.append_signed` raises.
    """
    prepared_act, done = _take(center, person, prepared_id, session)  # 1
    if done is not None:
        return done
    signed = [statements.parse(line) for line in prepared_act.statements.split(b"\n")]
    for statement in signed:  # 2
        if statement.actor != custody_log.actor_of(person):
            raise MovedOn(f"{person.id} has another role than when {statement.type} was prepared")
        SIGNED_ACTS[statement.type].check(center, person, statement)
    key = _key(center, person, credential)  # 3
    _check_page(assertion, origin)
    try:
        receipts = prepared_statements.append_signed(center, signed, key, assertion)  # 4
    except ChainConflict as moved:
        raise MovedOn(str(moved)) from moved
    except (NotProved, Malformed) as wrong:
        raise SignatureRefused(str(wrong)) from wrong
    # A crash from here on leaves the acts done and their rows out of date, as after any statement
    # (`projections.catch_up`).
    entered = [(SIGNED_ACTS[one.type], one, at.index) for one, at in zip(signed, receipts, strict=True)]
    with center.database.begin() as database:
        row = database.get_one(PreparedAct, prepared_act.id)
        row.position = receipts[-1].index
        for act, statement, _ in entered:
            if act.finish is not None:
                act.finish(database, row, statement)
        passkey_sign_in.note_use(database, key, int.from_bytes(assertion.authenticator[33:37], "big"))
    for act, statement, position in entered:
        if statement.type in projections.PROJECTIONS:
            projections.note(center, position)
        if act.follow is not None:
            act.follow(center, position)
    return CompletedAct(receipts[-1].index, prepared_act.leads_to)


# --- inside -----------------------------------------------------------------------------------------------


def _only_noes(drafts: Sequence[Draft]) -> bool:
    return all(SIGNED_ACTS[draft.type].is_a_no(draft.body) for draft in drafts)


def _ask(
    center: Center, drafts: Sequence[Draft], usable: Sequence[Credential], session: str, leads_to: str
) -> PendingAct:
    prepared = prepared_statements.prepare(center, *drafts)
    moment = now()
    row = PreparedAct(
        id=new_id(),
        person_id=prepared[0].actor.id,
        session=token_digest(session),
        statements=b"\n".join(statement.canonical() for statement in prepared),
        kept=drafts[0].kept,
        leads_to=leads_to,
        expires_at=moment + LIFETIME,
    )
    with center.database.begin() as database:
        database.execute(delete(PreparedAct).where(PreparedAct.expires_at < moment - REMEMBERED))
        database.add(row)
    return PendingAct(
        id=row.id,
        statements=prepared,
        details=[draft.details or {} for draft in drafts],
        case=drafts[0].case,
        challenge=prepared_statements.challenge(prepared),
        rp=usable[0].relying_party,
        credentials=[one.credential_id for one in usable],
        unsigned=_only_noes(drafts),
    )


def _usable(held: Sequence[Credential], origin: str) -> Sequence[Credential]:
    """The credentials of one relying party that a page at this origin may request."""
    host = urlsplit(origin).hostname or ""
    fitting = [one for one in held if host == one.relying_party or host.endswith(f".{one.relying_party}")]
    return [one for one in fitting if one.relying_party == fitting[0].relying_party]


def _take(
    center: Center, person: Person, prepared_id: str, session: str
) -> tuple[PreparedAct, CompletedAct | None]:
    """Claim the waiting act for this call, or return its earlier result. Raises `SigningOver`."""
    moment = now()
    with center.database.begin() as database:
        # One conditional update decides: of two simultaneous answers, exactly one changes the row.
        taken = database.execute(
            update(PreparedAct)
            .where(
                PreparedAct.id == prepared_id,
                PreparedAct.person_id == person.id,
                PreparedAct.session == token_digest(session),
                PreparedAct.taken_at.is_(None),
                PreparedAct.expires_at > moment,
            )
            .values(taken_at=moment)
            .returning(PreparedAct.id)
        ).scalar_one_or_none()
        row = database.get(PreparedAct, prepared_id)
    theirs = row is not None and (row.person_id, row.session) == (person.id, token_digest(session))
    if row is None or not theirs or (taken is None and row.position is None):
        raise SigningOver(f"nothing waits as {prepared_id[:32]}")
    if taken is None and row.position is not None:
        return row, CompletedAct(row.position, row.leads_to)
    return row, None


def _key(center: Center, person: Person, credential: bytes) -> str:
    for one in credentials.of_person(center, person.id):
        if one.credential_id == credential:
            return one.key
    raise SignatureRefused(f"{person.id} has no such credential in force")


def _check_page(assertion: Assertion, origin: str) -> None:
    """Check the origin exactly. Verifiers accept any page of the host; here the requesting page is known."""
    try:
        stated_origin = json.loads(assertion.client)["origin"]
    except (ValueError, TypeError, KeyError, RecursionError):
        stated_origin = None
    if stated_origin != origin:
        raise SignatureRefused("signed on another page than the one that asked")
