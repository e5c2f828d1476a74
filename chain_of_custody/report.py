"""What a verification found, for people and for programs: what is proved, what is not, what happened.

A report is only made when every step has passed. It says as plainly what is *not* proved: a judge who is
told less than that is told too much.

Specification: docs/spec/court-folder.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal

from chain_of_custody import canonical
from chain_of_custody.chains import Chains, Filed
from chain_of_custody.checkpoints import Checkpoint
from chain_of_custody.contents import Header
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.reading import Reading, wall_clock
from chain_of_custody.records import timecode
from chain_of_custody.unproved import signs_for_a_person, unproved

Outcome = Literal["intact", "consistent"]

_DEEDS = {
    "interview.opened": "the interview was opened",
    "recorder.enrolled": "the recorder's key was enrolled",
    "recording.started": "recording started",
    "recording.progress": "the recording so far was committed to",
    "recording.interrupted": "recording was found interrupted",
    "recording.sealed": "the recording was sealed",
    "evidence.viewed": "the recording was viewed",
    "evidence.exported": "a copy was made for a court",
    "evidence.verified": "the recording was verified",
}


@dataclass(frozen=True)
class Part:
    """A proved recording part and what it says about itself. `started`: its `recording.started`;
    `fragments`: pieces of media."""

    evidence: str
    started: Filed
    header: Header
    state: str
    fragments: int
    bytes: int
    reading: Reading


@dataclass(frozen=True)
class Report:
    """Everything held. `intact`: under the policy registered beforehand; `consistent`: under the policy that
    came with the folder, so its origin is not known."""

    outcome: Outcome
    policy: TrustPolicy
    checkpoint: Checkpoint
    chains: Chains
    parts: tuple[Part, ...]

    @property
    def not_proved(self) -> tuple[str, ...]:
        """What a reader might take for proved and must not, one sentence each (`unproved`)."""
        return unproved(self)

    @property
    def proved(self) -> tuple[str, ...]:
        """What is proved, one sentence each."""
        origin = "the registered policy" if self.outcome == "intact" else "the policy in this folder"
        return (
            f"The ledger {self.checkpoint.origin} ({self.checkpoint.size} entries) is signed with both keys "
            f"of {origin}.",
            f"All {len(self.chains.all)} statements here are in that ledger, each signed by a key that is "
            "entitled to.",
            "Each recording's statements are complete from its start to the export of this folder.",
            f"All {sum(part.fragments for part in self.parts)} fragments of picture and sound are those that "
            "the recorder sealed, in their order, none missing, none added.",
        )

    @property
    def between(self) -> tuple[str, ...]:
        """What lies between two parts of an interview that follow each other: time without a recording."""
        lines = []
        for before, after in pairwise(self.parts):
            if before.header.interview != after.header.interview:
                continue
            first, second = before.header.part, after.header.part
            pause = (_epoch(after) - _epoch(before)).total_seconds() - before.reading.duration / 1_000_000
            if pause < 0:
                lines.append(
                    f"Part {second} begins {-pause:.1f} s before part {first} ends, by the recorder's clock."
                )
                continue
            nothing = "nothing was recorded" if second == first + 1 else "this folder holds nothing"
            lines.append(
                f"Between part {first} and part {second} {nothing} for {pause:.1f} s, "
                "by the recorder's clock."
            )
        return tuple(lines)

    @property
    def history(self) -> tuple[str, ...]:
        """The custody history, one sentence a statement; runs of progress statements are one."""
        lines: list[str] = []
        skipped: Counter[str] = Counter()
        for one in self.chains.all:
            if one.statement.type == "recording.progress":
                skipped[one.statement.evidence] += 1
                continue
            if count := skipped.pop(one.statement.evidence, 0):
                lines.append(f"… while recording, the recording so far was committed to, {count} times")
            lines.append(_deed(one))
        return tuple(lines)

    def text(self) -> str:
        """The report for a terminal."""
        lines = [
            *_verdict(self),
            "",
            *_section(
                "Recordings", [*(line for part in self.parts for line in _part_lines(part)), *self.between]
            ),
            *_section("Proved", self.proved),
            *_section("Not proved", self.not_proved),
            *_section("Custody history", self.history),
        ]
        return "\n".join(lines).rstrip() + "\n"

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        signed_at = self.checkpoint.signed_at
        return {
            "v": 1,
            "outcome": self.outcome,
            "policy": {"fingerprint": self.policy.fingerprint, "trial_keys": self.policy.trial},
            "ledger": {
                "origin": self.checkpoint.origin,
                "size": self.checkpoint.size,
                "root": self.checkpoint.root.hex(),
                "signed_at": None if signed_at is None else _moment(signed_at),
            },
            "recordings": [_part_json(part) for part in self.parts],
            "between": list(self.between),
            "proved": list(self.proved),
            "not_proved": list(self.not_proved),
            "statements": [_filed_json(one) for one in self.chains.all],
        }


def _epoch(part: Part) -> datetime:
    return canonical.moment(part.header.epoch)


def _verdict(report: Report) -> tuple[str, ...]:
    fingerprint = f"Policy fingerprint: {report.policy.fingerprint}"
    if report.outcome == "intact":
        return (
            "INTACT: the recordings are whole and as they were sealed, under the registered policy.",
            fingerprint,
        )
    return ("CONSISTENT, ORIGIN UNKNOWN: the folder agrees with itself in everything.", fingerprint)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *(f"  - {printable_line(line)}" for line in lines), ""]


def printable_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _part_lines(part: Part) -> list[str]:
    header, reading = part.header, part.reading
    tracks = ", ".join(f"{track.name} ({track.kind}, {track.codec})" for track in header.tracks)
    lines = [
        f"Part {header.part} of interview {header.interview}, {_case(part.started)}: "
        f"{timecode(reading.duration)} from {wall_clock(header, 0)}; {tracks}; {part.state}.",
        *(gap.sentence for gap in reading.gaps),
        *(happened.sentence for happened in reading.happenings),
    ]
    if reading.overlaps:
        lines.append(f"{reading.overlaps} fragments begin a little before the one ahead of them ends.")
    return lines


def _deed(one: Filed) -> str:
    statement = one.statement
    deed = _DEEDS.get(statement.type, statement.type)
    actor = f"{statement.actor.role} {statement.actor.id[:8]} of {statement.actor.organisation}"
    if statement.type.startswith("recording."):
        by_itself = statement.actor.role in ("recorder", "system")
        signer = "signed by the recorder" if by_itself else "signed by the recorder, not by the person"
    elif signs_for_a_person(one):
        signer = "recorded by the center's system; not signed by the person"
    else:
        signer = "signed by the center's system"
    return f"{statement.at}  {deed}: {actor}, purpose {statement.purpose} ({signer}; entry {one.position})"


def _case(one: Filed) -> str:
    return "of no case" if one.statement.case is None else f"case {one.statement.case}"


def _part_json(part: Part) -> dict[str, Any]:
    header, reading = part.header, part.reading
    return {
        "evidence": part.evidence,
        "interview": header.interview,
        "case": part.started.statement.case,
        "part": header.part,
        "epoch": header.epoch,
        "state": part.state,
        "duration": reading.duration,
        "tracks": [
            {"track": track.track, "name": track.name, "kind": track.kind, "codec": track.codec}
            for track in header.tracks
        ],
        "fragments": part.fragments,
        "bytes": part.bytes,
        "gaps": [
            {"track": gap.track, "start": gap.start, "end": gap.end, "reason": gap.reason}
            for gap in reading.gaps
        ],
        "events": [
            {"at": happened.at, "type": happened.type, "sentence": happened.sentence}
            for happened in reading.happenings
        ],
        "overlaps": reading.overlaps,
    }


def _filed_json(one: Filed) -> dict[str, Any]:
    statement = one.statement
    return {
        "position": one.position,
        "type": statement.type,
        "evidence": statement.evidence,
        "case": statement.case,
        "number": statement.number,
        "at": statement.at,
        "actor": {
            "id": statement.actor.id,
            "role": statement.actor.role,
            "organisation": statement.actor.organisation,
        },
        "purpose": statement.purpose,
        "keys": [signature.key for signature in one.signed.signatures],
        "signed_by_person": False,
    }


def _moment(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return "out of range"
