"""Records: the public descriptions of the sealed pieces of a recording or a file.

Header, init segments, media fragments, events and pieces of files have one order. A record gives the size,
time and ciphertext digest of each without any key, so that people without access can check a copy. Its `leaf`
commits to the plaintext too, under a 16-byte salt that is sealed with the content: silence is guessable, and
an unsalted digest would reveal that it is silence.

Trusts nothing: a record is a claim until its leaf is recomputed (`check_record`) and its place in the
signed tree is checked (`recording_manifest`).

Specification: docs/spec/manifest.md; RFC 6962 section 2.1 (leaf hash).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, TypeAlias, cast

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Altered, Malformed

Kind: TypeAlias = Literal["header", "init", "media", "event", "piece"]

KIND_CODES: dict[Kind, int] = {"header": 0, "init": 1, "media": 2, "event": 3, "piece": 4}
"""The byte that encodes a kind in a sealing context."""

SALT_SIZE = 16
MAX_TRACK = 2**32 - 1

_NUMBER = r"(0|[1-9][0-9]{0,15})"
# A match is canonical: keys in RFC 8785 order, no spaces, one spelling for every value. It takes a tenth of
# the time of reading and writing JSON, and an hour of two cameras has eleven thousand records.
_LINE = re.compile(
    rf'\{{"cipher":"([0-9a-f]{{64}})","duration":{_NUMBER},"index":{_NUMBER},'
    rf'"init":(null|0|[1-9][0-9]{{0,15}}),"key":(true|false),"kind":"(header|init|media|event|piece)",'
    rf'"leaf":"([0-9a-f]{{64}})","number":{_NUMBER},"size":{_NUMBER},"start":{_NUMBER},"track":{_NUMBER}\}}'
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Times in microseconds of the part's timeline; `size` in bytes of the sealed message; `cipher` and `leaf`
    in lower-case hexadecimal; `init`: index of the init record that this media fragment needs, else None;
    `key`: media that begin with a keyframe, and everything that is not media.
    """

    index: int
    kind: Kind
    track: int
    number: int
    start: int
    duration: int
    key: bool
    init: int | None
    size: int
    cipher: str
    leaf: str

    @property
    def end(self) -> int:
        """Return the time, in microseconds, at which the next fragment of the track is due."""
        return self.start + self.duration

    def canonical(self) -> bytes:
        """Return the record's canonical bytes: RFC 8785, without a newline."""
        return (
            f'{{"cipher":"{self.cipher}","duration":{self.duration},"index":{self.index},'
            f'"init":{"null" if self.init is None else self.init},"key":{"true" if self.key else "false"},'
            f'"kind":"{self.kind}","leaf":"{self.leaf}","number":{self.number},"size":{self.size},'
            f'"start":{self.start},"track":{self.track}}}'
        ).encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> Record:
        """Read one record. Raises `Malformed` unless `data` is exactly its canonical bytes."""
        match = _LINE.fullmatch(data.decode("latin-1"))
        if match is None:
            raise Malformed("record: not in its canonical form")
        cipher, duration, index, init, key, kind, leaf, number, size, start, track = match.groups()
        record = cls(
            index=int(index),
            kind=cast(Kind, kind),
            track=int(track),
            number=int(number),
            start=int(start),
            duration=int(duration),
            key=key == "true",
            init=None if init == "null" else int(init),
            size=int(size),
            cipher=cipher,
            leaf=leaf,
        )
        record.check()
        return record

    def check(self) -> None:
        """Raise `Malformed` unless every field is in its range and fits the record's kind."""
        init = 0 if self.init is None else self.init
        numbers = (
            self.index,
            init,
            self.number,
            self.size,
            self.start,
            self.duration,
            self.start + self.duration,
        )
        if min(numbers) < 0 or max(numbers) > canonical_json.MAX_INTEGER or not 0 <= self.track <= MAX_TRACK:
            raise Malformed(f"record {self.index}: a number is out of range")
        if self.kind == "media":
            fits = self.track > 0 and self.init is not None and self.duration > 0
        elif self.kind == "init":
            fits = self.track > 0 and self.init is None and self.duration == 0 and self.key
        elif self.kind == "event":
            fits = self.track == 0 and self.init is None and self.key
        elif self.kind == "piece":
            fits = self.track > 0 and self.init is None and self.key and self.start == self.duration == 0
        else:
            zero = self.index == self.track == self.number == self.start == self.duration == 0
            fits = self.kind == "header" and zero and self.init is None and self.key
        if not fits:
            raise Malformed(f"record {self.index}: its fields do not fit its kind, {self.kind}")

    @property
    def where(self) -> str:
        """Return, for people, which record this is, and its time in the recording."""
        return f"record {self.index}, {timecode(self.start)}"


def entry(record: Record, salt: bytes, plain: str) -> bytes:
    """Return what the leaf hash covers: salt ‖ canonical JSON of the record without `leaf`, with `plain`.

    `salt`: 16 bytes; `plain`: SHA-256 of the content in hexadecimal.
    """
    return salt + (
        f'{{"cipher":"{record.cipher}","duration":{record.duration},"index":{record.index},'
        f'"init":{"null" if record.init is None else record.init},'
        f'"key":{"true" if record.key else "false"},"kind":"{record.kind}","number":{record.number},'
        f'"plain":"{plain}","size":{record.size},"start":{record.start},"track":{record.track}}}'
    ).encode("ascii")


def leaf_of(record: Record, salt: bytes, plain: str) -> str:
    """Return the RFC 6962 leaf hash, in hexadecimal, that `record` must have for this content."""
    return sha256(b"\x00" + entry(record, salt, plain)).hexdigest()


def seal_leaf(
    *,
    index: int,
    kind: Kind,
    track: int,
    number: int,
    start: int,
    duration: int,
    key: bool,
    init: int | None,
    salt: bytes,
    content: bytes | memoryview,
    message: bytes,
) -> Record:
    """Return the record of `content`, which was sealed as `message` (whose plaintext is salt ‖ content).

    `salt`: 16 fresh random bytes, never used twice. Raises `Malformed` if the fields do not fit the kind.
    """
    if len(salt) != SALT_SIZE:
        raise Malformed(f"record {index}: the salt is {SALT_SIZE} bytes")
    record = Record(
        index=index,
        kind=kind,
        track=track,
        number=number,
        start=start,
        duration=duration,
        key=key,
        init=init,
        size=len(message),
        cipher=sha256(message).hexdigest(),
        leaf="",
    )
    record.check()
    return replace(record, leaf=leaf_of(record, salt, sha256(content).hexdigest()))


def check_record(record: Record, opened: bytes) -> bytes:
    """Return the content of `opened` (salt ‖ content, from the sealed message) after checking the leaf.

    Raises `Altered` if the leaf differs. This proves that the record was made for this content; the manifest
    proves that the record is in the recording.
    """
    if len(opened) < SALT_SIZE:
        raise Altered("record", "the opened message is too short to hold a salt", record.where)
    salt, content = opened[:SALT_SIZE], opened[SALT_SIZE:]
    if leaf_of(record, salt, sha256(content).hexdigest()) != record.leaf:
        raise Altered("record", "the content is not what was sealed here", record.where)
    return content


def timecode(microseconds: int) -> str:
    """Return a time in a recording for people: 00:12:31, rounded down to the second."""
    seconds = microseconds // 1_000_000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
