"""capture: CPU time of a camera from the network to the sealed disk, against peers with the same packets.

One camera of 720p30 at 3 Mbit/s with Opus is replayed over real DTLS-SRTP on loopback. The receivers run in
rounds, since the speed of a machine varies; ratios are taken within a round. The figure is the receiving
process's own user and system time over a steady window, without its start.
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
ATTEMPTS = 3
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
    """One run of a receiver."""

    percent: float
    "Per cent of a core."
    arrived: Arrived | None
    "None: it failed."
    attempts: int = 1

    @property
    def worked(self) -> bool:
        """Return whether it received enough to count: a receiver that received little has used little
        time."""
        return self.arrived is not None and self.arrived.pictures > self.arrived.lost


async def measure(receiver: Receiver, place: Place, window: float) -> Run:
    """Measure one receiver with one camera for a while."""
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


async def attempt(name: str, place: Place, window: float) -> Run:
    """Run a receiver once; repeat the run of a peer that fails."""
    for number in range(1, ATTEMPTS + 1):
        place.folder.mkdir(exist_ok=True)
        try:
            turn = await measure(KINDS[name](place), place, window)
        except (ConnectionError, TimeoutError) as error:
            print(f"  {name}: {type(error).__name__} {error}", flush=True)
            turn = Run(0.0, None)
        turn.attempts = number
        shutil.rmtree(place.folder)
        if turn.worked or name == OURS:
            break
    return turn


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    rounds, window = (1, 6.0) if quick else (3, 15.0)
    film = Film(make_media())
    runs: dict[str, list[Run]] = {name: [] for name in KINDS}
    if not has_gstreamer():
        print("GStreamer's Python bindings are not here (bench/system-packages.txt): that peer is left out.")
        del runs[GSTREAMER]
    for number, name in itertools.product(range(rounds), runs):
        # The costly one needs less time for a steady figure.
        turn = await attempt(
            name,
            Place(folder / f"capture-{number}", log, film),
            window if name != RECORDER else min(window, 10.0),
        )
        runs[name].append(turn)
        print(f"  round {number + 1}: {name}: {turn.percent:.2f} %", flush=True)
    rows = []
    for name, all_runs in runs.items():
        ratios = _ratios(all_runs, runs[OURS])
        if ratios:
            figures = spread([each.percent for each in all_runs if each.worked]), f"{median(ratios):.2f}"
            rows.append((name, *figures, *_losses(all_runs)))
        else:
            rows.append((name, "failed", "", "", ""))
    table(
        f"CPU for one camera, per cent of a core, median (least–most) of {rounds} rounds of {window:.0f} s",
        ("receiver", "CPU %", "× Amana", "pictures lost", "sounds lost"),
        rows,
    )

    def ratio(one: str, other: str) -> float | None:
        ratios = _ratios(runs.get(one, []), runs.get(other, []))
        return median(ratios) if ratios else None

    lost = [run.arrived.lost + run.arrived.lost_sounds for run in runs[OURS] if run.arrived is not None]
    return [
        Target("CPU of aiortc MediaRecorder, times ours", ratio(RECORDER, OURS), 12, at_least=True, unit="×"),
        Target("our CPU, times aiortc receiving alone", ratio(OURS, RECEIVING), 1, unit="×"),
        Target("our CPU, times GStreamer recording", ratio(OURS, GSTREAMER), 1.5, unit="×"),
        Target("pictures and sounds lost by Amana", sum(lost) if len(lost) == rounds else None, 0),
    ]


def _ratios(some: list[Run], others: list[Run]) -> list[float]:
    """Return the ratio of each round in which both received enough."""
    pairs = zip(some, others, strict=False)
    return [one.percent / other.percent for one, other in pairs if one.worked and other.worked]


def _losses(runs: list[Run]) -> tuple[str, str]:
    arrived = [run.arrived for run in runs if run.arrived is not None and run.worked]
    pictures = sum(each.lost for each in arrived)
    sent = sum(each.pictures for each in arrived) + pictures
    failed = sum(run.attempts - run.worked for run in runs)
    repeated = f" (failed {failed} times)" if failed else ""
    return f"{pictures} of {sent}{repeated}", str(sum(each.lost_sounds for each in arrived))
