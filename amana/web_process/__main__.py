"""Start the web process: `python -m amana.web_process PARENT SOCKET CONTROL`. See `server`."""

from __future__ import annotations

import gc
import sys

# Imported objects stay until the end. A garbage collection over them takes a fifth of the start.
gc.disable()
from amana.web_process.server import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
