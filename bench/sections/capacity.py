"""capacity: how many interviews with two cameras each this machine records at once without a lost frame.

Each interview is its own recorder child, as in production, sealing to disk; the senders are one process that
replays ready-made packets on the same processors. Interviews are added while the others go on. A step has
held if all of them were durable within a few seconds and nothing was lost, late or frozen; at the end every
recording is opened and its pictures are compared with those sent.
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

WANTED = 8
MORE = 4
"""Interviews added at each further step."""
MOST = 64
BEHIND = 5.0
"""Seconds of recording not yet durable, or by which the senders were late, at which a step has not held."""
BEGINS = 1_000_000
"""µs at the beginning of a recording in which it says of what size its pictures are."""
DRAINS = 0.7
"""Seconds from the last packets to the seal; after a second without any it would call it a freeze."""


@dataclass
class Step:
    """So many interviews at once, for a while."""

    interviews: int
    begun: float
    "Monotonic seconds at which its last interview began to be added."
    busy: float = 0.0
    "Per cent of all processors, everything on the machine."
    percent: float = 0.0
    "Per cent of a core that recording takes, a camera."
    sending: float = 0.0
    "Per cent of a core that sending takes, a camera."
    lag: float = 0.0
    "Seconds of recording not yet durable, at worst."
    waiting: int = 0
    "Segments of one interview that a copy has not got yet, at worst; of closed ones."
    late: float = 0.0
    "Seconds by which the senders were late, at worst."
    troubles: set[str] = field(default_factory=set)
    lost: int = 0
    "Pictures and sounds, by comparing all recordings with what was sent."

    @property
    def held(self) -> bool:
        return not self.troubles and not self.lost


class House:
    """The interviews that run, and what sends to them."""

    def __init__(self, folder: Path, log: Path, sender: LineProcess) -> None:
        self.center = Center(folder)
        self._log = log
        self._sender = sender
        self.children: list[InterviewChild] = []
        self.steps: list[Step] = []

    async def add(self, count: int) -> None:
        """So many interviews more, all recording on return."""
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
        """Let them all go on for a while, and look how they do."""
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
        """Stop everything, open every recording and say in which step something was lost."""
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
        """Leave no process behind."""
        await asyncio.gather(*(child.end() for child in self.children))


def cameras_of(child: InterviewChild) -> list[str]:
    """Names of its cameras at the senders."""
    return [f"{child.interview} {camera}" for camera in ("wide", "close")]


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and say which targets are met."""
    sender = await LineProcess.start(sys.executable, "-m", "bench.replay", folder=folder, log=log)
    house = House(folder / "capacity", log, sender)
    try:
        await climb(house, WANTED, quick)
    finally:
        await house.end()
        await sender.end()
        shutil.rmtree(house.center.folder, ignore_errors=True)
    told("Interviews at once, two cameras and a microphone each", house)
    return [Target("interviews with two cameras at once, nothing lost", held(house), WANTED, at_least=True)]


async def climb(house: House, first: int, quick: bool) -> None:
    """From `first` interviews on, more and more, until something does not hold; then all are sealed."""
    await house.add(first)
    while True:
        step = await house.hold(5.0 if quick else 20.0 if len(house.steps) == 1 else 10.0)
        print(
            f"  {step.interviews} interviews: {step.busy:.0f} % busy"
            f"{''.join(f', {each}' for each in sorted(step.troubles))}",
            flush=True,
        )
        if step.troubles or step.interviews + MORE > MOST or (quick and len(house.steps) == 2):
            break
        await house.add(MORE)
    await house.seal()


def told(title: str, house: House) -> None:
    """A table of the steps, and where it broke."""
    table(
        title,
        ("interviews", "machine busy %", "recording % a camera", "sending % a camera", "not yet durable s",
         "segments waiting", "senders late s", "lost", "held"),
        [
            (step.interviews, f"{step.busy:.0f}", f"{step.percent:.2f}", f"{step.sending:.2f}",
             f"{step.lag:.1f}", step.waiting, f"{step.late:.2f}", step.lost,
             "yes" if step.held else f"no: {', '.join(sorted(step.troubles)) or 'lost'}")
            for step in house.steps
        ],
    )  # fmt: skip
    broke = next((step.interviews for step in house.steps if not step.held), None)
    print(f"\n  held {held(house)}; " + (f"broke at {broke}" if broke else "not broken"))


def held(house: House) -> int:
    """The most interviews up to which every step held."""
    most = 0
    for step in house.steps:
        if not step.held:
            break
        most = step.interviews
    return most
