"""People with passkeys, made of software, and what a page does with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.center import Center
from casework.clock import now
from casework.database.models import Credential, Person
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.signing import pending_acts
from casework.signing.pending_acts import CompletedAct, PendingAct, SignatureWanted
from chain_of_custody.statements.webauthn import Assertion
from tests.support.centers.casework_world import World
from tests.support.ledger.authenticators import RP, Authenticator, es256

SESSION, ORIGIN = "a session's token", f"https://{RP}"


def passkey(world: World, person: Person, seed: int = 1, rp: str = RP, proof: str = "link") -> Authenticator:
    """A passkey of this person's, in the registry and known to pages; a further one by a recovery code."""
    made = es256(seed, person=person.id, rp=rp)
    custody_log.append(
        world.center,
        custody_log.Draft(
            type="credential.enrolled",
            evidence=world.center.deployment,
            person=person,
            purpose="administration",
            body=made.enrolment | {"proof": proof},
        ),
    )
    with world.center.database.begin() as session:
        session.add(
            Credential(
                key=made.id,
                person_id=person.id,
                credential_id=handle(made),
                public_key=made.key,
                algorithm=made.algorithm,
                relying_party=rp,
                added_at=now(),
            )
        )
    return made


def handle(key: Authenticator) -> bytes:
    """The id by which the authenticator knows it."""
    return b"handle of " + key.id.encode()


def state(session: str = SESSION, origin: str = ORIGIN) -> State:
    return pending_acts.by_its_person(session=session, origin=origin, leads_to="/there")


def asked(act: Callable[..., object], **where: str) -> PendingAct:
    """What the page is told when an act is asked for by somebody who has a passkey."""
    with pytest.raises(SignatureWanted) as wanted:
        act(state=state(**where))
    return wanted.value.act


def answered(waiting: PendingAct, by: Authenticator, **client: str) -> Assertion:
    return by.over(waiting.challenge, **client)


def completed(
    center: Center,
    person: Person,
    waiting: PendingAct,
    by: Authenticator,
    assertion: Assertion | None = None,
    *,
    session: str = SESSION,
    origin: str = ORIGIN,
) -> CompletedAct:
    """The second request, with a good answer unless another one is given."""
    return pending_acts.complete(
        center,
        person,
        waiting.id,
        session=session,
        origin=origin,
        credential=handle(by),
        assertion=assertion or answered(waiting, by),
    )
