"""`make playground`: the center that it leaves running, as work on its pages finds it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from casework.database.models import Role
from tests.support.centers.story_center import verified
from tests.support.patience import PATIENCE

ELSEWHERE = {"AMANA_DATABASE": "postgresql://nowhere.invalid/amana", "AMANA_UNSIGNED_ACTS": "refused"}
"""Settings of somebody's own center."""
OWN = {"administrator": "/staff", "monitoring": "/statistics"}
"""What the first page of a role leads to that sees no case."""


class Printed:
    """What it prints: people by role (name, page, link), and places."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "Ctrl-C: end." not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "".join(lines)
        header = next(number for number, line in enumerate(lines) if line.startswith("role "))
        table, places = "".join(lines[header + 1 :]).split("\n\n")[:2]
        rows = [re.split("  +", line) for line in table.splitlines()]
        self.people: Mapping[str, tuple[str, str, str]] = {row[0]: (row[1], row[2], row[3]) for row in rows}
        self.places = dict(re.split("  +", line) for line in places.splitlines())

    def sign_in(self, role: str) -> httpx.Client:
        """As the page of the link does."""
        link = urlsplit(self.people[role][2])
        address = f"{link.scheme}://{link.netloc}"
        client = httpx.Client(
            base_url=address, headers={"origin": address}, follow_redirects=True, timeout=PATIENCE
        )
        client.post("/sign-in", json={"token": link.fragment}).raise_for_status()
        return client


def test_each_link_leads_its_role_to_what_is_there_and_ctrl_c_leaves_nothing() -> None:
    command = [sys.executable, "-m", "tests.playground"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | ELSEWHERE
    ) as process:
        try:
            printed = Printed(process)
            assert set(printed.people) == set(Role)
            clients = {role: finds_what_is_there(printed, role) for role in printed.people}
            opens_every_place(printed, clients)

            package = Path(printed.places["court package, on the disk"])
            assert Path(unquote(urlsplit(printed.places["the verifier beside it"]).path)).is_file()
            words = printed.places["the words that open it"]
            assert "INTACT" in verified(package, Path(printed.places["the policy for it"]), words).upper()

            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            again = Printed(process)
            assert again.places == printed.places
            assert again.people["court"][:2] == printed.people["court"][:2]
            finds_what_is_there(again, "court")
            assert clients["court"].get("/").status_code == 200  # sessions go on
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
    folder = package.parents[1]
    assert not folder.exists()
    assert not [line for line in command_lines() if str(folder) in line]


def finds_what_is_there(printed: Printed, role: str) -> httpx.Client:
    """Somebody of this role, signed in, to whom the first page and the page to begin with show it."""
    client = printed.sign_in(role)
    grants = [place for what, place in printed.places.items() if what.startswith(f"grant to the {role}")]
    leads_to = OWN.get(role) or urlsplit((grants or [printed.places["case with everything"]])[0]).path
    assert f'href="{leads_to}"' in client.get("/").raise_for_status().text, role
    begin = client.get(printed.people[role][1])
    assert (begin.status_code, str(begin.url)) == (200, printed.people[role][1])
    return client


def opens_every_place(printed: Printed, clients: Mapping[str, httpx.Client]) -> None:
    """Each is a page for somebody: the prosecutor, or whom it was granted to."""
    pages = [place for place in printed.places.values() if place.startswith("http")]
    assert len(pages) == 13
    for place in pages:
        given = (clients[role].get(place).status_code for role in ("prosecutor", "court", "defence"))
        assert 200 in given, place


def command_lines() -> list[str]:
    """Of all processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:  # it has ended
            continue
    return found
