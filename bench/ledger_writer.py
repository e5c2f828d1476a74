"""Amana's ledger under measurement, in a separate process: `python -m bench.ledger_writer`, requests in JSON.

As in production: `SqlStorage` on SQLite with every fsync, checkpoints signed with both keys by the keyholder
process over a connection, which records each checkpoint before it signs it. Making and checking statements,
which comes before the ledger, is not measured.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from amana.install import installation
from amana.keyholder.client import KeyholderSigner
from amana.settings import Settings
from bench import statements
from bench.synthetic.keyholder import KeyholderProcess
from casework.database.engine import Sessions, connect
from casework.database.migrations import upgrade
from casework.ledger.sql_storage import SqlStorage
from chain_of_custody.tlog.checkpoint import LogKeys
from chain_of_custody.tlog.ledger import Ledger


def resident() -> float:
    """Return the resident memory of this process, in MiB (VmRSS of proc_pid_status(5))."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")
    )
    return int(line.split()[1]) / 1024


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "worst": 1000 * ordered[-1],
    }


class Writer:
    """The ledger, and the statements to append."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        self._settings = Settings(data=folder)
        installation.prepare(self._settings)
        self.keyholder = KeyholderProcess(self._settings)
        self._client = self.keyholder.client
        self._keys = self._log_keys()
        self.engine = connect(f"sqlite:///{self._settings.database}")
        upgrade(self.engine)
        self.ledger = self.open()
        # Sixteen chains in turn, so that adjacent entries belong to different recordings.
        streams = [statements.read(Path(file)) for file in files]
        self.leaves = itertools.chain.from_iterable(
            itertools.islice(stream, 16) for stream in itertools.cycle(streams)
        )

    def _log_keys(self) -> LogKeys:
        public = self._client.public_keys()  # the request is queued until the keyholder has started
        origin = installation.read(self._settings).origin
        return LogKeys(origin, public.ledger_ed25519, public.ledger_mldsa44)

    def open(self) -> Ledger:
        storage = SqlStorage(Sessions(self.engine))
        return Ledger(storage, KeyholderSigner(self._client, storage), self._keys)

    def close(self) -> None:
        self.engine.dispose()
        self.keyholder.end()

    # What is measured.

    def groups(self, count: int, size: int) -> dict[str, Any]:
        """Append `count` leaves, in groups of this size."""
        spent, memory = 0.0, []
        tenths = []
        for number in range(count // size):
            group = list(itertools.islice(self.leaves, size))
            begun = time.perf_counter()
            self.ledger.append(group)
            spent += time.perf_counter() - begun
            if (number + 1) % max(1, count // size // 10) == 0:
                memory.append(resident())
                tenths.append(spent)
        last = (tenths[-1] - tenths[-2]) if len(tenths) > 1 else spent
        return {
            "seconds": spent,
            "last_tenth": last,
            "memory": memory,
            "size": self.ledger.size,
        }

    def singles(self, count: int) -> dict[str, float]:
        """Append `count` leaves, one in each commit."""
        seconds = []
        for leaf in itertools.islice(self.leaves, count):
            begun = time.perf_counter()
            self.ledger.append([leaf])
            seconds.append(time.perf_counter() - begun)
        return milliseconds(seconds)

    def crowd(self, threads: int, count: int) -> dict[str, float]:
        """Run concurrent callers, each of which appends `count` statements one by one: grouped commits."""
        waiting = [list(itertools.islice(self.leaves, count)) for _ in range(threads)]
        # Two callers must not append to one chain: each gets separate chains.
        leaves = sorted(itertools.chain.from_iterable(waiting), key=_place)
        chains = [list(group) for _, group in itertools.groupby(leaves, key=lambda leaf: _place(leaf)[0])]
        hands: list[list[bytes]] = [[] for _ in range(threads)]
        for chain in chains:
            min(hands, key=len).extend(chain)
        seconds: list[float] = []

        def call(own: Sequence[bytes]) -> None:
            for leaf in own:
                begun = time.perf_counter()
                self.ledger.append([leaf])
                seconds.append(time.perf_counter() - begun)

        callers = [threading.Thread(target=call, args=(own,)) for own in hands]
        begun = time.perf_counter()
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        if len(seconds) != len(leaves):
            raise RuntimeError("not every statement was appended")
        return {"rate": len(leaves) / (time.perf_counter() - begun), **milliseconds(seconds)}

    def proofs(self, count: int) -> dict[str, float]:
        """Prove `count` random entries, and verify every tenth as an independent verifier does."""
        seconds, size = [], self.ledger.size
        for number in range(count):
            index = random.randrange(size)
            begun = time.perf_counter()
            proof = self.ledger.inclusion(index)
            seconds.append(time.perf_counter() - begun)
            if number % 10 == 0:
                proof.verify(self.ledger.entry(index), self._keys)
        return milliseconds(seconds)

    def reopen(self) -> dict[str, float]:
        """Open the ledger again."""
        begun = time.perf_counter()
        self.open()
        return {"seconds": time.perf_counter() - begun, "memory": resident()}


def _place(leaf: bytes) -> tuple[str, int]:
    statement = json.loads(leaf)["statement"]
    return statement["evidence"], statement["number"]


def main() -> None:
    """Answer each line of standard input, until its end."""
    writer: Writer | None = None
    for line in _lines():
        request = json.loads(line)
        op = request.pop("op")
        if op == "open":
            writer = Writer(Path(request["folder"]), request["files"])
            answer: dict[str, Any] = {"process": writer.keyholder.pid}
        else:
            assert writer is not None
            answer = getattr(writer, op)(**request)
        print(json.dumps(answer), flush=True)
    if writer is not None:
        writer.close()


def _lines() -> Iterator[str]:
    yield from sys.stdin


if __name__ == "__main__":
    main()
