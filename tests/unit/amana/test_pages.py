"""The pages: what each role finds, and what it is refused whoever asks how."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from amana.app import create_app
from amana.centers import opened_center
from amana.keyholder.client import KeyholderClient
from amana.pages.cases import PER_PAGE
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Disposal, Person, Role
from casework.people import people
from tests.support.centers.prepared import RunningKeyholder
from tests.support.people.passphrase import PASSPHRASE
from tests.support.people.unlocking import form, unlock
from vault.keyholders import unlocking

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


async def test_an_administrator_adds_people_and_hands_out_their_links(
    english: httpx.AsyncClient, app: object, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    await sign_in(english, administrator)
    page = await english.post(
        "/staff", data={"name": "Judge <N>", "role": "court", "organisation": "court-of-first-instance"}
    )
    assert "One-time link for Judge &lt;N&gt;" in page.text
    token = page.text.split("/sign-in#")[1].split('"')[0]
    assert people.redeem(center, token)[0].organisation == "court-of-first-instance"
    page = await english.get("/staff")
    assert "/sign-in#" not in page.text
    assert " checked" not in page.text  # a role is chosen, not left as it stands
    assert (await english.post("/staff", data={"name": "Judge N"})).status_code == 422


async def test_people_are_found_and_given_another_role_on_the_staff_page(
    english: httpx.AsyncClient, center: Center, administrator: Person, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(english, administrator)
    judge = people.add(center, administrator, "Judge <N>", Role.COURT, "court-of-appeal")
    for typed in ("júdge", judge.id[:8], "APPEAL"):
        page = (await english.post("/staff/find", data={"find": typed})).text
        assert judge.id in page and prosecutor.id not in page
    assert "No person matches." in (await english.post("/staff/find", data={"find": "<x>"})).text
    page = (await english.get("/staff")).text
    assert "cannot sign in yet" in page and "by link only" in page  # the judge, and who has the page open
    answer = await english.post(f"/staff/{judge.id}/role", data={"role": "defence"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff#person-{judge.id}")
    assert f'id="person-{judge.id}"' in page
    assert people.get(center, judge.id).role is Role.DEFENCE
    for person, role in ((administrator, "court"), (judge, "defence"), (judge, "nobody")):
        answer = await english.post(f"/staff/{person.id}/role", data={"role": role})
        assert answer.status_code == 422
    added = await english.post("/staff", data={"name": "Judge O", "role": "court"})
    assert added.text.count('src="data:image/svg+xml') == 1  # the link, for a camera


async def test_a_namesake_is_added_after_a_second_look(
    english: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    await sign_in(english, administrator)
    first = people.add(center, administrator, "Judge N", Role.COURT, "court-of-first-instance")
    typed = {
        "name": "Judge\u00a0\u039d",
        "role": "court",
        "organisation": "court-of-appeal",
    }  # a Greek letter
    page = await english.post("/staff", data=typed)
    assert page.status_code == 409
    assert "There is a person with this name, or a similar one." in page.text
    assert page.text.count(f">{first.id[:8]}<") == 2  # beside the question, and in the list
    assert 'value="court-of-appeal"' in page.text and "/sign-in#" not in page.text
    page = await english.post("/staff", data={**typed, "namesake": "true"})
    assert "One-time link for" in page.text
    assert len(people.everybody(center, administrator)) == 3
    page = await english.post("/staff", data={**typed, "name": "Judge\u200bN", "namesake": "true"})
    assert page.status_code == 422
    assert "characters that cannot be seen" in page.text


async def test_while_the_keyholder_is_away_pages_say_that_names_cannot_be_read(
    english: httpx.AsyncClient,
    settings: Settings,
    keyholder: RunningKeyholder,
    administrator: Person,
    center: Center,
) -> None:
    token = people.new_link(center, None, administrator.id)
    its_own = KeyholderClient(keyholder.connect("web"))
    with opened_center(settings, RecorderRooms(settings), its_own) as another:  # it has opened no name yet
        keyholder.end()
        its_own.close()
        english._transport = httpx.ASGITransport(
            app=create_app(another, settings), raise_app_exceptions=False
        )
        answer = await english.post("/sign-in", json={"token": token})
        assert answer.status_code == 200
        for path in ("/", "/staff", "/health"):
            page = await english.get(path)
            assert page.status_code == 200
            assert "Name not readable now" in page.text
        refused = await english.post("/staff", data={"name": "Judge N", "role": "court"})
        assert refused.status_code == 503
        assert len(people.everybody(another, administrator)) == 1


async def test_a_prosecutor_goes_from_nothing_to_the_console(
    english: httpx.AsyncClient,
    center: Center,
    keyholder: RunningKeyholder,
    prosecutor: Person,
    sign_in: SignIn,
) -> None:
    await sign_in(english, prosecutor)
    assert "There is no case yet" in (await english.get("/")).text
    case = (await english.post("/cases")).headers["location"]
    assert "First step" in (await english.get(case)).text
    opened = await english.post(
        f"{case}/interviews",
        data={
            "purpose": "testimony",
            "room": "room-1",
            "place": "Second floor",
            "wish": "Wants it recorded",
            "who": ["Somebody <i>", "", "Another"],
            "role": ["interviewer", "", "interpreter"],
        },
    )
    assert opened.headers["location"].endswith("/console")
    assert (await english.get(opened.headers["location"])).status_code == 200
    assert "The vault is locked." in (await english.get(case)).text
    assert "Second floor" not in (await english.get(f"{case}/interviews")).text
    await unlock(english, center, PASSPHRASE)
    page = (await english.get(f"{case}/interviews")).text
    assert "Second floor" in page
    assert "Somebody &lt;i&gt;" in page
    assert "Another" in page


async def test_who_takes_pictures_reads_what_was_consented_to_where_they_are_added(
    english: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    center.keyholder.unlock(PASSPHRASE)
    nurse = people.add(center, administrator, "Nurse", Role.EXAMINER, None)
    case = cases.open_case(center, nurse)
    await sign_in(english, nurse)
    answer = {"decided_by": "self", "form": "oral", "spoken": "ar", "explained_by": "Person E"}
    fields = {"answer-intimate-photographs": "refused", **answer}
    assert (await english.post(f"/cases/{case.id}/consent", data=fields)).status_code == 303
    for address in (f"/cases/{case.id}", f"/cases/{case.id}/photographs"):
        page = re.sub(r"<[^>]*>", "", (await english.get(address)).text)
        assert re.search(r"Photographs: \s*not asked yet\s+Intimate photographs: \s*does not agree", page)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("photographs", "does not agree to photographs: none is taken"),
        ("intimate-photographs", "does not agree to intimate photographs: none is taken"),
        ("examination", "does not agree to the examination: no guided set can be begun"),
    ],
)
async def test_who_takes_pictures_reads_before_taking_one_what_she_refuses(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    sign_in: SignIn,
    subject: str,
    said: str,
) -> None:
    center.keyholder.unlock(PASSPHRASE)
    nurse = people.add(center, administrator, "Nurse", Role.EXAMINER, None)
    case = cases.open_case(center, nurse)
    await sign_in(english, nurse)
    exam = await english.post(f"/cases/{case.id}/exams", data={"figure": "woman"})
    sheet = {"decided_by": "self", "form": "oral", "spoken": "ar", "explained_by": "Person E"}
    for outcome in ("given", "refused"):
        await english.post(f"/cases/{case.id}/consent", data={f"answer-{subject}": outcome, **sheet})
        for address in (f"/cases/{case.id}/photographs", exam.headers["location"]):
            page = (await english.get(address)).text
            assert (said in page) == (outcome == "refused")
            assert page.count("The person does not agree") == (outcome == "refused")
    await english.post(f"/cases/{case.id}/consent", data={f"answer-{subject}": "given", **sheet})
    await english.post(f"/cases/{case.id}/consent/{subject}/withdraw", data=sheet)
    assert said in (await english.get(f"/cases/{case.id}/photographs")).text


async def test_a_prosecutor_reads_that_photographs_are_not_given_to_the_prosecution(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    case = cases.open_case(center, prosecutor)
    await sign_in(english, prosecutor)
    sheet = {"decided_by": "self", "form": "oral", "spoken": "ar", "explained_by": "Person E"}
    why = "given to the police and the prosecution: Photographs of the examination."
    for outcome in ("given", "refused"):
        fields = {"answer-police-photographs": outcome, **sheet}
        assert (await english.post(f"/cases/{case.id}/consent", data=fields)).status_code == 303
        page = re.sub(r"<[^>]*>", "", (await english.get(f"/cases/{case.id}/photographs")).text)
        assert (why in page) == (outcome == "refused")


async def test_a_case_is_given_to_a_colleague_and_taken_back(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
) -> None:
    advocate = people.add(center, administrator, "Advocate", Role.ADVOCATE, "legal-aid")
    nurse = people.add(center, administrator, "Nurse", Role.EXAMINER)
    case = cases.open_case(center, prosecutor)
    await sign_in(english, advocate)
    assert (await english.get(f"/cases/{case.id}")).status_code == 403
    await sign_in(english, prosecutor)
    page = (await english.get(f"/cases/{case.id}")).text
    assert "legal-aid" in page
    assert "checked" not in page
    nobody = await english.post(f"/cases/{case.id}/access")
    assert (nobody.status_code, "No colleague is chosen." in nobody.text) == (422, True)
    await english.post(f"/cases/{case.id}/access", data={"person": [advocate.id, nurse.id]})
    assert [one.id for one in cases.given_to(center, prosecutor, case.id)] == [advocate.id, nurse.id]
    await sign_in(english, advocate)
    assert case.code in (await english.get("/")).text
    assert "New interview" not in (await english.get(f"/cases/{case.id}")).text
    await sign_in(english, prosecutor)
    assert (
        "This case is shared with everybody you can share it with."
        in (await english.get(f"/cases/{case.id}")).text
    )
    await english.post(f"/cases/{case.id}/access/{advocate.id}/withdraw")
    await sign_in(english, advocate)
    assert (await english.get(f"/cases/{case.id}")).status_code == 403


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        (Role.ADMINISTRATOR, "GET", "/cases"),
        (Role.ADMINISTRATOR, "POST", "/cases"),
        (Role.ADMINISTRATOR, "GET", "/cases/{case}"),
        (Role.PROSECUTOR, "GET", "/staff"),
        (Role.PROSECUTOR, "POST", "/staff"),
        (Role.PROSECUTOR, "POST", "/staff/{person}/link"),
        (Role.PROSECUTOR, "POST", "/staff/{person}/retire"),
        (Role.PROSECUTOR, "GET", "/cases/{case}"),
        (Role.PROSECUTOR, "POST", "/cases/{case}/interviews"),
        (Role.PROSECUTOR, "POST", "/cases/{case}/access"),
        (Role.COURT, "GET", "/staff"),
        (Role.COURT, "POST", "/cases"),
        (Role.COURT, "GET", "/health"),
        (Role.COURT, "POST", "/vault/lock"),
        (Role.COURT, "POST", "/vault/unlock"),
    ],
)
async def test_what_is_not_for_a_role_is_refused_however_it_is_asked(
    english: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    role: Role,
    method: str,
    path: str,
) -> None:
    other = people.add(center, administrator, "Other", role)
    somebody_elses = cases.open_case(center, prosecutor)
    await sign_in(english, other)
    fields = {
        "name": "N",
        "role": "court",
        "purpose": "testimony",
        "room": "1",
        "person": other.id,
        **form(bytes(unlocking.PUBLIC_SIZE), bytes(unlocking.SEALED_SIZE)),
    }
    answer = await english.request(
        method,
        path.format(case=somebody_elses.id, person=administrator.id),
        data=fields if method == "POST" else None,
    )
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.text
    assert people.get(center, administrator.id).active
    assert not center.keyholder.status().unlocked


async def test_an_error_page_has_three_sentences_in_the_readers_language(
    browser: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(browser, prosecutor)
    page = await browser.get("/cases/none", headers={"accept": "text/html"})
    assert page.status_code == 404
    for sentence in (
        "لا يوجد شيء في هذا العنوان.",
        "لم يتغيّر شيء، ولم يتأثر أي تسجيل.",
        "يُرجى الرجوع إلى الصفحة السابقة",
    ):
        assert sentence in page.text
    program = await browser.get("/cases/none", headers={"accept": "*/*"})
    assert program.json()["error"]["what"] == "لا يوجد شيء في هذا العنوان."


async def test_health_says_much_to_staff_and_little_to_strangers(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    assert (await browser.get("/health")).json() == {"answers": True}
    await sign_in(browser, prosecutor)
    seen = (await browser.get("/health")).json()
    assert seen["keys"] == {
        "well": False,
        "unlocked": False,
        "trial": False,
        "protection": "argon2id",
        "signing": "file",
        "trouble": "",
        "escrowed": False,
        "vault_trouble": "",
    }
    assert seen["ledger"]["size"] == center.ledger.size
    assert seen["ledger"]["abandoned"] == 0
    assert set(seen["stores"]) == {"first-copy", "second-copy"}
    assert seen["disk"]["hours"] >= 0
    assert seen["well"] is False
    page = await browser.get(
        "/health",
        headers={
            "accept": "text/html",
            "cookie": "; ".join(
                f"{name}={value}" for name, value in [*browser.cookies.items(), ("language", "en")]
            ),
        },
    )
    assert "The vault is locked. Recording works" in page.text
    assert page.text.count("not set up") == 3, "no authority of time, no witness, no mail server"


async def test_a_wrong_passphrase_says_so_and_leaves_the_vault_locked(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(english, prosecutor)
    answer = await unlock(english, center, "another")
    assert "What was typed (passphrase, PIN or token) does not open the vault." in answer.text
    assert not center.keyholder.status().unlocked


async def test_what_is_no_sealed_passphrase_is_refused_with_a_reason(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    """One character of base64 once ended in an error of ours."""
    await sign_in(english, prosecutor)
    key = base64.b64decode((await english.post("/vault/key")).json()["key"])
    sealed = unlocking.seal(PASSPHRASE, key, center.keyholder.public_keys().vault)
    right = form(key, sealed)
    for missing in ({}, {"passphrase": PASSPHRASE}, {"key": right["key"]}, right | {"sealed": "A" * 6000}):
        answer = await english.post("/vault/unlock", data=missing, headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed"), missing
    for wrong in (
        {"key": "A", "sealed": "A"},
        right | {"sealed": "A"},
        right | {"sealed": right["sealed"][:-4]},
        right | {"sealed": right["sealed"].replace("=", "*")},
        right | {"sealed": right["sealed"].replace("=", "")},
        right | {"key": right["key"][:-1]},
        right | {"key": "-" + right["key"][1:]},
        right | {"key": "ي" * 44},
    ):
        answer = await english.post("/vault/unlock", data=wrong, headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "refused"), wrong
    stranger = await english.post(
        "/vault/unlock", data=form(bytes(32), sealed), headers={"accept": "application/json"}
    )
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (409, "unlock-unread")
    assert not center.keyholder.status().unlocked
    assert (await english.post("/vault/unlock", data=right)).status_code == 303
    assert center.keyholder.status().unlocked
    await english.post("/vault/lock")
    again = await english.post("/vault/unlock", data=right)
    assert "arrived too late, or a second time" in again.text
    assert not center.keyholder.status().unlocked


async def test_a_printed_page_says_of_which_case_who_printed_it_and_when(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    case = cases.open_case(center, prosecutor)
    assert "letterhead" not in (await english.get("/sign-in")).text
    await sign_in(english, prosecutor)
    for path, of_a_case in ((f"/cases/{case.id}/history", True), ("/account", False)):
        page = (await english.get(path)).text
        head = page.split('<p class="letterhead">')[1].split("</p>")[0]
        assert f"Printed by {prosecutor.name}" in head
        assert (case.code in head, "Case" in head) == (of_a_case, of_a_case)
        printed = datetime.fromisoformat(re.findall(r'datetime="([^"]+)"', head)[0])
        assert abs(now() - printed) < timedelta(minutes=10)


async def test_many_cases_are_on_several_pages(
    english: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    codes = [cases.open_case(center, prosecutor).code for _ in range(PER_PAGE + 2)]
    await sign_in(english, prosecutor)
    first = (await english.get("/cases")).text
    assert codes[-1] in first and codes[1] not in first
    assert 'rel="next" href="/cases?page=2"' in first and 'rel="prev"' not in first
    last = (await english.get("/cases?page=2")).text
    assert codes[0] in last and codes[1] in last and codes[2] not in last
    assert 'rel="prev" href="/cases?page=1"' in last and 'rel="next"' not in last
    for wrong in ("0", "-1", "x", "1e9"):
        assert (await english.get(f"/cases?page={wrong}")).status_code == 422


async def test_keys_that_were_protected_meanwhile_are_not_called_trial_keys_any_more(
    english: httpx.AsyncClient, app: FastAPI, administrator: Person, sign_in: SignIn
) -> None:
    app.state.trial_keys = True  # as it was when the process began
    await sign_in(english, administrator)
    assert ">Trial keys<" in (await english.get("/")).text
    await english.get("/health")
    assert ">Trial keys<" not in (await english.get("/")).text


async def test_a_form_that_cannot_be_taken_leads_back_to_itself(
    english: httpx.AsyncClient, administrator: Person, sign_in: SignIn
) -> None:
    await sign_in(english, administrator)
    here = str(english.base_url)
    for name in ("   ", "x" * 3000):
        page = await english.post(
            "/staff", data={"name": name, "role": "court"}, headers={"referer": f"{here}/staff"}
        )
        assert page.status_code == 422
        assert "Something in the form is missing or not possible." in page.text
        assert 'href="/staff">Go back' in page.text
    elsewhere = {"referer": "https://elsewhere.example/staff"}
    page = await english.post("/staff", data={"name": " ", "role": "court"}, headers=elsewhere)
    assert ">Go back</a>" not in page.text


async def test_an_interview_that_was_only_opened_is_not_called_an_earlier_one(
    english: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(english, prosecutor)
    case = (await english.post("/cases")).headers["location"]
    await english.post(f"{case}/interviews", data={"purpose": "testimony", "room": "room-1"})
    assert "Open console" in (await english.get(case)).text
    page = (await english.get(f"{case}/interviews/new")).text
    assert "has been interviewed before" not in page
    assert "amana export" not in page


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "1 of them does not continue, though it waits for no lock."), ("ar", "منها عملية واحدة متوقفة")],
)
async def test_health_tells_of_a_disposal_that_does_not_go_on(
    browser: httpx.AsyncClient,
    center: Center,
    prosecutor: Person,
    sign_in: SignIn,
    language: str,
    says: str,
) -> None:
    await sign_in(browser, prosecutor)
    browser.cookies.set("language", language)
    case, then = cases.open_case(center, prosecutor), now() - timedelta(days=2)
    people_ = {"requested_by": prosecutor.id, "decided_by": "ab" * 16}
    times = {"requested_at": then, "decided_at": then, "requested_position": 0, "decided_position": 1}
    with center.database.begin() as session:
        session.add(
            Disposal(
                id="d1" * 16, item=case.id, case_id=case.id, reason="other", approved=True, **people_, **times
            )
        )
    page = (await browser.get("/health", headers={"accept": "text/html"})).text
    assert says in page
