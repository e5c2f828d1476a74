"""Viewing copies: all tracks of an item in one film, as a rearrangement of bytes that are proved.

A court receives each track as a film of its own, and for viewing one film in which they play together.
Nothing is decoded or added: the header is assembled from the boxes of the tracks' own init segments, and the
media contents follow it, in the order of the records. So a verifier makes the header itself and identifies
every other piece by the digest that it has already proved.

A *segment* is a run of records in which no track needs two init segments. Each segment with media is one
file.

Trusts: its caller to pass records and contents that are proved, or about to be.

Specification: docs/spec/court-package.md, section 2; ISO/IEC 14496-12 (boxes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from struct import pack

from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import Record

MAX_INIT = 1_000_000
"""Maximum bytes of an init segment of a viewing copy; the recorder's have some seven hundred."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One viewing copy.

    `inits`: track → index of its init record, for every track with media in it, by track number; `media`:
    indices of the media records, in order.
    """

    inits: Mapping[int, int]
    media: tuple[int, ...]


@dataclass
class _Running:
    """The segment being read.

    `inits`: the init record that each track needs now; `own`: tracks whose init segment is within this
    segment; `used`: tracks with media in it; `media`: indices of those media.
    """

    inits: dict[int, int] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    media: list[int] = field(default_factory=list)

    def finished(self) -> Segment:
        return Segment({track: self.inits[track] for track in sorted(self.used)}, tuple(self.media))


def segments(records: Iterable[Record]) -> tuple[Segment, ...]:
    """Return the viewing copies of an item with these records, in order.

    Raises `Malformed` for media that no init segment of their track precedes.
    """
    segments_read: list[Segment] = []
    running = _Running()
    for record in records:
        if record.kind == "init":
            if record.track in running.own or record.track in running.used:
                if running.media:
                    segments_read.append(running.finished())
                running = _Running(dict(running.inits))
            running.inits[record.track] = record.index
            running.own.add(record.track)
        elif record.kind == "media":
            if record.track not in running.inits:
                raise Malformed(f"{record.where}: no init segment of its track came before it")
            running.media.append(record.index)
            running.used.add(record.track)
    if running.media:
        segments_read.append(running.finished())
    return tuple(segments_read)


def joined_init(inits: Mapping[int, bytes]) -> bytes:
    """Return the header of a viewing copy, from the init segments of its tracks (track number → content).

    It is the `ftyp` of the first track, and a `moov` of: its `mvhd`, with the next track's number one above
    the highest here; the `trak` of each; an `mvex` with the `trex` of each. Raises `Malformed` for an init
    segment that is not `ftyp`, `moov` of `mvhd`, `trak` and `mvex` of `trex`, each once, in this order.
    """
    parsed = [_Init.parse(track, inits[track]) for track in sorted(inits)]
    first = parsed[0]
    moov = b"".join(
        (
            first.mvhd[:-4] + pack("!I", max(inits) + 1),
            *(init.trak for init in parsed),
            _box(b"mvex", b"".join(init.trex for init in parsed)),
        )
    )
    return first.ftyp + _box(b"moov", moov)


@dataclass(frozen=True, slots=True)
class _Init:
    """An init segment of one track, as whole boxes."""

    ftyp: bytes
    mvhd: bytes
    trak: bytes
    trex: bytes

    @classmethod
    def parse(cls, track: int, content: bytes) -> _Init:
        what = f"init segment of track {track}"
        if len(content) > MAX_INIT:
            raise Malformed(f"{what}: longer than {MAX_INIT} bytes")
        ftyp, moov = _boxes(content, (b"ftyp", b"moov"), what)
        mvhd, trak, mvex = _boxes(moov[8:], (b"mvhd", b"trak", b"mvex"), what)
        (trex,) = _boxes(mvex[8:], (b"trex",), what)
        if len(mvhd) < 16:
            raise Malformed(f"{what}: its mvhd is too short")
        return cls(ftyp, mvhd, trak, trex)


def _boxes(content: bytes, kinds: tuple[bytes, ...], what: str) -> list[bytes]:
    """Split `content` into exactly these boxes."""
    found = list(_cut(content, what))
    if [box[4:8] for box in found] != list(kinds):
        raise Malformed(f"{what}: not exactly the boxes {b', '.join(kinds).decode()}")
    return found


def _cut(content: bytes, what: str) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        # Sizes 0 ("to the end") and 1 ("in 64 bits") are not needed in a header, and are refused.
        size = int.from_bytes(content[at : at + 4], "big")
        if len(content) - at < 8 or not 8 <= size <= len(content) - at:
            raise Malformed(f"{what}: a box that does not fit")
        yield content[at : at + size]
        at += size


def _box(kind: bytes, body: bytes) -> bytes:
    return pack("!I4s", 8 + len(body), kind) + body
