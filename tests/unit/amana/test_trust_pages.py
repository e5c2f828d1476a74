"""The trust sheet as a page: the files that a court registers, and the fingerprints that are on paper."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256

import httpx
import pytest

from casework.center import Center
from casework.database.models import Person, Role
from casework.people import people
from casework.witnesses import trust_file
from chain_of_custody.trust.policy import TrustPolicy

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.mark.starts
async def test_the_files_are_those_whose_fingerprints_the_page_shows(
    browser: httpx.AsyncClient, center: Center, prosecutor: Person, sign_in: SignIn
) -> None:
    browser.headers["accept"] = "text/html"
    await sign_in(browser, prosecutor)
    page = (await browser.get("/trust")).text
    shown = ["".join(re.findall(r"<span>(\w{4})</span>", one)) for one in page.split('class="digest"')[1:]]
    files = {}
    for name in ("policy.txt", "verify.html", "authority.der", "trust-sheet.pdf"):
        assert f'href="/trust/{name}"' in page
        answer = await browser.get(f"/trust/{name}")
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        files[name] = answer.content
    assert shown == [sha256(files[name]).hexdigest() for name in list(files)[:3]]
    assert TrustPolicy.parse(files["policy.txt"]).data == trust_file.policy(center).data
    assert files["verify.html"].startswith(b"<!doctype html>")
    assert files["trust-sheet.pdf"].startswith(b"%PDF-")
    assert (await browser.get("/trust/keys.json")).status_code == 404


async def test_a_court_is_led_from_every_page_to_how_a_package_is_checked(
    browser: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    browser.headers["accept"] = "text/html"
    judge = people.add(center, administrator, "Judge N", Role.COURT, "court")
    await sign_in(browser, judge)
    assert 'href="/check"' in (await browser.get("/")).text
    page = (await browser.get("/check")).text
    policy, verifier = [
        (await browser.get(f"/trust/{name}")).content for name in ("policy.txt", "verify.html")
    ]
    shown = ["".join(re.findall(r"<span>(\w{4})</span>", one)) for one in page.split('class="digest"')[1:]]
    assert shown[:2] == [sha256(policy).hexdigest(), sha256(verifier).hexdigest()]
    assert "<script" not in page, "nothing of a package is read on it"
    assert (await browser.get("/trust")).status_code == 403
    await sign_in(browser, administrator)
    assert 'href="/check"' in (await browser.get("/trust")).text
    assert 'href="/check"' not in (await browser.get("/")).text


async def test_it_is_not_for_those_who_take_no_part_in_it(
    browser: httpx.AsyncClient, center: Center, administrator: Person, sign_in: SignIn
) -> None:
    observer = people.add(center, administrator, "Person O", Role.OBSERVER)
    await sign_in(browser, observer)
    for path in ("/trust", "/check", "/trust/policy.txt", "/trust/keys.json"):
        assert (await browser.get(path)).status_code == 403
