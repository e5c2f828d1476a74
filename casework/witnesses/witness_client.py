"""Client of a witness: submit a checkpoint, and verify the answer.

No answer of a witness is trusted: its lines are verified before they are stored, and a contradiction is an
alarm only if our ledger really does not match what the witness shows. The network is injected (`Ask`).

Specification: docs/spec/witnessing.md, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from casework.database.engine import Sessions
from casework.witnesses import alarms
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.encoding.signed_note import Note, Signature, VerifierKey
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys
from chain_of_custody.tlog.ledger import Ledger
from chain_of_custody.trust.cosignatures import verify_cosignature
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.witness import AddCheckpoint, KnownLog, parse_cosignatures, parse_size

ATTEMPTS = 12
"""Requests to one witness about one checkpoint: its size may differ from the one we stored, and may change
again while a witness that was away handles the pending requests of our other processes."""


class WitnessUnreachable(Exception):  # named for the condition
    """No usable answer; `code`: `unreachable`, `too-slow`, `too-long`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """The HTTP response of a witness: status code and body."""

    status: int
    body: bytes


class Ask(Protocol):
    """Send `body` by POST (None: send a GET), and return the response, bounded in time and size."""

    def __call__(self, url: str, body: bytes | None) -> Reply:
        """Raises `WitnessUnreachable`."""


@dataclass(frozen=True)
class WitnessEndpoint:
    """A witness that answers at `url`, with its keys by the policy's names."""

    name: str
    url: str
    keys: Mapping[str, VerifierKey]


def asked_witnesses(parties: ThirdParties) -> list[WitnessEndpoint]:
    """Return the witnesses to ask: lines with the same address are one witness, named as their group."""
    by_url: dict[str, dict[str, VerifierKey]] = {}
    for line, key in parties.witnesses.items():
        if ("witness", line) in parties.urls:
            by_url.setdefault(parties.urls["witness", line], {})[line] = key
    groups = {frozenset(group.members): name for name, group in parties.groups.items()}
    return [
        WitnessEndpoint(groups.get(frozenset(keys), min(keys)), url.rstrip("/"), keys)
        for url, keys in by_url.items()
    ]


def shown_by(ask: Ask, witness: WitnessEndpoint, keys: LogKeys) -> tuple[bytes, Note, Checkpoint] | None:
    """Return the checkpoint that a witness shows as the last it cosigned: as bytes, as a note, and opened.

    None if it shows none. Raises `WitnessUnreachable`; `CustodyError` if none of the ledger's `keys` signed
    it.
    """
    reply = ask(f"{witness.url}/{sha256(keys.origin.encode()).hexdigest()}/checkpoint", None)
    if reply.status != 200:
        return None
    note = Note.parse(reply.body)
    checkpoint = Checkpoint.parse(note.text)
    KnownLog(tuple(_signers(note, (keys.ed25519_key, keys.mldsa44_key)))).verify(note, checkpoint)
    return reply.body, note, checkpoint


def _signers(note: Note, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    lines = {(line.name, line.key_id) for line in note.signatures}
    return [key for key in keys if (key.name, key.key_id) in lines]


class WitnessClient:
    """Requests to the witnesses of one ledger. `proofs`: the folder for alarms, beside the database."""

    def __init__(
        self,
        database: Sessions,
        ledger: Ledger,
        keys: LogKeys,
        cosignatures: Cosignatures,
        ask: Ask,
        proofs: Path | None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._keys = keys
        self._cosignatures = cosignatures
        self._ask = ask
        self._proofs = proofs

    def about(
        self, witness: WitnessEndpoint, note: bytes, checkpoint: Checkpoint, old: int
    ) -> tuple[int, str | None]:
        """Submit one checkpoint to a witness; return the witness's size afterwards, and the error code."""
        for _ in range(ATTEMPTS):
            proof = self._ledger.consistency(old, checkpoint.size) if old else []
            request = AddCheckpoint(old, tuple(proof), note)
            reply = self._ask(f"{witness.url}/add-checkpoint", request.serialise())
            if reply.status == 200:
                trouble = self._take(witness, note, checkpoint, reply.body)
                return checkpoint.size if trouble is None else old, trouble
            if reply.status == 409:
                size = parse_size(reply.body)
                if size == old == checkpoint.size:
                    return size, self._contradicted(witness, "forked", note)
                if size > checkpoint.size:
                    if size <= self._ledger.size:
                        return size, None  # another process has submitted a newer one
                    return size, self._contradicted(witness, "rolled-back", note)
                if size == old:
                    return size, "unreadable"
                old = size
                continue
            if reply.status == 422 and old:
                # Our proof was verified before it was sent: the witness has another root for this size.
                return old, self._contradicted(
                    witness, "forked" if old == checkpoint.size else "rewritten", note
                )
            outcomes = {400: "refused", 403: "not-accepted", 404: "not-known", 422: "refused"}
            return old, outcomes.get(reply.status, f"failed-{reply.status}")
        return old, "unsteady"

    def _take(self, witness: WitnessEndpoint, note: bytes, checkpoint: Checkpoint, body: bytes) -> str | None:
        """Store the valid lines; return the error code of the others."""
        cosignatures = {(line.name, line.key_id): line for line in parse_cosignatures(body)}
        right: list[tuple[Signature, int]] = []
        trouble = None
        parsed = Note.parse(note)
        for key in witness.keys.values():
            line = cosignatures.get((key.name, key.key_id))
            if line is None:
                trouble = trouble or "line-missing"
                continue
            try:
                at = verify_cosignature(Note(parsed.text, (line,)), key, checkpoint)
            except CustodyError:
                trouble = "wrong-line"
            else:
                right.append((line, at))
        if right:
            self._cosignatures.keep(parsed, checkpoint, right)
        return trouble

    def _contradicted(self, witness: WitnessEndpoint, kind: str, ours: bytes) -> str:
        """Check a witness's claim that our ledger differs from the one it knows; store both checkpoints."""
        theirs = self._shown(witness)
        if theirs is not None and self._fits(theirs):
            return "unsteady"  # its tree is a prefix of our ledger: its size has changed, or it is wrong
        before = self._cosignatures.last_by(witness.keys.values())
        if theirs is None and before is not None and not self._fits(before):
            theirs = before
        cosigned = 0 if before is None else Checkpoint.parse(Note.parse(before).text).size
        alarms.ring(self._database, kind, witness.name, ours, theirs, cosigned=cosigned, folder=self._proofs)
        return kind

    def _shown(self, witness: WitnessEndpoint) -> bytes | None:
        """Return the checkpoint that the witness cosigned last, if it shows one signed by our ledger and it.

        One of our ledger's two signatures is enough here: a witness that knows one key stores one line, and a
        tree that only one of our keys signed contradicts us no less.
        """
        try:
            if (found := shown_by(self._ask, witness, self._keys)) is None:
                return None
            body, note, checkpoint = found
            cosigners = _signers(note, witness.keys.values())
            for key in cosigners:
                verify_cosignature(note, key, checkpoint)
        except (WitnessUnreachable, CustodyError):
            return None
        return body if cosigners else None

    def _fits(self, note: bytes) -> bool:
        """Whether this tree is a prefix of our ledger."""
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        return checkpoint.size <= self._ledger.size and self._ledger.root(checkpoint.size) == checkpoint.root
