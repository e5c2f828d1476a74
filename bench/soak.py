"""`make soak`: four interviews with two cameras each, for half an hour or longer, through the whole service.

    python -m bench.soak [--minutes 30] [--json build/soak.json] [--folder DIR]

`amana serve` with PostgreSQL and both copies in locked buckets of a real S3 server, all on this machine;
eight cameras are replayed to it over WebRTC. Every five seconds each process of the service is sampled: its
memory (PSS and RSS, from `/proc/PID/smaps_rollup`) and its open files. Afterwards:

- **flat**: a line fitted to each process's memory after the warm-up must not rise by more than `GROWTH` an
  hour beyond two standard errors, and the number of open files must not grow;
- **whole**: every picture that was sent since the first recorded one is in the recording, no sound is
  missing, everything is in both copies, and the court's verifier accepts each part with the media of either
  copy alone (the statements come from the database).

The exit code is 1 if one of these fails. A recording's index grows with it, and is included in `GROWTH`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from bench.pictures import Film
from bench.processes import LineProcess
from bench.samples import Line, Samples
from bench.senders import make_media
from bench.tables import machine, table
from casework.evidence.gateway import ItemExtent, export_package
from casework.people.people import find
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.verify import verify
from tests.support.centers.service import Service, patiently
from tests.support.servers.ceph import Ceph
from tests.support.servers.databases import server as database_server
from tests.support.servers.object_server import ObjectServer

INTERVIEWS = 4
EVERY = 5.0
"""Seconds between samples."""
GROWTH = 24.0
"""MiB an hour by which a process may grow: a recorder holds its records until the seal, 11,000 an hour."""
FILES = 2
"""Number of open files by which a process may exceed the number after the warm-up: open files fluctuate."""
NAME = "Prosecutor of the soak"
CAMERAS = {"wide": 1, "close": 3}
"""Camera → its track."""


class Soak:
    """The service, its users and its rooms: one for each interview."""

    def __init__(self, service: Service, sender: LineProcess, rooms: int = INTERVIEWS) -> None:
        self._service, self._sender, self._rooms = service, sender, rooms
        self._prosecutor: Visitor
        self._interviews: list[str] = []
        self._parts: dict[str, str] = {}
        """Interview → its part."""

    async def begin(self) -> None:
        """Begin to record all interviews."""
        async with await Visitor.arrive(self._service.link) as administrator:
            self._prosecutor = await administrator.invite(NAME, "prosecutor")
        case = await self._prosecutor.open_case()
        await self._prosecutor.record_consent(case)
        for number in range(self._rooms):
            interview = await self._prosecutor.open_interview(case, purpose="testimony", room=str(number + 1))
            self._interviews.append(interview)
            for camera in CAMERAS:
                name = f"{interview} {camera}"
                offer = await self._sender.ask(op="offer", camera=name, sound=camera == "wide")
                answer = await self._prosecutor.offer(interview, camera, offer["sdp"])
                await self._sender.ask(op="answer", camera=name, sdp=answer)
        await self._sender.ask(op="play", cameras=self._cameras())
        for interview in self._interviews:
            await patiently(lambda interview=interview: self._ready(interview))  # type: ignore[misc]
            begun = await self._command(interview, "begin", evidence=None)
            self._parts[interview] = str(begun["evidence"])

    async def request_files(self, gigabytes: int) -> str:
        """Return the link of a request for files of so many GB together."""
        case = await self._prosecutor.open_case()
        until = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
        form = {"giver": "A company", "source": "organisation", "until": until, "most": str(gigabytes)}
        made = await self._prosecutor.fill_in(f"/cases/{case}/requests", **form)
        return re.findall(r"https?://[^\s\"]+/give#[\w-]{43}", made.text)[0]

    async def hold(self, ended: Callable[[float], bool]) -> Samples:
        """Let them continue until `ended`, which gets the seconds since; sample the processes."""
        samples, begun = Samples(), time.monotonic()
        pids = await self._service.pids()
        while not ended(passed := time.monotonic() - begun):
            samples.take(passed, pids["supervisor"])
            for interview in self._interviews:
                state = (await self._prosecutor.look(f"/interviews/{interview}/status"))["state"]
                if state != "recording":
                    raise RuntimeError(f"an interview is {state} after {passed:.0f} s")
            await asyncio.sleep(EVERY)
        return samples

    async def seal(self) -> dict[str, list[int]]:
        """Seal all, wait until they are in both copies, and return each camera's pictures: indices in the
        film."""
        sent: dict[str, list[int]] = (await self._sender.ask(60, op="stop", cameras=self._cameras()))["sent"]
        await asyncio.sleep(0.7)
        for interview, part in self._parts.items():
            await self._command(interview, "stop", evidence=part, reason="finished")
        await patiently(self._copied)
        return sent

    async def check(self, sent: dict[str, list[int]], folder: Path) -> dict[str, int]:
        """Return lost pictures and sounds, by interview and camera. Raises what the verifier raises."""
        film = Film(make_media())
        found: dict[str, int] = {}
        for number, (interview, part) in enumerate(self._parts.items(), 1):
            for copy in self._service.settings.copies:
                court = await asyncio.to_thread(self._export, part, copy, folder / "court")
                report = await asyncio.to_thread(verify, FolderSource(court))
                [proved] = report.parts
                if proved.state != "complete":
                    raise RuntimeError(f"{part} is {proved.state} in the {copy}")
                for camera in (*CAMERAS, "sound"):
                    [path] = court.rglob(f"*{'microphone' if camera == 'sound' else camera}.mp4")
                    pictures = [] if camera == "sound" else sent[f"{interview} {camera}"]
                    arrived = await asyncio.to_thread(film.count, path, pictures)
                    lost = arrived.lost + arrived.lost_sounds + arrived.foreign
                    found[f"interview {number}, {camera}, from the {copy}"] = lost
                shutil.rmtree(court)
        return found

    async def end(self) -> None:
        if hasattr(self, "_prosecutor"):
            await self._prosecutor.__aexit__(None, None, None)

    def _export(self, part: str, copy: str, folder: Path) -> Path:
        with attached_center(self._service.settings) as center:
            (person,) = find(center, NAME)
            alone = replace(center, stores={copy: center.stores[copy]}, spool=folder.parent / "no-spool")
            return export_package(alone, person, [ItemExtent(part)], "hearing", folder, viewing_copies=False)

    async def _ready(self, interview: str) -> bool:
        status = await self._prosecutor.look(f"/interviews/{interview}/status")
        flowing = sum(one["flowing"] for one in status["cameras"].values())
        checks = (await self._command(interview, "check"))["checks"]
        return flowing == len(CAMERAS) and all(one["state"] != "fail" for one in checks)

    async def _copied(self) -> bool:
        for part in self._parts.values():
            if not await asyncio.to_thread(self._in_both, part):
                return False
        return True

    def _in_both(self, part: str) -> bool:
        with attached_center(self._service.settings) as center:
            key = f"recordings/{part}/manifest"
            return all(key in store.list(f"recordings/{part}/") for store in center.stores.values())

    async def _command(self, interview: str, command: str, **fields: object) -> dict[str, object]:
        return dict(await self._prosecutor.post_json(f"/interviews/{interview}/{command}", **fields))

    def _cameras(self) -> list[str]:
        return [f"{interview} {camera}" for interview in self._interviews for camera in CAMERAS]


@contextlib.asynccontextmanager
async def running(folder: Path, minutes: float) -> AsyncIterator[Soak]:
    """Start servers, service and senders; end and remove all of them afterwards."""
    log = folder / "log"
    # Not below `folder`: that path is too long for the daemons' sockets.
    with tempfile.TemporaryDirectory(prefix="s3-", dir="/tmp") as short, database_server() as database:
        room = int((2 + 0.5 * minutes) * 1024)  # MiB: both copies, and what the server needs itself
        ceph = Ceph(Path(short) / "c", lasting=True, room=room)
        sender = None
        service = None
        try:
            await asyncio.to_thread(ceph.start)
            objects = ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), Path(short))
            environ = {**objects.environ(keys=False), "AMANA_DATABASE": database.made().url}
            service = Service(folder / "amana", environ)
            await service.start()
            sender = await LineProcess.start(sys.executable, "-m", "bench.replay", folder=folder, log=log)
            soak = Soak(service, sender)
            try:
                yield soak
            finally:
                await soak.end()
        finally:
            if sender is not None:
                await sender.end()
            if service is not None:
                await service.stop()
            ceph.stop()


async def run(minutes: float, folder: Path, outcome: Path) -> int:
    """Run all of it; return the exit code."""
    async with running(folder, minutes) as soak:
        await soak.begin()
        print(f"{INTERVIEWS} interviews are recorded for {minutes:g} minutes", flush=True)
        samples = await soak.hold(lambda passed: passed >= 60 * minutes)
        sent = await soak.seal()
        lost = await soak.check(sent, folder)
    lines = samples.lines()
    _print_lines(lines)
    pictures = sum(map(len, sent.values()))
    print(f"\n  {pictures} pictures sent, lost of pictures and sounds: {sum(lost.values())}")
    troubles = [trouble for line in lines for trouble in line.troubles(GROWTH, FILES)]
    troubles += [f"{where}: {count} lost" for where, count in lost.items() if count]
    for trouble in troubles:
        print(f"  NOT WELL: {trouble}")
    report = {
        "minutes": minutes,
        "interviews": INTERVIEWS,
        "machine": machine(folder),
        "pictures": pictures,
        "lost": lost,
        "processes": [asdict(line) for line in lines],
        "samples": samples.as_json(),
        "troubles": troubles,
    }
    await asyncio.to_thread(outcome.write_text, json.dumps(report, indent=1, ensure_ascii=False))
    print(f"\n  {'NOT WELL' if troubles else 'flat, and nothing lost'}; all samples are in {outcome}")
    return 1 if troubles else 0


def _print_lines(lines: list[Line]) -> None:
    table(
        "Memory (PSS) and open files of each process, after the warm-up",
        ("process", "samples", "MiB at first", "MiB at last", "most", "MiB an hour", "±", "files", "most"),
        [
            (line.name, line.samples, f"{line.first:.1f}", f"{line.last:.1f}", f"{line.most:.1f}",
             f"{line.slope:+.1f}", f"{2 * line.error:.1f}", line.files_first, line.files_most)
            for line in lines
        ],
    )  # fmt: skip


def main() -> int:
    """Entry point of `make soak`."""
    parser = argparse.ArgumentParser("python -m bench.soak", description="Record for long, and look.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path, default=Path("build/soak.json"))
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where to work, on a real disk")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)  # no warning that the spool, left out on purpose, is missing
    for folder in (chosen.folder, chosen.json.parent):
        folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=chosen.folder.resolve()))
    try:
        return asyncio.run(run(chosen.minutes, folder, chosen.json))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
