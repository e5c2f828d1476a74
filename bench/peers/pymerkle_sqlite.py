"""The peer of the section `ledger`: pymerkle's tree on SQLite, fed with the same entries (asked in JSON).

    python pymerkle_sqlite.py          under a Python that has pymerkle, and nothing of Amana's

It keeps entries and leaf hashes. It signs nothing, keeps no chains and no index, and leaves subtrees to be
hashed again when they are asked for. Write-ahead log and `synchronous=FULL`, as Amana has them: as durable,
and faster than the rollback journal that it would have by itself.
"""

import itertools
import json
import random
import sys
import time
from pathlib import Path

from pymerkle import SqliteTree, verify_inclusion


def resident():
    """Memory of this process now, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def read(path):
    """The leaves in a file, each behind its length in two bytes."""
    with Path(path).open("rb") as file:
        while length := file.read(2):
            yield file.read(int.from_bytes(length, "big"))


def milliseconds(seconds):
    """Median, 99th percentile and worst."""
    ordered = sorted(seconds)
    return {
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "worst": 1000 * ordered[-1],
    }


class Writer:
    """The tree, and what it is fed with."""

    def __init__(self, file, files):
        self.tree = SqliteTree(file)
        self.tree.con.execute("PRAGMA journal_mode=WAL")
        self.tree.con.execute("PRAGMA synchronous=FULL")
        streams = [read(path) for path in files]
        self.leaves = itertools.chain.from_iterable(
            itertools.islice(stream, 16) for stream in itertools.cycle(streams)
        )

    def groups(self, count, size):
        """Append so many entries, in groups of this size."""
        spent, memory, tenths = 0.0, [], []
        for number in range(count // size):
            group = list(itertools.islice(self.leaves, size))
            begun = time.perf_counter()
            self.tree.append_entries(group)
            spent += time.perf_counter() - begun
            if (number + 1) % max(1, count // size // 10) == 0:
                memory.append(resident())
                tenths.append(spent)
        last = (tenths[-1] - tenths[-2]) if len(tenths) > 1 else spent
        return {"seconds": spent, "last_tenth": last, "memory": memory, "size": self.tree.get_size()}

    def singles(self, count):
        """Append so many, one a commit."""
        seconds = []
        for leaf in itertools.islice(self.leaves, count):
            begun = time.perf_counter()
            self.tree.append_entry(leaf)
            seconds.append(time.perf_counter() - begun)
        return milliseconds(seconds)

    def rooted(self, count, within):
        """The same with the new root each time, as whoever signs tree heads needs; for so long at most."""
        seconds, until = [], time.monotonic() + within
        for leaf in itertools.islice(self.leaves, count):
            begun = time.perf_counter()
            self.tree.append_entry(leaf)
            self.tree.get_root()
            seconds.append(time.perf_counter() - begun)
            if time.monotonic() > until:
                break
        return {"measured": len(seconds), **milliseconds(seconds)}

    def proofs(self, count, within):
        """Prove so many entries anywhere, for so long at most; the first one, and the others."""
        size = self.tree.get_size()
        root = self.tree.get_root()
        seconds, until = [], time.monotonic() + within
        for number in range(count):
            index = random.randrange(size) + 1
            begun = time.perf_counter()
            proof = self.tree.prove_inclusion(index, size)
            seconds.append(time.perf_counter() - begun)
            if number % 10 == 0:
                verify_inclusion(self.tree.get_leaf(index), root, proof, index=index, size=size)
            if time.monotonic() > until:
                break
        return {"measured": len(seconds), "memory": resident(), **milliseconds(seconds)}

    def reopen(self):
        """Open the tree anew, as after a restart: what it remembered is gone. The first proof then."""
        self.tree.close()
        begun = time.perf_counter()
        self.tree = SqliteTree(self.tree.dbfile)
        opened = time.perf_counter() - begun
        begun = time.perf_counter()
        self.tree.prove_inclusion(1)
        return {"seconds": opened, "first_proof": time.perf_counter() - begun}


def main():
    """Answer each line on the input; ends with it."""
    writer = None
    for line in sys.stdin:
        asked = json.loads(line)
        op = asked.pop("op")
        if op == "open":
            writer = Writer(**asked)
            answer = {}
        else:
            answer = getattr(writer, op)(**asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
