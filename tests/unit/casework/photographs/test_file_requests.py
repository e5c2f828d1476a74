from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, update

from casework.cases import cases
from casework.clock import now
from casework.database.models import FileRequest, Photograph, Role, SealedDetails, Upload
from casework.errors import Forbidden, LedgerAway, Missing, NotSignedIn, NotTaken, Refused
from casework.interviews import opened_in_error
from casework.ledger import chains, custody_log
from casework.people import people
from casework.photographs import file_requests, givings, received_files, uploads
from casework.photographs.received_files import Origin
from casework.photographs.uploads import AnnouncedFile, UploadStatus
from casework.sealing.staging import uploads_area
from chain_of_custody.statements.statement import SignedStatement, Statement
from tests.support.centers.casework_world import World
from tests.support.people.adding import SESSION, added

MB = 1000 * 1000
DATA = b"\0\0\0\x18ftypmp42" + bytes(100_000)


def asked(world: World, **other: Any) -> file_requests.Asked:
    wanted = {"giver": "A telephone company", "source": "organisation", "until": now() + timedelta(days=7)}
    return file_requests.ask(
        world.center, world.prosecutor, world.case.id, **{**wanted, "most": 10 * MB, **other}
    )


def announced(data: bytes) -> AnnouncedFile:
    origin = Origin("person", "Person C, of the company")
    return AnnouncedFile("received", "a.mp4", len(data), sha256(data).hexdigest(), origin=origin)


def sent(world: World, token: str, data: bytes = DATA) -> UploadStatus:
    status = file_requests.begin(world.center, token, announced(data))
    if status.state == "sealed":
        return status
    file_requests.take(world.center, token, status.id, 0, data)
    return file_requests.finish(world.center, token, status.id)


def statements(world: World, about: str) -> list[Statement]:
    return [SignedStatement.parse(leaf).statement for leaf in chains.chain(world.center, about).values()]


@pytest.mark.starts
def test_what_comes_by_a_link_is_stated_by_the_center_with_its_request_and_not_as_its_makers(
    world: World,
) -> None:
    made = asked(world)
    status = sent(world, made.token)
    assert (status.state, status.number) == ("sealed", None)
    [statement] = statements(world, status.id)
    assert statement.actor.role == "system"
    assert (statement.body["request"], statement.body["source"]) == (made.request.id, "organisation")
    [listed] = received_files.listed(world.center, world.prosecutor, world.case.id)
    assert (listed.id, listed.source) == (status.id, "organisation")
    [stated] = givings.stated(world.center, world.prosecutor, status.id)
    assert (stated.by_link, stated.texts) == (True, {"giver": "Person C, of the company"})


def test_making_and_withdrawing_one_is_stated_in_the_case(world: World) -> None:
    made = asked(world)
    assert file_requests.givers(world.center, world.prosecutor, world.case.id) == {
        made.request.id: "A telephone company"
    }
    assert [one.id for one in file_requests.open_requests(world.center, world.prosecutor, world.case.id)] == [
        made.request.id
    ]
    for _ in range(2):
        file_requests.withdraw(world.center, world.prosecutor, made.request.id)
    assert file_requests.open_requests(world.center, world.prosecutor, world.case.id) == []
    types = [one.type for one in statements(world, world.case.id)]
    assert types[-2:] == ["evidence.requested", "request.withdrawn"]
    with pytest.raises(NotSignedIn):
        file_requests.admitted(world.center, made.token)


def test_it_counts_until_it_ends_and_while_its_maker_may_add_files(world: World) -> None:
    made = asked(world)
    assert file_requests.admitted(world.center, made.token).id == made.request.id
    with pytest.raises(NotSignedIn):
        file_requests.admitted(world.center, made.token[:-1])
    nurse = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(world.center, world.prosecutor, world.case.id, nurse.id)
    hers = file_requests.ask(
        world.center,
        nurse,
        world.case.id,
        giver="Person D",
        source="person",
        until=now() + timedelta(days=1),
        most=MB,
    )
    cases.withdraw(world.center, world.prosecutor, world.case.id, nurse.id)
    with pytest.raises(NotSignedIn):
        file_requests.admitted(world.center, hers.token)
    with world.center.database.begin() as session:
        session.execute(update(FileRequest).values(ends_at=now()))
    with pytest.raises(NotSignedIn):
        file_requests.admitted(world.center, made.token)


def test_withdrawing_one_twice_at_once_is_stated_once(world: World) -> None:
    made = asked(world)
    with ThreadPoolExecutor(4) as pool:
        for done in [
            pool.submit(file_requests.withdraw, world.center, world.prosecutor, made.request.id)
            for _ in range(4)
        ]:
            assert done.result().id == made.request.id
    stated = [one.type for one in statements(world, world.case.id)]
    assert stated.count("request.withdrawn") == 1


@pytest.mark.parametrize("how", ["withdrawn", "ended"])
def test_what_did_not_arrive_before_it_was_over_is_removed(world: World, how: str) -> None:
    made, other = asked(world), asked(world)
    unfinished = file_requests.begin(world.center, made.token, announced(DATA))
    going_on = file_requests.begin(world.center, other.token, announced(DATA[:-1]))
    if how == "withdrawn":
        file_requests.withdraw(world.center, world.prosecutor, made.request.id)
    else:
        with world.center.database.begin() as session:
            session.get_one(FileRequest, made.request.id).ends_at = now()
    uploads.clear(world.center)
    with world.center.database() as session:
        assert [one.id for one in session.scalars(select(Upload))] == [going_on.id]
        [kept] = session.scalars(select(Upload.details))
        assert kept in set(session.scalars(select(SealedDetails.commitment)))
    folders = [one.name for one in uploads_area(world.center.spool).root.iterdir()]
    assert unfinished.id not in folders and going_on.id in folders


def test_it_ends_when_its_case_is_voided(world: World) -> None:
    made = asked(world)
    opened_in_error.void_case(world.center, world.prosecutor, world.case.id, "duplicate")
    with pytest.raises(NotSignedIn):
        file_requests.admitted(world.center, made.token)


def test_no_more_bytes_are_taken_than_it_allows(world: World) -> None:
    made = asked(world, most=len(DATA) + 10)
    sent(world, made.token)
    assert sent(world, made.token).state == "sealed"  # the same file again
    with pytest.raises(NotTaken) as refused:
        file_requests.begin(world.center, made.token, announced(DATA[:-1] + b"1"))
    assert refused.value.code == "request-full"


def test_no_more_files_are_taken_than_a_link_allows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_requests, "MOST_FILES", 2)
    made = asked(world)
    for size in (1000, 1001):
        file_requests.begin(world.center, made.token, announced(DATA[:size]))
    file_requests.begin(world.center, made.token, announced(DATA[:1001]))  # the same once more
    with pytest.raises(NotTaken) as refused:
        file_requests.begin(world.center, made.token, announced(DATA[:1002]))
    assert refused.value.code == "request-full"


def test_files_that_are_announced_at_once_count_each_other(world: World) -> None:
    made = asked(world, most=len(DATA) + 10)

    def begin(number: int) -> str:
        try:
            return file_requests.begin(world.center, made.token, announced(DATA[:-1] + bytes([number]))).state
        except NotTaken as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(begin, range(8)))
    assert sorted(outcomes) == ["arriving", *["request-full"] * 7]


@pytest.mark.starts
def test_whoever_has_a_link_learns_nothing_of_what_the_case_has(world: World) -> None:
    origin = Origin("person", "Person B")
    here = added(world.center, world.prosecutor, world.case.id, DATA, kind="received", origin=origin)
    made, other = asked(world), asked(world)
    status = file_requests.begin(world.center, made.token, announced(DATA))
    assert (status.state, status.received) == ("arriving", 0)  # as if the case had not had it already
    for token, about in ((made.token, here.id), (other.token, status.id)):
        with pytest.raises(Missing):
            file_requests.finish(world.center, token, about)
        with pytest.raises(Missing):
            file_requests.take(world.center, token, about, 0, DATA)
    file_requests.take(world.center, made.token, status.id, 0, DATA)
    sealed = file_requests.finish(world.center, made.token, status.id)
    assert (sealed.again, sealed.number) == (False, None)
    with world.center.database() as session:
        assert session.get_one(Photograph, sealed.id).request_id == made.request.id


def test_what_its_maker_or_another_request_has_begun_is_not_seen_by_a_link(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = uploads.begin(world.center, world.prosecutor, SESSION, world.case.id, announced(DATA))
    uploads.take(world.center, world.prosecutor, SESSION, begun.id, 0, DATA)

    def unreachable(*_: object) -> None:
        raise LedgerAway("no answer")

    with monkeypatch.context() as cut, pytest.raises(LedgerAway):
        cut.setattr(custody_log, "append", unreachable)
        uploads.finish(world.center, world.prosecutor, SESSION, begun.id)  # now it needs no key any more
    sealed = sent(world, asked(world).token)
    assert (sealed.state, sealed.id != begun.id) == ("sealed", True)
    assert uploads.finish(world.center, world.prosecutor, SESSION, begun.id).state == "sealed"


def test_unfinished_files_of_a_link_leave_its_maker_and_other_links_theirs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UNFINISHED", 1)
    made, other = asked(world), asked(world)
    file_requests.begin(world.center, made.token, announced(DATA))
    with pytest.raises(NotTaken) as refused:
        file_requests.begin(world.center, made.token, announced(DATA[:-1]))
    assert refused.value.code == "too-many-uploads"
    assert file_requests.begin(world.center, other.token, announced(DATA)).received == 0
    uploads.begin(world.center, world.prosecutor, SESSION, world.case.id, announced(DATA))


@pytest.mark.parametrize(
    "wrong",
    [
        {"giver": ""},
        {"source": "elsewhere"},
        {"until": now()},
        {"until": now() + timedelta(days=91)},
        {"most": 0},
    ],
    ids=["nobody", "source", "ended", "too long", "nothing"],
)
def test_a_request_that_makes_no_sense_is_refused_and_states_nothing(
    world: World, wrong: dict[str, Any]
) -> None:
    before = world.center.ledger.size
    with pytest.raises(Refused):
        asked(world, **wrong)
    assert world.center.ledger.size == before


def test_others_make_and_withdraw_none(world: World) -> None:
    made = asked(world)
    outsider = people.add(world.center, world.administrator, "Person O", Role.PROSECUTOR, "office")
    for person in (outsider, world.court):
        with pytest.raises(Forbidden):
            file_requests.withdraw(world.center, person, made.request.id)
        with pytest.raises(Forbidden):
            file_requests.open_requests(world.center, person, world.case.id)
