"""`python -m tests.vectors.packages FOLDER`: make the corpus in a folder that is not there yet."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.vectors.packages.corpus import CASES, make

if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
    sys.exit("usage: python -m tests.vectors.packages FOLDER, where FOLDER does not exist yet")
make(Path(sys.argv[1]))
sys.stdout.write(f"{len(CASES)} packages in {sys.argv[1]}\n")
