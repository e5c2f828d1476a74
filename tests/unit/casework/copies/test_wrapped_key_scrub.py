"""Wrapped keys of a recording read again in both copies of the key store: found, put right, stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casework.center import Center
from casework.copies import scrub_schedule
from casework.copies.scrub import Scrubbed, scrub
from casework.ledger import chains
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.copied_world import Copied
from vault.wrapped_keys.store import wrap_key

FIRST, SECOND = "first-keys", "second-keys"


@pytest.fixture
def center(copied: Copied) -> Center:
    """Both copies hold all wraps."""
    assert copied.world.key_store.carry() == 0
    return replace(copied.center, key_copies=(FIRST, SECOND))


def path(copied: Copied, copy: str, item: str | None = None) -> Path:
    [recipient] = copied.world.keyholder.public_keys().recipients
    return copied.world.folder / copy / "objects" / wrap_key(item or copied.item, recipient)


def flip(file: Path) -> None:
    file.chmod(0o600)
    data = bytearray(file.read_bytes())
    data[7] ^= 1
    file.write_bytes(data)


def stated(center: Center, item: str) -> list[Mapping[str, Any]]:
    statements = [SignedStatement.parse(leaf).statement for leaf in chains.chain(center, item).values()]
    return [one.body for one in statements if one.type == "evidence.verified"]


def said(copy: str, **counts: int) -> dict[str, Any]:
    """A part's wrap and its case's."""
    return {"copy": copy, "damaged": 0, "repaired": 0, "sound": 2, "surplus": 0} | counts


def left(scrubbed: Scrubbed) -> list[str]:
    return [one.wrong for one in scrubbed.left]


def test_wraps_as_recorded_are_read_and_that_is_stated_once(center: Center, copied: Copied) -> None:
    for copy in (FIRST, SECOND, FIRST):
        scrubbed = scrub(center, copy, copied.item)
        assert (left(scrubbed), scrubbed.reading.whole, len(scrubbed.reading.read)) == ([], True, 2)
    assert stated(center, copied.item) == [said(FIRST), said(SECOND)]


@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_a_damaged_wrap_is_put_right_from_the_other_copy_and_stated(
    center: Center, copied: Copied, harm: Any
) -> None:
    before = path(copied, FIRST).read_bytes()
    harm(path(copied, SECOND))
    scrubbed = scrub(center, SECOND, copied.item)
    assert (left(scrubbed), len(scrubbed.repaired)) == ([], 1)
    assert path(copied, SECOND).read_bytes() == before
    assert stated(center, copied.item) == [said(SECOND, sound=1, repaired=1)]


def test_the_key_of_the_case_is_read_with_its_recordings(center: Center, copied: Copied) -> None:
    case = copied.world.case.id
    before = path(copied, FIRST, case).read_bytes()
    flip(path(copied, SECOND, case))
    # Of two different ones nobody can say which is right; the one that opens is.
    assert left(scrub(center, SECOND, copied.item)) == ["altered"]
    path(copied, SECOND, case).unlink()
    assert left(scrub(center, SECOND, copied.item)) == []
    assert path(copied, SECOND, case).read_bytes() == before


def test_a_wrap_that_is_right_nowhere_is_stated_as_damaged_and_somebody_has_to_look(
    center: Center, copied: Copied
) -> None:
    wrap = path(copied, FIRST).read_bytes()
    for copy in (FIRST, SECOND):
        path(copied, copy).unlink()
    for copy in (FIRST, SECOND):
        assert left(scrub(center, copy, copied.item)) == ["missing"]
    assert stated(center, copied.item) == [
        said(FIRST, sound=1, damaged=1),
        said(SECOND, sound=1, damaged=1),
    ]
    seen = {one.copy: one for one in scrub_schedule.scrub_statuses(center)}
    assert [len(seen[copy].left) for copy in (FIRST, SECOND)] == [1, 1]

    # It is found in an older copy of one of the stores, and brought back by hand.
    path(copied, FIRST).write_bytes(wrap)
    assert left(scrub(center, SECOND, copied.item)) == left(scrub(center, FIRST, copied.item)) == []
    assert [one.left for one in scrub_schedule.scrub_statuses(center) if one.copy in (FIRST, SECOND)] == [
        [],
        [],
    ]
    assert stated(center, copied.item)[2:] == [
        said(SECOND, sound=1, repaired=1),
        said(FIRST, sound=1, repaired=1),
    ]


def test_an_item_whose_wraps_a_copy_has_lost_does_not_wait_for_a_pass(center: Center, copied: Copied) -> None:
    assert list(scrub_schedule.wanting(center, SECOND)) == []
    path(copied, SECOND).unlink()
    assert list(scrub_schedule.wanting(center, SECOND)) == [copied.item]
    assert list(scrub_schedule.wanting(center, FIRST)) == []
