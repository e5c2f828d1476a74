from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from casework.cases import cases
from casework.database.models import Exam, Person, Role
from casework.errors import Forbidden, Missing, NotesMovedOn, NotTaken, Refused, SetClosed, VaultLocked
from casework.ledger import chains
from casework.people import people
from casework.photographs import exam_sets, uploads
from casework.photographs.exam_sets import IDENTIFYING, VIEWS, Injury, Notes
from casework.photographs.uploads import AnnouncedFile
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.casework_world import World
from tests.support.media.made_pictures import picture
from tests.support.people.adding import SESSION, added

BRUISE = Injury("front", "right-chest", 400, 300, "bruise", "oval, 30 mm, blue")
UNSAID = Injury("hands", "left-palm-thumb", 1, 999, "")


@pytest.fixture
def nurse(world: World) -> Person:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, examiner.id)
    return examiner


@pytest.mark.starts
def test_a_set_says_which_pictures_are_still_missing(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    assert exam_sets.get(world.center, nurse, exam.id).missing == [(None, IDENTIFYING)]
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))
    added(world.center, nurse, world.case.id, picture(seed=1), exam=exam.id, view=IDENTIFYING)
    for seed, view in enumerate(VIEWS[:4]):
        added(world.center, nurse, world.case.id, picture(seed=10 + seed), exam=exam.id, view=view, injury=1)
    assert exam_sets.get(world.center, nurse, exam.id).missing == [(1, "colour-card")]


def test_where_and_what_injuries_are_is_sealed_and_the_ledger_has_counts(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "girl")
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE], ["head", "back", "head"], ["feet"]))
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE, UNSAID]))
    exam_sets.close(world.center, nurse, exam.id)
    exam_sets.close(world.center, nurse, exam.id)
    leaves = chains.chain(world.center, exam.id).values()
    said = [SignedStatement.parse(leaf).statement for leaf in leaves]
    assert [(one.type, one.body) for one in said] == [
        ("exam.opened", {}),
        ("exam.noted", {"injuries": 1, "regions": 3}),
        ("exam.noted", {"injuries": 2, "regions": 2}),
        ("exam.closed", {"missing": 11}),
    ]
    written = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    assert b"oval, 30 mm" not in written
    leaves = list(chains.chain(world.center, exam.id).values())
    assert not any(b"girl" in leaf for leaf in leaves)  # nor what the person is
    assert exam_sets.get(world.center, world.prosecutor, exam.id).notes == Notes([BRUISE, UNSAID], [])


def test_the_figure_is_read_from_the_sealed_details_where_its_row_has_none(
    world: World, nurse: Person
) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "girl")
    with world.center.database.begin() as session:
        session.get_one(Exam, exam.id).figure = None  # as after a rebuild from the ledger alone
    found = exam_sets.get(world.center, nurse, exam.id)
    assert (found.figure, found.locked) == ("girl", False)
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))
    world.center.keyholder.lock()
    found = exam_sets.get(world.center, nurse, exam.id)
    assert (found.figure, found.locked) == (None, True)
    with pytest.raises(VaultLocked):
        exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))


def test_a_removed_injury_keeps_its_number_and_is_missing_no_picture(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE, UNSAID]))
    wrong = replace(UNSAID, removed="of another person")
    exam_sets.note(world.center, nurse, exam.id, Notes([wrong, BRUISE], ["hands"]))
    found = exam_sets.get(world.center, nurse, exam.id)
    assert (found.noted, found.regions, found.notes) == (2, 2, Notes([wrong, BRUISE], ["hands"]))
    assert {injury for injury, _ in found.missing} == {None, 2}
    with pytest.raises(Refused):
        exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))


def test_that_she_agreed_is_kept_with_the_injury(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    notes = Notes([replace(BRUISE, side="genital", region="perineum", intimate=True, agreed=True)], [])
    exam_sets.note(world.center, nurse, exam.id, notes)
    exam_sets.close(world.center, nurse, exam.id)
    assert exam_sets.get(world.center, world.prosecutor, exam.id).notes == notes


def test_while_the_vault_is_locked_notes_are_kept_and_not_read(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    world.keyholder.lock()
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))
    found = exam_sets.get(world.center, nurse, exam.id)
    assert (found.notes, found.locked, found.noted, found.regions) == (None, True, 1, 1)


def test_notes_of_two_devices_do_not_write_over_each_other(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    assert exam_sets.get(world.center, nurse, exam.id).newest == 0
    first = exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]), base=0)
    assert exam_sets.get(world.center, nurse, exam.id).newest == first
    second = exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE, UNSAID]), base=first)
    for stale in (0, first):
        with pytest.raises(NotesMovedOn):
            exam_sets.note(world.center, nurse, exam.id, Notes([UNSAID, UNSAID]), base=stale)
    found = exam_sets.get(world.center, nurse, exam.id)
    assert (found.notes, found.newest) == (Notes([BRUISE, UNSAID], []), second)


@pytest.mark.parametrize(
    "notes",
    [
        Notes(),
        Notes([Injury("nowhere", "face", 1, 1, "")]),
        Notes([Injury("front", "tongue", 1, 1, "")]),
        Notes([Injury("front", "right-chest", 1001, 1, "")]),
        Notes([Injury("front", "right-chest", 1, 1, "a word of one's own")]),
        Notes([Injury("front", "right-chest", 1, 1, "", "w" * 2001)]),
        Notes([Injury("front", "right-chest", 1, 1, "", agreed=True)]),
        Notes([Injury("front", "right-chest", 1, 1, "", removed="w" * 2001)]),
        Notes([Injury("front", "right-chest", 1, 1, "", size="9" * 65)]),
        Notes([BRUISE] * 100),
        Notes([BRUISE], ["nowhere"]),
        Notes([BRUISE], ["front"]),
        Notes([BRUISE], [], ["front"]),
        Notes([BRUISE], ["back"], ["back"]),
        Notes([BRUISE], [], ["nowhere"]),
    ],
)
def test_notes_that_make_no_sense_or_lose_an_injury_are_refused(
    world: World, nurse: Person, notes: Notes
) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))
    with pytest.raises(Refused):
        exam_sets.note(world.center, nurse, exam.id, notes)


@pytest.mark.parametrize(
    ("view", "injury"), [("identifying", 1), ("orientation", None), ("panorama", 1), ("orientation", 100)]
)
def test_a_picture_that_no_set_has_is_refused(
    world: World, nurse: Person, view: str, injury: int | None
) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    wanted = AnnouncedFile("photograph", "a.jpg", 10, exam=exam.id, view=view, injury=injury)
    with pytest.raises(Refused):
        uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)


def test_into_a_closed_set_or_anothers_nothing_is_added(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    exam_sets.close(world.center, nurse, exam.id)
    wanted = AnnouncedFile("photograph", "a.jpg", 10, exam=exam.id, view=IDENTIFYING)
    with pytest.raises(SetClosed):
        uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)
    with pytest.raises(SetClosed):
        exam_sets.note(world.center, nurse, exam.id, Notes([BRUISE]))
    other = cases.open_case(world.center, nurse)
    with pytest.raises(Missing):
        uploads.begin(world.center, nurse, SESSION, other.id, wanted)
    with pytest.raises(Missing):
        exam_sets.open_set(world.center, nurse, other.id, "woman", follows=exam.id)


@pytest.mark.starts
def test_one_that_had_begun_when_the_set_was_closed_is_still_sealed(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    data = picture(seed=4)
    digest = sha256(data).hexdigest()
    wanted = AnnouncedFile("photograph", "a.jpg", len(data), digest, exam=exam.id, view=IDENTIFYING)
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)
    exam_sets.close(world.center, nurse, exam.id)
    assert uploads.begin(world.center, nurse, SESSION, world.case.id, wanted).id == begun.id  # after a cut
    uploads.take(world.center, nurse, SESSION, begun.id, 0, data)
    assert uploads.finish(world.center, nurse, SESSION, begun.id).state == "sealed"
    assert uploads.begin(world.center, nurse, SESSION, world.case.id, wanted).number == 1


@pytest.mark.starts
def test_an_injury_with_an_intimate_picture_takes_no_others(world: World, nurse: Person) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    hidden: dict[str, object] = {"intimate": True, "agreed": True}
    there = {"exam": exam.id, "injury": 1}
    added(world.center, nurse, world.case.id, picture(seed=1), view="orientation", **there)
    assert exam_sets.get(world.center, nurse, exam.id).intimate == frozenset()
    added(world.center, nurse, world.case.id, picture(seed=2), view="close-up", **there, **hidden)
    world.keyholder.lock()
    assert exam_sets.get(world.center, nurse, exam.id).intimate == {1}
    with pytest.raises(NotTaken) as refused:
        added(world.center, nurse, world.case.id, picture(seed=3), view="mid-range", **there)
    assert refused.value.code == "intimate-injury"
    added(world.center, nurse, world.case.id, picture(seed=3), view="mid-range", **there, **hidden)
    other = {"exam": exam.id, "injury": 2}
    added(world.center, nurse, world.case.id, picture(seed=4), view="mid-range", **other)
    filled = exam_sets.get(world.center, nurse, exam.id).filled
    assert set(filled) == {(1, "orientation"), (1, "close-up"), (1, "mid-range"), (2, "mid-range")}


@pytest.mark.starts
def test_one_that_had_begun_when_the_injury_became_intimate_is_not_sealed_for_all(
    world: World, nurse: Person
) -> None:
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    data = picture(seed=5)
    wanted = AnnouncedFile("photograph", "a.jpg", len(data), exam=exam.id, view="close-up", injury=1)
    begun = uploads.begin(world.center, nurse, SESSION, world.case.id, wanted)
    uploads.take(world.center, nurse, SESSION, begun.id, 0, data)
    there = {"exam": exam.id, "view": "mid-range", "injury": 1}
    added(world.center, nurse, world.case.id, picture(seed=6), intimate=True, agreed=True, **there)
    with pytest.raises(NotTaken) as refused:
        uploads.finish(world.center, nurse, SESSION, begun.id)
    assert refused.value.code == "intimate-injury"
    assert not list((world.center.spool / "uploads").iterdir())


def test_who_may_not_add_photographs_begins_no_set(world: World, nurse: Person) -> None:
    with pytest.raises(Forbidden):
        exam_sets.open_set(world.center, world.prosecutor, world.case.id, "woman")
    exam = exam_sets.open_set(world.center, nurse, world.case.id, "woman")
    with pytest.raises(Forbidden):
        exam_sets.get(world.center, world.administrator, exam.id)
    with pytest.raises(Forbidden):
        exam_sets.close(world.center, world.prosecutor, exam.id)
