"""`amana demo`: one interview from camera to court, without a camera."""

from __future__ import annotations

import argparse
from pathlib import Path

from amana.commands.parser import runs
from amana.demo.run import run
from amana.settings import Settings


def add(demo: argparse.ArgumentParser) -> None:
    """Add the options of `amana demo`."""
    runs(demo, _demo, data=False)
    demo.add_argument("--film", type=Path, metavar="FILE", help="a film to send (default: a test picture)")
    demo.add_argument("--seconds", type=float, default=20.0, metavar="N", help="length of the recording")
    demo.add_argument("--keep", type=Path, metavar="DIR", help="keep everything in DIR, to look at")


def _demo(parsed: argparse.Namespace, _: Settings) -> int:
    return run(parsed.film, parsed.seconds, parsed.keep)
