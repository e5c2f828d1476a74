"""The contents of a recording's textual records: the header and the events.

The header is record 0: which recording this is, when its timeline starts, which tracks it has and what
software made it. Events are everything that happened to it: losses, freezes, breaks, people entering, marks.
Both are canonical JSON.

Trusts nothing that is parsed. Specification: docs/spec/manifest.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed

_HEADER_KEYS = frozenset(
    (
        *("deployment", "epoch", "evidence", "interview", "part", "practice", "purpose"),
        *("recorder", "software", "tracks", "v"),
    )
)
_TRACK_KEYS = frozenset(("codec", "kind", "name", "track"))
# A hyphen is never followed by a digit: "wide-2.mp4" is the second file of "wide", not a track's name.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")
_CODEC = re.compile(r"[A-Za-z0-9.]{1,32}")
MAX_TRACKS = 64
MAX_EVENT = 65_536
"""Maximum bytes of one event. People's text has some hundred; an unbounded event could fill the memory."""


@dataclass(frozen=True, slots=True)
class Track:
    """One camera or microphone.

    `track`: 1, 2, 3 …; `name`: lower-case words such as "wide"; `codec`: as in RFC 6381, "avc1.42e01f" or
    "opus".
    """

    track: int
    name: str
    kind: Literal["video", "audio"]
    codec: str

    def check(self) -> None:
        """Raise `Malformed` naming the first invalid field."""
        canonical_json.integer(self.track, "track number", low=1, high=MAX_TRACKS)
        if not isinstance(self.name, str) or len(self.name) > 32 or not _NAME.fullmatch(self.name):
            raise Malformed(f"track {self.track}: its name is not lower-case words joined by hyphens")
        if self.kind not in ("video", "audio"):
            raise Malformed(f"track {self.track}: neither video nor audio")
        if not isinstance(self.codec, str) or not _CODEC.fullmatch(self.codec):
            raise Malformed(f"track {self.track}: not the name of a codec")


@dataclass(frozen=True, slots=True)
class Header:
    """Content of record 0.

    `epoch`: wall-clock time of timeline 0, by the recorder's clock; `recorder`: key id; `software`: name →
    version; `practice`: made for training, never evidence.
    """

    deployment: str
    interview: str
    evidence: str
    part: int
    epoch: str
    tracks: tuple[Track, ...]
    software: Mapping[str, str]
    recorder: str
    purpose: str
    practice: bool

    def canonical(self) -> bytes:
        """Return the header's canonical bytes. Raises `Malformed` if a field is invalid."""
        self.check()
        return canonical_json.serialise(
            {
                "deployment": self.deployment,
                "epoch": self.epoch,
                "evidence": self.evidence,
                "interview": self.interview,
                "part": self.part,
                "practice": self.practice,
                "purpose": self.purpose,
                "recorder": self.recorder,
                "software": dict(self.software),
                "tracks": [
                    {"codec": track.codec, "kind": track.kind, "name": track.name, "track": track.track}
                    for track in self.tracks
                ],
                "v": 1,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Read a header. Raises `Malformed` unless `data` is its canonical encoding."""
        fields = canonical_json.exact_keys(
            canonical_json.parse_object(data, "header"), _HEADER_KEYS, "header"
        )
        if canonical_json.integer(fields["v"], "header v") != 1:
            raise Malformed("header: version not known")
        if not isinstance(fields["tracks"], list):
            raise Malformed("header tracks: not a list")
        tracks = [canonical_json.exact_keys(item, _TRACK_KEYS, "track") for item in fields["tracks"]]
        header = cls(
            deployment=fields["deployment"],
            interview=fields["interview"],
            evidence=fields["evidence"],
            part=fields["part"],
            epoch=fields["epoch"],
            tracks=tuple(Track(**item) for item in tracks),
            software=fields["software"],
            recorder=fields["recorder"],
            purpose=fields["purpose"],
            practice=fields["practice"],
        )
        header.check()
        return header

    def check(self) -> None:
        """Raise `Malformed` naming the first invalid field."""
        canonical_json.identifier(self.deployment, "header deployment")
        canonical_json.identifier(self.interview, "header interview")
        canonical_json.identifier(self.evidence, "header evidence")
        canonical_json.integer(self.part, "header part", low=1)
        canonical_json.instant(self.epoch, "header epoch")
        canonical_json.hexadecimal(self.recorder, 8, "header recorder")
        canonical_json.code(self.purpose, "header purpose")
        canonical_json.boolean(self.practice, "header practice")
        if not isinstance(self.software, Mapping) or not all(
            isinstance(text, str) for pair in self.software.items() for text in pair
        ):
            raise Malformed("header software: not names and versions")
        if not 1 <= len(self.tracks) <= MAX_TRACKS:
            raise Malformed(f"header tracks: not 1 to {MAX_TRACKS}")
        for number, track in enumerate(self.tracks, start=1):
            track.check()
            if track.track != number:
                raise Malformed(f"header tracks: track {number} is expected, this is {track.track}")
        if len({track.name for track in self.tracks}) != len(self.tracks):
            raise Malformed("header tracks: two have the same name")


@dataclass(frozen=True, slots=True)
class Event:
    """Content of an event record.

    `type`: a code such as "loss" or "break"; `at`: microseconds of the part's timeline; `fields`: the other
    fields of this type. Types and fields are open: a reader that knows fewer of them must never stop a
    recorder that knows more.
    """

    type: str
    at: int
    fields: Mapping[str, Any] = field(default_factory=dict)

    def canonical(self) -> bytes:
        """Return the event's canonical bytes. Raises `Malformed` if a field is invalid."""
        canonical_json.code(self.type, "event type")
        canonical_json.integer(self.at, "event at")
        if "at" in self.fields or "type" in self.fields:
            raise Malformed("event: at and type are given once")
        content = canonical_json.serialise({"at": self.at, "type": self.type, **self.fields})
        if len(content) > MAX_EVENT:
            raise Malformed(f"event: longer than {MAX_EVENT} bytes")
        return content

    @classmethod
    def parse(cls, data: bytes) -> Event:
        """Read an event. Raises `Malformed` unless `data` is its canonical encoding."""
        if len(data) > MAX_EVENT:
            raise Malformed(f"event: longer than {MAX_EVENT} bytes")
        fields = canonical_json.parse_object(data, "event")
        if "at" not in fields or "type" not in fields:
            raise Malformed("event: no type or no time")
        type_, at = (
            canonical_json.code(fields.pop("type"), "event type"),
            canonical_json.integer(fields.pop("at"), "event at"),
        )
        return cls(type_, at, fields)
