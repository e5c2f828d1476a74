"""Confines itself, then becomes the program that makes films.

Command line: `python -I -m casework.sandbox.ffmpeg_child …`. The input is testimony, and may have been made
hostile in the room already: a camera's stream, a broken file. Before the program begins:

1. a network namespace of its own without a way out, if the system allows it;
2. it ends with the service, and gets only idle processor time, so that a running interview is never
   disturbed;
3. limits of the operating system on memory and open files (below), processor time and the size of written
   files (`casework.films.rendering`; the clock is watched by `ffmpeg`);
4. of the file system it can read programs and libraries, and read and write its one working folder
   (Landlock), if the system supports it; else the program's own list of protocols must suffice.

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
    """Never returns: the process becomes the program."""
    parent = os.getppid()
    confinement.leave_network()
    confinement.end_with_parent(
        parent, signal.SIGKILL
    )  # the program does not end at once when it receives SIGTERM
    confinement.stand_back()
    confinement.limit(memory=MEMORY, seconds=int(seconds), written=int(size), opened=MOST_OPEN)
    confinement.confine(folder, str(Path(program).resolve().parent))
    os.execve(program, [program, *arguments], {})  # noqa: S606  # that is what this process is for


if __name__ == "__main__":
    main(*sys.argv[1:])
