"""Pages of signed acts: what the script is told to ask for, and what each refusal says."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from amana.settings import SettingInvalid, Settings, read_settings, to_environ
from casework.cases import cases, history
from casework.center import Center
from casework.clock import now
from casework.database.models import Case, Credential, Person, Role
from casework.ledger import custody_log
from casework.people import people
from casework.retention import legal_holds
from casework.signing import prepared_statements, signed_acts
from tests.support.ledger.authenticators import Authenticator, authenticator_data, es256
from tests.support.people.passphrase import PASSPHRASE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
AT = "http://localhost:8420"
SCRIPT = {"accept": "application/json"}
HOLD = {"reason": "appeal", "reference": "Appeal 7"}


@pytest.fixture
async def page(app: FastAPI, center: Center, prosecutor: Person, sign_in: SignIn) -> Any:
    """A prosecutor's browser at the name for which passkeys are made, with the vault unlocked."""
    center.keyholder.unlock(PASSPHRASE)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=AT, headers={"origin": AT}) as page:
        page.cookies.set("language", "en")
        await sign_in(page, prosecutor)
        yield page


@pytest.fixture
def case(center: Center, prosecutor: Person) -> Case:
    return cases.open_case(center, prosecutor)


@pytest.fixture
def key(center: Center, prosecutor: Person) -> Authenticator:
    """The prosecutor's passkey, made on a page of `localhost`."""
    made = es256(person=prosecutor.id, rp="localhost")
    custody_log.append(
        center,
        custody_log.Draft(
            type="credential.enrolled",
            evidence=center.deployment,
            person=prosecutor,
            purpose="administration",
            body=made.enrolment,
        ),
    )
    with center.database.begin() as session:
        session.add(
            Credential(
                key=made.id,
                person_id=prosecutor.id,
                credential_id=b"handle",
                public_key=made.key,
                algorithm="es256",
                relying_party="localhost",
                added_at=now(),
            )
        )
    return made


def answered(key: Authenticator, asked: dict[str, Any], **changes: str) -> dict[str, str]:
    """What the page's script posts: made from the challenge alone, as a browser does."""
    public = asked["publicKey"]
    client = (
        f'{{"type":"webauthn.get","challenge":"{public["challenge"]}","origin":"{AT}","crossOrigin":false}}'
    ).encode()
    made = key.sign(authenticator_data("localhost"), client)
    answer = {
        "credential": public["allowCredentials"][0]["id"],
        "authenticator": text(made.authenticator),
        "client": text(made.client),
        "signature": text(made.signature),
    }
    return answer | changes


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_a_form_is_answered_with_what_has_to_be_signed_and_the_signature_does_it(
    page: httpx.AsyncClient, center: Center, prosecutor: Person, case: Case, key: Authenticator
) -> None:
    asking = await page.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)
    asked = asking.json()
    assert asked["says"]["what"] == f"You place a legal hold on case \u2066{case.code}\u2069."
    public = asked["publicKey"]
    assert (public["rpId"], public["userVerification"]) == ("localhost", "required")
    assert urlsafe_b64decode(public["allowCredentials"][0]["id"] + "==") == b"handle"
    assert asked["says"]["acts"] == ["An appeal is open or possible"]
    assert asked["says"]["how"] == ["Reference: \u2068Appeal 7\u2069"]
    assert not legal_holds.over(center, case.id)
    done = await page.post(f"/signings/{asked['signing']}", json=answered(key, asked), headers=SCRIPT)
    assert done.json() == {"to": f"/cases/{case.id}/keeping"}
    [entry] = history.of_item(center, prosecutor, case.id)
    assert entry.signed_by == "person"
    assert "Appeal 7" in (await page.get(f"/cases/{case.id}/keeping")).text
    lift = f"/cases/{case.id}/holds/{entry.body['hold']}/lift"
    asked = (await page.post(lift, data={"reason": "ended", "reference": "8"}, headers=SCRIPT)).json()
    await page.post(f"/signings/{asked['signing']}", json=answered(key, asked), headers=SCRIPT)
    assert not legal_holds.over(center, case.id)


async def test_without_its_script_a_page_says_that_it_needs_it(
    page: httpx.AsyncClient, center: Center, case: Case, key: Authenticator
) -> None:
    for accept, answer in (("text/html", 409), ("*/*", 409)):
        said = await page.post(f"/cases/{case.id}/holds", data=HOLD, headers={"accept": accept})
        assert said.status_code == answer
        assert "signed with your passkey" in said.text
    assert not legal_holds.over(center, case.id)


async def test_each_refusal_has_its_three_sentences(
    page: httpx.AsyncClient, center: Center, case: Case, prosecutor: Person, key: Authenticator
) -> None:
    async def ask() -> dict[str, Any]:
        asked: dict[str, Any] = (await page.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)).json()
        return asked

    async def refused(asked: dict[str, Any], answer: dict[str, str]) -> tuple[int, str]:
        said = await page.post(f"/signings/{asked['signing']}", json=answer, headers=SCRIPT)
        error = said.json()["error"]
        assert all(error[part] for part in ("what", "meaning", "todo"))
        return said.status_code, error["code"]

    size = center.ledger.size
    asked = await ask()
    wrong = answered(key, asked, signature=text(b"no signature"))
    assert await refused(asked, wrong) == (403, "signature-refused")
    assert await refused(asked, answered(key, asked)) == (404, "signing-over")
    asked = await ask()
    assert await refused(asked, answered(key, asked, credential="AAAA")) == (403, "signature-refused")
    asked = await ask()
    for malformed in ("not base64!", "A", "A" * 9000):
        answer = answered(key, asked, signature=malformed)
        assert await refused(asked, answer) == (422, "malformed")
    assert center.ledger.size == size
    legal_holds.place(center, prosecutor, case.id, reason="other", reference="1")
    assert await refused(asked, answered(key, asked)) == (409, "moved-on")


async def test_another_session_of_the_same_person_does_not_complete_it(
    page: httpx.AsyncClient,
    app: FastAPI,
    case: Case,
    prosecutor: Person,
    sign_in: SignIn,
    key: Authenticator,
) -> None:
    asked = (await page.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)).json()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=AT, headers={"origin": AT}) as other:
        await sign_in(other, prosecutor)
        path = f"/signings/{asked['signing']}"
        assert (await other.post(path, json=answered(key, asked))).status_code == 404
    assert (await page.post(f"/signings/{asked['signing']}", json=answered(key, asked))).status_code == 200


async def test_where_unsigned_acts_are_refused_a_passkey_has_to_be_made_first(
    center: Center, settings: Settings, page: httpx.AsyncClient, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await page.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)
    assert done.json() == {"to": f"/cases/{case.id}/keeping"}
    object.__setattr__(center, "unsigned_acts", "")  # by the keys, and these are protected
    said = await page.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)
    assert (said.status_code, said.json()["error"]["code"]) == (403, "passkey-missing")
    said = await page.post(f"/cases/{case.id}/holds", data=HOLD, headers={"accept": "text/html"})
    assert "Make a passkey first" in said.text


async def test_consent_is_taken_back_with_a_signature_or_at_once_without(
    page: httpx.AsyncClient, center: Center, prosecutor: Person, case: Case, key: Authenticator
) -> None:
    path, back = f"/cases/{case.id}/consent", {"decided_by": "self", "form": "oral"}
    explained = {**back, "spoken": "ar", "explained_by": "Person E"}
    given = {**explained, "answer-recording": "given"}

    async def signed(path: str, fields: dict[str, str]) -> bool:
        asked = (await page.post(path, data=fields, headers=SCRIPT)).json()
        await page.post(f"/signings/{asked['signing']}", json=answered(key, asked), headers=SCRIPT)
        return bool(asked["unsigned"])

    assert not await signed(path, given)
    # A yes is not entered without a signature, whatever the form says, nor by a page without its script.
    for headers in (SCRIPT, {"accept": "text/html"}):
        yes = {**explained, "answer-photographs": "given", "answer-recording": "refused", "unsigned": "true"}
        await page.post(path, data=yes, headers=headers)
    assert await signed(f"{path}/recording/withdraw", back)
    await signed(path, given)
    done = await page.post(f"{path}/recording/withdraw", data={**back, "unsigned": "true"}, headers=SCRIPT)
    assert done.json() == {"to": path}
    await signed(path, given)
    page_again = await page.post(f"{path}/recording/withdraw", data=back, headers={"accept": "text/html"})
    assert page_again.headers["location"] == path
    said = [(one.type, one.signed_by) for one in history.of_item(center, prosecutor, case.id)]
    assert said == [
        ("consent.recorded", "person"),
        ("consent.withdrawn", "person"),
        ("consent.recorded", "person"),
        ("consent.withdrawn", "center"),
        ("consent.recorded", "person"),
        ("consent.withdrawn", "center"),
    ]


async def test_a_sheet_of_answers_is_signed_once_and_each_is_named_as_its_statement_has_it(
    page: httpx.AsyncClient, center: Center, prosecutor: Person, case: Case, key: Authenticator
) -> None:
    sheet = {
        "answer-recording": "given",
        "answer-photographs": "refused",
        "answer-share-court": "limited",
        "limits-share-court": "Not <in> public",
        "decided_by": "both",
        "ground": "natural-guardian",
        "guardian": "Person G, her father",
        "interpreter": "true",
        "form": "signed",
        "spoken": "ar",
        "explained_by": "Person E",
    }
    path = f"/cases/{case.id}/consent"
    asked = (await page.post(path, data=sheet, headers=SCRIPT)).json()
    assert asked["says"]["acts"] == [
        "Recording of the interview: given",
        "Photographs: does not agree",
        "Sharing with a court: given with limits · Limits, or a note: \u2068Not <in> public\u2069",
    ]
    assert asked["says"]["how"] == [
        "Who answered: the person, and a parent or guardian "
        "(guardian by law): \u2068Person G, her father\u2069 · signed a form · "
        "Who explained it: \u2068Person E\u2069 · In which language: Arabic · through an interpreter"
    ]
    assert not asked["unsigned"]
    answer = answered(key, asked)
    done = await page.post(f"/signings/{asked['signing']}", json=answer, headers=SCRIPT)
    assert done.json() == {"to": path}
    told = history.of_item(center, prosecutor, case.id)
    assert [(one.body["subject"], one.body["outcome"], one.signed_by) for one in told] == [
        ("recording", "given", "person"),
        ("photographs", "refused", "person"),
        ("share-court", "limited", "person"),
    ]
    assert "Not &lt;in&gt; public" in (await page.get(path)).text
    # The same answer again: to the same sheet it changes nothing, to another it is refused.
    size = center.ledger.size
    again = await page.post(f"/signings/{asked['signing']}", json=answer, headers=SCRIPT)
    assert again.json() == {"to": path}
    other = (await page.post(path, data=sheet, headers=SCRIPT)).json()
    replayed = await page.post(f"/signings/{other['signing']}", json=answer, headers=SCRIPT)
    assert replayed.json()["error"]["code"] == "signature-refused"
    assert center.ledger.size == size


@pytest.mark.parametrize("entered", [{"ground": "natural-guardian"}, {"guardian": "Person G"}])
async def test_a_guardian_entered_with_an_answer_of_hers_alone_is_refused_before_anything_is_signed(
    page: httpx.AsyncClient, center: Center, case: Case, key: Authenticator, entered: dict[str, str]
) -> None:
    sheet = {"answer-photographs": "given", "decided_by": "self", "form": "oral", "spoken": "ar"}
    sheet |= {"explained_by": "Person E", **entered}
    size, path = center.ledger.size, f"/cases/{case.id}/consent"
    refused = await page.post(path, data=sheet, headers=SCRIPT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "guardian-unexpected")
    for language, words in (("en", "The person answered alone"), ("ar", "أجاب الشخص وحده")):
        page.cookies.set("language", language)
        shown = await page.post(path, data=sheet, headers={"accept": "text/html"})
        assert shown.status_code == 422
        assert words in shown.text
    assert center.ledger.size == size


async def test_a_case_is_shared_with_several_colleagues_by_one_signature(
    page: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    case: Case,
    key: Authenticator,
) -> None:
    roles = {"Nurse <N>": Role.EXAMINER, "Advocate": Role.ADVOCATE}
    chosen = [people.add(center, administrator, name, role).id for name, role in roles.items()]
    sent = {"data": {"person": [*chosen, chosen[0]]}, "headers": SCRIPT}
    asked = (await page.post(f"/cases/{case.id}/access", **sent)).json()  # type: ignore[arg-type]
    assert asked["says"]["acts"] == [
        "\u2068Nurse <N>\u2069 · Forensic nurse or doctor · \u2068one-stop-center\u2069",
        "\u2068Advocate\u2069 · Legal advocate of the person · \u2068one-stop-center\u2069",
    ]
    assert cases.given_to(center, prosecutor, case.id) == []
    await page.post(f"/signings/{asked['signing']}", json=answered(key, asked), headers=SCRIPT)
    told = history.of_item(center, prosecutor, case.id)
    assert [(one.type, one.body["person"], one.signed_by) for one in told] == [
        ("case.given", person, "person") for person in chosen
    ]
    assert {one.id for one in cases.given_to(center, prosecutor, case.id)} == set(chosen)


async def test_the_dialog_of_a_grant_names_its_receiver_purpose_basis_and_term(
    page: httpx.AsyncClient, center: Center, administrator: Person, case: Case, key: Authenticator
) -> None:
    judge = people.add(center, administrator, "Judge N", Role.COURT)
    grant = {
        "person": judge.id,
        "purpose": "hearing",
        "extent": "all",
        "kind": "view",
        "basis": "court-order",
    }
    written = {"reference": "Order 7", "agreement": "For this hearing only.", "until": f"{now():%Y-%m-%d}"}
    sent = await page.post(f"/cases/{case.id}/grants", data=grant | written, headers=SCRIPT)
    says = sent.json()["says"]
    everything = "all recordings of the case, also those sealed later"
    assert says["acts"] == [f"\u2068Judge N\u2069 · Court · \u2068one-stop-center\u2069 · {everything}"]
    [how] = says["how"]
    assert how.startswith("Hearing in court · a court's order · Valid from – to: \u2066")
    assert how.endswith("\u2069 · Reference: \u2068Order 7\u2069")


async def test_the_dialog_of_a_retention_period_names_type_term_and_the_date_of_a_court(
    page: httpx.AsyncClient, case: Case, key: Authenticator
) -> None:
    sent = {"kind": "child", "until": "2090-03-01", "reference": "File 12"}
    says = (await page.post(f"/cases/{case.id}/retention", data=sent, headers=SCRIPT)).json()["says"]
    assert says["acts"] == ["a child · 50 years · Until, as a court has stated: 2090-03-01"]
    assert says["how"] == ["Reference: \u2068File 12\u2069"]


async def test_at_another_address_the_passkey_is_not_asked_for(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, case: Case, sign_in: SignIn, key: object
) -> None:
    await sign_in(browser, prosecutor)
    said = await browser.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)
    assert said.json()["error"]["code"] == "passkey-elsewhere"


def test_the_setting_is_one_of_two_words_or_left_to_the_keys() -> None:
    assert read_settings({}).unsigned_acts == ""
    settings = read_settings({"AMANA_UNSIGNED_ACTS": "refused"})
    assert read_settings(to_environ(settings)).unsigned_acts == "refused"
    with pytest.raises(SettingInvalid, match="AMANA_UNSIGNED_ACTS"):
        read_settings({"AMANA_UNSIGNED_ACTS": "maybe"})


async def test_what_was_signed_is_told_to_its_person_until_they_have_seen_it(
    page: httpx.AsyncClient, center: Center, case: Case, prosecutor: Person, key: Authenticator
) -> None:
    assert "since your last visit" not in (await page.get("/")).text
    assert "Nothing yet." in (await page.get("/signed")).text
    asked = (await page.post(f"/cases/{case.id}/holds", data=HOLD, headers=SCRIPT)).json()
    await page.post(f"/signings/{asked['signing']}", json=answered(key, asked), headers=SCRIPT)
    home = (await page.get("/")).text
    for told in ("since your last visit", "A legal hold was placed", case.code, key.id[:8]):
        assert told in home
    [act] = signed_acts.of_person(center, prosecutor, unseen=True)
    assert (act.position, act.key, act.seen) == (center.ledger.size - 1, key.id, False)
    await page.post("/signed/seen", data={"position": str(act.position)})
    assert "since your last visit" not in (await page.get("/")).text
    assert "A legal hold was placed" in (await page.get("/signed")).text


async def test_an_act_that_a_page_passed_off_as_something_else_is_told_too(
    page: httpx.AsyncClient, center: Center, case: Case, prosecutor: Person, key: Authenticator
) -> None:
    """A web process in wrong hands has the statement of a viewing signed where somebody signs in."""
    draft = custody_log.Draft("evidence.viewed", "0a" * 16, prosecutor, "review", {})
    prepared = prepared_statements.prepare(center, draft)
    assertion = key.over(prepared_statements.challenge(prepared), origin=AT)
    prepared_statements.append_signed(center, prepared, key.id, assertion)
    assert "Something that no page asks you to sign: evidence.viewed" in (await page.get("/")).text
