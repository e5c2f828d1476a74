"""The peer of the section `ledger`: pymerkle's tree on SQLite, with the same entries; requests in JSON.

    python pymerkle_sqlite.py          in a Python environment that has pymerkle, and not Amana

It stores entries and leaf hashes. It signs nothing, has no chains and no index, and hashes subtrees again for
each query. It uses a write-ahead log and `synchronous=FULL`, as Amana does: as durable as its default, the
rollback journal, and faster.
"""

import itertools
import json
import random
import sys
import time
from pathlib import Path

from pymerkle import SqliteTree, verify_inclusion


def resident():
    """Return the resident memory of this process, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def read(path):
    """Yield the leaves in a file, each preceded by its length in two bytes."""
    with Path(path).open("rb") as file:
        while length := file.read(2):
            yield file.read(int.from_bytes(length, "big"))


def milliseconds(seconds):
    """Return median, 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "worst": 1000 * ordered[-1],
    }


class Writer:
    """The tree, and the entries to append."""

    def __init__(self, file, files):
        self.tree = SqliteTree(file)
        self.tree.con.execute("PRAGMA journal_mode=WAL")
        self.tree.con.execute("PRAGMA synchronous=FULL")
        streams = [read(path) for path in files]
        self.leaves = itertools.chain.from_iterable(
            itertools.islice(stream, 16) for stream in itertools.cycle(streams)
        )

    def groups(self, count, size):
        """Append `count` entries, in groups of this size."""
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
        """Append `count` entries, one in each commit."""
        seconds = []
        for leaf in itertools.islice(self.leaves, count):
            begun = time.perf_counter()
            self.tree.append_entry(leaf)
            seconds.append(time.perf_counter() - begun)
        return milliseconds(seconds)

    def rooted(self, count, within):
        """Append as `singles` until a time limit, and compute each root, as signing tree heads requires."""
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
        """Prove random entries until a time limit, and verify every tenth."""
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
        """Open the tree again with empty caches, as after a restart; measure the first proof."""
        self.tree.close()
        begun = time.perf_counter()
        self.tree = SqliteTree(self.tree.dbfile)
        opened = time.perf_counter() - begun
        begun = time.perf_counter()
        self.tree.prove_inclusion(1)
        return {"seconds": opened, "first_proof": time.perf_counter() - begun}


def main():
    """Answer each line of standard input, until its end."""
    writer = None
    for line in sys.stdin:
        request = json.loads(line)
        op = request.pop("op")
        if op == "open":
            writer = Writer(**request)
            answer = {}
        else:
            answer = getattr(writer, op)(**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
