"""One file sealed with both digests, as the vault does it, in a process of its own.

    python -m bench.sealing_file SOURCE TARGET

Exit code 0 once the sealed file is durable.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from vault.sealing.sealed_file import seal_file


def main(source: str, target: str) -> int:
    """With a new key, which is forgotten."""
    seal_file(secrets.token_bytes(32), b"bench", Path(source), Path(target))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
