"""What a report says of a derivative: what it is, what it was made from, and that it is not the master."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.package import reader
from chain_of_custody.package.contents import MAX_CREDENTIAL
from chain_of_custody.report import render
from chain_of_custody.report.report import Report
from chain_of_custody.statements.statement import SignedStatement
from tests.support.packages import court_packages as made
from tests.support.packages.court_packages import (
    SECOND,
    Center,
    Cut,
    Derivative,
    File,
    Recording,
    source,
    verify,
)

DERIVED = "fdfdfdfd"
HOME = f"data/derivatives/{DERIVED * 4}"


def derived(
    folder: Path, *files: Derivative | File, beside: Sequence[Recording | Cut] | None = None
) -> Report:
    """The report of these files, made of the honest recording, and of what lies beside them."""
    center, recording = made.sealed_recording()
    for file in files:
        if isinstance(file, Derivative) and not file.sources:
            file.sources = [source(recording)]
        file.write()
        center.seal_file(file)
    items = [recording] if beside is None else beside
    of_others = () if items else (made.EVIDENCE, made.INTERVIEW)
    for position, leaf in list(center.in_folder.items()):
        if SignedStatement.parse(leaf).statement.evidence in of_others:
            del center.in_folder[position]
    return verify(center.export(folder, [*items, *files]), center.policy)


def codes(report: Report) -> dict[str, dict[str, str | int]]:
    return {one.code: dict(one.values) for one in (*render.proved(report), *render.not_proved(report))}


def test_a_derivative_beside_its_master_names_it(tmp_path: Path) -> None:
    report = derived(tmp_path / "folder", Derivative())
    text = render.text(report)
    assert text.startswith("INTACT: what is here is as it was sealed")
    start = text.index("Derivatives\n")
    section = text[start : text.index("\n\n", start)].splitlines()
    digest = report.files[0].description.sha256
    assert section == [
        "Derivatives",
        f"  - Derivative {DERIVED} of case {made.CASE}: “composed.mp4”, mp4, 46 bytes, by its recipe with "
        f"SHA-256 {digest}; {HOME}/original.mp4.",
        "  - It is a composed film that the center made, not the master.",
        "  - It was derived from evidence e0e0e0e0, which is here.",
        f"  - How it was made: {HOME}/recipe.json, with “ffmpeg”, version “7.1”.",
        "  - No timestamp says when it was sealed.",
    ]
    assert "Photographs, documents" not in text
    assert f"derivative {DERIVED}: a composed film was made, working copy 1 of its case, format mp4" in text
    assert f"a copy was made for a court of derivative {DERIVED}" in text


def test_what_is_not_proved_of_a_derivative_is_said(tmp_path: Path) -> None:
    said = codes(derived(tmp_path / "folder", Derivative()))
    assert said["derivatives"] == {"count": 1}
    assert said["derivatives.made"] == said["derivatives.digest"] == said["files.time"] == {"count": 1}
    assert said.keys().isdisjoint(
        ("files", "files.other", "files.origin", "files.looked", "derivatives.sources")
    )


def test_photographs_beside_a_derivative_are_counted_by_themselves(tmp_path: Path) -> None:
    said = codes(derived(tmp_path / "folder", Derivative(), File(body=b"a photograph")))
    assert (said["files"], said["derivatives"]) == ({"count": 1}, {"count": 1})
    assert (said["files.other"], said["files.time"]) == ({"count": 1}, {"count": 2})
    text = render.text(verify(tmp_path / "folder"))
    assert text.index("Photographs, documents and received files\n") < text.index("Derivatives\n")


def test_a_derivative_alone_says_that_its_master_is_not_here(tmp_path: Path) -> None:
    report = derived(tmp_path / "folder", Derivative(), beside=())
    assert "  - It was derived from evidence e0e0e0e0, which is not here." in render.text(report)
    assert codes(report)["derivatives.sources"] == {"count": 1}
    assert "camera" not in codes(report)


@pytest.mark.parametrize(
    ("begin", "end", "here", "said"),
    [
        (2_500_000, 3_500_000, "all", "from 00:00:02 to 00:00:03, which is here."),
        (3_000_000, 3_200_000, "all", "from 00:00:03 to 00:00:03, which is here."),
        (0, 3_500_000, "part", "from 00:00:00 to 00:00:03, of which only a part, or another part, is here."),
        (
            2_500_000,
            4_900_000,
            "part",
            "from 00:00:02 to 00:00:04, of which only a part, or another part, is here.",
        ),
        (None, None, "part", "evidence e0e0e0e0, of which only a part, or another part, is here."),
    ],
)
def test_of_an_excerpt_it_is_told_whether_it_holds_what_was_used(
    tmp_path: Path, begin: int | None, end: int | None, here: str, said: str
) -> None:
    center, recording = made.sealed_recording()
    file = Derivative(sources=[source(recording, begin, end)])
    file.write()
    center.seal_file(file)
    cut = Cut(recording, 2_500_000, 3_500_000)
    report = verify(center.export(tmp_path / "folder", [cut, file]), center.policy)
    assert said in render.text(report)
    (told,) = render.as_json(report)["files"]
    assert told["derived"] == {
        "kind": "composed-film",
        "recipe": f"{HOME}/recipe.json",
        "sources": [source(recording, begin, end) | {"here": here}],
    }
    assert ("derivatives.sources" in codes(report)) == (here != "all")


def test_a_photograph_was_derived_from_nothing(tmp_path: Path) -> None:
    report = derived(tmp_path / "folder", File(body=b"a photograph"))
    assert render.as_json(report)["files"][0]["derived"] is None


def test_what_a_recipe_says_cannot_end_its_quotation(tmp_path: Path) -> None:
    program = {
        "name": "p”, and it is the master",
        "sha256": "22" * 32,
        "version": "1\nINTACT\u202e" + "x" * 5_000,
    }
    text = render.text(derived(tmp_path / "folder", Derivative(recipe={"program": program})))
    (line,) = (line for line in text.splitlines() if "How it was made" in line)
    assert line.startswith(
        f"  - How it was made: {HOME}/recipe.json, with “p , and it is the master”, version “1 INTACT x"
    )
    assert len(line) < 700


def test_a_derivative_may_be_longer_than_a_photograph_and_its_pictures_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_ORIGINAL", 40)
    report = derived(tmp_path / "folder", Derivative(made={2: b"x" * 40}))
    assert report.files[0].description.size == 46
    with pytest.raises(NotProved, match=r"2 bag: .*small.jpeg: longer than 40 bytes"):
        derived(tmp_path / "another", Derivative(made={2: b"x" * 41}))


def test_the_sheet_says_which_files_are_no_masters(tmp_path: Path) -> None:
    derived(tmp_path / "derived", Derivative())
    derived(tmp_path / "both", Derivative(), File(body=b"a photograph"))
    derived(tmp_path / "photograph", File(body=b"a photograph"))
    sheets = {
        name: (tmp_path / name / "README.txt").read_text() for name in ("derived", "both", "photograph")
    }
    for name, derivatives, photographs in (
        ("derived", True, False),
        ("both", True, True),
        ("photograph", False, True),
    ):
        assert ("data/derivatives were made by the center" in sheets[name]) == derivatives
        assert ("النسخ المشتقة" in sheets[name]) == derivatives
        assert ("Photographs and documents:" in sheets[name]) == photographs


def test_a_content_credential_is_written_beside_a_film_or_a_picture_that_was_derived_and_nothing_else(
    tmp_path: Path,
) -> None:
    center, recording = made.sealed_recording()
    film, photograph = Derivative(sources=[source(recording)]), File(body=b"a photograph")
    for one in (film, photograph):
        one.write()
        center.seal_file(one)
    items = [recording, film, photograph]

    def given(name: str, content: bytes = b"a credential") -> Mapping[str, bytes]:
        return {f"credentials/{name}.c2pa": content}

    for name in (recording.evidence, photograph.evidence, "fe" * 16, f"{film.evidence}-2", "../policy"):
        with pytest.raises(Malformed, match="has no place in a court package"):
            center.export(tmp_path / "refused", items, documents=given(name))
    with pytest.raises(Malformed, match="longer than 1048576 bytes"):
        center.export(tmp_path / "refused", items, documents=given(film.evidence, bytes(MAX_CREDENTIAL + 1)))
    folder = center.export(tmp_path / "folder", items, documents=given(film.evidence))
    report = verify(folder, center.policy)
    assert report.documents == (f"data/credentials/{film.evidence}.c2pa",)
    assert "documents" in codes(report)
    assert "data/credentials: C2PA content credentials" in (folder / "README.txt").read_text()


def test_a_source_that_is_here_and_was_sealed_later_is_refused(tmp_path: Path) -> None:
    center = Center()
    recording = Recording()
    made.begin(center, recording)
    file = Derivative(sources=[source(recording)])
    file.write()
    center.seal_file(file)
    center.seal(recording)
    with pytest.raises(NotProved, match="before what it was made from was sealed"):
        verify(center.export(tmp_path / "folder", [recording, file]), center.policy)


def test_minutes_of_a_photograph_are_no_source(tmp_path: Path) -> None:
    photograph = File(body=b"a photograph")
    photograph.write()
    with pytest.raises(NotProved, match="made from minutes of what has none"):
        center, recording = made.sealed_recording()
        center.seal_file(photograph)
        file = Derivative(sources=[source(recording), source(photograph, 0, SECOND)])
        file.write()
        center.seal_file(file)
        verify(center.export(tmp_path / "folder", [recording, photograph, file]), center.policy)
