"""Reproduce the derivatives of a court package from its contents, and compare them with what was sealed.

A package proves what was sealed as a derivative, and what the center states that it was made from. Only
reproduction proves that it shows what its sources show: the same films, edits and program give the same
bytes. So the films in the package are read as the recipe says, and cards, masks and tones are drawn again.
The program runs as it ran then (`ffmpeg`, without network, in a folder of its own; `renderer` for a sheet of
photographs; `received_copies.program` for a copy of a picture or text), and its output is compared with what
was sealed.

Trusts: a package that `verify` has verified. Needs no center, no database and no key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from casework.comparison_sheets import layout, renderer, rendering
from casework.comparison_sheets.comparison import Comparison
from casework.comparison_sheets.renderer import SheetFailed
from casework.errors import PhotographOutside, PhotographUnread, Refused
from casework.films.rendering import FilmOrder
from casework.received_copies import kinds
from casework.received_copies import program as copies
from casework.received_copies.program import CopyFailed
from casework.received_copies.rendering import BY_FFMPEG, CopyOrder
from casework.sandbox import ffmpeg, scratch_folders
from casework.sandbox.ffmpeg import FilmFailed
from casework.working_copies.cards import Cards
from casework.working_copies.film_plan import Film
from chain_of_custody.encoding.file_source import OpenFile, Source, fill
from chain_of_custody.errors import Incomplete, Malformed
from chain_of_custody.items.recipe import Read, Recipe
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.package.record_layout import parse_opened
from chain_of_custody.report.report import Report
from chain_of_custody.statements.types import OF_PHOTOGRAPHS, OF_RECEIVED
from chain_of_custody.verifier.proved_items import FilePart

Outcome = Literal["same", "other", "not-here", "no-program", "asked-otherwise", "failed", "written"]
"""In order: identical bytes; different bytes; incomplete sources; no program on this machine; this software
version gives the program other arguments; the program failed; written by people."""

_MOST = 1 << 30
"""Maximum bytes of a file of a verified package that is read whole."""
_WINDOW = 1 << 20


@dataclass(frozen=True)
class Reproduction:
    """The result for one derivative. `program`: whether it is the one that the recipe names."""

    evidence: str
    kind: str
    outcome: Outcome
    program: bool = True


class PackagedRecording:
    """A whole recording of a verified package."""

    def __init__(self, source: Source, evidence: str) -> None:
        self._source, self._home = source, f"data/recordings/{evidence}"
        manifest = Manifest.parse(self._read("manifest.json"))
        self.header = Header.parse(self._read("header.json"))
        self.records = manifest.open_index(self._read("index.jsonl")).records
        self.manifest = manifest.digest
        self._opened = {one.index: one for one in parse_opened(self._read("opened.jsonl"))}

    def contents(self, film: Film) -> Iterator[bytes]:
        """Yield the contents of a film's records. Raises `Incomplete` if the package was truncated since."""
        file = film.name.rpartition("/")[2]
        with closing(self._source.open(f"{self._home}/{file}")) as opened:
            for record in film.records:
                yield self._content(opened, record)

    def _content(self, opened: OpenFile, record: Record) -> bytes:
        place = self._opened[record.index]
        content = memoryview(bytearray(place.length))
        opened.seek(place.offset)
        if fill(opened, content) != place.length:
            raise Incomplete("13 media", "the film ends before its record", record.where)
        return bytes(content)

    def _read(self, name: str) -> bytes:
        return self._source.read(f"{self._home}/{name}", _MOST)


class Original:
    """An original photograph or received file of a verified package."""

    def __init__(self, source: Source, file: FilePart) -> None:
        self._source, self._path = source, file.path
        self.manifest = str(file.seal.statement.body["manifest"])
        self.format = file.description.format

    def contents(self) -> Iterator[bytes]:
        """Yield the original in pieces of at most 1 MiB."""
        with closing(self._source.open(self._path)) as opened:
            window = memoryview(bytearray(_WINDOW))
            while count := fill(opened, window):
                yield bytes(window[:count])


def remake(
    source: Source,
    report: Report,
    program: Path | None,
    scratch: Path,
    cards: Cards,
    progress: Callable[[str, int, int], None] = lambda evidence, done, total: None,
) -> Iterator[Reproduction]:
    """Reproduce each derivative of a package, in the report's order. `report`: of this source. `program`:
    FFmpeg, if installed; sheets of photographs need none. `scratch`: a private folder with room for the
    films, in clear. `progress`: receives evidence id, and how many µs of its film are made, of how many."""
    whole = {part.evidence for part in report.parts if part.extent is None}
    originals = {file.evidence: file for file in report.files if file.recipe is None}
    by = None if program is None else ffmpeg.described(program)
    for file in report.files:
        recipe = file.recipe
        if recipe is None:
            continue
        if recipe.program is None:
            yield Reproduction(file.evidence, recipe.kind, "written")
            continue
        outcome: Outcome = "not-here"
        named_here = {named.evidence for named in recipe.sources}
        if recipe.kind in OF_PHOTOGRAPHS:
            if named_here <= set(originals):
                outcome = _remade_sheet(
                    source, recipe, originals, scratch, cards, _progress_of(progress, file.evidence)
                )
            yield Reproduction(file.evidence, recipe.kind, outcome, recipe.program == renderer.described())
            continue
        if recipe.kind in OF_RECEIVED and (program is not None or recipe.kind not in BY_FFMPEG):
            if named_here <= set(originals):
                order = _copy_order(source, recipe, originals, program)
                outcome = _remade_copy(order, recipe, scratch, _progress_of(progress, file.evidence))
            same = recipe.program == (by if recipe.kind in BY_FFMPEG else copies.described(recipe.kind))
            yield Reproduction(file.evidence, recipe.kind, outcome, same)
            continue
        if program is None:
            yield Reproduction(file.evidence, recipe.kind, "no-program")
            continue
        if named_here <= whole:
            outcome = _remade(source, recipe, program, scratch, cards, _progress_of(progress, file.evidence))
        yield Reproduction(file.evidence, recipe.kind, outcome, recipe.program == by)


def _progress_of(progress: Callable[[str, int, int], None], evidence: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(evidence, done, total)


def _remade(
    source: Source,
    recipe: Recipe,
    program: Path,
    scratch: Path,
    cards: Cards,
    progress: Callable[[int, int], None],
) -> Outcome:
    sources = [(one.evidence, one.excerpt) for one in recipe.sources]
    recordings: Mapping[str, PackagedRecording] = {
        evidence: PackagedRecording(source, evidence) for evidence, _ in dict.fromkeys(sources)
    }
    order = FilmOrder(recipe.kind, recipe.edits, sources)
    try:
        if order.graph(recordings).arguments != list(recipe.arguments):
            return "asked-otherwise"
        with scratch_folders.scratch_folder(scratch) as folder:
            graph, read = order.render(recordings, program, folder, cards, progress)
            size, digest = _digest(folder / graph.output)
    except (Refused, Malformed):
        return "asked-otherwise"
    except FilmFailed:
        return "failed"
    return _compared(recipe, read, size, digest)


def _remade_sheet(
    source: Source,
    recipe: Recipe,
    originals: Mapping[str, FilePart],
    scratch: Path,
    cards: Cards,
    progress: Callable[[int, int], None],
) -> Outcome:
    try:
        comparison = Comparison.parse(recipe.edits)
        here = {one.evidence: Original(source, originals[one.evidence]) for one in recipe.sources}
        if list(here) != [one.evidence for one in comparison.pictures]:
            return "asked-otherwise"
        order = rendering.SheetOrder(comparison, here)
        if order.arguments() != list(recipe.arguments):
            return "asked-otherwise"
        with scratch_folders.scratch_folder(scratch) as folder:
            read = order.render(folder, cards, progress)
            size, digest = _digest(folder / layout.OUTPUT)
    except (PhotographUnread, PhotographOutside, SheetFailed):
        return "failed"
    except Refused:
        return "asked-otherwise"
    return _compared(recipe, read, size, digest)


def _copy_order(
    source: Source, recipe: Recipe, originals: Mapping[str, FilePart], program: Path | None
) -> CopyOrder:
    (named,) = recipe.sources
    file = originals[named.evidence]
    return CopyOrder(recipe.kind, named.evidence, Original(source, file), file.description.size, program)


def _remade_copy(
    order: CopyOrder, recipe: Recipe, scratch: Path, progress: Callable[[int, int], None]
) -> Outcome:
    if order.kind not in kinds.fitting(order.file.format, order.size):
        return "asked-otherwise"
    if order.arguments() != list(recipe.arguments):
        return "asked-otherwise"
    try:
        with scratch_folders.scratch_folder(scratch) as folder:
            read = order.render(folder, progress).read
            size, digest = _digest(folder / order.output)
    except CopyFailed:
        return "failed"
    return _compared(recipe, [read], size, digest)


def _compared(recipe: Recipe, read: Sequence[Read], size: int, digest: str) -> Outcome:
    inputs = {(one.name, one.size, one.sha256) for one in recipe.inputs}
    same = {(one.name, one.size, one.sha256) for one in read} == inputs
    return "same" if same and (size, digest) == (recipe.output.size, recipe.output.sha256) else "other"


def _digest(file: Path) -> tuple[int, str]:
    digest, size = sha256(), 0
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()
