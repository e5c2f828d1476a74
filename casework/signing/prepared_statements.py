"""Acts signed by the person who does them, in two steps around a browser.

1. `prepare` makes the statements exactly as the ledger will hold them: of one act, or of a sheet of several
   in one chain. The root over them is the challenge for the person's authenticator (`challenge`): the
   signature covers these acts, at this place in their chain, and nothing else.
2. `append_signed` takes the authenticator's answer, verifies it, adds the center's own signatures and appends
   all of them, or none.

If another statement about the same item is appended between the two, the place is taken, and the person must
sign again (`ChainConflict`). No signature is made in their name.

Trusts: the prepared statements, which the caller stores on the server; those returned by a browser would be
the browser's claim. The authenticator's answer is not trusted.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from casework.errors import Forbidden, Missing, Refused
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft
from chain_of_custody.errors import ChainConflict, NotProved
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.statements.sheets import MAX_ACTS, challenge_of_acts, places
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Head, SignedStatement, Statement, check_follows
from chain_of_custody.statements.webauthn import Assertion, verify_assertion
from chain_of_custody.tlog.ledger import Receipt

if TYPE_CHECKING:
    from casework.center import Center

_UNKNOWN = bytes(32)
"""In place of the previous leaf, for all but the first act of a sheet: it is known only once the sheet is
signed."""


def prepare(center: Center, *drafts: Draft) -> list[Statement]:
    """Return the statements of acts, valid unless another one about the same item is appended first.

    Several are one sheet, in one chain. Keep them on the server, for a few minutes. Their details are sealed
    and durable on return. Raises `Refused` for an act without a person, a person without a credential in
    force, or a sheet of several people or chains, or of too many acts.
    """
    person, evidence = drafts[0].person, drafts[0].evidence
    if person is None:
        raise Refused("the system signs with the center's key alone")
    if not any(_is_theirs(record, person.id) for record in custody_log.keys(center).values()):
        raise Refused("this person has no credential to sign with")
    if len(drafts) > MAX_ACTS or any((one.person, one.evidence) != (person, evidence) for one in drafts):
        raise Refused(f"a sheet is of one person and one chain, and of at most {MAX_ACTS} acts")
    after = custody_log.head(center, evidence)
    statements: list[Statement] = []
    for draft in drafts:
        commitment = custody_log.commitment_of(center, draft)
        statements.append(custody_log.statement_of(center, draft, commitment, after))
        after = Head(statements[-1].number, _UNKNOWN)
    return statements


def challenge(statements: Sequence[Statement]) -> bytes:
    """Return the 32-byte challenge under which a person signs these prepared statements."""
    return challenge_of_acts(_messages(statements))


def append_signed(
    center: Center, statements: Sequence[Statement], key: str, assertion: Assertion
) -> list[Receipt]:
    """Append prepared statements with their person's signature, all or none; durable in the ledger on return.

    1. The credential (a key id) is the acting person's, and in force.
    2. The assertion covers exactly these statements, with its user verified.
    3. The place in the chain is still free.
    4. Only now the center signs, one after the other, and all signatures are verified as any verifier does.

    Raises `Missing` or `Forbidden` (1), `SignatureInvalid` (1, 2), `ChainConflict` (3: prepare again, request
    a new signature), `Refused`, `StorageFailed`.
    """
    known = custody_log.keys(center)
    record = _credential(known, key, statements[0].actor.id)  # 1
    verify_assertion(  # 2
        assertion,
        algorithm=record.algorithm,
        key=record.public,
        rp=record.rp,
        challenge=challenge(statements),
    )
    _check_place(center, statements[0])  # 3
    leaves: list[bytes] = []
    before: SignedStatement | None = None
    for statement, place in zip(statements, places(_messages(statements)), strict=True):  # 4
        placed = statement if before is None else replace(statement, previous=before.leaf_hash.hex())
        own = WebAuthnSignature(key, assertion, place)
        leaves.append(custody_log.sign_for_center(center, placed, [own]))
        before = SignedStatement.parse(leaves[-1])
        before.verify(known)
    return custody_log.append_signed(center, leaves)


def _messages(statements: Sequence[Statement]) -> list[bytes]:
    return [statement.signed_message(index) for index, statement in enumerate(statements)]


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
