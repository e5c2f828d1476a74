from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.errors import Altered, CustodyError, Incomplete, Malformed
from chain_of_custody.items.recording_contents import Event, Header, Track
from chain_of_custody.items.recording_manifest import (
    MAX_OVERLAP,
    Index,
    Manifest,
    Record,
    RecordTree,
    check_record,
    entry,
    leaf_of,
    seal_leaf,
    timecode,
)
from chain_of_custody.items.timeline import GAP, read
from chain_of_custody.tlog import merkle
from tests.support.ledger.mutations import mutated
from tests.support.packages.court_packages import SECOND, TRACKS, Center, Recording, record_seconds

SALT = bytes(range(16))


def a_recording() -> Recording:
    recording = Recording()
    center = Center()
    center.start(recording)
    record_seconds(center, recording)
    return recording


RECORDING = a_recording()
RECORDS = tuple(RECORDING.records)
HEADER = RECORDING.header
assert HEADER is not None


# --- Records ---------------------------------------------------------------------------------------------


def record(**fields: Any) -> Record:
    given_fields: dict[str, Any] = {
        "index": 4,
        "kind": "media",
        "track": 1,
        "number": 1,
        "start": 0,
        "duration": SECOND,
        "key": True,
        "init": 1,
        "salt": SALT,
        "content": b"one second",
        "message": b"sealed",
    }
    return seal_leaf(**(given_fields | fields))


def test_a_record_is_spelled_as_rfc_8785_spells_it() -> None:
    for each in (*RECORDS, record(key=False)):
        fields = {name: getattr(each, name) for name in Record.__slots__}
        assert each.canonical() == rfc8785.dumps(fields)
        assert Record.parse(each.canonical()) == each


def test_the_leaf_covers_the_salt_and_everything_the_record_says_and_the_content() -> None:
    sealed = record()
    plain = sha256(b"one second").hexdigest()
    fields = {name: getattr(sealed, name) for name in Record.__slots__ if name != "leaf"}
    assert entry(sealed, SALT, plain) == SALT + rfc8785.dumps(fields | {"plain": plain})
    assert sealed.leaf == merkle.leaf_hash(entry(sealed, SALT, plain)).hex()
    assert sealed.cipher == sha256(b"sealed").hexdigest()
    for other in (
        record(start=1),
        record(key=False),
        record(content=b"two"),
        record(message=b"x"),
        record(salt=bytes(16)),
    ):
        assert other.leaf != sealed.leaf


def test_an_opened_message_gives_the_content_it_was_sealed_from() -> None:
    assert check_record(record(), SALT + b"one second") == b"one second"


@pytest.mark.parametrize("opened", [SALT + b"one Second", bytes(16) + b"one second", SALT, b"short", b""])
def test_an_opened_message_that_was_altered_is_named_with_its_time(opened: bytes) -> None:
    with pytest.raises(Altered, match="record 4, 00:00:07"):
        check_record(record(start=7 * SECOND), opened)


@pytest.mark.parametrize(
    "fields",
    [
        {"track": 0},
        {"track": 2**32},
        {"init": None},
        {"duration": 0},
        {"start": -1},
        {"start": 2**53 - 1},
        {"index": 2**53},
        {"kind": "header"},
        {"kind": "event"},
        {"kind": "init"},
        {"kind": "init", "init": None},
        {"kind": "film"},
        {"kind": "event", "track": 0, "init": None, "key": False},
        {"kind": "header", "index": 0, "track": 0, "number": 0, "init": None},
        {"salt": b"short"},
    ],
)
def test_fields_that_do_not_fit_a_record_s_kind_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        record(**fields)


@given(st.binary(max_size=300) | mutated(RECORDS[5].canonical()))
def test_a_record_is_read_in_its_only_spelling_or_refused(data: bytes) -> None:
    try:
        parsed = Record.parse(data)
    except Malformed:
        return
    assert parsed.canonical() == data


def test_times_are_shown_as_people_write_them() -> None:
    assert [timecode(t) for t in (0, 999_999, 751 * SECOND, 90_061 * SECOND)] == [
        "00:00:00",
        "00:00:00",
        "00:12:31",
        "25:01:01",
    ]


# --- The tree ---------------------------------------------------------------------------------------------


def test_the_tree_grows_with_the_recording_and_has_the_roots_of_its_prefixes() -> None:
    tree = RecordTree()
    index = Index(RECORDS, "")
    roots = index.roots(range(len(RECORDS) + 5))
    for size, each in enumerate(RECORDS, start=1):
        tree.append(each)
        assert tree.size == size
        assert tree.root() == roots[size] == merkle.root_of(bytes.fromhex(one.leaf) for one in RECORDS[:size])
    assert set(roots) == set(range(1, len(RECORDS) + 1))


def test_a_record_that_may_not_come_next_leaves_the_tree_as_it_was() -> None:
    tree = RecordTree(RECORDS[:4])
    before = tree.root()
    for wrong in (RECORDS[3], RECORDS[5], replace(RECORDS[4], leaf="x"), replace(RECORDS[4], init=2)):
        with pytest.raises(Malformed):
            tree.append(wrong)
    assert (tree.size, tree.root()) == (4, before)
    tree.append(RECORDS[4])


# --- The index ----------------------------------------------------------------------------------------------


def test_an_index_is_read_back_as_it_was_written() -> None:
    data = Index.serialise(RECORDS)
    index = Index.parse(data)
    assert index.records == RECORDS
    assert index.digest == sha256(data).hexdigest()
    assert index.root() == RecordTree(RECORDS).root()


def renumber(records: list[Record]) -> list[Record]:
    """Give records the indices they now have, and media the newest init of their track."""
    inits: dict[int, int] = {}
    result = []
    for index, each in enumerate(records):
        if each.kind == "init":
            inits[each.track] = index
        init = inits.get(each.track) if each.kind == "media" else None
        result.append(replace(each, index=index, init=init))
    return result


def without(index: int) -> Callable[[list[Record]], list[Record]]:
    return lambda records: renumber(records[:index] + records[index + 1 :])


def with_fields(index: int, **fields: Any) -> Callable[[list[Record]], list[Record]]:
    def change(records: list[Record]) -> list[Record]:
        records[index] = replace(records[index], **fields)
        return records

    return change


# In RECORDS: 0 header, 1 to 3 inits, 4 to 9 media, 10 an event, 11 the second init of track 1, then media.
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda records: records[1:], "record 0 is expected, this is record 1"),
        (lambda records: records[:5] + records[6:], "record 5 is expected, this is record 6"),
        (lambda records: [*records, records[-1]], "is expected, this is record"),
        (lambda records: [*records[:5], records[6], records[5], *records[7:]], "record 5 is expected"),
        (without(0), "the header comes first"),
        (without(5), "is number 2, 1 is expected"),
        (without(10), "is number 1, 0 is expected"),
        (lambda records: [*records, replace(records[0], index=len(records))], "do not fit its kind"),
        (with_fields(5, init=1), "newest init segment"),
        (with_fields(12, init=1), "newest init segment"),
        (with_fields(5, init=99), "newest init segment"),
        (with_fields(7, start=0), "begins before the fragment ahead"),
        (with_fields(4, duration=SECOND + MAX_OVERLAP + 1), "begins before the fragment ahead"),
        (with_fields(7, number=3), "is number 3, 2 is expected"),
        (with_fields(7, track=2, init=2), "is number 2, 1 is expected|number"),
    ],
)
def test_records_that_may_not_follow_each_other_are_refused(
    change: Callable[[list[Record]], list[Record]], reason: str
) -> None:
    with pytest.raises(Malformed, match=reason):
        Index.parse(Index.serialise(change(list(RECORDS))))


def test_media_before_any_init_segment_are_refused() -> None:
    media = replace(RECORDS[4], index=1, number=0, init=1)
    with pytest.raises(Malformed, match="newest init segment"):
        Index.parse(Index.serialise([RECORDS[0], media]))


def test_a_fragment_may_begin_a_little_before_the_one_ahead_of_it_ends() -> None:
    records = with_fields(4, duration=SECOND + 5_000)(list(RECORDS))
    Index.parse(Index.serialise(records))
    assert HEADER is not None
    assert read(HEADER, records, ()).overlaps == 1
    assert read(HEADER, RECORDS, ()).overlaps == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"\n",
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b'"track":0}', b'"track":00}', 1),
        lambda data: data.replace(b'{"cipher"', b'{ "cipher"', 1),
    ],
)
def test_an_index_in_another_spelling_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Malformed):
        Index.parse(change(Index.serialise(RECORDS)))


@given(mutated(Index.serialise(RECORDS)))
def test_an_index_with_a_few_bytes_changed_is_refused_or_is_not_the_manifest_s(data: bytes) -> None:
    try:
        RECORDING.manifest.open_index(data)
    except CustodyError:
        return
    assert data == Index.serialise(RECORDS)


# --- The manifest ---------------------------------------------------------------------------------------


def test_a_manifest_is_read_back_as_it_was_written_and_named_by_its_digest() -> None:
    manifest = RECORDING.manifest
    data = manifest.canonical()
    assert Manifest.parse(data) == manifest
    assert manifest.digest == sha256(data).hexdigest()
    assert data == rfc8785.dumps(json.loads(data))
    assert manifest.open_index(Index.serialise(RECORDS)).records == RECORDS


def test_an_index_that_is_not_the_manifest_s_is_told_apart_by_what_is_wrong() -> None:
    manifest = RECORDING.manifest
    with pytest.raises(Incomplete, match="of 22 records"):
        manifest.open_index(Index.serialise(RECORDS[:-1]))
    other = [*RECORDS[:-1], replace(RECORDS[-1], cipher="00" * 32)]
    with pytest.raises(Altered, match="index is not the one"):
        manifest.open_index(Index.serialise(other))
    with pytest.raises(Altered, match="do not give the root"):
        replace(manifest, root="00" * 32).open_index(Index.serialise(RECORDS))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"v": 2}, "version not known"),
        ({"v": True}, "whole number"),
        ({"kind": "photograph"}, "kind or version"),
        ({"state": "nearly"}, "neither complete nor interrupted"),
        ({"state": ["complete"]}, "neither complete nor interrupted"),
        ({"records": 0}, "whole number"),
        ({"part": "1"}, "whole number"),
        ({"root": "00"}, "32 bytes"),
        ({"deployment": None}, "16 bytes"),
        ({"more": 1}, "not known: more"),
    ],
)
def test_a_manifest_that_is_not_of_its_form_is_refused(change: dict[str, Any], reason: str) -> None:
    fields = json.loads(RECORDING.manifest.canonical()) | change
    with pytest.raises(Malformed, match=reason):
        Manifest.parse(rfc8785.dumps(fields))


@given(st.binary(max_size=300) | mutated(RECORDING.manifest.canonical()))
def test_a_manifest_is_read_in_its_only_spelling_or_refused(data: bytes) -> None:
    try:
        parsed = Manifest.parse(data)
    except Malformed:
        return
    assert parsed.canonical() == data


# --- Header and events -------------------------------------------------------------------------------------


def test_a_header_is_read_back_as_it_was_written() -> None:
    assert HEADER is not None
    assert Header.parse(HEADER.canonical()) == HEADER


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"tracks": ()}, "1 to 64"),
        ({"tracks": TRACKS[1:]}, "track 1 is expected"),
        ({"tracks": (TRACKS[0], replace(TRACKS[0], track=2))}, "the same name"),
        ({"tracks": (Track(1, "wide-2", "video", "opus"),)}, "lower-case words"),
        ({"tracks": (Track(1, "../wide", "video", "opus"),)}, "lower-case words"),
        ({"tracks": (Track(1, "wide", "smell", "opus"),)}, "neither video nor audio"),
        ({"tracks": (Track(1, "wide", "video", "a b"),)}, "codec"),
        ({"part": 0}, "whole number"),
        ({"epoch": "2026-11-24"}, "not a time"),
        ({"recorder": "00"}, "8 bytes"),
        ({"practice": 1}, "true or false"),
        ({"software": {"amana": 1}}, "names and versions"),
        ({"software": None}, "names and versions"),
    ],
)
def test_a_header_that_is_not_of_its_form_is_refused(fields: dict[str, Any], reason: str) -> None:
    assert HEADER is not None
    with pytest.raises(Malformed, match=reason):
        replace(HEADER, **fields).canonical()


@given(st.binary(max_size=300) | mutated(HEADER.canonical()))
def test_a_header_is_read_in_its_only_spelling_or_refused(data: bytes) -> None:
    try:
        parsed = Header.parse(data)
    except Malformed:
        return
    assert parsed.canonical() == data


def test_an_event_may_say_more_than_a_reader_knows() -> None:
    event = Event("lightning", 5, {"near": True, "times": [1, 2]})
    assert Event.parse(event.canonical()) == event


@given(st.binary(max_size=100) | mutated(Event("loss", 5, {"track": 1, "packets": 3}).canonical()))
def test_an_event_is_read_in_its_only_spelling_or_refused(data: bytes) -> None:
    try:
        parsed = Event.parse(data)
    except Malformed:
        return
    assert parsed.canonical() == data


@pytest.mark.parametrize(
    "event",
    [Event("Loss", 0), Event("loss", -1), Event("loss", 0, {"at": 3}), Event("loss", 0, {"share": 0.5})],
)
def test_an_event_that_is_not_of_its_form_is_not_written(event: Event) -> None:
    with pytest.raises(Malformed):
        event.canonical()


# --- Reading ----------------------------------------------------------------------------------------------


def test_gaps_at_the_start_in_the_middle_and_at_the_end_are_found_but_not_how_frames_fall() -> None:
    assert HEADER is not None
    header = replace(HEADER, tracks=TRACKS[:1])

    def media(*times: tuple[int, int]) -> list[Record]:
        return [record(start=start, duration=end - start) for start, end in times]

    late_and_holed = media(
        (3 * SECOND, 4 * SECOND), (4 * SECOND + GAP, 6 * SECOND), (9 * SECOND, 10 * SECOND)
    )
    reading = read(header, late_and_holed, [Event("break", 6 * SECOND, {"reason": "privileged"})])
    assert [(gap.start, gap.end, gap.reason) for gap in reading.gaps] == [
        (0, 3 * SECOND, None),
        (6 * SECOND, 9 * SECOND, "break: privileged"),
    ]
    assert reading.duration == 10 * SECOND
    assert "the recording does not say why" in reading.gaps[0].sentence


def test_an_event_of_another_track_does_not_explain_a_gap() -> None:
    assert HEADER is not None
    reading = read(HEADER, [record(track=2, init=2)], [Event("track.late", 0, {"track": 1})])
    assert {gap.track: gap.reason for gap in reading.gaps} == {"wide": "track.late", "microphone": None}


def test_a_leaf_of_another_salt_is_another_leaf() -> None:
    plain = sha256(b"silence").hexdigest()
    assert leaf_of(record(), bytes(16), plain) != leaf_of(record(), SALT, plain)
