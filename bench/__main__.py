"""`make bench`: measurements against peers, side by side on this machine.

    python -m bench [--quick] [--folder DIR] [SECTION …]

Sections: capture, verify, browser, seal, scrub, capacity, ledger, store, ceph, photographs, pages, films,
intake, sandbox, scale; without an argument all but scale, in some thirty minutes. Method and figures:
docs/benchmarks.md. Uses only the loopback interface, and a scratch folder that is removed at the end. The
exit code is 0 even if a target is missed: tests, not benchmarks, fail a build.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from bench.processes import machine_busy
from bench.sections import (
    browser,
    capacity,
    capture,
    ceph,
    films,
    intake,
    ledger,
    pages,
    photographs,
    sandbox,
    scale,
    scrub,
    seal,
    store,
    verify,
)
from bench.tables import Target, machine

Section = Callable[[Path, Path, bool], Coroutine[None, None, list[Target]]]

SECTIONS: dict[str, Section] = {
    "capture": capture.run,
    "verify": verify.run,
    "browser": browser.run,
    "seal": seal.run,
    "scrub": scrub.run,
    "capacity": capacity.run,
    "ledger": ledger.run,
    "store": store.run,
    "ceph": ceph.run,
    "photographs": photographs.run,
    "pages": pages.run,
    "films": films.run,
    "intake": intake.run,
    "sandbox": sandbox.run,
    "scale": scale.run,
}
LONG = frozenset({"scale"})
"""Sections that run only if they are named: they take hours."""

BUSY = 0.10
"""Share of all processors that other processes may use before a section's elapsed times are unreliable."""


def own_seconds() -> float:
    """Return the CPU seconds of this process and of all children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


async def watched(section: Section, folder: Path, log: Path, quick: bool) -> list[Target]:
    """Run a section; print a warning if other processes used much of the machine meanwhile."""
    begun, busy, own = time.monotonic(), machine_busy(), own_seconds()
    targets = await section(folder, log, quick)
    others = machine_busy() - busy - (own_seconds() - own)
    share = others / (time.monotonic() - begun) / (os.cpu_count() or 1)
    if share > BUSY:
        print(f"\n  NOTE: {share:.0%} of this machine worked for others meanwhile: elapsed times say little.")
    return targets


def remove(folder: Path) -> None:
    """Remove the folder, also while interrupted recorders still write their closing statements into it."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.5)


def main() -> int:
    """Run the requested sections."""
    parser = argparse.ArgumentParser("python -m bench", description="Measure against peers on this machine.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="one short round of each: to see that it works")
    parser.add_argument(
        "--folder", type=Path, default=Path("build"), help="where to work, on a real disk (default: build)"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.sections) - SECTIONS.keys():
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=chosen.folder.resolve()))
    tempfile.tempdir = str(folder)  # media prepared beforehand are removed with the rest
    log = folder / "log"
    began = time.monotonic()
    print(machine(folder))
    targets: list[Target] = []
    try:
        for name in chosen.sections or [name for name in SECTIONS if name not in LONG]:
            print(f"\n== {name}", flush=True)
            targets += asyncio.run(watched(SECTIONS[name], folder, log, chosen.quick))
    except KeyboardInterrupt:
        return 130
    except BaseException:
        if log.exists():
            sys.stderr.write(log.read_text(errors="replace")[-4000:])
        raise
    finally:
        remove(folder)
    print(f"\n== targets ({(time.monotonic() - began) / 60:.1f} minutes)\n")
    for target in targets:
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
