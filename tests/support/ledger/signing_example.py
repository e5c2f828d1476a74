"""The worked example goes on: a person's credential, an act signed with it, a court's receipt."""

from __future__ import annotations

from hashlib import sha256

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.statements import statement
from chain_of_custody.statements.court_receipt import SIGNING_PREFIX, receipt_message, sign_receipt
from chain_of_custody.statements.keys import KeyRecord
from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.sheets import ALONE
from chain_of_custody.statements.signatures import WebAuthnSignature, signed_by
from chain_of_custody.statements.statement import SignedStatement
from tests.support.ledger import worked_example as example
from tests.support.ledger.authenticators import Authenticator, alone, authenticator_data, client_data, es256
from tests.support.ledger.worked_example import (
    CENTER,
    DEPLOYMENT,
    INTERVIEW,
    PROSECUTOR,
    SYSTEM,
    ed25519,
    public,
)

HOST = "amana.example"
CREDENTIAL = es256(4, rp=HOST, person=PROSECUTOR.id)
COURT = ed25519(5)


def statements_of(made: example.Example) -> tuple[SignedStatement, SignedStatement]:
    """Statements 7 and 8 of the example's ledger."""
    registry, interview = (SignedStatement.parse(made.leaves[n]) for n in (0, 1))
    enrolment = statement.follow(
        registry.head,
        type="credential.enrolled",
        evidence=DEPLOYMENT,
        case=None,
        actor=SYSTEM,
        at="2026-11-24T20:22:03.000Z",
        purpose="administration",
        body=CREDENTIAL.enrolment,
    )
    act = statement.follow(
        interview.head,
        type="evidence.viewed",
        evidence=INTERVIEW,
        case=example.CASE,
        actor=PROSECUTOR,
        at="2026-11-24T20:23:03.000Z",
        purpose="review",
        body={},
    )
    leaves = (
        statement.sign(enrolment, CENTER),
        statement.sign(act, CENTER, beside=[signature(CREDENTIAL, act)]),
    )
    enrolled, viewed = (SignedStatement.parse(leaf) for leaf in leaves)
    return enrolled, viewed


def signature(by: Authenticator, act: statement.Statement) -> WebAuthnSignature:
    client = client_data(alone(act.signed_message()), HOST)
    return WebAuthnSignature(by.id, by.sign(authenticator_data(HOST), client), ALONE)


def examples(made: example.Example) -> dict[str, str]:
    """Name → text, as docs/spec/statement.md shows them."""
    enrolled, viewed = statements_of(made)
    check(made, enrolled, viewed)
    own = next(one for one in viewed.signatures if isinstance(one, WebAuthnSignature))
    receipt = sign_receipt(
        COURT,
        at="2026-11-25T09:00:00.000Z",
        organisation="first-instance-court",
        outcome="intact",
        package=sha256(b"a package").hexdigest(),
    )
    return {
        "credential": f"{encode_base64(CREDENTIAL.key)}\n{CREDENTIAL.id}",
        "enrolled": enrolled.leaf.decode(),
        "challenge": sha256(alone(viewed.statement.signed_message())).hexdigest(),
        "authenticator": own.assertion.authenticator.hex(),
        "client": own.assertion.client.decode(),
        "signed-by-the-person": viewed.leaf.decode(),
        "receipt-message": receipt_message(receipt).removeprefix(SIGNING_PREFIX).decode(),
        "receipt": canonical_json.serialise({"receipt": receipt}).decode(),
    }


def check(made: example.Example, enrolled: SignedStatement, viewed: SignedStatement) -> None:
    """What the specification says about them holds."""
    registry = Registry(DEPLOYMENT, KeyRecord(public(CENTER), "center"))
    registry.add(0, SignedStatement.parse(made.leaves[0]))
    registry.add(7, enrolled)
    assert signed_by(viewed.verify(registry.keys, 8)) == "person"
