"""pages: *Today*, the list of cases and the page of one case, in a center with 5,000 cases.

The application answers in this process, without a network, so only its own work is timed, from the request to
the last byte. One prosecutor has all cases. One case has 500 photographs and 20 interviews of three parts; in
every tenth case the review of a redacted film is new. The 50 newest and the 50 oldest cases have names, which
the list decrypts. The peer is the same page of the same application with one case, one photograph and one
interview. Rows are written directly into the database, which is SQLite: except for the names, these pages
depend on no sealed bytes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

import httpx
from fastapi import FastAPI
from sqlalchemy import insert

from amana.app import create_app
from amana.centers import opened_center
from amana.install import installation
from amana.pages.cases import PER_PAGE
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from bench.tables import Target, spread, table
from casework.cases import cases, description
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import (
    Case,
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Interview,
    InterviewState,
    Person,
    Photograph,
    Role,
)
from casework.people import people
from tests.support.centers.prepared import running_keyholder, settings_at
from tests.support.servers.databases import SqliteFile
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import LocalKeyholder

HERE = "http://127.0.0.1:8420"
PASSPHRASE = "passphrase of a bench"
CASES, PHOTOGRAPHS, INTERVIEWS = 5_000, 500, 20
LIMIT = 0.5
"""Maximum seconds for each page of the large center."""


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    return await asyncio.to_thread(_measure, folder, 5 if quick else 15)  # the center has its own event loops


def _measure(folder: Path, rounds: int) -> list[Target]:
    with _center(folder / "pages") as (center, settings):
        prosecutor = people.add(
            center, people.first_administrator(center, "Person Z"), "Person P", Role.PROSECUTOR
        )
        case = cases.open_case(center, prosecutor)
        _fill(center, case, prosecutor, photographs=1, interviews=1)
        app = create_app(center, settings)
        small = asyncio.run(_timed(app, center, prosecutor, case, rounds))
        _fill(center, case, prosecutor, PHOTOGRAPHS - 1, INTERVIEWS - 1)
        _add_cases(center, case, prosecutor)
        _add_named_cases(center, prosecutor)
        large = asyncio.run(_timed(app, center, prosecutor, case, rounds))
    table(
        f"Pages in a center with {CASES} cases; seconds, median (least–most) of {rounds}",
        ("", f"{CASES} cases", "one case", "times"),
        [
            (name, spread(large[name], 3), spread(small[name], 3), f"{_times(large[name], small[name]):.2f}")
            for name in large
        ],
    )
    return [
        Target(f"{name}, {CASES} cases", median(found), LIMIT, unit=" s") for name, found in large.items()
    ]


def _times(large: Sequence[float], small: Sequence[float]) -> float:
    return median(large) / median(small)


@contextmanager
def _center(folder: Path) -> Iterator[tuple[Center, Settings]]:
    settings = settings_at(folder)
    LocalKeyholder.create(settings.keys, PASSPHRASE, Cost(memory_kib=64, passes=1, lanes=1))
    assert installation.prepare(settings) is None
    SqliteFile.migrated(settings.database)
    with ExitStack() as stack:
        keyholder = stack.enter_context(running_keyholder(settings))
        keyholder.unlock(PASSPHRASE)
        yield stack.enter_context(opened_center(settings, RecorderRooms(settings), keyholder)), settings


async def _timed(
    app: FastAPI, center: Center, person: Person, case: Case, rounds: int
) -> dict[str, list[float]]:
    transport = httpx.ASGITransport(app=app)
    pages = {
        "Today": "/",
        "the list of cases": "/cases",
        "its last page": f"/cases?page={CASES // PER_PAGE}",
        "a case": f"/cases/{case.id}",
        "its photographs": f"/cases/{case.id}/photographs",
    }
    found: dict[str, list[float]] = {name: [] for name in pages}
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers={"origin": HERE}) as client:
        token = people.new_link(center, None, person.id)
        (await client.post("/sign-in", json={"token": token})).raise_for_status()
        client.headers["accept"] = "text/html"
        for turn in range(rounds + 1):
            for name, path in pages.items():
                begun = time.perf_counter()
                (await client.get(path)).raise_for_status()
                if turn:  # the first time templates are compiled
                    found[name].append(time.perf_counter() - begun)
    return found


def _fill(center: Center, case: Case, person: Person, photographs: int, interviews: int) -> None:
    at = now()
    with center.database.begin() as session:
        items = [_evidence(new_id(), case, "photograph", number + 1) for number in range(photographs)]
        session.add_all(items)
        session.flush()
        for number, item in enumerate(items):
            session.add(
                Photograph(
                    evidence_id=item.id,
                    added_by=person.id,
                    format="jpeg",
                    size=5_000_000,
                    intimate=number % 5 == 4,
                    shown=True,
                )
            )
        for _ in range(interviews):
            interview = new_id()
            session.add(
                Interview(
                    id=interview,
                    case_id=case.id,
                    state=InterviewState.SEALED,
                    purpose="testimony",
                    room="room-1",
                    opened_by=person.id,
                    opened_at=at,
                )
            )
            session.flush()
            for number in (1, 2, 3):
                session.add(_evidence(new_id(), case, "recording", number, interview))


def _evidence(item: str, case: Case, kind: str, number: int, interview: str | None = None) -> Evidence:
    at = now() - timedelta(hours=1)
    return Evidence(
        id=item,
        case_id=case.id,
        interview_id=interview,
        kind=kind,
        number=number,
        state=EvidenceState.COMPLETE,
        recorder="00" * 8,
        epoch=at,
        opened_at=at,
        sealed_at=at,
        duration=60_000_000,
        manifest_digest="00" * 32,
    )


def _add_named_cases(center: Center, person: Person) -> None:
    """Add the cases with a name, which are on the first and the last page of the list."""
    for number in range(2 * PER_PAGE):
        case = cases.open_case(center, person)
        description.describe(center, person, case.id, called=f"Person {number}", notes="")
        if number < PER_PAGE:
            with center.database.begin() as session:
                session.get_one(Case, case.id).opened_at -= timedelta(days=365)


def _add_cases(center: Center, like: Case, person: Person) -> None:
    at = now()
    rows = [
        {
            "id": new_id(),
            "code": f"2075-{number:04}",
            "opened_at": at - timedelta(minutes=number),
            "opened_by": person.id,
            "public_key": like.public_key,
        }
        for number in range(1, CASES - 2 * PER_PAGE)
    ]
    with center.database.begin() as session:
        session.execute(insert(Case), rows)
        for row in rows[::10]:
            case, item = session.get_one(Case, row["id"]), new_id()
            session.add(_evidence(item, case, "derivative", 1))
            session.add(
                Derivative(
                    id=item,
                    case_id=case.id,
                    kind="redacted-film",
                    purpose="hearing",
                    sources=[],
                    state=DerivativeState.MADE,
                    node="here",
                    ordered_by=person.id,
                    ordered_at=at,
                    accepted=True,
                    checked_at=at,
                )
            )
