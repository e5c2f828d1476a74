"""The history of a case as a page, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from casework.cases import cases, consent, history
from casework.cases.history import Entry
from casework.clock import now
from casework.database.models import Role
from casework.evidence import export_orders, gateway
from casework.evidence.gateway import ItemExtent
from casework.people import people
from casework.photographs import exam_sets
from casework.photographs.exam_sets import Injury, Notes
from casework.retention import legal_holds
from casework.specimens import handovers
from casework.specimens.acts import Condition
from chain_of_custody.statements.statement import Actor
from player.papers import history_export
from tests.support.centers.court_room import CourtRoom
from tests.support.centers.taken_specimens import take_specimen
from tests.support.people.granting import granted

NAME, LATER = "Person P", "Person of another name"


@pytest.fixture
async def told(room: CourtRoom) -> CourtRoom:
    """A case in which something was recorded, viewed and read again."""
    gateway.view(room.center, room.prosecutor, room.item, "review")
    return room


async def test_the_page_tells_who_did_what_and_why_in_both_languages(told: CourtRoom) -> None:
    browser = await told.browser(told.prosecutor)
    browser.headers["accept"] = "text/html"
    for language, sentences in (
        (
            "en",
            ["opened the interview.", "The recorder sealed the recording", "opened the recording. Purpose:"],
        ),
        ("ar", ["سجل الإجراءات", "الجزء"]),
    ):
        browser.cookies.set("language", language)
        page = await browser.get(f"/cases/{told.case.id}/history")
        assert page.status_code == 200, page.text
        for sentence in sentences:
            assert sentence in page.text
        assert NAME in page.text
        assert not re.search(r"\{\w+\}", page.text.split("<main")[1]), "every sentence is filled in"


async def test_the_files_have_every_entry_with_the_values_of_its_time(told: CourtRoom) -> None:
    browser = await told.browser(told.prosecutor)
    written = await browser.get(f"/cases/{told.case.id}/history.csv")
    assert written.headers["content-disposition"].endswith(f'history-{told.case.code}.csv"')
    rows = list(csv.DictReader(io.StringIO(written.text)))
    entries = history.of_case(told.center, told.prosecutor, told.case.id)
    assert [int(row["position"]) for row in rows] == [entry.position for entry in entries]
    assert {row["about"] for row in rows} == {told.case.id, told.interview.id, told.item}
    told_json = (await browser.get(f"/cases/{told.case.id}/history.json")).json()
    assert [one["type"] for one in told_json["entries"]] == [entry.type for entry in entries]
    viewed = next(one for one in told_json["entries"] if one["type"] == "evidence.viewed")
    assert (viewed["name"], viewed["role"], viewed["purpose"]) == (NAME, "prosecutor", "review")


async def test_a_hold_is_told_with_its_reason(told: CourtRoom) -> None:
    center, person, case = told.center, told.prosecutor, told.case.id
    hold = legal_holds.place(center, person, case, reason="appeal", reference="File 1")
    legal_holds.place(center, person, case, reason="other", reference="File 2")
    legal_holds.lift(center, person, hold.id, reason="mistaken", reference="File 3")
    browser = await told.browser(person)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    page = (await browser.get(f"/cases/{case}/history")).text
    assert "placed a legal hold, since an appeal is open or possible" in page
    assert "placed a legal hold: it may not be destroyed." in page  # for another reason, which is sealed
    assert "lifted a legal hold that had been placed by mistake." in page


async def test_an_advocate_sees_who_looked_and_opens_nothing(told: CourtRoom) -> None:
    advocate = people.add(told.center, told.administrator, "Person L", Role.ADVOCATE, "legal-aid")
    cases.give(told.center, told.prosecutor, told.case.id, advocate.id)
    browser = await told.browser(advocate)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    assert "opened the recording" in (await browser.get(f"/cases/{told.case.id}/history")).text
    assert (await browser.get(f"/evidence/{told.item}")).status_code == 403
    opening = await browser.post(f"/evidence/{told.item}/viewings", json={"purpose": "review"})
    assert opening.status_code == 403


async def test_a_court_reads_the_history_of_what_was_granted_to_it_and_of_nothing_else(
    told: CourtRoom,
) -> None:
    counsel = people.add(told.center, told.administrator, "Person D", Role.DEFENCE, "defence")
    granted(told.center, told.prosecutor, told.case.id, counsel)
    browser = await told.browser(told.court)
    entries = (await browser.get(f"/cases/{told.case.id}/history.json")).json()["entries"]
    assert {one["about"] for one in entries} == {told.interview.id, told.item}
    assert "grant.given" not in {one["type"] for one in entries}


async def test_a_set_of_photographs_is_told_with_its_numbers_and_whom_a_case_was_given_to_by_name(
    told: CourtRoom,
) -> None:
    nurse = people.add(told.center, told.administrator, "Person N", Role.EXAMINER)
    cases.give(told.center, told.prosecutor, told.case.id, nurse.id)
    exam = exam_sets.open_set(told.center, nurse, told.case.id, "woman")
    notes = Notes([Injury("front", "right-chest", 500, 500, "bruise")] * 3)
    exam_sets.note(told.center, nurse, exam.id, notes)
    exam_sets.close(told.center, nurse, exam.id)
    browser = await told.browser(told.prosecutor)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    page = await browser.get(f"/cases/{told.case.id}/history")
    assert page.status_code == 200
    sentences = re.findall(r'history-what">(.*?)</p>', page.text)
    words = [re.sub("<[^>]*>", "", sentence) for sentence in sentences]
    assert words[-4:] == [
        "Person P (prosecutor) shared the case with Person N.",
        "Person N (forensic nurse or doctor) began a set of exam photographs.",
        "Person N (forensic nurse or doctor) noted 3 injuries in the set.",
        "Person N (forensic nurse or doctor) closed the set; 16 pictures are missing.",
    ]
    assert page.text.count("Set 1 of photographs") == 3


def entry(type_: str, position: int = 1, **body: object) -> Entry:
    return Entry(
        about="e7" * 16,
        position=position,
        number=position,
        type=type_,
        at=datetime(2076, 5, 3, tzinfo=UTC),
        actor=Actor("a0" * 16, "prosecutor", "office"),
        name="=cmd()",
        purpose="review",
        body=body,
        details=None,
        signed_by="center",
    )


async def test_the_page_shows_the_entries_of_one_person_and_of_some_days(told: CourtRoom) -> None:
    nurse = people.add(told.center, told.administrator, "Person N", Role.EXAMINER)
    cases.give(told.center, told.prosecutor, told.case.id, nurse.id)
    exam_sets.open_set(told.center, nurse, told.case.id, "woman")
    browser = await told.browser(told.prosecutor)
    browser.headers["accept"] = "text/html"
    browser.cookies.set("language", "en")
    path = f"/cases/{told.case.id}/history"

    async def sentences(**chosen: str) -> list[str]:
        page = await browser.post(path, data=chosen)
        assert page.status_code == 200
        return [re.sub("<[^>]*>", "", one) for one in re.findall(r'history-what">(.*?)</p>', page.text)]

    everything = await sentences()
    entries = history.of_case(told.center, told.prosecutor, told.case.id)
    first, last = (line.day for line in (history_export.lines(entries)[0], history_export.lines(entries)[-1]))
    assert await sentences(by=nurse.id) == [
        "Person N (forensic nurse or doctor) began a set of exam photographs."
    ]
    assert await sentences(since=first, until=last) == await sentences(since=first) == everything
    assert await sentences(since="2200-01-01") == await sentences(until="2000-01-01") == []
    assert await sentences(by="0d" * 16) == []
    for chosen, n in (({"by": nurse.id}, 1), ({"since": first}, len(everything))):
        page = (await browser.post(path, data=chosen)).text
        assert f"Entries shown: {n} of {len(everything)}" in page
    page = (await browser.get(path)).text
    assert f'<option value="{nurse.id}">Person N (forensic nurse or doctor)</option>' in page
    assert (await browser.post(path, data={"since": "yesterday"})).status_code == 422


def test_the_progress_of_a_recording_is_told_once_with_its_count() -> None:
    found = [entry("recording.progress", at, records=at) for at in range(1, 4)]
    [line] = history_export.lines(found)
    assert (line.count, line.entry, line.signer) == (3, found[-1], "recorder")
    assert line.number("did.recording.progress") == 3


def test_photographs_that_were_looked_at_are_counted_and_not_the_looks() -> None:
    [line] = history_export.lines([entry("photographs.viewed", count=7)])
    assert line.number("did.photographs.viewed") == 7


@pytest.mark.parametrize("seal", ["photograph.sealed", "evidence.received"])
def test_of_a_file_nobody_reads_that_a_recording_was_opened(seal: str) -> None:
    found = [entry(seal, 1), entry("evidence.viewed", 2)]
    assert history_export.lines(found)[1].sentences[0][0] == "did.evidence.viewed.file"


def test_of_a_received_file_the_source_is_told() -> None:
    [line] = history_export.lines([entry("evidence.received", source="seizure")])
    assert line.words["source"] == "seizure"


def test_a_copy_is_called_whole_only_if_all_of_it_was_as_recorded() -> None:
    clean = {"copy": "first-copy", "sound": 8, "damaged": 0, "repaired": 0, "surplus": 0}
    [line] = history_export.lines([entry("evidence.verified", **clean)])
    assert line.sentences == [("did.evidence.verified",)]
    [line] = history_export.lines([entry("evidence.verified", **clean | {"repaired": 1, "surplus": 2})])
    assert [codes[0].rpartition(".")[2] for codes in line.sentences] == ["read", "repaired", "surplus"]
    assert [line.number(code) for (code,) in line.sentences] == [8, 1, 2]


def test_no_name_becomes_a_formula_in_a_spreadsheet() -> None:
    [row] = csv.DictReader(io.StringIO(history_export.as_csv([entry("evidence.viewed")])))
    assert row["name"] == "'=cmd()"
    assert row["body"] == "{}"
    table = history_export.table(["name"], ({"name": f"{sign}1"} for sign in "=+-@\t\r\n＝＋－＠"))
    assert all(row["name"].startswith("'") for row in csv.DictReader(io.StringIO(table, newline="")))


async def test_the_timeline_leads_only_to_pages_that_its_reader_may_open(told: CourtRoom) -> None:
    export_orders.place(told.center, told.prosecutor, [ItemExtent(told.item)], "hearing", viewing=False)
    custodian = people.add(told.center, told.administrator, "Person K", Role.CUSTODIAN)
    for reader in (told.prosecutor, custodian):
        browser = await told.browser(reader)
        browser.headers["accept"] = "text/html"
        page = (await browser.get(f"/cases/{told.case.id}")).text
        ways = set(re.findall(r'href="(/[^"#]+)', page.split('<ol class="history">')[1].split("</ol>")[0]))
        assert f"/cases/{told.case.id}/{'sharing' if reader is told.prosecutor else 'disclosures'}" in ways
        for way in ways:
            assert (await browser.get(way)).status_code == 200, way


async def test_acts_about_a_specimen_are_told_with_its_seal_and_who_has_it(told: CourtRoom) -> None:
    center = told.center
    nurse = people.add(center, told.administrator, "Person N", Role.EXAMINER, "clinic")
    custodian = people.add(center, told.administrator, "Person C", Role.CUSTODIAN)
    cases.give(center, told.prosecutor, told.case.id, nurse.id)
    consent.record(
        *(center, nurse, told.case.id, [consent.Answer("police-specimens", "given")]),
        **{"language": "ar", "explained_by": "Person N", "decided_by": "self", "form": "oral"},
    )
    kit = take_specimen(center, nurse, told.case.id, kind="kit", seal="k-1", what="a kit", storage="dry")
    to = {"organisation": "one-stop-center", "role": "custodian"}
    until = now() + timedelta(days=1)
    handovers.hand_over(center, nurse, kit.id, to, until, Condition(intact=True, stored=True))
    handovers.receive(center, custodian, kit.id, Condition(intact=False, seal="k-2", stored=False))
    to = {"organisation": "forensic-laboratory", "role": "analyst"}
    handovers.hand_over(center, custodian, kit.id, to, until, Condition(intact=True, stored=True))
    handovers.recall(center, custodian, kit.id)
    handovers.destroy(center, custodian, kit.id, "used-up", Condition(intact=True, stored=True))
    browser = await told.browser(told.prosecutor)
    browser.headers["accept"] = "text/html"

    async def shown(language: str) -> str:
        browser.cookies.set("language", language)
        page = await browser.get(f"/cases/{told.case.id}/history")
        return re.sub("<[^>]*>|[\u2066-\u2069]", "", page.text)

    page = await shown("en")
    assert "المختبر الجنائي" in await shown("ar")
    for sentence in (
        "took specimen 1 (kit) and closed it with seal k-1.",
        "Person N (forensic nurse or doctor of clinic) handed the specimen over to evidence custodian of"
        " one-stop-center. Seal: k-1. It had been stored as asked.",
        "Person C (evidence custodian of one-stop-center) received the specimen. Seal: k-2. The seal was not"
        " intact. It had not been stored as asked.",
        "handed the specimen over to laboratory analyst of forensic laboratory. Seal: k-2.",
        "destroyed the specimen. Reason: it was used up in the analysis. Seal: k-2.",
    ):
        assert sentence in page
