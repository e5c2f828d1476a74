"""Code in the place of each long-lived process, confined as that is, against a running service.

What it tries beside its work must fail, and works outside (`test_the_attack_is_one`), so that no attempt is
vain. What its work needs must be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.sandbox import previews
from tests.attacks import matrix
from tests.attacks.attack import NUMBERS
from tests.attacks.attacked import PROCESSES, Attacked, Said

ITSELF = {"pair of sockets", "threads", "memory", "call tgkill"}
LIBRARIES = {f"list {path}" for path in ("/usr", sys.prefix, Path(previews.__file__).parent)}


def needed(one: Attacked, part: str) -> set[str]:
    """What a process reaches because its work needs it."""
    settings = one.service.settings
    found = ITSELF | LIBRARIES | {f"open {path}" for path in one.own[part]}
    if part in ("web", "recorder"):
        found |= {"UDP", "netlink"}
    if part == "web":
        found |= {f"port {port}" for port in one.targets["ports"]}
        for path in (settings.rules.resolve(), settings.log.resolve()):
            found |= {f"list {path}"} | {f"read {file}" for file in path.rglob("*") if file.is_file()}
    return found


@pytest.mark.parametrize("part", PROCESSES)
def test_what_a_process_tries_beside_its_work_fails(
    part: str, one: Attacked, said_by: Callable[[str], Said]
) -> None:
    said = said_by(part)
    assert {name for name, how in said.items() if how == "done"} == needed(one, part)
    refused = {said[f"call {name}"] for name in set(NUMBERS) - matrix.OWN_CALLS}
    assert refused == {"ENOSYS"}
    assert len(said) > 100


def test_the_page_has_the_matrix_of_this_run(one: Attacked, said_by: Callable[[str], Said]) -> None:
    made = matrix.table(one, {part: said_by(part) for part in matrix.PARTS})
    assert matrix.compared(matrix.PAGE.read_text("utf-8")) == made
