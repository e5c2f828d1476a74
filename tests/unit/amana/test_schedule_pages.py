"""The schedule on its pages: planned from the case, changed with a reason, and shown in the center's time."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx

from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Person
from casework.interviews import appointments, rooms

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


async def test_an_interview_is_planned_changed_and_cancelled(
    browser: httpx.AsyncClient,
    center: Center,
    prosecutor: Person,
    administrator: Person,
    sign_in: SignIn,
    machine_in: Callable[[str], None],
) -> None:
    machine_in("Asia/Hebron")
    browser.cookies.set("language", "en")
    browser.headers["accept"] = "text/html"
    rooms.add(center, administrator, "room-1", "Blue room")
    case = cases.open_case(center, prosecutor)
    await sign_in(browser, prosecutor)
    form = (await browser.get(f"/cases/{case.id}/interviews/new")).text.split("Plan it for later")[1]
    form = form.split("</form>")[0]
    assert " checked" not in form and " selected" not in form  # nothing is chosen beforehand
    day = f"{datetime.now().astimezone() + timedelta(days=2):%Y-%m-%d}"
    wanted = {"purpose": "testimony", "room": "room-1", "day": day, "clock": "09:30", "minutes": "60"}
    answer = await browser.post(f"/cases/{case.id}/appointments", data=wanted)
    assert answer.headers["location"] == f"/schedule?day={day}"
    page = (await browser.get(answer.headers["location"])).text
    assert re.search(r">09:30</time> – <time[^>]*>10:30</time>", page)
    assert case.code in page and "Blue room" in page
    assert page.split("<main")[1].count("UTC+") == 1  # the zone is named once
    # The room is needed at that time: the form says so, and has what was entered.
    wanted["clock"] = "10:00"
    taken = await browser.post(f"/cases/{case.id}/appointments", data=wanted)
    assert taken.status_code == 409
    assert "The room is needed for another interview at that time." in taken.text
    assert f'value="{day}"' in taken.text and 'value="10:00"' in taken.text
    assert len(appointments.of_case(center, prosecutor, case.id)) == 1
    await browser.post(f"/cases/{case.id}/appointments", data={**wanted, "anyway": "true"})
    assert "Overlaps with another interview in this room" in (await browser.get(f"/schedule?day={day}")).text
    first, second = appointments.of_case(center, prosecutor, case.id)
    moved = {**wanted, "clock": "13:00", "reason": "person"}
    await browser.post(f"/appointments/{first.id}/move", data=moved)
    await browser.post(f"/appointments/{second.id}/cancel", data={"reason": "staff"})
    page = (await browser.get(f"/schedule?day={day}&view=week")).text
    assert "The person asked for it" in page and "Staff are not available" in page
    [left] = appointments.of_case(center, prosecutor, case.id)
    assert f"{left.begins_at.astimezone():%H:%M}" == "13:00"
    await _shown_on_today(browser, case, left.id)
    for gone in ("/schedule?day=yesterday", "/schedule?day=9999-12-31"):
        assert (await browser.get(gone)).status_code == 422
    await sign_in(browser, administrator)
    page = (await browser.get(f"/schedule?day={day}")).text
    assert "occupied" in page and case.code not in page and case.id not in page


async def _shown_on_today(browser: httpx.AsyncClient, case: Case, appointment: str) -> None:
    """The next interview is one click away from where it is opened, with what was chosen for it."""
    opens = f"/cases/{case.id}/interviews/new?appointment={appointment}"
    assert opens in (await browser.get("/")).text
    form = (await browser.get(opens)).text
    assert f'name="appointment" value="{appointment}"' in form
    assert 'value="testimony" required checked' in form and 'value="room-1" selected' in form
