"""Items that the gateway has opened: viewings and observations. (Exports: `export`.)

Only `gateway` creates them, after permission and statement. They return ciphertext, proofs, and keys of
single messages. Decryption here has only two uses: an export, message by message, and the examination of a
film for the person who opened it.

Trusts: no copy and no row. Manifest, index and messages are checked against the ledger.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.cache import Cache
from casework.copies.sealed_item import SealedRecording
from casework.database import models
from casework.database.models import Evidence, Interview
from casework.errors import (
    Missing,
    NotGranted,
    PassageExcluded,
    Refused,
)
from casework.evidence.decryption import decrypted, header_of, message_keys
from casework.evidence.sealed_recordings import reading, recording_of
from casework.ledger import chains
from casework.recording.interview_folder import interview_folder
from casework.recording.live_reader import LivePart
from casework.recording.recovery import spool_root
from casework.witnesses import trust_file
from chain_of_custody.errors import Malformed
from chain_of_custody.items import excerpt as excerpts
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.trust.policy import TrustPolicy
from vault.errors import VaultError
from vault.spool.segments import segment_key

if TYPE_CHECKING:
    from casework.center import Center

log = logging.getLogger(__name__)

MAX_KEYS = 500
"""Maximum number of message keys in one request."""


@dataclass(frozen=True)
class Proof:
    """Everything that a viewer needs to verify an item independently."""

    manifest: bytes
    index: bytes
    policy: bytes
    chains: Mapping[str, Mapping[int, bytes]]
    """Id → position in the ledger → leaf: the item's whole chain, its interview's, and the registry."""
    proofs: Mapping[int, bytes]
    """Position → `.tlog-proof` of each of these statements, all under one checkpoint."""

    @property
    def statements(self) -> dict[int, tuple[bytes, bytes]]:
        """Return position → (leaf, `.tlog-proof`) of all these statements, in ledger order."""
        leaves = {position: leaf for chain in self.chains.values() for position, leaf in chain.items()}
        return {position: (leaf, self.proofs[position]) for position, leaf in sorted(leaves.items())}


@dataclass(frozen=True)
class Place:
    """Where one sealed message can be read: `size` bytes of an object, beginning at `start`."""

    url: str
    start: int
    size: int


@dataclass(frozen=True)
class _Chosen:
    """The records that certain passages of a sealed recording choose, by index.

    Computed once, not for every message: an excerpt needs a key of the header, and a recording of hours has
    50,000 records. They cannot change, as a sealed recording does not; which passages a grant gives and a
    court has excluded is read again with every request (`gateway`), and is part of the key.
    """

    indices: frozenset[int]


class Viewing:
    """One person's stated opening of one item. Returns ciphertext and keys of single messages."""

    def __init__(
        self,
        center: Center,
        row: models.Viewing,
        part: Evidence,
        excerpt: tuple[int, int] | None = None,
        left_out: Sequence[tuple[int, int]] = (),
        *,
        without: int | None = None,
    ) -> None:
        """`without`: a track that is not opened."""
        self._center = center
        self._part = part
        self._excerpt = excerpt
        self._left_out = left_out
        self._without = without
        self._stated = () if row.position is None else (row.position,)
        self.id = row.id
        self.evidence = part.id
        self.kind = part.kind
        self.purpose = row.purpose
        self.at = row.at
        self.expires_at = row.expires_at

    @property
    def recording(self) -> SealedRecording:
        """Return what was recorded, as far as it is readable without keys. Raises `NothingReadable`."""
        return recording_of(self._center, self.evidence)

    @functools.cached_property
    def allowed(self) -> frozenset[int] | None:
        """Return the records that may be opened; None for all.

        Where only an excerpt is granted: its own, the header, and those that the films of the excerpt need.
        Or all but those of one track. Raises `NothingReadable`, `VaultLocked`, `Missing`.
        """
        if self._without is not None:
            records = self.recording.records
            return frozenset(record.index for record in records if record.track != self._without)
        if self._excerpt is None:
            return None
        return self._chosen("excerpt", [self._excerpt], functools.partial(self._choose, *self._excerpt))

    def _choose(self, begin: int, end: int) -> frozenset[int]:
        recording = self.recording
        header = header_of(self._center, recording, self._stated)
        try:
            chosen = excerpts.choose(recording.records, header, begin, end)
        except Malformed as nothing:
            raise Missing(str(nothing)) from nothing
        return frozenset(record.index for record in chosen)

    @functools.cached_property
    def withheld(self) -> frozenset[int]:
        """Return the records that are withheld because a court has excluded the passages that contain them.

        Raises `NothingReadable`.
        """
        if not self._left_out:
            return frozenset()
        return self._chosen(
            "withheld",
            self._left_out,
            lambda: excerpts.within(self.recording.records, self._left_out),
        )

    def _chosen(
        self, how: str, passages: Sequence[tuple[int, int]], choose: Callable[[], frozenset[int]]
    ) -> frozenset[int]:
        """Return what `choose` returns for these passages of this recording, from the cache after that.

        The key: the recording, how its records are chosen, and the passages.
        """
        cached: Cache[tuple[str, str, tuple[tuple[int, int], ...]], _Chosen] = self._center.cache(_Chosen, 32)
        return cached.get((self.evidence, how, tuple(passages)), lambda: _Chosen(choose())).indices

    def message(self, index: int) -> bytes:
        """Return a sealed message, from the first copy that has it intact.

        Raises `Missing`, `PassageExcluded`, `NotGranted` for what is outside of the excerpt,
        `NothingReadable`.
        """
        self._require([index])
        with reading(self._center, self.evidence):
            return self.recording.message(index)

    def places(self, indices: Sequence[int]) -> list[Place | None]:
        """Return where these messages can be read directly for some minutes; None for each that cannot.

        A viewer who finds nothing there, or other bytes, requests `message`. Raises as that, and `Refused`
        for more than `MAX_KEYS`.
        """
        if len(indices) > MAX_KEYS:
            raise Refused(f"more than {MAX_KEYS} places at once")
        self._require(indices)
        direct, urls = self._center.direct, dict[int, str | None]()
        if direct is None:
            return [None] * len(indices)
        found: list[Place | None] = []
        for index in indices:
            segment, start, size = self.recording.place(index)
            if segment not in urls:
                try:
                    urls[segment] = direct.url(segment_key(self.evidence, segment))
                except VaultError as away:
                    log.info("no direct reading of %s: %s", self.evidence, type(away).__name__)
                    urls[segment] = None
            url = urls[segment]
            found.append(None if url is None else Place(url, start, size))
        return found

    def message_keys(self, indices: Sequence[int]) -> list[bytes]:
        """Return the 76-byte keys of these messages, made by the keyholder.

        Raises `Missing`, `PassageExcluded`, `NotGranted` for what is outside of the excerpt, `Refused` for
        more than `MAX_KEYS`, `VaultLocked`, `NothingReadable`.
        """
        if len(indices) > MAX_KEYS:
            raise Refused(f"more than {MAX_KEYS} keys at once")
        self._require(indices)
        with reading(self._center, self.evidence):
            return message_keys(self._center, self.recording, self._stated, indices)

    def _require(self, indices: Sequence[int]) -> None:
        if not self.withheld.isdisjoint(indices):
            raise PassageExcluded(f"a court has excluded this passage of evidence {self.evidence}")
        if self.allowed is not None and not self.allowed.issuperset(indices):
            raise NotGranted(f"only a part of evidence {self.evidence} was granted")

    def reaches(self, index: int) -> bool:
        """Whether this record may be opened. Raises as `allowed`."""
        return index not in self.withheld and (self.allowed is None or index in self.allowed)

    @property
    def header(self) -> Header:
        """Return the recording's header. Raises as `contents`."""
        return header_of(self._center, self.recording, self._stated)

    def contents(self, records: Sequence[Record]) -> Iterator[bytes]:
        """Yield the contents of these records, to examine them on the person's behalf.

        They are neither shown nor stored (`face_proposals`). Raises as `message_keys`, and
        `chain_of_custody.errors.Altered` for a content that is not what was sealed.
        """
        self._require([record.index for record in records])
        for _, _, content in decrypted(self._center, self.recording, self._stated, records):
            yield content

    def proof(self) -> Proof:
        """Return everything a verifier needs, as of now. Each chain is read and proved once."""
        interview = () if self._part.interview_id is None else (self._part.interview_id,)
        read = {
            about: chains.chain(self._center, about)
            for about in (self.evidence, *interview, self._center.deployment)
        }
        recording = recording_of(self._center, self.evidence, read[self.evidence])
        return Proof(
            manifest=recording.manifest_bytes,
            index=recording.index_bytes,
            policy=policy(self._center).data,
            chains=read,
            proofs=chains.prove(self._center, [position for chain in read.values() for position in chain]),
        )


class Observation:
    """One person's stated watching of a running interview."""

    def __init__(self, center: Center, interview: Interview) -> None:
        self._center = center
        self.interview = interview.id
        self.practice = interview.practice

    def part(self, evidence_id: str) -> LivePart:
        """Return one of its parts, as far as it is durable. Raises `Missing`."""
        if not self.practice:
            with self._center.database() as session:
                part = session.get(Evidence, evidence_id)
            if part is None or part.interview_id != self.interview:
                raise Missing(f"no part {evidence_id[:32]} in this interview")
        root = self._center.spool
        if self.practice:
            root = spool_root(interview_folder(root, self.interview), practice=True)
        try:
            # Practice is separate here too: people who practise stated nothing, and may see nothing else.
            watched: Cache[tuple[bool, str], LivePart] = self._center.cache(LivePart, 16)
            return watched.get((self.practice, evidence_id), lambda: LivePart(root, evidence_id))
        except ValueError:
            raise Missing("no such part") from None


def policy(center: Center) -> TrustPolicy:
    """Return the center's trust policy: what courts register, and what a viewer checks against."""
    return trust_file.policy(center)
