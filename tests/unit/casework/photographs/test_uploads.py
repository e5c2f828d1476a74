from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from hashlib import sha256
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select

from casework.cases import cases, consent
from casework.center import Center
from casework.clock import now
from casework.copies import scrub
from casework.database.models import Evidence, Person, Photograph, Role, Upload
from casework.errors import DatabaseAway, Forbidden, Missing, NotTaken, Refused, WrongState
from casework.evidence import gateway, small_pictures
from casework.evidence.viewing import Viewing
from casework.files.pieces import MAX_PIECE
from casework.ledger import chains
from casework.people import people
from casework.photographs import exam_sets, examination_drafts, photographs, uploads
from casework.photographs.file_evidence import SealedFile
from casework.photographs.uploads import AnnouncedFile, OtherSession, UploadStatus
from casework.sealing.staging import OutOfOrder, uploads_area
from chain_of_custody.items.file_manifest import LARGE, ORIGINAL, SMALL, FileDescription
from chain_of_custody.items.record import check_record
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.centers.copied_world import Copied
from tests.support.media.made_pictures import bomb, noise, picture
from tests.support.people.adding import SESSION, added
from vault.copies.replicator import CopiesConfig, Replicator
from vault.sealing.sealing import open_with_message_key


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


def carry(center: Center) -> None:
    """What the threads of the copies do, once."""
    for copy, store in center.stores.items():
        Replicator(copy, store, center.spool, CopiesConfig()).carry_all(threading.Event())


def content_of(viewing: Viewing, track: int) -> bytes:
    """What a browser puts together: each message opened with its own key and held against its record."""
    records = [record for record in viewing.recording.records if record.track == track]
    keys = viewing.message_keys([record.index for record in records])
    return b"".join(
        check_record(record, open_with_message_key(key, viewing.message(record.index)))
        for record, key in zip(records, keys, strict=True)
    )


@pytest.mark.starts
def test_what_comes_out_is_byte_for_byte_what_went_in(world: World, nurse: Person) -> None:
    data = noise(2_500_000)
    sealed = added(world.center, nurse, world.case.id, data)
    assert (sealed.state, sealed.number, sealed.shown) == ("sealed", 1, True)
    viewing = gateway.view(world.center, nurse, sealed.id, "review")
    assert content_of(viewing, ORIGINAL) == data
    assert content_of(viewing, SMALL).startswith(b"\xff\xd8")
    assert content_of(viewing, LARGE).startswith(b"\xff\xd8")
    told = next(record for record in viewing.recording.records if record.kind == "event")
    [key] = viewing.message_keys([told.index])
    file = FileDescription.parse(check_record(told, open_with_message_key(key, viewing.message(told.index))))
    assert (file.name, file.size, file.sha256) == ("IMG_1.JPG", len(data), sha256(data).hexdigest())


@pytest.mark.starts
def test_its_statement_names_manifest_and_wrap_and_nothing_of_the_file(world: World, nurse: Person) -> None:
    data = picture(seed=3)
    sealed = added(world.center, nurse, world.case.id, data)
    [leaf] = chains.chain(world.center, sealed.id).values()
    statement = SignedStatement.parse(leaf).statement
    assert statement.type == "photograph.sealed"
    assert statement.actor.id == nurse.id
    assert set(statement.body) == {"format", "intimate", "manifest", "number", "records", "root", "wrap"}
    assert sha256(data).hexdigest().encode() not in leaf


@pytest.mark.starts
def test_the_number_that_is_shown_is_stated_and_each_kind_has_its_own(world: World, nurse: Person) -> None:
    case = world.case.id
    pictures = [added(world.center, nurse, case, picture(seed=seed)) for seed in (1, 2)]
    paper = added(world.center, nurse, case, b"%PDF-1.7\n" + bytes(90), kind="document")
    for sealed, number in zip([*pictures, paper], (1, 2, 1), strict=True):
        [leaf] = chains.chain(world.center, sealed.id).values()
        assert SignedStatement.parse(leaf).statement.body["number"] == sealed.number == number


def test_nothing_of_it_lies_on_the_disk_in_clear_while_it_comes(world: World, nurse: Person) -> None:
    data = os.urandom(32) * 40_000
    data = picture() + data
    announced = AnnouncedFile("photograph", "a name that tells something.jpg", len(data))
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, standing.id, 0, data[:MAX_PIECE])
    written = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    assert data[-32:] not in written
    assert b"tells something" not in written
    assert SESSION.encode() not in written


@pytest.mark.starts
def test_it_goes_on_after_a_restart_and_a_piece_twice_counts_once(world: World, nurse: Person) -> None:
    data = noise(3_000_000)
    announced = AnnouncedFile("photograph", "a.jpg", len(data), sha256(data).hexdigest())
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    piece = 1024 * 1024
    for _ in range(2):
        uploads.take(world.center, nurse, SESSION, standing.id, 0, data[:piece])
    again = world.opened_again()
    found = uploads.begin(again, nurse, SESSION, world.case.id, announced)
    assert (found.id, found.received) == (standing.id, piece)
    with pytest.raises(OutOfOrder) as early:
        uploads.finish(again, nurse, SESSION, standing.id)
    assert early.value.due == piece
    with pytest.raises(OutOfOrder):
        uploads.take(again, nurse, SESSION, standing.id, 2 * piece, data[2 * piece :])
    uploads.take(again, nurse, SESSION, standing.id, piece, data[piece:])
    for _ in range(2):
        assert uploads.finish(again, nurse, SESSION, standing.id).number == 1
    assert content_of(gateway.view(again, nurse, standing.id, "review"), ORIGINAL) == data


def test_no_other_session_and_no_other_person_goes_on_with_it(world: World, nurse: Person) -> None:
    data = picture()
    announced = AnnouncedFile("photograph", "a.jpg", len(data), sha256(data).hexdigest())
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    with pytest.raises(OtherSession):
        uploads.take(world.center, nurse, "another token", standing.id, 0, data)
    assert uploads.begin(world.center, nurse, "another token", world.case.id, announced).id != standing.id
    other = people.add(world.center, world.administrator, "Person M", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, other.id)
    with pytest.raises(Missing):
        uploads.take(world.center, other, SESSION, standing.id, 0, data)
    cases.withdraw(world.center, world.prosecutor, world.case.id, nurse.id)
    with pytest.raises(Forbidden):
        uploads.take(world.center, nurse, SESSION, standing.id, 0, data)


@pytest.mark.starts
def test_the_same_file_again_is_recognised_announced_or_not(world: World, nurse: Person) -> None:
    data = picture(seed=9)
    first = added(world.center, nurse, world.case.id, data)
    again = added(world.center, nurse, world.case.id, data)
    assert (again.id, again.again) == (first.id, True)
    unannounced = uploads.begin(
        world.center, nurse, SESSION, world.case.id, AnnouncedFile("photograph", "b.jpg", len(data))
    )
    uploads.take(world.center, nurse, SESSION, unannounced.id, 0, data)
    assert uploads.finish(world.center, nurse, SESSION, unannounced.id).id == first.id
    assert not list((world.center.spool / "uploads").iterdir())


@pytest.mark.starts
def test_one_begun_as_not_intimate_and_added_again_as_intimate_begins_anew(
    world: World, nurse: Person
) -> None:
    data = noise(3_000_000)
    digest = sha256(data).hexdigest()
    announced = AnnouncedFile("photograph", "a.jpg", len(data), digest)
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, begun.id, 0, data[: 1024 * 1024])
    ticked = AnnouncedFile("photograph", "a.jpg", len(data), digest, intimate=True, agreed=True)
    anew = uploads.begin(world.center, nurse, SESSION, world.case.id, ticked)
    assert (anew.id != begun.id, anew.received) == (True, 0)
    with pytest.raises(Missing):  # the other page's next piece
        uploads.take(world.center, nurse, SESSION, begun.id, 1024 * 1024, data[1024 * 1024 :])
    sealed = added(world.center, nurse, world.case.id, data, intimate=True, agreed=True)
    assert (sealed.id, photographs.listed(world.center, nurse, world.case.id)) == (anew.id, [])
    assert not list((world.center.spool / "uploads").iterdir())


@pytest.mark.starts
def test_one_begun_in_one_place_and_added_again_in_another_begins_anew(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    data = picture(seed=31)
    digest = sha256(data).hexdigest()
    there = AnnouncedFile("photograph", "a.jpg", len(data), digest, exam=exam.id, view="close-up", injury=1)
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, there)
    assert uploads.begin(world.center, nurse, SESSION, world.case.id, there).id == begun.id
    added(world.center, nurse, world.case.id, data, exam=exam.id, view="close-up", injury=2)
    assert list(exam_sets.get(world.center, nurse, exam.id).filled) == [(2, "close-up")]


@pytest.mark.starts
def test_what_is_sealed_as_not_intimate_is_not_said_to_be_there_as_intimate(
    world: World, nurse: Person
) -> None:
    data = picture(seed=32)
    sealed = added(world.center, nurse, world.case.id, data)
    with pytest.raises(NotTaken) as announced:
        added(world.center, nurse, world.case.id, data, intimate=True, agreed=True)
    unannounced = uploads.begin(
        world.center,
        nurse,
        SESSION,
        world.case.id,
        AnnouncedFile("photograph", "b.jpg", len(data), intimate=True, agreed=True),
    )
    uploads.take(world.center, nurse, SESSION, unannounced.id, 0, data)
    with pytest.raises(NotTaken) as found_out:
        uploads.finish(world.center, nurse, SESSION, unannounced.id)
    assert announced.value.code == found_out.value.code == "sealed-not-intimate"
    assert not list((world.center.spool / "uploads").iterdir())
    assert [one.id for one in photographs.listed(world.center, nurse, world.case.id)] == [sealed.id]
    hidden = picture(seed=33)
    first = added(world.center, nurse, world.case.id, hidden, intimate=True, agreed=True)
    again = added(world.center, nurse, world.case.id, hidden)  # what is hidden stays so
    assert (again.id, again.again) == (first.id, True)


@pytest.mark.starts
def test_a_photograph_is_not_said_to_be_there_as_a_document(world: World, nurse: Person) -> None:
    data = picture(seed=34)
    added(world.center, nurse, world.case.id, data)
    with pytest.raises(NotTaken) as refused:
        uploads.begin(
            world.center,
            nurse,
            SESSION,
            world.case.id,
            AnnouncedFile("document", "a.jpg", len(data), sha256(data).hexdigest()),
        )
    assert refused.value.code == "sealed-as-other"


@pytest.mark.starts
def test_a_refused_examination_has_no_set_and_its_record_can_be_written(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    answer = {"decided_by": "self", "form": "oral", "language": "ar", "explained_by": "Person E"}
    refusal = [consent.Answer("examination", "refused")]
    consent.record(world.center, nurse, world.case.id, refusal, **answer)
    data = picture(seed=36)
    place = {"exam": exam.id, "view": "close-up", "injury": 1}
    wanted = AnnouncedFile("photograph", "a.jpg", len(data), sha256(data).hexdigest(), **place)
    for act in (
        partial(exam_sets.open_set, world.center, nurse, world.case.id, "woman"),
        partial(uploads.begin, world.center, nurse, SESSION, world.case.id, wanted),
    ):
        with pytest.raises(NotTaken) as refused:
            act()
        assert refused.value.code == "examination-refused"
    exam_sets.note(world.center, nurse, exam.id, exam_sets.Notes([], [], ["hands"]))
    exam_sets.close(world.center, nurse, exam.id)
    examination_drafts.begin(world.center, nurse, world.case.id, "adult-examination")
    added(world.center, nurse, world.case.id, picture(seed=37))
    consent.record(world.center, nurse, world.case.id, [consent.Answer("examination", "given")], **answer)
    assert exam_sets.open_set(world.center, nurse, world.case.id, "woman").number == 2


@pytest.mark.parametrize(
    ("subject", "cut"), [("photographs", False), ("intimate-photographs", False), ("photographs", True)]
)
def test_one_that_had_come_when_she_took_her_consent_back_is_not_sealed_and_not_kept(
    world: World, nurse: Person, subject: str, cut: bool
) -> None:
    answer = {"decided_by": "self", "form": "oral"}
    said = partial(consent.record, world.center, world.prosecutor, world.case.id, **answer)
    said([consent.Answer(subject, "given")], language="ar", explained_by="Person E")
    data = picture(seed=35)
    wanted = AnnouncedFile(
        "photograph", "a.jpg", len(data), sha256(data).hexdigest(), intimate=True, agreed=True
    )
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)
    uploads.take(world.center, nurse, SESSION, begun.id, 0, data)
    consent.withdraw(world.center, world.prosecutor, world.case.id, subject, **answer)
    with pytest.raises(NotTaken) as refused:
        if cut:
            uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)
        else:
            uploads.finish(world.center, nurse, SESSION, begun.id)
    assert refused.value.code == ("consent-refused" if subject == "photographs" else "intimate-refused")
    assert not list((world.center.spool / "uploads").iterdir())
    assert not chains.chain(world.center, begun.id)
    with pytest.raises(Missing):
        uploads.upload_status(world.center, nurse, begun.id)


def test_what_is_not_what_was_announced_is_refused_and_let_go(world: World, nurse: Person) -> None:
    data = picture()
    announced = AnnouncedFile("photograph", "a.jpg", len(data), "ab" * 32)
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, standing.id, 0, data)
    with pytest.raises(NotTaken) as refused:
        uploads.finish(world.center, nurse, SESSION, standing.id)
    assert refused.value.code == "digest-differs"
    assert not list((world.center.spool / "uploads").iterdir())


@pytest.mark.parametrize(
    ("data", "kind"), [(b"MZ" + bytes(100), "photograph"), (b"%PDF-1.7", "photograph"), (b"hi", "document")]
)
@pytest.mark.starts
def test_what_is_no_picture_or_document_is_refused_by_its_first_bytes(
    world: World, nurse: Person, data: bytes, kind: str
) -> None:
    announced = AnnouncedFile(kind, "a.jpg", len(data))  # type: ignore[arg-type]
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    with pytest.raises(NotTaken):
        uploads.take(world.center, nurse, SESSION, standing.id, 0, data)
    assert not list((world.center.spool / "uploads").iterdir())
    assert world.center.database.scalar(select(func.count()).select_from(Upload)) == 0


@pytest.mark.starts
def test_the_same_file_sent_twice_at_once_is_in_the_case_once(world: World, nurse: Person) -> None:
    data = picture(seed=36)
    announced = AnnouncedFile("photograph", "a.jpg", len(data), sha256(data).hexdigest())
    sessions = [SESSION, "another browser's token"]
    begun = [uploads.begin(world.center, nurse, one, world.case.id, announced) for one in sessions]
    assert len({one.id for one in begun}) == 2
    for one, session in zip(begun, sessions, strict=True):
        uploads.take(world.center, nurse, session, one.id, 0, data)
    finish = partial(uploads.finish, world.center, nurse)
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(finish, sessions, [one.id for one in begun]))
    assert {(one.state, one.number) for one in ended} == {("sealed", 1)}
    assert sorted(one.again for one in ended) == [False, True]
    assert len(photographs.listed(world.center, nurse, world.case.id)) == 1


@pytest.mark.starts
def test_an_upload_that_is_finished_twice_at_once_is_sealed_once(world: World, nurse: Person) -> None:
    data = picture(seed=38)
    announced = AnnouncedFile("photograph", "a.jpg", len(data), sha256(data).hexdigest())
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, begun.id, 0, data)
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda _: uploads.finish(world.center, nurse, SESSION, begun.id), range(2)))
    assert {(one.id, one.state, one.number) for one in ended} == {(begun.id, "sealed", 1)}


@pytest.mark.starts
def test_a_piece_of_a_file_that_was_sealed_meanwhile_is_answered_with_its_number(
    world: World, nurse: Person
) -> None:
    data = picture(seed=37)
    sealed = added(world.center, nurse, world.case.id, data)
    assert uploads.take(world.center, nurse, SESSION, sealed.id, 0, data).number == 1


@pytest.mark.starts
def test_a_picture_that_cannot_be_shown_is_kept(world: World, nurse: Person) -> None:
    sealed = added(world.center, nurse, world.case.id, bomb())
    assert (sealed.state, sealed.shown) == ("sealed", False)
    viewing = gateway.view(world.center, nurse, sealed.id, "review")
    assert content_of(viewing, ORIGINAL) == bomb()


@pytest.mark.parametrize(
    "wanted",
    [
        AnnouncedFile("photograph", "a.jpg", 0),
        AnnouncedFile("photograph", "a.jpg", 2**40),
        AnnouncedFile("photograph", "a" * 256, 10),
        AnnouncedFile("photograph", "a.jpg", 10, "xyz"),
    ],
)
def test_what_cannot_be_is_refused_at_once(world: World, nurse: Person, wanted: AnnouncedFile) -> None:
    with pytest.raises(Refused):
        uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)


def test_pieces_beyond_what_was_announced_or_too_small_are_refused(world: World, nurse: Person) -> None:
    standing = uploads.begin(
        world.center,
        nurse,
        SESSION,
        world.case.id,
        AnnouncedFile("photograph", "../../etc/passwd\n.jpg", 200_000),
    )
    for offset, length in ((0, 200_001), (199_999, 2), (0, 100), (-1, 70_000)):
        with pytest.raises(Refused):
            uploads.take(world.center, nurse, SESSION, standing.id, offset, picture()[:1] * length)


@pytest.mark.starts
def test_roles_without_the_act_neither_add_nor_see(world: World, nurse: Person) -> None:
    sealed = added(world.center, nurse, world.case.id, picture())
    for person in (world.court, world.administrator):
        with pytest.raises(Forbidden):
            photographs.listed(world.center, person, world.case.id)
        with pytest.raises(Forbidden):
            gateway.view(world.center, person, sealed.id, "review")
    with pytest.raises(Forbidden):
        added(world.center, world.prosecutor, world.case.id, picture(seed=1))
    [seen] = photographs.listed(world.center, world.prosecutor, world.case.id)
    assert seen.id == sealed.id


@pytest.mark.starts
def test_small_pictures_of_a_case_are_stated_once_and_intimate_ones_are_not_among_them(
    world: World, nurse: Person
) -> None:
    one = added(world.center, nurse, world.case.id, picture(seed=1))
    hidden = added(world.center, nurse, world.case.id, picture(seed=2), intimate=True, agreed=True)
    viewing = small_pictures.look(world.center, nurse, world.case.id)
    assert small_pictures.look(world.center, nurse, world.case.id) == viewing
    [small] = small_pictures.small(world.center, nurse, viewing, [one.id, hidden.id])
    opened = check_record(small.record, open_with_message_key(small.key, small.message))
    assert (small.id, opened[:2]) == (one.id, b"\xff\xd8")
    stated = [
        SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, world.case.id).values()
    ]
    looked = [one.body for one in stated if one.type == "photographs.viewed"]
    assert looked == [{"count": 1}]
    assert [one.id for one in photographs.listed(world.center, nurse, world.case.id)] == [one.id]
    with pytest.raises(Forbidden):
        gateway.view(world.center, nurse, hidden.id, "review")
    with pytest.raises(Missing):
        small_pictures.small(world.center, world.prosecutor, viewing, [one.id])


@pytest.mark.starts
def test_what_was_sealed_after_the_statement_is_stated_anew_whatever_the_clocks_say(
    world: World, nurse: Person
) -> None:
    added(world.center, nurse, world.case.id, picture(seed=1))
    viewing = small_pictures.look(world.center, nurse, world.case.id)
    later = added(world.center, nurse, world.case.id, picture(seed=2))
    with world.center.database.begin() as session:  # its machine's clock is an hour behind
        session.get_one(Evidence, later.id).sealed_at = now() - timedelta(hours=1)
    assert len(small_pictures.small(world.center, nurse, viewing, [later.id])) == 1
    stated = [
        SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, world.case.id).values()
    ]
    looked = [one.body for one in stated if one.type == "photographs.viewed"]
    assert looked == [{"count": 1}, {"count": 2}]


@pytest.mark.starts
def test_one_without_a_small_picture_is_left_out_and_the_others_are_shown(
    world: World, nurse: Person
) -> None:
    unshown = added(world.center, nurse, world.case.id, bomb())
    shown = added(world.center, nurse, world.case.id, picture())
    with world.center.database.begin() as session:  # as after a rebuild, which cannot know it
        session.get_one(Photograph, unshown.id).shown = True
    viewing = small_pictures.look(world.center, nurse, world.case.id)
    found = small_pictures.small(world.center, nurse, viewing, [unshown.id, shown.id])
    assert [one.id for one in found] == [shown.id]


@pytest.mark.starts
def test_one_that_was_whole_when_the_service_died_is_completed_at_the_start(
    world: World, nurse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture(seed=5)
    announced = AnnouncedFile("photograph", "a.jpg", len(data))
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, standing.id, 0, data)

    def dies(*_: object) -> UploadStatus:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "_become_evidence", dies)
        with pytest.raises(RuntimeError):
            uploads.finish(world.center, nurse, SESSION, standing.id)
    again = world.opened_again()
    uploads.clear(again)
    [seen] = photographs.listed(again, nurse, world.case.id)
    assert (seen.id, seen.format) == (standing.id, "jpeg")
    with again.database() as session:
        assert session.get(Upload, standing.id) is None


def test_one_is_removed_a_week_after_its_last_piece_and_not_before(world: World, nurse: Person) -> None:
    data = picture(seed=6)
    announced = AnnouncedFile("photograph", "a.jpg", 2 * uploads.LEAST_PIECE)
    arriving = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    abandoned = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    week_ago = (now() - uploads.UNFINISHED_FOR - timedelta(minutes=1)).timestamp()
    root = uploads_area(world.center.spool).root
    for upload in (arriving, abandoned):
        for path in (root / upload.id).iterdir():
            os.utime(path, (week_ago, week_ago))
    uploads.take(world.center, nurse, SESSION, arriving.id, 0, data.ljust(uploads.LEAST_PIECE))
    uploads.clear(world.center)
    assert [one.name for one in root.iterdir()] == [arriving.id]
    assert uploads.upload_status(world.center, nurse, arriving.id).received == uploads.LEAST_PIECE
    with pytest.raises(Missing):
        uploads.upload_status(world.center, nurse, abandoned.id)


@pytest.mark.starts
def test_one_that_cannot_be_completed_keeps_no_other_and_no_start_waiting(
    world: World, nurse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "_become_evidence", Mock(side_effect=RuntimeError))
        for seed in (21, 22):
            data = picture(seed=seed)
            announced = AnnouncedFile("photograph", "a.jpg", len(data))
            standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
            uploads.take(world.center, nurse, SESSION, standing.id, 0, data)
            with pytest.raises(RuntimeError):
                uploads.finish(world.center, nurse, SESSION, standing.id)
            begun.append(standing.id)
    manifest = world.center.spool / begun[0] / "manifest"
    manifest.chmod(0o600)
    manifest.write_bytes(b"{}")
    uploads.clear(world.center)
    assert [one.id for one in photographs.listed(world.center, nurse, world.case.id)] == begun[1:]


@pytest.mark.starts
def test_one_that_broke_off_when_it_was_stated_keeps_its_number(
    world: World, nurse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAway("the database does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(SealedFile, "row", away)
        with pytest.raises(DatabaseAway):
            added(world.center, nurse, world.case.id, picture(seed=1))
    assert added(world.center, nurse, world.case.id, picture(seed=2)).number == 2
    assert added(world.center, nurse, world.case.id, picture(seed=1)).number == 1


@pytest.mark.starts
def test_one_whose_finish_broke_off_is_gone_on_with_and_is_neither_twice_nor_given_up(
    world: World, nurse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture(seed=6)
    announced = AnnouncedFile("photograph", "a.jpg", len(data), sha256(data).hexdigest())
    standing = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    uploads.take(world.center, nurse, SESSION, standing.id, 0, data)

    def away(*_: object) -> UploadStatus:
        raise DatabaseAway("the ledger does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "_become_evidence", away)
        with pytest.raises(DatabaseAway):
            uploads.finish(world.center, nurse, SESSION, standing.id)
    asked = uploads.begin(world.center, nurse, SESSION, world.case.id, announced)
    assert (asked.id, asked.received, asked.state) == (standing.id, len(data), "arriving")
    assert uploads.upload_status(world.center, nurse, standing.id) == asked
    with pytest.raises(WrongState):
        uploads.give_up(world.center, nurse, standing.id)
    with pytest.raises(NotTaken) as otherwise:  # nothing says any more that it is intimate
        added(world.center, nurse, world.case.id, data, intimate=True, agreed=True)
    assert otherwise.value.code == "begun-otherwise"
    assert uploads.finish(world.center, nurse, SESSION, standing.id).number == 1
    assert [one.id for one in photographs.listed(world.center, nurse, world.case.id)] == [standing.id]


@pytest.mark.starts
def test_it_is_in_both_copies_and_each_is_read_again(copied: Copied) -> None:
    world = copied.world
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    sealed = added(copied.center, examiner, world.case.id, noise(1_200_000))
    carry(copied.center)
    for copy in copied.center.stores:
        scrubbed = scrub.scrub(copied.center, copy, sealed.id)
        assert scrubbed.reading.whole
        assert not scrubbed.reading.findings
        assert scrubbed.position is not None
