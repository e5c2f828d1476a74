"""The statements that the benchmark appends are real: each is one, signed, at the next place of its chain."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from bench import statements
from chain_of_custody.statements.statement import Head, SignedStatement, check_follows


def test_every_statement_verifies_and_follows_in_its_chain() -> None:
    ends: dict[str, Head] = {}
    kinds = set()
    for leaf in chain(statements.leaves(2000, 0), statements.leaves(50, 1)):
        signed = SignedStatement.parse(leaf)
        signed.verify(statements.KEYS)
        check_follows(ends.get(signed.statement.evidence), signed.statement)
        ends[signed.statement.evidence] = signed.head
        kinds.add(signed.statement.type)
    assert len(ends) == 16 + 16 + 16
    assert kinds == {
        "recording.started",
        "recording.progress",
        "recording.sealed",
        "evidence.viewed",
        "evidence.exported",
    }


def test_they_are_read_from_a_file_as_they_were_made(tmp_path: Path) -> None:
    statements.main(str(tmp_path / "leaves"), "40", "3")
    assert list(statements.read(tmp_path / "leaves")) == list(statements.leaves(40, 3))
