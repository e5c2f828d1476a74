"""The matrix of docs/threat-model.md: what code in the place of each part reached of a running service.

    python -m tests.attacks.matrix          makes the attacks, and writes the matrix into the page

A cell is made of what came of the attempts of its row: `refused`, where all failed; `reads`, where reading
and nothing else worked; `needs it`, where the part reached what its work needs (`tests/attacks` says exactly
what that is, for each part).
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.attacks.attack import NUMBERS
from tests.attacks.attacked import OWN_INTERVIEW, PROCESSES, PUBLIC, Attacked, attacked
from tests.attacks.decoding import DECODERS, Said

PAGE = Path(__file__).parents[2] / "docs" / "threat-model.md"
BEGIN = "<!-- The matrix: made by `python -m tests.attacks.matrix`, from the attacks of tests/attacks. -->"
END = "<!-- The end of the matrix. -->"
PARTS = (*PROCESSES, *DECODERS)
OWN_CALLS = frozenset({"memfd_create", "socketpair", "connect", "bind", "tgkill"})
"""System calls that a process with sockets makes; what they reach is tried in the other rows."""

_FILE = re.compile(r"(?:read|change|move|list|write|open|mode of|times of) (/.*)")
_OTHER = re.compile(r"(environment of|memory of|signal \d+ to|priority of|limits of|processors of) \d+")

Belongs = Callable[[str], bool]


def table(one: Attacked, said: Mapping[str, Said]) -> str:
    """The matrix in Markdown: a row for each thing that was tried, a column for each part."""
    lines = [f"| tried | {' | '.join(PARTS)} |", f"| --- {'| --- ' * len(PARTS)}|"]
    left = {attempt for of_part in said.values() for attempt in of_part}
    for name, belongs in rows(one).items():
        cells = [_cell({a: how for a, how in said[part].items() if belongs(a)}) for part in PARTS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        left = {attempt for attempt in left if not belongs(attempt)}
    assert left <= _OF_ITSELF, sorted(left)
    return "\n".join(lines)


def rows(one: Attacked) -> Mapping[str, Belongs]:
    """What was tried, and whether an attempt belongs there."""
    settings = one.service.settings
    other = {name: Path(path).resolve() for name, path in {**settings.copies, **settings.key_stores}.items()}
    own = settings.spool / "writers" / OWN_INTERVIEW
    return {
        "keys, signing memory: `keys/`": _beneath(settings.keys),
        "stores of wrapped keys": _beneath(other["first-keys"], other["second-keys"]),
        "credentials beside the data folder": _beneath(one.folder / "beside"),
        "database: `web/`": _beneath(settings.working),
        "spool, of its own interview": _beneath(own),
        "spool, of other interviews and uploads": _beneath(settings.spool, but=own),
        "copies of the media": _beneath(other["first-copy"], other["second-copy"]),
        "scratch folders of other work": _beneath(settings.scratch),
        "alarms": _beneath(settings.alarms),
        "programs and libraries, other folders of the system": lambda a: (
            a.removeprefix("list ") in PUBLIC or a.removeprefix("write ").removesuffix("/written") in PUBLIC
        ),
        "rules of the center, logs": _beneath(settings.rules, settings.log),
        "locks and sockets: `run/`, the data folder itself": _in_run(one),
        "sockets with a path, abstract sockets": lambda a: a.startswith("socket ") or a == "abstract socket",
        "TCP, the service's own port": lambda a: a.startswith("port "),
        "UDP, addresses of this machine": lambda a: a in ("UDP", "netlink"),
        "memory and environment of the others": _about_others("environment of", "memory of"),
        "signals to the others": _signals,
        "priority, processors, limits of the others": _about_others(
            "priority of", "limits of", "processors of"
        ),
        "programs, processes": lambda a: a in ("process", "program"),
        "mode, owner, times of system folders; other users": lambda a: (
            a in ("mode", "mode of an open folder", "owner", "times", "user", "root")
        ),
        "clock, network of the machine": lambda a: a in ("clock", "network"),
        "tracing, mounts, namespaces, modules, io_uring, bpf, keys of the kernel": lambda a: (
            a.startswith("call ") and a.removeprefix("call ") in set(NUMBERS) - OWN_CALLS
        ),
    }


def compared(page: str) -> str:
    """The matrix that the page has."""
    return page.partition(BEGIN)[2].partition(END)[0].strip()


def run(one: Attacked) -> str:
    """Make the attacks; return the matrix."""
    return table(one, {part: one.said_by(part) for part in PARTS})


# --- inside -------------------------------------------------------------------------------------------------

_OF_ITSELF = {
    *(f"call {name}" for name in OWN_CALLS),
    *("pair of sockets", "threads", "memory", "limit", "priority", "more open files", "input"),
    *("longer input", "length"),
}
"""What concerns the attacked process alone."""


def _cell(said: Said) -> str:
    done = [attempt for attempt, how in said.items() if how == "done"]
    if not said:
        return ""
    if not done:
        return "refused"
    return "reads" if all(a.startswith(("read ", "list ")) for a in done) else "**needs it**"


def _beneath(*places: Path, but: Path | None = None) -> Belongs:
    resolved = [place.resolve() for place in places]

    def belongs(attempt: str) -> bool:
        found = _FILE.fullmatch(attempt)
        if found is None:
            return False
        path = Path(found[1].removesuffix("/written"))
        excepted = but is not None and path.is_relative_to(but.resolve())
        return not excepted and any(path.is_relative_to(place) for place in resolved)

    return belongs


def _in_run(one: Attacked) -> Belongs:
    settings = one.service.settings
    data = settings.data.resolve()
    beneath = _beneath(settings.run)

    def belongs(attempt: str) -> bool:
        found = _FILE.fullmatch(attempt)
        return beneath(attempt) or (found is not None and Path(found[1]) in (data, data / "written"))

    return belongs


def _about_others(*kinds: str) -> Belongs:
    return lambda attempt: (found := _OTHER.fullmatch(attempt)) is not None and found[1] in kinds


def _signals(attempt: str) -> bool:
    return attempt.startswith("signal ") or attempt in ("every process", "own parent")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, attacked(Path(folder) / "s") as one:
        made = run(one)
    page = PAGE.read_text("utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
