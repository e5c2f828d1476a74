"""scale: the cost of operations in a center at a tenth of its full size and at its full size.

A center on PostgreSQL and two locked buckets of a real S3 server (Ceph, on a disk) is filled through the
product's own code (`bench.synthetic.center`), measured, filled to ten times that, and measured again: 2,000
interviews, 50,000 photographs, 5 million statements. `AMANA_BENCH_SCALE` sets a fraction of all three. Each
measured operation is the product's own. The time of a start, a page and a proof must not grow, that of any
other operation no faster than n log n. A plain `make bench` leaves this section out: it takes most of a day.
"""

from __future__ import annotations

import asyncio
import collections
import json
import math
import os
import random
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx

from amana.workers.holds_and_destruction import RetentionWorker
from bench.processes import cpu_seconds
from bench.synthetic.center import Size, SyntheticCenter, opened, publish
from bench.synthetic.servers import CenterServers, center_servers
from bench.tables import Target, table
from casework.center import Center
from casework.copies import scrub_schedule
from casework.copies.scrub import scrub
from casework.people import people
from casework.retention import hold_enforcement
from tests.support.centers.service import Service

WHOLE, QUICK = Size(2_000, 50_000, 5_000_000), 0.001
STEP = 10
PROOFS, PAGES, STARTS = 500, 15, 3
COPY = "first-copy"
START, LIST, CASE = "start, to the first answer", "list of cases", "page of a case"
PROOF, RETENTION, PLAN = "proof", "retention pass after a start", "plan of a scrub pass"
UNCHANGED = (START, LIST, CASE, PROOF)
NOISE = 1.5
"""Factor by which times on a shared machine vary without growth."""
IDLE, PATIENCE = 0.1, 3600
"""Processor seconds in one second below which a web process counts as idle; time limit in seconds for it to
become idle."""


@dataclass
class Measured:
    """Seconds of each operation at one size."""

    size: Size
    seconds: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Sizes of the results, in bytes."""

    @contextmanager
    def timing(self, what: str) -> Iterator[None]:
        """Add the time that the block takes."""
        begun = time.perf_counter()
        yield
        self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - begun


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    whole = WHOLE.share(QUICK if quick else float(os.environ.get("AMANA_BENCH_SCALE", 1)))
    return await asyncio.to_thread(_measure, folder / "scale", whole)  # the service has its own event loop


def _measure(folder: Path, whole: Size) -> list[Target]:
    made: SyntheticCenter | None = None
    steps = []
    room = 1024 + (whole.photographs + whole.statements // 50) // 8  # MiB
    with center_servers(folder, room) as servers:
        for size in (whole.share(1 / STEP), whole):
            with opened(servers.settings) as center:
                made = made or SyntheticCenter(servers.settings, center)
                _print_filling(made.grow(center, size))
                step = Measured(made.size)
                _in_process(step, center, made)
                link = people.new_link(center, None, made.prosecutor.id)
                publish(center)  # including the statements that the measurements made
            asyncio.run(_served(step, servers, link, made.cases[-1].id))
            _measure_recovery(step, servers)
            steps.append(step)
    _print_growth(*steps)
    return targets(*steps)


# --- what is measured --------------------------------------------------------------------------------


def _in_process(step: Measured, center: Center, made: SyntheticCenter) -> None:
    """Measure the background work of the web process, and a proof."""
    proofs = []
    for _ in range(PROOFS):
        begun = time.perf_counter()
        center.ledger.inclusion(random.randrange(step.size.statements))
        proofs.append(time.perf_counter() - begun)
    step.seconds[PROOF] = median(proofs)
    _hold(center, made)  # the new ones are set
    with step.timing(RETENTION):
        RetentionWorker(center).look()
    with step.timing("the holds of one case in twenty, looked after"):
        _hold(center, made)
    with step.timing("items that a copy lost, looked for"):
        collections.deque(scrub_schedule.wanting(center, COPY), maxlen=0)
    with step.timing(PLAN):
        scrub_schedule.begin(center, COPY)
    while True:
        with step.timing(PLAN):
            item = scrub_schedule.next_item(center, COPY)
        if item is None:
            break
        with step.timing("its reading, item by item"):
            scrub(center, COPY, item)


def _hold(center: Center, made: SyntheticCenter) -> None:
    for case in made.held:
        hold_enforcement.carry_out(center, case)


async def _served(step: Measured, servers: CenterServers, token: str, case: str) -> None:
    """Measure a start of the whole service, and pages for a person who has every case."""
    service, starts = Service(servers.settings.data, servers.environ), []
    for number in range(STARTS):
        begun = time.perf_counter()
        async with service, httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}") as client:
            (await client.get("/healthz")).raise_for_status()
            starts.append(time.perf_counter() - begun)
            if number == STARTS - 1:
                await _until_idle((await service.pids())["web"])
                await _pages(step, client, token, case)
    step.seconds[START] = median(starts)


async def _until_idle(process: int) -> None:
    """Wait until the web process has finished its work after a start, which is measured separately."""
    before = cpu_seconds(process)
    for _ in range(PATIENCE):
        await asyncio.sleep(1.0)
        now = cpu_seconds(process)
        if now - before < IDLE:
            return
        before = now
    raise TimeoutError("the web process is busy long after its start")


async def _pages(step: Measured, client: httpx.AsyncClient, token: str, case: str) -> None:
    client.headers["origin"] = str(client.base_url).rstrip("/")
    (await client.post("/sign-in", json={"token": token})).raise_for_status()
    client.headers["accept"] = "text/html"
    for name, path in ((LIST, "/cases"), (CASE, f"/cases/{case}")):
        found = []
        for _ in range(PAGES):
            begun = time.perf_counter()
            (await client.get(path)).raise_for_status()
            found.append(time.perf_counter() - begun)
        step.seconds[name] = median(found)


def _measure_recovery(step: Measured, servers: CenterServers) -> None:
    """Measure a backup of the database, and a rebuild from the copies and the keys on an empty machine."""
    backups, machine = servers.folder / "backups", servers.folder / "machine"
    with step.timing("backup of the database"):
        servers.amana("backup", backups)
    servers.amana("backup", "--keys", backups)
    [database], [keys] = backups.glob("*.database"), backups.glob("*.keys")
    step.sizes["backup"] = database.stat().st_size
    fresh = servers.database.made()
    environ = {"AMANA_DATA": str(machine), "AMANA_DATABASE": fresh.url}
    try:
        servers.amana("restore", keys, **environ)
        with step.timing("rebuild from the copies"):
            servers.amana("rebuild", **environ)
    finally:
        fresh.drop()
        shutil.rmtree(machine, ignore_errors=True)
        shutil.rmtree(backups)
    with servers.database.asked() as connection:
        [[size]] = connection.execute("SELECT pg_database_size(%s)", (servers.made.name,)).fetchall()
    step.sizes["database"] = size
    bucket_stats = json.loads(servers.ceph.admin("bucket", "stats", f"--bucket={servers.bucket}"))
    stats = bucket_stats["usage"]["rgw.main"]
    step.sizes |= {"one copy": stats["size_actual"], "objects in it": stats["num_objects"]}


# --- figures ------------------------------------------------------------------------------------------------


def _print_filling(done: Mapping[str, tuple[int, float]]) -> None:
    table(
        "Filled",
        ("", "number", "seconds", "ms each"),
        [
            (what, f"{count:,}", f"{seconds:.1f}", f"{1000 * seconds / max(count, 1):.2f}")
            for what, (count, seconds) in done.items()
        ],
    )


def _print_growth(small: Measured, large: Measured) -> None:
    rows = []
    for what, seconds in large.seconds.items():
        times = seconds / small.seconds[what]
        exponent = math.log(times) / math.log(STEP)
        figures = f"{small.seconds[what]:.4f}", f"{seconds:.4f}", f"{times:.2f}", f"{exponent:.2f}"
        rows.append((what, *figures, f"{_allowed(what, small.size, large.size):.1f}"))
    heads = ("", "tenth, s", "whole, s", "times", "n to the", "at most, times")
    table(f"A center of {large.size}, and a tenth of it", heads, rows)
    table(
        "Bytes, and objects",
        ("", "tenth", "whole", "times"),
        [
            (what, f"{small.sizes[what]:,}", f"{size:,}", f"{size / small.sizes[what]:.2f}")
            for what, size in large.sizes.items()
        ],
    )


def targets(small: Measured, large: Measured) -> list[Target]:
    """Return for each operation how much longer it takes, and how much longer it may take."""
    return [
        Target(
            f"{what}, times that at a tenth",
            seconds / small.seconds[what],
            _allowed(what, small.size, large.size),
            unit="×",
        )
        for what, seconds in large.seconds.items()
    ]


def _allowed(what: str, small: Size, large: Size) -> float:
    """Return the permitted growth: n log n, or `NOISE` for what must not grow."""
    if what in UNCHANGED:
        return NOISE
    counts = small.statements, large.statements
    return counts[1] * math.log(counts[1]) / (counts[0] * math.log(counts[0]))
