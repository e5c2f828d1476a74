"""Every route of the application: whose it is, what it is sent, and a center in which it finds something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from amana.demo.device_key import DeviceKey
from casework.access.permissions import TABLE, Act, Reach
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Person, Role
from casework.evidence import gateway
from casework.interviews import appointments, interviews
from casework.people import people
from casework.photographs import exam_sets, examination_drafts, intimate_approvals
from casework.redaction.edits import Redaction
from casework.retention import disposal_requests, legal_holds
from casework.working_copies.film_plan import Edits
from tests.support.centers.taken_specimens import take_specimen
from tests.support.media.made_pictures import picture
from tests.support.media.waiting_film import begun_list, waiting_film
from tests.support.people import unlocking
from tests.support.people.adding import added
from tests.support.people.granting import granted
from vault.keyholders.unlocking import PUBLIC_SIZE, SEALED_SIZE

EVERYBODY, MACHINES, THEIR_OWN = "everybody", "machines", "their own"
"""Whoever is signed in; holders of a token and no session; the person alone who made what is asked for."""

FILM = Edits("one", ("wide",), (), 0)
KEY = DeviceKey().encoded
JSON: Mapping[str, Any] = {"sdp": "v=0\r\n", "evidence": "", "purpose": "review", "indices": [0]}
FIELDS = {
    "item": "",
    "kind": "adult",
    "language": "en",
    "name": "N",
    "person": "",
    "purpose": "testimony",
    "reason": "other",
    "reference": "4/2076",
    "role": "court",
    "room": "room-1",
    "token": "t",
}
LATER = {
    "day": f"{now() + timedelta(days=2):%Y-%m-%d}",
    "clock": "10:00",
    "minutes": "60",
    "reason": "person",
    "anyway": "true",
}
SEALED = unlocking.form(bytes(PUBLIC_SIZE), bytes(SEALED_SIZE))
"""Of the right form, and to no key that the keyholder has."""
CONSENT = {
    "answer-recording": "given",
    "decided_by": "self",
    "explained_by": "N",
    "form": "oral",
    "spoken": "ar",
}


@dataclass(frozen=True)
class Row:
    """Whose a route is, and what it is sent: `json`, or else a form with `fields` beside `FIELDS`.

    `missing`: nothing is there, in this test, for those who may ask. `endless`: an answer that goes on for as
    long as somebody listens. `query`: what stands behind the address.
    """

    whose: Act | str
    json: Mapping[str, Any] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    missing: bool = False
    endless: bool = False


ROWS: Mapping[str, Row] = {
    "GET /": Row(EVERYBODY),
    "POST /language": Row(EVERYBODY),
    "GET /sign-in": Row(EVERYBODY),
    "POST /sign-in": Row(EVERYBODY, {"token": "t"}, missing=True),
    "POST /sign-in/passkey/challenge": Row(EVERYBODY, {}),
    "POST /sign-in/passkey": Row(EVERYBODY, {"answer": {}}),
    "GET /passkey": Row(EVERYBODY),
    "POST /passkey/challenge": Row(EVERYBODY, {}),
    "POST /passkey": Row(EVERYBODY, {"answer": {}}),
    "POST /sign-in/password": Row(EVERYBODY, fields={"number": "1", "password": "x", "code": "1"}),
    "GET /password": Row(EVERYBODY),
    "POST /password": Row(EVERYBODY, fields={"password": "x", "code": "1", "sealed": "x"}),
    "POST /sign-in/recovery": Row(EVERYBODY, fields={"code": "x"}),
    "GET /account": Row(EVERYBODY),
    "POST /account/passkeys/name": Row(THEIR_OWN, fields={"key": "00" * 8, "label": "x"}),
    "POST /account/passkeys/revoke": Row(THEIR_OWN, fields={"key": "00" * 8}),
    "POST /account/notices": Row(EVERYBODY),
    "POST /account/sessions/end": Row(EVERYBODY, fields={"session": "00" * 32}),
    "POST /account/sessions/end-others": Row(EVERYBODY),
    "POST /account/recovery-codes": Row(THEIR_OWN),
    "POST /account/recovery-codes/used": Row(EVERYBODY),
    "GET /confirm": Row(EVERYBODY),
    "POST /confirm/challenge": Row(EVERYBODY, {"purpose": "confirm"}),
    "POST /confirm": Row(THEIR_OWN),
    "POST /staff/{person_id}/revoke": Row(Act.MANAGE_PEOPLE),
    "GET /room-machines": Row(Act.MANAGE_PEOPLE),
    "POST /room-machines": Row(Act.MANAGE_PEOPLE),
    "POST /room-machines/revoke": Row(Act.MANAGE_PEOPLE, fields={"device": "00" * 16}),
    "GET /room": Row(EVERYBODY),
    "POST /room": Row(EVERYBODY, {"token": "t", "key": KEY}, missing=True),
    "GET /room/next": Row(MACHINES),
    "POST /sign-out": Row(EVERYBODY),
    "GET /signed": Row(EVERYBODY),
    "POST /signed/seen": Row(EVERYBODY, fields={"position": "0"}),
    "GET /metrics": Row(MACHINES),
    "GET /healthz": Row(MACHINES),
    "GET /ledger/checkpoint": Row(MACHINES),
    "GET /ledger/tile/{place:path}": Row(MACHINES),
    "GET /staff": Row(Act.MANAGE_PEOPLE),
    "POST /staff": Row(Act.MANAGE_PEOPLE),
    "POST /staff/find": Row(Act.MANAGE_PEOPLE, fields={"find": "N"}),
    "POST /staff/{person_id}/role": Row(Act.MANAGE_PEOPLE, fields={"role": "court"}),
    "POST /staff/{person_id}/link": Row(Act.MANAGE_PEOPLE),
    "POST /staff/{person_id}/retire": Row(Act.MANAGE_PEOPLE),
    "GET /health": Row(Act.SEE_HEALTH),
    "GET /help": Row(EVERYBODY),
    "GET /help/{topic}": Row(EVERYBODY),
    "GET /trust": Row(Act.SEE_HEALTH),
    "GET /trust/{name}": Row(Act.CHECK_PACKAGE),
    "GET /check": Row(Act.CHECK_PACKAGE),
    "POST /alarms/{alarm}/seen": Row(Act.SEE_HEALTH),
    "POST /vault/key": Row(Act.UNLOCK_VAULT),
    "POST /vault/unlock": Row(Act.UNLOCK_VAULT, fields=SEALED),
    "POST /vault/lock": Row(Act.UNLOCK_VAULT),
    "GET /rooms": Row(Act.SEE_ROOMS),
    "GET /rooms/state": Row(Act.SEE_ROOMS),
    "GET /schedule": Row(Act.SEE_ROOMS),
    "POST /schedule": Row(Act.SEE_ROOMS, fields=LATER),
    "POST /cases/{case_id}/void": Row(Act.VOID_CASE, fields={"reason": "duplicate"}),
    "POST /cases/{case_id}/interviews/{interview_id}/void": Row(
        Act.OPEN_INTERVIEW, fields={"reason": "duplicate"}
    ),
    "POST /cases/{case_id}/appointments": Row(Act.OPEN_INTERVIEW, fields=LATER),
    "GET /appointments/{appointment_id}": Row(Act.OPEN_INTERVIEW),
    "POST /appointments/{appointment_id}/move": Row(Act.OPEN_INTERVIEW, fields=LATER),
    "POST /appointments/{appointment_id}/cancel": Row(Act.OPEN_INTERVIEW, fields={"reason": "person"}),
    "POST /rooms": Row(Act.KEEP_ROOMS, fields={"code": "room-1"}),
    "POST /rooms/{code}/retire": Row(Act.KEEP_ROOMS),
    "GET /cases": Row(Act.SEE_CASE),
    "POST /cases": Row(Act.OPEN_CASE),
    "GET /cases/find": Row(EVERYBODY),
    "GET /staff/find": Row(EVERYBODY),
    "POST /cases/find": Row(Act.SEE_CASE, fields={"find": "2076"}),
    "GET /cases/{case_id}": Row(Act.SEE_CASE),
    "GET /cases/{case_id}/interviews": Row(Act.SEE_CASE),
    "GET /cases/{case_id}/interviews/new": Row(Act.OPEN_INTERVIEW),
    "POST /cases/{case_id}/interviews": Row(Act.OPEN_INTERVIEW),
    "POST /cases/{case_id}/access": Row(Act.HAND_CASE),
    "POST /cases/{case_id}/access/{person_id}/withdraw": Row(Act.GIVE_CASE),
    "GET /cases/{case_id}/disclosures": Row(Act.SEE_DISCLOSURE),
    "GET /cases/{case_id}/disclosures.csv": Row(Act.SEE_DISCLOSURE),
    "GET /cases/{case_id}/disclosures.json": Row(Act.SEE_DISCLOSURE),
    "POST /cases/{case_id}/description": Row(Act.DESCRIBE_CASE, fields={"called": "N"}),
    "GET /cases/{case_id}/grants/new": Row(Act.GIVE_CASE),
    "GET /cases/{case_id}/sharing": Row(Act.GIVE_CASE),
    "POST /cases/{case_id}/grants": Row(Act.GIVE_CASE, fields={"until": "2076-01-01"}),
    "POST /cases/{case_id}/history": Row(Act.SEE_HISTORY),
    "POST /cases/{case_id}/receipts": Row(Act.GIVE_CASE, fields={"key_fingerprint": "00"}),
    "POST /grants/{grant_id}/withdraw": Row(Act.GIVE_CASE),
    "POST /grants/{grant_id}/copy": Row(Act.AUTHORISE_COPY),
    "GET /grants/{grant_id}": Row(THEIR_OWN),
    "POST /grants/{grant_id}/accept": Row(THEIR_OWN),
    "GET /cases/{case_id}/consent": Row(Act.RECORD_CONSENT),
    "GET /cases/{case_id}/consent/form.pdf": Row(Act.RECORD_CONSENT),
    "POST /cases/{case_id}/consent": Row(Act.RECORD_CONSENT, fields=CONSENT),
    "POST /cases/{case_id}/consent/{subject}/withdraw": Row(Act.RECORD_CONSENT, fields=CONSENT),
    "GET /cases/{case_id}/keeping": Row(Act.SEE_HISTORY),
    "GET /cases/{case_id}/history": Row(Act.SEE_HISTORY),
    "GET /cases/{case_id}/history.csv": Row(Act.SEE_HISTORY),
    "GET /cases/{case_id}/history.json": Row(Act.SEE_HISTORY),
    "POST /cases/{case_id}/retention": Row(Act.KEEP_CASE, fields={"kind": "child"}),
    "GET /cases/{case_id}/excluded": Row(Act.EXCLUDE_PASSAGE),
    "POST /cases/{case_id}/excluded": Row(
        Act.EXCLUDE_PASSAGE, fields={"reason": "question", "extent": "whole"}
    ),
    "POST /cases/{case_id}/excluded/{exclusion_id}/restore": Row(
        Act.EXCLUDE_PASSAGE, fields={"reason": "appeal"}
    ),
    "POST /cases/{case_id}/holds": Row(Act.KEEP_CASE),
    "POST /cases/{case_id}/holds/{hold_id}/lift": Row(Act.KEEP_CASE, fields={"reason": "ended"}),
    "POST /cases/{case_id}/disposals": Row(Act.DISPOSE_EVIDENCE),
    "POST /cases/{case_id}/disposals/{disposal_id}/approve": Row(Act.DISPOSE_EVIDENCE),
    "POST /cases/{case_id}/disposals/{disposal_id}/refuse": Row(
        Act.DISPOSE_EVIDENCE, fields={"reason": "mistaken"}
    ),
    "GET /cases/{case_id}/disposals/{disposal_id}/certificate.{kind}": Row(Act.SEE_HISTORY),
    "GET /statistics": Row(Act.SEE_STATISTICS),
    "POST /statistics": Row(Act.SEE_STATISTICS, fields={"report": "cases", "year": "2026"}),
    "GET /cases/{case_id}/intimate": Row(Act.SEE_INTIMATE),
    "POST /photographs/{evidence_id}/requests": Row(Act.SEE_INTIMATE),
    "POST /intimate-requests/{request_id}/approve": Row(Act.APPROVE_INTIMATE),
    "POST /intimate-requests/{request_id}/refuse": Row(Act.APPROVE_INTIMATE),
    "POST /cases/{case_id}/exams": Row(Act.ADD_PHOTOGRAPHS, fields={"figure": "woman"}),
    "POST /cases/{case_id}/examinations": Row(Act.ADD_PHOTOGRAPHS, fields={"form": "adult-examination"}),
    "GET /examinations/{examination_id}": Row(Act.ADD_PHOTOGRAPHS),
    "GET /examinations/{examination_id}/values": Row(Act.ADD_PHOTOGRAPHS),
    "POST /examinations/{examination_id}/values": Row(Act.ADD_PHOTOGRAPHS, {"version": 0, "values": {}}),
    "POST /examinations/{examination_id}/seal": Row(Act.ADD_PHOTOGRAPHS, {"version": 0}),
    "POST /examinations/{examination_id}/discard": Row(Act.ADD_PHOTOGRAPHS),
    "POST /photographs/{evidence_id}/corrections": Row(Act.ADD_PHOTOGRAPHS, missing=True),
    "POST /photographs/{evidence_id}/certificate": Row(Act.ADD_PHOTOGRAPHS, missing=True),
    "GET /exams/{exam_id}": Row(Act.SEE_PHOTOGRAPHS),
    "POST /exams/{exam_id}/notes": Row(Act.ADD_PHOTOGRAPHS, {"injuries": []}),
    "POST /exams/{exam_id}/close": Row(Act.ADD_PHOTOGRAPHS),
    "POST /exams/{exam_id}/report": Row(Act.SEE_PHOTOGRAPHS),
    "GET /exams/{exam_id}/beside": Row(Act.SEE_PHOTOGRAPHS),
    "GET /cases/{case_id}/photographs": Row(Act.SEE_PHOTOGRAPHS),
    "POST /cases/{case_id}/photographs/look": Row(Act.SEE_PHOTOGRAPHS),
    "GET /cases/{case_id}/received": Row(Act.ADD_RECEIVED),
    "POST /received/{evidence_id}/copies": Row(
        Act.MAKE_DERIVATIVE, fields={"kind": "film-copy", "purpose": "review"}, missing=True
    ),
    "POST /cases/{case_id}/requests": Row(
        Act.ADD_RECEIVED, fields={"giver": "N", "source": "person", "until": LATER["day"], "most": "1"}
    ),
    "POST /requests/{request_id}/withdraw": Row(Act.ADD_RECEIVED, missing=True),
    "GET /cases/{case_id}/specimens": Row(Act.HOLD_SPECIMENS),
    "GET /cases/{case_id}/specimens/new": Row(Act.TAKE_SPECIMENS, query={"figure": "woman"}),
    "POST /cases/{case_id}/specimens": Row(
        Act.TAKE_SPECIMENS, fields={"kind": "swab", "seal": "s", "what": "w"}
    ),
    "GET /cases/{case_id}/specimens/labels": Row(Act.HOLD_SPECIMENS),
    "GET /specimens/{specimen_id}": Row(Act.HOLD_SPECIMENS),
    "POST /specimens/{specimen_id}/hand-over": Row(
        Act.HOLD_SPECIMENS, fields={"organisation": "police", "role": "officer", "hours": "24"}
    ),
    "POST /specimens/{specimen_id}/receive": Row(Act.HOLD_SPECIMENS),
    "POST /specimens/{specimen_id}/recall": Row(Act.HOLD_SPECIMENS),
    "POST /specimens/{specimen_id}/destroy": Row(Act.HOLD_SPECIMENS),
    "POST /specimens/{specimen_id}/withdraw": Row(Act.HOLD_SPECIMENS),
    "POST /specimens/{specimen_id}/receipt-link": Row(Act.HOLD_SPECIMENS),
    "POST /specimens/{specimen_id}/holder-link": Row(Act.HOLD_SPECIMENS),
    "GET /custody": Row(EVERYBODY),
    "GET /custody/specimen": Row(MACHINES),
    "POST /custody/receipt": Row(MACHINES, {}),
    "POST /custody/handover": Row(MACHINES, {}),
    "POST /custody/link": Row(MACHINES, {}),
    "POST /custody/recall": Row(MACHINES, {}),
    "POST /custody/destruction": Row(MACHINES, {}),
    "GET /give": Row(EVERYBODY),
    "GET /give/request": Row(MACHINES),
    "POST /give/uploads": Row(MACHINES, {}),
    "POST /give/uploads/{upload_id}/pieces": Row(MACHINES, {}, query={"offset": "0"}),
    "POST /give/uploads/{upload_id}/finish": Row(MACHINES, {}),
    "GET /photographs/{evidence_id}": Row(Act.OPEN_PHOTOGRAPH),
    "POST /viewings/{viewing_id}/small-pictures": Row(THEIR_OWN, {"ids": []}),
    "POST /cases/{case_id}/uploads": Row(
        Act.ADD_PHOTOGRAPHS, {"kind": "photograph", "name": "a.jpg", "size": 100}
    ),
    "GET /uploads/{upload_id}": Row(THEIR_OWN),
    "POST /uploads/{upload_id}/pieces": Row(THEIR_OWN, {}, query={"offset": "0"}),
    "POST /uploads/{upload_id}/finish": Row(THEIR_OWN, {}),
    "POST /uploads/{upload_id}/give-up": Row(THEIR_OWN, {}),
    "POST /interviews/{interview}/safety": Row(Act.CONDUCT_INTERVIEW, JSON),
    "POST /interviews/{interview}/safety/state": Row(Act.CONDUCT_INTERVIEW, JSON),
    "GET /interviews/{interview}/safety/{evidence}": Row(Act.CONDUCT_INTERVIEW),
    "POST /interviews/{interview}/safety/{evidence}/records": Row(
        Act.CONDUCT_INTERVIEW, JSON, query={"first": "0"}
    ),
    "POST /interviews/{interview}/safety/{evidence}/finish": Row(
        Act.CONDUCT_INTERVIEW, {**JSON, "records": 1}
    ),
    "POST /interviews/{interview}/safety/{evidence}/discard": Row(Act.CONDUCT_INTERVIEW, JSON),
    "GET /interviews/{interview}/console": Row(Act.CONDUCT_INTERVIEW),
    "GET /interviews/{interview}/room": Row(Act.CONDUCT_INTERVIEW),
    "POST /interviews/{interview}/cameras/{camera}": Row(Act.CONDUCT_INTERVIEW, JSON),
    "GET /interviews/{interview}/preview/{camera}": Row(Act.CONDUCT_INTERVIEW),
    "POST /interviews/{interview}/challenge": Row(Act.CONDUCT_INTERVIEW, JSON),
    "POST /interviews/{interview}/senders/{number}/{decision}": Row(Act.CONDUCT_INTERVIEW, JSON),
    "POST /interviews/{interview}/check": Row(Act.CONDUCT_INTERVIEW, JSON),
    "POST /interviews/{interview}/begin": Row(Act.CONDUCT_INTERVIEW, JSON),
    "GET /interviews/{interview}/observe": Row(Act.OBSERVE_INTERVIEW),
    "GET /interviews/{interview}/observe/events": Row(Act.OBSERVE_INTERVIEW, endless=True),
    "GET /interviews/{interview}/next-door": Row(Act.OBSERVE_INTERVIEW),
    "POST /interviews/{interview}/questions": Row(Act.ASK_QUESTION, {"text": "Which door?"}),
    "POST /interviews/{interview}/break-requests": Row(Act.ASK_QUESTION, {}),
    "POST /interviews/{interview}/checklist": Row(
        Act.CONDUCT_INTERVIEW, {"protocol": "adult", "item": "wish", "done": True}
    ),
    "POST /interviews/{interview}/phase": Row(
        Act.CONDUCT_INTERVIEW, {"protocol": "adult", "phase": "recall"}
    ),
    "POST /interviews/{interview}/exhibit": Row(Act.CONDUCT_INTERVIEW, {"evidence": None}),
    "POST /interviews/{interview}/exhibit/{state}": Row(Act.CONDUCT_INTERVIEW, JSON),
    "POST /interviews/{interview}/drawing": Row(Act.CONDUCT_INTERVIEW, JSON),
    "GET /interviews/{interview}/interviewer": Row(Act.CONDUCT_INTERVIEW),
    "POST /interviews/{interview}/questions/{number}/{state}": Row(Act.CONDUCT_INTERVIEW, {}),
    "POST /interviews/{interview}/{command}": Row(Act.CONDUCT_INTERVIEW, JSON),
    "GET /interviews/{interview}/status": Row(Act.CONDUCT_INTERVIEW),
    "GET /interviews/{interview}/events": Row(Act.CONDUCT_INTERVIEW, endless=True),
    "GET /interviews/{interview}/live/records": Row(Act.OBSERVE_INTERVIEW),
    "POST /interviews/{interview}/live/keys": Row(Act.OBSERVE_INTERVIEW, JSON),
    "GET /interviews/{interview}/live/messages/{part}/{index}": Row(Act.OBSERVE_INTERVIEW),
    "POST /signings/{signing}": Row(
        THEIR_OWN, dict.fromkeys(("credential", "authenticator", "client", "signature"), "AAAA")
    ),
    "GET /evidence/{evidence_id}": Row(Act.VIEW_EVIDENCE),
    "POST /evidence/{evidence_id}/viewings": Row(Act.VIEW_EVIDENCE, {"purpose": "review"}),
    "GET /viewings/{viewing_id}/proof": Row(THEIR_OWN),
    "POST /viewings/{viewing_id}/keys": Row(THEIR_OWN, {"indices": [0]}),
    "GET /viewings/{viewing_id}/messages/{index}": Row(THEIR_OWN),
    "POST /viewings/{viewing_id}/places": Row(THEIR_OWN, {"indices": [0]}),
    "POST /evidence/{evidence_id}/confirm": Row(Act.CONDUCT_INTERVIEW),
    "GET /evidence/{evidence_id}/package": Row(Act.EXPORT_EVIDENCE),
    "GET /interviews/{interview_id}/package": Row(Act.EXPORT_EVIDENCE),
    "GET /cases/{case_id}/package": Row(Act.EXPORT_EVIDENCE),
    "GET /interviews/{interview_id}/derivatives": Row(Act.VIEW_EVIDENCE),
    "POST /interviews/{interview_id}/derivatives": Row(Act.MAKE_DERIVATIVE, fields={"picture": "one:wide"}),
    "GET /cases/{case_id}/comparisons": Row(Act.SEE_PHOTOGRAPHS),
    "POST /cases/{case_id}/comparisons": Row(
        Act.COMPARE_PHOTOGRAPHS, {"photographs": [], "purpose": "review"}
    ),
    "GET /derivatives/{derivative_id}": Row(Act.VIEW_EVIDENCE),
    "GET /derivatives/{derivative_id}/progress": Row(Act.VIEW_EVIDENCE),
    "POST /derivatives/{derivative_id}/cancel": Row(Act.MAKE_DERIVATIVE),
    "POST /derivatives/{derivative_id}/check": Row(
        Act.CHECK_DERIVATIVE, fields={"accepted": "yes"}, missing=True
    ),
    "GET /interviews/{interview_id}/redactions": Row(Act.MAKE_DERIVATIVE),
    "POST /interviews/{interview_id}/redactions": Row(Act.MAKE_DERIVATIVE, fields={"picture": "one:wide"}),
    "GET /redactions/{list_id}": Row(Act.MAKE_DERIVATIVE),
    "GET /redactions/{list_id}/edits": Row(Act.MAKE_DERIVATIVE),
    "POST /redactions/{list_id}/edits": Row(
        Act.MAKE_DERIVATIVE, {"version": 1, "edits": Redaction.of_film(FILM).to_json()}
    ),
    "GET /redactions/{list_id}/faces": Row(Act.MAKE_DERIVATIVE),
    "POST /redactions/{list_id}/faces": Row(
        Act.MAKE_DERIVATIVE, {"viewing": "00" * 16, "picture": "wide"}, missing=True
    ),
    "POST /redactions/{list_id}/faces/cancel": Row(Act.MAKE_DERIVATIVE),
    "POST /redactions/{list_id}/order": Row(
        Act.MAKE_DERIVATIVE, fields={"purpose": "review", "version": "1"}
    ),
    "GET /interviews/{interview_id}/transcripts": Row(Act.VIEW_EVIDENCE),
    "POST /interviews/{interview_id}/transcripts": Row(
        Act.MAKE_DERIVATIVE, fields={"part": "00" * 16, "language": "ar"}
    ),
    "GET /transcript-drafts/{draft_id}": Row(Act.MAKE_DERIVATIVE, missing=True),
    "POST /transcript-drafts/{draft_id}/discard": Row(Act.MAKE_DERIVATIVE, missing=True),
    "GET /viewings/{viewing_id}/transcript-drafts/{draft_id}": Row(Act.MAKE_DERIVATIVE, missing=True),
    "POST /viewings/{viewing_id}/transcript-drafts/{draft_id}": Row(
        Act.MAKE_DERIVATIVE, {"version": 0, "cues": []}, missing=True
    ),
    "POST /viewings/{viewing_id}/transcript-drafts/{draft_id}/keep": Row(
        Act.MAKE_DERIVATIVE, {"version": 0}, missing=True
    ),
    "GET /cases/{case_id}/transcripts": Row(Act.VIEW_EVIDENCE),
    "POST /packages": Row(Act.EXPORT_EVIDENCE, {"purpose": "review"}),
    "GET /packages/{order_id}": Row(THEIR_OWN),
    "POST /packages/{order_id}": Row(THEIR_OWN),
    "POST /packages/{order_id}/words": Row(THEIR_OWN),
    "GET /packages/{order_id}/{name}": Row(THEIR_OWN),
}

PHOTOGRAPH = "POST", "/evidence/{photograph}/viewings", Row(Act.OPEN_PHOTOGRAPH, {"purpose": "review"})
"""The one route that opens items of every kind, once more with a photograph."""


@dataclass(frozen=True)
class Place:
    """A case with an interview, a part and photographs in it, and what an address can name there."""

    ids: Mapping[str, str]
    case: str
    photograph: str
    intimate: str

    def path(self, template: str) -> str:
        """Where an address names an item, it is the recording, or a photograph where only those are."""
        ids = dict(self.ids)
        if template.startswith("/photographs/"):
            ids["evidence_id"] = self.intimate if template.endswith("/requests") else self.photograph
        return template.replace(":path", "").format_map(ids)


def furnished(center: Center, administrator: Person, prosecutor: Person) -> Place:
    """A place of this prosecutor's."""
    case = cases.open_case(center, prosecutor)
    interview = interviews.open_interview(
        center, prosecutor, case.id, purpose="testimony", room="room-1", place="", present=[], wish=""
    )
    part = gateway.ticket_for_part(center, prosecutor, interview.id).evidence
    leaving = people.add(center, administrator, "Leaving", Role.PROSECUTOR)
    cases.give(center, prosecutor, case.id, leaving.id)
    examiner = people.add(center, administrator, "Examining", Role.EXAMINER)
    cases.give(center, prosecutor, case.id, examiner.id)
    judge = people.add(center, administrator, "Judging", Role.COURT, "court")
    plain, intimate_one = (
        added(center, examiner, case.id, picture(seed=seed), intimate=seed == 1, agreed=seed == 1).id
        for seed in (0, 1)
    )
    assert center.retention is not None
    center.retention.write_text("any 0 days\n")
    disposal = disposal_requests.request(
        center, prosecutor, plain, reason="retention-ended", reference="4/2076"
    )  # before the hold, which nothing of this case passes from then on
    nowhere = ("viewing_id", "draft_id", "order_id", "alarm", "signing", "upload_id", "exclusion_id")
    ids = {
        **dict.fromkeys(nowhere, "00" * 16),
        **dict.fromkeys(("interview", "interview_id"), interview.id),
        **dict.fromkeys(("evidence", "evidence_id", "part"), part),
        "appointment_id": appointments.plan(
            center,
            prosecutor,
            case.id,
            purpose="testimony",
            room="room-1",
            begins=now() + timedelta(days=1),
            minutes=60,
        ).id,
        "case_id": case.id,
        "photograph": plain,
        "derivative_id": waiting_film(center, prosecutor, interview),
        "disposal_id": disposal.id,
        "examination_id": examination_drafts.begin(center, examiner, case.id, "adult-examination").id,
        "exam_id": exam_sets.open_set(center, examiner, case.id, "woman").id,
        "grant_id": granted(center, prosecutor, case.id, judge, accepted=False, kind="copy").id,
        "list_id": begun_list(center, prosecutor, interview),
        "hold_id": legal_holds.place(center, prosecutor, case.id, reason="appeal", reference="4/2076").id,
        "person_id": leaving.id,
        "request_id": intimate_approvals.ask(center, examiner, intimate_one, "review", "needed"),
        "specimen_id": take_specimen(center, examiner, case.id, kind="kit", seal="k-1", what="a kit").id,
        "camera": "wide",
        "code": "room-1",
        "command": "mark",
        "index": "0",
        "kind": "pdf",
        "name": "verify.html",
        "number": "1",
        "state": "read",
        "decision": "dismiss",
        "place": "0/000",
        "subject": "recording",
        "topic": "interview",
    }
    return Place(ids, case.id, plain, intimate_one)


def routes(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Name in `ROWS`, method and path of each route."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            assert context.path is not None
            for method in sorted(context.methods or ()):
                yield f"{method} {context.path}", method, context.path


async def ask(browser: httpx.AsyncClient, place: Place, row: Row, method: str, path: str) -> httpx.Response:
    address = place.path(path)
    part, person = place.ids["evidence"], place.ids["person_id"]
    if method == "GET":
        return await browser.get(address, params={"evidence": part, **row.query})
    if row.json is not None:
        body = {**row.json, "evidence": part}
        return await browser.request(method, address, json=body, params=row.query)
    return await browser.post(address, data={**FIELDS, "item": part, "person": person, **row.fields})


def asker(row: Row, administrator: Person, prosecutor: Person) -> Person:
    """The one of the two whom a route does not refuse for their role; the prosecutor, if it is neither."""
    reaches = isinstance(row.whose, Act) and TABLE[row.whose]
    return administrator if reaches and reaches[Role.ADMINISTRATOR] is not Reach.NOWHERE else prosecutor
