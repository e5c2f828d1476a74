"""The court package: written in two steps, and refused where a bag is not what it must be."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain_of_custody.encoding.bagit import list_bytes
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.errors import Altered, CustodyError, Incomplete, Malformed, NotProved
from chain_of_custody.items.record import Record
from chain_of_custody.package.contents import CourtPackage
from chain_of_custody.package.record_layout import Opened, parse_opened
from chain_of_custody.package.writer import PreparedPackage, RecordingPieces, write_court_package
from chain_of_custody.report import render
from tests.support.ledger.mutations import mutated
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import (
    HOME,
    assert_refused,
    changed,
    flipped,
    lines,
    listed,
    removed,
    tags_listed,
    write,
)
from tests.support.packages.court_packages import EVIDENCE, SECOND_EVIDENCE, Center, Recording, verify


def linked(folder: Path) -> None:
    outside = folder.parent / "outside.mp4"
    shutil.move(folder / HOME / "close.mp4", outside)
    (folder / HOME / "close.mp4").symlink_to(outside)


def linked_folder(folder: Path) -> None:
    shutil.move(folder / "data", folder.parent / "elsewhere")
    (folder / "data").symlink_to(folder.parent / "elsewhere", target_is_directory=True)


BAG = [
    ("a bit of the sheet on top", flipped("README.txt"), "not the one that tagmanifest", "README.txt"),
    (
        "a bit of the manifest",
        flipped(f"{HOME}/manifest.json", 9),
        "not the one that was listed",
        "manifest.json",
    ),
    ("a bit of the index", flipped(f"{HOME}/index.jsonl", 900), "not the one that was listed", "index.jsonl"),
    ("a bit of opened.jsonl", flipped(f"{HOME}/opened.jsonl"), "not the one that was listed", "opened.jsonl"),
    ("a bit of an event", flipped(f"{HOME}/events.jsonl"), "not the one that was listed", "events.jsonl"),
    ("a bit of a statement", flipped("data/statements/4.json", 300), "was listed", "data/statements/4.json"),
    ("a bit of a proof", flipped("data/statements/4.tlog-proof", 60), "was listed", "4.tlog-proof"),
    ("a bit of the policy", flipped("data/policy.txt", 90), "was listed", "data/policy.txt"),
    (
        "a bit of the payload list",
        flipped("manifest-sha256.txt"),
        "not the one that tagmanifest",
        "manifest-sha256",
    ),
    ("a surplus file beside the media", write(f"{HOME}/other.mp4"), "nobody listed", "other.mp4"),
    ("a surplus file on top", write("verify.exe"), "nobody listed", "verify.exe"),
    ("a surplus folder on top", write("more/file"), "does not belong here", None),
    ("a hidden file left by a desktop", write("data/.DS_Store"), "nobody listed", ".DS_Store"),
    ("a name that turns the direction", write("data/\u202e4pm.mp4"), "nobody listed", "u202e4pm.mp4"),
    ("a missing media file", removed(f"{HOME}/close.mp4"), "listed is missing", "close.mp4"),
    ("a missing statement, still listed", removed("data/statements/5.json"), "listed is missing", "5.json"),
    ("a missing payload list", removed("manifest-sha256.txt"), "is missing", "manifest-sha256.txt"),
    ("a missing tag list", removed("tagmanifest-sha256.txt"), "is missing", "tagmanifest-sha256.txt"),
    ("a media file that is a link", linked, "a link, not a file", None),
    ("a payload that is a link", linked_folder, "a link, not a file", None),
    ("a named pipe", lambda folder: os.mkfifo(folder / "data" / "pipe"), "not a file", None),
    (
        "a path that leads out",
        tags_listed(changed("manifest-sha256.txt", b"  data/policy.txt", b"  data/../../policy.txt")),
        "not a SHA-256, two spaces and a plain path",
        None,
    ),
    (
        "an absolute path",
        tags_listed(changed("manifest-sha256.txt", b"  data/policy.txt", b"  /etc/passwd")),
        "not a SHA-256, two spaces and a plain path",
        None,
    ),
    (
        "a path outside data",
        tags_listed(changed("manifest-sha256.txt", b"  data/policy.txt", b"  README.txt")),
        "not in data/|not sorted",
        None,
    ),
    (
        "a file listed twice",
        tags_listed(lines("manifest-sha256.txt", lambda each: [each[0], *each])),
        "twice",
        None,
    ),
    (
        "an unsorted list",
        tags_listed(lines("manifest-sha256.txt", lambda each: each[::-1])),
        "not sorted",
        None,
    ),
    (
        "lists in another spelling",
        tags_listed(
            lines("manifest-sha256.txt", lambda each: [line.replace(b"\n", b"\r\n") for line in each])
        ),
        "not a SHA-256, two spaces and a plain path",
        None,
    ),
    ("an empty list", tags_listed(lines("manifest-sha256.txt", lambda _: [])), "complete line", None),
    ("another version of BagIt", tags_listed(changed("bagit.txt", b"1.0", b"0.97")), "BagIt 1.0", None),
    (
        "a bag-info without size",
        tags_listed(changed("bag-info.txt", b"Payload", b"Pay")),
        "Payload-Oxum",
        None,
    ),
    ("a program, listed", listed(write("data/verify.exe")), "does not belong", "data/verify.exe"),
    ("a web page among the media, listed", listed(write(f"{HOME}/a.json")), "does not belong", "a.json"),
    (
        "a statement without proof",
        listed(removed("data/statements/5.tlog-proof")),
        "without proof",
        "statement 5",
    ),
    ("no policy", listed(removed("data/policy.txt")), "no policy", None),
    ("no salts", listed(removed(f"{HOME}/opened.jsonl")), "of the item is missing", "opened.jsonl"),
    ("no recording", listed(lambda folder: shutil.rmtree(folder / "data/recordings")), "no recording", None),
    ("a huge statement", listed(write("data/statements/5.json", b" " * 70_000)), "longer than", None),
]


@pytest.mark.parametrize(("alter", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in BAG])
def test_a_bag_is_refused_for(
    folder: Path, alter: Callable[[Path], None], reason: str, where: str | None
) -> None:
    alter(folder)
    assert_refused(folder, 2, reason, where)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_altered_in_whatever_file_the_folder_is_not_proved(
    honest: tuple[Center, Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = made.copy_of(honest[1], tmp_path_factory.mktemp("fuzzed") / "folder")
    path = data.draw(st.sampled_from([each for each in sorted(folder.glob("**/*")) if each.is_file()]))
    before = path.read_bytes()
    after = data.draw(mutated(before))
    path.write_bytes(after)
    relisted = data.draw(st.booleans()) and "data" in path.relative_to(folder).parts
    if relisted:
        made.list_again(folder)
    if after != before:
        with pytest.raises(NotProved):
            verify(folder)
    shutil.rmtree(folder.parent)


@given(st.binary(max_size=200) | mutated(Opened(3, "wide.mp4", 10, 20, bytes(16)).canonical() + b"\n"))
def test_opened_lines_are_read_in_their_only_spelling_or_refused(data: bytes) -> None:
    try:
        opened = parse_opened(data)
    except Malformed:
        return
    assert b"".join(each.canonical() + b"\n" for each in opened) == data


# --- Writing ---------------------------------------------------------------------------------------------


def recorded() -> tuple[Center, Recording]:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    center.seal(recording)
    return center, recording


def prepare(center: Center, folder: Path, *items: RecordingPieces, **changed: Any) -> PreparedPackage:
    given_pieces: dict[str, Any] = {"statements": dict(center.in_folder), "policy": center.policy.data}
    return write_court_package(folder, items=items, **(given_pieces | changed))


def export(center: Center, package: str, evidence: str = EVIDENCE, **wrong: Any) -> dict[int, bytes]:
    body = center.exported(package, **wrong)
    position = center.say("evidence.exported", evidence, body, into_folder=False)
    return {position: center.leaves[position]}


def trees(center: Center) -> dict[int, bytes]:
    return {2: center.consistency(2)}


def proofs(center: Center, size: int | None = None) -> dict[int, bytes]:
    return {position: center.prove(position, size) for position in range(size or len(center.leaves))}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_stranger_s_bag_reader_finds_the_folder_valid(honest: tuple[Center, Path]) -> None:
    bagit.Bag(str(honest[1])).validate()


@pytest.mark.starts
def test_a_stranger_finds_the_package_digest_with_two_ordinary_commands(honest: tuple[Center, Path]) -> None:
    command = (
        r"grep -v -e '\.tlog-proof$' -e '  data/checkpoints/' -e '  data/timestamps/' "
        r"-e '  data/statements/6\.json$' manifest-sha256.txt | sha256sum"
    )
    found = subprocess.run(command, shell=True, cwd=honest[1], capture_output=True, text=True, check=True)
    exported = verify(honest[1]).chains.items[EVIDENCE][-1]
    assert found.stdout.split()[0] == exported.statement.body["package"]
    assert found.stdout.split()[0] == CourtPackage.open(FolderSource(honest[1])).package_digest([6])


def test_films_are_init_segment_and_fragments_one_after_the_other(honest: tuple[Center, Path]) -> None:
    recording = Recording()
    center = Center()
    made.begin(center, recording)
    contents: dict[str, bytes] = {}
    files = {1: "wide.mp4", 2: "close.mp4", 3: "microphone.mp4"}
    for record, _, content in recording.opened:
        if record.kind == "init" and record.index > 3:
            files[1] = "wide-2.mp4"
        if record.track:
            contents[files[record.track]] = contents.get(files[record.track], b"") + content
    for name, content in contents.items():
        assert (honest[1] / HOME / name).read_bytes() == content


def test_the_folder_appears_only_when_it_is_finished(tmp_path: Path) -> None:
    center, recording = recorded()
    prepared = prepare(center, tmp_path / "folder", recording.pieces(), today=date(2026, 11, 24))
    assert names(tmp_path) == [".folder.partial"]
    exported = export(center, prepared.package_digest())
    assert prepared.finish(exported, proofs(center), trees(center)) == tmp_path / "folder"
    assert names(tmp_path) == ["folder"]
    assert "Bagging-Date: 2026-11-24\n" in (tmp_path / "folder/bag-info.txt").read_text()
    assert verify(tmp_path / "folder", center.policy).outcome == "intact"


def test_a_folder_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    center, recording = recorded()
    prepare(center, tmp_path / "folder", recording.pieces()).discard()
    assert names(tmp_path) == []


def test_what_exists_is_not_written_over(tmp_path: Path) -> None:
    center, recording = recorded()
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileExistsError):
        prepare(center, tmp_path / "folder", recording.pieces())
    assert names(tmp_path) == ["folder"]


def test_what_a_crashed_export_left_is_named_with_what_to_do(tmp_path: Path) -> None:
    left = tmp_path / ".folder.partial"
    left.mkdir()
    center, recording = Center(), Recording()
    made.begin(center, recording)
    center.seal(recording)
    with pytest.raises(FileExistsError, match="has crashed") as raised:
        prepare(center, tmp_path / "folder", recording.pieces())
    assert str(left) in str(raised.value)
    assert "remove" in str(raised.value)
    assert left.exists(), "somebody may be writing it"


def test_two_people_do_not_write_into_one_folder(tmp_path: Path) -> None:
    center, recording = recorded()
    prepare(center, tmp_path / "folder", recording.pieces())
    with pytest.raises(FileExistsError):
        prepare(center, tmp_path / "folder", recording.pieces())
    assert names(tmp_path) == [".folder.partial"]


Contents = list[tuple[Record, bytes, bytes]]


def replaced(opened: Contents, salt: bytes | None = None, content: bytes | None = None) -> Contents:
    record, right_salt, right_content = opened[5]
    return [*opened[:5], (record, salt or right_salt, content or right_content), *opened[6:]]


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        (
            lambda opened: [*opened[:5], (opened[5][0], opened[5][1], b"other"), *opened[6:]],
            Altered,
            "record 5, 00:00:00",
        ),
        (
            lambda opened: [*opened[:5], (opened[5][0], bytes(16), opened[5][2]), *opened[6:]],
            Altered,
            "record 5, 00:00:00",
        ),
        (lambda opened: opened[:-1], Incomplete, "its content was not given"),
        (lambda opened: opened[:5] + opened[6:], Incomplete, "record 5, 00:00:00"),
        (lambda opened: [*opened, opened[-1]], Malformed, "more contents were given"),
    ],
)
def test_contents_that_are_not_the_recording_s_make_no_folder(
    tmp_path: Path, change: Callable[[Any], Contents], error: type[CustodyError], reason: str
) -> None:
    center, recording = recorded()
    pieces = RecordingPieces(
        recording.manifest.canonical(), recording.index, iter(change(list(recording.opened)))
    )
    with pytest.raises(error, match=reason):
        prepare(center, tmp_path / "folder", pieces)
    assert names(tmp_path) == []


def test_a_recording_given_twice_makes_no_folder(tmp_path: Path) -> None:
    center, recording = recorded()
    with pytest.raises(Malformed, match="given twice"):
        prepare(center, tmp_path / "folder", recording.pieces(), recording.pieces())
    assert names(tmp_path) == []


def test_only_the_statement_that_names_this_package_finishes_it(tmp_path: Path) -> None:
    center, recording = recorded()
    prepared = prepare(center, tmp_path / "folder", recording.pieces())
    viewed = {center.say("evidence.viewed", EVIDENCE, {}, into_folder=False): center.leaves[-1]}
    for wrong in (export(center, "00" * 32), viewed):
        with pytest.raises(NotProved, match="does not name this package"):
            prepared.finish(wrong, proofs(center), trees(center))
    with pytest.raises(Incomplete, match="not exactly one"):
        prepared.finish({}, proofs(center, 5), trees(center))
    other = export(center, prepared.package_digest(), SECOND_EVIDENCE)
    with pytest.raises(Incomplete, match="not exactly one"):
        prepared.finish(other, proofs(center), trees(center))
    assert names(tmp_path) == [".folder.partial"]


def test_what_was_stated_while_the_folder_was_written_goes_into_it(tmp_path: Path) -> None:
    center, recording = recorded()
    prepared = prepare(center, tmp_path / "folder", recording.pieces())
    before = prepared.package_digest()
    viewed = center.say("evidence.viewed", EVIDENCE, {})
    prepared.add_statements({viewed: center.leaves[viewed]})
    assert prepared.package_digest() != before
    prepared.finish(export(center, prepared.package_digest()), proofs(center), trees(center))
    assert len(verify(tmp_path / "folder", center.policy).chains.items[EVIDENCE]) == 5


def test_proofs_must_be_for_all_statements_under_one_checkpoint_of_this_ledger(tmp_path: Path) -> None:
    center, recording = recorded()
    prepared = prepare(center, tmp_path / "folder", recording.pieces())
    exported = export(center, prepared.package_digest())
    good = proofs(center)
    with pytest.raises(Incomplete, match="same positions"):
        prepared.finish(exported, {position: good[position] for position in exported}, trees(center))
    with pytest.raises(NotProved, match="same checkpoint"):
        prepared.finish(exported, good | {0: center.prove(0, 5)}, trees(center))
    with pytest.raises(NotProved, match="the proof is for 1"):
        prepared.finish(exported, good | {0: good[1]}, trees(center))
    forger = Center(seed=50)
    forger.leaves = center.leaves
    with pytest.raises(NotProved, match="no Ed25519 signature"):
        prepared.finish(exported, proofs(forger), trees(center))
    assert verify(prepared.finish(exported, good, trees(center)), center.policy).outcome == "intact"


def test_a_recording_without_events_has_an_empty_file_of_them(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    center.enrol()
    center.open_interview()
    center.start(recording)
    center.seal(recording)
    folder = center.export(tmp_path / "folder", [recording])
    assert (folder / HOME / "events.jsonl").read_bytes() == b""
    report = verify(folder, center.policy)
    assert report.parts[0].fragments == 0
    assert render.text(report)


def test_lists_are_sorted_and_name_each_digest_as_sha256sum_does() -> None:
    digest = sha256(b"").hexdigest()
    assert (
        list_bytes({"data/b": digest, "data/a": digest}) == f"{digest}  data/a\n{digest}  data/b\n".encode()
    )
