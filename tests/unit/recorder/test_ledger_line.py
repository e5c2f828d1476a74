"""Statements of a recorder child on their way to the ledger, over lines that come and go."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from casework.errors import LedgerAway, Refused
from casework.recording.channel import Disconnected, Unanswered
from casework.recording.channel import Refused as ChannelRefused
from chain_of_custody.statements.statement import Head
from recorder.interview.ledger_client import LedgerLine, Lines

EVIDENCE = "ee" * 16
HASH = "ab" * 32


class Line:
    """One line to a web process, which answers in turn what the test wants."""

    def __init__(self, *answers: Any) -> None:
        self.closed = False
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = list(answers)

    async def request(self, op: str, **fields: Any) -> Any:
        self.asked.append((op, fields))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def ledger(*lines: Line) -> LedgerLine:
    all_lines = Lines()
    for line in lines:
        all_lines.add(line)  # type: ignore[arg-type]
    return LedgerLine(all_lines, EVIDENCE)


def leaf(head: Head | None) -> bytes:
    return b"first" if head is None else b"after %d" % head.number


RECEIPT = {"receipt": {"index": 7, "leaf_hash": HASH, "size": 8}}


async def test_a_leaf_is_made_for_the_head_and_its_receipt_comes_back() -> None:
    line = Line({"head": None}, RECEIPT)
    receipt = await ledger(line).append(leaf)
    assert (receipt.index, receipt.leaf_hash.hex(), receipt.size) == (7, HASH, 8)
    assert base64.b64decode(line.asked[1][1]["leaf"]) == b"first"
    assert {fields["evidence"] for _, fields in line.asked} == {EVIDENCE}


async def test_where_the_chain_has_moved_on_the_leaf_is_made_again() -> None:
    moved = {"head": {"number": 4, "leaf_hash": HASH}}
    line = Line({"head": None}, ChannelRefused("conflict"), moved, RECEIPT)
    await ledger(line).append(leaf)
    assert base64.b64decode(line.asked[3][1]["leaf"]) == b"after 4"


@pytest.mark.parametrize(
    "answers",
    [
        [Disconnected("gone")],
        [Unanswered("late")],
        [ChannelRefused("away", "the disk is full")],
        [ChannelRefused("internal")],
        [{"head": None}, Disconnected("gone")],
        [{"head": None}, ChannelRefused("away")],
        [{"nonsense": 1}],
        [{"head": None}, {"nonsense": 1}],
    ],
)
async def test_whatever_is_no_clear_answer_means_try_again_later(answers: list[Any]) -> None:
    with pytest.raises(LedgerAway):
        await ledger(Line(*answers)).append(leaf)


async def test_what_the_ledger_will_never_take_is_said_as_that() -> None:
    with pytest.raises(Refused, match="another recorder"):
        await ledger(Line({"head": None}, ChannelRefused("refused", "another recorder"))).append(leaf)


async def test_without_a_line_the_ledger_is_away_and_the_newest_living_line_is_asked() -> None:
    with pytest.raises(LedgerAway):
        await ledger().append(leaf)
    old, new, dead = Line(), Line({"head": None}, RECEIPT), Line()
    dead.closed = True
    await ledger(old, new, dead).append(leaf)
    assert len(new.asked) == 2
