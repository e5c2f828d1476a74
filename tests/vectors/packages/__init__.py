"""The corpus of court packages: each altered in one way, each with what a verifier must say of it.

    python -m tests.vectors.packages FOLDER

makes all of them, to the byte the same every time: keys, times and salts are fixed, signatures deterministic,
films are pieces of four small clips that are kept here. `corpus.json` says what was altered in each and what
must come of it; README.md explains both to whoever writes another verifier.

The modules are named after what they alter. Centers that lie and alterations by people without keys are built
with what the unit tests use, in tests/support.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
