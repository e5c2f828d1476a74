"""The example that docs/spec/statement.md, manifest.md and court-package.md work through, made from its keys.

One center, one interview, one recording of two seconds on one track, viewed once, exported once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from amana.demo.device_key import DeviceKey
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.excerpt import Excerpt, choose, paths
from chain_of_custody.items.recording_contents import Event, Header, Track
from chain_of_custody.items.recording_manifest import Index, Kind, Manifest, Record, RecordTree, seal_leaf
from chain_of_custody.items.sender import Holder, Sender
from chain_of_custody.package.writer import RecordingPieces, write_court_package
from chain_of_custody.statements import statement as statements
from chain_of_custody.statements.details_commitment import details_bytes
from chain_of_custody.tlog import merkle
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy

DEPLOYMENT = "0123456789abcdef0123456789abcdef"
CASE = "ca5e0000000000000000000000000001"
INTERVIEW = "17e00000000000000000000000000001"
EVIDENCE = "e71d0000000000000000000000000001"
PROSECUTOR = statements.Actor("be750000000000000000000000000001", "prosecutor", "public-prosecution")
SYSTEM = statements.Actor(DEPLOYMENT, "system", "one-stop-center")
DETAILS = {"place": "Ramallah", "present": ["prosecutor", "interpreter"]}
DETAILS_SALT = bytes(range(16))
SECOND = 1_000_000


def ed25519(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


CENTER, RECORDER = ed25519(2), ed25519(3)
SIGNER = LocalSigner(
    ed25519(1),
    MLDSA44PrivateKey.from_seed_bytes(b"\x01" * 32),
    f"amana/{DEPLOYMENT}",
    now=lambda: 1_795_550_000,
)


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


POLICY = TrustPolicy.make(SIGNER.keys, public(CENTER), trial=True)
CERTIFICATE = sha256(b"DTLS certificate of the room").hexdigest()
CHALLENGE = {"at": "2026-11-24T20:14:31.000Z", "evidence": None, "nonce": "90ce0000000000000000000000000001"}
PROOF = DeviceKey.numbered(4).prove(INTERVIEW, "wide", CERTIFICATE, CHALLENGE)
SIGNED = PROOF.message(INTERVIEW, "wide")
SENDER = Sender("wide", Holder("de71ce00000000000000000000000001", "room", "room-1"), "local", PROOF)
HEADER = Header(
    deployment=DEPLOYMENT,
    interview=INTERVIEW,
    evidence=EVIDENCE,
    part=1,
    epoch="2026-11-24T20:15:03.120Z",
    tracks=(Track(1, "wide", "video", "avc1.42e01f"),),
    software={"amana": "0.1.0"},
    recorder=statements.key_id(public(RECORDER)),
    purpose="investigation",
    practice=False,
    senders=(SENDER,),
)
EVENT = Event("mark", 500_000, {"text": "the door"})


@dataclass
class Example:
    leaves: list[bytes]
    opened: list[tuple[Record, bytes, bytes]]
    details: str

    @property
    def records(self) -> list[Record]:
        return [record for record, _, _ in self.opened]

    @property
    def index(self) -> bytes:
        return Index.serialise(self.records)

    @property
    def manifest(self) -> Manifest:
        return Manifest(
            deployment=DEPLOYMENT,
            interview=INTERVIEW,
            evidence=EVIDENCE,
            part=1,
            records=len(self.records),
            root=RecordTree(self.records).root().hex(),
            index=sha256(self.index).hexdigest(),
            state="complete",
        )


def excerpt(begin: int, end: int) -> bytes:
    """`records.jsonl` of an excerpt of it."""
    every = [record for record, _, _ in records()]
    chosen = choose(every, HEADER, begin, end)
    return Excerpt.serialise(chosen, paths((bytes.fromhex(record.leaf) for record in every), chosen))


def init_segment(track: int) -> bytes:
    """Boxes as an init segment has them, each with as little in it as may be."""

    def box(kind: bytes, *parts: bytes) -> bytes:
        return (8 + sum(map(len, parts))).to_bytes(4, "big") + kind + b"".join(parts)

    number = track.to_bytes(4, "big")
    moov = (
        box(b"mvhd", b"head of %d" % track, (track + 1).to_bytes(4, "big")),
        box(b"trak", b"track %d" % track),
        box(b"mvex", box(b"trex", number)),
    )
    return box(b"ftyp", b"iso6") + box(b"moov", *moov)


def records() -> list[tuple[Record, bytes, bytes]]:
    pieces: list[tuple[Kind, int, int, int, int, int | None, bytes]] = [
        # kind, track, number, start, duration, init, content
        ("header", 0, 0, 0, 0, None, HEADER.canonical()),
        ("init", 1, 0, 0, 0, None, b"init segment of wide;"),
        ("media", 1, 1, 0, SECOND, 1, b"first second;"),
        ("event", 0, 0, EVENT.at, 0, None, EVENT.canonical()),
        ("media", 1, 2, SECOND, SECOND, 1, b"next second;"),
    ]
    made = []
    for index, (kind, track, number, start, duration, init, content) in enumerate(pieces):
        salt = bytes([index]) * 16
        record = seal_leaf(
            index=index,
            kind=kind,
            track=track,
            number=number,
            start=start,
            duration=duration,
            key=True,
            init=init,
            salt=salt,
            content=content,
            message=f"sealed message {index}".encode(),
        )
        made.append((record, salt, content))
    return made


def build(folder: Path) -> Example:
    """The example's statements and records; its court package is written to `folder`."""
    commitment, _ = statements.commit_details(DETAILS, DETAILS_SALT)
    example = Example([], records(), commitment)
    heads: dict[str, statements.Head] = {}

    def say(type_: str, evidence: str, body: dict[str, Any], **fields: Any) -> int:
        common = {"case": CASE, "actor": PROSECUTOR, "purpose": "investigation"}
        statement = statements.follow(
            heads.get(evidence),
            type=type_,
            evidence=evidence,
            at=f"2026-11-24T20:{15 + len(example.leaves)}:03.000Z",
            body=body,
            **(common | fields),
        )
        leaf = statements.sign(statement, RECORDER if type_.startswith("recording.") else CENTER)
        example.leaves.append(leaf)
        heads[evidence] = statements.SignedStatement.parse(leaf).head
        return len(example.leaves) - 1

    key = {"key": encode_base64(public(RECORDER)), "name": "room-1"}
    say("recorder.enrolled", DEPLOYMENT, key, case=None, actor=SYSTEM, purpose="operation")
    say("interview.opened", INTERVIEW, {"practice": False}, details=commitment)
    before = merkle.root_of(map(merkle.leaf_hash, example.leaves)).hex()
    started = {
        "header": example.records[0].leaf,
        "interview": INTERVIEW,
        "not_before": {"root": before, "size": 2},
        "part": 1,
        "recorder": HEADER.recorder,
        "wrap": sha256(b"wrapped key").hexdigest(),
    }
    say("recording.started", EVIDENCE, started)
    prefix = RecordTree(example.records[:3]).root().hex()
    say("recording.progress", EVIDENCE, {"records": 3, "root": prefix})
    manifest = example.manifest
    sealed = {"records": manifest.records, "root": manifest.root, "state": manifest.state}
    say("recording.sealed", EVIDENCE, {"manifest": manifest.digest, **sealed})
    say("evidence.viewed", EVIDENCE, {}, purpose="court")
    prepared = write_court_package(
        folder,
        items=[RecordingPieces(manifest.canonical(), example.index, iter(example.opened))],
        statements=dict(enumerate(example.leaves)),
        policy=POLICY.data,
        details={1: details_bytes(DETAILS, DETAILS_SALT)},
        viewing_copies=False,  # the films of the example are words, not boxes
        today=date(2026, 11, 24),
    )
    exported = {"excerpt": None, "package": prepared.package_digest(), "registry": 0}
    position = say("evidence.exported", EVIDENCE, exported, purpose="court")
    hashes = [merkle.leaf_hash(leaf) for leaf in example.leaves]
    note = SIGNER.sign_checkpoint(Checkpoint(f"amana/{DEPLOYMENT}", len(hashes), merkle.root_of(hashes)))
    proofs = {
        index: TlogProof(index, tuple(merkle.inclusion_proof(hashes, index, len(hashes))), note).serialise()
        for index in range(len(hashes))
    }
    consistency = ConsistencyFile(
        2, merkle.root_of(hashes[:2]), tuple(merkle.consistency_proof(hashes, 2, len(hashes)))
    )
    prepared.finish({position: example.leaves[position]}, proofs, {2: consistency.serialise()})
    return example
