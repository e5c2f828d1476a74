"""A court package as a center hands it out: real films, a custody history with names, what policies ask for.

The center, its ledger and its packages are those of the verifier's own tests (`court_packages`); here they
get films that play and an evening on which everything happened.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.record import Kind, Record, seal_leaf
from chain_of_custody.items.recording_contents import Event
from chain_of_custody.package.sealed_file import SealHeader, write_sealed
from chain_of_custody.statements.statement import Actor, Statement
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.trust.named_parties import Group, ThirdParties
from tests.support.ledger.cosigners import BAR, COURT, both_of, keys_of
from tests.support.ledger.made_tokens import Authority
from tests.support.media.made_media import MadeTrack, camera, microphone
from tests.support.packages.court_packages import (
    DEPLOYMENT,
    EVIDENCE,
    INTERVIEW,
    PROSECUTOR,
    SECOND,
    SECOND_EVIDENCE,
    SYSTEM,
    Center,
    Cut,
    Recording,
)

PASSPHRASE = "absent mango quick river hollow ladder season vivid lemon"
LEAST_ITERATIONS = 100_000
JUDGE = Actor("b0" * 16, "court", "court-of-first-instance")
EVENING = datetime(2026, 11, 24, 18, 8, tzinfo=UTC)
BEGUN = "2026-11-24T18:15:03.120Z"
STAMPED = datetime(2026, 11, 24, 19, 55, tzinfo=UTC)
TRACK_NUMBERS = {"wide": 1, "close": 2, "microphone": 3}


@dataclass
class Film(Recording):
    """A recording whose fragments are films."""

    def add(self, kind: str, content: bytes, track: int = 0, start: int = 0, duration: int = 0) -> Record:
        if kind == "header" and self.header is not None:
            self.header = replace(self.header, purpose="testimony")
            content = self.header.canonical()
        return super().add(kind, content, track, start, duration)

    def roll(self, start: int, seconds: int, **sources: str) -> None:
        """All tracks for some seconds from `start` on (µs), each with an init segment of its own."""
        tracks = self.tracks(start, seconds, **sources)
        for name, made in tracks.items():
            self.put("init", made.init, TRACK_NUMBERS[name], start)
        for second in range(seconds):
            for name, made in tracks.items():
                one = made.fragments[second]
                self.put("media", one.content, TRACK_NUMBERS[name], one.start, one.duration, one.key)

    def tracks(self, start: int, seconds: int, **sources: str) -> Mapping[str, MadeTrack]:
        return {
            "wide": camera(seconds, start=start, track=1, source=sources.get("wide", "testsrc2")),
            "close": camera(seconds, "160x90", start, sources.get("close", "smptehdbars"), track=2),
            "microphone": microphone(seconds, start, track=3),
        }

    def note(self, type_: str, at: int, **fields: Any) -> None:
        self.put("event", Event(type_, at, fields).canonical(), start=at)

    def put(
        self, kind: Kind, content: bytes, track: int = 0, start: int = 0, duration: int = 0, key: bool = True
    ) -> Record:
        index = len(self.records)
        number = self._next.get(track, 0)
        self._next[track] = number + 1
        salt = sha256(f"salt {self.evidence} {index}".encode()).digest()[:16]
        init = self._inits.get(track) if kind == "media" else None
        record = seal_leaf(
            index=index, kind=kind, track=track, number=number, start=start, duration=duration, key=key,
            init=init, salt=salt, content=content, message=b"sealed " + content,
        )  # fmt: skip
        if kind == "init":
            self._inits[track] = index
        self.records.append(record)
        self.opened.append((record, salt, content))
        return record


class Office(Center):
    """A center that does everything in one evening, and writes down by whom."""

    def __init__(self, third_parties: ThirdParties | None = None, seed: int = 1) -> None:
        super().__init__(seed, third_parties)
        self.clock = EVENING

    def say(self, type_: str, evidence: str, body: Mapping[str, Any], **options: Any) -> int:
        purpose = options.pop("purpose", "testimony" if type_.startswith("recording.") else "administration")
        if type_ == "evidence.exported":
            purpose, options["actor"] = "hearing", options.get("actor", PROSECUTOR)
        at = options.pop("at", None) or canonical_json.instant_text(self.clock)
        self.clock = canonical_json.moment(at) + timedelta(minutes=1)

        def change(statement: Statement) -> Statement:
            return replace(statement, at=at, purpose=purpose)

        return super().say(type_, evidence, body, change=change, **options)

    def furnish(self) -> None:
        """What stands in the registry before the first interview."""
        self.enrol()
        for person, organisation, role in (
            (PROSECUTOR.id, PROSECUTOR.organisation, PROSECUTOR.role),
            (JUDGE.id, JUDGE.organisation, JUDGE.role),
        ):
            body = {"organisation": organisation, "person": person, "role": role}
            self.say("role.given", DEPLOYMENT, body, case=None, actor=SYSTEM)

    def open_room(self) -> None:
        present = [{"role": "social worker", "who": "Person B"}, {"role": "", "who": "Person C"}]
        details = {
            "name": "Person A",
            "place": "Interview room 1",
            "present": present,
            "wish": "She wishes the door to stay open.",
        }
        body = {"practice": False}
        self.say("interview.opened", INTERVIEW, body, purpose="testimony", details=details)

    def record(self, film: Film, epoch: str, runs: Sequence[tuple[int, int]]) -> None:
        """`runs`: where media begin (µs) and for how many seconds; a break lies between two of them."""
        self.start(film, epoch=epoch, at=epoch)
        assert film.header is not None
        for number, (start, seconds) in enumerate(runs):
            if number > 0:
                film.note("resume", start)
            film.roll(start, seconds)
            middle = start + seconds * SECOND // 2
            if number == 0:
                film.note("mark", middle, text="the door")
                film.note(
                    "loss", middle, track=1, packets=4, frames=2, **{"from": middle - 100_000, "to": middle}
                )
            if number + 1 < len(runs):
                film.note("break", start + seconds * SECOND, reason="rest")
        self.progress(film)
        self.seal(film)

    def watched(self, evidence: str) -> None:
        details = {"name": "Person A"}
        self.say("evidence.viewed", evidence, {}, purpose="charging", details=details)

    def read_again(self, evidence: str, **found: int) -> None:
        """What was found when the first copy was read again."""
        body = {"copy": "first-copy", "damaged": 0, "repaired": 0, "sound": 7, "surplus": 0} | found
        details = {"findings": [{"object": "wrap", "wrong": "missing"}]} if found else None
        options = {"purpose": "preservation", "actor": SYSTEM, "details": details}
        self.say("evidence.verified", evidence, body, **options)


def made_testimony(
    folder: Path,
    *,
    office: Office | None = None,
    cut: tuple[int, int] | None = None,
    parts: int = 1,
    runs: Sequence[tuple[int, int]] = ((0, 4), (7 * SECOND, 4)),
    stamped: Authority | None = None,
    film: type[Film] = Film,
) -> tuple[Office, Path]:
    """A package in `folder`. `cut`: only this excerpt, from and to in µs. `film`: what its media are."""
    office = office or Office()
    office.furnish()
    office.open_room()
    films = []
    for number, evidence in enumerate((EVIDENCE, SECOND_EVIDENCE)[:parts], start=1):
        one = film(evidence, number)
        begun = canonical_json.instant_text(
            canonical_json.moment(BEGUN) + timedelta(minutes=2 * (number - 1))
        )
        office.record(one, begun, runs)
        office.watched(evidence)
        films.append(one)

    def stamp(checkpoint: Checkpoint) -> Mapping[str, bytes]:
        return {} if stamped is None else {"first": stamped.respond(checkpoint.text().encode(), STAMPED)}

    items = [one if cut is None else Cut(one, *cut) for one in films]
    return office, office.export(folder, items, stamp=stamp)


def witnesses(authority: Authority | None = None) -> ThirdParties:
    """Two witnesses that must both have cosigned, and perhaps an authority that must have stamped."""
    members = ("court", "bar")
    return ThirdParties(
        witnesses=keys_of(dict(zip(members, (COURT, BAR), strict=True))),
        groups={**both_of(*members), "both": Group(2, members)},
        quorum="both",
        authorities={} if authority is None else {"first": authority.anchor},
        timestamps=0 if authority is None else 1,
    )


def sealed(folder: Path, file: Path) -> Path:
    """With the fewest iterations that a reader takes, since many tests open it."""
    head = SealHeader(secrets.token_bytes(16), LEAST_ITERATIONS)
    with file.open("xb") as out:
        write_sealed(FolderSource(folder), out, PASSPHRASE, head, secrets.token_bytes(24))
    return file
