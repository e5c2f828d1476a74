"""Killed in the middle of destruction, again and again: the next look goes on, and lists all that went."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from casework.cases import history
from casework.database.models import DisposedVersion
from casework.retention import destruction, disposal_requests
from tests.faults.destroyer import center_in
from tests.support.centers.casework_world import world
from tests.support.centers.copied_world import copied
from tests.support.centers.disposing_world import Disposing, disposing
from tests.support.servers.databases import MadeDatabase

__all__ = ["copied", "disposing", "world"]

pytestmark = pytest.mark.faults


def killed_after(folder: Path, disposal: str, steps: int) -> bool:
    """Run a destroyer and kill it where it waits for the last of so many steps, two for each file; whether it
    was done before."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.destroyer", str(folder), disposal],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            for step in range(steps):
                if step:
                    process.stdin.write("go on\n")
                    process.stdin.flush()
                told = process.stdout.readline()
                if told == "done\n":
                    return True
                assert told in ("going\n", "gone\n"), "it has failed"
            return False
        finally:
            process.kill()


def test_destruction_that_is_killed_again_and_again_goes_on_and_nothing_is_left_out(
    disposing: Disposing, database: MadeDatabase
) -> None:
    world, item = disposing.world, disposing.item
    disposal = disposing.approved()
    there = sorted(path for path in world.folder.rglob(f"*{item}*/**/*") if path.is_file())
    kills = 0
    while not killed_after(world.folder, disposal.id, 5 + kills % 2):  # before its third file goes, or after
        kills += 1
        assert kills < 50, "it does not get on"
    assert kills >= 2
    center = center_in(world.folder, database.url)
    destruction.carry_out(center, disposal.id)
    told = disposal_requests.listed(disposing.center, disposing.first, world.case.id)[0]
    assert told.state == "finished"
    with center.database() as session:
        versions = session.query(DisposedVersion).filter_by(disposal_id=disposal.id).all()
    assert len(versions) == len(there) == told.wraps + told.objects
    assert [path for path in there if path.exists()] == []
    stated = [
        entry.body
        for entry in history.of_item(center, disposing.first, item)
        if entry.type == "evidence.disposed"
    ]
    assert [body["list"] for body in stated] == [destruction.list_digest(versions)]
