"""Disposal at the terminal and on the pages: asked for by one, agreed to by another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from amana.cli import main
from amana.settings import Settings
from amana.workers.holds_and_destruction import RetentionWorker
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Person, Role
from casework.people import people
from casework.retention import disposal_requests, legal_holds
from vault.errors import ItemEnded, StillKept, Unproven

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
def second(center: Center, administrator: Person) -> Person:
    return people.add(center, administrator, "Third", Role.PROSECUTOR)


@pytest.fixture
def case(center: Center, prosecutor: Person, second: Person, settings: Settings) -> Case:
    """In which nothing was recorded: its details may be destroyed."""
    settings.retention.write_text("any 0 days\n")
    case = cases.open_case(center, prosecutor)
    cases.give(center, prosecutor, case.id, second.id)
    return case


def test_at_the_terminal_one_asks_and_another_agrees(
    center: Center,
    prosecutor: Person,
    case: Case,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    data = ["--data", str(settings.data)]
    asking = ["dispose", "request", case.code, "--reason", "retention-ended", "--reference", "List 4", *data]
    assert main(["dispose", "list", case.code, "--as", "Second", *data]) == 0
    assert "No disposal" in capsys.readouterr().out
    assert main([*asking, "--as", "Second"]) == 0
    [told] = disposal_requests.listed(center, prosecutor, case.id)
    agreeing = ["dispose", "approve", told.disposal.id, "--reference", "Minutes 5", *data]
    assert main([*agreeing, "--as", "Second"]) == 1
    assert "a second person has to" in capsys.readouterr().err
    refusing = ["dispose", "refuse", told.disposal.id, "--reason", "mistaken", "--reference", "6", *data]
    assert main([*refusing, "--as", "Third"]) == 0
    assert main([*asking, "--as", "Second"]) == 0
    assert main(["dispose", "list", case.code, "--as", "Third", *data]) == 0
    listed = capsys.readouterr().out
    assert "waits for a second person" in listed
    assert "refused or cancelled" in listed
    told = disposal_requests.listed(center, prosecutor, case.id)[0]
    assert main(["dispose", "approve", told.disposal.id, *agreeing[3:], "--as", "Third"]) == 0
    assert main(["dispose", "list", case.code, "--as", "Third", *data]) == 0
    assert "being destroyed" in capsys.readouterr().out
    asking = ["dispose", "certificate", told.disposal.id, "--as", "Third", "--to", str(tmp_path), *data]
    assert main(asking) == 1  # it is pending
    assert {path.suffix for path in tmp_path.glob(f"destruction-{told.disposal.id}.*")} == {".pdf", ".json"}


async def test_on_the_page_one_asks_and_another_agrees(
    browser: httpx.AsyncClient,
    center: Center,
    prosecutor: Person,
    second: Person,
    case: Case,
    sign_in: SignIn,
) -> None:
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    keeping = f"/cases/{case.id}/keeping"
    await sign_in(browser, prosecutor)
    assert "Request destruction" in (await browser.get(keeping)).text
    asked = {"item": case.id, "reason": "court-order", "reference": "Order <4>"}
    assert (await browser.post(f"/cases/{case.id}/disposals", data=asked)).headers["location"] == keeping
    [told] = disposal_requests.listed(center, prosecutor, case.id)
    there = f"/cases/{case.id}/disposals/{told.disposal.id}"
    own = await browser.post(f"{there}/approve", data={"reference": "5"})
    assert own.status_code == 403
    assert "Nobody decides about their own request" in own.text
    page = (await browser.get(keeping)).text
    assert "Withdraw request" in page
    assert "Agree: destroy permanently" not in page
    await sign_in(browser, second)
    assert "Agree: destroy permanently" in (await browser.get(keeping)).text
    assert (await browser.post(f"{there}/approve", data={"reference": "5"})).status_code == 303
    page = (await browser.get(keeping)).text
    assert "being destroyed" in page
    assert "present state: pending" in page
    paper = await browser.get(f"{there}/certificate.pdf")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    whole = (await browser.get(f"{there}/certificate.json")).json()
    assert (whole["state"], whole["disposal"], whole["what"]) == ("pending", told.disposal.id, "details")
    assert (await browser.get(f"{there}/certificate.txt")).status_code == 404
    hold = {"reason": "appeal", "reference": "7"}
    assert (await browser.post(f"/cases/{case.id}/holds", data=hold)).status_code == 303
    page = (await browser.get(keeping)).text
    assert "refused" in page
    again = await browser.post(f"/cases/{case.id}/disposals", data=asked)
    assert again.status_code == 409
    assert "there is a legal hold on the case" in again.text


def test_the_background_does_what_was_agreed_to_elsewhere(
    center: Center, prosecutor: Person, second: Person, case: Case, settings: Settings
) -> None:
    """Through the keyholder's socket, with the ledger's proof; and the wraps that wait there go too."""
    hold = legal_holds.place(center, prosecutor, case.id, reason="appeal", reference="3")
    retaining = RetentionWorker(center)
    retaining.look()
    held = settings.keys / "endings" / f"{case.id}.held.{hold.id}"
    assert held.exists()
    with pytest.raises(Unproven):
        center.keyholder.lift_wraps(case.id, hold.id, [])
    legal_holds.lift(center, prosecutor, hold.id, reason="ended", reference="4")
    with pytest.raises(StillKept):  # it was not told yet
        center.keyholder.destroy_wraps(case.id, [])
    retaining.look()
    asked = disposal_requests.request(center, prosecutor, case.id, reason="other", reference="4")
    with pytest.raises(Unproven):
        center.keyholder.destroy_wraps(case.id, [])
    disposal_requests.approve(center, second, asked.id, reference="5")
    assert not held.exists()
    assert retaining.look()
    told = disposal_requests.listed(center, prosecutor, case.id)[0]
    assert (told.state, told.wraps, told.wraps_left) == ("finished", 1, 0)
    left = center.keyholder.wraps_left(case.id)
    assert (set(left.versions), left.away) == ({"first-keys", "keyholder", "second-keys"}, {})
    assert not any(left.versions.values())
    center.keyholder.unlock("seven words that nobody else would think of")
    with pytest.raises(ItemEnded):
        center.keyholder.open_sealed(case.id, bytes(32), [b"sealed"])
