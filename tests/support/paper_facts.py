"""A small package's facts for papers: one recording and its statements."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from casework.evidence.export import ExportedFile, ExportedItem, ExportFacts
from chain_of_custody.items.recording_contents import Header, Track
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.statement import Actor, SignedStatement, Statement, sign
from chain_of_custody.tlog.checkpoint import LocalSigner
from chain_of_custody.trust.policy import TrustPolicy
from player.papers.case_uco import RecordedFile

NOW = datetime(2026, 11, 25, 10, 0, 0, 123456, tzinfo=UTC)
DEPLOYMENT, CASE = "d0" * 16, "ca5e" * 8
INTERVIEW, EVIDENCE = "17e0" * 8, "e71d" * 8
PERSON = Actor("be75" * 8, "prosecutor", "public-prosecution")
RECORDER = Actor("b62e" * 4, "recorder", "one-stop-center")

_CENTER = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)
_RECORDER = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
_LOG = LocalSigner(
    Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32),
    MLDSA44PrivateKey.from_seed_bytes(bytes([1]) * 32),
    f"amana/{DEPLOYMENT}",
)
POLICY = TrustPolicy.make(_LOG.keys, _CENTER.public_key().public_bytes_raw(), trial=True)


SYSTEM = Actor(DEPLOYMENT, "system", "one-stop-center")


def _statement(type_: str, evidence: str, number: int, actor: Actor, body: dict[str, object]) -> bytes:
    statement = Statement(
        type=type_,
        evidence=evidence,
        case=CASE,
        actor=actor,
        at=f"2026-11-24T20:1{number}:03.000Z",
        purpose="investigation",
        number=number,
        previous=None if number == 0 else "00" * 32,
        body=body,
    )
    return sign(statement, _RECORDER if actor is RECORDER else _CENTER)


_TREE = {"records": 5, "root": "aa" * 32}
_LEAVES = {
    4: _statement("interview.opened", INTERVIEW, 0, PERSON, {"practice": False}),
    5: _statement(
        "recording.started",
        EVIDENCE,
        0,
        RECORDER,
        {
            "header": "aa" * 32,
            "interview": INTERVIEW,
            "not_before": {"root": "aa" * 32, "size": 3},
            "part": 1,
            "recorder": "b62e" * 4,
            "wrap": "aa" * 32,
        },
    ),
    6: _statement("recording.progress", EVIDENCE, 1, RECORDER, _TREE),
    7: _statement("recording.progress", EVIDENCE, 2, RECORDER, _TREE),
    8: _statement(
        "recording.sealed", EVIDENCE, 3, RECORDER, {**_TREE, "manifest": "aa" * 32, "state": "complete"}
    ),
}
_NURSE = Actor("4e5e" * 8, "examiner", "clinic")
_SEEN = {"handover": "4a4d" * 8, "intact": True, "seal": "k-1001", "stored": None}
POLICE = Actor("0ff1" * 8, "officer", "police")
"""Who received the specimen by a one-time link, and then got another one."""
_OFFICER = {"organisation": "police", "person": POLICE.id, "role": "officer"}
_SPECIMEN = "5bec" * 8
_OF_SPECIMEN = {
    9: _statement(
        "specimen.taken",
        _SPECIMEN,
        0,
        _NURSE,
        {"kind": "kit", "number": 1, "seal": "k-1001", "storage": None},
    ),
    10: _statement(
        "specimen.handed-over",
        _SPECIMEN,
        1,
        _NURSE,
        {
            **_SEEN,
            "giver": {"organisation": "clinic", "person": _NURSE.id, "role": "examiner"},
            "proof": "account",
            "to": {"organisation": "police", "role": "officer"},
            "until": "2026-11-25T20:00:00.000Z",
        },
    ),
    11: _statement(
        "specimen.received",
        _SPECIMEN,
        2,
        SYSTEM,
        {
            **_SEEN,
            "proof": "link",
            "receiver": _OFFICER,
        },
    ),
    12: _statement("specimen.link-made", _SPECIMEN, 3, _NURSE, {"holder": _OFFICER}),
}
SPECIMEN = {position: SignedStatement.parse(leaf) for position, leaf in _OF_SPECIMEN.items()}
STATEMENTS = {position: SignedStatement.parse(leaf) for position, leaf in _LEAVES.items()}
NAMES = {4: "Person [A] #b"}

ITEM = ExportedItem(
    evidence=EVIDENCE,
    interview=INTERVIEW,
    part=1,
    manifest=Manifest(
        deployment=DEPLOYMENT,
        interview=INTERVIEW,
        evidence=EVIDENCE,
        part=1,
        records=5,
        root="fedcba9876543210" * 4,
        index="aa" * 32,
        state="complete",
    ),
    manifest_digest="0123456789abcdef" * 4,
    header=Header(
        deployment=DEPLOYMENT,
        interview=INTERVIEW,
        evidence=EVIDENCE,
        part=1,
        epoch="2026-11-24T20:15:03.000Z",
        tracks=(Track(1, "wide", "video", "avc1.42e01f"), Track(2, "microphone", "audio", "opus")),
        software={},
        recorder="b62e" * 4,
        purpose="investigation",
        practice=False,
        senders=(),
    ),
    excerpt=None,
    duration=3_600_000_000,
    recorder_name="recorder-1",
    sealed=8,
    stamps=[],
)
FILE = RecordedFile(f"data/recordings/{EVIDENCE}/wide.mp4", 1_300_000_000, "ab12cd34" * 8)
RECEIVED = ExportedFile(
    evidence="0e1f" * 8,
    kind="received",
    number=3,
    format="ogg",
    manifest_digest="9876543210fedcba" * 4,
    records=4,
    root="56789abcdef01234" * 4,
    sealed=9,
    stamps=[],
)
"""Not in the package of `export_facts`: with `RECEIVED_STATEMENTS`."""
RECEIVED_STATEMENTS = {
    9: SignedStatement.parse(
        _statement(
            "evidence.received",
            RECEIVED.evidence,
            0,
            PERSON,
            {
                "format": RECEIVED.format,
                "manifest": RECEIVED.manifest_digest,
                "number": RECEIVED.number,
                "records": RECEIVED.records,
                "root": RECEIVED.root,
                "source": "seizure",
                "wrap": "aa" * 32,
            },
        )
    )
}


def export_facts(item: ExportedItem = ITEM, policy: TrustPolicy = POLICY) -> ExportFacts:
    return ExportFacts(
        case=CASE,
        case_number="2026-0007",
        policy=policy,
        authority=b"certificate",
        items=[item],
        exhibits=[],
        statements=STATEMENTS,
        specimens=SPECIMEN,
        names=NAMES,
        files={FILE.path: (FILE.size, FILE.sha256)},
        folder=Path("no-folder"),
        actor=STATEMENTS[4].statement.actor,
        name="Person [A] #b",
        at=NOW,
        purpose="hearing",
    )
