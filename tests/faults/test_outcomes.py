"""What docs/reliability.md shows of the fault matrix is made of what came of it, and tells of every fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.faults.fault_list import FAULTS
from tests.faults.outcomes import BEGIN, END, Outcome, Outcomes, table

HOUSE = Path(__file__).parent.parent.parent


def outcome(fault: str, told: str, gaps: int = 0) -> Outcome:
    return Outcome(fault, 4.0, "complete", 6.1, 20, gaps, told, 15.0)


def test_rounds_of_a_fault_are_one_row_with_all_places_where_it_was_told(tmp_path: Path) -> None:
    outcomes = Outcomes(tmp_path / "deep" / "faults.json")
    for one in (
        outcome("frozen", "stores second-copy: {}"),
        outcome("slow", ""),
        outcome("frozen", "log: a warning", gaps=2),
    ):
        outcomes.add(one)
    rows = table(outcomes.read()).splitlines()
    assert rows[2] == "| frozen | 2 | complete | 40 | 2 | log, state: copy |"
    assert rows[3] == "| slow | 1 | complete | 20 | 0 | nothing to tell |"
    document = tmp_path / "page.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    command = [sys.executable, "-m", "tests.faults.outcomes", outcomes.file, "--into", document]
    subprocess.run(command, check=True)
    lines = document.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert lines[2:-2] == rows


def test_the_document_has_a_row_for_every_fault() -> None:
    text = (HOUSE / "docs/reliability.md").read_text()
    lines = text.split(BEGIN)[1].split(END)[0].splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert rows[2:] == [fault.name for fault in FAULTS]
