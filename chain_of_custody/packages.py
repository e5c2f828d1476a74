"""The court folder: what lies where, read strictly.

A bag whose payload is a trust policy, recordings, and ledger statements with their proofs. A recording lies
there as media files that any player opens, and as `opened.jsonl`, which says for every record of the index
in which file and where its content is, and the salt that its leaf hash needs.

Trusts nothing: `CourtFolder` knows names, sizes and listed digests; `verify` proves what they are worth. The
writer is in `packing`.

Specification: docs/spec/court-folder.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from chain_of_custody import canonical
from chain_of_custody.bags import Bag, list_bytes
from chain_of_custody.contents import Header
from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.notes import decode_base64, encode_base64
from chain_of_custody.records import SALT_SIZE, Record

POLICY = "data/policy.txt"
RECORDING_FILES = ("events.jsonl", "header.json", "index.jsonl", "manifest.json", "opened.jsonl")
"""What every recording's folder holds beside its media files."""

_ID = r"[0-9a-f]{32}"
_POSITION = r"(0|[1-9][0-9]{0,15})"
_RECORDING = re.compile(rf"data/recordings/({_ID})/([a-z][a-z0-9-]{{0,63}}\.(?:json|jsonl|mp4))")
_STATEMENT = re.compile(rf"data/statements/{_POSITION}\.json")
_PROOF = re.compile(rf"data/statements/{_POSITION}\.tlog-proof")
_OPENED = re.compile(
    rf'\{{"file":"([a-z][a-z0-9.-]{{0,63}})","index":{_POSITION},"length":{_POSITION},"offset":{_POSITION},'
    r'"salt":"([A-Za-z0-9+/]{22}==)"\}'
)


@dataclass(frozen=True, slots=True)
class Opened:
    """One line of `opened.jsonl`: the content of record `index` is the `length` bytes at `offset` of `file`;
    `salt` is 16 bytes."""

    index: int
    file: str
    offset: int
    length: int
    salt: bytes

    def canonical(self) -> bytes:
        """The line's only bytes, without a newline."""
        return (
            f'{{"file":"{self.file}","index":{self.index},"length":{self.length},"offset":{self.offset},'
            f'"salt":"{encode_base64(self.salt)}"}}'
        ).encode("ascii")

    @classmethod
    def parse(cls, line: bytes) -> Opened:
        """Read one line. Raises `Malformed` unless it is exactly its canonical bytes."""
        match = _OPENED.fullmatch(line.decode("latin-1"))
        if match is None:
            raise Malformed("not in its canonical form")
        file, index, length, offset, salt = match.groups()
        decoded = decode_base64(salt, "salt")
        if len(decoded) != SALT_SIZE or int(offset) + int(length) > canonical.MAX_INTEGER:
            raise Malformed("a salt that is not 16 bytes, or an offset out of range")
        return cls(int(index), file, int(offset), int(length), decoded)


def parse_opened(data: bytes) -> tuple[Opened, ...]:
    """Read `opened.jsonl`. Raises `Malformed`."""
    if not data.endswith(b"\n"):
        raise Malformed("opened.jsonl: does not end with a complete line")
    opened = []
    for number, line in enumerate(data[:-1].split(b"\n"), start=1):
        try:
            opened.append(Opened.parse(line))
        except Malformed as error:
            raise Malformed(f"opened.jsonl line {number}: {error}") from error
    return tuple(opened)


class Layout:
    """Where the contents of a recording's records lie: the one place for each, in order.

    The header is `header.json`. Events are lines of `events.jsonl`. Media of track "wide" are in `wide.mp4`
    behind their init segment; with each further init segment of the track a new file begins, `wide-2.mp4`,
    `wide-3.mp4`: each is a file that plays. Nothing lies between contents, nothing is left out.
    """

    def __init__(self, header: Header) -> None:
        self._names = {track.track: track.name for track in header.tracks}
        self._inits = dict.fromkeys(self._names, 0)
        self.ends: dict[str, int] = {"events.jsonl": 0}
        """File → bytes placed in it so far."""

    def place(self, record: Record, length: int) -> tuple[str, int]:
        """(file, offset) of the next record's content. Raises `Malformed` for a track the header lacks."""
        if record.kind == "header":
            file, ending = "header.json", 0
        elif record.kind == "event":
            file, ending = "events.jsonl", 1  # the newline after each
        else:
            file, ending = self._media_file(record), 0
        offset = self.ends.get(file, 0)
        self.ends[file] = offset + length + ending
        return file, offset

    def _media_file(self, record: Record) -> str:
        name = self._names.get(record.track)
        if name is None:
            raise Malformed(f"{record.where}: on track {record.track}, which the header does not have")
        if record.kind == "init":
            self._inits[record.track] += 1
        count = self._inits[record.track]
        return f"{name}.mp4" if count == 1 else f"{name}-{count}.mp4"


@dataclass(frozen=True)
class CourtFolder:
    """A court folder's names: `recordings` (evidence id → its media files' names), `statements` (positions
    in the ledger, ascending)."""

    bag: Bag
    recordings: Mapping[str, tuple[str, ...]]
    statements: tuple[int, ...]

    @classmethod
    def open(cls, root: Path) -> CourtFolder:
        """Read what is there. Raises as `Bag.open`, and `Incomplete` or `Altered` for a file that must be
        there and is not, or the other way round."""
        bag = Bag.open(root)
        recordings: dict[str, list[str]] = {}
        statements, proofs = [], []
        for path in bag.payload:
            if found := _RECORDING.fullmatch(path):
                recordings.setdefault(found[1], []).append(found[2])
            elif found := _STATEMENT.fullmatch(path):
                statements.append(int(found[1]))
            elif found := _PROOF.fullmatch(path):
                proofs.append(int(found[1]))
            elif path != POLICY:
                raise Altered("bag", "a file that does not belong in a court folder", path)
        if POLICY not in bag.payload:
            raise Incomplete("bag", "there is no policy", POLICY)
        if not recordings:
            raise Incomplete("bag", "there is no recording", "data/recordings")
        for position in sorted(set(statements) ^ set(proofs)):
            raise Incomplete(
                "bag", "a statement without proof, or a proof without statement", f"statement {position}"
            )
        return cls(
            bag,
            {evidence: _media_files(evidence, files) for evidence, files in sorted(recordings.items())},
            tuple(sorted(statements)),
        )

    def package_digest(self, exported: Iterable[int]) -> str:
        """SHA-256 (hexadecimal) of the payload list without the proofs and without the statements at the
        positions `exported`: what an `evidence.exported` statement names as its package.

        Proofs prove themselves and exist only once the statement is in the ledger, as it does itself.
        """
        return package_digest(self.bag.payload, exported)


def package_digest(payload: Mapping[str, str], exported: Iterable[int] = ()) -> str:
    """As `CourtFolder.package_digest`, for a payload of path → SHA-256."""
    left_out = {statement_path(position) for position in exported}
    kept = {
        path: digest
        for path, digest in payload.items()
        if path not in left_out and not _PROOF.fullmatch(path)
    }
    return sha256(list_bytes(kept)).hexdigest()


def recording_path(evidence: str, file: str) -> str:
    """The path of a recording's file in the folder."""
    return f"data/recordings/{evidence}/{file}"


def statement_path(position: int) -> str:
    """The path of the statement at `position` in the ledger."""
    return f"data/statements/{position}.json"


def proof_path(position: int) -> str:
    """The path of its proof."""
    return f"data/statements/{position}.tlog-proof"


def _media_files(evidence: str, files: list[str]) -> tuple[str, ...]:
    for name in RECORDING_FILES:
        if name not in files:
            raise Incomplete("bag", "a file of the recording is missing", recording_path(evidence, name))
    media = tuple(name for name in files if name not in RECORDING_FILES)
    for name in media:
        if not name.endswith(".mp4"):
            raise Altered(
                "bag", "a file that does not belong in a court folder", recording_path(evidence, name)
            )
    return media
