"""C2SP tlog-witness: a ledger's request for a cosignature, and a witness that cosigns only one history.

Bytes in, bytes out: no network here, and the caller provides storage. `AddCheckpoint` is the request,
`WitnessResponse` its response; `parse_cosignatures` and `parse_size` read it at the client.
`Witness` decides.

A witness is trusted never to cosign two trees of which one does not continue the other. This depends on step
7 of `Witness.add_checkpoint`: compare-and-swap, durable before the response.

Rules of ours in addition to the specification: a log that was added with two keys must have signed with both;
checkpoints with extension lines are refused, since a type 06 signature does not cover them; a contradiction
is stored with both checkpoints as the log signed them.

Specification: docs/spec/witnessing.md; https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chain_of_custody.encoding.signed_note import (
    ED25519,
    MAX_NOTE_SIZE,
    MAX_SIGNATURES,
    MLDSA44_COSIGNATURE,
    Note,
    Signature,
    VerifierKey,
    decode_base64,
    encode_base64,
    verify_ed25519,
)
from chain_of_custody.errors import ConsistencyInvalid, Malformed, NotProved, SignatureInvalid
from chain_of_custody.tlog.checkpoint import Checkpoint, parse_decimal, verify_mldsa44
from chain_of_custody.tlog.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from chain_of_custody.trust.cosignatures import Cosigner

MAX_PROOF = 63
"""Maximum hashes in the protocol; ours need fewer, since a tree has at most 2**53 - 1 leaves."""
MAX_REQUEST = MAX_NOTE_SIZE + 4_096
"""Maximum bytes: the largest note, a full proof and the size line."""
MAX_ANSWER = 400_000
"""Maximum bytes of an answer: a hundred lines with ML-DSA-44 signatures."""
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

Contradiction = Literal["fork", "not-continued"]
"""`fork`: the log signed two different trees of one size; the two notes prove it to any third party.
`not-continued`: the log signed a larger tree, and its sender did not prove that it continues the one cosigned
before. Anyone can cause this by sending a wrong proof with a valid checkpoint, so it is only a suspicion."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The request: this checkpoint `note`, with the proof that its tree continues the one of `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    @classmethod
    def parse(cls, data: bytes) -> AddCheckpoint:
        """Parse a request's body. Raises `Malformed`. The note is not parsed."""
        if len(data) > MAX_REQUEST:
            raise Malformed(f"the request is larger than {MAX_REQUEST} bytes")
        head, separator, note = data.partition(b"\n\n")
        if not separator or not note:
            raise Malformed("the request has no empty line followed by a checkpoint")
        try:
            first, *hashes = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("the request has characters beyond ASCII before its checkpoint") from None
        if not first.startswith("old "):
            raise Malformed("the request does not begin with the old size")
        if len(hashes) > MAX_PROOF:
            raise Malformed(f"the request has more than {MAX_PROOF} hashes")
        old = parse_decimal(first.removeprefix("old "), "the old size")
        proof = tuple(decode_base64(line, "a hash in the request") for line in hashes)
        if any(len(value) != HASH_SIZE for value in proof):
            raise Malformed("a hash in the request is not 32 bytes long")
        return cls(old, proof, note)

    def serialise(self) -> bytes:
        """Return the request's body; `parse` returns the same request."""
        lines = (f"old {self.old}\n", *(f"{encode_base64(value)}\n" for value in self.proof), "\n")
        return "".join(lines).encode("ascii") + self.note


@dataclass(frozen=True, slots=True)
class WitnessResponse:
    """A witness's response over HTTP."""

    status: int
    body: bytes
    content_type: str = TEXT


def parse_cosignatures(body: bytes) -> tuple[Signature, ...]:
    """Return the unverified signature lines of an answer with status 200. Raises `Malformed`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("the witness's answer is not valid UTF-8") from None
    if not text.endswith("\n") or len(body) > MAX_ANSWER or text.count("\n") > MAX_SIGNATURES:
        raise Malformed("the witness's answer is not a few lines, each ended by a newline")
    return tuple(Signature.parse(line) for line in text[:-1].split("\n"))


def parse_size(body: bytes) -> int:
    """Return the size in an answer with status 409: the one last cosigned. Raises `Malformed`."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("the witness's answer is no size") from None
    if not text.endswith("\n"):
        raise Malformed("the witness's size does not end in a newline")
    return parse_decimal(text[:-1], "the witness's size")


@dataclass(frozen=True)
class KnownLog:
    """A log that this witness signs for: its origin, and one or two keys, of which **every one** must sign.

    Raises `Malformed` for keys of different names, of other types than 01 and 06, or two of one type.
    """

    keys: tuple[VerifierKey, ...]

    def __post_init__(self) -> None:
        kinds = [key.kind for key in self.keys]
        if not kinds or len(set(kinds)) != len(kinds) or not set(kinds) <= {ED25519, MLDSA44_COSIGNATURE}:
            raise Malformed("a log has one Ed25519 key (01), or one ML-DSA-44 key (06), or one of each")
        if len({key.name for key in self.keys}) != 1:
            raise Malformed("the keys are of different logs")

    @classmethod
    def parse(cls, vkeys: Sequence[str]) -> KnownLog:
        """Parse the text forms of its keys. Raises `Malformed`."""
        return cls(tuple(VerifierKey.parse(vkey) for vkey in vkeys))

    @property
    def origin(self) -> str:
        """Return the log's origin, the name that all its keys share."""
        return self.keys[0].name

    def verify(self, note: Note, checkpoint: Checkpoint) -> Note:
        """Prove that the log signed with all of its keys; return the note with only its lines.

        Raises `SignatureInvalid`.
        """
        for key in self.keys:
            if key.kind == ED25519:
                verify_ed25519(note, key)
            else:
                verify_mldsa44(note, key, checkpoint)
        own = {(key.name, key.key_id) for key in self.keys}
        return Note(note.text, tuple(line for line in note.signatures if (line.name, line.key_id) in own))


class WitnessStorage(Protocol):
    """A witness's storage. Trusted, unlike a ledger's storage: it is the witness's own memory."""

    def log(self, origin: str) -> KnownLog | None:
        """Return the log of this origin, if this witness signs for it."""
        ...

    def latest(self, origin: str) -> bytes | None:
        """Return the note last cosigned for this log, with the log's own lines; None if there is none."""
        ...

    def latest_by_hash(self, origin_hash: str) -> bytes | None:
        """Return the same, by the SHA-256 of the origin in hexadecimal; None for an unknown log."""
        ...

    def advance(self, origin: str, previous: bytes | None, note: bytes) -> bool:
        """Replace `previous` by `note`, durably before returning.

        Return False, and change nothing, if `previous` was not the stored one. An exception means that it is
        not known whether `note` was stored.
        """
        ...

    def keep(self, origin: str, kind: Contradiction, cosigned: bytes, offered: bytes) -> None:
        """Store two notes by the log that contradict each other: the same two once, in limited number."""
        ...


class Witness:
    """Cosigns for the logs in `storage`. `now`: seconds since 1970-01-01 UTC. Several may share a storage."""

    def __init__(
        self, cosigner: Cosigner, storage: WitnessStorage, now: Callable[[], float] = time.time
    ) -> None:
        self.cosigner = cosigner
        self._storage = storage
        self._now = now

    def add_checkpoint(self, body: bytes) -> WitnessResponse:
        """Answer a request as C2SP tlog-witness specifies.

        Errors of storage propagate, and nothing is signed then.

        1. 400: the request, the note, or the checkpoint in it is malformed.
        2. 404: the log is unknown.
        3. 403: it did not sign with every key that it was added with.
        4. 400: the old size is larger than the checkpoint's.
        5. 409 with the size last cosigned: the old size differs from it. (If that is the checkpoint's own
           size and the roots differ, both notes are still stored.)
        6. The checkpoint continues the one last cosigned. 409: same size and another root. 422: the proof is
           invalid. In both cases both notes are stored.
        7. The checkpoint durably replaces the one just compared with; if another request was faster, repeat
           from 5.
        8. 200 with both cosignatures, which give the time before 5: nothing larger was cosigned by then. A
           crash between 7 and 8 loses only the answer: the log repeats the request, gets the size from 5, and
           gets its lines for the same checkpoint.
        """
        try:  # 1
            request = AddCheckpoint.parse(body)
            note = Note.parse(request.note)
            checkpoint = Checkpoint.parse(note.text)
        except Malformed as error:
            return _says(400, str(error))
        log = self._storage.log(checkpoint.origin)  # 2
        if log is None:
            return _says(404, "this log is not known here")
        try:  # 3
            signed = log.verify(note, checkpoint).serialise()
        except SignatureInvalid as error:
            return _says(403, error.reason)
        if request.old > checkpoint.size:  # 4
            return _says(400, "the old size is larger than the checkpoint's")
        while True:
            at = int(self._now())
            previous = self._storage.latest(log.origin)
            last = _last(log.origin, previous)
            forked = checkpoint.size == last.size and checkpoint.root != last.root
            if forked and previous is not None:
                self._storage.keep(log.origin, "fork", previous, signed)
            if forked or request.old != last.size:  # 5, 6
                return WitnessResponse(409, f"{last.size}\n".encode("ascii"), SIZE)
            try:  # 6
                _check_continues(last, checkpoint, request.proof)
            except NotProved as error:
                if previous is not None:
                    self._storage.keep(log.origin, "not-continued", previous, signed)
                return _says(422, error.reason)
            # The same tree again needs no write: the stored state is unchanged.
            if (previous is not None and checkpoint == last) or self._storage.advance(
                log.origin, previous, signed
            ):  # 7
                lines = self._cosign(checkpoint, at)
                return WitnessResponse(200, "".join(line.line() for line in lines).encode())  # 8

    def latest(self, origin_hash: str) -> WitnessResponse:
        """Answer, without authentication, with the note last cosigned for a log: 200 and the cosigned note,
        or 404.

        `origin_hash`: SHA-256 of the origin, in lower-case hexadecimal. This shows a log that was rolled back
        what it lost, and lets monitors compare the checkpoint they received with the witness's.
        """
        at = int(self._now())
        note = self._storage.latest_by_hash(origin_hash)
        if note is None:
            return _says(404, "nothing was cosigned for such a log")
        parsed = Note.parse(note)
        lines = self._cosign(Checkpoint.parse(parsed.text), at)
        return WitnessResponse(200, parsed.with_signatures(lines).serialise())

    def _cosign(self, checkpoint: Checkpoint, at: int) -> tuple[Signature, Signature]:
        """Cosign a checkpoint that is durable as this log's latest.

        `at`: read before the check that nothing larger exists. A line states that nothing larger was cosigned
        at that time (C2SP tlog-cosignature), and another request may be faster than this one.
        """
        return self.cosigner.cosign(checkpoint, at)


def _last(origin: str, note: bytes | None) -> Checkpoint:
    """Return the checkpoint last cosigned; the empty tree before the first."""
    return Checkpoint(origin, 0, EMPTY_ROOT) if note is None else Checkpoint.parse(Note.parse(note).text)


def _check_continues(last: Checkpoint, checkpoint: Checkpoint, proof: tuple[bytes, ...]) -> None:
    if last.size:
        verify_consistency(last.size, last.root, checkpoint.size, checkpoint.root, proof)
    elif proof:
        raise ConsistencyInvalid("consistency", "a proof from the empty tree has no hashes")


def _says(status: int, reason: str) -> WitnessResponse:
    return WitnessResponse(status, f"{reason}\n".encode())
