"""Safety recordings: what the room's browser keeps of an interview, and what is brought in from it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.support.centers.interview_pages import Interview
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE, wait_until

Records = list[dict[str, Any]]


def kept(page: Page) -> list[str]:
    """The files in the private file system of the room's browser."""
    names: list[str] = page.evaluate("""async () => {
        const names = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return names.sort();
    }""")
    return names


def sizes(page: Page) -> dict[str, int]:
    """How many bytes of sealed records the room's browser has, by safety recording."""
    found: dict[str, int] = page.evaluate("""async () => {
        const sizes = {};
        const folder = await navigator.storage.getDirectory();
        for await (const [name, one] of folder.entries()) {
            const [evidence, kind] = name.split(".");
            if (kind === "frames") sizes[evidence] = (await one.getFile()).size;
        }
        return sizes;
    }""")
    return found


def keeps_on(page: Page, pieces: int = 4) -> str:
    """Wait until the room has kept so many pieces more; each is of one track, and some second long. The id of
    the safety recording that has them: a loss just before has ended another one, which may still be here."""
    for _ in range(pieces):
        before = sizes(page)
        grown = wait_until(
            lambda before=before: [one for one, size in sizes(page).items() if size > before.get(one, 0)],
            every=0.2,
        )
    return str(grown[-1])


def keeps(interview: Interview) -> str:
    """Wait until the room has begun a safety recording of its own, and has some of it; its id."""
    wait_until(lambda: len(kept(interview.room)) == 2)
    interview.records(1)
    return keeps_on(interview.room, 1)


def case_page(interview: Interview) -> str:
    cookies = {**dict(interview.center.prosecutor.cookies), "language": "en"}
    return httpx.get(
        f"{interview.center.address}/cases/{interview.case}/interviews", cookies=cookies, timeout=PATIENCE
    ).text


def safeties(interview: Interview) -> list[str]:
    """The safety recordings that the case offers to open, each once, in its order."""
    found = re.findall(r'/evidence/([0-9a-f]{32})">Open the safety recording', case_page(interview))
    return list(dict.fromkeys(found))


def brought_in(interview: Interview, safety: str) -> None:
    """Wait until this safety recording is an item of the case."""
    wait_until(lambda: safety in safeties(interview), every=0.5)


def ticket(center: RunningCenter, evidence: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((center.folder(evidence) / "part.json").read_text())
    return told


def stretches(
    center: RunningCenter, evidence: str, track: int, hole: float = 0.5, records: Records | None = None
) -> list[tuple[datetime, datetime]]:
    """The media of a track by the wall clock; what follows on within so many seconds is joined.

    `records`: of a part that is not sealed yet.
    """
    epoch = datetime.fromisoformat(ticket(center, evidence)["epoch"])
    joined: list[tuple[datetime, datetime]] = []
    for one in center.index(evidence) if records is None else records:
        if one["track"] != track or one["kind"] != "media":
            continue
        begins = epoch + timedelta(microseconds=one["start"])
        ends = begins + timedelta(microseconds=one["duration"])
        if joined and begins - joined[-1][1] < timedelta(seconds=hole):
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return joined


def covers(center: RunningCenter, evidence: str, begins: datetime, ends: datetime) -> bool:
    """Whether picture and sound of a safety recording run through this time.

    Sound without a hole; pictures may stand for a second, where a test's machine is too busy to make more.
    """
    return all(
        any(start <= begins and ends <= end for start, end in stretches(center, evidence, track, hole))
        for track, hole in ((1, 1.5), (2, 0.1))
    )
