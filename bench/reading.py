"""One reading of one copy, as `amana scrub` does it, in a separate process.

    python -m bench.reading STORE EVIDENCE MANIFEST WRAP WORKERS SIZE…

STORE: the folder of a store; MANIFEST, WRAP: the digests that the ledger names; SIZE…: bytes of each segment.
The exit code is 0 if everything was read and is as recorded.
"""

from __future__ import annotations

import sys
from pathlib import Path

from casework.copies.copy_reading import read_copy
from casework.copies.expected_objects import expected_contents
from casework.copies.sealed_item import Sealed, StoreSource
from vault.stores.filesystem import FilesystemStore


def main(folder: str, evidence: str, manifest: str, wrap: str, workers: str, *sizes: str) -> int:
    store = FilesystemStore(Path(folder))
    sealed = Sealed(evidence, manifest, wrap)
    holding = expected_contents(sealed, [StoreSource("copy", store, evidence)], [int(size) for size in sizes])
    reading = read_copy(holding, store, workers=int(workers))
    return 0 if reading.whole and not reading.findings else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
