"""Runner of our own commands, as a person types them: the demonstration does only what people can do.

One exception: the commands run without the database setting of this machine's real center, so that they do
not write to its database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from amana.settings import without_database

PYTHON = sys.executable


class Failed(Exception):
    """A step of the demonstration failed; the message says which."""


@asynccontextmanager
async def program(*words: str) -> AsyncIterator[asyncio.StreamReader]:
    """Run one of our programs until the context ends; yields its standard output."""
    running = await asyncio.create_subprocess_exec(
        *(PYTHON, "-P", "-m", *words), stdout=asyncio.subprocess.PIPE, env=without_database(os.environ)
    )
    assert running.stdout is not None
    try:
        yield running.stdout
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGTERM)
            await running.wait()


async def word_of(lines: asyncio.StreamReader, begins: str, within: str = "") -> str:
    """Return the first word of the output that begins with `begins` and contains `within`."""
    async for line in lines:
        for word in line.decode().split():
            if word.startswith(begins) and within in word:
                return word
    raise Failed("a program ended before it said where it answers")


async def typed(*words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one of our commands, as typed after `python -m`. Raises `Failed` for another exit code."""
    arguments: Sequence[str] = (PYTHON, "-P", "-m", *words)
    done = await asyncio.to_thread(
        subprocess.run,
        arguments,
        capture_output=True,
        text=True,
        check=False,
        env=without_database(os.environ),
    )
    if done.returncode != expect:
        raise Failed(f"{' '.join(words[:2])} ended with {done.returncode}: {done.stderr or done.stdout}")
    return done
