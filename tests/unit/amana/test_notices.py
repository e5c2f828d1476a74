"""Notices by e-mail: without content, at most one a day, over TLS alone; their addresses are sealed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from amana import mail
from amana.background_loop import Unfinished
from amana.health import status
from amana.mail import MailServer, NotSent
from amana.settings import SettingInvalid, Settings
from amana.workers.notices import NoticeWorker
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Case, Person, Role
from casework.errors import AddressInvalid
from casework.people import notices, people
from casework.photographs import exam_sets
from casework.work_queue import queue
from tests.support.mail_server import ReceivedMail, mail_server

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]
ADDRESS = "nurse@clinic.example"
HERE = "https://amana.example"


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[ReceivedMail]:
    with mail_server(tmp_path / "mail") as received:
        yield received


@pytest.fixture
def case(center: Center, prosecutor: Person) -> Case:
    return cases.open_case(center, prosecutor)


@pytest.fixture
def nurse(center: Center, administrator: Person, prosecutor: Person, case: Case) -> Person:
    person = people.add(center, administrator, "Nurse N", Role.EXAMINER, "clinic")
    cases.give(center, prosecutor, case.id, person.id)
    notices.choose(center, person, ADDRESS)
    return people.get(center, person.id)


class Days:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self):  # type: ignore[no-untyped-def]
        return self.at


def worker(center: Center, server: MailServer, clock: Days) -> NoticeWorker:
    return NoticeWorker(center, server, HERE, clock)


def test_a_notice_comes_when_more_waits_than_before_and_once_a_day(
    center: Center, inbox: ReceivedMail, nurse: Person, case: Case
) -> None:
    clock = Days()
    looking = worker(center, inbox.server, clock)
    exam_sets.open_set(center, nurse, case.id, "woman")
    looking.look()
    assert inbox.messages == [], "what waited when they chose it they have seen"
    looking.look()
    assert inbox.messages == []
    more = exam_sets.open_set(center, nurse, case.id, "woman")
    looking.look()
    looking.look()
    assert len(inbox.messages) == 1
    exam_sets.open_set(center, nurse, case.id, "woman")
    clock.at += timedelta(hours=23)
    looking.look()
    assert len(inbox.messages) == 1, "one in a day"
    clock.at += timedelta(hours=1)
    looking.look()
    assert len(inbox.messages) == 2, "what came meanwhile is not forgotten"
    clock.at += timedelta(days=2)
    exam_sets.close(center, nurse, more.id)
    looking.look()
    exam_sets.open_set(center, nurse, case.id, "woman")
    looking.look()
    assert len(queue.waiting_for(center, nurse)) == 3
    assert len(inbox.messages) == 3, "as many as at the last notice, and more than since"


def test_a_notice_has_no_content(center: Center, inbox: ReceivedMail, nurse: Person, case: Case) -> None:
    looking = worker(center, inbox.server, Days())
    looking.look()
    for language, subject, sentence in (
        ("en", "Amana", "Something waits for you in Amana."),
        ("ar", "أمانة", "هناك ما ينتظرك في أمانة."),
    ):
        people.set_language(center, nurse, language)
        notices.choose(center, nurse, ADDRESS)
        looking.look()
        exam_sets.open_set(center, nurse, case.id, "woman")
        looking.look()
        message = inbox.messages.pop()
        assert message.get_content().splitlines() == [sentence, "", HERE]
        headers = dict(message.items())
        assert re.fullmatch(r"<[0-9.]+@center\.example>", headers.pop("Message-ID"))
        assert headers.keys() - {"Date", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"} == {
            "Auto-Submitted",
            "From",
            "Subject",
            "To",
        }
        assert (headers["Subject"], headers["To"]) == (subject, ADDRESS)
        assert headers["From"] == "amana@center.example"
    assert set(inbox.heard) == {"center.example"}, "nor what this machine is called"


def test_what_cannot_be_sent_is_shown_tried_again_and_disturbs_no_other(
    center: Center,
    settings: Settings,
    inbox: ReceivedMail,
    nurse: Person,
    administrator: Person,
    prosecutor: Person,
    case: Case,
) -> None:
    with_mail = replace(settings, smtp="smtps://localhost", smtp_sender="amana@center.example")
    assert status.look(center, settings)["notices"]["set_up"] is False
    other = people.add(center, administrator, "Nurse O", Role.EXAMINER, "clinic")
    cases.give(center, prosecutor, case.id, other.id)
    notices.choose(center, other, "other@clinic.example")
    looking = worker(center, inbox.server, Days())
    looking.look()
    for person in (nurse, other):
        exam_sets.open_set(center, person, case.id, "woman")
    inbox.refuses = True
    with pytest.raises(Unfinished):
        looking.look()
    part = status.look(center, with_mail)["notices"]
    assert part == {"well": False, "set_up": True, "receivers": 2, "troubles": {"refused": 2}}
    inbox.refuses = False
    looking.look()
    assert len(inbox.messages) == 2
    assert status.look(center, with_mail)["notices"]["well"] is True


@pytest.mark.parametrize("tls", ["smtps", "smtp", "none"])
def test_a_message_goes_over_tls_with_a_valid_certificate_or_not_at_all(tmp_path: Path, tls: str) -> None:
    with mail_server(tmp_path / "mail", tls=tls) as received:
        server = received.server
        sent = mail.message(server, ADDRESS, "Amana", "Something\n")
        if tls == "none":
            with pytest.raises(NotSent, match="no-tls"):
                mail.send(server, sent)
            assert received.messages == []
            return
        with pytest.raises(NotSent, match="no-tls"):  # of an authority that was not named
            mail.send(replace(server, authorities=None), sent)
        mail.send(server, sent)
        assert [one["Subject"] for one in received.messages] == ["Amana"]
        assert server.credentials is not None
        server.credentials.chmod(0o640)
        with pytest.raises(NotSent, match="credentials"):
            mail.send(server, sent)
        server.credentials.chmod(0o600)
        server.credentials.write_text("notices\nanother\n")
        with pytest.raises(NotSent, match="not-admitted"):
            mail.send(server, sent)
    with pytest.raises(NotSent, match="unreachable"):
        mail.send(replace(server, credentials=None), sent)
    assert len(received.messages) == 1


async def test_a_person_chooses_notices_and_their_address_is_nowhere_in_clear(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    settings: Settings,
    administrator: Person,
    nurse: Person,
    sign_in: SignIn,
) -> None:
    browser.cookies.set("language", "en")
    await sign_in(browser, nurse)
    page = (await browser.get("/account")).text
    assert "This center sends no notices by e-mail." in page and ADDRESS in page
    app.state.settings = replace(settings, smtp="smtps://localhost", smtp_sender="amana@center.example")
    page = (await browser.get("/account")).text
    assert "Get notices at this address" in page
    refused = await browser.post(
        "/account/notices", data={"address": "no address"}, headers={"accept": "application/json"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "address-invalid")
    await browser.post("/account/notices", data={"address": " another@clinic.example "})
    page = (await browser.get("/account")).text
    assert "another@clinic.example" in page and ADDRESS not in page
    stored = b"".join(path.read_bytes() for path in settings.data.rglob("*") if path.is_file())
    assert b"another@clinic" not in stored and ADDRESS.encode() not in stored
    await browser.post("/account/notices", data={})
    assert "another@clinic" not in (await browser.get("/account")).text
    notices.choose(center, nurse, ADDRESS)
    people.retire(center, administrator, nurse.id)
    assert people.get(center, nurse.id).sealed_email is None


@pytest.mark.parametrize(
    "address",
    ["a@b", "a b@c.example", "a@c.example\nBcc: d@e.example", "ن@c.example", f"{'a' * 65}@c.example"],
)
def test_what_is_no_address_is_refused(center: Center, administrator: Person, address: str) -> None:
    with pytest.raises(AddressInvalid):
        notices.choose(center, administrator, address)


def test_a_mail_server_is_named_with_tls_and_a_sender(settings: Settings) -> None:
    assert settings.mail_server is None
    sender = "amana@center.example"
    for smtp, of in (
        ("smtps://mail.example", 465),
        ("smtp://mail.example", 587),
        ("smtp://mail.example:25", 25),
    ):
        server = replace(settings, smtp=smtp, smtp_sender=sender).mail_server
        assert server is not None and server.port == of
    for smtp, by in (("http://mail.example", sender), ("smtp://", sender), ("smtps://mail.example", "")):
        with pytest.raises(SettingInvalid, match="AMANA_SMTP"):
            replace(settings, smtp=smtp, smtp_sender=by)
