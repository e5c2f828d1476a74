"""Recorders' keys: enrolled too late, revoked too early, or another's."""

from __future__ import annotations

from chain_of_custody.statements.statement import key_id
from tests.support.packages.court_packages import EVIDENCE, Recording, key, public
from tests.vectors.packages.centers import Deployment, record
from tests.vectors.packages.people import registered, small


def enrolled_late(center: Deployment, recording: Recording) -> None:
    center.open_interview()
    record(center, recording)
    center.seal(recording)
    center.enrol()


def never_enrolled(center: Deployment, recording: Recording) -> None:
    center.enrol(key(77))
    center.open_interview()
    record(center, recording)
    center.seal(recording)


def recorder_revoked_before(center: Deployment, recording: Recording) -> None:
    center.enrol()
    revoke_recorder(center)
    center.open_interview()
    record(center, recording)
    center.seal(recording)


def recorder_revoked_meanwhile(center: Deployment, recording: Recording) -> None:
    center.enrol()
    center.open_interview()
    record(center, recording)
    revoke_recorder(center)
    center.seal(recording)


def revoke_recorder(center: Deployment) -> None:
    body = {"key": key_id(public(center.recorder_key)), "reason": "stolen"}
    registered(center, "recorder.revoked", body)


def center_records(center: Deployment, recording: Recording) -> None:
    center.enrol()
    center.open_interview()
    record(center, recording, signer=center.center_key)
    center.seal(recording)


def recorder_seals_with_another(center: Deployment, recording: Recording) -> None:
    center.enrol(key(77))
    center.enrol()
    center.open_interview()
    record(center, recording)
    body = {"records": len(recording.records), "root": recording.root(), "state": "complete"}
    body["manifest"] = recording.manifest.digest
    center.say("recording.sealed", EVIDENCE, body, signer=key(77))


CASES = (
    small(
        "recorder-enrolled-later",
        "The recorder was enrolled only after it had recorded.",
        enrolled_late,
        "key 6a3803d5f059902a was enrolled only after this statement",
        "statement 1",
    ),
    small(
        "recorder-never-enrolled",
        "Another recorder was enrolled than the one that recorded.",
        never_enrolled,
        "signed by key 6a3803d5f059902a, which nobody has vouched for",
        "statement 2",
    ),
    small(
        "recorder-revoked-before",
        "The recorder's key was revoked before it recorded.",
        recorder_revoked_before,
        "key 6a3803d5f059902a was revoked before this statement",
        "statement 3",
    ),
    small(
        "recorder-revoked-meanwhile",
        "The recorder's key was revoked before it sealed.",
        recorder_revoked_meanwhile,
        "key 6a3803d5f059902a was revoked before this statement",
        "statement 5",
    ),
    small(
        "recording-by-the-center",
        "The center itself signed the recording.",
        center_records,
        "a center key may not sign statements of type recording.started",
        "statement 2",
    ),
    small(
        "recording-by-two-recorders",
        "Another recorder sealed than the one that began.",
        recorder_seals_with_another,
        "it is signed by another recorder than the one that began",
        "statement 5",
        step=7,
    ),
)
