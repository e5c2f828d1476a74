"""Copies that lose and garble objects under a running service: found, put right, told, and stated."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from chain_of_custody.report import render
from tests.faults.lost import amana
from tests.faults.proving import verified
from tests.support.centers.service import Interviewing, Service, patiently
from vault.spool.reader import SpoolReader
from vault.spool.segments import read_frames

pytestmark = [pytest.mark.faults, pytest.mark.slow]

COPIES = ("first-copy", "second-copy")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Without passes: what is read again here, somebody has met or asked for."""
    async with Service(tmp_path / "amana", {"AMANA_SCRUB_DAYS": "0"}) as service:
        yield service


@pytest.fixture
async def evidence(service: Service, prosecutor: Visitor, film: Film) -> str:
    """A recording that both copies hold, and that has left the spool. The service has stopped."""
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(12.0)  # two segments
    await interviewing.stop()
    await interviewing.leave()

    async def copied() -> bool:
        return all((folder(service, copy, interviewing.evidence) / "manifest").exists() for copy in COPIES)

    await patiently(copied)
    await service.stop()
    shutil.rmtree(SpoolReader(service.settings.spool, interviewing.evidence).folder)
    return interviewing.evidence


def folder(service: Service, copy: str, evidence: str) -> Path:
    return service.settings.copies[copy] / "objects" / "recordings" / evidence


def held(service: Service, copy: str, evidence: str) -> dict[str, bytes]:
    root = folder(service, copy, evidence)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def flip(path: Path, at: int) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


async def test_copies_damaged_in_different_places_are_put_right_while_people_look_and_one_is_made_anew(
    service: Service, prosecutor: Visitor, evidence: str, tmp_path: Path
) -> None:
    expected = held(service, "first-copy", evidence)
    assert sorted(expected)[-2:] == ["segments/000001", "segments/000002"]
    flip(folder(service, "first-copy", evidence) / "segments" / "000001", 5000)
    (folder(service, "first-copy", evidence) / "segments" / "000002").unlink()
    (folder(service, "first-copy", evidence) / "segments" / "000003").write_bytes(b"stale")
    frames = [position for position, _ in read_frames(io.BytesIO(expected["segments/000001"]), 1)]
    flip(folder(service, "second-copy", evidence) / "segments" / "000001", frames[-1].end - 9)
    await service.start()

    # Whoever looks is answered from whichever copy has it right, and does not wait. They leave out the one
    # message that the second copy has wrong: they would ask it for that while the first is being put right.
    async def seen() -> bool:
        opened = await prosecutor.post_json(f"/evidence/{evidence}/viewings", purpose="review")
        proof = await prosecutor.look(f"/viewings/{opened['viewing']}/proof")
        for index in range(len(str(proof["index"]).splitlines())):
            if index != len(frames) - 1:
                assert await prosecutor.fetch(f"/viewings/{opened['viewing']}/messages/{index}")
        return True

    await patiently(seen)

    # What they met is put right behind their backs. Of the second copy they met nothing.
    async def first_is_right() -> bool:
        return held(service, "first-copy", evidence) == {**expected, "segments/000003": b"stale"}

    await patiently(first_is_right)
    kept = list((service.settings.copies["first-copy"] / "damaged").rglob("*"))
    assert len([path for path in kept if path.is_file()]) == 1
    # On a busy machine the first copy may have been repaired from the second at that very place, which then
    # is as recorded. So it is damaged there once more, after the last viewing.
    code, said = await amana(service, "scrub", "--copy", "second-copy")
    assert code == 0, said
    assert held(service, "second-copy", evidence) == expected
    flip(folder(service, "second-copy", evidence) / "segments" / "000001", frames[-1].end - 9)
    code, said = await amana(service, "scrub", "--copy", "second-copy")
    assert code == 0, said
    assert "1 not as recorded, 1 put right" in said
    assert held(service, "second-copy", evidence) == expected
    kept = list((service.settings.copies["second-copy"] / "damaged").rglob("*"))
    assert len([path for path in kept if path.is_file()]) == 2
    code, said = await amana(service, "status")
    assert code == 1
    assert "look at that disk" in said

    # One copy is lost for good, and made anew.
    (folder(service, "first-copy", evidence) / "segments" / "000003").unlink()
    shutil.rmtree(service.settings.copies["second-copy"])
    code, said = await amana(service, "scrub", "--copy", "second-copy")
    assert code == 1
    assert "was not read" in said
    code, said = await amana(service, "make-copy", "second-copy")
    assert code == 0, said
    code, said = await amana(service, "scrub")
    assert code == 0, said
    assert held(service, "first-copy", evidence) == held(service, "second-copy", evidence) == expected

    # And the court reads all of it in the custody history.
    report = verified(service, [evidence], tmp_path)
    text, put_right = render.text(report), "were damaged or missing and were put right from another copy"
    first, second = (f"copy {copy} was read again" for copy in COPIES)
    assert f"{first}, 2 objects as recorded, 2 {put_right}, 1 do not belong to it" in text
    assert f"{second}, 3 objects as recorded, 1 {put_right}" in text
    assert f"{second}, 0 objects as recorded, 4 {put_right}" in text
    assert "could not be put right" not in text
