"""Proved items and their own claims, for a report: recording parts, excerpts, files.

Checks nothing: pass it what `verify` has proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from chain_of_custody.encoding.shown_text import printable
from chain_of_custody.items.examination_record import ExaminationRecord
from chain_of_custody.items.file_manifest import NAMES, FileDescription, FileHeader
from chain_of_custody.items.recipe import RECIPE_FILE, Recipe
from chain_of_custody.items.record import timecode
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.timeline import Bounds, Reading, read, wall_clock
from chain_of_custody.timestamping.token_verification import Cover
from chain_of_custody.verifier.chains import Chains, LedgerStatement
from chain_of_custody.verifier.derivative_item import Presence, presence
from chain_of_custody.verifier.file_item import FileOpening
from chain_of_custody.verifier.recording_item import OpenedItem, Opening


@dataclass(frozen=True)
class Extent:
    """An excerpt's bounds in µs of the timeline.

    `begin`, `end`: as requested; `first`, `last`: what the package contains, from keyframe to fragment;
    `records`: number of records in the whole recording.
    """

    begin: int
    end: int
    first: int
    last: int
    records: int

    @property
    def sentence(self) -> str:
        """Return a sentence for people: the requested bounds, and those of the records that are present."""
        return (
            f"An excerpt: from {timecode(self.begin)} to {timecode(self.end)} was asked for; here is what "
            f"was recorded from {timecode(self.first)} to {timecode(self.last)}."
        )


@dataclass(frozen=True)
class Part:
    """A proved recording part, or an excerpt of one, and its own claims.

    `started`, `seal`: its `recording.started` and `recording.sealed`; `records`: number of records given;
    `fragments`: number of pieces of media; `bytes`: size of its films; `covers`: the timestamps that cover
    the seal, the earliest first; `viewing`: number of viewing copies.
    """

    evidence: str
    started: LedgerStatement
    seal: LedgerStatement
    header: Header
    state: str
    extent: Extent | None
    records: int
    fragments: int
    bytes: int
    reading: Reading
    covers: tuple[Cover, ...]
    viewing: int

    @property
    def number(self) -> int:
        """Return the part's number in its interview, from 1."""
        return self.header.part

    @property
    def beside(self) -> str | None:
        """Return the part that a safety recording, made by the room's browser, accompanies."""
        beside: str | None = self.started.statement.body.get("beside")
        return beside

    @property
    def sealed_by(self) -> tuple[str, ...]:
        """Return one sentence for each authority: the time by which, it attests, the item was sealed."""
        return _sealed_by(self.covers)

    def lines(self) -> list[str]:
        """For people."""
        header, reading = self.header, self.reading
        tracks = ", ".join(f"{track.name} ({track.kind}, {track.codec})" for track in header.tracks)
        case = self.started.statement.case
        begins = 0 if self.extent is None else self.extent.first
        lasting, since = timecode(reading.duration - begins), wall_clock(header, begins)
        what = "Part" if self.beside is None else "Safety recording, made by the room's browser, of part"
        lines = [
            f"{what} {header.part} of interview {header.interview}, "
            f"{'of no case' if case is None else f'case {case}'}: "
            f"{lasting} from {since}; {tracks}; {self.state}."
        ]
        if self.extent is not None:
            lines.append(self.extent.sentence)
        lines += self.sealed_by or ("No timestamp says when it was sealed.",)
        lines += [gap.sentence for gap in reading.gaps]
        lines += [happened.sentence for happened in reading.happenings]
        if reading.overlaps:
            lines.append(f"{reading.overlaps} fragments begin a little before the one ahead of them ends.")
        return lines

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        header, reading, extent = self.header, self.reading, self.extent
        return {
            "evidence": self.evidence,
            "kind": "recording" if extent is None else "excerpt",
            "interview": header.interview,
            "case": self.started.statement.case,
            "part": header.part,
            "beside": self.beside,
            "epoch": header.epoch,
            "state": self.state,
            "excerpt": None
            if extent is None
            else {"from": extent.begin, "to": extent.end, "first": extent.first, "last": extent.last},
            "duration": reading.duration,
            "tracks": [track.to_json() for track in header.tracks],
            "records": self.records,
            "fragments": self.fragments,
            "bytes": self.bytes,
            "viewing_copies": self.viewing,
            "sealed_not_later_than": _covered(self.covers),
            "gaps": [_members(gap, "track", "start", "end", "reason", "shown") for gap in reading.gaps],
            "events": [asdict(happened) for happened in reading.happenings],
            "overlaps": reading.overlaps,
        }


_HERE: Mapping[Presence, str] = {
    "all": "which is here",
    "part": "of which only a part, or another part, is here",
    "none": "which is not here",
}


@dataclass(frozen=True)
class FilePart:
    """A proved file, and what was sealed with it.

    `seal`: the statement that sealed it; `path`: path of the file itself; `made`: paths of the pictures made
    from it; `covers`: the timestamps that cover the seal, the earliest first; `recipe`: how a derivative was
    made; `here`: how much of each of its sources is in the package, in their order; `record`: of an
    examination; `corrected_here`: whether the record that it corrects is in the package; `corrections`: ids
    of the records in it that correct this one.
    """

    evidence: str
    seal: LedgerStatement
    header: FileHeader
    description: FileDescription
    path: str
    made: tuple[str, ...]
    records: int
    covers: tuple[Cover, ...]
    recipe: Recipe | None = None
    here: tuple[Presence, ...] = ()
    record: ExaminationRecord | None = None
    corrected_here: bool = False
    corrections: tuple[str, ...] = ()

    @property
    def intimate(self) -> bool:
        """Whether it was sealed as intimate."""
        return self.seal.statement.body.get("intimate") is True

    @property
    def source(self) -> str | None:
        """Return where a received file came from, by a code; None for any other file."""
        source: str | None = self.seal.statement.body.get("source")
        return source

    @property
    def masters(self) -> frozenset[str]:
        """Return the ids of a derivative's sources of which the package contains all that was used."""
        sources = () if self.recipe is None else self.recipe.sources
        lacking = {one.evidence for one, here in zip(sources, self.here, strict=True) if here != "all"}
        return frozenset(one.evidence for one in sources) - lacking

    def lines(self) -> list[str]:
        """For people."""
        file = self.description
        kind = f"{'Intimate ' if self.intimate else ''}{NAMES[self.header.kind]}"
        what = f"{kind} {self.evidence[:8]}".capitalize()
        made = f"; with {len(self.made)} smaller pictures made from it" if self.made else ""
        # A derivative's bytes are proved by their pieces; this digest is what its recipe states for all of
        # them.
        digest = "SHA-256" if self.recipe is None else "by its recipe with SHA-256"
        return [
            f"{what} of case {self.header.case}: “{printable(file.name).replace('”', ' ')}”, {file.format}, "
            f"{file.size} bytes, {digest} {file.sha256}; {self.path}{made}.",
            *self._received(),
            *self._derived(),
            *self._examination(),
            *(_sealed_by(self.covers) or ("No timestamp says when it was sealed.",)),
        ]

    def _received(self) -> Iterator[str]:
        if self.source is not None:
            yield (
                f"It was received from outside (source: {self.source}), not recorded by the center. "
                "sha256sum prints this SHA-256 for it."
            )

    def _derived(self) -> Iterator[str]:
        if self.recipe is None:
            return
        program = self.recipe.program
        by = "the center made" if program is not None else "people wrote at the center"
        yield f"It is a {self.recipe.kind.replace('-', ' ')} that {by}, not the master."
        for source, here in zip(self.recipe.sources, self.here, strict=True):
            span = source.excerpt
            extent = "" if span is None else f", from {timecode(span[0])} to {timecode(span[1])}"
            yield f"It was derived from evidence {source.evidence[:8]}{extent}, {_HERE[here]}."
        if program is None:
            yield f"What it was written from: {self._recipe_path}."
            return
        name, version = (printable(text).replace("”", " ") for text in (program.name, program.version))
        yield f"How it was made: {self._recipe_path}, with “{name}”, version “{version}”."

    def _examination(self) -> Iterator[str]:
        if self.record is None:
            return
        form, corrects = self.record.form, self.record.corrects
        title = printable(form.title["en"]).replace("”", " ")
        yield (
            f"It is the record of an examination: “{title}”, form {form.id}, version {form.version}, with "
            f"{len(self.record.values)} values. What it says is not proved."
        )
        if corrects is not None:
            here = "which is here" if self.corrected_here else "which is not here"
            reason = printable(corrects.reason).replace("”", " ")
            yield f"It corrects the record {corrects.evidence[:8]}, {here}: “{reason}”."
        for correction in self.corrections:
            yield f"The record {correction[:8]}, which is here, corrects it."

    @property
    def _recipe_path(self) -> str:
        return f"{self.path.rpartition('/')[0]}/{RECIPE_FILE}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "evidence": self.evidence,
            "kind": self.header.kind,
            "derived": None
            if self.recipe is None
            else {
                "kind": self.recipe.kind,
                "recipe": self._recipe_path,
                "sources": [
                    one.to_json() | {"here": here}
                    for one, here in zip(self.recipe.sources, self.here, strict=True)
                ],
            },
            "examination": None
            if self.record is None
            else {
                "form": self.record.form.digest,
                "corrects": None if self.record.corrects is None else self.record.corrects.to_json(),
                "values": dict(self.record.values),
            },
            "case": self.header.case,
            "intimate": self.intimate,
            "source": self.source,
            **_members(self.description, "format", "name", "size", "sha256"),
            "read": dict(self.description.read),
            "path": self.path,
            "made": list(self.made),
            "records": self.records,
            "sealed": self.seal.position,
            "sealed_not_later_than": _covered(self.covers),
        }


def file_of(
    opening: FileOpening,
    covers: tuple[Cover, ...],
    items: Mapping[str, OpenedItem],
    records: Mapping[str, ExaminationRecord],
) -> FilePart:
    """Return, for a report, what steps 12 and 13 proved of a file.

    `items`: all items of the package, by their ids; `records`: its examination records, likewise.
    """
    record = records.get(opening.item.evidence)
    corrects = None if record is None else record.corrects
    recipe = opening.recipe
    sources = () if recipe is None else recipe.sources
    item = opening.item
    return FilePart(
        evidence=item.evidence,
        seal=opening.seal,
        header=opening.header,
        description=opening.description,
        path=item.path(opening.original),
        made=tuple(item.path(file) for file in sorted(opening.contents.media) if file != opening.original),
        records=len(opening.records),
        covers=covers,
        recipe=recipe,
        here=tuple(presence(one, items.get(one.evidence)) for one in sources),
        record=record,
        corrected_here=corrects is not None and corrects.evidence in items,
        corrections=tuple(
            evidence
            for evidence, one in sorted(records.items())
            if one.corrects is not None and one.corrects.evidence == opening.item.evidence
        ),
    )


def _members(one: object, *names: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _sealed_by(covers: tuple[Cover, ...]) -> tuple[str, ...]:
    return tuple(
        f"Sealed not later than {not_later_than(cover, '%Y-%m-%d %H:%M:%S')} UTC, by authority "
        f"{cover.stamp.authority}."
        for cover in covers
    )


def _covered(covers: tuple[Cover, ...]) -> list[dict[str, Any]]:
    return [
        {
            "authority": cover.stamp.authority,
            "at": not_later_than(cover, "%Y-%m-%dT%H:%M:%SZ"),
            "size": cover.stamp.size,
            "renewals": len(cover.renewed),
            "until": f"{cover.until:%Y-%m-%dT%H:%M:%SZ}",
        }
        for cover in covers
    ]


def not_later_than(cover: Cover, form: str) -> str:
    """Return the latest time that the timestamp allows, formatted with `form` (of `strftime`).

    It is rounded up to the second: at a time rounded down, nothing would show that the item was sealed.
    """
    latest = cover.stamp.token.latest
    if latest.microsecond and latest < datetime.max.replace(microsecond=0, tzinfo=latest.tzinfo):
        latest += timedelta(microseconds=1_000_000 - latest.microsecond)
    return f"{latest:{form}}"


def part_of(opening: Opening, chains: Chains, covers: tuple[Cover, ...]) -> Part:
    """Return, for a report, the recording part that step 12 opened."""
    extent = _extent(opening, chains.items[opening.item.evidence][-1])
    bounds = None
    if extent is not None and opening.excerpt is not None:
        earlier = opening.excerpt.first > 1
        later = opening.records[-1].index < extent.records - 1
        bounds = Bounds(extent.first, extent.last, earlier, later)
    return Part(
        evidence=opening.item.evidence,
        started=opening.chain[0],
        seal=opening.seal,
        header=opening.header,
        state=opening.manifest.state,
        extent=extent,
        records=len(opening.records),
        fragments=sum(record.kind == "media" for record in opening.records),
        bytes=sum(opening.contents.ends[file] for file in opening.contents.media),
        reading=read(opening.header, opening.records, opening.events, bounds),
        covers=covers,
        viewing=len(opening.item.viewing),
    )


def _extent(opening: Opening, exported: LedgerStatement) -> Extent | None:
    if opening.excerpt is None:
        return None
    stated = exported.statement.body["excerpt"]
    media = [record for record in opening.records if record.kind == "media"]
    return Extent(
        stated["from"],
        stated["to"],
        min(record.start for record in media),
        max(record.end for record in media),
        opening.manifest.records,
    )
