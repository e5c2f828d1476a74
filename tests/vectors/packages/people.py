"""Keys: of recorders, of people, of the center. Who may sign what, from when, until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chain_of_custody.statements.statement import key_id
from tests.support.ledger.authenticators import Authenticator, eddsa, es256
from tests.support.packages.court_packages import (
    DEPLOYMENT,
    EVIDENCE,
    PROSECUTOR,
    SYSTEM,
    Recording,
    key,
    public,
)
from tests.vectors.packages.cases import INTACT, SMALL, Case, Make, refused
from tests.vectors.packages.centers import PASSKEY, Deployment, sealed, view

Story = Callable[[Deployment, Recording], object]
UNKNOWN = es256(6, person=PROSECUTOR.id)
STRANGER = es256(5, person="a1" * 16)
LOST = {"key": PASSKEY.id, "proof": "center", "reason": "lost"}


def told(story: Story, *, small: bool = False) -> Make:
    """What a center exports after `story`."""

    def make(folder: Path) -> None:
        center, recording = Deployment.small() if small else Deployment.with_persons(), Recording()
        story(center, recording)
        center.export(folder, [recording])

    return make


def registered(center: Deployment, type_: str, body: dict[str, str], **options: Any) -> int:
    return center.say(type_, DEPLOYMENT, body, case=None, actor=SYSTEM, **options)


def further(center: Deployment, who: Authenticator, **options: Any) -> int:
    """A further key of the prosecutor's, as an earlier one confirms it unless told otherwise."""
    given: dict[str, Any] = {"actor": PROSECUTOR, "by": [PASSKEY]}
    body = who.enrolment | {"proof": "key"}
    return center.say("credential.enrolled", DEPLOYMENT, body, case=None, **(given | options))


def credential_revoked(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.revoked", LOST)
    view(center)


def credential_late(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    view(center, by=[UNKNOWN])
    further(center, UNKNOWN)


def enrolled_twice(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    further(center, PASSKEY)


def revoked_twice(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    for _ in range(2):
        registered(center, "credential.revoked", LOST)


def added_without_proof(center: Deployment, recording: Recording) -> None:
    """Who has a session and no key makes the center say that an earlier key confirmed a new one."""
    sealed(center, recording)
    further(center, UNKNOWN, by=[])
    view(center, by=[UNKNOWN])


def added_by_a_stranger(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.enrolled", STRANGER.enrolment)
    further(center, UNKNOWN, actor=replace(PROSECUTOR, id=STRANGER.person), by=[STRANGER])


def added_by_a_revoked_key(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.revoked", LOST)
    further(center, UNKNOWN)


def added_by_a_link(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.enrolled", UNKNOWN.enrolment)


def by_recovery_code(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    later = eddsa(7, person=PROSECUTOR.id)
    body = UNKNOWN.enrolment | {"proof": "recovery"}
    center.say("credential.enrolled", DEPLOYMENT, body, case=None, actor=PROSECUTOR)
    further(center, later, by=[UNKNOWN])
    ended = LOST | {"proof": "key"}
    center.say("credential.revoked", DEPLOYMENT, ended, case=None, actor=PROSECUTOR, by=[later])
    view(center, by=[UNKNOWN])
    view(center, by=[later])


def invited_again(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.revoked", LOST)
    registered(center, "credential.enrolled", UNKNOWN.enrolment)
    view(center, by=[UNKNOWN])


def revoked_without_proof(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "credential.revoked", LOST | {"proof": "key"})


def nobody_s_key_revoked(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "recorder.revoked", {"key": "00" * 8, "reason": "lost"})


def recorder_views(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    view(center, signer=center.recorder_key)


def signed_by_a_thief(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    view(center, signer=key(78))


def registry_by_a_recorder(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(
        center, "role.withdrawn", {"person": PROSECUTOR.id, "reason": "left"}, signer=center.recorder_key
    )


def registry_in_an_item(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    body = {"organisation": "prosecution", "person": PROSECUTOR.id, "role": "judge"}
    center.say("role.given", EVIDENCE, body)


def registry_cut(center: Deployment, recording: Recording) -> None:
    """A revocation that the export knew of, and that is not given."""
    sealed(center, recording)
    body = {"key": key_id(public(center.recorder_key)), "reason": "stolen"}
    registered(center, "recorder.revoked", body, into_folder=False)


EXCHANGE = {"items": 1, "key": "e1" * 8, "kind": "escrow", "replaces": None, "state": "begun"}


def exchange_not_begun(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "key.rotated", EXCHANGE | {"state": "complete"})


def ledger_keys_exchanged(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    registered(center, "key.rotated", EXCHANGE | {"kind": "ledger"})


def small(
    name: str,
    altered: str,
    story: Story,
    reason: str,
    where: str | None,
    kind: str = "SignatureInvalid",
    step: int = 6,
) -> Case:
    return Case(name, altered, refused(step, kind, reason, where), told(story, small=True), policy=SMALL)


def large(
    name: str,
    altered: str,
    story: Story,
    reason: str,
    where: str | None,
    kind: str = "SignatureInvalid",
    step: int = 6,
) -> Case:
    return Case(name, altered, refused(step, kind, reason, where), told(story), policy=SMALL)


CASES = (
    small(
        "viewing-by-a-recorder",
        "A recorder signed that somebody viewed it.",
        recorder_views,
        "a recorder key may not sign statements of type evidence.viewed",
        "statement 5",
    ),
    small(
        "viewing-by-a-thief",
        "A key that nobody enrolled signed that somebody viewed it.",
        signed_by_a_thief,
        "signed by key 861149211b3afd66, which nobody has vouched for",
        "statement 5",
    ),
    small(
        "registry-by-a-recorder",
        "A recorder signed a statement of the registry.",
        registry_by_a_recorder,
        "a recorder key may not sign statements of type role.withdrawn",
        "statement 5",
    ),
    small(
        "registry-in-an-items-chain",
        "A role was given in a recording's own chain.",
        registry_in_an_item,
        "the statement belongs into another chain",
        "statement 5",
        "NotProved",
        7,
    ),
    small(
        "registry-not-complete",
        "A revocation that the export knew of is not given.",
        registry_cut,
        "the registry ends after 1 statements, number 1 is needed",
        None,
        "Incomplete",
    ),
    small(
        "revocation-of-nobodys-key",
        "A key is revoked that nobody had.",
        nobody_s_key_revoked,
        "it revokes key 0000000000000000, which is no recorder's key in force",
        "statement 5",
    ),
    small(
        "exchange-complete-and-not-begun",
        "Everything is said to be wrapped for an escrow key that nobody took up.",
        exchange_not_begun,
        "it completes an exchange of the escrow key that was not begun",
        "statement 5",
        "NotProved",
    ),
    small(
        "ledger-keys-exchanged",
        "The ledger's keys are said to be exchanged.",
        ledger_keys_exchanged,
        "key.rotated changes whose word counts, in a way not known here",
        "statement 5",
        "NotProved",
    ),
    large(
        "credential-revoked",
        "A person's key was revoked before it signed.",
        credential_revoked,
        "key 5cd252fb0ce89324 was revoked before this statement",
        "statement 8",
    ),
    large(
        "credential-enrolled-later",
        "A person's key was enrolled only after it had signed.",
        credential_late,
        "key e26630d1233ed92d was enrolled only after this statement",
        "statement 7",
    ),
    large(
        "credential-enrolled-twice",
        "A person's key is enrolled a second time.",
        enrolled_twice,
        "key 5cd252fb0ce89324 is enrolled a second time",
        "statement 7",
    ),
    large(
        "credential-revoked-twice",
        "A person's key is revoked a second time.",
        revoked_twice,
        "it revokes key 5cd252fb0ce89324, which is no person's key in force",
        "statement 8",
    ),
    large(
        "credential-added-without-proof",
        "A further key of a person is said to be confirmed by an earlier one, which did not sign.",
        added_without_proof,
        "no earlier key of person a0a0a0a0 signed the enrolment of a further one",
        "statement 7",
    ),
    large(
        "credential-added-by-another-person",
        "A further key of a person is confirmed by another person's key.",
        added_by_a_stranger,
        "no earlier key of person a0a0a0a0 signed the enrolment of a further one",
        "statement 8",
    ),
    large(
        "credential-added-by-a-revoked-key",
        "A further key of a person is confirmed by one that was revoked.",
        added_by_a_revoked_key,
        "key 5cd252fb0ce89324 was revoked before this statement",
        "statement 8",
    ),
    large(
        "credential-added-by-a-link",
        "A one-time link adds a key to those of a person who has one.",
        added_by_a_link,
        "a link enrols a key for person a0a0a0a0, who has one in force",
        "statement 7",
        "NotProved",
    ),
    large(
        "credential-revoked-without-proof",
        "A person's key is said to be revoked by another one, which did not sign.",
        revoked_without_proof,
        "no other key of its person signed the revocation of key 5cd252fb0ce89324",
        "statement 7",
    ),
    Case(
        "intact-key-by-recovery-code",
        "Nothing: a person signed with a key by recovery code, and with one that it confirmed.",
        INTACT,
        told(by_recovery_code),
        policy=SMALL,
    ),
    Case(
        "intact-key-by-a-second-link",
        "Nothing: a person signed with a key that a link added once the earlier ones were revoked.",
        INTACT,
        told(invited_again),
        policy=SMALL,
    ),
)
