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
from typing import Annotated, Any, ClassVar, Literal

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import (
    Boolean,
    CanonicalObject,
    Code,
    Identifier,
    Instant,
    JsonObject,
    KeyId,
    failing_with,
    list_of,
    one_of,
    whole,
)
from chain_of_custody.errors import Malformed
from chain_of_custody.items.sender import Sender

# A hyphen is never followed by a digit: "wide-2.mp4" is the second file of "wide", not a track's name.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")
_CODEC = re.compile(r"[A-Za-z0-9.]{1,32}")
MAX_TRACKS = 64
MAX_EVENT = 65_536
"""Maximum bytes of one event. People's text has some hundred; an unbounded event could fill the memory."""


def _track_name(value: object, what: str) -> str:
    if not isinstance(value, str) or len(value) > 32 or not _NAME.fullmatch(value):
        raise Malformed(f"{what}: not lower-case words joined by hyphens")
    return value


def _codec(value: object, what: str) -> str:
    if not isinstance(value, str) or not _CODEC.fullmatch(value):
        raise Malformed(f"{what}: not the name of a codec")
    return value


def names_and_versions(value: object, what: str) -> Mapping[str, str]:
    """Return `value` if it is an object of texts: name → version."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Malformed(f"{what}: not names and versions")
    return value


@dataclass(frozen=True, slots=True)
class Track(JsonObject):
    """One camera or microphone.

    `track`: 1, 2, 3 …; `name`: lower-case words such as "wide"; `codec`: as in RFC 6381, "avc1.42e01f" or
    "opus".
    """

    what: ClassVar[str] = "track"

    track: Annotated[int, whole(1, MAX_TRACKS)]
    name: Annotated[str, _track_name]
    kind: Annotated[
        Literal["video", "audio"], failing_with("track: neither video nor audio", one_of(("video", "audio")))
    ]
    codec: Annotated[str, _codec]


@dataclass(frozen=True, slots=True)
class Header(CanonicalObject):
    """Content of record 0.

    `epoch`: wall-clock time of timeline 0, by the recorder's clock; `recorder`: key id; `software`: name →
    version; `practice`: made for training, never evidence; `senders`: the devices whose cameras were
    connected when it began, or the one that made a safety recording.
    """

    what: ClassVar[str] = "header"
    fixed: ClassVar[Mapping[str, object]] = {"v": 1}

    deployment: Identifier
    interview: Identifier
    evidence: Identifier
    part: Annotated[int, whole(low=1)]
    epoch: Instant
    tracks: Annotated[tuple[Track, ...], list_of(Track.from_json, 1, MAX_TRACKS)]
    software: Annotated[Mapping[str, str], names_and_versions]
    recorder: KeyId
    purpose: Code
    practice: Boolean
    senders: Annotated[tuple[Sender, ...], list_of(Sender.from_json, 0, MAX_TRACKS)]

    def check(self) -> None:
        """Raise `Malformed` unless the tracks are numbered from 1, each has a name of its own, and each
        sender has proved itself and sends another one of the cameras."""
        for number, track in enumerate(self.tracks, start=1):
            if track.track != number:
                raise Malformed(f"header tracks: track {number} is expected, this is {track.track}")
        if len({track.name for track in self.tracks}) != len(self.tracks):
            raise Malformed("header tracks: two have the same name")
        cameras = [sender.camera for sender in self.senders]
        filmed = {track.name for track in self.tracks if track.kind == "video"}
        if len(set(cameras)) != len(cameras) or not filmed.issuperset(cameras):
            raise Malformed("header senders: not one for each camera at most")
        if any(sender.proof is None for sender in self.senders):
            raise Malformed("header senders: one has no proof")


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
