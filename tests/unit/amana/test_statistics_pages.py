"""The page of counts, and its files."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest

from amana.pages.statistics import as_csv
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Person, Role
from casework.people import people
from casework.reports import statistics
from casework.reports.statistics import tabulate

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def officer(
    browser: httpx.AsyncClient,
    center: Center,
    administrator: Person,
    prosecutor: Person,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> httpx.AsyncClient:
    """Signed in, when 2076 is over: six cases in May, three in June."""
    when = [datetime(2076, 5, 3, tzinfo=UTC)] * 6 + [datetime(2076, 6, 3, tzinfo=UTC)] * 3
    for opened_at in when:
        case = cases.open_case(center, prosecutor)
        with center.database.begin() as session:
            session.get_one(Case, case.id).opened_at = opened_at
    person = people.add(center, administrator, "Officer", Role.MONITORING, "ministry")
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    await sign_in(browser, person)
    monkeypatch.setattr(statistics, "now", lambda: datetime(2077, 3, 1, tzinfo=UTC))
    return browser


async def test_nothing_is_counted_before_somebody_asks(officer: httpx.AsyncClient, center: Center) -> None:
    before = center.ledger.size
    page = await officer.get("/statistics")
    assert page.status_code == 200
    assert "<table" not in page.text
    assert center.ledger.size == before
    home = (await officer.get("/")).text
    assert "Request numbers" in home
    assert 'href="/cases' not in home


async def test_small_numbers_are_hidden_on_the_page_and_in_both_files(
    officer: httpx.AsyncClient, center: Center
) -> None:
    before = center.ledger.size
    ask = {"report": "cases", "year": "2076"}
    page = (await officer.post("/statistics", data=ask)).text
    assert "hidden, because the total is small" in page
    assert ">6<" in page
    assert ">3<" not in page
    written = await officer.post("/statistics", data={**ask, "form": "csv"})
    assert written.headers["content-disposition"] == 'attachment; filename="cases-2076.csv"'
    lines = {line.split(",")[0]: line.split(",")[1:] for line in written.text.splitlines()}
    assert lines["2076-05"][-1] == "6"
    assert (set(lines["2076-06"][:-1]), lines["2076-06"][-1]) == ({"hidden"}, "1 to 4")
    assert set(lines["total"]) == {""}
    told = json.loads((await officer.post("/statistics", data={**ask, "form": "json"})).text)
    june = next(row for row in told["rows"] if row["month"] == "2076-06")
    assert (june["total"], set(june["cells"]), told["total"]) == (None, {None}, None)
    assert center.ledger.size == before + 3


def test_a_large_number_that_is_hidden_beside_a_small_one_is_not_called_small() -> None:
    counted = [(datetime(2076, 5, 3, tzinfo=UTC), column) for column in "a" * 3 + "b" * 7 + "c" * 9]
    [_, may, total] = as_csv(tabulate("r", 2076, ["a", "b", "c"], ["2076-05"], counted)).splitlines()
    assert may == "2076-05,hidden,hidden,9,19"
    assert total == "total,,,9,19"


@pytest.mark.parametrize("ask", [{"report": "people"}, {"year": "1"}, {"year": "x"}, {"form": "xml"}])
async def test_what_cannot_be_asked_is_refused_and_states_nothing(
    officer: httpx.AsyncClient, center: Center, ask: dict[str, str]
) -> None:
    before = center.ledger.size
    answer = await officer.post("/statistics", data={"report": "cases", "year": "2076", **ask})
    assert answer.status_code == 422
    assert "Something in the form is missing or not possible." in answer.text
    assert center.ledger.size == before
