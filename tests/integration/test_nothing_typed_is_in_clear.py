"""Words that people type into every form, looked for in every byte that a running center writes.

They are asked for over HTTP, without a browser and without cameras: consent, photographs, an interview that
is opened, a question from next door, a hold, a grant; and what is refused, which a log might be tempted to
repeat. Logs tell all that they can (`debug`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.byte_search import Search
from tests.marked_pictures import photograph
from tests.story_center import StoryCenter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LATIN, ARABIC = "Zqvwkjx", "ظغضثخذ"
"""The stems."""
ROOM_NAME, COURT = "Room wqplt", "court-of-a"
CARRIED_WITHIN = 6.0  # seconds in which details and catalogue reach the copies
RECORDER_WITHIN = 120.0  # seconds
ROLES = {
    "nurse": "examiner",
    "prosecutor": "prosecutor",
    "observer": "observer",
    "custodian": "custodian",
    "judge": "court",
}
IN_CLEAR = {
    "room-1": "a code that the administrator chose for a room (docs/limitations.md, Numbers, codes, times)",
    ROOM_NAME: "what people call that room: the same; the page says that it is no person's name",
    COURT: "a code of an organisation: it stands in every statement its people make",
}
"""Typed by people, and in clear in the database by design; why. Nothing else that is typed may be."""


@dataclass
class Center:
    """The running center, its people, and what they have typed."""

    running: StoryCenter
    people: dict[str, httpx.Client] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def words(self, what: str) -> str:
        self.typed.append(text := f"{what} {LATIN}-{what.replace(' ', '-')} {ARABIC}")
        return text

    def enters(self, role: str, link: str) -> httpx.Client:
        headers = {"origin": self.running.address}
        client = httpx.Client(
            base_url=self.running.address, headers=headers, timeout=120, follow_redirects=True
        )
        client.post("/sign-in", json={"token": urlsplit(link).fragment}).raise_for_status()
        self.people[role] = client
        return client

    def send(self, by: str, path: str, /, **fields: Any) -> httpx.Response:
        """A form, which is taken."""
        return self.people[by].post(path, data=fields).raise_for_status()

    def option(self, role: str, page: str, of: str) -> str:
        """The id of somebody in a list of people on a page."""
        text = self.people[role].get(page).raise_for_status().text
        return str(re.findall(rf'<option value="([0-9a-f]{{32}})">Person {of}', text)[0])


@pytest.fixture
def center(tmp_path: Path) -> Iterator[Center]:
    running = StoryCenter(tmp_path / "written")
    yield Center(running)
    running.stop()


def test_of_all_that_people_type_nothing_is_in_clear_anywhere(center: Center) -> None:
    running, words = center.running, center.words
    everybody_enters(center)
    case = str(center.send("nurse", "/cases").url).rsplit("/", 1)[1]
    page = f"/cases/{case}"
    center.send("nurse", f"{page}/description", called=words("her name"), notes=words("notes"))
    consent(center, page)
    photographs(center, page)
    center.send("nurse", f"{page}/access", person=center.option("nurse", page, "prosecutor"))
    center.send("prosecutor", f"{page}/access", person=center.option("prosecutor", page, "observer"))
    interview(center, page)
    center.send("custodian", f"{page}/holds", reason="appeal", reference=words("file"), text=words("more"))
    grant(center, page)
    refusals(center, page)

    time.sleep(CARRIED_WITHIN)
    digests = {text: sha256(text.encode()).digest() for text in center.typed}
    search = Search([LATIN, ARABIC], digests)
    found = list(search.look_in_folder(running.written))
    running.stop()  # what its processes write at their ends
    found += search.look_in_folder(running.written)
    assert found == [], "\n".join(map(str, found))
    database = b"".join(path.read_bytes() for path in running.data.glob("database.sqlite*"))
    for text, why in IN_CLEAR.items():
        assert text.encode() in database, f"{text} is in clear no longer ({why}): take it out of the list"


def everybody_enters(center: Center) -> None:
    center.enters("administrator", center.running.link)
    for role, as_what in ROLES.items():
        organisation = COURT if role == "judge" else ""
        name = center.words(f"Person {role}")
        answer = center.send("administrator", "/staff", name=name, role=as_what, organisation=organisation)
        center.enters(role, re.findall(r'[^\s"]+/sign-in#[^\s"]+', answer.text)[0])
    center.send("administrator", "/rooms", code="room-1", name=ROOM_NAME)


def consent(center: Center, page: str) -> None:
    for subject in ("recording", "photographs", "intimate-photographs", "share-court"):
        center.send(
            "nurse",
            f"{page}/consent",
            subject=subject,
            outcome="limited",
            text=center.words(f"limits of {subject}"),
            decided_by="self",
            form="signed",
            explained_by=center.words(f"who explained {subject}"),
            spoken="ar",
        )


def photographs(center: Center, page: str) -> None:
    """A set with one picture, and an intimate one that somebody asks to open."""
    nurse = center.people["nurse"]
    exam = str(center.send("nurse", f"{page}/exams", figure="adult").url).rsplit("/", 1)[1]
    plain = upload(center, page, 1, exam=exam, view="identifying")
    injury = {"side": "front", "x": 400, "y": 300, "term": "bruise", "words": center.words("oval")}
    nurse.post(f"/exams/{exam}/notes", json={"injuries": [injury]}).raise_for_status()
    center.send("nurse", f"/exams/{exam}/close")
    intimate = upload(center, page, 2, intimate=True, agreed=True)
    reason = center.words("why this picture")
    center.send("nurse", f"/photographs/{intimate}/requests", purpose="charging", reason=reason)
    nurse.post(f"{page}/photographs/look").raise_for_status()
    nurse.post(f"/photographs/{plain}/viewings", json={"purpose": "review"}).raise_for_status()


def upload(center: Center, page: str, seed: int, **about: object) -> str:
    """A photograph; looked for on the disks while it has arrived and is not sealed yet."""
    nurse, data = center.people["nurse"], photograph(center.words(f"metadata {seed}"), seed)
    name = f"{center.words(f'file {seed}')}.jpg"
    announced = {"kind": "photograph", "name": name, "size": len(data), **about}
    begun = nurse.post(f"{page}/uploads", json=announced).raise_for_status().json()["id"]
    nurse.post(f"/uploads/{begun}/pieces?offset=0", content=data).raise_for_status()
    found = list(Search([LATIN, ARABIC], {}).look_in_folder(center.running.written))
    assert found == [], "\n".join(map(str, found))
    return str(nurse.post(f"/uploads/{begun}/finish").raise_for_status().json()["id"])


def interview(center: Center, page: str) -> None:
    """Opened, with a question that waits for the recording on the recording machine."""
    opened = center.send(
        "prosecutor",
        f"{page}/interviews",
        purpose="testimony",
        room="room-1",
        place=center.words("place"),
        who=[center.words("who is present"), center.words("who else")],
        role=[center.words("as what"), center.words("as what else")],
        wish=center.words("wish"),
    )
    question = {"text": center.words("question"), "request": "11111111-1111-4111-8111-111111111111"}
    path = str(opened.url).removesuffix("/console") + "/questions"
    deadline = time.monotonic() + RECORDER_WITHIN
    while (answer := center.people["observer"].post(path, json=question)).status_code == 503:
        assert time.monotonic() < deadline, answer.text  # the recorder is being started
        time.sleep(0.5)
    answer.raise_for_status()


def grant(center: Center, page: str) -> None:
    form = center.people["prosecutor"].get(f"{page}/grants").text
    center.send(
        "prosecutor",
        f"{page}/grants",
        person=center.option("prosecutor", f"{page}/grants", "judge"),
        purpose="deliberation",
        until=re.findall(r'name="until" type="date" value="([^"]*)"', form)[0],
        agreement=center.words("agreement"),
        reason=center.words("reason"),
        reference=center.words("reference"),
    )
    given = re.findall(r'href="/grants/([0-9a-f]{32})"', center.people["judge"].get("/").text)[0]
    center.send("judge", f"/grants/{given}/accept")
    note = center.words("note of the withdrawal")
    center.send("nurse", f"{page}/consent/share-court/withdraw", decided_by="self", form="oral", text=note)


def refusals(center: Center, page: str) -> None:
    """What does not fit: in forms, in JSON, in addresses."""
    people, words = center.people, center.words
    answers = [
        people["prosecutor"].post(f"{page}/consent", data={"subject": words("a wrong subject")}),
        people["nurse"].post(f"{page}/uploads", json={"kind": words("kind"), "name": words("name")}),
        people["nurse"].post(f"{page}/uploads", content=words("no JSON").encode()),
        people["judge"].get(f"/cases/{words('an address')}"),
        people["judge"].get("/cases", params={"q": words("a query")}),
        people["judge"].get(f"{page}/photographs", headers={"referer": "/elsewhere"}),
        httpx.get(f"{center.running.address}/{words('a stranger')}"),
    ]
    assert {answer.status_code for answer in answers} <= {303, 401, 403, 404, 422, 200}
