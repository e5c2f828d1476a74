"""`amana rebuild`: restore a lost database or machine from the stores and the keys."""

from __future__ import annotations

import argparse
import sys
import time

from amana.commands.parser import runs
from amana.errors import Unusable
from amana.recovery import rebuild
from amana.recovery.rebuild import Rebuilt
from amana.settings import Settings
from amana.supervisor.supervisor import CannotStart, only_one
from casework.rebuild.rebuild import CannotRebuild
from casework.sandbox.confinement import keep_memory_private

SHOWN = 50
"""Losses that are shown; the rest is counted."""
REPORT_EVERY = 5.0
"""Seconds between two lines of progress."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _rebuild)
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="WITNESS",
        help="do not ask this witness: it is gone for good (may be given more than once)",
    )
    parser.add_argument(
        "--succeed",
        action="store_true",
        help="statements are lost for good: begin a new ledger upon what is left, and state that in it",
    )


def _rebuild(parsed: argparse.Namespace, settings: Settings) -> None:
    keep_memory_private()  # the keys are read here
    for folder in (settings.run, settings.working, settings.rules):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if parsed.succeed and not _sure():
        raise Unusable("nothing was changed")
    try:
        with only_one(settings):
            rebuilt = rebuild.run(
                settings, without=parsed.without, succeed=parsed.succeed, progress=_Progress().show
            )
    except CannotStart:
        raise Unusable("stop Amana first") from None
    except CannotRebuild as why:
        raise Unusable(str(why)) from None
    print("\n".join(summary(rebuilt)))


def _sure() -> bool:
    print("If statements of the ledger are lost, a new one is begun: courts and witnesses must be informed,")
    print("and anyone with a proof of a lost statement can show that it is lost. Look for every copy first.")
    return input("To continue, type succeed: ").strip() == "succeed"


class _Progress:
    """Prints progress now and then, for large ledgers."""

    def __init__(self) -> None:
        self._next = time.monotonic() + REPORT_EVERY

    def show(self, done: int, of: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + REPORT_EVERY
            print(f"{done} of {of} statements proved", file=sys.stderr, flush=True)


def summary(rebuilt: Rebuilt) -> list[str]:
    """Return the report, as lines for a terminal."""
    report = rebuilt.report
    lines = [
        f"OK    ledger       {rebuilt.origin}, {report.statements} statements, each proved by two signatures",
        f"OK    rows         {report.people} people, {report.cases} cases, {report.items} recording parts, "
        f"{report.details} sealed details",
    ]
    if rebuilt.origin != rebuilt.checkpoint.origin:
        lines.append(
            f"CHECK succeeded    {rebuilt.checkpoint.origin} ends with {rebuilt.checkpoint.size} statements. "
            "Have witnesses add the new ledger, and courts register the new policy: amana policy publish"
        )
    if report.catalogue is not None:
        lines.append(f"OK    catalogue    number {report.catalogue}")
    if rebuilt.trust == "nobody":
        lines.append(
            "CHECK witnesses    none is known: no outside party can say whether this is the newest ledger"
        )
    if not report.policy:
        lines.append(
            "CHECK trust file   it is not the one that the ledger's last policy was made from: compare it "
            "with what the courts have registered. Witnesses may be missing in it that should have been asked"
        )
    lines += [
        f"OK    witness      {one.witness}: signed up to {one.size} statements" for one in rebuilt.witnesses
    ]
    lines += [
        f"CHECK {name:12} does not answer ({why}): everything came from the other copy"
        for name, why in report.away.items()
    ]
    lines += [
        f"CHECK {name:12} {count} objects were missing or damaged there: put right once Amana runs"
        for name, count in report.wrong.items()
    ]
    lines += [f"LOST  {one}" for one in report.lost[:SHOWN]]
    if len(report.lost) > SHOWN:
        lines.append(f"LOST  and {len(report.lost) - SHOWN} more")
    if rebuilt.aside is not None:
        lines.append(f"The memory of signed checkpoints that was here before is kept in {rebuilt.aside}")
    lines.append(
        "Nobody is signed in, and no link from before works. Start Amana, and make one: amana link NAME"
    )
    return lines
