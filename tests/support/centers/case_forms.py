"""What people at a center send about a case, as the pages' forms do: who works with it, consent, grants.

`case` is its address: `/cases/<id>`, or the whole one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx


def give_case(giver: httpx.Client, case: str, name: str) -> None:
    """Let everybody of this name work with it."""
    offered = rf'name="person" value="([0-9a-f]{{32}})"> <span><bdi>{re.escape(name)}</bdi>'
    for person in re.findall(offered, giver.get(case).text):
        giver.post(f"{case}/access", data={"person": person}).raise_for_status()


def record_consent(recorder: httpx.Client, case: str, explained_by: str, *subjects: str) -> None:
    """Record on one sheet that she agreed, to each of these subjects."""
    sheet = {f"answer-{subject}": "given" for subject in subjects}
    sheet |= {"decided_by": "self", "form": "oral", "spoken": "ar", "explained_by": explained_by}
    recorder.post(f"{case}/consent", data=sheet).raise_for_status()


def give_grant(giver: httpx.Client, case: str, name: str, **fields: str) -> None:
    """Grant all recordings of the case to somebody of this name, for thirty days."""
    page = giver.get(f"{case}/grants/new").text
    grant = {
        "person": _offered(page, name)[0],
        "extent": "all",
        "until": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
        **fields,
    }
    giver.post(f"{case}/grants", data=grant).raise_for_status()


def given_grant(receiver: httpx.Client) -> str:
    """The id of the grant that the receiver's first page names first."""
    return str(re.findall(r'href="/grants/([0-9a-f]{32})"', receiver.get("/").text)[0])


def accept_grant(receiver: httpx.Client) -> str:
    """Accept the conditions of that grant; its id."""
    grant = given_grant(receiver)
    receiver.post(f"/grants/{grant}/accept").raise_for_status()
    return grant


def _offered(page: str, name: str) -> list[str]:
    """Ids of the people of this name whom a page's form lists."""
    return re.findall(rf'<option value="([0-9a-f]{{32}})">{re.escape(name)} · ', page)
