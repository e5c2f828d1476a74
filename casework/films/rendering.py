"""Render an order or a recipe into a folder with the program: from sealed recordings (`compose`), or again
from a package (`reproduce`).

Trusts: that the given records are verified. Inputs are hashed as they are read (`ffmpeg`).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from casework.errors import Refused
from casework.evidence.export import Excerpt
from casework.films.filter_graph import Graph, graph_of
from casework.redaction.edits import Redaction
from casework.sandbox import ffmpeg
from casework.working_copies.cards import Cards
from casework.working_copies.film_plan import Edits, Film, scene_of
from chain_of_custody.items.recipe import Read
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header

SLOWEST = 4
"""Maximum seconds of work for each second that is counted."""
MOST_A_SECOND = 2 * 1024 * 1024
"""Maximum bytes per second of film."""
_BESIDE = 15
"""Seconds added to the film's own for these limits."""


class FilmSource(Protocol):
    """A source recording. `manifest`: SHA-256 of its sealed manifest."""

    @property
    def header(self) -> Header:
        """Return the header of the recording: its tracks and its epoch."""

    @property
    def records(self) -> Sequence[Record]:
        """Return the records of the recording, in order of index."""

    @property
    def manifest(self) -> str:
        """Return the SHA-256 of the sealed manifest, in hexadecimal."""

    def contents(self, film: Film) -> Iterator[bytes]:
        """Yield the contents of a film's records, in order."""


@dataclass(frozen=True)
class FilmOrder:
    """A film to render. `sources`: evidence and excerpt (None: all of it), in order."""

    kind: str
    edits: Mapping[str, Any]
    sources: Sequence[tuple[str, Excerpt | None]]

    def graph(self, recordings: Mapping[str, FilmSource]) -> Graph:
        """Build the filter graph. `recordings`: those of all sources. Raises `Refused`."""
        return self._plan(recordings)[0]

    def render(
        self,
        recordings: Mapping[str, FilmSource],
        program: Path,
        folder: Path,
        cards: Cards,
        progress: Callable[[int, int], None] = lambda done, total: None,
        stopped: threading.Event | None = None,
        room: Callable[[int], None] = lambda size: None,
    ) -> tuple[Graph, list[Read]]:
        """Render it in `folder`, as `Graph.output`; return the graph, and what was read.

        `progress`: receives how many µs of the film are made, of how many; `room`: checks that there is room
        for roughly so many bytes, and raises if not. Raises `Refused`, and as `ffmpeg.make`,
        `ffmpeg.require_film`.
        """
        graph, films = self._plan(recordings)
        seconds = graph.composed // 1_000_000 + _BESIDE
        room(graph.composed // 1_000_000 * MOST_A_SECOND // 10)
        beside = [_put(folder, name, content) for name, content in cards(graph.cards).items()]
        feeds = {
            film.name: functools.partial(recordings[evidence].contents, film) for evidence, film in films
        }
        read = ffmpeg.make(
            program,
            graph.arguments,
            folder,
            {**feeds, **graph.feeds},
            seconds=seconds * SLOWEST,
            size=seconds * MOST_A_SECOND,
            progress=lambda done: progress(done, graph.duration),
            stopped=stopped or threading.Event(),
        )
        ffmpeg.require_film(folder / graph.output)
        return graph, [*read, *beside]

    def _plan(self, recordings: Mapping[str, FilmSource]) -> tuple[Graph, list[tuple[str, Film]]]:
        redaction = Redaction.parse(self.edits) if self.kind == Redaction.kind else None
        edits = redaction or Edits.parse(self.edits)
        # A redacted film is cut from scenes of whole parts.
        spans = [(evidence, None if redaction is not None else span) for evidence, span in self.sources]
        scenes = [
            scene_of(one.header, one.records, one.manifest, edits, span)
            for one, span in ((recordings[evidence], span) for evidence, span in dict.fromkeys(spans))
        ]
        films = [
            (scene.source.evidence, film)
            for scene in scenes
            for lane in (*scene.pictures, *scene.sounds)
            for film in lane.films
        ]
        return graph_of(scenes, edits, self.kind, redaction), films


def _put(folder: Path, name: str, content: bytes) -> Read:
    if Path(name).name != name:
        raise Refused("a card with a name that leads out of its folder")
    (folder / name).write_bytes(content)
    return Read.of(name, content)
