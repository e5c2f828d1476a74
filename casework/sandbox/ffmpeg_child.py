"""Becomes the program that makes films, once it can do little else: `python -I -m
casework.sandbox.ffmpeg_child …`.

What it will read is testimony, and may have been made hostile in the room already: a camera's stream, a
broken file. Before the program begins:

1. a network namespace of its own without a way out, where the system allows it;
2. it ends with the service, and gets only the processor time that nobody else wants, so that a running
   interview is never disturbed;
3. limits of the operating system on memory, processor time, open files, and the size of what it writes;
4. of the file system it can read programs and libraries, and read and write the one folder it works in
   (Landlock), where the system has that; else the program's own list of protocols has to do.

Arguments: folder, seconds of processor time, bytes of a file, the program's path, and its arguments.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from casework.sandbox import confinement

MEMORY = 4 * 1024**3
"""Bytes of address space: an encoder with two threads and a few pictures of each camera."""
MOST_OPEN = 512


def main(folder: str, seconds: str, size: str, program: str, *arguments: str) -> None:
    """Never returns: it is the program from here on."""
    parent = os.getppid()
    confinement.leave_network()
    confinement.end_with_parent(
        parent, signal.SIGKILL
    )  # the program does not end at once when it is asked to
    confinement.stand_back()
    confinement.limit(memory=MEMORY, seconds=int(seconds), written=int(size), opened=MOST_OPEN)
    confinement.confine(folder, str(Path(program).resolve().parent))
    os.execve(program, [program, *arguments], {})  # noqa: S606  # that is what this process is for


if __name__ == "__main__":
    main(*sys.argv[1:])
