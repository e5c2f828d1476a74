"""`amana witness serve` that is killed as by `kill -9`, after a checkpoint was kept and before it answers.

    python -m tests.integration.dying_witness FOLDER

Everything is the service's own, but for the end of `advance`. A file `FOLDER/died` says that it happened.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from amana.witness.server import serve
from amana.witness.store import WitnessMemory

kept = WitnessMemory.advance


def keep_and_die(self: WitnessMemory, origin: str, previous: bytes | None, note: bytes) -> bool:
    done = kept(self, origin, previous, note)
    (Path(sys.argv[1]) / "died").touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return done


WitnessMemory.advance = keep_and_die  # type: ignore[method-assign]
serve(Path(sys.argv[1]), "127.0.0.1", 0, lambda address: print(f"answers at {address}/", flush=True))
