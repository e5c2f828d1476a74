"""Fuzz every harness, or those named, for FUZZ_SECONDS each (600), as many at a time as there are processors.

What is found lies in build/fuzz/found/NAME/, and the exit code is 1. The corpus in build/fuzz/corpus/NAME/ is
gone on with the next time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.in_both import IN_BOTH

BUILD = Path(__file__).resolve().parents[2] / "build" / "fuzz"


def fuzz(name: str, seconds: int) -> bool:
    """Whether nothing was found."""
    found, log = BUILD / "found" / name, BUILD / "log" / f"{name}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.one",
        name,
        str(BUILD / "corpus" / name),
        str(seconds),
        str(found),
    ]
    with log.open("wb") as out:
        code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    said = log.read_text(errors="replace")
    runs = re.search(r"number_of_executed_units: (\d+)", said)
    print(
        f"{name:32} {runs[1] if runs else '?':>12} inputs   {'nothing found' if code == 0 else 'FOUND'}",
        flush=True,
    )
    if code != 0:
        print(f"    {log}\n    " + "\n    ".join(said.strip().splitlines()[-12:]), flush=True)
    return code == 0


def main(names: list[str]) -> int:
    seconds = int(os.environ.get("FUZZ_SECONDS", "600"))
    wanted = names or [*HARNESSES, *IN_BOTH]
    print(f"{len(wanted)} readers, {seconds} seconds each", flush=True)
    with ThreadPoolExecutor(os.cpu_count() or 1) as side_by_side:
        clean = list(side_by_side.map(lambda name: fuzz(name, seconds), wanted))
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
