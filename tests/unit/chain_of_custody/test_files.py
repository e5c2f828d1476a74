"""What a sealed photograph or document is made of, and what no reader takes for one."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.items.file_manifest import (
    FileDescription,
    FileHeader,
    FileKind,
    FileManifest,
    parse_manifest,
)
from chain_of_custody.items.record import Kind, Record, seal_leaf
from chain_of_custody.items.recording_manifest import Index, Manifest, RecordTree

IDS = {"deployment": "d0" * 16, "case": "c0" * 16, "evidence": "e0" * 16}


def records(*kinds: tuple[Kind, int]) -> list[Record]:
    made: list[Record] = []
    for kind, track in kinds:
        number = 0 if kind == "header" else sum(one.track == track and one.kind == kind for one in made)
        made.append(
            seal_leaf(
                index=len(made),
                kind=kind,
                track=track,
                number=number,
                start=0,
                duration=0,
                key=True,
                init=None,
                salt=bytes(16),
                content=b"c",
                message=b"sealed",
            )
        )
    return made


WHOLE: list[tuple[Kind, int]] = [
    *(("header", 0), ("piece", 1), ("piece", 1), ("event", 0), ("piece", 2), ("piece", 3)),
]


def sealed(made: list[Record], kind: FileKind = "photograph") -> tuple[FileManifest, bytes]:
    index = Index.serialise(made)
    root = RecordTree(made).root().hex()
    manifest = FileManifest(**IDS, kind=kind, records=len(made), root=root, index=sha256(index).hexdigest())
    return manifest, index


def test_a_manifest_is_read_back_and_opens_its_index() -> None:
    manifest, index = sealed(records(*WHOLE))
    assert parse_manifest(manifest.canonical()) == manifest
    assert len(manifest.open_index(index).records) == 6


@pytest.mark.parametrize(
    "kinds",
    [
        [("header", 0), ("event", 0), ("piece", 1)],
        [("header", 0), ("piece", 2), ("event", 0)],
        [("header", 0), ("piece", 1), ("piece", 1)],
        [*WHOLE[:4], ("piece", 1)],
        [*WHOLE[:4], ("piece", 3), ("piece", 2)],
        [*WHOLE[:4], ("piece", 4)],
        [*WHOLE[:4], ("event", 0)],
        [("header", 0), ("init", 1), ("event", 0)],
    ],
)
def test_what_is_not_one_whole_file_is_refused(kinds: list[tuple[Kind, int]]) -> None:
    manifest, index = sealed(records(*kinds))
    with pytest.raises(Malformed, match="not the records of one file"):
        manifest.open_index(index)


@pytest.mark.parametrize("before", [WHOLE, WHOLE[:4], WHOLE[:5]])
def test_a_derivative_ends_with_its_recipe_and_nothing_else_has_one(before: list[tuple[Kind, int]]) -> None:
    made = records(*before, ("piece", 4))
    manifest, index = sealed(made, "derivative")
    assert manifest.open_index(index).records == tuple(made)
    for other in ("photograph", "document"):
        manifest, index = sealed(made, other)
        with pytest.raises(Malformed, match="not the records of one file"):
            manifest.open_index(index)


@pytest.mark.parametrize(
    "kinds",
    [
        WHOLE,
        [*WHOLE, ("piece", 4), ("piece", 4)],
        [*WHOLE[:4], ("piece", 4), ("piece", 2)],
        [*WHOLE[:3], ("piece", 4), *WHOLE[3:]],
        [*WHOLE, ("piece", 4), ("event", 0)],
        [*WHOLE, ("piece", 4), ("piece", 5)],
    ],
)
def test_a_derivative_whose_recipe_is_missing_doubled_or_elsewhere_is_refused(
    kinds: list[tuple[Kind, int]],
) -> None:
    manifest, index = sealed(records(*kinds), "derivative")
    with pytest.raises(Malformed, match="not the records of one file"):
        manifest.open_index(index)


def test_a_missing_or_other_piece_is_found() -> None:
    manifest, index = sealed(records(*WHOLE))
    with pytest.raises(Incomplete):
        manifest.open_index(b"".join(index.splitlines(keepends=True)[:-1]))
    with pytest.raises(Altered):
        manifest.open_index(index.replace(b'"size":6', b'"size":7', 1))


def test_a_recording_has_no_pieces_of_files() -> None:
    made = records(*WHOLE)
    manifest, index = sealed(made)
    recording = Manifest(
        deployment="d0" * 16,
        interview="10" * 16,
        evidence="e0" * 16,
        part=1,
        records=len(made),
        root=manifest.root,
        index=manifest.index,
        state="complete",
    )
    with pytest.raises(Malformed, match="no pieces"):
        recording.open_index(index)


@pytest.mark.parametrize(
    ("altered", "why"),
    [
        ({"kind": "recording"}, "kind"),
        ({"records": 2}, "records"),
        ({"root": "ab"}, "root"),
        ({"case": "C0" * 16}, "case"),
    ],
)
def test_a_manifest_with_another_value_is_refused(altered: dict[str, object], why: str) -> None:
    manifest, _ = sealed(records(*WHOLE))
    with pytest.raises(Malformed, match=why):
        replace(manifest, **altered).canonical()  # type: ignore[arg-type]


def test_header_and_what_a_file_is_told_by_are_read_back() -> None:
    header = FileHeader(**IDS, kind="document", purpose="examination", software={"amana": "0"})
    assert FileHeader.parse(header.canonical()) == header
    told = FileDescription("a name\nwith a line.jpg", 12, "ab" * 32, "jpeg", {"width": 3})
    assert FileDescription.parse(told.canonical()) == told
    with pytest.raises(Malformed):
        FileDescription.parse(told.canonical().replace(b'"type":"file"', b'"type":"film"'))
    with pytest.raises(Malformed):
        FileDescription("n" * 256, 1, "ab" * 32, "jpeg", {}).canonical()
