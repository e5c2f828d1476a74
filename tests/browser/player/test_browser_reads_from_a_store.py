"""A viewer's browser reads ciphertext from the object store itself, and believes it nothing.

Service, store and browser are real; the store's answers are spoilt on their way where a test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from minio.helpers import md5sum_hash
from playwright.sync_api import Browser, Page, Request, Route, expect

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import load_film
from tests.support.centers.service import Interviewing, Service, patiently  # found by the line above
from tests.support.servers.object_server import ObjectServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = """<CORSConfiguration><CORSRule><AllowedOrigin>{origin}</AllowedOrigin>\
<AllowedMethod>GET</AllowedMethod><AllowedHeader>range</AllowedHeader>\
<MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>"""


@dataclass
class Recorded:
    """A sealed part in two buckets, of which viewers may read the first."""

    service: Service
    evidence: str
    cookie: str
    store: str
    """The origin of the object store."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.service.port}"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, object_server: ObjectServer) -> Iterator[Recorded]:
    server = object_server
    environ = {**server.environ(keys=False), "AMANA_PRESIGNED": "first-copy"}
    bucket = environ["AMANA_FIRST_COPY"].partition("?")[0].rpartition("/")[2]
    service = Service(tmp_path_factory.mktemp("store") / "amana", environ)
    # In a thread: Playwright keeps an event loop of its own in this one.
    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.new_event_loop()
        evidence, cookie = thread.submit(loop.run_until_complete, record(service)).result()
        origin = f"http://127.0.0.1:{service.port}"
        rules = RULES.format(origin=origin).encode()
        server.client(server.first)._execute(
            *("PUT", bucket),
            body=rules,
            headers={"Content-MD5": str(md5sum_hash(rules))},
            query_params={"cors": ""},
        )
        yield Recorded(service, evidence, cookie, server.address("").rstrip("/"))
        thread.submit(loop.run_until_complete, service.stop()).result()
        loop.close()


async def record(service: Service) -> tuple[str, str]:
    """Some seconds, sealed and in both buckets; who prosecutes stays signed in."""
    await service.start()
    async with await Visitor.arrive(service.link) as administrator:
        prosecutor = await administrator.invite("Prosecutor of the test", "prosecutor")
    async with prosecutor:
        interviewing = await Interviewing.open(prosecutor, load_film(None, seconds=2.0, rate=10))
        await interviewing.connect()
        await interviewing.begin()
        await interviewing.recorded(5.0)
        await interviewing.stop()
        await interviewing.leave()

        async def copied() -> bool:
            told = await interviewing.status()
            return all(copy["whole"] for copy in told["copies"])

        await patiently(copied)
        return interviewing.evidence, str(prosecutor._http.cookies["amana-session"])


@dataclass
class Viewer:
    page: Page
    asked: list[str]
    """Addresses of sealed messages, in the store or at the center."""

    def until_verified(self) -> None:
        """Begins to play, and waits for the verdict over every message, not for the end of the film."""
        self.page.click("#play")
        expect(self.page.locator("#verdict")).to_have_text("Everything verified")

    def of(self, recorded: Recorded) -> tuple[int, int]:
        """How many messages came from the store, and how many were asked of the center."""
        store = sum(one.startswith(recorded.store) for one in self.asked)
        return store, len(self.asked) - store


@pytest.fixture
def view(chromium: Browser, recorded: Recorded) -> Iterator[Callable[..., Viewer]]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies(
        [
            {"name": "amana-session", "value": recorded.cookie, "url": recorded.address},
            {"name": "language", "value": "en", "url": recorded.address},
        ]
    )

    def view(spoil: Callable[[Route], None] | None = None) -> Viewer:
        page, asked = context.new_page(), list[str]()

        def note(request: Request) -> None:
            if request.url.startswith(recorded.store) or "/messages/" in urlsplit(request.url).path:
                asked.append(request.url)

        page.on("request", note)
        if spoil is not None:
            page.route(f"{recorded.store}/**", spoil)
        page.goto(f"{recorded.address}/evidence/{recorded.evidence}")
        page.check("input[value=review]")
        page.click("#open")
        expect(page.locator("#happened")).to_be_visible()
        return Viewer(page, asked)

    yield view
    context.close()


def test_every_message_comes_from_the_store_and_is_verified(
    view: Callable[..., Viewer], recorded: Recorded
) -> None:
    viewer = view()
    viewer.until_verified()
    from_store, from_center = viewer.of(recorded)
    assert from_store >= 15
    assert from_center == 0
    assert all("X-Amz-Signature=" in one and "versionId=" in one for one in viewer.asked)


def test_a_store_that_is_away_or_lies_costs_nothing_but_a_question_to_the_center(
    view: Callable[..., Viewer], recorded: Recorded
) -> None:
    away = view(lambda route: route.abort())
    away.until_verified()
    asked_of_store, asked_of_center = away.of(recorded)
    assert asked_of_store >= 1
    assert asked_of_center >= 15

    def altered(route: Route) -> None:
        answer = route.fetch()
        body = bytearray(answer.body())
        body[len(body) // 2] ^= 1
        route.fulfill(response=answer, body=bytes(body))

    lied_to = view(altered)
    lied_to.until_verified()
    asked_of_store, asked_of_center = lied_to.of(recorded)
    assert asked_of_store >= 1
    assert asked_of_center >= 15


def test_pages_that_show_no_recording_may_not_reach_the_store(chromium: Browser, recorded: Recorded) -> None:
    context = chromium.new_context()
    context.add_cookies([{"name": "amana-session", "value": recorded.cookie, "url": recorded.address}])
    page = context.new_page()
    shown, others = f"/evidence/{recorded.evidence}", ("/", "/cases", "/sign-in")
    for path, named in ((shown, True), *((other, False) for other in others)):
        answer = page.goto(f"{recorded.address}{path}")
        assert answer is not None
        assert (recorded.store in answer.headers["content-security-policy"]) == named
    context.close()
