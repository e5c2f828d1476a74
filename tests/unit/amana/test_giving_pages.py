"""The page by which somebody outside sends files: opened by a link, and showing nothing of the case."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest
from fastapi import FastAPI

from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Person
from casework.photographs import received_files

DATA = b"OggS" + bytes(2000)
SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


def file(data: bytes = DATA) -> dict[str, object]:
    return {
        "name": "voice.ogg",
        "size": len(data),
        "digest": sha256(data).hexdigest(),
        "origin": {"giver": "Person C"},
    }


@pytest.mark.starts
async def test_a_file_comes_by_a_link_that_a_prosecutor_made_and_withdrew_later(
    app: FastAPI, browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    case = cases.open_case(center, prosecutor)
    await sign_in(browser, prosecutor)
    form = {
        "giver": "A telephone company",
        "source": "organisation",
        "until": f"{now() + timedelta(days=3):%Y-%m-%d}",
        "most": "1",
    }
    made = (await browser.post(f"/cases/{case.id}/requests", data=form)).text
    [token] = re.findall(r"/give#([\w-]{43})", made)
    outside = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=str(browser.base_url),
        headers={"authorization": f"Bearer {token}", "origin": str(browser.base_url).rstrip("/")},
    )
    page = (await outside.get("/give")).text
    assert case.code not in page and case.id not in page
    told = (await outside.get("/give/request")).json()
    assert told["most"] == 10**9 and set(told) == {"until", "most"}
    begun = (await outside.post("/give/uploads", json=file())).json()
    assert begun["state"] == "arriving"
    path = f"/give/uploads/{begun['id']}"
    assert (await outside.post(f"{path}/pieces?offset=0", content=DATA)).json()["received"] == len(DATA)
    sealed = (await outside.post(f"{path}/finish")).json()
    assert (sealed["state"], sealed["number"]) == ("sealed", None)
    [listed] = received_files.listed(center, prosecutor, case.id)
    assert (listed.format, listed.source) == ("ogg", "organisation")
    shown = (await browser.get(f"/cases/{case.id}/received")).text
    assert token not in shown and f"/photographs/{listed.id}" in shown

    for other in ("/cases", f"/photographs/{listed.id}", f"/cases/{case.id}/received"):
        assert (await outside.get(other)).status_code == 401, other  # it opens nothing else
    [withdrawal] = re.findall(r"/requests/[0-9a-f]{32}/withdraw", shown)
    assert (await browser.post(withdrawal)).status_code == 303
    refused = await outside.get("/give/request")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "request-not-valid")


async def test_guesses_of_a_link_are_slowed_down_and_nothing_else_is_accepted_in_its_place(
    browser: httpx.AsyncClient, prosecutor: Person, sign_in: SignIn
) -> None:
    await sign_in(browser, prosecutor)
    answers = [
        await browser.get("/give/request", headers={"authorization": f"Bearer guess-{guess}"})
        for guess in range(12)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert answers[-1].headers["retry-after"] == "60"
