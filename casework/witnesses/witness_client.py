"""One conversation with a witness: a checkpoint is offered, and what comes back is looked into.

Nothing a witness says is believed: its lines are verified before they are kept, and a contradiction is an
alarm only if our ledger really does not fit to what the witness shows. The network is handed in (`Ask`).

Specification: docs/spec/witnessing.md, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from casework.witnesses import alarms
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.encoding.signed_note import Note, Signature, VerifierKey
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys
from chain_of_custody.trust.cosignatures import verify_cosignature
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.witness import AddCheckpoint, KnownLog, parse_cosignatures, parse_size

if TYPE_CHECKING:
    from casework.database.engine import Sessions
    from chain_of_custody.tlog.ledger import Ledger

ATTEMPTS = 12
"""Requests to one witness about one checkpoint: its size may be another than we thought, and another one
again where a witness that was away works off what others of our processes have asked of it."""


class Unreached(Exception):  # what is the case, said as such
    """No usable answer; `code` says why: `unreachable`, `too-slow`, `too-long`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reply:
    """The HTTP response of a witness: status code and body."""

    status: int
    body: bytes


class Ask(Protocol):
    """Sends `body` by POST (None: asks by GET), and gives the answer, bounded in time and size."""

    def __call__(self, url: str, body: bytes | None) -> Reply:
        """Raises `Unreached`."""
        ...


@dataclass(frozen=True)
class AskedWitness:
    """A witness that answers at `url`, with its keys by the policy's names."""

    name: str
    url: str
    keys: Mapping[str, VerifierKey]


def asked_witnesses(parties: ThirdParties) -> list[AskedWitness]:
    """Whom to ask: witness lines with one address are one witness, called as the group of these lines."""
    by_url: dict[str, dict[str, VerifierKey]] = {}
    for line, key in parties.witnesses.items():
        if ("witness", line) in parties.urls:
            by_url.setdefault(parties.urls["witness", line], {})[line] = key
    groups = {frozenset(group.members): name for name, group in parties.groups.items()}
    return [
        AskedWitness(groups.get(frozenset(keys), min(keys)), url.rstrip("/"), keys)
        for url, keys in by_url.items()
    ]


class Conversations:
    """With the witnesses of one ledger. `proofs`: the folder in which alarms are kept beside the database."""

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
        self, witness: AskedWitness, note: bytes, checkpoint: Checkpoint, old: int
    ) -> tuple[int, str | None]:
        """Talk with a witness about one checkpoint: the size it stands at then, and what is the trouble."""
        for _ in range(ATTEMPTS):
            proof = self._ledger.consistency(old, checkpoint.size) if old else []
            request = AddCheckpoint(old, tuple(proof), note)
            reply = self._ask(f"{witness.url}/add-checkpoint", request.serialise())
            if reply.status == 200:
                trouble = self._take(witness, note, checkpoint, reply.body)
                return checkpoint.size if trouble is None else old, trouble
            if reply.status == 409:
                stands = parse_size(reply.body)
                if stands == old == checkpoint.size:
                    return stands, self._contradicted(witness, "forked", note)
                if stands > checkpoint.size:
                    if stands <= self._ledger.size:
                        return stands, None  # another process was there with a newer one
                    return stands, self._contradicted(witness, "rolled-back", note)
                if stands == old:
                    return stands, "unreadable"
                old = stands
                continue
            if reply.status == 422 and old:
                # Our proof was verified before it was sent: the witness has another root for this size.
                return old, self._contradicted(
                    witness, "forked" if old == checkpoint.size else "rewritten", note
                )
            said = {400: "refused", 403: "not-accepted", 404: "not-known", 422: "refused"}
            return old, said.get(reply.status, f"failed-{reply.status}")
        return old, "unsteady"

    def _take(self, witness: AskedWitness, note: bytes, checkpoint: Checkpoint, body: bytes) -> str | None:
        """Keep the lines that are right; what is the trouble with the others."""
        given = {(line.name, line.key_id): line for line in parse_cosignatures(body)}
        right: list[tuple[Signature, int]] = []
        trouble = None
        parsed = Note.parse(note)
        for key in witness.keys.values():
            line = given.get((key.name, key.key_id))
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

    def _contradicted(self, witness: AskedWitness, kind: str, ours: bytes) -> str:
        """The witness says that our ledger is not the one it knows: look, and keep both sides."""
        theirs = self._shown(witness)
        if theirs is not None and self._fits(theirs):
            return "unsteady"  # what it shows is how our ledger begins; it moved on meanwhile, or is confused
        before = self._cosignatures.last_by(witness.keys.values())
        if theirs is None and before is not None and not self._fits(before):
            theirs = before
        cosigned = 0 if before is None else Checkpoint.parse(Note.parse(before).text).size
        alarms.ring(self._database, kind, witness.name, ours, theirs, cosigned=cosigned, folder=self._proofs)
        return kind

    def _shown(self, witness: AskedWitness) -> bytes | None:
        """The checkpoint that the witness cosigned last, if it shows one that our ledger and it signed.

        One of our ledger's two signatures is enough here: a witness that knows one key keeps one line, and a
        tree that only one of our keys signed contradicts us no less.
        """
        digest = sha256(self._keys.origin.encode()).hexdigest()
        try:
            reply = self._ask(f"{witness.url}/{digest}/checkpoint", None)
            if reply.status != 200:
                return None
            note = Note.parse(reply.body)
            checkpoint = Checkpoint.parse(note.text)
            lines = {(line.name, line.key_id) for line in note.signatures}

            def signers(keys: Iterable[VerifierKey]) -> list[VerifierKey]:
                return [key for key in keys if (key.name, key.key_id) in lines]

            own = signers((self._keys.ed25519_key, self._keys.mldsa44_key))
            KnownLog(tuple(own)).verify(note, checkpoint)
            cosigners = signers(witness.keys.values())
            for key in cosigners:
                verify_cosignature(note, key, checkpoint)
        except (Unreached, CustodyError):
            return None
        return reply.body if cosigners else None

    def _fits(self, note: bytes) -> bool:
        """Whether our ledger begins with this tree."""
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        return checkpoint.size <= self._ledger.size and self._ledger.root(checkpoint.size) == checkpoint.root
