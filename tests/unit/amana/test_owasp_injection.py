"""OWASP: injection. Markers of SQL, templates, pages, headers and spreadsheets in every field and parameter.

Two halves: every field of every route, as the application's own OpenAPI document lists them, is sent markers,
and nothing fails, runs, or gets into a header; and what people write freely comes back as the very text,
wherever it is shown. Held elsewhere: formulas in CSV (`test_case_history`, `test_disclosures`), names
of people (`test_pages`), what a page's scripts do with text (`textContent`, `tests/browser`).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from casework.cases import consent
from casework.center import Center
from casework.database.models import Person, Role
from casework.people import people
from casework.photographs import exam_sets
from recorder.pages import refusals
from tests.support.centers.every_route import (
    FIELDS,
    ROWS,
    Place,
    Row,
    asker,
    routes,
)
from tests.support.people.passphrase import PASSPHRASE
from tests.unit.amana.test_owasp_headers import Page

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]

MARKERS = (
    "\"'><img src=x onerror=alert(1)>{{1337*1337}}",
    "' OR 1=1; DROP TABLE people; --",
    "=1+1\r\nSet-Cookie: amana-session=b\r\n\r\n<script>alert(1)</script>",
    "\x00%00${1337*1337}#{1337*1337}<%=1337*1337%>\u202e",
)
TOGETHER = MARKERS[0] + MARKERS[1]
"""What can be written in a field, in one text; of the others every field gets one, by turns."""
WORKED_OUT = "1787569"
"""What a template that ran would say."""


@pytest.fixture
def place(center: Center, place: Place) -> Place:
    center.keyholder.unlock(PASSPHRASE)
    return place


def fields(document: Mapping[str, Any], path: str) -> Iterator[tuple[str, bool]]:
    """Of a route that is posted to: each of its fields of text, and whether it comes in JSON."""
    for kind, content in document["paths"][path]["post"].get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        reference = schema.get("$ref", "")
        if reference:
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        for name in schema.get("properties", {}):
            yield name, kind == "application/json"


def filled(row: Row, place: Place, name: str, value: str) -> dict[str, Any]:
    """What `ask` sends, with another value in one field."""
    there = {
        "evidence": place.ids["evidence"],
        "item": place.ids["evidence"],
        "person": place.ids["person_id"],
    }
    valid = {**FIELDS, **there, **row.fields} if row.json is None else {**row.json, **there}
    return {**valid, name: value}


@pytest.mark.starts
@pytest.mark.slow
@pytest.mark.parametrize("by", ["whoever-may", pytest.param("both", marks=pytest.mark.repeats)])
async def test_no_field_runs_or_fails_or_gets_into_a_header(
    app: FastAPI,
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
    by: str,
) -> None:
    document = app.openapi()
    wrong: list[str] = []
    asked = 0
    turns = itertools.cycle(MARKERS[2:])

    def markers() -> tuple[str, ...]:
        return MARKERS if by == "both" else (TOGETHER, next(turns))

    def look(name: str, answer: httpx.Response) -> None:
        nonlocal asked
        asked += 1
        said = "\n".join(f"{key}: {value}" for key, value in answer.headers.multi_items())
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append(f"{name}: {answer.status_code}")
        if "session=b" in said or "alert(1)" in said or WORKED_OUT in answer.text:
            wrong.append(f"{name}: it ran")
        if answer.headers.get("content-type", "").startswith("text/html") and Page(answer.text).wrong:
            wrong.append(f"{name}: {Page(answer.text).wrong}")

    for person in administrator, prosecutor:
        await sign_in(browser, person)
        theirs = [
            (name, method, path)
            for name, method, path in routes(app)
            if by == "both" or person is asker(ROWS[name], administrator, prosecutor)
        ]
        for name, method, path in theirs:
            row = ROWS[name]
            if method == "GET" or name in ("POST /sign-out", "POST /vault/lock"):
                continue
            for field, in_json in fields(document, path):
                for marker in markers():
                    sent = filled(row, place, field, marker)
                    body: dict[str, Any] = {"json": sent} if in_json else {"data": sent}
                    look(f"{name} {field}", await browser.post(place.path(path), params=row.query, **body))
        assert (await browser.get("/account")).status_code == 200  # no marker ended a session
        for name, method, path in theirs:
            if method == "GET" and not ROWS[name].endless:
                for marker in markers():
                    query = dict.fromkeys((*ROWS[name].query, "evidence", "after", "q", "language"), marker)
                    look(
                        name,
                        await browser.get(place.path(path), params=query, headers={"accept": "text/html"}),
                    )
    assert not wrong, "\n".join(wrong)
    assert asked > (440 if by == "whoever-may" else 1400)
    assert people.get(center, prosecutor.id).active


class Shown(HTMLParser):
    """What a reader sees of a page, fields and the data of its scripts included, as one text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._data = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._data = tag == "script"
        self.said += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.said += _texts(json.loads(data)) if self._data and data.strip() else [data]

    def handle_endtag(self, tag: str) -> None:
        self._data = False


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []


FREE = "<script>alert(1)</script>\"'&amp;{{1337*1337}} ' OR 1=1 -- =1+1"
"""Without line ends, which some fields make one line of."""


@pytest.mark.starts
async def test_what_people_write_comes_back_as_they_wrote_it(
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    place: Place,
) -> None:
    case, exam = f"/cases/{place.case}", f"/exams/{place.ids['exam_id']}"
    examiner = next(one for one in people.everybody(center, administrator) if one.role is Role.EXAMINER)
    interview = {"purpose": "supplementary", "room": "room-2", "again": f"again {FREE}"}
    told = {"place": f"place {FREE}", "wish": f"wish {FREE}", "who": f"who {FREE}", "role": f"role {FREE}"}
    answer = {
        f"answer-{consent.SUBJECTS[0]}": "given",
        "decided_by": "self",
        "form": "oral",
        "spoken": "ar",
        "explained_by": f"explained {FREE}",
        f"limits-{consent.SUBJECTS[0]}": f"limits {FREE}",
    }
    injury = {
        "side": exam_sets.SIDES[0],
        "region": "face",
        "x": 5,
        "y": 5,
        "term": exam_sets.TERMS[0],
        "words": f"words {FREE}",
    }
    written: list[tuple[Person, str, dict[str, Any], str, tuple[str, ...]]] = [
        (administrator, "/staff", {"name": f"name {FREE}", "role": "court"}, "/staff", ("name",)),
        (administrator, "/rooms", {"code": "room-2", "name": f"room {FREE}"}, "/rooms", ("room",)),
        (
            prosecutor,
            f"{case}/description",
            {"called": f"called {FREE}", "notes": f"notes {FREE}"},
            case,
            ("called", "notes"),
        ),
        (
            prosecutor,
            f"{case}/interviews",
            {**interview, **told},
            f"{case}/interviews",
            ("place", "wish", "who", "role"),
        ),
        (prosecutor, f"{case}/consent", answer, f"{case}/consent", ("explained", "limits")),
        (
            prosecutor,
            f"{case}/holds",
            {"reason": "appeal", "reference": f"hold {FREE}"},
            f"{case}/keeping",
            ("hold",),
        ),
        (examiner, f"{exam}/notes", {"injuries": [injury]}, exam, ("words",)),
    ]
    for person, address, sent, page, words in written:
        await sign_in(browser, person)
        taken = await (
            browser.post(address, json=sent) if "injuries" in sent else browser.post(address, data=sent)
        )
        assert taken.status_code in (200, 303), (address, taken.text)
        shown = await browser.get(page, headers={"accept": "text/html"})
        said = Shown(shown.text).said
        for word in words:
            assert any(f"{word} {FREE}" in one for one in said), (address, word)
        assert not Page(shown.text).wrong
        assert WORKED_OUT not in shown.text


@pytest.mark.parametrize("text", ['"\\ud800"', '{"text": "\\udfff"}', '{"\\ud800": 1}', "[" * 100_000, "{}x"])
async def test_what_is_no_text_in_json_is_refused_before_a_recorder_hears_of_it(text: str) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": text.encode(), "more_body": False}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(refusals.Unfit, match=r"body\.malformed"):
        await refusals.body(request, 200_000)
