"""Received cosignatures, in the working database; and checkpoint notes assembled from them.

For each tree that a witness signed, the ledger's own two lines are stored beside its lines. So the cosigned
note can be served again when the ledger has grown.

The database is not trusted: every line is verified again before it goes into a note. An invalid line is left
out, since a verifier would refuse the whole note for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select

from casework.database.engine import Sessions
from casework.database.models import Cosignature
from chain_of_custody.encoding.signed_note import Note, Signature, VerifierKey
from chain_of_custody.errors import CustodyError
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, open_checkpoint
from chain_of_custody.trust.cosignatures import verify_cosignature
from chain_of_custody.trust.named_parties import ThirdParties

KEPT_SIZES = 200
"""Trees whose lines are stored, beside each key's newest line."""


@dataclass(frozen=True)
class CosignedNote:
    """A checkpoint's note with the lines of known witnesses, each verified."""

    note: bytes
    checkpoint: Checkpoint
    cosigned: frozenset[str]
    """The policy's names of the keys."""
    quorum_met: bool


class Cosignatures:
    """The cosignatures of one ledger. `database`: as in `Center`."""

    def __init__(self, database: Sessions, keys: LogKeys) -> None:
        self._database = database
        self._keys = keys

    def keep(self, note: Note, checkpoint: Checkpoint, lines: Iterable[tuple[Signature, int]]) -> None:
        """Store these verified lines (with the times they state), and the ledger's own of the same `note`."""
        own = {(key.name, key.key_id) for key in (self._keys.ed25519_key, self._keys.mldsa44_key)}
        all_lines = [
            *(
                (line, checkpoint.signed_at or 0)
                for line in note.signatures
                if (line.name, line.key_id) in own
            ),
            *lines,
        ]
        with self._database.begin() as session:
            for line, at in all_lines:
                session.merge(cosignature_row(checkpoint, line, at))
            session.flush()
            oldest = session.scalar(
                select(Cosignature.size)
                .distinct()
                .order_by(Cosignature.size.desc())
                .offset(KEPT_SIZES - 1)
                .limit(1)
            )
            if oldest is not None:
                newest = select(func.max(Cosignature.size)).group_by(Cosignature.key)
                session.execute(
                    delete(Cosignature).where(Cosignature.size < oldest, Cosignature.size.not_in(newest))
                )

    def missing(self, checkpoint: Checkpoint, keys: Iterable[VerifierKey]) -> bool:
        """Whether one of these keys has no line over exactly this tree."""
        present = set(
            self._database.scalars(
                select(Cosignature.key).where(
                    Cosignature.size == checkpoint.size, Cosignature.root == checkpoint.root.hex()
                )
            )
        )
        return any(str(key) not in present for key in keys)

    def newest(self, parties: ThirdParties, at_least: int = 0) -> Iterator[CosignedNote]:
        """Yield the notes of trees of this size or more that carry a line by a witness, largest first.

        Each is verified when it is yielded.
        """
        rows = self._database.scalars(
            select(Cosignature)
            .where(Cosignature.size >= at_least)
            .order_by(Cosignature.size.desc(), Cosignature.key)
        )
        by_tree: dict[tuple[int, str], list[Cosignature]] = {}
        for row in rows:
            by_tree.setdefault((row.size, row.root), []).append(row)
        for (size, root), lines in by_tree.items():
            cosigned = self._put_together(size, root, [row.line for row in lines], parties)
            if cosigned is not None and cosigned.cosigned:
                yield cosigned

    def with_lines(self, note: bytes, parties: ThirdParties) -> CosignedNote:
        """Return the ledger's own note with the lines received for exactly its tree."""
        checkpoint = open_checkpoint(note, self._keys)
        lines = self._database.scalars(
            select(Cosignature.line)
            .where(Cosignature.size == checkpoint.size, Cosignature.root == checkpoint.root.hex())
            .order_by(Cosignature.key)
        )
        return _with_lines(Note.parse(note), checkpoint, _parse(lines), parties)

    def one(self, size: int, root: str, line: str) -> bytes | None:
        """Return the note of this tree with the ledger's own lines and this witness line, which was verified
        on receipt; None if the ledger's lines are no longer stored."""
        lines = self._database.scalars(
            select(Cosignature.line).where(Cosignature.size == size, Cosignature.root == root)
        )
        note = self._put_together(size, root, lines, ThirdParties())
        if note is None:
            return None
        return Note.parse(note.note).with_signatures(_parse([line])).serialise()

    def last_by(self, keys: Iterable[VerifierKey]) -> bytes | None:
        """Return the note of the largest tree that one of these keys has cosigned, if still stored."""
        parties = ThirdParties(witnesses={str(key): key for key in keys})
        return next((one.note for one in self.newest(parties)), None)

    def _put_together(
        self, size: int, root: str, lines: Sequence[str], parties: ThirdParties
    ) -> CosignedNote | None:
        """Assemble a note; None unless the ledger's own lines are among these, and valid."""
        try:
            checkpoint = Checkpoint(self._keys.origin, size, bytes.fromhex(root))
            parsed = _parse(lines)
            by_key = {(line.name, line.key_id): line for line in parsed}
            own = [
                by_key[key.name, key.key_id]
                for key in (self._keys.ed25519_key, self._keys.mldsa44_key)
                if (key.name, key.key_id) in by_key
            ]
            note = Note(checkpoint.text(), tuple(own))
            opened = open_checkpoint(note.serialise(), self._keys)
        except (CustodyError, ValueError):
            return None
        return _with_lines(note, opened, parsed, parties)


def _with_lines(
    note: Note, checkpoint: Checkpoint, lines: Sequence[Signature], parties: ThirdParties
) -> CosignedNote:
    by_key = {(line.name, line.key_id): line for line in lines}
    right: dict[str, Signature] = {}
    for name, key in parties.witnesses.items():
        line = by_key.get((key.name, key.key_id))
        if line is None:
            continue
        try:
            verify_cosignature(Note(note.text, (line,)), key, checkpoint)
        except CustodyError:
            continue
        right[name] = line
    whole = Note(note.text, note.signatures).with_signatures(right.values())
    return CosignedNote(whole.serialise(), checkpoint, frozenset(right), parties.quorum_met(right))


def _parse(lines: Iterable[str]) -> list[Signature]:
    parsed = []
    for line in lines:
        try:
            parsed.append(Signature.parse(line.removesuffix("\n")))
        except CustodyError:
            continue
    return parsed


def cosignature_row(checkpoint: Checkpoint, line: Signature, at: int) -> Cosignature:
    """Return the row of a line over this tree, which states the time `at` (seconds since 1970)."""
    return Cosignature(
        size=checkpoint.size,
        key=f"{line.name}+{line.key_id.hex()}",  # as `str` of its verifier key
        root=checkpoint.root.hex(),
        line=line.line(),
        at=datetime.fromtimestamp(min(at, 2**32), UTC),
    )
