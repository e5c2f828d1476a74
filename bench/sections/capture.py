"""capture: CPU a camera costs from the network to the sealed disk, against peers on the same packets.

One camera of 720p30 at 3 Mbit/s with Opus, replayed over real DTLS-SRTP on the loopback. The receivers take
turns in rounds, since machines change their speed; ratios are taken within a round. What is counted is the
receiving process's own user and system time over a steady window, not its start.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.pictures import Arrived, Film
from bench.processes import LineProcess
from bench.receivers import Amana, GStreamer, MediaRecorder, Place, Receiver, Receiving, has_gstreamer
from bench.senders import make_media
from bench.tables import Target, spread, table

SETTLES = 3.0
"""Seconds from the first packets to the window."""
DRAINS = 0.7
"""Seconds from the last packet to the end of the receiver."""

OURS = "Amana, sealed to disk"
RECORDER = "aiortc MediaRecorder"
RECEIVING = "aiortc receiving, frames dropped"
GSTREAMER = "GStreamer webrtcbin to MP4"
KINDS: dict[str, type[Amana | GStreamer | Receiving | MediaRecorder]] = {
    OURS: Amana,
    RECORDER: MediaRecorder,
    RECEIVING: Receiving,
    GSTREAMER: GStreamer,
}


@dataclass
class Run:
    """One receiver's turn."""

    percent: float
    "Of a core."
    arrived: Arrived | None


async def measure(receiver: Receiver, place: Place, window: float) -> Run:
    """Let one receiver take one camera for a while."""
    sender = await LineProcess.start(sys.executable, "-m", "bench.replay", folder=place.folder, log=place.log)
    try:
        offer = await sender.ask(op="offer", camera="wide", sound=True)
        answer = await receiver.answer(offer["sdp"])
        await sender.ask(op="answer", camera="wide", sdp=answer)
        await sender.ask(op="play", cameras=["wide"])
        await receiver.flowing()
        await asyncio.sleep(SETTLES)
        clock = asyncio.get_running_loop().time
        before, begun = receiver.cpu, clock()
        await asyncio.sleep(window)
        used, passed = receiver.cpu - before, clock() - begun
        stopped = await sender.ask(op="stop", cameras=["wide"])
        await asyncio.sleep(DRAINS)
        return Run(100 * used / passed, await receiver.finish(stopped["sent"]["wide"]))
    finally:
        await receiver.end()
        await sender.end()


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and say which targets are met."""
    rounds, window = (1, 6.0) if quick else (3, 15.0)
    film = Film(make_media())
    kinds = dict(KINDS)
    if not has_gstreamer():
        print("GStreamer's Python bindings are not here (bench/system-packages.txt): that peer is left out.")
        del kinds[GSTREAMER]
    runs: dict[str, list[Run]] = {name: [] for name in kinds}
    for number, (name, kind) in itertools.product(range(rounds), kinds.items()):
        place = Place(folder / f"capture-{number}", log, film)
        place.folder.mkdir(exist_ok=True)
        # The costly one is as steady in less time.
        runs[name].append(
            await measure(kind(place), place, window if name != RECORDER else min(window, 10.0))
        )
        shutil.rmtree(place.folder)
        print(f"  round {number + 1}: {name}: {runs[name][-1].percent:.2f} %", flush=True)
    rows = []
    for name, all_runs in runs.items():
        ratios = [his.percent / our.percent for his, our in zip(all_runs, runs[OURS], strict=True)]
        rows.append(
            (
                name,
                spread([each.percent for each in all_runs]),
                f"{median(ratios):.2f}",
                *_losses(all_runs),
            )
        )
    table(
        f"CPU for one camera, per cent of a core, median (least–most) of {rounds} rounds of {window:.0f} s",
        ("receiver", "CPU %", "× Amana", "pictures lost", "sounds lost"),
        rows,
    )

    def ratio(name: str, inverse: bool = False) -> float | None:
        if name not in runs:
            return None
        pairs = zip(runs[OURS], runs[name], strict=True)
        return median(b.percent / a.percent if inverse else a.percent / b.percent for a, b in pairs)

    lost = [run.arrived.lost + run.arrived.lost_sounds for run in runs[OURS] if run.arrived is not None]
    return [
        Target("CPU of aiortc MediaRecorder, times ours", ratio(RECORDER, True), 12, at_least=True, unit="×"),
        Target("our CPU, times aiortc receiving alone", ratio(RECEIVING), 1, unit="×"),
        Target("our CPU, times GStreamer recording", ratio(GSTREAMER), 1.5, unit="×"),
        Target("pictures and sounds lost by Amana", sum(lost) if len(lost) == rounds else None, 0),
    ]


def _losses(runs: list[Run]) -> tuple[str, str]:
    whole = [run for run in runs if run.arrived is not None]
    failed = f", {len(runs) - len(whole)} of {len(runs)} failed" if len(whole) < len(runs) else ""
    pictures = sum(run.arrived.lost for run in whole if run.arrived)
    seen = sum(run.arrived.pictures for run in whole if run.arrived) + pictures
    sounds = sum(run.arrived.lost_sounds for run in whole if run.arrived)
    return f"{pictures} of {seen}{failed}", str(sounds)
