"""A small center with fixed keys, real signatures and real proofs, and the court packages it makes.

The ledger is a list of leaves with the production tree and signer over it. `Center.say` takes whatever it is
told, so that centers which lie can be built too; honest packages come from `Center.export`.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from struct import pack
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from amana.demo.device_key import DeviceKey
from chain_of_custody import verify as verifier
from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.bagit import PAYLOAD_LIST, TAG_FILES, TAG_LIST, list_bytes
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.encoding.signed_note import Note, encode_base64
from chain_of_custody.items import file_manifest
from chain_of_custody.items.excerpt import choose, paths
from chain_of_custody.items.recording_contents import Event, Header, Track
from chain_of_custody.items.recording_manifest import Index, Manifest, Record, RecordTree, seal_leaf
from chain_of_custody.items.sender import CAMERA, SAFETY, Holder, Sender
from chain_of_custody.package.writer import ExcerptPieces, FilePieces, RecordingPieces, write_court_package
from chain_of_custody.report.report import Report
from chain_of_custody.statements import statement as statements
from chain_of_custody.statements.details_commitment import details_bytes
from chain_of_custody.statements.types import SEALS
from chain_of_custody.tlog import merkle
from chain_of_custody.tlog.checkpoint import Checkpoint, LocalSigner
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.policy import TrustPolicy

DEPLOYMENT, CASE, OTHER_CASE, INTERVIEW = "d0" * 16, "c0" * 16, "c1" * 16, "10" * 16
EVIDENCE, SECOND_EVIDENCE = "e0" * 16, "e1" * 16
PROSECUTOR = statements.Actor("a0" * 16, "prosecutor", "prosecution")
SYSTEM = statements.Actor(DEPLOYMENT, "system", "center")
EPOCH = "2026-11-24T20:15:03.120Z"
A_MINUTE_LATER = "2026-11-24T20:16:03.120Z"
SECOND = 1_000_000
TRACKS = (
    Track(1, "wide", "video", "avc1.42e01f"),
    Track(2, "close", "video", "avc1.42e01f"),
    Track(3, "microphone", "audio", "opus"),
)


ROOM, COLLEAGUE = DeviceKey.numbered(0x52), DeviceKey.numbered(0x43)
"""The devices: the enrolled machine of the room, and another person's browser."""
ROOM_HOLDER, COLLEAGUE_HOLDER = Holder("de" * 16, "room", "room-1"), Holder("cc" * 16, "person", "Person C")


def sender(
    camera: str = "wide",
    device: DeviceKey = ROOM,
    holder: Holder = ROOM_HOLDER,
    *,
    interview: str = INTERVIEW,
    evidence: str | None = None,
    use: str = CAMERA,
) -> Sender:
    """A device that sends a camera, with the certificate of a connection of its own."""
    fingerprint = sha256(f"certificate {camera} {device.public.hex()}".encode()).hexdigest()
    nonce = sha256(f"nonce {camera} {evidence}".encode()).hexdigest()[:32]
    challenge = {"at": EPOCH, "evidence": evidence, "nonce": nonce}
    return Sender(camera, holder, "local", device.prove(interview, camera, fingerprint, challenge, use))


def key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


@dataclass
class Recording:
    """A recording as its recorder made it: records, and what `opened.jsonl` needs."""

    evidence: str = EVIDENCE
    part: int = 1
    header: Header | None = None
    records: list[Record] = field(default_factory=list)
    opened: list[tuple[Record, bytes, bytes]] = field(default_factory=list)
    state: str = "complete"
    beside: str | None = None
    senders: tuple[Sender, ...] | None = None
    """None: the room's machine, for each camera."""
    _next: dict[int, int] = field(default_factory=dict)
    _inits: dict[int, int] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        content: bytes,
        track: int = 0,
        start: int = 0,
        duration: int = 0,
        key: bool = True,  # as in a record: whether it can be played from here on
    ) -> Record:
        index = len(self.records)
        number = 0 if kind == "header" else self._next.get(track, 0)
        salt = sha256(f"salt {self.evidence} {index}".encode()).digest()[:16]
        record = seal_leaf(
            index=index,
            kind=kind,
            track=track,
            number=number,
            start=start,
            duration=duration,
            key=key,
            init=self._inits.get(track) if kind == "media" else None,
            salt=salt,
            content=content,
            message=b"sealed " + content,
        )
        if kind != "header":
            self._next[track] = number + 1
        if kind == "init":
            self._inits[track] = index
        self.records.append(record)
        self.opened.append((record, salt, content))
        return record

    def sent_by(self) -> tuple[Sender, ...]:
        """The senders in the header."""
        if self.senders is not None:
            return self.senders
        if self.beside is not None:
            return (sender(evidence=self.beside, use=SAFETY),)
        return (sender("wide"), sender("close"))

    def event(self, type_: str, at: int, **fields: Any) -> Record:
        return self.add("event", Event(type_, at, fields).canonical(), start=at)

    @property
    def index(self) -> bytes:
        return Index.serialise(self.records)

    def root(self, size: int | None = None) -> str:
        return RecordTree(self.records[:size]).root().hex()

    @property
    def manifest(self) -> Manifest:
        return Manifest(
            deployment=DEPLOYMENT,
            interview=INTERVIEW,
            evidence=self.evidence,
            part=self.part,
            records=len(self.records),
            root=self.root(),
            index=sha256(self.index).hexdigest(),
            state=self.state,
        )

    def pieces(self) -> RecordingPieces:
        return RecordingPieces(self.manifest.canonical(), self.index, iter(self.opened))

    def excerpt(self, begin: int, end: int) -> ExcerptPieces:
        assert self.header is not None
        return self.excerpt_of(choose(self.records, self.header, begin, end))

    def excerpt_of(self, chosen: Sequence[Record]) -> ExcerptPieces:
        """Whatever records: choosing badly is possible too."""
        found = paths((bytes.fromhex(record.leaf) for record in self.records), chosen)
        given = [(*self.opened[record.index], path) for record, path in zip(chosen, found, strict=True)]
        return ExcerptPieces(self.manifest.canonical(), iter(given))


OF_KIND: Mapping[str, Mapping[str, Any]] = {
    "photograph": {"intimate": False},
    "received": {"source": "person"},
}
"""Kind of file → what the statement that seals it says besides, unless it is told otherwise."""


@dataclass
class File(Recording):
    """A photograph, document or received file as a center sealed it. `body`: bytes of the file, in pieces of
    `piece`; `made`: pictures made from it, by their tracks; `told`: what its event says that is otherwise."""

    evidence: str = "f0" * 16
    file_kind: str = "photograph"
    format: str = "jpeg"
    name: str = "exam.jpg"
    body: bytes = b""
    piece: int = 64
    made: Mapping[int, bytes] = field(default_factory=dict)
    case: str = CASE
    told: Mapping[str, Any] = field(default_factory=dict)

    def write(self, **header: Any) -> None:
        """Its records: header, pieces, event, and the pictures made from it."""
        fields = {
            "case": self.case,
            "deployment": DEPLOYMENT,
            "evidence": self.evidence,
            "kind": self.file_kind,
            "purpose": "examination",
            "software": {"amana": "1"},
        }
        self.add("header", file_manifest.FileHeader(**fields | header).canonical())  # type: ignore[arg-type]
        self._pieces(file_manifest.ORIGINAL, self.body)
        told = {
            "name": self.name,
            "size": len(self.body),
            "sha256": sha256(self.body).hexdigest(),
            "format": self.format,
            "read": {"height": 1, "width": 1},
        }
        self.event("file", 0, **told | self.told)
        for track, content in self.made.items():
            self._pieces(track, content)

    def _pieces(self, track: int, content: bytes) -> None:
        for at in range(0, len(content), self.piece):
            self.add("piece", content[at : at + self.piece], track)

    @property
    def manifest(self) -> file_manifest.FileManifest:  # type: ignore[override]
        return file_manifest.FileManifest(
            deployment=DEPLOYMENT,
            case=self.case,
            evidence=self.evidence,
            kind=self.file_kind,  # type: ignore[arg-type]
            records=len(self.records),
            root=self.root(),
            index=sha256(self.index).hexdigest(),
        )

    def sealed(self, number: int = 1) -> dict[str, Any]:
        """What the body of every statement that seals a file says of it."""
        return {
            "format": self.format,
            "manifest": self.manifest.digest,
            "number": number,
            "records": len(self.records),
            "root": self.root(),
            "wrap": "77" * 32,
        }

    def pieces(self) -> FilePieces:  # type: ignore[override]
        return FilePieces(self.manifest.canonical(), self.index, self.format, iter(self.opened))


@dataclass
class Derivative(File):
    """A film that a center made from `sources`, each as its statement has it. `recipe`: what its recipe says
    that is otherwise; `spell`: the recipe in other bytes."""

    evidence: str = "fd" * 16
    file_kind: str = "derivative"
    format: str = "mp4"
    name: str = "composed.mp4"
    body: bytes = b"a film that was composed;of pictures and sound"
    kind: str = "composed-film"
    sources: Sequence[Mapping[str, Any]] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    spell: Callable[[bytes], bytes] = lambda recipe: recipe

    def write(self, **header: Any) -> None:
        """As a file's records, and last its recipe."""
        super().write(**header)
        self.add("piece", self.spell(canonical_json.serialise(self.says | self.recipe)), file_manifest.RECIPE)

    @property
    def says(self) -> dict[str, Any]:
        """The recipe as it should be."""
        inputs = [
            {"name": f"{one['evidence']}/wide.mp4", "sha256": "11" * 32, "size": 100} for one in self.sources
        ]
        return {
            "arguments": ["-i", inputs[0]["name"], "original.mp4"] if inputs else [],
            "edits": {"tracks": ["wide"]},
            "inputs": inputs,
            "kind": self.kind,
            "output": {
                "name": "original.mp4",
                "sha256": sha256(self.body).hexdigest(),
                "size": len(self.body),
            },
            "program": {"name": "ffmpeg", "sha256": "22" * 32, "version": "7.1"},
            "sources": list(self.sources),
            "v": 1,
        }


def source(item: Recording, begin: int | None = None, end: int | None = None, **other: Any) -> dict[str, Any]:
    """What a derivative was made from: all of an item, or a recording from `begin` to `end`."""
    excerpt = None if begin is None else {"from": begin, "to": end}
    return {"evidence": item.evidence, "excerpt": excerpt, "manifest": item.manifest.digest} | other


@dataclass(frozen=True)
class Cut:
    """An item to export: an excerpt of a recording, from `begin` to `end` in µs."""

    recording: Recording
    begin: int
    end: int


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack("!I4s", 8 + len(body), kind) + body


def init_segment(track: int, words: str) -> bytes:
    """Boxes as a recorder's init segment has them, with words in the place of what only players read."""
    return box(b"ftyp", b"iso6") + box(
        b"moov",
        box(b"mvhd", bytes(96), pack("!I", track + 1)),
        box(b"trak", words.encode()),
        box(b"mvex", box(b"trex", pack("!I", track))),
    )


class Center:
    """A center. `seed` makes its keys; another seed is another center that claims the same deployment."""

    def __init__(self, seed: int = 1, third_parties: ThirdParties | None = None) -> None:
        self.center_key, self.recorder_key = key(seed), key(seed + 1)
        self.signer = LocalSigner(
            key(seed + 2),
            MLDSA44PrivateKey.from_seed_bytes(bytes([seed + 3]) * 32),
            f"amana/{DEPLOYMENT}",
            now=lambda: 1_795_550_000,
        )
        self.policy = TrustPolicy.make(
            self.signer.keys,
            public(self.center_key),
            trial=True,
            third_parties=third_parties or ThirdParties(),
        )
        self.witnesses: list[Cosigner] = []
        self.details: dict[int, bytes] = {}
        self.leaves: list[bytes] = []
        self.heads: dict[str, statements.Head] = {}
        self.in_folder: dict[int, bytes] = {}
        self._notes: dict[int, bytes] = {}
        self._files: Counter[str] = Counter()

    def say(
        self,
        type_: str,
        evidence: str,
        body: Mapping[str, Any],
        *,
        case: str | None = CASE,
        signer: Ed25519PrivateKey | None = None,
        actor: statements.Actor = PROSECUTOR,
        details: Mapping[str, Any] | None = None,
        beside: Callable[[bytes], Sequence[Any]] = lambda message: (),
        change: Callable[[statements.Statement], statements.Statement] = lambda statement: statement,
        spell: Callable[[bytes], bytes] = lambda leaf: leaf,
        into_folder: bool = True,
    ) -> int:
        """Append a statement; its position. `change` and `spell` are for centers that lie."""
        recorded = type_.startswith("recording.")
        position = len(self.leaves)
        commitment = None
        if details is not None:
            salt = sha256(f"details {position}".encode()).digest()[:16]
            commitment, _ = statements.commit_details(details, salt)
            self.details[position] = details_bytes(details, salt)
        statement = statements.follow(
            self.heads.get(evidence),
            type=type_,
            evidence=evidence,
            case=case,
            actor=actor,
            at=f"2026-11-24T{10 + len(self.leaves) // 60:02}:{len(self.leaves) % 60:02}:00.000Z",
            purpose="investigation",
            body=body,
            details=commitment,
        )
        private = signer or (self.recorder_key if recorded else self.center_key)
        statement = change(statement)
        leaf = spell(statements.sign(statement, private, beside=beside(statement.signed_message())))
        self.leaves.append(leaf)
        self.heads[evidence] = statements.Head(statement.number, merkle.leaf_hash(leaf))
        if into_folder:
            self.in_folder[position] = leaf
        return position

    def enrol(self, recorder: Ed25519PrivateKey | None = None, **options: Any) -> int:
        body = {"key": encode_base64(public(recorder or self.recorder_key)), "name": "room-1"}
        return self.say("recorder.enrolled", DEPLOYMENT, body, case=None, actor=SYSTEM, **options)

    def open_interview(self, **options: Any) -> int:
        return self.say("interview.opened", INTERVIEW, {"practice": False}, **options)

    def start(self, recording: Recording, software: str = "1", epoch: str = EPOCH, **options: Any) -> None:
        """Begin a recording: its header, and the statement."""
        recorder = statements.key_id(public(options.get("signer") or self.recorder_key))
        recording.header = Header(
            deployment=DEPLOYMENT,
            interview=INTERVIEW,
            evidence=recording.evidence,
            part=recording.part,
            epoch=epoch,
            tracks=TRACKS,
            software={"amana": software},
            recorder=recorder,
            purpose="investigation",
            practice=False,
            senders=recording.sent_by(),
        )
        header = recording.add("header", recording.header.canonical())
        size = len(self.leaves)
        body = {
            "header": header.leaf,
            "interview": INTERVIEW,
            "not_before": {"root": merkle.root_of(map(merkle.leaf_hash, self.leaves)).hex(), "size": size},
            "part": recording.part,
            "recorder": recorder,
            "wrap": "77" * 32,
        }
        body |= {} if recording.beside is None else {"beside": recording.beside}
        self.say("recording.started", recording.evidence, body, **options)

    def progress(self, recording: Recording, **wrong: Any) -> None:
        body = {"records": len(recording.records), "root": recording.root()} | wrong
        self.say("recording.progress", recording.evidence, body)

    def seal(self, recording: Recording, **wrong: Any) -> None:
        body = {"records": len(recording.records), "root": recording.root()}
        if recording.state == "interrupted":
            self.say("recording.interrupted", recording.evidence, {"reason": "power", **body})
        body |= {"manifest": recording.manifest.digest, "state": recording.state} | wrong
        self.say("recording.sealed", recording.evidence, body)

    def seal_file(self, file: File, type_: str | None = None, **wrong: Any) -> int:
        """The statement that seals this kind of file."""
        self._files[file.file_kind] += 1
        body = file.sealed(self._files[file.file_kind])
        body |= OF_KIND.get(file.file_kind, {})
        if isinstance(file, Derivative):
            body |= {"kind": file.kind, "sources": list(file.sources)}
        return self.say(type_ or SEALS[file.file_kind], file.evidence, body | wrong)

    def checkpoint(self, size: int) -> Checkpoint:
        root = merkle.root_of(map(merkle.leaf_hash, self.leaves[:size]))
        return Checkpoint(f"amana/{DEPLOYMENT}", size, root)

    def note(self, size: int) -> bytes:
        if size not in self._notes:
            checkpoint = self.checkpoint(size)
            note = Note.parse(self.signer.sign_checkpoint(checkpoint))
            lines = [line for witness in self.witnesses for line in witness.cosign(checkpoint, 1_795_550_060)]
            self._notes[size] = note.with_signatures(lines).serialise()
        return self._notes[size]

    def consistency(self, size: int) -> bytes:
        """That the tree of `size` begins the one of now."""
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves]
        proof = merkle.consistency_proof(hashes, size, len(hashes))
        return ConsistencyFile(size, merkle.root_of(hashes[:size]), tuple(proof)).serialise()

    def prove(self, position: int, size: int | None = None) -> bytes:
        size = len(self.leaves) if size is None else size
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves]
        path = merkle.inclusion_proof(hashes, position, size)
        return TlogProof(position, tuple(path), self.note(size)).serialise()

    def exported(self, package: str, excerpt: Cut | None = None, **wrong: Any) -> dict[str, Any]:
        """The body of an `evidence.exported`."""
        registry = self.heads[DEPLOYMENT].number if DEPLOYMENT in self.heads else 0
        extent = None if excerpt is None else {"from": excerpt.begin, "to": excerpt.end}
        return {"excerpt": extent, "package": package, "registry": registry} | wrong

    def export(
        self,
        folder: Path,
        items: Sequence[Recording | Cut],
        *,
        viewing_copies: bool = True,
        documents: Mapping[str, bytes] | None = None,
        stamp: Callable[[Checkpoint], Mapping[str, bytes]] | None = None,
    ) -> Path:
        """A court package with every statement so far that is meant for it.

        `stamp`: gives the responses of authorities over a checkpoint, by their names."""
        prepared = write_court_package(
            folder,
            items=[
                item.recording.excerpt(item.begin, item.end) if isinstance(item, Cut) else item.pieces()
                for item in items
            ],
            statements=dict(self.in_folder),
            policy=self.policy.data,
            details={n: content for n, content in self.details.items() if n in self.in_folder},
            documents=documents,
            viewing_copies=viewing_copies,
        )
        digest = prepared.package_digest()
        exported = [
            self.say(
                "evidence.exported",
                item.recording.evidence if isinstance(item, Cut) else item.evidence,
                self.exported(digest, item if isinstance(item, Cut) else None),
            )
            for item in items
        ]
        size = len(self.leaves)
        stamps = (
            {} if stamp is None else {(size, by): one for by, one in stamp(self.checkpoint(size)).items()}
        )
        trees = prepared.earlier_trees() | {size for size, _ in stamps}
        return prepared.finish(
            {position: self.in_folder[position] for position in exported},
            {position: self.prove(position) for position in self.in_folder},
            {size: self.consistency(size) for size in trees},
            stamps,
        )


def record_seconds(center: Center, recording: Recording, seconds: int = 5) -> None:
    """Three tracks for some seconds; the wide camera changes its picture size after two."""
    for track in TRACKS:
        recording.add("init", init_segment(track.track, f"init {track.name}"), track.track)
    for second in range(seconds):
        if second == 2:
            recording.event("size", second * SECOND, track=1, width=640, height=360)
            recording.add("init", init_segment(1, "second init wide"), 1, second * SECOND)
        for track in TRACKS:
            content = f"{track.name} second {second} ".encode() * (20 + second)
            recording.add("media", content, track.track, second * SECOND, SECOND)
        if second == 3:
            recording.event("mark", second * SECOND, text="she names him")
            center.progress(recording)


def begin(center: Center, recording: Recording, *, enrol: bool = True) -> None:
    if enrol:
        center.enrol()
    center.open_interview()
    center.start(recording)
    record_seconds(center, recording)


def honest_package(folder: Path, center: Center | None = None, **options: Any) -> tuple[Center, Path]:
    """One complete recording, viewed once, exported whole."""
    center, recording = sealed_recording(center)
    return center, center.export(folder, [recording], **options)


def honest_excerpt(folder: Path, center: Center | None = None, **options: Any) -> tuple[Center, Path]:
    """The same, of which the second from 2.5 s on is exported."""
    center, recording = sealed_recording(center)
    return center, center.export(folder, [Cut(recording, 2_500_000, 3_500_000)], **options)


def sealed_recording(center: Center | None = None) -> tuple[Center, Recording]:
    center = center or Center()
    recording = Recording()
    begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", EVIDENCE, {}, details={"name": "Person L", "why": "to prepare"})
    return center, recording


def verify(folder: Path, registered: TrustPolicy | None = None, workers: int | None = None) -> Report:
    """The verifier, on a package that lies in a folder."""
    return verifier.verify(FolderSource(folder), registered, workers)


# What somebody does who alters a package.


def copy_of(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to, symlinks=True))


def list_again(folder: Path) -> None:
    """Make the bag's lists anew, as anybody can."""
    payload = {}
    for path in sorted(folder.glob("data/**/*")):
        if path.is_file():
            payload[path.relative_to(folder).as_posix()] = sha256(path.read_bytes()).hexdigest()
    (folder / PAYLOAD_LIST).write_bytes(list_bytes(payload))
    size = sum((folder / path).stat().st_size for path in payload)
    info = (folder / "bag-info.txt").read_text().splitlines()[:2]
    (folder / "bag-info.txt").write_text("\n".join([*info, f"Payload-Oxum: {size}.{len(payload)}"]) + "\n")
    list_tags_again(folder)


def list_tags_again(folder: Path) -> None:
    tags = {name: sha256((folder / name).read_bytes()).hexdigest() for name in TAG_FILES}
    (folder / TAG_LIST).write_bytes(list_bytes(tags))


def flip(path: Path, at: int = 0, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def substitute(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data, (path, old)
    path.write_bytes(data.replace(old, new, 1))


def files_of(folder: Path, pattern: str) -> Iterator[Path]:
    found = sorted(folder.glob(pattern))
    assert found, pattern
    yield from found


__all__ = [name for name in globals() if not name.startswith("_")] + ["replace"]
