"""`make playground`: a running center with something of everything in it, for work on its pages.

    python -m tests.playground [--keep FOLDER]

Prints who is there, each with a one-time link, and where to find what. Enter starts the web process again, so
that pages, scripts and styles are those on the disk, and prints new links; Ctrl-C ends it. Everything is in a
folder that is removed at the end, unless it is kept. Settings of the environment are left out: the center has
its embedded database and stores, and listens on loopback addresses only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from player.package.delivery import SEALED, VERIFIER
from tests.support.centers import filmed_room
from tests.support.centers.command_line import amana
from tests.support.centers.peopled_center import NAMES, PeopledCenter
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE, wait_until

DATA = "amana"
"""Name of the center's folder."""
RECORDED = 6.0  # seconds of the recording that everything is made from
RECORDED_BESIDE = 2.0  # seconds of a recording in a second case
NOTES = """
A link works once, within 15 minutes. A browser profile has one session: take a private window for each role.
The keys are trial keys, so nobody needs a passkey. For the pages that ask for one, register one on My
account; whoever has one signs with it. Chromium makes one without a device: DevTools, More tools, WebAuthn,
Enable virtual authenticator environment; ctap2, internal, with resident keys and user verification.
A room's page without cameras: chromium --use-fake-device-for-media-stream --use-fake-ui-for-media-stream

Enter: start the web process again, with pages, scripts and styles as they are now, and print new links.
Ctrl-C: end.
"""


@dataclass(frozen=True)
class Playground:
    """A center that runs, and what is in it. `places` and `files`: what it is, and where."""

    running: RunningCenter
    people: Sequence[tuple[str, str, str]]
    """Role, name, and the path of a page to begin with."""
    places: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]]

    @classmethod
    def make(cls, running: RunningCenter, folder: Path) -> Playground:
        """Fill a center that has just been installed; the package goes into `folder`."""
        made = PeopledCenter.make(running, RECORDED)
        beside = running.open_interview()
        filmed_room.record(running, beside, RECORDED_BESIDE)
        ids = made.ids
        case, recording, done, planned = (
            ids[name][0] for name in ("case_id", "evidence_id", "interview_id", "interview")
        )
        film, _, transcript, redacted = ids["derivative_id"]
        grants, sets = ids["grant_id"], ids["exam_id"]
        begin = {
            "administrator": "/staff",
            "prosecutor": f"/cases/{case}",
            "interviewer": f"/interviews/{planned}/interviewer",
            "observer": f"/interviews/{planned}/observe",
            "examiner": f"/exams/{sets[0]}",
            "social-worker": f"/cases/{case}",
            "advocate": f"/cases/{case}/disclosures",
            "custodian": f"/cases/{case}/keeping",
            "monitoring": "/statistics",
            "court": f"/evidence/{recording}",
            "defence": f"/grants/{grants[1]}",
        }
        places = (
            ("case with everything", f"/cases/{case}"),
            ("another case, with a recording", f"/cases/{running.case_of(beside)}"),
            ("interview planned in Room 1", f"/interviews/{planned}/console"),
            ("sealed recording", f"/evidence/{recording}"),
            ("photographs, closed set", f"/exams/{sets[1]}"),
            ("photographs, open set", f"/exams/{sets[0]}"),
            ("working copy", f"/derivatives/{film}"),
            ("redacted copy, to be reviewed", f"/derivatives/{redacted}"),
            ("its edit list", f"/redactions/{ids['list_id'][0]}"),
            ("transcript, accepted", f"/derivatives/{transcript}"),
            ("transcript, draft", f"/transcript-drafts/{ids['draft_id'][0]}"),
            ("grant to the court, accepted", f"/grants/{grants[0]}"),
            ("grant to the defence, not accepted", f"/grants/{grants[1]}"),
        )
        people = [(role, NAMES[role], path) for role, path in begin.items()]
        return cls(running, people, places, list(_exported(running, done, folder)))

    def print(self) -> None:
        """Print the people, each with a new link, and the places."""
        links = {role: self.running.link_of(name) for role, name, _ in self.people}
        address = links["administrator"].partition("/sign-in#")[0]
        rows = [(role, name, f"{address}{path}", links[role]) for role, name, path in self.people]
        places = [(what, f"{address}{path}") for what, path in self.places]
        for table in ([("role", "name", "address", "link"), *rows], [*places, *self.files]):
            print("\n".join(_aligned(table)), end="\n\n")
        print(NOTES.strip(), flush=True)

    def start_again(self) -> None:
        """End the web process; returns when the next one answers. Sessions and recordings go on."""
        before = self._starts_of_web()
        self.running.kill("web")
        wait_until(lambda: self._starts_of_web() > before)
        httpx.get(f"{self.running.address}/healthz", timeout=PATIENCE).raise_for_status()

    def _starts_of_web(self) -> int:
        return int(self.running.processes["web"]["starts"])


def _exported(running: RunningCenter, interview: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Export this interview below `folder`, with what a court has beforehand; what it is, and where."""
    data, package = ("--data", str(running.settings.data)), folder / "package"
    purpose = ("--purpose", "hearing", "--as", NAMES["prosecutor"])
    exported = amana("export", interview, "--to", str(package), *purpose, *data)
    assert exported.returncode == 0, exported.stderr
    policy = folder / "policy.txt"
    policy.write_text(amana("policy", "show", *data).stdout)
    yield "court package, on the disk", str(package / SEALED)
    yield "the words that open it", re.findall(r"^    (\S+(?: \S+){8})$", exported.stdout, re.MULTILINE)[0]
    yield "the verifier beside it", (package / VERIFIER).as_uri()
    yield "the policy for it", str(policy)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines with the columns of `rows`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A new folder: `keep`, or a temporary one."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="amana-") as temporary:
            yield Path(temporary)
    else:
        keep.mkdir(parents=True)
        yield keep
        print(f"Kept in {keep}. It starts again with: amana serve --data {keep / DATA}")


def main(keep: Path | None) -> None:
    """Run until Ctrl-C, or SIGTERM. Raises `FileExistsError` if there is something at `keep`."""
    for name in [name for name in os.environ if name.startswith("AMANA_")]:
        del os.environ[name]
    for ends in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ends, signal.default_int_handler)
    with _folder(keep) as folder, contextlib.suppress(KeyboardInterrupt):
        print("A center is made; that takes about a minute.", flush=True)
        running = RunningCenter(folder / DATA)
        try:
            playground = Playground.make(running, folder)
            playground.print()
            for _ in sys.stdin:
                playground.start_again()
                playground.print()
            signal.pause()  # nothing is typed where the input is no terminal
        finally:
            running.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.playground", description=__doc__)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep everything here; must not exist yet"
    )
    main(parser.parse_args().keep)
