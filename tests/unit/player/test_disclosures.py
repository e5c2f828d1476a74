"""What of a case went to whom: for the prosecutor, and for the advocate of the person, in plain words."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from functools import partial

import pytest

from casework.cases import cases
from casework.clock import new_id, now
from casework.database.models import Evidence, EvidenceState, Grant, Person, Role
from casework.errors import Forbidden
from casework.evidence import court_exclusions, gateway
from casework.grants import grants
from casework.ledger import custody_log
from casework.people import people
from casework.reports import disclosure
from player.papers import disclosure_export
from tests.support.centers.court_room import CourtRoom
from tests.support.people.granting import granted


@pytest.fixture
async def told(room: CourtRoom) -> CourtRoom:
    """The court has looked, the prosecutor too; what was allowed to somebody else is withdrawn again."""
    gateway.view(room.center, room.court, room.item, "hearing")
    gateway.view(room.center, room.prosecutor, room.item, "review")
    gateway.rehash(room.center, room.prosecutor, room.item)
    return room


@pytest.fixture
def advocate(told: CourtRoom) -> Person:
    person = people.add(told.center, told.administrator, "Person L", Role.ADVOCATE, "legal-aid")
    cases.give(told.center, told.prosecutor, told.case.id, person.id)
    return person


def copy(room: CourtRoom) -> Grant:
    grant = granted(room.center, room.prosecutor, room.case.id, room.court, kind="copy", accepted=False)
    grants.authorise_copy(room.center, room.prosecutor, grant.id, reference="9")
    return grants.withdraw(room.center, room.prosecutor, grant.id, reason="mistaken")


def test_the_log_has_what_was_given_and_seen_and_to_whom(told: CourtRoom, advocate: Person) -> None:
    grant = copy(told)
    log = disclosure.of_case(told.center, told.prosecutor, told.case.id)
    assert [(one.entry.type, one.entry.name, one.receiver_name) for one in log] == [
        ("grant.given", "Person P", "Person J"),
        ("grant.accepted", "Person J", "Person J"),
        ("evidence.viewed", "Person J", "Person J"),
        ("evidence.viewed", "Person P", "Person P"),  # and nobody saw what was hashed anew
        ("case.given", "Person P", "Person L"),
        ("grant.given", "Person P", "Person J"),
        ("copy.authorised", "Person P", "Person J"),
        ("grant.withdrawn", "Person P", "Person J"),
    ]
    looked = log[2]
    assert looked.grant is log[0].entry, "what it was opened under is told beside it"
    assert (log[-1].grant or looked.entry).body["grant"] == grant.id
    assert disclosure.lookers(log) == 2


async def test_the_advocate_reads_it_in_plain_words_and_opens_nothing(
    told: CourtRoom, advocate: Person
) -> None:
    ends = copy(told).ends_at
    assert ends is not None
    browser = await told.browser(advocate)
    browser.headers["accept"] = "text/html"
    for language, sentences in (
        (
            "en",
            ["Why: hearing in court.", "viewed the recording of", "to take a copy", "a court's order"],
        ),
        ("ar", ["اطُّلع على تسجيل", "السبب: جلسة محاكمة", "أُجيزت النسخة"]),
    ):
        browser.cookies.set("language", language)
        page = await browser.get(f"/cases/{told.case.id}/disclosures")
        assert page.status_code == 200, page.text
        for sentence in (*sentences, "<bdi>Person J</bdi>", f"{ends:%Y-%m-%d %H:%M:%S} UTC"):
            assert sentence in page.text, sentence
        main = page.text.split("<main")[1]
        assert not re.search(r"\{\w+\}|<video|/evidence/", main)
    assert (await browser.get(f"/evidence/{told.item}")).status_code == 403


async def test_who_looked_at_photographs_is_told_too(told: CourtRoom, advocate: Person) -> None:
    nurse = people.add(told.center, told.administrator, "Person N", Role.EXAMINER, "clinic")
    photograph = Evidence(
        id=new_id(),
        case_id=told.case.id,
        kind="photograph",
        number=1,
        recorder="",
        state=EvidenceState.COMPLETE,
        epoch=now(),
        opened_at=now(),
    )
    with told.center.database.begin() as session:
        session.add(photograph)
        session.flush()
        session.expunge(photograph)
    for type_, about, purpose, body in (
        ("photographs.viewed", told.case.id, "examination", {"count": 7}),
        ("evidence.viewed", photograph.id, "review", {}),
    ):
        custody_log.append(
            told.center,
            custody_log.Draft(
                type=type_,
                evidence=about,
                person=nurse,
                purpose=purpose,
                body=body,
                case=told.case,
            ),
        )
    log = disclosure.of_case(told.center, advocate, told.case.id)
    assert [(one.entry.type, one.receiver_name) for one in log[-2:]] == [
        ("photographs.viewed", "Person N"),
        ("evidence.viewed", "Person N"),
    ]
    assert disclosure.lookers(log) == 3
    custody_log.append(
        told.center,
        custody_log.Draft(
            type="evidence.viewed",
            evidence=photograph.id,
            person=told.administrator,
            purpose="export",
            body={},
            case=told.case,
        ),
    )
    log = disclosure.of_case(told.center, advocate, told.case.id)
    assert disclosure.lookers(log) == 3, "who opens it in order to hand it over has not looked"
    browser = await told.browser(advocate)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    page = (await browser.get(f"/cases/{told.case.id}/disclosures")).text
    assert "viewed the small pictures of 7 photographs." in page
    assert "viewed a photograph of" in page
    assert "Photograph of" in (await browser.get(f"/cases/{told.case.id}/history")).text


async def test_while_the_vault_is_locked_people_are_told_by_number(told: CourtRoom) -> None:
    told.keyholder.lock()
    browser = await told.browser(told.prosecutor)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    page = (await browser.get(f"/cases/{told.case.id}/disclosures")).text
    assert "person number" in page
    assert "Person J" not in page.split("<main")[1]


async def test_the_files_have_every_line(told: CourtRoom) -> None:
    browser = await told.browser(told.prosecutor)
    written = await browser.get(f"/cases/{told.case.id}/disclosures.csv")
    rows = list(csv.DictReader(io.StringIO(written.text)))
    assert [row["type"] for row in rows] == [
        "grant.given",
        "grant.accepted",
        "evidence.viewed",
        "evidence.viewed",
    ]
    assert (rows[2]["receiver_name"], rows[2]["purpose"], rows[2]["basis"], rows[2]["kind"]) == (
        "Person J",
        "hearing",
        "court-order",
        "view",
    )
    assert rows[3]["grant"] == ""
    answer = (await browser.get(f"/cases/{told.case.id}/disclosures.json")).json()
    assert [one["position"] for one in answer["disclosures"]] == [int(row["position"]) for row in rows]


def test_no_name_in_the_log_becomes_a_formula(told: CourtRoom) -> None:
    [one, *_] = disclosure.of_case(told.center, told.prosecutor, told.case.id)
    written = disclosure_export.as_csv([replace(one, receiver_name="=cmd()")])
    [row] = csv.DictReader(io.StringIO(written))
    assert row["receiver_name"] == "'=cmd()"


def test_what_went_to_others_is_not_told_to_a_court(told: CourtRoom) -> None:
    for person in (told.court, told.administrator):
        with pytest.raises(Forbidden):
            disclosure.of_case(told.center, person, told.case.id)


async def test_what_a_court_has_excluded_is_told_in_plain_words(told: CourtRoom, advocate: Person) -> None:
    """On both pages that tell it: what went to whom, and what was done."""
    exclude = partial(
        court_exclusions.exclude,
        told.center,
        told.prosecutor,
        told.item,
        reason="question",
        reference="Order 12/2076",
    )
    exclude((0, 1_000_000))
    whole = exclude(None)
    court_exclusions.restore(
        told.center, told.prosecutor, whole.id, reason="appeal", reference="Order 15/2076"
    )
    browser = await told.browser(advocate)
    browser.cookies.set("language", "en")
    log = (await browser.get(f"/cases/{told.case.id}/disclosures")).text
    assert "a passage of" in log
    assert "is not to be used, from" in log
    assert "what had been excluded of" in log
    history = (await browser.get(f"/cases/{told.case.id}/history")).text
    assert "Why: a question that was not allowed." in history
    assert "none of this recording is to be used" in history
    assert "Why: a higher court has decided otherwise." in history
    for page in (log, history):
        assert "Order 12" not in page
