"""What stands open behind the door: viewings, observations and exports.

Made by `evidence` after permission and statement; nobody else makes them. They give ciphertext, proofs, and
keys of single messages; only an export decrypts here, message by message, on its way out of the house.

Trusts: no copy and no row. Manifest, index, wrapped key and messages are held against the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework import custody_log, history, models, trust
from casework.contexts import context_of
from casework.errors import Missing, NothingReadable, Refused, VaultLocked
from casework.live import LivePart
from casework.models import Case, Evidence, Interview, Person
from casework.recovery import spool_root
from casework.sealed_recordings import Sealed, SealedRecording, SpoolSource, StoreSource
from chain_of_custody.packing import RecordingPieces
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.records import SALT_SIZE, Record, check_record
from chain_of_custody.statements import Head, SignedStatement
from vault import keys, sealing
from vault.errors import Altered, Locked

if TYPE_CHECKING:
    from casework.center import Center

MAX_KEYS = 500
"""Message keys in one request."""

_BATCH = 32
"""Records that an export reads, and asks the keys of, at once: some 16 MB."""


@dataclass(frozen=True)
class Proof:
    """What a viewer needs to check everything alone."""

    manifest: bytes
    index: bytes
    policy: bytes
    statements: Mapping[int, tuple[bytes, bytes]]
    """Position in the ledger → (leaf, `.tlog-proof`): the item's whole chain, its interview's, and the
    enrolment of its recorder. All proofs are under one checkpoint."""


class Viewing:
    """One person's stated opening of one item. Gives ciphertext and keys of single messages."""

    def __init__(self, center: Center, row: models.Viewing, part: Evidence) -> None:
        self._center = center
        self._part = part
        self.id = row.id
        self.evidence = part.id
        self.purpose = row.purpose
        self.at = row.at
        self.expires_at = row.expires_at

    @property
    def recording(self) -> SealedRecording:
        """What was recorded, as far as it is open without keys. Raises `NothingReadable`."""
        return _recording(self._center, self.evidence)

    def message(self, index: int) -> bytes:
        """A sealed message, from the first copy that has it right. Raises `Missing`, `NothingReadable`."""
        return self.recording.message(index)

    def message_keys(self, indices: Sequence[int]) -> list[bytes]:
        """The 76-byte keys of these messages, made by the keyholder.

        Raises `Missing`, `Refused` for more than `MAX_KEYS`, `VaultLocked`, `NothingReadable`.
        """
        return _message_keys(self._center, self.recording, indices)

    def proof(self) -> Proof:
        """Everything a verifier needs, as of now."""
        recording = self.recording
        leaves = history.chain(self._center, self.evidence) | _around(self._center, self._part)
        proofs = history.prove(self._center, leaves)
        return Proof(
            manifest=recording.manifest_bytes,
            index=recording.index_bytes,
            policy=policy(self._center).data,
            statements={position: (leaf, proofs[position]) for position, leaf in sorted(leaves.items())},
        )


class Observation:
    """One person's stated watching of a running interview."""

    def __init__(self, center: Center, interview: Interview) -> None:
        self._center = center
        self.interview = interview.id
        self.practice = interview.practice

    def part(self, evidence_id: str) -> LivePart:
        """One of its parts, as far as it is durable. Raises `Missing`."""
        if not self.practice:
            with self._center.database() as session:
                part = session.get(Evidence, evidence_id)
            if part is None or part.interview_id != self.interview:
                raise Missing(f"no part {evidence_id[:32]} in this interview")
        root = spool_root(self._center.spool, practice=self.practice)
        try:
            # Practice stands apart here too: who practises has stated nothing, and may see nothing else.
            return self._center.live.get((self.practice, evidence_id), lambda: LivePart(root, evidence_id))
        except ValueError:
            raise Missing("no such part") from None


class Export:
    """Items on their way into a court folder. Write `recordings` and `statements`, then `state` it.

    `recordings` are for `chain_of_custody.packing`: each is decrypted record by record while it is read, in
    this process, with message keys only. Reading raises `NothingReadable`, and
    `chain_of_custody.errors.Altered` for a content that is not what was sealed.
    """

    def __init__(
        self, center: Center, person: Person, purpose: str, items: Sequence[tuple[Evidence, Case]]
    ) -> None:
        self._center = center
        self._person = person
        self._purpose = purpose
        self._items = items
        self.policy = policy(center).data
        self.statements = self._all_statements()
        """Position → leaf: chains of the items and their interviews until now, recorders' enrolments."""
        self.recordings = [self._pieces(part) for part, _ in items]
        self._exported: dict[int, bytes] = {}

    def state(self, package_digest: str) -> dict[int, bytes]:
        """State that the package with this digest (hex) leaves the house: position → leaf, one an item.

        All or none. Raises `ChainConflict` if something was stated about an item that is not in
        `statements`: then add `news()` to the package and state its new digest.
        """
        registry = custody_log.head(self._center, self._center.deployment)
        if registry is None:
            raise NothingReadable("nobody is entered in the registry")
        drafts = [
            custody_log.Draft(
                type="evidence.exported",
                evidence=part.id,
                person=self._person,
                purpose=self._purpose,
                body={"excerpt": None, "package": package_digest, "registry": registry.number},
                case=case,
            )
            for part, case in self._items
        ]
        receipts = custody_log.append_together(self._center, drafts, self._heads)
        positions = [receipt.index for receipt in receipts]
        self._exported = {position: self._center.ledger.entry(position) for position in positions}
        return self._exported

    def news(self) -> dict[int, bytes]:
        """Statements about the items made since `statements` was read; they are in it from now on."""
        known, self.statements = self.statements, self._all_statements()
        return {position: leaf for position, leaf in self.statements.items() if position not in known}

    def proofs(self) -> dict[int, bytes]:
        """Position → `.tlog-proof` of every statement and of what was stated, under one checkpoint."""
        return history.prove(self._center, [*self.statements, *self._exported])

    def _all_statements(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        self._heads: dict[str, Head] = {}
        for part, _ in self._items:
            chain = history.chain(self._center, part.id)
            self._heads[part.id] = SignedStatement.parse(chain[max(chain)]).head
            found |= chain | _around(self._center, part)
        return dict(sorted(found.items()))

    def _pieces(self, part: Evidence) -> RecordingPieces:
        recording = _recording(self._center, part.id)
        return RecordingPieces(
            recording.manifest_bytes, recording.index_bytes, _decrypted(self._center, recording)
        )


def policy(center: Center) -> TrustPolicy:
    """The center's trust policy: what courts register, and what a viewer checks against."""
    return trust.policy(center)


def _recording(center: Center, evidence: str) -> SealedRecording:
    """The sealed recording, read once and kept while it is used."""

    def read() -> SealedRecording:
        sealed = Sealed.from_chain(evidence, history.chain(center, evidence))
        stores = [StoreSource(name, store, evidence) for name, store in center.stores.items()]
        with center.database() as session:
            sizes = session.scalar(select(Evidence.segment_sizes).where(Evidence.id == evidence))
        return SealedRecording(sealed, [SpoolSource(center.spool, evidence), *stores], sizes)

    return center.recordings.get(evidence, read)


def _around(center: Center, part: Evidence) -> dict[int, bytes]:
    """What a verifier needs beside an item's own chain: its interview's, and its recorder's enrolment."""
    return history.chain(center, part.interview_id) | history.enrolment(center, part.recorder)


def _message_keys(center: Center, recording: SealedRecording, indices: Sequence[int]) -> list[bytes]:
    if len(indices) > MAX_KEYS:
        raise Refused(f"more than {MAX_KEYS} keys at once")
    deployment, evidence = recording.manifest.deployment, recording.manifest.evidence
    requests = [
        (
            recording.salt(index),
            context_of(deployment, evidence, recording.record(index), recording.records),
        )
        for index in indices
    ]
    info = keys.wrap_info(bytes.fromhex(deployment), bytes.fromhex(evidence))
    try:
        return center.keyholder.message_keys(recording.wrapped_key, info, requests)
    except Locked as locked:
        raise VaultLocked("the vault key is locked") from locked
    except Altered as altered:
        raise NothingReadable(f"the vault does not open the key of {evidence}") from altered


def _decrypted(center: Center, recording: SealedRecording) -> Iterator[tuple[Record, bytes, bytes]]:
    """(record, salt, content) of every record, each held against its leaf; few in memory at a time."""
    for start in range(0, len(recording.records), _BATCH):
        records = recording.records[start : start + _BATCH]
        # Messages first: the keys need the salts they begin with, and nothing is read twice.
        messages = [recording.message(record.index) for record in records]
        message_keys = _message_keys(center, recording, [record.index for record in records])
        for record, key, message in zip(records, message_keys, messages, strict=True):
            opened = sealing.open_with_message_key(key, message)
            yield record, opened[:SALT_SIZE], check_record(record, opened)
