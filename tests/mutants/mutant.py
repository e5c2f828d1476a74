"""A mutant: one small fault in the product, of a kind that an attacker or a tired engineer would make."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text` stands once in `file` and is replaced by `fault`; then `test` must fail.

    `test`: a file or a node id for pytest, or a `.js` file for `node --test`. It starts no program but Node
    and repeats nothing: of the tests that find the fault it is the quickest.
    """

    name: str
    file: str
    text: str
    fault: str
    test: str


def of(package: str, tests: str, *mutants: Mutant) -> tuple[Mutant, ...]:
    """These mutants, whose files lie in the folder `package` and whose tests lie in the folder `tests`."""
    return tuple(replace(one, file=f"{package}/{one.file}", test=f"{tests}/{one.test}") for one in mutants)
