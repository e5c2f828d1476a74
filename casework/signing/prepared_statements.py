"""An act signed by the person who does it, in two steps around a browser.

1. `prepare` makes the statement exactly as the ledger will hold it. Its digest is the challenge for the
   person's authenticator: the signature covers this act, at this place in its chain, and nothing else.
2. `append_signed` takes the authenticator's answer, verifies it, adds the center's own signature and appends.

If another statement about the same item is appended between the two, the place is taken, and the person must
sign again (`ChainConflict`). Nothing is signed again in their name.

Trusts: the prepared statement, which the caller stores on the server; one returned by a browser would be
the browser's claim. The authenticator's answer is not trusted.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from casework.errors import Forbidden, Missing, Refused
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft
from chain_of_custody.errors import ChainConflict, NotProved
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import SignedStatement, Statement, check_follows
from chain_of_custody.statements.webauthn import Assertion, verify_assertion
from chain_of_custody.tlog.ledger import Receipt

if TYPE_CHECKING:
    from casework.center import Center


def prepare(center: Center, draft: Draft) -> Statement:
    """Return the act's statement, valid unless another one about the same item is appended first.

    Keep it on the server, for a few minutes. Its details are sealed and durable on return. Raises `Refused`
    for an act without a person, or a person without a credential in force.
    """
    if draft.person is None:
        raise Refused("the system signs with the center's key alone")
    if not any(_is_theirs(record, draft.person.id) for record in custody_log.keys(center).values()):
        raise Refused("this person has no credential to sign with")
    commitment = custody_log.keep_details(center, draft)
    after = custody_log.head(center, draft.evidence)
    return custody_log.statement_of(center, draft, commitment, after)


def append_signed(center: Center, statement: Statement, key: str, assertion: Assertion) -> Receipt:
    """Append a prepared statement with its person's signature; durable in the ledger on return.

    1. The credential (a key id) is the acting person's, and in force.
    2. The assertion covers exactly this statement, with its user verified.
    3. The place in the chain is still free.
    4. Only now the center signs, and all signatures are verified as any verifier does.

    Raises `Missing` or `Forbidden` (1), `SignatureInvalid` (1, 2), `ChainConflict` (3: prepare again, request
    a new signature), `Refused`, `StorageFailed`.
    """
    known = custody_log.keys(center)
    record = _credential(known, key, statement.actor.id)  # 1
    verify_assertion(  # 2
        assertion,
        algorithm=record.algorithm,
        key=record.public,
        rp=record.rp,
        message=statement.signed_message(),
    )
    _check_place(center, statement)  # 3
    leaf = custody_log.sign_for_center(center, statement, [WebAuthnSignature(key, assertion)])  # 4
    SignedStatement.parse(leaf).verify(known)
    return custody_log.append_signed(center, [leaf])[0]


def _is_theirs(record: KeyRecord, person: str) -> bool:
    return record.person == person and record.revoked is None


def _credential(known: Mapping[str, KeyRecord], key: str, person: str) -> KeyRecord:
    record = known.get(key)
    if record is None or record.holder != "person":
        raise Missing(f"no credential {key[:16]}")
    if record.person != person:
        raise Forbidden("the credential is another person's")
    record.check_valid(None)
    return record


def _check_place(center: Center, statement: Statement) -> None:
    try:
        check_follows(custody_log.head(center, statement.evidence), statement)
    except NotProved as moved:
        raise ChainConflict(f"something was stated about {statement.evidence} meanwhile") from moved
