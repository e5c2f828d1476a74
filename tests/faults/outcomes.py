"""What came of each fault, kept as JSON, and the table that docs/reliability.md shows of it.

    python -m tests.faults.outcomes [OUTCOMES.json] [--into docs/reliability.md]

Prints the table, or puts it between the two marks in a document.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OUTCOMES = "build/faults.json"
BEGIN, END = "<!-- outcomes -->", "<!-- end of outcomes -->"
_HEAD = ("fault", "rounds", "recording until then", "statements proved", "gaps, all with a reason", "told by")


@dataclass(frozen=True)
class Outcome:
    """One round that held in everything. A round that did not is no outcome: the test failed."""

    fault: str
    lasted: float
    """Seconds."""
    ends: str
    """How the part ended; `at rest`: there was none under way."""
    safe: float
    """Seconds that the console had called safe; each copy had them."""
    statements: int
    gaps: int
    told: str
    """A line that told it, of the log only if no page did; empty: there was nothing to tell."""
    took: float
    """Seconds for the whole round."""

    @classmethod
    def of(
        cls, fault: Any, lasted: float, proved: Any, told: Sequence[str], safe: int, took: float
    ) -> Outcome:
        """`fault`: `fault_list.Fault`; `proved`: `matrix_proof.Proved`; `safe` in µs."""
        return cls(
            fault=fault.name,
            lasted=lasted,
            ends="at rest" if fault.at_rest else fault.ends,
            safe=safe / 1e6,
            statements=proved.statements,
            gaps=proved.gaps,
            told=min(told, key=lambda line: line.startswith("log"), default="")[:200],
            took=round(took, 1),
        )


@dataclass(frozen=True)
class Outcomes:
    """The file: a list of outcomes, oldest first."""

    file: Path

    def add(self, outcome: Outcome) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        kept = json.loads(self.file.read_text()) if self.file.exists() else []
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps([*kept, asdict(outcome)], indent=1, ensure_ascii=False))
        partial.replace(self.file)

    def read(self) -> list[Outcome]:
        return [Outcome(**one) for one in json.loads(self.file.read_text())]


def table(outcomes: Sequence[Outcome]) -> str:
    """In Markdown: a row for each fault, in the order in which they were first tried."""
    rows = [_HEAD, ("---",) * len(_HEAD)]
    for name in dict.fromkeys(one.fault for one in outcomes):
        rounds = [one for one in outcomes if one.fault == name]
        places = sorted({_place(one.told) for one in rounds if one.told})
        rows.append(
            (
                name,
                str(len(rounds)),
                rounds[0].ends,
                str(sum(one.statements for one in rounds)),
                str(sum(one.gaps for one in rounds)),
                ", ".join(places) or "nothing to tell",
            )
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _place(line: str) -> str:
    """Where it was told: the page's part, the console, the log."""
    name = line.split(":", 1)[0].split()[0]
    return {
        "log": "log",
        "console": "the console",
        "page": "every page",
        "stores": "state: copy",
        "published": "state: copy's ledger",
        "reading": "state: copy read again",
    }.get(name, f"state: {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outcomes", nargs="?", type=Path, default=Path(OUTCOMES))
    parser.add_argument("--into", type=Path)
    parsed = parser.parse_args()
    made = table(Outcomes(parsed.outcomes).read())
    if parsed.into is None:
        print(made)
        return
    text = parsed.into.read_text()
    head, rest = text.split(BEGIN)
    parsed.into.write_text(f"{head}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
