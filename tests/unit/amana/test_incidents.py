"""What happens to the service by itself is kept, shown for seven days, and a reason to look for one."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from amana.commands.status import inside
from amana.health import status
from amana.install.incidents import MAX_OF_A_KIND, ClockWatch, Incidents
from amana.settings import Settings
from amana.supervisor.supervised_process import Watched, exit_text
from casework.center import Center
from casework.database.models import Person
from tests.support.patience import until


@pytest.fixture
def incidents(tmp_path: Path) -> Incidents:
    return Incidents(tmp_path / "incidents.jsonl")


def line(at: float, what: str = "web") -> str:
    return json.dumps({"at": at, "what": what, "how": "was ended by SIGKILL"}) + "\n"


def test_the_newest_comes_first_and_the_oldest_are_let_go(incidents: Incidents, tmp_path: Path) -> None:
    for number in range(MAX_OF_A_KIND + 5):
        incidents.note("web", str(number))
    assert [one.how for one in incidents.lately()] == [
        str(number) for number in range(MAX_OF_A_KIND + 4, 4, -1)
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["incidents.jsonl"]
    assert (tmp_path / "incidents.jsonl").stat().st_mode & 0o077 == 0


def test_what_happens_often_pushes_nothing_of_another_kind_away(incidents: Incidents) -> None:
    incidents.note("clock", "was set")
    for number in range(MAX_OF_A_KIND + 5):
        incidents.note("request", str(number))
    assert [one.what for one in incidents.lately()].count("request") == MAX_OF_A_KIND
    assert incidents.lately()[-1].what == "clock"


def test_a_line_that_cannot_be_read_hides_no_other(incidents: Incidents, tmp_path: Path) -> None:
    now = time.time()
    (tmp_path / "incidents.jsonl").write_text(
        line(now - 8 * 86400) + line(now) + "{torn\n" + line(now, "anything") + '{"at": []}\n[]\n'
    )
    assert [one.what for one in incidents.lately()] == ["web"]


def test_one_that_is_said_to_be_of_tomorrow_is_shown_since_the_clock_was_set(
    incidents: Incidents, tmp_path: Path
) -> None:
    (tmp_path / "incidents.jsonl").write_text(line(time.time() + 3600))
    [one] = incidents.lately()
    assert one.fresh


def test_where_it_cannot_be_noted_nothing_fails(tmp_path: Path) -> None:
    nowhere = Incidents(tmp_path / "not-there" / "incidents.jsonl")
    nowhere.note("web", "ended by itself, with 1")
    assert nowhere.lately() == []
    with nowhere.running():
        pass


def test_a_run_that_nobody_ended_is_noted_by_the_next_one(incidents: Incidents) -> None:
    with incidents.running():
        pass
    assert incidents.lately() == []
    killed = incidents.running()
    killed.__enter__()
    with incidents.running():
        [one] = incidents.lately()
    assert one.what == "service"
    with incidents.running():
        assert len(incidents.lately()) == 1


@pytest.mark.parametrize(("by", "told"), [(-3600.0, -3600.0), (2.5, 2.5), (1.5, None), (-0.1, None)])
def test_a_clock_that_is_set_is_told_once(by: float, told: float | None) -> None:
    clocks = {"wall": 1e9, "steady": 50.0}
    watch = ClockWatch(lambda: clocks["wall"], lambda: clocks["steady"])
    clocks = {"wall": 1e9 + 7 + by, "steady": 57.0}
    assert watch.step() == told
    clocks = {"wall": 1e9 + 8 + by, "steady": 58.0}
    assert watch.step() is None


def test_the_systems_own_clocks_keep_step() -> None:
    assert ClockWatch().step() is None


@pytest.mark.starts
async def test_a_process_that_ends_is_told_of_and_one_that_was_asked_to_is_not(tmp_path: Path) -> None:
    ended: list[tuple[str, str]] = []
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]
    watched = Watched("web", sleeps, {}, tmp_path / "log", lambda name, how: ended.append((name, how)))
    keeping = asyncio.create_task(watched.keep())

    async def started(times: int) -> None:
        await until(lambda: watched.starts >= times and watched.pid is not None)

    await started(1)
    watched.restart()
    await started(2)
    assert ended == []
    assert watched.process is not None
    watched.process.kill()
    await started(3)
    assert ended == [("web", "was ended by SIGKILL")]
    await watched.end()
    await keeping
    assert len(ended) == 1


@pytest.mark.parametrize(
    ("code", "words"), [(1, "ended by itself, with 1"), (-15, "was ended by SIGTERM"), (-99, "by signal 99")]
)
def test_how_it_ended_is_said_in_words(code: int, words: str) -> None:
    assert words in exit_text(code)


def test_health_and_status_tell_it_for_seven_days_and_say_look_for_one(
    center: Center, settings: Settings
) -> None:
    assert status.look(center, settings)["incidents"] == {"well": True, "lately": {}}
    now = time.time()
    settings.incidents.write_text(line(now - 3 * 86400) + line(now - 2 * 86400))
    seen = status.look(center, settings)
    assert seen["incidents"]["well"] is True
    assert seen["incidents"]["lately"]["web"]["count"] == 2
    Incidents(settings.incidents).note("clock", "was set back by 3600 seconds")
    [said] = [one for one in inside(status.look(center, settings)) if one[6:].startswith("incidents")]
    assert said.startswith("CHECK")
    assert "clock was set back by 3600 seconds" in said
    assert "2 times in seven days" in said


@pytest.mark.parametrize(
    ("language", "none", "web", "clock", "lost"),
    [
        (
            "en",
            "None in the last seven days.",
            "ended unexpectedly and was started again",
            "The clock of this",
            "acknowledged is lost",
        ),
        (
            "ar",
            "لا شيء في الأيام السبعة الأخيرة.",
            "العملية التي تعرض هذه الصفحات",
            "ضُبطت ساعة هذا الجهاز",
            "لم يضِع بذلك شيء",
        ),
    ],
)
async def test_the_page_says_what_happened_and_that_nothing_is_lost_by_it(
    settings: Settings,
    browser: httpx.AsyncClient,
    administrator: Person,
    sign_in: Callable[[httpx.AsyncClient, Person], Awaitable[None]],
    language: str,
    none: str,
    web: str,
    clock: str,
    lost: str,
) -> None:
    await sign_in(browser, administrator)
    browser.cookies.set("language", language)

    async def page() -> str:
        return (await browser.get("/health", headers={"accept": "text/html"})).text

    before = await page()
    assert none in before and web not in before
    for what in ("web", "clock"):
        Incidents(settings.incidents).note(what, "was ended by SIGKILL")
    after = await page()
    assert none not in after and web in after and clock in after and lost in after
