"""What is answered with a code, and with which status."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request

from amana.http.error_responses import answer


@pytest.mark.parametrize(
    ("code", "status"),
    [("not-signed-in", 401), ("disposed", 410), ("store-away", 503), ("database-unfit", 503)],
)
def test_a_code_without_sentences_is_answered_with_503(code: str, status: int) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    answered = answer(request, code)
    assert answered.status_code == status
    assert json.loads(bytes(answered.body))["error"]["code"] == code
