"""Derivatives made once more out of a court package: to the byte, or it is said why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from amana.cli import main
from casework.derivatives import reproduce
from casework.derivatives.reproduce import Reproduction
from casework.evidence import gateway
from casework.sandbox import ffmpeg
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.recipe import Recipe
from chain_of_custody.report.report import Report
from player.papers.cards import draw
from tests.support.media.made_films import ALONE, Studio, accept, left, proved

pytestmark = pytest.mark.starts


def again(package: Path, report: Report, scratch: Path) -> list[Reproduction]:
    program = ffmpeg.found()
    assert program is not None
    scratch.mkdir(exist_ok=True)
    return list(reproduce.remake(FolderSource(package), report, program, scratch, draw))


def otherwise(report: Report, change: Callable[[Recipe], Recipe]) -> Report:
    """The report, as if the first derivative's recipe had said something else."""
    [told, *rest] = report.files
    assert told.recipe is not None
    return replace(report, files=(replace(told, recipe=change(told.recipe)), *rest))


async def test_each_kind_is_made_again_to_the_byte(studio: Studio, tmp_path: Path) -> None:
    rows = [
        await studio.redacted(studio.for_the_defence),
        await studio.composed(ALONE, spans={studio.part: (500_000, 1_500_000)}),
        await studio.composed(ALONE, spans={studio.part: (2_000_000, 2_000_001)}, kind="still"),
        await studio.composed(kind="contact-sheet"),
    ]
    room = studio.room.copied(tmp_path)
    await asyncio.to_thread(accept, room, rows[0])
    package = await left(room, tmp_path, [studio.part, *(row.id for row in rows)])
    found = await asyncio.to_thread(again, package, proved(room, package), tmp_path / "again")
    assert {one.evidence: (one.kind, one.outcome, one.program) for one in found} == {
        row.id: (row.kind, "same", True) for row in rows
    }
    assert list((tmp_path / "again").iterdir()) == []


async def test_what_is_not_as_its_recipe_says_is_found(
    studio: Studio,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = await studio.composed(ALONE, spans={studio.part: (500_000, 1_500_000)})
    room = studio.room.copied(tmp_path)
    package = await left(room, tmp_path, [studio.part, row.id])
    report = proved(room, package)

    def outcome(change: Callable[[Recipe], Recipe]) -> str:
        [one] = again(package, otherwise(report, change), tmp_path / "again")
        return one.outcome

    other = "00" * 32
    lies: dict[str, list[Callable[[Recipe], Recipe]]] = {
        "other": [
            lambda recipe: replace(recipe, output=replace(recipe.output, sha256=other)),
            lambda recipe: replace(recipe, inputs=[replace(recipe.inputs[0], sha256=other)]),
        ],
        "asked-otherwise": [
            lambda recipe: replace(recipe, arguments=[*recipe.arguments, "-y"]),
            lambda recipe: replace(recipe, edits={**recipe.edits, "offset": 0}),
            lambda recipe: replace(recipe, edits={"tracks": ["wide"]}),
        ],
    }
    for expected, changes in lies.items():
        for change in changes:
            assert await asyncio.to_thread(outcome, change) == expected
    policy = tmp_path / "policy.txt"
    policy.write_bytes(gateway.policy(room.center).data)
    assert await asyncio.to_thread(main, ["remake", str(package), "--policy", str(policy)]) == 0
    said = capsys.readouterr().out
    assert "The package is intact" in said
    assert "composed-film: made once more, to the byte" in said
    assert await asyncio.to_thread(main, ["remake", str(package)]) == 3
    assert "where it comes from is not known" in capsys.readouterr().out
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await asyncio.to_thread(main, ["remake", str(package), "--policy", str(policy)]) == 1
    assert "composed-film: not tried: FFmpeg is not installed" in capsys.readouterr().out


async def test_without_its_sources_nothing_is_tried_and_nothing_is_claimed(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = await studio.composed(ALONE, spans={studio.part: (500_000, 1_500_000)})
    room = studio.room.copied(tmp_path)
    package = await left(room, tmp_path, [row.id])
    [one] = again(package, proved(room, package), tmp_path / "again")
    assert one.outcome == "not-here"
    assert await asyncio.to_thread(main, ["remake", str(package)]) == 1
    assert "not tried" in capsys.readouterr().out
    with (package / "data" / "derivatives" / row.id / "original.mp4").open("r+b") as content:
        content.seek(100)
        content.write(b"altered")
    assert await asyncio.to_thread(main, ["remake", str(package)]) == 1
    assert "12 records" in capsys.readouterr().err
