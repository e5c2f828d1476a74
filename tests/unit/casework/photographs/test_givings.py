"""The same file, given again: stated in its chain, with who gave it, where and on which basis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.cases import cases
from casework.clock import now
from casework.database.models import Evidence, Person, Role, SealedDetails, Upload
from casework.errors import LedgerAway, NotTaken
from casework.ledger import chains, sealed_details
from casework.people import people
from casework.photographs import file_requests, givings, uploads
from casework.photographs.givings import AGAIN
from casework.photographs.received_files import Origin
from casework.photographs.uploads import AnnouncedFile, UploadStatus
from chain_of_custody.statements.statement import SignedStatement, Statement
from tests.support.centers.casework_world import World
from tests.support.people.adding import SESSION, added
from tests.support.people.granting import granted

DATA = b"\0\0\0\x18ftypmp42" + bytes(100_000)
NEIGHBOUR = Origin("person", "Person B, her neighbour", "the police station", "a telephone")
BROTHER = Origin(
    "seizure", "Person C, his brother", "his flat", "a computer", "order 14/2026", "it was hidden"
)


def given(
    world: World, origin: Origin, by: Person | None = None, session: str = SESSION, data: bytes = DATA
) -> UploadStatus:
    """A whole file, or one that the case has."""
    person, digest = by or world.prosecutor, sha256(data).hexdigest()
    announced = AnnouncedFile("received", "a.mp4", len(data), digest, origin=origin)
    status = uploads.begin(world.center, person, session, world.case.id, announced)
    if status.state == "sealed":
        return status
    uploads.take(world.center, person, session, status.id, 0, data)
    return uploads.finish(world.center, person, session, status.id)


def begun(world: World, origin: Origin, by: Person) -> UploadStatus:
    """A file of which all bytes have arrived."""
    announced = AnnouncedFile("received", "a.mp4", len(DATA), sha256(DATA).hexdigest(), origin=origin)
    status = uploads.begin(world.center, by, SESSION, world.case.id, announced)
    return uploads.take(world.center, by, SESSION, status.id, 0, DATA)


def colleague(world: World) -> Person:
    person = people.add(world.center, world.administrator, "Person I", Role.INTERVIEWER, "police")
    cases.give(world.center, world.prosecutor, world.case.id, person.id)
    return person


def statements(world: World, file: str) -> list[Statement]:
    return [SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, file).values()]


def texts(world: World, file: str) -> list[Any]:
    return [one.texts for one in givings.stated(world.center, world.prosecutor, file)]


def kept(world: World) -> int:
    """How many sealed details there are."""
    return world.center.database.scalar(select(func.count()).select_from(SealedDetails)) or 0


def test_a_second_giving_is_stated_in_the_chain_of_the_file_with_the_same_facts_as_the_first(
    world: World,
) -> None:
    first = given(world, NEIGHBOUR)
    police = colleague(world)
    second = given(world, BROTHER, by=police)
    assert (second.id, second.number, second.again, second.stated) == (first.id, first.number, True, True)
    sealed, again = statements(world, first.id)
    assert (again.type, again.actor.id, again.purpose) == (AGAIN, police.id, sealed.purpose)
    assert again.body == {"source": "seizure"}
    assert again.details is not None
    [details] = sealed_details.read(world.center, world.case, [again.details]).values()
    assert details == {"name": "Person I", **BROTHER.details(), "sha256": sha256(DATA).hexdigest()}
    one, other = givings.stated(world.center, world.prosecutor, first.id)
    assert (one.source, one.name, one.texts) == ("person", "Person P", NEIGHBOUR.details())
    assert (other.source, other.name, other.texts) == ("seizure", "Person I", BROTHER.details())
    assert not (one.by_link or other.by_link)
    with world.center.database() as session:
        assert session.scalar(select(func.count()).select_from(Evidence)) == 1


def test_who_states_the_same_again_adds_nothing_to_the_ledger_and_nothing_to_the_details(
    world: World,
) -> None:
    first = given(world, NEIGHBOUR)
    given(world, BROTHER)
    before, size = kept(world), world.center.ledger.size
    repeated = given(world, NEIGHBOUR, session="another session")
    assert (repeated.id, repeated.again, repeated.stated) == (first.id, True, False)
    assert given(world, BROTHER, session="another session").stated
    assert (kept(world), world.center.ledger.size) == (before, size)


def test_the_same_words_of_another_person_are_another_giving(world: World) -> None:
    first = given(world, NEIGHBOUR)
    assert given(world, NEIGHBOUR, by=colleague(world)).stated
    assert texts(world, first.id) == [NEIGHBOUR.details()] * 2


def test_while_the_vault_is_locked_a_giving_is_stated_without_comparing(world: World) -> None:
    first = given(world, NEIGHBOUR)
    world.keyholder.lock()
    assert given(world, NEIGHBOUR).stated
    assert [one.texts for one in givings.stated(world.center, world.prosecutor, first.id)] == [{}, {}]
    assert [one.type for one in statements(world, first.id)] == ["evidence.received", AGAIN]


def test_two_who_send_it_at_the_same_time_are_both_stated(world: World) -> None:
    police = colleague(world)
    mine, theirs = begun(world, NEIGHBOUR, world.prosecutor), begun(world, BROTHER, police)
    first = uploads.finish(world.center, world.prosecutor, SESSION, mine.id)
    second = uploads.finish(world.center, police, SESSION, theirs.id)
    assert (second.id, second.again, second.stated) == (first.id, True, True)
    assert texts(world, first.id) == [NEIGHBOUR.details(), BROTHER.details()]
    with world.center.database() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 0


def interrupted(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Person, str, str]:
    """A second giving that is stated, and whose upload is still there since the machine went down; who gave
    it, their upload, and the file."""
    police = colleague(world)
    theirs = begun(world, BROTHER, police)
    first = given(world, NEIGHBOUR)

    def cut(*_: object) -> None:
        raise LedgerAway("the machine went down")

    with monkeypatch.context() as down, pytest.raises(LedgerAway):
        down.setattr(uploads, "_forget", cut)
        uploads.finish(world.center, police, SESSION, theirs.id)
    return police, theirs.id, first.id


def test_a_giving_that_is_stated_keeps_its_details_though_its_upload_is_discarded_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    police, upload, file = interrupted(world, monkeypatch)
    uploads.give_up(world.center, police, upload)
    assert texts(world, file) == [NEIGHBOUR.details(), BROTHER.details()]


def test_a_finish_that_is_repeated_after_a_failure_states_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    police, upload, file = interrupted(world, monkeypatch)
    assert uploads.finish(world.center, police, SESSION, upload).stated
    assert [one.type for one in statements(world, file)] == ["evidence.received", AGAIN]


def test_the_same_one_announced_twice_at_once_is_stated_once(world: World) -> None:
    first = given(world, NEIGHBOUR)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: given(world, BROTHER), range(4)))
    assert all(one.stated for one in answers)
    assert [one.type for one in statements(world, first.id)] == ["evidence.received", AGAIN]


def test_a_document_that_is_added_again_is_no_giving(world: World) -> None:
    paper = b"%PDF-1.7\n" + bytes(2000)
    added(world.center, world.prosecutor, world.case.id, paper, kind="document")
    size = world.center.ledger.size
    again = added(world.center, world.prosecutor, world.case.id, paper, kind="document")
    assert (again.again, again.stated, world.center.ledger.size) == (True, False, size)


def test_a_grant_shows_nothing_of_who_gave_it(world: World) -> None:
    first = given(world, NEIGHBOUR)
    given(world, BROTHER)
    granted(world.center, world.prosecutor, world.case.id, world.court, items=None)
    assert givings.stated(world.center, world.court, first.id) == []


# --- by a link ----------------------------------------------------------------------------------------------


def sent(world: World, token: str, origin: Origin) -> UploadStatus:
    announced = AnnouncedFile("received", "a.mp4", len(DATA), sha256(DATA).hexdigest(), origin=origin)
    status = file_requests.begin(world.center, token, announced)
    if status.state == "sealed":
        return status
    file_requests.take(world.center, token, status.id, 0, DATA)
    return file_requests.finish(world.center, token, status.id)


def asked(world: World) -> file_requests.Asked:
    return file_requests.ask(
        world.center,
        world.prosecutor,
        world.case.id,
        giver="A hospital",
        source="organisation",
        until=now() + timedelta(days=1),
        most=10**9,
    )


def test_one_that_is_sent_again_by_its_link_from_elsewhere_is_stated_with_the_request(world: World) -> None:
    made = asked(world)
    disc, telephone = (Origin("person", "Records office", device=device) for device in ("DVD 1", "DVD 2"))
    first = sent(world, made.token, disc)
    answers = [sent(world, made.token, one) for one in (disc, telephone, telephone)]
    assert {(one.id, one.again, one.stated, one.number) for one in answers} == {(first.id, True, False, None)}
    _, again = statements(world, first.id)
    assert (again.type, again.actor.role) == (AGAIN, "system")
    assert again.body == {"request": made.request.id, "source": "organisation"}
    assert [one.by_link for one in givings.stated(world.center, world.prosecutor, first.id)] == [True, True]


def test_a_link_gives_the_same_answers_whether_the_case_has_the_file_or_not(world: World) -> None:
    unknown = sent(world, asked(world).token, NEIGHBOUR)
    given(world, BROTHER)  # now the case has it twice: by a link, and from a person
    known = sent(world, asked(world).token, NEIGHBOUR)
    assert {**vars(known), "id": ""} == {**vars(unknown), "id": ""}
    assert [len(statements(world, one.id)) for one in (unknown, known)] == [2, 1]


def test_who_has_a_link_cannot_make_statements_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_requests, "MOST_FILES", 3)
    made = asked(world)
    first = sent(world, made.token, Origin("person", "Person D", said="0"))
    with pytest.raises(NotTaken) as refused:
        for number in range(1, 9):
            sent(world, made.token, Origin("person", "Person D", said=str(number)))
    assert refused.value.code == "request-full"
    assert len(statements(world, first.id)) == 1 + 3
