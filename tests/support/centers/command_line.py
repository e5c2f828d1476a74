"""A command of `amana` in the tests' own process: to start one takes longer than most commands run.

A command that asks for a passphrase, or that runs until a signal ends it, needs a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from amana import cli


def amana(
    *arguments: str, say: str = "", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it, and return its exit code and output; `say` is what `input` reads, `environ` adds settings."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        ThreadPoolExecutor(1) as thread,  # a caller may have an event loop, and some commands run one
    ):
        patch.setattr(sys, "stdin", io.StringIO(say))
        for name, value in (environ or {}).items():
            patch.setenv(name, value)
        code = thread.submit(_exit_code, arguments).result()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def _exit_code(arguments: tuple[str, ...]) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as ended:  # what argparse refuses
        return int(ended.code or 0)
