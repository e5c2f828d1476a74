"""ledger: appending and proving a million statements durably, in constant memory, against pymerkle on SQLite.

Both append the same real statements, made beforehand; each runs in a separate process, one after the other.
Amana's signs each checkpoint with both keys in the keyholder process, and stores chains and an index; the
peer stores a tree. `AMANA_BENCH_LEDGER` sets another size.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from bench.processes import LineProcess
from bench.tables import Target, table

SIZE, QUICK = 1_000_000, 20_000
GROUP = 500
SINGLES = 2_000
CALLERS = 64
PROOFS = 2_000
PATIENCE = 60.0
"""Time limit in seconds for operations in which the peer may be extremely slow."""
HOURS = 4 * 3600.0
LOCK = Path("bench/peers/pymerkle.lock")
PEER = Path("bench/peers/pymerkle_sqlite.py")


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    size = QUICK if quick else int(os.environ.get("AMANA_BENCH_LEDGER", SIZE))
    scale = 10 if quick else 1
    folder = folder / "ledger"
    folder.mkdir()
    files = await _statements(folder, size + 2 * SINGLES + CALLERS * 100, log)
    ours = await _ours(folder, files, size, scale, log)
    shutil.rmtree(folder / "amana")
    peer = await _peer(folder, files, size, scale, log)
    shutil.rmtree(folder)
    _show(ours, peer, size)
    groups, memory = ours["groups"], ours["groups"]["memory"]
    return [
        Target(f"append one, durable, among {size:,}: p99", ours["singles"]["p99"], 20.0, unit=" ms"),
        Target(f"append in groups of {GROUP}, up to {size:,}", size / groups["seconds"], 5000, True, "/s"),
        Target("the same, over the last tenth", size / 10 / groups["last_tenth"], 5000, True, "/s"),
        Target(f"prove one of {size:,}: p99", ours["proofs"]["p99"], 5.0, unit=" ms"),
        Target("memory at the end, times that at a tenth", memory[-1] / memory[0], 1.05, unit="×"),
    ]


async def _statements(folder: Path, count: int, log: Path) -> list[str]:
    """Make files of statements, one for each processor."""
    begun, workers = time.monotonic(), os.cpu_count() or 1
    files = [folder / f"statements-{number}" for number in range(workers)]
    with log.open("ab") as errors:
        makers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.statements", str(file), str(-(-count // workers)), str(number),
                stderr=errors,
            )
            for number, file in enumerate(files)
        ]  # fmt: skip
    for maker in makers:
        if await maker.wait():
            raise RuntimeError("the statements could not be made")
    size = sum(file.stat().st_size for file in files)
    print(
        f"  {count:,} statements, {size / count - 2:.0f} bytes each, made and signed in"
        f" {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    return [str(file) for file in files]


async def _ours(folder: Path, files: list[str], size: int, scale: int, log: Path) -> dict[str, Any]:
    writer = await LineProcess.start(sys.executable, "-m", "bench.ledger_writer", folder=folder, log=log)
    try:
        await writer.ask(60, op="open", folder=str(folder / "amana"), files=files)
        return {
            "groups": await writer.ask(HOURS, op="groups", count=size, size=GROUP),
            "singles": await writer.ask(HOURS, op="singles", count=SINGLES // scale),
            "crowd": await writer.ask(HOURS, op="crowd", threads=CALLERS, count=100 // scale),
            "proofs": await writer.ask(HOURS, op="proofs", count=PROOFS // scale),
            "reopen": await writer.ask(60, op="reopen"),
            "bytes": _bytes(folder / "amana" / "web" / "database.sqlite"),
        }
    finally:
        await writer.end()


async def _peer(folder: Path, files: list[str], size: int, scale: int, log: Path) -> dict[str, Any] | None:
    """Install and measure the peer; return None if it could not be installed."""
    python = folder / "pymerkle" / "bin" / "python"
    for command in (
        (sys.executable, "-m", "venv", str(folder / "pymerkle")),
        (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
         "-r", str(LOCK)),
    ):  # fmt: skip
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(*command, stderr=errors)
        if await process.wait():
            print("  pymerkle could not be installed: no peer in this run", flush=True)
            return None
    writer = await LineProcess.start(str(python), str(PEER), folder=folder, log=log)
    try:
        await writer.ask(60, op="open", file=str(folder / "pymerkle.sqlite"), files=files)
        return {
            "groups": await writer.ask(HOURS, op="groups", count=size, size=GROUP),
            "singles": await writer.ask(HOURS, op="singles", count=SINGLES // scale),
            "rooted": await writer.ask(HOURS, op="rooted", count=SINGLES // scale, within=PATIENCE),
            "proofs": await writer.ask(HOURS, op="proofs", count=PROOFS // scale, within=PATIENCE),
            "reopen": await writer.ask(HOURS, op="reopen"),
            "bytes": _bytes(folder / "pymerkle.sqlite"),
        }
    finally:
        await writer.end()


def _bytes(database: Path) -> int:
    """Return the size of the database with its write-ahead log."""
    return sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))


def _show(ours: dict[str, Any], peer: dict[str, Any] | None, size: int) -> None:
    def per_second(of: dict[str, Any]) -> str:
        return f"{size / of['groups']['seconds']:,.0f} ({size / 10 / of['groups']['last_tenth']:,.0f})"

    def spread(of: dict[str, Any]) -> str:
        return f"{of['p50']:.2f} / {of['p99']:.2f} / {of['worst']:.1f}"

    def memory(of: dict[str, Any]) -> str:
        return f"{of['groups']['memory'][0]:.0f} / {of['groups']['memory'][-1]:.0f}"

    rows = [
        ("groups of 500, entries/s (last tenth)", per_second, lambda of: per_second(of)),
        (
            "one a commit, ms: p50 / p99 / worst",
            lambda of: spread(of["singles"]),
            lambda of: spread(of["singles"]),
        ),
        (
            "the same with the new root known",
            lambda of: spread(of["singles"]),
            lambda of: f"{spread(of['rooted'])} ({of['rooted']['measured']} tried)",
        ),
        (
            f"{CALLERS} callers at once, entries/s",
            lambda of: f"{of['crowd']['rate']:,.0f}",
            lambda of: "",
        ),
        ("… each waits, ms: p50 / p99 / worst", lambda of: spread(of["crowd"]), lambda of: ""),
        (
            "prove one anywhere, ms: p50 / p99 / worst",
            lambda of: spread(of["proofs"]),
            lambda of: f"{spread(of['proofs'])} ({of['proofs']['measured']} tried)",
        ),
        (
            "opened anew, ms",
            lambda of: f"{1000 * of['reopen']['seconds']:.1f}",
            lambda of: (
                f"{1000 * of['reopen']['seconds']:.1f}, first proof {1000 * of['reopen']['first_proof']:,.0f}"
            ),
        ),
        ("memory at a tenth / at the end, MiB", memory, memory),
        (
            "memory after the proofs, MiB",
            lambda of: f"{of['reopen']['memory']:.0f}",
            lambda of: f"{of['proofs']['memory']:.0f}",
        ),
        (
            "bytes on the disk, an entry",
            lambda of: f"{of['bytes'] / size:,.0f}",
            lambda of: f"{of['bytes'] / size:,.0f}",
        ),
    ]
    table(
        f"A ledger of {size:,} statements",
        ("", "Amana: signed, chained, indexed", "pymerkle: a tree"),
        [(what, mine(ours), "" if peer is None else theirs(peer)) for what, mine, theirs in rows],
    )
