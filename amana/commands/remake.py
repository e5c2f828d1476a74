"""`amana remake`: make the derivatives of a court package again, and compare every byte."""

from __future__ import annotations

import argparse
import getpass
import shutil
import sys
import tempfile
from pathlib import Path

from amana.commands.parser import runs
from amana.settings import Settings
from casework.derivatives import reproduce
from casework.sandbox import ffmpeg
from chain_of_custody.package.opening import open_package
from chain_of_custody.trust.policy import MAX_POLICY, TrustPolicy
from chain_of_custody.verify import verify
from player.papers.cards import draw

_TEXTS = {
    "same": "made once more, to the byte",
    "other": "MADE OTHERWISE: the same sources and edits give other bytes",
    "not-here": "not tried: what it was made from is not here, or not whole",
    "no-program": "not tried: FFmpeg is not installed (apt-get install -y --no-install-recommends ffmpeg)",
    "asked-otherwise": "not tried: it was made by another version of this software",
    "failed": "FAILED: the program produced nothing; the reason is above",
    "written": "people wrote it: there is nothing to make",
}
_FINE = ("same", "written")
_PROVED = {
    "intact": "The package is intact, under the registered policy. What was made is made once more.",
    "consistent": "The package is consistent, and where it comes from is not known: no policy was given. "
    "What was made is made once more.",
}
ORIGIN_UNKNOWN = 3
"""Exit code if the origin of a package is not known, as of `amana verify`."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _remake, data=False)
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="folder, or sealed file")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the policy that was registered")


def _remake(parsed: argparse.Namespace, settings: Settings) -> int:
    program = ffmpeg.found(settings.programs)
    policy = None
    if parsed.policy is not None:
        with parsed.policy.open("rb") as file:
            policy = TrustPolicy.parse(file.read(MAX_POLICY + 1))
    source = open_package(parsed.package, lambda: getpass.getpass("Passphrase of the package: "))
    report = verify(source, policy)
    print(_PROVED[report.outcome], flush=True)
    scratch = Path(tempfile.mkdtemp(prefix="amana-remake-"))
    try:
        outcomes = []
        for remade in reproduce.remake(source, report, program, scratch, draw):
            other = "" if remade.program else " (another program is installed here than its recipe names)"
            print(
                f"derivative {remade.evidence[:8]}, {remade.kind}: {_TEXTS[remade.outcome]}{other}",
                flush=True,
            )
            outcomes.append(remade)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if all(remade.outcome == "written" for remade in outcomes):
        print("There is nothing in this package that a program made from evidence.", file=sys.stderr)
        return 1
    if not all(remade.outcome in _FINE for remade in outcomes):
        return 1
    return 0 if report.outcome == "intact" else ORIGIN_UNKNOWN
