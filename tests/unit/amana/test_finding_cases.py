"""The pages on which cases are found: by number, by the person's name, in the order of a column."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import httpx
import pytest

from amana.pages import cases as pages
from casework.cases import cases, description
from casework.center import Center
from casework.database.models import Person, Role
from casework.people import people
from tests.support.centers.prepared import RunningKeyholder
from tests.support.people.passphrase import PASSPHRASE

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
async def english(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    return browser


async def test_a_case_is_found_by_its_number_and_by_who_sees_it_alone(
    english: httpx.AsyncClient,
    center: Center,
    prosecutor: Person,
    administrator: Person,
    sign_in: SignIn,
) -> None:
    first, second = cases.open_case(center, prosecutor), cases.open_case(center, prosecutor)
    await sign_in(english, prosecutor)
    found = await english.post("/cases/find", data={"find": f" {second.code} "})
    assert (found.status_code, found.headers["location"]) == (303, f"/cases/{second.id}")
    arabic = second.code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    found = await english.post("/cases/find", data={"find": arabic})
    assert found.headers["location"] == f"/cases/{second.id}"
    both = (await english.post("/cases/find", data={"find": first.code[:6]})).text
    assert first.code in both and second.code in both
    for unknown in ("9999-0001", "%", "_", "<7>"):
        page = (await english.post("/cases/find", data={"find": unknown})).text
        assert "You see no case with this number." in page
        assert first.code not in page and "<7>" not in page
    await sign_in(english, administrator)
    assert (await english.post("/cases/find", data={"find": first.code})).status_code == 403


async def test_a_case_is_found_by_the_name_that_its_reader_may_see(
    english: httpx.AsyncClient,
    center: Center,
    keyholder: RunningKeyholder,
    prosecutor: Person,
    administrator: Person,
    sign_in: SignIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    keyholder.unlock(PASSPHRASE)
    first, second = cases.open_case(center, prosecutor), cases.open_case(center, prosecutor)
    for case, name in ((first, "Person <Survivor>"), (second, "Person \u0625\u0633\u0631\u0627\u0621")):
        description.describe(center, prosecutor, case.id, called=name, notes="")
    await sign_in(english, prosecutor)
    size = center.ledger.size
    with caplog.at_level(logging.DEBUG):
        one = await english.post("/cases/find", data={"find": " survivor "})
        both = (await english.post("/cases/find", data={"find": "PERSON"})).text
        none = (await english.post("/cases/find", data={"find": "<b>stranger"})).text
    assert (one.status_code, one.headers["location"]) == (303, f"/cases/{first.id}")
    assert both.index(second.code) < both.index(first.code)
    assert "Person &lt;Survivor&gt;" in both and "Search older cases" not in both
    assert "You see no case of a person with this name." in none and "<b>" not in none
    assert "survivor" not in caplog.text.casefold() and "stranger" not in caplog.text
    assert center.ledger.size == size  # as on the page of the case: a name shown is no statement

    for path in ("/cases", "/"):
        assert "<bdi>Person &lt;Survivor&gt;</bdi>" in (await english.get(path)).text

    keyholder.lock()
    for path in ("/cases", "/"):
        page = (await english.get(path)).text
        assert first.code in page and "Survivor" not in page
    locked = await english.post("/cases/find", data={"find": "survivor"})
    assert "Names cannot be searched until it is unlocked." in locked.text
    assert first.code not in locked.text
    found = await english.post("/cases/find", data={"find": first.code})
    assert found.headers["location"] == f"/cases/{first.id}"

    keyholder.unlock(PASSPHRASE)
    custodian = people.add(center, administrator, "Person C", Role.CUSTODIAN)
    await sign_in(english, custodian)
    page = (await english.post("/cases/find", data={"find": "survivor"})).text
    assert "You see no case with this number." in page
    assert "Find a case by its number" in page and "or name" not in page


async def test_a_search_that_stopped_is_continued_by_a_button(
    english: httpx.AsyncClient,
    center: Center,
    keyholder: RunningKeyholder,
    prosecutor: Person,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyholder.unlock(PASSPHRASE)
    made = [cases.open_case(center, prosecutor) for _ in range(3)]
    for case in made:
        description.describe(center, prosecutor, case.id, called="Person P", notes="")
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    await sign_in(english, prosecutor)
    page = (await english.post("/cases/find", data={"find": "person"})).text
    assert "Search older cases" in page and made[0].code not in page
    assert f'name="after" value="{made[1].id}"' in page
    page = (await english.post("/cases/find", data={"find": "person", "after": made[1].id})).text
    assert made[0].code in page and made[2].code not in page and "Search older cases" not in page
    page = (await english.post("/cases/find", data={"find": "nobody", "after": made[1].id})).text
    assert "No older case has such a name." in page


async def test_the_list_of_cases_is_sorted_by_its_headings_on_every_page(
    english: httpx.AsyncClient,
    center: Center,
    prosecutor: Person,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes = [cases.open_case(center, prosecutor).code for _ in range(3)]
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    await sign_in(english, prosecutor)

    async def shown(address: str) -> tuple[str, list[str]]:
        text = (await english.get(address)).text
        return text, sorted((code for code in codes if code in text), key=text.index)

    page, listed = await shown("/cases")
    assert listed == [codes[2], codes[1]]
    assert 'aria-sort="descending"><a class="sort" href="?sort=opened">Opened' in page
    assert '<th scope="col"><a class="sort" href="?sort=number">Case' in page
    assert page.count("aria-sort") == 1 and 'rel="next" href="/cases?page=2"' in page
    page, listed = await shown("/cases?sort=number")
    assert listed == codes[:2]
    assert 'aria-sort="ascending"><a class="sort" href="?sort=-number">Case' in page
    assert 'rel="next" href="/cases?page=2&amp;sort=number"' in page
    page, listed = await shown("/cases?page=2&sort=number")
    assert listed == codes[2:] and 'rel="prev" href="/cases?page=1&amp;sort=number"' in page
    page, listed = await shown("/cases?sort=id")  # no column that the list has
    assert listed == [codes[2], codes[1]]
    found = (await english.post("/cases/find", data={"find": codes[0][:5]})).text
    assert "aria-sort" not in found and 'class="sort"' not in found
    assert "aria-sort" not in (await english.get("/")).text
