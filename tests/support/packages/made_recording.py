"""A sealed recording in memory, with its ledger: everything a viewing gives, made by the real parts."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from chain_of_custody.encoding import canonical_json
from chain_of_custody.items.record import KIND_CODES, Kind, Record, seal_leaf
from chain_of_custody.items.recording_contents import Event, Header, Track
from chain_of_custody.items.recording_manifest import Index, Manifest, RecordTree
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import Actor, Head, follow, sign
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.merkle import inclusion_proof, leaf_hash, root_of
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.media.made_media import SECOND, MadeTrack
from vault.sealing import sealing

DEPLOYMENT = "d0" * 16
CASE = "ca" * 16
INTERVIEW = "1e" * 16
EVIDENCE = "e0" * 16
PROSECUTOR = Actor("aa" * 16, "prosecutor", "public-prosecution")
COURT = Actor("bb" * 16, "court", "court-of-first-instance")


@dataclass
class MadeLedger:
    """A custody ledger with its keys, holding what is appended."""

    signer: LocalSigner = field(
        default_factory=lambda: LocalSigner(
            Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate(), f"amana/{DEPLOYMENT}"
        )
    )
    center: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    recorder: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    leaves: list[bytes] = field(default_factory=list)
    heads: dict[str, Head] = field(default_factory=dict)

    def state(
        self, type_: str, chain: str, body: Mapping[str, Any], *, actor: Actor = PROSECUTOR, **fields: Any
    ) -> None:
        by_recorder = type_.startswith("recording.")
        statement = follow(
            self.heads.get(chain),
            type=type_,
            evidence=chain,
            case=CASE if chain != DEPLOYMENT else None,
            actor=actor,
            at=fields.get("at", "2026-11-24T20:15:03.120Z"),
            purpose=fields.get("purpose", "testimony"),
            body=body,
            details=None,
        )
        leaf = sign(statement, self.recorder if by_recorder else self.center)
        self.heads[chain] = Head(statement.number, leaf_hash(leaf))
        self.leaves.append(leaf)

    def checkpoint(self) -> bytes:
        hashes = [leaf_hash(leaf) for leaf in self.leaves]
        return self.signer.sign_checkpoint(Checkpoint(self.signer.keys.origin, len(hashes), root_of(hashes)))

    def proofs(self) -> list[dict[str, str]]:
        hashes = [leaf_hash(leaf) for leaf in self.leaves]
        note = self.checkpoint()
        return [
            {
                "leaf": base64.b64encode(leaf).decode(),
                "proof": TlogProof(place, tuple(inclusion_proof(hashes, place, len(hashes))), note)
                .serialise()
                .decode(),
            }
            for place, leaf in enumerate(self.leaves)
        ]

    def policy(self) -> bytes:
        public = self.center.public_key().public_bytes_raw()
        return TrustPolicy.make(self.signer.keys, public, trial=True).data


@dataclass
class MadeRecording:
    """Records, messages and message keys of one part, and the ledger that holds its statements."""

    ledger: MadeLedger
    records: list[Record]
    messages: list[bytes]
    keys: list[bytes]
    manifest: Manifest
    epoch: str

    def bundle(self) -> dict[str, Any]:
        return {
            "policy": self.ledger.policy().decode(),
            "manifest": self.manifest.canonical().decode(),
            "index": Index.serialise(self.records).decode(),
            "statements": self.ledger.proofs(),
        }

    def view(self, purpose: str = "trial") -> None:
        """Somebody opens it: the statement that has to be in the ledger before any key is given."""
        at = canonical_json.instant_text(datetime.now(UTC))
        self.ledger.state("evidence.viewed", EVIDENCE, {}, actor=COURT, purpose=purpose, at=at)

    def media(self, track: int) -> list[Record]:
        return [record for record in self.records if record.kind == "media" and record.track == track]


def made_recording(
    tracks: Mapping[str, Sequence[MadeTrack]],
    events: Sequence[Event] = (),
    *,
    epoch: str = "2026-11-24T18:15:03.120Z",
    state: str = "complete",
    practice: bool = False,
) -> MadeRecording:
    """`tracks`: name → runs of media, each with an init of its own (a run's times are its fragments')."""
    ledger = MadeLedger()
    recorder = key_id(ledger.recorder.public_key().public_bytes_raw())
    declared = tuple(
        Track(number, name, "audio" if runs[0].codec == "opus" else "video", runs[0].codec)
        for number, (name, runs) in enumerate(tracks.items(), start=1)
    )
    header = Header(
        DEPLOYMENT, INTERVIEW, EVIDENCE, 1, epoch, declared,
        {"amana": "0.1.0", "aiortc": "1.16.0"}, recorder, "testimony", False, (),
    )  # fmt: skip
    sealer = _Sealer()
    sealer.add("header", 0, header.canonical(), 0, 0, True)
    wanted: list[tuple[int, int, str, int, bytes, int, bool]] = []
    for track, (name, runs) in zip(declared, tracks.items(), strict=True):
        del name
        for run in runs:
            if not run.fragments:
                continue  # declared, and never came
            first = run.fragments[0].start
            wanted.append((first, 0, "init", track.track, run.init, 0, True))
            wanted.extend(
                (one.start, 2, "media", track.track, one.content, one.duration, one.key)
                for one in run.fragments
            )
    wanted.extend((event.at, 1, "event", 0, event.canonical(), 0, True) for event in events)
    for start, _, kind, number, content, duration, key in sorted(wanted, key=lambda item: item[:2]):
        sealer.add(kind, number, content, start, duration, key)  # type: ignore[arg-type]

    key = base64.b64encode(ledger.recorder.public_key().public_bytes_raw()).decode()
    system = Actor(DEPLOYMENT, "system", "center")
    enrolled = {"key": key, "name": "room-1"}
    ledger.state("recorder.enrolled", DEPLOYMENT, enrolled, actor=system, purpose="administration")
    ledger.state("interview.opened", INTERVIEW, {"practice": practice})
    _record(ledger, sealer, recorder, state)
    return MadeRecording(
        ledger, sealer.records, sealer.messages, sealer.keys, _manifest(sealer, state), epoch
    )


def _manifest(sealer: _Sealer, state: str) -> Manifest:
    index = Index.serialise(sealer.records)
    return Manifest(
        DEPLOYMENT, INTERVIEW, EVIDENCE, 1, len(sealer.records), sealer.tree.root().hex(),
        sha256(index).hexdigest(), state,  # type: ignore[arg-type]
    )  # fmt: skip


def _record(ledger: MadeLedger, sealer: _Sealer, recorder: str, state: str) -> None:
    """The recorder's statements: begun, growing, sealed."""
    machine = Actor(recorder, "recorder", "center")
    begun = {
        "header": sealer.records[0].leaf,
        "interview": INTERVIEW,
        "not_before": {"root": sha256(b"").hexdigest(), "size": 0},
        "part": 1,
        "recorder": recorder,
        "wrap": sha256(b"wrap").hexdigest(),
    }
    ledger.state("recording.started", EVIDENCE, begun, actor=machine, at="2026-11-24T18:15:03.120Z")
    half = len(sealer.records) // 2
    progress = {"records": half, "root": RecordTree(sealer.records[:half]).root().hex()}
    ledger.state("recording.progress", EVIDENCE, progress, actor=machine, at="2026-11-24T18:15:33.120Z")
    root = sealer.tree.root().hex()
    if state == "interrupted":
        cut = {"reason": "recorder-gone", "records": len(sealer.records), "root": root}
        ledger.state("recording.interrupted", EVIDENCE, cut, actor=machine, at="2026-11-24T18:47:10.000Z")
    sealed = {
        "manifest": _manifest(sealer, state).digest,
        "records": len(sealer.records),
        "root": root,
        "state": state,
    }
    ledger.state("recording.sealed", EVIDENCE, sealed, actor=machine, at="2026-11-24T18:47:12.500Z")


class _Sealer:
    """What a recorder does with each piece of content, without disk or process."""

    def __init__(self) -> None:
        self.data_key = secrets.token_bytes(32)
        self.records: list[Record] = []
        self.messages: list[bytes] = []
        self.keys: list[bytes] = []
        self.tree = RecordTree()
        self._numbers: dict[tuple[str, int], int] = {}
        self._inits: dict[int, int] = {}

    def add(self, kind: Kind, track: int, content: bytes, start: int, duration: int, key: bool) -> None:
        group = ("", track) if track else (kind, 0)
        number = self._numbers.get(group, 0)
        self._numbers[group] = number + 1
        init = self._inits[track] if kind == "media" else None
        digest = bytes.fromhex(self.records[init].cipher) if init is not None else bytes(32)
        context = sealing.Context(
            bytes.fromhex(DEPLOYMENT), bytes.fromhex(EVIDENCE), KIND_CODES[kind], track, number, digest
        ).encode()
        salt = secrets.token_bytes(16)
        message = sealing.seal(self.data_key, context, salt, content)
        record = seal_leaf(
            index=len(self.records), kind=kind, track=track, number=number, start=start, duration=duration,
            key=key, init=init, salt=salt, content=content, message=message,
        )  # fmt: skip
        if kind == "init":
            self._inits[track] = record.index
        self.tree.append(record)
        self.records.append(record)
        self.messages.append(message)
        self.keys.append(sealing.message_key(self.data_key, context, message[:24]))


def seconds(value: float) -> int:
    """Seconds as the timeline counts them."""
    return round(value * SECOND)
