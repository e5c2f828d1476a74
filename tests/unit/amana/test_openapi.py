"""Every operation of our own OpenAPI document, with requests that fit it and requests that do not: no answer
is a failure of ours, and every refusal has its three sentences.

The document is served nowhere; the application makes it from its routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from amana.http.session_middleware import SESSION_COOKIE
from casework.access.permissions import TABLE, Act, Reach
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person, Role
from casework.evidence import gateway
from casework.interviews import interviews
from casework.people import people
from tests.support.centers.every_route import ROWS, asker
from tests.support.media.waiting_film import begun_list, waiting_film
from tests.support.patience import PATIENCE

Cookies = dict[str, str]

HERE = "http://127.0.0.1:8420"
AWAY = 503
"""No recorder and no supervisor run in this test."""
ENDLESS = ("/interviews/{interview}/events", "/interviews/{interview}/observe/events")
ENDS_THE_SESSION = ("/sign-out", "/sign-in")
ASKING = {
    GenerationMode.POSITIVE: (Role.PROSECUTOR, Role.ADMINISTRATOR, Role.COURT),
    GenerationMode.NEGATIVE: (Role.PROSECUTOR,),
}
"""What does not fit is refused before anybody's role counts."""


@pytest.fixture
def known(center: Center, prosecutor: Person) -> dict[str, str]:
    """Ids that are there, by the names that addresses use: half of the requests reach beyond *missing*."""
    case = cases.open_case(center, prosecutor)
    interview = interviews.open_interview(
        center, prosecutor, case.id, purpose="testimony", room="room-1", place="", present=[], wish=""
    )
    part = gateway.ticket_for_part(center, prosecutor, interview.id).evidence
    return {
        "case_id": case.id,
        "derivative_id": waiting_film(center, prosecutor, interview),
        "list_id": begun_list(center, prosecutor, interview),
        "interview": interview.id,
        "interview_id": interview.id,
        "evidence_id": part,
        "person_id": prosecutor.id,
    }


def operations(app: FastAPI) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path not in ENDLESS + ENDS_THE_SESSION:
            yield operation


def can_be_wrong(operation: APIOperation[Any, Any, Any, Any], given_ids: Mapping[str, str]) -> bool:
    """Whether a request with these ids can fail to fit: where an address takes a text, any fits."""
    parts = [one.definition["schema"] for one in operation.path_parameters if one.name not in given_ids]
    any_text = all(part["type"] == "string" and part.keys() <= {"type", "title"} for part in parts)
    return bool(operation.body or operation.query) or not any_text


def send(requests: SearchStrategy[schemathesis.Case], examples: int, senders: Sequence[Cookies]) -> int:
    """Send some of these requests in each session, and look at the answers; how many were sent."""
    asked = 0

    @hypothesis_settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def ask(request: schemathesis.Case) -> None:
        nonlocal asked
        for cookies in senders:
            asked += 1
            answer = request.call(base_url=HERE, headers={"origin": HERE}, cookies=cookies, timeout=PATIENCE)
            assert answer.status_code < 500 or answer.status_code == AWAY, (
                request.as_curl_command(),
                answer.text,
            )
            if answer.status_code >= 400 and answer.text.startswith("{"):
                assert answer.json()["error"].keys() >= {"code", "what", "meaning", "todo"}

    ask()
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("examples", [1, pytest.param(3, marks=pytest.mark.repeats)])
@pytest.mark.parametrize("mode", ASKING)
def test_no_request_makes_us_fail(
    app: FastAPI,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    known: dict[str, str],
    mode: GenerationMode,
    examples: int,
) -> None:
    """`examples` of each operation, with ids that are there and with any. One is sent by somebody whom the
    route does not refuse for their role, several by every role. One that does not fit has ids that are there
    where something else can be wrong: what is not there could be the reason for the refusal, too."""
    sessions: dict[Role, Cookies] = {}
    for role in ASKING[mode]:
        person = people.add(center, administrator, f"Asking {role}", role)
        if TABLE[Act.SEE_CASE][role] is Reach.OWN_CASES:
            cases.give(center, prosecutor, known["case_id"], person.id)
        _, token = people.redeem(center, people.new_link(center, None, person.id))
        sessions[role] = {SESSION_COOKIE: token}
    rows = {name.replace(":path", ""): row for name, row in ROWS.items()}
    asked = 0
    for operation in operations(app):
        row = rows[f"{operation.method.upper()} {operation.path}"]
        may = asker(row, administrator, prosecutor).role
        senders = [sessions[may]] if examples == 1 and may in sessions else list(sessions.values())
        named = {one.name for one in operation.path_parameters}
        there = {name: value for name, value in known.items() if name in named}
        either = (there, None) if there else (None,)
        if mode is GenerationMode.NEGATIVE:
            either = tuple(ids for ids in either if can_be_wrong(operation, ids or {}))[:examples]
        for given_ids in either:
            asked += send(operation.as_strategy(mode, path_parameters=given_ids), examples, senders)
    assert asked > (90 if mode is GenerationMode.POSITIVE or examples > 1 else 50)
