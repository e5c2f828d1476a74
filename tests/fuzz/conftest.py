"""Seeds are made with the helpers of the unit tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "unit" / "chain_of_custody"))
