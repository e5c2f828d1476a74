"""What a report says of a file that came from outside: from where, and that it was not recorded here."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from chain_of_custody.package import reader
from chain_of_custody.report import render
from chain_of_custody.report.report import Report
from tests.support.packages.court_packages import CASE, Center, File, verify

VOICE = b"OggS" + bytes(range(150))
EVIDENCE = "ea" * 16
PATH = f"data/received/{EVIDENCE}/original.ogg"


def received(folder: Path, *others: File, source: str = "seizure") -> Report:
    """The report of a package with a voice message, and with others."""
    center = Center()
    center.enrol()
    voice = File(EVIDENCE, file_kind="received", format="ogg", name="PTT-1.ogg", body=VOICE)
    voice.write()
    center.seal_file(voice, source=source)
    for other in others:
        other.write()
        center.seal_file(other)
    return verify(center.export(folder, [voice, *others]), center.policy)


def test_a_received_file_is_named_with_its_source_and_the_digest_that_sha256sum_prints(
    tmp_path: Path,
) -> None:
    text = render.text(received(tmp_path / "folder"))
    start = text.index("Photographs, documents and received files\n")
    assert text[start : text.index("\n\n", start)].splitlines()[1:] == [
        f"  - Received file eaeaeaea of case {CASE}: “PTT-1.ogg”, ogg, 154 bytes, SHA-256 "
        f"{sha256(VOICE).hexdigest()}; {PATH}.",
        "  - It was received from outside (source: seizure), not recorded by the center. sha256sum prints "
        "this SHA-256 for it.",
        "  - No timestamp says when it was sealed.",
    ]
    assert (tmp_path / "folder" / PATH).read_bytes() == VOICE
    sealed = (
        "it was received from outside (source: seizure) and sealed as received file 1 of its case, format ogg"
    )
    assert f"received file eaeaeaea: {sealed}" in text
    assert "a copy was made for a court of received file eaeaeaea" in text


def test_what_is_not_proved_of_received_files_is_said(tmp_path: Path) -> None:
    photograph = File(body=b"a photograph")
    report = received(tmp_path / "folder", photograph)
    said = {one.code: dict(one.values) for one in (*render.proved(report), *render.not_proved(report))}
    assert said["files"] == said["files.other"] == said["files.time"] == {"count": 2}
    assert said["files.received"] == {"count": 1}
    assert "files.origin" in said
    for told, source in zip(render.as_json(report)["files"], ("seizure", None), strict=True):
        assert told["source"] == source


def test_the_sheet_on_top_warns_of_received_files(tmp_path: Path) -> None:
    received(tmp_path / "folder")
    sheet = (tmp_path / "folder" / "README.txt").read_text()
    assert "Received files:" in sheet and "الملفات الواردة:" in sheet
    assert "Photographs and documents:" not in sheet


def test_a_received_file_may_be_longer_than_a_photograph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_ORIGINAL", len(VOICE) - 1)
    assert received(tmp_path / "folder").outcome == "intact"
