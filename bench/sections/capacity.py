"""capacity: how many concurrent interviews with two cameras this machine records without a lost frame.

Each interview has its own recorder child, as in production, and is sealed to disk. One sender process replays
prepared packets on the same processors. Interviews are added while the others continue. A step succeeds if
all were durable within a few seconds and nothing was lost, late or frozen. At the end every recording is
opened, and its pictures are compared with those sent.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.center import Center
from bench.interviews import InterviewChild
from bench.pictures import Film
from bench.processes import LineProcess, machine_busy
from bench.senders import make_media
from bench.tables import Target, table

TARGET = 8
MORE = 4
"""Interviews added at each further step."""
MOST = 64
BEHIND = 5.0
"""Seconds of recording not yet durable, or by which the senders were late, from which a step fails."""
BEGINS = 1_000_000
"""µs at the beginning of a recording in which its events report the size of its pictures."""
DRAINS = 0.7
"""Seconds from the last packets to the seal; a second without packets would be recorded as a freeze."""


@dataclass
class Step:
    """A number of concurrent interviews, measured for a while."""

    interviews: int
    begun: float
    "When adding its last interviews began, monotonic seconds."
    busy: float = 0.0
    "Load of the whole machine, in per cent of all processors."
    percent: float = 0.0
    "Processor time of recording, in per cent of a core for each camera."
    sending: float = 0.0
    "Processor time of sending, in per cent of a core for each camera."
    lag: float = 0.0
    "Maximum seconds of recording not yet durable."
    waiting: int = 0
    "Maximum number of closed segments of one interview that a copy lacks."
    late: float = 0.0
    "Maximum seconds by which the senders were late."
    troubles: set[str] = field(default_factory=set)
    lost: int = 0
    "Lost pictures and sounds, by comparing all recordings with what was sent."

    @property
    def held(self) -> bool:
        return not self.troubles and not self.lost


class RunningInterviews:
    """The running interviews, and their sender."""

    def __init__(self, folder: Path, log: Path, sender: LineProcess) -> None:
        self.center = Center(folder)
        self._log = log
        self._sender = sender
        self.children: list[InterviewChild] = []
        self.steps: list[Step] = []

    async def add(self, count: int) -> None:
        """Add this many interviews; all are recording on return."""
        self.steps.append(Step(len(self.children) + count, time.monotonic()))
        new = [InterviewChild(self.center) for _ in range(count)]
        for child in new:
            self.children.append(child)
            await child.start(self._log)
        for child in new:
            for name in cameras_of(child):
                camera = name.split(" ")[1]
                offer = await self._sender.ask(op="offer", camera=name, sound=camera == "wide")
                answer = await child.offer(camera, offer["sdp"])
                await self._sender.ask(op="answer", camera=name, sdp=answer)
        await self._sender.ask(op="play", cameras=[name for child in new for name in cameras_of(child)])
        await asyncio.gather(*(child.begin(2) for child in new))

    async def hold(self, seconds: float) -> Step:
        """Let all continue for a while, and measure them."""
        step = self.steps[-1]
        for child in self.children:
            child.worst_lag = 0.0
        await self._sender.ask(op="late")
        sending, recording = self._sender.cpu, sum(child.cpu for child in self.children)
        busy, begun = machine_busy(), time.monotonic()
        await asyncio.sleep(seconds)
        passed = time.monotonic() - begun
        share = 100 / passed / (2 * len(self.children))
        step.busy = 100 * (machine_busy() - busy) / passed / (os.cpu_count() or 1)
        step.percent = (sum(child.cpu for child in self.children) - recording) * share
        step.sending = (self._sender.cpu - sending) * share
        step.lag = max(child.worst_lag for child in self.children)
        step.late = (await self._sender.ask(op="late"))["late"]
        if step.lag > BEHIND:
            step.troubles.add("recording behind")
        if step.late > BEHIND:
            step.troubles.add("senders late")
        for child in self.children:
            if await child.events(after=BEGINS):
                step.troubles.add("losses or freezes")
        return step

    async def seal(self) -> None:
        """Stop and seal all, open every recording, and note in which step something was lost."""
        names = [name for child in self.children for name in cameras_of(child)]
        sent = (await self._sender.ask(op="stop", cameras=names))["sent"]
        await asyncio.sleep(DRAINS)
        stopped = time.monotonic()
        await asyncio.gather(*(child.seal() for child in self.children))
        print(f"  all {len(self.children)} sealed at once in {time.monotonic() - stopped:.2f} s", flush=True)
        film = Film(make_media())
        for child in self.children:
            films = await asyncio.to_thread(self.center.films, child.evidence)
            for track, name in ((1, "wide"), (2, "wide"), (3, "close")):
                pictures = [] if track == 2 else sent[f"{child.interview} {name}"]
                arrived = await asyncio.to_thread(film.count, films[track], pictures)
                for at, count in arrived.gaps:
                    moment = child.begun + at
                    step = next(each for each in reversed(self.steps) if each.begun <= moment)
                    step.lost += count

    async def end(self) -> None:
        """End every process."""
        await asyncio.gather(*(child.end() for child in self.children))


def cameras_of(child: InterviewChild) -> list[str]:
    """Return the names of its cameras at the senders."""
    return [f"{child.interview} {camera}" for camera in ("wide", "close")]


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    sender = await LineProcess.start(sys.executable, "-m", "bench.replay", folder=folder, log=log)
    running = RunningInterviews(folder / "capacity", log, sender)
    try:
        await climb(running, TARGET, quick)
    finally:
        await running.end()
        await sender.end()
        shutil.rmtree(running.center.folder, ignore_errors=True)
    print_steps("Interviews at once, two cameras and a microphone each", running)
    return [Target("interviews with two cameras at once, nothing lost", held(running), TARGET, at_least=True)]


async def climb(running: RunningInterviews, first: int, quick: bool) -> None:
    """Add interviews, from `first` on, until a step fails; then seal all."""
    await running.add(first)
    while True:
        step = await running.hold(5.0 if quick else 20.0 if len(running.steps) == 1 else 10.0)
        print(
            f"  {step.interviews} interviews: {step.busy:.0f} % busy"
            f"{''.join(f', {each}' for each in sorted(step.troubles))}",
            flush=True,
        )
        if step.troubles or step.interviews + MORE > MOST or (quick and len(running.steps) == 2):
            break
        await running.add(MORE)
    await running.seal()


def print_steps(title: str, running: RunningInterviews) -> None:
    """Print a table of the steps, and the step that failed."""
    table(
        title,
        ("interviews", "machine busy %", "recording % a camera", "sending % a camera", "not yet durable s",
         "segments waiting", "senders late s", "lost", "held"),
        [
            (step.interviews, f"{step.busy:.0f}", f"{step.percent:.2f}", f"{step.sending:.2f}",
             f"{step.lag:.1f}", step.waiting, f"{step.late:.2f}", step.lost,
             "yes" if step.held else f"no: {', '.join(sorted(step.troubles)) or 'lost'}")
            for step in running.steps
        ],
    )  # fmt: skip
    broke = next((step.interviews for step in running.steps if not step.held), None)
    print(f"\n  held {held(running)}; " + (f"broke at {broke}" if broke else "not broken"))


def held(running: RunningInterviews) -> int:
    """Return the largest number of interviews up to which every step succeeded."""
    most = 0
    for step in running.steps:
        if not step.held:
            break
        most = step.interviews
    return most
