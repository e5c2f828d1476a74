"""`python -m amana` is `amana`."""

from __future__ import annotations

import sys

from amana.cli import main

sys.exit(main())
