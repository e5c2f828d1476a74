"""The pages of grants and of consent: given, read, undertaken, withdrawn; asked, answered, taken back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
import pytest

from casework.cases import cases, consent
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import Case, Evidence, EvidenceState, InterviewState, Person, Role
from casework.grants import grants
from casework.interviews import interviews
from casework.people import people
from tests.support.people.granting import granted
from tests.support.people.passphrase import PASSPHRASE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

ANSWER = {"decided_by": "self", "form": "oral", "spoken": "ar", "explained_by": "Person E"}


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


@pytest.fixture
def case(center: Center, prosecutor: Person) -> Case:
    center.keyholder.unlock(PASSPHRASE)
    return cases.open_case(center, prosecutor)


@pytest.fixture
def judge(center: Center, administrator: Person) -> Person:
    return people.add(center, administrator, "Judge <J>", Role.COURT, "court-of-ramallah")


def form(judge: Person, **changed: str) -> dict[str, str]:
    return {
        "person": judge.id,
        "purpose": "hearing",
        "extent": "all",
        "basis": "court-order",
        "reference": "order 7 <of> 2076",
        "since": f"{now():%Y-%m-%d}",
        "until": f"{now() + timedelta(days=3):%Y-%m-%d}",
        "agreement": "For this hearing <only>.",
        "reason": "The first hearing",
        **changed,
    }


def last_day(when: datetime) -> str:
    return f'<bdi class="numeral" dir="ltr">{when:%Y-%m-%d}</bdi>'


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_standard_conditions_forbid_no_copy_that_the_grant_allows(
    english: httpx.AsyncClient,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
    language: str,
) -> None:
    english.cookies.set("language", language)
    await sign_in(english, prosecutor)
    page = (await english.get(f"/cases/{case.id}/grants/new")).text
    offered = dict(re.findall(r' data-(view|copy)="([^"]+)"', page))
    forbids, allows = {
        "en": (
            "I do not record, film or copy picture or sound, and",
            "I take a copy only once that is authorised.",
        ),
        "ar": ("ولا أنسخهما، ولا أخبر", "لا آخذ نسخة إلا بعد الإذن بها."),
    }[language]
    assert forbids in offered["view"] and allows not in offered["view"]
    assert allows in offered["copy"] and forbids not in offered["copy"]
    assert f">{offered['view']}</textarea>" in page


async def test_a_grant_goes_from_the_prosecutor_to_the_judge_and_back(
    english: httpx.AsyncClient, case: Case, prosecutor: Person, judge: Person, sign_in: SignIn
) -> None:
    await sign_in(english, judge)
    assert "Nothing has been granted to you yet." in (await english.get("/")).text
    await sign_in(english, prosecutor)
    assert "court-of-ramallah" in (await english.get(f"/cases/{case.id}/grants/new")).text
    page = (await english.get(f"/cases/{case.id}/sharing")).text
    assert "Nothing of this case was granted or handed over to anybody." in page
    given = await english.post(f"/cases/{case.id}/grants", data=form(judge))
    assert given.headers["location"] == f"/cases/{case.id}/sharing"
    page = (await english.get(f"/cases/{case.id}/sharing")).text
    for word in (
        "Judge &lt;J&gt;",
        "order 7 &lt;of&gt; 2076",
        "The first hearing",
        "conditions not accepted yet",
    ):
        assert word in page
    assert "ends soon" in (await english.get(f"/cases/{case.id}/sharing")).text
    home = (await english.get("/")).text
    assert "A grant ends soon" in home
    for shown in (page, home):  # the last day, as the form asked for it
        assert f"the end of {last_day(now() + timedelta(days=3))}" in shown

    await sign_in(english, judge)
    home = (await english.get("/")).text
    assert "Read and accept the conditions of what was granted to you" in home
    address = home.split('href="/grants/')[-1].split('"')[0]
    page = (await english.get(f"/grants/{address}")).text
    for word in ("For this hearing &lt;only&gt;.", "Hearing in court", "Accept conditions"):
        assert word in page
    accepted = await english.post(f"/grants/{address}/accept", data={"evidence": "//elsewhere"})
    assert accepted.headers["location"] == f"/cases/{case.id}"
    assert (await english.get(f"/cases/{case.id}")).status_code == 200
    assert "conditions accepted" in (await english.get(f"/grants/{address}")).text
    home = (await english.get("/")).text
    assert f'<a class="button primary" href="/cases/{case.id}">Open</a>' in home
    for word in ("all recordings of the case", "Hearing in court", "days left"):
        assert word in home
    assert (await english.post(f"/grants/{address}/withdraw", data={"reason": "ended"})).status_code == 403

    await sign_in(english, prosecutor)
    await english.post(f"/grants/{address}/withdraw", data={"reason": "mistaken"})
    await sign_in(english, judge)
    refused = await english.get(f"/cases/{case.id}")
    assert refused.status_code == 403
    assert "What was granted to you was withdrawn." in refused.text
    assert case.code not in refused.text
    home = (await english.get("/")).text
    assert "Nothing can be opened now." in home
    assert "1 grant under which nothing can be opened now" in home


async def test_a_form_with_something_impossible_is_refused_and_nothing_is_granted(
    english: httpx.AsyncClient,
    center: Center,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
) -> None:
    await sign_in(english, prosecutor)
    for wrong in (
        {"until": "soon"},
        {"until": "2001-01-01"},
        {"until": "9999-12-31"},
        {"reference": ""},
        {"extent": "chosen"},
        {"extent": "chosen", "item": "00" * 16, "excerpt_from": "1", "excerpt_to": "2"},
        {"agreement": ""},
        {"person": prosecutor.id},
    ):
        answer = await english.post(f"/cases/{case.id}/grants", data=form(judge, **wrong))
        assert answer.status_code == 422, wrong
    no_consent = await english.post(f"/cases/{case.id}/grants", data=form(judge, basis="consent"))
    assert no_consent.status_code == 422
    assert "no such consent is recorded" in no_consent.text
    assert grants.of_case(center, prosecutor, case.id) == []
    await sign_in(english, judge)
    for wrong in ({"until": "soon"}, {"extent": "chosen", "excerpt_from": "1"}):
        answer = await english.post(f"/cases/{case.id}/grants", data=form(judge, **wrong))
        assert answer.status_code == 403, "who may not give is told nothing of the form"


@pytest.mark.parametrize(
    "unclear",
    [
        {"item": "00" * 16},
        {"excerpt_from": "0:00:10"},
        {"excerpt_to": "0:00:20"},
        {"item": "00" * 16, "excerpt_from": "0:00:10", "excerpt_to": "0:00:20"},
        {"extent": ""},
        {"extent": "everything"},
    ],
)
async def test_all_recordings_are_granted_only_where_just_that_was_chosen(
    english: httpx.AsyncClient,
    center: Center,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
    unclear: dict[str, str],
) -> None:
    await sign_in(english, prosecutor)
    page = (await english.get(f"/cases/{case.id}/grants/new")).text
    assert '<input type="radio" name="extent" value="all" required>' in page, "nothing is chosen beforehand"
    answer = await english.post(f"/cases/{case.id}/grants", data=form(judge, **unclear))
    assert answer.status_code == 422
    assert "Nothing was granted, and nothing was shown to anybody." in answer.text
    assert "Choose either all recordings, or only those that are ticked" in answer.text
    assert grants.of_case(center, prosecutor, case.id) == []


async def test_nobody_reads_or_undertakes_somebody_elses_grant(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
) -> None:
    grant = granted(center, prosecutor, case.id, judge, accepted=False)
    other = people.add(center, administrator, "Counsel", Role.DEFENCE, "defence")
    for person in (other, prosecutor, administrator):
        await sign_in(english, person)
        assert (await english.get(f"/grants/{grant.id}")).status_code == 404
        assert (await english.post(f"/grants/{grant.id}/accept")).status_code == 404
    stranger = people.add(center, administrator, "Another prosecutor", Role.PROSECUTOR)
    await sign_in(english, stranger)
    for path, data in (("withdraw", {"reason": "ended"}), ("copy", {"reference": "1"})):
        assert (await english.post(f"/grants/{grant.id}/{path}", data=data)).status_code == 403


async def test_while_the_vault_is_locked_no_agreement_is_undertaken(
    english: httpx.AsyncClient,
    center: Center,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
) -> None:
    grant = granted(center, prosecutor, case.id, judge, accepted=False)
    center.keyholder.lock()
    await sign_in(english, judge)
    page = (await english.get(f"/grants/{grant.id}")).text
    assert "The conditions cannot be read now" in page
    assert "Accept conditions" not in page
    assert (await english.post(f"/grants/{grant.id}/accept")).status_code == 423


async def test_consent_is_asked_for_before_recording_answered_and_taken_back(
    english: httpx.AsyncClient,
    center: Center,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
) -> None:
    await sign_in(english, prosecutor)
    assert "Ask before recording begins" in (await english.get(f"/cases/{case.id}/interviews/new")).text
    page = (await english.get(f"/cases/{case.id}/consent")).text
    assert "No answer is recorded yet." in page
    assert "Withdraw consent" not in page
    sheet = {**ANSWER, "answer-photographs": "not-asked", "limits-share-defence": "left over"}
    for subject in ("recording", "share-court"):
        sheet |= {f"answer-{subject}": "limited", f"limits-{subject}": "Not <her> name"}
    assert (await english.post(f"/cases/{case.id}/consent", data=sheet)).status_code == 303
    answers = consent.consents_in_force(center, prosecutor, case.id)
    assert [subject for subject, one in answers.items() if one] == ["recording", "share-court"]
    assert "Ask before recording begins" not in (await english.get(f"/cases/{case.id}/interviews/new")).text
    page = (await english.get(f"/cases/{case.id}/consent")).text
    for word in ("Not &lt;her&gt; name", "given with limits", "Person E", "Withdraw consent"):
        assert word in page
    assert "What it cannot undo" in page
    assert f'href="/cases/{case.id}/disclosures"' in page
    grant = granted(center, prosecutor, case.id, judge, basis="consent")
    await sign_in(english, judge)
    assert (await english.get(f"/cases/{case.id}")).status_code == 200
    await sign_in(english, prosecutor)
    taken = {"decided_by": "self", "form": "oral"}
    assert (
        await english.post(f"/cases/{case.id}/consent/share-court/withdraw", data=taken)
    ).status_code == 303
    assert consent.consents_in_force(center, prosecutor, case.id)["share-court"].outcome == "withdrawn"  # type: ignore[union-attr]
    assert "consent was withdrawn" in (await english.get(f"/cases/{case.id}/sharing")).text
    await sign_in(english, judge)
    refused = await english.get(f"/cases/{case.id}")
    assert refused.status_code == 403
    assert "no longer agrees" in refused.text
    assert "consent was withdrawn" in (await english.get("/")).text
    assert grants.one(center, judge, grant.id).trouble == "consent-gone"


async def test_a_sheet_without_an_answer_or_with_limits_and_no_words_is_refused(
    english: httpx.AsyncClient, center: Center, case: Case, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(english, prosecutor)
    for answers, why in (
        ({}, "No subject has an answer."),
        ({"answer-recording": "not-asked"}, "No subject has an answer."),
        ({"answer-photographs": "given", "answer-recording": "limited"}, "they are not written down"),
    ):
        said = await english.post(f"/cases/{case.id}/consent", data={**answers, **ANSWER})
        assert said.status_code == 422
        assert why in said.text
    assert consent.listed(center, prosecutor, case.id) == []


async def test_nothing_is_chosen_beforehand_on_the_sheet_of_consent(
    english: httpx.AsyncClient, case: Case, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(english, prosecutor)
    page = (await english.get(f"/cases/{case.id}/consent")).text
    assert page.count('type="radio"') == 4 * len(consent.SUBJECTS) + len(consent.BY) + len(consent.FORMS)
    assert "checked" not in page
    assert " selected" not in page.split('name="spoken"')[1].split("</select>")[0]


async def test_whose_case_it_is_stands_on_the_page_of_those_who_work_with_it_and_in_no_title(
    english: httpx.AsyncClient,
    center: Center,
    case: Case,
    prosecutor: Person,
    judge: Person,
    sign_in: SignIn,
) -> None:
    await sign_in(english, prosecutor)
    assert "Nothing is written yet." in (await english.get(f"/cases/{case.id}")).text
    fields = {"called": "Person <S>", "notes": "Comes with her sister"}
    written = await english.post(f"/cases/{case.id}/description", data=fields)
    assert written.headers["location"] == f"/cases/{case.id}"
    page = (await english.get(f"/cases/{case.id}")).text
    head, main = page.split("<main")
    assert "<bdi>Person &lt;S&gt;</bdi>" in main
    assert "Comes with her sister" in main
    assert "Person" not in head
    granted(center, prosecutor, case.id, judge)
    await sign_in(english, judge)
    assert "Person &lt;S&gt;" not in (await english.get(f"/cases/{case.id}")).text
    center.keyholder.lock()
    await sign_in(english, prosecutor)
    locked = (await english.get(f"/cases/{case.id}")).text
    assert "cannot be read now" in locked
    assert "Person &lt;S&gt;" not in locked


async def test_the_case_shows_why_the_person_was_asked_again_and_says_nothing_where_that_was_not(
    english: httpx.AsyncClient, center: Center, case: Case, prosecutor: Person, sign_in: SignIn
) -> None:
    def opened(again: str, follows: str | None = None) -> str:
        interview = interviews.open_interview(
            center,
            prosecutor,
            case.id,
            purpose="supplementary" if again else "testimony",
            room="room-1",
            place="Second floor",
            present=[],
            wish="",
            again=again,
            follows=follows,
        )
        return interview.id

    await sign_in(english, prosecutor)
    first = opened("")
    page = (await english.get(f"/cases/{case.id}/interviews")).text
    assert "Second floor" in page
    assert "Why the person" not in page
    with center.database.begin() as session:
        moment = now()
        session.add(
            Evidence(
                id=new_id(),
                case_id=case.id,
                interview_id=first,
                number=1,
                state=EvidenceState.COMPLETE,
                recorder="00" * 8,
                epoch=moment,
                opened_at=moment,
                duration=754_000_000,
            )
        )
    assert "1 interview recorded so far" in (await english.get(f"/cases/{case.id}/interviews")).text
    page = (await english.get(f"/cases/{case.id}/interviews/new")).text
    assert "Why the person has to be asked again" in page
    assert "0:12:34" in page
    # It is not over: that is said, and not that there was one before.
    assert "This person is being interviewed now." in page
    assert "This person has been interviewed before." not in page
    fields = {"purpose": "testimony", "room": "room-1"}
    refused = await english.post(f"/cases/{case.id}/interviews", data=fields)
    assert refused.status_code == 422
    assert "There is testimony in this case already" in refused.text
    opened("Another <person> is named now", first)
    page = (await english.get(f"/cases/{case.id}/interviews")).text
    assert "Another &lt;person&gt; is named now" in page
    assert "Linked to" in page
    interviews.move(center, first, InterviewState.STOPPED)
    page = (await english.get(f"/cases/{case.id}/interviews/new")).text
    assert "This person has been interviewed before." in page
    assert "This person is being interviewed now." not in page
