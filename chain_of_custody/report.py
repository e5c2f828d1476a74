"""What a verification found, for people and for programs: what is proved, what is not, what happened.

A report is only made when no step has found an alteration. It says as plainly what is *not* proved: a judge
who is told less than that is told too much.

Specification: docs/spec/court-package.md, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from chain_of_custody.chains import Chains, Signers
from chain_of_custody.checkpoints import Checkpoint
from chain_of_custody.cosignatures import Witnessing
from chain_of_custody.custody_history import history, statement_json
from chain_of_custody.errors import NotWitnessed
from chain_of_custody.findings import findings
from chain_of_custody.history import Seen
from chain_of_custody.parts import FilePart, Part, not_later_than
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.remarks import Remark, remark
from chain_of_custody.unproved import unproved

Outcome = Literal["intact", "consistent"]

VERSION = 2
"""Of the report for programs."""


@dataclass(frozen=True)
class Report:
    """Everything held. `outcome`: `intact` under the policy registered beforehand; `consistent` under the
    policy that came with the package, so its origin is not known. `details`: position → details of that
    statement; `parts`: recordings and excerpts; `files`: photographs, documents and derivatives; `documents`:
    paths of certificate and custody record, if they are here; `package`: the package digest (hexadecimal)."""

    outcome: Outcome
    policy: TrustPolicy
    checkpoint: Checkpoint
    witnessing: Witnessing
    signers: Signers
    chains: Chains
    seen: Seen
    details: Mapping[int, Mapping[str, object]]
    parts: tuple[Part, ...]
    files: tuple[FilePart, ...]
    documents: tuple[str, ...]
    package: str

    def check_quorum(self) -> None:
        """Step 15: raises `NotWitnessed`, which carries this report, unless the witnesses and the
        timestamping authorities that the policy asks for stand behind the package."""
        if not self.witnessing.quorum_met:
            raise NotWitnessed(
                "quorum", "the witnesses that the policy asks for have not cosigned this ledger", None, self
            )
        asked = self.policy.third_parties.timestamps
        sealed: Sequence[Part | FilePart] = (*self.parts, *self.files)
        for part in sealed:
            if len(part.covers) < asked:
                raise NotWitnessed(
                    "quorum",
                    f"{len(part.covers)} authorities have timestamped its seal, the policy asks for {asked}",
                    part.seal.where,
                    self,
                )

    @property
    def proved(self) -> tuple[Remark, ...]:
        """What is proved."""
        return tuple(_proved(self))

    @property
    def findings(self) -> tuple[Remark, ...]:
        """What is no alteration, and a court should know (`findings`)."""
        return findings(self)

    @property
    def not_proved(self) -> tuple[Remark, ...]:
        """What a reader might take for proved and must not (`unproved`)."""
        return unproved(self)

    @property
    def history(self) -> tuple[str, ...]:
        """The custody history, one sentence a statement (`custody_history`)."""
        return tuple(history(self.chains, self.signers, self.details))

    def text(self) -> str:
        """The report for a terminal."""
        lines = [
            *_verdict(self),
            "",
            *_section("Recordings", [line for part in self.parts for line in part.lines()]),
            *_section("Photographs and documents", [*_lines(self.files, derived=False)]),
            *_section("Derivatives", [*_lines(self.files, derived=True)]),
            *_section("Witnesses", [*_witnesses(self)]),
            *_section("Proved", [one.sentence for one in self.proved]),
            *_section("To be considered", [one.sentence for one in self.findings]),
            *_section("Not proved", [one.sentence for one in self.not_proved]),
            *_section("Custody history", self.history),
        ]
        return "\n".join(lines).rstrip() + "\n"

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        signed_at = self.checkpoint.signed_at
        third = self.policy.third_parties
        return {
            "v": VERSION,
            "outcome": self.outcome,
            "policy": {
                "fingerprint": self.policy.fingerprint,
                "registered": self.outcome == "intact",
                "trial_keys": self.policy.trial,
                "quorum": third.quorum,
                "timestamps": third.timestamps,
            },
            "ledger": {
                "origin": self.checkpoint.origin,
                "size": self.checkpoint.size,
                "root": self.checkpoint.root.hex(),
                "signed_at": None if signed_at is None else _moment(signed_at),
                "registry": _registry_number(self),
            },
            "witnesses": [
                {
                    "name": one.name,
                    "at": _moment(one.at) if one.at else None,
                    "keys": list(one.signed),
                    "lacking": list(one.lacking),
                }
                for one in self.witnessing.heard
            ],
            "items": [part.as_json() for part in self.parts],
            "files": [one.as_json() for one in self.files],
            "package": self.package,
            "documents": list(self.documents),
            "proved": [one.as_json() for one in self.proved],
            "findings": [one.as_json() for one in self.findings],
            "not_proved": [one.as_json() for one in self.not_proved],
            "statements": [statement_json(one, self.signers, self.details) for one in self.chains.all],
        }


def printable_line(text: str) -> str:
    """`text` for a terminal, on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _verdict(report: Report) -> tuple[str, ...]:
    fingerprint = f"Policy fingerprint: {report.policy.fingerprint}"
    try:
        report.check_quorum()
    except NotWitnessed as error:
        origin = "" if report.outcome == "intact" else ", ORIGIN UNKNOWN"
        return (
            f"NOT YET WITNESSED{origin}: what is here agrees with the ledger it names, but {error.reason}. A "
            "ledger that was rewritten would lack them too.",
            fingerprint,
        )
    if report.outcome == "intact":
        what = "what is here" if report.files else "what is here of the recordings"
        return (f"INTACT: {what} is as it was sealed, under the registered policy.", fingerprint)
    return ("CONSISTENT, ORIGIN UNKNOWN: the package agrees with itself in everything.", fingerprint)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *(f"  - {printable_line(line)}" for line in lines), ""] if lines else []


def _lines(files: Sequence[FilePart], *, derived: bool) -> Iterator[str]:
    return (line for one in files if (one.recipe is not None) == derived for line in one.lines())


def _witnesses(report: Report) -> Iterator[str]:
    for one in report.witnessing.heard:
        if one.lacking:
            yield f"{one.name}: one of its two keys is lacking ({one.lacking[0]}), so it does not count yet"
            continue
        name = one.name if len(one.signed) == 1 else f"{one.name} (two keys)"
        yield f"{name}: cosigned {f'at {_moment(one.at)}, by its own clock' if one.at else 'without a time'}"
    if not report.witnessing.whole:
        yield "no witness yet: nobody independent has seen this ledger"
    if quorum := report.policy.third_parties.quorum_of:
        members = ", ".join(quorum.members)
        yield f"the policy asks for {quorum.threshold} of {len(quorum.members)}: {members}"


def _proved(report: Report) -> Iterator[Remark]:
    code = "ledger.registered" if report.outcome == "intact" else "ledger.own"
    yield remark(code, origin=report.checkpoint.origin, size=report.checkpoint.size)
    for witness in report.witnessing.whole:
        if witness.at:
            yield remark("witness", witness=witness.name, at=_moment(witness.at))
    yield remark("statements", count=len(report.chains.all))
    yield remark("chains")
    if (number := _registry_number(report)) is not None:
        yield remark("registry", number=number)
    for kind, cut in (("fragments", False), ("excerpts", True)):
        counts = [part.fragments for part in report.parts if (part.extent is not None) == cut]
        if counts:
            yield remark(kind, count=sum(counts))
    if files := sum(one.recipe is None for one in report.files):
        yield remark("files", count=files)
    if derived := sum(one.recipe is not None for one in report.files):
        yield remark("derivatives", count=derived)
    if viewing := sum(part.viewing for part in report.parts):
        yield remark("viewing", count=viewing)
    if report.parts:
        yield remark("not-before")
    for part in report.parts:
        for cover in part.covers:
            until = not_later_than(cover, "%Y-%m-%dT%H:%M:%SZ")
            yield remark("sealed", part=part.number, at=until, authority=cover.stamp.authority)
    for part in report.parts:
        if part.extent is None:
            for one in report.chains.items[part.evidence]:
                if one.statement.type == "evidence.rehashed":
                    yield remark("rehashed", part=part.number, position=one.position)
    if signed := sum(holder == "person" for holder in report.signers.by.values()):
        yield remark("persons.signed", count=signed)


def _registry_number(report: Report) -> int | None:
    head = report.signers.registry.head
    return None if head is None else head.number


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
