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
from tests.attacks.attacked import PROCESSES, Attacked, needed
from tests.attacks.decoding import Said

LIBRARIES = {f"list {path}" for path in ("/usr", sys.prefix, Path(previews.__file__).parent)}


@pytest.mark.parametrize("part", PROCESSES)
def test_what_a_process_tries_beside_its_work_fails(
    part: str, one: Attacked, said_by: Callable[[str], Said]
) -> None:
    said = said_by(part)
    done = {name for name, how in said.items() if how == "done"}
    assert done == LIBRARIES | needed(one.service.settings, part, one.targets)
    refused = {said[f"call {name}"] for name in set(NUMBERS) - matrix.OWN_CALLS}
    assert refused == {"ENOSYS"}
    assert len(said) > 100


def test_the_page_has_the_matrix_of_this_run(one: Attacked, said_by: Callable[[str], Said]) -> None:
    made = matrix.table(one, {part: said_by(part) for part in matrix.PARTS})
    assert matrix.compared(matrix.PAGE.read_text("utf-8")) == made
