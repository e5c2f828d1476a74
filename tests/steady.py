"""`make steady ROUNDS=10`: run `make test` again and again beside one busy process, and tally what failed.

    python -m tests.steady ROUNDS

Each round keeps its output in build/steady and adds a line to build/steady/rounds.jsonl, so that rounds made
at different times add up. Prints every test that failed even once in all rounds kept there. The exit code is
1 if there is one, or if a round ended in another error. Remove build/steady to begin a new tally.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path("build/steady")
ROUND_WITHIN = 3600  # seconds; a round that takes longer is ended, and so is its busy process
BUSY = f"import time\nend = time.monotonic() + {ROUND_WITHIN}\nwhile time.monotonic() < end: pass"
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - |$)", re.MULTILINE)


@contextmanager
def busy_process() -> Iterator[None]:
    """A process that takes a whole core, at the priority of the tests."""
    process = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def run_round(log: Path) -> dict[str, Any]:
    """Run `make test` once; return its exit code, its seconds and the ids of the tests that failed."""
    began = time.monotonic()
    with busy_process(), log.open("wb") as output:
        command = ["timeout", "--kill-after=30", str(ROUND_WITHIN), "make", "test"]
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    failed = sorted(set(FAILED.findall(log.read_text(errors="replace"))))
    return {"log": log.name, "code": code, "seconds": round(time.monotonic() - began), "failed": failed}


def main(rounds: int) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    tally = FOLDER / "rounds.jsonl"
    for _ in range(rounds):
        number = len(tally.read_text().splitlines()) + 1 if tally.exists() else 1
        told = run_round(FOLDER / f"round-{number}.log")
        with tally.open("a") as lines:
            lines.write(json.dumps(told) + "\n")
        print(
            f"round {number}: exit code {told['code']}, {told['seconds']} s, {len(told['failed'])} failed",
            flush=True,
        )
    kept = [json.loads(line) for line in tally.read_text().splitlines()]
    failures = Counter(test for one in kept for test in one["failed"])
    for test, count in failures.most_common():
        print(f"failed in {count} of {len(kept)}: {test}")
    bad = sum(one["code"] != 0 for one in kept)
    print(f"{len(kept)} rounds, {bad} of them not green, {len(failures)} tests failed at least once")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
