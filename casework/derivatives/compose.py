"""Make one derivative (a film, pictures, a sheet, a copy of a received file): from permission to an evidence
item (`orders`).

In this order; after a crash at any line, another attempt completes it:

1. **Permission**, checked again: the person may still do it, every source may still be opened, nothing in
   them is excluded.
2. **Statement**: `evidence.viewed` in the chain of each source, in the person's name.
3. Contents are decrypted record by record, with message keys only, and go through pipes into the program
   (`ffmpeg`), or through memory (`renderer`); a received film is in a private folder while it is read. The
   output is in that folder, and nowhere else in clear.
4. It is sealed in the spool with its recipe (`derivative_staging`).
5. It becomes evidence (`sealing`), after the permission is checked again: a court may have excluded
   something while it was made.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from casework.center import Center
from casework.comparison_sheets import layout, renderer, rendering, sheets
from casework.database.models import Derivative, Person
from casework.evidence import derivation
from casework.evidence.derivation import DERIVATION
from casework.files import derivative_staging
from casework.films.filter_graph import Graph
from casework.films.rendering import FilmOrder
from casework.received_copies import copies, similar
from casework.received_copies.rendering import CopyOrder
from casework.sandbox import ffmpeg, scratch_folders
from casework.sandbox.ffmpeg import ProgramMissing
from casework.sealing.staging import uploads_area
from casework.working_copies import orders, sealing
from casework.working_copies.cards import Cards
from chain_of_custody.items.file_manifest import FileDescription
from chain_of_custody.items.recipe import Program, Read, Recipe, Source
from chain_of_custody.statements.types import DERIVATIVES, OF_PHOTOGRAPHS, OF_RECEIVED

log = logging.getLogger(__name__)


def compose(
    center: Center,
    row: Derivative,
    program: Path | None,
    scratch: Path,
    cards: Cards,
    progress: Callable[[int, int], None],
    stopped: threading.Event,
) -> None:
    """Make a derivative and its rows. `program`: FFmpeg, which a sheet does not need; `progress`: receives
    how many µs of the film, or photographs of the sheet, are done, of how many.

    Raises `Forbidden`, `Refused`, `WrongState`, `Disposed`, `ExcludedWithin`, `VaultLocked`,
    `NothingReadable`, `FilmFailed`, `CopyFailed`, `Cancelled`, `RecordingFailed`, and
    `chain_of_custody.errors.Altered` for content that is not what was sealed.
    """
    if not uploads_area(center.spool).whole(row.id):
        sources = derivation.open_sources(center, row, require)  # 1 and 2
        if row.kind in OF_PHOTOGRAPHS:  # 3 and 4
            _make_sheet(center, row, sources, scratch, cards, progress, stopped)
        elif row.kind in OF_RECEIVED:
            _make_copy(center, row, sources, program, scratch, progress, stopped)
        elif program is None:
            raise ProgramMissing("no FFmpeg on this machine")
        else:
            _make(center, row, sources, program, scratch, cards, progress, stopped)
    sealing.complete(center, row, require)


def require(center: Center, row: Derivative) -> Person:
    """Return the person who ordered it, if they may still do so from these sources. Raises as `compose`."""

    def open_files(session: Session, person: Person) -> None:
        if row.kind in OF_PHOTOGRAPHS:
            sheets.require_open(session, person, row.sources, row.purpose)
        if row.kind in OF_RECEIVED:
            copies.require_open(session, person, row.sources[0]["evidence"], row.purpose)

    return sealing.require_permitted(center, row, open_files)


# --- inside -------------------------------------------------------------------------------------------------


def _make(
    center: Center,
    row: Derivative,
    opened: derivation.Sources,
    program: Path,
    scratch: Path,
    cards: Cards,
    progress: Callable[[int, int], None],
    stopped: threading.Event,
) -> None:
    recordings = opened.recordings()
    spans = [(one["evidence"], orders.span_of(one)) for one in row.sources]
    order = FilmOrder(row.kind, row.edits or {}, spans)
    by = ffmpeg.described(program)  # before it runs: it may be replaced meanwhile
    with scratch_folders.scratch_folder(scratch) as folder:
        room = functools.partial(derivative_staging.require_room, center.spool)
        graph, read = order.render(recordings, program, folder, cards, progress, stopped, room)
        sources = [Source(evidence, recordings[evidence].manifest, span) for evidence, span in spans]
        describe = functools.partial(_describe_film, row, graph, sources, by, read)
        derivative_staging.seal(
            center.spool, sealing.ticket(center, row), DERIVATION, folder / graph.output, describe
        )


def _make_sheet(
    center: Center,
    row: Derivative,
    sources: derivation.Sources,
    scratch: Path,
    cards: Cards,
    progress: Callable[[int, int], None],
    stopped: threading.Event,
) -> None:
    comparison = sheets.list_of(center, row)
    opened = sources.files()
    order, by = rendering.SheetOrder(comparison, opened), renderer.described()
    width, height = order.plan.size
    with scratch_folders.scratch_folder(scratch) as folder:
        room = functools.partial(derivative_staging.require_room, center.spool)
        inputs = order.render(folder, cards, progress, stopped, room)

        def describe(made: Read) -> tuple[FileDescription, Recipe]:
            recipe = Recipe(
                kind=row.kind,
                sources=[Source(one["evidence"], opened[one["evidence"]].manifest) for one in row.sources],
                edits=comparison.to_json(),
                program=by,
                arguments=order.arguments(),
                inputs=inputs,
                output=made,
            )
            return _describe_file(row, made, {"height": height, "width": width}), recipe

        derivative_staging.seal(
            center.spool, sealing.ticket(center, row), DERIVATION, folder / layout.OUTPUT, describe
        )


def _make_copy(
    center: Center,
    row: Derivative,
    opened: derivation.Sources,
    program: Path | None,
    scratch: Path,
    progress: Callable[[int, int], None],
    stopped: threading.Event,
) -> None:
    evidence = row.sources[0]["evidence"]
    file = opened.files()[evidence]
    order = CopyOrder(row.kind, evidence, file, file.size, program)
    by = order.described()  # before it runs: it may be replaced meanwhile
    with scratch_folders.scratch_folder(scratch) as folder:
        room = functools.partial(derivative_staging.require_room, scratch)
        rendered = order.render(folder, progress, stopped, room)
        read = {"metadata": dict(rendered.metadata)} if rendered.metadata else {}
        similar.note(center, row, rendered.fingerprint)  # before it is whole: it is not read again

        def describe(made: Read) -> tuple[FileDescription, Recipe]:
            recipe = Recipe(
                kind=row.kind,
                sources=[Source(evidence, file.manifest)],
                edits={},
                program=by,
                arguments=order.arguments(),
                inputs=[rendered.read],
                output=made,
            )
            return _describe_file(row, made, read), recipe

        derivative_staging.seal(
            center.spool, sealing.ticket(center, row), DERIVATION, folder / order.output, describe
        )


def _describe_film(
    row: Derivative,
    graph: Graph,
    sources: Sequence[Source],
    program: Program,
    inputs: Sequence[Read],
    made: Read,
) -> tuple[FileDescription, Recipe]:
    """The film's description and its recipe."""
    read = {"height": graph.size[1], "width": graph.size[0]}
    if DERIVATIVES[row.kind] == "mp4":
        read["duration"] = graph.duration
    recipe = Recipe(
        kind=row.kind,
        sources=sources,
        edits=row.edits or {},
        program=program,
        arguments=graph.arguments,
        inputs=inputs,
        output=made,
    )
    return _describe_file(row, made, read), recipe


def _describe_file(row: Derivative, made: Read, read: Mapping[str, Any]) -> FileDescription:
    format_ = DERIVATIVES[row.kind]
    return FileDescription(f"{row.kind}-{row.id[:8]}.{format_}", made.size, made.sha256, format_, read)
