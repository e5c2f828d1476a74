"""A center in a folder: keys, a real ledger in memory, and the spool of its recorders.

Statements are signed, chained, appended and proved as in production. There is no database, which no section
measures.
"""

from __future__ import annotations

import asyncio
import base64
import io
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from casework.recording.ticket import NotBefore, RecordingTicket
from casework.sealing.sealing_context import context_of
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import StorageConflict
from chain_of_custody.items.record import SALT_SIZE, Record
from chain_of_custody.package.writer import RecordingPieces, write_court_package
from chain_of_custody.statements.keys import key_id
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, follow, sign
from chain_of_custody.tlog.checkpoint import LocalSigner, open_checkpoint
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.ledger import Ledger, Receipt
from chain_of_custody.trust.policy import TrustPolicy
from vault.sealing import key_wrapping, sealing
from vault.spool.reader import SpoolReader

DEPLOYMENT, CASE = "d0" * 16, "c0" * 16
NOW = "2026-11-24T20:15:03.120Z"
PROSECUTOR = Actor("a0" * 16, "prosecutor", "prosecution")
SYSTEM = Actor(DEPLOYMENT, "system", "center")


def new_id() -> str:
    """Return a random id for an interview or a recording."""
    return secrets.token_hex(16)


class MemoryStorage:
    """Storage of a ledger, in memory."""

    def __init__(self) -> None:
        self._note: bytes | None = None
        self._leaves: list[bytes] = []
        self._subtrees: dict[tuple[int, int], bytes] = {}

    def checkpoint(self) -> bytes | None:
        return self._note

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        if self._note != previous or first_index != len(self._leaves):
            raise StorageConflict("the stored checkpoint is another one")
        self._leaves += entries
        self._subtrees.update(((level, index), value) for level, index, value in nodes)
        self._note = checkpoint

    def entries(self, indices: Sequence[int]) -> list[bytes]:
        return [self._leaves[index] for index in indices]

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()

    def nodes(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        return [self._subtrees[place] for place in places]


class Center:
    """Keys, ledger and spool of one deployment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = folder / "spool"
        self.spool.mkdir(parents=True, exist_ok=True)
        self.recorder_key = Ed25519PrivateKey.generate()
        self._center_key = Ed25519PrivateKey.generate()
        self._seed = key_wrapping.generate_seed()
        self._vault_public = key_wrapping.WrappingKey(self._seed).public
        signer = LocalSigner(
            Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate(), f"amana/{DEPLOYMENT}"
        )
        self.ledger = Ledger(MemoryStorage(), signer, signer.keys)
        self.policy = TrustPolicy.make(
            signer.keys, self._center_key.public_key().public_bytes_raw(), trial=True
        )
        self._log_keys = signer.keys
        self._chains: dict[str, dict[int, bytes]] = {}
        public = self.recorder_key.public_key().public_bytes_raw()
        self._recorder = key_id(public)
        self.say(
            "recorder.enrolled", DEPLOYMENT, {"key": encode_base64(public), "name": "bench"}, SYSTEM, None
        )

    def socket(self, interview: str) -> Path:
        """Return the path of the socket of an interview's child: relative, since it may have at most 107
        bytes."""
        return Path(os.path.relpath(self.folder / f"{interview[:8]}.sock"))

    # --- statements --------------------------------------------------------------------------------------

    def head(self, evidence: str) -> Head | None:
        """Return the last statement of a chain."""
        chain = self._chains.get(evidence)
        return SignedStatement.parse(chain[max(chain)]).head if chain else None

    def last_type(self, evidence: str) -> str | None:
        """Return the type of the last statement of a chain."""
        chain = self._chains.get(evidence)
        return SignedStatement.parse(chain[max(chain)]).statement.type if chain else None

    def append(self, leaf: bytes) -> Receipt:
        """Append a signed statement to the ledger."""
        receipt = self.ledger.append([leaf])[0]
        evidence = SignedStatement.parse(leaf).statement.evidence
        self._chains.setdefault(evidence, {})[receipt.index] = leaf
        return receipt

    def say(
        self,
        type_: str,
        evidence: str,
        body: Mapping[str, Any],
        actor: Actor = PROSECUTOR,
        case: str | None = CASE,
    ) -> Receipt:
        """Sign and append a statement of a person or of the system."""
        head = self.head(evidence)
        statement = follow(
            head, type=type_, evidence=evidence, case=case, actor=actor, at=NOW, purpose="investigation",
            body=body,
        )  # fmt: skip
        return self.append(sign(statement, self._center_key))

    def open_interview(self) -> str:
        """Open an interview in the ledger; return its id."""
        interview = new_id()
        self.say("interview.opened", interview, {"practice": False})
        return interview

    def ticket(self, interview: str) -> RecordingTicket:
        """Return a ticket to record one part of an interview."""
        newest = open_checkpoint(self.ledger.checkpoint(), self._log_keys)
        return RecordingTicket(
            deployment=DEPLOYMENT,
            case=CASE,
            interview=interview,
            evidence=new_id(),
            part=1,
            vault_public=self._vault_public,
            escrow_public=None,
            recorder=self._recorder,
            actor=Actor(self._recorder, "recorder", "center"),
            purpose="investigation",
            epoch=NOW,
            practice=False,
            not_before=NotBefore(newest.size, newest.root.hex()),
        )

    def answer(self, op: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request of a recorder child to the web process (`casework.recording.channel`)."""
        if op == "head":
            head = self.head(message["evidence"])
            return {"head": head and {"number": head.number, "leaf_hash": head.leaf_hash.hex()}}
        receipt = self.append(base64.b64decode(message["leaf"]))
        receipt_fields = {"index": receipt.index, "leaf_hash": receipt.leaf_hash.hex(), "size": receipt.size}
        return {"receipt": receipt_fields}

    # --- recordings --------------------------------------------------------------------------------------

    def opened(self, evidence: str) -> Iterator[tuple[Record, bytes, bytes]]:
        """Yield every record of a sealed part with its salt and content, decrypted from the spool."""
        reader = SpoolReader(self.spool, evidence)
        info = key_wrapping.wrap_info(bytes.fromhex(DEPLOYMENT), bytes.fromhex(evidence))
        data_key = key_wrapping.unwrap(reader.file("wrap"), self._seed, info)
        records: list[Record] = []
        for _, frame in reader.frames():
            records.append(Record.parse(frame.record))
            context = context_of(DEPLOYMENT, evidence, records[-1], records)
            plain = sealing.open_message(data_key, context, frame.message)
            yield records[-1], plain[:SALT_SIZE], plain[SALT_SIZE:]

    def films(self, evidence: str) -> dict[int, io.BytesIO]:
        """Return each track of a sealed part as a film: its header and all fragments, by track number."""
        films: dict[int, io.BytesIO] = {}
        for record, _, content in self.opened(evidence):
            if record.kind in ("init", "media"):
                films.setdefault(record.track, io.BytesIO()).write(content)
        return films

    def export(self, interview: str, evidence: str, folder: Path, *, viewing_copies: bool = True) -> Path:
        """Write a court package of one whole sealed part."""
        reader = SpoolReader(self.spool, evidence)
        statements = {**self._chains[DEPLOYMENT], **self._chains[interview], **self._chains[evidence]}
        manifest = reader.file("manifest")
        prepared = write_court_package(
            folder,
            items=[RecordingPieces(manifest, reader.file("index"), self.opened(evidence))],
            statements=statements,
            policy=self.policy.data,
            viewing_copies=viewing_copies,
        )
        registry = len(self._chains[DEPLOYMENT]) - 1
        body = {"excerpt": None, "package": prepared.package_digest(), "registry": registry}
        receipt = self.say("evidence.exported", evidence, body)
        exported = {receipt.index: self._chains[evidence][receipt.index]}
        proofs = {position: self.ledger.inclusion(position) for position in {**statements, **exported}}
        size = open_checkpoint(proofs[receipt.index].checkpoint_note, self.policy.log_keys).size
        trees = {
            earlier: ConsistencyFile(
                earlier, self.ledger.root(earlier), tuple(self.ledger.consistency(earlier, size))
            ).serialise()
            for earlier in prepared.earlier_trees()
        }
        spelled = {position: proof.serialise() for position, proof in proofs.items()}
        return prepared.finish(exported, spelled, trees)


class LocalPort:
    """The ledger for a writer in this process: `casework.recording.statement_outbox.LedgerPort`."""

    def __init__(self, center: Center, evidence: str) -> None:
        self._center = center
        self._evidence = evidence

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        leaf = build(self._center.head(self._evidence))
        return await asyncio.to_thread(self._center.append, leaf)
