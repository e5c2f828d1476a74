"""films: making one film of an interview, against the program alone over the same films on a disk.

Both have the same arguments. Ours decrypts every sealed piece on its way into the program, runs it in a
sandbox with its own folder and idle processor time, and seals the result durably. The program alone reads
films in clear. They alternate; the first round of each is not counted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.center import CASE, DEPLOYMENT, Center, LocalPort, new_id
from bench.tables import Target, spread, table
from casework.files import derivative_staging
from casework.files.ticket import FileTicket
from casework.films.filter_graph import Graph, graph_of
from casework.recording.recording_writer import RecordingLimits, RecordingWriter, Track
from casework.sandbox import ffmpeg
from casework.working_copies.film_plan import Edits, Film, Scene, scene_of
from chain_of_custody.items.file_manifest import FileDescription
from chain_of_custody.items.recipe import Read, Recipe
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header
from player.papers.cards import draw
from tests.support.media.made_media import camera, microphone
from vault.sealing import key_wrapping

SECONDS, ROUNDS = 120, 5
FASTER, LIMIT = 4.0, 1.1
"""Minimum speed, in multiples of real time; maximum time, in multiples of the program's alone."""
EDITS = Edits("one", ("wide",), ("microphone",), 0)


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    seconds, rounds = (20, 1) if quick else (SECONDS, ROUNDS)
    program = ffmpeg.found()
    if program is None:
        return [Target("a film of an interview", None, FASTER, at_least=True)]
    center = Center(folder / "films")
    evidence = await _record(center, seconds)
    opened = list(center.opened(evidence))
    header = Header.parse(opened[0][2])
    scene = scene_of(header, [record for record, _, _ in opened], "00" * 32, EDITS, None)
    graph = graph_of([scene], EDITS)
    works: dict[str, Callable[[Path], None]] = {
        "bare": lambda place: _bare(program, graph, scene, opened, place),
        "ours": lambda place: _ours(program, graph, scene, center, evidence, place),
    }
    figures: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            place = folder / f"film-{name}"
            place.mkdir()
            for card, content in draw(graph.cards).items():
                (place / card).write_bytes(content)
            took = await asyncio.to_thread(_timed, work, place)
            shutil.rmtree(place)
            if number:
                figures[name].append(took)
    ratios = [ours / bare for ours, bare in zip(figures["ours"], figures["bare"], strict=True)]
    table(
        f"A film of {seconds} s: one camera of 1280 × 720, sound, clock; median (least–most) of {rounds}",
        ("", "s", "times real time", "times bare"),
        [
            ["the bare program", *_row(seconds, figures["bare"]), "1"],
            ["opened, made, sealed", *_row(seconds, figures["ours"]), spread(ratios)],
        ],
    )
    median_ours = sorted(figures["ours"])[rounds // 2]
    return [
        Target("a film, times real time", seconds / median_ours, FASTER, at_least=True),
        Target("a film, times the bare program", sorted(ratios)[rounds // 2], LIMIT),
    ]


def _row(seconds: int, figures: list[float]) -> tuple[str, str]:
    return spread(figures), spread([seconds / took for took in figures], 1)


def _timed(work: Callable[[Path], None], place: Path) -> float:
    begun = time.monotonic()
    work(place)
    return time.monotonic() - begun


async def _record(center: Center, seconds: int) -> str:
    """Record one camera and a microphone, as a recorder child does."""
    ticket = center.ticket(center.open_interview())
    writer = await RecordingWriter.open(
        ticket,
        center.spool,
        center.recorder_key,
        LocalPort(center, ticket.evidence),
        (Track(1, "wide", "video", "avc1.42c01f"), Track(2, "microphone", "audio", "opus")),
        limits=RecordingLimits(reserve=65536),
    )
    made = (camera(seconds, "1280x720", track=1), microphone(seconds, track=2))
    for track, one in enumerate(made, start=1):
        await writer.init(track, one.init, 0)
    for second in range(seconds):
        for track, one in enumerate(made, start=1):
            piece = one.fragments[second]
            await writer.media(track, piece.content, piece.start, piece.duration, piece.key)
    await writer.seal("complete")
    return ticket.evidence


def _films(scene: Scene) -> Iterator[Film]:
    return (film for lane in (*scene.pictures, *scene.sounds) for film in lane.films)


def _bare(
    program: Path, graph: Graph, scene: Scene, opened: list[tuple[Record, bytes, bytes]], place: Path
) -> None:
    contents = {record.index: content for record, _, content in opened}
    for film in _films(scene):
        path = place / film.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(contents[record.index] for record in film.records))
    subprocess.run([program, *graph.arguments], cwd=place, check=True, stdout=subprocess.DEVNULL)
    with (place / graph.output).open("rb") as made:
        os.fsync(made.fileno())


def _ours(program: Path, graph: Graph, scene: Scene, center: Center, evidence: str, place: Path) -> None:
    def feed(film: Film) -> Callable[[], Iterator[bytes]]:
        indices = {record.index for record in film.records}
        return lambda: (content for record, _, content in center.opened(evidence) if record.index in indices)

    read = ffmpeg.make(
        program,
        graph.arguments,
        place,
        {film.name: feed(film) for film in _films(scene)},
        seconds=10_000,
        size=2**32,
        progress=lambda done: None,
        stopped=threading.Event(),
    )

    def tell(made: Read) -> tuple[FileDescription, Recipe]:
        by = ffmpeg.described(program)
        recipe = Recipe("composed-film", [scene.source], EDITS.to_json(), by, graph.arguments, read, made)
        return FileDescription("film.mp4", made.size, made.sha256, "mp4", {}), recipe

    public = key_wrapping.WrappingKey(key_wrapping.generate_seed()).public
    ticket = FileTicket(DEPLOYMENT, CASE, new_id(), public, None, "derivative")
    derivative_staging.seal(center.spool, ticket, "derivation", place / graph.output, tell)
